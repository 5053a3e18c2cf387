//! Runs the ledger under seeded schedules: callers race for orders while Alibaba Cloud fails in every way, any of up
//! to three instances of the ledger's host dies between any two steps, time passes, and the host's clock jumps.
//!
//! A failing schedule is replayed with `LEDGER_SEED=<seed> cargo test --features gateway --test
//! gateway`.

use crate::dice::Dice;
use crate::host::{NAME, NUMBER, check_row, load};
use cloudauth_edge::client::call::{Loss, Outcome};
use cloudauth_edge::gateway::arrival::{Arrival, HostAction};
use cloudauth_edge::gateway::ledger::commit::{Commit, Context, LedgerStep, Next, SendOutcome};
use cloudauth_edge::gateway::ledger::rows::Rows;
use cloudauth_edge::gateway::ledger::task::{Purpose, Task};
use cloudauth_edge::gateway::rendered_step::step;
use cloudauth_edge::gateway::reply::Reply;
use cloudauth_edge::gateway::router::route;
use cloudauth_edge::gateway::settings::{CheckedSettings, Settings, Variables};
use cloudauth_edge::http::{IncomingRequest, OutgoingRequest, Response};
use cloudauth_edge::json::de::from_json;
use cloudauth_edge::json::write::to_json;
use cloudauth_edge::signing::acs3::hex_sha256;
use cloudauth_edge::signing::encode::parse_form;
use cloudauth_edge::timestamp::Timestamp;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

const SCHEDULES: u64 = 1_000;
const CALLERS: usize = 50;
const USERS: [&str; 2] = ["planted-user-1", "planted-user-2"];
const TOKEN: &str = "a token";
const WEBHOOK: &str = "http://127.0.0.1:9999/verdicts";
const HOUR: i64 = 3_600_000;
/// How long a CertifyId is valid.
const VALID_MILLIS: i64 = 30 * 60_000;
const META_INFO: &str = r#"{"planted":"meta-info"}"#;

/// Alibaba Cloud: which verifications it actually started, and how each of them ended.
#[derive(Default)]
struct Vendor {
    started: Vec<Session>,
}

struct Session {
    order: String,
    user: String,
    /// The path of the callback URL.
    callback: String,
    /// The time of the start, by Alibaba Cloud's clock.
    at: i64,
    verdict: Option<&'static str>,
}

impl Vendor {
    /// Executes a request and responds; `None` if the response is lost. `again` states whether the sender knows that
    /// the order may have been started before.
    fn answer(
        &mut self,
        request: &OutgoingRequest,
        again: bool,
        now: i64,
        dice: &mut Dice,
    ) -> Option<Response> {
        let form = parse_form(request.body.as_deref().unwrap().as_bytes()).unwrap();
        let value = |name: &str| {
            form.iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.clone())
        };
        let executed = |body: Value| Some(answer(200, &body));
        match value("Action").as_deref() {
            Some("InitFaceVerify") => {
                let (order, user) = (value("OuterOrderNo").unwrap(), value("UserId").unwrap());
                if let Some(before) = self.started.iter().find(|one| one.order == order) {
                    assert!(again, "{order} was started again unasked");
                    assert_eq!(before.user, user, "{order} was started with other input");
                }
                let fate = dice.below(20);
                match fate {
                    0 => return Some(answer(200, &json!({"Code": "412", "RequestId": "r"}))),
                    1 => {
                        return Some(answer(
                            400,
                            &json!({"Code": "Throttling.User", "RequestId": "r"}),
                        ));
                    }
                    2 => return Some(answer(500, &json!({"Code": "InternalError"}))),
                    3 => return None,
                    _ => {}
                }
                let callback = value("CallbackUrl").unwrap();
                self.started.push(Session {
                    order,
                    user,
                    callback: callback
                        .strip_prefix("https://gateway.example")
                        .unwrap()
                        .to_owned(),
                    at: now,
                    verdict: None,
                });
                let id = format!("certify{}", self.started.len() - 1);
                match fate {
                    4 => None,
                    5 => executed(json!({"Code": "500", "Message": "系统错误"})),
                    6 => Some(answer(503, &json!({"Code": "ServiceUnavailable"}))),
                    7 => Some(Response {
                        status: 200,
                        headers: Vec::new(),
                        body: b"<html>".to_vec(),
                    }),
                    8 => executed(json!({"Code": "200", "ResultObject": {}})),
                    _ => executed(
                        json!({"Code": "200", "RequestId": "r", "ResultObject": {"CertifyId": id}}),
                    ),
                }
            }
            Some("DescribeFaceVerify") => {
                match dice.below(12) {
                    0 => return None,
                    1 => return executed(json!({"Code": "500"})),
                    2 => return Some(answer(502, &json!("half an ans"))),
                    _ => {}
                }
                let at: usize = value("CertifyId").unwrap()["certify".len()..]
                    .parse()
                    .unwrap();
                match self.started[at].verdict {
                    None => executed(json!({"Code": "424"})),
                    Some(sub_code) => executed(json!({
                        "Code": "200",
                        "ResultObject": {
                            "Passed": if sub_code == "200" { "T" } else { "F" },
                            "SubCode": sub_code,
                            "MaterialInfo": "{\"facialPictureFront\":{\"pictureUrl\":\"https://planted.example/photo\"}}",
                        },
                    })),
                }
            }
            other => panic!("{other:?}"),
        }
    }
}

