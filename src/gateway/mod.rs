//! The gateway between a company's services and the two actions.
//!
//! Pure functions over plain data. The host (`host/front.js`) passes a request to [`router::route`],
//! which authenticates the caller and returns either a response or a task for the caller's ledger;
//! the host then repeats [`rendered_step::step`] until the task returns a response. Neither function
//! accesses a clock, a store or the network.

#[macro_use]
mod words;

pub mod arrival;
pub mod body;
pub mod callback_address;
pub mod callers;
pub mod derived;
pub mod handlers;
pub mod ledger;
pub mod pace;
pub mod problem;
mod query;
pub mod rendered_step;
pub mod reply;
pub mod reply_target;
mod response_headers;
mod rest;
pub mod router;
pub mod routes;
pub mod rpc_reply;
pub mod rpc_request;
pub mod settings;
pub mod streamed;
