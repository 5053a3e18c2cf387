//! Tests whether the gateway distinguishes a key that works from one that does not, with one call for
//! many requests.

use crate::host::{Host, NOW, json_answer, request, variables};
use cloudauth_edge::client::call::{Loss, Outcome};
use cloudauth_edge::gateway::ledger::commit::Next;
use cloudauth_edge::gateway::reply::Reply;
use cloudauth_edge::http::OutgoingRequest;
use cloudauth_edge::signing::acs3::hex_sha256;
use cloudauth_edge::signing::encode::parse_form;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const PATH: &str = "/readyz/vendor";
const REQUEST_ID: &str = "04F0F334-1335-436C-A1D7-6C044FE73368";

fn host() -> Host {
    let callers = json!([{
        "id": "shop",
        "tokenSha256": [hex_sha256(b"a token")],
        "tokens": [
            { "sha256": hex_sha256(b"support"), "scopes": ["read"] },
            { "sha256": hex_sha256(b"start"), "scopes": ["create"] },
        ],
    }]);
    Host::new(variables(&[
        ("GATEWAY_MODE", "development"),
        ("GATEWAY_CALLERS", &callers.to_string()),
        ("CLOUDAUTH_SCENE_ID", "1000000007"),
        ("CLOUDAUTH_MAX_ATTEMPTS", "1"),
    ]))
}

fn ask(host: &mut Host, upstream: &mut dyn FnMut(&OutgoingRequest) -> Outcome) -> (Reply, Value) {
    let headers = [("authorization", "Bearer support")];
    let (_, reply) = host.handle(request("GET", PATH, &headers, b""), upstream);
    let body = serde_json::from_str(&reply.body).unwrap();
    (reply, body)
}

fn certify_id(sent: &OutgoingRequest) -> String {
    let form = parse_form(sent.body.as_deref().unwrap().as_bytes()).unwrap();
    let value = |name: &str| {
        let (_, value) = form.iter().find(|(known, _)| known == name).unwrap();
        value.clone()
    };
    assert_eq!(value("Action"), "DescribeFaceVerify");
    assert_eq!(value("SceneId"), "1000000007");
    value("CertifyId")
}

/// What Alibaba Cloud's documents say about each code.
#[test]
fn a_code_says_whether_the_key_works() {
    for (http, code, status) in [
        (200, "406", "works"),
        // It may also know the CertifyId of nobody as one that is not finished.
        (200, "424", "works"),
        (200, "403", "works"),
        (404, "InvalidAccessKeyId.NotFound", "key-refused"),
        (404, "InvalidAccessKeyId.Inactive", "key-refused"),
        (403, "Forbidden.AccessKeyDisabled", "key-refused"),
        (400, "SignatureDoesNotMatch", "key-refused"),
        (400, "InvalidSecurityToken.Expired", "key-refused"),
        (403, "Forbidden.RAM", "no-permission"),
        (403, "NoPermission", "no-permission"),
        (403, "Forbidden.IpNotAllowed", "no-permission"),
        (
            400,
            "InvalidAccountStatus.NotEnoughBalance",
            "not-activated",
        ),
        (200, "411", "no-permission"),
        (200, "404", "scene-unknown"),
        (200, "410", "not-activated"),
        (200, "412", "not-activated"),
        // These say nothing about the key.
        (200, "500", "failed"),
        (200, "401", "failed"),
        (400, "InvalidTimeStamp.Expired", "failed"),
        (400, "Throttling.User", "failed"),
        (503, "ServiceUnavailable", "failed"),
        (400, "ContentMD5NotMatched", "failed"),
        (400, "Something.New", "failed"),
        (404, "InvalidAction.NotFound", "failed"),
    ] {
        let answer = json!({"Code": code, "Message": "planted", "RequestId": REQUEST_ID});
        let (reply, body) = ask(&mut host(), &mut |_| json_answer(http, &answer));
        let expected = if status == "works" { 200 } else { 503 };
        assert_eq!(
            (reply.status, &body["status"]),
            (expected, &json!(status)),
            "{code}"
        );
        assert_eq!(reply.outcome, status);
        assert_eq!(body["sceneId"], "1000000007");
        assert_eq!(body["vendorRequestId"], REQUEST_ID, "{code}");
        assert_eq!(
            reply.vendor_code,
            body["vendorCode"].as_str().map(str::to_owned)
        );
        assert_eq!(reply.vendor_request_id.as_deref(), Some(REQUEST_ID));
        assert!(
            !body["messages"]["zh"].as_str().unwrap().is_ascii(),
            "{code}"
        );
        assert!(
            body["messages"]["en"].as_str().unwrap().is_ascii(),
            "{code}"
        );
        assert!(!reply.body.contains("planted"), "{code}");
        // The developer of a caller has no part in this request.
        assert!(!reply.body.contains("developer"), "{code}: {}", reply.body);
        assert!(!reply.body.contains("开发者"), "{code}: {}", reply.body);
        let accepts = "Alibaba Cloud accepts the gateway's key and scene.";
        assert_eq!(
            body["messages"]["en"] == accepts,
            status == "works",
            "{code}"
        );
    }
    for lost in [
        Loss::TimedOut,
        Loss::NotConnected,
        Loss::ConnectionFailed { code: None },
    ] {
        let (reply, body) = ask(&mut host(), &mut |_| Outcome::Lost(lost.clone()));
        assert_eq!(
            (reply.status, &body["status"]),
            (503, &json!("unreachable"))
        );
    }
    let (_, body) = ask(&mut host(), &mut |_| json_answer(200, &json!([])));
    assert_eq!(body["status"], "failed");
}

