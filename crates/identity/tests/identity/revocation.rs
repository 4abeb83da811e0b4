//! Who is revoked is refused at once, remembered or not, and accepted again when that is lifted.

use std::collections::HashSet;

use serde_json::json;
use yimen_identity::{CredentialError, Es256Key, PseudonymSecret, Revocations, Verifier};

use crate::support::{
    ISSUER, SetClock, forge, good_claims, good_header, jwks, verifier_with_file, verify, with,
};

struct House {
    verifier: Verifier,
    revocations: Revocations,
    key: Es256Key,
    _folder: tempfile::TempDir,
}

impl House {
    async fn open() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let key = Es256Key::generate().expect("the system has randomness");
        let secret = PseudonymSecret::generate().expect("the system has randomness");
        let revocations = Revocations::new(secret, [ISSUER.to_owned()]);
        let verifier = verifier_with_file(folder.path(), &jwks(&[&key]), &SetClock::new()).await;
        let verifier = verifier.with_revocations(revocations.clone());
        Self { verifier, revocations, key, _folder: folder }
    }

    fn token(&self, subject: &str, id: &str) -> String {
        let claims = with(with(good_claims(), "sub", json!(subject)), "jti", json!(id));
        forge(&self.key, &good_header(&self.key), &claims)
    }

    async fn refused(&self, token: &str) -> bool {
        match verify(&self.verifier, token).await {
            Ok(_) => false,
            Err(error) => {
                assert_eq!(error, CredentialError::Revoked);
                true
            }
        }
    }
}

#[tokio::test]
async fn a_revoked_subject_is_refused_with_every_token_until_it_is_lifted() {
    let house = House::open().await;
    let (known, other) = (house.token("citizen-1", "a"), house.token("citizen-2", "b"));
    assert!(!house.refused(&known).await && !house.refused(&other).await, "remembered from now on");

    let mark = house.revocations.mark_of_subject(ISSUER, "citizen-1").expect("a mark");
    house.revocations.replace(HashSet::from([mark]));
    assert!(house.refused(&known).await, "a remembered verdict");
    assert!(house.refused(&house.token("citizen-1", "c")).await, "a token that was never seen");
    assert!(!house.refused(&other).await);

    house.revocations.replace(HashSet::new());
    assert!(!house.refused(&known).await);
}

#[tokio::test]
async fn a_revoked_token_is_refused_alone() {
    let house = House::open().await;
    let (one, two) = (house.token("citizen-1", "a"), house.token("citizen-1", "b"));
    let mark = house.revocations.mark_of_token(ISSUER, "a").expect("a mark");
    house.revocations.replace(HashSet::from([mark]));
    assert!(house.refused(&one).await);
    assert!(house.refused(&one).await, "from memory, too");
    assert!(!house.refused(&two).await);
}

#[tokio::test]
async fn a_mark_is_one_issuers_one_kinds_and_one_gateways() {
    let house = House::open().await;
    let marks = &house.revocations;
    let mark = marks.mark_of_subject(ISSUER, "a").expect("a mark");
    assert_eq!(mark, marks.mark_of_subject(ISSUER, "a").expect("a mark"));
    assert_ne!(mark, marks.mark_of_token(ISSUER, "a").expect("a mark"));
    assert_ne!(mark, marks.mark_of_subject("https://other.example", "a").expect("a mark"));
    let elsewhere = House::open().await.revocations;
    assert_ne!(mark, elsewhere.mark_of_subject(ISSUER, "a").expect("a mark"), "nobody tries subjects out");
    assert!(marks.concern(ISSUER) && !marks.concern("https://other.example"));
}
