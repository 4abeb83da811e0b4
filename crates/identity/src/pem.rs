//! Private keys as text: PKCS #8 in PEM (RFC 7468), several in one file, each with the time from which it signs.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

/// The width of a line (RFC 7468, section 2).
const WIDTH: usize = 64;
const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";
/// Stands before a key, where RFC 7468 allows explanatory text and other readers pass it over.
const SIGNS_FROM: &str = "Signs-From:";

/// A private key in a file.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct KeyBlock {
    /// The key, as a PKCS #8 document in DER.
    pub(crate) pkcs8: Vec<u8>,
    /// From when it signs; none where the text doesn't say: always.
    pub(crate) signs_from: Option<Timestamp>,
}

/// One key, as [`read`] takes it.
pub(crate) fn write(key: &KeyBlock) -> String {
    let mut text = String::new();
    if let Some(signs_from) = key.signs_from {
        text.push_str(&format!("{SIGNS_FROM} {signs_from}\n"));
    }
    text.push_str(BEGIN);
    for (place, character) in STANDARD.encode(&key.pkcs8).chars().enumerate() {
        if place % WIDTH == 0 {
            text.push('\n');
        }
        text.push(character);
    }
    text.push('\n');
    text.push_str(END);
    text.push('\n');
    text
}

/// Every key in the text, in its order; none if any part of it can't be read, or holds a private key in another form.
pub(crate) fn read(text: &str) -> Option<Vec<KeyBlock>> {
    let (mut keys, mut signs_from, mut body) = (Vec::new(), None, None::<String>);
    for line in text.lines().map(str::trim) {
        match &mut body {
            Some(encoded) if line == END => {
                let pkcs8 = STANDARD.decode(encoded).ok()?;
                keys.push(KeyBlock { pkcs8, signs_from: signs_from.take() });
                body = None;
            }
            Some(encoded) => encoded.push_str(line),
            None if line == BEGIN => body = Some(String::new()),
            None => {
                if is_another_private_key(line) {
                    return None;
                }
                if let Some(time) = line.strip_prefix(SIGNS_FROM) {
                    signs_from = Some(time.trim().parse().ok()?);
                }
            }
        }
    }
    (body.is_none() && signs_from.is_none()).then_some(keys)
}

/// Whether this line begins a private key that isn't plain PKCS #8: `EC PRIVATE KEY`, `ENCRYPTED PRIVATE KEY`.
fn is_another_private_key(line: &str) -> bool {
    line.starts_with("-----BEGIN ") && line.ends_with(" PRIVATE KEY-----")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn other_text_is_passed_over_and_half_a_key_is_none() {
        let text =
            "Bag Attributes\n-----BEGIN PRIVATE KEY-----\r\nAAAA\r\nAAAA\r\n-----END PRIVATE KEY-----\r\n";
        let keys = read(text).expect("one key");
        assert_eq!(keys.len(), 1);
        assert_eq!((keys[0].pkcs8.len(), keys[0].signs_from), (6, None));
        assert!(read("-----BEGIN PRIVATE KEY-----\nAAAA\n").is_none());
        assert!(read("-----BEGIN PRIVATE KEY-----\n!!\n-----END PRIVATE KEY-----\n").is_none());
        assert!(read("Signs-From: tomorrow\n").is_none());
        assert!(read(&format!("{text}Signs-From: 2026-01-01T00:00:00Z\n")).is_none(), "a time without a key");
        for kind in ["EC", "ENCRYPTED", "RSA"] {
            let other =
                format!("-----BEGIN {kind} PRIVATE KEY-----\nAAAA\n-----END {kind} PRIVATE KEY-----\n");
            assert!(read(&format!("{text}{other}")).is_none(), "{kind}");
            assert!(read(&format!("{other}{text}")).is_none(), "{kind}");
        }
        assert!(read("").is_some_and(|keys| keys.is_empty()));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(keys in proptest::collection::vec(
            (proptest::collection::vec(any::<u8>(), 1..200), proptest::option::of(0_i64..4_000_000_000)), 0..4,
        )) {
            let at = |second| Timestamp::from_second(second).expect("within range");
            let keys: Vec<_> = keys
                .into_iter()
                .map(|(pkcs8, second)| KeyBlock { pkcs8, signs_from: second.map(at) })
                .collect();
            let text: String = keys.iter().map(write).collect();
            prop_assert!(text.lines().all(|line| line.len() <= WIDTH));
            prop_assert!(read(&text) == Some(keys));
        }
    }
}
