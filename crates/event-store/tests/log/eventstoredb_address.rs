//! Addresses of clusters: what is read of them, what is refused, and that secrets stay in them.

use event_store::eventstoredb::{Address, AddressError, EventStoreDb};

fn parse(text: &str) -> Result<Address, AddressError> {
    text.parse()
}

#[test]
fn seeds_are_read() {
    let address = parse("esdb://a.example:1113,10.0.0.2,[::1]:2114/?tlsCaFile=/ca.pem&prefix=city_1.");
    let shown = address.expect("an address").to_string();
    assert_eq!(shown, "esdb://a.example:1113,10.0.0.2:2113,[::1]:2114 (streams city_1.*)");
    let discovered = parse("esdb+discover://cluster.example?keepAlive=1");
    assert!(discovered.is_err(), "a parameter that nobody knows");
    let discovered = parse("esdb+discover://cluster.example").expect("an address").to_string();
    assert_eq!(discovered, "esdb+discover://cluster.example:2113 (streams yimen.*)");
}

#[test]
fn a_password_is_never_shown() {
    let address = parse("esdb://admin:p%40ss%2Fword@localhost?tls=false").expect("an address");
    let shown = format!("{address} {address:?}");
    assert!(!shown.contains("admin") && !shown.contains("word"), "{shown}");
    assert!(address.holds_a_secret());
    for text in
        ["esdb://admin:hunter2@local host", "hunter2", "esdb://a:hunter2@b:x", "esdb://a:hunter2@b?c=d"]
    {
        let error = parse(text).expect_err("no address").to_string();
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    for text in [
        "http://localhost",
        "esdb://",
        "esdb://a,,b",
        "esdb://a:99999",
        "esdb+discover://a,b",
        "esdb://a?tls=maybe",
        "esdb://a?nodePreference=follower",
        "esdb://a?userCertFile=/c",
        "esdb://a?tls=false&tlsCaFile=/c",
        "esdb://u:p@a?credentialsFile=/c",
        "esdb://a?patience=0",
        "esdb://a?prefix=$all.",
        "esdb://a?prefix=city",
        "esdb://a?tlsVerify=false",
    ] {
        assert!(parse(text).is_err(), "{text}");
    }
}

#[tokio::test]
async fn credentials_come_from_a_file() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("cluster.credentials");
    let open = || {
        let text = format!("esdb://127.0.0.1:1?tls=false&credentialsFile={}", file.display());
        let address = parse(&text).expect("an address");
        assert!(!address.holds_a_secret());
        EventStoreDb::open(address).map(drop).map_err(|error| error.to_string())
    };
    assert!(open().expect_err("there is no such file").contains("cluster.credentials"));
    std::fs::write(&file, "hunter2\n").expect("written");
    let error = open().expect_err("no pair");
    assert!(error.contains("user:password") && !error.contains("hunter2"), "{error}");
    std::fs::write(&file, "yimen:a:b\n").expect("written");
    assert_eq!(open(), Ok(()));
}
