//! An endpoint is unreachable. If the host cannot determine that nothing was sent, the start is not
//! repeated at the next endpoint, but later starts begin there.

use crate::host::{Host, json_answer, request, start, variables};
use cloudauth_edge::client::call::{Loss, Outcome};
use cloudauth_edge::gateway::reply::Reply;
use cloudauth_edge::http::OutgoingRequest;
use serde_json::{Value, json};

const FIRST: &str = "http://127.0.0.1:7001";
const SECOND: &str = "http://127.0.0.1:7002";
const MINUTE: i64 = 60_000;

fn host(endpoints: &str) -> Host {
    Host::new(variables(&[
        ("GATEWAY_MODE", "development"),
        ("CLOUDAUTH_ENDPOINTS", endpoints),
    ]))
}

fn two() -> Host {
    host(&format!("{FIRST},{SECOND}"))
}

fn answer(sent: &OutgoingRequest) -> Outcome {
    let starts = sent.body.as_deref().unwrap().contains("InitFaceVerify");
    let body = if starts {
        // A different CertifyId for every nonce.
        let nonce = sent
            .body
            .as_deref()
            .unwrap()
            .split("SignatureNonce=")
            .nth(1);
        let id: String = nonce.unwrap().chars().take(32).collect();
        json!({"Code": "200", "ResultObject": {"CertifyId": id}})
    } else {
        json!({"Code": "424"})
    };
    json_answer(200, &body)
}

/// The first endpoint refuses connections. Like workerd, reports no code for that.
fn first_refuses(sent: &OutgoingRequest) -> Outcome {
    if sent.url.starts_with(FIRST) {
        Outcome::Lost(Loss::ConnectionFailed { code: None })
    } else {
        answer(sent)
    }
}

fn create(
    host: &mut Host,
    number: u32,
    restart: bool,
    upstream: &mut dyn FnMut(&OutgoingRequest) -> Outcome,
) -> Reply {
    let query = if restart { "?restartUnknown=true" } else { "" };
    let target = format!("/v1/face-verifications{query}");
    let arrival = start("dev-token", &target, &format!("{number:032}"));
    host.handle(arrival, upstream).1
}

fn read(
    host: &mut Host,
    number: u32,
    upstream: &mut dyn FnMut(&OutgoingRequest) -> Outcome,
) -> Value {
    let headers = [("authorization", "Bearer dev-token")];
    let target = format!("/v1/face-verifications/{number:032}");
    let (_, reply) = host.handle(request("GET", &target, &headers, b""), upstream);
    serde_json::from_str(&reply.body).unwrap()
}

/// The hosts of all requests since the last call, in order.
fn sent(host: &mut Host) -> Vec<&'static str> {
    let sent = host.sent.drain(..);
    sent.map(|request| {
        let first = request.url.starts_with(FIRST);
        if first { FIRST } else { SECOND }
    })
    .collect()
}

#[test]
fn starts_begin_at_an_endpoint_that_works() {
    let mut host = two();
    assert_eq!(
        create(&mut host, 1, false, &mut first_refuses).outcome,
        "start-outcome-unknown"
    );
    assert_eq!(sent(&mut host), [FIRST]);
    // A new order; then the first order again, once its caller asks for it.
    assert_eq!(create(&mut host, 2, false, &mut first_refuses).status, 201);
    assert_eq!(create(&mut host, 1, true, &mut first_refuses).status, 201);
    assert_eq!(sent(&mut host), [SECOND, SECOND]);
}

#[test]
fn starts_avoid_an_endpoint_to_which_no_connection_is_made() {
    let mut host = two();
    let mut unreachable = |sent: &OutgoingRequest| {
        if sent.url.starts_with(FIRST) {
            Outcome::Lost(Loss::NotConnected)
        } else {
            answer(sent)
        }
    };
    // Nothing was sent, so the first start goes on to the next endpoint. The second one begins there.
    for (number, expected) in [(1, &[FIRST, SECOND][..]), (2, &[SECOND])] {
        let reply = create(&mut host, number, false, &mut unreachable);
        assert_eq!(reply.status, 201);
        assert_eq!(sent(&mut host), expected);
    }
}

