//! The event log: the port that every command and every projection goes through, and its adapters.
//!
//! * [`EventStore`] is the port: append to one stream, read a stream, page the whole log from a [`Position`].
//! * [`execute`] carries a command through it: read, fold, decide, append at the exact revision.
//! * [`Anchorer`] states from time to time, signed, what the log holds.
//! * [`verify`] walks the log and names every event that was altered, removed, reordered or inserted.
//! * [`sqlite`] is the embedded adapter, [`eventstoredb`] the one for a cluster.
//!
//! The port asks no more than EventStoreDB can give: one stream per append, opaque and possibly sparse
//! positions, bytes for data and metadata, and idempotence by event id.

mod anchor;
mod copy;
mod digest;
mod event;
pub mod eventstoredb;
mod execute;
mod history;
mod port;
mod position;
mod seal;
pub mod sqlite;
mod stream_name;
mod verify;

pub use anchor::{
    ANCHOR_CATEGORY, Anchor, AnchorError, Anchorer, Cadence, OutsideAnchors, Place, SignAnchor, SignFailure,
};
pub use copy::{Copied, CopyError, copy};
pub use digest::{Digest, DigestError};
pub use event::{Cause, DecodeError, Metadata, NewEvent, Recorded, decode};
pub use execute::{Envelope, ExecuteError, Executed, event_id, execute};
pub use history::{Loaded, load};
pub use port::{AppendError, Appended, Capabilities, EventStore, Expected, StoreError, WriteFault};
pub use position::{Position, PositionError};
pub use seal::Seal;
pub use stream_name::{StreamName, StreamNameError};
pub use verify::{Anchored, Fault, Finding, Opened, Report, Witnesses, verify};
