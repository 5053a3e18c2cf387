//! Tests how responses of Alibaba Cloud and of proxies are decoded.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use cloudauth_edge::actions::{Action, DESCRIBE_FACE_VERIFY, INIT_FACE_VERIFY};
use cloudauth_edge::client::response::{
    Answer, DescribeResult, Failure, InitResult, Status, decode,
};
use cloudauth_edge::error::{Audience, Kind};
use cloudauth_edge::http::Response;
use cloudauth_edge::json::{Json, Number};
use cloudauth_edge::timestamp::Timestamp;
use cloudauth_edge::vendor::codes::{self, Meaning, UsedBy};
use proptest::prelude::*;
use serde_json::{Value, json};

fn answer(
    action: &'static Action,
    status: u16,
    body: impl AsRef<[u8]>,
) -> Result<Answer, Box<Failure>> {
    let response = Response {
        status,
        headers: vec![("X-Acs-Request-Id".into(), "000000000000FEED".into())],
        body: body.as_ref().to_vec(),
    };
    let now = Timestamp::parse_iso8601("2026-11-23T00:00:00Z").unwrap();
    decode(action, &response, now)
}

fn init(body: &Value) -> Result<InitResult, Box<Failure>> {
    answer(&INIT_FACE_VERIFY, 200, body.to_string()).map(|answer| match answer {
        Answer::Init(result) => *result,
        Answer::Describe(_) => panic!("the other action's result"),
    })
}

fn describe_raw(status: u16, body: impl AsRef<[u8]>) -> Result<DescribeResult, Box<Failure>> {
    answer(&DESCRIBE_FACE_VERIFY, status, body).map(|answer| match answer {
        Answer::Describe(result) => *result,
        Answer::Init(_) => panic!("the other action's result"),
    })
}

fn describe(result_object: Value) -> Result<DescribeResult, Box<Failure>> {
    let body = json!({
        "RequestId": "130A2C10-B9EE-4D84-88E3-5384FF039795",
        "Message": "success",
        "Code": "200",
        "ResultObject": result_object,
    });
    describe_raw(200, body.to_string())
}

/// MaterialInfo as in Alibaba Cloud's documentation.
const MATERIAL: &str = r#"{"faceAttack": "F","faceOcclusion": "F","facialPictureFront": {"qualityScore": 88.3615493774414,"pictureUrl": "https://cn-shanghai-aliyun-cloudauth-xxxxxx.oss-cn-shanghai.aliyuncs.com/verify/xxxxx/xxxxx.jpeg","ossBucketName": "cn-shanghai-aliyun-cloudauth-1260051251634779","ossObjectName": "verify/1260051251634779/6ba7bcfccf33f56cdb44ed086f36ce3e0.jpeg"}}"#;

fn parsed(json: &Json) -> Value {
    serde_json::from_str(json.as_str()).unwrap()
}

#[test]
fn decodes_the_documented_init_response() {
    let result = init(&json!({
        "RequestId": "130A2C10-B9EE-4D84-88E3-5384FF039795", "Message": "success", "Code": "200",
        "ResultObject": {"CertifyId": "91707dc296d469ad38e4c5efa6a0f24b"},
    }))
    .unwrap();
    assert_eq!(result.certify_id, "91707dc296d469ad38e4c5efa6a0f24b");
    assert_eq!(result.certify_url, None);
    assert_eq!(
        result.request_id.as_deref(),
        Some("130A2C10-B9EE-4D84-88E3-5384FF039795")
    );
}

#[test]
fn decodes_the_documented_describe_response() {
    let result = describe(json!({
        "Passed": "T", "SubCode": "200", "IdentityInfo": "null",
        "DeviceToken": "McozS1ZWRcRZStlERcZZo_QOytx5jcgZoZJEoRLOxxxxxxx",
        "MaterialInfo": MATERIAL,
    }))
    .unwrap();
    assert_eq!(result.status, Status::Passed);
    assert_eq!(result.sub_code.as_deref(), Some("200"));
    assert_eq!(result.identity_info, None);
    let material = result.material.unwrap();
    assert_eq!(material.face_attack, Some(false));
    assert_eq!(material.face_occlusion, Some(false));
    let picture = material.facial_picture_front.unwrap();
    assert_eq!(
        picture.quality_score.as_ref().map(Number::as_str),
        Some("88.3615493774414")
    );
    assert!(picture.picture_url.unwrap().ends_with("/xxxxx.jpeg"));
    assert_eq!(
        picture.picture_url_expires_at.as_deref(),
        Some("2026-11-23T00:15:00Z")
    );
    assert_eq!(
        picture.oss_bucket_name.as_deref(),
        Some("cn-shanghai-aliyun-cloudauth-1260051251634779")
    );
}

