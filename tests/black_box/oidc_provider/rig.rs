//! The provider as a process, a gateway that trusts it, and an app between the two.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use identity::{Es256Key, Sign};
use reqwest::Url;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::binary::Demo;
use crate::client::{Answer, Ask, ask, text};
use crate::peers;
use crate::prover::Prover;
use crate::staff::callable;
use crate::stand_in::StandIn;

/// The resources (RFC 8707) for which the provider issues signed and opaque tokens.
pub(crate) const JWT: &str = "https://yimen.test/jwt";
pub(crate) const OPAQUE: &str = "https://yimen.test/opaque";
/// Has what has to be encoded on the way (RFC 6749, section 2.3.1).
const SECRET: &str = "s+cret: %/";
/// The app at the provider, which is a channel of the gateway's.
const APP: &str = "hangzhou-app:app-secret";
const CALLBACK: &str = "https://app.test/callback";

/// How the gateway authenticates when it asks about tokens.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Client {
    Secret,
    Key,
}

/// A gateway in front of one department's service.
#[derive(Debug)]
pub(crate) struct Rig {
    pub(crate) provider: Provider,
    demo: Demo,
    entry: String,
    _department: StandIn,
}

/// The running provider; it ends with the test, for it reads its input to the end.
#[derive(Debug)]
pub(crate) struct Provider {
    process: Child,
    issuer: String,
    /// Kept open: it gives notices later, too, and ends where nobody could hear them.
    _output: BufReader<ChildStdout>,
}

impl Drop for Provider {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Rig {
    /// A service that asks for `access`; none where the provider can't be had.
    pub(crate) async fn start(access: Value, client: Client) -> Option<Self> {
        let folder = TempDir::new().expect("a folder");
        let (secret, key) = (folder.path().join("secret"), folder.path().join("client.pem"));
        std::fs::write(&secret, SECRET).expect("it can be written");
        let public = Es256Key::load_or_generate(&key).expect("a key").public_jwk();
        let provider = Provider::start(&public)?;
        let (name, auth) = match client {
            Client::Secret => ("yimen", format!("{{ secret_file = {secret:?} }}")),
            Client::Key => ("yimen-by-key", format!("{{ key_file = {key:?} }}")),
        };
        let issuer = &provider.issuer;
        let settings = format!(
            "[[identity.issuers]]\nissuer = \"{issuer}\"\naudience = [\"{JWT}\"]\nalgorithms = [\"ES256\"]\n\
             jwks = \"discovery\"\n\
             [identity.introspection]\nissuer = \"{issuer}\"\naudience = [\"{OPAQUE}\"]\n\
             endpoint = \"{issuer}/token/introspection\"\nclient_id = \"{name}\"\nclient_auth = {auth}\n\
             accepted_for = \"100ms\"\nrefused_for = \"100ms\"\n\
             [identity.refresh]\ninterval = \"500ms\"\nunknown_key_interval = \"0s\"\n\
             [gateway]\nassurance = [\"low\", \"high\"]\n"
        );
        let demo = Demo::serve_in(folder, &settings);
        demo.approve_channel().await;
        let department = StandIn::named("department").await;
        let mut content = callable("身份核验登记", "330106", &department.base_url);
        content["access"] = access;
        let entry = demo.adopt(&content).await;
        Some(Self { provider, demo, entry, _department: department })
    }

    /// A call with this token.
    pub(crate) async fn call(&self, token: &str) -> Answer {
        self.demo.get(&format!("/call/{}/x", self.entry)).bearer(token).send().await
    }
}

impl Rig {
    /// A call with a token that is bound to the app's key; each has a proof of its own.
    pub(crate) async fn prove(&self, token: &str, prover: &Prover) -> Answer {
        let path = format!("/call/{}/x", self.entry);
        let proof = prover.proof("GET", &self.demo.url(&path), Some(token));
        self.demo.get(&path).bound(token, &proof).send().await
    }
}

impl Provider {
    fn start(key: &Value) -> Option<Self> {
        let folder = peers::npm("oidc-provider")?;
        let settings = json!({"YIMEN_SECRET": SECRET, "YIMEN_JWK": key});
        let mut command = Command::new("node");
        command.arg("provider.mjs").arg(settings.to_string()).current_dir(folder);
        // Its input stays open as long as this process lives.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().expect("node starts");
        let mut line = String::new();
        let mut output = BufReader::new(process.stdout.take().expect("it is piped"));
        output.read_line(&mut line).expect("the provider says where it is");
        let ready: Value = serde_json::from_str(&line).expect("JSON in a line");
        Some(Self { process, issuer: text(&ready["issuer"]).to_owned(), _output: output })
    }

