//! A line of the access log as JSON, written straight from the event's fields: there is one for every call.

use std::cell::RefCell;
use std::fmt::{self, Debug, Write};

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
        LINE.with_borrow_mut(|Line { text, second }| {
            text.clear();
            text.push_str("{\"timestamp\":\"");
            second.write(Timestamp::now(), text);
            text.push_str("\",\"level\":\"");
            text.push_str(metadata.level().as_str());
            text.push('"');
            event.record(&mut Members(text));
            text.push_str(",\"target\":\"");
            text.push_str(ACCESS_LOG);
            text.push_str("\"}\n");
            writer.write_str(text)
        })
    }
}

thread_local! {
    static LINE: RefCell<Line> = const { RefCell::new(Line { text: String::new(), second: Second::NONE }) };
}

/// What a thread writes a line with.
struct Line {
    text: String,
    second: Second,
}

/// A second as it is written: thousands of lines share it.
struct Second {
    is: i64,
    text: String,
}

impl Second {
    const NONE: Self = Self { is: i64::MIN, text: String::new() };

    /// A time with microseconds, in UTC (RFC 3339).
    fn write(&mut self, at: Timestamp, line: &mut String) {
        if at.as_second() != self.is {
            self.is = at.as_second();
            self.text.clear();
            // Writing to a String can't fail.
            let _ = write!(self.text, "{at:.0}");
            // Without the zone, which comes after the fraction.
            self.text.pop();
        }
        let _ = write!(line, "{}.{:06}Z", self.text, at.subsec_nanosecond() / 1_000);
    }
}

/// The fields of an event as members of an object that has been begun.
struct Members<'a>(&'a mut String);

impl Members<'_> {
    fn name(&mut self, field: &Field) {
        self.0.push_str(",\"");
        self.0.push_str(field.name());
        self.0.push_str("\":");
    }

    /// Ends a string (RFC 8259, section 7) that was written as it is from its quotation mark on.
    fn end_text(&mut self, begin: usize) {
        let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
        let written = self.0.get(begin + 1..).unwrap_or_default();
        if written.bytes().all(is_plain) {
            self.0.push('"');
        } else {
            let escaped = serde_json::Value::from(written).to_string();
            self.0.truncate(begin);
            self.0.push_str(&escaped);
        }
    }
}

impl Visit for Members<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.name(field);
        let begin = self.0.len();
        self.0.push('"');
        self.0.push_str(value);
        self.end_text(begin);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.name(field);
        let _ = write!(self.0, "{value}");
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.name(field);
        let _ = write!(self.0, "{value}");
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.name(field);
        let _ = write!(self.0, "{value}");
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.name(field);
        let begin = self.0.len();
        let _ = write!(self.0, "\"{value:?}");
        self.end_text(begin);
    }
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
