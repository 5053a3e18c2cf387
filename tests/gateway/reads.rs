//! Reads of orders that have a verdict, and of orders whose settings have changed since.

use crate::host::{Host, NOW, json_answer, request, signed, start, variables};
use cloudauth_edge::client::call::{Loss, Outcome};
use cloudauth_edge::gateway::reply::Reply;
use cloudauth_edge::http::{OutgoingRequest, header};
use cloudauth_edge::signing::acs3::hex_sha256;
use serde_json::{Value, json};

const HOUR: i64 = 3_600_000;
const ROUTE: &str = "/v1/face-verifications";
const ORDER: &str = "e0c34a77f5ac40a5aa5e6ed20c353888";
const KEY: (&str, &str) = ("gwk-shop-1", "a-secret-of-the-shop");

fn host() -> Host {
    let callers = json!([{
        "id": "shop",
        "tokenSha256": [hex_sha256(b"a token")],
        "keyPairs": [{"accessKeyId": KEY.0, "secretSetting": "GATEWAY_KEY_SHOP"}],
        "scopes": ["create", "read", "read:material"],
    }]);
    Host::new(variables(&[
        ("GATEWAY_MODE", "development"),
        ("GATEWAY_CALLERS", &callers.to_string()),
        ("GATEWAY_KEY_SHOP", KEY.1),
        ("GATEWAY_PHOTO", "stream"),
        ("CLOUDAUTH_SCENE_ID", "1000000006"),
        ("CLOUDAUTH_MAX_ATTEMPTS", "1"),
    ]))
}

fn service(code: &str) -> Outcome {
    json_answer(200, &json!({"Code": code, "RequestId": "r"}))
}

fn nobody(_: &OutgoingRequest) -> Outcome {
    panic!("nobody is asked");
}

fn post(host: &mut Host) -> Reply {
    let answer = json!({"Code": "200", "ResultObject": {"CertifyId": "certify1"}});
    let arrival = start("a token", ROUTE, ORDER);
    host.handle(arrival, &mut |_| json_answer(200, &answer)).1
}

fn get(
    host: &mut Host,
    path: &str,
    upstream: &mut dyn FnMut(&OutgoingRequest) -> Outcome,
) -> Reply {
    let headers = [("authorization", "Bearer a token")];
    let target = format!("{ROUTE}/{ORDER}{path}");
    host.handle(request("GET", &target, &headers, b""), upstream)
        .1
}

fn body(reply: &Reply) -> Value {
    serde_json::from_str(&reply.body).unwrap()
}

/// A host on which the order has this verdict.
fn decided(passed: &str) -> Host {
    let mut host = host();
    assert_eq!(post(&mut host).status, 201);
    let verdict = json!({"Code": "200", "ResultObject": {"Passed": passed, "SubCode": "200"}});
    get(&mut host, "", &mut |_| json_answer(200, &verdict));
    host
}

/// A host on which the order has expired.
fn expired() -> Host {
    let mut host = host();
    assert_eq!(post(&mut host).status, 201);
    host.now += HOUR;
    host.alarm("shop", &mut |_| service("424"));
    host
}

#[test]
fn an_expired_verification_that_stays_unfinished_contradicts_nothing() {
    for code in ["424", "403", "406"] {
        let mut host = expired();
        let reply = get(&mut host, "", &mut |_| service(code));
        assert_eq!(
            (reply.status, reply.outcome.as_str()),
            (200, "expired"),
            "{code}"
        );
        assert_eq!(body(&reply)["status"], "expired");
        // The user has not finished, so there is no material that could be unavailable.
        assert_eq!(body(&reply).get("materialUnavailable"), None, "{code}");
    }
    let passed = json!({"Code": "200", "ResultObject": {"Passed": "T", "SubCode": "200"}});
    let reply = get(&mut expired(), "", &mut |_| json_answer(200, &passed));
    assert_eq!(reply.outcome, "verdict-contradicted");
    assert_eq!(body(&reply)["status"], "expired");
}

