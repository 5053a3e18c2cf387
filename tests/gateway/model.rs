//! Runs the ledger under every schedule of a small world: two requesters with the same or different
//! orders, each fault of Alibaba Cloud, a restart of the ledger's host at every point, and the
//! passage of time. `docs/evidence.md` states the invariants; `schedules.rs` covers larger worlds at
//! random.
//!
//! The search executes the ledger's own steps. A state that was reached before is not searched
//! again. On a failure, it prints the events that led there.

use crate::host::{NOW, check_row, dated, json_answer, load, request, start, variables};
use cloudauth_edge::client::call::{Loss, Outcome};
use cloudauth_edge::gateway::arrival::{Arrival, HostAction};
use cloudauth_edge::gateway::ledger::commit::{Commit, Context, LedgerStep, Next, SendOutcome};
use cloudauth_edge::gateway::ledger::rows::Rows;
use cloudauth_edge::gateway::ledger::task::Task;
use cloudauth_edge::gateway::rendered_step::step;
use cloudauth_edge::gateway::reply::Reply;
use cloudauth_edge::gateway::router::route;
use cloudauth_edge::gateway::settings::{CheckedSettings, Settings, Variables};
use cloudauth_edge::http::OutgoingRequest;
use cloudauth_edge::json::de::from_json;
use cloudauth_edge::json::write::to_json;
use cloudauth_edge::signing::acs3::hex_sha256;
use cloudauth_edge::signing::encode::parse_form;
use cloudauth_edge::timestamp::Timestamp;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

const TOKEN: &str = "a token";
const ROUTE: &str = "/v1/face-verifications";
const ORDERS: [&str; 2] = [
    "00000000000000000000000000000001",
    "00000000000000000000000000000002",
];
/// How long a CertifyId is valid.
const VALID_MILLIS: i64 = 30 * 60_000;

/// The shortest retention that the settings allow.
const RETENTION_MILLIS: i64 = 24 * 3_600_000;

/// Limits of one schedule.
#[derive(Clone, Copy, Debug, Hash)]
struct Budget {
    /// Requests per requester.
    requests: u8,
    /// Faults of Alibaba Cloud.
    faults: u8,
    /// Restarts of the ledger's host.
    restarts: u8,
    /// How often the clock advances to the next deadline.
    ticks: u8,
}

/// Outcomes of a call other than success.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Fault {
    /// Too many calls are waiting for their turn.
    Crowded,
    NotConnected,
    /// The connection breaks, before or after Alibaba Cloud has executed the request.
    Broken,
    TimedOut,
    Refused,
    Throttled,
    Unavailable,
    SystemError,
    Garbled,
    /// Code 200 without a CertifyId.
    Empty,
    /// Alibaba Cloud does not know the CertifyId.
    UnknownThere,
    /// Alibaba Cloud returns a different verdict than before.
    Contradiction,
}

/// Faults of starts that Alibaba Cloud has not executed, and of starts that it has.
const NOT_EXECUTED: [Fault; 6] = [
    Fault::NotConnected,
    Fault::Broken,
    Fault::TimedOut,
    Fault::Refused,
    Fault::Throttled,
    Fault::Unavailable,
];
const EXECUTED: [Fault; 6] = [
    Fault::Broken,
    Fault::TimedOut,
    Fault::Unavailable,
    Fault::SystemError,
    Fault::Garbled,
    Fault::Empty,
];
const OF_A_QUERY: [Fault; 4] = [
    Fault::Crowded,
    Fault::Broken,
    Fault::SystemError,
    Fault::UnknownThere,
];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Fate {
    Started,
    Executed(Fault),
    NotExecuted(Fault),
    Pending,
    Decided(bool),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ask {
    Start,
    StartAgain,
    Read,
    ReadAndWait,
}

#[derive(Clone, Copy, Debug)]
enum Event {
    Ask(usize, Ask),
    /// The task with this ID takes its next step.
    LedgerStep(u8),
    /// The call of the task with this ID ends.
    Ends(u8, Fate),
    /// The alarm that is due fires.
    Alarm,
    /// The clock advances to the next deadline.
    Tick,
    /// Everything in memory is lost. Alibaba Cloud may or may not have executed the starts in
    /// progress; the requests fail, or the host's front repeats them.
    Restart {
        executed: bool,
        repeats: bool,
    },
}

#[derive(Clone, Hash)]
struct Session {
    order: String,
    /// Whether the request agreed to repeat a start that may have been executed.
    again: bool,
    at: i64,
    passed: Option<bool>,
}

#[derive(Clone, Hash)]
struct Requester {
    order: &'static str,
    requests: u8,
    busy: bool,
    /// The last response was `start-outcome-unknown`.
    unknown: bool,
}

#[derive(Clone)]
enum State {
    /// Ready for its next step; after a call, with the call's outcome.
    Ready(Option<Ended>),
    Sending(Call),
    Waiting {
        until: i64,
        on: Option<String>,
    },
}

/// A call that has ended; its fate, its session and the time determine the outcome.
#[derive(Clone)]
struct Ended {
    fate: Fate,
    session: Option<usize>,
    at: i64,
    outcome: SendOutcome,
}

impl Hash for Ended {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.fate, self.session, self.at).hash(state);
    }
}

