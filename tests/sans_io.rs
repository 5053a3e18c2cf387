//! The crate's root as a Rust program uses it: the options builder, one call step by step with the
//! `http` crate, errors.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use cloudauth_edge::{
    Audience, Call, ClientOptions, Credentials, DescribeFaceVerify, Error, ErrorKind, Execution,
    InitFaceVerify, Input, Loss, Request, SignatureVersion, Status, Step, Timestamp,
};
use std::time::Duration;

const NOW: Timestamp = Timestamp::from_unix_millis(1_698_315_752_000);
const STARTED: &str = r#"{"Code":"200","RequestId":"130A2C10-B9EE-4D84-88E3-5384FF039795","ResultObject":{"CertifyId":"91707dc296d469ad38e4c5efa6a0f24b"}}"#;

fn credentials() -> Credentials {
    Credentials::new("testid", "testsecret-planted").with_security_token("token-planted")
}

fn order() -> InitFaceVerify {
    InitFaceVerify::new()
        .scene_id(1_000_000_006)
        .outer_order_no("e0c34a77f5ac40a5aa5e6ed20c353888")
        .meta_info(r#"{"zimVer":"3.0.0"}"#)
        .cert_name("张三")
        .cert_no("11010519491231002X")
}

fn question() -> DescribeFaceVerify {
    DescribeFaceVerify::new()
        .scene_id(1_000_000_006)
        .certify_id("91707dc296d469ad38e4c5efa6a0f24b")
}

fn call<R: Request>(options: &ClientOptions, request: R) -> Call<'_, R> {
    Call::new(options, &credentials(), request, NOW).unwrap()
}

fn answered(status: u16, body: &str) -> Input {
    let response = http::Response::builder().status(status);
    Input::Answered(response.body(body.as_bytes().to_vec()).unwrap())
}

#[track_caller]
fn sent<A>(step: Step<A>) -> (http::Request<String>, Duration) {
    match step {
        Step::Send { request, timeout } => (request, timeout),
        other => panic!("nothing to send: {other:?}"),
    }
}

#[track_caller]
fn waits<A>(step: Step<A>) {
    assert!(matches!(step, Step::Wait { .. }), "does not wait: {step:?}");
}

#[track_caller]
fn failed<A>(step: Step<A>) -> Error {
    match step {
        Step::Failed(error) => error,
        other => panic!("not failed: {other:?}"),
    }
}

