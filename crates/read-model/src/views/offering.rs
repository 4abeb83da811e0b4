//! What the departments offer under an entry.

use std::sync::Arc;

use domain::item::Retirement;
use domain::{DepartmentId, Division, ItemContent, ItemId, LocalizedText};
use jiff::Timestamp;

use super::DepartmentView;

/// One department's implementation of an entry's service.
#[derive(Debug, Clone, PartialEq)]
pub struct OfferingView {
    /// The item.
    pub item: ItemId,
    /// Its owner.
    pub department: Arc<DepartmentView>,
    /// Its public content, backend and access included.
    pub content: Arc<ItemContent>,
    /// The revision that is public.
    pub revision: u64,
    /// What callers are told while it is suspended; absent when it is not.
    pub suspension: Option<Arc<LocalizedText>>,
    /// Its announced end.
    pub retirement: Option<Arc<Retirement>>,
    /// Its announced change of owner.
    pub transfer: Option<Arc<AnnouncedTransfer>>,
}

impl OfferingView {
    /// How it stands now; a suspension goes before an announced end.
    pub fn standing(&self) -> OfferingStanding<'_> {
        match (&self.suspension, &self.retirement) {
            (Some(notice), _) => OfferingStanding::Suspended { notice },
            (None, Some(retirement)) => OfferingStanding::Retiring(retirement),
            (None, None) => OfferingStanding::Published,
        }
    }

    /// Whether the gateway can call it now: it has a backend and is not suspended.
    pub fn is_callable(&self) -> bool {
        self.content.backend.is_some() && self.suspension.is_none()
    }

    /// Whether it serves people in `region`: the region itself or one above it is among its own.
    pub fn serves(&self, region: &Division) -> bool {
        region.lineage().any(|division| self.content.regions.contains(&division))
    }
}

/// How a live offering stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfferingStanding<'a> {
    /// It can be used.
    Published,
    /// It can't be used for now.
    Suspended {
        /// What callers are told.
        notice: &'a LocalizedText,
    },
    /// It can be used until its announced end.
    Retiring(&'a Retirement),
}

/// A change of owner that was accepted and announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnouncedTransfer {
    /// The department that will own the item.
    pub to: DepartmentId,
    /// What the public is told.
    pub announcement: LocalizedText,
    /// When it takes effect.
    pub effective: Timestamp,
}
