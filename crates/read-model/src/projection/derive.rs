//! What readers see of an entry, derived from the states of everything under it.

use std::sync::Arc;

use domain::item::{Publication, Transfer};
use domain::{Entry, EntryId, ItemId, LocalizedText};
use event_store::Position;

use super::Projection;
use crate::Snapshot;
use crate::node::Node;
use crate::snapshot::FeedPlace;
use crate::views::{AnnouncedTransfer, EntryStanding, EntryView, ItemView, OfferingView, RetiredView, Route};

impl Projection {
    /// Brings what readers see up to date; gives the entries for which that may have changed.
    pub(crate) fn derive(&mut self) -> Vec<EntryId> {
        let stale: Vec<EntryId> = std::mem::take(&mut self.stale).into_iter().collect();
        for id in &stale {
            self.now.derive_entry(*id);
        }
        stale
    }
}

impl Snapshot {
    fn derive_entry(&mut self, id: EntryId) {
        let standing = self.standing_of(id);
        if !matches!(standing, Some(EntryStanding::Alias { .. })) {
            self.route(id, standing.as_ref());
        }
        let before = match &standing {
            Some(standing) => self.entries.insert(id, standing.clone()),
            None => self.entries.remove(&id),
        };
        self.facets.replace(before.as_ref().and_then(live), standing.as_ref().and_then(live));
        self.feed_with(id);
    }

    /// Calls to the entry and to its aliases go the same way.
    fn route(&mut self, id: EntryId, standing: Option<&EntryStanding>) {
        let route = match standing {
            Some(EntryStanding::Live(view)) => Some(Route::Open(Arc::clone(view))),
            Some(EntryStanding::Retired(view)) => Some(Route::Gone(Arc::clone(view))),
            Some(EntryStanding::Alias { .. }) | None => None,
        };
        for name in self.family(id) {
            match &route {
                Some(route) => self.routes.insert(name, route.clone()),
                None => self.routes.remove(&name),
            };
        }
    }

    /// An entry that was never public is not in the feed: nobody has to forget it.
    fn feed_with(&mut self, id: EntryId) {
        let Some(node) = self.nodes.get(&id) else { return };
        let (fed, due) = (node.fed, node.was_public.then_some(node.changed));
        if fed == due {
            return;
        }
        if let Some(fed) = fed {
            self.feed.remove(&(fed, FeedPlace::Entry(id)));
        }
        if let Some(due) = due {
            self.feed.insert((due, FeedPlace::Entry(id)));
        }
        if let Some(node) = self.nodes.get_mut(&id) {
            Arc::make_mut(node).fed = due;
        }
    }

    fn standing_of(&self, id: EntryId) -> Option<EntryStanding> {
        let node = self.nodes.get(&id)?;
        let survivor = self.survivor(id);
        if survivor != id {
            return Some(EntryStanding::Alias { into: survivor });
        }
        let family = self.family(id);
        let items = self.items_under(&family);
        let aliases = family.into_iter().filter(|name| *name != id).collect();
        match self.live_view(id, node, &items, aliases) {
            Ok(view) => Some(EntryStanding::Live(Arc::new(view))),
            Err(aliases) => Some(EntryStanding::Retired(Arc::new(retired_view(id, node, &items, aliases)?))),
        }
    }

    /// An entry and all that is merged into it, however long the chains; the aliases in order of their formation.
    pub fn family(&self, id: EntryId) -> Vec<EntryId> {
        let mut family = vec![(Position::START, id)];
        let mut next = 0;
        while let Some((_, into)) = family.get(next).copied() {
            let merged = self.merged.range((into, Position::START)..).take_while(|((of, _), _)| *of == into);
            family.extend(merged.map(|((_, formed), alias)| (*formed, *alias)));
            next += 1;
        }
        if let Some(aliases) = family.get_mut(1..) {
            aliases.sort_unstable();
        }
        family.into_iter().map(|(_, id)| id).collect()
    }

