//! One caller's ledger: at most one CertifyId per order, verdicts written once, no personal data.
//!
//! A task consists of steps. A step that needs a row returns a request to load it; the host loads
//! the row and repeats the step until it returns a `Commit`, which contains the writes and the next
//! step. The host loads, repeats and writes without interleaving anything else, and then performs
//! the next step. Other tasks can therefore run between two commits, but never within one.
//!
//! The ledger marks an order as being started before it calls Alibaba Cloud. If the host fails
//! after that, the row remains, and nothing starts the order again unless a request asks for it.

mod alarm_work;
pub mod answer;
pub mod commit;
mod create;
mod due;
mod endpoints;
pub mod finding;
mod list;
mod nonce;
pub mod order;
mod probe;
mod read;
mod retention;
pub mod rows;
pub mod task;
mod upstream;
pub mod webhook;

use super::problem::{Problem, ProblemKind};
use super::reply_target::ReplyTarget;
use super::settings::Settings;
use crate::client::response::{decode_describe, decode_init};
use alarm_work::Work;
use answer::Answered;
use commit::{Context, GIVEN_UP_MILLIS, LedgerStep, Next, SendOutcome, Writes};
use rows::{Interrupt, Rows};
use task::{Alarm, Delivery, Purpose, Task, UpstreamCall};

/// Performs the next step of a task. `send_outcome` is the outcome of the previous send.
///
/// `scripts/build.mjs` keeps the function of each task out of line: a new instance compiles only the
/// functions that it calls, and the first request needs only one of them.
pub fn step(
    settings: &Settings,
    task: Task,
    send_outcome: Option<SendOutcome>,
    rows: &Rows,
    context: &Context,
) -> LedgerStep {
    let on_failure = OnFailure::of(&task);
    let taken = match task {
        Task::Signed(signed) => nonce::check(signed, rows, context),
        Task::Create(create) => create::begin(settings, create, rows, context),
        Task::Read(read) => read::begin(settings, read, send_outcome.as_ref(), rows, context),
        Task::List(list) => list::page(list, rows, context),
        Task::Count(count) => list::count(count, rows, context),
        Task::Probe(probe) => probe::begin(settings, probe, rows, context),
        Task::Call(call) => attempt(settings, call, rows, context),
        Task::Settle(call) => settle(settings, call, send_outcome, rows, context),
        Task::Callback(callback) => due::callback(&callback, rows, context),
        Task::CompareAlarm(compare) => due::compare_alarm(settings, compare, rows, context),
        Task::Deliver(delivery) => webhook::send(settings, delivery, rows, context),
        Task::Delivered(delivery) => webhook::settle(&delivery, send_outcome, rows, context),
        Task::Alarm(alarm) => due::work(settings, alarm, rows, context),
    };
    let mut writes = Writes::default();
    let outcome = match taken {
        Ok(step) => return step,
        Err(Interrupt::Missing(load)) => return LedgerStep::Load(load),
        Err(Interrupt::Unreadable(key)) => {
            writes.unreadable.push(key);
            "unreadable-row"
        }
        Err(Interrupt::Internal(reason)) => {
            writes.failure = Some(reason);
            ProblemKind::InternalError.code()
        }
    };
    on_failure.end(outcome, writes, context)
}

/// How a task ends at an unreadable row or an internal error.
enum OnFailure {
    /// The request fails; `started` states whether a verification may have been started.
    Respond {
        reply_to: ReplyTarget,
        started: bool,
    },
    /// The callback receives its response.
    RespondToCallback,
    /// The alarm continues.
    ContinueAlarm(Alarm),
    /// The delivery is postponed.
    PostponeDelivery(Delivery),
    /// The alarm fires again.
    RepeatAlarm,
    /// Nothing remains to be done.
    End,
}

impl OnFailure {
    /// Ends the task. `outcome` is the name of the failure in the log.
    fn end(self, outcome: &'static str, mut writes: Writes, context: &Context) -> LedgerStep {
        let next = match self {
            Self::Respond { reply_to, started } => {
                let problem = Problem::new(ProblemKind::InternalError);
                let problem = if started {
                    problem.execution_unknown()
                } else {
                    problem
                };
                Answered::to(&reply_to, problem).logged_as(outcome).into()
            }
            Self::RespondToCallback => Answered::Callback.into(),
            Self::ContinueAlarm(alarm) => Next::Again {
                then: Task::Alarm(alarm),
            },
            Self::PostponeDelivery(delivery) => {
                writes.delete(delivery.due);
                let work = Work::Deliver(&delivery.no);
                due::set_aside(&mut writes, work, delivery.attempt, context.now);
                Next::Idle
            }
            Self::RepeatAlarm => {
                // Otherwise the alarm would not fire again for the other due rows.
                writes.alarm = Some(context.now.plus_millis(GIVEN_UP_MILLIS).unix_millis());
                Next::Idle
            }
            Self::End => Next::Idle,
        };
        writes.then(next)
    }

    fn of(task: &Task) -> Self {
        if let Some(reply_to) = task.reply_to() {
            let started = match task {
                Task::Settle(call) => matches!(call.purpose, Purpose::Start { .. }),
                _ => false,
            };
            return Self::Respond {
                reply_to: reply_to.clone(),
                started,
            };
        }
        match task {
            Task::Callback(_) => Self::RespondToCallback,
            Task::Alarm(_) => Self::RepeatAlarm,
            Task::Deliver(delivery) => Self::PostponeDelivery(delivery.clone()),
            Task::Read(read) => Self::ContinueAlarm(read.alarm),
            Task::Call(call) | Task::Settle(call) => match &call.purpose {
                Purpose::Read(read) => Self::ContinueAlarm(read.alarm),
                Purpose::Start { .. } | Purpose::Probe(_) => Self::End,
            },
            _ => Self::End,
        }
    }
}

fn attempt(
    settings: &Settings,
    call: UpstreamCall,
    rows: &Rows,
    context: &Context,
) -> Result<LedgerStep, Interrupt> {
    if let Purpose::Start { create, call_id } = &call.purpose
        && create::order_awaiting_call(create, call_id, rows)?.is_none()
    {
        return Ok(create::too_late(create));
    }
    upstream::send(settings, call, Writes::default(), context)
}

fn settle(
    settings: &Settings,
    call: UpstreamCall,
    send_outcome: Option<SendOutcome>,
    rows: &Rows,
    context: &Context,
) -> Result<LedgerStep, Interrupt> {
    match &call.purpose {
        Purpose::Start { create, call_id } => upstream::settle(
            settings,
            &call,
            send_outcome,
            rows,
            context,
            |response, _| decode_init(response),
            |ended, place| create::settle(settings, create, call_id, ended, place, rows, context),
        ),
        Purpose::Read(read) => upstream::settle(
            settings,
            &call,
            send_outcome,
            rows,
            context,
            decode_describe,
            |ended, place| read::settle(settings, read, ended, &place, rows, context),
        ),
        Purpose::Probe(probe) => upstream::settle(
            settings,
            &call,
            send_outcome,
            rows,
            context,
            decode_describe,
            |ended, _| Ok(probe::settle(probe, ended, context)),
        ),
    }
}
