//! Which department gets the call.

use axum::body::Body;
use domain::EntryId;
use http::header::AUTHORIZATION;
use serde_json::json;
use yimen_gateway::Settings;

use crate::backends::EchoBackend;
use crate::rig::{Answer, Rig, offering, settings};

/// One entry with a city's and a district's offering, told apart by their paths.
async fn city_and_district(settings: Settings) -> (Rig, EntryId, EchoBackend) {
    let backend = EchoBackend::start().await;
    let rig = Rig::with(settings).await;
    let at = |name: &str| format!("{}/{name}", backend.base_url());
    let entry = rig.serve(
        "entry",
        vec![offering("city", &["330100"], &at("city")), offering("xihu", &["330106"], &at("xihu"))],
    );
    (rig, entry, backend)
}

async fn call(rig: &Rig, entry: EntryId, regions: &[&str], claim: Option<&str>) -> Answer {
    let token = rig.token_with(|token| {
        if let Some(region) = claim {
            token.claims.insert("region".to_owned(), json!(region));
        }
    });
    let mut request =
        rig.bare_request("GET", &format!("/call/{entry}/x")).header(AUTHORIZATION, format!("Bearer {token}"));
    for region in regions {
        request = request.header("Service-Region", *region);
    }
    rig.send(request.body(Body::empty()).expect("a request")).await
}

#[tokio::test]
async fn the_most_specific_offering_around_the_named_region_answers() {
    let (rig, entry, _backend) = city_and_district(settings()).await;
    for (region, target) in [
        ("330106", "/base/xihu/x"),
        ("330106001002", "/base/xihu/x"),
        ("330110", "/base/city/x"),
        ("330100", "/base/city/x"),
    ] {
        let answer = call(&rig, entry, &[region], Some("330106")).await;
        assert_eq!(answer.json()["target"], target, "{region}");
    }
}

#[tokio::test]
async fn a_call_that_names_no_region_is_shown_the_choices() {
    let (rig, entry, backend) = city_and_district(settings()).await;
    let answer = call(&rig, entry, &[], Some("330106")).await;
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (400, "region-required"));
    assert_eq!(
        answer.json()["choices"],
        json!([
            {"region": "330100", "name": "杭州市", "department": "local:city", "departmentName": {"zh-CN": "city"}},
            {"region": "330106", "name": "西湖区", "department": "local:xihu", "departmentName": {"zh-CN": "xihu"}},
        ])
    );
    let answer = call(&rig, entry, &["440100"], None).await;
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (404, "not-offered-in-region"));
    assert_eq!(answer.json()["choices"].as_array().map(Vec::len), Some(2));
    for regions in [&["west"][..], &["330106", "330106"], &["330106, 330100"], &[""]] {
        let answer = call(&rig, entry, regions, None).await;
        assert_eq!(
            (answer.status.as_u16(), answer.problem().as_str()),
            (400, "malformed-region"),
            "{regions:?}"
        );
    }
    assert_eq!(backend.calls(), 0);
}

#[tokio::test]
async fn the_token_s_region_is_used_where_that_is_configured() {
    let settings = Settings { region_claim: Some("region".to_owned()), ..settings() };
    let (rig, entry, _backend) = city_and_district(settings).await;
    assert_eq!(call(&rig, entry, &[], Some("330106")).await.json()["target"], "/base/xihu/x");
    assert_eq!(call(&rig, entry, &["330100"], Some("330106")).await.json()["target"], "/base/city/x");
    assert_eq!(call(&rig, entry, &[], Some("not a division")).await.problem(), "region-required");
    assert_eq!(call(&rig, entry, &[], None).await.problem(), "region-required");
}

#[tokio::test]
async fn the_only_offering_needs_no_region() {
    let backend = EchoBackend::start().await;
    let (rig, entry) = Rig::to(&backend.base_url()).await;
    assert_eq!(call(&rig, entry, &[], None).await.json()["target"], "/base/x");
}
