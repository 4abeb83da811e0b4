//! Calls as spans of their traces, for whoever sends them to a collector.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use domain::{EntryId, ItemId};

/// A call that has ended, as a span of a trace (W3C Trace Context, section 2). Nothing in it speaks of the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallSpan {
    /// The trace.
    pub trace: u128,
    /// The call itself: the parent of what the backend does.
    pub span: u64,
    /// What the client did, if it is known.
    pub parent: Option<u64>,
    /// When the head of the request was there.
    pub begun: SystemTime,
    /// Until the end of the response.
    pub took: Duration,
    /// One of the methods that HTTP registers, or `other`.
    pub method: &'static str,
    /// The entry that was called, aliases followed.
    pub entry: Option<EntryId>,
    /// The item that took the call.
    pub item: Option<ItemId>,
    /// The status of the response.
    pub status: Option<u16>,
    /// How the call ended, as in the metrics.
    pub outcome: &'static str,
    /// Whose fault it was that it failed, if it did.
    pub fault: Option<&'static str>,
}

/// Which calls are traced, and who is told of them.
#[derive(Clone)]
pub struct Traces {
    one_in: NonZeroU32,
    tell: Arc<dyn Fn(CallSpan) + Send + Sync>,
}

impl fmt::Debug for Traces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Traces").field("one_in", &self.one_in).finish_non_exhaustive()
    }
}

impl Traces {
    /// Tells `tell`, which must not block, of every call whose client says that its trace is sampled, and of one in so many
    /// of those that begin a trace.
    pub fn new(one_in: NonZeroU32, tell: impl Fn(CallSpan) + Send + Sync + 'static) -> Self {
        Self { one_in, tell: Arc::new(tell) }
    }

    /// Whether a trace that begins here is sampled: the same for the same trace, wherever it is asked.
    pub(crate) fn samples(&self, trace: u128) -> bool {
        trace.is_multiple_of(u128::from(self.one_in.get()))
    }

    pub(crate) fn tell(&self, span: CallSpan) {
        (self.tell)(span);
    }
}