    /// The items placed under any of these entries, in order of their registration.
    fn items_under(&self, family: &[EntryId]) -> Vec<&Arc<ItemView>> {
        let mut items: Vec<&Arc<ItemView>> = Vec::new();
        for entry in family {
            let placed =
                self.members.range((*entry, Position::START)..).take_while(|((of, _), _)| of == entry);
            items.extend(placed.filter_map(|(_, id)| self.items.get(id)));
        }
        if family.len() > 1 {
            items.sort_unstable_by_key(|item| item.registered);
        }
        items
    }

    /// The view of an entry with live offerings; without any, the aliases are handed back.
    fn live_view(
        &self,
        id: EntryId,
        node: &Node,
        items: &[&Arc<ItemView>],
        aliases: Vec<EntryId>,
    ) -> Result<EntryView, Vec<EntryId>> {
        let offerings: Vec<OfferingView> = items.iter().filter_map(|item| self.offering(item)).collect();
        let Some(primary) = primary(id, node, &offerings) else { return Err(aliases) };
        Ok(EntryView {
            id,
            own_name: own_name(node).cloned(),
            primary: primary.item,
            content: Arc::clone(&primary.content),
            aliases,
            revision: node.revision,
            formed: node.formed,
            changed: node.changed,
            updated_at: node.updated_at,
            offerings,
        })
    }

    fn offering(&self, item: &ItemView) -> Option<OfferingView> {
        let live = item.state.live()?;
        let transfer = match &item.state.transfer {
            Some(Transfer::Accepted { to, announcement, effective }) => Some(Arc::new(AnnouncedTransfer {
                to: to.clone(),
                announcement: announcement.clone(),
                effective: *effective,
            })),
            Some(Transfer::Proposed { .. }) | None => None,
        };
        Some(OfferingView {
            item: item.id,
            department: Arc::clone(self.departments.get(&item.state.department)?),
            content: Arc::clone(&live.content),
            revision: live.revision,
            suspension: live.suspension.as_ref().map(|suspension| Arc::new(suspension.notice.clone())),
            retirement: live.retirement.clone().map(Arc::new),
            transfer,
        })
    }
}

/// The steward's choice if it is live, else the founder if it is, else the earliest.
fn primary<'o>(id: EntryId, node: &Node, offerings: &'o [OfferingView]) -> Option<&'o OfferingView> {
    let chosen = match &node.state {
        Entry::Formed { primary, .. } => *primary,
        Entry::Unformed => None,
    };
    let find = |item: ItemId| offerings.iter().find(|offering| offering.item == item);
    chosen.and_then(find).or_else(|| find(id.founder())).or_else(|| offerings.first())
}

fn retired_view(
    id: EntryId,
    node: &Node,
    items: &[&Arc<ItemView>],
    aliases: Vec<EntryId>,
) -> Option<RetiredView> {
    let retired = items.iter().filter_map(|item| match &item.state.publication {
        Publication::Retired { content, explanation, outcome } => {
            Some((item.changed, (content, explanation, outcome)))
        }
        Publication::Never | Publication::Live(_) => None,
    });
    let (_, (content, explanation, outcome)) = retired.max_by_key(|(changed, _)| *changed)?;
    Some(RetiredView {
        id,
        own_name: own_name(node).cloned(),
        content: Arc::clone(content),
        explanation: explanation.clone(),
        outcome: outcome.clone(),
        aliases,
        changed: node.changed,
        updated_at: node.updated_at,
    })
}

fn own_name(node: &Node) -> Option<&LocalizedText> {
    match &node.state {
        Entry::Formed { name, .. } => name.as_ref(),
        Entry::Unformed => None,
    }
}

fn live(standing: &EntryStanding) -> Option<&EntryView> {
    match standing {
        EntryStanding::Live(view) => Some(view),
        EntryStanding::Alias { .. } | EntryStanding::Retired(_) => None,
    }
}
