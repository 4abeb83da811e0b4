//! One identity check: a credential becomes a [`Principal`] once, and a backend gets a signed minimal assertion.
//!
//! In: [`Verifier`] takes the `Authorization` header fields of a request and answers with a [`Principal`] or a
//! [`CredentialError`] that says whose fault it is. It accepts JSON Web Tokens (RFC 7519) that follow the access
//! token profile of RFC 9068, signed with an asymmetric algorithm that the issuer's configuration allows; about any other
//! token it asks the provider that [`IntrospectionConfig`] names (RFC 7662), or the portal of [`TicketConfig`]. A token
//! that is bound to a key or certificate (RFC 9449, RFC 8705) is taken from a [`Sender`] who proves to hold it, and from nobody
//! else.
//!
//! Out: [`AssertionSigner`] mints the short-lived token that a backend receives instead of the caller's, and
//! [`AssertionVerifier`] is how a backend checks it. The subject in it is a pseudonym per department, see
//! [`PseudonymSecret`]. Its keys are a [`KeyRing`], which turns without a restart.
//!
//! The crate knows no HTTP server and nothing of the catalogue: callers hand in header bytes, a clock and names.

mod algorithm;
mod anchor_statement;
mod asking;
mod assertion;
mod assertion_check;
mod bearer;
mod claims;
mod client_login;
mod clock;
mod config;
mod config_check;
mod confirmation;
mod credential_error;
mod development;
mod dpop;
mod ed25519;
mod introspection;
mod introspection_config;
mod issuer_keys;
mod jws;
mod key_document;
mod key_file;
mod key_ring;
mod key_ring_file;
mod key_set;
mod opaque_tokens;
mod pem;
mod principal;
mod proof_fault;
mod proof_memory;
mod provider_circuit;
mod provider_client;
mod pseudonym;
mod recent;
mod refresh;
mod revocations;
mod sender;
mod signing;
mod sm2_key;
mod ticket;
mod ticket_config;
mod verdict_counters;
mod verdicts;
mod verifier;

pub use algorithm::Algorithm;
pub use anchor_statement::{ANCHOR_TYPE, AnchorError, AnchorKeys, BelievedAnchor};
pub use asking::AskingBounds;
pub use assertion::{ASSERTION_LIFETIME, ASSERTION_TYPE, Assertion, AssertionSigner};
pub use assertion_check::{AssertionClaims, AssertionError, AssertionVerifier};
pub use clock::Clock;
pub use config::{DpopConfig, IssuerConfig, JwksSource, RefreshConfig, VerdictCacheConfig, VerifierConfig};
pub use config_check::ConfigError;
pub use confirmation::{Confirmation, Thumbprint};
pub use credential_error::{CredentialError, Fault, dpop_challenge};
pub use development::{DevelopmentIssuer, TokenRequest};
pub use ed25519::Ed25519Key;
pub use introspection_config::{ClientAuth, IntrospectionConfig};
pub use key_document::KeyDocumentError;
pub use key_file::KeyFileError;
pub use key_ring::{KeyDuty, KeyEntry, KeyRing};
pub use key_ring_file::{KeyRingFile, RingAlgorithm, RotationError};
pub use principal::Principal;
pub use proof_fault::ProofFault;
pub use provider_client::ProviderError;
pub use pseudonym::PseudonymSecret;
pub use recent::Recent;
pub use revocations::Revocations;
pub use sender::{ProofField, Sender};
pub use signing::{Es256Key, Sign, SignError};
pub use sm2_key::{SM2_USER_ID, Sm2Key};
pub use ticket_config::TicketConfig;
pub use verifier::{SetupError, Verifier};
