//! `yimen config check` and `yimen config show`.

use std::process::ExitCode;

use crate::cli::{ConfigArgs, ConfigCommand};
use crate::config;
use crate::failure::Failure;
use crate::output;

pub fn run(args: ConfigArgs) -> Result<ExitCode, Failure> {
    match args.command {
        ConfigCommand::Check(source) => {
            let loaded = config::load(&source, std::env::vars())?;
            loaded.config.check_files().map_err(Failure::config)?;
            output::say("配置正确 · the configuration is right")?;
        }
        ConfigCommand::Show(source) => {
            output::say(&config::load(&source, std::env::vars())?.show()?)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
