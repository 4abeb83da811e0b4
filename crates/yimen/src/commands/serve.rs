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
    logs::start(&config.log)?;
    block_on(async {
        let stop = CancellationToken::new();
        server::cancel_on_signal(stop.clone())?;
        let service = Service::open(&config, stop).await?;
        service.run().await.map(exit)
    })
}
