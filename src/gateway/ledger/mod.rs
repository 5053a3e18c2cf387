//! One caller's ledger: at most one CertifyId per order, verdicts written once, no personal data.
//!
//! A task consists of steps. A step that needs a row returns a request to load it; the host loads
//! the row and repeats the step until it returns an [`Act`], which contains the writes and the next
//! step. The host loads, repeats and writes without interleaving anything else, and then performs
//! the next step. Two tasks can therefore interleave between commits, but never within one.
//!
//! The ledger writes an order as being started before it calls Alibaba Cloud. If the host fails
//! afterwards, the row remains, and nothing starts the order again without a request to do so.

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
use crate::actions::{self, Action, ValidRequest, Value};
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

/// The request to respond to, and the form of the response.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Asker {
    /// The caller's id.
    pub caller: String,
    /// The request's id.
    pub request_id: String,
    /// Its protocol.
    pub front: Front,
}

/// The protocol of a request and its response.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Front {
    /// The REST routes.
    Rest {
        /// Language of problems.
        language: Language,
    },
    /// Alibaba Cloud's RPC protocol.
    Rpc(RpcFront),
}

impl Asker {
    /// The error response.
    pub fn problem(&self, problem: &Problem) -> Reply {
        match &self.front {
            Front::Rest { language } => problem.reply(*language, &self.request_id),
            Front::Rpc(front) => front.problem(problem, &self.request_id),
        }
    }

    /// The response to a request with an invalid signature.
    fn refusal(&self, refusal: &Refusal) -> Reply {
        match &self.front {
            Front::Rest { .. } => self.problem(&Problem::new(&UNAUTHENTICATED)),
            Front::Rpc(front) => front.refusal(refusal, &self.request_id),
        }
    }
}

/// A task of the ledger. Plain data that the host stores between steps and passes back.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Task {
    /// Continue unless the nonce of a signature was used before.
    Signed(nonce::Signed),
    /// Start a verification.
    Create(Create),
    /// Read one.
    Ask(Ask),
    /// List them.
    List(List),
    /// Count them.
    Count(Count),
    /// Send an attempt of a call to Alibaba Cloud.
    Call(Call),
    /// Process the outcome of the attempt.
    Settle(Call),
    /// Process a callback from Alibaba Cloud.
    Hint(due::Hint),
    /// Set the alarm again if the platform has lost it.
    Wake(due::Wake),
    /// Process due rows.
    Alarm(due::Alarm),
    /// Deliver a webhook.
    Report(webhook::Posted),
    /// Process the response of a webhook's receiver.
    Reported(webhook::Posted),
}

/// A call to Alibaba Cloud in progress.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Call {
    /// Its purpose.
    pub purpose: Purpose,
    /// Its state.
    pub state: call::State,
}

/// The purpose of a call to Alibaba Cloud.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// InitFaceVerify for an order that is marked as being started.
    Start {
        /// The request.
        create: Create,
        /// Identifies this call in the order's row.
        flight: String,
    },
    /// DescribeFaceVerify for one of the caller's orders.
    Ask(Ask),
}

/// The outcome of the request that the host was asked to send.
#[derive(Clone, Debug)]
pub enum Happened {
    /// It was sent, with this outcome.
    Outcome(call::Outcome),
    /// It was sent once for several tasks; this came of it.
    Shared {
        /// The outcome.
        outcome: call::Outcome,
        /// The task that it was sent for.
        of: Box<Task>,
    },
    /// It was not sent, since too many calls wait for their turn already.
    Crowded,
    /// Whoever made the request does not listen any longer.
    Gone,
}

/// The inputs of a step from its host.
#[derive(Clone, Debug)]
pub struct Context {
    /// The time.
    pub now: Timestamp,
    /// Random bytes, new for every commit.
    pub random: [u8; 32],
    /// Identifies this instance of the ledger's host; different after every restart.
    pub instance: String,
}

impl Context {
    fn nonce(&self) -> String {
        hex(self.random.get(..16).unwrap_or_default())
    }

    fn name(&self) -> String {
        hex(self.random.get(16..28).unwrap_or_default())
    }
}

/// The outcome of a step.
#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// Load these rows and repeat the step.
    Need(Need),
    /// Do this.
    Act(Box<Act>),
}

/// What the host must do: commit the writes in one transaction, then set the alarm, wake tasks, and
/// continue.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Act {
    /// Rows to write or delete.
    pub writes: Vec<Write>,
    /// When to set the alarm, in milliseconds; `None` leaves it.
    pub alarm: Option<i64>,
    /// Orders whose waiting tasks must continue now.
    pub wake: Vec<String>,
    /// Rows that could not be read, to be logged. Their keys hold nothing about the person.
    pub unreadable: Vec<String>,
    /// What comes next.
    pub next: Next,
}

