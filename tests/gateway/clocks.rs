//! The gateway's clock jumps by an hour and back; the Date headers of Alibaba Cloud stay correct.

use crate::host::{Host, NOW, dated, json_answer, request, signed_at, start, variables};
use cloudauth_edge::client::call::Outcome;
use cloudauth_edge::gateway::ledger::commit::{Next, SendOutcome};
use cloudauth_edge::gateway::reply::Reply;
use cloudauth_edge::http::{IncomingRequest, OutgoingRequest};
use cloudauth_edge::signing::acs3::hex_sha256;
use serde_json::{Value, json};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
const ORDER: &str = "e0c34a77f5ac40a5aa5e6ed20c353888";
const CALLER: &str = "dev";

fn host(settings: &[(&str, &str)]) -> Host {
    let mut all = vec![("GATEWAY_MODE", "development")];
    all.extend_from_slice(settings);
    Host::new(variables(&all))
}

fn nobody(_: &OutgoingRequest) -> Outcome {
    panic!("nobody is asked");
}

fn started() -> Value {
    json!({"Code": "200", "ResultObject": {"CertifyId": "certify1"}})
}

fn unfinished() -> Value {
    json!({"Code": "424"})
}

fn passed() -> Value {
    json!({"Code": "200", "ResultObject": {"Passed": "T", "SubCode": "200"}})
}

fn order() -> IncomingRequest {
    start("dev-token", "/v1/face-verifications", ORDER)
}

fn create(host: &mut Host, upstream: &mut dyn FnMut(&OutgoingRequest) -> Outcome) -> Reply {
    host.handle(order(), upstream).1
}

fn read(host: &mut Host, at: i64, says: fn() -> Value) -> Value {
    let headers = [("authorization", "Bearer dev-token")];
    let arrival = request(
        "GET",
        &format!("/v1/face-verifications/{ORDER}"),
        &headers,
        b"",
    );
    let (_, reply) = host.handle(arrival, &mut |_| dated(json_answer(200, &says()), at));
    serde_json::from_str(&reply.body).unwrap()
}

fn has_order(host: &Host) -> bool {
    host.rows[CALLER].contains_key(&format!("order/{ORDER}"))
}

#[test]
fn a_jump_forward_and_back_decides_no_order() {
    let mut host = host(&[]);
    let reply = create(&mut host, &mut |_| dated(json_answer(200, &started()), NOW));
    assert_eq!(reply.status, 201);
    host.now = NOW + HOUR;
    let five_minutes_later = NOW + 300_000;
    assert_eq!(
        read(&mut host, five_minutes_later, unfinished)["status"],
        "pending"
    );
    host.alarm(CALLER, &mut |_| {
        dated(json_answer(200, &unfinished()), five_minutes_later)
    });
    host.now = five_minutes_later + 1_000;
    assert_eq!(
        read(&mut host, five_minutes_later, passed)["status"],
        "passed"
    );
}

#[test]
fn a_start_under_a_wrong_clock_has_its_whole_time() {
    for wrong in [HOUR, -HOUR] {
        let mut host = host(&[]);
        host.now = NOW + wrong;
        let reply = create(&mut host, &mut |_| dated(json_answer(200, &started()), NOW));
        let body: Value = serde_json::from_str(&reply.body).unwrap();
        assert_eq!(body["expiresAt"], "2026-11-18T11:36:40Z", "{wrong}");
        host.now = NOW + 60_000;
        for (minutes, status) in [(34, "pending"), (35, "expired")] {
            let at = NOW + minutes * 60_000;
            assert_eq!(
                read(&mut host, at, unfinished)["status"],
                status,
                "{wrong} {minutes}"
            );
        }
    }
}

#[test]
fn a_verdict_is_asked_for_by_the_servers_clock_even_where_no_date_comes() {
    // The call has learned the clock skew from the rejection of its first attempt.
    let mut host = host(&[]);
    create(&mut host, &mut |_| dated(json_answer(200, &started()), NOW));
    host.now = NOW + HOUR;
    let headers = [("authorization", "Bearer dev-token")];
    let target = format!("/v1/face-verifications/{ORDER}");
    let mut attempts = 0;
    let (_, reply) = host.handle(request("GET", &target, &headers, b""), &mut |_| {
        attempts += 1;
        if attempts == 1 {
            let refusal = json!({"Code": "InvalidTimeStamp.Expired"});
            dated(json_answer(400, &refusal), NOW + 60_000)
        } else {
            json_answer(200, &unfinished())
        }
    });
    assert_eq!(attempts, 2);
    assert_eq!(reply.outcome, "pending");
}

#[test]
fn a_jump_loses_no_start_that_is_under_way() {
    let mut host = host(&[]);
    let (caller, task) = host.task(order());
    let Next::Send { then, .. } = host.commit(&caller, &task, None) else {
        panic!("the start is not sent");
    };
    // A request in the wrong hour does not get a CertifyId.
    host.now = NOW + HOUR;
    assert_eq!(
        create(&mut host, &mut nobody).outcome,
        "start-outcome-unknown"
    );
    host.now = NOW + 1_000;
    let answer = dated(json_answer(200, &started()), NOW);
    let Next::Reply { reply } = host.commit(&caller, &then, Some(&SendOutcome::Outcome(answer)))
    else {
        panic!("the start is not answered");
    };
    assert_eq!((reply.status, reply.outcome.as_str()), (201, "created"));
    assert_eq!(create(&mut host, &mut nobody).outcome, "repeated");
}

