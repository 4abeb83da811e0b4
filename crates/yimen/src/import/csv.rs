//! Rows of a CSV file (RFC 4180): UTF-8 with or without a byte order mark, or GB 18030, a head line, quoted line breaks allowed.
//!
//! A row with another number of cells than the head is refused, and a cell that isn't in the file's encoding is a fault; the file goes on. A quote that is
//! never closed makes one row of all that follows: that row is refused, and the refusal says how far it reaches.

use std::{borrow::Cow, io::Read};

use csv::{ByteRecord, Reader, ReaderBuilder};

use super::lines::Lines;
use super::record::UNREADABLE;
use super::{Encoding, Field, Mapping, Record, Refusal};
use crate::failure::Failure;
use crate::output;

/// Characters of a column's name that a message shows.
const MOST_SHOWN: usize = 40;

/// The rows of a CSV file.
#[derive(Debug)]
pub struct Rows<R> {
    reader: Reader<Lines<R>>,
    encoding: Encoding,
    /// Field and place of each column that is wanted.
    columns: Vec<(Field, usize)>,
    width: usize,
    record: ByteRecord,
    broken: bool,
}

impl<R: Read> Rows<R> {
    /// Reads the head line and finds the columns. Every column that the mapping names has to be there.
    pub fn open(input: R, mapping: &Mapping, encoding: Encoding) -> Result<Self, Failure> {
        let mut reader = ReaderBuilder::new().flexible(true).from_reader(Lines::new(input));
        let head =
            reader.byte_headers().map_err(|error| Failure::because("the head line can't be read", &error))?;
        let head: Option<Vec<String>> =
            head.iter().map(|cell| encoding.read(cell).map(Cow::into_owned)).collect();
        let head = head.ok_or_else(|| Failure::usage(not_in(encoding)))?;
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
        Ok(Self { columns, width: head.len(), reader, encoding, record: ByteRecord::new(), broken: false })
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
            match self.encoding.read(self.record.get(*place).unwrap_or_default()) {
                Some(cell) => row.set(*field, &cell),
                None => {
                    let detail = format!("{}the cell is not {}", extent(line, last), self.encoding);
                    row.fault(*field, "encoding", detail);
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

/// What to do about a file in another encoding than the one that was said.
fn not_in(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Utf8 => {
            "the head line is not UTF-8: say --encoding gb18030 if a Chinese spreadsheet saved it, \
             or save the file as \"CSV UTF-8\""
        }
        Encoding::Gb18030 => "the head line is not GB 18030: leave --encoding out if the file is UTF-8",
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
        let mapping = mapping.parse().expect("well formed");
        Rows::open(bytes, &mapping, Encoding::Utf8).expect("a head line").collect()
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
            let failure =
                Rows::open(text.as_bytes(), &Mapping::default(), Encoding::Utf8).expect_err("no head line");
            assert!(failure.message.contains("head line"), "{}", failure.message);
        }
    }

    #[test]
    fn a_head_line_in_another_encoding_says_what_to_do() {
        for (head, encoding) in
            [(&b"\xc3\xfb\xb3\xc6,kind\n"[..], Encoding::Utf8), (b"n\xffme\n", Encoding::Gb18030)]
        {
            let failure = Rows::open(head, &Mapping::default(), encoding).expect_err("not in it");
            assert!(failure.message.contains("--encoding"), "{}", failure.message);
        }
    }

    #[test]
    fn gb_18030_is_read_with_its_four_byte_characters() {
        // 名称,kind / 㐀证,"a,b" / a broken cell: U+3400 has four bytes in GB 18030, the second and the last of them digits.
        let bytes = b"\xc3\xfb\xb3\xc6,kind\n\x81\x39\xee\x39\xd6\xa4,\"a,b\"\n\xff,01\n";
        let mapping = "name=名称".parse().expect("well formed");
        let rows: Vec<_> =
            Rows::open(&bytes[..], &mapping, Encoding::Gb18030).expect("a head line").collect();
        let row = rows[0].as_ref().expect("good");
        let cell = |field| row.get(field, &Defaults::default()).map(str::to_owned);
        assert_eq!(cell(Field::Name), Some("㐀证".to_owned()));
        assert_eq!(cell(Field::Kind), Some("a,b".to_owned()));
        let broken = rows[1].as_ref().expect("a row").check(&Field::ALL).expect_err("a broken cell");
        assert_eq!(
            (broken.codes(), broken.errors[0].detail.as_str()),
            (vec!["encoding"], "the cell is not GB 18030")
        );
    }

    #[test]
    fn a_column_that_is_not_there_is_said_with_those_that_are() {
        let mapping = "name=c".parse().expect("well formed");
        let failure = Rows::open(&b"a,b\n"[..], &mapping, Encoding::Utf8).expect_err("no column c");
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
