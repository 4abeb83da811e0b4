//! Departments' services, one loopback listener each, true to life as far as a demo needs it.
//!
//! Each address below is at the end of a path: `…/echo` answers with what arrived; `…/status` is the health check;
//! `…/applications` takes an application, `…/applications/{number}` shows it to whoever made it; `…/materials` lists
//! what to bring; `…/events` streams the progress of an application as server-sent events. All but `echo` and
//! `status` ask for an assertion of the gateway (`Yimen-Assertion`).

mod applications;
mod echo;
mod gateway_keys;

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use domain::LocalizedText;
use futures_util::stream;
use http::request::Parts;
use http::{Method, StatusCode, header};
use identity::AssertionClaims;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use self::applications::Applications;
pub use self::gateway_keys::GatewayKeys;
use super::sample::{SampleDepartment, SampleItem};

/// The header in which the gateway says who calls.
pub const ASSERTION_HEADER: &str = "yimen-assertion";
/// The time between two events of a stream.
const EVENT_PAUSE: Duration = Duration::from_millis(400);
/// What becomes of an application, in the order in which it happens.
const STAGES: [(&str, &str); 4] =
    [("accepted", "已受理"), ("in-review", "审核中"), ("decided", "已办结"), ("delivered", "已送达")];

/// A running service of a department, as the ready file names it.
#[derive(Debug, Clone, Serialize)]
pub struct BackendAddress {
    /// The department.
    pub department: String,
    /// The department's name.
    pub name: String,
    /// Where it is.
    pub url: String,
}

/// One department's service.
#[derive(Debug)]
pub struct Backend {
    department: SampleDepartment,
    keys: GatewayKeys,
    /// What to bring, by the item's local code.
    materials: HashMap<String, Vec<LocalizedText>>,
    applications: Applications,
}

impl Backend {
    /// The service of `department`, for its items among `items`.
    pub fn new(department: SampleDepartment, place: usize, items: &[SampleItem], keys: GatewayKeys) -> Self {
        let materials = items
            .iter()
            .filter(|item| item.department == place)
            .map(|item| {
                let names = item.content.materials.iter().map(|material| material.name.clone());
                (item.local_code.to_string(), names.collect())
            })
            .collect();
        let applications = Applications::new(&department.slug);
        Self { department, keys, materials, applications }
    }

    /// Its routes: one handler, since every item has its own path before the operation.
    pub fn router(self) -> Router {
        Router::new().fallback(answer).with_state(Arc::new(self))
    }

    /// The claims of the assertion that came with the call, or why there are none.
    fn caller(&self, parts: &Parts) -> Result<AssertionClaims, String> {
        let mut assertions = parts.headers.get_all(ASSERTION_HEADER).iter();
        let (Some(assertion), None) = (assertions.next(), assertions.next()) else {
            return Err("exactly one Yimen-Assertion is needed".to_owned());
        };
        let assertion = assertion.to_str().map_err(|_| "the assertion is not text".to_owned())?;
        self.keys
            .verify(assertion, parts.method.as_str(), parts.uri.path(), Timestamp::now())
            .map_err(|error| error.to_string())
    }
}

async fn answer(State(backend): State<Arc<Backend>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let mut steps = path.trim_start_matches('/').split('/');
    let item = steps.next().unwrap_or_default();
    let rest: Vec<&str> = steps.collect();
    match (&parts.method, rest.as_slice()) {
        (_, [.., "echo"]) => return echo::answer(&backend, &parts, body).await,
        (&Method::GET | &Method::HEAD, ["status"]) => {
            return axum::Json(json!({ "status": "ok", "department": backend.department.name }))
                .into_response();
        }
        _ => {}
    }
    let caller = match backend.caller(&parts) {
        Ok(caller) => caller,
        Err(detail) => return problem(StatusCode::UNAUTHORIZED, "assertion-required", &detail),
    };
    match (&parts.method, rest.as_slice()) {
        (&Method::POST, ["applications"]) => apply(&backend, item, &caller, body).await,
        (&Method::GET, ["applications", number]) => {
            match backend.applications.find(number, caller.subject.as_deref()) {
                Some(application) => axum::Json(application).into_response(),
                None => problem(StatusCode::NOT_FOUND, "not-found", "there is no such application of yours"),
            }
        }
        (&Method::GET, ["materials"]) => match backend.materials.get(item) {
            Some(materials) => axum::Json(json!({ "items": materials })).into_response(),
            None => problem(StatusCode::NOT_FOUND, "not-found", "there is no such item"),
        },
        (&Method::GET, ["events"]) => events().into_response(),
        (_, ["applications" | "materials" | "events"] | ["applications", _]) => {
            problem(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "the operation has another method")
        }
        _ => problem(StatusCode::NOT_FOUND, "not-found", "there is no such operation"),
    }
}

async fn apply(backend: &Backend, item: &str, caller: &AssertionClaims, body: Body) -> Response {
    let Some(subject) = &caller.subject else {
        return problem(
            StatusCode::FORBIDDEN,
            "identity-required",
            "an application needs to know who applies",
        );
    };
    let bytes = match axum::body::to_bytes(body, applications::MAX_BODY_BYTES).await {
        Ok(bytes) => bytes,
        Err(_) => {
            return problem(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "an application has at most 1 MiB");
        }
    };
    // An empty application is one, too: the department knows who applies.
    let form = match serde_json::from_slice::<Value>(&bytes) {
        Ok(form) => form,
        Err(_) if bytes.is_empty() => Value::Null,
        Err(error) => return problem(StatusCode::BAD_REQUEST, "json", &error.to_string()),
    };
    let applicant = caller.claims.get("name").and_then(Value::as_str);
    let application = backend.applications.file(item, subject, applicant, form);
    let location = format!("applications/{}", application.number);
    (StatusCode::CREATED, [(header::LOCATION, location)], axum::Json(application)).into_response()
}

/// A stream that is seen to flow: one stage after another, then the end.
fn events() -> Sse<impl futures_util::Stream<Item = Result<Event, Infallible>>> {
    let stages = stream::unfold(0, |place| async move {
        let (stage, name) = STAGES.get(place)?;
        if place > 0 {
            tokio::time::sleep(EVENT_PAUSE).await;
        }
        let data = json!({ "stage": stage, "name": name, "at": Timestamp::now() });
        let event = Event::default().id(place.to_string()).event("progress").data(data.to_string());
        Some((Ok(event), place + 1))
    });
    Sse::new(stages)
}

fn problem(status: StatusCode, code: &str, detail: &str) -> Response {
    let body = json!({
        "type": format!("urn:yimen:demo:{code}"),
        "title": status.canonical_reason().unwrap_or_default(),
        "status": status.as_u16(),
        "detail": detail,
    });
    (status, [(header::CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
}

#[cfg(test)]
mod tests;
