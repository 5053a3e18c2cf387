//! One caller's ledger: at most one CertifyId handed out per order, verdicts written once, nothing
//! about the person.
//!
//! A task goes in steps. A step that misses a row says which; the host loads it and asks again,
//! until the step acts. What it writes and what comes next is one [`Act`]: the host loads, asks and
//! writes without letting anything else run in between, and only then does what comes next. So two
//! tasks interleave between acts and never within one.
//!
//! Before the vendor is asked to start something, the order is written as being started. Whatever
//! happens to the host afterwards, that row is found, and nobody starts the order again unasked.

pub mod answer;
pub mod ask;
pub mod create;
pub mod due;
pub mod list;
pub mod nonce;
pub mod order;
pub mod rows;
pub mod webhook;

use super::callback;
use super::problem::{INTERNAL_ERROR, Problem, UNAUTHENTICATED};
use super::reply::{Language, Reply};
use super::rpc_front::RpcFront;
use super::settings::Settings;
use crate::actions::{Action, ValidRequest, Value, rules};
use crate::client::call;
use crate::http::OutgoingRequest;
use crate::json::write::to_json;
use crate::rpc_server::errors::Refusal;
use crate::signing::encode::hex;
use crate::timestamp::Timestamp;
use ask::Ask;
use create::Create;
use list::{Count, List};
use order::Order;
use rows::{ALARM, Need, Rows, Stop, Write, row};
use serde::{Deserialize, Serialize};

const CALLBACK_URL: &str = "CallbackUrl";

/// Who asked, and how the answer is to be written.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Asker {
    /// The caller's id.
    pub caller: String,
    /// The request's id.
    pub request_id: String,
    /// The protocol it came by.
    pub front: Front,
}

/// The protocol a request came by, and is answered in.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Front {
    /// The REST routes.
    Rest {
        /// Language of problems.
        language: Language,
    },
    /// The vendor's own.
    Rpc(RpcFront),
}

impl Asker {
    /// The answer that says what is wrong.
    pub fn problem(&self, problem: &Problem) -> Reply {
        match &self.front {
            Front::Rest { language } => problem.reply(*language, &self.request_id),
            Front::Rpc(front) => front.problem(problem, &self.request_id),
        }
    }

    /// The answer to a request whose signature does not count.
    fn refusal(&self, refusal: &Refusal) -> Reply {
        match &self.front {
            Front::Rest { .. } => self.problem(&Problem::new(&UNAUTHENTICATED)),
            Front::Rpc(front) => front.refusal(refusal, &self.request_id),
        }
    }
}

/// Something to do with the ledger. Plain data that the host keeps between steps and hands back.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Task {
    /// Go on unless the nonce of a signature was used before.
    Signed(nonce::Signed),
    /// Start a verification.
    Create(Create),
    /// Read one.
    Ask(Ask),
    /// List them.
    List(List),
    /// Count them.
    Count(Count),
    /// Make an attempt at a call of the vendor.
    Call(Call),
    /// Take note of what became of the attempt.
    Settle(Call),
    /// Take note of a callback of the vendor's.
    Hint(due::Hint),
    /// Set the alarm again if the platform has lost it.
    Wake(due::Wake),
    /// Do what is due.
    Alarm(due::Alarm),
    /// Deliver a webhook.
    Report(webhook::Posted),
    /// Take note of what a webhook's receiver answered.
    Reported(webhook::Posted),
}

/// A call of the vendor that is under way.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Call {
    /// What it is for.
    pub purpose: Purpose,
    /// Where it stands.
    pub state: call::State,
}

/// What a call of the vendor is for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// InitFaceVerify for an order that is written as being started.
    Start {
        /// What was asked for.
        create: Create,
        /// Names this call in the order's row.
        flight: String,
    },
    /// DescribeFaceVerify for an order of the caller's.
    Ask(Ask),
}

/// What became of what the host was told to send.
#[derive(Clone, Debug)]
pub enum Happened {
    /// It was sent; this came of it.
    Outcome(call::Outcome),
    /// It was not sent, since too many calls wait for their turn already.
    Crowded,
}

