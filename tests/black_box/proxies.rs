//! What a department's service is told of the way that a call took.

use tokio::io::AsyncWriteExt;

use crate::binary::Demo;
use crate::staff::callable;
use crate::stand_in::RawStandIn;

/// What the client, or a proxy, says.
const SAID: [(&str, &str); 4] = [
    ("x-forwarded-for", "192.0.2.66, 198.51.100.7"),
    ("x-forwarded-host", "hangzhou.test"),
    ("x-forwarded-proto", "https"),
    ("x-real-ip", "192.0.2.66"),
];

/// The lines by which the department learns of the way.
async fn told(demo: &Demo) -> Vec<String> {
    demo.approve_channel().await;
    let stand_in = RawStandIn::start().await;
    let entry = demo.adopt(&callable("来路核验登记", "330106", &stand_in.base_url)).await;
    let call = SAID.iter().fold(demo.call(&entry, "/x"), |call, (name, value)| call.header(name, value));
    let department = async {
        let (mut call, head) = stand_in.accept_with_head().await;
        call.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.expect("the gateway listens");
        head
    };
    let (answer, head) = tokio::join!(call.send(), department);
    answer.expect(204);
    let way =
        |line: &&str| ["forwarded:", "x-forwarded-", "x-real-ip"].iter().any(|name| line.starts_with(name));
    let mut lines: Vec<_> = head.lines().filter(way).map(str::to_owned).collect();
    lines.sort();
    lines
}

#[tokio::test]
async fn a_stranger_is_not_believed() {
    let demo = Demo::serve("[gateway]\ntrusted_proxies = [\"10.0.0.0/8\"]\n");
    let host = demo.url("").trim_start_matches("http://").to_owned();
    assert_eq!(
        told(&demo).await,
        [
            format!("forwarded: for=127.0.0.1;host=\"{host}\";proto=http"),
            "x-forwarded-for: 127.0.0.1".to_owned(),
            format!("x-forwarded-host: {host}"),
            "x-forwarded-proto: http".to_owned(),
        ]
    );
}

#[tokio::test]
async fn a_trusted_proxy_is_believed_as_far_as_it_has_seen() {
    let demo = Demo::serve("[gateway]\ntrusted_proxies = [\"127.0.0.0/8\"]\n");
    assert_eq!(
        told(&demo).await,
        [
            "forwarded: for=198.51.100.7;host=\"hangzhou.test\";proto=https, for=127.0.0.1",
            "x-forwarded-for: 198.51.100.7, 127.0.0.1",
            "x-forwarded-host: hangzhou.test",
            "x-forwarded-proto: https",
        ]
    );
}
