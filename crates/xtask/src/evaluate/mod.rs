//! `cargo xtask evaluate`: how well matching tells services apart, beside peers on the same records, fields and pairs.
//!
//! Every list is written once as a CSV under `target/evaluate`, without what is to be found out. Yimen reads it through the
//! door that users have, `yimen match`; every peer is a small Python script that reads the same file. All of them answer scored
//! pairs, and one function ([`metrics::quality`]) judges them all.
//!
//! A list is split by entity into a half to learn from and a half to be judged on ([`lists::Half`]). Everyday tuning uses
//! `--half train`; the test half is for the figure that is published.

pub(crate) mod lists;
pub(crate) mod metrics;
pub(crate) mod pairs;
pub(crate) mod peers;
mod report;
mod tables;
pub(crate) mod yimen;

use std::path::PathBuf;
use std::time::Instant;

use lists::{Half, List, Truth};
use metrics::Judged;
use pairs::ScoredPair;
use report::{ListReport, LookAlikes, Report, SystemReport};

use crate::cargo;

/// What to evaluate.
#[derive(Debug, clap::Args)]
pub(crate) struct EvaluateArguments {
    /// Folder with the lists; beside the repository when absent
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The half that is judged; `train` for everyday tuning
    #[arg(long, value_enum, default_value_t = Half::Test)]
    half: Half,
    /// Only these lists
    #[arg(long, value_delimiter = ',', value_parser = lists::NAMES)]
    only: Vec<String>,
    /// One more list: CSV with the fields of `yimen match` and a column `entity`, equal where two rows are one service
    #[arg(long, value_name = "NAME=FILE")]
    list: Vec<String>,
    /// Yimen alone
    #[arg(long)]
    no_peers: bool,
    /// Call the matching library, not the binary: quicker to build while tuning
    #[arg(long)]
    in_process: bool,
}

/// Evaluates, prints the tables and writes `target/evaluate/report.json`.
pub(crate) fn run(arguments: &EvaluateArguments) -> Result<(), String> {
    if arguments.in_process && cfg!(debug_assertions) {
        return again_in_release();
    }
    let folder = cargo::root().join("target/evaluate");
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let lists = read_lists(arguments)?;
    if !arguments.in_process {
        yimen::build()?;
    }
    let peers = if arguments.no_peers { None } else { peers::install(&folder) };

    let mut report = Report { half: arguments.half, ..Report::default() };
    for list in &lists {
        let files = list.write(&folder)?;
        let mut systems = vec![measure_yimen(list, &files.records, arguments.in_process)?];
        for peer in peers.iter().flat_map(|_| peers::PEERS).filter(|peer| peer.takes(list)) {
            let found = peers.as_ref().map(|installed| installed.pairs(peer, list, &files));
            match found {
                Some(Ok((pairs, seconds))) => systems.push(judge_peer(peer, list, &pairs, seconds)),
                Some(Err(message)) => eprintln!("{} is left out of {}: {message}", peer.title, list.name),
                None => {}
            }
        }
        let done = ListReport::of(list, systems);
        tables::print(&done, arguments.half);
        report.lists.push(done);
    }
    report.write(&folder)
}

fn read_lists(arguments: &EvaluateArguments) -> Result<Vec<List>, String> {
    let data = arguments.data.clone().unwrap_or_else(|| cargo::root().join("../shared/data"));
    let own = arguments.list.iter().map(|list| {
        let (name, file) =
            list.split_once('=').ok_or_else(|| format!("write --list NAME=FILE, not {list}"))?;
        lists::read_own(name, file.as_ref(), arguments.half)
    });
    let known = lists::NAMES.into_iter().filter(|name| match arguments.only.as_slice() {
        [] => arguments.list.is_empty(),
        only => only.iter().any(|wanted| wanted == name),
    });
    known.map(|name| lists::read(name, &data, arguments.half)).chain(own).collect()
}

fn measure_yimen(list: &List, records: &std::path::Path, in_process: bool) -> Result<SystemReport, String> {
    let started = Instant::now();
    let pairs = if in_process { yimen::in_process(list) } else { yimen::by_binary(records)? };
    let seconds = started.elapsed().as_secs_f64();
    let judged = list.judge(&pairs);
    let mut report = SystemReport::of("Yimen", list, &judged, seconds);
    report.at_default = Some(metrics::decided(&judged, list.true_pairs()));
    report.default_threshold = Some("verdict `same`".to_owned());
    report.calibration = Some(metrics::calibration(&judged));
    report.proposed = Some(metrics::proposed(&judged, list.true_pairs()));
    report.look_alikes = LookAlikes::of(list, &judged, true);
    Ok(report)
}

fn judge_peer(peer: &peers::Peer, list: &List, pairs: &[ScoredPair], seconds: f64) -> SystemReport {
    let judged: Vec<Judged> = list.judge(pairs);
    let mut report = SystemReport::of(peer.title, list, &judged, seconds);
    if peer.states_probability {
        report.at_default = Some(metrics::at(&judged, list.true_pairs(), 0.5));
        report.default_threshold = Some("0.5".to_owned());
        report.calibration = Some(metrics::calibration(&judged));
    }
    report.learned_from = match (&list.truth, peer.supervised) {
        (_, false) => None,
        (Truth::Entities(_), true) if list.half == Half::Train => Some("these very records".to_owned()),
        (Truth::Entities(_), true) => Some("the train half".to_owned()),
        (Truth::Labelled(_), true) => Some("the names of Canada's train half".to_owned()),
    };
    report.look_alikes = LookAlikes::of(list, &judged, false);
    report
}

/// The library would be slow without optimisation: starts this command again, with it.
pub(crate) fn again_in_release() -> Result<(), String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut command = vec!["run", "--release", "--quiet", "--package", "xtask", "--"];
    command.extend(arguments.iter().map(String::as_str));
    cargo::run(&command)
}
