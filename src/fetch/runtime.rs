//! Access to the host: timers and other members of the global object, because Workers, Deno and
//! Node have no `Window`.

use js_sys::{Function, Promise, Reflect};
use std::time::Duration;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

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

/// Calls a global function.
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
    /// Calls `on_time` after the delay.
    pub(super) fn start(after: Duration, on_time: impl FnMut() + 'static) -> Self {
        let on_time = Closure::<dyn FnMut()>::new(on_time);
        let millis = i32::try_from(after.as_millis()).unwrap_or(i32::MAX);
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

/// Waits for `delay`.
pub(super) async fn sleep(delay: Duration) {
    if delay.is_zero() {
        return;
    }
    let mut timer = None;
    let waited = Promise::new(&mut |resolve, _| {
        timer = Some(Timer::start(delay, move || {
            let _ = resolve.call0(&JsValue::UNDEFINED);
        }));
    });
    let _ = JsFuture::from(waited).await;
    drop(timer);
}