/// What a step needs to know of its surroundings.
#[derive(Clone, Debug)]
pub struct Context {
    /// The time.
    pub now: Timestamp,
    /// Fresh random bytes, others at every act.
    pub random: [u8; 32],
    /// Names this instance of the ledger's host; another after every restart.
    pub instance: String,
}

impl Context {
    fn nonce(&self) -> String {
        hex(self.random.get(..16).unwrap_or_default())
    }

    fn name(&self) -> String {
        hex(self.random.get(16..28).unwrap_or_default())
    }

    fn jitter(&self) -> u32 {
        match self.random {
            [.., a, b, c, d] => u32::from_le_bytes([a, b, c, d]),
        }
    }
}

/// The outcome of a step.
#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// Load this and ask again.
    Need(Need),
    /// Do this.
    Act(Box<Act>),
}

/// What the host is to do: write, all or nothing, then set the alarm, wake, and go on.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Act {
    /// Rows to write or delete.
    pub writes: Vec<Write>,
    /// When to set the alarm, in milliseconds; `None` leaves it.
    pub alarm: Option<i64>,
    /// Orders whose waiting tasks are to go on now.
    pub wake: Vec<String>,
    /// What comes next.
    pub next: Next,
}

/// What comes after the writes.
#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase", rename_all_fields = "camelCase")]
pub enum Next {
    /// The task is done; this is the answer.
    Reply(Reply),
    /// The task is done; the answer is the photo at this address.
    Photo {
        /// A secret that is kept nowhere.
        url: String,
    },
    /// Wait for a turn if it needs one, send, and go on with what happened.
    Send {
        /// The action, whose calls the vendor counts; `None` for what does not go to the vendor.
        action: Option<&'static str>,
        /// What to send.
        request: OutgoingRequest,
        /// Milliseconds that the whole answer may take.
        timeout_millis: i64,
        /// The task to go on with.
        #[serde(serialize_with = "as_text")]
        then: Task,
    },
    /// Wait, or until the order is woken, and go on.
    Wait {
        /// Milliseconds at most.
        millis: i64,
        /// The order whose waking ends the wait.
        on: Option<String>,
        /// The task to go on with.
        #[serde(serialize_with = "as_text")]
        then: Task,
    },
    /// Perform these tasks at the same time, and go on when all have ended.
    Together {
        /// The tasks, which nobody waits for an answer of.
        #[serde(serialize_with = "as_texts")]
        tasks: Vec<Task>,
        /// The task to go on with.
        #[serde(serialize_with = "as_text")]
        then: Task,
    },
    /// Let others have their turn and go on.
    Again {
        /// The task to go on with.
        #[serde(serialize_with = "as_text")]
        then: Task,
    },
    /// The task is done; there is nobody to answer.
    Idle,
}

/// The host keeps a task as text that it does not read.
fn as_text<S: serde::Serializer>(task: &Task, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&to_json(task))
}

fn as_texts<S: serde::Serializer>(tasks: &[Task], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(tasks.iter().map(to_json))
}

impl Next {
    fn reply(reply: Reply) -> Self {
        Self::Reply(reply)
    }
}

/// The writes of an act while they are put together.
#[derive(Default)]
struct Writes {
    writes: Vec<Write>,
    wake: Vec<String>,
    alarm: Option<i64>,
}

impl Writes {
    fn put<T: Serialize>(&mut self, key: String, value: &T) {
        self.writes.push(row(key, value));
    }

    /// An order, and where it stands in the list; what the vendor refused is not listed.
    fn put_order(&mut self, no: &str, order: &Order) {
        self.put(rows::order_key(no), order);
        let listed = rows::listed_key(order.created, no);
        match order.standing() {
            Some(standing) => self.put(listed, &standing),
            None => self.delete(listed),
        }
    }

    fn delete(&mut self, key: String) {
        self.writes.push((key, None));
    }

    /// Something for the alarm to do at a time, while it is at work and sets itself again anyway.
    fn later(&mut self, at: i64, what: &str) {
        self.put(format!("due/{}/{what}", rows::sortable(at)), &1);
    }

