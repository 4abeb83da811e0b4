//! Logs: text for people at a terminal, JSON for programs; always on standard error.

use std::io::{IsTerminal, stderr};

use super::access_line::JsonLines;
use super::access_log::{LogWriter, Remainder};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;

use crate::config::{Log, LogFormat};
use crate::failure::Failure;

/// The directives of `log.filter`.
pub fn filter(directives: &str) -> Result<EnvFilter, ParseError> {
    EnvFilter::builder().parse(directives)
}

/// Starts logging; once per process. What is given back belongs to whoever ends last: it writes what is left.
pub fn start(log: &Log) -> Result<Remainder, Failure> {
    let filter = filter(&log.filter).map_err(|error| Failure::config(format!("log.filter: {error}")))?;
    let terminal = stderr().is_terminal();
    let (writer, remainder) = LogWriter::start()?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    let started = match (log.format, terminal) {
        (LogFormat::Text, _) | (LogFormat::Auto, true) => lines.with_ansi(terminal).try_init(),
        (LogFormat::Json, _) | (LogFormat::Auto, false) => {
            lines.json().flatten_event(true).map_event_format(JsonLines::beside).try_init()
        }
    };
    started.map_err(|error| Failure::new(format!("logging can't be started: {error}")))?;
    Ok(remainder)
}

#[cfg(test)]
mod tests {
    use tracing::Level;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;
    use crate::cli::DEMO_LOG_FILTER;

    #[test]
    fn a_server_logs_every_call_and_a_demo_none_unless_asked() {
        let logs_calls = |directives: &str| {
            let lines = tracing_subscriber::registry().with(filter(directives).expect("directives"));
            tracing::subscriber::with_default(
                lines,
                || tracing::enabled!(target: gateway::ACCESS_LOG, Level::INFO),
            )
        };
        assert!(logs_calls(&Log::default().filter));
        assert!(!logs_calls(DEMO_LOG_FILTER));
        assert!(logs_calls("warn,access=info"));
    }
}