/// Two requests query; the later response is that the user has not finished, because its query was sent earlier.
#[test]
fn an_older_query_without_a_verdict_contradicts_nothing() {
    for code in ["424", "403"] {
        let mut host = decided("T");
        let reply = get(&mut host, "?material=true", &mut |_| service(code));
        assert_eq!(reply.outcome, "material-unavailable", "{code}");
        assert_eq!(body(&reply)["status"], "passed");
        assert_eq!(body(&reply)["materialUnavailable"], true);
        // The photo exists, although that query was too early to receive it.
        let reply = get(&mut host, "/photo", &mut |_| service(code));
        assert_eq!(
            (reply.status, reply.outcome.as_str()),
            (502, "upstream-failed")
        );
    }
    let rejected = json!({"Code": "200", "ResultObject": {"Passed": "F", "SubCode": "204"}});
    let reply = get(&mut decided("T"), "", &mut |_| json_answer(200, &rejected));
    assert_eq!(reply.outcome, "verdict-contradicted");
}

#[test]
fn a_photo_that_cannot_be_asked_for_now_is_not_called_missing() {
    type Fails = fn() -> Outcome;
    let table: [(Fails, u16, &str); 4] = [
        (|| service("500"), 502, "upstream-failed"),
        (|| Outcome::Lost(Loss::TimedOut), 504, "upstream-timeout"),
        (
            || json_answer(400, &json!({"Code": "Throttling.User"})),
            503,
            "upstream-throttled",
        ),
        (
            || json_answer(404, &json!({"Code": "InvalidAccessKeyId.NotFound"})),
            502,
            "upstream-refused",
        ),
    ];
    let mut host = decided("T");
    for (fails, status, outcome) in table {
        let reply = get(&mut host, "/photo", &mut |_| fails());
        assert_eq!((reply.status, reply.outcome.as_str()), (status, outcome));
    }
    // Alibaba Cloud keeps photos for a limited time, which nobody has to repair.
    let reply = get(&mut host, "/photo", &mut |_| service("406"));
    assert_eq!(
        (reply.status, reply.outcome.as_str()),
        (404, "photo-unavailable")
    );
    host.crowded = true;
    let reply = get(&mut host, "/photo", &mut nobody);
    assert_eq!(reply.outcome, "upstream-throttled");
    host.crowded = false;
    // The verdict itself is known, whatever happens to the material.
    let reply = get(&mut host, "", &mut |_| service("500"));
    assert_eq!(reply.outcome, "material-unavailable");
    assert_eq!(body(&reply)["materialUnavailable"], true);
}

fn described(host: &mut Host, more: &[(&str, &str)], upstream: fn() -> Outcome) -> Reply {
    let tag = host.now.to_string();
    let mut parameters = vec![
        ("Action", "DescribeFaceVerify"),
        ("CertifyId", "certify1"),
        // Not one of the action's parameters; makes every signature different.
        ("RegionId", tag.as_str()),
    ];
    parameters.extend_from_slice(more);
    host.handle(signed(KEY.0, KEY.1, &parameters), &mut |_| upstream())
        .1
}

#[test]
fn an_sdk_is_told_that_the_material_is_missing_for_now() {
    let mut host = decided("T");
    let reply = described(&mut host, &[], || Outcome::Lost(Loss::TimedOut));
    assert_eq!(body(&reply)["ResultObject"]["Passed"], "T");
    let note = header(&reply.headers, "x-cloudauth-edge-note");
    assert_eq!(note, Some("MaterialInfo unavailable"));
    let reply = described(&mut host, &[], || {
        json_answer(
            200,
            &json!({"Code": "200", "ResultObject": {"Passed": "T", "SubCode": "200"}}),
        )
    });
    assert_eq!(header(&reply.headers, "x-cloudauth-edge-note"), None);
}

#[test]
fn another_default_scene_changes_no_order() {
    let mut host = decided("T");
    host.variables
        .retain(|(name, _)| name != "CLOUDAUTH_SCENE_ID");
    host.variables
        .extend(variables(&[("CLOUDAUTH_SCENE_ID", "1000000007")]));
    assert_eq!(post(&mut host).outcome, "repeated");
    let fresh = || {
        json_answer(
            200,
            &json!({"Code": "200", "ResultObject": {"Passed": "T", "SubCode": "200"}}),
        )
    };
    for (scene, code) in [
        (&[][..], "200"),
        (&[("SceneId", "1000000006")], "200"),
        (&[("SceneId", "1000000007")], "406"),
    ] {
        let reply = described(&mut host, scene, fresh);
        assert_eq!(body(&reply)["Code"], code, "{scene:?}");
    }
    // A request that names another scene is another request.
    for (scene, outcome) in [("1000000006", "repeated"), ("1000000007", "order-conflict")] {
        let mut arrival = start("a token", ROUTE, ORDER);
        let mut order: Value = serde_json::from_slice(&arrival.body).unwrap();
        order["sceneId"] = json!(scene);
        arrival.body = order.to_string().into_bytes();
        assert_eq!(host.handle(arrival, &mut nobody).1.outcome, outcome);
    }
}

