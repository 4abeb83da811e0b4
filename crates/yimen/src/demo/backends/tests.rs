//! The backends as a gateway sees them.

use std::sync::Arc;

use axum::body::Body;
use http::{Request, Response};
use identity::{Assertion, AssertionSigner, Confirmation, Es256Key, KeyRing, Principal, PseudonymSecret};
use tower::ServiceExt;

use super::*;
use crate::demo::sample::Sample;

const ISSUER: &str = "http://gateway.example";

struct Service {
    router: Router,
    signer: Arc<AssertionSigner>,
    audience: String,
    item: String,
}

impl Service {
    fn start() -> Self {
        let sample = Sample::hangzhou().expect("readable");
        let items = sample.items(&[]).expect("complete");
        let department = sample.departments[0].clone();
        let item =
            items.iter().find(|item| item.department == 0).expect("it has items").local_code.to_string();
        let key = Es256Key::generate().expect("randomness");
        let signer = AssertionSigner::new(
            ISSUER,
            PseudonymSecret::generate().expect("randomness"),
            KeyRing::of(Arc::new(key)),
        );
        let signer = Arc::new(signer);
        let audience = format!("urn:yimen:backend:{}", department.id());
        let keys = GatewayKeys::new(Arc::clone(&signer), audience.clone()).expect("a key set");
        let router = Backend::new(department, 0, &items, keys).router();
        Self { router, signer, audience, item }
    }

    /// A call as `subject`, with an assertion that vouches for it; without one if there is no subject.
    async fn call(&self, method: &str, operation: &str, subject: Option<&str>, body: &str) -> Response<Body> {
        let path = format!("/{}/{operation}", self.item);
        let mut request = Request::builder().method(method).uri(format!("{path}?a=%20b"));
        if let Some(subject) = subject {
            let caller = Principal {
                issuer: "i".to_owned(),
                subject: subject.to_owned(),
                client: None,
                assurance: None,
                audience: Vec::new(),
                scopes: Default::default(),
                claims: Default::default(),
                confirmation: Confirmation::default(),
                expires: Timestamp::MAX,
            };
            let assertion = Assertion {
                audience: &self.audience,
                department: "d",
                caller: Some(&caller),
                method,
                path: &path,
                claims: json!({ "name": "示例市民" }).as_object().cloned().unwrap_or_default(),
                now: Timestamp::now(),
            };
            request = request.header(ASSERTION_HEADER, self.signer.mint(assertion).expect("signed"));
        }
        let request = request.body(Body::from(body.to_owned())).expect("a request");
        self.router.clone().oneshot(request).await.expect("it answers")
    }
}

async fn json_of(response: Response<Body>) -> Value {
    let bytes = axum::body::to_bytes(response.into_body(), 1024 * 1024).await.expect("a body");
    serde_json::from_slice(&bytes).expect("JSON")
}

#[tokio::test]
async fn echo_says_what_arrived_and_who_vouches_for_it() {
    let service = Service::start();
    let echo = json_of(service.call("POST", "echo", Some("s"), "abc").await).await;
    assert_eq!(echo["method"], "POST");
    assert_eq!(echo["target"], format!("/{}/echo?a=%20b", service.item));
    assert_eq!(echo["body"]["length"], 3);
    assert_eq!(echo["body"]["sha256"], "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(echo["assertion"]["verified"], true);
    assert_eq!(echo["assertion"]["claims"]["claims"]["name"], "示例市民");
    assert_eq!(echo["headers"][0][0], ASSERTION_HEADER);
    let without = json_of(service.call("GET", "echo", None, "").await).await;
    assert_eq!(without["assertion"]["verified"], false);
}

#[tokio::test]
async fn an_application_is_shown_to_whoever_made_it() {
    let service = Service::start();
    let filed = service.call("POST", "applications", Some("one"), "{\"x\":1}").await;
    assert_eq!(filed.status(), StatusCode::CREATED);
    let location = filed.headers()[header::LOCATION].to_str().expect("text").to_owned();
    assert_eq!(json_of(filed).await["number"], "HZ-POLICE-000001");
    let own = service.call("GET", &location, Some("one"), "").await;
    assert_eq!(json_of(own).await["applicant"], "示例市民");
    assert_eq!(service.call("GET", &location, Some("other"), "").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(
        service.call("POST", "applications", Some("one"), "{").await.status(),
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn only_the_gateway_gets_in_and_health_is_for_everybody() {
    let service = Service::start();
    for (method, operation) in
        [("POST", "applications"), ("GET", "materials"), ("GET", "events"), ("GET", "nothing")]
    {
        assert_eq!(
            service.call(method, operation, None, "").await.status(),
            StatusCode::UNAUTHORIZED,
            "{operation}"
        );
    }
    assert_eq!(service.call("GET", "status", None, "").await.status(), StatusCode::OK);
    assert_eq!(service.call("GET", "nothing", Some("s"), "").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(
        service.call("DELETE", "materials", Some("s"), "").await.status(),
        StatusCode::METHOD_NOT_ALLOWED
    );
    let materials = json_of(service.call("GET", "materials", Some("s"), "").await).await;
    assert!(materials["items"].as_array().is_some_and(|items| !items.is_empty()), "{materials}");
}

#[tokio::test(start_paused = true)]
async fn progress_comes_as_a_stream_that_ends() {
    let service = Service::start();
    let response = service.call("GET", "events", Some("s"), "").await;
    assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
    let bytes = axum::body::to_bytes(response.into_body(), 1024 * 1024).await.expect("it ends");
    let text = String::from_utf8(bytes.to_vec()).expect("text");
    assert_eq!(text.matches("event: progress").count(), STAGES.len());
}
