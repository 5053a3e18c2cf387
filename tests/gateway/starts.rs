//! Starts that share a limit, an order or an alarm.

use crate::host::{
    Host, NOW, json_answer, replied, request, sent, signed, start_of_user, variables,
};
use cloudauth_edge::client::call::{Loss, Outcome};
use cloudauth_edge::gateway::ledger::commit::{Next, SendOutcome};
use cloudauth_edge::gateway::reply::Reply;
use cloudauth_edge::http::{IncomingRequest, OutgoingRequest, header};
use cloudauth_edge::signing::acs3::hex_sha256;
use serde_json::{Value, json};

const HOUR: i64 = 3_600_000;

fn host(most_per_user: u32) -> Host {
    limited("maxStartsPerUserPerDay", most_per_user)
}

fn limited(limit: &str, most: u32) -> Host {
    let callers = json!([{
        "id": "shop",
        "tokenSha256": [hex_sha256(b"dev-token")],
        limit: most,
    }]);
    Host::new(variables(&[
        ("GATEWAY_MODE", "development"),
        ("GATEWAY_CALLERS", &callers.to_string()),
        ("CLOUDAUTH_MAX_ATTEMPTS", "1"),
    ]))
}

fn start(user: &str, order: usize) -> IncomingRequest {
    let order = format!("{order:032}");
    start_of_user(user, "dev-token", "/v1/face-verifications", &order)
}

/// Alibaba Cloud starts every order, each with another CertifyId.
fn starts(host: &mut Host, user: &str, order: usize) -> Reply {
    let certify_id = format!("certify{order}");
    let mut upstream = |_: &OutgoingRequest| {
        json_answer(
            200,
            &json!({"Code": "200", "ResultObject": {"CertifyId": certify_id}}),
        )
    };
    host.handle(start(user, order), &mut upstream).1
}

#[test]
fn a_user_has_the_starts_of_a_day_in_china() {
    let mut host = host(1);
    assert_eq!(starts(&mut host, "one", 1).status, 201);
    let refused = starts(&mut host, "one", 2);
    assert_eq!(
        (refused.status, refused.outcome.as_str()),
        (429, "user-daily-limit")
    );
    // 2026-11-18 19:06:40 in China.
    assert_eq!(header(&refused.headers, "retry-after"), Some("17600"));
    assert_eq!(starts(&mut host, "another", 3).status, 201);
    assert_eq!(starts(&mut host, "another", 4).status, 429);

    host.now = NOW + 17_600_000 - 1_000;
    assert_eq!(starts(&mut host, "one", 5).status, 429);
    host.now = NOW + 17_600_000;
    assert_eq!(starts(&mut host, "one", 6).status, 201);
    assert_eq!(starts(&mut host, "one", 7).status, 429);
}

/// Otherwise a caller could leave the user out, or write the same one in another way.
#[test]
fn no_start_escapes_the_limit_of_a_user() {
    let mut host = host(1);
    for user in [json!(null), json!(" "), json!("\u{3000}")] {
        let mut arrival = start("one", 1);
        let mut body: Value = serde_json::from_slice(&arrival.body).unwrap();
        body["userId"] = user;
        arrival.body = body.to_string().into_bytes();
        let (_, reply) = host.handle(arrival, &mut |_| panic!("nothing is sent"));
        assert_eq!(
            (reply.status, reply.outcome.as_str()),
            (400, "invalid-request")
        );
        let body: Value = serde_json::from_str(&reply.body).unwrap();
        assert_eq!(body["errors"][0]["field"], "userId");
        assert_eq!(body["errors"][0]["rule"], "mandatory");
    }
    assert_eq!(starts(&mut host, "one", 1).status, 201);
    for user in [" one", "one ", "\u{3000}one"] {
        assert_eq!(starts(&mut host, user, 2).outcome, "user-daily-limit");
    }
    assert_eq!(starts(&mut host, " another", 3).status, 201);
    let sent = host.sent.last().unwrap().body.as_deref().unwrap();
    assert!(
        sent.contains("UserId=%20another&"),
        "the id is sent unchanged"
    );
    // Without the limit, the id is optional.
    let mut unlimited = limited("maxStartsPerDay", 9);
    let mut arrival = start("one", 1);
    let mut body: Value = serde_json::from_slice(&arrival.body).unwrap();
    body.as_object_mut().unwrap().remove("userId");
    arrival.body = body.to_string().into_bytes();
    let (_, reply) = unlimited.handle(arrival, &mut |_| {
        json_answer(
            200,
            &json!({"Code": "200", "ResultObject": {"CertifyId": "c"}}),
        )
    });
    assert_eq!(reply.status, 201, "{}", reply.body);
}

