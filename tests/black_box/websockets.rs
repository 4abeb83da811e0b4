//! WebSockets (RFC 6455) through the gateway: a tunnel stands only after the backend's 101, and is a call like any other.

use std::process::Command;
use std::sync::{Arc, Mutex};

use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::http::HeaderMap;
use tokio_tungstenite::tungstenite::{ClientRequestBuilder, Error, Message};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async, client_async};

use crate::binary::Demo;
use crate::city::busy;
use crate::client::{ask, until};
use crate::raw::{answers, connect, until_end};
use crate::serving::CHANNEL;
use crate::staff::callable;
use crate::stand_in::{RawStandIn, StandIn};

const SWITCHING: &str = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\
                         Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// A stand-in for a department's WebSocket: it says back what it is told, and keeps the fields that it was asked with.
struct EchoStandIn {
    base_url: String,
    asked: Arc<Mutex<Option<(String, HeaderMap)>>>,
    serving: JoinHandle<()>,
}

impl EchoStandIn {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base_url = format!("http://{}", listener.local_addr().expect("it has an address"));
        let asked = Arc::new(Mutex::new(None));
        let kept = Arc::clone(&asked);
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let kept = Arc::clone(&kept);
                tokio::spawn(async move {
                    #[expect(clippy::result_large_err, reason = "the library's own signature")]
                    let keep = |request: &Request, response: Response| {
                        let asked = (request.uri().to_string(), request.headers().clone());
                        *kept.lock().expect("nobody panics with it") = Some(asked);
                        Ok(response)
                    };
                    let Ok(mut socket) = accept_hdr_async(stream, keep).await else { return };
                    while let Some(Ok(message)) = socket.next().await {
                        if (message.is_text() || message.is_binary()) && socket.send(message).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Self { base_url, asked, serving }
    }
}

impl Drop for EchoStandIn {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn open(demo: &Demo, entry: &str, path: &str) -> Result<WebSocketStream<tokio::net::TcpStream>, Error> {
    let stream = connect(&demo.url("")).await;
    let target = demo.url(&format!("/call/{entry}{path}")).replacen("http", "ws", 1);
    let request = ClientRequestBuilder::new(target.parse().expect("a target"))
        .with_header("Authorization", format!("Bearer {}", demo.token("citizen")))
        .with_header("Yimen-Assertion", "forged");
    client_async(request, stream).await.map(|(socket, _)| socket)
}

async fn echoes(socket: &mut WebSocketStream<tokio::net::TcpStream>, message: Message) {
    socket.send(message.clone()).await.expect("the tunnel stands");
    let back = socket.next().await.expect("an echo").expect("a message");
    assert_eq!(back, message);
}

/// The head of a request for a WebSocket, written by hand.
fn request(demo: &Demo, entry: &str) -> String {
    format!(
        "GET /call/{entry}/ws HTTP/1.1\r\nhost: yimen.test\r\nauthorization: Bearer {}\r\nconnection: upgrade\r\n\
         upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        demo.token("citizen")
    )
}

async fn in_flight(demo: &Demo) -> String {
    let metrics = ask(reqwest::Method::GET, &demo.admin_url("/metrics")).send().await.text();
    let line = metrics.lines().find(|line| line.starts_with("yimen_calls_in_flight "));
    line.expect("it is told").to_owned()
}

#[tokio::test]
async fn a_websocket_is_a_call_with_an_identity_and_survives_the_signal_to_stop() {
    let (mut demo, echo) = (Demo::start(&["--sample", "none"]), EchoStandIn::start().await);
    let entry = demo.adopt(&callable("排队叫号的连接", "330106", &echo.base_url)).await;
    let mut socket = open(&demo, &entry, "/queue?hall=1").await.expect("it is opened");
    let (target, fields) = echo.asked.lock().expect("nobody panics with it").take().expect("it was asked");
    assert_eq!(target, "/queue?hall=1");
    assert!(fields.get("authorization").is_none(), "{fields:?}");
    let assertion: Vec<_> = fields.get_all("yimen-assertion").iter().collect();
    assert!(assertion.len() == 1 && assertion[0] != "forged", "{fields:?}");
    assert_eq!(fields["sec-websocket-version"], "13");

    echoes(&mut socket, Message::text("你好")).await;
    echoes(&mut socket, Message::binary(vec![7; 300_000])).await;
    assert_eq!(in_flight(&demo).await, "yimen_calls_in_flight 1");

    let told = Command::new("kill").args(["-TERM", &demo.pid().to_string()]).status().expect("there is kill");
    assert!(told.success());
    until("nobody new is let in", async || {
        demo.get("/catalogue/v1/entries").attempt().await.is_err().then_some(())
    })
    .await;
    echoes(&mut socket, Message::text("还在")).await;
    socket.close(None).await.expect("the tunnel stands");
    while socket.next().await.is_some() {}
    drop(socket);
    assert_eq!(demo.wait().code(), Some(0));
}

#[tokio::test]
async fn a_tunnel_ends_when_its_channel_is_suspended() {
    let (demo, echo) = (Demo::start(&["--sample", "none"]), EchoStandIn::start().await);
    let entry = demo.adopt(&callable("渠道停用后的连接", "330106", &echo.base_url)).await;
    let mut socket = open(&demo, &entry, "/queue").await.expect("it is opened");
    echoes(&mut socket, Message::text("你好")).await;
    let path = format!("/registry/v1/channels/{CHANNEL}/suspension");
    let why = json!({"reason": "违规收集个人信息"});
    demo.post(&path, demo.token("operator")).json(&why).await.position();
    while let Some(Ok(_)) = socket.next().await {}
    until("its place is free", async || (in_flight(&demo).await == "yimen_calls_in_flight 0").then_some(()))
        .await;
}

#[tokio::test]
async fn a_tunnel_ends_when_its_item_is_suspended() {
    let (demo, echo) = (busy(), EchoStandIn::start().await);
    let department = demo.enrol("连接停办局", "330106").await;
    let content = callable("停办后的连接", "330106", &echo.base_url);
    let (item, entry) = demo.offer(&department, "W-1", &content).await;
    let mut socket = open(demo, &entry, "/queue").await.expect("it is opened");
    echoes(&mut socket, Message::text("你好")).await;
    let path = format!("/registry/v1/items/{item}/suspension");
    let notice = json!({"notice": {"zh-CN": "系统维护，暂停办理"}});
    demo.post(&path, demo.token("operator")).json(&notice).await.position();
    while let Some(Ok(_)) = socket.next().await {}
    until("the metrics say why", async || {
        let metrics = ask(reqwest::Method::GET, &demo.admin_url("/metrics")).send().await.text();
        let said = |line: &str| line.contains(&entry) && line.contains(r#"outcome="suspended""#);
        metrics.lines().any(said).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_tunnel_that_is_silent_ends_and_leaves_its_places() {
    const MOST: usize = 3;
    let settings = format!("max_connections_per_client = {MOST}\n");
    let (demo, echo) = (Demo::serve(&settings), EchoStandIn::start().await);
    demo.approve_channel().await;
    let mut content = callable("沉默的连接", "330106", &echo.base_url);
    content["backend"]["timeouts"] = json!({"idleMs": 1500});
    let entry = demo.adopt(&content).await;
    let mut tunnels = Vec::new();
    while let Ok(tunnel) = open(&demo, &entry, "/").await {
        tunnels.push(tunnel);
        assert!(tunnels.len() <= MOST, "a tunnel keeps its connection's place");
    }
    assert!(!tunnels.is_empty());
    for mut tunnel in tunnels {
        assert!(matches!(tunnel.next().await, None | Some(Err(_))), "it was silent for too long");
    }
    until("the calls are over", async || (in_flight(&demo).await == "yimen_calls_in_flight 0").then_some(()))
        .await;
    until("the access log says why", async || {
        demo.log().contains("\"outcome\":\"tunnel-idle\"").then_some(())
    })
    .await;
}

#[tokio::test]
async fn without_a_101_nothing_is_a_tunnel() {
    let (demo, stand_in) = (busy(), RawStandIn::start().await);
    let entry = demo.adopt(&callable("婉拒的连接", "330106", &stand_in.base_url)).await;
    let follows =
        "GET /catalogue/v1/entries?limit=1 HTTP/1.1\r\nhost: yimen.test\r\nconnection: close\r\n\r\n";
    // The second request is sent with the first, and again when the first was answered: it is the gateway's own each time.
    for sends_early in [true, false] {
        let mut client = connect(&demo.url("")).await;
        let early = if sends_early { follows } else { "" };
        client.write_all(format!("{}{early}", request(demo, &entry)).as_bytes()).await.expect("it listens");
        let (mut call, head) = stand_in.accept_with_head().await;
        assert!(head.to_lowercase().contains("\r\nupgrade: websocket\r\n"), "{head}");
        call.write_all(b"HTTP/1.1 200 OK\r\nUpgrade: websocket\r\nContent-Length: 2\r\n\r\nno")
            .await
            .expect("the gateway listens");
        let mut received = Vec::new();
        if !sends_early {
            while !received.ends_with(b"no") {
                client.read_buf(&mut received).await.expect("the answer comes");
            }
            client.write_all(follows.as_bytes()).await.expect("it listens");
        }
        received.extend(until_end(&mut client).await.0);
        let answers = answers(&received);
        assert_eq!(answers.iter().map(|answer| answer.status).collect::<Vec<_>>(), [200, 200], "{answers:?}");
        assert!(answers[0].body == "no" && answers[1].body.contains("items"), "{answers:?}");
        assert_eq!(answers[0].field("upgrade"), None);
    }

    // A 101 that nobody asked for, or to something else.
    for switching in [
        SWITCHING.replace("WebSocket\r\n", "h2c\r\n"),
        SWITCHING.replace("Upgrade\r\n", "close\r\n"),
        // A page that repeats what the client wants to hear, and doesn't speak the protocol.
        SWITCHING.replace("s3pP", "S3PP"),
    ] {
        let mut client = connect(&demo.url("")).await;
        let sent = format!("{}{follows}", request(demo, &entry));
        client.write_all(sent.as_bytes()).await.expect("it listens");
        let (mut call, _) = stand_in.accept_with_head().await;
        call.write_all(switching.as_bytes()).await.expect("the gateway listens");
        let answers = answers(&until_end(&mut client).await.0);
        assert_eq!(answers.iter().map(|answer| answer.status).collect::<Vec<_>>(), [502, 200], "{answers:?}");
    }

    // What was sent before the tunnel stood passes nowhere, be it a request or not.
    for early in [follows, "\u{1}\u{2}\u{3}"] {
        let mut client = connect(&demo.url("")).await;
        let sent = format!("{}{early}", request(demo, &entry));
        client.write_all(sent.as_bytes()).await.expect("it listens");
        let (mut call, _) = stand_in.accept_with_head().await;
        call.write_all(SWITCHING.as_bytes()).await.expect("the gateway listens");
        let (received, _) = until_end(&mut client).await;
        assert!(String::from_utf8_lossy(&received).starts_with("HTTP/1.1 101 "), "{received:?}");
        let mut leaked = Vec::new();
        // Ends, whether in order or by a reset.
        let _ = call.read_to_end(&mut leaked).await;
        assert!(leaked.is_empty(), "{leaked:?}");
    }

    // Behind it all the gateway still speaks for itself.
    let fine = StandIn::named("好").await;
    let entry = demo.adopt(&callable("照常的连接", "330106", &fine.base_url)).await;
    demo.call(&entry, "/x").header("connection", "upgrade").header("upgrade", "h2c").send().await.expect(200);
    let other =
        demo.call(&entry, "/x").header("connection", "upgrade").header("upgrade", "smtp").send().await;
    assert_eq!(other.problem(501), "upgrade-not-supported");
}
