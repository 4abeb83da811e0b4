//! Call counts: nothing that anybody else derives anything from, so that the catalogue doesn't wait for them.

use std::sync::Arc;

use domain::CallCountEvent;

use super::{Projection, Stamp};

impl Projection {
    pub(super) fn calls(&mut self, event: &CallCountEvent, stamp: &Stamp) {
        if stamp.revision > 0 {
            return self.skip(stamp.position, "its batch had been written before");
        }
        let CallCountEvent::Counted { day, counts } = event;
        self.now.counted_since = Some(self.now.counted_since.map_or(*day, |since| since.min(*day)));
        for counted in counts {
            let of_entry = self.now.usage.entry(counted.entry).or_default();
            Arc::make_mut(of_entry).add(*day, *counted);
        }
    }
}
