//! Faults: their effects, the requests to which they apply, how often they apply, and whether the
//! request was executed.

use crate::host::{Host, ORDER, Pairs, SCENE, pairs, signed, start, with};
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

fn unsigned(query: &str) -> IncomingRequest {
    IncomingRequest {
        method: "POST".to_owned(),
        path: "/".to_owned(),
        query: query.to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
    }
}

#[test]
fn an_error_about_signatures_for_a_request_that_has_none() {
    let mut host = Host::new();
    inject(
        &mut host,
        r#"{"kind":"error","code":"SignatureDoesNotMatch"}"#,
    );
    let answer = host.send(unsigned("Action=InitFaceVerify&Format=JSON"));
    assert_eq!(
        answer.message(),
        "Specified signature is not matched with our calculation. server string to sign is:POST&%2F&Action%3DInitFaceVerify%26Format%3DJSON"
    );
}

#[test]
fn a_request_without_an_action_uses_up_no_fault() {
    let mut host = Host::new();
    inject(&mut host, r#"{"kind":"error","code":"Throttling.User"}"#);
    for query in ["", "Format=JSON", "AccessKeyId=sandbox-key-id"] {
        assert_eq!(host.send(unsigned(query)).code(), "MissingAction");
    }
    assert_eq!(host.init(start()).code(), "Throttling.User");
}

#[test]
fn a_fault_of_one_order_meets_its_start_and_its_queries() {
    let mut host = Host::new();
    let other = "f0c34a77f5ac40a5aa5e6ed20c353888";
    let mine = host.started();
    let others = host
        .init(with(start(), "OuterOrderNo", Some(other)))
        .certify_id();
    inject(
        &mut host,
        &format!(
            r#"{{"kind":"error","code":"Throttling.User","outerOrderNo":"{ORDER}","count":3}}"#
        ),
    );
    assert_eq!(host.describe(&others).code(), "424");
    assert_eq!(host.describe("unknown").code(), "406");
    let start_of_other = with(start(), "OuterOrderNo", Some(other));
    assert_eq!(host.init(start_of_other).code(), "200");
    assert_eq!(host.describe(&mine).code(), "Throttling.User");
    assert_eq!(host.init(start()).code(), "Throttling.User");
    let query = pairs(&[("SceneId", SCENE), ("CertifyId", &mine)]);
    let acs3 = host.acs3("DescribeFaceVerify", &query, &Pairs::new());
    assert_eq!(host.send(acs3).code(), "Throttling.User");
    assert_eq!(host.describe(&mine).code(), "424");
}

#[test]
fn a_fault_of_one_key_meets_its_requests() {
    let mut host = Host::new();
    inject(
        &mut host,
        r#"{"kind":"error","code":"Throttling.User","accessKeyId":"sandbox-key-id","count":2}"#,
    );
    let mut other = host.unsigned("InitFaceVerify", start());
    other[0].1 = "sandbox-ram-key-id".to_owned();
    let other = signed("POST", other, "sandbox-ram-key-secret");
    assert_eq!(host.send(other).code(), "411");
    assert_eq!(host.init(start()).code(), "Throttling.User");
    let query = pairs(&[("SceneId", SCENE), ("CertifyId", "x")]);
    let acs3 = host.acs3("DescribeFaceVerify", &query, &Pairs::new());
    assert_eq!(host.send(acs3).code(), "Throttling.User");
    assert_eq!(host.init(start()).code(), "200");
}

#[test]
fn a_body_of_the_test_s_own() {
    let mut host = Host::new();
    let certify_id = host.started();
    let body = r#"{\"Code\":\"999\",\"Message\":\"新的\"}"#;
    for (status, expected) in [
        ("", 200),
        (r#","status":200"#, 200),
        (r#","status":503"#, 503),
    ] {
        inject(
            &mut host,
            &format!(r#"{{"kind":"body","action":"DescribeFaceVerify","body":"{body}"{status}}}"#),
        );
        let answer = host.describe(&certify_id);
        assert_eq!(
            (answer.status(), answer.text().as_str()),
            (expected, r#"{"Code":"999","Message":"新的"}"#)
        );
        assert_eq!(
            answer.header("content-type"),
            Some("application/json;charset=utf-8")
        );
    }
    for executed in [false, true] {
        let mut host = Host::new();
        inject(
            &mut host,
            &format!(r#"{{"kind":"body","body":"","executed":{executed}}}"#),
        );
        assert_eq!(host.init(start()).text(), "");
        assert_eq!(verifications(&mut host), i64::from(executed));
    }
}

#[test]
fn another_status_and_a_delay() {
    for (fault, status, code) in [
        (
            r#"{"kind":"error","code":"Throttling.User","status":429,"millis":50}"#,
            429,
            Some("Throttling.User"),
        ),
        (
            r#"{"kind":"error","code":"500","action":"InitFaceVerify","status":500,"millis":50}"#,
            500,
            Some("500"),
        ),
        (r#"{"kind":"html","status":504,"millis":50}"#, 504, None),
    ] {
        let mut host = Host::new();
        inject(&mut host, fault);
        let answer = host.init(start());
        assert_eq!(answer.status(), status, "{fault}");
        let delay = Delivery {
            delay_millis: 50,
            manner: Manner::Answer,
        };
        assert_eq!(answer.0.delivery, delay);
        assert!(code.is_none_or(|code| answer.code() == code));
    }
}

#[test]
fn only_members_that_apply() {
    let mut host = Host::new();
    let large = format!(r#"{{"kind":"body","body":"{}"}}"#, "x".repeat(65_537));
    for (fault, expected) in [
        (
            r#"{"kind":"latency","millis":50,"code":"Throttling.User"}"#,
            "no member code",
        ),
        (
            r#"{"kind":"latency","millis":50,"executed":true}"#,
            "no member executed",
        ),
        (r#"{"kind":"hang","millis":50}"#, "no member millis"),
        (r#"{"kind":"empty","status":500}"#, "no member status"),
        (r#"{"kind":"html","body":"x"}"#, "no member body"),
        (r#"{"kind":"html","status":200}"#, "400 to 599"),
        (r#"{"kind":"body","body":"","status":204}"#, "400 to 599"),
        (r#"{"kind":"body"}"#, "requires body"),
        (&large, "65536"),
        (r#"{"kind":"reset","millis":600001}"#, "600000"),
        (r#"{"kind":"reset","outerOrderNo":"1"}"#, "32 letters"),
        (r#"{"kind":"reset","accessKeyId":"typo"}"#, "AccessKeyId"),
    ] {
        let refused = host.control("POST", "faults", fault);
        assert_eq!(
            (refused.status(), &refused.json()["code"]),
            (400, &"bad-fault".into()),
            "{fault:.60}"
        );
        let message = refused.json()["message"]["en"].as_str().unwrap().to_owned();
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn a_response_in_xml_uses_up_no_numeric_code() {
    let mut host = Host::new();
    inject(&mut host, r#"{"kind":"numericCode"}"#);
    let all = host.unsigned("InitFaceVerify", start());
    let all = with(all, "Format", Some("XML"));
    let xml = host.send(signed("POST", all, "sandbox-key-secret"));
    assert!(xml.text().contains("<Code>200</Code>"), "{}", xml.text());
    assert_eq!(host.init(start()).json()["Code"], 200);
}