#[test]
fn reads_try_the_endpoint_for_the_starts() {
    let mut host = two();
    // Both were started at the first endpoint, which fails from now on.
    create(&mut host, 1, false, &mut answer);
    create(&mut host, 2, false, &mut answer);
    create(&mut host, 3, false, &mut first_refuses);
    sent(&mut host);
    assert_eq!(read(&mut host, 1, &mut first_refuses)["status"], "pending");
    assert_eq!(sent(&mut host), [SECOND]);
    // Later, queries find that it is still failing, and continue at the next endpoint.
    host.now += MINUTE;
    assert_eq!(read(&mut host, 2, &mut first_refuses)["status"], "pending");
    assert_eq!(sent(&mut host), [FIRST, SECOND]);
    assert_eq!(create(&mut host, 4, false, &mut first_refuses).status, 201);
    assert_eq!(sent(&mut host), [SECOND]);
    // Once it responds again, calls begin there again.
    host.now += MINUTE;
    assert_eq!(read(&mut host, 1, &mut answer)["status"], "pending");
    assert_eq!(create(&mut host, 5, false, &mut answer).status, 201);
    assert_eq!(sent(&mut host), [FIRST, FIRST]);
    assert!(!host.rows["dev"].contains_key("endpoints"));
}

/// Each endpoint knows the CertifyIds that it has issued; the first one is unreachable if `fails`.
fn separate(fails: bool) -> impl FnMut(&OutgoingRequest) -> Outcome {
    separate_with("406", fails)
}

/// Like [`separate`]; `code` is the response to other CertifyIds.
fn separate_with(code: &'static str, fails: bool) -> impl FnMut(&OutgoingRequest) -> Outcome {
    move |sent: &OutgoingRequest| {
        let body = sent.body.as_deref().unwrap();
        let first = sent.url.starts_with(FIRST);
        let own = if first { "first" } else { "second" };
        if first && fails {
            Outcome::Lost(Loss::ConnectionFailed { code: None })
        } else if body.contains("InitFaceVerify") {
            json_answer(
                200,
                &json!({"Code": "200", "ResultObject": {"CertifyId": own}}),
            )
        } else if body.contains(&format!("CertifyId={own}")) {
            json_answer(
                200,
                &json!({"Code": "200", "ResultObject": {"Passed": "T", "SubCode": "200"}}),
            )
        } else {
            json_answer(200, &json!({"Code": code}))
        }
    }
}

/// The code of the problem or the status that a reader receives from another endpoint than the one that issued the
/// CertifyId, by that endpoint's Code.
const ELSEWHERE: [(&str, &str, &str); 3] = [
    ("406", "code", "upstream-failed"),
    ("424", "status", "pending"),
    ("403", "status", "pending"),
];

/// Two endpoints, and an order whose CertifyId the first one issued.
fn started_at_first() -> Host {
    let mut host = two();
    let reply = create(&mut host, 1, false, &mut separate(false));
    assert_eq!(reply.status, 201);
    host
}

#[test]
fn an_endpoint_that_did_not_issue_the_certify_id_expires_no_order() {
    for (code, member, value) in ELSEWHERE {
        let mut host = started_at_first();
        host.now += 60 * MINUTE;
        // The alarm and a request are answered by the other endpoint.
        host.alarm("dev", &mut separate_with(code, true));
        let body = read(&mut host, 1, &mut separate_with(code, true));
        assert_eq!(body[member], value, "{code}");
        assert_eq!(body.get("vendorCode"), None);
        if code == "406" {
            assert_eq!(body["retryable"], true);
        }
        host.now += MINUTE;
        assert_eq!(read(&mut host, 1, &mut separate(false))["status"], "passed");
    }
}

/// The response to a request for the order's material, or for its photo.
fn material(
    host: &mut Host,
    path: &str,
    upstream: &mut dyn FnMut(&OutgoingRequest) -> Outcome,
) -> (Reply, Value) {
    let headers = [("authorization", "Bearer dev-token")];
    let target = format!("/v1/face-verifications/{:032}{path}", 1);
    let (_, reply) = host.handle(request("GET", &target, &headers, b""), upstream);
    let body = serde_json::from_str(&reply.body).unwrap();
    (reply, body)
}

