//! A closed-loop HTTP/1.1 load: so many connections, each sending its next request when the last was answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Makes the request that comes after so many others.
pub(super) type MakeRequest = Arc<dyn Fn(u64) -> Request<Full<Bytes>> + Send + Sync>;

/// What a run showed.
#[derive(Debug, Clone)]
pub(super) struct Run {
    /// How long each request took that was answered with success, the shortest first.
    waits: Vec<Duration>,
    elapsed: Duration,
}

impl Run {
    /// A run of so long, in which each client waited so long for its answers.
    pub(super) fn of(clients: impl IntoIterator<Item = Vec<Duration>>, elapsed: Duration) -> Self {
        let mut waits: Vec<_> = clients.into_iter().flatten().collect();
        waits.sort_unstable();
        Self { waits, elapsed }
    }

    /// How many requests were answered with success.
    pub(super) fn answered(&self) -> usize {
        self.waits.len()
    }

    /// Answers per second.
    pub(super) fn rate(&self) -> f64 {
        self.waits.len() as f64 / self.elapsed.as_secs_f64()
    }

    /// How long a request took that was slower than `percent` of them, in milliseconds.
    pub(super) fn percentile(&self, percent: usize) -> f64 {
        let at = self.waits.len() * percent / 100;
        self.waits.get(at).or(self.waits.last()).map_or(f64::NAN, |wait| wait.as_secs_f64() * 1000.0)
    }
}

/// Loads `address` for `duration` over `connections`; any answer that is not a success fails the run.
pub(super) fn run(
    address: &str,
    connections: usize,
    duration: Duration,
    make: &MakeRequest,
) -> Result<Run, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let stop = Arc::new(AtomicBool::new(false));
        let next = Arc::new(AtomicU64::new(0));
        let started = Instant::now();
        let mut clients = tokio::task::JoinSet::new();
        for _ in 0..connections {
            clients.spawn(client(address.to_owned(), Arc::clone(make), Arc::clone(&stop), Arc::clone(&next)));
        }
        tokio::time::sleep(duration).await;
        stop.store(true, Ordering::Relaxed);
        let mut waits = Vec::new();
        while let Some(ended) = clients.join_next().await {
            waits.push(ended.map_err(|error| error.to_string())??);
        }
        Ok(Run::of(waits, started.elapsed()))
    })
}

async fn client(
    address: String,
    make: MakeRequest,
    stop: Arc<AtomicBool>,
    next: Arc<AtomicU64>,
) -> Result<Vec<Duration>, String> {
    let stream = TcpStream::connect(&address).await.map_err(|error| format!("{address}: {error}"))?;
    stream.set_nodelay(true).map_err(|error| error.to_string())?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| error.to_string())?;
    let connection = tokio::spawn(connection);
    let mut waits = Vec::new();
    // At least one, however short the run is.
    loop {
        let request = make(next.fetch_add(1, Ordering::Relaxed));
        let asked = Instant::now();
        let response = sender.send_request(request).await.map_err(|error| error.to_string())?;
        let status = response.status();
        let body = response.into_body().collect().await.map_err(|error| error.to_string())?.to_bytes();
        if !status.is_success() {
            return Err(format!("answered {status}: {}", String::from_utf8_lossy(&body)));
        }
        waits.push(asked.elapsed());
        if stop.load(Ordering::Relaxed) {
            break;
        }
    }
    drop(sender);
    // The server may close its side first; either way the connection is over.
    let _ = connection.await;
    Ok(waits)
}
