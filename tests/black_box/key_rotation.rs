//! `yimen keys rotate`: departments know a key before it signs, and the old one for as long as they need it.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Output;

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{DecodingKey, Validation};
use serde_json::Value;

use crate::binary::{Demo, yimen};
use crate::calls::entry;
use crate::city::busy;
use crate::client::{list, text, until};

fn keys(arguments: &[&str], file: &Path) -> Output {
    let mut command = yimen(&["keys"]);
    command.args(arguments).arg("--key-file").arg(file).output().expect("the binary starts")
}

async fn published(demo: &Demo) -> JwkSet {
    let answer = demo.get("/.well-known/jwks.json").send().await;
    serde_json::from_slice(&answer.body).expect("a key set")
}

fn names(set: &JwkSet) -> BTreeSet<String> {
    set.keys.iter().map(|key| key.common.key_id.clone().expect("a name")).collect()
}

/// Calls, checks the assertion against the published keys with another library than ours, and answers its key's name.
async fn signed_by(demo: &Demo, entry: &str) -> String {
    let call = demo.call(entry, "/echo").header("service-region", "330106");
    let echo = call.send().await.expect(200);
    assert_eq!(echo["assertion"]["verified"], true, "the department knows the key: {echo}");
    let fields = list(&echo["headers"]).iter();
    let assertion = fields.clone().find(|field| field[0] == "yimen-assertion").expect("an assertion");
    let assertion = text(&assertion[1]);
    let header = jsonwebtoken::decode_header(assertion).expect("a JWT");
    let name = header.kid.expect("it names its key");
    let keys = published(demo).await;
    let key = DecodingKey::from_jwk(keys.find(&name).expect("it is published")).expect("a public key");
    let mut validation = Validation::new(header.alg);
    validation.validate_aud = false;
    jsonwebtoken::decode::<Value>(assertion, &key, &validation).expect("signed with it");
    name
}

#[tokio::test]
async fn a_key_is_published_before_it_signs_and_the_old_one_stays_a_while() {
    let demo = busy();
    let (file, entry) = (demo.data_dir().join("assertion-key.pem"), entry(demo).await);
    let before = names(&published(demo).await);
    let old = signed_by(demo, &entry).await;
    assert_eq!(before, BTreeSet::from([old.clone()]));

    let rotated = keys(&["rotate", "--algorithm", "ed25519", "--ahead", "10s"], &file);
    let said = String::from_utf8_lossy(&rotated.stdout).into_owned();
    assert!(rotated.status.success(), "{}", String::from_utf8_lossy(&rotated.stderr));
    assert_eq!(said.lines().count(), 2, "{said}");
    assert!(!said.contains("PRIVATE"), "{said}");
    let again = keys(&["rotate"], &file);
    assert_eq!(again.status.code(), Some(1), "the first rotation is under way");
    assert!(String::from_utf8_lossy(&again.stderr).contains("rotate again after that"));

    let both = until("the gateway publishes the next key", async || {
        let names = names(&published(demo).await);
        (names.len() == 2).then_some(names)
    })
    .await;
    assert!(both.contains(&old));
    assert_eq!(signed_by(demo, &entry).await, old, "published, and not yet used");

    let new = until("the next key signs", async || {
        let name = signed_by(demo, &entry).await;
        (name != old).then_some(name)
    })
    .await;
    assert_eq!(both, BTreeSet::from([old.clone(), new.clone()]));
    assert_eq!(names(&published(demo).await), both, "what the old key signed can still be checked");

    let listed = keys(&["list"], &file);
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let line =
        |name: &str| listed.lines().find(|line| line.contains(name)).expect("every key is listed").to_owned();
    assert!(line(&old).contains("verifies") && line(&old).contains("ES256"), "{listed}");
    assert!(line(&new).contains("signs") && line(&new).contains("EdDSA"), "{listed}");
}
