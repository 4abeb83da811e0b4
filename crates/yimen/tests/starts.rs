//! The binary starts. That Cargo builds it for this test is what the black-box tests in `tests/` rely on.

use std::process::{Command, Output, Stdio};

fn yimen(argument: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_yimen")).arg(argument).output().expect("Cargo has built it")
}

#[test]
fn it_says_which_version_it_is_and_what_it_can_do() {
    let version = yimen("--version");
    assert!(version.status.success());
    assert_eq!(
        String::from_utf8_lossy(&version.stdout).trim(),
        format!("yimen {}", env!("CARGO_PKG_VERSION"))
    );

    let help = yimen("--help");
    assert!(help.status.success());
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    for command in [
        "serve",
        "demo",
        "import",
        "match",
        "export",
        "replay",
        "verify",
        "backup",
        "restore",
        "log",
        "openapi",
        "config",
        "keys",
        "token",
        "completions",
    ] {
        assert!(
            help.lines().any(|line| line.trim_start().starts_with(command)),
            "{command} is not in\n{help}"
        );
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    for argument in ["openapi", "--help"] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_yimen"))
            .arg(argument)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("Cargo has built it");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
