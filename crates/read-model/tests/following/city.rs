//! A small city: a log in a temporary directory, a read model that follows it, and people who give commands.

use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use domain::item::{Outcome, Verdict};
use domain::{
    Actor, Aggregate, Basis, Department, DepartmentCommand, DepartmentId, Entry, EntryCommand, EntryId, Item,
    ItemCommand, ItemContent, ItemId, LocalizedText, Placement, PlacementCommand, Policy, Role, StaffId,
};
use event_store::sqlite::{self, Sqlite};
use event_store::{Digest, Envelope, EventStore, ExecuteError, Executed, Position, execute};
use jiff::{SignedDuration, Timestamp};
use read_model::{EntryView, Filter, Options, ReadModel, SearchQuery, Snapshot, SnapshotFile};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Longer than anything that a test waits for may take.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Events between two snapshots on disk.
const EVERY: NonZeroU64 = NonZeroU64::new(4).expect("not zero");

/// Commands given in all cities: no two have one id.
static COMMANDS: AtomicU64 = AtomicU64::new(0);

#[derive(Debug)]
pub struct City {
    pub store: Arc<Sqlite>,
    pub model: ReadModel,
    pub dir: TempDir,
    stop: CancellationToken,
    follower: JoinHandle<()>,
    days: AtomicI64,
    policy: Policy,
}

impl City {
    pub async fn new() -> Self {
        Self::with(None).await
    }

    /// With the search index on disk, in the directory of that name.
    pub async fn searching_in(name: &str) -> Self {
        Self::with(Some(name)).await
    }

    async fn with(search: Option<&str>) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let store = Sqlite::open(dir.path().join("log"), &sqlite::Options::default()).expect("a new log");
        let store = Arc::new(store);
        let (model, follower, stop) = start(&store, search.map(|name| dir.path().join(name)), None).await;
        Self { store, model, dir, stop, follower, days: AtomicI64::new(0), policy: Policy::default() }
    }

    /// Ends the follower and waits for it.
    pub async fn stop(&mut self) {
        self.stop.cancel();
        (&mut self.follower).await.expect("the follower does not panic");
    }

    /// Starts a new read model on the same log.
    pub async fn restart(&mut self, search: Option<&str>) {
        let search = search.map(|name| self.dir.path().join(name));
        (self.model, self.follower, self.stop) = start(&self.store, search, None).await;
    }

    /// Starts a new read model on the same log, which keeps its snapshot in that file.
    pub async fn restart_from(&mut self, snapshot: &Path) {
        (self.model, self.follower, self.stop) = start(&self.store, None, Some(snapshot)).await;
    }

    /// A snapshot that shows every command so far.
    pub async fn now(&self) -> Arc<Snapshot> {
        let head = self.store.head().await.expect("the log can be read");
        self.model.at_least(head, PATIENCE).await.expect("the follower keeps up")
    }

    /// The same, built from the beginning of the log by another read model.
    ///
    /// What that one kept in a file leads a third one to the same, so that every comparison is one with a snapshot, too.
    pub async fn replayed(&self) -> Arc<Snapshot> {
        let file = self.dir.path().join("replayed");
        let replayed = self.once(&file).await;
        assert!(file.exists() || replayed.position() == Position::START);
        let written = std::fs::read(&file).ok();
        assert_eq!(*self.once(&file).await, *replayed, "from a snapshot");
        assert_eq!(std::fs::read(&file).ok(), written, "it was used, and not written again");
        std::fs::remove_file(&file).ok();
        replayed
    }

    /// What a read model that keeps its snapshot in that file shows after a start; it has ended since.
    pub async fn once(&self, file: &Path) -> Arc<Snapshot> {
        let (model, follower, stop) = start(&self.store, None, Some(file)).await;
        stop.cancel();
        follower.await.expect("the follower does not panic");
        model.snapshot()
    }

    /// Names of what a search finds, best first.
    pub async fn find(&self, text: &str) -> Vec<String> {
        self.find_among(text, Filter::default()).await
    }

    pub async fn find_among(&self, text: &str, filter: Filter) -> Vec<String> {
        self.searchable().await;
        let query = SearchQuery { text: text.to_owned(), filter, cursor: None, limit: 20 };
        names(&self.model.search(&query).expect("any text can be searched for").entries)
    }

    pub async fn suggest(&self, text: &str) -> Vec<String> {
        self.searchable().await;
        names(&self.model.suggest(text, None, 10).expect("any text can be typed").entries)
    }

    pub async fn searchable(&self) {
        let head = self.store.head().await.expect("the log can be read");
        self.model.at_least_search(head, PATIENCE).await.expect("the index keeps up");
    }

    pub fn pass_days(&self, days: i64) {
        self.days.fetch_add(days, Ordering::SeqCst);
    }

    pub fn time(&self) -> Timestamp {
        let days = self.days.load(Ordering::SeqCst);
        "2026-03-01T00:00:00Z".parse::<Timestamp>().expect("a time") + SignedDuration::from_hours(24 * days)
    }

    pub async fn give<A: Aggregate>(&self, actor: &Actor, id: &A::Id, command: &A::Command) -> Position {
        let outcome = self.executed::<A>(actor, id, command).await;
        outcome.unwrap_or_else(|error| panic!("{command:?} is refused: {error:?}")).position
    }

    /// How many events the command led to; none if the rules refuse it.
    pub async fn try_give<A: Aggregate>(
        &self,
        actor: &Actor,
        id: &A::Id,
        command: &A::Command,
    ) -> Option<usize> {
        match self.executed::<A>(actor, id, command).await {
            Ok(executed) => Some(executed.events.len()),
            Err(ExecuteError::Rejected(_)) => None,
            Err(error) => panic!("{command:?} fails: {error:?}"),
        }
    }

    async fn executed<A: Aggregate>(
        &self,
        actor: &Actor,
        id: &A::Id,
        command: &A::Command,
    ) -> Result<Executed<A>, ExecuteError<A::Rejection>> {
        let number = COMMANDS.fetch_add(1, Ordering::SeqCst);
        let envelope = Envelope {
            actor,
            command_id: Uuid::from_u128(u128::from(number) + 1),
            command_digest: Digest::of(b"test"),
            reason: None,
            trace_id: None,
            now: self.time(),
            policy: &self.policy,
            expected: None,
        };
        execute::<A>(&*self.store, id, command, &envelope).await
    }

    pub async fn item(&self, actor: &Actor, id: ItemId, command: ItemCommand) -> Position {
        self.give::<Item>(actor, &id, &command).await
    }

    pub async fn entry(&self, id: EntryId, command: EntryCommand) -> Position {
        self.give::<Entry>(&staff("steward", Role::Steward, None), &id, &command).await
    }

    pub async fn enrol(&self, name: &str, region: &str) -> DepartmentId {
        let id = department(name);
        let region = region.parse().expect("a division");
        self.department(&id, DepartmentCommand::Enrol { name: LocalizedText::zh(name), region }).await;
        id
    }

    pub async fn department(&self, id: &DepartmentId, command: DepartmentCommand) -> Position {
        self.give::<Department>(&operator(), id, &(id.clone(), command)).await
    }

    /// Registers and publishes an item that no entry has yet.
    pub async fn publish(&self, department: &DepartmentId, code: &str, content: ItemContent) -> ItemId {
        let local_code = code.parse().expect("a local code");
        let id = ItemId::new(department, &local_code);
        let command = ItemCommand::Migrate {
            department: department.clone(),
            local_code,
            content: Box::new(content),
            source: "test".to_owned(),
        };
        self.item(&operator(), id, command).await;
        id
    }

    /// Founds an entry with an item, or with an item's place in it.
    pub async fn place(&self, item: ItemId, entry: EntryId) -> Position {
        let curator = Actor::system("curator");
        self.give::<Entry>(&curator, &entry, &EntryCommand::Form).await;
        let command = PlacementCommand::Place { entry, basis: Basis::default() };
        self.give::<Placement>(&curator, &item, &command).await
    }

    /// Publishes an item that founds its own entry.
    pub async fn found(&self, department: &DepartmentId, code: &str, content: ItemContent) -> EntryId {
        let item = self.publish(department, code, content).await;
        let entry = EntryId::founded_by(item);
        self.place(item, entry).await;
        entry
    }

    pub async fn merge(&self, entry: EntryId, into: EntryId) -> Position {
        let lineage = self.now().await.lineage(into);
        self.entry(entry, EntryCommand::Merge { entry, into, lineage }).await
    }

    /// Announces the end of an item, lets the notice pass, and ends it.
    pub async fn retire(&self, item: ItemId, owner: &DepartmentId, outcome: Outcome) -> Position {
        let effective = self.time() + SignedDuration::from_hours(24 * 31);
        let explanation = LocalizedText::zh("不再办理");
        let command = ItemCommand::AnnounceRetirement { explanation, outcome, effective };
        self.item(&clerk(owner), item, command).await;
        self.pass_days(32);
        self.item(&Actor::system("calendar"), item, ItemCommand::Retire).await
    }

    /// Reviews whatever the item has under review.
    pub async fn review(&self, reviewer: &Actor, item: ItemId, verdict: Verdict) -> Position {
        let now = self.now().await;
        let proposal =
            now.item(item).and_then(|view| view.state.proposal.clone()).expect("something to review");
        let (revision, content_hash) = (proposal.revision, proposal.content_hash);
        self.item(reviewer, item, ItemCommand::Review { revision, content_hash, verdict }).await
    }
}

