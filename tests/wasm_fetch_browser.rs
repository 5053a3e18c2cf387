//! The client for wasm32 in a browser: `wasm-pack test --headless --chrome -- --features client,fetch,sandbox`.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "fetch/client.rs"]
mod client;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test::wasm_bindgen_test]
fn refuses_a_secret_in_a_browser() {
    use cloudauth_edge::{ClientOptions, Credentials, FaceVerifyClient};
    let key = Credentials::new("an-access-key-id", "an-access-key-secret");
    let error = FaceVerifyClient::new(ClientOptions::default(), key).unwrap_err();
    assert_eq!(error.fields[0].rule, "browser");
}
