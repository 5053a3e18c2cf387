//! Checks the vectors in WebAssembly, on Node: `wasm-pack test --node`.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "vectors/wasm.rs"]
mod vectors;
