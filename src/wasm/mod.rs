//! The JavaScript exports: convert, call the core, convert back. They decide nothing.
//!
//! Every export is synchronous, and its result depends on its input alone, except for the random numbers of two exports
//! of the laboratory. So a trap in one call does not affect the next, and a client that disconnects does not leave an
//! undropped future behind.

#[cfg(feature = "client")]
mod client;
#[cfg(feature = "gateway-module")]
mod gateway;
#[cfg(feature = "identity")]
mod identity;
#[cfg(feature = "lab")]
mod lab;
#[cfg(feature = "client")]
mod packed;
#[cfg(feature = "lab")]
mod random;
#[cfg(feature = "sandbox-module")]
mod sandbox;

#[cfg(feature = "lab")]
use random::random;

/// The time that JavaScript passes, `Date.now()`.
#[cfg(any(feature = "client", feature = "identity", feature = "gateway-module"))]
#[allow(clippy::cast_possible_truncation)] // saturates; NaN becomes 0
fn now(now_millis: f64) -> crate::timestamp::Timestamp {
    crate::timestamp::Timestamp::from_unix_millis(now_millis as i64)
}

/// The 32 random bytes that JavaScript passes.
#[cfg(any(feature = "gateway-module", feature = "sandbox-module"))]
fn random_bytes(bytes: &[u8]) -> Result<[u8; 32], wasm_bindgen::JsError> {
    bytes
        .try_into()
        .map_err(|_| wasm_bindgen::JsError::new("there must be 32 random bytes"))
}

/// A value as a JavaScript object: absent `Option`s become `null`, maps become plain objects.
#[cfg(feature = "identity")]
fn object<T: serde::Serialize>(value: &T) -> Result<wasm_bindgen::JsValue, wasm_bindgen::JsValue> {
    let serializer = serde_wasm_bindgen::Serializer::json_compatible();
    Ok(value.serialize(&serializer)?)
}
