//! Tickets of a government portal as tokens at the gateway's doors. What portals sign and how is held against an
//! independent reckoning in `crates/identity/tests/identity/ticket.rs`; here the stand-in only wants to see the fields.

use axum::extract::Request;
use axum::response::IntoResponse;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::binary::{Demo, yimen};
use crate::client::{Answer, text, until};
use crate::serving::CHANNEL;
use crate::staff::callable;
use crate::stand_in::StandIn;

const PORTAL: &str = "https://portal.test";
const TICKET: &str = "ticket-of-zhang";
const USER: &str = "portal-user-4711";

/// A portal's stand-in on loopback, which knows one ticket.
struct PortalStandIn {
    address: String,
    serving: JoinHandle<()>,
}

impl PortalStandIn {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("bound"));
        let answer = async |request: Request| {
            let (parts, body) = request.into_parts();
            for name in ["signature", "algorithm", "access-key"] {
                assert!(parts.headers.contains_key(format!("x-bg-hmac-{name}")), "{name}");
            }
            let body = axum::body::to_bytes(body, 4096).await.expect("a short body");
            let body: Value = serde_json::from_slice(&body).expect("JSON");
            let data = match parts.uri.path() {
                "/token" if body["ticketId"] == TICKET => json!({"accessToken": "portal-token"}),
                "/user" if body["token"] == "portal-token" => json!({"userId": USER, "userName": "张三"}),
                _ => Value::Null,
            };
            json!({"success": !data.is_null(), "data": data}).to_string().into_response()
        };
        let router = axum::Router::new().fallback(answer);
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { address, serving }
    }

    fn settings(&self, folder: &TempDir) -> String {
        let secret = folder.path().join("portal-secret");
        std::fs::write(&secret, "shared with the portal\n").expect("it can be written");
        let address = &self.address;
        format!(
            "[identity.ticket]\nissuer = \"{PORTAL}\"\nexchange = \"{address}/token\"\nuser = \"{address}/user\"\n\
             app_id = \"yimen\"\naccess_key = \"KEY\"\nsecret_file = {secret:?}\nchannel = \"{CHANNEL}\"\n\
             assurance = \"high\"\ntoken_at = \"/data/accessToken\"\nsubject_at = \"/data/userId\"\n\
             claims = {{ name = \"/data/userName\" }}\n"
        )
    }
}

impl Drop for PortalStandIn {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn call(demo: &Demo, entry: &str, ticket: &str) -> Answer {
    demo.ask(Method::POST, &format!("/call/{entry}/x")).bearer(ticket).send().await
}

#[tokio::test]
async fn a_portal_s_user_calls_with_a_ticket_until_revoked() {
    let (portal, folder) = (PortalStandIn::start().await, TempDir::new().expect("a folder"));
    let settings = portal.settings(&folder);
    let demo = Demo::serve_in(folder, &settings);
    demo.approve_channel().await;
    let backend = StandIn::named("department").await;
    let mut content = callable("犬只登记", "330106", &backend.base_url);
    content["access"] = json!({"claims": [{"claim": "name", "purpose": {"zh-CN": "登记"}}]});
    let entry = demo.adopt(&content).await;

    let answer = call(&demo, &entry, TICKET).await.expect(200);
    let payload = text(&answer["assertion"]).split('.').nth(1).expect("a JWS");
    let claims = URL_SAFE_NO_PAD.decode(payload).expect("base64url");
    let claims: Value = serde_json::from_slice(&claims).expect("JSON");
    assert_eq!(claims["claims"], json!({"name": "张三"}));
    assert_eq!((&claims["client_id"], &claims["acr"]), (&json!(CHANNEL), &json!("high")));
    assert_ne!(claims["sub"], USER, "a pseudonym");
    assert_eq!(call(&demo, &entry, "made-up").await.problem(401), "token-inactive");
    let staff = demo.get("/registry/v1/items").bearer(TICKET).send().await;
    assert_eq!(staff.problem(403), "role-not-allowed", "it makes nobody staff");

    let revocation = json!({"issuer": PORTAL, "target": "subject", "value": USER, "reason": "账号被盗"});
    demo.post("/operations/v1/revocations", demo.token("operator")).json(&revocation).await.expect(201);
    let refused = until("the user is refused", async || {
        let answer = call(&demo, &entry, TICKET).await;
        (answer.status != 200).then_some(answer)
    })
    .await;
    assert_eq!(refused.problem(401), "token-revoked");
    for secret in [TICKET, USER, "portal-token", "张三"] {
        assert!(!demo.log().contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn a_portal_that_can_not_be_trusted_is_said_at_the_start() {
    let (portal, folder) = (PortalStandIn::start().await, TempDir::new().expect("a folder"));
    let good = portal.settings(&folder);
    let config = folder.path().join("yimen.toml");
    let checked = |ticket: &str| {
        std::fs::write(&config, format!("data_dir = \"/var/lib/yimen\"\n{ticket}"))
            .expect("it can be written");
        let output = yimen(&["config", "check", "--config"]).arg(&config).output().expect("it starts");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, said) = checked(&good);
    assert_eq!(code, Some(0), "{said}");
    let insecure = good.replace(&portal.address, "http://portal.example");
    let missing = good.replace("portal-secret", "no-such-secret");
    let beside = format!(
        "{good}[identity.introspection]\nissuer = \"https://id.test\"\naudience = [\"us\"]\n\
         endpoint = \"https://id.test/introspect\"\nclient_id = \"yimen\"\nclient_auth = {{ secret_file = \"/s\" }}\n"
    );
    for (settings, reason) in [
        (insecure, "tickets are only sent over https"),
        (good.replace("/data/userId", "data.userId"), "is no JSON Pointer"),
        (good.replace("{ name =", "{ sub ="), "sub is not the portal's to say"),
        (good.replace("app_id = \"yimen\"", "app_id = \"\""), "app_id is empty"),
        (good.replace("claims =", "session_for = \"13h\"\nclaims ="), "more than 12 hours"),
        (beside, "can't be used together"),
        (missing, "identity.ticket.secret_file"),
    ] {
        let (code, said) = checked(&settings);
        assert!(code == Some(78) && said.contains(reason), "{reason}: {code:?} {said}");
    }
}
