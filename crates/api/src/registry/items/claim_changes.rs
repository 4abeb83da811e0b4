//! What a proposal changes about what the department may learn of citizens: what a reviewer has to see first.

use domain::item::{ClaimRequest, Registered};
use domain::{ItemContent, LocalizedText};
use serde::Serialize;
use utoipa::ToSchema;

/// A claim whose declaration a proposal changes against what is public.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub(super) enum ClaimChange {
    /// The department would learn it.
    Added {
        /// Name of the claim.
        #[schema(max_length = 64)]
        claim: String,
        /// What it is needed for.
        purpose: LocalizedText,
    },
    /// The department would no longer learn it.
    Removed {
        /// Name of the claim.
        #[schema(max_length = 64)]
        claim: String,
        /// What it is needed for until then.
        purpose: LocalizedText,
    },
    /// The department would learn it for another purpose, or the purpose would be worded otherwise.
    Repurposed {
        /// Name of the claim.
        #[schema(max_length = 64)]
        claim: String,
        /// What it is needed for until then.
        before: LocalizedText,
        /// What it would be needed for.
        purpose: LocalizedText,
    },
}

/// What `proposed` changes, in its order; then what it removes. Before anything is public, all of it is added.
pub(super) fn claim_changes(item: &Registered, proposed: &ItemContent) -> Vec<ClaimChange> {
    let public = item.live().map_or(&[] as &[ClaimRequest], |live| &live.content.access.claims);
    let proposed = &proposed.access.claims;
    let of =
        |claims: &[ClaimRequest], name: &str| claims.iter().find(|request| request.claim == name).cloned();
    let changed = proposed.iter().filter_map(|ClaimRequest { claim, purpose }| match of(public, claim) {
        None => Some(ClaimChange::Added { claim: claim.clone(), purpose: purpose.clone() }),
        Some(before) if before.purpose == *purpose => None,
        Some(before) => Some(ClaimChange::Repurposed {
            claim: claim.clone(),
            before: before.purpose,
            purpose: purpose.clone(),
        }),
    });
    let gone = public.iter().filter(|request| of(proposed, &request.claim).is_none());
    let removed = gone.map(|ClaimRequest { claim, purpose }| ClaimChange::Removed {
        claim: claim.clone(),
        purpose: purpose.clone(),
    });
    changed.chain(removed).collect()
}
