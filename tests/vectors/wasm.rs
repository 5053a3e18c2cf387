//! Checks the vectors in WebAssembly, for tests on Node and in a browser.

#[path = "check.rs"]
mod check;

use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
fn rpc_1_0() {
    assert_eq!(check::rpc(), 15);
}

#[wasm_bindgen_test]
fn acs3_hmac_sha256() {
    assert_eq!(check::acs3(), 9);
}

#[wasm_bindgen_test]
fn wycheproof_hmac_sha1() {
    assert_eq!(check::hmac_sha1(), 170);
}

#[wasm_bindgen_test]
fn wycheproof_hmac_sha256() {
    assert_eq!(check::hmac_sha256(), 174);
}
