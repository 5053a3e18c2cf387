//! The vectors inside WebAssembly, in a browser: `wasm-pack test --headless --chrome`.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "vectors/check.rs"]
mod check;

use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

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
