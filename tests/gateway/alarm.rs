//! Tests the alarm with much work due, with an unresponsive receiver, and after the platform has
//! dropped it.

use crate::host::{self, Host, NOW, json_answer, request, variables};
use cloudauth_edge::client::call::{Loss, Outcome};
use cloudauth_edge::gateway::ledger::commit::{SendOutcome, Undelivered};
use cloudauth_edge::gateway::ledger::task::{Delivery, Task};
use cloudauth_edge::gateway::settings::Variables;
use cloudauth_edge::http::OutgoingRequest;
use cloudauth_edge::signing::acs3::hex_sha256;
use cloudauth_edge::signing::encode::parse_form;
use serde_json::{Value, json};

const WEBHOOK: &str = "http://127.0.0.1:9999/verdicts";
const HOUR: i64 = 3_600_000;

fn host() -> Host {
    Host::new(settings(&json!([{
        "id": "shop",
        "tokenSha256": [hex_sha256(b"a token")],
        "scopes": ["create", "read"],
        "webhookUrl": WEBHOOK,
    }])))
}

fn settings(callers: &Value) -> Variables {
    variables(&[
        ("GATEWAY_MODE", "development"),
        ("GATEWAY_CALLERS", &callers.to_string()),
        ("GATEWAY_PUBLIC_URL", "https://gateway.example"),
    ])
}

/// The settings of an instance that does not have the caller, and of one that does not have its receiver.
fn without_receiver() -> [Variables; 2] {
    ["bank", "shop"]
        .map(|id| settings(&json!([{"id": id, "tokenSha256": [hex_sha256(b"a token")]}])))
}

fn order(number: usize) -> String {
    format!("{number:032}")
}

fn action(sent: &OutgoingRequest) -> String {
    if sent.url == WEBHOOK {
        return "webhook".to_owned();
    }
    let form = parse_form(sent.body.as_deref().unwrap().as_bytes()).unwrap();
    let (_, action) = form.into_iter().find(|(name, _)| name == "Action").unwrap();
    action
}

fn start(host: &mut Host, number: usize) {
    let arrival = host::start("a token", "/v1/face-verifications", &order(number));
    let (_, reply) = host.handle(arrival, &mut |_| {
        json_answer(
            200,
            &json!({"Code": "200", "ResultObject": {"CertifyId": format!("certify{number}")}}),
        )
    });
    assert_eq!(reply.status, 201, "{}", reply.body);
}

/// The path of the callback URL for the order that was started last.
fn callback(host: &Host) -> String {
    let form = parse_form(
        host.sent
            .last()
            .unwrap()
            .body
            .as_deref()
            .unwrap()
            .as_bytes(),
    )
    .unwrap();
    let (_, url) = form
        .into_iter()
        .find(|(name, _)| name == "CallbackUrl")
        .unwrap();
    url.strip_prefix("https://gateway.example")
        .unwrap()
        .to_owned()
}

fn call_back(host: &mut Host, path: &str) {
    let arrival = request("GET", path, &[], b"");
    let (_, reply) = host.handle(arrival, &mut |_| panic!("a callback asks nobody"));
    assert_eq!(reply.status, 200);
}

/// Every verification passes, and the receiver accepts deliveries.
fn passed(sent: &OutgoingRequest) -> Outcome {
    if sent.url == WEBHOOK {
        return json_answer(204, &Value::Null);
    }
    json_answer(
        200,
        &json!({"Code": "200", "ResultObject": {"Passed": "T", "SubCode": "200"}}),
    )
}

fn status(host: &Host, number: usize) -> Value {
    let row = &host.rows["shop"][&format!("order/{}", order(number))];
    serde_json::from_str(row).unwrap()
}

#[test]
fn a_delivery_says_that_its_verdict_is_simulated() {
    for (mode, mark) in [("development", "development"), ("staging", "staging")] {
        let mut host = host();
        host.variables.retain(|(name, _)| name != "GATEWAY_MODE");
        host.variables.extend(variables(&[
            ("GATEWAY_MODE", mode),
            ("GATEWAY_SECRET", "0123456789abcdef0123456789abcdef"),
            ("CLOUDAUTH_ENDPOINTS", "http://127.0.0.1:8788"),
        ]));
        start(&mut host, 0);
        let path = callback(&host);
        call_back(&mut host, &path);
        host.alarm("shop", &mut passed);
        let delivery = host.sent.last().unwrap();
        assert_eq!(action(delivery), "webhook");
        let header = |(name, value): &(&str, std::borrow::Cow<'_, str>)| {
            (*name == "cloudauth-gateway-mode").then(|| value.to_string())
        };
        let marks: Vec<String> = delivery.headers.iter().filter_map(header).collect();
        assert_eq!(marks, [mark]);
    }
}

