//! The blocking client against the sandbox, over loopback.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

#[allow(dead_code)]
#[path = "../sandbox/host.rs"]
mod host;
mod logs;
mod server;
#[path = "../support/verification.rs"]
mod verification;

use cloudauth_edge::{
    ClientOptions, ClientOptionsBuilder, Credentials, Error, ErrorKind, Execution,
    FaceVerifyClient, SignatureVersion, Status, new_outer_order_no,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use server::{Plan, Server};
use std::collections::HashSet;
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};
use verification::{order, question};

const CERTIFY_ID: &str = "91707dc296d469ad38e4c5efa6a0f24b";

fn client(options: ClientOptionsBuilder) -> FaceVerifyClient {
    let key = Credentials::new("sandbox-key-id", "sandbox-key-secret");
    FaceVerifyClient::new(options.build().unwrap(), key).unwrap()
}

fn options(server: &Server) -> ClientOptionsBuilder {
    ClientOptions::builder().endpoint(server.endpoint())
}

fn started(client: &FaceVerifyClient) -> Result<String, Error> {
    Ok(client.init_face_verify(order())?.certify_id)
}

/// An address without a listener.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[test]
fn performs_both_actions_under_both_schemes() {
    for version in [SignatureVersion::Rpc, SignatureVersion::Acs3] {
        let server = Server::start(&[Plan::Sandbox]);
        let client = client(options(&server).signature_version(version));
        let certify_id = started(&client).unwrap();
        let pending = client.describe_face_verify(question(&certify_id)).unwrap();
        assert_eq!(pending.status, Status::Pending, "{version:?}");
        server.sandbox().submit(&certify_id, "passed");
        let passed = client.describe_face_verify(question(&certify_id)).unwrap();
        assert_eq!(passed.status, Status::Passed, "{version:?}");
        let seen = server.seen();
        assert_eq!(seen.len(), 3);
        assert!(
            seen.iter().all(|other| other.port == seen[0].port),
            "one connection for all calls"
        );
        assert_eq!(
            cloudauth_edge::http::header(&seen[0].request.headers, "accept-encoding"),
            Some("identity")
        );
    }
}

/// A fault and its expected consequences.
struct Fault {
    plan: Plan,
    /// The fault to request from the sandbox, for [`Plan::Sandbox`].
    fault: &'static str,
    kind: ErrorKind,
    code: &'static str,
    /// Requests that a start and a query make if two attempts are allowed.
    requests: [usize; 2],
    execution: Execution,
}

const fn sandbox(
    fault: &'static str,
    kind: ErrorKind,
    code: &'static str,
    requests: [usize; 2],
    execution: Execution,
) -> Fault {
    Fault {
        plan: Plan::Sandbox,
        fault,
        kind,
        code,
        requests,
        execution,
    }
}

const fn planned(
    plan: Plan,
    kind: ErrorKind,
    code: &'static str,
    requests: [usize; 2],
    execution: Execution,
) -> Fault {
    Fault {
        plan,
        fault: "",
        kind,
        code,
        requests,
        execution,
    }
}

