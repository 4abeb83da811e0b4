//! The catalogue changes while calls are under way: nothing is dropped, and nothing reaches another's service.

use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::Body;
use domain::{EntryId, LocalizedText};
use futures_util::future::join_all;
use yimen_gateway::{Offering, Route, Standing};

use crate::backends::EchoBackend;
use crate::rig::{Rig, entry, offering};

const ENTRIES: usize = 6;
const CALLS: usize = 60;

/// The offering of the entry of this number, at one of its two places.
fn placed(number: usize, at: &EchoBackend) -> Offering {
    offering(&format!("e{number}"), &["330100"], &format!("http://{}/own{number}", at.address))
}

fn live(offering: Offering) -> Route {
    Route::Live { offerings: vec![offering.into()] }
}

/// Calls an entry, half of the time with a body that comes back, and says what became of it.
async fn call(rig: &Rig, id: EntryId, number: usize, round: usize) -> String {
    let (method, path) = if round.is_multiple_of(2) { ("POST", "mirror") } else { ("GET", "echo") };
    let body = format!("{number}:{round}:{}", "x".repeat(32 * 1024));
    let sent = if method == "POST" { body.clone() } else { String::new() };
    let request =
        rig.request(method, &format!("/call/{id}/{path}")).body(Body::from(sent)).expect("a request");
    let answer = rig.send(request).await;
    match answer.status.as_u16() {
        200 if method == "POST" => {
            assert!(answer.body == body, "its own body, whole");
            "answered".to_owned()
        }
        200 => {
            let target = answer.json()["target"].as_str().expect("a target").to_owned();
            assert_eq!(target, format!("/own{number}/echo"), "its own service");
            "answered".to_owned()
        }
        308 => {
            assert_eq!(answer.headers["location"], format!("/call/{}/{path}", entry("e0")));
            "redirected".to_owned()
        }
        _ => answer.problem(),
    }
}

/// Everything that may happen to an entry's route, over and over, as long as there are calls.
async fn change(rig: &Rig, places: &[EchoBackend; 2], done: &AtomicBool) {
    let notice = LocalizedText::zh("停");
    for round in 0.. {
        if done.load(Ordering::Relaxed) {
            return;
        }
        let at = &places[round % 2];
        // Moves, alone and several at once.
        rig.routes.apply(&[(entry("e0"), Some(live(placed(0, at))))]);
        let both = [1, 2].map(|number| (entry(&format!("e{number}")), Some(live(placed(number, at)))));
        rig.routes.apply(&both);
        // A suspension and its end.
        let standing = match round % 2 {
            0 => Standing::Suspended { notice: notice.clone() },
            _ => Standing::Available,
        };
        rig.routes.apply(&[(entry("e3"), Some(live(Offering { standing, ..placed(3, at) })))]);
        // A retirement in favour of another, and its end.
        let route = match round % 2 {
            0 => Route::Retired { explanation: notice.clone(), replaced_by: Some(entry("e0")) },
            _ => live(placed(4, at)),
        };
        rig.routes.apply(&[(entry("e4"), Some(route))]);
        // A withdrawal and a new publication.
        rig.routes.apply(&[(entry("e5"), (round % 2 == 0).then(|| live(placed(5, at))))]);
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_dropped_or_misrouted_while_the_catalogue_changes() {
    let rig = Rig::new().await;
    let places = [EchoBackend::start().await, EchoBackend::start().await];
    for number in 0..ENTRIES {
        rig.route(&format!("e{number}"), live(placed(number, &places[0])));
    }
    // A merged entry's old identifier, all the while.
    let alias = rig.route("merged", Route::Alias(entry("e0")));
    let done = AtomicBool::new(false);
    let callers = async {
        let ids = (0..ENTRIES).map(|number| (entry(&format!("e{number}")), number)).chain([(alias, 0)]);
        let outcomes = join_all(ids.map(async |(id, number)| {
            let mut outcomes = Vec::new();
            for round in 0..CALLS {
                outcomes.push(call(&rig, id, number, round).await);
            }
            (number, outcomes)
        }))
        .await;
        done.store(true, Ordering::Relaxed);
        outcomes
    };
    let (outcomes, ()) = tokio::join!(callers, change(&rig, &places, &done));
    for (number, outcomes) in outcomes {
        let allowed: &[&str] = match number {
            0..=2 => &["answered"],
            3 => &["answered", "suspended"],
            4 => &["answered", "redirected"],
            _ => &["answered", "unknown-entry"],
        };
        for outcome in &outcomes {
            assert!(allowed.contains(&outcome.as_str()), "e{number}: {outcome}");
        }
        assert_eq!(outcomes.len(), CALLS);
    }
}
