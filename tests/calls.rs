//! Tests which step follows from each outcome of an attempt.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use cloudauth_edge::ClientOptionsBuilder;
use cloudauth_edge::actions::{
    Action, DESCRIBE_FACE_VERIFY, DescribeFaceVerify, INIT_FACE_VERIFY, InitFaceVerify,
    ValidRequest,
};
use cloudauth_edge::client::call::{self, AttemptStep, KeyRefusal, Loss, Outcome, Settling, State};
use cloudauth_edge::client::options::Options;
use cloudauth_edge::client::response;
use cloudauth_edge::error::{Audience, Execution, Kind};
use cloudauth_edge::http::Response;
use cloudauth_edge::signing::rpc;
use cloudauth_edge::timestamp::Timestamp;
use cloudauth_edge::vendor::credentials::Credentials;
use serde_json::json;

const NOW: &str = "2026-11-23T00:00:00Z";

struct Call {
    options: Options,
    credentials: Credentials,
    action: &'static Action,
    request: ValidRequest<'static>,
    refreshable: bool,
}

fn now() -> Timestamp {
    Timestamp::parse_iso8601(NOW).unwrap()
}

fn builder() -> ClientOptionsBuilder {
    Options::builder().endpoints(["a.aliyuncs.com", "b.aliyuncs.com"])
}

/// Options that let a start be repeated even if it may have been executed.
fn repeating() -> Options {
    builder().repeat_init(true).build().unwrap()
}

fn init() -> Call {
    let options = builder().build().unwrap();
    let request = InitFaceVerify::new()
        .scene_id(1_000_000_006)
        .outer_order_no("e0c34a77f5ac40a5aa5e6ed20c353888")
        .meta_info("{}")
        .cert_name("张三")
        .cert_no("440524188001010014")
        .validate(&options.validation(now()))
        .unwrap();
    Call {
        options,
        credentials: Credentials::new("testid", "testsecret"),
        action: &INIT_FACE_VERIFY,
        request,
        refreshable: false,
    }
}

fn describe() -> Call {
    let call = init();
    let request = DescribeFaceVerify::new()
        .scene_id(1_000_000_006)
        .certify_id("91707dc296d469ad38e4c5efa6a0f24b")
        .validate(&call.options.validation(now()))
        .unwrap();
    Call {
        action: &DESCRIBE_FACE_VERIFY,
        request,
        ..call
    }
}

impl Call {
    fn first(&self) -> State {
        self.attempt(State::new(now(), 0)).state
    }

    fn attempt(&self, state: State) -> call::Attempt {
        call::attempt(
            &self.options,
            &self.credentials,
            &self.request,
            state,
            now(),
            "3156853299f313e23d1673dc12e1703d".to_owned(),
        )
    }

    fn settle(&self, state: State, outcome: Outcome) -> AttemptStep {
        self.settle_at(state, outcome, now())
    }

    fn settle_at(&self, state: State, outcome: Outcome, at: Timestamp) -> AttemptStep {
        let settling = Settling {
            options: &self.options,
            credentials: &self.credentials,
            action: self.action,
            credentials_refreshable: self.refreshable,
            now: at,
            random: u32::MAX,
        };
        let decode = |response: &Response, now| response::decode(self.action, response, now);
        let request = || Some(self.request.clone());
        call::settle(&settling, decode, &request, state, outcome)
    }
}

fn answered(status: u16, code: &str, headers: &[(&str, &str)]) -> Outcome {
    let body = json!({"Code": code, "Message": "m", "RequestId": "R"});
    answered_with(status, body.to_string(), headers)
}

fn answered_with(status: u16, body: String, headers: &[(&str, &str)]) -> Outcome {
    Outcome::Answered(Response {
        status,
        headers: headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        body: body.into_bytes(),
    })
}

fn failed_connection(code: &str) -> Outcome {
    Outcome::Lost(Loss::ConnectionFailed {
        code: Some(code.to_owned()),
    })
}

