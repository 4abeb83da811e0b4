//! The framing, held against messages that others fell for, in one piece and byte by byte.

mod case;
mod pieces;

use std::path::Path;

use framing::{Framing, Limits, Refusal, Rest};
use proptest::prelude::*;

use case::{Case, filled_in};
use pieces::outcome;

fn sent(case: &Case) -> Vec<u8> {
    let sent = filled_in(&case.sent, "call", "/call/0d6f3c1e-0000-5000-8000-000000000001");
    filled_in(&sent, "auth", "Authorization: Bearer x\r\n")
}

/// The refusal that a case expects, as status and code; none for problems that only a gateway has.
fn expected(case: &Case) -> Option<(u16, &str)> {
    let last = case.answers.last().expect("every case has an answer");
    let of_the_gateway = ["malformed-path", "method-not-allowed"];
    match last.code.as_deref() {
        Some(code) if of_the_gateway.contains(&code) => None,
        None if last.status == 200 => None,
        // An answer to HEAD can't say its code.
        code => Some((last.status, code.unwrap_or("malformed-request-line"))),
    }
}

fn told(rest: Rest) -> Option<(u16, &'static str)> {
    match rest {
        Rest::Unfinished | Rest::Upgrade => None,
        Rest::NoRequest(refusal) => Some((refusal.status(), refusal.code())),
        // Whoever reads the body says so, and knows no more.
        Rest::NoBody(_) => Some((400, Refusal::Chunk.code())),
    }
}

#[test]
fn every_message_is_read_as_it_has_to_be() {
    let cases = case::all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus"));
    assert!(cases.len() > 100);
    for case in &cases {
        let sent = sent(case);
        let (passed, rest) = outcome(&sent, std::iter::once(sent.len()));
        assert_eq!(told(rest), expected(case), "{}", case.title);
        assert!(rest != Rest::Unfinished || passed == sent.len(), "{}: {passed} bytes", case.title);
        assert_eq!(outcome(&sent, std::iter::repeat(1)), (passed, rest), "{}, byte by byte", case.title);
    }
}

#[test]
fn limits_are_exact() {
    let head = |target: usize, fields: usize, value: usize| {
        let target = "a".repeat(target - 1);
        let fields = "x:\r\n".repeat(fields - 2);
        format!("GET /{target} HTTP/1.1\r\nhost: a\r\n{fields}x:{}\r\n\r\n", "a".repeat(value)).into_bytes()
    };
    let rest = |sent: Vec<u8>, limits: Limits| Framing::new(limits).judge(&sent).rest;
    let limits = Limits { head_bytes: 200, target_bytes: 20, fields: 5 };
    assert_eq!(rest(head(20, 5, 1), limits), Rest::Unfinished);
    assert_eq!(rest(head(21, 5, 1), limits), Rest::NoRequest(Refusal::TargetTooLong));
    assert_eq!(rest(head(20, 6, 1), limits), Rest::NoRequest(Refusal::TooManyFields));
    let without = head(20, 5, 0).len();
    assert_eq!(rest(head(20, 5, 200 - without), limits), Rest::Unfinished);
    assert_eq!(rest(head(20, 5, 201 - without), limits), Rest::NoRequest(Refusal::HeadTooLarge));
}

/// Requests as a client of today writes them, and where each ends.
fn ordinary() -> impl Strategy<Value = Vec<u8>> {
    let body = prop_oneof![
        Just("\r\n".to_owned()),
        "[a-z\r\n]{0,40}".prop_map(|body| format!("content-length: {}\r\n\r\n{body}", body.len())),
        prop::collection::vec("[a-z\r\n]{1,20}", 0..4).prop_map(|chunks| {
            let chunks: String =
                chunks.iter().map(|data| format!("{:x}\r\n{data}\r\n", data.len())).collect();
            format!("transfer-encoding: chunked\r\n\r\n{chunks}0\r\n\r\n")
        }),
    ];
    body.prop_map(|body| {
        format!("PUT /a?b HTTP/1.1\r\nhost: yimen.test\r\naccept: */*\r\n{body}").into_bytes()
    })
}

proptest! {
    #[test]
    fn ordinary_requests_pass_whole_however_they_are_cut(
        requests in prop::collection::vec(ordinary(), 1..5),
        sizes in prop::collection::vec(1_usize..40, 1..20),
    ) {
        let sent = requests.concat();
        prop_assert_eq!(outcome(&sent, sizes.into_iter().cycle()), (sent.len(), Rest::Unfinished));
    }

    #[test]
    fn where_bytes_are_cut_changes_nothing(
        sent in prop::collection::vec(prop::sample::select(b"GET /:\r\n \t0a;,chunked-length".to_vec()), 0..200),
        prefix in prop::sample::select(vec![
            &b""[..],
            b"GET / HTTP/1.1\r\nhost: a\r\n",
            b"GET / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n",
        ]),
        sizes in prop::collection::vec(1_usize..40, 1..20),
    ) {
        let sent = [prefix, &sent].concat();
        let whole = outcome(&sent, std::iter::once(sent.len()));
        prop_assert_eq!(outcome(&sent, sizes.into_iter().cycle()), whole);
    }
}
