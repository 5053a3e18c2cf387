//! A host that performs one request at a time, with a function as the upstream.

use cloudauth_edge::client::call::Outcome;
use cloudauth_edge::gateway::arrival::{Arrival, HostAction, Routed};
use cloudauth_edge::gateway::ledger::commit::{
    Context, LedgerStep, Next, SendOutcome, Undelivered,
};
use cloudauth_edge::gateway::ledger::rows::{Missing, Rows, Write};
use cloudauth_edge::gateway::ledger::task::{CompareAlarm, Task};
use cloudauth_edge::gateway::rendered_step::step;
use cloudauth_edge::gateway::reply::Reply;
use cloudauth_edge::gateway::router::route;
use cloudauth_edge::gateway::settings::{CheckedSettings, Settings, Variables};
use cloudauth_edge::http::{IncomingRequest, OutgoingRequest, Response};
use cloudauth_edge::json::de::from_json;
use cloudauth_edge::signing::acs3::hex_sha256;
use cloudauth_edge::signing::{encode, rpc};
use cloudauth_edge::timestamp::Timestamp;
use cloudauth_edge::vendor::credentials::Secret;
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub const NOW: i64 = 1_795_000_000_000;
pub const NAME: &str = "张三";
pub const NUMBER: &str = "11010519491231002X";