    /// Something for the alarm to do at a time.
    fn due(&mut self, rows: &Rows, now: Timestamp, at: i64, what: &str) -> Result<(), Stop> {
        self.later(at, what);
        let set: Option<i64> = rows.get(ALARM)?;
        let earliest = self.alarm.map_or(at, |other| other.min(at));
        // An alarm that should have fired long ago has been given up by the platform.
        let late = now.unix_millis().saturating_sub(due::GIVEN_UP_MILLIS);
        if set.is_none_or(|set| set > earliest || set < late) {
            self.alarm = Some(earliest);
        }
        Ok(())
    }

    /// The act. An alarm to set is written beside it, so that later steps know of it.
    fn then(mut self, next: Next) -> Step {
        if let Some(alarm) = self.alarm {
            self.put(ALARM.to_owned(), &alarm);
        }
        Step::Act(Box::new(Act {
            writes: self.writes,
            alarm: self.alarm,
            wake: self.wake,
            next,
        }))
    }
}

/// The next step of a task. `happened` tells what became of what the last step had sent.
///
/// What each task does is a function that is never inlined here: a fresh Worker compiles what it calls,
/// and the first request needs but one of them.
pub fn step(
    settings: &Settings,
    task: Task,
    happened: Option<Happened>,
    rows: &Rows,
    context: &Context,
) -> Step {
    let asker = task.asker();
    let started = matches!(
        &task,
        Task::Settle(Call {
            purpose: Purpose::Start { .. },
            ..
        })
    );
    let taken = match task {
        Task::Signed(signed) => nonce::check(signed, rows, context),
        Task::Create(create) => create::begin(settings, create, rows, context),
        Task::Ask(ask) => ask::begin(settings, ask, rows, context),
        Task::List(list) => list::page(settings, list, rows),
        Task::Count(count) => list::count(count, rows),
        Task::Call(call) => attempt(settings, call, rows, context),
        Task::Settle(call) => settle(settings, call, happened, rows, context),
        Task::Hint(hint) => due::hint(&hint, rows, context),
        Task::Wake(wake) => due::wake(wake, rows, context),
        Task::Report(posted) => webhook::send(settings, posted, rows, context),
        Task::Reported(posted) => webhook::reported(&posted, happened, rows, context),
        Task::Alarm(alarm) => due::work(settings, alarm, rows, context),
    };
    match taken {
        Ok(step) => step,
        Err(Stop::Need(need)) => Step::Need(need),
        Err(Stop::Unreadable) => {
            let mut writes = Writes::default();
            let next = match asker {
                Some(asker) => {
                    let problem = Problem::new(&INTERNAL_ERROR);
                    let reply = asker.problem(&if started {
                        problem.execution_unknown()
                    } else {
                        problem
                    });
                    Next::reply(reply.with_outcome("unreadable-row"))
                }
                None => {
                    // The alarm would not fire again for whatever else is due.
                    writes.alarm =
                        Some(context.now.plus_millis(due::GIVEN_UP_MILLIS).unix_millis());
                    Next::Idle
                }
            };
            writes.then(next)
        }
    }
}

impl Task {
    /// The task as it may be given to the ledger once more after the ledger's host was reset, however
    /// far it had come: it finds what is written. A start that may have been sent is never made again.
    pub fn again(&self) -> Self {
        match self {
            Self::Signed(signed) => Self::Signed(nonce::Signed {
                then: Box::new(signed.then.again()),
                ..signed.clone()
            }),
            Self::Create(create) => Self::Create(Create {
                restart_unknown: false,
                ..create.clone()
            }),
            other => other.clone(),
        }
    }

    fn asker(&self) -> Option<Asker> {
        match self {
            Self::Signed(signed) => signed.then.asker(),
            Self::Create(create) => Some(create.asker.clone()),
            Self::Ask(ask) => ask.asker.clone(),
            Self::List(list) => Some(list.asker.clone()),
            Self::Count(count) => Some(count.asker.clone()),
            Self::Call(call) | Self::Settle(call) => match &call.purpose {
                Purpose::Start { create, .. } => Some(create.asker.clone()),
                Purpose::Ask(ask) => ask.asker.clone(),
            },
            Self::Hint(_)
            | Self::Wake(_)
            | Self::Alarm(_)
            | Self::Report(_)
            | Self::Reported(_) => None,
        }
    }
}

