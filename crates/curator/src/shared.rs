//! The curator's knowledge, shared with those who ask what it would decide.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::collection::Collection;

/// One collection behind a lock that is held for work in memory only, one item at a time, and never across an `.await`.
#[derive(Clone, Default)]
pub(crate) struct Shared(Arc<RwLock<Collection>>);

impl Shared {
    /// To look something up, or to decide on one item.
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Collection> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// To take note of something.
    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, Collection> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}