#[test]
fn twenty_callbacks_of_an_order_are_one_question() {
    let mut host = host();
    start(&mut host, 0);
    let path = callback(&host);
    for _ in 0..20 {
        host.now += 1;
        call_back(&mut host, &path);
    }
    host.sent.clear();
    host.alarm("shop", &mut unfinished);
    let actions: Vec<String> = host.sent.iter().map(action).collect();
    assert_eq!(actions, ["DescribeFaceVerify"]);

    // Another callback, when the check after its validity is due, too.
    host.now += HOUR;
    call_back(&mut host, &path);
    host.sent.clear();
    host.alarm("shop", &mut |_| json_answer(200, &json!({"Code": "401"})));
    assert_eq!(host.sent.len(), 1);
    let due: Vec<&String> = host.rows["shop"].keys().collect();
    let checks = due.iter().filter(|key| key.contains("/check/")).count();
    assert_eq!(checks, 1, "{due:?}");

    host.now = host.next_alarm("shop").unwrap();
    host.sent.clear();
    host.alarm("shop", &mut passed);
    let actions: Vec<String> = host.sent.iter().map(action).collect();
    assert_eq!(actions, ["DescribeFaceVerify", "webhook"]);
    // The other queries that are scheduled have nothing left to ask.
    host.now += 2 * HOUR;
    host.alarm("shop", &mut |_| panic!("nobody is asked"));
}

/// The user has not finished.
fn unfinished(_: &OutgoingRequest) -> Outcome {
    json_answer(200, &json!({"Code": "424"}))
}

#[test]
fn callbacks_of_several_orders_are_a_question_each() {
    let mut host = host();
    for number in 0..3 {
        start(&mut host, number);
        let path = callback(&host);
        call_back(&mut host, &path);
    }
    host.alarm("shop", &mut passed);
    for number in 0..3 {
        assert_eq!(status(&host, number)["verdict"]["decision"], "passed");
    }
}

#[test]
fn a_delivery_reports_the_verdict_alone() {
    let mut host = host();
    start(&mut host, 0);
    host.now = NOW + HOUR;
    host.alarm("shop", &mut passed);
    let delivery = host.sent.last().unwrap();
    assert_eq!(action(delivery), "webhook");
    let mut event: Value = serde_json::from_str(delivery.body.as_deref().unwrap()).unwrap();
    let at = event["timestamp"].take();
    assert!(
        at.as_str().unwrap().starts_with("2026-11-18T12:06:40"),
        "{at}"
    );
    assert_eq!(
        event,
        json!({
            "type": "face-verification.passed",
            "timestamp": null,
            "data": {
                "outerOrderNo": order(0),
                "certifyId": "certify0",
                "status": "passed",
                "subCode": "200",
            },
        })
    );
}

#[test]
fn a_delivery_waits_for_settings_that_have_its_receiver() {
    let fails = |sent: &OutgoingRequest| match sent.url == WEBHOOK {
        true => json_answer(503, &Value::Null),
        false => passed(sent),
    };
    for settings in without_receiver() {
        let mut host = host();
        start(&mut host, 0);
        host.now += HOUR;
        host.alarm("shop", &mut { fails });
        let known = std::mem::replace(&mut host.variables, settings);
        host.now = host.next_alarm("shop").unwrap();
        host.alarm("shop", &mut |_| panic!("there is no receiver"));
        assert!(host.next_alarm("shop").unwrap() > host.now, "it would spin");
        host.variables = known;
        host.now = host.next_alarm("shop").unwrap();
        host.alarm("shop", &mut passed);
        assert!(status(&host, 0)["delivery"]["delivered"].is_number());
    }
}

