//! What departments copy to check the gateway's assertions (`crates/identity/verifying`), each in its own language, on the
//! assertion of a real call and on what must not pass for one.

#[path = "../../crates/identity/verifying/verify.rs"]
mod verify;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use identity::{
    Assertion, AssertionSigner, Confirmation, Es256Key, KeyRing, KeyRingFile, Principal, PseudonymSecret,
};
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Map, Value, json};

use self::verify::Assertions;
use crate::binary::{Demo, root};
use crate::calls::entry;
use crate::city::busy;
use crate::client::{list, text};
use crate::peers;

/// An assertion as it comes with a call, or seems to.
#[derive(Debug)]
struct Case {
    assertion: String,
    method: &'static str,
    path: String,
}

/// What a department has to tell apart.
struct Cases {
    gateway: String,
    audience: String,
    subject: String,
    /// The one of a real call, and one that is made as the bad ones are.
    good: [Case; 2],
    /// With what is wrong with each. The good ones come before them, so that the first is a replay.
    bad: Vec<(&'static str, Case)>,
}

fn part(token: &str, place: usize) -> Value {
    let part = token.split('.').nth(place).expect("three parts");
    let part = URL_SAFE_NO_PAD.decode(part).expect("base64url");
    serde_json::from_slice(&part).expect("JSON")
}

/// What the gateway itself would sign, but for the time or the gateway's name.
fn minted(issuer: &str, keys: KeyRing, good: &Value, now: Timestamp) -> String {
    let secret = PseudonymSecret::generate().expect("the system has randomness");
    let signer = AssertionSigner::new(issuer, secret, keys);
    let caller = Principal {
        issuer: "https://id.example".to_owned(),
        subject: "somebody".to_owned(),
        client: None,
        assurance: None,
        audience: Vec::new(),
        scopes: BTreeSet::new(),
        claims: Map::new(),
        confirmation: Confirmation::default(),
        expires: now,
    };
    let assertion = Assertion {
        audience: text(&good["aud"]),
        department: "any",
        caller: Some(&caller),
        method: text(&good["htm"]),
        path: text(&good["htp"]),
        claims: Map::new(),
        now,
    };
    signer.mint(assertion).expect("the key signs")
}

impl Cases {
    async fn of(demo: &Demo) -> Self {
        let call = demo.ask(Method::POST, &format!("/call/{}/echo?name=1", entry(demo).await));
        let call = call.bearer(demo.token("citizen")).header("service-region", "330106");
        let echo = call.send().await.expect(200);
        let mut fields = list(&echo["headers"]).iter();
        let field = fields.find(|field| field[0] == "yimen-assertion").expect("an assertion");
        let assertion = text(&field[1]).to_owned();
        let claims = part(&assertion, 1);
        let (gateway, path) = (text(&claims["iss"]).to_owned(), text(&claims["htp"]).to_owned());
        let case = |assertion: String| Case { assertion, method: "POST", path: path.clone() };

        let ring =
            || KeyRingFile::new(demo.data_dir().join("assertion-key.pem")).load_or_generate().expect("keys");
        let now = Timestamp::now();
        let old = now - Duration::from_secs(120);
        let own = KeyRing::of(std::sync::Arc::new(Es256Key::generate().expect("randomness")));
        let pieces: Vec<&str> = assertion.split('.').collect();
        let mut altered = claims.clone();
        altered["sub"] = json!("somebody-else");
        let altered = URL_SAFE_NO_PAD.encode(altered.to_string());
        let mut unsigned = part(&assertion, 0);
        unsigned["alg"] = json!("none");
        let unsigned = URL_SAFE_NO_PAD.encode(unsigned.to_string());
        let fresh = || minted(&gateway, ring(), &claims, now);
        let mut elsewhere = claims.clone();
        elsewhere["aud"] = json!("urn:yimen:backend:local:elsewhere");
        let bad = vec![
            ("a replay", case(assertion.clone())),
            ("another method", Case { method: "PUT", ..case(fresh()) }),
            ("another path", Case { path: format!("{path}/more"), ..case(fresh()) }),
            ("another backend", case(minted(&gateway, ring(), &elsewhere, now))),
            ("another gateway", case(minted("https://other.example", ring(), &claims, now))),
            ("its end", case(minted(&gateway, ring(), &claims, old))),
            ("somebody else's key", case(minted(&gateway, own, &claims, now))),
            ("an altered payload", case(format!("{}.{altered}.{}", pieces[0], pieces[2]))),
            ("no signature", case(format!("{unsigned}.{}.", pieces[1]))),
            ("a citizen's token", case(demo.token("citizen").to_owned())),
        ];
        let (audience, subject) = (text(&claims["aud"]).to_owned(), text(&claims["sub"]).to_owned());
        let good = [case(assertion), case(fresh())];
        Self { gateway, audience, subject, good, bad }
    }

    /// Runs a recipe in another language, and holds what it answers to what has to come out.
    fn check(&self, mut command: Command) {
        let of = |case: &Case| json!({"assertion": case.assertion, "method": case.method, "path": case.path});
        let cases: Vec<_> = self.good.iter().chain(self.bad.iter().map(|(_, case)| case)).map(of).collect();
        let asked = json!({"gateway": self.gateway, "audience": self.audience, "cases": cases});
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().expect("it starts");
        let mut input = process.stdin.take().expect("it is piped");
        input.write_all(asked.to_string().as_bytes()).expect("it reads");
        drop(input);
        let output = process.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        let answers: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let (good, refused) = list(&answers).split_at(self.good.len());
        assert_eq!(good[0]["sub"], self.subject, "{good:?}");
        assert!(good[1]["sub"].is_string(), "{good:?}");
        assert_eq!(refused.len(), self.bad.len());
        for (answer, (what, _)) in refused.iter().zip(&self.bad) {
            assert!(answer["refused"].is_string(), "{what}: {answer}");
        }
    }
}

/// Puts the recipe beside its libraries.
fn recipe(name: &str, folder: &Path) -> PathBuf {
    let from = root().join("crates/identity/verifying").join(name);
    fs::copy(from, folder.join(name)).expect("it can be copied");
    folder.to_owned()
}

#[tokio::test]
async fn in_python() {
    let Some(folder) = peers::pip("pyjwt") else { return };
    let mut command = Command::new(folder.join("venv/bin/python"));
    command.arg("check.py").current_dir(recipe("verify.py", &folder));
    Cases::of(busy()).await.check(command);
}

#[tokio::test]
async fn in_javascript() {
    let Some(folder) = peers::npm("jose") else { return };
    let mut command = Command::new("node");
    command.arg("check.mjs").current_dir(recipe("verify.mjs", &folder));
    Cases::of(busy()).await.check(command);
}

#[tokio::test]
async fn in_rust() {
    let cases = Cases::of(busy()).await;
    let published = busy().get("/.well-known/jwks.json").send().await;
    let keys = serde_json::from_slice(&published.body).expect("a key set");
    let mut assertions = Assertions::new(&cases.gateway, &cases.audience, keys);
    let mut verify = |case: &Case| assertions.verify(&case.assertion, case.method, &case.path);
    let subjects =
        cases.good.each_ref().map(|case| verify(case).expect("it vouches for the call")["sub"].clone());
    assert_eq!(subjects[0], cases.subject);
    for (what, case) in &cases.bad {
        assert!(verify(case).is_err(), "{what}");
    }
}
