//! The read model over a real log, fed by real commands.

mod catalogue;
mod city;
mod disclosures;
mod feed;
mod hostile;
mod kept;
mod lists;
mod merges;
mod real;
mod running;
mod search;
mod stewards;
mod usage;
