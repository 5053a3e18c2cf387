//! The sandbox, judged natively: every Code and SubCode, the protocol's rules, the life of a
//! verification, faults, callbacks, and input nobody expects. What Alibaba Cloud's own SDKs say of
//! it is in `tests/conformance/`.
#![cfg(all(feature = "sandbox", not(target_arch = "wasm32")))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod bad_input;
mod codes;
mod control;
mod documentation;
mod faults;
mod host;
mod life;
mod parameters;
mod protocol;
