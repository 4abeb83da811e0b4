//! Keeps what the verifiers refuse at what the read model says is revoked.

use domain::revocation::RevocationStanding;
use identity::Revocations;
use read_model::{ReadModel, Snapshot};

/// The follower that keeps the list; it ends with the read model. The list is in place for what is in the log now
/// before the follower runs.
pub fn follow(read_model: &ReadModel, list: Revocations) -> impl Future<Output = ()> + Send + 'static {
    let mut newer = read_model.subscribe();
    let read_model = read_model.clone();
    let mut seen = read_model.snapshot();
    put_in_place(&seen, &list);
    newer.mark_changed();
    async move {
        while newer.changed().await.is_ok() {
            let snapshot = read_model.snapshot();
            // Persistent maps: telling that nothing changed costs nothing.
            if snapshot.revocations().diff(seen.revocations()).next().is_some() {
                put_in_place(&snapshot, &list);
            }
            seen = snapshot;
        }
    }
}

fn put_in_place(snapshot: &Snapshot, list: &Revocations) {
    let in_force =
        snapshot.revocations().values().filter(|view| view.standing == RevocationStanding::InForce);
    list.replace(in_force.map(|view| view.id.to_string()).collect());
}
