//! The sandbox's one decision function for JavaScript hosts.

use super::{from_js, random, to_js};
use crate::sandbox::{Random, step};
use wasm_bindgen::prelude::*;

/// See [`crate::sandbox::step`]: takes its `Input`, gives its `Output`.
///
/// # Errors
/// A `TypeError` when the input has not the right form (a wrong configuration, mostly).
#[wasm_bindgen(js_name = sandboxStep)]
pub fn sandbox_step(input: JsValue) -> Result<JsValue, JsValue> {
    let random = Random {
        request_id: random()?,
        certify_id: random()?,
    };
    to_js(&step(&from_js(input)?, &random))
}