#[test]
fn every_fault_ends_as_it_should() {
    use ErrorKind::{Credentials, Protocol, Signature, Throttled, Timeout, Transport, Vendor};
    use Execution::{None, Unknown};
    let xml = "<Error><RequestId>X</RequestId><Code>InvalidAccessKeyId.NotFound</Code></Error>";
    let not_found = "InvalidAccessKeyId.NotFound";
    for fault in [
        sandbox(
            r#"{"kind":"hang","count":9}"#,
            Timeout,
            "Timeout",
            [1, 2],
            Unknown,
        ),
        sandbox(
            r#"{"kind":"reset","count":9}"#,
            Transport,
            "ConnectionFailed",
            [1, 2],
            Unknown,
        ),
        sandbox(
            r#"{"kind":"html","count":9}"#,
            Protocol,
            "BodyNotJson",
            [1, 2],
            Unknown,
        ),
        sandbox(
            r#"{"kind":"empty","count":9}"#,
            Protocol,
            "EmptyBody",
            [1, 2],
            Unknown,
        ),
        sandbox(
            r#"{"kind":"truncated","count":9}"#,
            Protocol,
            "BodyNotJson",
            [1, 2],
            Unknown,
        ),
        sandbox(
            r#"{"kind":"notUtf8","count":9}"#,
            Protocol,
            "BodyNotUtf8",
            [1, 2],
            Unknown,
        ),
        sandbox(
            r#"{"kind":"error","code":"Throttling.User","count":9}"#,
            Throttled,
            "Throttling.User",
            [2, 2],
            None,
        ),
        sandbox(
            r#"{"kind":"error","code":"ServiceUnavailable","count":9}"#,
            Vendor,
            "ServiceUnavailable",
            [1, 2],
            Unknown,
        ),
        sandbox(
            r#"{"kind":"error","code":"SignatureNonceUsed","count":9}"#,
            Signature,
            "SignatureNonceUsed",
            [1, 2],
            Unknown,
        ),
        planned(Plan::HangInBody, Timeout, "Timeout", [1, 2], Unknown),
        planned(
            Plan::Text(404, "text/xml", xml),
            Credentials,
            not_found,
            [1, 1],
            None,
        ),
        planned(
            Plan::Text(200, "text/plain", r#"{"Code":"500"}"#),
            Vendor,
            "500",
            [1, 2],
            Unknown,
        ),
        planned(
            Plan::Text(200, "text/plain", r#"{"Code":"401"}"#),
            Vendor,
            "401",
            [1, 1],
            None,
        ),
        planned(Plan::Endless, Protocol, "AnswerTooLarge", [1, 1], Unknown),
        planned(Plan::Redirect, Protocol, "EmptyBody", [1, 1], Unknown),
    ] {
        for (action, expected) in fault.requests.into_iter().enumerate() {
            let server = Server::start(&[fault.plan]);
            if !fault.fault.is_empty() {
                server.fault(fault.fault);
            }
            // Short only if the test expects a time-out.
            let timeout = if fault.kind == Timeout { 300 } else { 60_000 };
            let client = client(
                options(&server)
                    .timeout(Duration::from_millis(timeout))
                    .max_attempts(2),
            );
            let is_start = action == 0;
            let error = if is_start {
                started(&client).unwrap_err()
            } else {
                client
                    .describe_face_verify(question(CERTIFY_ID))
                    .unwrap_err()
            };
            let what = format!("{} {} {error}", fault.fault, fault.code);
            assert_eq!(
                (error.kind(), error.code()),
                (fault.kind, fault.code),
                "{what}"
            );
            let execution = if is_start { fault.execution } else { None };
            assert_eq!(error.execution(), execution, "{what}");
            let shown = format!("{error:?} {error}");
            for planted in ["sandbox-key-secret", "张三", "11010519491231002X", "zimVer"] {
                assert!(!shown.contains(planted), "{planted} in {shown}");
            }
            let seen = server.seen();
            assert_eq!(seen.len(), expected, "{what}");
            let bodies: HashSet<_> = seen.iter().map(|seen| &seen.request.body).collect();
            assert_eq!(bodies.len(), expected, "a nonce for each attempt: {what}");
        }
    }
}

#[test]
fn a_code_that_comes_as_a_number_is_read() {
    let server = Server::start(&[Plan::Sandbox]);
    server.fault(r#"{"kind":"numericCode"}"#);
    started(&client(options(&server))).unwrap();
}

#[test]
fn a_start_that_was_not_sent_is_tried_at_the_next_endpoint() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let plain = Server::start(&[Plan::Sandbox]);
    for (unreachable, why) in [
        (nobody(), "there is no listener"),
        ("https://host.invalid".to_owned(), "there is no such name"),
        (
            format!("https://{}", silent.local_addr().unwrap()),
            "TLS is not established in time",
        ),
        (format!("https://{}", plain.address), "it is not TLS"),
    ] {
        for version in [SignatureVersion::Rpc, SignatureVersion::Acs3] {
            let server = Server::start(&[Plan::Sandbox]);
            let endpoints = [&unreachable, &server.endpoint()];
            let client = client(
                ClientOptions::builder()
                    .endpoints(endpoints)
                    .signature_version(version)
                    .timeout(Duration::from_secs(3)),
            );
            let order = order().model("LIVENESS");
            let started = client.init_face_verify(order);
            assert!(started.is_ok(), "{why}, {version:?}: {started:?}");
            assert_eq!(server.seen().len(), 1, "{why}");
        }
    }
    assert_eq!(plain.seen().len(), 0);
}

/// Under ACS3 and without `model`, a start has no body.
#[test]
fn without_a_body_a_start_fails_over_only_if_it_was_provably_not_sent() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let plain = Server::start(&[Plan::Sandbox]);
    let hanging = Server::start(&[Plan::Hang]);
    let closing = Server::start(&[Plan::Close]);
    for (first, execution, kind) in [
        (nobody(), Execution::None, ErrorKind::Transport),
        (
            "https://host.invalid".to_owned(),
            Execution::None,
            ErrorKind::Transport,
        ),
        (
            format!("https://{}", silent.local_addr().unwrap()),
            Execution::None,
            ErrorKind::Transport,
        ),
        // ureq does not report when a TLS error occurred.
        (
            format!("https://{}", plain.address),
            Execution::Unknown,
            ErrorKind::Transport,
        ),
        (hanging.endpoint(), Execution::Unknown, ErrorKind::Timeout),
        (closing.endpoint(), Execution::Unknown, ErrorKind::Transport),
    ] {
        let second = Server::start(&[Plan::Sandbox]);
        let options = |endpoints: &[&String]| {
            ClientOptions::builder()
                .endpoints(endpoints)
                .signature_version(SignatureVersion::Acs3)
                .timeout(Duration::from_secs(3))
        };
        let error = started(&client(options(&[&first]).max_attempts(1))).unwrap_err();
        assert_eq!(
            (error.kind(), error.execution()),
            (kind, execution),
            "{first}: {error}"
        );
        let outcome = started(&client(options(&[&first, &second.endpoint()])));
        let fails_over = execution == Execution::None;
        assert_eq!(outcome.is_ok(), fails_over, "{first}");
        assert_eq!(second.seen().len(), usize::from(fails_over), "{first}");
    }
}

#[test]
fn a_start_that_may_have_been_executed_is_not_tried_elsewhere() {
    for plan in [Plan::Close, Plan::Hang] {
        let (broken, other) = (Server::start(&[plan]), Server::start(&[Plan::Sandbox]));
        let client = client(
            ClientOptions::builder()
                .endpoints([broken.endpoint(), other.endpoint()])
                .timeout(Duration::from_secs(3)),
        );
        let error = started(&client).unwrap_err();
        assert_eq!(error.execution(), Execution::Unknown);
        assert_eq!((broken.seen().len(), other.seen().len()), (1, 0));
        let answer = client.describe_face_verify(question(CERTIFY_ID));
        assert_eq!(
            answer.unwrap_err().code(),
            "406",
            "a query is tried elsewhere"
        );
    }
}

#[test]
fn a_connection_that_breaks_as_it_is_used_again_never_doubles_a_start() {
    let server = Server::start(&[Plan::Sandbox, Plan::Close, Plan::Sandbox]);
    let client = client(options(&server));
    started(&client).unwrap();
    let error = started(&client).unwrap_err();
    assert_eq!(
        (error.kind(), error.execution()),
        (ErrorKind::Transport, Execution::Unknown)
    );
    assert_eq!(server.seen().len(), 2);
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_refused_before_anything_is_sent() {
    let pem = include_bytes!("../support/loopback.pem");
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(
        rustls::crypto::ring::default_provider(),
    ))
    .with_safe_default_protocol_versions()
    .unwrap()
    .with_no_client_auth()
    .with_single_cert(
        vec![CertificateDer::from_pem_slice(pem).unwrap()],
        PrivateKeyDer::from_pem_slice(pem).unwrap(),
    )
    .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("https://{}", listener.local_addr().unwrap());
    let serving = std::thread::spawn(move || {
        let (mut connection, _) = listener.accept().unwrap();
        let limit = Some(Duration::from_secs(30));
        connection.set_read_timeout(limit).unwrap();
        let mut tls = rustls::ServerConnection::new(Arc::new(config)).unwrap();
        let mut plain = Vec::new();
        while tls
            .complete_io(&mut connection)
            .is_ok_and(|(read, _)| read > 0)
        {
            let _ = std::io::Read::read_to_end(&mut tls.reader(), &mut plain);
        }
        plain
    });
    let client = client(ClientOptions::builder().endpoint(endpoint).max_attempts(1));
    let error = started(&client).unwrap_err();
    assert_eq!(
        (error.kind(), error.execution(), error.is_retryable()),
        (ErrorKind::Transport, Execution::None, true)
    );
    assert_eq!(serving.join().unwrap(), b"");
}

#[test]
fn a_wrong_clock_is_corrected_once_and_remembered() {
    for (minutes, requests) in [(14, 1), (-14, 1), (24 * 60, 2), (-24 * 60, 2)] {
        let server = Server::start(&[Plan::Sandbox]);
        server.set_clock_offset(minutes * 60_000);
        let client = client(options(&server));
        started(&client).unwrap();
        assert_eq!(server.seen().len(), requests, "{minutes}");
        started(&client).unwrap();
        assert_eq!(server.seen().len(), requests + 1, "{minutes}");
    }
}

const EXPIRED: &str = r#"{"Code":"InvalidSecurityToken.Expired"}"#;

#[test]
fn an_expired_token_is_replaced_once() {
    let server = Server::start(&[Plan::Text(400, "application/json", EXPIRED), Plan::Sandbox]);
    let made = Arc::new(AtomicUsize::new(0));
    let provider = {
        let made = Arc::clone(&made);
        move || {
            let number = made.fetch_add(1, Ordering::SeqCst);
            // Neither key has a token in the sandbox: the second one is a permanent key.
            let key = Credentials::new("sandbox-key-id", "sandbox-key-secret");
            Ok(if number == 0 {
                key.with_security_token("token-1")
            } else {
                key
            })
        }
    };
    let options = options(&server).build().unwrap();
    let client = FaceVerifyClient::with_provider(options, provider).unwrap();
    started(&client).unwrap();
    started(&client).unwrap();
    assert_eq!(made.load(Ordering::SeqCst), 2);
    let seen = server.seen();
    let bodies = seen
        .iter()
        .map(|seen| String::from_utf8_lossy(&seen.request.body).contains("token-1"));
    assert_eq!(bodies.collect::<Vec<_>>(), [true, false, false]);
}

/// A client whose provider returns the AccessKeys with these secrets one after another, and how often it
/// was called.
fn with_secrets(
    options: ClientOptions,
    secrets: &'static [&'static str],
) -> (FaceVerifyClient, Arc<AtomicUsize>) {
    let made = Arc::new(AtomicUsize::new(0));
    let provider = {
        let made = Arc::clone(&made);
        move || {
            let number = made.fetch_add(1, Ordering::SeqCst);
            let secret = secrets.get(number).or(secrets.last()).unwrap();
            Ok(Credentials::new("sandbox-key-id", *secret))
        }
    };
    let client = FaceVerifyClient::with_provider(options, provider).unwrap();
    (client, made)
}

