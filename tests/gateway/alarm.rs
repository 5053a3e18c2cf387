//! What the alarm does when much is due at once, when a receiver does not answer, and when the
//! platform has lost it.

use crate::host::{Host, json_answer, request, variables};
use cloudauth_edge::client::call::{Loss, Outcome};
use cloudauth_edge::gateway::ledger::Task;
use cloudauth_edge::gateway::ledger::due::Wake;
use cloudauth_edge::http::OutgoingRequest;
use cloudauth_edge::signing::acs3::hex_sha256;
use cloudauth_edge::signing::encode::parse_form;
use serde_json::{Value, json};

const WEBHOOK: &str = "http://127.0.0.1:9999/verdicts";
const HOUR: i64 = 3_600_000;

fn host() -> Host {
    let callers = json!([{
        "id": "shop",
        "tokenSha256": [hex_sha256(b"a token")],
        "scopes": ["create", "read"],
        "webhookUrl": WEBHOOK,
    }]);
    Host::new(variables(&[
        ("GATEWAY_MODE", "development"),
        ("GATEWAY_CALLERS", &callers.to_string()),
        ("GATEWAY_PUBLIC_URL", "https://gateway.example"),
    ]))
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
    let body = json!({
        "outerOrderNo": order(number),
        "userId": "123456789",
        "certName": "张三",
        "certNo": "11010519491231002X",
        "metaInfo": "{}",
    });
    let arrival = request(
        "POST",
        "/v1/face-verifications",
        &[
            ("authorization", "Bearer a token"),
            ("content-type", "application/json"),
        ],
        body.to_string().as_bytes(),
    );
    let (_, reply) = host.handle(arrival, &mut |_| {
        json_answer(
            200,
            &json!({"Code": "200", "ResultObject": {"CertifyId": format!("certify{number}")}}),
        )
    });
    assert_eq!(reply.status, 201, "{}", reply.body);
}

/// The path of the address that the vendor calls for the order started last.
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

/// Passes all, and the receiver takes note.
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
fn twenty_callbacks_of_an_order_are_one_question() {
    let mut host = host();
    start(&mut host, 0);
    let path = callback(&host);
    for _ in 0..20 {
        host.now += 1;
        call_back(&mut host, &path);
    }
    host.sent.clear();
    host.alarm("shop", &mut passed);
    let actions: Vec<String> = host.sent.iter().map(action).collect();
    assert_eq!(actions, ["DescribeFaceVerify", "webhook"]);
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
        assert_eq!(status(&host, number)["verdict"]["outcome"], "passed");
        assert!(status(&host, number)["report"]["delivered"].is_number());
    }
    assert_eq!(host.sent.len(), 240);
}

#[test]
fn many_rows_that_expire_together_go_in_slices() {
    let mut host = host();
    let rows = host.rows.entry("shop".to_owned()).or_default();
    for number in 0..30_000 {
        rows.insert(format!("nonce/key/{number:05}"), "1".to_owned());
        let due = format!("due/{:015}/drop/nonce/key/{number:05}", host.now);
        rows.insert(due, "1".to_owned());
    }
    let mut alarms = 0;
    while host.rows["shop"].keys().any(|key| key.starts_with("due/")) {
        host.written.clear();
        host.alarm("shop", &mut |_| panic!("nothing is asked"));
        // The platform limits what one alarm may do.
        assert!(host.written.len() <= 25_000, "{}", host.written.len());
        alarms += 1;
        assert!(alarms < 100, "the alarm does not come to rest");
        host.now += 1_000;
    }
    let left: Vec<&String> = host.rows["shop"].keys().collect();
    assert!(left.is_empty(), "{left:?}");
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

    // After a while one is tried, and the next pause is longer.
    for pause in [31_000, 61_000] {
        host.sent.clear();
        host.alarm("shop", &mut hangs);
        assert_eq!(host.sent.len(), 0, "left alone");
        host.now += pause;
        host.alarm("shop", &mut hangs);
        assert_eq!(host.sent.len(), 1, "tried with one");
    }

    // When it answers again, everything is delivered.
    host.now += HOUR;
    host.alarm("shop", &mut passed);
    for number in 0..30 {
        assert!(status(&host, number)["report"]["delivered"].is_number());
    }
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
        // An alarm that failed is repeated within a minute.
        (Some(host.now + 30_000), None),
    ] {
        assert_eq!(
            host.wake("shop", Task::Wake(Wake { set })),
            again,
            "{set:?}"
        );
    }
    host.now = due + 5 * HOUR;
    let soon = host.now + 30_000;
    for (set, again) in [(Some(soon), None), (Some(soon + HOUR), Some(due))] {
        assert_eq!(
            host.wake("shop", Task::Wake(Wake { set })),
            again,
            "{set:?}"
        );
    }
}