/// The step after the writes.
#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase", rename_all_fields = "camelCase")]
pub enum Next {
    /// The task is finished; this is the response.
    Reply(Reply),
    /// The task is finished; the response is the photo at this URL.
    Photo {
        /// A secret that is never stored.
        url: String,
    },
    /// Wait for a turn if the call needs one, send it, and continue with the outcome.
    Send {
        /// The action, for the rate limit; `None` for requests to other hosts.
        action: Option<&'static str>,
        /// What to send.
        request: OutgoingRequest,
        /// Time limit for the whole response, in milliseconds.
        timeout_millis: i64,
        /// Where something is under way by the same name, it is not sent: its outcome is awaited, and is
        /// [`Happened::Shared`].
        share: Option<String>,
        /// Whether it leaves its turn to others where many wait for theirs.
        yields: bool,
        /// The task to go on with.
        #[serde(serialize_with = "as_text")]
        then: Task,
    },
    /// Wait until the time is over or the order is woken, and continue.
    Wait {
        /// The longest wait in milliseconds.
        millis: i64,
        /// The order whose wake-up ends the wait.
        on: Option<String>,
        /// Whether the wait ends with the request it is for, as [`Happened::Gone`].
        while_heard: bool,
        /// The task to go on with.
        #[serde(serialize_with = "as_text")]
        then: Task,
    },
    /// Perform these tasks concurrently, and continue when all have finished.
    Together {
        /// The tasks, without a response.
        #[serde(serialize_with = "as_texts")]
        tasks: Vec<Task>,
        /// The task to continue with.
        #[serde(serialize_with = "as_text")]
        then: Task,
    },
    /// Yield to other tasks and continue.
    Again {
        /// The task to continue with.
        #[serde(serialize_with = "as_text")]
        then: Task,
    },
    /// The task is finished, without a response.
    Idle,
}

/// The host stores a task as opaque text.
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

/// A commit under construction.
#[derive(Default)]
struct Writes {
    writes: Vec<Write>,
    wake: Vec<String>,
    alarm: Option<i64>,
    unreadable: Vec<String>,
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

    /// Schedules work for the alarm while it is running; it sets itself again afterwards.
    fn later(&mut self, at: i64, what: &str) {
        self.later_for_time(at, what, 1);
    }

    /// The same, for the alarm to see how often it has come to this. Gives the row's key.
    fn later_for_time(&mut self, at: i64, what: &str, time: u32) -> String {
        let key = format!("due/{}/{what}", rows::sortable(at));
        self.put(key.clone(), &time);
        key
    }

    /// Schedules work for the alarm.
    fn due(&mut self, rows: &Rows, now: Timestamp, at: i64, what: &str) -> Result<(), Stop> {
        self.later(at, what);
        let set: Option<i64> = self.readable(rows.get(ALARM))?.flatten();
        let earliest = self.alarm.map_or(at, |other| other.min(at));
        // The platform has dropped an alarm that is long overdue.
        let late = now.unix_millis().saturating_sub(due::GIVEN_UP_MILLIS);
        if set.is_none_or(|set| set > earliest || set < late) {
            self.alarm = Some(earliest);
        }
        Ok(())
    }

    /// What was read, or `None` for a row that cannot be read, which is logged.
    fn readable<T>(&mut self, read: Result<T, Stop>) -> Result<Option<T>, Stop> {
        match read {
            Ok(value) => Ok(Some(value)),
            Err(Stop::Unreadable(key)) => {
                self.unreadable.push(key);
                Ok(None)
            }
            Err(need @ Stop::Need(_)) => Err(need),
        }
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
            unreadable: self.unreadable,
            next,
        }))
    }
}

/// Performs the next step of a task. `happened` is the outcome of the previous send.
///
/// Each task is a function that is never inlined: a new Worker compiles only what it calls, and the
/// first request needs only one of them.
pub fn step(
    settings: &Settings,
    task: Task,
    happened: Option<Happened>,
    rows: &Rows,
    context: &Context,
) -> Step {
    let stuck = task.stuck();
    let taken = match task {
        Task::Signed(signed) => nonce::check(signed, rows, context),
        Task::Create(create) => create::begin(settings, create, rows, context),
        Task::Ask(ask) => ask::begin(settings, ask, happened.as_ref(), rows, context),
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
        Err(Stop::Unreadable(key)) => {
            let mut writes = Writes::default();
            writes.unreadable.push(key);
            let next = match stuck {
                Stuck::Asked { asker, started } => {
                    let problem = Problem::new(&INTERNAL_ERROR);
                    let reply = asker.problem(&if started {
                        problem.execution_unknown()
                    } else {
                        problem
                    });
                    Next::reply(reply.with_outcome("unreadable-row"))
                }
                Stuck::Hint => due::noted(),
                Stuck::Check(alarm) => Next::Again {
                    then: Task::Alarm(alarm),
                },
                Stuck::Report(posted) => {
                    writes.delete(posted.due);
                    due::set_aside(&mut writes, &format!("report/{}", posted.no), context.now);
                    Next::Idle
                }
                Stuck::Alarm => {
                    // It would not fire again for whatever else is due.
                    writes.alarm =
                        Some(context.now.plus_millis(due::GIVEN_UP_MILLIS).unix_millis());
                    Next::Idle
                }
                Stuck::Nobody => Next::Idle,
            };
            writes.then(next)
        }
    }
}