const DISABLED: &str = r#"{"Code":"InvalidAccessKeyId.Inactive"}"#;

#[test]
fn a_replaced_key_is_asked_for_but_the_same_one_is_not_used_again() {
    let server = Server::start(&[Plan::Text(404, "application/json", DISABLED), Plan::Sandbox]);
    let (client, made) = with_secrets(
        options(&server).build().unwrap(),
        &["old", "sandbox-key-secret"],
    );
    started(&client).unwrap();
    assert_eq!((made.load(Ordering::SeqCst), server.seen().len()), (2, 2));

    let server = Server::start(&[Plan::Text(404, "application/json", DISABLED)]);
    let (client, made) = with_secrets(options(&server).build().unwrap(), &["old"]);
    for calls in 1..=2 {
        let error = started(&client).unwrap_err();
        assert_eq!(error.code(), "InvalidAccessKeyId.Inactive");
        assert_eq!(
            (made.load(Ordering::SeqCst), server.seen().len()),
            (2 * calls, calls)
        );
    }
}

#[test]
fn with_one_attempt_the_next_call_has_new_credentials_and_the_right_time() {
    let server = Server::start(&[Plan::Text(404, "application/json", DISABLED), Plan::Sandbox]);
    let (replaced, made) = with_secrets(
        options(&server).max_attempts(1).build().unwrap(),
        &["old", "sandbox-key-secret"],
    );
    started(&replaced).unwrap_err();
    started(&replaced).unwrap();
    started(&replaced).unwrap();
    assert_eq!((made.load(Ordering::SeqCst), server.seen().len()), (2, 3));

    let server = Server::start(&[Plan::Sandbox]);
    server.set_clock_offset(24 * 3_600_000);
    let client = client(options(&server).max_attempts(1));
    started(&client).unwrap_err();
    started(&client).unwrap();
}

