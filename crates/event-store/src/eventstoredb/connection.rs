//! The supervisor of the client: replaces one that has died, and repeats what is safe to repeat.
//!
//! The client never lets go of a node that is gone, is dead for good if no server was there at its first use, and leaves
//! the task that holds its connections running when it is dropped. So every client has a small runtime of its own, which
//! ends with it, and gives way to a new one after a failure.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use eventstore::{Client, ClientSettings};
use futures_util::FutureExt;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use super::address::Address;
use super::failure::Failure;

/// How long a client's successor waits after a first failure; twice as long after each further one, up to the bound.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// The way to the cluster.
#[derive(Debug)]
pub(super) struct Connection {
    address: Address,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    session: Option<Arc<Session>>,
    generation: u64,
    failures: u32,
    not_before: Instant,
}

/// A client, and the runtime that its background lives in.
struct Session {
    client: Client,
    generation: u64,
    runtime: Option<Runtime>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("generation", &self.generation).finish_non_exhaustive()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Connection {
    pub(super) fn new(address: Address) -> Self {
        let state = State { session: None, generation: 0, failures: 0, not_before: Instant::now() };
        Self { address, state: Mutex::new(state) }
    }

    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    /// Does `work` with a client, again with another one while the cluster's patience lasts and it may help.
    ///
    /// `work` has to be something that may be done twice. Only failures that a repetition may cure are repeated.
    pub(super) async fn call<T, W>(&self, work: impl Fn(Client) -> W) -> Result<T, Failure>
    where
        W: Future<Output = Result<T, Failure>>,
    {
        let end = Instant::now() + self.address.patience;
        let mut redirected = false;
        loop {
            let session = self.session(end).await?;
            match self.attempt(work(session.client.clone())).await {
                Ok(value) => {
                    self.state.lock().await.failures = 0;
                    return Ok(value);
                }
                // The client says so once, and has turned to the leader then.
                Err(Failure::NotLeader) if !redirected => redirected = true,
                Err(failure @ (Failure::NotLeader | Failure::Lost(_))) => {
                    tracing::warn!(address = %self.address, error = %failure, "the event store cluster failed");
                    self.give_up(session.generation).await;
                    redirected = false;
                    if Instant::now() >= end {
                        return Err(failure);
                    }
                }
                Err(Failure::Denied) => {
                    self.give_up(session.generation).await;
                    return Err(Failure::Denied);
                }
                Err(
                    failure @ (Failure::Conflict
                    | Failure::Tombstoned
                    | Failure::TooLarge(_)
                    | Failure::Refused(_)),
                ) => return Err(failure),
            }
        }
    }

    /// One try, with a bound on its time: the client only tells the server how long it would wait.
    async fn attempt<T>(&self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        match timeout(self.address.deadline, AssertUnwindSafe(work).catch_unwind()).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(Failure::Lost("the client panicked over an answer".to_owned())),
            Err(_) => Err(Failure::Lost(format!(
                "there was no answer within {} ms",
                self.address.deadline.as_millis()
            ))),
        }
    }

    /// The client of now, or a new one when the time for it has come.
    async fn session(&self, end: Instant) -> Result<Arc<Session>, Failure> {
        let gone = || Failure::Lost("the cluster could not be reached in time".to_owned());
        let mut state = timeout_at(end, self.state.lock()).await.map_err(|_| gone())?;
        if let Some(session) = &state.session {
            return Ok(Arc::clone(session));
        }
        timeout_at(end, sleep_until(state.not_before)).await.map_err(|_| gone())?;
        let address = self.address.clone();
        let generation = state.generation + 1;
        let made = tokio::task::spawn_blocking(move || connect(&address.settings()?, generation));
        match made.await.map_err(|error| error.to_string()).flatten() {
            Ok(session) => {
                let session = Arc::new(session);
                state.generation = generation;
                state.session = Some(Arc::clone(&session));
                Ok(session)
            }
            Err(reason) => {
                state.pause();
                Err(Failure::Refused(reason))
            }
        }
    }

    /// Lets go of a client, unless somebody else has done so already.
    async fn give_up(&self, generation: u64) {
        let mut state = self.state.lock().await;
        if state.session.as_ref().is_some_and(|session| session.generation == generation) {
            state.session = None;
            state.pause();
            metrics::counter!("yimen_log_clients_replaced_total").increment(1);
        }
    }
}

impl State {
    fn pause(&mut self) {
        let pause = FIRST_PAUSE.saturating_mul(1 << self.failures.min(10)).min(LONGEST_PAUSE);
        self.failures = self.failures.saturating_add(1);
        self.not_before = Instant::now() + pause.mul_f64(rand::random_range(0.5..=1.0));
    }
}

/// Whether the client can set itself up: it installs a TLS provider for the whole process and panics if one is there.
fn provider_is_free() -> bool {
    static FREE: OnceLock<bool> = OnceLock::new();
    *FREE.get_or_init(|| rustls::crypto::CryptoProvider::get_default().is_none())
}

fn connect(settings: &ClientSettings, generation: u64) -> Result<Session, String> {
    if !provider_is_free() {
        return Err(
            "something has installed a TLS provider for the whole process, which this client can't bear"
                .into(),
        );
    }
    let runtime =
        Builder::new_multi_thread().worker_threads(1).thread_name("esdb-client").enable_all().build();
    let runtime = runtime.map_err(|error| format!("there is no thread for the client: {error}"))?;
    let client = Client::with_runtime_handle(runtime.handle().clone(), settings.clone());
    let client = client.map_err(|error| format!("the client can't be made: {error}"));
    match client {
        Ok(client) => Ok(Session { client, generation, runtime: Some(runtime) }),
        Err(reason) => {
            runtime.shutdown_background();
            Err(reason)
        }
    }
}
