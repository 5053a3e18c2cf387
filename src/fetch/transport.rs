//! Sends a request by the host's `fetch` and returns its outcome. The time limit covers the
//! answer's body.

use super::host::{Timer, call_global};
use crate::client::call::{Loss, Outcome};
use crate::http::{OutgoingRequest, Response};
use js_sys::{Array, Promise, Reflect, Uint8Array};
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, Headers, ReadableStreamDefaultReader, Request, RequestInit, RequestRedirect,
};

/// Alibaba Cloud's answers have a few kilobytes; pictures come as addresses.
const MAX_ANSWER_BYTES: usize = 1024 * 1024;

/// Aborts the request when it is dropped. After the answer, that has no effect.
struct AbortOnDrop(AbortController);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Sends the request unchanged. `timeout_millis` limits the whole answer.
pub(super) async fn send(request: &OutgoingRequest, timeout_millis: i64) -> Outcome {
    let timed_out = Rc::new(Cell::new(false));
    match exchange(request, timeout_millis, &timed_out).await {
        _ if timed_out.get() => Outcome::Lost(Loss::TimedOut),
        Ok(Some(response)) => Outcome::Answered(response),
        Ok(None) => Outcome::Lost(Loss::TooLarge),
        Err(error) => Outcome::Lost(Loss::ConnectionFailed {
            code: failure_code(&error),
        }),
    }
}

/// The answer; `None` where it is too large.
async fn exchange(
    request: &OutgoingRequest,
    timeout_millis: i64,
    timed_out: &Rc<Cell<bool>>,
) -> Result<Option<Response>, JsValue> {
    let abort = AbortOnDrop(AbortController::new()?);
    let _timer = Timer::start(timeout_millis, {
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
    let Some(body) = read_at_most(&answer, MAX_ANSWER_BYTES).await? else {
        return Ok(None);
    };
    Ok(Some(Response {
        status: answer.status(),
        headers: pairs(&answer.headers())?,
        body,
    }))
}

fn built(request: &OutgoingRequest, abort: &AbortController) -> Result<Request, JsValue> {
    let headers = Headers::new()?;
    for (name, value) in &request.headers {
        headers.append(name, value)?;
    }
    let init = RequestInit::new();
    init.set_method(request.method);
    init.set_headers(&headers);
    if let Some(body) = &request.body {
        init.set_body(&JsValue::from(body.as_str()));
    }
    // A redirect would carry names and identity numbers to another place.
    init.set_redirect(RequestRedirect::Manual);
    init.set_signal(Some(&abort.signal()));
    Request::new_with_str_and_init(&request.url, &init)
}

/// The whole body, or `None` when it is larger than `max` bytes.
async fn read_at_most(answer: &web_sys::Response, max: usize) -> Result<Option<Vec<u8>>, JsValue> {
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
        if body.len() > max {
            return Ok(None);
        }
    }
}

fn pairs(headers: &Headers) -> Result<Vec<(String, String)>, JsValue> {
    let mut pairs = Vec::new();
    for pair in headers.entries() {
        let pair: Array = pair?.unchecked_into();
        let [name, value] = [0, 1].map(|at| pair.get(at).as_string().unwrap_or_default());
        pairs.push((name, value));
    }
    Ok(pairs)
}

/// The host's code of a failed connection, such as `ECONNREFUSED`, where it gave one.
fn failure_code(error: &JsValue) -> Option<String> {
    let member = |of: &JsValue, name: &str| Reflect::get(of, &name.into()).ok();
    let cause = member(error, "cause").and_then(|cause| member(&cause, "code"));
    cause
        .and_then(|code| code.as_string())
        .or_else(|| member(error, "code")?.as_string())
}
