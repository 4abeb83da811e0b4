//! The terms of a command: its key, its condition, its trace.

use domain::{Actor, Aggregate};
use event_store::{Digest, Envelope, execute};
use http::request::Parts;
use http::{HeaderMap, HeaderName, header};
use uuid::Uuid;

use super::Receipt;
use super::recent::Admission;
use crate::App;
use crate::problem::{Code, Problem};
use crate::trace::TraceContext;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Longest `Idempotency-Key`, in characters.
pub(crate) const LONGEST_KEY: usize = 255;
/// Namespace of the command ids that are derived from keys (uuid v5); never changes.
const COMMANDS: Uuid = Uuid::from_u128(0x2b1f_64b3_93a1_5a0e_9d0c_5a3e_77c1_40d8);

/// What a request says about its command besides the content.
#[derive(Debug, Clone)]
pub(crate) struct Terms {
    key: Option<String>,
    digest: Digest,
    condition: Condition,
    trace_id: String,
    reason: Option<String>,
}

/// The condition that `If-Match` (RFC 9110, section 13.1.1) sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Condition {
    /// None was sent, or `*`.
    None,
    /// The stream has to be at this revision.
    Revision(u64),
    /// No revision can fulfil it: a weak tag, or one that we never gave.
    Unfulfillable,
}

impl Terms {
    /// Reads the header fields; the digest of the body follows with [`Terms::of`].
    pub(super) fn of(parts: &Parts, canonical_body: &[u8]) -> Result<Self, Problem> {
        let path =
            parts.extensions.get::<axum::extract::OriginalUri>().map_or(&parts.uri, |uri| &uri.0).path();
        Ok(Self {
            key: key(&parts.headers)?,
            digest: Digest::of_fields(&[parts.method.as_str().as_bytes(), path.as_bytes(), canonical_body]),
            condition: condition(&parts.headers)?,
            trace_id: TraceContext::of(&parts.extensions).trace_id(),
            reason: None,
        })
    }

    /// The same, with the reason that the actor gave.
    #[must_use]
    pub(crate) fn because(self, reason: Option<String>) -> Self {
        Self { reason, ..self }
    }

    /// The same, with another digest than the body's: for a body that must leave no trace in the log.
    #[must_use]
    pub(crate) fn with_digest(self, digest: Digest) -> Self {
        Self { digest, ..self }
    }

    /// The same without its condition.
    #[must_use]
    pub(crate) fn unconditional(self) -> Self {
        Self { condition: Condition::None, ..self }
    }

    /// The same without its condition, which `revision` has to fulfil.
    ///
    /// For a command whose subject is at that revision, and which writes to the streams of others.
    pub(crate) fn fulfilled_by(self, revision: u64) -> Result<Self, Problem> {
        match self.condition {
            Condition::None => Ok(self),
            Condition::Revision(expected) if expected == revision => Ok(self.unconditional()),
            Condition::Revision(_) | Condition::Unfulfillable => {
                let detail = "If-Match names another revision; read the resource again";
                Err(Problem::new(Code::StaleRevision, detail).with_member("revision", revision))
            }
        }
    }

    /// The W3C trace id of the request.
    pub(crate) fn trace_id(&self) -> &str {
        &self.trace_id
    }

    /// Carries the command out, once.
    pub(crate) async fn carry_out<A: Aggregate>(
        &self,
        app: &App,
        actor: &Actor,
        id: &A::Id,
        command: &A::Command,
    ) -> Result<Receipt, Problem>
    where
        Problem: From<A::Rejection>,
    {
        let expected = match self.condition {
            Condition::None => None,
            Condition::Revision(revision) => Some(revision),
            Condition::Unfulfillable => {
                return Err(Problem::new(Code::StaleRevision, "If-Match names no revision of this resource"));
            }
        };
        let command_id = self.command_id(actor);
        let in_flight = match app.recent.admit(command_id, self.digest)? {
            Admission::Repeated(receipt) => return Ok(receipt),
            Admission::First(in_flight) => in_flight,
        };
        let envelope = self.envelope(app, actor, command_id, expected);
        let executed = execute::<A>(app.store.as_ref(), id, command, &envelope).await?;
        let receipt = Receipt::new(id.to_string(), executed.revision, executed.position, executed.replayed);
        in_flight.settle(&receipt);
        Ok(receipt)
    }

    /// Carries out a step that comes before the command itself, in a stream of its own.
    pub(crate) async fn prepare<A: Aggregate>(
        &self,
        app: &App,
        actor: &Actor,
        id: &A::Id,
        command: &A::Command,
    ) -> Result<(), Problem>
    where
        Problem: From<A::Rejection>,
    {
        let step = Uuid::new_v5(&self.command_id(actor), format!("{}\0{id}", A::CATEGORY).as_bytes());
        execute::<A>(app.store.as_ref(), id, command, &self.envelope(app, actor, step, None)).await?;
        Ok(())
    }

