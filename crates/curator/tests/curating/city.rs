//! A small city: a log in a temporary folder, a read model, and a curator.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use curator::{Curator, Description, Home, Previewer, department_name};
use domain::item::{Audience, Kind, Level};
use domain::{
    Actor, Aggregate, Department, DepartmentCommand, DepartmentId, EntryId, Item, ItemCode, ItemCommand,
    ItemContent, ItemId, LocalizedText, Policy, Role, StaffId,
};
use event_store::sqlite::{Options, Sqlite};
use event_store::{Digest, Envelope, EventStore, Position, execute};
use jiff::Timestamp;
use matching::Lexicon;
use read_model::{ReadModel, Snapshot};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};
use uuid::Uuid;

const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct City {
    pub(crate) store: Arc<dyn EventStore>,
    pub(crate) read_model: ReadModel,
    policy: Arc<Policy>,
    curator: Option<Working>,
    commands: AtomicU64,
    _stop: DropGuard,
    _folder: TempDir,
}

/// A curator at work; stops when dropped.
pub(crate) struct Working {
    progress: watch::Receiver<Position>,
    previewer: Previewer,
    _stop: DropGuard,
}

impl Working {
    fn start(curator: Curator) -> Self {
        let stop = CancellationToken::new();
        let (progress, previewer) = (curator.progress(), curator.previewer());
        tokio::spawn(curator.run(stop.clone()));
        Self { progress, previewer, _stop: stop.drop_guard() }
    }

    /// Waits until it has placed everything, and what it wrote is readable.
    pub(crate) async fn curated(&self, city: &City) {
        let head = city.store.head().await.expect("the log answers");
        let mut progress = self.progress.clone();
        let done = tokio::time::timeout(PATIENCE, progress.wait_for(|done| *done >= head)).await;
        drop(done.expect("the curator keeps up").expect("the curator is at work"));
        let head = city.store.head().await.expect("the log answers");
        city.read_model.at_least(head, PATIENCE).await.expect("the read model keeps up");
    }

    /// Where an item of the city's own department would go.
    pub(crate) fn preview(&self, city: &City, name: &str, basic_code: &str, region: &str) -> Home {
        let snapshot = city.read_model.snapshot();
        let content = content(name, basic_code, region);
        let profile = Description::from(&content).profile(Some(&department_name(&snapshot, &department())));
        self.previewer.preview(None, &profile, &snapshot).expect("the log is read").placing.home
    }
}

pub(crate) fn item(code: &str) -> ItemId {
    ItemId::new(&department(), &code.parse().expect("well formed"))
}

pub(crate) fn department() -> DepartmentId {
    "local:city".parse().expect("well formed")
}

/// What an item of this name says.
fn content(name: &str, basic_code: &str, region: &str) -> ItemContent {
    ItemContent {
        name: LocalizedText::zh(name),
        summary: LocalizedText::default(),
        kind: Kind::Licence,
        audience: BTreeSet::from([Audience::LegalPerson]),
        level: Level::try_from(4).expect("1 to 6"),
        regions: BTreeSet::from([region.parse().expect("well formed")]),
        codes: vec![ItemCode::new("cn-basic", basic_code).expect("well formed")],
        organisation: None,
        legal_basis: Vec::new(),
        materials: Vec::new(),
        time_limits: domain::item::TimeLimits::default(),
        fees: LocalizedText::default(),
        steps: Vec::new(),
        office: domain::item::Office::default(),
        complaint: LocalizedText::default(),
        keywords: BTreeSet::new(),
        entry_points: Vec::new(),
        backend: None,
        access: domain::item::Access::default(),
        openapi: None,
    }
}

impl City {
    pub(crate) async fn open() -> Self {
        let city = Self::without_curator().await;
        Self { curator: Some(city.another_curator()), ..city }
    }