#[test]
fn a_provider_that_fails_ends_the_call_and_its_error_is_not_shown() {
    let server = Server::start(&[Plan::Text(400, "application/json", EXPIRED)]);
    let made = AtomicUsize::new(0);
    let provider = move || match made.fetch_add(1, Ordering::SeqCst) {
        0 => Ok(Credentials::new("sandbox-key-id", "sandbox-key-secret")),
        _ => Err("a secret in a message".into()),
    };
    let options = options(&server).build().unwrap();
    let client = FaceVerifyClient::with_provider(options, provider).unwrap();
    let error = started(&client).unwrap_err();
    assert_eq!(
        (error.kind(), error.code(), error.execution()),
        (ErrorKind::Credentials, "CredentialsFailed", Execution::None)
    );
    assert!(!format!("{error:?} {error}").contains("a secret"));
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn malformed_credentials_are_a_fault_of_their_provider() {
    let server = Server::start(&[Plan::Text(400, "application/json", EXPIRED)]);
    let (client, _) = with_secrets(options(&server).build().unwrap(), &["old", " new"]);
    let error = started(&client).unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Credentials, "InvalidCredentials")
    );
    let provider = || Ok(Credentials::new("sandbox-key-id", " "));
    let options = options(&server).build().unwrap();
    let error = FaceVerifyClient::with_provider(options, provider).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Credentials);
}

