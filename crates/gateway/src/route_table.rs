//! Which entry leads where, and which channels may call: an immutable snapshot that calls read without a lock.

use std::sync::Arc;

use arc_swap::ArcSwap;
use domain::{ChannelId, EntryId, LocalizedText};
use imbl::HashMap;

use crate::{ChannelStanding, Offering};

/// How many aliases are followed. The catalogue keeps chains free of loops; a call isn't staked on that.
const MAX_ALIASES: usize = 64;

/// What an entry's id stands for.
#[derive(Debug, Clone)]
pub enum Route {
    /// An entry that can be called through one of its offerings.
    Live {
        /// All offerings, in no particular order.
        offerings: Vec<Arc<Offering>>,
    },
    /// A merged entry, whose calls go to the survivor for ever.
    Alias(EntryId),
    /// An entry that is gone.
    Retired {
        /// Why, as the public is told.
        explanation: LocalizedText,
        /// The entry that takes its place.
        replaced_by: Option<EntryId>,
    },
}

/// All routes and channels at one moment. Cheap to clone; a change shares what it leaves alone.
#[derive(Debug, Clone, Default)]
pub struct RouteTable {
    routes: HashMap<EntryId, Arc<Route>>,
    channels: HashMap<ChannelId, ChannelStanding>,
}

impl RouteTable {
    /// The route of an entry, and the entry that it was found under after following aliases.
    pub fn resolve(&self, entry: EntryId) -> Option<(EntryId, &Arc<Route>)> {
        let mut entry = entry;
        for _ in 0..=MAX_ALIASES {
            let route = self.routes.get(&entry)?;
            match route.as_ref() {
                Route::Alias(survivor) => entry = *survivor,
                Route::Live { .. } | Route::Retired { .. } => return Some((entry, route)),
            }
        }
        None
    }

    /// All routes, in no particular order.
    pub(crate) fn routes(&self) -> impl Iterator<Item = &Arc<Route>> {
        self.routes.values()
    }

    /// How many entries have a route.
    pub fn len(&self) -> usize {
        self.routes.len()
    }

    /// Whether no entry has a route.
    pub fn is_empty(&self) -> bool {
        self.routes.is_empty()
    }

    /// The table with these routes put in place, or taken out where there is none. What is known about a backend
    /// that stays the same stays with it, and what was counted of an offering with the offering.
    #[must_use]
    pub fn with(&self, changes: impl IntoIterator<Item = (EntryId, Option<Route>)>) -> Self {
        let mut routes = self.routes.clone();
        for (entry, change) in changes {
            match change {
                Some(mut route) => {
                    if let Some(before) = routes.get(&entry) {
                        route.keep_evidence_of(before);
                    }
                    routes.insert(entry, Arc::new(route));
                }
                None => {
                    routes.remove(&entry);
                }
            }
        }
        Self { routes, channels: self.channels.clone() }
    }

    /// Whether a channel may call; none if it waits for its approval, is closed or was never filed.
    pub fn channel(&self, id: &ChannelId) -> Option<ChannelStanding> {
        self.channels.get(id).copied()
    }

    /// The table with these channels put in place, or taken out where there is no standing.
    #[must_use]
    pub fn with_channels(
        &self,
        changes: impl IntoIterator<Item = (ChannelId, Option<ChannelStanding>)>,
    ) -> Self {
        let mut channels = self.channels.clone();
        for (id, change) in changes {
            match change {
                Some(standing) => channels.insert(id, standing),
                None => channels.remove(&id),
            };
        }
        Self { routes: self.routes.clone(), channels }
    }
}

impl FromIterator<(EntryId, Route)> for RouteTable {
    fn from_iter<I: IntoIterator<Item = (EntryId, Route)>>(routes: I) -> Self {
        let routes = routes.into_iter().map(|(entry, route)| (entry, Arc::new(route))).collect();
        Self { routes, channels: HashMap::new() }
    }
}

impl Route {
    fn keep_evidence_of(&mut self, before: &Self) {
        let (Self::Live { offerings }, Self::Live { offerings: before }) = (self, before) else { return };
        for offering in offerings {
            let Some(known) = before.iter().find(|known| known.item == offering.item) else { continue };
            let offering = Arc::make_mut(offering);
            offering.tally = known.tally.clone();
            if let (Some(known), Some(own)) = (&known.upstream, &offering.upstream)
                && known.is_same_as(own)
            {
                offering.upstream = Some(Arc::clone(known));
            }
        }
    }
}

/// The handle to the current [`RouteTable`]: written by whoever follows the catalogue, read by every call.
#[derive(Debug, Clone, Default)]
pub struct Routes(Arc<ArcSwap<RouteTable>>);