#[test]
fn a_result_is_kept_for_ten_seconds() {
    let mut host = host();
    let mut asked = BTreeSet::new();
    let mut answer = |sent: &OutgoingRequest| {
        asked.insert(certify_id(sent));
        json_answer(200, &json!({"Code": "406"}))
    };
    let (_, first) = ask(&mut host, &mut answer);
    host.now = NOW + 9_000;
    let (_, kept) = ask(&mut host, &mut |_| panic!("the result is known"));
    assert_eq!(kept["checkedAt"], first["checkedAt"]);
    host.now = NOW + 20_000;
    host.random = [8; 32];
    let (_, next) = ask(&mut host, &mut answer);
    assert_ne!(next["checkedAt"], first["checkedAt"]);
    // A clock that is set back keeps no result for long.
    host.now = NOW - 60_000;
    host.random = [9; 32];
    ask(&mut host, &mut answer);
    // Nor does a row that this version cannot read.
    let row = host.rows.get_mut("shop").unwrap().get_mut("probe").unwrap();
    row.clear();
    host.random = [10; 32];
    ask(&mut host, &mut answer);
    assert_eq!(asked.len(), 4, "{asked:?}");
}

#[test]
fn requests_share_a_call_which_gives_way_to_verifications() {
    let mut host = host();
    let mut calls = Vec::new();
    for _ in 0..2 {
        let headers = [("authorization", "Bearer support")];
        let (caller, task) = host.task(request("GET", PATH, &headers, b""));
        match host.commit(&caller, &task, None) {
            Next::Send {
                action,
                share,
                yields,
                ..
            } => calls.push((action, share, yields)),
            other => panic!("{other:?}"),
        }
    }
    let (action, share, yields) = calls.pop().unwrap();
    assert!(yields && share.is_some());
    assert_eq!(calls, [(action, share, true)]);
    assert_eq!(action, Some("DescribeFaceVerify"));

    host.crowded = true;
    let (reply, body) = ask(&mut host, &mut |_| panic!("too many calls wait"));
    assert_eq!(
        (reply.status, &body["code"]),
        (503, &json!("upstream-throttled"))
    );
    host.crowded = false;
    // That is not a result.
    let (_, body) = ask(&mut host, &mut |_| {
        json_answer(200, &json!({"Code": "406"}))
    });
    assert_eq!(body["status"], "works");
}

#[test]
fn only_a_token_that_may_read_asks() {
    for (token, status) in [
        ("support", 200),
        ("a token", 200),
        ("start", 403),
        ("other", 401),
    ] {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str())];
        let answer = json!({"Code": "406"});
        let mut host = host();
        let (_, reply) = host.handle(request("GET", PATH, &headers, b""), &mut |_| {
            assert_eq!(status, 200, "{token}");
            json_answer(200, &answer)
        });
        assert_eq!(reply.status, status, "{token}");
    }
    let mut host = host();
    let nobody = request("GET", PATH, &[], b"");
    let (_, reply) = host.handle(nobody, &mut |_| panic!("nobody asks"));
    assert_eq!(reply.status, 401);
}
