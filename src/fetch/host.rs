//! The client's inputs from its host: time, randomness and timers. They are looked up on the global
//! object, because Workers, Deno and Node have no `Window`.

use crate::error::{Audience, Error, Kind};
use crate::signing::encode::hex;
use crate::text::Text;
use crate::timestamp::Timestamp;
use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// The host's time.
#[allow(clippy::cast_possible_truncation)] // whole milliseconds
pub(super) fn now() -> Timestamp {
    Timestamp::from_unix_millis(js_sys::Date::now() as i64)
}

/// 32 random hexadecimal digits.
///
/// # Errors If the host has no `crypto.getRandomValues`.
pub(super) fn nonce() -> Result<String, Error> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|_| {
        Error::new(
            Kind::Validation,
            "NoRandomness",
            Audience::Developer,
            Text::new(
                "运行环境没有 crypto.getRandomValues，无法生成随机数；请求未发送。",
                "The runtime has no crypto.getRandomValues for the nonce; the request was not sent.",
            ),
        )
    })?;
    Ok(hex(&bytes))
}

/// A random number for the jitter.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // from 0 to 2^32
pub(super) fn jitter() -> u32 {
    (js_sys::Math::random() * f64::from(u32::MAX)) as u32
}

/// Whether the program runs in a browser: every other runtime identifies itself in
/// `navigator.userAgent`.
pub(super) fn is_browser() -> bool {
    global("navigator")
        .and_then(|navigator| Reflect::get(&navigator, &"userAgent".into()).ok())
        .and_then(|agent| agent.as_string())
        .is_some_and(|agent| agent.starts_with("Mozilla/"))
}

/// A member of the global object; `None` if the host does not have it.
pub(super) fn global(name: &str) -> Option<JsValue> {
    Reflect::get(&js_sys::global(), &name.into())
        .ok()
        .filter(|value| !value.is_undefined() && !value.is_null())
}

/// Calls a function of the global object.
pub(super) fn call_global(name: &str, arguments: &[JsValue]) -> Result<JsValue, JsValue> {
    let function: Function = global(name).unwrap_or_default().dyn_into()?;
    // workerd and browsers reject `fetch` if it is called as a method of another object.
    Reflect::apply(&function, &JsValue::UNDEFINED, &arguments.iter().collect())
}

/// A timer that is cleared when it is dropped.
pub(super) struct Timer {
    id: JsValue,
    _on_time: Closure<dyn FnMut()>,
}

impl Timer {
    /// Calls `on_time` after so many milliseconds.
    pub(super) fn start(millis: i64, on_time: impl FnMut() + 'static) -> Self {
        let on_time = Closure::<dyn FnMut()>::new(on_time);
        let millis = i32::try_from(millis.max(0)).unwrap_or(i32::MAX);
        let arguments = [on_time.as_ref().clone(), JsValue::from(millis)];
        Self {
            id: call_global("setTimeout", &arguments).unwrap_or_default(),
            _on_time: on_time,
        }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        // A host without the function has no timer to clear.
        let _ = call_global("clearTimeout", std::slice::from_ref(&self.id));
    }
}

/// Waits.
pub(super) async fn sleep(millis: i64) {
    if millis <= 0 {
        return;
    }
    let mut timer = None;
    let waited = Promise::new(&mut |resolve, _| {
        timer = Some(Timer::start(millis, move || {
            let _ = resolve.call0(&JsValue::UNDEFINED);
        }));
    });
    let _ = JsFuture::from(waited).await;
    drop(timer);
}
