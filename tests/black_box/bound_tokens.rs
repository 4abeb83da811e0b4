//! Tokens that are bound to their sender's key (DPoP, RFC 9449), and channels that take no others.

use identity::{DevelopmentIssuer, TokenRequest};
use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;

use crate::binary::Demo;
use crate::client::{Answer, Ask, text, until};
use crate::prover::Prover;
use crate::serving::{CHANNEL, issuer};
use crate::staff::{AUDIENCE, callable};
use crate::stand_in::{RawStandIn, StandIn};

/// How clients reach the gateway, as it is told; the tests come by its own address.
const PUBLIC: &str = "https://yimen.test";

/// A gateway, and its issuer.
struct Rig {
    demo: Demo,
    issuer: DevelopmentIssuer,
}

impl Rig {
    async fn start() -> Self {
        let issuer = issuer();
        let folder = TempDir::new().expect("a folder");
        let demo = Demo::serve_for(&issuer, folder, &format!("public_url = \"{PUBLIC}\"\n"));
        demo.approve_channel().await;
        Self { demo, issuer }
    }

    /// A citizen's token through a channel, bound to something.
    fn token(&self, channel: &str, confirmation: Value) -> String {
        let mut request = TokenRequest::new("somebody", AUDIENCE, channel);
        request.claims.insert("cnf".to_owned(), confirmation);
        self.issuer.token(request, Timestamp::now()).expect("the key signs")
    }

    fn channel(&self) -> String {
        format!("/registry/v1/channels/{CHANNEL}")
    }

    /// The channel's revision at a position.
    async fn revision(&self, position: &str) -> String {
        let read = self.demo.get(&self.channel()).bearer(self.demo.token("operator"));
        let read = read.at(position).send().await;
        read.expect(200);
        read.header("etag").expect("a revision").to_owned()
    }

    /// Changes what the channel's senders have to prove, as an operator who has seen everything up to a position.
    async fn constrain(&self, constraint: &str, position: &str) -> Answer {
        let path = format!("{}/sender-constraint", self.channel());
        let revision = self.revision(position).await;
        let put = self.demo.put(&path, self.demo.token("operator")).header("if-match", &revision);
        put.json(&json!({"constraint": constraint})).await
    }

    async fn approve(&self, by: &str) -> Answer {
        self.demo.post(&format!("{}/approval", self.channel()), self.demo.token(by)).send().await
    }
}

fn assert_challenge(answer: &Answer, error: &str) {
    let challenge = answer.header("www-authenticate").expect("a challenge");
    assert!(challenge.starts_with("DPoP ") && challenge.contains("algs=\"ES256 EdDSA\""), "{challenge}");
    assert!(challenge.contains(&format!("error=\"{error}\"")), "{challenge}");
}

#[tokio::test]
async fn each_call_is_proved_and_the_proof_stays_at_the_gateway() {
    let rig = Rig::start().await;
    let stand_in = RawStandIn::start().await;
    let entry = rig.demo.adopt(&callable("持有证明登记", "330106", &stand_in.base_url)).await;
    let path = format!("/call/{entry}/x");
    let prover = Prover::new();
    let token = rig.token(CHANNEL, prover.confirmation());
    let proof = prover.proof("GET", &format!("{PUBLIC}{path}"), Some(&token));
    let call = || rig.demo.get(&format!("{path}?a=1"));

    let department = async {
        let (mut call, head) = stand_in.accept_with_head().await;
        call.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.expect("the gateway listens");
        head.to_lowercase()
    };
    let (answer, head) = tokio::join!(call().bound(&token, &proof).send(), department);
    answer.expect(204);
    assert!(head.contains("yimen-assertion: "), "{head}");
    assert!(!head.contains("dpop") && !head.contains(&proof.to_lowercase()), "{head}");

    let replayed = call().bound(&token, &proof).send().await;
    assert_eq!(replayed.problem(401), "dpop-proof-replayed");
    assert_challenge(&replayed, "invalid_dpop_proof");
    let new = |method: &str, url: &str| prover.proof(method, url, Some(&token));
    let good = format!("{PUBLIC}{path}");
    for (reason, proof) in [
        ("another address of the gateway", new("GET", &rig.demo.url(&path))),
        ("with the query", new("GET", &format!("{good}?a=1"))),
        ("another method", new("POST", &good)),
        ("another token", prover.proof("GET", &good, Some("another"))),
        ("no token", prover.proof("GET", &good, None)),
    ] {
        let refused = call().bound(&token, &proof).send().await;
        assert_eq!(refused.problem(401), "dpop-proof", "{reason}");
        assert_challenge(&refused, "invalid_dpop_proof");
    }
    let twice = call().bound(&token, &new("GET", &good)).header("dpop", &new("GET", &good)).send().await;
    assert_eq!(twice.problem(401), "dpop-proof");
    let theirs = Prover::new().proof("GET", &good, Some(&token));
    let stolen = call().bound(&token, &theirs).send().await;
    assert_eq!(stolen.problem(401), "dpop-key");
    assert_challenge(&stolen, "invalid_token");
}