    pub(crate) async fn without_curator() -> Self {
        let folder = TempDir::new().expect("a folder");
        let sqlite =
            Sqlite::open(folder.path().join("log.db"), &Options::default()).expect("a new log opens");
        let store: Arc<dyn EventStore> = Arc::new(sqlite);
        let stop = CancellationToken::new();
        let options = read_model::Options { stop: stop.clone(), ..read_model::Options::default() };
        let (read_model, follower) = ReadModel::start(Arc::clone(&store), options).await.expect("it starts");
        tokio::spawn(follower);
        // No notice, so that an announcement is due at once.
        let policy = Arc::new(Policy { notice_days: 0, ..Policy::default() });
        let city = Self {
            store,
            read_model,
            policy,
            curator: None,
            commands: AtomicU64::new(0),
            _stop: stop.drop_guard(),
            _folder: folder,
        };
        let enrol = DepartmentCommand::Enrol {
            name: LocalizedText::zh("市政务局"),
            region: "330100".parse().expect("well formed"),
        };
        city.give::<Department>(Role::Operator, &department(), &(department(), enrol)).await;
        city
    }

    pub(crate) fn another_curator(&self) -> Working {
        let (store, read_model) = (Arc::clone(&self.store), self.read_model.clone());
        Working::start(Curator::new(store, read_model, Arc::clone(&self.policy), later))
    }

    pub(crate) fn curator(&self) -> &Working {
        self.curator.as_ref().expect("the city has a curator")
    }

    /// Puts a curator to work that knows these synonyms, too: one row each, the word and what it means.
    pub(crate) fn with_curator_who_knows(self, synonyms: &str) -> Self {
        let words = Lexicon::extended_by([("synonyms.tsv", synonyms.to_owned())]).expect("a word list");
        let (store, read_model) = (Arc::clone(&self.store), self.read_model.clone());
        let curator = Curator::new(store, read_model, Arc::clone(&self.policy), later).with_words(words);
        Self { curator: Some(Working::start(curator)), ..self }
    }

    pub(crate) async fn curated(&self) {
        self.curator().curated(self).await;
    }

    /// Publishes an item, or its next content, as a migration.
    pub(crate) async fn publish(&self, code: &str, name: &str, basic_code: &str, region: &str) {
        let command = ItemCommand::Migrate {
            department: department(),
            local_code: code.parse().expect("well formed"),
            content: Box::new(content(name, basic_code, region)),
            source: "test".to_owned(),
        };
        self.give::<Item>(Role::Operator, &item(code), &command).await;
    }

    pub(crate) async fn give<A: Aggregate>(&self, role: Role, id: &A::Id, command: &A::Command) {
        let number = self.commands.fetch_add(1, Ordering::Relaxed);
        let envelope = Envelope {
            actor: &Actor { id: StaffId(format!("{role}-1")), role, department: Some(department()) },
            command_id: Uuid::from_u128(u128::from(number)),
            command_digest: Digest::ZERO,
            reason: None,
            trace_id: None,
            now: Timestamp::now(),
            policy: &self.policy,
            expected: None,
        };
        execute::<A>(&*self.store, id, command, &envelope).await.expect("the command is allowed");
    }

    pub(crate) async fn entry_of(&self, code: &str) -> Option<EntryId> {
        self.read_model.snapshot().item(item(code)).and_then(|view| view.entry())
    }

    /// How many events there are of a category.
    pub(crate) async fn events(&self, category: &str) -> usize {
        let mut count = 0;
        let mut after = Position::START;
        loop {
            let page = self.store.read_all(after, 1000).await.expect("the log answers");
            let Some(last) = page.last() else { return count };
            after = last.position;
            count += page.iter().filter(|event| event.stream.category() == category).count();
        }
    }

    /// Waits until a snapshot shows it.
    pub(crate) async fn until(&self, shows: impl Fn(&Snapshot) -> bool) {
        let mut positions = self.read_model.subscribe();
        let seen =
            tokio::time::timeout(PATIENCE, positions.wait_for(|_| shows(&self.read_model.snapshot()))).await;
        drop(seen.expect("it happens in time").expect("the read model goes on"));
    }
}

/// The curator's clock runs an hour ahead of whoever announces something.
fn later() -> Timestamp {
    Timestamp::now().saturating_add(jiff::SignedDuration::from_hours(1)).expect("in range")
}

/// A time that the curator's clock has passed and everybody else's has not.
pub(crate) fn soon() -> Timestamp {
    Timestamp::now().saturating_add(jiff::SignedDuration::from_mins(1)).expect("in range")
}