#[test]
fn each_action_ends_with_its_own_answer() {
    let options = ClientOptions::default();
    let mut start = call(&options, order().cert_no("11010519491231002x"));
    let (request, timeout) = sent(start.next(Input::Ready, NOW, [1; 16]));
    assert_eq!(
        (request.method().as_str(), request.uri().to_string()),
        ("POST", "https://cloudauth.aliyuncs.com/".to_owned())
    );
    assert_eq!(
        request.headers()["content-type"],
        "application/x-www-form-urlencoded"
    );
    assert!(request.body().contains("CertName=%E5%BC%A0%E4%B8%89"));
    assert!(request.body().contains(&"01".repeat(16)), "the nonce");
    assert_eq!(timeout, Duration::from_secs(10));
    let Step::Done(started) = start.next(answered(200, STARTED), NOW, [2; 16]) else {
        panic!("not done");
    };
    assert_eq!(started.certify_id, "91707dc296d469ad38e4c5efa6a0f24b");
    let rules: Vec<_> = started.notices.iter().map(|notice| notice.rule).collect();
    assert_eq!(rules, ["upper-case-x", "recommended"]);

    let mut query = call(&options, question());
    sent(query.next(Input::Ready, NOW, [3; 16]));
    let Step::Done(result) = query.next(answered(200, r#"{"Code":"424"}"#), NOW, [4; 16]) else {
        panic!("not done");
    };
    assert_eq!(result.status, Status::Pending);
}

#[test]
fn not_yet_is_no_answer_of_a_start() {
    let options = ClientOptions::default();
    let mut start = call(&options, order());
    sent(start.next(Input::Ready, NOW, [1; 16]));
    let error = failed(start.next(answered(200, r#"{"Code":"424"}"#), NOW, [2; 16]));
    assert_eq!((error.kind(), error.code()), (ErrorKind::Vendor, "424"));
    assert_eq!(error.execution(), Execution::Unknown);
}

#[test]
fn a_start_that_was_not_sent_fails_over_and_one_that_was_does_not() {
    let options = ClientOptions::builder()
        .endpoints(["a.aliyuncs.com", "b.aliyuncs.com"])
        .timeout(Duration::from_secs(4))
        .total_timeout(Duration::from_secs(5))
        .build()
        .unwrap();
    let mut start = call(&options, order());
    let (first, _) = sent(start.next(Input::Ready, NOW, [1; 16]));
    let Step::Wait { delay, because, .. } = start.next(
        Input::Lost(Loss::NotConnected),
        NOW.plus_millis(3_000),
        [2; 16],
    ) else {
        panic!("not repeated");
    };
    assert_eq!(delay, Duration::ZERO, "there is another endpoint");
    assert_eq!(
        (because.kind(), because.execution()),
        (ErrorKind::Transport, Execution::None)
    );
    let (second, timeout) = sent(start.next(Input::Ready, NOW.plus_millis(3_000), [3; 16]));
    assert_eq!(
        [first.uri().host(), second.uri().host()],
        [Some("a.aliyuncs.com"), Some("b.aliyuncs.com")]
    );
    assert_eq!(timeout, Duration::from_secs(2), "what is left of the call");
    let error = failed(start.next(Input::Lost(Loss::TimedOut), NOW.plus_millis(4_000), [4; 16]));
    assert_eq!(
        (
            error.kind(),
            error.audience(),
            error.is_retryable(),
            error.execution()
        ),
        (
            ErrorKind::Timeout,
            Audience::Operator,
            false,
            Execution::Unknown
        )
    );
    let ended = failed(start.next(Input::Ready, NOW, [5; 16]));
    assert_eq!(
        (ended.code(), ended.execution()),
        ("CallEnded", Execution::Unknown)
    );
}

#[test]
fn after_a_call_has_ended_its_start_is_not_denied() {
    let options = ClientOptions::default();
    let answer = || ::http::Response::new(STARTED.as_bytes().to_vec());
    let mut start = call(&options, order());
    sent(start.next(Input::Ready, NOW, [1; 16]));
    assert!(matches!(
        start.next(Input::Answered(answer()), NOW, [2; 16]),
        Step::Done(_)
    ));
    let again = failed(start.next(Input::Answered(answer()), NOW, [3; 16]));
    assert_eq!(
        (again.code(), again.execution(), again.is_retryable()),
        ("CallEnded", Execution::Unknown, false)
    );

    let mut unsent = call(&options, order());
    failed(unsent.next(Input::Lost(Loss::AbortedUnsent), NOW, [1; 16]));
    let again = failed(unsent.next(Input::Ready, NOW, [2; 16]));
    assert_eq!(
        (again.code(), again.execution()),
        ("CallEnded", Execution::None)
    );
}

#[test]
fn nothing_is_sent_when_the_time_is_up() {
    let options = ClientOptions::builder()
        .timeout(Duration::from_secs(1))
        .total_timeout(Duration::from_secs(1))
        .build()
        .unwrap();
    let mut start = call(&options, order());
    let error = failed(start.next(Input::Ready, NOW.plus_millis(1_000), [1; 16]));
    assert_eq!(
        (error.kind(), error.execution()),
        (ErrorKind::Timeout, Execution::None)
    );
}

#[test]
fn an_attempt_without_an_outcome_counts_as_lost() {
    let options = ClientOptions::default();
    let mut start = call(&options, order());
    sent(start.next(Input::Ready, NOW, [1; 16]));
    let error = failed(start.next(Input::Ready, NOW, [2; 16]));
    assert_eq!(
        (error.kind(), error.execution()),
        (ErrorKind::Transport, Execution::Unknown)
    );
}

#[test]
fn the_code_of_a_lost_connection_does_not_repeat_a_start() {
    let options = ClientOptions::default();
    let mut start = call(&options, order());
    sent(start.next(Input::Ready, NOW, [1; 16]));
    // `read` reports it too, after the request was sent.
    let code = Some("EHOSTUNREACH".to_owned());
    let lost = Input::Lost(Loss::ConnectionFailed { code });
    let error = failed(start.next(lost, NOW, [2; 16]));
    assert_eq!(
        (error.kind(), error.execution()),
        (ErrorKind::Transport, Execution::Unknown)
    );
}

#[test]
fn new_credentials_are_asked_for_once_and_used() {
    let options = ClientOptions::default();
    let expired = || answered(400, r#"{"Code":"InvalidSecurityToken.Expired"}"#);
    let mut query = call(&options, question()).credentials_refreshable();
    sent(query.next(Input::Ready, NOW, [1; 16]));
    let step = query.next(expired(), NOW, [2; 16]);
    assert!(
        matches!(
            step,
            Step::Wait {
                refresh_credentials: true,
                ..
            }
        ),
        "{step:?}"
    );
    query
        .set_credentials(&credentials().with_security_token("newer"))
        .unwrap();
    let (request, _) = sent(query.next(Input::Ready, NOW, [3; 16]));
    assert!(request.body().contains("SecurityToken=newer&"));
    assert!(!query.credentials_refused());
    assert_eq!(
        failed(query.next(expired(), NOW, [4; 16])).kind(),
        ErrorKind::Credentials
    );
    assert!(query.credentials_refused());
}

#[test]
fn the_same_credentials_end_the_call_with_the_refusal() {
    let options = ClientOptions::default();
    let mut query = call(&options, question()).credentials_refreshable();
    query.set_credentials(&credentials()).unwrap();
    sent(query.next(Input::Ready, NOW, [1; 16]));
    let expired = answered(400, r#"{"Code":"InvalidSecurityToken.Expired"}"#);
    waits(query.next(expired, NOW, [2; 16]));
    let error = query.set_credentials(&credentials()).unwrap_err();
    assert_eq!(error.code(), "InvalidSecurityToken.Expired");
    assert!(query.credentials_refused());
    let error = failed(query.next(Input::Ready, NOW, [3; 16]));
    assert_eq!(error.code(), "CallEnded");
}

#[test]
fn a_start_that_may_have_been_executed_stays_so_without_new_credentials() {
    let options = ClientOptions::builder().repeat_init(true).build().unwrap();
    let expired = || answered(400, r#"{"Code":"InvalidSecurityToken.Expired"}"#);
    for (lost, execution) in [
        (Loss::TimedOut, Execution::Unknown),
        (Loss::NotConnected, Execution::None),
    ] {
        let mut start = call(&options, order()).credentials_refreshable();
        sent(start.next(Input::Ready, NOW, [1; 16]));
        waits(start.next(Input::Lost(lost), NOW, [2; 16]));
        sent(start.next(Input::Ready, NOW, [3; 16]));
        waits(start.next(expired(), NOW, [4; 16]));
        let unusable = Credentials::new("", "testsecret-planted");
        let error = start.set_credentials(&unusable).unwrap_err();
        assert_eq!(error.execution(), execution);
        let other = start.end_with(unusable_error());
        assert_eq!(other.execution(), execution);
    }
}

fn unusable_error() -> Error {
    Call::new(
        &ClientOptions::default(),
        &Credentials::new("", ""),
        question(),
        NOW,
    )
    .unwrap_err()
}

#[test]
fn a_corrected_clock_is_passed_on_to_the_next_call() {
    let options = ClientOptions::default();
    let mut query = call(&options, question());
    sent(query.next(Input::Ready, NOW, [1; 16]));
    let expired = http::Response::builder()
        .status(400)
        .header("date", NOW.plus_millis(3_600_000).to_http_date())
        .body(br#"{"Code":"InvalidTimeStamp.Expired"}"#.to_vec())
        .unwrap();
    waits(query.next(Input::Answered(expired), NOW, [2; 16]));
    assert_eq!(query.clock_offset_millis(), 3_600_000);
    let mut next = call(&options, question()).with_clock_offset_millis(query.clock_offset_millis());
    let (request, _) = sent(next.next(Input::Ready, NOW, [3; 16]));
    assert!(
        request
            .body()
            .contains("Timestamp=2023-10-26T11%3A22%3A32Z")
    );
}

#[test]
fn a_call_that_fails_passes_the_clock_on() {
    let options = ClientOptions::builder().max_attempts(1).build().unwrap();
    let mut query = call(&options, question());
    sent(query.next(Input::Ready, NOW, [1; 16]));
    let expired = http::Response::builder()
        .status(400)
        .header("date", NOW.plus_millis(3_600_000).to_http_date())
        .body(br#"{"Code":"InvalidTimeStamp.Expired"}"#.to_vec())
        .unwrap();
    failed(query.next(Input::Answered(expired), NOW, [2; 16]));
    assert_eq!(query.clock_offset_millis(), 3_600_000);
}

#[test]
fn an_address_that_http_does_not_take_is_an_error() {
    let options = ClientOptions::builder()
        .signature_version(SignatureVersion::Acs3)
        .build()
        .unwrap();
    let meta_info = format!(r#"{{"deviceType":"{}"}}"#, "i".repeat(70_000));
    let mut start = call(&options, order().meta_info(meta_info.clone()));
    let error = failed(start.next(Input::Ready, NOW, [1; 16]));
    assert_eq!(
        (error.code(), error.execution()),
        ("AddressTooLong", Execution::None)
    );
    let options = ClientOptions::default();
    sent(call(&options, order().meta_info(meta_info)).next(Input::Ready, NOW, [1; 16]));
}

#[test]
fn options_of_the_builder_are_checked_together() {
    let error = ClientOptions::builder()
        .endpoint("http://cloudauth.aliyuncs.com")
        .timeout(Duration::ZERO)
        .total_timeout(Duration::MAX)
        .max_attempts(11)
        .build()
        .unwrap_err();
    let fields: Vec<_> = error.fields().iter().map(|wrong| &*wrong.field).collect();
    assert_eq!(
        fields,
        ["endpoint", "timeoutMs", "totalTimeoutMs", "maxAttempts"]
    );
    let wrong: &dyn std::error::Error = &error.fields()[1];
    assert_eq!(
        wrong.to_string(),
        "timeoutMs must be an integer from 1 to 600000."
    );
    let options = ClientOptions::builder()
        .timeout(Duration::ZERO)
        .timeout(Duration::from_micros(1_500))
        .repeat_init(true)
        .build()
        .unwrap();
    let none: [&str; 0] = [];
    let error = ClientOptions::builder()
        .endpoints(none)
        .build()
        .unwrap_err();
    assert_eq!(error.fields()[0].rule, "not-an-endpoint");
    assert_eq!(options.timeout(), Duration::from_millis(2));
    assert!(options.repeat_init());
}

#[test]
fn wrong_credentials_and_requests_end_before_a_call_begins() {
    let options = ClientOptions::default();
    let error = Call::new(&options, &Credentials::new("", ""), order(), NOW).unwrap_err();
    assert!(error.to_string().contains("ALIBABA_CLOUD_ACCESS_KEY_ID"));
    let error = Call::new(&options, &Credentials::new("testid", " "), order(), NOW).unwrap_err();
    assert_eq!(error.fields()[0].rule, "stray-white-space");
    let error = Call::new(
        &options,
        &credentials(),
        order().cert_no("110105194912310021"),
        NOW,
    )
    .unwrap_err();
    assert_eq!(
        (error.fields()[0].rule, error.audience()),
        ("check-digit", Audience::User)
    );
}

#[test]
fn secrets_and_personal_data_are_not_printed() {
    for version in [SignatureVersion::Rpc, SignatureVersion::Acs3] {
        let options = ClientOptions::builder()
            .signature_version(version)
            .build()
            .unwrap();
        let mut start = call(&options, order());
        let step = start.next(Input::Ready, NOW, [1; 16]);
        let input = answered(200, "张三");
        let shown = format!("{start:?} {step:?} {input:?} {:?}", order());
        let (request, _) = sent(step);
        let headers = format!("{:?}", request.headers());
        for planted in [
            "planted",
            "张三",
            "%E5%BC%A0",
            "11010519491231002X",
            "zimVer",
        ] {
            assert!(!shown.contains(planted), "{planted} in {shown}");
            assert!(!headers.contains(planted), "{planted} in {headers}");
        }
        assert!(!headers.contains("Signature="), "{headers}");
    }
}

#[test]
fn the_password_of_an_endpoint_is_not_printed() {
    let builder = ClientOptions::builder().endpoint("https://user:planted@host");
    let printed = format!("{builder:?} {:?}", builder.clone().build().unwrap_err());
    assert!(!printed.contains("planted"), "{printed}");
}

#[test]
fn an_error_is_small_enough_for_clippys_result_large_err() {
    assert!(size_of::<Error>() < 128, "{}", size_of::<Error>());
}

#[test]
fn a_program_reads_back_what_it_stored() {
    let stored = (
        Status::Passed,
        Execution::Unknown,
        ErrorKind::Vendor,
        Audience::User,
    );
    let text = serde_json::to_string(&stored).unwrap();
    assert_eq!(text, r#"["passed","unknown","vendor","user"]"#);
    assert_eq!(serde_json::from_str::<(_, _, _, _)>(&text).unwrap(), stored);
    for unknown in [r#""PASSED""#, r#""expired""#, r#""""#, "null", "1"] {
        assert!(
            serde_json::from_str::<Status>(unknown).is_err(),
            "{unknown}"
        );
        assert!(
            serde_json::from_str::<Execution>(unknown).is_err(),
            "{unknown}"
        );
    }
}