#[test]
fn a_verdict_that_is_decided_without_the_caller_is_delivered() {
    let [without_caller, _] = without_receiver();
    let mut host = host();
    start(&mut host, 0);
    host.now += HOUR;
    let known = std::mem::replace(&mut host.variables, without_caller);
    host.alarm("shop", &mut passed);
    assert_eq!(status(&host, 0)["verdict"]["decision"], "passed");
    host.variables = known;
    host.now = host.next_alarm("shop").unwrap();
    host.alarm("shop", &mut passed);
    assert!(status(&host, 0)["delivery"]["delivered"].is_number());
}

#[test]
fn the_deliveries_to_a_caller_that_was_revoked_end() {
    let [without_caller, _] = without_receiver();
    let mut host = host();
    start(&mut host, 0);
    let started = host.now;
    host.variables = without_caller;
    let mut alarms = 0;
    while host.rows["shop"]
        .keys()
        .any(|key| key.contains("/deliver/"))
        || alarms == 0
    {
        host.now = host.next_alarm("shop").unwrap();
        host.alarm("shop", &mut |sent| {
            assert_ne!(sent.url, WEBHOOK);
            passed(sent)
        });
        alarms += 1;
    }
    // The verdict's alarm, and one for each repetition.
    assert_eq!(alarms, 10);
    assert!(host.now - started < 80 * HOUR, "{}", host.now - started);
}

/// The state of the webhook delivery of the first order, as its caller reads it.
fn webhook(host: &mut Host) -> Option<Value> {
    let target = format!("/v1/face-verifications/{}", order(0));
    let headers = [("authorization", "Bearer a token")];
    let read = request("GET", &target, &headers, b"");
    let (_, reply) = host.handle(read, &mut |_| panic!("nobody is asked"));
    let body: Value = serde_json::from_str(&reply.body).unwrap();
    body.get("webhook").cloned()
}

/// Performs the alarms until no delivery is scheduled.
fn end_deliveries(host: &mut Host, upstream: fn(&OutgoingRequest) -> Outcome) {
    while host.rows["shop"]
        .keys()
        .any(|key| key.contains("/deliver/"))
    {
        host.now = host.next_alarm("shop").unwrap();
        host.alarm("shop", &mut { upstream });
    }
}

#[test]
fn deliveries_that_are_not_sent_are_not_counted() {
    let fails = |sent: &OutgoingRequest| match sent.url == WEBHOOK {
        true => json_answer(503, &Value::Null),
        false => passed(sent),
    };
    let nobody = |_: &OutgoingRequest| panic!("there is no receiver");
    let [_, without_webhook] = without_receiver();

    // The webhook is removed after the first delivery.
    let mut host = host();
    start(&mut host, 0);
    host.now += HOUR;
    host.alarm("shop", &mut { fails });
    let known = std::mem::replace(&mut host.variables, without_webhook.clone());
    end_deliveries(&mut host, nobody);
    let once = json!({"attempts": 1, "lastStatus": 503});
    assert_eq!(webhook(&mut host), Some(once));

    // It is removed before the first delivery.
    host.rows.clear();
    host.variables = known;
    start(&mut host, 0);
    let target = format!("/v1/face-verifications/{}", order(0));
    let headers = [("authorization", "Bearer a token")];
    host.handle(request("GET", &target, &headers, b""), &mut passed);
    assert_eq!(webhook(&mut host), Some(json!({"attempts": 0})));
    host.variables = without_webhook;
    assert_eq!(webhook(&mut host), None);
    end_deliveries(&mut host, nobody);
    assert_eq!(webhook(&mut host), None);
    assert_eq!(host.undelivered, []);
}

#[test]
fn a_delivery_whose_last_attempt_fails_is_reported_without_its_order() {
    for (status, undelivered) in [(503, &[Undelivered { status: Some(503) }][..]), (204, &[])] {
        let mut host = host();
        start(&mut host, 0);
        host.now += HOUR;
        let mut attempts = 0;
        let mut responds = |sent: &OutgoingRequest| {
            if sent.url != WEBHOOK {
                return passed(sent);
            }
            attempts += 1;
            json_answer(if attempts < 10 { 503 } else { status }, &Value::Null)
        };
        host.alarm("shop", &mut responds);
        while host.next_alarm("shop").unwrap() < host.now + 48 * HOUR {
            assert_eq!(host.undelivered, []);
            host.now = host.next_alarm("shop").unwrap();
            host.alarm("shop", &mut responds);
        }
        assert_eq!(attempts, 10);
        assert_eq!(host.undelivered, undelivered);
    }
}

