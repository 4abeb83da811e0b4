//! Calls that name the department, where the region can't tell the departments apart.

use axum::body::Body;
use domain::EntryId;
use serde_json::json;

use crate::backends::{EchoBackend, received};
use crate::rig::{Answer, Rig, offering};

async fn call(rig: &Rig, entry: EntryId, departments: &[&str], region: Option<&str>) -> Answer {
    let mut request = rig.request("GET", &format!("/call/{entry}/x"));
    for department in departments {
        request = request.header("Service-Department", department.as_bytes());
    }
    if let Some(region) = region {
        request = request.header("Service-Region", region);
    }
    rig.send(request.body(Body::empty()).expect("a request")).await
}

#[tokio::test]
async fn the_named_one_of_two_national_departments_answers() {
    let backend = EchoBackend::start().await;
    let rig = Rig::new().await;
    let at = |name: &str| format!("{}/{name}", backend.base_url());
    let entry = rig.serve(
        "entry",
        vec![
            offering("trade", &["000000"], &at("trade")),
            offering("区经信局", &["000000"], &at("industry")),
        ],
    );
    let industry = "local:%E5%8C%BA%E7%BB%8F%E4%BF%A1%E5%B1%80";
    for (department, target) in [("local:trade", "/base/trade/x"), (industry, "/base/industry/x")] {
        for region in [None, Some("000000"), Some("330106")] {
            let echo = call(&rig, entry, &[department], region).await.json();
            assert_eq!(echo["target"], target, "{department} {region:?}");
            assert_eq!(received(&echo, "service-department"), [department], "passed on as it came");
        }
    }
    let carried = backend.calls();

    let answer = call(&rig, entry, &["local:nobody"], Some("330106")).await;
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (404, "not-offered-by-department"));
    assert_eq!(answer.fault(), "client");
    let choices = answer.json()["choices"].clone();
    assert_eq!(choices.as_array().map(Vec::len), Some(2));
    assert_eq!(choices[0]["department"], json!("local:trade"));
    for departments in
        [&["trade"][..], &["local:%zz"], &["local:区经信局"], &["local:trade", "local:trade"], &[""]]
    {
        let answer = call(&rig, entry, departments, Some("330106")).await;
        assert_eq!(
            (answer.status.as_u16(), answer.problem().as_str()),
            (400, "malformed-department"),
            "{departments:?}"
        );
    }
    assert_eq!(backend.calls(), carried, "no refused call reaches a backend");
}
