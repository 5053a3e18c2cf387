//! A ledger's steps as the host performs them: the ledger decides, and its results are rendered in the
//! protocol of the request.

use super::ledger;
use super::ledger::answer::Answered;
use super::ledger::commit::{Context, LedgerStep, SendOutcome};
use super::ledger::rows::Rows;
use super::ledger::task::Task;
use super::reply::Reply;
use super::reply_target::Protocol;
use super::rest;
use super::rpc_reply;
use super::settings::Settings;

/// Performs the next step of a task. `send_outcome` is the outcome of the previous send, if any.
pub fn step(
    settings: &Settings,
    task: Task,
    send_outcome: Option<SendOutcome>,
    rows: &Rows,
    context: &Context,
) -> LedgerStep<Reply> {
    ledger::step(settings, task, send_outcome, rows, context)
        .map(|answered| reply(settings, &answered))
}

fn reply(settings: &Settings, answered: &Answered) -> Reply {
    let Answered::To {
        reply_to,
        result,
        outcome,
    } = answered
    else {
        return rest::noted();
    };
    let reply = match &reply_to.protocol {
        Protocol::Rest { language } => rest::reply(settings, *language, reply_to, result),
        Protocol::Rpc(format) => rpc_reply::reply(settings, format, &reply_to.request_id, result),
    };
    match outcome {
        Some(outcome) => reply.with_outcome(outcome),
        None => reply,
    }
}
