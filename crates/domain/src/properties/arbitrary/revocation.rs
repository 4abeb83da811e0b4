//! Commands and events of revocations.

use proptest::prelude::*;
use proptest::sample::select;

use super::{note, staff_id};
use crate::revocation::RevocationTarget;
use crate::{RevocationCommand, RevocationEvent};

fn target() -> impl Strategy<Value = RevocationTarget> {
    select(vec![RevocationTarget::Subject, RevocationTarget::Token])
}

/// Any command.
pub(in crate::properties) fn command() -> impl Strategy<Value = RevocationCommand> {
    prop_oneof![
        (target(), note()).prop_map(|(target, reason)| RevocationCommand::Revoke { target, reason }),
        note().prop_map(|reason| RevocationCommand::Lift { reason }),
    ]
}

/// Any event.
pub(in crate::properties) fn event() -> impl Strategy<Value = RevocationEvent> {
    prop_oneof![
        (target(), note(), staff_id()).prop_map(|(target, reason, by)| RevocationEvent::Revoked {
            target,
            reason,
            by
        }),
        note().prop_map(|reason| RevocationEvent::Lifted { reason }),
    ]
}
