//! The adapter for clusters on the wire stand-in: its ceiling, and nothing about any real cluster.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use domain::Actor;
use event_store::eventstoredb::{Address, EventStoreDb};
use event_store::{Digest, EventStore as _, Expected, Metadata, NewEvent, StreamName};
use jiff::Timestamp;
use tokio::task::JoinSet;
use uuid::Uuid;
use wire_stand_in::{Options, WireStandIn};

use super::group_commit::ROW;
use super::load::Run;

/// Appends of so many clients, each to streams of its own, one after the other.
pub(super) fn run(clients: usize, duration: Duration) -> Result<Run, String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| error.to_string())?.block_on(async {
        let stand_in = WireStandIn::start(Options::default()).await.map_err(|error| error.to_string())?;
        let address = format!("esdb://{}?tls=false", stand_in.seeds());
        let address: Address = address.parse().map_err(|error| format!("{error}"))?;
        let log = Arc::new(EventStoreDb::open(address).map_err(|error| error.to_string())?);
        let stop = Arc::new(AtomicBool::new(false));
        let started = Instant::now();
        let mut writers = JoinSet::new();
        for _ in 0..clients {
            writers.spawn(write(Arc::clone(&log), Arc::clone(&stop)));
        }
        tokio::time::sleep(duration).await;
        stop.store(true, Ordering::Relaxed);
        let mut waits = Vec::new();
        while let Some(ended) = writers.join_next().await {
            waits.push(ended.map_err(|error| error.to_string())??);
        }
        Ok(Run::of(waits, started.elapsed()))
    })
}

async fn write(log: Arc<EventStoreDb>, stop: Arc<AtomicBool>) -> Result<Vec<Duration>, String> {
    let mut waits = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let id = Uuid::new_v4();
        let stream: StreamName = format!("bench-{id}").parse().map_err(|error| format!("{error}"))?;
        let event = event(id)?;
        let asked = Instant::now();
        log.append(&stream, Expected::NoStream, vec![event]).await.map_err(|error| error.to_string())?;
        waits.push(asked.elapsed());
    }
    Ok(waits)
}

fn event(id: Uuid) -> Result<NewEvent, String> {
    let actor = Actor::system("bench");
    let metadata = Metadata {
        actor: actor.id,
        role: actor.role,
        department: None,
        reason: None,
        command_id: id,
        command_digest: Digest::of(b""),
        trace_id: None,
        at: Timestamp::now(),
    };
    let data = format!("{{\"x\":\"{}\"}}", "x".repeat(ROW));
    NewEvent::new(id, "Measured", 1, data, &metadata).map_err(|error| error.to_string())
}
