//! The platform's randomness.

use wasm_bindgen::JsValue;

/// Random bytes from Web Crypto.
pub(super) fn random<const N: usize>() -> Result<[u8; N], JsValue> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| {
        js_sys::Error::new("globalThis.crypto is missing, so there is no source of randomness")
    })?;
    Ok(bytes)
}
