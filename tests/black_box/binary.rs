//! Starts the binary under test.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::cluster;

/// Longest time that anything here waits for, on a loaded machine with two cores.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests live in the repository").to_owned()
}

/// The binary, as the same `cargo test` built it; built now when only these tests were asked for.
pub(crate) fn path() -> PathBuf {
    let tests = std::env::current_exe().expect("a test has a path");
    let target = tests.ancestors().nth(2).expect("target/<profile>/deps/<test>");
    let binary = target.join(format!("yimen{}", std::env::consts::EXE_SUFFIX));
    if !binary.exists() {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let built = Command::new(cargo)
            .args(["build", "--package", "yimen", "--locked"])
            .current_dir(root())
            .status();
        assert!(built.expect("cargo starts").success(), "the binary must build");
    }
    binary
}

/// The binary with arguments, without the environment's own configuration.
pub(crate) fn yimen(arguments: &[&str]) -> Command {
    let mut command = Command::new(path());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("YIMEN_")) {
        command.env_remove(name);
    }
    command.args(arguments).current_dir(root()).stdin(Stdio::null());
    command
}

/// A running demo, or gateway with settings of its own; killed when dropped.
#[derive(Debug)]
pub(crate) struct Demo {
    process: Child,
    ready: Value,
    folder: TempDir,
}

impl Demo {
    /// Starts a demo on free ports and waits until it is ready.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_in(TempDir::new().expect("a folder"), arguments)
    }

    /// Starts a demo whose files are in `folder`.
    pub(crate) fn start_in(folder: TempDir, arguments: &[&str]) -> Self {
        Self::start_at("127.0.0.1:0", folder, arguments)
    }

    /// Starts a demo whose public listener is at `public`.
    pub(crate) fn start_at(public: &str, folder: TempDir, arguments: &[&str]) -> Self {
        Self::start_as(yimen(&["demo"]), public, folder, arguments)
    }

    /// Starts a demo with no room for files larger than `kibibytes`: as good as a full disk, for the log at least.
    pub(crate) fn start_confined(kibibytes: u32, folder: TempDir, arguments: &[&str]) -> Self {
        let confine = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"", 2 * kibibytes);
        let mut command = Command::new("sh");
        command.args(["-c", &confine]).arg(path()).arg("demo").stdin(Stdio::null());
        Self::start_as(command, "127.0.0.1:0", folder, arguments)
    }

    fn start_as(mut command: Command, public: &str, folder: TempDir, arguments: &[&str]) -> Self {
        let ready_file = folder.path().join("ready.json");
        // A file of an earlier run in the same folder would say "ready" too soon.
        if ready_file.exists() {
            std::fs::remove_file(&ready_file).expect("it can be removed");
        }
        let data = folder.path().join("data");
        if let Some(address) = cluster::real(folder.path()) {
            command.arg("--event-log").arg(address);
        }
        command.args(["--public", public, "--admin", "127.0.0.1:0"]);
        command.arg("--data-dir").arg(&data).arg("--ready-file").arg(&ready_file).args(arguments);
        Self::launch(command, folder, |folder| {
            let text = std::fs::read_to_string(folder.join("ready.json")).ok()?;
            Some(serde_json::from_str(&text).expect("the ready file is JSON"))
        })
    }

    /// Starts a process that logs to `log.txt` in `folder`, and waits for what it says when it is ready.
    pub(crate) fn launch(
        mut command: Command,
        folder: TempDir,
        ready: impl Fn(&Path) -> Option<Value>,
    ) -> Self {
        let log = std::fs::File::create(folder.path().join("log.txt")).expect("a log file");
        let mut process =
            command.stdout(Stdio::null()).stderr(Stdio::from(log)).spawn().expect("the binary starts");
        let deadline = Instant::now() + PATIENCE;
        let ready = loop {
            if let Some(ready) = ready(folder.path()) {
                break ready;
            }
            let ended = process.try_wait().expect("it can be asked");
            let log = || std::fs::read_to_string(folder.path().join("log.txt")).unwrap_or_default();
            assert!(ended.is_none(), "it ended with {ended:?}:\n{}", log());
            assert!(Instant::now() < deadline, "it is not ready:\n{}", log());
            std::thread::park_timeout(Duration::from_millis(20));
        };
        Self { process, ready, folder }
    }

    /// URL of a path on the public listener.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.text("public"))
    }

    /// URL of a path on the admin listener.
    pub(crate) fn admin_url(&self, path: &str) -> String {
        format!("{}{path}", self.text("admin"))
    }

    /// A token that the demo handed out, for example `citizen`.
    pub(crate) fn token(&self, name: &str) -> &str {
        self.ready["tokens"][name].as_str().unwrap_or_else(|| panic!("a token for {name}"))
    }

    /// The data directory.
    pub(crate) fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Its folder: the data directory and the files of the test.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The process's identifier.
    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Kills it without warning (SIGKILL) and answers its folder, for the next start.
    pub(crate) fn kill(mut self) -> TempDir {
        self.process.kill().expect("it can be killed");
        self.process.wait().expect("it ends");
        std::mem::replace(&mut self.folder, TempDir::new().expect("a folder"))
    }

    /// Waits until it ended by itself.
    pub(crate) fn wait(&mut self) -> std::process::ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.process.try_wait().expect("it can be asked") {
                return status;
            }
            assert!(Instant::now() < deadline, "it does not end");
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }

    fn text(&self, name: &str) -> &str {
        self.ready[name].as_str().unwrap_or_else(|| panic!("{name} in the ready file"))
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // It may have ended already; nothing is left to do then.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
