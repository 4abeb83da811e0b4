//! Keeps the gateway's route table, channels included, at what the read model says, at a cost of what changed.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use api::operations::{BackendFailure, BackendHealth, BackendState, CallPath};
use domain::channel;
use domain::item::Outcome;
use domain::{ChannelId, EntryId};
use gateway::{
    Access, ChannelStanding, Department, Failure, Gateway, Offering, OfferingHealth, Route, RouteTable,
    Routes, SenderConstraint, Standing, Tally, Upstream, UpstreamTimeouts,
};
use imbl::OrdMap;
use imbl::ordmap::DiffItem;
use read_model::{
    ChannelView, DepartmentView, EntryView, OfferingStanding, OfferingView, ReadModel, Snapshot,
};
use tokio::sync::watch;

use event_store::Position;

type Source = OrdMap<EntryId, read_model::Route>;
type Channels = OrdMap<ChannelId, Arc<ChannelView>>;

/// The table as the read model stands now, so that the first call already finds its way, and the follower that keeps it
/// so; the follower ends with the read model.
///
/// The receiver says up to which position the table has come.
pub fn follow(
    read_model: &ReadModel,
) -> (Routes, watch::Receiver<Position>, impl Future<Output = ()> + Send + 'static) {
    let mut newer = read_model.subscribe();
    let read_model = read_model.clone();
    newer.mark_changed();
    let routes = Routes::new(RouteTable::default());
    let mut seen = Arc::<Snapshot>::default();
    bring(&routes, &mut seen, read_model.snapshot());
    let (reached, receiver) = watch::channel(seen.position());
    let table = routes.clone();
    let follower = async move {
        while newer.changed().await.is_ok() {
            bring(&table, &mut seen, read_model.snapshot());
            reached.send_replace(seen.position());
        }
    };
    (routes, receiver, follower)
}

/// Brings the table from what was `seen` to what is there `now`.
fn bring(table: &Routes, seen: &mut Arc<Snapshot>, now: Arc<Snapshot>) {
    let changes = changes(seen.routes(), now.routes());
    if !changes.is_empty() {
        table.apply(&changes);
    }
    let changes = channel_changes(seen.channels(), now.channels());
    if !changes.is_empty() {
        table.apply_channels(&changes);
    }
    *seen = now;
}

fn changes(before: &Source, now: &Source) -> Vec<(EntryId, Option<Route>)> {
    let mut departments = Departments::default();
    before
        .diff(now)
        .map(|item| match item {
            DiffItem::Add(id, source) | DiffItem::Update { new: (id, source), .. } => {
                (*id, Some(route(*id, source, &mut departments)))
            }
            DiffItem::Remove(id, _) => (*id, None),
        })
        .collect()
}

/// What calls need to know of departments, once for all offerings that change together: at the start, for all there are.
#[derive(Default)]
struct Departments(HashMap<*const DepartmentView, Arc<Department>>);

impl Departments {
    fn of(&mut self, view: &Arc<DepartmentView>) -> Arc<Department> {
        // By its address: the snapshots that it is in outlive this.
        let new = || Arc::new(Department::new(&view.id, view.name.clone()));
        Arc::clone(self.0.entry(Arc::as_ptr(view)).or_insert_with(new))
    }
}

fn channel_changes(before: &Channels, now: &Channels) -> Vec<(ChannelId, Option<ChannelStanding>)> {
    before
        .diff(now)
        .map(|item| match item {
            DiffItem::Add(id, view) | DiffItem::Update { new: (id, view), .. } => {
                (id.clone(), standing(view))
            }
            DiffItem::Remove(id, _) => (id.clone(), None),
        })
        .collect()
}

fn standing(view: &ChannelView) -> Option<ChannelStanding> {
    match view.standing {
        channel::ChannelStanding::Approved => Some(ChannelStanding::Approved(constraint(view))),
        channel::ChannelStanding::Suspended { .. } => Some(ChannelStanding::Suspended),
        channel::ChannelStanding::Pending | channel::ChannelStanding::Closed => None,
    }
}

fn constraint(view: &ChannelView) -> SenderConstraint {
    match view.filing.sender_constraint {
        channel::SenderConstraint::None => SenderConstraint::None,
        channel::SenderConstraint::Dpop => SenderConstraint::Dpop,
        channel::SenderConstraint::Mtls => SenderConstraint::Mtls,
    }
}

fn route(id: EntryId, source: &read_model::Route, departments: &mut Departments) -> Route {
    match source {
        read_model::Route::Open(entry) if entry.id != id => Route::Alias(entry.id),
        read_model::Route::Gone(entry) if entry.id != id => Route::Alias(entry.id),
        read_model::Route::Open(entry) => Route::Live {
            offerings: entry
                .offerings
                .iter()
                .map(|each| Arc::new(offering(entry, each, departments)))
                .collect(),
        },
        read_model::Route::Gone(entry) => Route::Retired {
            explanation: entry.explanation.clone(),
            replaced_by: match &entry.outcome {
                Outcome::ReplacedBy { entry } => Some(*entry),
                Outcome::Gone => None,
            },
        },
    }
}

fn offering(entry: &EntryView, view: &OfferingView, departments: &mut Departments) -> Offering {
    let access = &view.content.access;
    Offering {
        item: view.item,
        department: departments.of(&view.department),
        regions: view.content.regions.iter().cloned().collect(),
        primary: entry.is_primary(view),
        standing: match view.standing() {
            OfferingStanding::Suspended { notice } => Standing::Suspended { notice: notice.clone() },
            OfferingStanding::Published | OfferingStanding::Retiring(_) => Standing::Available,
        },
        upstream: upstream(view),
        access: Access {
            assurance: access.assurance.clone(),
            scopes: access.scopes.clone(),
            claims: access.claims.iter().map(|request| request.claim.clone()).collect(),
        },
        tally: Tally::default(),
    }
}

/// The register checks base URLs; one that still can't be called leaves the offering without a backend, and says so.
fn upstream(view: &OfferingView) -> Option<Arc<Upstream>> {
    let backend = view.content.backend.as_ref()?;
    let wait = |ms: Option<u32>| ms.map(|ms| Duration::from_millis(ms.into()));
    let timeouts = UpstreamTimeouts {
        connect: wait(backend.timeouts.connect_ms),
        first_byte: wait(backend.timeouts.first_byte_ms),
        idle: wait(backend.timeouts.idle_ms),
    };
    let callable = || {
        Upstream::new(&backend.base_url, timeouts)
            .inspect_err(
                |error| tracing::warn!(item = %view.item, %error, "the item's backend can't be called"),
            )
            .ok()
    };
    let probed = backend.health_path.as_ref().and_then(|path| {
        callable()?
            .with_health_path(path)
            .inspect_err(
                |error| tracing::warn!(item = %view.item, %error, "the item's backend can't be probed"),
            )
            .ok()
    });
    probed.or_else(callable).map(Arc::new)
}

/// How the gateway's backends fare, as operators see it.
pub fn call_path(gateway: Gateway) -> CallPath {
    CallPath::new(move |entry, item| {
        let OfferingHealth { state, since, in_flight, failures_in_a_row, last_failure } =
            gateway.health(entry, item)?;
        let state = match state {
            gateway::BackendState::Healthy => BackendState::Healthy,
            gateway::BackendState::Doubted => BackendState::Doubted,
            gateway::BackendState::Open => BackendState::Open,
            gateway::BackendState::Trial => BackendState::Trial,
        };
        let last_failure = last_failure.map(|Failure { at, reason }| BackendFailure { at, reason });
        Some(BackendHealth { state, since, in_flight, failures_in_a_row, last_failure })
    })
}
