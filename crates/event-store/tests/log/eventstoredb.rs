//! The contract against a wire stand-in, or unchanged against the real cluster that `YIMEN_TEST_ESDB` names.

use std::sync::Arc;

use event_store::EventStore;
use wire_stand_in::WireStandIn;

use crate::cluster;
use crate::contract::contract;

async fn fresh() -> (Arc<dyn EventStore>, Option<WireStandIn>) {
    if let Some(real) = cluster::real() {
        return (Arc::new(real), None);
    }
    let stand_in = cluster::stand_in().await;
    (cluster::open(&stand_in), Some(stand_in))
}

contract!(fresh);
