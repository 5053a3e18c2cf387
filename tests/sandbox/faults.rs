//! Faults: their effects, the requests to which they apply, how often they apply, and whether the
//! request was executed.

use crate::host::{Host, Pairs, SCENE, pairs, start};
use cloudauth_edge::http::IncomingRequest;
use cloudauth_edge::sandbox::{Delivery, Manner};

fn inject(host: &mut Host, fault: &str) {
    let answer = host.control("POST", "faults", fault);
    assert_eq!(answer.status(), 201, "{fault}: {}", answer.text());
}

fn verifications(host: &mut Host) -> i64 {
    host.control("GET", "verifications", "").json()["total"]
        .as_i64()
        .unwrap()
}

#[test]
fn deliveries() {
    for (fault, expected) in [
        (
            r#"{"kind":"latency","millis":250}"#,
            Delivery {
                delay_millis: 250,
                manner: Manner::Answer,
            },
        ),
        (
            r#"{"kind":"hang"}"#,
            Delivery {
                delay_millis: 0,
                manner: Manner::Hang,
            },
        ),
        (
            r#"{"kind":"reset"}"#,
            Delivery {
                delay_millis: 0,
                manner: Manner::Reset,
            },
        ),
    ] {
        let mut host = Host::new();
        inject(&mut host, fault);
        assert_eq!(host.init(start()).0.delivery, expected, "{fault}");
        assert_eq!(
            host.init(start()).0.delivery,
            Delivery::default(),
            "once, unless count says more"
        );
    }
}

