//! Many requests that wait for the verdict of one order share its queries.

use crate::host::{Host, NOW, json_answer, request, start, variables};
use cloudauth_edge::client::call::Outcome;
use cloudauth_edge::gateway::ledger::commit::{Next, SendOutcome};
use cloudauth_edge::gateway::ledger::task::Task;
use cloudauth_edge::gateway::reply::Reply;
use cloudauth_edge::http::IncomingRequest;
use cloudauth_edge::signing::encode::parse_form;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const ORDER: &str = "e0c34a77f5ac40a5aa5e6ed20c353888";
const ROUTE: &str = "/v1/face-verifications";
/// How long Alibaba Cloud takes to respond. The tests' clock advances with every reading, so that
/// 300 steps take about a second.
const ANSWERS_IN_MILLIS: i64 = 2_000;

fn started() -> Host {
    let mut host = Host::new(variables(&[("GATEWAY_MODE", "development")]));
    let arrival = start("dev-token", ROUTE, ORDER);
    let answer = json!({"Code": "200", "ResultObject": {"CertifyId": "certify1"}});
    let (_, reply) = host.handle(arrival, &mut |_| json_answer(200, &answer));
    assert_eq!(reply.status, 201);
    host
}

fn poll(seconds: u32) -> IncomingRequest {
    let wait = format!("wait={seconds}");
    let headers = [("authorization", "Bearer dev-token"), ("prefer", &wait)];
    request("GET", &format!("{ROUTE}/{ORDER}"), &headers, b"")
}

enum State {
    Ready(Option<SendOutcome>),
    Until(i64),
    /// Waits for the response to the request with this number.
    Answered(usize),
}

/// Concurrent tasks of one ledger, with a simulated clock.
struct Crowd {
    host: Host,
    running: Vec<(Task, State)>,
    /// Requests sent: the name under which they are shared, the task, and when the response
    /// arrives.
    sent: Vec<(Option<String>, Task, i64)>,
    nonces: BTreeSet<String>,
    replies: Vec<(i64, Reply)>,
    answers: fn(sent: usize) -> Outcome,
}

fn pending(_: usize) -> Outcome {
    json_answer(200, &json!({"Code": "424"}))
}

fn passed(_: usize) -> Outcome {
    json_answer(
        200,
        &json!({"Code": "200", "ResultObject": {
            "Passed": "T",
            "SubCode": "200",
            "MaterialInfo": "{\"faceAttack\":\"F\"}",
        }}),
    )
}

impl Crowd {
    fn new(host: Host, answers: fn(usize) -> Outcome) -> Self {
        Self {
            host,
            running: Vec::new(),
            sent: Vec::new(),
            nonces: BTreeSet::new(),
            replies: Vec::new(),
            answers,
        }
    }

    fn join(&mut self, arrival: IncomingRequest) {
        let (_, task) = self.host.task(arrival);
        self.running.push((task, State::Ready(None)));
    }

    /// Runs everything that happens up to this time.
    fn run_until(&mut self, end: i64) {
        loop {
            let ready_at = |(_, state): &(Task, State)| match state {
                State::Ready(_) => self.host.now,
                State::Until(time) => *time,
                State::Answered(number) => self.sent[*number].2,
            };
            let next = (0..self.running.len()).min_by_key(|at| ready_at(&self.running[*at]));
            let Some(next) = next.filter(|at| ready_at(&self.running[*at]) <= end) else {
                self.host.now = self.host.now.max(end);
                return;
            };
            self.host.now = self.host.now.max(ready_at(&self.running[next]));
            let (task, state) = self.running.swap_remove(next);
            let send_outcome = match state {
                State::Ready(send_outcome) => send_outcome,
                State::Until(_) => None,
                State::Answered(number) => {
                    let (share, sent_for, _) = &self.sent[number];
                    let outcome = (self.answers)(number);
                    Some(match sent_for {
                        Task::Settle(call) if share.is_some() => SendOutcome::Shared {
                            outcome,
                            state: call.state.clone(),
                        },
                        _ => SendOutcome::Outcome(outcome),
                    })
                }
            };
            self.commit(task, send_outcome);
        }
    }

