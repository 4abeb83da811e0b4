//! Tickets of a government portal: a named stand-in on loopback takes signed calls as such portals do.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lc_rs::hmac;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use yimen_identity::{
    AskingBounds, CredentialError, Es256Key, Fault, PseudonymSecret, Revocations, SetupError, TicketConfig,
    Verifier, VerifierConfig,
};

use crate::support::{SetClock, forge, good_claims, good_header, until, verify};

const PORTAL: &str = "https://portal.example";
const ACCESS_KEY: &str = "YIMEN-KEY";
const SECRET: &str = "portal secret";
const TICKET: &str = "ticket-1";

/// The portal's stand-in: it knows some tickets, takes each once, and answers only who signs as agreed.
struct PortalStandIn {
    address: SocketAddr,
    state: Shared,
}

type Shared = Arc<Mutex<PortalState>>;

struct PortalState {
    clock: SetClock,
    /// Whose each ticket is that was not exchanged yet.
    tickets: HashMap<String, Value>,
    /// Whose each of the portal's own tokens is.
    tokens: HashMap<String, Value>,
    /// The paths that were asked, in order.
    asked: Vec<String>,
    /// It keeps its answers to itself as long as this is locked.
    silence: Arc<tokio::sync::Mutex<()>>,
    /// What it answers instead of the truth.
    instead: Option<(StatusCode, String)>,
}

impl PortalState {
    /// Whether the call is signed as the portal asks, by its own reckoning, at most 90 s ago.
    fn is_signed(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        let field = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let date = field("X-BG-DATE-TIME");
        let made = DateTimeParser::new().parse_timestamp(date).expect("a time as HTTP writes it");
        let text = ["POST", uri.path(), uri.query().unwrap_or_default(), ACCESS_KEY, date, ""].join("\n");
        let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
        let expected = STANDARD.encode(hmac::sign(&key, text.as_bytes()).as_ref());
        date.ends_with(" GMT")
            && (self.clock.now().as_second() - made.as_second()).abs() <= 90
            && field("X-BG-HMAC-ALGORITHM") == "hmac-sha256"
            && field("X-BG-HMAC-ACCESS-KEY") == ACCESS_KEY
            && field("X-BG-HMAC-SIGNATURE") == expected
    }
}

async fn answer(State(state): State<Shared>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let silence = {
        let mut state = state.lock().expect("no test panics with it");
        state.asked.push(uri.path().to_owned());
        Arc::clone(&state.silence)
    };
    let _spoken = silence.lock().await;
    let mut state = state.lock().expect("no test panics with it");
    if let Some(instead) = state.instead.clone() {
        return instead.into_response();
    }
    if !state.is_signed(&uri, &headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let body: Value = serde_json::from_slice(&body).expect("JSON");
    let refused = json!({"success": false, "errCode": "1", "data": null}).to_string();
    let text = |name: &str| body[name].as_str().expect("a text").to_owned();
    if uri.path() == "/sso/user" {
        let user = state.tokens.get(&text("token"));
        return user
            .map_or(refused, |user| json!({"success": true, "data": user}).to_string())
            .into_response();
    }
    assert_eq!(text("appId"), "app-of-yimen");
    let ticket = text("ticketId");
    match state.tickets.remove(&ticket) {
        Some(user) => {
            let token = format!("portal-token-of-{ticket}");
            state.tokens.insert(token.clone(), user);
            json!({"success": true, "data": {"accessToken": token}}).to_string().into_response()
        }
        None => refused.into_response(),
    }
}

impl PortalStandIn {
    async fn start(clock: &SetClock) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener");
        let user = json!({"personInfo": {"userId": 4711, "userName": "张三", "idNo": "330106"}});
        let state = Arc::new(Mutex::new(PortalState {
            clock: clock.clone(),
            tickets: HashMap::from([(TICKET.to_owned(), user)]),
            tokens: HashMap::new(),
            asked: Vec::new(),
            silence: Arc::default(),
            instead: None,
        }));
        let router = Router::new().route("/sso/token", post(answer)).route("/sso/user", post(answer));
        let router = router.with_state(Arc::clone(&state));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, state }
    }

    fn with<T>(&self, change: impl FnOnce(&mut PortalState) -> T) -> T {
        change(&mut self.state.lock().expect("no test panics with it"))
    }

    fn asked(&self) -> Vec<String> {
        self.with(|state| state.asked.clone())
    }

    fn answers_instead(&self, status: StatusCode, body: &str) {
        self.with(|state| state.instead = Some((status, body.to_owned())));
    }

    fn config(&self, folder: &Path) -> TicketConfig {
        let secret = folder.join("portal-secret");
        std::fs::write(&secret, format!("{SECRET}\n")).expect("a writable folder");
        let at = |path: &str| format!("http://{}{path}", self.address).parse().expect("an address is a host");
        TicketConfig {
            issuer: PORTAL.to_owned(),
            exchange: at("/sso/token"),
            user: at("/sso/user"),
            app_id: "app-of-yimen".to_owned(),
            access_key: ACCESS_KEY.to_owned(),
            secret_file: secret,
            channel: "portal-app".to_owned(),
            assurance: Some("face".to_owned()),
            token_at: "/data/accessToken".to_owned(),
            subject_at: "/data/personInfo/userId".to_owned(),
            claims: [("name", "/data/personInfo/userName"), ("phone", "/data/personInfo/mobile")]
                .map(|(name, at)| (name.to_owned(), at.to_owned()))
                .into(),
            session_for: Duration::from_secs(600),
            asking: AskingBounds::default(),
        }
    }
}