#[test]
fn an_order_has_one_time_of_creation() {
    let mut host = host();
    let certified = json!({"Code": "200", "ResultObject": {"CertifyId": "certify1"}});
    let arrival = start("a token", ROUTE, ORDER);
    // Alibaba Cloud's clock is ahead.
    let (_, reply) = host.handle(arrival, &mut |_| {
        crate::host::dated(json_answer(200, &certified), NOW + 60_000)
    });
    let created = body(&reply)["createdAt"].as_str().unwrap().to_owned();
    let read = get(&mut host, "", &mut |_| service("424"));
    assert_eq!(body(&read)["createdAt"], created);
    let headers = [("authorization", "Bearer a token")];
    let list = request("GET", &format!("{ROUTE}?from={created}"), &headers, b"");
    let (_, list) = host.handle(list, &mut nobody);
    assert_eq!(body(&list)["items"].as_array().unwrap().len(), 1);
}

#[test]
fn an_sdk_is_told_whether_a_parameter_is_missing_or_wrong() {
    let mut host = decided("T");
    let mut code = |certify_id: Option<&str>| {
        let mut parameters = vec![("Action", "DescribeFaceVerify")];
        parameters.extend(certify_id.map(|id| ("CertifyId", id)));
        let reply = host
            .handle(signed(KEY.0, KEY.1, &parameters), &mut nobody)
            .1;
        body(&reply)["Code"].clone()
    };
    assert_eq!(code(None), "400");
    assert_eq!(code(Some("not one")), "401");
}

#[test]
fn temporary_credentials_of_alibaba_cloud_open_no_gateway() {
    let mut host = decided("T");
    let token = ("SecurityToken", "a token of STS");
    let reply = described(&mut host, &[token], || panic!("sent"));
    assert_eq!(
        body(&reply)["Code"],
        "InvalidSecurityToken.MismatchWithAccessKey"
    );
}

#[test]
fn a_crowded_gateway_asks_an_sdk_to_wait() {
    let mut host = host();
    post(&mut host);
    host.crowded = true;
    let reply = described(&mut host, &[], || panic!("sent"));
    assert_eq!(header(&reply.headers, "x-acs-retry-after"), Some("1000"));
}

/// The order could never be read, so it must not look like one that can.
#[test]
fn a_certify_id_that_cannot_be_queried_leaves_the_outcome_unknown() {
    for certify_id in ["not a CertifyId", "x\u{0}"] {
        let mut host = host();
        let answer = json!({"Code": "200", "ResultObject": {"CertifyId": certify_id}});
        let arrival = start("a token", ROUTE, ORDER);
        let reply = host.handle(arrival, &mut |_| json_answer(200, &answer)).1;
        assert_eq!(reply.outcome, "certify-id-malformed", "{certify_id}");
        assert_eq!(body(&reply)["code"], "start-outcome-unknown");
        let read = get(&mut host, "", &mut nobody);
        assert_eq!(body(&read)["code"], "start-outcome-unknown");
    }
}

#[test]
fn the_address_of_the_web_page_ends_with_the_verdict() {
    let mut host = host();
    let url = "https://t.aliyun.com/page";
    let answer =
        json!({"Code": "200", "ResultObject": {"CertifyId": "certify1", "CertifyUrl": url}});
    let arrival = start("a token", ROUTE, ORDER);
    host.handle(arrival, &mut |_| json_answer(200, &answer));
    let stored = |host: &Host| host.rows["shop"][&format!("order/{ORDER}")].contains(url);
    assert!(stored(&host));
    let verdict = json!({"Code": "200", "ResultObject": {"Passed": "T", "SubCode": "200"}});
    get(&mut host, "", &mut |_| json_answer(200, &verdict));
    assert!(!stored(&host));
}
