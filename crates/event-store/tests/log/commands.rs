//! `execute`: from a command to its events, with everything that may go wrong on the way.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use event_store::sqlite::{Options, Sqlite};
use event_store::{
    AppendError, Appended, Capabilities, EventStore, ExecuteError, Executed, Expected, NewEvent, Position,
    Recorded, StoreError, StreamName, event_id, execute, load,
};
use tempfile::TempDir;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::tally::{Full, Office, Tally, TallyCommand, TallyEvent, TallyId, event, event_of};

/// What happens to the next append.
#[derive(Debug, Clone, Copy)]
enum Mishap {
    /// It is written, and the answer is lost.
    LoseAnswer,
    /// It is not written, and the answer is lost.
    LoseRequest,
    /// Somebody else appends to the stream first.
    Rival,
}

/// A log on which mishaps happen.
#[derive(Debug)]
struct Unlucky {
    inner: Sqlite,
    mishaps: Mutex<VecDeque<Mishap>>,
    _dir: TempDir,
}

fn unlucky(mishaps: impl IntoIterator<Item = Mishap>) -> Unlucky {
    let dir = TempDir::new().expect("a temporary directory");
    let inner = Sqlite::open(dir.path().join("log.db"), &Options::default()).expect("a new log");
    Unlucky { inner, mishaps: Mutex::new(mishaps.into_iter().collect()), _dir: dir }
}

fn lost() -> AppendError {
    StoreError::Unavailable { source: Arc::new(std::io::Error::other("the answer is lost")) }.into()
}

#[async_trait]
impl EventStore for Unlucky {
    async fn append(
        &self,
        stream: &StreamName,
        expected: Expected,
        events: Vec<NewEvent>,
    ) -> Result<Appended, AppendError> {
        let mishap = self.mishaps.lock().expect("no panic while it is held").pop_front();
        match mishap {
            None => self.inner.append(stream, expected, events).await,
            Some(Mishap::LoseRequest) => Err(lost()),
            Some(Mishap::LoseAnswer) => {
                self.inner.append(stream, expected, events).await?;
                Err(lost())
            }
            Some(Mishap::Rival) => {
                self.inner.append(stream, expected, vec![event(1)]).await?;
                self.inner.append(stream, expected, events).await
            }
        }
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: u64,
        limit: usize,
    ) -> Result<Vec<Recorded>, StoreError> {
        self.inner.read_stream(stream, from, limit).await
    }

    async fn read_all(&self, after: Position, limit: usize) -> Result<Vec<Recorded>, StoreError> {
        self.inner.read_all(after, limit).await
    }

    async fn head(&self) -> Result<Position, StoreError> {
        self.inner.head().await
    }

    async fn changed(&self, after: Position) -> Result<Position, StoreError> {
        self.inner.changed(after).await
    }

    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }
}

type Outcome = Result<Executed<Tally>, ExecuteError<Full>>;

fn id() -> TallyId {
    TallyId("一".to_owned())
}

async fn add(store: &dyn EventStore, command_id: Uuid, numbers: &[u32]) -> Outcome {
    let command = TallyCommand::Add(numbers.to_vec());
    let office = Office::new();
    execute::<Tally>(store, &id(), &command, &office.envelope(command_id, &format!("{command:?}"))).await
}

fn number_of(event: &TallyEvent) -> u32 {
    match event {
        TallyEvent::Added { number } => *number,
        TallyEvent::Noted { .. } => 0,
    }
}

