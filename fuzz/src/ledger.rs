//! Tasks of a ledger over arbitrary rows, arbitrary responses of Alibaba Cloud and of a webhook's receiver, and a clock
//! that moves both ways. Each line of the input is one of:
//!
//! | line | meaning |
//! |---|---|
//! | `row KEY VALUE` | a stored row |
//! | `answer STATUS BODY`, `lost`, `late`, `crowded` | the outcome of the next request that is sent |
//! | `wait MILLIS` | the clock moves |
//! | `METHOD TARGET` | a request with a valid token, and with headers after tabs; a `POST` starts the order of its target |
//! | `callback NO`, `alarm` | a callback; the alarm |
//! | `task TEXT` | a task as the host keeps it |

use super::host::{Host, json_answer, start, variables};
use super::{message, replies};
use cloudauth_edge::client::call::{Loss, Outcome};
use cloudauth_edge::gateway::ledger::order::{Order, Start};
use cloudauth_edge::gateway::ledger::task::{Callback, Task};
use cloudauth_edge::http::{OutgoingRequest, Response};
use cloudauth_edge::json::de::from_json;
use cloudauth_edge::signing::acs3::hex_sha256;
use serde_json::json;
use std::collections::{BTreeMap, VecDeque};

const CALLER: &str = "shop";
const TOKEN: &str = "a token";
const ROUTE: &str = "/v1/face-verifications";
/// Limits the time of one input.
const LINES_MAX: usize = 64;

type Stored = BTreeMap<String, String>;

/// What happens to the requests that the gateway sends.
enum Fate {
    Outcome(Outcome),
    Crowded,
}

pub fn run(bytes: &[u8]) {
    let Ok(text) = core::str::from_utf8(bytes) else {
        return;
    };
    let callers = json!([{
        "id": CALLER,
        "tokenSha256": [hex_sha256(TOKEN.as_bytes())],
        "scopes": ["create", "read", "read:material"],
        "maxStartsPerDay": 5,
        "maxStartsPerUserPerDay": 2,
        "webhookUrl": "http://127.0.0.1:9999/verdicts",
    }]);
    let mut host = Host::new(variables(&[
        ("GATEWAY_MODE", "development"),
        ("GATEWAY_CALLERS", &callers.to_string()),
        ("GATEWAY_PUBLIC_URL", "https://gateway.example"),
    ]));
    let mut fates = VecDeque::new();
    for line in text.lines().take(LINES_MAX) {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        match verb {
            "row" => {
                if let Some((key, value)) = rest.split_once(' ') {
                    let rows = host.rows.entry(CALLER.to_owned()).or_default();
                    rows.insert(key.to_owned(), value.to_owned());
                }
                continue;
            }
            "wait" => {
                let millis: i64 = rest.parse().unwrap_or_default();
                host.now = host.now.saturating_add(millis).clamp(0, i64::MAX / 4);
                continue;
            }
            "answer" => fates.push_back(Fate::Outcome(Outcome::Answered(answer(rest)))),
            "lost" => fates.push_back(Fate::Outcome(Outcome::Lost(Loss::ConnectionFailed {
                code: None,
            }))),
            "late" => fates.push_back(Fate::Outcome(Outcome::Lost(Loss::TimedOut))),
            "crowded" => fates.push_back(Fate::Crowded),
            _ => perform(&mut host, verb, rest, line, &mut fates),
        }
    }
}

/// Whether a line is one of those above. The target ignores others, which the fuzzer makes.
pub fn is_understood(line: &str) -> bool {
    let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
    match verb {
        "row" => rest.split_once(' ').is_some_and(|(key, value)| {
            !key.starts_with("order/") || from_json::<Order>(value).is_ok()
        }),
        "wait" => rest.parse::<i64>().is_ok(),
        "answer" => rest.starts_with(|first: char| first.is_ascii_digit()),
        "lost" | "late" | "crowded" | "alarm" => rest.is_empty(),
        "GET" | "POST" => rest.starts_with('/'),
        "callback" => !rest.is_empty(),
        "task" => from_json::<Task>(rest).is_ok(),
        _ => false,
    }
}