pub fn variables(pairs: &[(&str, &str)]) -> Variables {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

pub fn json_answer(status: u16, body: &Value) -> Outcome {
    Outcome::Answered(Response {
        status,
        headers: Vec::new(),
        body: serde_json::to_vec(body).unwrap(),
    })
}

/// The same response from a server whose clock shows this time.
pub fn dated(outcome: Outcome, at: i64) -> Outcome {
    match outcome {
        Outcome::Answered(mut response) => {
            let date = Timestamp::from_unix_millis(at).to_http_date();
            response.headers.push(("date".to_owned(), date));
            Outcome::Answered(response)
        }
        lost @ Outcome::Lost(_) => lost,
    }
}

/// A request that starts an order.
pub fn start(token: &str, target: &str, order: &str) -> IncomingRequest {
    start_of_user("123456789", token, target, order)
}

/// Like [`start`], for a given user.
pub fn start_of_user(user: &str, token: &str, target: &str, order: &str) -> IncomingRequest {
    let body = json!({
        "outerOrderNo": order,
        "userId": user,
        "certName": NAME,
        "certNo": NUMBER,
        "metaInfo": "{}",
    });
    let bearer = format!("Bearer {token}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
    ];
    request("POST", target, &headers, body.to_string().as_bytes())
}

/// A request with these headers and this body.
pub fn request(
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> IncomingRequest {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    IncomingRequest {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        body: body.to_vec(),
    }
}

/// A request signed with a key pair.
pub fn signed(id: &str, secret: &str, parameters: &[(&str, &str)]) -> IncomingRequest {
    signed_at(NOW, id, secret, parameters)
}

/// Like [`signed`], at a given time.
pub fn signed_at(now: i64, id: &str, secret: &str, parameters: &[(&str, &str)]) -> IncomingRequest {
    let timestamp = Timestamp::from_unix_millis(now).to_string();
    let nonce = hex_sha256(format!("{id}{parameters:?}").as_bytes());
    let mut all = vec![
        ("AccessKeyId", id),
        ("Format", "JSON"),
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureNonce", &nonce),
        ("SignatureVersion", "1.0"),
        ("Timestamp", &timestamp),
        ("Version", "2019-03-07"),
    ];
    all.extend_from_slice(parameters);
    let (_, signature) = rpc::sign("POST", &all, &Secret::new(secret));
    all.push(("Signature", &signature));
    let form: Vec<String> = all
        .iter()
        .map(|(name, value)| format!("{name}={}", encode::percent_encode(value)))
        .collect();
    request(
        "POST",
        "/",
        &[
            ("content-type", "application/x-www-form-urlencoded"),
            ("host", "127.0.0.1:8787"),
        ],
        form.join("&").as_bytes(),
    )
}

/// The task that follows a request to send.
pub fn sent(next: Next<Reply>) -> Task {
    match next {
        Next::Send { then, .. } => then,
        other => panic!("{other:?}"),
    }
}

/// The response with which a task ended.
pub fn replied(next: Next<Reply>) -> Reply {
    match next {
        Next::Reply { reply } => reply,
        other => panic!("{other:?}"),
    }
}

/// Loads the missing rows, as every host does.
pub fn load(rows: &BTreeMap<String, String>, missing: Missing, loaded: &mut Rows) {
    match missing {
        Missing::Keys(keys) => {
            for key in keys {
                let known = loaded.rows.iter().any(|(other, _)| *other == key);
                assert!(!known, "{key} was asked for twice");
                let value = rows.get(&key).cloned();
                loaded.rows.push((key, value));
            }
        }
        Missing::Range(range) => {
            let bounds = [&range.from, &range.to];
            assert!(
                !bounds.iter().any(|bound| bound.contains('\0')),
                "PostgreSQL takes no NUL"
            );
            let found = rows.range(range.from.clone()..range.to.clone());
            let found = found.map(|(key, value)| (key.clone(), value.clone()));
            let limit = range.limit as usize;
            let found = if range.reverse {
                found.rev().take(limit).collect()
            } else {
                found.take(limit).collect()
            };
            loaded.ranges.push((range, found));
        }
    }
}

/// Checks a row that replaces another: it must change neither a verdict nor a CertifyId, and must
/// contain nothing about the person.
pub fn check_row(before: Option<&String>, key: &str, value: &str) {
    for planted in [NAME, NUMBER, "meta-info", "planted"] {
        let holds = value.contains(planted) || key.contains(planted);
        assert!(!holds, "{planted} in {key}");
    }
    assert!(!key.contains(char::is_control), "{key:?}");
    if let (true, Some(before)) = (key.starts_with("order/"), before) {
        let before: Value = serde_json::from_str(before).unwrap();
        let after: Value = serde_json::from_str(value).unwrap();
        if before.get("verdict").is_some() {
            assert_eq!(before["verdict"], after["verdict"], "a verdict changed");
        }
        if let Some(done) = before["start"].get("done") {
            assert_eq!(done["certifyId"], after["start"]["done"]["certifyId"]);
        }
    }
}

pub struct Host {
    pub variables: Variables,
    /// The host to which the request was sent.
    pub name: &'static str,
    pub now: i64,
    /// How often a step has asked for rows.
    pub loads: u32,
    /// By how much the clock advances at each repetition of a step, in milliseconds.
    pub tick: i64,
    /// How long a response takes, in milliseconds.
    pub answers_in: i64,
    pub random: [u8; 32],
    /// Identifies the instance that performs the steps.
    pub instance: &'static str,
    /// The other instances that are alive.
    pub others: Vec<String>,
    /// Whether the host is about to end.
    pub stopping: bool,
    /// Each caller's rows.
    pub rows: BTreeMap<String, BTreeMap<String, String>>,
    /// Whether too many calls to Alibaba Cloud are waiting for their turn.
    pub crowded: bool,
    /// Identifies the arrival of the next request.
    pub arrival: u32,
    /// Every request sent, to Alibaba Cloud and to webhooks.
    pub sent: Vec<OutgoingRequest>,
    /// When the alarm was last set to fire.
    pub set: Option<i64>,
    /// Every write.
    pub written: Vec<Write>,
    /// Orders whose waiting tasks must be woken.
    pub woken: Vec<String>,
    /// The logged keys of unreadable rows.
    pub unreadable: Vec<String>,
    /// The webhook deliveries that were given up.
    pub undelivered: Vec<Undelivered>,
    /// The logged failures of the gateway itself.
    pub failures: Vec<String>,
}

impl Host {
    pub fn new(variables: Variables) -> Self {
        Self {
            variables,
            name: "127.0.0.1:8787",
            now: NOW,
            loads: 0,
            tick: 1,
            answers_in: 0,
            random: [7; 32],
            instance: "instance",
            others: Vec::new(),
            stopping: false,
            rows: BTreeMap::new(),
            crowded: false,
            arrival: 0,
            sent: Vec::new(),
            set: None,
            written: Vec::new(),
            woken: Vec::new(),
            unreadable: Vec::new(),
            undelivered: Vec::new(),
            failures: Vec::new(),
        }
    }

    /// Routes a request and drives its task to the end.
    pub fn handle(
        &mut self,
        request: IncomingRequest,
        upstream: &mut dyn FnMut(&OutgoingRequest) -> Outcome,
    ) -> (Routed, Reply) {
        let mut routed = self.route(request);
        let then = std::mem::replace(&mut routed.then, HostAction::Assets);
        let reply = match then {
            HostAction::Reply { reply } => reply,
            HostAction::Assets => Reply::empty(404),
            HostAction::File { name, mut reply } => {
                assert_eq!(name, "openapi.json");
                include_str!("../../worker/openapi.json").clone_into(&mut reply.body);
                reply
            }
            HostAction::ReadBody { .. } => panic!("the body has been read"),
            HostAction::Ledger { task, .. } => {
                let caller = routed.caller.clone().unwrap();
                self.perform(&caller, from_json(&task).unwrap(), upstream)
            }
        };
        (routed, reply)
    }

    /// Fires a caller's alarm.
    pub fn alarm(&mut self, caller: &str, upstream: &mut dyn FnMut(&OutgoingRequest) -> Outcome) {
        self.perform(caller, Task::Alarm(Default::default()), upstream);
    }

    /// Compares a caller's alarm with the due rows. Returns when the alarm must fire, if `set` is wrong.
    pub fn compare_alarm(&mut self, caller: &str, set: Option<i64>) -> Option<i64> {
        let task = Task::CompareAlarm(CompareAlarm { set });
        self.set = None;
        self.perform(caller, task, &mut |_| panic!("nobody is asked"));
        self.set
    }

    /// When the earliest of a caller's due rows is due.
    pub fn next_alarm(&self, caller: &str) -> Option<i64> {
        let due = |key: &String| key.strip_prefix("due/")?.split('/').next()?.parse().ok();
        self.rows[caller].keys().find_map(due)
    }

    /// Routes a request, without performing its task.
    pub fn route(&self, request: IncomingRequest) -> Routed {
        let arrival = Arrival {
            request,
            body_read: true,
            host: self.name.to_owned(),
            fresh_id: format!("00000000-0000-4000-8000-{:012}", self.arrival),
        };
        route(
            &CheckedSettings::read(&self.variables),
            &arrival,
            Timestamp::from_unix_millis(self.now),
        )
    }

    /// The task for a request.
    pub fn task(&self, request: IncomingRequest) -> (String, Task) {
        let routed = self.route(request);
        match routed.then {
            HostAction::Ledger { task, .. } => (routed.caller.unwrap(), from_json(&task).unwrap()),
            other => panic!("{other:?}"),
        }
    }

    /// One commit of a task: the next step, after all writes.
    pub fn commit(
        &mut self,
        caller: &str,
        task: &Task,
        send_outcome: Option<&SendOutcome>,
    ) -> Next<Reply> {
        let settings = Settings::read(&self.variables).unwrap();
        let rows = self.rows.entry(caller.to_owned()).or_default();
        let mut loaded = Rows::default();
        let mut asks = 0;
        let commit = loop {
            asks += 1;
            assert!(asks < 100, "the commit does not finish");
            // Unlike in a real host, the clock and the random bytes differ in every repetition: the
            // rows that a step loads depend on neither.
            self.now += self.tick;
            self.random[0] = self.random[0].wrapping_add(1);
            let context = Context {
                now: Timestamp::from_unix_millis(self.now),
                random: self.random,
                instance: self.instance.to_owned(),
                others: self.others.clone(),
                stopping: self.stopping,
            };
            match step(
                &settings,
                task.clone(),
                send_outcome.cloned(),
                &loaded,
                &context,
            ) {
                LedgerStep::Commit(commit) => break commit,
                LedgerStep::Load(missing) => {
                    self.loads += 1;
                    load(rows, missing, &mut loaded);
                }
            }
        };
        self.set = commit.alarm.or(self.set);
        self.written.extend_from_slice(&commit.writes);
        self.unreadable.extend_from_slice(&commit.unreadable);
        self.undelivered.extend(commit.undelivered);
        self.failures.extend(commit.failure);
        self.woken.extend_from_slice(&commit.wake);
        for (key, value) in commit.writes {
            match value {
                Some(value) => rows.insert(key, value),
                None => rows.remove(&key),
            };
        }
        commit.next
    }

    /// Drives a task to its end.
    pub fn perform(
        &mut self,
        caller: &str,
        mut task: Task,
        upstream: &mut dyn FnMut(&OutgoingRequest) -> Outcome,
    ) -> Reply {
        let mut send_outcome = None;
        loop {
            let next = self.commit(caller, &task, send_outcome.take().as_ref());
            task = match next {
                Next::Reply { reply } => return reply,
                Next::Photo { url } => {
                    return Reply::text(200, "photo", url.0).with_outcome("photo");
                }
                Next::Idle => return Reply::empty(204),
                Next::Send { request, then, .. } => {
                    if self.crowded {
                        send_outcome = Some(SendOutcome::Crowded);
                    } else {
                        send_outcome = Some(SendOutcome::Outcome(upstream(&request)));
                        self.sent.push(request);
                        self.now = self.now.saturating_add(self.answers_in);
                    }
                    then
                }
                Next::Wait { millis, then, .. } => {
                    self.now = self.now.saturating_add(millis);
                    then
                }
                Next::Again { then } => then,
                Next::Together { tasks, then } => {
                    for one in tasks {
                        self.perform(caller, one, upstream);
                    }
                    then
                }
            };
        }
    }
}