#[tokio::test]
async fn a_bound_token_is_never_taken_without_its_proof() {
    let rig = Rig::start().await;
    let stand_in = StandIn::named("department").await;
    let entry = rig.demo.adopt(&callable("持有证明登记", "330106", &stand_in.base_url)).await;
    let path = format!("/call/{entry}/x");
    let token = rig.token(CHANNEL, Prover::new().confirmation());
    let bearer = rig.demo.get(&path).bearer(&token).send().await;
    assert_eq!(bearer.problem(401), "token-bound-to-key");
    assert_challenge(&bearer, "invalid_token");
    let unproved = rig.demo.get(&path).header("authorization", &format!("DPoP {token}")).send().await;
    assert_eq!(unproved.problem(401), "dpop-proof");
    let unbound = rig.demo.token("citizen");
    let proof = Prover::new().proof("GET", &format!("{PUBLIC}{path}"), Some(unbound));
    assert_eq!(rig.demo.get(&path).bound(unbound, &proof).send().await.problem(401), "token-not-bound");
    // The registry takes no proofs, and so no such tokens.
    let registry = || rig.demo.get("/registry/v1/channels");
    assert_eq!(registry().bearer(&token).send().await.problem(401), "token-sender-constrained");
    assert_eq!(registry().bound(&token, &proof).send().await.problem(401), "authorization-scheme");
    assert_eq!(stand_in.calls(), 0);
}

#[tokio::test]
async fn a_channel_takes_only_tokens_that_are_bound_as_it_says() {
    let rig = Rig::start().await;
    let stand_in = StandIn::named("department").await;
    let entry = rig.demo.adopt(&callable("持有证明登记", "330106", &stand_in.base_url)).await;
    let path = format!("/call/{entry}/x");
    let prover = Prover::new();
    let token = rig.token(CHANNEL, prover.confirmation());
    let bearer = || rig.demo.get(&path).bearer(rig.demo.token("citizen"));
    let proved = || -> Ask {
        let proof = prover.proof("GET", &format!("{PUBLIC}{path}"), Some(&token));
        rig.demo.get(&path).bound(&token, &proof)
    };
    bearer().send().await.expect(200);
    proved().send().await.expect(200);

    // Calls were carried, so that the channel's approval can be read.
    let strict = rig.constrain("dpop", "0000000000000000").await.position();
    let refused = until("the channel takes no other tokens", async || {
        let answer = bearer().send().await;
        (answer.status != 200).then_some(answer)
    })
    .await;
    assert_eq!(refused.problem(401), "channel-requires-dpop");
    assert_challenge(&refused, "invalid_token");
    proved().send().await.expect(200);
    let shown = rig.demo.get(&rig.channel()).bearer(rig.demo.token("operator")).send().await.expect(200);
    assert_eq!(text(&shown["filing"]["senderConstraint"]), "dpop");

    // Less is asked for only once somebody else approves it.
    assert_eq!(rig.constrain("none", &strict).await.problem(409), "wrong-state");
    let suspension = format!("{}/suspension", rig.channel());
    let why = json!({"reason": "更换终端"});
    let suspended = rig.demo.post(&suspension, rig.demo.token("operator")).json(&why).await.position();
    rig.constrain("mtls", &suspended).await.position();
    assert_eq!(rig.approve("operator").await.problem(403), "four-eyes");
    rig.approve("reviewer").await.position();
    let refused = until("the channel calls again", async || {
        let answer = proved().send().await;
        (answer.status != 403).then_some(answer)
    })
    .await;
    assert_eq!(refused.problem(401), "channel-requires-certificate");
}

#[tokio::test]
async fn a_channel_is_filed_with_what_its_senders_prove() {
    let rig = Rig::start().await;
    let stand_in = StandIn::named("department").await;
    let entry = rig.demo.adopt(&callable("持有证明登记", "330106", &stand_in.base_url)).await;
    let filing = json!({
        "name": {"zh-CN": "测试渠道"}, "kind": "app", "owner": {"zh-CN": "测试主办单位"}, "senderConstraint": "dpop",
    });
    let file = json!({"id": "strict-app", "filing": filing});
    rig.demo.post("/registry/v1/channels", rig.demo.token("operator")).json(&file).await.expect(201);
    let approval = "/registry/v1/channels/strict-app/approval";
    rig.demo.post(approval, rig.demo.token("reviewer")).send().await.position();
    let request = TokenRequest::new("somebody", AUDIENCE, "strict-app");
    let bearer = rig.issuer.token(request, Timestamp::now()).expect("the key signs");
    let path = format!("/call/{entry}/x");
    let refused = until("the channel is approved", async || {
        let answer = rig.demo.get(&path).bearer(&bearer).send().await;
        (answer.status != 403).then_some(answer)
    })
    .await;
    assert_eq!(refused.problem(401), "channel-requires-dpop");
    let prover = Prover::new();
    let token = rig.token("strict-app", prover.confirmation());
    let proof = prover.proof("GET", &format!("{PUBLIC}{path}"), Some(&token));
    rig.demo.get(&path).bound(&token, &proof).send().await.expect(200);
}