/// Who goes on, and how, where a task meets a row that cannot be read.
enum Stuck {
    /// Who asked is told; `started` where a verification may have been started.
    Asked { asker: Asker, started: bool },
    /// The callback is answered.
    Hint,
    /// The alarm goes on.
    Check(due::Alarm),
    /// The report is made later.
    Report(webhook::Posted),
    /// The alarm fires again.
    Alarm,
    /// There is nothing to do.
    Nobody,
}

impl Task {
    /// The task in the form that can be repeated after a reset of the ledger's host: it continues
    /// from the stored rows. A start that may have been sent is never sent again.
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
        match self.stuck() {
            Stuck::Asked { asker, .. } => Some(asker),
            _ => None,
        }
    }

    fn stuck(&self) -> Stuck {
        let asked = |asker: &Asker| Stuck::Asked {
            asker: asker.clone(),
            started: false,
        };
        let read = |ask: &Ask| match &ask.asker {
            Some(asker) => asked(asker),
            None => Stuck::Check(ask.alarm),
        };
        match self {
            Self::Signed(signed) => signed.then.stuck(),
            Self::Create(create) => asked(&create.asker),
            Self::Ask(ask) => read(ask),
            Self::List(list) => asked(&list.asker),
            Self::Count(count) => asked(&count.asker),
            Self::Call(call) | Self::Settle(call) => match &call.purpose {
                Purpose::Start { create, .. } => Stuck::Asked {
                    asker: create.asker.clone(),
                    started: matches!(self, Self::Settle(_)),
                },
                Purpose::Ask(ask) => read(ask),
            },
            Self::Hint(_) => Stuck::Hint,
            Self::Alarm(_) => Stuck::Alarm,
            Self::Report(posted) => Stuck::Report(posted.clone()),
            Self::Wake(_) | Self::Reported(_) => Stuck::Nobody,
        }
    }
}

impl Purpose {
    /// The row of the order it is for.
    fn order_key(&self) -> String {
        rows::order_key(match self {
            Self::Start { create, .. } => &create.no,
            Self::Ask(ask) => &ask.no,
        })
    }

    fn action(&self) -> &'static Action {
        match self {
            Self::Start { .. } => &crate::actions::INIT_FACE_VERIFY,
            Self::Ask(_) => &crate::actions::DESCRIBE_FACE_VERIFY,
        }
    }

    /// The request, which passed the same checks when it arrived.
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
        actions::validate(self.action(), parameters, &settings.options.validation(now)).ok()
    }
}

/// Starts a call to Alibaba Cloud after `writes` are committed.
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
        return Err(Stop::Unreadable(call.purpose.order_key()));
    };
    let attempt = call::attempt(
        &settings.options,
        &settings.credentials,
        &request,
        call.state,
        context.now,
        context.nonce(),
    );
    let (share, yields) = match &call.purpose {
        Purpose::Start { .. } => (None, false),
        Purpose::Ask(ask) => (ask.share(), ask.yields()),
    };
    Ok(writes.then(Next::Send {
        action: Some(call.purpose.action().name),
        request: attempt.request,
        timeout_millis: attempt.timeout_millis,
        share,
        yields,
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
    let Call { purpose, mut state } = call;
    let happened = match happened {
        Some(Happened::Shared { outcome, of }) => {
            if let Task::Settle(sent) = *of {
                state = sent.state;
            }
            Some(Happened::Outcome(outcome))
        }
        happened => happened,
    };
    // Alibaba Cloud's clock, since the gateway's may be wrong for a while. An answer without a date is
    // judged by what this call has learned of the difference.
    let mut upstream_now = context.now.plus_millis(state.clock_offset_millis);
    let ended = match happened {
        Some(Happened::Outcome(outcome)) => {
            if let call::Outcome::Answered(response) = &outcome {
                upstream_now = call::server_time(&response.headers).unwrap_or(upstream_now);
            }
            let request = || purpose.request(settings, context.now);
            // The nonce is random, and those who share an attempt share what follows.
            let jitter = state.nonce.get(..8).unwrap_or_default();
            let jitter = u32::from_str_radix(jitter, 16).unwrap_or_default();
            match call::settle(
                &settings.options,
                &settings.credentials,
                purpose.action(),
                &request,
                state,
                outcome,
                false,
                context.now,
                jitter,
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
                        while_heard: false,
                        then: Task::Call(Call { purpose, state }),
                    }));
                }
            }
        }
        Some(Happened::Crowded) => Ended::Crowded,
        Some(Happened::Shared { .. } | Happened::Gone) | None => {
            return Err(Stop::Unreadable(purpose.order_key()));
        }
    };
    match purpose {
        Purpose::Start { create, flight } => create::settle(
            settings,
            create,
            &flight,
            ended,
            upstream_now,
            rows,
            context,
        ),
        Purpose::Ask(ask) => ask::settle(settings, ask, ended, upstream_now, rows, context),
    }
}

/// The result of a call to Alibaba Cloud.
enum Ended {
    Answered(crate::client::response::Answer),
    Failed(crate::error::Error),
    Crowded,
}
