//! A whole Yimen in a temporary directory, and staff to use it.

use std::sync::Arc;

use axum::Router;
use domain::{Actor, Entry, EntryCommand, EntryId, ItemId, Placement, PlacementCommand, Policy};
use event_store::{Digest, Envelope, EventStore, execute, sqlite};
use http::{Method, StatusCode};
use identity::{
    Clock, DevelopmentIssuer, IssuerConfig, JwksSource, PseudonymSecret, Revocations, TokenRequest, Verifier,
    VerifierConfig,
};
use jiff::Timestamp;
use read_model::{Options, ReadModel};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::asking::Asking;
use crate::{App, router};

const ISSUER: &str = "https://id.example";
const AUDIENCE: &str = "https://yimen.example";
/// Two departments of the sample.
pub(crate) const XIHU: &str = "local:西湖区市场监管局";
pub(crate) const YUHANG: &str = "local:余杭区市场监管局";

/// A running Yimen.
pub(crate) struct House {
    pub(crate) app: App,
    pub(crate) store: Arc<sqlite::Sqlite>,
    pub(super) router: Router,
    issuer: DevelopmentIssuer,
    follower: Follower,
    _directory: TempDir,
}

struct Follower {
    stop: CancellationToken,
    running: JoinHandle<()>,
}

