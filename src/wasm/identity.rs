//! Exports of the identity rules: each gives `{ "Ok": … }` or `{ "Err": … }` in JSON. To build objects of
//! JavaScript's, or by a general serializer, would make the module a third larger.

use super::now;
use crate::identity::cert_no::{self, Documents};
use crate::identity::{cert_name, mobile};
use crate::json::write::to_json;
use crate::prelude::*;
use wasm_bindgen::prelude::*;

/// Checks an identity number.
#[wasm_bindgen(js_name = checkCertNo)]
pub fn check_cert_no(text: &str, all_documents: bool, now_millis: f64) -> String {
    let documents = if all_documents {
        Documents::All
    } else {
        Documents::ResidentIdentityCard
    };
    let today = now(now_millis).shanghai_date();
    to_json(&cert_no::check(text, documents, today))
}

/// Checks a name.
#[wasm_bindgen(js_name = checkCertName)]
pub fn check_cert_name(text: &str) -> String {
    to_json(&cert_name::check(text))
}

/// Checks a mobile number.
#[wasm_bindgen(js_name = checkMobile)]
pub fn check_mobile(text: &str) -> String {
    to_json(&mobile::check(text))
}
