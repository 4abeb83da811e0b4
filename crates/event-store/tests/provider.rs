//! A process in which somebody has installed a TLS provider already: the cluster's client would panic there.
//!
//! A test binary of its own, for a process installs one once.

use event_store::eventstoredb::EventStoreDb;
use event_store::{EventStore, StoreError};

#[tokio::test]
async fn a_provider_of_the_whole_process_is_named_as_the_fault() {
    assert!(rustls::crypto::aws_lc_rs::default_provider().install_default().is_ok(), "nobody was before us");
    let cluster =
        wire_stand_in::WireStandIn::start(wire_stand_in::Options::default()).await.expect("a free port");
    let address = format!("esdb://{}?tls=false&patience=500", cluster.seeds());
    let store = EventStoreDb::open(address.parse().expect("an address")).expect("no files");
    let Err(StoreError::Unavailable { source }) = store.head().await else { panic!("it got through") };
    assert!(source.to_string().contains("TLS provider"), "{source}");
}