fn only(ticket: TicketConfig) -> VerifierConfig {
    let mut config = VerifierConfig::new(Vec::new());
    config.ticket = Some(ticket);
    config
}

struct House {
    portal: PortalStandIn,
    verifier: Verifier,
    clock: SetClock,
    folder: tempfile::TempDir,
}

impl House {
    async fn open() -> Self {
        let (folder, clock) = (tempfile::tempdir().expect("a temporary folder"), SetClock::new());
        let portal = PortalStandIn::start(&clock).await;
        let config = only(portal.config(folder.path()));
        let verifier = Verifier::open(config, clock.clock()).await.expect("a good configuration");
        Self { portal, verifier, clock, folder }
    }
}

#[tokio::test]
async fn a_ticket_is_exchanged_once_and_its_user_asked_for_again() {
    let House { portal, verifier, clock, .. } = House::open().await;
    let caller = verify(&verifier, TICKET).await.expect("a good ticket");
    assert_eq!((caller.issuer.as_str(), caller.subject.as_str()), (PORTAL, "4711"));
    assert_eq!((caller.client.as_deref(), caller.assurance.as_deref()), (Some("portal-app"), Some("face")));
    assert_eq!(caller.claims.get("name"), Some(&json!("张三")));
    assert!(
        !caller.claims.contains_key("phone") && !caller.claims.contains_key("idNo"),
        "what is mapped and there"
    );
    assert_eq!((caller.expires - clock.now()).as_secs(), 600);
    verify(&verifier, TICKET).await.expect("remembered");
    assert_eq!(portal.asked(), ["/sso/token", "/sso/user"]);

    clock.advance(11);
    verify(&verifier, TICKET).await.expect("the portal still knows its token");
    assert_eq!(portal.asked(), ["/sso/token", "/sso/user", "/sso/user"]);
    // The portal ends it: seen when the answer is no longer remembered, and not before.
    portal.with(|state| state.tokens.clear());
    verify(&verifier, TICKET).await.expect("remembered");
    clock.advance(11);
    assert_eq!(verify(&verifier, TICKET).await, Err(CredentialError::Inactive));
}

#[tokio::test]
async fn a_ticket_is_not_taken_twice_nor_for_longer_than_agreed() {
    let House { portal, verifier, clock, folder } = House::open().await;
    verify(&verifier, TICKET).await.expect("a good ticket");
    let config = only(portal.config(folder.path()));
    let other = Verifier::open(config, clock.clock()).await.expect("a good configuration");
    assert_eq!(verify(&other, TICKET).await, Err(CredentialError::Inactive), "the portal has taken it");
    assert_eq!(verify(&verifier, "made-up").await, Err(CredentialError::Inactive));
    clock.advance(599);
    verify(&verifier, TICKET).await.expect("just within its time");
    clock.advance(1);
    assert_eq!(verify(&verifier, TICKET).await, Err(CredentialError::Inactive));
}

#[tokio::test]
async fn those_who_ask_at_once_exchange_a_ticket_once() {
    let House { portal, verifier, .. } = House::open().await;
    let all = futures_util::future::join_all((0..8).map(|_| verify(&verifier, TICKET))).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    assert_eq!(portal.asked().len(), 2);
}

