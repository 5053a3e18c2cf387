//! Alibaba Cloud's callback, which only triggers a query for the verdict.

use crate::gateway::arrival::{Handled, HostAction, RequestContext};
use crate::gateway::callback_address;
use crate::gateway::ledger::task::{Callback, Task};
use crate::gateway::problem::{Problem, ProblemKind};
use crate::gateway::settings::Settings;

/// Handles a callback: a user has finished. Its URL is a secret of the order.
pub(in crate::gateway) fn handle(
    context: &mut RequestContext<'_>,
    settings: &Settings,
    caller: &str,
    no: &str,
    proof: &str,
) -> Handled {
    if !callback_address::is_genuine(settings, caller, no, proof) {
        return Err(Problem::new(ProblemKind::NotFound));
    }
    context.caller = Some(caller.to_owned());
    Ok(HostAction::ledger(&Task::Callback(Callback {
        no: no.to_owned(),
    })))
}
