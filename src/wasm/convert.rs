//! Plain data across the boundary, and the platform's randomness.

use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::prelude::*;

/// Plain data from JavaScript. What does not fit the type is a `TypeError`.
pub(super) fn from_js<T: DeserializeOwned>(value: JsValue) -> Result<T, JsValue> {
    serde_wasm_bindgen::from_value(value).map_err(JsValue::from)
}

/// Plain objects, arrays, strings and numbers, as `JSON.parse` would give them.
pub(super) fn to_js<T: Serialize + ?Sized>(value: &T) -> Result<JsValue, JsValue> {
    value
        .serialize(
            &serde_wasm_bindgen::Serializer::json_compatible().serialize_bytes_as_arrays(false),
        )
        .map_err(JsValue::from)
}

/// Milliseconds for JavaScript.
#[cfg(feature = "client")]
#[allow(clippy::cast_precision_loss)] // exact for every plausible duration
pub(super) fn from_millis(millis: i64) -> f64 {
    millis as f64
}

/// Fresh random bytes of the platform (Web Crypto).
pub(super) fn random<const N: usize>() -> Result<[u8; N], JsValue> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|_| js_sys::Error::new("no source of randomness: globalThis.crypto is missing"))?;
    Ok(bytes)
}
