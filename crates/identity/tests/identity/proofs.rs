//! Tokens that are bound to their sender's key (DPoP, RFC 9449): one good proof a request, and what is none.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{EncodingKey, Header};
use serde_json::{Value, json};
use yimen_identity::{
    Confirmation, CredentialError, Ed25519Key, Es256Key, Fault, Principal, ProofFault, ProofField, Sender,
    Sign, Thumbprint, Verifier,
};

use crate::support::{
    START, SetClock, forge, good_claims, good_header, jwks, unsigned, verifier_with_file, verify, with,
};

const GATEWAY: &str = "https://yimen.example";
const PATH: &str = "/call/1/apply";

/// A verifier, a sender's key, and a token that is bound to it.
struct Rig {
    verifier: Verifier,
    clock: SetClock,
    issuer: Es256Key,
    sender: Box<dyn Sign>,
    token: String,
    _folder: tempfile::TempDir,
}

impl Rig {
    async fn new() -> Self {
        Self::of(Box::new(Es256Key::generate().expect("the system has randomness"))).await
    }

    async fn of(sender: Box<dyn Sign>) -> Self {
        let (folder, clock) = (tempfile::tempdir().expect("a temporary folder"), SetClock::new());
        let issuer = Es256Key::generate().expect("the system has randomness");
        let verifier = verifier_with_file(folder.path(), &jwks(&[&issuer]), &clock).await;
        let verifier = verifier.reached_at(&GATEWAY.parse().expect("an address"));
        let claims = with(good_claims(), "cnf", json!({"jkt": sender.key_id()}));
        let token = forge(&issuer, &good_header(&issuer), &claims);
        Self { verifier, clock, issuer, sender, token, _folder: folder }
    }

    /// The header of a good proof; tests spoil it.
    fn header(&self) -> Value {
        header(self.sender.as_ref())
    }

    /// The claims of a good proof of this name; tests spoil them.
    fn claims(&self, name: &str) -> Value {
        json!({
            "jti": name,
            "htm": "POST",
            "htu": format!("{GATEWAY}{PATH}"),
            "iat": self.clock.now().as_second(),
            "ath": hash(&self.token),
        })
    }

    fn proof(&self, header: &Value, claims: &Value) -> String {
        forge(self.sender.as_ref(), header, claims)
    }

    fn good(&self, name: &str) -> String {
        self.proof(&self.header(), &self.claims(name))
    }

    async fn send_as(
        &self,
        scheme: &str,
        token: &str,
        proofs: &[&str],
    ) -> Result<std::sync::Arc<Principal>, CredentialError> {
        let field = format!("{scheme} {token}");
        let proof = ProofField::of(proofs.iter().map(|proof| proof.as_bytes()));
        let sender = Sender { method: "POST", path: PATH, proof, certificate: None };
        self.verifier.verify_sent([field.as_bytes()], sender).await
    }

    async fn send(&self, proofs: &[&str]) -> Result<std::sync::Arc<Principal>, CredentialError> {
        self.send_as("DPoP", &self.token, proofs).await
    }

    /// Expects a proof to be refused for this reason, and a good one with the same token to be taken.
    async fn refused(&self, proof: &str, fault: ProofFault) {
        assert_eq!(self.send(&[proof]).await, Err(CredentialError::Proof(fault)), "{proof}");
        let name = format!("good beside {fault:?} {}", proof.len());
        let good = self.send(&[&self.proof(&self.header(), &self.claims(&name))]).await;
        assert!(good.is_ok() || good == Err(CredentialError::Proof(ProofFault::Replayed)), "{good:?}");
    }

    async fn refused_with(&self, name: &str, value: Value, fault: ProofFault) {
        let claims = with(self.claims("spoilt"), name, value);
        self.refused(&self.proof(&self.header(), &claims), fault).await;
    }

    async fn refused_without(&self, name: &str, fault: ProofFault) {
        let mut claims = self.claims("spoilt");
        claims.as_object_mut().expect("an object").remove(name);
        self.refused(&self.proof(&self.header(), &claims), fault).await;
    }

