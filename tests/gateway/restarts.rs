//! The host of the ledger is reset or ends while it starts an order.

use crate::host::{Host, NOW, json_answer, replied, request, sent, signed, start, variables};
use cloudauth_edge::client::call::{Loss, Outcome};
use cloudauth_edge::gateway::arrival::HostAction;
use cloudauth_edge::gateway::ledger::commit::{Next, SendOutcome};
use cloudauth_edge::gateway::ledger::task::Task;
use cloudauth_edge::http::{IncomingRequest, OutgoingRequest};
use cloudauth_edge::json::de::from_json;
use serde_json::{Value, json};

const ROUTE: &str = "/v1/face-verifications";
const COUNTS: &str = "/v1/face-verification-counts";
const ORDER: &str = "e0c34a77f5ac40a5aa5e6ed20c353888";
const CALLER: &str = "dev";

fn host() -> Host {
    Host::new(variables(&[("GATEWAY_MODE", "development")]))
}

fn first() -> IncomingRequest {
    start("dev-token", ROUTE, ORDER)
}

fn restart() -> IncomingRequest {
    start("dev-token", &format!("{ROUTE}?restartUnknown=true"), ORDER)
}

fn started(certify_id: &str) -> SendOutcome {
    SendOutcome::Outcome(json_answer(
        200,
        &json!({"Code": "200", "ResultObject": {"CertifyId": certify_id}}),
    ))
}

fn nobody(_: &OutgoingRequest) -> Outcome {
    panic!("nobody is asked");
}

fn lost(_: &OutgoingRequest) -> Outcome {
    Outcome::Lost(Loss::TimedOut)
}

#[test]
fn a_start_ends_with_the_instance_that_performs_it() {
    for requests in [first, restart] {
        let mut host = host();
        let (_, task) = host.task(first());
        sent(host.commit(CALLER, &task, None));

        host.instance = "second";
        host.others = vec!["another".to_owned(), "instance".to_owned()];
        let (_, task) = host.task(requests());
        let waiting = match host.commit(CALLER, &task, None) {
            Next::Wait { then, .. } => then,
            other => panic!("{other:?}"),
        };
        let (_, read) = host.task(read());
        let reading = replied(host.commit(CALLER, &read, None));
        assert_eq!(reading.outcome, "order-being-started");
        assert!(host.woken.is_empty());

        host.others = vec!["another".to_owned()];
        // A request that has waited does not start the order again, even if it allows that.
        let reply = replied(host.commit(CALLER, &waiting, None));
        assert_eq!(reply.outcome, "start-outcome-unknown");
        assert_eq!(host.woken, [ORDER]);
        let reading = replied(host.commit(CALLER, &read, None));
        assert_eq!(reading.outcome, "start-outcome-unknown");
    }
}

fn get(path: &str) -> IncomingRequest {
    let headers = [("authorization", "Bearer dev-token")];
    request("GET", path, &headers, b"")
}

fn read() -> IncomingRequest {
    get(&format!("{ROUTE}/{ORDER}"))
}

#[test]
fn a_read_notices_that_the_instance_has_ended() {
    let mut host = host();
    let (_, task) = host.task(first());
    sent(host.commit(CALLER, &task, None));
    host.instance = "second";
    let (_, read) = host.task(read());
    let reading = replied(host.commit(CALLER, &read, None));
    assert_eq!(reading.outcome, "start-outcome-unknown");
    assert_eq!(host.woken, [ORDER]);
}

/// What the routes that show several orders say about the only order.
fn shown(host: &mut Host) -> [Value; 5] {
    [
        (format!("{ROUTE}?search={ORDER}"), "/items/0/status"),
        (ROUTE.to_owned(), "/items/0/status"),
        (format!("{ROUTE}?status=starting"), "/items/0/status"),
        (format!("{ROUTE}?status=unknown"), "/items/0/status"),
        (COUNTS.to_owned(), "/days/0/unknown"),
    ]
    .map(|(path, member)| {
        let (_, reply) = host.handle(get(&path), &mut nobody);
        let body: Value = from_json(&reply.body).unwrap();
        body.pointer(member).cloned().unwrap_or_default()
    })
}