/// A request in progress to Alibaba Cloud.
#[derive(Clone, Hash)]
enum Call {
    /// For an order; `started` states whether Alibaba Cloud had already started it when this call
    /// was sent.
    Start { order: String, started: bool },
    /// For the session with this index.
    Query(usize),
}

impl Call {
    fn read(sent: &OutgoingRequest, sessions: &[Session]) -> Self {
        let body = sent.body.as_deref().unwrap().as_bytes();
        let mut form: BTreeMap<String, String> = parse_form(body).unwrap().into_iter().collect();
        if form["Action"] == "InitFaceVerify" {
            let order = form.remove("OuterOrderNo").unwrap();
            let started = sessions.iter().any(|one| one.order == order);
            Self::Start { order, started }
        } else {
            Self::Query(session(&form["CertifyId"]))
        }
    }
}

const ALARM_ID: u8 = 255;

#[derive(Clone)]
struct Running {
    id: u8,
    /// `None` for the alarm.
    requester: Option<usize>,
    /// Whether it may repeat a start that may have been executed.
    again: bool,
    /// Whether Alibaba Cloud has started a verification for it.
    executed: bool,
    steps: u8,
    /// The task that the front passes after a restart.
    after_reset: Rc<str>,
    task: Rc<str>,
    state: State,
}

#[derive(Clone)]
struct World {
    left: Budget,
    now: i64,
    instance: u8,
    rows: BTreeMap<String, String>,
    alarm: Option<i64>,
    sessions: Vec<Session>,
    requesters: Vec<Requester>,
    running: Vec<Running>,
    handed_out: BTreeMap<&'static str, String>,
    verdicts: BTreeMap<&'static str, String>,
    /// The verdicts and the ends of calls in the stored rows.
    stored: BTreeMap<String, Value>,
    flights: BTreeMap<String, i64>,
}

impl Hash for World {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.left, self.now, self.instance, self.alarm).hash(state);
        (&self.rows, &self.sessions, &self.requesters).hash(state);
        (&self.handed_out, &self.verdicts).hash(state);
        for one in &self.running {
            (one.id, one.again, one.executed, one.steps, &one.task).hash(state);
            match &one.state {
                State::Ready(ended) => (0, ended).hash(state),
                State::Sending(call) => (1, call).hash(state),
                State::Waiting { until, on } => (2, until, on).hash(state),
            }
        }
    }
}

/// The part that does not change.
struct Gateway {
    variables: Variables,
    settings: Settings,
    /// Steps that were taken before, by a hash of everything on which they depend.
    commits: RefCell<HashMap<u64, Rc<Commit<Reply>>>>,
    /// The outcomes of all responses so far.
    outcomes: RefCell<BTreeSet<String>>,
}

impl Gateway {
    fn new() -> Self {
        let callers = json!([{
            "id": "shop",
            "tokenSha256": [hex_sha256(TOKEN.as_bytes())],
            "scopes": ["create", "read", "read:material"],
        }]);
        let variables = variables(&[
            ("GATEWAY_MODE", "development"),
            ("GATEWAY_CALLERS", &callers.to_string()),
            ("GATEWAY_RETENTION_DAYS", "1"),
            ("CLOUDAUTH_MAX_ATTEMPTS", "2"),
        ]);
        Self {
            settings: Settings::read(&variables).unwrap(),
            variables,
            commits: RefCell::default(),
            outcomes: RefCell::default(),
        }
    }

