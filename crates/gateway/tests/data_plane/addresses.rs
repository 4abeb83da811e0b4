//! Backends that are registered where none may be: they are never connected to.

use yimen_gateway::{BackendSettings, Network, Settings};

use crate::backends::{EchoBackend, RawBackend};
use crate::rig::{Rig, offering, settings};

fn allowing(networks: &[&str]) -> Settings {
    let allowed_networks =
        networks.iter().map(|network| Network::try_from((*network).to_owned()).expect("a network")).collect();
    let backends = BackendSettings { allowed_networks, ..BackendSettings::default() };
    Settings { backends, ..Settings::default() }
}

/// The status and the problem of a call to a backend at this base URL.
async fn answer(settings: Settings, base_url: &str) -> (u16, String) {
    let rig = Rig::with(settings).await;
    let entry = rig.serve("item", vec![offering("item", &["330100"], base_url)]);
    let answer = rig.get(&format!("/call/{entry}/x")).await;
    let problem = if answer.status.is_success() { "none".to_owned() } else { answer.problem() };
    (answer.status.as_u16(), problem)
}

fn refused() -> (u16, String) {
    (502, "backend-address-refused".to_owned())
}

#[tokio::test]
async fn only_addresses_in_allowed_networks_are_connected_to() {
    let backend = EchoBackend::start().await;
    assert_eq!(answer(allowing(&["127.0.0.0/8"]), &backend.base_url()).await, (200, "none".to_owned()));
    assert_eq!(answer(allowing(&["10.0.0.0/8"]), &backend.base_url()).await, refused());
    assert_eq!(answer(Settings::default(), &backend.base_url()).await, refused());
    assert_eq!(backend.calls(), 1);
}

#[tokio::test]
async fn a_name_counts_as_the_addresses_that_it_resolves_to() {
    let backend = EchoBackend::start().await;
    let by_name = format!("http://localhost:{}", backend.address.port());
    assert_eq!(answer(allowing(&["127.0.0.0/8"]), &by_name).await, (200, "none".to_owned()));
    assert_eq!(answer(allowing(&["10.0.0.0/8"]), &by_name).await, refused());
    assert_eq!(backend.calls(), 1);
    // A notation of 127.0.0.1 that some resolvers know: no name passes unchecked.
    let by_number = format!("http://2130706433:{}", backend.address.port());
    assert_ne!(answer(allowing(&["10.0.0.0/8"]), &by_number).await.0, 200);
    assert_eq!(backend.calls(), 1);
}

#[tokio::test]
async fn what_is_never_a_backend_is_refused_though_everything_is_allowed() {
    for base_url in [
        "http://169.254.169.254/latest",
        "http://[::ffff:169.254.169.254]/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://[fe80::1]/",
        "http://0.0.0.0:1/",
        "http://100.100.100.200/",
        "https://255.255.255.255/",
    ] {
        assert_eq!(answer(allowing(&["0.0.0.0/0", "::/0"]), base_url).await, refused(), "{base_url}");
    }
}

#[tokio::test]
async fn the_client_isn_t_told_the_address() {
    let (rig, dead) = (Rig::with(settings()).await, RawBackend::start().await.base_url());
    let inner = rig.serve("inner", vec![offering("inner", &["330100"], "http://10.1.2.3:4444/base")]);
    let gone = rig.serve("gone", vec![offering("gone", &["330100"], &dead)]);
    for entry in [inner, gone] {
        let said = rig.get(&format!("/call/{entry}/x")).await.json().to_string();
        assert!(
            !said.contains("10.1.2.3") && !said.contains("4444") && !said.contains("127.0.0.1"),
            "{said}"
        );
    }
}
