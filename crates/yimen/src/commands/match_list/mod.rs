//! `yimen match`: which rows of a list are the same service, without a gateway.
//!
//! File → records (as `yimen import` reads them) → profiles → `matching::Batch` → pairs, clusters, and a summary.

mod codes;
mod destination;
mod lines;
mod list;
mod profile;
mod summary;

use std::process::ExitCode;
use std::sync::Arc;

use matching::{Batch, Lexicon, Pair};

use self::destination::Destinations;
use crate::cli::MatchArgs;
use crate::failure::{Exit, Failure};
use crate::{output, words};

/// The probability from which pairs form clusters, whichever are told: more likely one service than not.
const CLUSTER_FLOOR: f64 = 0.5;
/// Characters of a name, an id or a column that are shown.
const MOST_SHOWN: usize = 80;

pub fn run(args: &MatchArgs) -> Result<ExitCode, Failure> {
    // Before the work: a place that can't be written and a word that can't be read are better known at once.
    let mut destinations = Destinations::open(args)?;
    let lexicon = match &args.words {
        Some(folder) => words::read(folder)?,
        None => Arc::clone(Lexicon::built_in()),
    };
    let (list, profiles) = list::read(args)?;
    let batch = Batch::with_words(lexicon, &profiles);
    drop(profiles);
    let scored = batch.pairs(args.floor.min(CLUSTER_FLOOR));
    let clusters = batch.clusters(from(&scored, CLUSTER_FLOOR));
    let pairs = from(&scored, args.floor);

    if let Some(out) = &mut destinations.pairs {
        out.fill(|out| lines::write_pairs(out, &batch, &list.rows, pairs))?;
    }
    if let Some(out) = &mut destinations.clusters {
        out.fill(|out| lines::write_clusters(out, &list.rows, &clusters))?;
    }
    let mut summary = summary::counts(&list, &batch, args.floor, pairs, &clusters);
    if destinations.pairs.is_none() {
        summary.push('\n');
        summary.push_str(&summary::best(&list, &batch, pairs));
    }
    let stdout_is_taken = destinations.take_stdout();
    destinations.appear()?;
    if stdout_is_taken {
        output::remark(summary.trim_end());
    } else {
        output::say(&summary)?;
    }
    Ok(if list.refused == 0 { ExitCode::SUCCESS } else { Exit::Refused.into() })
}

/// Those pairs, of pairs with the most probable first, that are at the floor or above.
fn from(pairs: &[Pair], floor: f64) -> &[Pair] {
    let end = pairs.partition_point(|pair| pair.probability >= floor);
    pairs.get(..end).unwrap_or(pairs)
}
