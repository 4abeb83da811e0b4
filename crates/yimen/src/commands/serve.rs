//! `yimen serve`.

use std::process::ExitCode;

use tokio_util::sync::CancellationToken;

use super::{block_on, exit};
use crate::cli::ServeArgs;
use crate::config;
use crate::failure::Failure;
use crate::server::{self, Service, logs};

pub fn run(args: &ServeArgs) -> Result<ExitCode, Failure> {
    let config = config::load(&args.source, std::env::vars())?.config;
    let _remainder = logs::start(&config.log)?;
    block_on(async {
        let stop = CancellationToken::new();
        server::cancel_on_signal(stop.clone())?;
        // A long log takes its time to replay; whoever stops meanwhile doesn't wait for it.
        match stop.run_until_cancelled(Service::open(&config, stop.clone())).await {
            Some(service) => service?.run().await.map(exit),
            None => Ok(ExitCode::SUCCESS),
        }
    })
}
