//! A ledger's steps as the host performs them: the ledger decides, and its results are rendered in the
//! protocol of the request.

use super::ledger;
use super::ledger::answer::{Answered, TaskResult};
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
    let mut reply = match &reply_to.protocol {
        Protocol::Rest { language } => rest::reply(settings, *language, reply_to, result),
        Protocol::Rpc(format) => rpc_reply::reply(settings, format, &reply_to.request_id, result),
    };
    let (vendor_code, vendor_request_id) = vendor_response(result);
    reply.vendor_code = vendor_code.map(str::to_owned);
    reply.vendor_request_id = vendor_request_id.map(str::to_owned);
    match outcome {
        Some(outcome) => reply.with_outcome(outcome),
        None => reply,
    }
}

/// Code and RequestId of the call to Alibaba Cloud that the result is about.
fn vendor_response(result: &TaskResult) -> (Option<&str>, Option<&str>) {
    match result {
        TaskResult::Problem(problem) => (problem.vendor_code(), problem.vendor_request_id()),
        TaskResult::Finding(finding) => (
            finding.vendor_code.as_deref(),
            finding.vendor_request_id.as_deref(),
        ),
        _ => (None, None),
    }
}
