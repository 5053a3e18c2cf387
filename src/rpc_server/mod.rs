//! The receiving end of the vendor's protocol: reading a request of either signature scheme, checking
//! who signed it, answering in the vendor's envelope. Gateway and sandbox share it.

pub mod envelope;
pub mod errors;
pub mod request;
mod verify;

pub use verify::{NONCE_MILLIS, on_demand};
