//! How far behind the log this process is, and what its answers say of it.
//!
//! A gateway that can't see the log, or doesn't keep up with it, shows the past. It never does so silently: every answer
//! carries `Yimen-Behind`, whole seconds, and beyond a bound the APIs answer 503. Calls go on: whoever is cut off from the
//! log carries them as it last knew, and `/readyz` lets balancers turn away.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use event_store::EventStore;
use http::HeaderValue;
use read_model::ReadModel;

use crate::{App, Code, Problem};

/// The field that says by how many seconds an answer may be out of date.
const BEHIND: &str = "yimen-behind";
/// How often the log's end is asked for.
const EVERY: Duration = Duration::from_millis(250);
/// How long the log may take to say its end, and the read model to get there, before it is asked anew.
const PATIENCE: Duration = Duration::from_secs(2);

/// The last moment whose log the read model is known to show.
#[derive(Debug, Clone)]
pub struct Freshness(Arc<Mutex<Instant>>);

impl Freshness {
    /// Of a read model that shows the log as it is now.
    pub fn now() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }

    /// How old what the read model shows may be at most.
    fn age(&self) -> Duration {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }

    fn shows(&self, moment: Instant) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = moment;
    }

    /// Keeps it true, for ever.
    pub async fn follow(self, store: Arc<dyn EventStore>, read_model: ReadModel) {
        loop {
            let asked = Instant::now();
            if let Ok(Ok(head)) = tokio::time::timeout(PATIENCE, store.head()).await
                && read_model.at_least(head, PATIENCE).await.is_ok()
            {
                self.shows(asked);
            }
            metrics::gauge!("yimen_log_behind_seconds").set(self.age().as_secs_f64());
            tokio::time::sleep(EVERY).await;
        }
    }

    /// `inner`, whose answers say how far behind they are.
    pub fn told_by(&self, inner: Router) -> Router {
        let tell = |State(freshness): State<Self>, request: Request, next: Next| async move {
            freshness.tell(next.run(request)).await
        };
        inner.layer(from_fn_with_state(self.clone(), tell))
    }

    /// An answer that says how far behind it is.
    pub async fn tell(&self, answer: impl Future<Output = Response>) -> Response {
        // Before it is made: what it shows is no older.
        let behind = self.age().as_secs();
        let mut answer = answer.await;
        if behind > 0 {
            answer.headers_mut().insert(BEHIND, HeaderValue::from(behind));
        }
        answer
    }
}

/// Lets nobody read what is further behind than the bound, or write because of it.
pub(crate) async fn within_bound(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    match &app.bound {
        Some((freshness, bound)) if freshness.age() > *bound => {
            let reason = "this gateway has lost touch with the event log";
            Err(Problem::new(Code::ReadModelBehind, reason).retry_after(1))
        }
        Some(_) | None => Ok(next.run(request).await),
    }
}