#[track_caller]
fn retried(step: AttemptStep) -> (i64, bool, State) {
    match step {
        AttemptStep::Retry {
            delay_millis,
            key_refusal,
            state,
            ..
        } => (delay_millis, key_refusal.is_some(), state),
        other => panic!("not retried: {other:?}"),
    }
}

/// The state at the end of a call that failed.
#[track_caller]
fn ended(step: AttemptStep) -> State {
    match step {
        AttemptStep::Failed { state, .. } => state,
        other => panic!("not failed: {other:?}"),
    }
}

#[track_caller]
fn failed(step: AttemptStep) -> cloudauth_edge::error::Error {
    match step {
        AttemptStep::Failed { error, .. } => error,
        other => panic!("not failed: {other:?}"),
    }
}

#[test]
fn init_is_retried_only_if_provably_not_executed() {
    let call = init();
    for outcome in [
        answered(429, "Throttling.User", &[]),
        failed_connection("ECONNREFUSED"),
        failed_connection("ENOTFOUND"),
        failed_connection("EAI_FAIL"),
        failed_connection("CERT_NOT_YET_VALID"),
        failed_connection("ERROR_IN_CERT_NOT_AFTER_FIELD"),
        failed_connection("UNABLE_TO_GET_ISSUER_CERT"),
        failed_connection("HOSTNAME_MISMATCH"),
    ] {
        retried(call.settle(call.first(), outcome));
    }
    for outcome in [
        answered(200, "500", &[]),
        answered(500, "UnknownError", &[]),
        answered(503, "ServiceUnavailable", &[]),
        answered(400, "SignatureNonceUsed", &[]),
        failed_connection("ECONNRESET"),
        failed_connection("EPIPE"),
        failed_connection("ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC"),
        Outcome::Lost(Loss::TimedOut),
        Outcome::Lost(Loss::TooLarge),
        answered_with(502, "<html>".to_owned(), &[]),
    ] {
        failed(call.settle(call.first(), outcome));
    }
    let mut call = init();
    call.options = repeating();
    for outcome in [
        answered(200, "500", &[]),
        failed_connection("ECONNRESET"),
        failed_connection("EPIPE"),
        failed_connection("ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC"),
        Outcome::Lost(Loss::TimedOut),
    ] {
        retried(call.settle(call.first(), outcome));
    }
}

#[test]
fn a_certificate_that_is_not_trusted_is_not_taken_for_a_network_failure() {
    let mut call = init();
    call.options = builder().max_attempts(1).build().unwrap();
    for code in [
        "DEPTH_ZERO_SELF_SIGNED_CERT",
        "SELF_SIGNED_CERT_IN_CHAIN",
        "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
        "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
        "CERT_HAS_EXPIRED",
        "ERR_TLS_CERT_ALTNAME_INVALID",
    ] {
        let error = failed(call.settle(call.first(), failed_connection(code)));
        assert_eq!(error.code, "ConnectionFailed");
        assert_eq!(error.execution, Execution::None);
        assert!(error.retryable, "another host can have another certificate");
        for text in [&error.message.zh, &error.message.en] {
            assert!(text.contains("NODE_EXTRA_CA_CERTS"), "{code}: {text}");
        }
    }
}

#[test]
fn errors_say_whether_something_may_have_been_started() {
    use Execution::{None, Unknown};
    let mut once = [init(), describe()];
    for call in &mut once {
        call.options = builder().max_attempts(1).build().unwrap();
    }
    let [init_once, describe_once] = once;
    type Make = fn() -> Outcome;
    let table: [(Make, Execution, bool); 11] = [
        (|| failed_connection("ECONNREFUSED"), None, true),
        (|| failed_connection("ECONNRESET"), Unknown, false),
        (|| Outcome::Lost(Loss::TimedOut), Unknown, false),
        (|| Outcome::Lost(Loss::TooLarge), Unknown, false),
        (|| Outcome::Lost(Loss::Aborted), Unknown, false),
        (|| Outcome::Lost(Loss::AbortedUnsent), None, false),
        (|| answered_with(200, String::new(), &[]), Unknown, false),
        (|| answered(200, "500", &[]), Unknown, false),
        // An undocumented code proves nothing.
        (|| answered(500, "UnknownError", &[]), Unknown, false),
        (|| answered(200, "418", &[]), None, true),
        (|| answered(429, "Throttling.User", &[]), None, true),
    ];
    for (make, execution, retryable) in table {
        let error = failed(init_once.settle(init_once.first(), make()));
        assert_eq!(
            (error.execution, error.retryable),
            (execution, retryable),
            "{error}"
        );
        let says = error.message.en.contains("may have started");
        assert_eq!(says, execution == Unknown, "{error}");
        let error = failed(describe_once.settle(describe_once.first(), make()));
        assert_eq!(error.execution, None, "{error}");
    }
}