#[test]
fn a_jump_deletes_no_record() {
    let mut host = host(&[("GATEWAY_RETENTION_DAYS", "2")]);
    create(&mut host, &mut |_| dated(json_answer(200, &started()), NOW));
    read(&mut host, NOW, passed);
    host.now = NOW + 2 * DAY - HOUR / 2 + HOUR;
    host.alarm(CALLER, &mut nobody);
    assert!(has_order(&host));
    // The clock is still wrong almost two hours later.
    host.now += 2 * HOUR - 60_000;
    host.alarm(CALLER, &mut nobody);
    assert!(has_order(&host));
    host.now -= HOUR;
    host.alarm(CALLER, &mut nobody);
    assert!(has_order(&host));
    // It is deleted once its retention is definitely over.
    host.now = NOW + 2 * DAY;
    while let Some(at) = host.next_alarm(CALLER) {
        assert!(host.now < NOW + 3 * DAY);
        host.now = host.now.max(at);
        host.alarm(CALLER, &mut nobody);
    }
    assert!(!has_order(&host));
}

#[test]
fn a_record_has_its_second_look_although_the_retention_is_shortened() {
    let mut host = host(&[("GATEWAY_RETENTION_DAYS", "3")]);
    create(&mut host, &mut |_| dated(json_answer(200, &started()), NOW));
    read(&mut host, NOW, passed);
    let shorten = |host: &mut Host, days| {
        host.variables = variables(&[
            ("GATEWAY_MODE", "development"),
            ("GATEWAY_RETENTION_DAYS", days),
        ]);
        host.compare_alarm(CALLER, None);
    };
    // At the next full hour, the retention is found to be over.
    host.now = NOW + 2 * DAY + HOUR / 2;
    shorten(&mut host, "2");
    let ahead = host.now + HOUR;
    while host.next_alarm(CALLER).unwrap() < ahead {
        host.now = host.now.max(host.next_alarm(CALLER).unwrap());
        host.alarm(CALLER, &mut nobody);
    }
    assert!(has_order(&host));
    // It is shortened again within two hours.
    shorten(&mut host, "1");
    while host.next_alarm(CALLER).unwrap() < NOW + 2 * DAY + 2 * HOUR {
        host.now = host.now.max(host.next_alarm(CALLER).unwrap());
        host.alarm(CALLER, &mut nobody);
        assert!(has_order(&host));
    }
}

#[test]
fn a_record_whose_time_is_over_in_this_millisecond_is_deleted_later() {
    let mut host = host(&[("GATEWAY_RETENTION_DAYS", "2")]);
    host.tick = 0;
    create(&mut host, &mut |_| dated(json_answer(200, &started()), NOW));
    read(&mut host, NOW, passed);
    host.now = NOW + 2 * DAY;
    assert!(host.rows[CALLER].contains_key(&format!("due/{:015}/expire/{ORDER}", host.now)));
    while let Some(next) = host.next_alarm(CALLER) {
        host.now = host.now.max(next);
        host.alarm(CALLER, &mut nobody);
    }
    assert!(!has_order(&host));
}

#[test]
fn a_jump_frees_no_start_of_the_day() {
    let callers = json!([{
        "id": "dev",
        "tokenSha256": [hex_sha256(b"dev-token")],
        "maxStartsPerDay": 1,
    }]);
    let mut host = host(&[("GATEWAY_CALLERS", &callers.to_string())]);
    // 00:06:40 in China.
    let morning = NOW - 19 * HOUR;
    host.now = morning;
    create(&mut host, &mut |_| json_answer(200, &started()));
    host.now = morning + DAY + HOUR / 2;
    host.alarm(CALLER, &mut |_| json_answer(200, &unfinished()));
    host.now = morning + DAY - HOUR / 2;
    let other = start("dev-token", "/v1/face-verifications", &"0".repeat(32));
    let (_, reply) = host.handle(other, &mut nobody);
    assert_eq!(reply.outcome, "daily-limit");
}

#[test]
fn a_jump_makes_no_nonce_usable_again() {
    let mut host = host(&[]);
    let parameters = [
        ("Action", "DescribeFaceVerify"),
        ("SceneId", "1000000006"),
        ("CertifyId", "certify1"),
    ];
    let ask = |host: &mut Host| {
        host.arrival += 1;
        let arrival = signed_at(NOW, "dev-key-id", "dev-key-secret", &parameters);
        let (_, reply) = host.handle(arrival, &mut nobody);
        serde_json::from_str::<Value>(&reply.body).unwrap()["Code"].clone()
    };
    assert_eq!(ask(&mut host), "406");
    host.now = NOW + HOUR;
    host.alarm(CALLER, &mut nobody);
    host.now = NOW + 60_000;
    assert_eq!(ask(&mut host), "SignatureNonceUsed");
}
