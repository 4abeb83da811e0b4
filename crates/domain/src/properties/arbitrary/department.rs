//! Commands and events of departments.

use proptest::prelude::*;

use super::{department_id, division, text};
use crate::{DepartmentCommand, DepartmentEvent, DepartmentId};

/// Any command.
pub(in crate::properties) fn command() -> impl Strategy<Value = (DepartmentId, DepartmentCommand)> {
    let command = prop_oneof![
        2 => (text(), division()).prop_map(|(name, region)| DepartmentCommand::Enrol { name, region }),
        1 => text().prop_map(|name| DepartmentCommand::Rename { name }),
        1 => text().prop_map(|notice| DepartmentCommand::Suspend { notice }),
        1 => Just(DepartmentCommand::Resume),
        1 => department_id().prop_map(|by| DepartmentCommand::Succeed { by }),
    ];
    (department_id(), command)
}

/// Any event.
pub(in crate::properties) fn event() -> impl Strategy<Value = DepartmentEvent> {
    prop_oneof![
        2 => (department_id(), text(), division()).prop_map(|(department, name, region)| {
            DepartmentEvent::Enrolled { department, name, region }
        }),
        1 => text().prop_map(|name| DepartmentEvent::Renamed { name }),
        1 => text().prop_map(|notice| DepartmentEvent::Suspended { notice }),
        1 => Just(DepartmentEvent::Resumed {}),
        1 => department_id().prop_map(|by| DepartmentEvent::Succeeded { by }),
    ]
}
