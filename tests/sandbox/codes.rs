//! A row for every Code and SubCode of the tables: each of them comes out, by every documented way.

use crate::host::{Answer, Host, ORDER, start, with};
use cloudauth_edge::actions::{Action, DESCRIBE_FACE_VERIFY, INIT_FACE_VERIFY};
use cloudauth_edge::codes::{CODES, Code, Meaning, SUB_CODES, UsedBy};
use cloudauth_edge::response::{self, Answer as Decoded, Status};
use cloudauth_edge::rpc_server::errors::ALL as GATEWAY_ERRORS;
use serde_json::Value;

fn order_no(script: &str) -> String {
    format!("{script:x<32}")
}

fn used_by(action: &Action) -> impl Iterator<Item = &'static Code> {
    let own = action.codes;
    CODES
        .iter()
        .filter(move |row| row.used_by == UsedBy::Both || row.used_by == own)
}

#[track_caller]
fn assert_code(answer: &Answer, row: &Code) {
    let json = answer.json();
    assert_eq!(answer.status(), 200, "{}", row.code);
    assert_eq!(json["Code"], row.code);
    assert_eq!(json["Message"], row.vendor_message);
    assert_eq!(
        json.get("ResultObject").is_some(),
        row.meaning == Meaning::Success,
        "{}",
        row.code
    );
    assert_eq!(answer.header("x-cloudauth-sandbox"), Some("1"));
}

#[test]
fn every_code_of_init() {
    let mut rows = 0;
    for row in used_by(&INIT_FACE_VERIFY) {
        let mut host = Host::new();
        let script = format!("sandboxinit{}", row.code);
        assert_code(
            &host.init(with(start(), "OuterOrderNo", Some(&order_no(&script)))),
            row,
        );
        let script = format!("sandbox-init-{}", row.code);
        assert_code(&host.init(with(start(), "UserId", Some(&script))), row);
        if row.meaning == Meaning::Failure {
            let fault = format!(
                r#"{{"kind":"error","action":"InitFaceVerify","code":"{}"}}"#,
                row.code
            );
            assert_eq!(host.control("POST", "faults", &fault).status(), 201);
            assert_code(&host.init(start()), row);
        }
        rows += 1;
    }
    assert_eq!(rows, 21);
}

#[test]
fn every_code_of_describe() {
    let mut rows = 0;
    for row in used_by(&DESCRIBE_FACE_VERIFY) {
        let mut host = Host::new();
        for parameters in [
            with(
                start(),
                "OuterOrderNo",
                Some(&order_no(&format!("sandboxdescribe{}", row.code))),
            ),
            with(
                start(),
                "UserId",
                Some(&format!("sandbox-describe-{}", row.code)),
            ),
        ] {
            let certify_id = host.init(parameters).certify_id();
            let answer = host.describe(&certify_id);
            if row.meaning == Meaning::Success {
                // No script: it waits for the phone like any other.
                assert_eq!(answer.code(), "424");
                host.submit(&certify_id, "passed");
                assert_code(&host.describe(&certify_id), row);
            } else {
                assert_code(&answer, row);
            }
        }
        if row.meaning == Meaning::Failure {
            let certify_id = host.started();
            let submitted = host.submit(&certify_id, row.code);
            assert_eq!(submitted.json()["code"], row.code);
            assert_code(&host.describe(&certify_id), row);
        }
        rows += 1;
    }
    assert_eq!(rows, 18);
}

#[test]
fn every_sub_code() {
    for row in SUB_CODES {
        let mut host = Host::new();
        let submitted = host.started();
        host.submit(&submitted, row.code);
        let by_order = order_no(&format!("sandboxsub{}", row.code));
        let by_order = host
            .init(with(start(), "OuterOrderNo", Some(&by_order)))
            .certify_id();
        let by_user = format!("sandbox-sub-{}", row.code);
        let by_user = host
            .init(with(start(), "UserId", Some(&by_user)))
            .certify_id();
        for certify_id in [submitted, by_order, by_user] {
            let answer = host.describe(&certify_id);
            let (result, material) = (answer.result(), answer.material());
            assert_eq!(answer.verdict(), "200 200");
            assert_eq!(result["SubCode"], row.code);
            assert_eq!(result["Passed"], if row.passing { "T" } else { "F" });
            assert_eq!(result["IdentityInfo"], "null");
            assert!(
                result["DeviceToken"]
                    .as_str()
                    .is_some_and(|token| token.len() > 20)
            );
            assert_eq!(
                material["faceAttack"],
                if row.code == "205" { "T" } else { "F" }
            );
            assert_eq!(material.get("faceOcclusion").is_some(), row.passing);
            assert!(result.as_object().unwrap().values().all(Value::is_string));

            let now = host.timestamp();
            let decoded = response::decode(&DESCRIBE_FACE_VERIFY, answer.response(), now).unwrap();
            let Decoded::Describe(decoded) = decoded else {
                panic!("not a description")
            };
            let expected = if row.passing {
                Status::Passed
            } else {
                Status::Rejected
            };
            assert_eq!(decoded.status, expected, "{}", row.code);
        }
    }
    assert_eq!(SUB_CODES.len(), 13);
}

#[test]
fn every_error_of_the_gateway() {
    for error in GATEWAY_ERRORS {
        let mut host = Host::new();
        let fault = format!(r#"{{"kind":"error","code":"{}"}}"#, error.code);
        assert_eq!(host.control("POST", "faults", &fault).status(), 201);
        let answer = host.init(start());
        assert_eq!(answer.verdict(), format!("{} {}", error.status, error.code));
        assert_eq!(answer.message(), error.message);
        assert!(
            host.init(start()).code() == "200",
            "{} hits one request",
            error.code
        );
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
