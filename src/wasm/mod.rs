//! The JavaScript exports: convert, call the core, convert back. No logic.
//!
//! Every export is synchronous and stateless, so that a trap in one call leaves nothing behind for
//! the next, and a client that disconnects leaves no future that is never dropped.

mod client;
#[cfg(feature = "gateway")]
mod gateway;
#[cfg(feature = "sandbox")]
mod sandbox;

use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::prelude::*;

/// Plain data from JavaScript. What does not fit the type is a `TypeError`.
fn from_js<T: DeserializeOwned>(value: JsValue) -> Result<T, JsValue> {
    serde_wasm_bindgen::from_value(value).map_err(JsValue::from)
}

/// Plain objects, arrays, strings and numbers, as `JSON.parse` would give them.
fn to_js<T: Serialize + ?Sized>(value: &T) -> Result<JsValue, JsValue> {
    value
        .serialize(
            &serde_wasm_bindgen::Serializer::json_compatible().serialize_bytes_as_arrays(false),
        )
        .map_err(JsValue::from)
}

/// The time that JavaScript passes in, `Date.now()`.
fn now(now_millis: f64) -> crate::timestamp::Timestamp {
    crate::timestamp::Timestamp::from_unix_millis(millis(now_millis))
}

/// Whole milliseconds from JavaScript; what is no number is 0.
#[allow(clippy::cast_possible_truncation)] // saturates
fn millis(millis: f64) -> i64 {
    millis as i64
}

/// Milliseconds for JavaScript.
#[allow(clippy::cast_precision_loss)] // exact for every plausible duration
fn from_millis(millis: i64) -> f64 {
    millis as f64
}

/// Fresh random bytes of the platform (Web Crypto).
fn random<const N: usize>() -> Result<[u8; N], JsValue> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|_| js_sys::Error::new("no source of randomness: globalThis.crypto is missing"))?;
    Ok(bytes)
}
