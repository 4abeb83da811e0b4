//! Rows of a JSON Lines file: one object a line; a column is a dotted path into it.

use std::io::BufRead;

use serde_json::Value;

use super::record::UNREADABLE;
use super::{Field, Mapping, Record, Refusal};

/// The longest line that is looked at, in bytes.
const MAX_LINE_BYTES: usize = 4 * 1024 * 1024;

/// The rows of a JSON Lines file.
#[derive(Debug)]
pub struct Rows<'m, R> {
    input: R,
    mapping: &'m Mapping,
    line: u64,
    broken: bool,
}

impl<'m, R: BufRead> Rows<'m, R> {
    /// Rows whose fields are found as `mapping` says.
    pub fn new(input: R, mapping: &'m Mapping) -> Self {
        Self { input, mapping, line: 0, broken: false }
    }

    /// The next line without its end; `None` after the last one, and an error if it is too long.
    fn next_line(&mut self) -> Option<Result<Vec<u8>, Refusal>> {
        let mut bytes = Vec::new();
        let mut too_long = false;
        loop {
            let part = match self.input.fill_buf() {
                Ok(part) => part,
                Err(error) => {
                    self.broken = true;
                    return Some(Err(Refusal::of_row(self.line + 1, UNREADABLE, error.to_string())));
                }
            };
            if part.is_empty() {
                if bytes.is_empty() && !too_long {
                    return None;
                }
                break;
            }
            let end = part.iter().position(|byte| *byte == b'\n');
            let taken = end.unwrap_or(part.len());
            if bytes.len() + taken > MAX_LINE_BYTES {
                too_long = true;
                bytes.clear();
            } else if !too_long {
                bytes.extend_from_slice(&part[..taken]);
            }
            self.input.consume(end.map_or(taken, |end| end + 1));
            if end.is_some() {
                break;
            }
        }
        self.line += 1;
        if too_long {
            let detail = format!("the line has more than {MAX_LINE_BYTES} bytes");
            return Some(Err(Refusal::of_row(self.line, "too-long", detail)));
        }
        Some(Ok(bytes))
    }

    fn row(&self, bytes: &[u8]) -> Result<Record, Refusal> {
        let line = self.line;
        let object: Value = serde_json::from_slice(bytes)
            .map_err(|error| Refusal::of_row(line, "json", format!("not JSON: {error}")))?;
        if !object.is_object() {
            return Err(Refusal::of_row(line, "json", "the line is not a JSON object"));
        }
        let mut row = Record::new(line);
        for field in Field::ALL {
            if let Some(value) = find(&object, self.mapping.column(field)) {
                match text(value) {
                    Some(text) => row.set(field, &text),
                    None => row.fault(field, "type", "neither text, a number, nor an array of them"),
                }
            }
        }
        Ok(row)
    }
}

impl<R: BufRead> Iterator for Rows<'_, R> {
    type Item = Result<Record, Refusal>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.broken {
            let bytes = match self.next_line()? {
                Ok(bytes) => bytes,
                Err(refusal) => return Some(Err(refusal)),
            };
            let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes);
            if !bytes.trim_ascii().is_empty() {
                return Some(self.row(bytes));
            }
        }
        None
    }
}

/// The member at a dotted path; a member whose own name has the dots comes first.
fn find<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    if let Some(found) = value.get(path) {
        return Some(found);
    }
    path.match_indices('.').find_map(|(dot, _)| find(value.get(&path[..dot])?, &path[dot + 1..]))
}

/// The text of a cell; arrays become lists. `None` for what is no cell.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some(String::new()),
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Array(parts) => {
            let parts: Option<Vec<_>> = parts.iter().filter(|part| !part.is_array()).map(text).collect();
            parts.map(|parts| parts.join(";"))
        }
        Value::Bool(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::Defaults;

    fn rows(text: &str, mapping: &str) -> Vec<Result<Record, Refusal>> {
        Rows::new(text.as_bytes(), &mapping.parse().expect("well formed")).collect()
    }

    #[test]
    fn paths_numbers_arrays_and_nulls_are_read() {
        let text = "{\"title\":{\"zh-CN\":\"甲\"},\"kind\":1,\"keywords\":[\"a\",\"b\"],\"link\":null}\n\n{\"a.b\":\"乙\"}";
        let found = rows(text, "name=title.zh-CN,summary=a.b");
        let none = Defaults::default();
        let first = found[0].as_ref().expect("good");
        assert_eq!(first.get(Field::Name, &none), Some("甲"));
        assert_eq!(first.get(Field::Kind, &none), Some("1"));
        assert_eq!(first.get(Field::Keywords, &none), Some("a;b"));
        assert_eq!(first.get(Field::Link, &none), None);
        let second = found[1].as_ref().expect("good");
        assert_eq!((second.line, second.get(Field::Summary, &none)), (3, Some("乙")));
    }

    #[test]
    fn broken_lines_are_refused_and_the_rest_goes_on() {
        let long = format!("{{\"name\":\"{}\"}}", "x".repeat(MAX_LINE_BYTES));
        let text = format!("{{\n[1]\n{{\"name\":{{}}}}\n{long}\n{{\"name\":\"good\"}}");
        let found: Vec<_> = rows(&text, "")
            .into_iter()
            .map(|row| row.and_then(|row| row.check(&Field::ALL).map(|()| row.line)))
            .collect();
        let codes: Vec<_> =
            found.iter().map(|row| row.as_ref().copied().map_err(|r| (r.line, r.codes()))).collect();
        assert_eq!(
            codes,
            [
                Err((1, vec!["json"])),
                Err((2, vec!["json"])),
                Err((3, vec!["type"])),
                Err((4, vec!["too-long"])),
                Ok(5)
            ]
        );
    }
}
