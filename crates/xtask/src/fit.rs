//! `cargo xtask fit`: fits the curves of `crates/matching/data/weights.tsv` to the train half of a labelled list.
//!
//! The list is measured as it is and with columns withheld, because other lists state less: a curve must hold for all of
//! them. `evaluate/fit.py` does the fitting, in the virtual environment of `evaluate`; the test half is never read.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use matching::{Batch, Measure, Profile};

use crate::cargo;
use crate::evaluate::lists::{self, Half, List, Truth};
use crate::evaluate::{again_in_release, peers, yimen};

/// Where to fit from.
#[derive(Debug, clap::Args)]
pub(crate) struct FitArguments {
    /// Folder with the lists; beside the repository when absent
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// A list with columns withheld, and how much it counts beside the whole one.
struct Variant {
    list: &'static str,
    withheld: &'static [Column],
    weight: f64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    Department,
    Summary,
    Rest,
}

use Column::{Department, Rest, Summary};

/// The variants without a department only tell how much less is known without one.
const VARIANTS: [Variant; 9] = [
    Variant { list: "canada", withheld: &[], weight: 1.0 },
    Variant { list: "canada", withheld: &[Summary], weight: 0.3 },
    Variant { list: "canada", withheld: &[Rest], weight: 0.3 },
    Variant { list: "canada", withheld: &[Summary, Rest], weight: 0.3 },
    Variant { list: "canada-fr", withheld: &[], weight: 0.5 },
    Variant { list: "canada-fr", withheld: &[Summary, Rest], weight: 0.2 },
    Variant { list: "canada", withheld: &[Department], weight: 0.0 },
    Variant { list: "canada", withheld: &[Department, Rest], weight: 0.0 },
    Variant { list: "canada", withheld: &[Department, Summary, Rest], weight: 0.0 },
];

/// Measures, fits and writes the weights.
pub(crate) fn run(arguments: &FitArguments) -> Result<(), String> {
    if cfg!(debug_assertions) {
        return again_in_release();
    }
    let folder = cargo::root().join("target/evaluate/fit");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let data = arguments.data.clone().unwrap_or_else(|| cargo::root().join("../shared/data"));
    let installed = peers::install(&cargo::root().join("target/evaluate"));
    let installed =
        installed.ok_or("fitting needs Python 3 and the packages of evaluate/requirements.txt")?;
    let mut command = installed.script("fit.py");
    command.arg(cargo::root().join("crates/matching/data/weights.tsv"));
    for (number, variant) in VARIANTS.iter().enumerate() {
        let list = lists::read(variant.list, &data, Half::Train)?;
        let file = folder.join(format!("{number}.csv"));
        measure(&list, variant.withheld, &file)?;
        command.arg(&file).arg(variant.weight.to_string());
    }
    peers::run(&mut command, "fit.py")
}

fn measure(list: &List, withheld: &[Column], file: &Path) -> Result<(), String> {
    let Truth::Entities(entities) = &list.truth else {
        return Err(format!("{} has no entities to learn from", list.name));
    };
    let profiles: Vec<Profile> =
        list.records.iter().map(|record| without(yimen::profile(record), withheld)).collect();
    let failed = |error: std::io::Error| format!("{}: {error}", file.display());
    let mut out = std::io::BufWriter::new(fs::File::create(file).map_err(failed)?);
    let heads: Vec<&str> = Measure::ALL.iter().map(|measure| measure.as_str()).collect();
    writeln!(out, "a,b,same,by-hand,{}", heads.join(",")).map_err(failed)?;
    for (a, b, measured, by_hand) in Batch::new(&profiles).measurements() {
        let entity = |place: u32| usize::try_from(place).ok().and_then(|place| entities.get(place));
        let same = u8::from(entity(a) == entity(b));
        let cell =
            |measure: &Measure| measured.get(*measure).map(|value| value.to_string()).unwrap_or_default();
        let cells: Vec<String> = Measure::ALL.iter().map(cell).collect();
        writeln!(out, "{a},{b},{same},{by_hand},{}", cells.join(",")).map_err(failed)?;
    }
    out.flush().map_err(failed)
}

fn without(mut profile: Profile, withheld: &[Column]) -> Profile {
    for column in withheld {
        match column {
            Department => (profile.department, profile.organisation) = (None, None),
            Summary => profile.summary = None,
            Rest => {
                profile.keywords.clear();
                (profile.kind, profile.endpoint) = (None, None);
            }
        }
    }
    profile
}
