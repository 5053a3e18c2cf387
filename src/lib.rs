//! Alibaba Cloud face verification, without I/O.

extern crate alloc;

pub mod actions;
pub mod codes;
pub mod credentials;
pub mod endpoint;
pub mod error;
pub mod http;
pub mod identity;
pub mod response;
pub mod signing;
pub mod text;
pub mod timestamp;
#[cfg(all(target_arch = "wasm32", feature = "wasm"))]
mod wasm;
