//! `yimen keys list` and `yimen keys rotate`.

use std::process::ExitCode;

use identity::{KeyDuty, KeyEntry, KeyRing, KeyRingFile, RingAlgorithm, RotationError};
use jiff::{SignedDuration, Timestamp};

use crate::cli::{KeyAlgorithm, KeyFileArgs, KeysArgs, KeysCommand};
use crate::config;
use crate::failure::{Failure, reasons};
use crate::output;

/// How long a key has to be known before it signs: gateways read the file every few seconds, and backends may keep the
/// keys that we publish for five minutes.
const SAFELY_AHEAD: SignedDuration = SignedDuration::from_mins(6);

pub fn run(args: KeysArgs) -> Result<ExitCode, Failure> {
    let now = Timestamp::now();
    let ring = match args.command {
        KeysCommand::List(file) => {
            let file = key_file(&file)?;
            file.load().map_err(|error| Failure::because("the keys can't be read", &error))?
        }
        KeysCommand::Rotate(rotation) => {
            if rotation.ahead.is_negative() {
                return Err(Failure::usage("--ahead is a time from now on, for example 10m"));
            }
            let rotated = key_file(&rotation.file)?.rotate(rotation.algorithm.into(), rotation.ahead, now);
            let ring = rotated.map_err(refused)?;
            if rotation.ahead < SAFELY_AHEAD {
                output::remark(
                    "提示：后端可能缓存公钥 5 分钟，新密钥启用前或有调用无法核验 · backends may keep our keys for 5 minutes: \
                     until then some may be unable to check what the new key signs",
                );
            }
            ring
        }
    };
    output::say(&table(&ring, now))?;
    Ok(ExitCode::SUCCESS)
}

fn key_file(args: &KeyFileArgs) -> Result<KeyRingFile, Failure> {
    if let Some(path) = &args.key_file {
        return Ok(KeyRingFile::new(path));
    }
    let config = config::load(&args.source, std::env::vars())?.config;
    Ok(KeyRingFile::new(config.identity.assertion_key(&config.data_dir)))
}

fn refused(error: RotationError) -> Failure {
    match error {
        RotationError::UnderWay { .. } | RotationError::TooFarAhead => Failure::new(error.to_string()),
        RotationError::File(error) => Failure::new(format!("the keys can't be rotated: {}", reasons(&error))),
    }
}

fn table(ring: &KeyRing, now: Timestamp) -> String {
    let line = |KeyEntry { id, algorithm, signs_from, duty }| {
        let since =
            if signs_from == Timestamp::UNIX_EPOCH { "—".to_owned() } else { signs_from.to_string() };
        format!("{id}  {algorithm:<11}  {}  {since}", meaning(duty))
    };
    ring.entries(now).into_iter().map(line).collect::<Vec<_>>().join("\n")
}

const fn meaning(duty: KeyDuty) -> &'static str {
    match duty {
        KeyDuty::Next => "已公布，待启用 next",
        KeyDuty::Signs => "签名中 signs",
        KeyDuty::Verifies => "仅供核验 verifies",
        KeyDuty::Done => "已停用 done",
    }
}

impl From<KeyAlgorithm> for RingAlgorithm {
    fn from(algorithm: KeyAlgorithm) -> Self {
        match algorithm {
            KeyAlgorithm::Es256 => Self::Es256,
            KeyAlgorithm::Ed25519 => Self::Ed25519,
            KeyAlgorithm::Sm2 => Self::Sm2,
        }
    }
}
