//! Alibaba Cloud's callback, which only triggers a query for the verdict.

use crate::gateway::arrival::{Handled, Incoming, Then};
use crate::gateway::callback_address;
use crate::gateway::ledger::task::{Hint, Task};
use crate::gateway::problem::{Problem, ProblemKind};
use crate::gateway::settings::Settings;

/// Handles a callback: a user has finished. Its URL is a secret of the order.
pub(in crate::gateway) fn take(
    incoming: &mut Incoming<'_>,
    settings: &Settings,
    caller: &str,
    no: &str,
    proof: &str,
) -> Handled {
    if !callback_address::is_genuine(settings, caller, no, proof) {
        return Err(Problem::new(ProblemKind::NotFound));
    }
    incoming.caller = Some(caller.to_owned());
    Ok(Then::ledger(&Task::Hint(Hint { no: no.to_owned() })))
}
