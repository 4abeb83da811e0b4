//! Which entries a reader asks for.

use domain::item::{Audience, EntryPointChannel, Kind};
use domain::{DepartmentId, Division};

use crate::{EntryView, OfferingView};

/// Conditions on an entry, all of which one and the same of its offerings has to meet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// It serves people in this division: one of its own regions is the division or lies above it.
    pub region: Option<Division>,
    /// It is this department's.
    pub department: Option<DepartmentId>,
    /// It is of this kind.
    pub kind: Option<Kind>,
    /// It is for these people.
    pub audience: Option<Audience>,
    /// It can be entered through this kind of channel.
    pub channel: Option<EntryPointChannel>,
}

impl Filter {
    /// Whether one of the entry's offerings meets every condition.
    pub fn matches(&self, entry: &EntryView) -> bool {
        self.is_empty() || entry.offerings.iter().any(|offering| self.matches_offering(offering))
    }

    /// Whether the offering meets every condition.
    pub fn matches_offering(&self, offering: &OfferingView) -> bool {
        let content = &offering.content;
        self.region.as_ref().is_none_or(|region| offering.serves(region))
            && self.department.as_ref().is_none_or(|department| offering.department.id == *department)
            && self.kind.is_none_or(|kind| content.kind == kind)
            && self.audience.is_none_or(|audience| content.audience.contains(&audience))
            && self
                .channel
                .is_none_or(|channel| content.entry_points.iter().any(|point| point.channel == channel))
    }

    /// Whether it asks for nothing in particular.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