impl Routes {
    /// A handle whose first table is this one.
    pub fn new(table: RouteTable) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(table)))
    }

    /// The table as it stands. Calls that already run keep the one that they began with.
    pub fn load(&self) -> Arc<RouteTable> {
        self.0.load_full()
    }

    /// Puts another table in place at once.
    pub fn store(&self, table: RouteTable) {
        self.0.store(Arc::new(table));
    }

    /// Puts these changes in place at once; see [`RouteTable::with`].
    pub fn apply(&self, changes: &[(EntryId, Option<Route>)]) {
        self.0.rcu(|table| table.with(changes.iter().cloned()));
    }

    /// Puts these channels in place at once; see [`RouteTable::with_channels`].
    pub fn apply_channels(&self, changes: &[(ChannelId, Option<ChannelStanding>)]) {
        self.0.rcu(|table| table.with_channels(changes.iter().cloned()));
    }

    /// A call's own look at its channel.
    pub(crate) fn channel(&self, id: &ChannelId) -> Option<ChannelStanding> {
        self.0.load().channel(id)
    }

    /// A call's own look at its route.
    pub(crate) fn resolve(&self, entry: EntryId) -> Option<(EntryId, Arc<Route>)> {
        let table = self.0.load();
        let (entry, route) = table.resolve(entry)?;
        Some((entry, Arc::clone(route)))
    }
}

#[cfg(test)]
mod tests {

    use domain::ItemId;

    use super::*;
    use crate::{Access, Department, Standing, Upstream, UpstreamTimeouts};

    fn entry(number: u8) -> EntryId {
        let department = "local:a".parse().expect("well formed");
        let code = number.to_string().parse().expect("well formed");
        EntryId::founded_by(ItemId::new(&department, &code))
    }

    fn live(number: u8, base_url: &str) -> Route {
        let upstream = Upstream::new(base_url, UpstreamTimeouts::default()).expect("a base URL");
        Route::Live {
            offerings: vec![Arc::new(Offering {
                item: entry(number).founder(),
                department: Arc::new(Department::new(
                    &"local:a".parse().expect("well formed"),
                    LocalizedText::zh("甲"),
                )),
                regions: Box::default(),
                primary: false,
                standing: Standing::Available,
                upstream: Some(Arc::new(upstream)),
                access: Access::default(),
                tally: crate::Tally::default(),
            })],
        }
    }

    fn upstream_of(table: &RouteTable, entry: EntryId) -> Arc<Upstream> {
        let (_, route) = table.resolve(entry).expect("a route");
        let Route::Live { offerings } = route.as_ref() else { panic!("not live: {route:?}") };
        Arc::clone(offerings[0].upstream.as_ref().expect("an upstream"))
    }

    #[test]
    fn aliases_lead_to_the_survivor_and_loops_nowhere() {
        let table = RouteTable::from_iter([
            (entry(1), Route::Alias(entry(2))),
            (entry(2), Route::Alias(entry(3))),
            (entry(3), live(3, "http://b.example")),
            (entry(4), Route::Alias(entry(5))),
            (entry(5), Route::Alias(entry(4))),
            (entry(6), Route::Alias(entry(7))),
        ]);
        assert_eq!(table.resolve(entry(1)).map(|(found, _)| found), Some(entry(3)));
        assert!(table.resolve(entry(4)).is_none());
        assert!(table.resolve(entry(6)).is_none());
        assert!(table.resolve(entry(8)).is_none());
    }

    #[test]
    fn a_change_leaves_the_snapshot_of_a_running_call_alone() {
        let routes = Routes::new(RouteTable::from_iter([(entry(1), live(1, "http://b.example"))]));
        let (_, running) = routes.resolve(entry(1)).expect("a route");
        routes.apply(&[(entry(1), None), (entry(2), Some(live(2, "http://c.example")))]);
        assert!(matches!(running.as_ref(), Route::Live { .. }));
        assert!(routes.resolve(entry(1)).is_none());
        assert!(routes.resolve(entry(2)).is_some());
        assert_eq!(routes.load().len(), 1);
    }

    #[test]
    fn what_is_known_of_a_backend_survives_a_change_that_spares_it() {
        let before = RouteTable::from_iter([(entry(1), live(1, "http://b.example"))]);
        let same = before.with([(entry(1), Some(live(1, "http://b.example/")))]);
        assert!(Arc::ptr_eq(&upstream_of(&before, entry(1)), &upstream_of(&same, entry(1))));
        let moved = before.with([(entry(1), Some(live(1, "http://c.example")))]);
        assert!(!Arc::ptr_eq(&upstream_of(&before, entry(1)), &upstream_of(&moved, entry(1))));
    }
}
