//! The fuzz targets as functions. `fuzz_targets/` passes them a fuzzer's inputs; `tests/fuzz.rs` of the crate passes
//! them the inputs in `seeds/`.

pub mod answer;
#[path = "../../tests/gateway/host.rs"]
#[allow(dead_code)] // some of it is for other tests
pub mod host;
pub mod independent;
pub mod json;
pub mod ledger;
pub mod message;
pub mod parameters;
pub mod replies;
pub mod rest;
pub mod rpc;
pub mod settings;
pub mod signed_text;
pub mod webhook;

/// A fuzz target: panics if the input breaks a promise.
pub type Target = fn(&[u8]);

/// All targets, by the names of their files.
pub const TARGETS: [(&str, Target); 9] = [
    ("answer", answer::run),
    ("json", json::run),
    ("ledger", ledger::run),
    ("parameters", parameters::run),
    ("rest", rest::run),
    ("rpc", rpc::run),
    ("settings", settings::run),
    ("signed_text", signed_text::run),
    ("webhook", webhook::run),
];
