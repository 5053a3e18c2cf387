//! Exports of the identity rules: each returns an object, `{ Ok: … }` or `{ Err: … }`.

use super::{now, object};
use crate::identity::cert_no::{self, Documents};
use crate::identity::{cert_name, mobile};
use wasm_bindgen::prelude::*;

/// Checks an identity number.
#[wasm_bindgen(js_name = checkCertNo)]
pub fn check_cert_no(text: &str, all_documents: bool, now_millis: f64) -> Result<JsValue, JsValue> {
    let today = now(now_millis).shanghai_date();
    object(&cert_no::check(
        text,
        Documents::all_if(all_documents),
        today,
    ))
}

/// Checks a name.
#[wasm_bindgen(js_name = checkCertName)]
pub fn check_cert_name(text: &str, all_documents: bool) -> Result<JsValue, JsValue> {
    object(&cert_name::check(text, Documents::all_if(all_documents)))
}

/// Checks a mobile number.
#[wasm_bindgen(js_name = checkMobile)]
pub fn check_mobile(text: &str) -> Result<JsValue, JsValue> {
    object(&mobile::check(text))
}
