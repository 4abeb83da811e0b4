//! The log that the configuration names, opened.

use std::path::Path;
use std::sync::Arc;

use event_store::EventStore;
use event_store::eventstoredb::EventStoreDb;
use event_store::sqlite::Sqlite;

use crate::config;
use crate::data_dir;
use crate::failure::{Failure, reasons};

/// The event log of this process.
#[derive(Debug, Clone)]
pub enum EventLog {
    /// A file of its own.
    Embedded(Arc<Sqlite>),
    /// A cluster that others may write to, too.
    Cluster(Arc<EventStoreDb>),
}

impl EventLog {
    /// Opens the log; of a cluster, waits until it answers.
    pub async fn open(settings: &config::EventLog, data_dir: &Path) -> Result<Self, Failure> {
        let Some(address) = settings.cluster().map_err(Failure::config)? else {
            return data_dir::open_log(data_dir).await.map(Self::Embedded);
        };
        // The search index and the keys are in the data directory all the same.
        data_dir::make(data_dir).map_err(|error| {
            Failure::because(format_args!("{} can't be made", data_dir.display()), &error)
        })?;
        let cluster = EventStoreDb::open(address)
            .map_err(|error| Failure::config(format!("event_log.address: {}", reasons(&error))))?;
        while let Err(error) = cluster.head().await {
            let error = reasons(&error);
            tracing::warn!(address = %cluster.address(), error, "waiting for the event store cluster");
        }
        Ok(Self::Cluster(Arc::new(cluster)))
    }

    /// The log as everybody else knows it.
    pub fn store(&self) -> Arc<dyn EventStore> {
        match self {
            Self::Embedded(log) => Arc::clone(log) as Arc<dyn EventStore>,
            Self::Cluster(log) => Arc::clone(log) as Arc<dyn EventStore>,
        }
    }

    /// Finishes what was handed over and closes the file. A cluster has nothing to be closed.
    pub async fn close(&self) {
        match self {
            Self::Embedded(log) => log.close().await,
            Self::Cluster(_) => {}
        }
    }
}
