//! One call from its options to its result, as data: which request to send, and what the response
//! means.

pub mod builder;
pub mod call;
mod explain;
#[cfg(any(
    all(target_arch = "wasm32", feature = "fetch"),
    all(not(target_arch = "wasm32"), feature = "ureq")
))]
pub(crate) mod issued;
#[cfg(all(feature = "schema", feature = "client"))]
#[doc(hidden)] // for the generated documentation of codes
pub mod local;
pub(crate) mod loss;
pub mod options;
#[cfg(any(feature = "client", test))]
#[doc(hidden)] // for the npm package
pub mod orders;
#[cfg(any(
    all(target_arch = "wasm32", feature = "fetch"),
    all(not(target_arch = "wasm32"), feature = "ureq")
))]
pub(crate) mod polls;
pub mod response;
mod retry;
pub mod sans_io;
mod state;
#[doc(hidden)] // for the npm package
pub mod thrown;