fn answer(status: u16, body: &Value) -> Response {
    Response {
        status,
        headers: Vec::new(),
        body: serde_json::to_vec(body).unwrap(),
    }
}

enum State {
    Ready(Option<SendOutcome>),
    Sending(OutgoingRequest),
    Waiting {
        until: i64,
        on: Option<String>,
    },
    /// Waiting for this many tasks, which refer to it.
    Joining {
        group: usize,
        left: usize,
    },
}

/// A task on the host.
struct Running {
    /// The caller that sent the request; `None` for the alarm.
    caller: Option<usize>,
    /// Whether it may repeat a start that may have been executed.
    again: bool,
    task: Task,
    state: State,
    /// The instance that performs it.
    instance: usize,
    /// The task that continues when this one has ended.
    group: Option<usize>,
}

/// A request of a caller, and the response.
struct Caller {
    order: String,
    user: &'static str,
    requests: usize,
    waits_for_answer: bool,
    last: Option<(u16, Value)>,
}

struct World {
    dice: Dice,
    settings: Settings,
    variables: Variables,
    /// The actual time.
    now: i64,
    /// The offset of the host's clock.
    wrong: i64,
    rows: BTreeMap<String, String>,
    alarm: Option<i64>,
    /// The live instances.
    instances: Vec<usize>,
    /// The number of instances created so far.
    born: usize,
    groups: usize,
    vendor: Vendor,
    running: Vec<Running>,
    callers: Vec<Caller>,
    handed_out: BTreeMap<String, BTreeSet<String>>,
    verdicts: BTreeMap<String, String>,
    /// What each order's webhook received, and how often it was called.
    reports: BTreeMap<String, (usize, Vec<Value>)>,
    outcomes: BTreeMap<String, usize>,
}

fn name_of(instance: usize) -> String {
    format!("instance{instance}")
}