impl Purpose {
    fn action(&self) -> &'static Action {
        match self {
            Self::Start { .. } => &crate::actions::INIT_FACE_VERIFY,
            Self::Ask(_) => &crate::actions::DESCRIBE_FACE_VERIFY,
        }
    }

    /// The request, which passed the same checks when it came in.
    fn request(&self, settings: &Settings, now: Timestamp) -> Option<ValidRequest<'_>> {
        let parameters: Vec<(&str, Value)> = match self {
            Self::Start { create, .. } => {
                let given = create.parameters.iter();
                let own = given.clone().all(|(name, _)| name != CALLBACK_URL);
                let callback = callback::url(settings, &create.asker.caller, &create.no);
                given
                    .map(|(name, value)| (name.as_str(), Value::from(value.as_str())))
                    .chain(
                        callback
                            .filter(|_| own)
                            .map(|url| (CALLBACK_URL, Value::from(url))),
                    )
                    .collect()
            }
            Self::Ask(ask) => vec![
                ("SceneId", Value::from(ask.scene_id.as_str())),
                ("CertifyId", Value::from(ask.certify_id.as_str())),
            ],
        };
        rules::validate(self.action(), parameters, &settings.options.validation(now)).ok()
    }
}

/// Begins a call of the vendor, once `writes` are written.
fn call(
    settings: &Settings,
    purpose: Purpose,
    writes: Writes,
    context: &Context,
) -> Result<Step, Stop> {
    let state = call::State::new(context.now, 0);
    send(settings, Call { purpose, state }, writes, context)
}

fn attempt(settings: &Settings, call: Call, rows: &Rows, context: &Context) -> Result<Step, Stop> {
    if let Purpose::Start { create, flight } = &call.purpose
        && let Err(too_late) = create::in_flight(create, flight, rows)?
    {
        return Ok(too_late);
    }
    send(settings, call, Writes::default(), context)
}

fn send(settings: &Settings, call: Call, writes: Writes, context: &Context) -> Result<Step, Stop> {
    let Some(request) = call.purpose.request(settings, context.now) else {
        return Err(Stop::Unreadable);
    };
    let attempt = call::attempt(
        &settings.options,
        &settings.credentials,
        &request,
        call.state,
        context.now,
        context.nonce(),
    );
    Ok(writes.then(Next::Send {
        action: Some(call.purpose.action().name),
        request: attempt.request,
        timeout_millis: attempt.timeout_millis,
        then: Task::Settle(Call {
            purpose: call.purpose,
            state: attempt.state,
        }),
    }))
}

fn settle(
    settings: &Settings,
    call: Call,
    happened: Option<Happened>,
    rows: &Rows,
    context: &Context,
) -> Result<Step, Stop> {
    let Call { purpose, state } = call;
    let ended = match happened {
        Some(Happened::Outcome(outcome)) => {
            let request = || purpose.request(settings, context.now);
            match call::settle(
                &settings.options,
                &settings.credentials,
                purpose.action(),
                &request,
                state,
                outcome,
                false,
                context.now,
                context.jitter(),
            ) {
                call::Step::Done(answer) => Ended::Answered(answer),
                call::Step::Failed(error) => Ended::Failed(error),
                call::Step::Retry {
                    delay_millis,
                    state,
                    ..
                } => {
                    return Ok(Writes::default().then(Next::Wait {
                        millis: delay_millis,
                        on: None,
                        then: Task::Call(Call { purpose, state }),
                    }));
                }
            }
        }
        Some(Happened::Crowded) => Ended::Crowded,
        None => return Err(Stop::Unreadable),
    };
    match purpose {
        Purpose::Start { create, flight } => {
            create::settle(settings, create, &flight, ended, rows, context)
        }
        Purpose::Ask(ask) => ask::settle(settings, ask, ended, rows, context),
    }
}

/// How a call of the vendor ended.
enum Ended {
    Answered(crate::client::response::Answer),
    Failed(crate::error::Error),
    Crowded,
}
