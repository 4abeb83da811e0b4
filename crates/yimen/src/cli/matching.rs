//! `yimen match` on the command line.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::import::{Defaults, Encoding, Mapping};

/// `yimen match`.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct MatchArgs {
    /// The list; - is standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// What the list is
    #[arg(long, value_enum)]
    pub format: ListFormat,
    /// What the text of a csv file is encoded in
    #[arg(long, value_enum, default_value_t)]
    pub encoding: Encoding,
    /// Which column holds which field: field=column,… (for jsonl a dotted path)
    #[arg(long, value_name = "FIELD=COLUMN,…", default_value = "")]
    pub map: Mapping,
    /// What a field is where its cell is blank or has no column: field=value,…
    #[arg(long, value_name = "FIELD=VALUE,…", default_value = "")]
    pub default: Defaults,
    /// Scheme of shared codes (basicCode) that are not 12 digits; `local` means that they prove nothing
    #[arg(long, value_name = "NAME", default_value = "basic-code")]
    pub code_scheme: String,
    /// Folder of word lists (*.tsv) that add to those that are built in, or take their place term by term
    #[arg(long, value_name = "DIR")]
    pub words: Option<PathBuf>,
    /// Pairs whose stated probability is at least this, 0 to 1, are told and written
    #[arg(long, value_name = "P", default_value_t = 0.5, value_parser = probability)]
    pub floor: f64,
    /// Write the pairs here, one JSON object a line, the most probable first; - is standard output
    #[arg(long, value_name = "OUT.jsonl")]
    pub pairs: Option<PathBuf>,
    /// Write the groups of rows that are one service here, one JSON object a line; - is standard output
    #[arg(long, value_name = "OUT.jsonl")]
    pub clusters: Option<PathBuf>,
}

/// What a list to match is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// Comma-separated values (RFC 4180) with a head line.
    Csv,
    /// One JSON object a line.
    Jsonl,
}

fn probability(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(floor) if (0.0..=1.0).contains(&floor) => Ok(floor),
        Ok(_) | Err(_) => Err("write a number from 0 to 1, for example 0.9".to_owned()),
    }
}

const HELP: &str = "\
例 / For example:
  yimen match items.csv --format csv --map name=事项名称,id=编码,region=区划 \\
    --pairs pairs.jsonl --clusters clusters.jsonl

字段 / Fields, all but id and name optional:
  id, department, departmentCode, organisation, name, summary, keywords,
  itemCode, basicCode, kind, audience, region, level, endpoint, legalBasis
A column that has a field's own name needs no --map. Without an id, itemCode is
the id. Keywords, audiences and regions are separated by ; , 、 or |, laws
(legalBasis) by ; | or a new line.

空白即未说明 / Blank means not stated: unlike an import, which has to decide,
nothing is assumed of a silent field, except the level where a region tells it.
What a cell says is read as an import reads it; what no scheme knows stays as it is.

编码 / Codes. A basicCode is shared by departments: 12 digits are cn-basic, any
other is of --code-scheme. An itemCode counts by the basic code in it
(实施编码, 业务办理项编码); one that holds the row's organisation or region,
only digits, or fewer than 8 letters and digits is the department's own and
proves nothing; any other is taken as shared, under the scheme item-code. If
departments share a column of short codes, map it: --map basicCode=COLUMN.

词表 / Words. --words DIR adds rows to the built-in lists, by the same file names:
acts.tsv, act-terms.tsv, synonyms.tsv (variant, tab, canonical), markers.tsv,
opposites.tsv, fillers.tsv, places.tsv, departments.tsv. A row takes the place
of the built-in ones for its term. A wrong row ends the command, with its line.

输出 / Output. A summary; without --pairs also the most probable pairs, with the
evidence in words. It goes to standard error where - takes standard output.
  pairs     {\"a\",\"b\",\"score\",\"verdict\",\"relation\",\"evidence\":[{\"feature\",
            \"weight\",\"zh\",\"en\"}]}: a and b are ids, score the probability,
            verdict same, suspect or distinct, relation other-implementer or
            duplicate, weight bits for (+) or against (-)
  clusters  {\"cluster\",\"items\",\"name\"}: every row is in exactly one, alone where
            nothing is the same; name is the one that most of the rows have.
            The floor changes nothing here.
A file appears when it is whole; one that is there is replaced then.

退出码 / Exit code: 0 when every row was read, 2 when some were refused (no id,
no name, an id twice, a broken row): each is on standard error with its line,
the others are matched.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_floor_is_a_probability() {
        for (text, floor) in [("0", 0.0), ("1", 1.0), ("0.75", 0.75)] {
            assert_eq!(probability(text), Ok(floor));
        }
        for text in ["-0.1", "1.01", "NaN", "inf", "", "half"] {
            assert!(probability(text).is_err(), "{text}");
        }
    }
}
