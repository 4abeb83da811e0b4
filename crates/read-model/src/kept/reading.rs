//! Reads a snapshot back, on several threads: one reads, some check and decode, one folds.

use std::fs::File;
use std::io::BufReader;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use event_store::{EventStore, Position, StoreError};

use super::blocks::{self, Block};
use super::record::Record;
use super::{FOLDING, Heading, KIND, Unusable};
use crate::projection::Projection;

/// Blocks that wait between two threads.
const WAITING: usize = 4;
/// Bytes that are read from the file at once.
const BUFFER: usize = 256 * 1024;

/// The states of a file, if there is one and it is of this log and this build.
///
/// `Ok(None)` where there is no file. Fails with [`StoreError`] only when the log can't be asked.
pub(crate) async fn load(
    file: &Path,
    store: &dyn EventStore,
) -> Result<Result<Option<Projection>, Unusable>, StoreError> {
    let opened = match Opened::open(file).await {
        Ok(Some(opened)) => opened,
        Ok(None) => return Ok(Ok(None)),
        Err(unusable) => return Ok(Err(unusable)),
    };
    let first = store.read_all(Position::START, 1).await?;
    if first.first().map(|event| event.id) != Some(opened.heading.log) {
        return Ok(Err(Unusable::OtherLog));
    }
    if !opened.heading.reached.is_in(store).await? {
        return Ok(Err(Unusable::NotInLog));
    }
    let folding = tokio::task::spawn_blocking(move || opened.fold());
    Ok(folding.await.unwrap_or(Err(Unusable::Foreign)).map(Some))
}

/// A file whose heading was read.
struct Opened {
    file: BufReader<File>,
    heading: Heading,
}

impl Opened {
    async fn open(path: &Path) -> Result<Option<Self>, Unusable> {
        let path = path.to_owned();
        let opening = tokio::task::spawn_blocking(move || match File::open(path) {
            Ok(file) => Self::head(BufReader::with_capacity(BUFFER, file)).map(Some),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        });
        opening.await.unwrap_or(Err(Unusable::Foreign))
    }

    fn head(mut file: BufReader<File>) -> Result<Self, Unusable> {
        let first = blocks::read(&mut file, 0)?.ok_or(Unusable::Short)?;
        // A heading of another shape is another build's, too.
        let heading: Heading = serde_json::from_slice(first.content()?).map_err(|_| Unusable::Foreign)?;
        match (heading.kind.as_str(), heading.folding.as_str()) {
            (KIND, FOLDING) => Ok(Self { file, heading }),
            (KIND, _) => Err(Unusable::OtherBuild),
            (_, _) => Err(Unusable::Foreign),
        }
    }

    /// Puts the states together. What is derived of them is left to the projection.
    fn fold(self) -> Result<Projection, Unusable> {
        let Self { mut file, heading } = self;
        let mut projection = Projection::resumed(&heading);
        let (read, to_decode) = sync_channel(WAITING);
        let to_decode = &Mutex::new(to_decode);
        thread::scope(|scope| {
            let (decoded, to_fold) = sync_channel(WAITING);
            scope.spawn(move || read_all(&mut file, &read));
            for _ in 0..thread::available_parallelism().map_or(1, NonZeroUsize::get) {
                let decoded = decoded.clone();
                scope.spawn(move || decode_all(to_decode, &decoded));
            }
            drop(decoded);
            let mut folded = 0;
            for records in to_fold {
                let records: Vec<Record<'static>> = records?;
                folded += records.len() as u64;
                records.into_iter().for_each(|record| projection.resume(record));
            }
            if folded == heading.records { Ok(projection) } else { Err(Unusable::Short) }
        })
    }
}

/// Hands over every block, or why there is none; ends early when nobody takes them any more.
fn read_all(file: &mut BufReader<File>, read: &SyncSender<Result<Block, Unusable>>) {
    for place in 1.. {
        let Some(block) = blocks::read(file, place).transpose() else { return };
        let failed = block.is_err();
        if read.send(block).is_err() || failed {
            return;
        }
    }
}

fn decode_all(
    blocks: &Mutex<Receiver<Result<Block, Unusable>>>,
    decoded: &SyncSender<Result<Vec<Record<'static>>, Unusable>>,
) {
    loop {
        let block = blocks.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(block) = block else { return };
        if decoded.send(block.and_then(|block| decode(&block))).is_err() {
            return;
        }
    }
}

/// The states of a block, one in a line.
fn decode(block: &Block) -> Result<Vec<Record<'static>>, Unusable> {
    let lines = block.content()?.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(serde_json::from_slice).collect::<Result<_, _>>().map_err(|_| Unusable::Damaged(block.place))
}