#[test]
fn a_delivery_is_sent_ten_times_at_most() {
    let fails = |sent: &OutgoingRequest| match sent.url == WEBHOOK {
        // Deliveries to a receiver that does not respond pause.
        true => Outcome::Lost(Loss::TimedOut),
        false => passed(sent),
    };
    let mut host = host();
    start(&mut host, 0);
    host.now += HOUR;
    host.alarm("shop", &mut { fails });
    end_deliveries(&mut host, fails);
    assert_eq!(webhook(&mut host), Some(json!({"attempts": 10})));
    assert_eq!(host.undelivered, [Undelivered { status: None }]);
}

#[test]
fn every_verdict_has_its_own_webhook_id() {
    let id_of = |host: &Host| {
        let delivery = host.sent.last().unwrap();
        assert_eq!(action(delivery), "webhook");
        let header = |(name, value): &(&str, std::borrow::Cow<'_, str>)| {
            (*name == "webhook-id").then(|| value.to_string())
        };
        delivery.headers.iter().find_map(header).unwrap()
    };
    let mut ids = std::collections::BTreeSet::new();
    let mut host = host();
    for certify_id in ["certify1", "certify2"] {
        // The record of the number's earlier use has been deleted.
        host.rows.clear();
        let arrival = host::start("a token", "/v1/face-verifications", &order(0));
        let answer = json!({"Code": "200", "ResultObject": {"CertifyId": certify_id}});
        host.handle(arrival, &mut |_| json_answer(200, &answer));
        host.now += HOUR;
        host.alarm("shop", &mut passed);
        ids.insert(id_of(&host));
    }
    assert_eq!(ids.len(), 2);
}

#[test]
fn an_alarm_yields_after_a_minute_and_goes_on_soon() {
    let mut host = host();
    for number in 0..100 {
        start(&mut host, number);
    }
    host.now += HOUR;
    host.sent.clear();
    // Each query takes a second, and each round of deliveries several.
    host.answers_in = 1_000;
    let mut alarms = 0;
    while host.sent.len() < 200 {
        let began = host.now;
        host.set = None;
        host.alarm("shop", &mut passed);
        // The last round of deliveries began within the minute.
        assert!(host.now - began < 70_000, "{}", host.now - began);
        host.now = host.now.max(host.set.unwrap());
        alarms += 1;
    }
    assert_eq!(alarms, 4);
    for number in 0..100 {
        assert!(status(&host, number)["delivery"]["delivered"].is_number());
    }
}

#[test]
fn an_alarm_of_a_host_that_is_about_to_end_leaves_its_work_to_the_next_one() {
    let mut host = host();
    for number in 0..3 {
        start(&mut host, number);
    }
    host.now += HOUR;
    host.sent.clear();
    let due = host.next_alarm("shop");
    host.stopping = true;
    host.set = None;
    host.alarm("shop", &mut |_| panic!("nothing is sent"));
    assert_eq!(host.next_alarm("shop"), due);
    assert!((0..=2_000).contains(&(host.set.unwrap() - host.now)));
    host.stopping = false;
    host.alarm("shop", &mut passed);
    assert_eq!(host.sent.len(), 6);
}

#[test]
fn many_orders_whose_time_is_over_are_all_decided() {
    let mut host = host();
    for number in 0..120 {
        start(&mut host, number);
    }
    host.now += HOUR;
    host.sent.clear();
    host.alarm("shop", &mut passed);
    for number in 0..120 {
        assert_eq!(status(&host, number)["verdict"]["decision"], "passed");
        assert!(status(&host, number)["delivery"]["delivered"].is_number());
    }
    assert_eq!(host.sent.len(), 240);
}

