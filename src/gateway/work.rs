//! A ledger's steps as the host performs them: the ledger decides, and its results are rendered in the
//! protocol of the request.

use super::asker::Front;
use super::ledger;
use super::ledger::answer::Answered;
use super::ledger::commit::{Context, SendOutcome, Step};
use super::ledger::rows::Rows;
use super::ledger::task::Task;
use super::reply::Reply;
use super::rest;
use super::rpc_front;
use super::settings::Settings;

/// Performs the next step of a task. `send_outcome` is the outcome of the previous send, if any.
pub fn step(
    settings: &Settings,
    task: Task,
    send_outcome: Option<SendOutcome>,
    rows: &Rows,
    context: &Context,
) -> Step<Reply> {
    ledger::step(settings, task, send_outcome, rows, context)
        .map(|answered| reply(settings, &answered))
}

fn reply(settings: &Settings, answered: &Answered) -> Reply {
    let Answered {
        asker,
        answer,
        outcome,
    } = answered;
    let reply = match asker {
        None => rest::noted(),
        Some(asker) => match &asker.front {
            Front::Rest { language } => rest::reply(settings, *language, &asker.request_id, answer),
            Front::Rpc(form) => rpc_front::reply(settings, form, &asker.request_id, answer),
        },
    };
    match outcome {
        Some(outcome) => reply.with_outcome(outcome),
        None => reply,
    }
}
