//! Commands and events of channels.

use proptest::prelude::*;
use proptest::sample::select;

use super::{note, staff_id, text};
use crate::channel::{ChannelKind, Filing, SenderConstraint};
use crate::{ChannelCommand, ChannelEvent, ChannelId};

fn id() -> impl Strategy<Value = ChannelId> {
    Just("sample-app".parse().expect("well formed"))
}

fn filing() -> impl Strategy<Value = Filing> {
    let kind = select(vec![ChannelKind::App, ChannelKind::MiniProgram, ChannelKind::Site]);
    (text(), kind, text(), constraint()).prop_map(|(name, kind, owner, sender_constraint)| Filing {
        name,
        kind,
        owner,
        sender_constraint,
    })
}

fn constraint() -> impl Strategy<Value = SenderConstraint> {
    select(vec![SenderConstraint::None, SenderConstraint::Dpop, SenderConstraint::Mtls])
}

/// Any command.
pub(in crate::properties) fn command() -> impl Strategy<Value = (ChannelId, ChannelCommand)> {
    let command = prop_oneof![
        filing().prop_map(|filing| ChannelCommand::File { filing }),
        Just(ChannelCommand::Approve),
        note().prop_map(|reason| ChannelCommand::Suspend { reason }),
        constraint().prop_map(|constraint| ChannelCommand::ConstrainSender { constraint }),
        Just(ChannelCommand::Close),
    ];
    (id(), command)
}

/// Any event.
pub(in crate::properties) fn event() -> impl Strategy<Value = ChannelEvent> {
    prop_oneof![
        (id(), filing(), staff_id()).prop_map(|(channel, filing, by)| ChannelEvent::Filed {
            channel,
            filing,
            by
        }),
        Just(ChannelEvent::Approved {}),
        note().prop_map(|reason| ChannelEvent::Suspended { reason }),
        (constraint(), staff_id())
            .prop_map(|(constraint, by)| ChannelEvent::SenderConstrained { constraint, by }),
        Just(ChannelEvent::Closed {}),
    ]
}
