//! Commands that are being carried out now, and the receipts of those carried out a short while ago.
//!
//! Only a shortcut and a courtesy: it answers a repeated command without a look at the log, and tells a
//! client that it asks twice at once. After a restart the stream itself recognises the command.

use std::time::Duration;

use event_store::Digest;
use moka::sync::Cache;
use uuid::Uuid;

use super::Receipt;
use crate::problem::{Code, Problem};

/// How long a receipt is remembered here.
const REMEMBERED: Duration = Duration::from_secs(15 * 60);
/// How many commands are remembered here.
const MOST: u64 = 50_000;

/// What is known of commands by their id.
#[derive(Debug, Clone)]
pub(crate) struct Recent(Cache<Uuid, Progress>);

#[derive(Debug, Clone)]
struct Progress {
    digest: Digest,
    /// `None` while it is being carried out.
    receipt: Option<Receipt>,
}

/// How a command may go on.
#[derive(Debug)]
pub(super) enum Admission {
    /// It is to be carried out.
    First(InFlight),
    /// It was; this is its receipt.
    Repeated(Receipt),
}

/// A command that is being carried out; dropped without a receipt it is forgotten, so that it can be repeated.
#[derive(Debug)]
pub(super) struct InFlight {
    recent: Recent,
    id: Uuid,
    digest: Digest,
    settled: bool,
}

impl Default for Recent {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(MOST).time_to_live(REMEMBERED).build())
    }
}

impl Recent {
    pub(super) fn admit(&self, id: Uuid, digest: Digest) -> Result<Admission, Problem> {
        let entry = self.0.entry(id).or_insert_with(|| Progress { digest, receipt: None });
        if entry.is_fresh() {
            return Ok(Admission::First(InFlight { recent: self.clone(), id, digest, settled: false }));
        }
        let progress = entry.into_value();
        if progress.digest != digest {
            return Err(Problem::new(
                Code::IdempotencyKeyReused,
                "each Idempotency-Key is for one request: the same method, path and body",
            ));
        }
        match progress.receipt {
            Some(receipt) => Ok(Admission::Repeated(receipt.again())),
            None => Err(Problem::new(Code::IdempotencyInFlight, "wait for the answer to the first request")
                .retry_after(1)),
        }
    }
}

impl InFlight {
    pub(super) fn settle(mut self, receipt: &Receipt) {
        self.settled = true;
        self.recent.0.insert(self.id, Progress { digest: self.digest, receipt: Some(receipt.clone()) });
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if !self.settled {
            self.recent.0.invalidate(&self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use event_store::Position;

    use super::*;

    fn receipt() -> Receipt {
        Receipt::new("x".to_owned(), Some(0), Position::START, false)
    }

    #[test]
    fn a_command_is_admitted_once_and_then_answered() {
        let recent = Recent::default();
        let (id, digest) = (Uuid::from_u128(1), Digest::of(b"body"));
        let Ok(Admission::First(first)) = recent.admit(id, digest) else { panic!("the first is admitted") };
        let refused = recent.admit(id, digest).expect_err("it is being carried out");
        assert_eq!(refused.code(), Code::IdempotencyInFlight);
        first.settle(&receipt());
        assert!(matches!(recent.admit(id, digest), Ok(Admission::Repeated(_))));
        let refused = recent.admit(id, Digest::of(b"other")).expect_err("another body");
        assert_eq!(refused.code(), Code::IdempotencyKeyReused);
    }

    #[test]
    fn a_command_that_failed_can_be_repeated() {
        let recent = Recent::default();
        let (id, digest) = (Uuid::from_u128(1), Digest::of(b"body"));
        drop(recent.admit(id, digest).expect("the first is admitted"));
        assert!(matches!(recent.admit(id, digest), Ok(Admission::First(_))));
    }
}