#[test]
fn lists_and_counts_notice_that_the_instance_has_ended() {
    let is = json!("starting");
    let before = [is.clone(), is.clone(), is, Value::Null, json!(0)];
    let is = json!("unknown");
    let after = [is.clone(), is.clone(), Value::Null, is, json!(1)];
    // Each of them must notice it by itself, so each is the first once.
    for path in [
        format!("{ROUTE}?search={ORDER}"),
        ROUTE.to_owned(),
        format!("{ROUTE}?status=starting"),
        format!("{ROUTE}?status=unknown"),
        COUNTS.to_owned(),
    ] {
        let mut host = host();
        let (_, task) = host.task(first());
        sent(host.commit(CALLER, &task, None));
        assert_eq!(shown(&mut host), before);
        assert!(host.woken.is_empty());

        host.instance = "second";
        let (_, reply) = host.handle(get(&path), &mut nobody);
        assert_eq!(host.woken, [ORDER], "{path}");
        assert!(!reply.body.contains(r#""starting":1"#), "{}", reply.body);
        assert!(!reply.body.contains(r#":"starting""#), "{}", reply.body);
        assert_eq!(shown(&mut host), after, "{path}");
        assert_eq!(host.woken, [ORDER], "{path}");
    }
}

#[test]
fn a_start_whose_call_has_taken_all_its_time_is_not_given_up_at_once() {
    let mut host = host();
    let (_, task) = host.task(first());
    let then = sent(host.commit(CALLER, &task, None));
    // The call waited for its turn, and ended after the 30 seconds that it may take.
    host.now = NOW + 40_000;
    let (_, read) = host.task(read());
    let reading = replied(host.commit(CALLER, &read, None));
    assert_eq!(reading.outcome, "order-being-started");
    let reply = replied(host.commit(CALLER, &then, Some(&started("certify1"))));
    assert_eq!(reply.status, 201);
}

#[test]
fn a_late_outcome_does_not_count_after_the_order_is_started_again() {
    let mut host = host();
    let (_, task) = host.task(first());
    let early = sent(host.commit(CALLER, &task, None));

    host.instance = "second";
    host.random = [8; 32];
    let (_, task) = host.task(restart());
    let later = sent(host.commit(CALLER, &task, None));

    let reply = replied(host.commit(CALLER, &early, Some(&started("certify1"))));
    assert_eq!(reply.outcome, "outcome-too-late");
    let reply = replied(host.commit(CALLER, &later, Some(&started("certify2"))));
    assert_eq!(reply.status, 201);
    assert!(reply.body.contains("certify2"), "{}", reply.body);
    let (_, repeated) = host.handle(first(), &mut nobody);
    assert!(repeated.body.contains("certify2"), "{}", repeated.body);
}

/// The task, and the one to pass if the host was reset while it performed that one.
fn with_after_reset(host: &Host, request: IncomingRequest) -> [Task; 2] {
    match host.route(request).then {
        HostAction::Ledger { task, after_reset } => {
            [task, after_reset].map(|text| from_json(&text).unwrap())
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_request_that_is_repeated_after_a_reset_does_not_start_the_order_again() {
    let call = |host: &Host| {
        signed(
            "dev-key-id",
            "dev-key-secret",
            &[
                ("Action", "InitFaceVerify"),
                ("SceneId", "1000000006"),
                ("OuterOrderNo", ORDER),
                ("CertName", crate::host::NAME),
                ("CertNo", crate::host::NUMBER),
                ("MetaInfo", "{}"),
                // Not one of the action's parameters; makes every signature different.
                ("RegionId", &host.now.to_string()),
            ],
        )
    };
    let rest: fn(&Host) -> IncomingRequest = |_| restart();
    for request in [rest, call] {
        let mut host = host();
        let (_, reply) = host.handle(request(&host), &mut lost);
        assert_eq!(reply.outcome, "start-outcome-unknown", "{}", reply.body);
        // Both protocols allow the order to be started again.
        let [task, after_reset] = with_after_reset(&host, request(&host));
        host.perform(CALLER, task, &mut lost);
        assert_eq!(host.sent.len(), 2);
        // The host was reset at an unknown point of that task.
        let reply = host.perform(CALLER, after_reset, &mut nobody);
        assert_eq!(reply.outcome, "start-outcome-unknown");
    }
}

#[test]
fn an_outcome_that_the_host_has_lost_is_an_internal_error() {
    let headers = [("authorization", "Bearer dev-token")];
    let answer = json!({"Code": "200", "ResultObject": {"CertifyId": "certify1"}});
    let mut host = host();
    host.handle(first(), &mut |_| json_answer(200, &answer));
    let other = "0".repeat(32);
    for (asked, key, execution) in [
        (
            start("dev-token", ROUTE, &other),
            format!("order/{other}"),
            "unknown",
        ),
        (read(), format!("order/{ORDER}"), "none"),
        (
            request("GET", "/readyz/vendor", &headers, b""),
            "probe".to_owned(),
            "none",
        ),
    ] {
        let (_, task) = host.task(asked);
        let then = sent(host.commit(CALLER, &task, None));
        let reply = replied(host.commit(CALLER, &then, None));
        assert_eq!(
            (reply.status, reply.outcome.as_str()),
            (500, "internal-error")
        );
        let body: Value = serde_json::from_str(&reply.body).unwrap();
        assert_eq!(body["execution"], execution);
        assert_eq!(
            std::mem::take(&mut host.failures),
            [format!("missing outcome of {key}")]
        );
        assert!(host.unreadable.is_empty(), "the row is readable");
    }
}

#[test]
fn a_request_that_no_longer_passes_validation_is_an_internal_error() {
    let answer = json!({"Code": "200", "ResultObject": {"CertifyId": "certify1"}});
    let mut host = host();
    host.handle(first(), &mut |_| json_answer(200, &answer));
    let key = format!("order/{ORDER}");
    let row = host.rows.get_mut(CALLER).unwrap().get_mut(&key).unwrap();
    let mut order: Value = serde_json::from_str(row).unwrap();
    order["sceneId"] = json!("-1");
    *row = order.to_string();
    let (_, reply) = host.handle(read(), &mut nobody);
    assert_eq!(
        (reply.status, reply.outcome.as_str()),
        (500, "internal-error")
    );
    let reason = format!("request of {key}, sceneId scene-id");
    assert_eq!(host.failures, [reason]);
    assert!(host.unreadable.is_empty(), "the row is readable");
}

#[test]
fn a_shorter_retention_applies_to_the_orders_that_exist() {
    const DAY: i64 = 86_400_000;
    let mut host = Host::new(variables(&[
        ("GATEWAY_MODE", "development"),
        ("CLOUDAUTH_CALLS_PER_SECOND", "1000"),
    ]));
    let start_at = |host: &mut Host, number: u32, now: i64| {
        host.now = now;
        let arrival = start("dev-token", ROUTE, &format!("{number:032}"));
        let answer =
            json!({"Code": "200", "ResultObject": {"CertifyId": format!("certify{number}")}});
        let (_, reply) = host.handle(arrival, &mut |_| json_answer(200, &answer));
        assert_eq!(reply.status, 201);
    };
    // More orders than one commit examines, most of them old.
    for number in 0..130 {
        start_at(&mut host, number, NOW + i64::from(number));
    }
    for number in 130..140 {
        start_at(&mut host, number, NOW + 9 * DAY);
    }
    let mut expired = |_: &OutgoingRequest| json_answer(200, &json!({"Code": "406"}));
    host.now = NOW + 10 * DAY;
    host.alarm(CALLER, &mut expired);
    let orders = |host: &Host| {
        let keys = host.rows[CALLER].keys();
        keys.filter(|key| key.starts_with("order/")).count()
    };
    assert_eq!(orders(&host), 140);

    host.variables = variables(&[
        ("GATEWAY_MODE", "development"),
        ("GATEWAY_RETENTION_DAYS", "2"),
    ]);
    // The first request after the change sets the alarm.
    let hour = 3_600_000;
    let next_hour = (host.now / hour + 1) * hour;
    assert_eq!(host.compare_alarm(CALLER, None), Some(next_hour));
    let mut days = Vec::new();
    while let Some(next) = host.next_alarm(CALLER) {
        host.now = host.now.max(next);
        host.alarm(CALLER, &mut expired);
        if orders(&host) == 10 && days.is_empty() {
            days.push(host.now);
        }
    }
    assert_eq!(orders(&host), 0);
    days.push(host.now);
    // At once, and two days after the later starts; each with the delay for a wrong clock.
    let hours = days.iter().map(|at| (at - NOW) / 3_600_000);
    assert_eq!(hours.collect::<Vec<i64>>(), [242, 266]);
}

#[test]
fn a_shorter_retention_moves_nothing_but_expiries() {
    let mut host = Host::new(variables(&[("GATEWAY_MODE", "development")]));
    host.handle(first(), &mut lost);
    let rows = host.rows.get_mut(CALLER).unwrap();
    let later = NOW + 20 * 86_400_000;
    let due = |work: &str| format!("due/{later:015}/{work}");
    // A nonce that was used, a counter of the day, and work that is to be tried again.
    let kept = [
        "drop/nonce/key/1",
        "drop/count/1",
        "deliver/x",
        "check/x",
        "callback/x",
    ]
    .map(due);
    for key in &kept {
        rows.insert(key.clone(), "1".to_owned());
    }
    let tried_once = due(&format!("expire/{ORDER}"));
    rows.insert(tried_once.clone(), "2".to_owned());
    host.variables = variables(&[
        ("GATEWAY_MODE", "development"),
        ("GATEWAY_RETENTION_DAYS", "2"),
    ]);
    let next = host.compare_alarm(CALLER, None).unwrap();
    host.now = next;
    host.alarm(CALLER, &mut nobody);
    let keys: Vec<&String> = host.rows[CALLER].keys().collect();
    for key in kept.iter().chain([&tried_once]) {
        assert!(keys.contains(&key), "{key}: {keys:?}");
    }
}

#[test]
fn a_retention_that_was_longer_for_a_while_leaves_no_order_behind() {
    const DAY: i64 = 86_400_000;
    let days = |days| {
        variables(&[
            ("GATEWAY_MODE", "development"),
            ("GATEWAY_RETENTION_DAYS", days),
        ])
    };
    // Whether the row with the longer retention is unreadable, and whether the alarm fires before a request.
    for (is_unreadable, alarm_is_first) in [(false, false), (true, false), (true, true)] {
        let mut host = Host::new(days("2"));
        host.handle(first(), &mut lost);
        host.variables = days("365");
        host.now = host.next_alarm(CALLER).unwrap();
        host.alarm(CALLER, &mut nobody);
        assert!(host.next_alarm(CALLER).unwrap() > NOW + 300 * DAY);
        if is_unreadable {
            let rows = host.rows.get_mut(CALLER).unwrap();
            rows.insert("retention".to_owned(), "x".to_owned());
        }
        host.variables = days("2");
        if alarm_is_first {
            host.alarm(CALLER, &mut nobody);
            let arrival = start("dev-token", ROUTE, &"0".repeat(32));
            host.handle(arrival, &mut lost);
        }
        host.compare_alarm(CALLER, None);
        let kept = |host: &Host| host.rows[CALLER].contains_key(&format!("order/{ORDER}"));
        while kept(&host) {
            host.now = host.now.max(host.next_alarm(CALLER).unwrap());
            host.alarm(CALLER, &mut nobody);
        }
        assert!(host.now < NOW + 3 * DAY);
    }
}

#[test]
fn a_ledger_without_orders_has_no_expiries_to_bring_forward() {
    let mut host = Host::new(variables(&[("GATEWAY_MODE", "development")]));
    // Stores a nonce and when to delete it.
    let parameters = [
        ("Action", "DescribeFaceVerify"),
        ("SceneId", "1000000006"),
        ("CertifyId", "certify1"),
    ];
    host.handle(
        signed("dev-key-id", "dev-key-secret", &parameters),
        &mut nobody,
    );
    let before = host.rows[CALLER].clone();
    assert_eq!(
        before.keys().filter(|key| key.starts_with("due/")).count(),
        1
    );
    let set = host.next_alarm(CALLER);
    assert_eq!(host.compare_alarm(CALLER, set), None);
    assert_eq!(host.rows[CALLER], before);
}

#[test]
fn a_record_is_kept_for_the_whole_time_after_a_later_start() {
    const DAY: i64 = 86_400_000;
    let mut host = Host::new(variables(&[
        ("GATEWAY_MODE", "development"),
        ("GATEWAY_RETENTION_DAYS", "2"),
    ]));
    host.handle(first(), &mut lost);
    host.now = NOW + DAY;
    let answer = json!({"Code": "200", "ResultObject": {"CertifyId": "certify1"}});
    let (_, reply) = host.handle(restart(), &mut |_| json_answer(200, &answer));
    assert_eq!(reply.status, 201);
    let kept = |host: &Host| host.rows[CALLER].contains_key(&format!("order/{ORDER}"));
    let mut expired = |_: &OutgoingRequest| json_answer(200, &json!({"Code": "406"}));
    while host.now < NOW + 3 * DAY {
        assert!(kept(&host), "{}", host.now);
        host.now = host.next_alarm(CALLER).unwrap();
        host.alarm(CALLER, &mut expired);
    }
    while let Some(next) = host.next_alarm(CALLER) {
        host.now = host.now.max(next);
        host.alarm(CALLER, &mut nobody);
    }
    assert!(!kept(&host));
    assert!(host.now < NOW + 4 * DAY);
}

/// A caller who has agreed to a second start, of unknown outcome too, has not agreed to a third one.
#[test]
fn a_restart_of_unknown_outcome_keeps_its_order_for_the_whole_time() {
    const DAY: i64 = 86_400_000;
    let settings = |days| {
        variables(&[
            ("GATEWAY_MODE", "development"),
            ("GATEWAY_RETENTION_DAYS", days),
        ])
    };
    // Right before the record would be deleted, and long before under a retention that is shortened afterwards.
    for (days, restarted_at) in [("2", 2 * DAY + 7_000_000), ("180", 40 * DAY)] {
        for ends in [true, false] {
            let mut host = Host::new(settings(days));
            host.handle(first(), &mut lost);
            while host.next_alarm(CALLER).unwrap() < NOW + restarted_at {
                host.now = host.next_alarm(CALLER).unwrap();
                host.alarm(CALLER, &mut nobody);
            }
            host.now = NOW + restarted_at;
            let (_, task) = host.task(restart());
            let then = sent(host.commit(CALLER, &task, None));
            if ends {
                let broken = SendOutcome::Outcome(Outcome::Lost(Loss::TimedOut));
                replied(host.commit(CALLER, &then, Some(&broken)));
            }
            host.variables = settings("2");
            host.compare_alarm(CALLER, None);
            while let Some(next) = host.next_alarm(CALLER) {
                host.now = host.now.max(next);
                let since = host.now - NOW - restarted_at;
                if (60_000..2 * DAY).contains(&since) {
                    let (_, reply) = host.handle(first(), &mut nobody);
                    assert_eq!(reply.outcome, "start-outcome-unknown");
                }
                host.alarm(CALLER, &mut nobody);
            }
            assert!(host.now > NOW + restarted_at + 2 * DAY);
            assert!(host.now < NOW + restarted_at + 3 * DAY);
            assert!(!host.rows[CALLER].contains_key(&format!("order/{ORDER}")));
        }
    }
}
