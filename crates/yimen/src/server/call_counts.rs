//! Writes down how often entries were called, in a batch now and then.
//!
//! A batch keeps its id until it is written, so that trying again writes it once. The counts are of one day each: the
//! last batch of a day is taken when it ends. What a killed process had counted since its last batch is lost.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use domain::call_count::{MOST_OFFERINGS, OfferingCalls};
use domain::{Actor, CallCount, CallCountCommand, CountId, Policy};
use event_store::{Digest, Envelope, EventStore, execute};
use gateway::{CountedCalls, Gateway};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::config::Usage;
use crate::failure::reasons;

/// How long the last batches may take at the end of the process.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// Counts that wait to be written.
#[derive(Debug)]
struct Batch {
    id: Uuid,
    day: Date,
    counts: Vec<OfferingCalls>,
}

/// Whoever writes the gateway's counts to the log.
#[derive(Debug)]
pub struct CallCounts {
    gateway: Gateway,
    store: Arc<dyn EventStore>,
    policy: Arc<Policy>,
    every: Duration,
    clocks: Offset,
    /// The oldest first.
    waiting: VecDeque<Batch>,
}

impl CallCounts {
    /// Will write the counts of `gateway` to `store`.
    pub fn new(gateway: Gateway, store: Arc<dyn EventStore>, policy: Arc<Policy>, usage: &Usage) -> Self {
        let (every, clocks) = (usage.every, usage.utc_offset.0);
        Self { gateway, store, policy, every, clocks, waiting: VecDeque::new() }
    }

    /// Writes on schedule until `end`, and then once more.
    pub async fn keep(mut self, end: CancellationToken) {
        loop {
            let now = Timestamp::now();
            let day = self.day_of(now);
            let wait = self.every.min(until_tomorrow(now, self.clocks));
            let ends = end.run_until_cancelled(tokio::time::sleep(wait)).await.is_none();
            let goes_on = !ends && self.day_of(Timestamp::now()) == day;
            // Where the log can't be written, the day's counts wait in the gateway, so that no heap of batches grows.
            if self.waiting.is_empty() || !goes_on {
                self.take(day);
            }
            if ends {
                if tokio::time::timeout(LAST_WORDS, self.write()).await.is_err() || !self.waiting.is_empty() {
                    tracing::error!(batches = self.waiting.len(), "call counts are lost: the log took none");
                }
                return;
            }
            self.write().await;
        }
    }

    fn day_of(&self, time: Timestamp) -> Date {
        self.clocks.to_datetime(time).date()
    }

    fn take(&mut self, day: Date) {
        let counts: Vec<_> = self
            .gateway
            .take_counts()
            .into_iter()
            .map(|CountedCalls { entry, item, calls }| OfferingCalls { entry, item, calls })
            .collect();
        let batches = counts.chunks(MOST_OFFERINGS);
        self.waiting.extend(batches.map(|counts| Batch { id: Uuid::new_v4(), day, counts: counts.to_vec() }));
    }

    /// Writes what waits, as far as the log takes it.
    async fn write(&mut self) {
        let actor = Actor::system("gateway");
        while let Some(batch) = self.waiting.front() {
            let Batch { id, day, counts } = batch;
            let command = CallCountCommand::Record { day: *day, counts: counts.clone() };
            let envelope = Envelope {
                actor: &actor,
                command_id: *id,
                command_digest: Digest::of(id.as_bytes()),
                reason: None,
                trace_id: None,
                now: Timestamp::now(),
                policy: &self.policy,
                expected: None,
            };
            let written = execute::<CallCount>(&*self.store, &CountId::from(*id), &command, &envelope).await;
            if let Err(error) = written {
                tracing::error!(error = reasons(&error), "call counts can't be written; they wait");
                return;
            }
            self.waiting.pop_front();
        }
    }
}

/// How long it is until the city's day ends.
fn until_tomorrow(now: Timestamp, clocks: Offset) -> Duration {
    let tomorrow = clocks.to_datetime(now).date().tomorrow();
    let begins = tomorrow.and_then(|tomorrow| clocks.to_timestamp(tomorrow.at(0, 0, 0, 0)));
    // The calendar ends in the year 9999.
    begins.ok().and_then(|begins| begins.duration_since(now).try_into().ok()).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_ends_at_the_citys_midnight() {
        for (now, left) in [("2026-03-02T15:59:30Z", 30), ("2026-03-02T16:00:00Z", 86_400)] {
            let now: Timestamp = now.parse().expect("a time");
            let wait = until_tomorrow(now, Usage::default().utc_offset.0);
            assert_eq!(wait, Duration::from_secs(left), "{now}");
        }
    }
}