#[tokio::test]
async fn a_caller_who_goes_away_during_the_exchange_comes_again_with_the_ticket() {
    let House { portal, verifier, .. } = House::open().await;
    let silence = portal.with(|state| Arc::clone(&state.silence)).lock_owned().await;
    let verifier = Arc::new(verifier);
    let asking = Arc::clone(&verifier);
    let gone = tokio::spawn(async move { verify(&asking, TICKET).await });
    until(|| portal.asked().len() == 1).await;
    gone.abort();
    assert!(gone.await.is_err_and(|error| error.is_cancelled()));
    drop(silence);
    verify(&verifier, TICKET).await.expect("what came of the ticket is kept");
    assert_eq!(portal.asked(), ["/sso/token", "/sso/user"]);
}

#[tokio::test]
async fn a_portal_that_is_out_of_reach_or_out_of_order_is_nobody_s_fault() {
    let House { portal, verifier, .. } = House::open().await;
    for (status, body) in [
        (StatusCode::INTERNAL_SERVER_ERROR, "{}"),
        (StatusCode::OK, "<html>"),
        (StatusCode::OK, "[]"),
        (StatusCode::TEMPORARY_REDIRECT, "{}"),
    ] {
        portal.answers_instead(status, body);
        let error = verify(&verifier, TICKET).await.expect_err("no answer");
        assert_eq!((error, error.fault()), (CredentialError::IntrospectionUnavailable, Fault::Provider));
    }
    portal.with(|state| state.instead = None);
    verify(&verifier, TICKET).await.expect("nothing of that is remembered");
}

#[tokio::test]
async fn an_answer_without_a_user_refuses_the_ticket() {
    let House { portal, verifier, clock, .. } = House::open().await;
    for user in [json!(null), json!(""), json!(-1), json!(1.5), json!({"id": 1}), json!("x".repeat(256))] {
        portal.with(|state| {
            state.tickets.insert("odd".to_owned(), json!({"personInfo": {"userId": user}}));
        });
        let error = verify(&verifier, "odd").await.expect_err("nobody");
        assert_eq!(error.fault(), Fault::Token, "{user}");
        // Longer than a refusal is remembered.
        clock.advance(6);
    }
}

#[tokio::test]
async fn a_call_that_is_signed_otherwise_is_not_answered() {
    let House { portal, clock, folder, .. } = House::open().await;
    let config = portal.config(folder.path());
    std::fs::write(folder.path().join("portal-secret"), "another secret").expect("a writable folder");
    let other = Verifier::open(only(config), clock.clock()).await.expect("a good configuration");
    assert_eq!(verify(&other, TICKET).await, Err(CredentialError::IntrospectionUnavailable));
    // The portal's clock goes two minutes ahead of ours.
    let config = portal.config(folder.path());
    let ours = SetClock::new();
    let late = Verifier::open(only(config), ours.clock()).await.expect("a good configuration");
    clock.advance(120);
    assert_eq!(verify(&late, TICKET).await, Err(CredentialError::IntrospectionUnavailable));
    ours.advance(40);
    verify(&late, TICKET).await.expect("80 s apart");
}

#[tokio::test]
async fn a_revocation_holds_for_remembered_tickets_too() {
    let House { portal, verifier, .. } = House::open().await;
    let secret = PseudonymSecret::generate().expect("the system has randomness");
    let list = Revocations::new(secret, [PORTAL.to_owned()]);
    let verifier = verifier.with_revocations(list.clone());
    verify(&verifier, TICKET).await.expect("a good ticket");
    list.replace([list.mark_of_subject(PORTAL, "4711").expect("a mark")].into());
    assert_eq!(verify(&verifier, TICKET).await, Err(CredentialError::Revoked));
    list.replace([].into());
    verify(&verifier, TICKET).await.expect("lifted");
    assert_eq!(portal.asked().len(), 2);
}

#[tokio::test]
async fn a_signed_token_is_never_shown_to_the_portal() {
    let House { portal, verifier, .. } = House::open().await;
    let key = Es256Key::generate().expect("the system has randomness");
    let token = forge(&key, &good_header(&key), &good_claims());
    assert_eq!(verify(&verifier, &token).await, Err(CredentialError::UnknownIssuer));
    assert!(portal.asked().is_empty());
}

#[tokio::test]
async fn a_secret_that_is_none_is_said_at_the_start() {
    let House { portal, folder, .. } = House::open().await;
    let config = portal.config(folder.path());
    std::fs::write(folder.path().join("portal-secret"), "two\nlines\n").expect("a writable folder");
    let clock = yimen_identity::Clock::new(|| Timestamp::UNIX_EPOCH);
    let error = Verifier::open(only(config), clock).await.expect_err("no secret");
    assert!(matches!(error, SetupError::TicketSecret(_)), "{error}");
}
