//! A provider that doesn't answer is left alone for a while, so that nobody waits for it in vain.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Opens after so many failures in a row; then one question at a time is tried, each after a pause.
#[derive(Debug)]
pub(crate) struct ProviderCircuit {
    opens_after: u32,
    open_for: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Questions are asked; so many failed in a row.
    Closed { failures: u32 },
    /// None is asked before then.
    Open { until: Instant },
    /// One is being asked, to see whether the provider is back.
    Trial,
}

/// The leave to ask one question. Dropped without a word, because the asker has gone, it says nothing of the provider.
#[derive(Debug)]
pub(crate) struct Leave<'a> {
    circuit: &'a ProviderCircuit,
    is_trial: bool,
}

/// What an answer, or none, has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// Nothing that anybody has to be told.
    None,
    /// From now on the provider is left alone.
    Opened,
    /// It answers again.
    Closed,
}

impl ProviderCircuit {
    pub(crate) const fn new(opens_after: u32, open_for: Duration) -> Self {
        Self { opens_after, open_for, state: Mutex::new(State::Closed { failures: 0 }) }
    }

    /// The leave to ask now; none while the provider is left alone.
    pub(crate) fn leave(&self, now: Instant) -> Option<Leave<'_>> {
        let mut state = self.lock();
        match *state {
            State::Closed { .. } => Some(Leave { circuit: self, is_trial: false }),
            State::Open { until } if until <= now => {
                *state = State::Trial;
                Some(Leave { circuit: self, is_trial: true })
            }
            State::Open { .. } | State::Trial => None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that panics runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Leave<'_> {
    /// The provider answered, whatever it said.
    pub(crate) fn answered(mut self) -> Change {
        self.is_trial = false;
        let before = std::mem::replace(&mut *self.circuit.lock(), State::Closed { failures: 0 });
        match before {
            State::Closed { .. } => Change::None,
            State::Open { .. } | State::Trial => Change::Closed,
        }
    }

    /// It gave no answer that is one.
    pub(crate) fn failed(mut self, now: Instant) -> Change {
        let was_trial = std::mem::take(&mut self.is_trial);
        let mut state = self.circuit.lock();
        let open = State::Open { until: now + self.circuit.open_for };
        match *state {
            State::Closed { failures } if failures + 1 < self.circuit.opens_after => {
                *state = State::Closed { failures: failures + 1 };
                Change::None
            }
            State::Closed { .. } => {
                *state = open;
                Change::Opened
            }
            State::Trial if was_trial => {
                *state = open;
                Change::None
            }
            // One that was asked before the circuit opened tells nothing new.
            State::Open { .. } | State::Trial => Change::None,
        }
    }
}

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        if self.is_trial {
            // The next who comes tries instead.
            let mut state = self.circuit.lock();
            if *state == State::Trial {
                *state = State::Open { until: Instant::now() };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSE: Duration = Duration::from_secs(5);

    /// A circuit that two failures have opened, and when.
    fn opened() -> (ProviderCircuit, Instant) {
        let (circuit, now) = (ProviderCircuit::new(2, PAUSE), Instant::now());
        for change in [Change::None, Change::Opened] {
            assert_eq!(circuit.leave(now).expect("closed").failed(now), change);
        }
        (circuit, now)
    }

    #[test]
    fn only_failures_in_a_row_open_it() {
        let (circuit, now) = (ProviderCircuit::new(2, PAUSE), Instant::now());
        for _ in 0..3 {
            assert_eq!(circuit.leave(now).expect("closed").failed(now), Change::None);
            assert_eq!(circuit.leave(now).expect("closed").answered(), Change::None);
        }
        drop(circuit.leave(now));
        assert_eq!(circuit.leave(now).expect("closed").failed(now), Change::None);
        assert_eq!(circuit.leave(now).expect("closed").failed(now), Change::Opened);
    }

    #[test]
    fn an_open_one_lets_one_question_through_after_its_pause() {
        let (circuit, now) = opened();
        assert!(circuit.leave(now + PAUSE - Duration::from_millis(1)).is_none());
        let later = now + PAUSE;
        let trial = circuit.leave(later).expect("the pause is over");
        assert!(circuit.leave(later).is_none(), "one at a time");
        assert_eq!(trial.failed(later), Change::None, "nothing new");
        assert!(circuit.leave(later).is_none());
        let trial = circuit.leave(later + PAUSE).expect("the next pause is over");
        assert_eq!(trial.answered(), Change::Closed);
        assert!(circuit.leave(later).is_some());
    }

    #[test]
    fn who_leaves_in_the_middle_of_a_trial_leaves_it_to_the_next() {
        let (circuit, now) = opened();
        drop(circuit.leave(now + PAUSE).expect("the pause is over"));
        assert!(circuit.leave(Instant::now() + PAUSE).is_some());
    }

    #[test]
    fn an_old_question_neither_lengthens_the_pause_nor_ends_a_trial() {
        let (circuit, now) = (ProviderCircuit::new(1, PAUSE), Instant::now());
        let [first, second, third] = [(); 3].map(|()| circuit.leave(now).expect("closed"));
        assert_eq!(first.failed(now), Change::Opened);
        let later = now + PAUSE;
        assert_eq!(second.failed(later), Change::None);
        let trial = circuit.leave(later).expect("the pause is over");
        assert_eq!(third.failed(later), Change::None);
        assert!(circuit.leave(later + PAUSE).is_none(), "the trial still runs");
        assert_eq!(trial.answered(), Change::Closed);
    }
}