#[test]
fn calls_that_are_refused_together_share_one_renewal() {
    const CALLS: usize = 8;
    let server = Arc::new(Server::start(&[Plan::Text(
        404,
        "application/json",
        DISABLED,
    )]));
    let made = Arc::new(AtomicUsize::new(0));
    let provider = {
        let (server, made) = (Arc::clone(&server), Arc::clone(&made));
        move || {
            if made.fetch_add(1, Ordering::SeqCst) > 0 {
                // Until every call has sent the old credentials.
                while server.seen().len() < CALLS {
                    std::thread::yield_now();
                }
            }
            Ok(Credentials::new("sandbox-key-id", "old"))
        }
    };
    let options = options(&server).build().unwrap();
    let client = FaceVerifyClient::with_provider(options, provider).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..CALLS {
            scope.spawn(|| started(&client).unwrap_err());
        }
    });
    assert_eq!((made.load(Ordering::SeqCst), server.seen().len()), (2, 8));
}

#[test]
fn a_call_waits_for_another_ones_renewal_no_longer_than_its_time_limit() {
    let server = Server::start(&[Plan::Text(400, "application/json", EXPIRED)]);
    let (called, is_called) = mpsc::channel();
    let (release, is_released) = mpsc::channel::<()>();
    let is_released = Mutex::new(is_released);
    let made = AtomicUsize::new(0);
    let provider = move || {
        if made.fetch_add(1, Ordering::SeqCst) > 0 {
            called.send(()).unwrap();
            let _ = (is_released.lock().unwrap()).recv_timeout(Duration::from_secs(30));
        }
        Ok(Credentials::new("sandbox-key-id", "old"))
    };
    let options = options(&server)
        .timeout(Duration::from_secs(1))
        .total_timeout(Duration::from_secs(1))
        .build()
        .unwrap();
    let client = FaceVerifyClient::with_provider(options, provider).unwrap();
    std::thread::scope(|scope| {
        let renewing = scope.spawn(|| started(&client).unwrap_err());
        is_called.recv().unwrap();
        let error = started(&client).unwrap_err();
        assert_eq!(
            (error.kind(), error.code(), error.execution()),
            (
                ErrorKind::Credentials,
                "CredentialsTimeout",
                Execution::None
            )
        );
        release.send(()).unwrap();
        renewing.join().unwrap();
    });
}

