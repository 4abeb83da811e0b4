//! How many calls a caller, and a channel, may make.

use crate::binary::Demo;
use crate::client::Answer;
use crate::staff::callable;
use crate::stand_in::StandIn;

#[tokio::test]
async fn a_caller_and_a_channel_get_what_they_may_have() {
    let demo = Demo::serve(
        "[gateway.rate_limits]\nper_caller = { calls = 3, within = \"1h\" }\n\
         per_channel = { calls = 5, within = \"1h\" }\n",
    );
    demo.approve_channel().await;
    let stand_in = StandIn::named("限").await;
    let entry = demo.adopt(&callable("限流测试登记", "330106", &stand_in.base_url)).await;
    let call = async |who: &str| -> Answer {
        demo.get(&format!("/call/{entry}/x")).bearer(demo.token(who)).send().await
    };
    let left = |answer: &Answer| {
        answer.expect(200);
        let policy = answer.header("ratelimit-policy");
        assert_eq!(policy, Some("\"caller\";q=3;w=3600, \"channel\";q=5;w=3600"));
        answer.header("ratelimit").expect("it is told").to_owned()
    };
    let remaining = async |who: &str| {
        let told = left(&call(who).await);
        told.split(", ").map(|part| part.split(';').nth(1).expect("r").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(remaining("citizen").await, ["r=2", "r=4"]);
    assert_eq!(remaining("citizen").await, ["r=1", "r=3"]);
    assert_eq!(remaining("citizen").await, ["r=0", "r=2"]);

    let refused = call("citizen").await;
    assert_eq!(refused.problem(429), "rate-limited");
    assert!(refused.header("ratelimit").is_some_and(|left| left.starts_with("\"caller\";r=0;t=")));
    let wait: u64 = refused.header("retry-after").and_then(|text| text.parse().ok()).expect("seconds");
    assert!((1100..=1201).contains(&wait), "a third of an hour, not {wait} s");

    // Another caller has a bucket of their own, but not another channel.
    assert_eq!(remaining("neighbour").await, ["r=2", "r=1"]);
    assert_eq!(remaining("neighbour").await, ["r=1", "r=0"]);
    assert_eq!(call("neighbour").await.problem(429), "rate-limited");
    assert_eq!(stand_in.calls(), 5, "what is refused reaches nobody");

    // Who isn't known has no bucket.
    let nobody = demo.get(&format!("/call/{entry}/x")).send().await;
    assert_eq!(nobody.problem(401), "credentials-absent");
}