/// An order that was started without a user, before the limit was set, has no other input.
#[test]
fn a_limit_of_users_leaves_known_orders_their_restart() {
    let mut host = limited("maxStartsPerDay", 1);
    let again = |restart: &str| {
        let mut arrival = start("one", 1);
        let mut body: Value = serde_json::from_slice(&arrival.body).unwrap();
        body.as_object_mut().unwrap().remove("userId");
        arrival.body = body.to_string().into_bytes();
        arrival.query = restart.to_owned();
        arrival
    };
    let (_, reply) = host.handle(again(""), &mut |_| Outcome::Lost(Loss::TimedOut));
    assert_eq!(reply.outcome, "start-outcome-unknown");
    // A restart that is refused leaves open what the first start did.
    let (_, reply) = host.handle(again("restartUnknown=true"), &mut |_| {
        panic!("the limit is reached")
    });
    assert_eq!(reply.outcome, "daily-limit");
    let refused: Value = serde_json::from_str(&reply.body).unwrap();
    assert_eq!(refused["execution"], "unknown");

    host.variables = self::host(2).variables;
    let certify_id = "certify1";
    let (_, reply) = host.handle(again("restartUnknown=true"), &mut |_| {
        json_answer(
            200,
            &json!({"Code": "200", "ResultObject": {"CertifyId": certify_id}}),
        )
    });
    assert_eq!(reply.status, 201, "{}", reply.body);
}

#[test]
fn a_caller_has_the_starts_of_a_day_in_china() {
    let mut host = limited("maxStartsPerDay", 2);
    assert_eq!(starts(&mut host, "one", 1).status, 201);
    assert_eq!(starts(&mut host, "another", 2).status, 201);
    assert_eq!(starts(&mut host, "one", 3).outcome, "daily-limit");
    host.now = NOW + 17_600_000;
    assert_eq!(starts(&mut host, "one", 3).status, 201);
    assert_eq!(starts(&mut host, "one", 4).status, 201);
    assert_eq!(starts(&mut host, "one", 5).outcome, "daily-limit");
}

#[test]
fn requests_that_wait_for_a_refused_start_receive_its_refusal() {
    for code in ["412", "404", "ConnectionFailed"] {
        let mut host = host(2);
        let (caller, first) = host.task(start("one", 1));
        let then = sent(host.commit(&caller, &first, None));
        let (_, second) = host.task(start("one", 1));
        let waiting = match host.commit(&caller, &second, None) {
            Next::Wait { then, on, .. } => {
                assert_eq!(on, Some(format!("{:032}", 1)));
                then
            }
            other => panic!("{other:?}"),
        };
        let refusal = SendOutcome::Outcome(if code == "ConnectionFailed" {
            Outcome::Lost(Loss::NotConnected)
        } else {
            json_answer(
                200,
                &json!({"Code": code, "RequestId": "130A2C10-B9EE-4D84-88E3-5384FF039795"}),
            )
        });
        let first = replied(host.commit(&caller, &then, Some(&refusal)));
        let second = replied(host.commit(&caller, &waiting, None));
        let outcome = match code {
            "ConnectionFailed" => "upstream-failed",
            _ => "upstream-refused",
        };
        assert_eq!(first.outcome, outcome, "{code}");
        let first: Value = serde_json::from_str(&first.body).unwrap();
        if code != "ConnectionFailed" {
            assert_eq!(first["vendorCode"], code);
            assert_eq!(
                first["vendorRequestId"],
                "130A2C10-B9EE-4D84-88E3-5384FF039795"
            );
        }
        assert_eq!(first["execution"], "none");
        assert_eq!(second.outcome, outcome, "{code}");
        let second: Value = serde_json::from_str(&second.body).unwrap();
        assert_eq!(first, second);
        // A later request has not waited, so it starts the order.
        let (_, later) = host.task(start("one", 1));
        sent(host.commit(&caller, &later, None));
    }
}

