//! A log whose positions are far apart, and that reads on only from one of them, as a cluster does: a double.

use async_trait::async_trait;
use event_store::sqlite::Sqlite;
use event_store::{
    AppendError, Appended, Capabilities, EventStore, Expected, NewEvent, Position, Recorded, StoreError,
    StreamName,
};

#[derive(Debug)]
pub struct Sparse(pub Sqlite);

impl Sparse {
    /// From one event to the next.
    pub const APART: u64 = 100;

    fn position(raw: u64) -> Position {
        format!("{raw:016x}").parse().expect("a position")
    }

    fn outward(position: Position) -> Position {
        Self::position(position.raw() * Self::APART)
    }

    fn inward(position: Position) -> Position {
        assert_eq!(position.raw() % Self::APART, 0, "{position} is no event's place");
        Self::position(position.raw() / Self::APART)
    }

    fn page(page: Vec<Recorded>) -> Vec<Recorded> {
        let far = |recorded: Recorded| Recorded { position: Self::outward(recorded.position), ..recorded };
        page.into_iter().map(far).collect()
    }
}

#[async_trait]
impl EventStore for Sparse {
    async fn append(
        &self,
        stream: &StreamName,
        expected: Expected,
        events: Vec<NewEvent>,
    ) -> Result<Appended, AppendError> {
        let appended = self.0.append(stream, expected, events).await?;
        Ok(Appended { position: Self::outward(appended.position), ..appended })
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: u64,
        limit: usize,
    ) -> Result<Vec<Recorded>, StoreError> {
        self.0.read_stream(stream, from, limit).await.map(Self::page)
    }

    async fn read_all(&self, after: Position, limit: usize) -> Result<Vec<Recorded>, StoreError> {
        self.0.read_all(Self::inward(after), limit).await.map(Self::page)
    }

    async fn head(&self) -> Result<Position, StoreError> {
        self.0.head().await.map(Self::outward)
    }

    async fn changed(&self, after: Position) -> Result<Position, StoreError> {
        self.0.changed(Self::inward(after)).await.map(Self::outward)
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { dense_positions: false, ..self.0.capabilities() }
    }
}
