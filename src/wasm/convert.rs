//! Plain objects across the boundary, where speed and size matter less than in the client.

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
