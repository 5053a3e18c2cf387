//! Alibaba Cloud's own protocol.

use crate::error::FieldError;
use crate::gateway::arrival::{Incoming, Then};
use crate::gateway::asker::RpcForm;
use crate::gateway::problem::{Problem, ProblemKind};
use crate::gateway::settings::Settings;

/// Alibaba Cloud's RPC protocol, with responses in its envelope.
pub(in crate::gateway) fn rpc(
    incoming: &mut Incoming<'_>,
    settings: &Result<Settings, Vec<FieldError>>,
) -> Then {
    let request = &incoming.arrival.request;
    let mut front = RpcForm::of(request);
    let id = incoming.request_id.clone();
    let problem = |front: &RpcForm, problem: &Problem| Then::from(front.problem(problem, &id));
    let Ok(settings) = settings else {
        return problem(&front, &Problem::new(ProblemKind::NotConfigured));
    };
    if !settings.serves(&incoming.arrival.host) {
        return problem(&front, &Problem::new(ProblemKind::DevelopmentOnly));
    }
    match incoming.body() {
        Err(too_large) => return problem(&front, &too_large),
        Ok(Some(read)) => return read,
        Ok(None) => {}
    }
    let signature = match front.verify(settings, request, incoming.now) {
        Ok(signature) => signature,
        Err(refusal) => return front.refusal(&refusal, &id).into(),
    };
    incoming.caller = Some(signature.access.caller.id.clone());
    match front.task(
        settings,
        &signature,
        &id,
        &incoming.arrival.fresh_id,
        incoming.now,
    ) {
        Ok(task) => Then::ledger(&task),
        Err(refused) => problem(&front, &refused),
    }
}
