//! What was authorised is what is sent.

use crate::backends::EchoBackend;
use crate::rig::Rig;

const HOSTILE: &str = include_str!("../corpus/hostile-paths.txt");

#[tokio::test]
async fn hostile_paths_never_reach_a_backend() {
    let backend = EchoBackend::start().await;
    let (rig, entry) = Rig::to(&backend.base_url()).await;
    for path in HOSTILE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let answer = rig.raw(&format!("GET /call/{entry}{path} HTTP/1.1"), &[]).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{path}: {answer}");
        assert!(answer.contains("urn:yimen:problem:malformed-path"), "{path}: {answer}");
    }
    assert_eq!(backend.calls(), 0);
}

#[tokio::test]
async fn path_and_query_arrive_byte_for_byte() {
    let backend = EchoBackend::start().await;
    let (rig, entry) = Rig::to(&backend.base_url()).await;
    for (sent, arrived) in [
        ("/echo?a=%20+b&&c", "/base/echo?a=%20+b&&c"),
        ("/echo?a=/../b&c=%2e%2E%2f", "/base/echo?a=/../b&c=%2e%2E%2f"),
        ("/echo?", "/base/echo?"),
        ("/echo?a?b", "/base/echo?a?b"),
        ("/%E5%8a%9e%7Euser//x;v=1/", "/base/%E5%8a%9e%7Euser//x;v=1/"),
        ("/", "/base/"),
        ("", "/base"),
        ("?q=1", "/base?q=1"),
    ] {
        let answer = rig.raw(&format!("GET /call/{entry}{sent} HTTP/1.1"), &[]).await;
        assert!(answer.contains(&format!(r#""target":"{arrived}""#)), "{sent}: {answer}");
    }
}
