//! The log from outside: the contract of the port, and what each adapter promises beyond it.

mod anchors;
mod backups;
mod cluster;
mod commands;
mod contract;
mod crash;
mod eventstoredb;
mod eventstoredb_address;
mod eventstoredb_faults;
mod eventstoredb_tls;
mod sparse;
mod sqlite;
mod tally;
mod tampering;