impl World {
    fn new(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let callers = json!([{
            "id": "shop",
            "tokenSha256": [hex_sha256(TOKEN.as_bytes())],
            "scopes": ["create", "read", "read:material"],
            "webhookUrl": WEBHOOK,
        }]);
        let variables: Variables = [
            ("GATEWAY_MODE", "development"),
            ("GATEWAY_CALLERS", &callers.to_string()),
            ("GATEWAY_PUBLIC_URL", "https://gateway.example"),
            ("CLOUDAUTH_MAX_ATTEMPTS", "3"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        let orders = 1 + dice.below(4);
        let born = 1 + dice.below(3);
        let callers = (0..CALLERS)
            .map(|_| Caller {
                order: format!("{:032}", dice.below(orders)),
                // Usually the same input, sometimes a different one.
                user: USERS[usize::from(dice.chance(10))],
                requests: 1 + dice.below(4),
                waits_for_answer: false,
                last: None,
            })
            .collect();
        Self {
            settings: Settings::read(&variables).unwrap(),
            variables,
            now: 1_795_000_000_000,
            wrong: 0,
            rows: BTreeMap::new(),
            alarm: None,
            instances: (0..born).collect(),
            born,
            groups: 0,
            vendor: Vendor::default(),
            running: Vec::new(),
            callers,
            handed_out: BTreeMap::new(),
            verdicts: BTreeMap::new(),
            reports: BTreeMap::new(),
            outcomes: BTreeMap::new(),
            dice,
        }
    }

    /// The time by the host's clock.
    fn timestamp(&self) -> Timestamp {
        Timestamp::from_unix_millis(self.now + self.wrong)
    }

    fn any_instance(&mut self) -> usize {
        self.instances[self.dice.below(self.instances.len())]
    }

    /// A caller sends a request, which is routed as in the Worker.
    fn request(&mut self, at: usize) {
        let caller = &mut self.callers[at];
        caller.requests -= 1;
        caller.waits_for_answer = true;
        let unknown =
            matches!(&caller.last, Some((409, body)) if body["code"] == "start-outcome-unknown");
        let started = matches!(&caller.last, Some((status, _)) if *status < 300);
        let reads = if started {
            self.dice.chance(90)
        } else {
            self.dice.chance(20)
        };
        let mut again = false;
        let mut request = IncomingRequest {
            method: if reads { "GET" } else { "POST" }.to_owned(),
            path: "/v1/face-verifications".to_owned(),
            query: String::new(),
            headers: vec![
                ("authorization".to_owned(), format!("Bearer {TOKEN}")),
                ("content-type".to_owned(), "application/json".to_owned()),
            ],
            body: Vec::new(),
        };
        if reads {
            request.path = format!("{}/{}", request.path, caller.order);
            if self.dice.chance(30) {
                request.query = "material=false".to_owned();
            }
            if self.dice.chance(30) {
                request
                    .headers
                    .push(("prefer".to_owned(), "wait=20".to_owned()));
            }
        } else {
            again = unknown && self.dice.chance(50);
            if again {
                request.query = "restartUnknown=true".to_owned();
            }
            request.body = serde_json::to_vec(&json!({
                "outerOrderNo": caller.order,
                "userId": caller.user,
                "certName": NAME,
                "certNo": NUMBER,
                "metaInfo": META_INFO,
            }))
            .unwrap();
        }
        let arrival = Arrival {
            request,
            body_read: true,
            host: "127.0.0.1:8787".to_owned(),
            fresh_id: "id".to_owned(),
        };
        let HostAction::Ledger { task, .. } = route(
            &CheckedSettings::read(&self.variables),
            &arrival,
            self.timestamp(),
        )
        .then
        else {
            panic!("the request did not reach the ledger");
        };
        let instance = self.any_instance();
        self.running.push(Running {
            caller: Some(at),
            again,
            task: from_json(&task).unwrap(),
            state: State::Ready(None),
            instance,
            group: None,
        });
    }

    /// Loads, decides and writes, which the host does without interruption.
    fn commit(&mut self, mut running: Running, send_outcome: Option<SendOutcome>) {
        let mut loaded = Rows::default();
        let random = self.dice.bytes();
        let context = Context {
            now: self.timestamp(),
            random,
            instance: name_of(running.instance),
            others: self
                .instances
                .iter()
                .filter(|other| **other != running.instance)
                .map(|other| name_of(*other))
                .collect(),
            stopping: false,
        };
        let commit = loop {
            let step = step(
                &self.settings,
                running.task.clone(),
                send_outcome.clone(),
                &loaded,
                &context,
            );
            match step {
                LedgerStep::Commit(commit) => break *commit,
                LedgerStep::Load(missing) => load(&self.rows, missing, &mut loaded),
            }
        };
        let Commit {
            writes,
            alarm,
            wake,
            unreadable,
            undelivered: _,
            failure,
            next,
        } = commit;
        assert!(unreadable.is_empty(), "{unreadable:?}");
        assert_eq!(failure, None);
        for (key, value) in writes {
            match value {
                Some(value) => {
                    check_row(self.rows.get(&key), &key, &value);
                    self.rows.insert(key, value);
                }
                None => {
                    self.rows.remove(&key);
                }
            }
        }
        self.alarm = alarm.or(self.alarm);
        for other in &mut self.running {
            if matches!(&other.state, State::Waiting { on: Some(on), .. } if wake.contains(on)) {
                other.state = State::Ready(None);
            }
        }
        // The host keeps tasks as text.
        let again = |task: Task| -> Task { from_json(&to_json(&task)).unwrap() };
        match next {
            Next::Reply { reply } => {
                match running.caller {
                    Some(at) => self.record(at, &reply),
                    None => assert_eq!(reply.status, 200, "a callback"),
                }
                return;
            }
            Next::Photo { .. } => panic!("nobody asked for a photo"),
            Next::Idle => {
                assert!(running.caller.is_none());
                for other in &mut self.running {
                    if let State::Joining { group, left } = &mut other.state
                        && Some(*group) == running.group
                    {
                        *left -= 1;
                    }
                }
                return;
            }
            Next::Send { request, then, .. } => {
                running.task = again(then);
                running.state = State::Sending(request);
            }
            Next::Wait {
                millis, on, then, ..
            } => {
                // A request that waited for another start did not know about that one.
                running.again &= on.is_none();
                running.task = again(then);
                running.state = State::Waiting {
                    until: self.now + millis,
                    on,
                };
            }
            Next::Together { tasks, then } => {
                self.groups += 1;
                running.task = again(then);
                running.state = State::Joining {
                    group: self.groups,
                    left: tasks.len(),
                };
                for task in tasks {
                    self.running.push(Running {
                        caller: None,
                        again: false,
                        task: again(task),
                        state: State::Ready(None),
                        instance: running.instance,
                        group: Some(self.groups),
                    });
                }
            }
            Next::Again { then } => {
                running.task = again(then);
                running.state = State::Ready(None);
            }
        }
        self.running.push(running);
    }

    fn record(&mut self, at: usize, reply: &Reply) {
        *self.outcomes.entry(reply.outcome.clone()).or_default() += 1;
        let caller = &mut self.callers[at];
        caller.waits_for_answer = false;
        let body: Value = serde_json::from_str(&reply.body).unwrap_or(Value::Null);
        let text = reply.body.clone();
        for planted in USERS.into_iter().chain([NAME, NUMBER, "meta-info"]) {
            assert!(!text.contains(planted), "{planted} in an answer");
        }
        assert_ne!(reply.status, 500, "{text}");
        if reply.outcome == "order-being-started" {
            // Nothing waits for a call that ended with its instance.
            let order = &caller.order;
            let starts = |task: &Task| match task {
                Task::Call(call) | Task::Settle(call) => {
                    matches!(&call.purpose, Purpose::Start { create, .. } if create.no == *order)
                }
                _ => false,
            };
            let under_way = self.running.iter().any(|running| starts(&running.task));
            assert!(under_way, "{order} is not being started");
        }
        if let Some(id) = body["certifyId"].as_str() {
            let ids = self.handed_out.entry(caller.order.clone()).or_default();
            ids.insert(id.to_owned());
            assert_eq!(ids.len(), 1, "two CertifyIds for one order");
            let session: usize = id["certify".len()..].parse().unwrap();
            assert_eq!(self.vendor.started[session].order, caller.order);
            match body["status"].as_str() {
                Some(status @ ("passed" | "rejected" | "expired")) => {
                    let known = self
                        .verdicts
                        .entry(caller.order.clone())
                        .or_insert_with(|| status.to_owned());
                    assert_eq!(known, status, "a verdict changed");
                    let truth = self.vendor.started[session].verdict;
                    match status {
                        "passed" => assert_eq!(truth, Some("200")),
                        "rejected" => assert_eq!(truth, Some("205")),
                        _ => {
                            let lasted = self.now - self.vendor.started[session].at;
                            assert!(lasted >= VALID_MILLIS, "expired after {lasted} ms");
                        }
                    }
                }
                Some("pending") => {
                    assert!(
                        !self.verdicts.contains_key(&caller.order),
                        "a verdict was lost"
                    );
                }
                _ => {}
            }
        }
        caller.last = Some((reply.status, body));
    }

    /// Performs one of the possible events.
    fn happen(&mut self) {
        match self.dice.below(100) {
            0 => {
                // Everything in the instance's memory is lost; its callers see a failed request.
                let at = self.dice.below(self.instances.len());
                let dead = std::mem::replace(&mut self.instances[at], self.born);
                self.born += 1;
                let (lost, left) = std::mem::take(&mut self.running)
                    .into_iter()
                    .partition(|running| running.instance == dead);
                self.running = left;
                let lost: Vec<Running> = lost;
                for lost in lost {
                    if let Some(at) = lost.caller {
                        self.callers[at].waits_for_answer = false;
                    } else {
                        // The platform repeats an alarm that did not finish.
                        self.alarm = Some(self.now);
                    }
                }
            }
            1 => self.now += 600_000,
            2 => self.wrong = [0, HOUR, -HOUR][self.dice.below(3)],
            3..=6 => self.now += 3_000,
            7..=8 => {
                let open: Vec<usize> = (0..self.vendor.started.len())
                    .filter(|at| self.vendor.started[*at].verdict.is_none())
                    .collect();
                if !open.is_empty() {
                    let at = open[self.dice.below(open.len())];
                    self.vendor.started[at].verdict =
                        Some(if self.dice.chance(70) { "200" } else { "205" });
                }
            }
            9 => self.call_back(),
            10..=39 => {
                let free: Vec<usize> = (0..self.callers.len())
                    .filter(|at| {
                        !self.callers[*at].waits_for_answer && self.callers[*at].requests > 0
                    })
                    .collect();
                if !free.is_empty() {
                    let at = free[self.dice.below(free.len())];
                    self.request(at);
                }
            }
            _ if self
                .alarm
                .is_some_and(|alarm| alarm <= self.timestamp().unix_millis()) =>
            {
                self.alarm = None;
                let instance = self.any_instance();
                self.running.push(Running {
                    caller: None,
                    again: false,
                    task: Task::Alarm(Default::default()),
                    state: State::Ready(None),
                    instance,
                    group: None,
                });
            }
            _ => self.go_on(),
        }
    }

    /// One of the running tasks continues.
    fn go_on(&mut self) {
        if self.running.is_empty() {
            return;
        }
        let at = self.dice.below(self.running.len());
        let mut running = self.running.swap_remove(at);
        match running.state {
            State::Ready(send_outcome) => {
                running.state = State::Ready(None);
                self.commit(running, send_outcome);
            }
            State::Sending(request) => {
                self.now += self.dice.below(200) as i64;
                let started = self.vendor.started.len();
                // The clock jumped before this request was sent, so the ledger gave it up and its caller got a
                // response.
                let again = running.again || self.is_given_up(&running.task);
                let send_outcome = if request.url == WEBHOOK {
                    SendOutcome::Outcome(self.receive(&request))
                } else if self.dice.chance(2) {
                    SendOutcome::Crowded
                } else {
                    SendOutcome::Outcome(
                        match self
                            .vendor
                            .answer(&request, again, self.now, &mut self.dice)
                        {
                            Some(mut response) => {
                                let date = Timestamp::from_unix_millis(self.now).to_http_date();
                                response.headers.push(("date".to_owned(), date));
                                Outcome::Answered(response)
                            }
                            None if self.dice.chance(50) => {
                                self.now += 10_000;
                                Outcome::Lost(Loss::TimedOut)
                            }
                            None => Outcome::Lost(Loss::ConnectionFailed { code: None }),
                        },
                    )
                };
                // The permission applies once: a second repetition would be unasked for.
                running.again &= self.vendor.started.len() == started;
                // The outcome may reach the task late, after a restart, or never.
                running.state = State::Ready(Some(send_outcome));
                self.running.push(running);
            }
            State::Joining { group, left } => {
                running.state = if left == 0 {
                    State::Ready(None)
                } else {
                    State::Joining { group, left }
                };
                self.running.push(running);
            }
            State::Waiting { until, on } => {
                running.state = if until <= self.now {
                    State::Ready(None)
                } else {
                    State::Waiting { until, on }
                };
                self.running.push(running);
            }
        }
    }

    /// Whether the task is a start that the ledger has given up.
    fn is_given_up(&self, task: &Task) -> bool {
        let Task::Settle(call) = task else {
            return false;
        };
        let Purpose::Start { create, call_id } = &call.purpose else {
            return false;
        };
        let row = self.rows.get(&format!("order/{}", create.no));
        let order: Value = row.map_or(Value::Null, |row| serde_json::from_str(row).unwrap());
        order["start"]["inflight"]["callId"] != **call_id
    }

    /// The caller's webhook: fails at first, sometimes after it has recorded the delivery.
    fn receive(&mut self, request: &OutgoingRequest) -> Outcome {
        let body: Value = serde_json::from_str(request.body.as_deref().unwrap()).unwrap();
        let order = body["data"]["outerOrderNo"].as_str().unwrap().to_owned();
        let (calls, received) = self.reports.entry(order).or_default();
        *calls += 1;
        let fails = *calls < 4 && self.dice.chance(50);
        if !fails || self.dice.chance(50) {
            received.push(body);
        }
        if fails {
            Outcome::Lost(Loss::TimedOut)
        } else {
            Outcome::Answered(answer(204, &Value::Null))
        }
    }

    /// Alibaba Cloud reports that a user has finished; the report may be wrong or sent twice.
    fn call_back(&mut self) {
        if self.vendor.started.is_empty() {
            return;
        }
        let at = self.dice.below(self.vendor.started.len());
        let arrival = Arrival {
            request: IncomingRequest {
                method: "GET".to_owned(),
                path: self.vendor.started[at].callback.clone(),
                query: "certifyId=planted&passed=T".to_owned(),
                headers: Vec::new(),
                body: Vec::new(),
            },
            body_read: false,
            host: "127.0.0.1:8787".to_owned(),
            fresh_id: "id".to_owned(),
        };
        let HostAction::Ledger { task, .. } = route(
            &CheckedSettings::read(&self.variables),
            &arrival,
            self.timestamp(),
        )
        .then
        else {
            panic!("the callback did not reach the ledger");
        };
        let instance = self.any_instance();
        self.running.push(Running {
            caller: None,
            again: false,
            task: from_json(&task).unwrap(),
            state: State::Ready(None),
            instance,
            group: None,
        });
    }

    /// Fires the alarm whenever it is due, until it is no longer set.
    fn live_on(&mut self) {
        let mut alarms = 0;
        self.wrong = 0;
        loop {
            while !self.running.is_empty() {
                if matches!(self.running[0].state, State::Waiting { .. }) {
                    self.now += 1_000;
                }
                self.go_on();
            }
            let Some(alarm) = self.alarm.take() else {
                return;
            };
            self.now = self.now.max(alarm);
            let instance = self.any_instance();
            self.running.push(Running {
                caller: None,
                again: false,
                task: Task::Alarm(Default::default()),
                state: State::Ready(None),
                instance,
                group: None,
            });
            alarms += 1;
            assert!(alarms < 10_000, "the alarm does not come to rest");
        }
    }

    /// Returns how often each outcome occurred.
    fn run(mut self) -> BTreeMap<String, usize> {
        let mut steps = 0;
        while self
            .callers
            .iter()
            .any(|caller| caller.requests > 0 || caller.waits_for_answer)
        {
            self.happen();
            steps += 1;
            assert!(steps < 200_000, "the schedule does not end");
        }
        let asked: BTreeSet<String> = self
            .callers
            .iter()
            .map(|caller| caller.order.clone())
            .collect();
        self.live_on();
        // Every issued order has a verdict, which was delivered with the status that was returned.
        for order in self.handed_out.keys() {
            let (_, received) = &self.reports[order];
            assert!(!received.is_empty(), "{order} was not reported");
            assert!(
                received.iter().all(|report| *report == received[0]),
                "reports differ"
            );
            if let Some(returned) = self.verdicts.get(order) {
                assert_eq!(received[0]["data"]["status"], *returned);
            }
        }
        assert!(self.reports.keys().all(|order| asked.contains(order)));
        // Afterwards, everything was deleted.
        let left: Vec<&String> = self.rows.keys().collect();
        assert!(left.iter().all(|key| *key == "caller"), "{left:?}");
        self.outcomes
    }
}

/// Runs the seeds on all cores and returns those that failed, with the count of each outcome.
fn run_all(seeds: std::ops::Range<u64>) -> (Vec<u64>, BTreeMap<String, usize>) {
    let next = AtomicU64::new(seeds.start);
    let failed = Mutex::new(Vec::new());
    let outcomes = Mutex::new(BTreeMap::new());
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return;
            }
            match std::panic::catch_unwind(|| World::new(seed).run()) {
                Ok(counts) => {
                    let mut outcomes = outcomes.lock().unwrap();
                    for (outcome, count) in counts {
                        *outcomes.entry(outcome).or_default() += count;
                    }
                }
                Err(_) => failed.lock().unwrap().push(seed),
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    (failed.into_inner().unwrap(), outcomes.into_inner().unwrap())
}

#[test]
fn no_schedule_breaks_a_promise() {
    if let Ok(seed) = std::env::var("LEDGER_SEED") {
        World::new(seed.parse().unwrap()).run();
        return;
    }
    let (failed, outcomes) = run_all(0..SCHEDULES);
    assert!(
        failed.is_empty(),
        "failing seeds, each to be replayed as LEDGER_SEED: {failed:?}"
    );
    // The schedules reached every corner case.
    let seen: Vec<&str> = outcomes.keys().map(String::as_str).collect();
    let corners = [
        "created",
        "expired",
        "material-unavailable",
        "order-being-started",
        "order-conflict",
        "outcome-too-late",
        "passed",
        "pending",
        "rejected",
        "repeated",
        "start-outcome-unknown",
        "unknown-order",
        "upstream-failed",
        "upstream-refused",
        "upstream-throttled",
        "upstream-timeout",
        "verdict-contradicted",
    ];
    assert_eq!(seen, corners, "{outcomes:?}");
}
