//! Tokens of an issuer that signs with SM2 (GM/T 0003, under the name of GM/T 0125).

use yimen_identity::{Algorithm, CredentialError, Es256Key, JwksSource, Sign, Sm2Key, Verifier};

use crate::support::{SetClock, forge, good_claims, good_header, jwks, trusting, verify, with};

/// A verifier of an issuer with these keys that signs with these algorithms.
async fn verifier(keys: &[&dyn Sign], algorithms: &[Algorithm]) -> (Verifier, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("jwks.json");
    std::fs::write(&path, jwks(keys).to_string()).expect("a writable folder");
    let mut config = trusting(JwksSource::File(path));
    config.issuers[0].algorithms = algorithms.to_vec();
    (Verifier::open(config, SetClock::new().clock()).await.expect("a good configuration"), folder)
}

#[tokio::test]
async fn are_taken_where_the_issuer_is_said_to_sign_so_and_nowhere_else() {
    let (key, other) = (Sm2Key::generate().expect("randomness"), Sm2Key::generate().expect("randomness"));
    let token = forge(&key, &good_header(&key), &good_claims());
    let (allowed, _folder) = verifier(&[&key], &[Algorithm::SM2]).await;
    assert_eq!(verify(&allowed, &token).await.expect("a good token").subject, "citizen-1");
    let (refused, _folder) = verifier(&[&key], &[Algorithm::ES256]).await;
    assert_eq!(verify(&refused, &token).await, Err(CredentialError::AlgorithmRefused));
    let stranger = forge(&other, &good_header(&other), &good_claims());
    assert_eq!(verify(&allowed, &stranger).await, Err(CredentialError::UnknownKey));
    let misnamed = forge(&other, &good_header(&key), &good_claims());
    assert_eq!(verify(&allowed, &misnamed).await, Err(CredentialError::BadSignature));
}

#[tokio::test]
async fn a_key_of_one_curve_serves_no_algorithm_of_another() {
    let (sm2, es256) = (Sm2Key::generate().expect("randomness"), Es256Key::generate().expect("randomness"));
    let (verifier, _folder) = verifier(&[&sm2, &es256], &[Algorithm::SM2, Algorithm::ES256]).await;
    for (key, name) in [(&sm2 as &dyn Sign, "ES256"), (&es256, "SGD_SM3_SM2")] {
        let header = with(good_header(key), "alg", name.into());
        let token = forge(key, &header, &good_claims());
        assert_eq!(verify(&verifier, &token).await, Err(CredentialError::AlgorithmRefused), "{name}");
    }
}