    fn task(&self, ask: Ask, order: &str, now: i64) -> (Rc<str>, Rc<str>) {
        let bearer = format!("Bearer {TOKEN}");
        let mut headers = vec![("authorization", bearer.as_str())];
        if ask == Ask::ReadAndWait {
            headers.push(("prefer", "wait=20"));
        }
        let arrival = Arrival {
            request: match ask {
                Ask::Start => start(TOKEN, ROUTE, order),
                Ask::StartAgain => start(TOKEN, &format!("{ROUTE}?restartUnknown=true"), order),
                Ask::Read | Ask::ReadAndWait => {
                    request("GET", &format!("{ROUTE}/{order}"), &headers, b"")
                }
            },
            body_read: true,
            host: "127.0.0.1:8787".to_owned(),
            fresh_id: "id".to_owned(),
        };
        match route(
            &CheckedSettings::read(&self.variables),
            &arrival,
            Timestamp::from_unix_millis(now),
        )
        .then
        {
            HostAction::Ledger { task, after_reset } => (task.into(), after_reset.into()),
            other => panic!("{other:?}"),
        }
    }

    /// The next step of a task.
    fn commit(&self, world: &World, running: &Running, ended: Option<Ended>) -> Rc<Commit<Reply>> {
        let moment = (running.id, running.steps, world.now, world.instance);
        let key = name(&(moment, &running.task, &ended, &world.rows));
        if let Some(known) = self.commits.borrow().get(&key) {
            return known.clone();
        }
        let mut random = [running.id; 32];
        random[0] = running.steps;
        random[16] = running.steps;
        let context = Context {
            now: Timestamp::from_unix_millis(world.now),
            random,
            instance: format!("instance{}", world.instance),
            others: Vec::new(),
            stopping: false,
        };
        let task: Task = from_json(&running.task).unwrap();
        let outcome = ended.map(|ended| ended.outcome);
        let mut loaded = Rows::default();
        let commit: Rc<Commit<Reply>> = loop {
            let (task, outcome) = (task.clone(), outcome.clone());
            match step(&self.settings, task, outcome, &loaded, &context) {
                LedgerStep::Commit(commit) => break Rc::new(*commit),
                LedgerStep::Load(missing) => load(&world.rows, missing, &mut loaded),
            }
        };
        self.commits.borrow_mut().insert(key, commit.clone());
        commit
    }
}