async fn start(
    store: &Arc<Sqlite>,
    search_dir: Option<PathBuf>,
    snapshot: Option<&Path>,
) -> (ReadModel, JoinHandle<()>, CancellationToken) {
    let stop = CancellationToken::new();
    let snapshot = snapshot.map(|path| SnapshotFile { path: path.to_owned(), every: EVERY });
    let options = Options { search_dir, snapshot, stop: stop.clone() };
    let store: Arc<dyn EventStore> = Arc::clone(store) as Arc<dyn EventStore>;
    let (model, follower) = ReadModel::start(store, options).await.expect("the read model starts");
    (model, tokio::spawn(follower), stop)
}

pub fn department(name: &str) -> DepartmentId {
    format!("local:{name}").parse().expect("a department")
}

pub fn staff(name: &str, role: Role, department: Option<&DepartmentId>) -> Actor {
    Actor { id: StaffId(name.to_owned()), role, department: department.cloned() }
}

pub fn operator() -> Actor {
    staff("operator", Role::Operator, None)
}

pub fn clerk(department: &DepartmentId) -> Actor {
    staff("clerk", Role::Clerk, Some(department))
}

/// Content with that name, for the people of that division.
pub fn content(name: &str, region: &str) -> ItemContent {
    content_with(json!({ "name": { "zh-CN": name }, "regions": [region] }))
}

/// Content with these members in place of the usual ones.
pub fn content_with(members: Value) -> ItemContent {
    let mut content = json!({
        "name": { "zh-CN": "结婚登记" },
        "kind": "20",
        "audience": ["natural-person"],
        "level": 4,
        "regions": ["330106"],
    });
    if let (Some(content), Value::Object(members)) = (content.as_object_mut(), members) {
        content.extend(members);
    }
    serde_json::from_value(content).expect("content")
}

pub fn names(entries: &[Arc<EntryView>]) -> Vec<String> {
    entries.iter().map(|entry| entry.name().default_text().to_owned()).collect()
}
