//! `yimen config check` and `yimen config show`.

use std::process::ExitCode;

use crate::cli::{ConfigArgs, ConfigCommand};
use crate::config;
use crate::failure::Failure;

pub fn run(args: ConfigArgs) -> Result<ExitCode, Failure> {
    match args.command {
        ConfigCommand::Check(source) => {
            config::load(&source, std::env::vars())?;
            println!("配置正确 · the configuration is right");
        }
        ConfigCommand::Show(source) => {
            print!("{}", config::load(&source, std::env::vars())?.show()?);
        }
    }
    Ok(ExitCode::SUCCESS)
}
