//! Reads the files of `corpus/`; their form is told in `corpus/README.md`.

use std::path::Path;

/// One connection, and what has to come of it.
#[derive(Debug, Default)]
pub(crate) struct Case {
    pub(crate) title: String,
    /// The bytes that the client sends, escapes undone, placeholders not.
    pub(crate) sent: Vec<u8>,
    pub(crate) answers: Vec<Answer>,
    pub(crate) received: Vec<Received>,
}

/// An answer that the client gets.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The code of the gateway's problem.
    pub(crate) code: Option<String>,
}

/// A request that the backend gets.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) body: Vec<u8>,
}

/// Every case of every file in this folder.
pub(crate) fn all(folder: &Path) -> Vec<Case> {
    let files =
        std::fs::read_dir(folder).expect("the corpus is there").map(|file| file.expect("readable").path());
    let mut files: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|kind| kind == "http")).collect();
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("text");
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with("# ")) {
            read(line, &mut cases);
        }
    }
    cases
}

fn read(line: &str, cases: &mut Vec<Case>) {
    if let Some(title) = line.strip_prefix("=== ") {
        cases.push(Case { title: title.to_owned(), ..Case::default() });
        return;
    }
    let case = cases.last_mut().expect("a case begins with its title");
    if let Some(answer) = line.strip_prefix("> ") {
        let (status, code) =
            answer.split_once(' ').map_or((answer, None), |(status, code)| (status, Some(code)));
        let status = status.parse().expect("a status");
        case.answers.push(Answer { status, code: code.map(str::to_owned) });
    } else if let Some(received) = line.strip_prefix("< ") {
        let mut parts = received.splitn(3, ' ').map(str::to_owned);
        let mut part = || parts.next().unwrap_or_default();
        case.received.push(Received { method: part(), path: part(), body: unescaped(&part()) });
    } else {
        case.sent.extend(unescaped(&repeated(line)));
    }
}

/// `{text*number}`, written out.
fn repeated(line: &str) -> String {
    let Some((before, rest)) = line.split_once('*').and_then(|(start, _)| {
        let open = start.rfind('{')?;
        Some((&line[..open], &line[open + 1..]))
    }) else {
        return line.to_owned();
    };
    let Some((inner, after)) = rest.split_once('}') else { return line.to_owned() };
    match inner.rsplit_once('*').and_then(|(text, number)| Some((text, number.parse::<usize>().ok()?))) {
        Some((text, number)) => format!("{before}{}{after}", text.repeat(number)),
        None => line.to_owned(),
    }
}

fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        bytes.push(match rest.next().expect("an escape") {
            b'r' => b'\r',
            b'n' => b'\n',
            b't' => b'\t',
            b's' => b' ',
            b'x' => {
                let mut digit =
                    || char::from(rest.next().expect("a digit")).to_digit(16).expect("hexadecimal");
                u8::try_from(digit() * 16 + digit()).expect("a byte")
            }
            other => other,
        });
    }
    bytes
}

/// `bytes` with every `{name}` replaced.
pub(crate) fn filled_in(bytes: &[u8], name: &str, value: &str) -> Vec<u8> {
    let name = format!("{{{name}}}").into_bytes();
    let mut filled = Vec::new();
    let mut rest = bytes;
    while let Some(place) = rest.windows(name.len()).position(|window| window == name) {
        filled.extend(&rest[..place]);
        filled.extend(value.as_bytes());
        rest = &rest[place + name.len()..];
    }
    filled.extend(rest);
    filled
}
