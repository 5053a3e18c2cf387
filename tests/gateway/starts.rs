//! Starts that share a limit, an order or an alarm.

use crate::host::{Host, NOW, json_answer, replied, sent, start_of_user, variables};
use cloudauth_edge::client::call::{Loss, Outcome};
use cloudauth_edge::gateway::ledger::commit::{Next, SendOutcome};
use cloudauth_edge::gateway::reply::Reply;
use cloudauth_edge::http::{IncomingRequest, OutgoingRequest, header};
use cloudauth_edge::signing::acs3::hex_sha256;
use serde_json::{Value, json};

const HOUR: i64 = 3_600_000;

fn host(most_per_user: u32) -> Host {
    let callers = json!([{
        "id": "shop",
        "tokenSha256": [hex_sha256(b"dev-token")],
        "maxStartsPerUserPerDay": most_per_user,
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