#[test]
fn a_later_start_does_not_postpone_the_alarm_and_one_the_platform_lost_is_set() {
    let mut host = host(1);
    assert_eq!(starts(&mut host, "one", 1).status, 201);
    let first = host.set.take().unwrap();
    assert_eq!(Some(first), host.next_alarm("shop"));
    host.now += HOUR / 6;
    assert_eq!(starts(&mut host, "two", 2).status, 201);
    assert_eq!(host.set.take(), None);
    // The platform repeats an alarm that failed, and gives up after a while.
    host.now = first + HOUR / 6 - 1_000;
    assert_eq!(starts(&mut host, "three", 3).status, 201);
    assert_eq!(host.set.take(), None);
    host.now = first + HOUR / 6 + 1_000;
    assert_eq!(starts(&mut host, "four", 4).status, 201);
    assert!(host.set.is_some());
}

#[test]
fn each_step_of_a_start_asks_for_its_rows_once() {
    let mut host = host(9);
    assert_eq!(starts(&mut host, "one", 1).status, 201);
    assert_eq!(host.loads, 2);
}

#[test]
fn a_certify_id_belongs_to_one_order() {
    let mut host = host(9);
    let mut upstream = |_: &OutgoingRequest| {
        json_answer(
            200,
            &json!({"Code": "200", "ResultObject": {"CertifyId": "certify"}}),
        )
    };
    assert_eq!(host.handle(start("one", 1), &mut upstream).1.status, 201);
    let (_, other) = host.handle(start("one", 2), &mut upstream);
    assert_eq!(
        (other.status, other.outcome.as_str()),
        (409, "certify-id-of-another-order")
    );
    assert!(!other.body.contains("certify\""), "{}", other.body);
    assert_eq!(
        host.rows["shop"]["certify/certify"],
        format!("\"{:032}\"", 1)
    );

    // An order that is started again may receive the same one.
    let order = host.rows["shop"][&format!("order/{:032}", 1)].clone();
    let mut order: Value = serde_json::from_str(&order).unwrap();
    order["start"] = json!("unknown");
    let rows = host.rows.get_mut("shop").unwrap();
    rows.insert(format!("order/{:032}", 1), order.to_string());
    let mut again = start("one", 1);
    again.query = "restartUnknown=true".to_owned();
    assert_eq!(host.handle(again, &mut upstream).1.status, 201);
}

fn unsent(_: &OutgoingRequest) -> Outcome {
    Outcome::Lost(Loss::NotConnected)
}

#[test]
fn starts_that_were_not_sent_use_up_no_limit() {
    let mut host = host(2);
    for _ in 0..5 {
        let reply = host.handle(start("one", 1), &mut unsent).1;
        assert_eq!(
            (reply.status, reply.outcome.as_str()),
            (502, "upstream-failed")
        );
    }
    assert_eq!(starts(&mut host, "one", 1).status, 201);
    // One that Alibaba Cloud has refused was sent.
    let mut refuses = |_: &OutgoingRequest| json_answer(200, &json!({"Code": "412"}));
    host.handle(start("one", 2), &mut refuses);
    assert_eq!(starts(&mut host, "one", 2).outcome, "user-daily-limit");
}

