//! The sandbox's decision function, for JavaScript hosts.

use super::random_bytes;
use crate::json::de::{from_json, from_json_strictly};
use crate::json::write::to_json;
use crate::sandbox::{Config, Event, Input, Output, Random, step};
use wasm_bindgen::prelude::*;

/// See [`crate::sandbox::step`]. In: its `Input` as JSON and, separately, the body of the request;
/// its `Config` as JSON; 32 random bytes. Out: its `Output` as JSON
/// and, if the response has a body, NUL and the body.
///
/// # Errors
/// If the configuration or the input is malformed.
#[wasm_bindgen(js_name = sandboxStep)]
pub fn sandbox_step(
    input: &str,
    body: Vec<u8>,
    config: &str,
    random: &[u8],
) -> Result<Vec<u8>, JsError> {
    let config: Config = from_json_strictly(config)?;
    let mut input: Input = from_json(input)?;
    if let Event::Request(request) = &mut input.event {
        request.body = body;
    }
    let random = Random::from(random_bytes(random)?);
    let output = step(&input, &config, &random);
    let mut packed = to_json(&output).into_bytes();
    if let Output::Done(done) = output
        && let Some(response) = done.response
    {
        packed.push(0);
        packed.extend(response.body);
    }
    Ok(packed)
}
