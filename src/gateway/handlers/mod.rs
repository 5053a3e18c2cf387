//! What each route does with a request: a response, or a task for the caller's ledger.

pub(super) mod callback;
pub mod failure;
pub(super) mod orders;
pub mod photo;
pub(super) mod rpc;
pub(super) mod state;