impl House {
    pub(crate) async fn open() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let log = directory.path().join("log.sqlite");
        let store = sqlite::Sqlite::open(log, &sqlite::Options::default()).expect("a new log opens");
        let store = Arc::new(store);
        let port: Arc<dyn EventStore> = Arc::clone(&store) as Arc<dyn EventStore>;
        let options = Options::default();
        let stop = options.stop.clone();
        let (read_model, follower) =
            ReadModel::start(Arc::clone(&port), options).await.expect("a new log replays");
        let follower = Follower { stop, running: tokio::spawn(follower) };
        let issuer = DevelopmentIssuer::generate(ISSUER).expect("a key");
        let keys = directory.path().join("jwks.json");
        std::fs::write(&keys, issuer.jwks().to_string()).expect("the directory can be written");
        let trusted = IssuerConfig::new(ISSUER, vec![AUDIENCE.to_owned()], JwksSource::File(keys));
        let verifier = Verifier::open(VerifierConfig::new(vec![trusted]), Clock::system())
            .await
            .expect("the keys are there")
            .with_revocations(Revocations::new(
                PseudonymSecret::generate().expect("randomness"),
                [ISSUER.to_owned()],
            ));
        let app =
            App::new(port, read_model, Arc::new(verifier), Arc::new(Policy::default()), Clock::system());
        Self { router: router(app.clone()), app, store, issuer, follower, _directory: directory }
    }

    /// Stops the read model where it is.
    pub(crate) async fn stop_following(&mut self) {
        self.follower.stop.cancel();
        (&mut self.follower.running).await.expect("the follower ends well");
    }

    /// Goes on with other surroundings, as after a restart.
    pub(crate) fn restart(&mut self, app: App) {
        self.router = router(app.clone());
        self.app = app;
    }

    /// A token of somebody with these roles.
    pub(crate) fn token(&self, subject: &str, roles: &[&str], department: Option<&str>) -> String {
        let mut request = TokenRequest::new(subject, AUDIENCE, "console");
        request.roles = roles.iter().map(|role| (*role).to_owned()).collect();
        request.department = department.map(str::to_owned);
        self.issuer.token(request, Timestamp::now()).expect("the key signs")
    }

    pub(crate) fn expired_token(&self) -> String {
        let mut request = TokenRequest::new("late", AUDIENCE, "console");
        request.roles = vec!["operator".to_owned()];
        let yesterday = Timestamp::now() - jiff::SignedDuration::from_hours(24);
        self.issuer.token(request, yesterday).expect("the key signs")
    }

    pub(crate) fn operator(&self) -> String {
        self.token("olga", &["operator"], None)
    }

    pub(crate) fn clerk(&self, department: &str) -> String {
        self.token(&format!("clerk of {department}"), &["clerk"], Some(department))
    }

    pub(crate) fn department_reviewer(&self, department: &str) -> String {
        self.token(&format!("reviewer of {department}"), &["department-reviewer"], Some(department))
    }

    pub(crate) fn reviewer(&self) -> String {
        self.token("rita", &["reviewer"], None)
    }

    pub(crate) fn steward(&self) -> String {
        self.token("stan", &["steward"], None)
    }

    pub(crate) fn ask(&self, method: Method, path: &str) -> Asking<'_> {
        Asking::new(self, method, path)
    }

    pub(crate) fn get(&self, path: &str) -> Asking<'_> {
        self.ask(Method::GET, path)
    }

    pub(crate) fn post(&self, path: &str, token: &str) -> Asking<'_> {
        self.ask(Method::POST, path).bearer(token)
    }

    pub(crate) fn put(&self, path: &str, token: &str) -> Asking<'_> {
        self.ask(Method::PUT, path).bearer(token)
    }

    /// Enrols both departments.
    pub(crate) async fn with_departments(self) -> Self {
        for (id, region) in [(XIHU, "330106"), (YUHANG, "330110")] {
            let (scheme, value) = id.split_once(':').expect("scheme:code");
            let body = json!({"code": {"scheme": scheme, "value": value}, "name": {"zh-CN": value}, "region": region});
            self.post("/registry/v1/departments", &self.operator())
                .json(&body)
                .await
                .expect(StatusCode::CREATED);
        }
        self
    }

    /// A draft of a department; its item's identifier.
    pub(crate) async fn draft(&self, department: &str, local_code: &str, content: &Value) -> ItemId {
        let body = json!({"localCode": local_code, "content": content});
        let answer = self.post("/registry/v1/items", &self.clerk(department)).json(&body).await;
        answer.expect(StatusCode::CREATED)["id"]
            .as_str()
            .and_then(|id| id.parse().ok())
            .expect("an item's identifier")
    }

    /// An item as an operator sees it, at least as new as the log is now.
    pub(crate) async fn item(&self, item: ItemId) -> Value {
        self.get(&format!("/registry/v1/items/{item}"))
            .bearer(&self.operator())
            .current()
            .await
            .send()
            .await
            .expect(StatusCode::OK)
    }

    /// The body of an approval of what is submitted now.
    pub(crate) async fn approval(&self, item: ItemId) -> Value {
        let proposal = &self.item(item).await["proposal"];
        json!({"decision": "approve", "revision": proposal["revision"], "contentHash": proposal["contentHash"]})
    }

    /// Takes a draft all the way to the public.
    pub(crate) async fn publish(&self, department: &str, item: ItemId) {
        let path = format!("/registry/v1/items/{item}");
        self.post(&format!("{path}/submissions"), &self.clerk(department))
            .send()
            .await
            .expect(StatusCode::OK);
        for token in [self.department_reviewer(department), self.reviewer()] {
            let approval = self.approval(item).await;
            self.post(&format!("{path}/reviews"), &token).json(&approval).await.expect(StatusCode::OK);
        }
        self.post(&format!("{path}/publication"), &self.clerk(department))
            .send()
            .await
            .expect(StatusCode::OK);
    }

    /// Does what the curator would: forms the entry and places the item there.
    pub(crate) async fn place(&self, item: ItemId, entry: EntryId) {
        self.command::<Entry>(&entry, &EntryCommand::Form).await;
        self.command::<Placement>(&item, &PlacementCommand::Place { entry, basis: domain::Basis::default() })
            .await;
    }

    /// A command of the curator.
    pub(crate) async fn command<A: domain::Aggregate>(&self, id: &A::Id, command: &A::Command) {
        self.command_at::<A>(id, command, Timestamp::now()).await;
    }

    /// A command that Yimen itself gives at another time.
    pub(crate) async fn command_at<A: domain::Aggregate>(
        &self,
        id: &A::Id,
        command: &A::Command,
        now: Timestamp,
    ) {
        let curator = Actor::system("curator");
        let envelope = Envelope {
            actor: &curator,
            command_id: Uuid::new_v4(),
            command_digest: Digest::ZERO,
            reason: None,
            trace_id: None,
            now,
            policy: &self.app.policy,
            expected: None,
        };
        execute::<A>(self.store.as_ref(), id, command, &envelope).await.expect("the curator may do that");
    }

    /// How many events the log holds.
    pub(crate) async fn events(&self) -> usize {
        let events =
            self.store.read_all(event_store::Position::START, 10_000).await.expect("the log can be read");
        events.len()
    }
}

/// Content that passes every rule.
pub(crate) fn content(name: &str, region: &str) -> Value {
    json!({
        "name": {"zh-CN": name, "en": "Food business licence"},
        "kind": "01",
        "audience": ["legal-person"],
        "level": 4,
        "regions": [region],
        "materials": [{"name": {"zh-CN": "申请书"}, "required": true}],
        "entryPoints": [{"channel": "h5", "target": "https://example.gov.cn/apply"}],
        "backend": {"baseUrl": "http://127.0.0.1:9101/xihu"},
        "access": {"claims": [{"claim": "name", "purpose": {"zh-CN": "填写申请人"}}]},
    })
}
