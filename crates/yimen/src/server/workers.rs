//! Threads that attend to clients' connections, each with a runtime of its own.
//!
//! What belongs to a connection stays on one thread, the connections to backends that its calls use among it: nothing is
//! handed from core to core, and no lock is asked for by two. Connections are accepted in one place and given to whoever
//! has the fewest, so that the bounds on connections are those of the whole, and no worker is busier than another for
//! long; sockets of their own (`SO_REUSEPORT`) would leave both to chance.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::runtime::{Builder, Handle};
use tokio_util::sync::CancellationToken;

use crate::failure::Failure;

/// The threads; they end when this is dropped, and what still runs on them is cut.
#[derive(Debug)]
pub struct Workers {
    workers: Vec<Worker>,
    end: CancellationToken,
}

#[derive(Debug)]
struct Worker {
    runtime: Handle,
    connections: Arc<AtomicUsize>,
}

/// One connection of a worker, until it is dropped.
struct Attended(Arc<AtomicUsize>);

impl Workers {
    /// One for each processor that this process may use.
    pub fn for_every_processor() -> Result<Self, Failure> {
        Self::start(std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN))
    }

    /// Starts so many.
    pub fn start(count: NonZeroUsize) -> Result<Self, Failure> {
        let end = CancellationToken::new();
        let failed = |error| Failure::because("a worker can't be started", &error);
        let worker = |place: usize| {
            let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
            let (handle, end) = (runtime.handle().clone(), end.clone());
            let work = move || {
                gateway::work_as(place);
                runtime.block_on(end.cancelled());
                runtime.shutdown_background();
            };
            std::thread::Builder::new().name(format!("worker-{place}")).spawn(work).map_err(failed)?;
            Ok(Worker { runtime: handle, connections: Arc::default() })
        };
        let workers = (0..count.get()).map(worker).collect::<Result<_, Failure>>()?;
        Ok(Self { workers, end })
    }

    /// How many there are.
    pub fn count(&self) -> NonZeroUsize {
        NonZeroUsize::new(self.workers.len()).unwrap_or(NonZeroUsize::MIN)
    }

    /// Attends to a connection on the thread that has the fewest.
    pub fn attend(&self, connection: impl Future<Output = ()> + Send + 'static) {
        let fewest = self.workers.iter().min_by_key(|worker| worker.connections.load(Ordering::Relaxed));
        if let Some(worker) = fewest {
            worker.connections.fetch_add(1, Ordering::Relaxed);
            let attended = Attended(Arc::clone(&worker.connections));
            worker.runtime.spawn(async move {
                connection.await;
                drop(attended);
            });
        }
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.end.cancel();
    }
}

impl Drop for Attended {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tokio::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn connections_are_spread_evenly_also_after_some_have_ended() {
        let workers = Workers::start(NonZeroUsize::new(3).expect("not zero")).expect("they start");
        let (told, mut heard) = mpsc::unbounded_channel();
        let stop = CancellationToken::new();
        let attend = |stop: CancellationToken| {
            let told = told.clone();
            workers.attend(async move {
                let name = std::thread::current().name().map(str::to_owned);
                told.send(name).expect("somebody listens");
                stop.cancelled().await;
            });
        };
        for _ in 0..6 {
            attend(stop.clone());
        }
        let mut seen = BTreeMap::<_, usize>::new();
        for _ in 0..6 {
            *seen.entry(heard.recv().await.flatten().expect("a name")).or_default() += 1;
        }
        assert_eq!(seen.into_values().collect::<Vec<_>>(), [2, 2, 2]);
        stop.cancel();
        let busy = || workers.workers.iter().any(|worker| worker.connections.load(Ordering::Relaxed) > 0);
        while busy() {
            tokio::task::yield_now().await;
        }
    }
}