#[test]
fn a_later_refusal_does_not_undo_an_attempt_of_unknown_outcome() {
    let mut call = init();
    call.options = repeating();
    let (_, _, state) = retried(call.settle(call.first(), Outcome::Lost(Loss::TimedOut)));
    let state: State = serde_json::from_str(&serde_json::to_string(&state).unwrap()).unwrap();
    let error = failed(call.settle(state, answered(200, "401", &[])));
    assert_eq!(error.execution, Execution::Unknown);
}

#[test]
fn a_query_whose_answer_is_cut_off_is_repeated() {
    let call = describe();
    for body in ["", " ", "{\"Code\":\"200\","] {
        retried(call.settle(call.first(), answered_with(200, body.to_owned(), &[])));
    }
    failed(call.settle(call.first(), answered(200, "418", &[])));
}

#[test]
fn describe_is_repeated_freely() {
    let call = describe();
    for outcome in [
        answered(200, "500", &[]),
        answered(503, "ServiceUnavailable", &[]),
        answered(400, "SignatureNonceUsed", &[]),
        failed_connection("ECONNRESET"),
        failed_connection("EPIPE"),
        failed_connection("ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC"),
        Outcome::Lost(Loss::TimedOut),
        answered_with(502, "<html>".to_owned(), &[]),
    ] {
        retried(call.settle(call.first(), outcome));
    }
    for outcome in [
        answered(200, "406", &[]),
        answered(200, "411", &[]),
        answered(404, "InvalidAccessKeyId.NotFound", &[]),
        Outcome::Lost(Loss::Aborted),
        Outcome::Lost(Loss::TooLarge),
    ] {
        failed(call.settle(call.first(), outcome));
    }
}

#[test]
fn attempts_and_time_are_bounded() {
    let call = describe();
    let mut state = call.first();
    for _ in 1..call.options.max_attempts() {
        let (_, _, next) = retried(call.settle(state, Outcome::Lost(Loss::TimedOut)));
        state = call.attempt(next).state;
    }
    assert_eq!(state.attempt, 3);
    assert_eq!(
        failed(call.settle(state, Outcome::Lost(Loss::TimedOut))).kind,
        Kind::Timeout
    );
    let late = now().plus_millis(29_999);
    let throttled = answered(429, "Throttling", &[("Retry-After", "1")]);
    assert_eq!(
        failed(call.settle_at(call.first(), throttled, late)).kind,
        Kind::Throttled
    );
}

#[test]
fn the_server_says_how_long_to_wait() {
    let call = init();
    for (headers, least) in [
        (&[("x-acs-retry-after", "1200")], 1_200),
        (&[("Retry-After", "3")], 3_000),
        (&[("Retry-After", "Mon, 23 Nov 2026 00:00:07 GMT")], 7_000),
    ] {
        let (delay, _, _) =
            retried(call.settle(call.first(), answered(429, "Throttling.User", headers)));
        assert_eq!(delay, least);
    }
    for nonsense in [
        "",
        "-1",
        "soon",
        "Mon, 23 Nov 2020 00:00:07 GMT",
        "99999999999999999999",
    ] {
        let headers = [("Retry-After", nonsense)];
        let (delay, _, _) =
            retried(call.settle(call.first(), answered(429, "Throttling.User", &headers)));
        assert!(delay <= 5_000, "{nonsense}");
    }
    let headers = [("Retry-After", "86400")];
    failed(call.settle(call.first(), answered(429, "Throttling.User", &headers)));
}