    fn commit(&mut self, task: Task, send_outcome: Option<SendOutcome>) {
        let next = self.host.commit("dev", &task, send_outcome.as_ref());
        if !std::mem::take(&mut self.host.woken).is_empty() {
            for (_, state) in &mut self.running {
                if matches!(state, State::Until(_)) {
                    *state = State::Ready(None);
                }
            }
        }
        let now = self.host.now;
        match next {
            Next::Reply { reply } => self.replies.push((now, reply)),
            Next::Wait { millis, then, .. } => {
                self.running.push((then, State::Until(now + millis)));
            }
            Next::Send {
                request,
                share,
                then,
                ..
            } => {
                let under_way = self
                    .sent
                    .iter()
                    .position(|(other, _, at)| share.is_some() && *other == share && *at > now);
                let number = under_way.unwrap_or_else(|| {
                    let form = parse_form(request.body.unwrap().as_bytes()).unwrap();
                    let nonce = form.into_iter().find(|(name, _)| name == "SignatureNonce");
                    assert!(
                        self.nonces.insert(nonce.unwrap().1),
                        "a nonce was used twice"
                    );
                    self.sent
                        .push((share, then.clone(), now + ANSWERS_IN_MILLIS));
                    self.sent.len() - 1
                });
                self.running.push((then, State::Answered(number)));
            }
            other => panic!("{other:?}"),
        }
    }

    fn statuses(&self) -> BTreeSet<(u16, String)> {
        let statuses = self.replies.iter();
        statuses
            .map(|(_, reply)| (reply.status, reply.outcome.clone()))
            .collect()
    }
}

#[test]
fn three_hundred_polls_of_an_order_share_its_questions() {
    let mut crowd = Crowd::new(started(), pending);
    for number in 0..300 {
        crowd.run_until(NOW + 1_000 + number * 10);
        crowd.join(poll(20));
    }
    crowd.run_until(NOW + 14_000);
    let asked = crowd.sent.len();
    assert!(asked <= 6, "{asked} questions in 13 seconds");
    // All of them receive the verdict with its material at once, after one more query each.
    crowd.answers = passed;
    crowd.run_until(NOW + 30_000);
    assert_eq!(crowd.replies.len(), 300);
    assert_eq!(crowd.statuses(), [(200, "passed".to_owned())].into());
    for (_, reply) in &crowd.replies {
        let body: Value = serde_json::from_str(&reply.body).unwrap();
        assert_eq!(body["material"]["faceAttack"], false, "{}", reply.body);
    }
    assert!(crowd.sent.len() <= asked + 2, "{}", crowd.sent.len());
}

#[test]
fn a_poll_that_comes_after_a_question_waits_for_the_next_one() {
    let mut host = started();
    let (_, task) = host.task(poll(60));
    let first = host.commit("dev", &task, None);
    assert!(matches!(first, Next::Send { .. }));
    let second = host.commit("dev", &task, None);
    assert!(matches!(second, Next::Wait { .. }), "{second:?}");
    host.now += 1_000;
    assert!(matches!(host.commit("dev", &task, None), Next::Send { .. }));
}

#[test]
fn polls_end_when_their_time_is_over() {
    let mut crowd = Crowd::new(started(), pending);
    for _ in 0..3 {
        crowd.join(poll(7));
    }
    crowd.run_until(NOW + 30_000);
    assert_eq!(crowd.statuses(), [(200, "pending".to_owned())].into());
    for (at, _) in &crowd.replies {
        // A query that is in progress at that time is awaited.
        assert!((7_000..9_500).contains(&(at - NOW)), "{}", at - NOW);
    }
    assert!(crowd.sent.len() <= 4, "{}", crowd.sent.len());
}

#[test]
fn a_poll_ends_when_nobody_listens_to_it() {
    let mut host = started();
    let (_, task) = host.task(poll(60));
    let Next::Send { then, .. } = host.commit("dev", &task, None) else {
        panic!("nothing is asked");
    };
    let answer = SendOutcome::Outcome(pending(0));
    let Next::Wait {
        until_disconnect,
        then,
        ..
    } = host.commit("dev", &then, Some(&answer))
    else {
        panic!("nothing is waited for");
    };
    assert!(until_disconnect);
    let Next::Reply { reply } = host.commit("dev", &then, Some(&SendOutcome::Disconnected)) else {
        panic!("the poll goes on");
    };
    assert_eq!(reply.outcome, "client-disconnected");
}

