//! The log in a cluster: a wire stand-in, or the real cluster that `YIMEN_TEST_ESDB` names.

use std::path::Path;

use sha2::{Digest, Sha256};
use wire_stand_in::{Options, WireStandIn};

/// The variable with the address of a real cluster, for example `esdb://admin:changeit@127.0.0.1:2113?tls=false`.
const REAL: &str = "YIMEN_TEST_ESDB";

/// The address of a log of its own for a test with this folder, in the real cluster, if there is one.
///
/// A password moves to a file in the folder: Yimen takes none in an address. It may hold no escapes.
pub(crate) fn real(folder: &Path) -> Option<String> {
    let address = std::env::var(REAL).ok()?;
    let (place, query) = address.split_once('?').unwrap_or((&address, ""));
    let place = place.strip_prefix("esdb://").expect("YIMEN_TEST_ESDB begins with esdb://");
    let mut query = query.to_owned();
    let nodes = match place.rsplit_once('@') {
        None => place,
        Some((credentials, nodes)) => {
            let file = folder.join("cluster-credentials");
            std::fs::write(&file, credentials).expect("it can be written");
            query.push_str(&format!("&credentialsFile={}", file.display()));
            nodes
        }
    };
    let own = hex::encode(Sha256::digest(folder.display().to_string()));
    Some(format!("esdb://{nodes}?{query}&prefix=yimen_test_{}.", &own[..16]))
}

/// A cluster that a test may break.
pub(crate) async fn stand_in() -> WireStandIn {
    WireStandIn::start(Options { nodes: 3, ..Options::default() }).await.expect("free ports of this host")
}

/// The settings of a gateway whose log is there, for [`Demo::serve_for`](crate::binary::Demo::serve_for).
pub(crate) fn settings(address: &str, more: &str) -> String {
    format!("[event_log]\naddress = \"{address}\"\n{more}\n")
}
