//! Alibaba Cloud face verification, without I/O.

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

extern crate alloc;

pub mod actions;
pub mod call;
pub mod callback;
pub mod codes;
pub mod credentials;
pub mod endpoint;
pub mod error;
#[cfg(feature = "gateway")]
pub mod gateway;
pub mod http;
pub mod identity;
#[cfg(feature = "lab")]
pub mod lab;
pub mod options;
pub mod order_number;
pub mod response;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod signing;
pub mod text;
pub mod timestamp;
#[cfg(all(target_arch = "wasm32", feature = "identity"))]
mod wasm;
