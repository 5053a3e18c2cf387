//! Exports for the console: the signature laboratory, the identity checker, a request as shown.

use super::{from_js, now, to_js};
use crate::identity::cert_no::Documents;
use crate::lab::{cert_no_parts, examination, list, outgoing};
use wasm_bindgen::prelude::*;

/// Examines a pasted request: `{ Ok: … }` or, where it cannot be read, `{ Err: … }`.
#[wasm_bindgen(js_name = examineSignature)]
pub fn examine_signature(subject: JsValue, now_millis: f64) -> Result<JsValue, JsValue> {
    let subject: examination::Subject = from_js(subject)?;
    to_js(&examination::examine(&subject, now(now_millis)))
}

/// A request that `prepareAttempt` gave, with its personal data masked.
#[wasm_bindgen(js_name = showRequest)]
pub fn show_request(action: &str, request: JsValue) -> Result<JsValue, JsValue> {
    to_js(&outgoing::show(action, &from_js(request)?))
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