impl World {
    fn new(orders: [&'static str; 2], left: Budget) -> Self {
        let requester = |order| Requester {
            order,
            requests: left.requests,
            busy: false,
            unknown: false,
        };
        Self {
            left,
            now: NOW,
            instance: 0,
            rows: BTreeMap::new(),
            alarm: None,
            sessions: Vec::new(),
            requesters: orders.map(requester).into(),
            running: Vec::new(),
            handed_out: BTreeMap::new(),
            verdicts: BTreeMap::new(),
            stored: BTreeMap::new(),
            flights: BTreeMap::new(),
        }
    }

    /// All events that are possible now.
    fn events(&self) -> Vec<Event> {
        let mut events = Vec::new();
        for (at, one) in self.requesters.iter().enumerate() {
            if one.busy || one.requests == 0 {
                continue;
            }
            events.push(Event::Ask(at, Ask::Start));
            if one.unknown {
                events.push(Event::Ask(at, Ask::StartAgain));
            }
            if one.requests < self.left.requests {
                events.extend([Ask::Read, Ask::ReadAndWait].map(|ask| Event::Ask(at, ask)));
            }
        }
        for one in &self.running {
            match &one.state {
                State::Ready(_) => events.push(Event::LedgerStep(one.id)),
                State::Waiting { until, .. } if *until <= self.now => {
                    events.push(Event::LedgerStep(one.id));
                }
                State::Waiting { .. } => {}
                State::Sending(sent) => {
                    let fates = self.fates(sent).into_iter();
                    let allowed = |fate: &Fate| self.left.faults > 0 || !fate.is_fault();
                    events.extend(fates.filter(allowed).map(|fate| Event::Ends(one.id, fate)));
                }
            }
        }
        let alarm_runs = self.running.iter().any(|one| one.requester.is_none());
        if self.alarm.is_some_and(|alarm| alarm <= self.now) && !alarm_runs {
            events.push(Event::Alarm);
        }
        if self.left.ticks > 0 && self.time_passes() {
            events.push(Event::Tick);
        }
        if self.left.restarts > 0 && !self.running.is_empty() {
            let starts = |one: &Running| matches!(one.state, State::Sending(Call::Start { .. }));
            let sending = self.running.iter().any(starts);
            for executed in [false, true] {
                if executed && !sending {
                    continue;
                }
                for repeats in [false, true] {
                    events.push(Event::Restart { executed, repeats });
                }
            }
        }
        events
    }

    /// The first event that leads towards the end without a fault.
    fn healthy_event(&self) -> Option<Event> {
        let step = |one: &Running| match &one.state {
            State::Ready(_) => Some(Event::LedgerStep(one.id)),
            State::Sending(sent) => Some(Event::Ends(
                one.id,
                self.fates(sent)
                    .into_iter()
                    .find(|fate| matches!(fate, Fate::Started | Fate::Decided(_)))
                    .unwrap(),
            )),
            State::Waiting { until, .. } => {
                (*until <= self.now).then_some(Event::LedgerStep(one.id))
            }
        };
        let alarm_due = self.alarm.is_some_and(|alarm| alarm <= self.now);
        let alarm = || alarm_due.then_some(Event::Alarm);
        let tick = || self.next_deadline().map(|_| Event::Tick);
        self.running
            .iter()
            .find_map(step)
            .or_else(alarm)
            .or_else(tick)
    }

    /// Whether time may pass: tasks are waiting, or calls are in progress, which end within a
    /// minute. It does not pass beyond the retention of the records, after which an order can be
    /// started again.
    fn time_passes(&self) -> bool {
        let ready = |one: &Running| matches!(one.state, State::Ready(_));
        let sends = |one: &Running| matches!(one.state, State::Sending(_));
        let in_time = |at| match self.running.iter().any(sends) {
            true => at - self.now < 60_000,
            false => at < NOW + RETENTION_MILLIS,
        };
        !self.running.iter().any(ready) && self.next_deadline().is_some_and(in_time)
    }

    fn next_deadline(&self) -> Option<i64> {
        let waits = self.running.iter().filter_map(|one| match &one.state {
            State::Waiting { until, .. } => Some(*until),
            _ => None,
        });
        let flights = self.flights.values().map(|until| until + 1);
        let deadlines = waits.chain(flights).chain(self.alarm);
        deadlines.filter(|at| *at > self.now).min()
    }

    fn fates(&self, call: &Call) -> Vec<Fate> {
        let Call::Query(at) = call else {
            let mut fates = vec![Fate::Started, Fate::NotExecuted(Fault::Crowded)];
            fates.extend(NOT_EXECUTED.map(Fate::NotExecuted));
            fates.extend(EXECUTED.map(Fate::Executed));
            return fates;
        };
        let session = &self.sessions[*at];
        let mut fates = match session.passed {
            None => vec![Fate::Decided(true), Fate::Decided(false), Fate::Pending],
            Some(passed) => vec![Fate::Decided(passed)],
        };
        if session.passed.is_some() && self.stored.contains_key(&session.order) {
            fates.push(Fate::NotExecuted(Fault::Contradiction));
        }
        fates.extend(OF_A_QUERY.map(Fate::NotExecuted));
        fates
    }

    fn happen(&mut self, gateway: &Gateway, event: Event) {
        match event {
            Event::Ask(at, ask) => {
                let one = &mut self.requesters[at];
                one.requests -= 1;
                one.busy = true;
                one.unknown = false;
                // Depends only on the requester, so that the order of requests does not create new
                // states.
                let id = u8::try_from(at).unwrap() * 16 + one.requests;
                let (task, after_reset) = gateway.task(ask, one.order, self.now);
                self.run(Running {
                    id,
                    requester: Some(at),
                    again: ask == Ask::StartAgain,
                    executed: false,
                    steps: 0,
                    after_reset,
                    task,
                    state: State::Ready(None),
                });
            }
            Event::LedgerStep(id) => {
                let mut running = self.take(id);
                let state = std::mem::replace(&mut running.state, State::Ready(None));
                let ended = match state {
                    State::Ready(ended) => ended,
                    _ => None,
                };
                self.commit(gateway, running, ended);
            }
            Event::Ends(id, fate) => {
                self.left.faults -= u8::from(fate.is_fault());
                let mut running = self.take(id);
                let State::Sending(call) = running.state.clone() else {
                    panic!("{id} sends nothing");
                };
                running.state = State::Ready(Some(self.answer(&mut running, &call, fate)));
                self.run(running);
            }
            Event::Alarm => {
                self.alarm = None;
                let task: Rc<str> = to_json(&Task::Alarm(Default::default())).into();
                self.run(Running {
                    id: ALARM_ID,
                    requester: None,
                    again: false,
                    executed: false,
                    steps: 0,
                    after_reset: task.clone(),
                    task,
                    state: State::Ready(None),
                });
            }
            Event::Tick => {
                self.left.ticks = self.left.ticks.saturating_sub(1);
                self.now = self.next_deadline().unwrap();
            }
            Event::Restart { executed, repeats } => self.restart(executed, repeats),
        }
    }

    fn restart(&mut self, executed: bool, repeats: bool) {
        self.left.restarts -= 1;
        self.instance += 1;
        for mut lost in std::mem::take(&mut self.running) {
            if let (true, State::Sending(Call::Start { order, started })) =
                (executed, lost.state.clone())
            {
                self.execute(&mut lost, order, started);
            }
            match lost.requester {
                // The platform repeats an alarm that did not finish.
                None => self.alarm = Some(self.now),
                Some(_) if repeats => {
                    lost.task = lost.after_reset.clone();
                    lost.state = State::Ready(None);
                    lost.again = false;
                    self.run(lost);
                }
                Some(at) => self.requesters[at].busy = false,
            }
        }
    }

    fn take(&mut self, id: u8) -> Running {
        let at = self.running.iter().position(|one| one.id == id).unwrap();
        self.running.remove(at)
    }

    /// Keeps tasks sorted by ID, so that the same tasks are the same state.
    fn run(&mut self, running: Running) {
        let at = self.running.partition_point(|one| one.id < running.id);
        self.running.insert(at, running);
    }

    /// Alibaba Cloud starts a verification. Calls may arrive in a different order than they were
    /// sent.
    fn execute(&mut self, running: &mut Running, order: String, started: bool) -> usize {
        let again = running.again;
        let unasked = |one: &Session| one.order == order && !one.again;
        assert!(
            again || !started && !self.sessions.iter().any(unasked),
            "{order} was started again unasked"
        );
        // The permission applies once: a second repetition would be unasked for.
        running.again = false;
        running.executed = true;
        self.sessions.push(Session {
            order,
            again,
            at: self.now,
            passed: None,
        });
        self.sessions.len() - 1
    }

    fn answer(&mut self, running: &mut Running, call: &Call, fate: Fate) -> Ended {
        let verdict = |passed: bool| {
            let sub_code = if passed { "200" } else { "205" };
            let passed = if passed { "T" } else { "F" };
            json!({"Code": "200", "ResultObject": {"Passed": passed, "SubCode": sub_code}})
        };
        let session = match (fate, call) {
            (Fate::Started | Fate::Executed(_), Call::Start { order, started }) => {
                Some(self.execute(running, order.clone(), *started))
            }
            (_, Call::Start { .. }) => None,
            (_, Call::Query(at)) => Some(*at),
        };
        let outcome = match fate {
            Fate::Started => {
                let id = format!("certify{}", session.unwrap());
                let body =
                    json!({"Code": "200", "RequestId": "r", "ResultObject": {"CertifyId": id}});
                json_answer(200, &body)
            }
            Fate::Pending => json_answer(200, &json!({"Code": "424"})),
            Fate::Decided(passed) => {
                self.sessions[session.unwrap()].passed = Some(passed);
                json_answer(200, &verdict(passed))
            }
            Fate::Executed(fault) | Fate::NotExecuted(fault) => match fault {
                Fault::Crowded => {
                    return Ended {
                        fate,
                        session,
                        at: self.now,
                        outcome: SendOutcome::Crowded,
                    };
                }
                Fault::NotConnected => Outcome::Lost(Loss::NotConnected),
                Fault::Broken => Outcome::Lost(Loss::ConnectionFailed { code: None }),
                Fault::TimedOut => Outcome::Lost(Loss::TimedOut),
                Fault::Refused => json_answer(200, &json!({"Code": "412", "RequestId": "r"})),
                Fault::Throttled => json_answer(400, &json!({"Code": "Throttling.User"})),
                Fault::Unavailable => json_answer(503, &json!({"Code": "ServiceUnavailable"})),
                Fault::SystemError => json_answer(200, &json!({"Code": "500"})),
                Fault::Garbled => json_answer(200, &json!("<html>")),
                Fault::Empty => json_answer(200, &json!({"Code": "200", "ResultObject": {}})),
                Fault::UnknownThere => json_answer(200, &json!({"Code": "406"})),
                Fault::Contradiction => {
                    let truth = self.sessions[session.unwrap()].passed.unwrap();
                    json_answer(200, &verdict(!truth))
                }
            },
        };
        Ended {
            fate,
            session,
            at: self.now,
            outcome: SendOutcome::Outcome(dated(outcome, self.now)),
        }
    }

    /// Loads, decides and writes, which the host does without interruption.
    fn commit(&mut self, gateway: &Gateway, mut running: Running, ended: Option<Ended>) {
        let commit = gateway.commit(self, &running, ended);
        running.steps += 1;
        let Commit {
            writes,
            alarm,
            wake,
            unreadable,
            undelivered: _,
            failure,
            next,
        } = &*commit;
        assert!(unreadable.is_empty(), "{unreadable:?}");
        assert_eq!(*failure, None);
        for (key, value) in writes {
            match value {
                Some(value) => {
                    check_row(self.rows.get(key), key, value);
                    if let Some(order) = key.strip_prefix("order/") {
                        let row: Value = serde_json::from_str(value).unwrap();
                        if let Some(verdict) = row.get("verdict") {
                            self.stored.insert(order.to_owned(), verdict.clone());
                        }
                        match row["start"]["inflight"]["until"].as_i64() {
                            Some(until) => self.flights.insert(order.to_owned(), until),
                            None => self.flights.remove(order),
                        };
                    }
                    self.rows.insert(key.clone(), value.clone());
                }
                None => {
                    if let Some(order) = key.strip_prefix("order/") {
                        self.flights.remove(order);
                    }
                    self.rows.remove(key);
                }
            }
        }
        self.alarm = alarm.or(self.alarm);
        for other in &mut self.running {
            if matches!(&other.state, State::Waiting { on: Some(on), .. } if wake.contains(on)) {
                other.state = State::Ready(None);
            }
        }
        match next {
            Next::Reply { reply } => {
                gateway.outcomes.borrow_mut().insert(reply.outcome.clone());
                return self.record(&running, reply);
            }
            Next::Idle => return assert!(running.requester.is_none()),
            Next::Send { request, then, .. } => {
                running.task = to_json(then).into();
                running.state = State::Sending(Call::read(request, &self.sessions));
            }
            Next::Wait {
                millis, on, then, ..
            } => {
                // A request that waited for another start did not know about that one.
                running.again &= on.is_none();
                running.task = to_json(then).into();
                running.state = State::Waiting {
                    until: self.now + millis,
                    on: on.clone(),
                };
            }
            Next::Again { then } => running.task = to_json(then).into(),
            Next::Photo { .. } | Next::Together { .. } => panic!("neither photos nor webhooks"),
        }
        self.run(running);
    }

    fn record(&mut self, running: &Running, reply: &Reply) {
        let one = &mut self.requesters[running.requester.unwrap()];
        let order = one.order;
        let body: Value = serde_json::from_str(&reply.body).unwrap();
        one.busy = false;
        one.unknown = body["code"] == "start-outcome-unknown";
        assert_ne!(reply.status, 500, "{body}");
        if body["execution"] == "none" {
            assert!(!running.executed, "{body}, and it was started");
        }
        let Some(id) = body["certifyId"].as_str() else {
            return;
        };
        let known = self
            .handed_out
            .entry(order)
            .or_insert_with(|| id.to_owned());
        assert_eq!(known, id, "two CertifyIds for one order");
        let session = &self.sessions[session(id)];
        assert_eq!(session.order, order);
        // The response to a start has no status.
        let Some(status) = body["status"].as_str() else {
            return;
        };
        match status {
            "pending" => assert!(!self.verdicts.contains_key(order), "a verdict was lost"),
            "passed" => assert_eq!(session.passed, Some(true)),
            "rejected" => assert_eq!(session.passed, Some(false)),
            "expired" => assert!(self.now - session.at >= VALID_MILLIS, "expired too early"),
            other => panic!("{other}"),
        }
        if status != "pending" {
            let known = self
                .verdicts
                .entry(order)
                .or_insert_with(|| status.to_owned());
            assert_eq!(known, status, "a verdict changed");
        }
    }
}

impl Fate {
    fn is_fault(self) -> bool {
        matches!(self, Self::Executed(_) | Self::NotExecuted(_))
    }
}

fn session(certify_id: &str) -> usize {
    certify_id["certify".len()..].parse().unwrap()
}

/// The events that led to a failure.
#[derive(Default)]
struct Trace(Vec<Event>);

impl Drop for Trace {
    #[allow(clippy::print_stderr)]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("after these events: {:?}", self.0);
        }
    }
}

