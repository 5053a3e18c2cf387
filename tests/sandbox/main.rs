//! Native tests of the sandbox: every Code and SubCode, the protocol, the life cycle of a
//! verification, faults, callbacks, and malformed input. `tests/conformance/` tests it with the
//! official SDKs.
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
