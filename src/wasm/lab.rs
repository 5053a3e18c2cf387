//! Exports for the console: the signature laboratory, the identity checker, a displayed request.
//! Takes plain values and returns objects.

use super::{now, object, random};
use crate::identity::cert_no::Documents;
use crate::lab::{cert_no_parts, examination, list, mistakes, outgoing, share};
use crate::signing::{SignatureVersion, rpc};
use crate::timestamp::Date;
use crate::vendor::credentials::Secret;
use crate::vendor::order_number::new_outer_order_no;
use wasm_bindgen::prelude::*;

/// Examines a pasted request: `{ Ok: … }` or, if it is unreadable, `{ Err: … }`. An empty text
/// means not selected or not given.
#[wasm_bindgen(js_name = examineSignature)]
pub fn examine_signature(
    request: &str,
    scheme: &str,
    method: &str,
    secret: &str,
    answer: &str,
    now_millis: f64,
) -> Result<JsValue, JsValue> {
    let gbk = if secret.is_empty() || request.is_ascii() && !request.contains('%') {
        String::new()
    } else {
        decoded_gbk().unwrap_or_default()
    };
    let subject = examination::Subject {
        request,
        scheme: SignatureVersion::read(scheme),
        method: given(method),
        secret,
        answer,
        gbk: &gbk,
    };
    object(&examination::examine(&subject, now(now_millis)))
}

/// Reduces a pasted request to what a link may contain, without secrets and personal data: `{ Ok:
/// "…" }` or, if it is unreadable, `{ Err: … }`.
#[wasm_bindgen(js_name = shareableRequest)]
pub fn shareable_request(request: &str) -> Result<JsValue, JsValue> {
    object(&share::shareable(request))
}

/// The request for the values of a form, with personal data masked. `values` are alternating names
/// and values; with an empty key, everything that depends on the key is omitted.
#[wasm_bindgen(js_name = previewRequest)]
pub fn preview_request(
    action: &str,
    values: Vec<String>,
    scheme: &str,
    endpoint: &str,
    key_id: &str,
    key_secret: &str,
    now_millis: f64,
) -> Result<JsValue, JsValue> {
    let nonce = hex::encode(random::<16>()?);
    let draft = outgoing::Draft {
        action,
        values: &values,
        scheme: SignatureVersion::read(scheme).unwrap_or_default(),
        endpoint: given(endpoint),
        key: given(key_id).map(|id| (id, key_secret)),
    };
    object(&outgoing::preview(&draft, &nonce, now(now_millis)))
}

/// A new OuterOrderNo with a prefix: `{ Ok: "…" }` or `{ Err: … }`.
#[wasm_bindgen(js_name = freshOrderNo)]
pub fn fresh_order_no(prefix: &str, now_millis: f64) -> Result<JsValue, JsValue> {
    let made = new_outer_order_no(prefix, now(now_millis), &hex::encode(random::<16>()?));
    object(&made)
}

/// The parts of an identity number; empty if it is malformed.
#[wasm_bindgen(js_name = certNoParts)]
pub fn cert_no_parts(text: &str, all_documents: bool, now_millis: f64) -> Result<JsValue, JsValue> {
    let (documents, today) = rules(all_documents, now_millis);
    object(&cert_no_parts::parts(text, documents, today))
}

/// The layout of a list, from its beginning.
#[wasm_bindgen(js_name = listLayout)]
pub fn list_layout(beginning: &str) -> Result<JsValue, JsValue> {
    object(&list::layout(beginning))
}

/// Checks a chunk of a list. Columns are counted from 0; -1 means none.
#[wasm_bindgen(js_name = checkList)]
#[allow(clippy::too_many_arguments)] // plain values cross the boundary without a serializer
pub fn check_list(
    delimiter: char,
    header: bool,
    start: u32,
    cert_no: i32,
    cert_name: i32,
    chunk: &str,
    row: u32,
    line: u32,
    last: bool,
    all_documents: bool,
    now_millis: f64,
) -> Result<JsValue, JsValue> {
    let (documents, today) = rules(all_documents, now_millis);
    let columns = list::Columns {
        delimiter,
        header,
        start,
        cert_no: usize::try_from(cert_no).ok(),
        cert_name: usize::try_from(cert_name).ok(),
    };
    object(&list::check(
        &columns,
        chunk,
        list::Place { row, line },
        last,
        documents,
        today,
    ))
}

/// An identity number with its inner characters masked, to distinguish rows of a list.
#[wasm_bindgen(js_name = maskCertNo)]
pub fn mask_cert_no(text: &str) -> String {
    outgoing::masked_cert_no(text)
}

/// The RPC 1.0 signature of a string to sign, which can be any text.
#[wasm_bindgen(js_name = rpcSignature)]
pub fn rpc_signature(secret: &str, string_to_sign: &str) -> String {
    rpc::signature(&Secret::new(secret), string_to_sign)
}

#[wasm_bindgen]
extern "C" {
    type TextDecoder;
    #[wasm_bindgen(constructor, catch)]
    fn new(label: &str) -> Result<TextDecoder, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn decode(this: &TextDecoder, bytes: &[u8]) -> Result<String, JsValue>;
}

/// The host's decoding of all byte pairs of GBK.
fn decoded_gbk() -> Result<String, JsValue> {
    TextDecoder::new("gbk")?.decode(&mistakes::gbk_pairs())
}

fn given(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

fn rules(all_documents: bool, now_millis: f64) -> (Documents, Date) {
    (
        Documents::all_if(all_documents),
        now(now_millis).shanghai_date(),
    )
}