#[test]
fn an_endpoint_that_did_not_issue_the_certify_id_contradicts_no_verdict() {
    for (code, _, _) in ELSEWHERE {
        let mut host = two();
        host.variables
            .extend(variables(&[("GATEWAY_PHOTO", "stream")]));
        create(&mut host, 1, false, &mut separate(false));
        assert_eq!(read(&mut host, 1, &mut separate(false))["status"], "passed");
        host.now += MINUTE;
        let mut elsewhere = separate_with(code, true);
        let (reply, body) = material(&mut host, "?material=true", &mut elsewhere);
        assert_eq!(reply.outcome, "material-unavailable", "{code}");
        assert_eq!(body["status"], "passed");
        assert_eq!(body["materialUnavailable"], true);
        // The endpoint that issued the CertifyId may have the photo.
        let (reply, body) = material(&mut host, "/photo", &mut elsewhere);
        assert_eq!(
            (reply.status, reply.outcome.as_str()),
            (502, "upstream-failed")
        );
        assert_eq!(body["retryable"], true);
    }
}

#[test]
fn an_expired_order_has_no_material_at_any_endpoint() {
    for (code, _, _) in ELSEWHERE {
        let mut host = two();
        host.variables
            .extend(variables(&[("GATEWAY_PHOTO", "stream")]));
        create(&mut host, 1, false, &mut answer);
        host.now += 60 * MINUTE;
        assert_eq!(read(&mut host, 1, &mut answer)["status"], "expired");
        let mut elsewhere = separate_with(code, true);
        let (reply, body) = material(&mut host, "?material=true", &mut elsewhere);
        assert_eq!(reply.outcome, "expired", "{code}");
        assert_eq!(body.get("materialUnavailable"), None);
        let (reply, _) = material(&mut host, "/photo", &mut elsewhere);
        assert_eq!(
            (reply.status, reply.outcome.as_str()),
            (404, "photo-unavailable")
        );
    }
}

#[test]
fn an_order_whose_endpoint_is_unknown_expires_a_day_later_if_there_are_several() {
    for (code, member, value) in ELSEWHERE {
        let mut host = started_at_first();
        let rows = host.rows.get_mut("dev").unwrap();
        let row = rows.get_mut(&format!("order/{:032}", 1)).unwrap();
        let mut order: Value = serde_json::from_str(row).unwrap();
        let done = order["start"]["done"].as_object_mut().unwrap();
        assert_eq!(done.remove("issuedBy"), Some(json!(FIRST)));
        *row = order.to_string();
        host.now += 60 * MINUTE;
        let body = read(&mut host, 1, &mut separate_with(code, true));
        assert_eq!(body[member], value, "{code}");
        host.now += 24 * 60 * MINUTE;
        let body = read(&mut host, 1, &mut separate_with(code, true));
        assert_eq!(body["status"], "expired", "{code}");
    }
}

#[test]
fn a_read_begins_at_the_endpoint_that_issued_the_certify_id() {
    let mut host = two();
    create(&mut host, 1, false, &mut first_refuses);
    assert_eq!(create(&mut host, 2, false, &mut separate(true)).status, 201);
    host.now += 20 * MINUTE;
    sent(&mut host);
    assert_eq!(read(&mut host, 2, &mut separate(false))["status"], "passed");
    assert_eq!(sent(&mut host), [SECOND]);
}

#[test]
fn an_order_of_an_endpoint_that_is_no_longer_configured_expires_a_day_later() {
    for (code, member, value) in ELSEWHERE {
        let mut host = started_at_first();
        host.now += 60 * MINUTE;
        host.variables = variables(&[
            ("GATEWAY_MODE", "development"),
            ("CLOUDAUTH_ENDPOINTS", SECOND),
        ]);
        let body = read(&mut host, 1, &mut separate_with(code, true));
        assert_eq!(body[member], value, "{code}");
        assert_eq!(body.get("vendorCode"), None);
        host.now += 24 * 60 * MINUTE;
        let body = read(&mut host, 1, &mut separate_with(code, true));
        assert_eq!(body["status"], "expired", "{code}");
    }
}

#[test]
fn a_response_of_any_kind_is_no_failure_of_the_endpoint() {
    let mut host = two();
    let mut throttled = |_: &OutgoingRequest| json_answer(503, &json!({"Code": "Throttling.User"}));
    create(&mut host, 1, false, &mut throttled);
    sent(&mut host);
    assert_eq!(create(&mut host, 2, false, &mut answer).status, 201);
    assert_eq!(sent(&mut host), [FIRST]);
}

