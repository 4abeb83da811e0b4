//! A deadline that may run or not.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep};

/// Passes once it has been running for its time. Costs nothing until the first start.
#[derive(Debug, Default)]
pub struct Deadline {
    /// Kept from one start to the next.
    sleep: Option<Pin<Box<Sleep>>>,
    running: bool,
}

impl Deadline {
    /// Starts anew.
    pub fn start(&mut self, within: Duration) {
        self.running = true;
        match &mut self.sleep {
            Some(sleep) => sleep.as_mut().reset(later(within)),
            None => self.sleep = Some(Box::pin(sleep(within))),
        }
    }

    /// Starts if it doesn't run.
    pub fn start_unless_running(&mut self, within: Duration) {
        if !self.running {
            self.start(within);
        }
    }

    /// Doesn't pass until it is started again.
    pub const fn stop(&mut self) {
        self.running = false;
    }

    /// Ready once it has passed; it doesn't run then.
    pub fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        match &mut self.sleep {
            Some(sleep) if self.running => {
                std::task::ready!(sleep.as_mut().poll(context));
                self.running = false;
                Poll::Ready(())
            }
            Some(_) | None => Poll::Pending,
        }
    }
}

/// A time too far away to be one is as good as never.
fn later(within: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(within).unwrap_or_else(|| now + Duration::from_secs(86_400 * 365))
}
