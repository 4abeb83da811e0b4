//! The connections to one server that are kept for the next call.
//!
//! A pool belongs to one server and one worker and knows nothing of others; its lock is held for a few comparisons.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::connect::Speaking;
use super::connection::{Connection, Http1, Http2};
use super::{ConnectFailure, Connector, Origin, PoolSettings};

/// Connections to one server.
#[derive(Debug)]
pub(crate) struct Pool {
    settings: PoolSettings,
    connector: Arc<Connector>,
    kept: Mutex<Kept>,
    /// Held by whoever opens an HTTP/2 connection, so that others wait for it instead of opening their own.
    opening: tokio::sync::Mutex<()>,
}

/// A connection, and whether it had carried calls before.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) connection: Connection,
    pub(crate) is_kept: bool,
}

#[derive(Debug, Default)]
struct Kept {
    /// Idle connections, the one that was used last at the end.
    idle: Vec<(Http1, Instant)>,
    /// Connections for many calls, with the time of the last call's start. The pool's own share counts as a call.
    shared: Vec<(Http2, Instant)>,
    /// Whether the last connection was for many calls.
    speaks_http2: bool,
    /// Whether somebody closes what has been idle for too long.
    swept: bool,
}

impl Pool {
    pub(crate) fn new(settings: PoolSettings, connector: Arc<Connector>) -> Self {
        Self { settings, connector, kept: Mutex::default(), opening: tokio::sync::Mutex::default() }
    }

    /// A connection that was kept, or a new one that stands within `limit`.
    pub(crate) async fn take(
        self: &Arc<Self>,
        origin: &Origin,
        limit: Duration,
    ) -> Result<Taken, ConnectFailure> {
        match self.take_kept() {
            Some(connection) => Ok(Taken { connection, is_kept: true }),
            // Boxed, here and wherever a call seldom goes: every call would carry the room that it takes.
            None => Box::pin(self.open(origin, limit)).await,
        }
    }

    fn take_kept(&self) -> Option<Connection> {
        let now = Instant::now();
        let mut kept = self.lock();
        if !kept.shared.is_empty() {
            self.discard_unfit(&mut kept, now);
        }
        let room = |(connection, _): &&mut (Http2, Instant)| {
            // One share is the pool's own.
            connection.calls.count() <= self.settings.max_streams_per_connection
        };
        if let Some((connection, used)) = kept.shared.iter_mut().find(room) {
            *used = now;
            return Some(Connection::Http2(connection.share()));
        }
        // The one that was used last is the most likely to stand. One that isn't ready has yet to notice its last end.
        for place in (0..kept.idle.len()).rev() {
            let is_fit = kept.idle.get(place).is_some_and(|(http1, used)| self.is_fit(http1, *used, now));
            if !is_fit {
                kept.idle.remove(place);
            } else if kept.idle.get(place).is_some_and(|(http1, _)| http1.sender.is_ready()) {
                return Some(Connection::Http1(kept.idle.remove(place).0));
            }
        }
        None
    }

    /// A new connection, or one for many calls that somebody else opens at this moment.
    pub(crate) async fn open(
        self: &Arc<Self>,
        origin: &Origin,
        limit: Duration,
    ) -> Result<Taken, ConnectFailure> {
        let speaks_http2 = self.lock().speaks_http2;
        let _turn = if speaks_http2 {
            // Whoever is before us may wait in vain, and so do we, but not for everybody's time.
            Some(timeout(limit, self.opening.lock()).await.map_err(|_| ConnectFailure::TimedOut)?)
        } else {
            None
        };
        if speaks_http2 && let Some(connection) = self.take_kept() {
            return Ok(Taken { connection, is_kept: true });
        }
        let connection = self.connector.connect(origin, limit, Speaking::Either).await?;
        let mut kept = self.lock();
        kept.speaks_http2 = matches!(connection, Connection::Http2(_));
        if let Connection::Http2(connection) = &connection {
            kept.shared.push((connection.share(), Instant::now()));
            self.sweep_later(&mut kept);
        }
        Ok(Taken { connection, is_kept: false })
    }

    /// A new connection that is nobody else's and is not kept.
    pub(crate) async fn connect_apart(
        &self,
        origin: &Origin,
        limit: Duration,
    ) -> Result<Connection, ConnectFailure> {
        self.connector.connect(origin, limit, Speaking::Either).await
    }

    /// A new HTTP/1.1 connection, whatever else the server speaks.
    pub(crate) async fn open_http1(
        &self,
        origin: &Origin,
        limit: Duration,
    ) -> Result<Connection, ConnectFailure> {
        self.connector.connect(origin, limit, Speaking::Http1).await
    }

    /// Keeps a connection for the next call, if there is room and it isn't too old.
    pub(crate) fn keep(self: &Arc<Self>, connection: Http1) {
        let now = Instant::now();
        let mut kept = self.lock();
        if kept.idle.len() >= self.settings.max_idle_per_backend {
            self.discard_unfit(&mut kept, now);
        }
        if !connection.sender.is_closed()
            && now.duration_since(connection.opened) < self.settings.max_age
            && kept.idle.len() < self.settings.max_idle_per_backend
        {
            kept.idle.push((connection, now));
            self.sweep_later(&mut kept);
        }
    }

    /// Gives no more calls to a connection that left one unanswered.
    pub(crate) fn distrust(&self, connection: &Http2) {
        self.lock().shared.retain(|(kept, _)| !kept.calls.is_of(&connection.calls));
    }

    /// Calls that are on a connection for many go on: it ends with the last of them.
    fn discard_unfit(&self, kept: &mut Kept, now: Instant) {
        kept.idle.retain(|(http1, used)| self.is_fit(http1, *used, now));
        kept.shared.retain(|(http2, used)| {
            !http2.sender.is_closed() && self.is_fresh(http2.opened, *used, http2.calls.count() <= 1, now)
        });
    }

    /// Whether an idle connection may take a call.
    fn is_fit(&self, http1: &Http1, used: Instant, now: Instant) -> bool {
        !http1.sender.is_closed() && self.is_fresh(http1.opened, used, true, now)
    }

    fn is_fresh(&self, opened: Instant, used: Instant, is_idle: bool, now: Instant) -> bool {
        let PoolSettings { idle_timeout, max_age, .. } = self.settings;
        now.duration_since(opened) < max_age && !(is_idle && now.duration_since(used) >= idle_timeout)
    }

    fn sweep_later(self: &Arc<Self>, kept: &mut Kept) {
        if !kept.swept
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            kept.swept = true;
            let every = (self.settings.idle_timeout / 2).max(Duration::from_millis(10));
            runtime.spawn(sweep(Arc::downgrade(self), every));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // Nothing that panics runs under the lock.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Closes what has been idle for too long, until nothing is kept.
async fn sweep(pool: Weak<Pool>, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        let Some(pool) = pool.upgrade() else { return };
        let mut kept = pool.lock();
        pool.discard_unfit(&mut kept, Instant::now());
        if kept.idle.is_empty() && kept.shared.is_empty() {
            kept.swept = false;
            return;
        }
    }
}