#[test]
fn threads_share_a_client() {
    let server = Server::start(&[Plan::Sandbox]);
    let client = client(options(&server));
    let ids: HashSet<_> = std::thread::scope(|scope| {
        let calls: Vec<_> = (0..8).map(|_| scope.spawn(|| started(&client))).collect();
        calls
            .into_iter()
            .map(|call| call.join().unwrap().unwrap())
            .collect()
    });
    assert_eq!(ids.len(), 8);
}

#[test]
fn waits_for_a_result_through_failures_that_pass() {
    let passed = r#"{"Code":"200","ResultObject":{"Passed":"T","SubCode":"200"}}"#;
    let server = Server::start(&[
        Plan::Text(200, "application/json", r#"{"Code":"500"}"#),
        Plan::Text(200, "application/json", passed),
    ]);
    let waiting = client(options(&server).max_attempts(1));
    let result = waiting.wait_for_result(question(CERTIFY_ID), Duration::from_secs(60));
    assert_eq!(result.unwrap().status, Status::Passed);
    assert_eq!(server.seen().len(), 2);
}

#[test]
fn waiting_ends_at_the_deadline_with_what_there_is() {
    for (body, outcome) in [
        (r#"{"Code":"424"}"#, Ok(Status::Pending)),
        (r#"{"Code":"500"}"#, Err("500".to_owned())),
        // This Code outlasts any wait.
        (r#"{"Code":"406"}"#, Err("406".to_owned())),
    ] {
        let server = Server::start(&[Plan::Text(200, "application/json", body)]);
        let client = client(options(&server).max_attempts(1));
        // Without a deadline, there is one query.
        let deadline = if body.contains("406") { 60_000 } else { 0 };
        let result = client.wait_for_result(question(CERTIFY_ID), Duration::from_millis(deadline));
        let found = result
            .map(|result| result.status)
            .map_err(|error| error.code().to_owned());
        assert_eq!(found, outcome);
        assert_eq!(server.seen().len(), 1);
    }
}

#[test]
fn a_query_ends_with_the_wait_that_it_is_part_of() {
    let pending = Plan::Text(200, "application/json", r#"{"Code":"424"}"#);
    for (plans, outcome) in [
        (&[pending, Plan::Hang][..], Ok(Status::Pending)),
        (&[Plan::Hang], Err(ErrorKind::Timeout)),
    ] {
        let server = Server::start(plans);
        let client = client(options(&server).timeout(Duration::from_secs(60)));
        let began = Instant::now();
        let result = client.wait_for_result(question(CERTIFY_ID), Duration::from_secs(5));
        assert!(began.elapsed() < Duration::from_secs(30));
        let found = result
            .map(|result| result.status)
            .map_err(|error| error.kind());
        assert_eq!(found, outcome);
    }
}

#[test]
fn wrong_credentials_and_requests_are_refused_before_anything_is_sent() {
    let key = Credentials::new("sandbox-key-id", "sandbox-key-secret");
    let error = FaceVerifyClient::new(ClientOptions::default(), key).unwrap_err();
    assert_eq!(error.fields()[0].rule, "sandbox-key");
    let server = Server::start(&[Plan::Sandbox]);
    let client = client(options(&server));
    let error = client
        .init_face_verify(order().cert_no("110105194912310021"))
        .unwrap_err();
    assert_eq!(error.fields()[0].rule, "check-digit");
    assert_eq!(
        new_outer_order_no("银行").unwrap_err().fields()[0].field,
        "prefix"
    );
    assert_eq!(server.seen().len(), 0);
    let shown = format!("{client:?}");
    assert!(!shown.contains("sandbox-key-secret"), "{shown}");
}
