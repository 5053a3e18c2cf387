//! Sends a request with the host's `fetch` and returns its outcome. The time limit covers the
//! response body, too.

use super::runtime::{Timer, call_global};
use crate::client::call::Loss;
use crate::client::loss::never_connected;
use crate::client::sans_io::{Input, MAX_ANSWER_BYTES};
use ::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use js_sys::{Array, Promise, Reflect, Uint8Array};
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, Headers, ReadableStreamDefaultReader, Request, RequestInit, RequestRedirect,
};

/// Aborts the request on drop. Once the response has arrived, aborting has no effect.
struct AbortOnDrop(AbortController);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Sends the request unchanged. `timeout` covers the whole response.
pub(super) async fn send(request: &::http::Request<String>, timeout: Duration) -> Input {
    let timed_out = Rc::new(Cell::new(false));
    match exchange(request, timeout, &timed_out).await {
        _ if timed_out.get() => Input::Lost(Loss::TimedOut),
        Ok(Some(response)) => Input::Answered(response),
        Ok(None) => Input::Lost(Loss::TooLarge),
        Err(error) if failure_code(&error).is_some_and(|code| never_connected(&code)) => {
            Input::Lost(Loss::NotConnected)
        }
        Err(_) => Input::Lost(Loss::ConnectionFailed { code: None }),
    }
}

/// The response; `None` if it is too large.
async fn exchange(
    request: &::http::Request<String>,
    timeout: Duration,
    timed_out: &Rc<Cell<bool>>,
) -> Result<Option<::http::Response<Vec<u8>>>, JsValue> {
    let abort = AbortOnDrop(AbortController::new()?);
    let _timer = Timer::start(timeout, {
        let (controller, timed_out) = (abort.0.clone(), Rc::clone(timed_out));
        move || {
            timed_out.set(true);
            controller.abort();
        }
    });
    let request = built(request, &abort.0)?;
    let answer =
        JsFuture::from(Promise::resolve(&call_global("fetch", &[request.into()])?)).await?;
    let answer: web_sys::Response = answer.unchecked_into();
    let Some(body) = read_at_most(&answer).await? else {
        return Ok(None);
    };
    let mut response = ::http::Response::new(body);
    // Browsers report status 0 for a redirect that they do not follow.
    *response.status_mut() = StatusCode::from_u16(answer.status()).unwrap_or(StatusCode::FOUND);
    *response.headers_mut() = received(&answer.headers())?;
    Ok(Some(response))
}

fn built(request: &::http::Request<String>, abort: &AbortController) -> Result<Request, JsValue> {
    let headers = Headers::new()?;
    for (name, value) in request.headers() {
        headers.append(name.as_str(), value.to_str().unwrap_or_default())?;
    }
    let init = RequestInit::new();
    init.set_method(request.method().as_str());
    init.set_headers(&headers);
    if !request.body().is_empty() {
        init.set_body(&JsValue::from(request.body().as_str()));
    }
    // Following a redirect would send names and identity numbers to another host.
    init.set_redirect(RequestRedirect::Manual);
    init.set_signal(Some(&abort.signal()));
    Request::new_with_str_and_init(&request.uri().to_string(), &init)
}

/// The whole body; `None` if it exceeds [`MAX_ANSWER_BYTES`].
async fn read_at_most(answer: &web_sys::Response) -> Result<Option<Vec<u8>>, JsValue> {
    let mut body = Vec::new();
    let Some(stream) = answer.body() else {
        return Ok(Some(body));
    };
    let reader: ReadableStreamDefaultReader = stream.get_reader().unchecked_into();
    loop {
        let part = JsFuture::from(reader.read()).await?;
        if Reflect::get(&part, &"done".into())?.is_truthy() {
            return Ok(Some(body));
        }
        let chunk: Uint8Array = Reflect::get(&part, &"value".into())?.dyn_into()?;
        body.extend(chunk.to_vec());
        if body.len() as u64 > MAX_ANSWER_BYTES {
            return Ok(None);
        }
    }
}

fn received(headers: &Headers) -> Result<HeaderMap, JsValue> {
    let mut received = HeaderMap::new();
    for pair in headers.entries() {
        let pair: Array = pair?.unchecked_into();
        let [name, value] = [0, 1].map(|at| pair.get(at).as_string().unwrap_or_default());
        if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_str(&value),
        ) {
            received.append(name, value);
        }
    }
    Ok(received)
}

/// The host's error code of a failed connection, such as `ECONNREFUSED`, if any. None if the host was reading or
/// writing: an established connection can fail with the same codes.
fn failure_code(error: &JsValue) -> Option<String> {
    let text = |of: &JsValue, name: &str| Reflect::get(of, &name.into()).ok()?.as_string();
    let cause = Reflect::get(error, &"cause".into()).unwrap_or_default();
    let established = |syscall: String| {
        ["read", "write", "shutdown"]
            .iter()
            .any(|name| syscall.starts_with(name))
    };
    let errors = [&cause, error];
    if errors
        .iter()
        .any(|error| text(error, "syscall").is_some_and(established))
    {
        return None;
    }
    errors.iter().find_map(|error| text(error, "code"))
}
