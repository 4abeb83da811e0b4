//! Assertions that are sent again.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use axum::body::Body;
use identity::Clock;
use jiff::{SignedDuration, Timestamp};
use yimen_gateway::{Access, Offering, Settings};

use crate::backends::{EchoBackend, received};
use crate::rig::{Rig, offering, settings};

/// The assertions that calls bring to a backend, each call with this method, token and path.
async fn brought(rig: &Rig, calls: &[(&str, &str, String)]) -> Vec<String> {
    let mut assertions = Vec::new();
    for (method, token, target) in calls {
        let request = rig.bare_request(method, target).header("authorization", format!("Bearer {token}"));
        let answer = rig.send(request.body(Body::empty()).expect("a request")).await;
        assertions.extend(received(&answer.json(), "yimen-assertion"));
    }
    assert_eq!(assertions.len(), calls.len(), "one each");
    assertions
}

#[tokio::test]
async fn an_assertion_comes_again_only_with_the_same_safe_call_of_the_same_caller() {
    let echo = EchoBackend::start().await;
    let (rig, entry) = Rig::to(&echo.base_url()).await;
    let (one, other) = (rig.token(), rig.token_with(|request| request.subject = "somebody else".to_owned()));
    let (here, there) = (format!("/call/{entry}/here"), format!("/call/{entry}/there"));
    let calls = [
        ("GET", one.as_str(), here.clone()),
        ("GET", &one, here.clone() + "?the=query"),
        ("GET", &one, there),
        ("OPTIONS", &one, here.clone()),
        ("GET", &other, here.clone()),
        ("POST", &one, here.clone()),
        ("POST", &one, here.clone()),
        ("DELETE", &one, here.clone()),
        ("DELETE", &one, here.clone()),
    ];
    let assertions = brought(&rig, &calls).await;
    assert_eq!(assertions[0], assertions[1], "an assertion says nothing of the query");
    assert_eq!(assertions.iter().collect::<BTreeSet<_>>().len(), calls.len() - 1, "all others are their own");

    // The same offering, changed: what it was isn't asserted any more.
    let offering = offering("item", &["330100"], &echo.base_url());
    rig.serve("item", vec![Offering { access: Access::default(), ..offering }]);
    let changed = brought(&rig, &[("GET", &one, here)]).await;
    assert_ne!(changed[0], assertions[0]);
}

#[tokio::test]
async fn an_assertion_comes_again_for_as_long_as_the_settings_say() {
    let echo = EchoBackend::start().await;
    let seconds = Arc::new(AtomicI64::new(0));
    let (begun, passed) = (Timestamp::now(), Arc::clone(&seconds));
    let clock = Clock::new(move || begun + SignedDuration::from_secs(passed.load(Ordering::Relaxed)));
    for (reused_for, again) in [(10, [true, true, false]), (0, [false, false, false])] {
        let reuse_assertions_for = Duration::from_secs(reused_for);
        let rig = Rig::at(Settings { reuse_assertions_for, ..settings() }, clock.clone()).await;
        let entry = rig.serve("item", vec![offering("item", &["330100"], &echo.base_url())]);
        seconds.store(0, Ordering::Relaxed);
        let token = rig.token();
        let call = [("GET", token.as_str(), format!("/call/{entry}/x"))];
        let first = brought(&rig, &call).await;
        for (second, again) in [0, 9, 10].into_iter().zip(again) {
            seconds.store(second, Ordering::Relaxed);
            assert_eq!(brought(&rig, &call).await == first, again, "after {second} of {reused_for} s");
        }
    }
}
