//! `yimen export`.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;
use std::sync::Arc;

use event_store::{EventStore, Position, Recorded};
use read_model::{Options, ReadModel};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::block_on;
use crate::cli::{ExportArgs, Exported};
use crate::data_dir;
use crate::failure::Failure;
use crate::progress;

const PAGE: usize = 1024;

pub fn run(args: &ExportArgs) -> Result<ExitCode, Failure> {
    let log: Arc<dyn EventStore> = data_dir::read_log(&args.data.data_dir)?;
    let mut out: Box<dyn Write> = match &args.out {
        Some(path) => Box::new(BufWriter::new(File::create(path).map_err(|error| {
            Failure::because(format_args!("{} can't be written", path.display()), &error)
        })?)),
        None => Box::new(BufWriter::new(io::stdout())),
    };
    let done = block_on(async {
        match args.what {
            Exported::Items => items(log, &mut out).await?,
            Exported::Events => events(&*log, &mut out).await?,
        }
        out.flush().map_err(Stopped::Unwritable)
    });
    match done {
        // Whoever reads has seen enough, as `head` does.
        Err(Stopped::Unwritable(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        Err(Stopped::Unwritable(error)) => Err(Failure::because("the export can't be written", &error)),
        Err(Stopped::Failed(failure)) => Err(failure),
        Ok(()) => Ok(ExitCode::SUCCESS),
    }
}

async fn items(log: Arc<dyn EventStore>, out: &mut dyn Write) -> Result<(), Stopped> {
    let (read_model, follower) = ReadModel::start(log, Options::default())
        .await
        .map_err(|error| Failure::because("the read model can't be built", &error))?;
    drop(follower);
    let snapshot = read_model.snapshot();
    for item in snapshot.items().values() {
        let Some(live) = item.state.live() else { continue };
        let line = json!({
            "id": item.id,
            "department": item.state.department,
            "localCode": item.state.local_code,
            "entry": item.entry().map(|entry| snapshot.survivor(entry)),
            "revision": live.revision,
            "contentHash": live.content_hash,
            "content": live.content,
        });
        write_line(out, &line)?;
    }
    Ok(())
}

async fn events(log: &dyn EventStore, out: &mut dyn Write) -> Result<(), Stopped> {
    let bar = progress::counter("events");
    let mut after = Position::START;
    loop {
        let page = log
            .read_all(after, PAGE)
            .await
            .map_err(|error| Failure::because("the event log can't be read", &error))?;
        let Some(last) = page.last() else { break };
        after = last.position;
        for recorded in &page {
            write_event(out, recorded)?;
        }
        bar.inc(page.len() as u64);
    }
    bar.finish_and_clear();
    Ok(())
}

/// An event as it is stored; data and metadata byte for byte, or as text where they are no JSON.
fn write_event(out: &mut dyn Write, recorded: &Recorded) -> Result<(), Stopped> {
    #[derive(serde::Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Line<'a> {
        position: Position,
        stream: &'a str,
        revision: u64,
        id: uuid::Uuid,
        #[serde(rename = "type")]
        event_type: &'a str,
        version: u16,
        data: Box<RawValue>,
        metadata: Box<RawValue>,
    }
    write_line(
        out,
        &Line {
            position: recorded.position,
            stream: recorded.stream.as_str(),
            revision: recorded.revision,
            id: recorded.id,
            event_type: &recorded.event_type,
            version: recorded.version,
            data: raw(&recorded.data)?,
            metadata: raw(&recorded.sealed_metadata)?,
        },
    )
}

fn raw(bytes: &[u8]) -> Result<Box<RawValue>, Failure> {
    let whole = std::str::from_utf8(bytes).ok().and_then(|text| RawValue::from_string(text.to_owned()).ok());
    // A line is one line, whoever wrote the log.
    match whole.filter(|raw| !raw.get().contains('\n')) {
        Some(raw) => Ok(raw),
        None => serde_json::value::to_raw_value(&Value::String(String::from_utf8_lossy(bytes).into_owned()))
            .map_err(|error| Failure::because("an event can't be written", &error)),
    }
}

fn write_line<T: serde::Serialize>(out: &mut dyn Write, line: &T) -> Result<(), Stopped> {
    let mut text =
        serde_json::to_vec(line).map_err(|error| Failure::because("a line can't be written", &error))?;
    text.push(b'\n');
    out.write_all(&text).map_err(Stopped::Unwritable)
}

/// Why an export ends before its end.
#[derive(Debug)]
enum Stopped {
    /// Nobody takes what is written.
    Unwritable(io::Error),
    /// Anything else.
    Failed(Failure),
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}
