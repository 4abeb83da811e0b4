//! Assertions signed with SM2 (GM/T 0003, GM/T 0125), held against OpenSSL, which knows nothing of ours.

use std::fs;
use std::path::Path;
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::binary::{Demo, yimen};
use crate::calls::entry;
use crate::client::{list, text, until};
use crate::peers;

/// What stands before the point in a public key on the curve SM2, 1.2.156.10197.1.301 (RFC 5480, section 2).
const BEFORE_POINT: [u8; 27] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x81,
    0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d, 0x03, 0x42, 0x00, 0x04,
];

/// A call's assertion whose header names SM2, once the gateway signs so.
async fn assertion(demo: &Demo, entry: &str) -> (String, String) {
    until("the SM2 key signs", async || {
        let echo = demo.call(entry, "/echo").header("service-region", "330106").send().await.expect(200);
        let field = list(&echo["headers"]).iter().find(|field| field[0] == "yimen-assertion");
        let assertion = text(&field.expect("an assertion")[1]).to_owned();
        let header = URL_SAFE_NO_PAD.decode(assertion.split('.').next()?).expect("base64url");
        let header: Value = serde_json::from_slice(&header).expect("JSON");
        if header["alg"] != "SGD_SM3_SM2" {
            return None;
        }
        assert_eq!(echo["assertion"]["verified"], true, "a backend with our own library takes it: {echo}");
        Some((assertion, text(&header["kid"]).to_owned()))
    })
    .await
}

/// An unsigned integer of at most 32 bytes in DER.
fn integer(bytes: &[u8]) -> Vec<u8> {
    let digits: Vec<u8> = bytes.iter().copied().skip_while(|byte| *byte == 0).collect();
    let sign = digits.first().is_none_or(|first| *first >= 0x80).then_some(0);
    let value: Vec<u8> = sign.into_iter().chain(digits).collect();
    [&[0x02, value.len() as u8], value.as_slice()].concat()
}

/// The signature as OpenSSL wants it: of r and s a sequence in DER.
fn der(signature: &[u8]) -> Vec<u8> {
    let (r, s) = signature.split_at(32);
    let both = [integer(r), integer(s)].concat();
    [&[0x30, both.len() as u8], both.as_slice()].concat()
}

fn pem(jwk: &Value) -> String {
    let part = |name: &str| URL_SAFE_NO_PAD.decode(text(&jwk[name])).expect("base64url");
    let key = STANDARD.encode([BEFORE_POINT.to_vec(), part("x"), part("y")].concat());
    format!("-----BEGIN PUBLIC KEY-----\n{key}\n-----END PUBLIC KEY-----\n")
}

/// Whether OpenSSL finds the signature valid, under a user identifier.
fn openssl_verifies(folder: &Path, user: &str, signed: &str, signature: &[u8]) -> bool {
    fs::write(folder.join("signed"), signed).expect("written");
    fs::write(folder.join("signature"), der(signature)).expect("written");
    let mut command = Command::new("openssl");
    command.args(["pkeyutl", "-verify", "-pubin", "-inkey", "public.pem", "-rawin", "-digest", "sm3"]);
    command.args(["-pkeyopt", &format!("distid:{user}"), "-in", "signed", "-sigfile", "signature"]);
    command.current_dir(folder).output().expect("openssl starts").status.success()
}

#[tokio::test]
async fn a_ring_turns_to_sm2_and_openssl_verifies_what_it_signs() {
    if !peers::openssl() {
        return;
    }
    let demo = Demo::start(&[]);
    let entry = entry(&demo).await;
    let mut rotation = yimen(&["keys", "rotate", "--algorithm", "sm2", "--ahead", "1s", "--key-file"]);
    let rotated = rotation.arg(demo.data_dir().join("assertion-key.pem")).output().expect("it starts");
    assert!(rotated.status.success(), "{}", String::from_utf8_lossy(&rotated.stderr));
    assert!(String::from_utf8_lossy(&rotated.stdout).contains("SGD_SM3_SM2"));

    let (assertion, name) = assertion(&demo, &entry).await;
    let published = demo.get("/.well-known/jwks.json").send().await.json();
    let keys = list(&published["keys"]);
    assert_eq!(keys.len(), 2, "the ES256 key stays for what it signed: {published}");
    let jwk = keys.iter().find(|key| key["kid"] == json!(name)).expect("it is published");
    assert_eq!((&jwk["kty"], &jwk["crv"]), (&json!("EC"), &json!("SM2")));
    assert_eq!((&jwk["alg"], &jwk["use"]), (&json!("SGD_SM3_SM2"), &json!("sig")));

    let folder = TempDir::new().expect("a folder");
    fs::write(folder.path().join("public.pem"), pem(jwk)).expect("written");
    let (signed, signature) = assertion.rsplit_once('.').expect("three parts");
    let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
    assert_eq!(signature.len(), 64, "r and s, 32 bytes each");
    let verifies = |user: &str, text: &str| openssl_verifies(folder.path(), user, text, &signature);
    assert!(verifies("1234567812345678", signed));
    assert!(!verifies("1234567812345678", &format!("{signed}x")), "another text");
    assert!(!verifies("somebody@example.org", signed), "another user identifier");
}

#[tokio::test]
async fn a_key_that_openssl_made_signs() {
    if !peers::openssl() {
        return;
    }
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("assertion-key.pem");
    let mut make = Command::new("openssl");
    make.args(["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2", "-out"]).arg(&file);
    assert!(make.output().expect("openssl starts").status.success());
    let listed = yimen(&["keys", "list", "--key-file"]).arg(&file).output().expect("it starts");
    let said = String::from_utf8_lossy(&listed.stdout);
    assert!(said.contains("SGD_SM3_SM2") && said.contains("signs"), "{said}");
}