#[test]
fn executed_or_not() {
    for kind in ["hang", "reset", "html", "empty", "notUtf8"] {
        for executed in [false, true] {
            let mut host = Host::new();
            inject(
                &mut host,
                &format!(r#"{{"kind":"{kind}","executed":{executed}}}"#),
            );
            host.init(start());
            assert_eq!(verifications(&mut host), i64::from(executed), "{kind}");
        }
    }
}

#[test]
fn an_error_can_hide_a_start_that_was_executed() {
    for (code, action) in [
        ("InternalError", ""),
        ("500", r#","action":"InitFaceVerify""#),
    ] {
        for executed in [false, true] {
            let mut host = Host::new();
            inject(
                &mut host,
                &format!(r#"{{"kind":"error","code":"{code}","executed":{executed}{action}}}"#),
            );
            assert_eq!(host.init(start()).code(), code);
            assert_eq!(verifications(&mut host), i64::from(executed), "{code}");
        }
    }
}

#[test]
fn bodies() {
    let mut host = Host::new();
    inject(&mut host, r#"{"kind":"html"}"#);
    let html = host.init(start());
    assert_eq!(
        (html.status(), html.header("content-type")),
        (502, Some("text/html"))
    );
    assert!(html.text().starts_with("<html>"));

    inject(&mut host, r#"{"kind":"empty"}"#);
    let empty = host.init(start());
    assert_eq!((empty.status(), empty.text().as_str()), (200, ""));

    inject(&mut host, r#"{"kind":"notUtf8"}"#);
    assert!(std::str::from_utf8(&host.init(start()).response().body).is_err());

    inject(&mut host, r#"{"kind":"truncated"}"#);
    let half = host.init(start());
    assert!(half.text().starts_with('{') && !half.text().ends_with('}'));

    inject(&mut host, r#"{"kind":"numericCode"}"#);
    assert_eq!(host.init(start()).json()["Code"], 200);

    for answer in [html, empty, half] {
        assert_eq!(answer.header("x-cloudauth-sandbox"), Some("1"));
    }
}

#[test]
fn count_skip_and_action() {
    let mut host = Host::new();
    let certify_id = host.started();
    inject(
        &mut host,
        r#"{"kind":"error","code":"ServiceUnavailable","action":"DescribeFaceVerify","skip":1,"count":2}"#,
    );
    assert_eq!(host.init(start()).code(), "200");
    let codes: Vec<_> = (0..4).map(|_| host.describe(&certify_id).code()).collect();
    assert_eq!(
        codes,
        ["424", "ServiceUnavailable", "ServiceUnavailable", "424"]
    );
    assert_eq!(
        host.control("GET", "faults", "").json()["faults"],
        serde_json::json!([])
    );
}

#[test]
fn in_the_order_they_were_asked_for() {
    let mut host = Host::new();
    inject(&mut host, r#"{"kind":"error","code":"Throttling.Api"}"#);
    inject(&mut host, r#"{"kind":"error","code":"InternalError"}"#);
    let codes: Vec<_> = (0..3).map(|_| host.init(start()).code()).collect();
    assert_eq!(codes, ["Throttling.Api", "InternalError", "200"]);
}

#[test]
fn can_be_taken_back_and_are_bounded() {
    let mut host = Host::new();
    for _ in 0..100 {
        inject(&mut host, r#"{"kind":"hang"}"#);
    }
    assert_eq!(
        host.control("POST", "faults", r#"{"kind":"hang"}"#)
            .status(),
        400
    );
    assert_eq!(host.control("DELETE", "faults", "").status(), 200);
    assert_eq!(host.init(start()).0.delivery, Delivery::default());
}

#[test]
fn errors_of_the_api_gateway() {
    for (code, status) in [
        ("InvalidAccessKeyId", 404),
        ("Forbidden.AccessKeyDisabled", 403),
        ("MissingParameter", 400),
        ("InvalidParameter", 400),
        ("InvalidApi.NotFound", 404),
    ] {
        let mut host = Host::new();
        inject(&mut host, &format!(r#"{{"kind":"error","code":"{code}"}}"#));
        let answer = host.init(start());
        assert_eq!(answer.verdict(), format!("{status} {code}"));
        assert!(answer.message().ends_with('.'));
    }
}

/// Old SDKs parse these two messages: the Python SDK fails with an IndexError if there is no colon,
/// old Java SDKs if "string to sign is:" is missing.
#[test]
fn errors_about_signatures_quote_the_request() {
    for code in ["SignatureDoesNotMatch", "IncompleteSignature"] {
        let mut host = Host::new();
        inject(&mut host, &format!(r#"{{"kind":"error","code":"{code}"}}"#));
        let answer = host.init(start());
        assert_eq!(answer.verdict(), format!("400 {code}"));
        let message = answer.message();
        let (_, quoted) = message.split_once(". server string to sign is:").unwrap();
        // The sandbox's response to a wrong secret.
        assert!(
            quoted.starts_with(
                "POST&%2F&AccessKeyId%3Dsandbox-key-id%26Action%3DInitFaceVerify%26CertName%3D"
            ),
            "{quoted}"
        );
        assert!(quoted.ends_with("%26Version%3D2019-03-07"), "{quoted}");
        assert!(!quoted.contains("Signature%3D"), "{quoted}");
    }
    let mut host = Host::new();
    inject(
        &mut host,
        r#"{"kind":"error","code":"SignatureDoesNotMatch"}"#,
    );
    let query = pairs(&[("SceneId", SCENE), ("CertifyId", "x")]);
    let request = host.acs3("DescribeFaceVerify", &query, &Pairs::new());
    let answer = host.send(request);
    let message = answer.message();
    assert!(
        message.starts_with(
            "Specified signature does not match our calculation. server StringToSign is [ACS3-HMAC-SHA256\n"
        ),
        "{message}"
    );
    assert!(
        message.contains("] server CanonicalRequest is [POST\n/\n"),
        "{message}"
    );
}

/// Applies even to a request outside the protocol.
#[test]
fn an_error_about_signatures_for_a_request_that_has_none() {
    let mut host = Host::new();
    inject(
        &mut host,
        r#"{"kind":"error","code":"SignatureDoesNotMatch"}"#,
    );
    let answer = host.send(IncomingRequest {
        method: "POST".to_owned(),
        path: "/".to_owned(),
        query: "Format=JSON".to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
    });
    assert_eq!(
        answer.message(),
        "Specified signature is not matched with our calculation. server string to sign is:POST&%2F&Format%3DJSON"
    );
}
