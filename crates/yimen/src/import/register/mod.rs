//! Where rows go: into a log, to a running gateway, or nowhere but past the same rules.

mod log;
mod rehearsal;
mod server;

use std::fs;

use api::operations::ImportOutcome;
use domain::{ItemId, Violation};
use serde::Deserialize;

use self::log::Log;
use self::rehearsal::Rehearsal;
use self::server::Server;
use super::report::Taken;
use super::{Outcome, Refusal, Row};
use crate::cli::ImportArgs;
use crate::data_dir;
use crate::failure::Failure;

/// Where rows go.
#[derive(Debug)]
pub enum Register {
    /// Into the log of a gateway that is not running.
    Log(Log),
    /// Past the rules, with what the log holds in view.
    Rehearsal(Rehearsal),
    /// To a running gateway.
    Server(Server),
}

impl Register {
    /// The place that the command line asks for.
    pub async fn open(args: &ImportArgs, source: &str) -> Result<Self, Failure> {
        if args.dry_run {
            return Rehearsal::open(args.data_dir.as_deref(), source).map(Self::Rehearsal);
        }
        match (&args.server, &args.token_file, &args.data_dir) {
            (Some(url), Some(token_file), _) => {
                let token = fs::read_to_string(token_file).map_err(|error| {
                    Failure::because(format_args!("the token {} can't be read", token_file.display()), &error)
                })?;
                Server::new(url, token.trim(), source).map(Self::Server)
            }
            (None, _, Some(folder)) => Ok(Self::Log(Log::new(data_dir::open_log(folder).await?, source))),
            (Some(_), None, _) | (None, _, None) => Err(Failure::usage(
                "say where to import: --data-dir DIR, or --server URL with --token-file FILE",
            )),
        }
    }

    /// Hands rows over; one outcome for each, in their order. An error is nobody's row: nothing is known of these.
    pub async fn take(&self, rows: Vec<Row>) -> Result<Vec<Outcome>, Failure> {
        match self {
            Self::Log(log) => log.take(rows).await,
            Self::Rehearsal(rehearsal) => rehearsal.take(rows).await,
            Self::Server(server) => server.take(rows).await,
        }
    }

    /// Finishes what was handed over.
    pub async fn close(self) {
        if let Self::Log(log) = self {
            log.close().await;
        }
    }
}

/// What the register says of a row, here or over HTTP.
#[derive(Debug, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
enum Answer {
    Created { item: ItemId },
    Updated { item: ItemId },
    Unchanged { item: ItemId },
    Refused { errors: Vec<Violation> },
}

/// How a row that was handed over is spoken of.
#[derive(Debug)]
struct Handed {
    line: u64,
    document: Option<String>,
    local_code: String,
}

impl From<ImportOutcome> for Answer {
    fn from(outcome: ImportOutcome) -> Self {
        match outcome {
            ImportOutcome::Created { item } => Self::Created { item },
            ImportOutcome::Updated { item } => Self::Updated { item },
            ImportOutcome::Unchanged { item } => Self::Unchanged { item },
            ImportOutcome::Refused { errors } => Self::Refused { errors },
        }
    }
}

impl Answer {
    fn about(self, row: Handed) -> Outcome {
        let Handed { line, document, local_code } = row;
        let taken = |item| Taken { line, local_code, item };
        match self {
            Self::Created { item } => Outcome::Created(taken(item)),
            Self::Updated { item } => Outcome::Updated(taken(item)),
            Self::Unchanged { item } => Outcome::Unchanged(taken(item)),
            Self::Refused { errors } => {
                let refusal = Refusal::of_violations(line, errors);
                Outcome::Refused(match document {
                    Some(name) => refusal.in_document(&name),
                    None => refusal,
                })
            }
        }
    }
}
