//! What can be made to go wrong.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A kind of call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Call {
    /// Events for a stream.
    Append,
    /// A page of a stream or of `$all`.
    Read,
    /// Who is in the cluster, and who leads.
    Gossip,
    /// What the server can do.
    Features,
}

/// What happens to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is answered `UNAVAILABLE`; nothing happens.
    Refuse,
    /// The connection is cut; nothing happens.
    CutBefore,
    /// What was asked is done, and the connection is cut before the answer.
    CutAfter,
    /// It is never answered; nothing happens.
    Hang,
    /// What was asked is done, and never answered.
    HangAfter,
    /// What was asked is done, and answered that it took too long (`ABORTED`), as the server does when a commit is late.
    AbortAfter,
    /// It is answered later.
    Delay(Duration),
    /// It is answered that another node leads, whoever does.
    NotLeader,
    /// An append arrives twice; every event of a page is delivered twice.
    Twice,
    /// A page ends, cleanly, after so many events.
    EndAfter(usize),
    /// The connection is cut after so many events of a page.
    CutAfterEvents(usize),
}

/// The faults that wait for their calls.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    once: Mutex<VecDeque<(Call, Fault)>>,
    always: Mutex<Vec<(Call, Fault)>>,
}

impl Faults {
    pub(crate) fn once(&self, call: Call, fault: Fault) {
        self.once.lock().unwrap_or_else(PoisonError::into_inner).push_back((call, fault));
    }

    pub(crate) fn always(&self, call: Call, fault: Option<Fault>) {
        let mut always = self.always.lock().unwrap_or_else(PoisonError::into_inner);
        always.retain(|(known, _)| *known != call);
        always.extend(fault.map(|fault| (call, fault)));
    }

    /// The fault of the next call of this kind, if there is one.
    pub(crate) fn take(&self, call: Call) -> Option<Fault> {
        let mut once = self.once.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = once.iter().position(|(known, _)| *known == call) {
            return once.remove(at).map(|(_, fault)| fault);
        }
        let always = self.always.lock().unwrap_or_else(PoisonError::into_inner);
        always.iter().find(|(known, _)| *known == call).map(|(_, fault)| *fault)
    }
}
