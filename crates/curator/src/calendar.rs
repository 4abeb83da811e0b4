//! Carries out announced transfers and retirements when their time has come.

use std::time::Duration;

use domain::ItemCommand;
use read_model::DueAction;

use crate::{Curator, commands};

/// How often the calendar is looked at; an announcement takes effect at most this much late.
const INTERVAL: Duration = Duration::from_secs(1);

/// Never ends.
pub(crate) async fn run(curator: &Curator) {
    let mut interval = tokio::time::interval(INTERVAL);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        for due in curator.read_model.snapshot().due((curator.now)()) {
            let command = match due.action {
                DueAction::CompleteTransfer => ItemCommand::CompleteTransfer,
                DueAction::Retire => ItemCommand::Retire,
            };
            if let Err(error) = commands::carry_out(curator, due.item, &command).await {
                tracing::warn!(%error, item = %due.item, "an announcement could not be carried out; it is tried again");
            }
        }
    }
}