#[test]
fn a_time_long_past_or_in_the_future_avoids_nothing() {
    for later in [11 * MINUTE, -MINUTE] {
        let mut host = two();
        create(&mut host, 1, false, &mut first_refuses);
        sent(&mut host);
        host.now += later;
        assert_eq!(create(&mut host, 2, false, &mut answer).status, 201);
        assert_eq!(sent(&mut host), [FIRST], "{later}");
    }
}

#[test]
fn the_next_of_three_endpoints_is_taken() {
    let mut host = host(&format!("{FIRST},{SECOND},http://127.0.0.1:7003"));
    create(&mut host, 1, false, &mut first_refuses);
    sent(&mut host);
    assert_eq!(create(&mut host, 2, false, &mut first_refuses).status, 201);
    let request = host.sent.pop().unwrap();
    assert!(request.url.starts_with(SECOND), "{}", request.url);
}

#[test]
fn an_endpoint_that_is_no_longer_configured_is_forgotten() {
    let mut host = two();
    create(&mut host, 1, false, &mut first_refuses);
    assert!(host.rows["dev"]["endpoints"].contains(FIRST));
    host.variables
        .retain(|(name, _)| name != "CLOUDAUTH_ENDPOINTS");
    let others = format!("{SECOND},http://127.0.0.1:7003");
    host.variables
        .extend(variables(&[("CLOUDAUTH_ENDPOINTS", &others)]));
    assert_eq!(create(&mut host, 2, false, &mut answer).status, 201);
    assert!(!host.rows["dev"].contains_key("endpoints"));
}

#[test]
fn starts_avoid_an_endpoint_for_ten_minutes() {
    let mut host = two();
    create(&mut host, 1, false, &mut first_refuses);
    sent(&mut host);
    host.now += 10 * MINUTE - 1_000;
    assert_eq!(create(&mut host, 2, false, &mut first_refuses).status, 201);
    assert_eq!(sent(&mut host), [SECOND]);
}

#[test]
fn where_every_endpoint_fails_the_first_is_tried() {
    let mut host = two();
    let mut refused = |_: &OutgoingRequest| Outcome::Lost(Loss::ConnectionFailed { code: None });
    for number in 1..4 {
        create(&mut host, number, false, &mut refused);
    }
    assert_eq!(sent(&mut host), [FIRST, SECOND, FIRST]);
}

/// Like Node, reports the code of a refused connection.
fn refuses(_: &OutgoingRequest) -> Outcome {
    let code = Some("ECONNREFUSED".to_owned());
    Outcome::Lost(Loss::ConnectionFailed { code })
}

#[test]
fn a_start_that_could_not_be_sent_leaves_its_order_free() {
    let mut host = two();
    let reply = create(&mut host, 1, false, &mut refuses);
    // Each endpoint was tried.
    let tried = sent(&mut host);
    assert_eq!(tried[..2], [FIRST, SECOND]);
    assert_eq!(
        (reply.status, reply.outcome.as_str()),
        (502, "upstream-failed")
    );
    let body: Value = serde_json::from_str(&reply.body).unwrap();
    assert_eq!(body["execution"], "none");
    assert_eq!(body["retryable"], true);
    assert_eq!(read(&mut host, 1, &mut refuses)["code"], "unknown-order");
    assert_eq!(create(&mut host, 1, false, &mut answer).status, 201);
}

#[test]
fn a_start_that_may_have_been_sent_stays_unknown_if_the_next_endpoint_cannot_be_reached() {
    let mut host = two();
    create(&mut host, 1, false, &mut first_refuses);
    let mut second_refuses = |request: &OutgoingRequest| refuses(request);
    assert_eq!(
        create(&mut host, 1, true, &mut second_refuses).outcome,
        "upstream-failed"
    );
    // That start was not sent, and the first one may have been.
    assert_eq!(
        create(&mut host, 1, false, &mut answer).outcome,
        "start-outcome-unknown"
    );
}

#[test]
fn one_endpoint_needs_no_memory() {
    let mut host = host(FIRST);
    create(&mut host, 1, false, &mut first_refuses);
    assert!(!host.rows["dev"].contains_key("endpoints"));
    assert_eq!(create(&mut host, 2, false, &mut answer).status, 201);
}
