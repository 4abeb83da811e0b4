//! A provider that hangs when it is asked about opaque tokens: everybody else is served as if nothing were wrong.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::binary::Demo;
use crate::client::{Answer, until};
use crate::staff::{AUDIENCE, callable};
use crate::stand_in::StandIn;

/// A double of a provider that takes questions and never answers one.
struct HangingProvider {
    endpoint: String,
    questions: Arc<AtomicUsize>,
    serving: JoinHandle<()>,
}

impl HangingProvider {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let endpoint = format!("http://{}/introspect", listener.local_addr().expect("bound"));
        let questions = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&questions);
        let serving = tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.expect("it accepts");
                let counted = Arc::clone(&counted);
                tokio::spawn(async move {
                    let mut byte = [0];
                    if stream.read_exact(&mut byte).await.is_ok() {
                        counted.fetch_add(1, Ordering::SeqCst);
                    }
                    // The asker ends it.
                    let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
                });
            }
        });
        Self { endpoint, questions, serving }
    }

    fn questions(&self) -> usize {
        self.questions.load(Ordering::SeqCst)
    }
}

impl Drop for HangingProvider {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// A gateway that asks the provider, and an entry that it carries calls to.
struct Rig {
    demo: Demo,
    entry: String,
    provider: HangingProvider,
    _department: StandIn,
}

impl Rig {
    async fn start(introspection: &str) -> Self {
        let folder = TempDir::new().expect("a folder");
        let secret = folder.path().join("secret");
        std::fs::write(&secret, "secret").expect("it can be written");
        let provider = HangingProvider::start().await;
        let settings = format!(
            "[identity.introspection]\nissuer = \"https://opaque.test\"\naudience = [\"{AUDIENCE}\"]\n\
             endpoint = \"{}\"\nclient_id = \"yimen\"\nclient_auth = {{ secret_file = {secret:?} }}\n{introspection}\n\
             [gateway]\nmax_concurrent_calls = 4\n",
            provider.endpoint
        );
        let demo = Demo::serve_in(folder, &settings);
        demo.approve_channel().await;
        let department = StandIn::named("department").await;
        let entry = demo.adopt(&callable("宠物登记", "330106", &department.base_url)).await;
        let rig = Self { demo, entry, provider, _department: department };
        rig.others_are_served().await;
        rig
    }

    async fn call(&self, token: &str) -> Answer {
        self.demo.get(&format!("/call/{}/x", self.entry)).bearer(token).send().await
    }

    async fn others_are_served(&self) {
        self.call(self.demo.token("citizen")).await.expect(200);
    }
}

#[tokio::test]
async fn callers_who_wait_for_it_leave_room_for_all_others() {
    let rig = Rig::start("timeout = \"1m\"\nmax_waiting = 2").await;
    let waiting: Vec<_> = ["opaque-1", "opaque-2"]
        .map(|token| {
            let call = rig.demo.get(&format!("/call/{}/x", rig.entry)).bearer(token);
            tokio::spawn(call.attempt())
        })
        .into();
    until("two are asked about", async || (rig.provider.questions() == 2).then_some(())).await;
    for number in 3..10 {
        let answer = rig.call(&format!("opaque-{number}")).await;
        assert_eq!(answer.problem(503), "introspection-unavailable");
        assert!(answer.header("retry-after").is_some());
        rig.others_are_served().await;
    }
    assert_eq!(rig.provider.questions(), 2);
    waiting.iter().for_each(JoinHandle::abort);
}

#[tokio::test]
async fn after_some_failures_it_is_not_asked_any_more_and_the_log_says_so_once() {
    let rig = Rig::start("timeout = \"100ms\"\nopens_after = 2\nopen_for = \"1h\"").await;
    for number in 0..8 {
        assert_eq!(rig.call(&format!("opaque-{number}")).await.problem(503), "introspection-unavailable");
        rig.others_are_served().await;
    }
    assert_eq!(rig.provider.questions(), 2);
    assert_eq!(rig.demo.log().matches("the provider can't be asked about tokens").count(), 1);
}