    fn envelope<'a>(
        &self,
        app: &'a App,
        actor: &'a Actor,
        command_id: Uuid,
        expected: Option<u64>,
    ) -> Envelope<'a> {
        Envelope {
            actor,
            command_id,
            command_digest: self.digest,
            reason: self.reason.clone(),
            trace_id: Some(self.trace_id.clone()),
            now: app.clock.now(),
            policy: &app.policy,
            expected,
        }
    }

    /// Derived from the key, within what one actor sends; at random where there is none.
    fn command_id(&self, actor: &Actor) -> Uuid {
        match &self.key {
            Some(key) => Uuid::new_v5(&COMMANDS, format!("{}\0{key}", actor.id).as_bytes()),
            None => Uuid::new_v4(),
        }
    }
}

fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = only(headers, IDEMPOTENCY_KEY)? else { return Ok(None) };
    // A structured-field string comes in quotes; most clients send it bare.
    let key = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
    if key.is_empty() || key.len() > LONGEST_KEY {
        let detail = format!("Idempotency-Key has 1 to {LONGEST_KEY} printable ASCII characters");
        return Err(Problem::new(Code::InvalidHeader, detail));
    }
    Ok(Some(key.to_owned()))
}

pub(super) fn condition(headers: &HeaderMap) -> Result<Condition, Problem> {
    let Some(value) = only(headers, header::IF_MATCH)? else { return Ok(Condition::None) };
    if value == "*" {
        return Ok(Condition::None);
    }
    if value.contains(',') {
        return Err(Problem::new(
            Code::InvalidHeader,
            "If-Match names one revision: only the newest can be changed",
        ));
    }
    let tag = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    if tag.is_none() && !value.starts_with("W/\"") {
        return Err(Problem::new(
            Code::InvalidHeader,
            "If-Match takes an entity tag in quotes, as ETag gave it",
        ));
    }
    // A representation's tag says more after the dash: what is shown beside the subject, and no condition on it.
    let digits = tag.map(|tag| tag.split_once('-').map_or(tag, |(revision, _)| revision));
    let revision = digits
        .filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
        .and_then(|digits| digits.parse().ok());
    Ok(revision.map_or(Condition::Unfulfillable, Condition::Revision))
}

/// The value of a header field that may be sent once.
fn only(headers: &HeaderMap, name: HeaderName) -> Result<Option<&str>, Problem> {
    let mut values = headers.get_all(&name).iter();
    let (first, second) = (values.next(), values.next());
    let unreadable = || Problem::new(Code::InvalidHeader, format!("{name} is sent once, in printable ASCII"));
    match (first, second) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(|value| Some(value.trim())).map_err(|_| unreadable()),
        (Some(_), Some(_)) => Err(unreadable()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(value: &'static str) -> Result<Condition, Code> {
        let headers = HeaderMap::from_iter([(header::IF_MATCH, http::HeaderValue::from_static(value))]);
        condition(&headers).map_err(|problem| problem.code())
    }

    #[test]
    fn if_match_is_a_revision_in_quotes() {
        assert_eq!(parsed("\"7\""), Ok(Condition::Revision(7)));
        assert_eq!(parsed("\"7-0af7651916cd43dd\""), Ok(Condition::Revision(7)));
        assert_eq!(parsed("*"), Ok(Condition::None));
        assert_eq!(parsed("\"seven\""), Ok(Condition::Unfulfillable));
        // Strong comparison (RFC 9110, section 13.1.1): a weak tag never matches.
        assert_eq!(parsed("W/\"7\""), Ok(Condition::Unfulfillable));
        assert_eq!(parsed("7"), Err(Code::InvalidHeader));
        assert_eq!(parsed("\"7\", \"8\""), Err(Code::InvalidHeader));
    }

    #[test]
    fn a_key_may_come_bare_or_quoted_and_has_bounds() {
        let read = |value: &str| {
            let value = http::HeaderValue::from_str(value).expect("printable");
            key(&HeaderMap::from_iter([(IDEMPOTENCY_KEY, value)])).map_err(|problem| problem.code())
        };
        assert_eq!(read("k-1"), Ok(Some("k-1".to_owned())));
        assert_eq!(read("\"k-1\""), Ok(Some("k-1".to_owned())));
        assert_eq!(read("\"\""), Err(Code::InvalidHeader));
        assert_eq!(read(&"k".repeat(256)), Err(Code::InvalidHeader));
    }
}
