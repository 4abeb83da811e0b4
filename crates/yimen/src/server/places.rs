//! How many connections there are, altogether and by client.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gateway::Network;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::bounds::Bounds;

/// The places of a listener. What is remembered is bounded by the places that are taken.
#[derive(Debug)]
pub struct Places {
    all: Arc<Semaphore>,
    most: usize,
    clients: Arc<Clients>,
}

#[derive(Debug)]
struct Clients {
    most_each: usize,
    /// Each of them is many clients, and may have every place.
    trusted: Vec<Network>,
    taken: Mutex<HashMap<IpAddr, usize>>,
}

/// The place of one connection; free again when it is dropped.
#[derive(Debug)]
pub struct Place {
    _of_all: OwnedSemaphorePermit,
    clients: Arc<Clients>,
    client: IpAddr,
}

impl Places {
    /// So many places, and so many for each client, as the bounds say.
    pub fn new(bounds: &Bounds) -> Self {
        let most = bounds.max_connections.min(Semaphore::MAX_PERMITS);
        let (most_each, trusted) = (bounds.max_connections_per_client, bounds.trusted_proxies.clone());
        Self {
            all: Arc::new(Semaphore::new(most)),
            most,
            clients: Arc::new(Clients { most_each, trusted, taken: Mutex::default() }),
        }
    }

    /// Waits until any place is free.
    pub async fn free(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.all).acquire_owned().await.ok()
    }

    /// Gives a free place to a client, unless it has all that it may have.
    pub fn give(&self, free: OwnedSemaphorePermit, address: IpAddr) -> Option<Place> {
        let client = client(address);
        let mut taken = self.clients.taken();
        let count = taken.entry(client).or_default();
        let is_trusted = self.clients.trusted.iter().any(|network| network.contains(address));
        if *count >= self.clients.most_each && !is_trusted {
            return None;
        }
        *count += 1;
        drop(taken);
        Some(Place { _of_all: free, clients: Arc::clone(&self.clients), client })
    }

    /// How many are taken.
    pub fn taken(&self) -> usize {
        self.most.saturating_sub(self.all.available_permits())
    }
}

impl Clients {
    fn taken(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        // A panic can't leave a count half-changed.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.clients.taken();
        if let Some(count) = taken.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.client);
            }
        }
    }
}

/// Who is counted as one: an IPv4 address, or the /64 that one IPv6 subscriber has at least.
fn client(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Listen;

    #[tokio::test]
    async fn a_client_gets_what_it_may_have_and_leaves_nothing_behind() {
        let bounds = Bounds {
            max_connections: 10,
            max_connections_per_client: 2,
            trusted_proxies: vec!["10.0.0.0/8".to_owned().try_into().expect("a network")],
            ..Bounds::from(&Listen::default())
        };
        let places = Places::new(&bounds);
        let give = async |address: &str| {
            let free = places.free().await.expect("there is room");
            places.give(free, address.parse().expect("an address"))
        };
        let first = give("192.0.2.1").await.expect("the first");
        let second = give("::ffff:192.0.2.1").await.expect("the second");
        assert!(give("192.0.2.1").await.is_none());
        let other = give("192.0.2.2").await.expect("somebody else");
        let near = (give("2001:db8::1").await, give("2001:db8::2").await);
        assert!(near.0.is_some() && near.1.is_some());
        assert!(give("2001:db8::ffff:3").await.is_none(), "one subscriber");
        assert!(give("2001:db8:0:1::1").await.is_some());
        assert_eq!(places.taken(), 5);
        let proxy = (give("10.0.0.1").await, give("10.0.0.1").await, give("10.0.0.1").await);
        assert!(proxy.2.is_some(), "a proxy is many clients");
        drop(proxy);
        drop(first);
        assert!(give("192.0.2.1").await.is_some());
        drop((second, other, near));
        assert!(places.clients.taken().is_empty());
        assert_eq!(places.taken(), 0);
    }
}
