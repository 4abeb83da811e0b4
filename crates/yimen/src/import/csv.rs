//! Rows of a CSV file (RFC 4180): UTF-8 with or without a byte order mark, a head line, quoted line breaks allowed.
//!
//! A row with another number of cells than the head is refused, and a cell that isn't UTF-8 is a fault; the file goes on. A quote that is
//! never closed makes one row of all that follows: that row is refused, and the refusal says how far it reaches.

use std::io::Read;

use csv::{ByteRecord, ErrorKind, Reader, ReaderBuilder};

use super::lines::Lines;
use super::record::UNREADABLE;
use super::{Field, Mapping, Record, Refusal};
use crate::failure::Failure;
use crate::output;

/// What to do about a file in another encoding.
const NOT_UTF_8: &str = "the head line is not UTF-8: save the file as \"CSV UTF-8\", \
    or convert it first, for example by `iconv -f GB18030 -t UTF-8`";
/// Characters of a column's name that a message shows.
const MOST_SHOWN: usize = 40;

/// The rows of a CSV file.
#[derive(Debug)]
pub struct Rows<R> {
    reader: Reader<Lines<R>>,
    /// Field and place of each column that is wanted.
    columns: Vec<(Field, usize)>,
    width: usize,
    record: ByteRecord,
    broken: bool,
}

impl<R: Read> Rows<R> {
    /// Reads the head line and finds the columns. Every column that the mapping names has to be there.
    pub fn open(input: R, mapping: &Mapping) -> Result<Self, Failure> {
        let mut reader = ReaderBuilder::new().flexible(true).from_reader(Lines::new(input));
        let head = reader
            .headers()
            .map_err(|error| {
                if matches!(error.kind(), ErrorKind::Utf8 { .. }) {
                    return Failure::usage(NOT_UTF_8);
                }
                Failure::because("the head line can't be read", &error)
            })?
            .clone();
        if head.is_empty() {
            return Err(Failure::usage("the file is empty: its head line is missing"));
        }
        let end = reader.position().byte();
        if reader.get_ref().ends_in_quotes(end) {
            return Err(Failure::usage("a quote that opens in the head line is never closed"));
        }
        let place = |column: &str| head.iter().position(|name| name.trim() == column);
        for (field, column) in mapping.named() {
            if place(column).is_none() {
                let known: Vec<_> = head.iter().map(|name| output::shown(name, MOST_SHOWN)).collect();
                return Err(Failure::usage(format!(
                    "--map {field}={column}: the file has no such column; it has {}",
                    known.join(", ")
                )));
            }
        }
        let columns =
            Field::ALL.into_iter().filter_map(|field| Some((field, place(mapping.column(field))?))).collect();
        Ok(Self { columns, width: head.len(), reader, record: ByteRecord::new(), broken: false })
    }

    /// Whether a column holds the field.
    pub fn has(&self, field: Field) -> bool {
        self.columns.iter().any(|(held, _)| *held == field)
    }

    /// The row that was read, from where it begins to where the reader is.
    fn row(&mut self) -> Result<Record, Refusal> {
        let start = self.record.position().map_or(0, csv::Position::byte);
        let end = self.reader.position().byte();
        let lines = self.reader.get_mut();
        let line = lines.line_at(start);
        let last = lines.line_of(end.saturating_sub(1)).max(line);
        if lines.ends_in_quotes(end) {
            let detail = format!("{}a quote that opens there is never closed", extent(line, last));
            return Err(Refusal::of_row(line, "unclosed-quote", detail));
        }
        if self.record.len() != self.width {
            let detail = format!(
                "{}the row has {} cells where the head line has {}",
                extent(line, last),
                self.record.len(),
                self.width
            );
            return Err(Refusal::of_row(line, "ragged", detail));
        }
        let mut row = Record::new(line);
        for (field, place) in &self.columns {
            match std::str::from_utf8(self.record.get(*place).unwrap_or_default()) {
                Ok(cell) => row.set(*field, cell),
                Err(_) => {
                    row.fault(*field, "encoding", format!("{}the cell is not UTF-8", extent(line, last)));
                }
            }
        }
        Ok(row)
    }
}

impl<R: Read> Iterator for Rows<R> {
    type Item = Result<Record, Refusal>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.broken {
            return None;
        }
        match self.reader.read_byte_record(&mut self.record) {
            Ok(false) => None,
            Ok(true) => Some(self.row()),
            // With flexible rows and bytes, only reading itself can fail, and it would fail again.
            Err(error) => {
                self.broken = true;
                Some(Err(Refusal::of_row(self.reader.position().line(), UNREADABLE, error.to_string())))
            }
        }
    }
}