/// `STATUS BODY` as a response.
fn answer(text: &str) -> Response {
    message::response(text.replacen(' ', "\n\n", 1).as_bytes())
}

fn perform(host: &mut Host, verb: &str, rest: &str, line: &str, fates: &mut VecDeque<Fate>) {
    let before = host.rows.get(CALLER).cloned().unwrap_or_default();
    let logged = |host: &Host| host.unreadable.len() + host.failures.len();
    let (written, before_logged) = (host.written.len(), logged(host));
    host.crowded = matches!(fates.front(), Some(Fate::Crowded));
    if host.crowded {
        fates.pop_front();
    }
    let mut upstream = |request: &OutgoingRequest| match fates.pop_front() {
        Some(Fate::Outcome(outcome)) => outcome,
        _ => healthy(request),
    };
    // A task of the host's own may contain anything, so its response may be an error.
    let mut trusted = true;
    match verb {
        "alarm" => host.alarm(CALLER, &mut upstream),
        "callback" => {
            let no = rest.to_owned();
            host.perform(CALLER, Task::Callback(Callback { no }), &mut upstream);
        }
        "task" => {
            trusted = false;
            if let Ok(task) = from_json::<Task>(rest) {
                host.perform(CALLER, task, &mut upstream);
            }
        }
        _ => {
            let request = if verb == "POST" {
                let order = rest.split('?').next().unwrap_or_default();
                let target = rest.replacen(order, ROUTE, 1);
                start(TOKEN, &target, order.rsplit('/').next().unwrap_or_default())
            } else {
                let mut request = message::request(line.replace('\t', "\n").as_bytes());
                let token = ("authorization".to_owned(), format!("Bearer {TOKEN}"));
                request.headers.push(token);
                request
            };
            let (routed, reply) = host.handle(request, &mut upstream);
            if reply.outcome != "photo" {
                replies::check(&routed, &reply);
            }
            let is_failure = reply.status == 500;
            assert!(
                !is_failure || logged(host) > before_logged,
                "{}",
                reply.outcome
            );
        }
    }
    if trusted {
        unchanged(before, &host.written[written..]);
    }
}

/// A written row changes neither a verdict nor a CertifyId.
fn unchanged(mut rows: Stored, written: &[(String, Option<String>)]) {
    for (key, value) in written {
        let Some(value) = value else {
            rows.remove(key);
            continue;
        };
        let before = rows.insert(key.clone(), value.clone());
        if !key.starts_with("order/") {
            continue;
        }
        let after: Order = from_json(value).expect("what is written can be read");
        let Some(before) = before.and_then(|before| from_json::<Order>(&before).ok()) else {
            continue;
        };
        if before.verdict.is_some() {
            assert_eq!(before.verdict, after.verdict, "a verdict changed");
        }
        if let Start::Done { certify_id, .. } = &before.start {
            let Start::Done {
                certify_id: later, ..
            } = &after.start
            else {
                panic!("a CertifyId is lost");
            };
            assert_eq!(certify_id, later, "a CertifyId changed");
        }
    }
}

/// Alibaba Cloud and the receiver when they work.
fn healthy(request: &OutgoingRequest) -> Outcome {
    let body = request.body.as_deref().unwrap_or_default();
    if body.contains("Action=InitFaceVerify") {
        json_answer(
            200,
            &json!({"Code": "200", "RequestId": "r", "ResultObject": {"CertifyId": "certify1"}}),
        )
    } else if body.contains("Action=DescribeFaceVerify") {
        json_answer(200, &json!({"Code": "424", "RequestId": "r"}))
    } else {
        json_answer(204, &json!(null))
    }
}