    async fn refused_under(&self, header: &Value, fault: ProofFault) {
        self.refused(&self.proof(header, &self.claims("spoilt")), fault).await;
    }
}

/// What a proof says of a token (`ath`): a digest in the form of thumbprints.
fn hash(token: &str) -> String {
    Thumbprint::of_certificate(token.as_bytes()).to_string()
}

fn header(key: &dyn Sign) -> Value {
    let mut jwk = key.public_jwk();
    for name in ["kid", "alg", "use"] {
        jwk.as_object_mut().expect("an object").remove(name);
    }
    json!({"typ": "dpop+jwt", "alg": key.algorithm().as_str(), "jwk": jwk})
}

#[tokio::test]
async fn each_request_proves_anew_what_the_verdict_remembers() {
    let ed25519: Box<dyn Sign> = Box::new(Ed25519Key::generate().expect("the system has randomness"));
    for rig in [Rig::new().await, Rig::of(ed25519).await] {
        for name in ["one", "two"] {
            let caller = rig.send(&[&rig.good(name)]).await.expect("a good proof");
            assert!(caller.confirmation.key.is_some() && !caller.claims.contains_key("cnf"));
        }
        let missing = Err(CredentialError::Proof(ProofFault::Absent));
        assert_eq!(rig.send(&[]).await, missing, "the token is remembered; its sender isn't");
    }
}

#[tokio::test]
async fn a_bound_token_is_no_bearer_token() {
    let rig = Rig::new().await;
    let proof = rig.good("one");
    for proofs in [&[][..], &[proof.as_str()]] {
        assert_eq!(rig.send_as("Bearer", &rig.token, proofs).await, Err(CredentialError::BoundToKey));
    }
    let nobody_proves = verify(&rig.verifier, &rig.token).await;
    assert_eq!(nobody_proves, Err(CredentialError::SenderConstrained));
    let bearer = forge(&rig.issuer, &good_header(&rig.issuer), &good_claims());
    assert_eq!(rig.send_as("DPoP", &bearer, &[&proof]).await, Err(CredentialError::NotBoundToKey));
    rig.send_as("Bearer", &bearer, &[]).await.expect("it is bound to nothing");
    rig.send_as("dpop", &rig.token, &[&proof]).await.expect("schemes have no case");
}

#[tokio::test]
async fn a_replayed_proof() {
    let rig = Rig::new().await;
    let proof = rig.good("one");
    rig.send(&[&proof]).await.expect("a good proof");
    for _ in 0..60 {
        assert_eq!(rig.send(&[&proof]).await, Err(CredentialError::Proof(ProofFault::Replayed)));
        rig.clock.advance(1);
    }
    rig.clock.advance(1);
    assert_eq!(rig.send(&[&proof]).await, Err(CredentialError::Proof(ProofFault::NotNow)));
}

#[tokio::test]
async fn a_proof_for_another_method_or_address() {
    let rig = Rig::new().await;
    for method in ["GET", "post", ""] {
        rig.refused_with("htm", json!(method), ProofFault::OtherMethod).await;
    }
    for address in [
        "https://yimen.example/call/1/other",
        "https://elsewhere.example/call/1/apply",
        "http://yimen.example/call/1/apply",
        "https://yimen.example/call/1/apply?a=1",
        "https://yimen.example/call/1/apply#a",
        "/call/1/apply",
    ] {
        rig.refused_with("htu", json!(address), ProofFault::OtherAddress).await;
    }
}