#[test]
fn the_next_endpoint_is_tried_when_the_server_is_at_fault() {
    let call = describe();
    for outcome in [
        answered(200, "500", &[]),
        answered(500, "InternalError", &[]),
        answered(503, "ServiceUnavailable", &[]),
        failed_connection("ECONNRESET"),
        failed_connection("EPIPE"),
        failed_connection("ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC"),
        Outcome::Lost(Loss::TimedOut),
    ] {
        let (delay, _, next) = retried(call.settle(call.first(), outcome));
        assert_eq!((delay, next.endpoint), (0, 1));
        let attempt = call.attempt(next);
        assert_eq!(attempt.request.url, "https://b.aliyuncs.com/");
    }
    let (_, _, next) = retried(call.settle(call.first(), answered(429, "Throttling", &[])));
    assert_eq!(next.endpoint, 0);
}

#[test]
fn the_clock_is_corrected_once_by_the_servers_date() {
    let call = init();
    let date = [("Date", "Tue, 24 Nov 2026 00:00:00 GMT")];
    let expired = || answered(400, "InvalidTimeStamp.Expired", &date);
    let (delay, _, next) = retried(call.settle(call.first(), expired()));
    assert_eq!((delay, next.clock_offset_millis), (0, 86_400_000));
    let attempt = call.attempt(next);
    assert!(
        attempt
            .request
            .body
            .as_ref()
            .unwrap()
            .contains("Timestamp=2026-11-24T00%3A00%3A00Z")
    );
    failed(call.settle(attempt.state, expired()));
    for date in [
        "Mon, 23 Nov 2026 00:00:30 GMT",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "yesterday",
        "",
    ] {
        let outcome = answered(400, "InvalidTimeStamp.Expired", &[("Date", date)]);
        let error = failed(call.settle(call.first(), outcome));
        assert_eq!(
            (error.kind, error.audience),
            (Kind::Signature, Audience::Operator)
        );
    }
}

#[test]
fn refused_credentials_are_refreshed_once_and_then_given_up() {
    for (code, refusal) in [
        ("InvalidSecurityToken.Expired", KeyRefusal::Proven),
        ("InvalidSecurityToken.Malformed", KeyRefusal::Proven),
        ("InvalidAccessKeyId.Inactive", KeyRefusal::Proven),
        ("InvalidAccessKeyId.NotFound", KeyRefusal::Proven),
        ("Forbidden.AccessKeyDisabled", KeyRefusal::Proven),
        ("MissingSecurityToken", KeyRefusal::Proven),
        ("SignatureDoesNotMatch", KeyRefusal::Unproven),
    ] {
        let refused = || answered(400, code, &[]);
        let ended_with = |call: &Call, state| ended(call.settle(state, refused())).key_refusal;
        let mut call = init();
        assert_eq!(ended_with(&call, call.first()), Some(refusal));
        call.refreshable = true;
        let step = call.settle(call.first(), refused());
        assert!(
            matches!(step, AttemptStep::Retry { key_refusal, .. } if key_refusal == Some(refusal)),
            "{code}"
        );
        let (_, _, next) = retried(step);
        assert_eq!(next.key_refusal, None, "{code}");
        let next = call.attempt(next).state;
        assert_eq!(ended_with(&call, next), Some(refusal));
        call.options = builder().max_attempts(1).build().unwrap();
        assert_eq!(ended_with(&call, call.first()), Some(refusal));
    }
    let mut call = init();
    call.refreshable = true;
    for code in ["Forbidden.RAM", "NoPermission", "InvalidSceneId", "401"] {
        let state = ended(call.settle(call.first(), answered(403, code, &[])));
        assert_eq!(state.key_refusal, None, "{code}");
    }
}

#[test]
fn a_call_without_another_attempt_still_measures_the_clock() {
    let mut call = init();
    call.options = builder().max_attempts(1).build().unwrap();
    let date = now().plus_millis(3_600_000).to_http_date();
    let expired = answered(400, "InvalidTimeStamp.Expired", &[("Date", &date)]);
    let state = ended(call.settle(call.first(), expired));
    assert_eq!(state.clock_offset_millis, 3_600_000);
}

