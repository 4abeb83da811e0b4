//! Notices when nothing has happened for too long.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep};

/// Runs while something is waited for. It costs nothing until the first wait.
#[derive(Debug)]
pub(crate) struct IdleTimer {
    limit: Duration,
    sleep: Option<Pin<Box<Sleep>>>,
    running: bool,
}

impl IdleTimer {
    pub(crate) const fn new(limit: Duration) -> Self {
        Self { limit, sleep: None, running: false }
    }

    pub(crate) const fn limit(&self) -> Duration {
        self.limit
    }

    /// Something happened: the next wait begins anew.
    pub(crate) const fn stop(&mut self) {
        self.running = false;
    }

    /// Ready once the wait has lasted for the limit; the first poll after [`IdleTimer::stop`] begins it.
    pub(crate) fn poll_expired(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let limit = self.limit;
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep(limit)));
        if !self.running {
            self.running = true;
            // A limit too far for the clock is no limit.
            if let Some(deadline) = Instant::now().checked_add(limit) {
                sleep.as_mut().reset(deadline);
            }
        }
        sleep.as_mut().poll(cx)
    }
}