#[tokio::test]
async fn a_proof_with_another_key() {
    let rig = Rig::new().await;
    let theirs = Es256Key::generate().expect("the system has randomness");
    let proof = forge(&theirs, &header(&theirs), &rig.claims("theirs"));
    rig.refused(&proof, ProofFault::OtherKey).await;
    let error = CredentialError::Proof(ProofFault::OtherKey);
    assert!(error.www_authenticate().expect("a challenge").contains(r#"error="invalid_token""#));
    // Mine in the header, theirs in the signature.
    rig.refused(&forge(&theirs, &rig.header(), &rig.claims("mixed")), ProofFault::Signature).await;
    let (signed, _) = proof.rsplit_once('.').expect("three parts");
    rig.refused(&format!("{signed}."), ProofFault::OtherKey).await;
    let bare = unsigned(&rig.header(), &rig.claims("bare"));
    rig.refused(&format!("{bare}."), ProofFault::Signature).await;
}

#[tokio::test]
async fn a_proof_of_another_time() {
    let rig = Rig::new().await;
    for off in [-61, 61, -3600] {
        rig.refused_with("iat", json!(START + off), ProofFault::NotNow).await;
    }
    for nonsense in [json!(START.to_string()), json!(null), json!(1e300)] {
        rig.refused_with("iat", nonsense, ProofFault::Malformed).await;
    }
    for off in [-60, 60] {
        let claims = with(rig.claims(&off.to_string()), "iat", json!(START + off));
        rig.send(&[&rig.proof(&rig.header(), &claims)]).await.expect("within the window");
    }
}

#[tokio::test]
async fn a_proof_for_another_token() {
    let rig = Rig::new().await;
    rig.refused_without("ath", ProofFault::OtherToken).await;
    rig.refused_with("ath", json!(hash("another token")), ProofFault::OtherToken).await;
}

#[tokio::test]
async fn a_proof_that_says_too_little_or_is_too_long() {
    let rig = Rig::new().await;
    for name in ["jti", "htm", "htu", "iat"] {
        rig.refused_without(name, ProofFault::Malformed).await;
    }
    rig.refused_with("jti", json!(""), ProofFault::Malformed).await;
    rig.refused_with("jti", json!("x".repeat(256)), ProofFault::Malformed).await;
    rig.refused_with("more", json!("x".repeat(4096)), ProofFault::Malformed).await;
    for nonsense in ["", "a.b.c", "nonsense", "é"] {
        rig.refused(nonsense, ProofFault::Malformed).await;
    }
}

#[tokio::test]
async fn a_proof_under_another_header() {
    let rig = Rig::new().await;
    for typ in ["JWT", "at+jwt"] {
        rig.refused_under(&with(rig.header(), "typ", json!(typ)), ProofFault::WrongType).await;
    }
    for alg in ["none", "HS256", "ES384", "RS256", "es256"] {
        rig.refused_under(&with(rig.header(), "alg", json!(alg)), ProofFault::Algorithm).await;
    }
    rig.refused_under(&with(rig.header(), "crit", json!(["b64"])), ProofFault::CriticalHeader).await;
    rig.refused_under(&with(rig.header(), "alg", json!("EdDSA")), ProofFault::Key).await;
    let mut keyless = rig.header();
    keyless.as_object_mut().expect("an object").remove("jwk");
    rig.refused_under(&keyless, ProofFault::Malformed).await;
}

#[tokio::test]
async fn a_proof_by_a_shared_secret() {
    let rig = Rig::new().await;
    let mut header = Header::new(jsonwebtoken::Algorithm::HS256);
    header.typ = Some("dpop+jwt".to_owned());
    let secret = EncodingKey::from_secret(b"secret");
    let signed = jsonwebtoken::encode(&header, &rig.claims("shared"), &secret).expect("a token");
    let (_, rest) = signed.split_once('.').expect("three parts");
    let symmetric = json!({"typ": "dpop+jwt", "alg": "HS256", "jwk": {"kty": "oct", "k": "c2VjcmV0"}});
    let proof = format!("{}.{rest}", URL_SAFE_NO_PAD.encode(symmetric.to_string()));
    rig.refused(&proof, ProofFault::Algorithm).await;
    let disguised = with(symmetric, "alg", json!("ES256"));
    let proof = format!("{}.{rest}", URL_SAFE_NO_PAD.encode(disguised.to_string()));
    rig.refused(&proof, ProofFault::Key).await;
}

#[tokio::test]
async fn a_proof_that_shows_a_private_key() {
    let rig = Rig::new().await;
    for name in ["d", "k", "p"] {
        let mut header = rig.header();
        header["jwk"][name] = json!("c2VjcmV0");
        rig.refused_under(&header, ProofFault::Key).await;
    }
}

#[tokio::test]
async fn two_proofs() {
    let rig = Rig::new().await;
    let (one, two) = (rig.good("one"), rig.good("two"));
    let repeated = Err(CredentialError::Proof(ProofFault::Repeated));
    assert_eq!(rig.send(&[&one, &two]).await, repeated);
    assert_eq!(rig.send(&[&one, &one]).await, repeated);
    rig.send(&[&one]).await.expect("neither was used up");
}

#[tokio::test]
async fn where_no_address_is_known_nobody_proves_anything() {
    let (folder, clock) = (tempfile::tempdir().expect("a temporary folder"), SetClock::new());
    let issuer = Es256Key::generate().expect("the system has randomness");
    let verifier = verifier_with_file(folder.path(), &jwks(&[&issuer]), &clock).await;
    let sender = Sender { method: "GET", path: "/", proof: ProofField::Absent, certificate: None };
    let refused = verifier.verify_sent([&b"DPoP a.b.c"[..]], sender).await;
    assert_eq!(refused, Err(CredentialError::UnsupportedScheme));
    assert_eq!(verifier.verify([&b"DPoP a.b.c"[..]]).await, Err(CredentialError::UnsupportedScheme));
}

#[tokio::test]
async fn a_token_of_a_certificate_comes_with_that_certificate_alone() {
    let rig = Rig::new().await;
    let mine = Thumbprint::of_certificate(b"mine");
    let claims = with(good_claims(), "cnf", json!({"x5t#S256": mine.to_string()}));
    let token = format!("Bearer {}", forge(&rig.issuer, &good_header(&rig.issuer), &claims));
    let shown = |certificate| Sender { method: "GET", path: "/", proof: ProofField::Absent, certificate };
    for other in [None, Some(Thumbprint::of_certificate(b"theirs"))] {
        let refused = rig.verifier.verify_sent([token.as_bytes()], shown(other)).await;
        assert_eq!(refused, Err(CredentialError::BoundToCertificate));
    }
    let caller = rig.verifier.verify_sent([token.as_bytes()], shown(Some(mine))).await.expect("mine");
    assert_eq!(caller.confirmation, Confirmation { key: None, certificate: Some(mine) });
}

#[tokio::test]
async fn a_token_of_both_needs_both() {
    let rig = Rig::new().await;
    let mine = Thumbprint::of_certificate(b"mine");
    let cnf = json!({"x5t#S256": mine.to_string(), "jkt": rig.sender.key_id()});
    let token = forge(&rig.issuer, &good_header(&rig.issuer), &with(good_claims(), "cnf", cnf));
    let proof = rig.proof(&rig.header(), &with(rig.claims("one"), "ath", json!(hash(&token))));
    let field = format!("DPoP {token}");
    let proof = ProofField::One(proof.as_bytes());
    let sender = Sender { method: "POST", path: PATH, proof, certificate: None };
    let send = |sender| rig.verifier.verify_sent([field.as_bytes()], sender);
    assert_eq!(send(sender).await, Err(CredentialError::BoundToCertificate));
    let with_certificate = Sender { certificate: Some(mine), ..sender };
    let bare = Sender { proof: ProofField::Absent, ..with_certificate };
    assert_eq!(send(bare).await, Err(CredentialError::Proof(ProofFault::Absent)));
    send(with_certificate).await.expect("both");
}

#[test]
fn a_missing_proof_is_the_callers_fault_and_a_full_memory_is_ours() {
    assert_eq!(CredentialError::Proof(ProofFault::Absent).fault(), Fault::Proof);
    assert_eq!(CredentialError::ProofsExhausted.fault(), Fault::Provider);
    assert_eq!(CredentialError::ProofsExhausted.www_authenticate(), None);
}