#[test]
fn many_rows_that_expire_together_go_in_slices() {
    let mut host = host();
    let rows = host.rows.entry("shop".to_owned()).or_default();
    rows.insert("retention".to_owned(), "0".to_owned());
    for number in 0..30_000 {
        rows.insert(format!("nonce/key/{number:05}"), "1".to_owned());
        let due = format!("due/{:015}/drop/nonce/key/{number:05}", host.now);
        rows.insert(due, "1".to_owned());
    }
    let mut alarms = 0;
    while host.rows["shop"].keys().any(|key| key.starts_with("due/")) {
        host.written.clear();
        host.alarm("shop", &mut |_| panic!("nothing is asked"));
        // The platform limits the work of one alarm.
        assert!(host.written.len() <= 25_000, "{}", host.written.len());
        alarms += 1;
        assert!(alarms < 100, "the alarm does not come to rest");
        host.now += 1_000;
    }
    let left: Vec<&String> = host.rows["shop"].keys().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_verdict_is_delivered_while_alibaba_cloud_does_not_respond() {
    let mut host = host();
    for number in 0..200 {
        start(&mut host, number);
    }
    host.now += HOUR;
    // One order's verdict is known; the queries for all others are due.
    let target = format!("/v1/face-verifications/{}", order(7));
    let read = request("GET", &target, &[("authorization", "Bearer a token")], b"");
    host.handle(read, &mut passed);
    let since = host.now;
    host.answers_in = 10_000;
    let mut hangs = |sent: &OutgoingRequest| {
        if sent.url == WEBHOOK {
            passed(sent)
        } else {
            Outcome::Lost(Loss::TimedOut)
        }
    };
    host.alarm("shop", &mut hangs);
    let delivered = status(&host, 7)["delivery"]["delivered"].as_i64().unwrap();
    assert!(delivered - since <= 60_000, "{}", delivered - since);

    // Each order is queried again once Alibaba Cloud responds.
    host.answers_in = 0;
    for _ in 0..10 {
        host.now += HOUR;
        host.alarm("shop", &mut passed);
    }
    for number in 0..200 {
        let decision = &status(&host, number)["verdict"]["decision"];
        assert_eq!(decision, "passed", "{number}");
    }
}

#[test]
fn a_receiver_that_does_not_answer_holds_up_no_question_and_is_left_alone() {
    let mut host = host();
    for number in 0..30 {
        start(&mut host, number);
    }
    host.now += HOUR;
    host.sent.clear();
    let mut hangs = |sent: &OutgoingRequest| {
        if sent.url == WEBHOOK {
            Outcome::Lost(Loss::TimedOut)
        } else {
            passed(sent)
        }
    };
    host.alarm("shop", &mut hangs);
    let actions: Vec<String> = host.sent.iter().map(action).collect();
    let first = actions.iter().position(|one| one == "webhook").unwrap();
    assert_eq!(first, 30, "all questions come first: {actions:?}");
    assert_eq!(actions.len() - first, 8, "one round of deliveries");

    // After a while, one delivery is tried; the next pause is longer.
    for pause in [
        31_000,
        61_000,
        121_000,
        241_000,
        481_000,
        961_000,
        1_921_000,
        HOUR + 1_000,
        HOUR + 1_000,
    ] {
        host.sent.clear();
        host.alarm("shop", &mut hangs);
        assert_eq!(host.sent.len(), 0, "left alone");
        host.now += pause;
        host.alarm("shop", &mut hangs);
        assert_eq!(host.sent.len(), 1, "tried with one");
    }

    // Once it responds again, everything is delivered.
    host.now += 30 * HOUR;
    host.alarm("shop", &mut passed);
    for number in 0..30 {
        assert!(status(&host, number)["delivery"]["delivered"].is_number());
    }
    assert!(!host.rows["shop"].contains_key("receiver"));

    // A late time-out of a delivery that was received otherwise says nothing about the receiver.
    let delivery = Delivery {
        no: order(0),
        caller: "shop".to_owned(),
        due: String::new(),
        attempt: 1,
    };
    let late = SendOutcome::Outcome(Outcome::Lost(Loss::TimedOut));
    host.commit("shop", &Task::Delivered(delivery), Some(&late));
    assert!(!host.rows["shop"].contains_key("receiver"));
}

#[test]
fn an_alarm_that_the_platform_has_lost_is_set_again() {
    let mut host = host();
    start(&mut host, 0);
    let due: i64 = host.rows["shop"]
        .keys()
        .find_map(|key| key.strip_prefix("due/")?.split('/').next()?.parse().ok())
        .unwrap();
    for (set, again) in [
        (None, Some(due)),
        (Some(due + 1), Some(due)),
        (Some(due), None),
        // The platform repeats a failed alarm within a minute.
        (Some(host.now + 30_000), None),
    ] {
        assert_eq!(host.compare_alarm("shop", set), again, "{set:?}");
    }
    host.now = due + 5 * HOUR;
    let soon = host.now + 30_000;
    for (set, again) in [(Some(soon), None), (Some(soon + HOUR), Some(due))] {
        assert_eq!(host.compare_alarm("shop", set), again, "{set:?}");
    }
}

const BROKEN: &str = "{\"created\":\"11010519491231002X";

/// A host on which order 1 of 3 cannot be read, an hour after the start.
fn host_with_a_broken_row() -> Host {
    let mut host = host();
    for number in 0..3 {
        start(&mut host, number);
    }
    host.now += HOUR;
    host.sent.clear();
    let rows = host.rows.get_mut("shop").unwrap();
    rows.insert(format!("order/{}", order(1)), BROKEN.to_owned());
    host
}

#[test]
fn a_row_that_cannot_be_read_is_set_aside_and_the_rest_goes_on() {
    let mut host = host_with_a_broken_row();
    let before = host.rows["shop"][&format!("order/{}", order(1))].clone();
    host.alarm("shop", &mut passed);
    for number in [0, 2] {
        assert_eq!(status(&host, number)["verdict"]["decision"], "passed");
        assert!(status(&host, number)["delivery"]["delivered"].is_number());
    }
    assert_eq!(host.unreadable, [format!("order/{}", order(1))]);
    // The row is unchanged, and the work remains scheduled.
    assert_eq!(host.rows["shop"][&format!("order/{}", order(1))], before);
    let again = format!("/check/{}", order(1));
    let key = host.rows["shop"].keys().find(|key| key.ends_with(&again));
    let next: i64 = key.unwrap().split('/').nth(1).unwrap().parse().unwrap();
    assert!((HOUR - 1_000..=HOUR).contains(&(next - host.now)));
    let repaired = host.rows["shop"][&format!("order/{}", order(0))].clone();
    let repaired: Value = serde_json::from_str(&repaired).unwrap();
    let mut repaired = repaired.as_object().unwrap().clone();
    repaired.remove("verdict");
    repaired.remove("delivery");
    let rows = host.rows.get_mut("shop").unwrap();
    rows.insert(
        format!("order/{}", order(1)),
        Value::from(repaired).to_string(),
    );
    host.now = host.now.max(host.next_alarm("shop").unwrap()) + HOUR;
    host.alarm("shop", &mut passed);
    assert_eq!(status(&host, 1)["verdict"]["decision"], "passed");
}

#[test]
fn a_report_of_an_order_that_cannot_be_read_holds_up_nothing() {
    let mut host = host();
    for number in 0..3 {
        start(&mut host, number);
    }
    host.now += HOUR;
    // The row becomes unreadable between the verdict and its delivery.
    let broken = format!("order/{}", order(1));
    let rows = host.rows.get_mut("shop").unwrap();
    let due = format!("due/{:015}/deliver/{}", host.now, order(1));
    rows.insert(due, "3".to_owned());
    rows.insert(broken.clone(), BROKEN.to_owned());
    host.alarm("shop", &mut passed);
    // The schedule continues where it stopped.
    let later = format!("/deliver/{}", order(1));
    let postponed = host.rows["shop"]
        .iter()
        .find(|(key, _)| key.ends_with(&later));
    assert_eq!(postponed.unwrap().1, "3");
    for number in [0, 2] {
        assert!(status(&host, number)["delivery"]["delivered"].is_number());
    }
    assert!(host.next_alarm("shop").unwrap() > host.now);
    assert!(!host.unreadable.is_empty());
    assert!(host.unreadable.iter().all(|key| *key == broken));
}

#[test]
fn work_of_an_unknown_kind_is_kept_and_reported() {
    let mut host = host();
    start(&mut host, 0);
    host.now += HOUR;
    let unknown = format!("due/{:015}/renew/{}", host.now - HOUR, order(0));
    let rows = host.rows.get_mut("shop").unwrap();
    rows.insert(unknown.clone(), "3".to_owned());
    host.alarm("shop", &mut passed);
    assert_eq!(status(&host, 0)["verdict"]["decision"], "passed");
    assert_eq!(host.unreadable, std::slice::from_ref(&unknown));
    assert!(!host.rows["shop"].contains_key(&unknown));
    let kept = |(key, _): &(&String, &String)| key.ends_with(&format!("/renew/{}", order(0)));
    let (key, attempt) = host.rows["shop"].iter().find(kept).unwrap();
    let at: i64 = key.split('/').nth(1).unwrap().parse().unwrap();
    assert!(at > host.now, "the alarm would not end");
    assert_eq!(attempt, "3");
}

#[test]
fn rows_of_the_ledgers_own_that_cannot_be_read_are_written_again() {
    let mut host = host();
    start(&mut host, 0);
    let rows = host.rows.get_mut("shop").unwrap();
    for key in ["alarm", "caller", "receiver", "retention"] {
        rows.insert(key.to_owned(), "{".to_owned());
    }
    host.now += HOUR;
    host.alarm("shop", &mut passed);
    // Without the caller's row, nothing is queried or delivered, and nothing is lost.
    assert!(status(&host, 0).get("verdict").is_none());
    start(&mut host, 1);
    host.now += 2 * HOUR;
    host.alarm("shop", &mut passed);
    for number in 0..2 {
        assert!(status(&host, number)["delivery"]["delivered"].is_number());
    }
    let rows = &host.rows["shop"];
    assert_eq!(rows["caller"], "\"shop\"");
    assert!(!rows.contains_key("receiver"));
}

#[test]
fn an_order_that_cannot_be_read_hides_no_other() {
    let mut host = host_with_a_broken_row();
    let arrival = request(
        "GET",
        "/v1/face-verifications",
        &[("authorization", "Bearer a token")],
        b"",
    );
    let (_, reply) = host.handle(arrival, &mut |_| panic!("nobody is asked"));
    let body: Value = serde_json::from_str(&reply.body).unwrap();
    let listed: Vec<&Value> = body["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| &item["outerOrderNo"])
        .collect();
    assert_eq!(listed, [&json!(order(2)), &json!(order(0))]);
    assert_eq!(host.unreadable, [format!("order/{}", order(1))]);
}

#[test]
fn a_callback_of_an_order_that_cannot_be_read_is_answered() {
    let mut host = host();
    start(&mut host, 0);
    let path = callback(&host);
    let rows = host.rows.get_mut("shop").unwrap();
    rows.insert(format!("order/{}", order(0)), BROKEN.to_owned());
    call_back(&mut host, &path);
    assert_eq!(host.unreadable, [format!("order/{}", order(0))]);
}

fn fails(_: &OutgoingRequest) -> Outcome {
    json_answer(500, &json!({"Code": "InternalError"}))
}

fn unknown_there(sent: &OutgoingRequest) -> Outcome {
    if sent.url == WEBHOOK {
        return passed(sent);
    }
    json_answer(200, &json!({"Code": "406"}))
}

#[test]
fn what_a_callback_announced_while_the_service_failed_is_asked_again_soon() {
    let mut host = host();
    start(&mut host, 0);
    let path = callback(&host);
    call_back(&mut host, &path);
    let announced = host.now;
    let mut pauses = Vec::new();
    while host.now < announced + HOUR / 2 {
        host.sent.clear();
        host.alarm("shop", &mut fails);
        if !host.sent.is_empty() {
            pauses.push((host.now - announced) / 1_000);
        }
        host.now = host.next_alarm("shop").unwrap();
    }
    // In seconds: soon at first, then at growing intervals. A query itself takes a few seconds.
    assert!(
        matches!(pauses[..], [0..10, 10..20, 70..90, 370..400, 1_270..1_310]),
        "{pauses:?}"
    );
    // The check after its validity continues until there is a verdict.
    for _ in 0..20 {
        host.alarm("shop", &mut fails);
        let next = host.next_alarm("shop").unwrap();
        assert!(next <= host.now + HOUR);
        host.now = next;
    }
    // The queries after the callback have ended.
    let scheduled = |what: &str| host.rows["shop"].keys().any(|key| key.contains(what));
    assert_eq!(
        (scheduled("/callback/"), scheduled("/check/")),
        (false, true)
    );
    // An hour at most, and no less in the end. A query itself takes a few seconds.
    host.alarm("shop", &mut fails);
    let pause = host.next_alarm("shop").unwrap() - host.now;
    assert!((HOUR - 60_000..HOUR).contains(&pause), "{pause}");
    host.now += pause;
    host.alarm("shop", &mut passed);
    assert_eq!(status(&host, 0)["verdict"]["decision"], "passed");

    let mut host = self::host();
    start(&mut host, 0);
    let path = callback(&host);
    call_back(&mut host, &path);
    host.alarm("shop", &mut fails);
    host.now = host.next_alarm("shop").unwrap();
    host.sent.clear();
    host.alarm("shop", &mut passed);
    let actions: Vec<String> = host.sent.iter().map(action).collect();
    assert_eq!(actions, ["DescribeFaceVerify", "webhook"]);
    // None of the scheduled queries remain.
    assert!(
        !host.rows["shop"]
            .keys()
            .any(|key| key.contains("/callback/"))
    );
}

#[test]
fn an_order_that_alibaba_cloud_no_longer_knows_ends() {
    let mut host = host();
    start(&mut host, 0);
    // While the CertifyId is valid, an unknown CertifyId is a failure.
    let path = format!("/v1/face-verifications/{}", order(0));
    let bearer = [("authorization", "Bearer a token")];
    let (_, reply) = host.handle(request("GET", &path, &bearer, b""), &mut unknown_there);
    assert_eq!(reply.status, 502, "{}", reply.body);
    assert!(status(&host, 0).get("verdict").is_none());
    host.now += HOUR;
    host.alarm("shop", &mut unknown_there);
    assert_eq!(status(&host, 0)["verdict"]["decision"], "expired");
    assert!(status(&host, 0)["delivery"]["delivered"].is_number());
    let (_, reply) = host.handle(request("GET", &path, &bearer, b""), &mut |_| {
        panic!("nobody is asked")
    });
    let body: Value = serde_json::from_str(&reply.body).unwrap();
    assert_eq!(body["status"], "expired");
    host.now += HOUR;
    host.alarm("shop", &mut |_| panic!("nobody is asked"));
}

#[test]
fn only_a_response_of_success_ends_a_delivery() {
    for (status, is_delivered) in [
        (200, true),
        (204, true),
        (301, false),
        (304, false),
        (401, false),
    ] {
        let mut host = host();
        start(&mut host, 0);
        host.now += HOUR;
        host.alarm("shop", &mut |sent| {
            if sent.url == WEBHOOK {
                json_answer(status, &Value::Null)
            } else {
                passed(sent)
            }
        });
        let delivery = &self::status(&host, 0)["delivery"];
        assert_eq!(delivery["lastStatus"], status);
        assert_eq!(delivery["delivered"].is_number(), is_delivered, "{status}");
    }
}

#[test]
fn an_order_that_cannot_be_queried_holds_up_no_other() {
    let mut host = host();
    for number in 0..3 {
        start(&mut host, number);
    }
    let row = format!("order/{}", order(0));
    let rows = host.rows.get_mut("shop").unwrap();
    let mut changed: Value = serde_json::from_str(&rows[&row]).unwrap();
    changed["sceneId"] = json!("-1");
    rows.insert(row, changed.to_string());
    host.now += HOUR;
    host.alarm("shop", &mut passed);
    for number in 1..3 {
        assert_eq!(status(&host, number)["verdict"]["decision"], "passed");
    }
}

#[test]
fn a_response_of_any_status_ends_the_back_off_of_a_receiver() {
    let mut host = host();
    start(&mut host, 0);
    host.now += HOUR;
    let receiver = |answer: fn() -> Outcome| {
        move |sent: &OutgoingRequest| {
            if sent.url == WEBHOOK {
                answer()
            } else {
                passed(sent)
            }
        }
    };
    host.alarm("shop", &mut receiver(|| Outcome::Lost(Loss::TimedOut)));
    assert!(host.rows["shop"].contains_key("receiver"));
    // The first alarm postpones the delivery to the end of the back-off.
    for _ in 0..2 {
        host.now += HOUR;
        host.alarm("shop", &mut receiver(|| json_answer(503, &Value::Null)));
    }
    assert_eq!(status(&host, 0)["delivery"]["lastStatus"], 503);
    assert!(!host.rows["shop"].contains_key("receiver"));
}

#[test]
fn a_back_off_that_began_while_the_clock_was_ahead_ends_at_once() {
    let mut host = host();
    start(&mut host, 0);
    host.now += HOUR;
    let ahead = host.now + 24 * HOUR;
    let receiver = json!({"failures": 1, "until": ahead}).to_string();
    let rows = host.rows.get_mut("shop").unwrap();
    rows.insert("receiver".to_owned(), receiver);
    host.alarm("shop", &mut passed);
    assert!(status(&host, 0)["delivery"]["delivered"].is_number());
}
