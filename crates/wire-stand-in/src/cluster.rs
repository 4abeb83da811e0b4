//! The stand-in for a cluster: nodes that share one log, one of which leads.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::ServerConfig;

use crate::fault::{Call, Fault, Faults};
use crate::log::{Expected, Log, Proposed};
use crate::node::Node;

/// How a stand-in is made.
#[derive(Debug, Clone)]
pub struct Options {
    /// Nodes; at least 1.
    pub nodes: usize,
    /// The largest append, in bytes; the server's default is 1 MiB.
    pub max_append_bytes: usize,
    /// `user:password` that every call has to carry, if any.
    pub credentials: Option<String>,
    /// TLS, if any; nodes then call themselves `localhost`.
    pub tls: Option<Arc<ServerConfig>>,
}

impl Default for Options {
    fn default() -> Self {
        Self { nodes: 1, max_append_bytes: 1024 * 1024, credentials: None, tls: None }
    }
}

/// A wire stand-in for a cluster, on ports of 127.0.0.1 that were free.
///
/// Dropping it stops its nodes.
#[derive(Debug)]
pub struct WireStandIn {
    shared: Arc<Shared>,
}

/// What the nodes have in common.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) faults: Faults,
    pub(crate) nodes: Vec<Node>,
    leader: AtomicUsize,
    log: Mutex<Log>,
    calls: [AtomicU64; 4],
    pub(crate) subscriptions: AtomicU64,
    pub(crate) connections: AtomicU64,
}

impl Shared {
    pub(crate) fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn leader(&self) -> usize {
        self.leader.load(Ordering::SeqCst)
    }

    pub(crate) fn host(&self) -> &'static str {
        if self.options.tls.is_some() { "localhost" } else { "127.0.0.1" }
    }

    /// Counts a call, and says what goes wrong with it.
    pub(crate) fn arrive(&self, call: Call) -> Option<Fault> {
        self.calls[call as usize].fetch_add(1, Ordering::SeqCst);
        self.faults.take(call)
    }
}

impl WireStandIn {
    /// A cluster whose first node leads, listening; inside a Tokio runtime.
    pub async fn start(options: Options) -> io::Result<Self> {
        let this = Self::reserve(options).await?;
        for node in 0..this.shared.nodes.len() {
            this.start_node(node).await?;
        }
        Ok(this)
    }

    /// A cluster whose nodes have their ports and don't listen yet.
    pub async fn reserve(options: Options) -> io::Result<Self> {
        let mut nodes = Vec::new();
        for _ in 0..options.nodes.max(1) {
            nodes.push(Node::reserve().await?);
        }
        let shared = Shared {
            options,
            faults: Faults::default(),
            nodes,
            leader: AtomicUsize::new(0),
            log: Mutex::new(Log::new()),
            calls: Default::default(),
            subscriptions: AtomicU64::new(0),
            connections: AtomicU64::new(0),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// The nodes, as `host:port`, separated by commas: what goes between `esdb://` and the parameters.
    pub fn seeds(&self) -> String {
        let host = self.shared.host();
        let seeds = self.shared.nodes.iter().map(|node| format!("{host}:{}", node.address().port()));
        seeds.collect::<Vec<_>>().join(",")
    }

    /// Where a node listens.
    pub fn address(&self, node: usize) -> SocketAddr {
        self.shared.nodes[node].address()
    }

    /// Lets a node listen, at the port that it always had.
    pub async fn start_node(&self, node: usize) -> io::Result<()> {
        self.shared.nodes[node].start(node, Arc::clone(&self.shared)).await
    }

    /// Ends a node as a crash does: nobody listens, its connections are cut.
    pub fn stop_node(&self, node: usize) {
        self.shared.nodes[node].stop();
    }

    /// Makes a node the leader; the others say so from now on.
    pub fn elect(&self, node: usize) {
        self.shared.leader.store(node, Ordering::SeqCst);
    }

    /// The next call of this kind meets this fault; several wait in line.
    pub fn once(&self, call: Call, fault: Fault) {
        self.shared.faults.once(call, fault);
    }

    /// Every call of this kind meets this fault, until it is `None`.
    pub fn always(&self, call: Call, fault: Option<Fault>) {
        self.shared.faults.always(call, fault);
    }

    /// How many calls of this kind have come.
    pub fn calls(&self, call: Call) -> u64 {
        self.shared.calls[call as usize].load(Ordering::SeqCst)
    }

    /// How many subscriptions somebody asked for.
    pub fn subscriptions(&self) -> u64 {
        self.shared.subscriptions.load(Ordering::SeqCst)
    }

    /// How many connections were taken.
    pub fn connections(&self) -> u64 {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// What an operator's soft deletion of a stream does.
    pub fn soft_delete(&self, stream: &str) {
        self.shared.log().soft_delete(stream);
    }

    /// What an operator's hard deletion of a stream does.
    pub fn tombstone(&self, stream: &str) {
        self.shared.log().tombstone(stream);
    }

    /// The server writes so many events of its own.
    pub fn write_system_events(&self, count: usize) {
        let mut log = self.shared.log();
        (0..count).for_each(|_| log.system_event("$stats-127.0.0.1:2113", "$statsCollected", b"{}"));
    }

    /// Somebody else writes an event into a stream, whatever its revision.
    pub fn write_foreign(&self, stream: &str, event_type: &str, data: &[u8]) {
        let event = Proposed {
            id: uuid::Uuid::new_v4(),
            event_type: event_type.to_owned(),
            content_type: "application/json".to_owned(),
            data: bytes::Bytes::copy_from_slice(data),
            custom_metadata: bytes::Bytes::new(),
        };
        self.shared.log().append(stream, Expected::Any, &[event]);
    }

    /// The names of the streams that begin with `prefix`, each once.
    pub fn streams(&self, prefix: &str) -> Vec<String> {
        let log = self.shared.log();
        let names = log.all().iter().map(|record| record.stream.clone());
        let mut names: Vec<_> = names.filter(|name| name.starts_with(prefix)).collect();
        names.sort();
        names.dedup();
        names
    }

    /// The types of a stream's events, in order.
    pub fn event_types(&self, stream: &str) -> Vec<String> {
        let log = self.shared.log();
        let records = log.stream(stream).unwrap_or_default();
        records.into_iter().map(|record| record.event.event_type.clone()).collect()
    }
}

impl Drop for WireStandIn {
    fn drop(&mut self) {
        self.shared.nodes.iter().for_each(Node::stop);
    }
}
