//! The server side of Alibaba Cloud's RPC protocol: parses a request of either signature scheme,
//! verifies its signature and writes the response envelope. The gateway and the sandbox share it.

pub mod envelope;
pub mod errors;
pub mod request;
mod verify;

pub use verify::NONCE_MILLIS;
#[cfg(feature = "sandbox")]
pub use verify::injected;