#[test]
fn takes_numbers_where_gateways_send_them() {
    let result = init(&json!({"Code": 200, "ResultObject": {"CertifyId": "sha1"}})).unwrap();
    assert_eq!(result.certify_id, "sha1");
    assert_eq!(result.request_id.as_deref(), Some("000000000000FEED"));
    let result = describe(json!({"Passed": "F", "SubCode": 205})).unwrap();
    assert_eq!(result.sub_code_info.unwrap().billed, Some(true));
}

#[test]
fn nothing_is_null_in_every_spelling() {
    for nothing in [json!("null"), json!(""), json!(" "), json!(null)] {
        let result = describe(json!({
            "Passed": "T", "SubCode": "200", "IdentityInfo": nothing, "MaterialInfo": nothing,
            "UserInfo": nothing,
        }))
        .unwrap();
        assert_eq!(result.identity_info, None);
        assert!(result.material.is_none());
        assert_eq!(result.user_info, None);
    }
    for nothing in [json!("null"), json!(""), json!(null)] {
        let material =
            json!({"facialPictureFront": {"ossBucketName": nothing, "ossObjectName": "o"}});
        let result = describe(json!({
            "Passed": "T", "SubCode": "200", "MaterialInfo": material.to_string(),
        }))
        .unwrap();
        let picture = result.material.unwrap().facial_picture_front.unwrap();
        assert_eq!(picture.oss_bucket_name, None, "{nothing}");
        assert_eq!(picture.oss_object_name.as_deref(), Some("o"));
    }
}

#[test]
fn keeps_what_it_does_not_know() {
    let result = describe(json!({
        "Passed": "T", "SubCode": "200", "New": {"a": 1}, "DeviceRisk": "ROOT, VPN",
        "MaterialInfo": r#"{"faceAge": 30, "facialPictureFront": {"newScore": 1}}"#,
        "UserInfo": r#"{"number": "x"}"#,
    }))
    .unwrap();
    assert_eq!(parsed(&result.raw)["New"]["a"], 1);
    assert_eq!(result.device_risk, ["ROOT", "VPN"]);
    assert_eq!(parsed(&result.user_info.unwrap()), json!({"number": "x"}));
    let material = result.material.unwrap();
    assert_eq!(parsed(&material.raw)["faceAge"], 30);
    assert_eq!(parsed(&material.raw)["facialPictureFront"]["newScore"], 1);
    assert_eq!(material.face_attack, None);
}

#[test]
fn unreadable_material_loses_no_verdict() {
    for material in [json!("{"), json!("[1]"), json!(42), json!(true)] {
        let result =
            describe(json!({"Passed": "F", "SubCode": "205", "MaterialInfo": material})).unwrap();
        assert_eq!(result.status, Status::Rejected);
        assert!(result.material.is_none());
    }
}

