//! The peers: Python packages in a virtual environment, each called by a small script beside this crate.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use sha2::{Digest as _, Sha256};

use super::lists::{Files, List, Truth};
use super::pairs::{self, ScoredPair};
use crate::cargo;

/// A peer in one of its set-ups.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer {
    /// Name in the tables.
    pub(crate) title: &'static str,
    script: &'static str,
    variant: &'static str,
    /// Whether it learns from the train half.
    pub(crate) supervised: bool,
    /// Whether its scores are probabilities, with 0.5 as its own threshold.
    pub(crate) states_probability: bool,
    /// Whether it says anything of its own when only names are given.
    names_suffice: bool,
}

/// All of them, the simplest first.
pub(crate) const PEERS: &[Peer] = &[
    Peer {
        title: "TF-IDF, name",
        script: "tfidf.py",
        variant: "name",
        supervised: false,
        states_probability: false,
        names_suffice: true,
    },
    Peer {
        title: "TF-IDF, name + description in one department",
        script: "tfidf.py",
        variant: "department",
        supervised: false,
        states_probability: false,
        names_suffice: false,
    },
    Peer {
        title: "TF-IDF, weighted over all fields",
        script: "tfidf.py",
        variant: "weighted",
        supervised: false,
        states_probability: false,
        names_suffice: false,
    },
    Peer {
        title: "recordlinkage (ECM)",
        script: "recordlinkage_pairs.py",
        variant: "ecm",
        supervised: false,
        states_probability: true,
        names_suffice: true,
    },
    Peer {
        title: "recordlinkage (logistic regression)",
        script: "recordlinkage_pairs.py",
        variant: "logistic",
        supervised: true,
        states_probability: true,
        names_suffice: true,
    },
    Peer {
        title: "Splink 5 (EM)",
        script: "splink_pairs.py",
        variant: "em",
        supervised: false,
        states_probability: true,
        names_suffice: true,
    },
    Peer {
        title: "Splink 5 (m from labels)",
        script: "splink_pairs.py",
        variant: "labels",
        supervised: true,
        states_probability: true,
        names_suffice: true,
    },
    Peer {
        title: "dedupe 3",
        script: "dedupe_pairs.py",
        variant: "",
        supervised: true,
        states_probability: true,
        names_suffice: true,
    },
    Peer {
        title: "gradient boosting (reference)",
        script: "boosting.py",
        variant: "",
        supervised: true,
        states_probability: true,
        names_suffice: true,
    },
];

impl Peer {
    /// Whether the list is one for it.
    pub(crate) fn takes(&self, list: &List) -> bool {
        self.names_suffice || matches!(list.truth, Truth::Entities(_))
    }
}

/// The virtual environment.
#[derive(Debug)]
pub(crate) struct Installed {
    python: PathBuf,
    folder: PathBuf,
}

/// Installs the peers unless they are; says in one line what is missing where that fails.
pub(crate) fn install(folder: &Path) -> Option<Installed> {
    match try_install(folder) {
        Ok(installed) => Some(installed),
        Err(message) => {
            eprintln!("no peers: {message}");
            None
        }
    }
}

fn try_install(folder: &Path) -> Result<Installed, String> {
    let venv = folder.join("venv");
    let installed = Installed { python: venv.join("bin/python"), folder: folder.join("peers") };
    fs::create_dir_all(&installed.folder)
        .map_err(|error| format!("{}: {error}", installed.folder.display()))?;
    let requirements = scripts().join("requirements.txt");
    let wanted =
        fs::read_to_string(&requirements).map_err(|error| format!("{}: {error}", requirements.display()))?;
    let done = venv.join("installed.txt");
    if fs::read_to_string(&done).is_ok_and(|have| have == wanted) {
        return Ok(installed);
    }
    eprintln!("installing the peers into {}", venv.display());
    let mut create = Command::new("python3");
    create.args(["-m", "venv"]).arg(&venv);
    run(&mut create, "python3 -m venv")?;
    let mut pip = Command::new(&installed.python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"])
        .arg(&requirements);
    run(&mut pip, "pip install")?;
    fs::write(&done, wanted).map_err(|error| format!("{}: {error}", done.display()))?;
    Ok(installed)
}

impl Installed {
    /// A peer's scored pairs of a list, and the seconds that it took. The same script on the same records runs once.
    pub(crate) fn pairs(
        &self,
        peer: &Peer,
        list: &List,
        files: &Files,
    ) -> Result<(Vec<ScoredPair>, f64), String> {
        let key = self.key(peer, files)?;
        let stem = peer.script.trim_end_matches(".py");
        let out = self.folder.join(format!("{}-{stem}{}-{key}.jsonl", list.name, peer.variant));
        let timed = out.with_extension("seconds");
        if let Ok(seconds) = fs::read_to_string(&timed) {
            return Ok((pairs::read(&out)?, seconds.trim().parse().unwrap_or(f64::NAN)));
        }
        eprintln!("{}: {} …", list.name, peer.title);
        let started = Instant::now();
        let mut command = self.script(peer.script);
        command.arg(&files.records).arg(&files.train).arg(&out).arg(peer.variant);
        run(&mut command, peer.script)?;
        let seconds = started.elapsed().as_secs_f64();
        let found = pairs::read(&out)?;
        fs::write(&timed, seconds.to_string()).map_err(|error| format!("{}: {error}", timed.display()))?;
        Ok((found, seconds))
    }

    /// The command for a script, with low priority: others use the machine, too.
    pub(crate) fn script(&self, script: &str) -> Command {
        let mut command = Command::new("nice");
        command.arg(&self.python).args(["-W", "ignore"]).arg(scripts().join(script));
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        command
    }

    /// Changes when anything changes that the pairs depend on.
    fn key(&self, peer: &Peer, files: &Files) -> Result<String, String> {
        let mut inputs = vec![files.records.clone(), files.train.clone(), scripts().join("requirements.txt")];
        inputs.extend(["records.py", "features.py", peer.script].map(|name| scripts().join(name)));
        let mut hash = Sha256::new();
        for path in inputs {
            let bytes = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            hash.update(bytes.len().to_le_bytes());
            hash.update(bytes);
        }
        Ok(hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect())
    }
}

fn scripts() -> PathBuf {
    cargo::root().join("crates/xtask/evaluate")
}

/// Runs a command to its end; what it said last is the message when it fails.
pub(crate) fn run(command: &mut Command, name: &str) -> Result<(), String> {
    let output = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).output();
    let output = output.map_err(|error| format!("{name} could not be started: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    Err(format!("{name} ended with {}: {last}", output.status))
}