#[tokio::test]
async fn a_command_becomes_events() {
    let store = unlucky([]);
    let command_id = Uuid::new_v4();
    let done = add(&store, command_id, &[1, 2]).await.expect("accepted");
    assert_eq!((done.state.total, done.revision, done.replayed), (3, Some(1), false));
    assert_eq!(done.events.iter().map(number_of).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(done.position, store.head().await.expect("readable"));

    let stream = StreamName::new("tally", "一").expect("well-formed");
    let stored = store.read_stream(&stream, 0, 10).await.expect("readable");
    assert_eq!([stored[0].id, stored[1].id], [event_id(command_id, 0), event_id(command_id, 1)]);
    assert_eq!((stored[0].event_type.as_str(), stored[0].version), ("Added", 2));
    let metadata = stored[1].metadata().expect("ours");
    assert_eq!((metadata.command_id, metadata.reason.as_deref()), (command_id, Some("试运行")));
    assert_eq!(metadata.actor(), domain::Actor::system("test"));

    let loaded = load::<Tally>(&store, &id()).await.expect("readable");
    assert_eq!((loaded.state.total, loaded.revision, loaded.position), (3, Some(1), done.position));
}

#[tokio::test]
async fn a_repeated_command_is_answered_as_it_was_then() {
    let store = unlucky([]);
    let command_id = Uuid::new_v4();
    let first = add(&store, command_id, &[1, 2]).await.expect("accepted");
    add(&store, Uuid::new_v4(), &[10]).await.expect("accepted");
    let again = add(&store, command_id, &[1, 2]).await.expect("known");
    assert!(again.replayed);
    assert_eq!(
        (&again.state, again.revision, again.position),
        (&first.state, first.revision, first.position)
    );
    assert_eq!(again.events, first.events);
    assert_eq!(load::<Tally>(&store, &id()).await.expect("readable").state.total, 13);
}

#[tokio::test]
async fn a_command_id_means_one_command() {
    let store = unlucky([]);
    let command_id = Uuid::new_v4();
    add(&store, command_id, &[1]).await.expect("accepted");
    let other_body = add(&store, command_id, &[2]).await;
    assert!(matches!(other_body, Err(ExecuteError::CommandReused)), "{other_body:?}");

    let office = Office::new();
    let command = TallyCommand::Add(vec![1]);
    let envelope = office.envelope(command_id, &format!("{command:?}"));
    let elsewhere = execute::<Tally>(&store, &TallyId("二".to_owned()), &command, &envelope).await;
    assert!(matches!(elsewhere, Err(ExecuteError::CommandReused)), "{elsewhere:?}");
}

#[tokio::test]
async fn a_condition_on_the_revision_is_kept() {
    let store = unlucky([Mishap::Rival]);
    let office = Office::new();
    let command = TallyCommand::Add(vec![1]);
    let with = async |command_id, expected| {
        let envelope = event_store::Envelope { expected, ..office.envelope(command_id, "") };
        execute::<Tally>(&store, &id(), &command, &envelope).await
    };
    let early = with(Uuid::new_v4(), Some(0)).await;
    assert!(matches!(early, Err(ExecuteError::Stale { actual: None })), "{early:?}");
    with(Uuid::new_v4(), None).await.expect("no condition, decided again after the rival");
    let command_id = Uuid::new_v4();
    assert_eq!(with(command_id, Some(1)).await.expect("current").revision, Some(2));
    let stale = with(Uuid::new_v4(), Some(1)).await;
    assert!(matches!(stale, Err(ExecuteError::Stale { actual: Some(2) })), "{stale:?}");
    assert!(with(command_id, Some(1)).await.expect("a retry keeps its condition").replayed);

    store.mishaps.lock().expect("no panic while it is held").push_back(Mishap::Rival);
    let overtaken = with(Uuid::new_v4(), Some(2)).await;
    assert!(matches!(overtaken, Err(ExecuteError::Stale { actual: Some(3) })), "{overtaken:?}");
}

#[tokio::test]
async fn a_command_is_decided_again_after_a_conflict() {
    let store = unlucky([Mishap::Rival, Mishap::Rival]);
    let office = Office::new();
    let envelope = office.envelope(Uuid::new_v4(), "");
    let done =
        execute::<Tally>(&store, &id(), &TallyCommand::RaiseTo(10), &envelope).await.expect("accepted");
    assert_eq!(done.events.iter().map(number_of).collect::<Vec<_>>(), [8], "decided on what the rivals left");
    assert_eq!((done.state.total, done.revision), (10, Some(2)));
}

#[tokio::test]
async fn a_crowded_stream_is_reported() {
    let store = unlucky([Mishap::Rival; 5]);
    let crowded = add(&store, Uuid::new_v4(), &[1]).await;
    assert!(matches!(crowded, Err(ExecuteError::Contended)), "{crowded:?}");
    assert_eq!(load::<Tally>(&store, &id()).await.expect("readable").state.total, 5, "the rivals' only");
}

#[tokio::test]
async fn an_unknown_outcome_is_cleared_up_by_repeating() {
    for mishap in [Mishap::LoseAnswer, Mishap::LoseRequest] {
        let store = unlucky([mishap]);
        let done = add(&store, Uuid::new_v4(), &[1, 2]).await.expect("accepted");
        assert_eq!((done.state.total, done.revision, done.replayed), (3, Some(1), false), "{mishap:?}");
        assert_eq!(load::<Tally>(&store, &id()).await.expect("readable").state.total, 3, "{mishap:?}");
    }
    let store = unlucky([Mishap::LoseAnswer, Mishap::LoseRequest]);
    let command_id = Uuid::new_v4();
    let unknown = add(&store, command_id, &[1]).await;
    assert!(matches!(unknown, Err(ExecuteError::Store(StoreError::Unavailable { .. }))), "{unknown:?}");
    assert!(add(&store, command_id, &[1]).await.expect("the client repeats it").replayed);
    assert_eq!(load::<Tally>(&store, &id()).await.expect("readable").state.total, 1);
}

#[tokio::test]
async fn what_is_already_so_needs_no_event() {
    let store = unlucky([]);
    let nothing = add(&store, Uuid::new_v4(), &[0]).await.expect("accepted");
    assert_eq!((nothing.revision, nothing.position, nothing.events.len()), (None, Position::START, 0));
    let something = add(&store, Uuid::new_v4(), &[1]).await.expect("accepted");
    let nothing = add(&store, Uuid::new_v4(), &[0]).await.expect("accepted");
    assert_eq!((nothing.revision, nothing.position), (something.revision, something.position));
}

#[tokio::test]
async fn refusals_keep_their_reason_and_write_nothing() {
    let store = unlucky([]);
    assert!(matches!(add(&store, Uuid::new_v4(), &[101]).await, Err(ExecuteError::Rejected(Full))));
    let office = Office::new();
    let long = TallyCommand::Note(store.capabilities().max_event_bytes);
    let too_large = execute::<Tally>(&store, &id(), &long, &office.envelope(Uuid::new_v4(), "")).await;
    assert!(matches!(too_large, Err(ExecuteError::TooLarge { .. })), "{too_large:?}");
    let nameless = TallyId("\n".to_owned());
    let command = TallyCommand::Add(vec![1]);
    let refused = execute::<Tally>(&store, &nameless, &command, &office.envelope(Uuid::new_v4(), "")).await;
    assert!(matches!(refused, Err(ExecuteError::Name(_))), "{refused:?}");
    assert_eq!(load::<Tally>(&store, &nameless).await.expect("nothing is there").revision, None);
    assert_eq!(store.head().await.expect("readable"), Position::START);
}

#[tokio::test]
async fn a_newer_writers_event_is_passed_over_and_a_broken_one_is_not() {
    let store = unlucky([]);
    let stream = StreamName::new("tally", "一").expect("well-formed");
    let foreign = {
        let metadata = store_metadata(&store, &stream).await;
        NewEvent::new(Uuid::new_v4(), "Doubled", 1, "{}", &metadata).expect("JSON")
    };
    store.append(&stream, Expected::Revision(0), vec![foreign]).await.expect("appended");
    let done = add(&store, Uuid::new_v4(), &[2]).await.expect("what is known still counts");
    assert_eq!((done.state.total, done.revision), (3, Some(2)));

    let broken = event_of(Uuid::new_v4(), r#"{"number":"many"}"#);
    store.append(&stream, Expected::Revision(2), vec![broken]).await.expect("appended");
    let refused = add(&store, Uuid::new_v4(), &[1]).await;
    assert!(matches!(&refused, Err(ExecuteError::Undecodable(e)) if e.revision == 3), "{refused:?}");
    assert!(matches!(load::<Tally>(&store, &id()).await, Err(StoreError::Corrupt { .. })));
}

/// Makes the stream with one event and gives its metadata.
async fn store_metadata(store: &Unlucky, stream: &StreamName) -> event_store::Metadata {
    add(store, Uuid::new_v4(), &[1]).await.expect("accepted");
    store.read_stream(stream, 0, 1).await.expect("readable")[0].metadata().expect("ours")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_command_many_times_at_once_is_done_once() {
    let store = Arc::new(unlucky([]));
    let command_id = Uuid::new_v4();
    let mut clients = JoinSet::new();
    for _ in 0..16 {
        let store = Arc::clone(&store);
        clients.spawn(async move { add(&*store, command_id, &[3, 4]).await });
    }
    let outcomes = clients.join_all().await;
    let done: Vec<_> = outcomes.into_iter().map(|outcome| outcome.expect("done or replayed")).collect();
    assert_eq!(done.iter().filter(|done| !done.replayed).count(), 1);
    assert!(done.iter().all(|done| done.revision == Some(1) && done.state.total == 7));
    assert_eq!(load::<Tally>(&*store, &id()).await.expect("readable").state.total, 7);
}
