//! The client for wasm32 with the host's own Request, Response, Headers and AbortController. `fetch` is replaced
//! by one that passes requests to the sandbox, which verifies every signature.

#[allow(dead_code)]
#[path = "../sandbox/host.rs"]
mod host;
#[path = "../support/verification.rs"]
mod verification;

use cloudauth_edge::http::IncomingRequest;
use cloudauth_edge::{
    ClientOptions, ClientOptionsBuilder, Credentials, Error, ErrorKind, Execution,
    FaceVerifyClient, SignatureVersion, Status,
};
use host::Host;
use js_sys::{Function, Promise, Reflect};
use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::future::Future;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use verification::{order, question};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;

/// How the replaced `fetch` handles a request.
#[derive(Clone, Copy)]
enum Plan {
    /// Pass it to the sandbox.
    Sandbox,
    /// Run this JavaScript with the request as `request`.
    Script(&'static str),
    /// Respond with this status and this body.
    Text(u16, &'static str),
}

/// Replaces `fetch`, and restores the original when it is dropped.
struct Fetch {
    own: JsValue,
    seen: Rc<RefCell<Vec<IncomingRequest>>>,
    sandbox: Rc<RefCell<Host>>,
    _closure: Closure<dyn FnMut(JsValue, String) -> JsValue>,
}

impl Fetch {
    /// Uses the plans in turn, then repeats the last one.
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
                    Plan::Text(status, body) => answer_of(*status, &[], body.as_bytes()),
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
    answer_of(given.status, &given.headers, &given.body)
}

fn answer_of(status: u16, given: &[(String, String)], body: &[u8]) -> JsValue {
    let init = web_sys::ResponseInit::new();
    init.set_status(status);
    let headers = web_sys::Headers::new().unwrap();
    for (name, value) in given {
        headers.append(name, value).unwrap();
    }
    init.set_headers(&headers);
    let body = js_sys::Uint8Array::from(body);
    web_sys::Response::new_with_opt_js_u8_array_and_init(Some(&body), &init)
        .unwrap()
        .into()
}

fn options() -> ClientOptionsBuilder {
    ClientOptions::builder().endpoint(host::ORIGIN)
}

fn client(options: ClientOptionsBuilder) -> FaceVerifyClient {
    let key = Credentials::new("sandbox-key-id", "sandbox-key-secret");
    FaceVerifyClient::dangerously_in_browser(options.build().unwrap(), key).unwrap()
}

async fn start(client: &FaceVerifyClient) -> Result<String, Error> {
    Ok(client.init_face_verify(order()).await?.certify_id)
}

/// Lets the event loop run once.
async fn turn() {
    let turn = Function::new_no_args("return new Promise((go) => setTimeout(go))")
        .call0(&JsValue::UNDEFINED)
        .unwrap();
    JsFuture::from(Promise::resolve(&turn)).await.unwrap();
}

#[wasm_bindgen_test]
async fn performs_both_actions_under_both_schemes() {
    for scheme in [SignatureVersion::Rpc, SignatureVersion::Acs3] {
        let fetch = Fetch::replace(vec![Plan::Sandbox]);
        let client = client(options().signature_version(scheme));
        let certify_id = start(&client).await.unwrap();
        let pending = client
            .describe_face_verify(question(&certify_id))
            .await
            .unwrap();
        assert_eq!(pending.status, Status::Pending, "{scheme:?}");
        fetch.sandbox.borrow_mut().submit(&certify_id, "passed");
        let passed = client
            .describe_face_verify(question(&certify_id))
            .await
            .unwrap();
        assert_eq!(passed.status, Status::Passed, "{scheme:?}");
        assert_eq!(fetch.calls(), 3);
    }
}

#[wasm_bindgen_test]
async fn keeps_personal_data_out_of_the_address() {
    let fetch = Fetch::replace(vec![Plan::Sandbox]);
    start(&client(options())).await.unwrap();
    let seen = fetch.seen.borrow();
    assert_eq!(seen[0].query, "");
    assert!(String::from_utf8_lossy(&seen[0].body).contains("11010519491231002X"));
}

#[wasm_bindgen_test]
async fn corrects_a_wrong_clock_once_and_remembers_it() {
    for (minutes, requests) in [(14, 1), (-14, 1), (24 * 60, 2), (-24 * 60, 2)] {
        let fetch = Fetch::replace(vec![Plan::Sandbox]);
        fetch.sandbox.borrow_mut().advance(minutes * 60_000);
        let client = client(options());
        let certify_id = start(&client).await.unwrap();
        assert_eq!(fetch.calls(), requests, "{minutes}");
        let result = client.describe_face_verify(question(&certify_id)).await;
        assert_eq!(result.unwrap().status, Status::Pending, "{minutes}");
        assert_eq!(fetch.calls(), requests + 1, "{minutes}");
    }
}

/// Sets the system clock forward by a minute, and restores it when it is dropped.
struct SetForward;

const SET_FORWARD: &str = "globalThis.ownNow ??= Date.now; Date.now = () => globalThis.ownNow() + 60_000; return new Response('{}', { status: 503 })";

impl Drop for SetForward {
    fn drop(&mut self) {
        let _ = Function::new_no_args("Date.now = globalThis.ownNow").call0(&JsValue::UNDEFINED);
    }
}

#[wasm_bindgen_test]
async fn a_system_clock_that_is_set_forward_ends_no_call() {
    let fetch = Fetch::replace(vec![
        Plan::Script(SET_FORWARD),
        Plan::Text(200, r#"{"Code":"424"}"#),
    ]);
    let _restored = SetForward;
    let result = client(options())
        .describe_face_verify(question("91707dc296d469ad38e4c5efa6a0f24b"))
        .await
        .unwrap();
    assert_eq!((result.status, fetch.calls()), (Status::Pending, 2));
}

/// A `fetch` that does not respond until it is aborted.
const HANGS: &str = "return new Promise((_, reject) => request.signal.addEventListener('abort', () => { globalThis.sawAbort = true; reject(request.signal.reason); }))";
/// A response whose body never ends.
const BODY_HANGS: &str = "return new Response(new ReadableStream({ start(body) { body.enqueue(new TextEncoder().encode('{')); request.signal.addEventListener('abort', () => body.error(request.signal.reason)); } }))";
const ENDLESS: &str = "return new Response(new ReadableStream({ pull(body) { body.enqueue(new Uint8Array(300000)); } }))";
const REFUSED: &str =
    "return Promise.reject(new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } }))";
const BROKEN_IN_USE: &str = "return Promise.reject(new TypeError('fetch failed', { cause: { code: 'EHOSTUNREACH', syscall: 'read' } }))";
const BROKEN: &str = "return Promise.reject(new TypeError('fetch failed'))";
const REDIRECT: &str =
    "return new Response(null, { status: 302, headers: { location: 'http://127.0.0.1:1/' } })";

const XML: &str = "<Error><RequestId>X</RequestId><Code>InvalidAccessKeyId.NotFound</Code></Error>";
const THROTTLING: &str = r#"{"Code":"Throttling"}"#;
const UNAVAILABLE: &str = r#"{"Code":"ServiceUnavailable"}"#;
const NONCE_USED: &str = r#"{"Code":"SignatureNonceUsed"}"#;

#[wasm_bindgen_test]
async fn every_fault_ends_as_it_should() {
    use ErrorKind::{Credentials, Protocol, Signature, Throttled, Timeout, Transport, Vendor};
    use Execution::{None, Unknown};
    // The plan, the kind and code of the error, the number of requests that a start and a query make if two
    // attempts are allowed, and whether the start may have been executed.
    for (plan, kind, code, requests, execution) in [
        (Plan::Script(HANGS), Timeout, "Timeout", [1, 2], Unknown),
        (
            Plan::Script(BODY_HANGS),
            Timeout,
            "Timeout",
            [1, 2],
            Unknown,
        ),
        (
            Plan::Script(BROKEN),
            Transport,
            "ConnectionFailed",
            [1, 2],
            Unknown,
        ),
        (
            Plan::Script(BROKEN_IN_USE),
            Transport,
            "ConnectionFailed",
            [1, 2],
            Unknown,
        ),
        (
            Plan::Script(REFUSED),
            Transport,
            "ConnectionFailed",
            [2, 2],
            None,
        ),
        (
            Plan::Script(ENDLESS),
            Protocol,
            "AnswerTooLarge",
            [1, 1],
            Unknown,
        ),
        (
            Plan::Script(REDIRECT),
            Protocol,
            "EmptyBody",
            [1, 1],
            Unknown,
        ),
        (Plan::Text(200, ""), Protocol, "EmptyBody", [1, 2], Unknown),
        (
            Plan::Text(200, "{\"Code\":\"200\",\"Res"),
            Protocol,
            "BodyNotJson",
            [1, 2],
            Unknown,
        ),
        (
            Plan::Text(502, "<html>Bad Gateway</html>"),
            Protocol,
            "BodyNotJson",
            [1, 2],
            Unknown,
        ),
        (
            Plan::Text(404, XML),
            Credentials,
            "InvalidAccessKeyId.NotFound",
            [1, 1],
            None,
        ),
        (
            Plan::Text(400, THROTTLING),
            Throttled,
            "Throttling",
            [2, 2],
            None,
        ),
        (
            Plan::Text(503, UNAVAILABLE),
            Vendor,
            "ServiceUnavailable",
            [1, 2],
            Unknown,
        ),
        (
            Plan::Text(400, NONCE_USED),
            Signature,
            "SignatureNonceUsed",
            [1, 2],
            Unknown,
        ),
        (
            Plan::Text(200, "{\"Code\":\"500\"}"),
            Vendor,
            "500",
            [1, 2],
            Unknown,
        ),
        (
            Plan::Text(200, "{\"Code\":\"401\"}"),
            Vendor,
            "401",
            [1, 1],
            None,
        ),
    ] {
        for (action, expected) in requests.into_iter().enumerate() {
            let fetch = Fetch::replace(vec![plan]);
            // Short only if the test expects a time-out.
            let timeout = if kind == Timeout { 100 } else { 60_000 };
            let timeout = Duration::from_millis(timeout);
            let client = client(options().timeout(timeout).max_attempts(2));
            let is_start = action == 0;
            let error = if is_start {
                start(&client).await.unwrap_err()
            } else {
                let answer =
                    client.describe_face_verify(question("91707dc296d469ad38e4c5efa6a0f24b"));
                answer.await.unwrap_err()
            };
            let execution = if is_start { execution } else { None };
            assert_eq!((error.kind(), error.code()), (kind, code));
            assert_eq!(
                (error.execution(), fetch.calls()),
                (execution, expected),
                "{code}"
            );
            let seen = fetch.seen.borrow();
            let bodies: HashSet<_> = seen.iter().map(|request| &request.body).collect();
            assert_eq!(bodies.len(), expected, "a nonce for each attempt: {code}");
            let shown = format!("{error:?} {error}");
            for planted in ["sandbox-key-secret", "张三", "11010519491231002X", "zimVer"] {
                assert!(!shown.contains(planted), "{planted} in {shown}");
            }
        }
    }
}

#[wasm_bindgen_test]
async fn fails_over_only_where_nothing_was_executed() {
    let two = || options().endpoints([host::ORIGIN, host::ORIGIN]);
    let fetch = Fetch::replace(vec![Plan::Script(REFUSED), Plan::Sandbox]);
    start(&client(two())).await.unwrap();
    assert_eq!(fetch.calls(), 2);
    drop(fetch);
    let fetch = Fetch::replace(vec![Plan::Script(BROKEN), Plan::Sandbox]);
    let error = start(&client(two())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert_eq!(fetch.calls(), 1);
}

/// A client whose provider returns a token first and permanent keys afterwards, and the number of times that the
/// provider was called.
async fn with_expiring_token() -> (FaceVerifyClient, Rc<Cell<u32>>) {
    with_expiring_token_and(options()).await
}

async fn with_expiring_token_and(
    options: ClientOptionsBuilder,
) -> (FaceVerifyClient, Rc<Cell<u32>>) {
    let asked = Rc::new(Cell::new(0));
    let provider = {
        let asked = Rc::clone(&asked);
        move || {
            asked.set(asked.get() + 1);
            let key = Credentials::new("sandbox-key-id", "sandbox-key-secret");
            let first = asked.get() == 1;
            async move {
                turn().await;
                Ok(if first {
                    key.with_security_token("token-1")
                } else {
                    key
                })
            }
        }
    };
    let options = options.build().unwrap();
    let client = FaceVerifyClient::dangerously_in_browser_with_provider(options, provider)
        .await
        .unwrap();
    (client, asked)
}

#[wasm_bindgen_test]
async fn replaces_an_expired_token_once() {
    let expired = Plan::Text(400, r#"{"Code":"InvalidSecurityToken.Expired"}"#);
    let fetch = Fetch::replace(vec![expired, Plan::Sandbox]);
    let (client, asked) = with_expiring_token().await;
    start(&client).await.unwrap();
    start(&client).await.unwrap();
    assert_eq!((asked.get(), fetch.calls()), (2, 3));
}

const DISABLED: Plan = Plan::Text(404, r#"{"Code":"InvalidAccessKeyId.Inactive"}"#);

#[wasm_bindgen_test]
async fn with_one_attempt_the_next_call_has_new_credentials() {
    let fetch = Fetch::replace(vec![DISABLED, Plan::Sandbox]);
    let (client, asked) = with_expiring_token_and(options().max_attempts(1)).await;
    assert!(start(&client).await.is_err());
    start(&client).await.unwrap();
    start(&client).await.unwrap();
    assert_eq!((asked.get(), fetch.calls()), (2, 3));
}

#[wasm_bindgen_test]
async fn the_same_credentials_are_not_used_again() {
    let fetch = Fetch::replace(vec![DISABLED]);
    let provider = || async { Ok(Credentials::new("sandbox-key-id", "sandbox-key-secret")) };
    let options = options().build().unwrap();
    let client = FaceVerifyClient::dangerously_in_browser_with_provider(options, provider)
        .await
        .unwrap();
    let error = start(&client).await.unwrap_err();
    assert_eq!(error.code(), "InvalidAccessKeyId.Inactive");
    assert_eq!(fetch.calls(), 1);
}

#[wasm_bindgen_test]
async fn calls_that_are_refused_together_share_one_refresh() {
    let expired = Plan::Text(400, r#"{"Code":"InvalidSecurityToken.Expired"}"#);
    let fetch = Fetch::replace(vec![expired, expired, Plan::Sandbox]);
    let (client, asked) = with_expiring_token().await;
    let (one, other) = futures_util::future::join(start(&client), start(&client)).await;
    assert!(one.is_ok() && other.is_ok());
    assert_eq!((asked.get(), fetch.calls()), (2, 4));
}

#[wasm_bindgen_test]
async fn calls_that_are_refused_together_share_one_refresh_of_the_same_credentials() {
    let fetch = Fetch::replace(vec![DISABLED]);
    let asked = Rc::new(Cell::new(0));
    let provider = {
        let asked = Rc::clone(&asked);
        move || {
            asked.set(asked.get() + 1);
            async move {
                turn().await;
                Ok(Credentials::new("sandbox-key-id", "sandbox-key-secret"))
            }
        }
    };
    let options = options().build().unwrap();
    let client = FaceVerifyClient::dangerously_in_browser_with_provider(options, provider)
        .await
        .unwrap();
    let (one, other) = futures_util::future::join(start(&client), start(&client)).await;
    assert!(one.is_err() && other.is_err());
    assert_eq!((asked.get(), fetch.calls()), (2, 2));
}

#[wasm_bindgen_test]
async fn malformed_credentials_are_a_fault_of_their_provider() {
    let provider = || async { Ok(Credentials::new("sandbox-key-id", " ")) };
    let options = options().build().unwrap();
    let error = FaceVerifyClient::dangerously_in_browser_with_provider(options, provider)
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Credentials, "InvalidCredentials")
    );
}

#[wasm_bindgen_test]
async fn waits_for_a_result_until_the_deadline() {
    let passed = r#"{"Code":"200","ResultObject":{"Passed":"T","SubCode":"200"}}"#;
    let plans = vec![
        Plan::Text(200, r#"{"Code":"500"}"#),
        Plan::Text(200, passed),
    ];
    let fetch = Fetch::replace(plans);
    let client = client(options().max_attempts(1));
    let asked = || question("91707dc296d469ad38e4c5efa6a0f24b");
    let result = client
        .wait_for_result(asked(), Duration::from_secs(60))
        .await;
    assert_eq!(result.unwrap().status, Status::Passed);
    assert_eq!(fetch.calls(), 2);
    drop(fetch);
    let fetch = Fetch::replace(vec![Plan::Text(200, r#"{"Code":"424"}"#)]);
    let result = client.wait_for_result(asked(), Duration::ZERO).await;
    assert_eq!(result.unwrap().status, Status::Pending);
    assert_eq!(fetch.calls(), 1);
    drop(fetch);
    // The query at the deadline ends with it.
    let fetch = Fetch::replace(vec![
        Plan::Text(200, r#"{"Code":"424"}"#),
        Plan::Script(HANGS),
    ]);
    let result = client
        .wait_for_result(asked(), Duration::from_secs(5))
        .await;
    assert_eq!(result.unwrap().status, Status::Pending);
    drop(fetch);
}

#[wasm_bindgen_test]
async fn aborts_when_the_future_is_dropped() {
    let global = js_sys::global();
    Reflect::set(&global, &"sawAbort".into(), &JsValue::FALSE).unwrap();
    let fetch = Fetch::replace(vec![Plan::Script(HANGS)]);
    let client = client(options());
    {
        let mut call = Box::pin(client.init_face_verify(order()));
        let mut context = Context::from_waker(Waker::noop());
        // The replaced `fetch` receives the request some turns of the event loop later.
        while fetch.calls() == 0 {
            assert!(matches!(call.as_mut().poll(&mut context), Poll::Pending));
            turn().await;
        }
    }
    let saw = Reflect::get(&global, &"sawAbort".into()).unwrap();
    assert!(saw.is_truthy());
}

#[wasm_bindgen_test]
async fn says_what_is_wrong_before_anything_is_sent() {
    let fetch = Fetch::replace(vec![Plan::Sandbox]);
    let error = client(options())
        .init_face_verify(order().cert_no("110105194912310021"))
        .await
        .unwrap_err();
    assert_eq!(error.fields()[0].rule, "check-digit");
    assert_eq!(fetch.calls(), 0);
    assert!(!format!("{error:?} {error}").contains("110105194912310021"));
}
