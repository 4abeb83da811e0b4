//! The signals that end a process.

use std::io;

use tokio_util::sync::CancellationToken;

use crate::failure::Failure;

/// Cancels `stop` on the first SIGTERM or SIGINT. A second one ends the process at once, with exit code 1.
pub fn cancel_on_signal(stop: CancellationToken) -> Result<(), Failure> {
    let mut signals =
        Signals::new().map_err(|error| Failure::because("signals can't be listened for", &error))?;
    tokio::spawn(async move {
        let name = signals.next().await;
        tracing::info!(signal = name, "stopping; a second signal stops at once");
        stop.cancel();
        let name = signals.next().await;
        tracing::warn!(signal = name, "stopped at once");
        std::process::exit(1);
    });
    Ok(())
}

#[cfg(unix)]
#[derive(Debug)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

#[cfg(not(unix))]
#[derive(Debug)]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> &'static str {
        match tokio::signal::ctrl_c().await {
            Ok(()) => "Ctrl-C",
            Err(_) => std::future::pending().await,
        }
    }
}

/// SIGHUP, by which operators ask a process to read its files again. Nothing ever comes where there are no signals.
#[derive(Debug)]
pub struct Hangups(#[cfg(unix)] Option<tokio::signal::unix::Signal>);

impl Hangups {
    /// Listens; says so in the log if it can't, and then nothing ever comes.
    #[cfg(unix)]
    pub fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let listening = signal(SignalKind::hangup());
        Self(listening.inspect_err(|error| tracing::warn!(%error, "SIGHUP can't be listened for")).ok())
    }

    #[cfg(not(unix))]
    pub fn new() -> Self {
        Self()
    }

    /// The next one.
    pub async fn next(&mut self) {
        #[cfg(unix)]
        if let Some(signal) = &mut self.0
            && signal.recv().await.is_some()
        {
            return;
        }
        std::future::pending().await
    }
}
