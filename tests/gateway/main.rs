//! Native tests of the gateway: its routes, the ledger's guarantees under any schedule, and
//! privacy. `tests/worker/` tests it in workerd.
#![cfg(all(feature = "gateway", not(target_arch = "wasm32")))]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used
)]

mod alarm;
mod clocks;
mod dice;
mod endpoints;
mod foreign;
mod host;
mod model;
mod polls;
mod privacy;
mod probe;
mod reads;
mod restarts;
mod routes;
mod schedules;
mod starts;
