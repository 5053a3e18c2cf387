//! The gateway between a company's services and the two actions.
//!
//! Pure functions over plain data. The host (`worker.js`) passes a request to [`route::route`],
//! which authenticates the caller and returns either a response or a task for the caller's ledger;
//! the host then drives [`ledger::step`] until the task returns a response. Neither function reads
//! a clock, a store or the network.

pub mod body;
pub mod callback;
pub mod callers;
pub mod ledger;
pub mod pace;
pub mod problem;
pub mod reply;
pub mod route;
pub mod rpc_front;
pub mod settings;
pub mod streamed;
