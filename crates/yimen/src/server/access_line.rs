//! A line of the access log as JSON, written straight from the event's fields: there is one for every call.

use std::fmt::{self, Debug};

use gateway::ACCESS_LOG;
use jiff::Timestamp;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// Writes events of calls by itself, and leaves the others to another format; the lines of both have the same members.
#[derive(Debug)]
pub struct JsonLines<F> {
    others: F,
}

impl<F> JsonLines<F> {
    /// Leaves to `others` what isn't a call.
    pub const fn beside(others: F) -> Self {
        Self { others }
    }
}

impl<S, N, F> FormatEvent<S, N> for JsonLines<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let metadata = event.metadata();
        if metadata.target() != ACCESS_LOG {
            return self.others.format_event(context, writer, event);
        }
        write!(writer, "{{\"timestamp\":\"{:.6}\",\"level\":\"{}\"", Timestamp::now(), metadata.level())?;
        let mut members = Members { writer: writer.by_ref(), outcome: Ok(()) };
        event.record(&mut members);
        members.outcome?;
        writeln!(writer, ",\"target\":\"{ACCESS_LOG}\"}}")
    }
}

/// The fields of an event as members of an object that has been begun.
struct Members<'a> {
    writer: Writer<'a>,
    outcome: fmt::Result,
}

impl Members<'_> {
    fn member(&mut self, field: &Field, value: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        if self.outcome.is_ok() {
            self.outcome =
                write!(self.writer, ",\"{}\":", field.name()).and_then(|()| value(&mut self.writer));
        }
    }
}

impl Visit for Members<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.member(field, |writer| text(writer, value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.member(field, |writer| write!(writer, "{value}"));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.member(field, |writer| write!(writer, "{value}"));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.member(field, |writer| write!(writer, "{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.member(field, |writer| text(writer, &format!("{value:?}")));
    }
}

/// A string of JSON (RFC 8259, section 7).
fn text(writer: &mut Writer<'_>, value: &str) -> fmt::Result {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
    if value.bytes().all(is_plain) {
        writer.write_char('"')?;
        writer.write_str(value)?;
        return writer.write_char('"');
    }
    writer.write_str(&serde_json::Value::from(value).to_string())
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use serde_json::Value;

    use super::*;

    /// What is logged, as parsed from its lines.
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("nobody panics with it").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged(ours: bool) -> Vec<Value> {
        let lines = Lines::default();
        let out = lines.clone();
        let format = tracing_subscriber::fmt().with_writer(move || out.clone()).json().flatten_event(true);
        let log = || {
            tracing::info!(
                target: ACCESS_LOG,
                method = "GET",
                entry = Some(tracing::field::display("a\"b\\c\n事")),
                offering = None::<&str>,
                status = Some(200_u16),
                head_ms = 3_u64,
                below = -1_i64,
                is_kept = true,
            );
            tracing::warn!(number = 1, "something else");
        };
        if ours {
            tracing::subscriber::with_default(format.map_event_format(JsonLines::beside).finish(), log);
        } else {
            tracing::subscriber::with_default(format.finish(), log);
        }
        let text = String::from_utf8(lines.0.lock().expect("nobody panics with it").clone()).expect("UTF-8");
        let parsed = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        parsed.collect()
    }

    #[test]
    fn a_call_s_line_has_the_members_that_any_line_has() {
        let (mut ours, mut theirs) = (logged(true), logged(false));
        for line in ours.iter_mut().chain(&mut theirs) {
            let at = line["timestamp"].take();
            let at = at.as_str().expect("a time");
            assert!(at.parse::<Timestamp>().is_ok() && at.len() == theirs_length(), "{at}");
        }
        assert_eq!(ours, theirs);
    }

    /// Of a time with microseconds, in UTC.
    const fn theirs_length() -> usize {
        "2026-11-24T00:00:00.000000Z".len()
    }
}
