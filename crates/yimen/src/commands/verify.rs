//! `yimen verify`.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use api::open_anchor;
use event_store::{OutsideAnchors, Report, Witnesses, verify};
use identity::AnchorKeys;

use super::block_on;
use crate::cli::{TrustArgs, VerifyArgs};
use crate::data_dir;
use crate::failure::{Exit, Failure};
use crate::{output, progress};

pub fn run(args: &VerifyArgs) -> Result<ExitCode, Failure> {
    verify_file(&args.log.file()?, &args.trust)
}

/// Verifies the log in that file, and says what was found.
pub fn verify_file(file: &Path, args: &TrustArgs) -> Result<ExitCode, Failure> {
    let log = data_dir::read_log_file(file)?;
    let mut keys = match &args.keys {
        Some(path) => given_keys(path)?,
        None => AnchorKeys::on_first_use(),
    };
    let outside = match &args.anchors {
        Some(path) => outside(path)?,
        None => Vec::new(),
    };
    let bar = progress::counter("events");
    let mut open = |statement: &str| open_anchor(&mut keys, statement);
    let witnesses = Witnesses { open: &mut open, outside };
    let report = block_on(async {
        verify(&*log, Some(witnesses), |events| bar.set_position(events))
            .await
            .map_err(|error| Failure::because("the event log can't be read to its end", &error))
    })?;
    bar.finish_and_clear();
    tell(&report, &keys, args.keys.is_some())
}

fn tell(report: &Report, keys: &AnchorKeys, given: bool) -> Result<ExitCode, Failure> {
    for finding in &report.findings {
        output::say(&finding.to_string())?;
    }
    if report.is_clean() {
        output::say(&format!("完好 · clean: {} events in {} streams", report.events, report.streams))?;
    }
    match report.anchored.as_ref().filter(|anchored| anchored.anchors > 0) {
        None => output::say("锚点 · anchors: none yet; hash chains alone were checked")?,
        Some(anchored) => {
            let at = anchored.at.map(|at| format!(", the last of {at}")).unwrap_or_default();
            output::say(&format!(
                "锚点 · anchors: {} cover {} of {} events{at}; {} only outside the log",
                anchored.anchors, anchored.covered, report.events, anchored.outside
            ))?;
            for name in keys.announced() {
                output::say(&format!("密钥 · key: {name}"))?;
            }
            if !given {
                output::remark(
                    "提示：密钥取自日志本身，请与另行保存的公钥核对（--keys） · the keys are the log's own word: compare them with those you keep, or give --keys",
                );
            }
        }
    }
    if report.is_clean() {
        return Ok(ExitCode::SUCCESS);
    }
    output::remark(&format!(
        "yimen: {} finding(s) in {} events of {} streams; {} listed",
        report.found,
        report.events,
        report.streams,
        report.findings.len()
    ));
    Ok(Exit::Failed.into())
}

fn given_keys(path: &Path) -> Result<AnchorKeys, Failure> {
    let unreadable = |error: &dyn std::error::Error| {
        Failure::because(format_args!("--keys {} can't be read", path.display()), error)
    };
    let text = fs::read_to_string(path).map_err(|error| unreadable(&error))?;
    let jwks = serde_json::from_str(&text).map_err(|error| unreadable(&error))?;
    AnchorKeys::given(&jwks).ok_or_else(|| {
        Failure::new(format!(
            "--keys {} holds no public keys: it takes a JWK Set, as /.well-known/jwks.json gives it",
            path.display()
        ))
    })
}

fn outside(path: &Path) -> Result<Vec<String>, Failure> {
    let unreadable = |error: &dyn std::error::Error| {
        Failure::because(format_args!("--anchors {} can't be read", path.display()), error)
    };
    // A witness that isn't there must not pass for one that has nothing to say.
    fs::metadata(path).map_err(|error| unreadable(&error))?;
    OutsideAnchors::new(path).read().map_err(|error| unreadable(&error))
}