/// Says which lines a row takes, if it is more than one: a quote in the wrong place may have joined several rows.
fn extent(first: u64, last: u64) -> String {
    if first == last {
        String::new()
    } else {
        format!("lines {first}–{last} are one row, by their quotes: ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::Defaults;

    fn rows(bytes: &[u8], mapping: &str) -> Vec<Result<Record, Refusal>> {
        Rows::open(bytes, &mapping.parse().expect("well formed")).expect("a head line").collect()
    }

    #[test]
    fn a_byte_order_mark_quotes_and_line_breaks_are_read_with_true_line_numbers() {
        let text = "\u{feff}dept,name\r\n甲,\"一\n二\"\r\n乙,\"说\"\"好\"\"\"\n\n丙,三\n";
        let found: Vec<_> =
            rows(text.as_bytes(), "department=dept").into_iter().map(|row| row.expect("good")).collect();
        let none = Defaults::default();
        let cell = |row: usize, field| found[row].get(field, &none).map(str::to_owned);
        assert_eq!(cell(0, Field::Department), Some("甲".to_owned()));
        assert_eq!(cell(0, Field::Name), Some("一\n二".to_owned()));
        assert_eq!(cell(1, Field::Name), Some("说\"好\"".to_owned()));
        assert_eq!(found.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 4, 6]);
    }

    #[test]
    fn broken_rows_are_refused_and_the_rest_goes_on() {
        let mut bytes = b"name,kind\nonly-one\n".to_vec();
        bytes.extend(b"\xff\xfe,01\na,01,surplus\ngood,01\n");
        let found: Vec<_> = rows(&bytes, "")
            .into_iter()
            .map(|row| row.and_then(|row| row.check(&Field::ALL).map(|()| row.line)))
            .collect();
        let codes: Vec<_> =
            found.iter().map(|row| row.as_ref().copied().map_err(|r| (r.line, r.codes()))).collect();
        assert_eq!(
            codes,
            [Err((2, vec!["ragged"])), Err((3, vec!["encoding"])), Err((4, vec!["ragged"])), Ok(5)]
        );
    }

    #[test]
    fn a_refused_row_of_several_lines_says_how_far_it_reaches() {
        // The last row would have as many cells as the head line, and would have swallowed the one after it.
        let text = "name,kind\n甲,\"01\r\n乙,01\r\n丙\",01,x\n丁,\"01\n戊,01\n";
        let refusals: Vec<_> = rows(text.as_bytes(), "")
            .into_iter()
            .map(|row| row.expect_err("broken"))
            .map(|refusal| (refusal.line, refusal.errors[0].detail.clone()))
            .collect();
        let joined = "lines 2–4 are one row, by their quotes: the row has 4 cells where the head line has 2";
        let open = "lines 5–6 are one row, by their quotes: a quote that opens there is never closed";
        assert_eq!(refusals, [(2, joined.to_owned()), (5, open.to_owned())]);
    }

    #[test]
    fn a_file_without_a_whole_head_line_is_refused() {
        for text in ["", "\n\n", "\u{feff}", "name,\"kind\n甲,01\n"] {
            let failure = Rows::open(text.as_bytes(), &Mapping::default()).expect_err("no head line");
            assert!(failure.message.contains("head line"), "{}", failure.message);
        }
    }

    #[test]
    fn a_head_line_in_another_encoding_says_what_to_do() {
        let failure = Rows::open(&b"\xc3\xfb\xb3\xc6,kind\n"[..], &Mapping::default()).expect_err("GBK");
        assert!(failure.message.contains("iconv"), "{}", failure.message);
    }

    #[test]
    fn a_column_that_is_not_there_is_said_with_those_that_are() {
        let failure =
            Rows::open(&b"a,b\n"[..], &"name=c".parse().expect("well formed")).expect_err("no column c");
        assert_eq!(failure.message, "--map name=c: the file has no such column; it has a, b");
    }

    #[test]
    fn blank_cells_count_as_absent_and_defaults_take_their_place() {
        let found = rows("name,region\n甲, \n".as_bytes(), "");
        let row = found[0].as_ref().expect("good");
        assert_eq!(row.get(Field::Region, &Defaults::default()), None);
        assert_eq!(row.get(Field::Region, &"region=511602".parse().expect("well formed")), Some("511602"));
    }
}
