//! The platform's randomness, fetched ahead: one call for it costs as much as signing.

use core::cell::RefCell;
use wasm_bindgen::JsValue;

const POOL: usize = 512;

thread_local! {
    /// Random bytes not given out yet, at the end of the pool.
    static AHEAD: RefCell<([u8; POOL], usize)> = const { RefCell::new(([0; POOL], 0)) };
}

/// Fresh random bytes (Web Crypto), each given out once.
pub(super) fn random<const N: usize>() -> Result<[u8; N], JsValue> {
    AHEAD.with_borrow_mut(|(pool, left)| {
        if *left < N {
            getrandom::fill(pool).map_err(|_| {
                js_sys::Error::new("no source of randomness: globalThis.crypto is missing")
            })?;
            *left = POOL;
        }
        let from = left.saturating_sub(N);
        let bytes = pool
            .get_mut(from..*left)
            .and_then(|bytes| {
                let fresh = <[u8; N]>::try_from(&*bytes).ok();
                bytes.fill(0);
                fresh
            })
            .ok_or_else(|| js_sys::Error::new("more randomness asked for than there is"))?;
        *left = from;
        Ok(bytes)
    })
}