#[test]
fn a_start_is_taken_back_from_the_day_that_counted_it() {
    let mut host = host(9);
    let midnight = NOW + 17_600_000;
    host.now = midnight - 100;
    let (caller, task) = host.task(start("one", 1));
    let then = sent(host.commit(&caller, &task, None));
    host.now = midnight + 1;
    assert_eq!(starts(&mut host, "one", 2).status, 201);
    replied(host.commit(&caller, &then, Some(&SendOutcome::Crowded)));
    let counters: Vec<&String> = host.rows["shop"]
        .iter()
        .filter(|(key, _)| key.starts_with("user/"))
        .map(|(_, count)| count)
        .collect();
    assert_eq!(counters, ["0", "1"]);
}

#[test]
fn only_an_own_verification_that_has_passed_is_compared_with() {
    let mut host = host(9);
    assert_eq!(starts(&mut host, "one", 1).status, 201);
    let compared = |host: &mut Host, certify_id: &str, order| {
        let mut arrival = start("one", order);
        let mut body: Value = serde_json::from_slice(&arrival.body).unwrap();
        body["certifyId"] = json!(certify_id);
        arrival.body = body.to_string().into_bytes();
        let mut asked = 0;
        let (_, reply) = host.handle(arrival, &mut |_| {
            asked += 1;
            let certify_id = format!("certify{order}");
            json_answer(
                200,
                &json!({"Code": "200", "ResultObject": {"CertifyId": certify_id}}),
            )
        });
        (reply, asked)
    };
    let refused = |(reply, asked): (Reply, i32)| {
        let body: Value = serde_json::from_str(&reply.body).unwrap();
        assert_eq!((body["vendorCode"].as_str(), asked), (Some("423"), 0));
        assert_eq!(body["execution"], "none");
    };
    // Of another caller or unknown.
    refused(compared(&mut host, "certify-of-another", 2));
    // Alibaba Cloud itself refuses one that has not passed: the ledger may not know its verdict yet.
    let (reply, asked) = compared(&mut host, "certify1", 2);
    assert_eq!((reply.status, asked), (201, 1), "{}", reply.body);
    for (passed, order) in [("T", 3), ("F", 4)] {
        assert_eq!(starts(&mut host, "one", order).status, 201);
        let headers = [("authorization", "Bearer dev-token")];
        let path = format!("/v1/face-verifications/{order:032}");
        let verdict = json!({"Code": "200", "ResultObject": {"Passed": passed, "SubCode": "200"}});
        host.handle(request("GET", &path, &headers, b""), &mut |_| {
            json_answer(200, &verdict)
        });
    }
    let (reply, asked) = compared(&mut host, "certify3", 5);
    assert_eq!((reply.status, asked), (201, 1), "{}", reply.body);
    refused(compared(&mut host, "certify4", 6));
}

#[test]
fn an_sdk_is_not_asked_to_call_again_soon_at_the_limit_of_a_day() {
    let callers = json!([{
        "id": "shop",
        "keyPairs": [{"accessKeyId": "gwk-shop-1", "secretSetting": "GATEWAY_KEY_SHOP"}],
        "maxStartsPerDay": 1,
    }]);
    let mut host = Host::new(variables(&[
        ("GATEWAY_MODE", "development"),
        ("GATEWAY_CALLERS", &callers.to_string()),
        ("GATEWAY_KEY_SHOP", "a-secret-of-the-shop"),
    ]));
    let mut upstream = |_: &OutgoingRequest| {
        json_answer(
            200,
            &json!({"Code": "200", "ResultObject": {"CertifyId": "certify"}}),
        )
    };
    for (order, code) in [(1, "200"), (2, "Throttling.User")] {
        let no = format!("{order:032}");
        let call = signed(
            "gwk-shop-1",
            "a-secret-of-the-shop",
            &[
                ("Action", "InitFaceVerify"),
                ("OuterOrderNo", &no),
                ("ProductCode", "LR_FR"),
                ("MetaInfo", "{}"),
            ],
        );
        let (_, reply) = host.handle(call, &mut upstream);
        let body: Value = serde_json::from_str(&reply.body).unwrap();
        assert_eq!(body["Code"], code);
        assert_eq!(header(&reply.headers, "x-acs-retry-after"), None);
    }
}
