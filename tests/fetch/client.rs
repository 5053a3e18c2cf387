//! The client for wasm32 over the host's own Request, Response, Headers and AbortController. `fetch` is
//! replaced: what it receives goes to the sandbox, which checks every signature.

#[allow(dead_code)]
#[path = "../sandbox/host.rs"]
mod host;

use cloudauth_edge::actions::{DescribeFaceVerify, InitFaceVerify};
use cloudauth_edge::client::options::Options;
use cloudauth_edge::client::response::Status;
use cloudauth_edge::error::{Error, Kind};
use cloudauth_edge::fetch::FaceVerifyClient;
use cloudauth_edge::http::IncomingRequest;
use cloudauth_edge::vendor::credentials::Credentials;
use host::Host;
use js_sys::{Function, Promise, Reflect};
use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;

/// What the replaced `fetch` does with a request.
enum Plan {
    /// Hands it to the sandbox.
    Sandbox,
    /// Runs this JavaScript, with the request as `request`.
    Script(&'static str),
}

/// The replaced `fetch`: puts the own one back when it is dropped.
struct Fetch {
    own: JsValue,
    seen: Rc<RefCell<Vec<IncomingRequest>>>,
    sandbox: Rc<RefCell<Host>>,
    _closure: Closure<dyn FnMut(JsValue, String) -> JsValue>,
}

impl Fetch {
    /// The plans are used in turn, the last one again and again.
    fn replace(plans: Vec<Plan>) -> Self {
        let seen = Rc::new(RefCell::new(Vec::new()));
        let mut sandbox = Host::new();
        #[allow(clippy::cast_possible_truncation)]
        let now = js_sys::Date::now() as i64;
        sandbox.now = now;
        let sandbox = Rc::new(RefCell::new(sandbox));
        let answer = Closure::<dyn FnMut(JsValue, String) -> JsValue>::new({
            let (seen, sandbox) = (Rc::clone(&seen), Rc::clone(&sandbox));
            move |request: JsValue, body: String| {
                let incoming = incoming(&request, body);
                let at = seen.borrow().len().min(plans.len() - 1);
                seen.borrow_mut().push(incoming.clone());
                match &plans[at] {
                    Plan::Script(code) => Function::new_with_args("request", code)
                        .call1(&JsValue::UNDEFINED, &request)
                        .unwrap(),
                    Plan::Sandbox => response(&mut sandbox.borrow_mut(), incoming),
                }
            }
        });
        let wrap = Function::new_with_args(
            "answer",
            "return async (request) => answer(request, await request.clone().text())",
        );
        let replaced = wrap.call1(&JsValue::UNDEFINED, answer.as_ref()).unwrap();
        let global = js_sys::global();
        let own = Reflect::get(&global, &"fetch".into()).unwrap();
        Reflect::set(&global, &"fetch".into(), &replaced).unwrap();
        Self {
            own,
            seen,
            sandbox,
            _closure: answer,
        }
    }

