//! Exports for the console: the signature laboratory, the identity checker, a request as shown.

use super::{from_js, now, random, to_js};
use crate::codes;
use crate::identity::cert_no::Documents;
use crate::lab::{cert_no_parts, examination, list, outgoing};
use crate::order_number::new_outer_order_no;
use crate::signing::encode::hex;
use serde::Serialize;
use wasm_bindgen::prelude::*;

/// Examines a pasted request: `{ Ok: … }` or, where it cannot be read, `{ Err: … }`.
#[wasm_bindgen(js_name = examineSignature)]
pub fn examine_signature(subject: JsValue, now_millis: f64) -> Result<JsValue, JsValue> {
    let subject: examination::Subject = from_js(subject)?;
    to_js(&examination::examine(&subject, now(now_millis)))
}

/// How a request that is being filled in would go out, with its personal data masked.
#[wasm_bindgen(js_name = previewRequest)]
pub fn preview_request(draft: JsValue, now_millis: f64) -> Result<JsValue, JsValue> {
    let nonce = hex(&random::<16>()?);
    to_js(&outgoing::preview(from_js(draft)?, &nonce, now(now_millis)))
}

/// A new OuterOrderNo with a prefix: `{ Ok: "…" }` or `{ Err: … }`.
#[wasm_bindgen(js_name = freshOrderNo)]
pub fn fresh_order_no(prefix: &str, now_millis: f64) -> Result<JsValue, JsValue> {
    to_js(&new_outer_order_no(prefix, now(now_millis), &random()?))
}

/// What a verification can end with: `{ codes, subCodes }`.
#[wasm_bindgen(js_name = outcomes)]
pub fn outcomes() -> Result<JsValue, JsValue> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Outcomes {
        codes: &'static [codes::Code],
        sub_codes: &'static [codes::SubCode],
    }
    to_js(&Outcomes {
        codes: codes::CODES,
        sub_codes: codes::SUB_CODES,
    })
}

/// The parts of an identity number; empty when it is not of the form of one.
#[wasm_bindgen(js_name = certNoParts)]
pub fn cert_no_parts(text: &str, all_documents: bool, now_millis: f64) -> Result<JsValue, JsValue> {
    let today = now(now_millis).shanghai_date();
    to_js(&cert_no_parts::parts(text, documents(all_documents), today))
}

/// The layout of a list, by its beginning.
#[wasm_bindgen(js_name = listLayout)]
pub fn list_layout(beginning: &str) -> Result<JsValue, JsValue> {
    to_js(&list::layout(beginning))
}

/// Checks a chunk of a list.
#[wasm_bindgen(js_name = checkList)]
pub fn check_list(
    layout: JsValue,
    chunk: &str,
    first_line: u32,
    last: bool,
    all_documents: bool,
    now_millis: f64,
) -> Result<JsValue, JsValue> {
    let layout: list::Layout = from_js(layout)?;
    let today = now(now_millis).shanghai_date();
    let documents = documents(all_documents);
    to_js(&list::check(
        &layout, chunk, first_line, last, documents, today,
    ))
}

const fn documents(all: bool) -> Documents {
    if all {
        Documents::All
    } else {
        Documents::ResidentIdentityCard
    }
}