    /// Makes a new key sign, and keeps (`rotate`) or drops (`withdraw`) those before.
    pub(crate) async fn change_keys(&self, how: &str) {
        ask(reqwest::Method::POST, &format!("{}/keys/{how}", self.issuer)).send().await.expect(204);
    }

    /// A token of the app's own (client credentials) for a resource.
    pub(crate) async fn own_token(&self, resource: &str) -> String {
        let form = [("grant_type", "client_credentials"), ("scope", "apply"), ("resource", resource)];
        text(&self.post("/token", &form).await.expect(200)["access_token"]).to_owned()
    }

    /// The same, bound to the app's key (RFC 9449, section 5).
    pub(crate) async fn bound_token(&self, resource: &str, prover: &Prover) -> String {
        let form = [("grant_type", "client_credentials"), ("scope", "apply"), ("resource", resource)];
        let proof = prover.proof("POST", &format!("{}/token", self.issuer), None);
        let given = self.posting("/token", &form).header("dpop", &proof).send().await.expect(200);
        assert_eq!(text(&given["token_type"]), "DPoP");
        text(&given["access_token"]).to_owned()
    }

    /// Withdraws a token (RFC 7009).
    pub(crate) async fn withdraw(&self, token: &str) {
        self.post("/token/revocation", &[("token", token)]).await.expect(200);
    }

    /// A token of a citizen who signed in at this level: authorisation code with PKCE (RFC 7636), as an app does it.
    pub(crate) async fn sign_in(&self, resource: &str, acr_values: &str) -> String {
        let verifier = random_text();
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
        let question = [
            ("client_id", "hangzhou-app"),
            ("response_type", "code"),
            ("scope", "openid apply"),
            ("resource", resource),
            ("redirect_uri", CALLBACK),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("acr_values", acr_values),
            ("prompt", "login"),
        ];
        let start = Url::parse_with_params(&format!("{}/auth", self.issuer), question).expect("an address");
        let end = self.follow(start).await;
        let code = end.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned();
        let form = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", &verifier),
            ("resource", resource),
        ];
        text(&self.post("/token", &form).await.expect(200)["access_token"]).to_owned()
    }

    /// Follows redirects with the provider's cookies until they lead back to the app.
    async fn follow(&self, start: Url) -> Url {
        let (mut place, mut cookies) = (start, std::collections::BTreeMap::new());
        while !place.as_str().starts_with(CALLBACK) {
            let sent: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let request = ask(reqwest::Method::GET, place.as_str()).header("cookie", &sent.join("; "));
            let answer = request.send().await;
            for cookie in answer.headers.get_all("set-cookie") {
                let cookie = cookie.to_str().expect("ASCII");
                // One that ends is of a path where the app has been before; these cookies have no paths here.
                if cookie.contains("expires=Thu, 01 Jan 1970") {
                    continue;
                }
                let pair = cookie.split(';').next().unwrap_or_default();
                let (name, value) = pair.split_once('=').expect("a name and a value");
                cookies.insert(name.to_owned(), value.to_owned());
            }
            let next = answer.header("location").unwrap_or_else(|| panic!("no way on: {}", answer.text()));
            place = place.join(next).expect("an address");
        }
        place
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.posting(path, form).send().await
    }

    fn posting(&self, path: &str, form: &[(&str, &str)]) -> Ask {
        let body = Url::parse_with_params(&self.issuer, form).expect("an address");
        ask(reqwest::Method::POST, &format!("{}{path}", self.issuer))
            .header("authorization", &format!("Basic {}", STANDARD.encode(APP)))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body.query().unwrap_or_default().to_owned())
    }
}

/// Random text that serves as a verifier: the thumbprint of a new key.
fn random_text() -> String {
    Es256Key::generate().expect("the system has randomness").key_id().to_owned()
}