#[test]
fn a_call_that_ends_keeps_the_wait_that_the_server_asks_for() {
    let mut call = describe();
    call.options = builder().max_attempts(1).build().unwrap();
    for (headers, asked) in [
        (&[("Retry-After", "60")][..], Some(60_000)),
        (&[][..], None),
    ] {
        let state = ended(call.settle(call.first(), answered(429, "Throttling", headers)));
        assert_eq!(state.retry_after_millis, asked);
    }
}

#[test]
fn an_unknown_start_is_to_be_reconciled_and_not_retried() {
    let call = init();
    let codes = [
        "500",
        "ServiceUnavailable",
        "InternalError",
        "SignatureNonceUsed",
    ];
    let codes = codes.map(|code| answered(500, code, &[]));
    let bodies = ["", "{", "<html>"].map(|body| answered_with(200, body.to_owned(), &[]));
    let status = answered(500, "200", &[]);
    for outcome in codes.into_iter().chain(bodies).chain([status]) {
        let shown = format!("{outcome:?}");
        let error = failed(call.settle(call.first(), outcome));
        let (zh, en) = (&error.message.zh, &error.message.en);
        assert!(
            zh.contains("请先核对") && !zh.contains("重试"),
            "{shown}: {zh}"
        );
        assert!(
            en.contains("reconcile") && !en.contains("retry"),
            "{shown}: {en}"
        );
        assert!(!zh.contains("；，") && !en.contains(" ."), "{zh} {en}");
    }
}

fn mismatch(server_string: &str) -> Outcome {
    let message = format!(
        "Specified signature is not matched with our calculation. server string to sign is:{server_string}"
    );
    let body = json!({"Code": "SignatureDoesNotMatch", "Message": message, "RequestId": "R"});
    answered_with(400, body.to_string(), &[])
}

#[test]
fn a_wrong_signature_is_explained_without_leaking() {
    let call = init();
    let attempt = call.attempt(State::new(now(), 0));
    let body = attempt.request.body.as_ref().unwrap();
    let form = cloudauth_edge::signing::encode::parse_form(body.as_bytes()).unwrap();
    let form: Vec<_> = form
        .into_iter()
        .filter(|(name, _)| name != "Signature")
        .collect();
    let canonical = cloudauth_edge::signing::canonical::canonicalized_query(&form);
    let ours = rpc::string_to_sign("POST", &canonical);

    let error = failed(call.settle(attempt.state.clone(), mismatch(&ours)));
    assert!(
        error.message.en.contains("AccessKeySecret is wrong"),
        "{error}"
    );
    assert_eq!(error.audience, Audience::Operator);

    let changed = ours.replace("%25E5%25BC%25A0", "%253F");
    let error = failed(call.settle(attempt.state.clone(), mismatch(&changed)));
    assert!(error.message.en.contains("parameter CertName"), "{error}");
    assert_eq!(error.audience, Audience::Developer);
    for bare in ["", "x", "&&&&"] {
        failed(call.settle(attempt.state.clone(), mismatch(bare)));
    }
    let mut refreshable = init();
    refreshable.refreshable = true;
    let altered = refreshable.settle(attempt.state.clone(), mismatch(&changed));
    let state = ended(altered);
    assert!(state.key_refusal.is_none() && !state.credentials_refreshed);
    for unproven in [&ours, ""] {
        let (_, refresh, _) =
            retried(refreshable.settle(attempt.state.clone(), mismatch(unproven)));
        assert!(refresh, "{unproven}");
    }
    let shown = format!("{error:?}");
    for secret in ["张三", "%25E5", "440524188001010014", "testsecret"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn input_echoed_in_code_or_id_is_removed() {
    let call = init();
    let body =
        json!({"Code": "440524188001010014", "Message": "张三", "RequestId": "440524188001010014"});
    let error = failed(call.settle(call.first(), answered_with(400, body.to_string(), &[])));
    assert_eq!(error.code, "Unknown");
    assert_eq!(error.request_id, None);
}
