//! The receiving end of Alibaba Cloud's protocol: reading a request of either signature scheme,
//! checking who signed it, answering in Alibaba Cloud's envelope. Gateway and sandbox share it.

pub mod envelope;
pub mod errors;
pub mod request;
mod verify;

pub use verify::{NONCE_MILLIS, on_demand};
