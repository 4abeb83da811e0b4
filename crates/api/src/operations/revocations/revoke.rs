//! An operator revokes a subject or a token.

use axum::extract::State;
use domain::revocation::RevocationTarget;
use domain::{Revocation, RevocationCommand, RevocationId};
use event_store::Digest;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::App;
use crate::command::{Command, Receipt};
use crate::extract::{Acting, Operator};
use crate::location::location;
use crate::problem::Problem;
use crate::responses::{CommandHeaders, CommandProblems, Created};

/// The longest `value`, in characters.
const MAX_VALUE: usize = 255;

/// What is to be refused.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RevocationRequest {
    /// The identity provider (`iss`).
    #[schema(min_length = 1, max_length = 512)]
    issuer: String,
    /// What `value` names: a subject (`sub`), or one token (`jti`).
    target: RevocationTarget,
    /// The subject or the token's identifier. It is not kept: the log holds a keyed hash of it.
    #[schema(min_length = 1, max_length = 255)]
    value: String,
    /// Why; nothing personal, for it is kept.
    #[schema(min_length = 1, max_length = 2000, pattern = r"\S")]
    reason: String,
}

/// The value is personal data.
impl std::fmt::Debug for RevocationRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RevocationRequest").field("target", &self.target).finish_non_exhaustive()
    }
}

/// Revoke a subject or a token
///
/// For operators. Its tokens are refused within a second, at every door.
#[utoipa::path(post, path = "/revocations", tag = "revocations", params(CommandHeaders),
    request_body = RevocationRequest, responses(Created, CommandProblems))]
pub(crate) async fn revoke_credential(
    State(app): State<App>,
    operator: Acting<Operator>,
    Command { content, terms }: Command<RevocationRequest>,
) -> Result<Receipt, Problem> {
    let RevocationRequest { issuer, target, value, reason } = content;
    let revocations = app.verifier.revocations();
    let revocations =
        revocations.ok_or_else(|| Problem::internal("the verifier has no list of revocations"))?;
    if !revocations.concern(&issuer) {
        return Err(Problem::invalid_field("/issuer", "unknown-issuer", "no such issuer is trusted here"));
    }
    if !is_name(&value) {
        let detail = "1 to 255 characters, no control characters, no white space at either end";
        return Err(Problem::invalid_field("/value", "malformed", detail));
    }
    let mark = match target {
        RevocationTarget::Subject => revocations.mark_of_subject(&issuer, &value),
        RevocationTarget::Token => revocations.mark_of_token(&issuer, &value),
    };
    let id: RevocationId = mark.map_err(Problem::internal)?.parse().map_err(Problem::internal)?;
    // What a command asked for is kept as a digest. One of the body would let readers of the log try subjects out.
    let digest = Digest::of_fields(&[b"revocation", id.to_string().as_bytes(), reason.as_bytes()]);
    let command = RevocationCommand::Revoke { target, reason };
    let terms = terms.with_digest(digest);
    let receipt = terms.carry_out::<Revocation>(&app, operator.actor(), &id, &command).await?;
    Ok(receipt.created_at(location("/operations/v1/revocations", &id)))
}

/// Whether a subject or a token can have this name: nobody is locked out by a slip of the pen.
fn is_name(value: &str) -> bool {
    let within = (1..=MAX_VALUE).contains(&value.chars().count());
    within && !value.contains(char::is_control) && value.trim() == value
}