struct Search {
    gateway: Gateway,
    seen: HashSet<u64>,
    trace: Trace,
}

impl Search {
    /// Searches every schedule and returns the outcomes of all responses. Prints the number of
    /// states.
    #[allow(clippy::print_stdout)]
    fn all(orders: [&'static str; 2], left: Budget) -> Vec<String> {
        let mut search = Self {
            gateway: Gateway::new(),
            seen: HashSet::new(),
            trace: Trace::default(),
        };
        search.from(&World::new(orders, left));
        println!("{} states", search.seen.len());
        search.gateway.outcomes.take().into_iter().collect()
    }

    fn from(&mut self, world: &World) {
        if !self.seen.insert(name(world)) {
            return;
        }
        let events = world.events();
        if events
            .iter()
            .all(|event| matches!(event, Event::Restart { .. }))
        {
            self.live_on(world.clone());
        }
        for event in events {
            self.trace.0.push(event);
            let mut next = world.clone();
            next.happen(&self.gateway, event);
            self.from(&next);
            self.trace.0.pop();
        }
    }

    /// While Alibaba Cloud is healthy, every task must end.
    fn live_on(&mut self, mut world: World) {
        let events = self.trace.0.len();
        while let Some(event) = world.healthy_event() {
            self.trace.0.push(event);
            assert!(self.trace.0.len() - events < 1_000, "it does not end");
            world.happen(&self.gateway, event);
        }
        assert!(world.requesters.iter().all(|one| !one.busy), "no response");
        for (order, id) in &world.handed_out {
            let truth = world.sessions[session(id)].passed;
            match world.stored[*order]["decision"].as_str().unwrap() {
                "passed" => assert_eq!(truth, Some(true)),
                "rejected" => assert_eq!(truth, Some(false)),
                decision => assert_eq!(decision, "expired"),
            }
        }
        let left: Vec<&String> = world.rows.keys().collect();
        assert!(left.iter().all(|key| *key == "caller"), "{left:?}");
        self.trace.0.truncate(events);
    }
}

fn name(it: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    it.hash(&mut hasher);
    hasher.finish()
}

#[test]
fn two_requesters_of_one_order_keep_every_invariant() {
    let left = Budget {
        requests: 1,
        faults: 2,
        restarts: 1,
        ticks: 2,
    };
    assert_eq!(
        Search::all([ORDERS[0]; 2], left),
        [
            "created",
            "order-being-started",
            "repeated",
            "start-outcome-unknown",
            "upstream-failed",
            "upstream-refused",
            "upstream-throttled"
        ]
    );
}

#[test]
fn two_requesters_who_ask_twice_keep_every_invariant() {
    let left = Budget {
        requests: 2,
        faults: 2,
        restarts: 1,
        ticks: 0,
    };
    assert_eq!(
        Search::all([ORDERS[0]; 2], left),
        [
            "created",
            "material-unavailable",
            "order-being-started",
            "passed",
            "pending",
            "rejected",
            "repeated",
            "start-outcome-unknown",
            "unknown-order",
            "upstream-failed",
            "upstream-refused",
            "upstream-throttled",
            "verdict-contradicted"
        ]
    );
}

#[test]
fn calls_that_outlast_their_time_keep_every_invariant() {
    let left = Budget {
        requests: 2,
        faults: 0,
        restarts: 0,
        ticks: 1,
    };
    assert_eq!(
        Search::all([ORDERS[0]; 2], left),
        [
            "created",
            "expired",
            "material-unavailable",
            "order-being-started",
            "outcome-too-late",
            "passed",
            "pending",
            "rejected",
            "repeated",
            "start-outcome-unknown",
            "verdict-contradicted"
        ]
    );
}

#[test]
fn a_requester_each_of_two_orders_keeps_every_invariant() {
    let left = Budget {
        requests: 1,
        faults: 1,
        restarts: 1,
        ticks: 1,
    };
    assert_eq!(
        Search::all(ORDERS, left),
        [
            "created",
            "start-outcome-unknown",
            "upstream-failed",
            "upstream-refused",
            "upstream-throttled"
        ]
    );
}