    fn calls(&self) -> usize {
        self.seen.borrow().len()
    }
}

impl Drop for Fetch {
    fn drop(&mut self) {
        Reflect::set(&js_sys::global(), &"fetch".into(), &self.own).unwrap();
    }
}

fn incoming(request: &JsValue, body: String) -> IncomingRequest {
    let request: &web_sys::Request = request.unchecked_ref();
    let headers = request.headers().entries();
    IncomingRequest {
        method: request.method(),
        path: "/".to_owned(),
        query: request
            .url()
            .split_once('?')
            .map_or(String::new(), |(_, query)| query.to_owned()),
        headers: headers
            .into_iter()
            .map(|pair| {
                let pair: js_sys::Array = pair.unwrap().unchecked_into();
                (
                    pair.get(0).as_string().unwrap(),
                    pair.get(1).as_string().unwrap(),
                )
            })
            .chain([("host".to_owned(), "127.0.0.1:8788".to_owned())])
            .collect(),
        body: body.into_bytes(),
    }
}

fn response(sandbox: &mut Host, request: IncomingRequest) -> JsValue {
    let answer = sandbox.send(request);
    let given = answer.response();
    let init = web_sys::ResponseInit::new();
    init.set_status(given.status);
    let headers = web_sys::Headers::new().unwrap();
    for (name, value) in &given.headers {
        headers.append(name, value).unwrap();
    }
    init.set_headers(&headers);
    let body = String::from_utf8(given.body.clone()).unwrap();
    web_sys::Response::new_with_opt_str_and_init(Some(&body), &init)
        .unwrap()
        .into()
}

fn client(options: &[(&str, &str)]) -> FaceVerifyClient {
    let numbers = ["timeoutMs", "totalTimeoutMs", "maxAttempts"];
    let given = options.iter().map(|(name, value)| {
        let value = if numbers.contains(name) {
            cloudauth_edge::actions::Value::Integer(value.parse().unwrap())
        } else {
            (*value).into()
        };
        (*name, value)
    });
    let endpoint = [("endpoint", host::ORIGIN.into())];
    let options = Options::check(endpoint.into_iter().chain(given)).unwrap();
    let key = Credentials::new("sandbox-key-id", "sandbox-key-secret");
    FaceVerifyClient::dangerously_in_browser(options, key).unwrap()
}

fn order() -> InitFaceVerify {
    InitFaceVerify::new()
        .scene_id(1_000_000_006)
        .outer_order_no(host::ORDER)
        .user_id("123456789")
        .meta_info(host::META_INFO)
        .cert_name("张三")
        .cert_no("11010519491231002X")
}

fn question(certify_id: &str) -> DescribeFaceVerify {
    DescribeFaceVerify::new()
        .scene_id(1_000_000_006)
        .certify_id(certify_id.to_owned())
}

async fn start(client: &FaceVerifyClient) -> Result<String, Error> {
    Ok(client.init_face_verify(order()).await?.certify_id)
}

#[wasm_bindgen_test]
async fn performs_both_actions_under_both_schemes() {
    for scheme in ["1.0", "ACS3-HMAC-SHA256"] {
        let fetch = Fetch::replace(vec![Plan::Sandbox]);
        let client = client(&[("signatureVersion", scheme)]);
        let certify_id = start(&client).await.unwrap();
        let pending = client
            .describe_face_verify(question(&certify_id))
            .await
            .unwrap();
        assert_eq!(pending.status, Status::Pending, "{scheme}");
        fetch.sandbox.borrow_mut().submit(&certify_id, "passed");
        let passed = client
            .describe_face_verify(question(&certify_id))
            .await
            .unwrap();
        assert_eq!(passed.status, Status::Passed, "{scheme}");
        assert_eq!(fetch.calls(), 3);
    }
}

#[wasm_bindgen_test]
async fn keeps_personal_data_out_of_the_address() {
    let fetch = Fetch::replace(vec![Plan::Sandbox]);
    start(&client(&[])).await.unwrap();
    let seen = fetch.seen.borrow();
    assert_eq!(seen[0].query, "");
    assert!(String::from_utf8_lossy(&seen[0].body).contains("11010519491231002X"));
}

#[wasm_bindgen_test]
async fn corrects_a_wrong_clock_once_and_remembers_it() {
    let fetch = Fetch::replace(vec![Plan::Sandbox]);
    fetch.sandbox.borrow_mut().advance(40 * 60_000);
    let client = client(&[]);
    let certify_id = start(&client).await.unwrap();
    assert_eq!(fetch.calls(), 2);
    client
        .describe_face_verify(question(&certify_id))
        .await
        .unwrap();
    assert_eq!(fetch.calls(), 3);
}

/// A `fetch` that answers nothing until it is aborted.
const HANGS: &str = "return new Promise((_, reject) => request.signal.addEventListener('abort', () => { globalThis.sawAbort = true; reject(request.signal.reason); }))";
/// An answer whose body never ends.
const BODY_HANGS: &str = "return new Response(new ReadableStream({ start(body) { body.enqueue(new TextEncoder().encode('{')); request.signal.addEventListener('abort', () => body.error(request.signal.reason)); } }))";
const ENDLESS: &str = "return new Response(new ReadableStream({ pull(body) { body.enqueue(new Uint8Array(300000)); } }))";
const REFUSED: &str =
    "return Promise.reject(new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } }))";
const BROKEN: &str = "return Promise.reject(new TypeError('fetch failed'))";
const REDIRECT: &str =
    "return new Response(null, { status: 302, headers: { location: 'http://127.0.0.1:1/' } })";

#[wasm_bindgen_test]
async fn limits_the_time_of_head_and_body() {
    for script in [HANGS, BODY_HANGS] {
        let fetch = Fetch::replace(vec![Plan::Script(script)]);
        let client = client(&[("timeoutMs", "20"), ("totalTimeoutMs", "200")]);
        let error = start(&client).await.unwrap_err();
        assert_eq!(error.kind, Kind::Timeout);
        // A start that may have been executed is not sent again.
        assert_eq!(fetch.calls(), 1);
    }
}

#[wasm_bindgen_test]
async fn fails_over_only_where_nothing_was_executed() {
    let two = "http://127.0.0.1:8788,http://127.0.0.1:8788";
    let fetch = Fetch::replace(vec![Plan::Script(REFUSED), Plan::Sandbox]);
    start(&client(&[("endpoint", two)])).await.unwrap();
    assert_eq!(fetch.calls(), 2);
    drop(fetch);
    let fetch = Fetch::replace(vec![Plan::Script(BROKEN), Plan::Sandbox]);
    let error = start(&client(&[("endpoint", two)])).await.unwrap_err();
    assert_eq!(error.kind, Kind::Transport);
    assert_eq!(fetch.calls(), 1);
}

#[wasm_bindgen_test]
async fn refuses_endless_answers_and_redirects() {
    let fetch = Fetch::replace(vec![Plan::Script(ENDLESS)]);
    let error = start(&client(&[])).await.unwrap_err();
    assert_eq!(
        (error.kind, error.code.as_str()),
        (Kind::Protocol, "AnswerTooLarge")
    );
    drop(fetch);
    let fetch = Fetch::replace(vec![Plan::Script(REDIRECT)]);
    let error = start(&client(&[("maxAttempts", "1")])).await.unwrap_err();
    assert_eq!((error.kind, fetch.calls()), (Kind::Protocol, 1));
}

#[wasm_bindgen_test]
async fn aborts_when_the_future_is_dropped() {
    let global = js_sys::global();
    Reflect::set(&global, &"sawAbort".into(), &JsValue::FALSE).unwrap();
    let fetch = Fetch::replace(vec![Plan::Script(HANGS)]);
    let client = client(&[]);
    {
        let mut call = Box::pin(client.init_face_verify(order()));
        let mut context = Context::from_waker(Waker::noop());
        // The replaced `fetch` sees the request some turns of the event loop later.
        while fetch.calls() == 0 {
            assert!(matches!(call.as_mut().poll(&mut context), Poll::Pending));
            let turn = Function::new_no_args("return new Promise((go) => setTimeout(go))")
                .call0(&JsValue::UNDEFINED)
                .unwrap();
            JsFuture::from(Promise::resolve(&turn)).await.unwrap();
        }
    }
    let saw = Reflect::get(&global, &"sawAbort".into()).unwrap();
    assert!(saw.is_truthy());
}

#[wasm_bindgen_test]
async fn says_what_is_wrong_before_anything_is_sent() {
    let fetch = Fetch::replace(vec![Plan::Sandbox]);
    let error = client(&[])
        .init_face_verify(order().cert_no("110105194912310021"))
        .await
        .unwrap_err();
    assert_eq!(error.kind, Kind::Validation);
    assert_eq!(fetch.calls(), 0);
    assert!(!format!("{error:?} {error}").contains("110105194912310021"));
}
