//! Configuration: a file under the environment under flags, and nothing that nobody knows.

use std::path::PathBuf;
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::binary::yimen;

const MINIMAL: &str = r#"
data_dir = "/var/lib/yimen"
[[identity.issuers]]
issuer = "https://id.example"
audience = ["yimen"]
algorithms = ["ES256"]
jwks = { url = "https://id.example/jwks.json" }
"#;

fn file(folder: &TempDir, more: &str) -> PathBuf {
    let path = folder.path().join("yimen.toml");
    std::fs::write(&path, format!("{MINIMAL}{more}")).expect("it can be written");
    path
}

fn show(config: &PathBuf) -> Command {
    let mut command = yimen(&["config", "show", "--config"]);
    command.arg(config);
    command
}

fn said(command: &mut Command) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } = command.output().expect("the binary starts");
    (status.code(), String::from_utf8_lossy(&stdout).into_owned() + &String::from_utf8_lossy(&stderr))
}

#[test]
fn flags_win_over_the_environment_and_that_over_the_file() {
    let folder = TempDir::new().expect("a folder");
    let config = file(&folder, "[policy]\nnotice_days = 10\n");
    let line = |command: &mut Command| {
        let (code, text) = said(command);
        assert_eq!(code, Some(0), "{text}");
        text.lines().find(|line| line.starts_with("notice_days")).expect("it is shown").to_owned()
    };
    assert_eq!(line(&mut show(&config)), format!("notice_days = 10  # {}", config.display()));
    let mut environment = show(&config);
    environment.env("YIMEN_POLICY__NOTICE_DAYS", "20");
    assert_eq!(line(&mut environment), "notice_days = 20  # environment YIMEN_POLICY__NOTICE_DAYS");
    environment.args(["--set", "policy.notice_days=30"]);
    assert_eq!(line(&mut environment), "notice_days = 30  # flag --set");
    let without = file(&folder, "");
    assert_eq!(line(&mut show(&without)), "notice_days = 30  # default");
}

#[test]
fn an_unknown_setting_is_refused_with_the_nearest_known() {
    let folder = TempDir::new().expect("a folder");
    for (more, unknown, nearest) in [
        ("[policy]\nnotce_days = 10\n", "policy.notce_days", "policy.notice_days"),
        ("[listen]\npubilc = \"[::]:1\"\n", "listen.pubilc", "listen.public"),
        ("[gatway]\nassurance = []\n", "gatway", "gateway"),
    ] {
        let config = file(&folder, more);
        for command in ["check", "show"] {
            let (code, text) = said(yimen(&["config", command, "--config"]).arg(&config));
            assert_eq!(code, Some(78), "{text}");
            assert!(text.contains(unknown) && text.contains(&format!("did you mean {nearest}?")), "{text}");
        }
        let (code, text) = said(yimen(&["serve", "--config"]).arg(&config));
        assert_eq!(code, Some(78), "{text}");
    }
    let config = file(&folder, "");
    let (code, text) = said(show(&config).env("YIMEN_POLICY__NOTCE_DAYS", "1"));
    assert_eq!(code, Some(78));
    assert!(text.contains("environment YIMEN_POLICY__NOTCE_DAYS"), "{text}");
}

#[test]
fn the_example_is_right_and_says_so() {
    let example = crate::binary::root().join("crates/yimen/yimen.example.toml");
    let (code, text) = said(yimen(&["config", "check", "--config"]).arg(example));
    assert_eq!(code, Some(0), "{text}");
}

#[test]
fn a_folder_of_words_is_read_before_anything_starts() {
    let folder = TempDir::new().expect("a folder");
    let words = folder.path().join("words");
    let config = file(&folder, &format!("[matching]\nwords = {:?}\n", words.display().to_string()));
    let check = || said(yimen(&["config", "check", "--config"]).arg(&config));
    let (code, text) = check();
    assert_ne!(code, Some(0));
    assert!(text.contains("matching.words") && text.contains("can't be read"), "{text}");
    std::fs::create_dir(&words).expect("made");
    let write = |row: &str| std::fs::write(words.join("synonyms.tsv"), row).expect("written");
    write("江城通\t市民卡\n江城通\t一卡通\n");
    let (code, text) = check();
    assert_ne!(code, Some(0));
    assert!(text.contains("synonyms.tsv:2"), "{text}");
    write("江城通\t市民卡\n");
    let (code, text) = check();
    assert_eq!(code, Some(0), "{text}");
}

#[test]
fn a_wrong_command_line_is_a_64() {
    let (code, text) = said(&mut yimen(&["serv"]));
    assert_eq!(code, Some(64));
    assert!(text.contains("serve"), "{text}");
}
