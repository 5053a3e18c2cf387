//! Every Code and SubCode of the tables can be produced in every documented way.

use crate::host::{Answer, Host, ORDER, signed, start, with};
use cloudauth_edge::actions::DESCRIBE_FACE_VERIFY;
use cloudauth_edge::client::response::{self, Answer as Decoded, Status};
use cloudauth_edge::rpc_server::errors::ALL as API_GATEWAY_ERRORS;
use cloudauth_edge::vendor::codes::{CODES, SUB_CODES};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;

/// Code and Message.
type Row = (String, String);

/// The documented tables.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Documents {
    init_face_verify: Vec<Row>,
    describe_face_verify: Vec<Row>,
    /// SubCode, its text, Passed.
    sub_codes: Vec<(String, Option<String>, String)>,
    /// Code, HTTP status, Message.
    api_gateway: Vec<(String, u16, Option<String>)>,
    own_of_the_sandbox: Vec<String>,
}

fn documents() -> Documents {
    serde_json::from_str(include_str!("../vectors/answers.json")).unwrap()
}

fn order_no(script: &str) -> String {
    format!("{script:x<32}")
}

#[track_caller]
fn assert_code(answer: &Answer, (code, message): &Row) {
    let json = answer.json();
    assert_eq!(answer.status(), 200, "{code}");
    assert_eq!(json["Code"], code.as_str());
    assert_eq!(json["Message"], message.as_str());
    assert!(json["RequestId"].is_string());
    assert_eq!(json.get("ResultObject").is_some(), code == "200", "{code}");
    assert_eq!(answer.header("x-cloudauth-sandbox"), Some("1"));
}

#[test]
fn the_documents_have_every_code_there_is() {
    let documents = documents();
    let set = |codes: Vec<&str>| {
        codes
            .into_iter()
            .map(str::to_owned)
            .collect::<BTreeSet<_>>()
    };
    let rows = [&documents.init_face_verify, &documents.describe_face_verify];
    let codes = rows.into_iter().flatten().map(|(code, _)| code.as_str());
    assert_eq!(
        set(codes.collect()),
        set(CODES.iter().map(|row| row.code).collect())
    );
    assert_eq!(
        set(documents
            .sub_codes
            .iter()
            .map(|row| row.0.as_str())
            .collect()),
        set(SUB_CODES.iter().map(|row| row.code).collect())
    );
    let documented = documents.api_gateway.iter().map(|row| &row.0);
    let errors = documented.chain(&documents.own_of_the_sandbox);
    assert_eq!(
        set(errors.map(String::as_str).collect()),
        set(API_GATEWAY_ERRORS.iter().map(|row| row.code).collect())
    );
}

