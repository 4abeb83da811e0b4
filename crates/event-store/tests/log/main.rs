//! The log from outside: the contract of the port, and what each adapter promises beyond it.

mod anchors;
mod commands;
mod contract;
mod crash;
mod sqlite;
mod tally;
mod tampering;
