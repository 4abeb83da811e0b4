//! A department's server, and the gateway's connections to it.
//!
//! The way of a call: a place among those that the server answers at once ([`places`]), a connection that was kept or
//! a new one ([`pool`], [`connect`]), and the connection back to the pool when the response has been read to its end
//! ([`lease`]). Nothing here is shared between servers, so that one that is slow holds up nobody else's calls; and each
//! [`worker`] has a pool of its own for each server, so that a connection's work stays on one thread.

mod address_guard;
mod connect;
mod connection;
mod framing;
mod lease;
mod origin;
mod places;
mod pool;
mod retries;
mod settings;
mod tcp;
mod tls;
mod worker;

use std::collections::HashMap;
use std::error::Error;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use http::{Request, StatusCode};
use hyper::client::conn::TrySendError;

pub(crate) use self::connect::{ConnectFailure, Connector};
pub(crate) use self::framing::check_framing;
pub(crate) use self::lease::Lease;
pub(crate) use self::origin::Origin;
pub(crate) use self::places::Places;
pub(crate) use self::pool::Pool;
pub(crate) use self::retries::{Retries, is_repeatable, is_untouched, may_be_stale};
pub use self::settings::{BackendSettings, ClientCertificate, PoolSettings};
pub use self::tls::TlsError;
pub use self::worker::work_as;
use crate::upload::Upload;

/// One server: whatever has the same scheme, host and port. All offerings behind it share what is here.
#[derive(Debug)]
pub(crate) struct Backend {
    pub(crate) origin: Origin,
    pub(crate) places: Places,
    /// One for each worker.
    pools: Vec<Arc<Pool>>,
    pub(crate) retries: Retries,
}

impl Backend {
    /// The connections of the worker that asks.
    pub(crate) fn pool(&self) -> &Arc<Pool> {
        &self.pools[worker::place() % self.pools.len()]
    }

    /// Asks on a connection of its own, which takes no call's place and ends with the answer.
    pub(crate) async fn ask_apart(
        &self,
        request: Request<Upload>,
        limit: Duration,
    ) -> Result<StatusCode, Box<dyn Error + Send + Sync>> {
        let mut connection = self.pool().connect_apart(&self.origin, limit).await?;
        let response = connection.send(&self.origin, request).await.map_err(TrySendError::into_error)?;
        Ok(response.status())
    }
}

/// The servers that the gateway has calls for.
#[derive(Debug)]
pub(crate) struct Backends {
    settings: BackendSettings,
    /// What a worker's pool may keep.
    pool: PoolSettings,
    workers: NonZeroUsize,
    connector: Arc<Connector>,
    open: Mutex<Open>,
}

#[derive(Debug)]
struct Open {
    by_origin: HashMap<Origin, Weak<Backend>>,
    /// At how many the ones that nobody uses any more are looked for.
    tidy_at: usize,
}

/// The least number of servers at which it is worth looking for unused ones.
const FEW: usize = 64;

impl Backends {
    /// Servers for so many workers, which keep equal parts of the idle connections.
    pub(crate) fn new(
        settings: BackendSettings,
        pool: PoolSettings,
        workers: NonZeroUsize,
    ) -> Result<Self, TlsError> {
        let connector = Arc::new(Connector::new(&settings, &pool)?);
        let open = Mutex::new(Open { by_origin: HashMap::new(), tidy_at: FEW });
        let max_idle_per_backend = pool.max_idle_per_backend.div_ceil(workers.get());
        let pool = PoolSettings { max_idle_per_backend, ..pool };
        Ok(Self { settings, pool, workers, connector, open })
    }

    /// The server at this origin; the same one for as long as an offering is behind it.
    pub(crate) fn at(&self, origin: &Origin) -> Arc<Backend> {
        // Nothing that panics runs under the lock.
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(backend) = open.by_origin.get(origin).and_then(Weak::upgrade) {
            return backend;
        }
        let backend = Arc::new(Backend {
            origin: origin.clone(),
            places: Places::new(&self.settings),
            pools: (0..self.workers.get())
                .map(|_| Arc::new(Pool::new(self.pool, Arc::clone(&self.connector))))
                .collect(),
            retries: Retries::new(self.settings.retries_per_hundred_calls),
        });
        open.by_origin.insert(origin.clone(), Arc::downgrade(&backend));
        if open.by_origin.len() > open.tidy_at {
            open.by_origin.retain(|_, backend| backend.strong_count() > 0);
            open.tidy_at = FEW.max(2 * open.by_origin.len());
        }
        backend
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(base_url: &str) -> Origin {
        let uri: http::Uri = base_url.parse().expect("a URL");
        Origin::of(&uri).expect("an origin")
    }

    #[test]
    fn offerings_behind_one_server_share_it_and_an_unused_one_is_forgotten() {
        let backends = Backends::new(BackendSettings::default(), PoolSettings::default(), NonZeroUsize::MIN)
            .expect("sound settings");
        let one = backends.at(&origin("http://b.example:80/x"));
        assert!(Arc::ptr_eq(&one, &backends.at(&origin("http://B.example/y"))));
        assert!(!Arc::ptr_eq(&one, &backends.at(&origin("https://b.example:80/x"))));
        for number in 0..1000 {
            backends.at(&origin(&format!("http://b{number}.example")));
        }
        let open = backends.open.lock().expect("nobody panicked");
        assert!(open.by_origin.len() <= FEW + 1, "{}", open.by_origin.len());
    }

    #[test]
    fn workers_have_connections_of_their_own_and_equal_parts_of_the_bound() {
        let workers = NonZeroUsize::new(3).expect("not zero");
        let pool = PoolSettings { max_idle_per_backend: 64, ..PoolSettings::default() };
        let backends = Backends::new(BackendSettings::default(), pool, workers).expect("sound settings");
        assert_eq!(backends.pool.max_idle_per_backend, 22);
        let backend = backends.at(&origin("http://b.example"));
        let pool_of = |place: usize| {
            let backend = Arc::clone(&backend);
            let look = move || {
                work_as(place);
                Arc::as_ptr(backend.pool()) as usize
            };
            std::thread::spawn(look).join().expect("it looks")
        };
        let pools: std::collections::BTreeSet<_> = (0..3).map(pool_of).collect();
        assert_eq!(pools.len(), 3);
        assert_eq!(pool_of(0), Arc::as_ptr(backend.pool()) as usize, "who says nothing shares the first's");
    }
}
