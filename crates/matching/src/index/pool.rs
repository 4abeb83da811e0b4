//! Names and departments that many records share, kept once.

use std::{collections::HashMap, sync::Arc};

use foldhash::fast::RandomState;

use crate::{
    lexicon::Lexicon,
    office::Office,
    profile::Profile,
    record::{Name, Record},
};

/// What records share, by how it was written.
#[derive(Clone, Debug, Default)]
pub(super) struct Pool {
    names: HashMap<Arc<str>, Arc<Name>, RandomState>,
    offices: HashMap<Arc<str>, Arc<Office>, RandomState>,
}

/// Holders of what only one record uses: that record and the pool.
const LAST_USE: usize = 2;

impl Pool {
    /// Reads a profile, and what is new of it for the next one.
    pub(super) fn take_in(&mut self, lexicon: &Lexicon, profile: &Profile) -> Record {
        let name = match self.names.get(profile.name.as_str()) {
            Some(name) => Arc::clone(name),
            None => {
                let name = Arc::new(Name::of(lexicon, &profile.name));
                self.names.insert(Arc::clone(&name.written), Arc::clone(&name));
                name
            }
        };
        let office = profile.department.as_deref().and_then(|written| match self.offices.get(written) {
            Some(office) => Some(Arc::clone(office)),
            None => {
                let office = Arc::new(Office::of(lexicon, written)?);
                self.offices.insert(Arc::clone(&office.written), Arc::clone(&office));
                Some(office)
            }
        });
        Record::of(lexicon, profile, name, office)
    }

    /// Forgets what only this record used.
    pub(super) fn let_go(&mut self, record: &Record) {
        if Arc::strong_count(&record.name) <= LAST_USE {
            self.names.remove(&record.name.written);
        }
        if let Some(office) =
            record.department.as_ref().filter(|office| Arc::strong_count(office) <= LAST_USE)
        {
            self.offices.remove(&office.written);
        }
    }
}
