//! `yimen demo`.

use std::process::ExitCode;

use super::{block_on, exit};
use crate::cli::DemoArgs;
use crate::demo;
use crate::failure::Failure;
use crate::server::logs;

pub fn run(args: DemoArgs) -> Result<ExitCode, Failure> {
    let _remainder = logs::start(&demo::log(&args.log_filter))?;
    block_on(demo::run(args)).map(exit)
}
