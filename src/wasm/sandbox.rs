//! The sandbox's one decision function for JavaScript hosts.

use super::{from_js, random, to_js};
use crate::prelude::*;
use crate::sandbox::{Config, Random, step};
use wasm_bindgen::prelude::*;

/// See [`crate::sandbox::step`]: takes its `Input` and, as JSON text, its `Config` (the demo account
/// without one); gives its `Output`.
///
/// # Errors
/// What is wrong with the form of the configuration or the input.
#[wasm_bindgen(js_name = sandboxStep)]
pub fn sandbox_step(input: JsValue, config: Option<String>) -> Result<JsValue, JsValue> {
    let config = match config {
        Some(text) => serde_json::from_str(&text)
            .map_err(|error| js_sys::TypeError::new(&error.to_string()))?,
        None => Config::default(),
    };
    to_js(&step(&from_js(input)?, &config, &Random::from(random()?)))
}
