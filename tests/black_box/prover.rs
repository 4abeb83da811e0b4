//! An app with a key of its own, which proves with each request that its token is its own (DPoP, RFC 9449).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use identity::{Es256Key, Sign};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::client::Ask;

/// The app's key.
#[derive(Debug)]
pub(crate) struct Prover(Es256Key);

impl Prover {
    pub(crate) fn new() -> Self {
        Self(Es256Key::generate().expect("the system has randomness"))
    }

    /// What its tokens are bound to (`cnf`).
    pub(crate) fn confirmation(&self) -> Value {
        json!({"jkt": self.0.key_id()})
    }

    /// A proof for one request, with a token if there is one yet.
    pub(crate) fn proof(&self, method: &str, url: &str, token: Option<&str>) -> String {
        let mut claims = json!({
            "jti": Uuid::new_v4(), "htm": method, "htu": url, "iat": Timestamp::now().as_second(),
        });
        if let Some(token) = token {
            claims["ath"] = json!(URL_SAFE_NO_PAD.encode(Sha256::digest(token.as_bytes())));
        }
        let public = self.0.public_jwk();
        let jwk = json!({"kty": public["kty"], "crv": public["crv"], "x": public["x"], "y": public["y"]});
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk});
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signature = self.0.sign(signed.as_bytes()).expect("the key signs");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

impl Ask {
    /// The same with a token that is bound to a key, and this proof.
    pub(crate) fn bound(self, token: &str, proof: &str) -> Self {
        self.header("authorization", &format!("DPoP {token}")).header("dpop", proof)
    }
}