#[test]
fn a_member_that_is_there_twice_gives_no_verdict() {
    let whole =
        |code: &str, result: &str| ["{", code, ",\"ResultObject\":{", result, "}}"].concat();
    let once = r#""Code":"200""#;
    for (expected, body) in [
        (
            "UnreadableVerdict",
            whole(once, r#""Passed":"F","Passed":"T","SubCode":"200""#),
        ),
        (
            "UnreadableVerdict",
            whole(once, r#""Passed":"T","Passed":"F","SubCode":"205""#),
        ),
        (
            "UnreadableVerdict",
            whole(once, r#""Passed":"T","SubCode":"205","SubCode":"200""#),
        ),
        (
            "UnreadableVerdict",
            whole(once, r#""Passed":"T","SubCode":"205","Sub\u0043ode":"200""#),
        ),
        (
            "UnreadableVerdict",
            whole(once, r#""Passed":"F","SubCode":"205","SubCode":"206""#),
        ),
        (
            "UnreadableVerdict",
            whole(
                once,
                r#""Passed":"T","MaterialInfo":{"faceAttack":"T"},"MaterialInfo":"""#,
            ),
        ),
        (
            "UnreadableVerdict",
            whole(
                once,
                r#""Passed":"T","MaterialInfo":{"faceAttack":"T","faceAttack":"F"}"#,
            ),
        ),
        (
            "UnreadableVerdict",
            whole(once, r#""Passed":"T","Success":"False","Success":"True""#),
        ),
        (
            "RepeatedMember",
            whole(r#""Code":"403","Code":"200""#, r#""Passed":"T""#),
        ),
        (
            "RepeatedMember",
            whole(r#""Code":"200","Code":"403""#, r#""Passed":"T""#),
        ),
        (
            "RepeatedMember",
            whole(
                r#""Code":"200","ResultObject":{"Passed":"F"}"#,
                r#""Passed":"T""#,
            ),
        ),
        (
            "ContradictoryVerdict",
            whole(r#""Code":"200","Success":false"#, r#""Passed":"T""#),
        ),
        (
            "UnreadableVerdict",
            whole(r#""Code":"200","Success":[]"#, r#""Passed":"T""#),
        ),
    ] {
        let error = describe_raw(200, &body).unwrap_err().error;
        assert_eq!(error.code, expected, "{body}");
    }
    assert!(
        describe_raw(
            200,
            whole(r#""Code":"200","Success":true"#, r#""Passed":"T""#)
        )
        .is_ok()
    );
    let twice = whole(once, r#""CertifyId":"one","CertifyId":"other""#);
    let error = answer(&INIT_FACE_VERIFY, 200, &twice).unwrap_err().error;
    assert_eq!(error.code, "NoCertifyId");
}

#[test]
fn only_an_uncontradicted_t_is_passed() {
    for passing in [
        json!({"Passed": "T", "SubCode": "200"}),
        json!({"Passed": "T", "SubCode": "210"}),
        json!({"Passed": "T"}),
        json!({"Passed": "T", "SubCode": 200}),
        json!({"Passed": "T", "SubCode": null, "Success": null}),
        json!({"Passed": "T", "SubCode": "200", "Success": "True"}),
        json!({"Passed": "T", "SubCode": "200", "Success": true}),
        json!({"Passed": "T", "SubCode": "200", "MaterialInfo": {"faceAttack": null}}),
    ] {
        assert_eq!(describe(passing).unwrap().status, Status::Passed);
    }
    for contradicted in [
        json!({"Passed": "T", "SubCode": "205"}),
        json!({"Passed": "T", "SubCode": "299"}),
        json!({"Passed": "T", "SubCode": " 200"}),
        json!({"Passed": "T", "SubCode": "200", "MaterialInfo": "{\"faceAttack\":\"T\"}"}),
        json!({"Passed": "T", "SubCode": "200", "Success": "False"}),
        json!({"Passed": "T", "SubCode": "200", "Success": false}),
        json!({"Passed": "T", "SubCode": "200", "MaterialInfo": {"faceAttack": "T"}}),
    ] {
        let failure = describe(contradicted).unwrap_err();
        assert_eq!(failure.error.code, "ContradictoryVerdict");
        assert_eq!(failure.error.kind, Kind::Protocol);
    }
    for unreadable in [
        json!({"Passed": "T", "SubCode": 205.0}),
        json!({"Passed": "T", "SubCode": ["205"]}),
        json!({"Passed": "T", "SubCode": {}}),
        json!({"Passed": "T", "SubCode": false}),
        json!({"Passed": "T", "SubCode": -205}),
        json!({"Passed": "T", "SubCode": "200", "Success": {}}),
        json!({"Passed": "T", "SubCode": "200", "Success": "no"}),
        json!({"Passed": "T", "SubCode": "200", "Success": 0}),
        json!({"Passed": "T", "SubCode": "200", "MaterialInfo": "{"}),
        json!({"Passed": "T", "SubCode": "200", "MaterialInfo": "{\"faceAttack\":\"T\",\"facialPict"}),
        json!({"Passed": "T", "SubCode": "200", "MaterialInfo": "[1]"}),
        json!({"Passed": "T", "SubCode": "200", "MaterialInfo": "\"faceAttack\""}),
        json!({"Passed": "T", "SubCode": "200", "MaterialInfo": ["faceAttack"]}),
        json!({"Passed": "T", "SubCode": "200", "MaterialInfo": true}),
        json!({"Passed": "T", "SubCode": "200", "MaterialInfo": "{\"faceAttack\":true}"}),
        json!({"Passed": "T", "SubCode": "200", "MaterialInfo": {"faceAttack": true}}),
        json!({"Passed": "T", "SubCode": "200", "MaterialInfo": {"faceAttack": "true"}}),
        json!({"Passed": "T", "SubCode": "200", "MaterialInfo": {"faceAttack": 1}}),
        json!({"Passed": "T", "SubCode": "200", "MaterialInfo": {"faceAttack": ["T"]}}),
    ] {
        let shown = unreadable.to_string();
        let failure = describe(unreadable).unwrap_err();
        assert_eq!(failure.error.code, "UnreadableVerdict", "{shown}");
        assert_eq!(failure.error.kind, Kind::Protocol);
    }
    for none in [
        json!({}),
        json!(null),
        json!("T"),
        json!({"Passed": "t", "SubCode": "200"}),
        json!({"Passed": "T ", "SubCode": "200"}),
        json!({"Passed": true, "SubCode": "200"}),
        json!({"Passed": null, "SubCode": "200"}),
        json!({"passed": "T", "SubCode": "200"}),
        json!({"SubCode": "200"}),
    ] {
        assert_eq!(describe(none).unwrap_err().error.code, "NoVerdict");
    }
    for rejected in [
        json!({"Passed": "F", "SubCode": "206"}),
        json!({"Passed": "F", "SubCode": "200"}),
        json!({"Passed": "F"}),
        json!({"Passed": "F", "SubCode": "299"}),
    ] {
        let result = describe(rejected).unwrap();
        assert_eq!(result.status, Status::Rejected);
        // The meaning of SubCode 200 is that the user has passed.
        assert!(result.sub_code_info.is_none_or(|known| !known.passing));
    }
}

#[test]
fn success_with_an_error_status_is_not_trusted() {
    let body = json!({"Code": "200", "ResultObject": {"Passed": "T", "SubCode": "200"}});
    let failure = describe_raw(500, body.to_string()).unwrap_err();
    assert_eq!(failure.error.code, "ContradictoryStatus");
}

#[test]
fn no_result_yet_with_an_error_status_is_not_trusted() {
    for (status, code) in [(403, json!(403)), (502, json!("424")), (302, json!("424"))] {
        let body = json!({"Code": code, "Message": "Forbidden"});
        let error = describe_raw(status, body.to_string()).unwrap_err().error;
        assert_eq!(error.code, "ContradictoryStatus", "{status}");
        assert!(error.retryable);
    }
}

/// Decodes every Code of every table.
#[test]
fn every_code_means_what_its_table_says() {
    for (action, own) in [
        (&INIT_FACE_VERIFY, UsedBy::Init),
        (&DESCRIBE_FACE_VERIFY, UsedBy::Describe),
    ] {
        for known in codes::CODES {
            let body =
                json!({"Code": known.code, "Message": known.vendor_message, "RequestId": "R"});
            let decoded = answer(action, 200, body.to_string());
            let ours = known.used_by == UsedBy::Both || known.used_by == own;
            match (known.meaning, ours) {
                (Meaning::Pending, true) => {
                    let Ok(Answer::Describe(result)) = decoded else {
                        panic!("{} is not pending", known.code);
                    };
                    assert_eq!(result.status, Status::Pending);
                }
                (Meaning::Success, _) => {
                    let error = decoded.unwrap_err().error;
                    assert!(["NoCertifyId", "NoVerdict"].contains(&error.code.as_str()));
                }
                (Meaning::Failure, true) => {
                    let error = decoded.unwrap_err().error;
                    assert_eq!(
                        (error.kind, error.code.as_str()),
                        (Kind::Vendor, known.code)
                    );
                    assert_eq!(
                        (error.audience, error.retryable),
                        (known.audience, known.retryable)
                    );
                    assert_eq!(error.http_status, Some(200));
                }
                // A Code of the other action is unknown for this one.
                (_, false) => {
                    let error = decoded.unwrap_err().error;
                    assert_eq!(
                        (error.kind, error.audience),
                        (Kind::Vendor, Audience::Developer)
                    );
                }
            }
        }
    }
}

#[test]
fn a_sub_code_of_no_table_is_named_as_that() {
    let verdict = json!({"Passed": "T", "SubCode": "299"});
    let error = describe(verdict).unwrap_err().error;
    assert_eq!(error.code, "ContradictoryVerdict");
    assert!(
        error
            .message
            .en
            .contains("SubCode that this version does not know")
    );
    let error = describe(json!({"Passed": "T", "SubCode": "205"}))
        .unwrap_err()
        .error;
    assert!(!error.message.en.contains("does not know"));
}

#[test]
fn the_api_gateways_codes_have_their_kind() {
    for (status, code, kind, retryable) in [
        (400, "SignatureDoesNotMatch", Kind::Signature, false),
        (400, "IncompleteSignature", Kind::Signature, false),
        (400, "InvalidTimeStamp.Expired", Kind::Signature, false),
        (400, "SignatureNonceUsed", Kind::Signature, true),
        (404, "InvalidAccessKeyId.NotFound", Kind::Credentials, false),
        (
            400,
            "InvalidSecurityToken.Expired",
            Kind::Credentials,
            false,
        ),
        (403, "Forbidden.RAM", Kind::Credentials, false),
        (403, "NoPermission", Kind::Credentials, false),
        (400, "Throttling", Kind::Throttled, true),
        (429, "Throttling.User", Kind::Throttled, true),
        (400, "Throttling.Api", Kind::Throttled, true),
        (429, "Teapot", Kind::Throttled, true),
        (503, "ServiceUnavailable", Kind::Vendor, true),
        (500, "InternalError", Kind::Vendor, true),
        (500, "UnknownError", Kind::Vendor, true),
        (404, "InvalidAction.NotFound", Kind::Vendor, false),
        (400, "MissingSceneId", Kind::Vendor, false),
    ] {
        let body = json!({"Code": code, "Message": "m", "RequestId": "R", "HostId": "h"});
        let error = describe_raw(status, body.to_string()).unwrap_err().error;
        assert_eq!((error.kind, error.retryable), (kind, retryable), "{code}");
        assert_eq!(error.code, code);
        assert_eq!(error.http_status, Some(status));
    }
}

#[test]
fn reads_errors_in_xml() {
    let body = "<?xml version='1.0' encoding='UTF-8'?><Error><RequestId>130A2C10-B9EE-4D84-88E3-5384FF039795</RequestId><HostId>h</HostId><Code>InvalidAccessKeyId.NotFound</Code><Message>Specified access key is not found.</Message></Error>";
    let error = describe_raw(404, body).unwrap_err().error;
    assert_eq!(error.kind, Kind::Credentials);
    assert_eq!(
        error.request_id.as_deref(),
        Some("130A2C10-B9EE-4D84-88E3-5384FF039795")
    );
}

#[test]
fn an_undocumented_response_is_a_protocol_error() {
    // A truncated response may arrive complete the next time; a complete one stays what it is.
    for (body, code, retryable) in [
        (&b""[..], "EmptyBody", true),
        (b"  \n", "EmptyBody", true),
        (
            b"<html><body>502 Bad Gateway</body></html>",
            "BodyNotJson",
            false,
        ),
        (b"{\"Code\":\"200\",", "BodyNotJson", true),
        (b"[]", "BodyNotJson", false),
        (b"42", "BodyNotJson", false),
        (b"null", "BodyNotJson", false),
        (b"\xFF\xFE{}", "BodyNotUtf8", true),
        (b"\x1F\x8B\x08\x00", "BodyCompressed", false),
        (b"{}", "NoCode", false),
        (b"{\"Code\":null}", "NoCode", false),
        (b"{\"Code\":\"\"}", "NoCode", false),
        (b"{\"Code\":-1}", "NoCode", false),
        (b"{\"Code\":[200]}", "NoCode", false),
    ] {
        for (status, retryable) in [(200, retryable), (502, true), (407, false)] {
            let error = describe_raw(status, body).unwrap_err().error;
            let advised = error.message.en.contains("retry") || error.message.zh.contains("重试");
            assert!(retryable || !advised, "{status} {body:?} {error}");
            assert_eq!(
                (error.kind, error.code.as_str(), error.retryable),
                (Kind::Protocol, code, retryable),
                "{status} {body:?}"
            );
        }
    }
    let deep = "[".repeat(100_000);
    assert_eq!(
        describe_raw(200, deep).unwrap_err().error.code,
        "BodyNotJson"
    );
    let bom = "\u{FEFF}{\"Code\":\"424\"}";
    assert_eq!(describe_raw(200, bom).unwrap().status, Status::Pending);
}

#[test]
fn an_unreadable_response_keeps_its_status_and_request_id() {
    let error = describe_raw(502, "<html>").unwrap_err().error;
    assert_eq!(error.http_status, Some(502));
    assert_eq!(error.request_id.as_deref(), Some("000000000000FEED"));
}

#[test]
fn a_compressed_response_is_named_as_that() {
    for (encoding, body, code) in [
        ("br", &b"\x8B\x02\x80\xFF"[..], "BodyCompressed"),
        ("GZIP", b"\x1F\x8B\x08\x00", "BodyCompressed"),
        (" Identity ", b"\x8B\x02\x80\xFF", "BodyNotUtf8"),
        // Hosts that decompress keep the header.
        ("gzip", b"<html>502 Bad Gateway</html>", "BodyNotJson"),
    ] {
        let response = Response {
            status: 200,
            headers: vec![("Content-Encoding".into(), encoding.into())],
            body: body.to_vec(),
        };
        let now = Timestamp::parse_iso8601("2026-11-23T00:00:00Z").unwrap();
        let failure = decode(&DESCRIBE_FACE_VERIFY, &response, now).unwrap_err();
        assert_eq!(failure.error.code, code, "{encoding}");
    }
}

#[test]
fn either_answer_has_its_request_id() {
    let id = "130A2C10-B9EE-4D84-88E3-5384FF039795";
    for (action, result) in [
        (
            &INIT_FACE_VERIFY,
            json!({"CertifyId": "91707dc296d469ad38e4c5efa6a0f24b"}),
        ),
        (
            &DESCRIBE_FACE_VERIFY,
            json!({"Passed": "T", "SubCode": "200"}),
        ),
    ] {
        let body = json!({"RequestId": id, "Code": "200", "ResultObject": result});
        let answer = answer(action, 200, body.to_string()).unwrap();
        assert_eq!(answer.request_id(), Some(id));
    }
}

#[test]
fn only_an_internal_error_leaves_open_whether_anything_was_started() {
    for (code, not_executed) in [("500", false), ("401", true), ("411", true)] {
        let failure = init(&json!({"Code": code, "Message": "m"})).unwrap_err();
        assert_eq!(failure.not_executed, not_executed, "{code}");
    }
}

#[test]
fn only_an_error_about_the_signature_has_the_servers_text() {
    // As in Alibaba Cloud's responses.
    let message = "Specified signature is not matched with our calculation. server string to sign is:GET&%2F&AccessKeyId%3Dtestid";
    let escaped = message.replace('&', "&amp;");
    for (code, text) in [
        (
            "SignatureDoesNotMatch",
            Some("GET&%2F&AccessKeyId%3Dtestid"),
        ),
        ("Forbidden.RAM", None),
    ] {
        let json = json!({"Code": code, "Message": message}).to_string();
        let xml = format!("<Error><Code>{code}</Code><Message>{escaped}</Message></Error>");
        for body in [json, xml] {
            let failure = describe_raw(400, &body).unwrap_err();
            let shown = failure.server_text.map(|text| text.0);
            assert_eq!(shown.as_deref(), text, "{body}");
        }
    }
}

#[test]
fn a_code_or_id_of_impossible_shape_is_not_passed_on() {
    for code in [
        "张三 was here",
        "张",
        "110105194912310021",
        "11010519491231002X",
    ] {
        let body = json!({"Code": code, "RequestId": "<script>alert(1)</script>"});
        let error = describe_raw(400, body.to_string()).unwrap_err().error;
        assert_eq!(error.code, "Unknown", "{code}");
        assert_eq!(error.request_id.as_deref(), Some("000000000000FEED"));
    }
}

#[test]
fn nothing_printed_shows_the_result() {
    let result =
        describe(json!({"Passed": "T", "SubCode": "200", "MaterialInfo": MATERIAL})).unwrap();
    let shown = format!("{result:?} {:?}", result.material);
    assert!(!shown.contains("oss-cn-shanghai"), "{shown}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_bytes_panic_or_pass(status in 100..600_u16, body in proptest::collection::vec(any::<u8>(), 0..300)) {
        for action in [&INIT_FACE_VERIFY, &DESCRIBE_FACE_VERIFY] {
            prop_assert!(answer(action, status, &body).is_err());
        }
    }

    /// Mutates a passing response: whatever is still decoded as `passed` still contains `T` and a
    /// passing SubCode.
    #[test]
    fn no_damage_makes_a_pass(at in 0..2_000_usize, byte in any::<u8>(), cut in 0..2_000_usize) {
        let mut body = json!({
            "Code": "200", "Message": "success", "RequestId": "R",
            "ResultObject": {"Passed": "F", "SubCode": "205", "MaterialInfo": MATERIAL},
        })
        .to_string()
        .into_bytes();
        let length = body.len();
        body[at % length] = byte;
        body.truncate(length - cut % 3);
        if let Ok(result) = describe_raw(200, &body) {
            prop_assert_ne!(result.status, Status::Passed);
        }
    }
}
