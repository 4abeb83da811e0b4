//! How many calls a server answers at once, and how many may wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::BackendSettings;

/// Places for calls at one server, with a queue before them that is bounded in length and time.
#[derive(Debug)]
pub(crate) struct Places {
    free: Arc<Semaphore>,
    waiting: AtomicUsize,
    max_waiting: usize,
    max_wait: Duration,
}

/// There is no place, and none came free in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Busy;

/// A call's place, until it is dropped.
pub(crate) type Place = OwnedSemaphorePermit;

impl Places {
    pub(crate) fn new(settings: &BackendSettings) -> Self {
        Self {
            free: Arc::new(Semaphore::new(settings.max_calls.min(Semaphore::MAX_PERMITS))),
            waiting: AtomicUsize::new(0),
            max_waiting: settings.max_waiting,
            max_wait: settings.max_wait,
        }
    }

    /// A place, at once or after waiting in the queue, in order.
    pub(crate) async fn take(&self) -> Result<Place, Busy> {
        if let Ok(place) = Arc::clone(&self.free).try_acquire_owned() {
            return Ok(place);
        }
        let _waiting = self.queue()?;
        match Box::pin(timeout(self.max_wait, Arc::clone(&self.free).acquire_owned())).await {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) | Err(_) => Err(Busy),
        }
    }

    fn queue(&self) -> Result<Waiting<'_>, Busy> {
        let waiting = Waiting(&self.waiting);
        if self.waiting.fetch_add(1, Ordering::Relaxed) < self.max_waiting { Ok(waiting) } else { Err(Busy) }
    }
}

/// Takes part in the queue until it is dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(max_calls: usize, max_waiting: usize) -> Places {
        let max_wait = Duration::from_secs(1);
        Places::new(&BackendSettings { max_calls, max_waiting, max_wait, ..BackendSettings::default() })
    }

    #[tokio::test(start_paused = true)]
    async fn the_queue_is_bounded_in_length_and_time() {
        let places = places(1, 1);
        let held = places.take().await.expect("a place");
        let (first, second) = tokio::join!(places.take(), places.take());
        assert_eq!(
            (first.err(), second.err()),
            (Some(Busy), Some(Busy)),
            "one waits in vain, one isn't let in"
        );
        let next = async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            drop(held);
        };
        let (waited, ()) = tokio::join!(places.take(), next);
        assert!(waited.is_ok());
        assert_eq!(places.waiting.load(Ordering::Relaxed), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn who_gives_up_leaves_the_queue() {
        let places = places(1, 1);
        let _held = places.take().await.expect("a place");
        assert!(timeout(Duration::from_millis(10), places.take()).await.is_err());
        assert_eq!(places.waiting.load(Ordering::Relaxed), 0);
    }
}
