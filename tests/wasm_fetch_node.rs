//! The client for wasm32 on Node: `wasm-pack test --node -- --features client,fetch,sandbox`.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "fetch/client.rs"]
mod client;
