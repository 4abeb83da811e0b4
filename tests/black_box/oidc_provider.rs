//! The npm package `oidc-provider`, a certified OpenID provider that others wrote, as the issuer of citizens' tokens.

mod rig;

use serde_json::json;

use self::rig::{Client, JWT, OPAQUE, Rig};
use crate::client::until;
use crate::prover::Prover;

#[tokio::test]
async fn keys_are_discovered_and_follow_the_provider_s() {
    let Some(rig) = Rig::start(json!({}), Client::Secret).await else { return };
    let first = rig.provider.own_token(JWT).await;
    rig.call(&first).await.expect(200);

    rig.provider.change_keys("rotate").await;
    let second = rig.provider.own_token(JWT).await;
    rig.call(&second).await.expect(200);
    rig.call(&first).await.expect(200);

    rig.provider.change_keys("withdraw").await;
    let third = rig.provider.own_token(JWT).await;
    rig.call(&third).await.expect(200);
    for withdrawn in [first, second] {
        let refused = until("its key is withdrawn", async || {
            let answer = rig.call(&withdrawn).await;
            (answer.status != 200).then_some(answer)
        })
        .await;
        assert_eq!(refused.problem(401), "token-key");
    }
    rig.call(&third).await.expect(200);
}

#[tokio::test]
async fn opaque_tokens_are_asked_about_until_they_are_withdrawn() {
    for client in [Client::Secret, Client::Key] {
        let Some(rig) = Rig::start(json!({}), client).await else { return };
        let token = rig.provider.own_token(OPAQUE).await;
        assert!(!token.contains('.'), "it says nothing by itself");
        rig.call(&token).await.expect(200);
        assert_eq!(rig.call("nobody-s-token").await.problem(401), "token-inactive");

        rig.provider.withdraw(&token).await;
        let refused = until("it is withdrawn", async || {
            let answer = rig.call(&token).await;
            (answer.status != 200).then_some(answer)
        })
        .await;
        assert_eq!(refused.problem(401), "token-inactive");
    }
}

#[tokio::test]
async fn a_citizen_steps_up_as_the_challenge_asks() {
    let Some(rig) = Rig::start(json!({"assurance": "high"}), Client::Secret).await else { return };
    for resource in [JWT, OPAQUE] {
        let weak = rig.provider.sign_in(resource, "low").await;
        let refused = rig.call(&weak).await;
        assert_eq!(refused.problem(401), "insufficient-user-authentication");
        let challenge = refused.header("www-authenticate").expect("a challenge");
        let asked = challenge.split("acr_values=\"").nth(1).and_then(|rest| rest.split('"').next());
        let strong = rig.provider.sign_in(resource, asked.expect("levels")).await;
        rig.call(&strong).await.expect(200);
    }
}

#[tokio::test]
async fn tokens_that_it_binds_to_a_key_come_with_proofs_alone() {
    let Some(rig) = Rig::start(json!({}), Client::Secret).await else { return };
    for resource in [JWT, OPAQUE] {
        let prover = Prover::new();
        let token = rig.provider.bound_token(resource, &prover).await;
        for _ in 0..2 {
            rig.prove(&token, &prover).await.expect(200);
        }
        assert_eq!(rig.call(&token).await.problem(401), "token-bound-to-key", "{resource}");
        assert_eq!(rig.prove(&token, &Prover::new()).await.problem(401), "dpop-key", "{resource}");
        let free = rig.provider.own_token(resource).await;
        rig.call(&free).await.expect(200);
    }
}