#[test]
fn every_code_of_init() {
    for row in documents().init_face_verify {
        let (code, _) = &row;
        let mut host = Host::new();
        let script = format!("sandboxinit{code}");
        assert_code(
            &host.init(with(start(), "OuterOrderNo", Some(&order_no(&script)))),
            &row,
        );
        let script = format!("sandbox-init-{code}");
        assert_code(&host.init(with(start(), "UserId", Some(&script))), &row);
        if code != "200" {
            let fault = format!(r#"{{"kind":"error","action":"InitFaceVerify","code":"{code}"}}"#);
            assert_eq!(host.control("POST", "faults", &fault).status(), 201);
            assert_code(&host.init(start()), &row);
        }
    }
}

#[test]
fn every_code_of_describe() {
    for row in documents().describe_face_verify {
        let (code, _) = &row;
        let mut host = Host::new();
        for (name, script) in [
            ("OuterOrderNo", order_no(&format!("sandboxdescribe{code}"))),
            ("UserId", format!("sandbox-describe-{code}")),
        ] {
            let certify_id = host.init(with(start(), name, Some(&script))).certify_id();
            let answer = host.describe(&certify_id);
            if code == "200" {
                // Without a script, it waits for the phone like any other.
                assert_eq!(answer.code(), "424");
                host.submit(&certify_id, "passed");
                assert_code(&host.describe(&certify_id), &row);
            } else {
                assert_code(&answer, &row);
            }
        }
        if !matches!(code.as_str(), "200" | "403" | "424") {
            let certify_id = host.started();
            let submitted = host.submit(&certify_id, code);
            assert_eq!(submitted.json()["code"], code.as_str());
            assert_code(&host.describe(&certify_id), &row);
        }
    }
}

#[test]
fn every_sub_code() {
    for (code, text, passed) in documents().sub_codes {
        let mut host = Host::new();
        let listed = host.control("GET", "outcomes", "").json();
        let mut listed = listed["subCodes"].as_array().unwrap().iter();
        let listed = listed.find(|one| one["outcome"] == code.as_str()).unwrap();
        if let Some(text) = text {
            assert_eq!(listed["vendorMessage"], text.as_str());
        }
        let submitted = host.started();
        host.submit(&submitted, &code);
        let by_order = order_no(&format!("sandboxsub{code}"));
        let by_order = host
            .init(with(start(), "OuterOrderNo", Some(&by_order)))
            .certify_id();
        let by_user = format!("sandbox-sub-{code}");
        let by_user = host
            .init(with(start(), "UserId", Some(&by_user)))
            .certify_id();
        for certify_id in [submitted, by_order, by_user] {
            let answer = host.describe(&certify_id);
            let (result, material) = (answer.result(), answer.material());
            assert_eq!(answer.verdict(), "200 200");
            assert_eq!(result["SubCode"], code.as_str());
            assert_eq!(result["Passed"], passed.as_str());
            assert_eq!(result["IdentityInfo"], "null");
            assert!(
                result["DeviceToken"]
                    .as_str()
                    .is_some_and(|token| token.len() > 20)
            );
            assert_eq!(
                material["faceAttack"],
                if code == "205" { "T" } else { "F" }
            );
            assert_eq!(material.get("faceOcclusion").is_some(), passed == "T");
            assert!(result.as_object().unwrap().values().all(Value::is_string));

            let now = host.timestamp();
            let decoded = response::decode(&DESCRIBE_FACE_VERIFY, answer.response(), now).unwrap();
            let Decoded::Describe(decoded) = decoded else {
                panic!("not a description")
            };
            let expected = if passed == "T" {
                Status::Passed
            } else {
                Status::Rejected
            };
            assert_eq!(decoded.status, expected, "{code}");
        }
    }
}

#[test]
fn every_error_of_the_gateway_in_its_envelope() {
    for (code, status, message) in documents().api_gateway {
        let mut host = Host::new();
        let fault = format!(r#"{{"kind":"error","code":"{code}","count":2}}"#);
        assert_eq!(host.control("POST", "faults", &fault).status(), 201);
        let answer = host.init(start());
        let json = answer.json();
        assert_eq!(answer.verdict(), format!("{status} {code}"));
        for member in ["RequestId", "HostId", "Message", "Recommend"] {
            assert!(json[member].is_string(), "{code}: {member}");
        }
        if let Some(message) = &message {
            // The quotation of the request follows a colon.
            let quoted = answer.message().strip_prefix(message).map(str::to_owned);
            let quoted = quoted.unwrap_or_else(|| panic!("{code}: {}", answer.message()));
            assert_eq!(quoted.starts_with("POST&%2F&"), message.ends_with(':'));
            assert_eq!(quoted.is_empty(), !message.ends_with(':'), "{code}");
        }
        assert_eq!(
            answer.header("x-acs-retry-after").is_some(),
            code.starts_with("Throttling")
        );
        assert_eq!(
            answer.header("x-acs-request-id"),
            json["RequestId"].as_str()
        );
        assert_eq!(answer.header("x-cloudauth-sandbox"), Some("1"));

        let all = host.unsigned("InitFaceVerify", start());
        let all = with(all, "Format", Some("XML"));
        let xml = host.send(signed("POST", all, "sandbox-key-secret"));
        assert_eq!(xml.status(), status);
        assert!(xml.header("content-type").unwrap().contains("xml"));
        let text = xml.text();
        assert!(text.contains("<Error>"), "{text}");
        assert!(text.contains(&format!("<Code>{code}</Code>")), "{text}");
        assert_eq!(host.init(start()).code(), "200", "{code} hits two requests");
    }
}

#[test]
fn a_script_that_names_no_code_is_refused() {
    let mut host = Host::new();
    for (name, script) in [
        ("OuterOrderNo", order_no("sandboxsub999")),
        ("OuterOrderNo", order_no("sandboxinit424")),
        ("UserId", "sandbox-describe-419".to_owned()),
    ] {
        let answer = host.init(with(start(), name, Some(&script)));
        assert_eq!(answer.verdict(), "200 401", "{script}");
        assert!(
            answer
                .header("x-cloudauth-sandbox-note")
                .unwrap()
                .contains("scripted")
        );
    }
}

#[test]
fn an_identity_number_scripts_nothing() {
    let mut host = Host::new();
    for number in ["11010519491231002X", "440524188001010014"] {
        let certify_id = host
            .init(with(start(), "CertNo", Some(number)))
            .certify_id();
        assert_eq!(host.describe(&certify_id).code(), "424");
    }
}

#[test]
fn a_scripted_verification_can_take_its_time() {
    let mut host = Host::new();
    let order = order_no("sandboxsub206after10s");
    let certify_id = host
        .init(with(start(), "OuterOrderNo", Some(&order)))
        .certify_id();
    assert_eq!(host.describe(&certify_id).code(), "403");
    host.advance(9_999);
    assert_eq!(host.describe(&certify_id).code(), "403");
    host.advance(1);
    assert_eq!(host.describe(&certify_id).result()["SubCode"], "206");
    assert_eq!(host.submit(&certify_id, "passed").status(), 409);
}

#[test]
fn outer_order_no_counts_before_user_id() {
    let mut host = Host::new();
    let both = with(start(), "OuterOrderNo", Some(&order_no("sandboxinit415")));
    assert_eq!(
        host.init(with(both, "UserId", Some("sandbox-init-500")))
            .code(),
        "415"
    );
    let plain = with(start(), "OuterOrderNo", Some(ORDER));
    assert_eq!(
        host.init(with(plain, "UserId", Some("sandbox-init-500")))
            .code(),
        "500"
    );
}
