//! Entries that have changed: suspended, retired, merged, moved, unknown.

use domain::LocalizedText;
use yimen_gateway::{Offering, Route, Standing};

use crate::backends::{EchoBackend, RawBackend};
use crate::rig::{Rig, entry, offering, other_table};

#[tokio::test]
async fn a_suspended_item_answers_with_its_public_notice() {
    let backend = EchoBackend::start().await;
    let rig = Rig::new().await;
    let notice =
        LocalizedText::zh("系统升级，请到窗口办理").with("en", "Being upgraded; please come to the window");
    let standing = Standing::Suspended { notice };
    let entry =
        rig.serve("item", vec![Offering { standing, ..offering("item", &["330100"], &backend.base_url()) }]);
    let answer = rig.get(&format!("/call/{entry}/x")).await;
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (503, "suspended"));
    assert_eq!(answer.headers["retry-after"], "300");
    assert_eq!(answer.json()["detail"], "系统升级，请到窗口办理");
    assert_eq!(answer.json()["notice"]["en"], "Being upgraded; please come to the window");
    assert_eq!(backend.calls(), 0);
}

#[tokio::test]
async fn a_retired_entry_explains_itself_or_points_to_its_successor() {
    let backend = EchoBackend::start().await;
    let (rig, successor) = Rig::to(&backend.base_url()).await;
    let explanation = LocalizedText::zh("已取消该事项");
    let gone = rig.route("gone", Route::Retired { explanation: explanation.clone(), replaced_by: None });
    let answer = rig.get(&format!("/call/{gone}/x")).await;
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (410, "retired"));
    assert_eq!(answer.json()["explanation"]["zh-CN"], "已取消该事项");

    let moved = rig.route("moved", Route::Retired { explanation, replaced_by: Some(successor) });
    let answer = rig.get(&format!("/call/{moved}/a%20b?c=%20+d&&e")).await;
    assert_eq!(answer.status.as_u16(), 308);
    assert_eq!(answer.headers["location"], format!("/call/{successor}/a%20b?c=%20+d&&e"));
    assert_eq!(backend.calls(), 0);
}

#[tokio::test]
async fn a_merged_entry_s_old_id_works_for_ever() {
    let backend = EchoBackend::start().await;
    let (rig, survivor) = Rig::to(&backend.base_url()).await;
    let merged = rig.route("merged", Route::Alias(survivor));
    let older = rig.route("older", Route::Alias(merged));
    assert_eq!(rig.get(&format!("/call/{older}/x?y")).await.json()["target"], "/base/x?y");
}

#[tokio::test]
async fn what_cant_be_called_says_so() {
    let rig = Rig::new().await;
    let uncallable = rig.serve(
        "item",
        vec![Offering { upstream: None, ..offering("item", &["330100"], "http://127.0.0.1:1") }],
    );
    let answer = rig.get(&format!("/call/{uncallable}/x")).await;
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (409, "not-callable"));
    for name in [entry("unknown").to_string(), "not-an-id".to_owned(), String::new()] {
        let answer = rig.get(&format!("/call/{name}/x")).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (404, "unknown-entry"), "{name}");
    }
}

#[tokio::test]
async fn a_change_of_the_catalogue_leaves_a_call_in_flight_alone() {
    let backend = RawBackend::start().await;
    let (rig, entry) = Rig::to(&backend.base_url()).await;
    let routes = rig.routes.clone();
    let department = async {
        let mut call = backend.accept().await;
        call.head().await;
        routes.store(other_table());
        call.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone").await;
    };
    let target = format!("/call/{entry}/x");
    let (answer, ()) = tokio::join!(rig.get(&target), department);
    assert_eq!(answer.body, "done");
    assert_eq!(rig.get(&target).await.problem(), "unknown-entry");
}