#[test]
fn a_start_goes_on_when_nobody_listens_to_it() {
    let mut host = Host::new(variables(&[("GATEWAY_MODE", "development")]));
    let (_, task) = host.task(start("dev-token", ROUTE, ORDER));
    assert!(matches!(host.commit("dev", &task, None), Next::Send { .. }));
    // Another request for the same order waits for that query, whether or not its client is still
    // connected.
    let Next::Wait {
        until_disconnect, ..
    } = host.commit("dev", &task, None)
    else {
        panic!("the start is not waited for");
    };
    assert!(!until_disconnect);
}

#[test]
fn a_read_that_does_not_wait_has_a_question_of_its_own() {
    let mut host = started();
    let headers = [("authorization", "Bearer dev-token")];
    let read = request("GET", &format!("{ROUTE}/{ORDER}"), &headers, b"");
    let (_, read) = host.task(read);
    let (_, poll) = host.task(poll(60));
    let share = |next: Next<Reply>| match next {
        Next::Send { share, yields, .. } => (share, yields),
        other => panic!("{other:?}"),
    };
    assert_eq!(share(host.commit("dev", &read, None)), (None, false));
    let shared = Some("certify1".to_owned());
    assert_eq!(share(host.commit("dev", &poll, None)), (shared, true));
}

#[test]
fn a_poll_that_finds_no_turn_waits_for_the_next_one() {
    let mut host = started();
    host.crowded = true;
    let began = host.now;
    let (_, reply) = host.handle(poll(20), &mut |_| panic!("nothing is sent"));
    assert_eq!((reply.status, reply.outcome.as_str()), (200, "pending"));
    assert!(host.now - began >= 20_000);
    // Without waiting, there is nothing to report.
    let headers = [("authorization", "Bearer dev-token")];
    let read = request("GET", &format!("{ROUTE}/{ORDER}"), &headers, b"");
    let (_, reply) = host.handle(read, &mut |_| panic!("nothing is sent"));
    assert_eq!(
        (reply.status, reply.outcome.as_str()),
        (503, "upstream-throttled")
    );
}

#[test]
fn a_clock_that_was_set_back_holds_up_no_poll() {
    let mut host = started();
    let (_, task) = host.task(poll(60));
    host.now = NOW + 3_600_000;
    assert!(matches!(host.commit("dev", &task, None), Next::Send { .. }));
    host.now = NOW + 1_000;
    assert!(matches!(host.commit("dev", &task, None), Next::Send { .. }));
}

#[test]
fn a_clock_that_is_set_back_prolongs_no_wait() {
    let mut host = started();
    host.now = NOW + 3_600_000;
    let (_, poll) = host.task(poll(20));
    let Next::Send { then, .. } = host.commit("dev", &poll, None) else {
        panic!("nothing is asked");
    };
    host.now = NOW;
    let next = host.commit("dev", &then, Some(&SendOutcome::Outcome(pending(0))));
    let Next::Reply { reply } = next else {
        panic!("{next:?}");
    };
    assert_eq!(reply.outcome, "pending");

    // A request that waits while another one starts the order.
    let other = "0".repeat(32);
    host.now = NOW + 3_600_000;
    let (_, task) = host.task(start("dev-token", ROUTE, &other));
    host.commit("dev", &task, None);
    let Next::Wait { then, .. } = host.commit("dev", &task, None) else {
        panic!("the start is not waited for");
    };
    host.now = NOW;
    let next = host.commit("dev", &then, None);
    let Next::Reply { reply } = next else {
        panic!("{next:?}");
    };
    assert_eq!(reply.outcome, "order-being-started");
}

#[test]
fn a_request_from_a_host_whose_clock_is_ahead_waits() {
    let mut host = started();
    host.now = NOW + 30_000;
    let (_, poll) = host.task(poll(60));
    host.now = NOW;
    let Next::Send { then, .. } = host.commit("dev", &poll, None) else {
        panic!("nothing is asked");
    };
    let next = host.commit("dev", &then, Some(&SendOutcome::Outcome(pending(0))));
    assert!(matches!(next, Next::Wait { .. }), "{next:?}");
}
