//! How a command ends when it doesn't succeed: one sentence for a person, one exit code for a script.

use std::error::Error;
use std::fmt;
use std::process::ExitCode;

/// What `--help` says about exit codes; kept beside [`Exit`] so that the two change together.
pub const EXIT_CODES: &str = "\
退出码 / Exit codes:
  0   成功 / done
  1   失败；或 verify 发现问题 / failed, or `verify` found something
  2   导入或查重完成，但有行被拒绝 / `import` or `match` went through and refused some rows
  64  命令行有误 / the command line is wrong
  78  配置有误 / the configuration is wrong";

/// The exit codes of every command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Something failed; the message says what.
    Failed = 1,
    /// The command went through, and some rows were refused.
    Refused = 2,
    /// The command line can't be carried out as it is (`EX_USAGE` of `sysexits.h`).
    Usage = 64,
    /// The configuration is wrong (`EX_CONFIG` of `sysexits.h`).
    Config = 78,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// A failed command.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// One sentence for whoever typed the command; several lines where several things are wrong.
    pub message: String,
}

impl Failure {
    /// Something failed while the command ran.
    pub fn new(message: impl Into<String>) -> Self {
        Self { exit: Exit::Failed, message: message.into() }
    }

    /// The command line is wrong.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, message: message.into() }
    }

    /// The configuration is wrong.
    pub fn config(message: impl Into<String>) -> Self {
        Self { exit: Exit::Config, message: message.into() }
    }

    /// `what` failed because of `error`.
    pub fn because(what: impl fmt::Display, error: &dyn Error) -> Self {
        Self::new(format!("{what}: {}", reasons(error)))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// An error with everything that led to it, from the outside in.
pub fn reasons(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        // Some errors already repeat their source.
        if !text.ends_with(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}
