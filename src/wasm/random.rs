//! The platform's randomness.

use wasm_bindgen::JsValue;

/// Fresh random bytes (Web Crypto).
pub(super) fn random<const N: usize>() -> Result<[u8; N], JsValue> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|_| js_sys::Error::new("no source of randomness: globalThis.crypto is missing"))?;
    Ok(bytes)
}
