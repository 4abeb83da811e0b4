//! The bounds of a listener's connections.

use std::time::Duration;

use framing::Limits;
use gateway::Network;

use super::gate::Patience;
use crate::config::Listen;

/// What a client may take: time, room, and connections.
#[derive(Debug, Clone)]
pub struct Bounds {
    /// How large a head may be.
    pub head: Limits,
    /// How long a client may take to send.
    pub patience: Patience,
    /// How long it may take nothing of what is written to it.
    pub stall_timeout: Duration,
    /// How long an HTTP/1.1 connection is kept for its next request.
    pub idle_timeout: Duration,
    /// How long calls in flight may go on at the end.
    pub drain_timeout: Duration,
    /// Connections at the same time.
    pub max_connections: usize,
    /// Of which so many may come from one address.
    pub max_connections_per_client: usize,
    /// Proxies in front, each of which is many clients.
    pub trusted_proxies: Vec<Network>,
    /// Requests at the same time on one HTTP/2 connection.
    pub max_streams: u32,
}

impl From<&Listen> for Bounds {
    fn from(listen: &Listen) -> Self {
        Self {
            head: Limits {
                head_bytes: listen.max_head_bytes,
                target_bytes: listen.max_target_bytes,
                fields: listen.max_fields,
            },
            patience: Patience { head: listen.header_timeout, body: listen.stall_timeout },
            stall_timeout: listen.stall_timeout,
            idle_timeout: listen.idle_timeout,
            drain_timeout: listen.drain_timeout,
            max_connections: listen.max_connections,
            max_connections_per_client: listen.max_connections_per_client,
            trusted_proxies: Vec::new(),
            max_streams: listen.max_streams,
        }
    }
}
