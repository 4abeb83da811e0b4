//! A log in a cluster: in a wire stand-in, or in the real one that `YIMEN_TEST_ESDB` names.

use std::sync::Arc;

use event_store::eventstoredb::{Address, EventStoreDb};
use wire_stand_in::{Options, WireStandIn};

/// The variable with the address of a real cluster, for example `esdb://admin:changeit@127.0.0.1:2113?tls=false`.
pub const REAL: &str = "YIMEN_TEST_ESDB";

/// A wire stand-in of one node.
pub async fn stand_in() -> WireStandIn {
    stand_in_of(Options::default()).await
}

pub async fn stand_in_of(options: Options) -> WireStandIn {
    WireStandIn::start(options).await.expect("a free port of this host")
}

/// The address of a stand-in that speaks in the clear; short times, so that faults are met soon.
pub fn address(cluster: &WireStandIn, parameters: &str) -> Address {
    let text = format!("esdb://{}?tls=false&defaultDeadline=700&patience=8000{parameters}", cluster.seeds());
    text.parse().expect("an address")
}

pub fn open(cluster: &WireStandIn) -> Arc<EventStoreDb> {
    Arc::new(EventStoreDb::open(address(cluster, "")).expect("a stand-in needs no files"))
}

/// A log of a test's own in the real cluster, if there is one.
pub fn real() -> Option<EventStoreDb> {
    let address: Address = std::env::var(REAL).ok()?.parse().expect("YIMEN_TEST_ESDB is an address");
    let own = format!("yimen_test_{}.", uuid::Uuid::new_v4().simple());
    Some(EventStoreDb::open(address.with_prefix(own).expect("a prefix")).expect("its files are there"))
}
