//! A connection whose bytes arrive in pieces.

use framing::{Framing, Limits, Rest};

/// What came of a connection whose bytes arrived in pieces of these sizes, and how many were passed on.
pub(crate) fn outcome(sent: &[u8], sizes: impl Iterator<Item = usize>) -> (usize, Rest) {
    let mut framing = Framing::new(Limits::default());
    let (mut passed, mut arrived) = (0, 0);
    for size in sizes {
        arrived = (arrived + size).min(sent.len());
        let mut judgement = framing.judge(&sent[passed..arrived]);
        passed += judgement.passed;
        // As after an answer that declines.
        while judgement.rest == Rest::Upgrade {
            judgement = framing.judge(&sent[passed..arrived]);
            passed += judgement.passed;
        }
        if judgement.rest != Rest::Unfinished || arrived == sent.len() {
            return (passed, judgement.rest);
        }
    }
    (passed, Rest::Unfinished)
}
