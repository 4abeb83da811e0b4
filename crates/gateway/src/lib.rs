//! The data plane: takes a citizen's call, checks identity once, picks the offering, forwards, streams back.
//!
//! [`router()`] serves `ANY /call/{entry}/{*path}`. The way of a call is the text of `call.rs`; what a call may meet on
//! its way is the table in `refusal.rs`. Routes come from a [`RouteTable`], an immutable snapshot that the binary fills
//! from the read model and puts in place through [`Routes`]; the call path itself touches no store.
//!
//! A call comes through a channel (its token's `client_id`) that was filed and approved; staff tokens carry none. A token that
//! is bound to its sender's key or certificate comes from that sender alone, and a channel may take no others.
//!
//! Where several departments offer an entry's service, the call says whom it is for: by [`SERVICE_DEPARTMENT`], by
//! [`SERVICE_REGION`], or by both. The rule is in `selection.rs`. Both fields are passed on to the backend.
//!
//! A WebSocket is a call, too: where the backend answers 101, the response carries a [`Tunnel`], which whoever serves the
//! connection runs.
//!
//! A backend gets the call as it was received, with the header fields of the connection, cookies, and everything that
//! speaks of identity taken out, and an assertion in [`ASSERTION`] instead of the caller's token. It answers for itself: its
//! responses are passed on whatever they say, and only where there is none the gateway answers, saying whose fault it is.

mod access;
mod backend;
mod call;
mod channel;
mod claimed_identity;
mod department;
mod download;
mod forward;
mod forwarded;
mod forwarding;
mod gateway;
mod health;
mod hop_by_hop;
mod idle_timer;
mod layers;
mod ledger;
mod minted;
mod network;
mod offering;
mod outcome;
mod path;
mod problem;
mod rate_limit;
mod record;
mod refusal;
mod region;
mod route_table;
mod router;
mod selection;
mod series;
mod settings;
mod spans;
mod trace_context;
mod tunnel;
mod upload;
mod upstream;

pub use access::{ASSERTION, ShownCertificate};
pub use backend::{BackendSettings, ClientCertificate, PoolSettings, TlsError, work_as};
pub use channel::{ChannelStanding, SenderConstraint};
pub use department::SERVICE_DEPARTMENT;
pub use gateway::{Gateway, SetupError};
pub use health::{BackendState, Failure, HealthSettings, OfferingHealth};
pub use ledger::{CountedCalls, Tally};
pub use network::Network;
pub use offering::{Access, Department, Offering, Standing};
pub use record::ACCESS_LOG;
pub use region::SERVICE_REGION;
pub use route_table::{Route, RouteTable, Routes};
pub use router::router;
pub use settings::{ForwardedBy, PublicScheme, Rate, RateLimitSettings, Settings, SettingsError, Timeouts};
pub use spans::{CallSpan, Traces};
pub use tunnel::Tunnel;
pub use upstream::{Upstream, UpstreamError, UpstreamTimeouts};
