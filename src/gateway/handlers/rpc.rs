//! Alibaba Cloud's own protocol.

use crate::error::FieldError;
use crate::gateway::arrival::{HostAction, RequestContext};
use crate::gateway::problem::{Problem, ProblemKind};
use crate::gateway::reply_target::RpcReplyFormat;
use crate::gateway::settings::Settings;

/// Alibaba Cloud's RPC protocol, with responses in its envelope.
pub(in crate::gateway) fn rpc(
    context: &mut RequestContext<'_>,
    settings: &Result<Settings, Vec<FieldError>>,
) -> HostAction {
    let request = &context.arrival.request;
    let mut format = RpcReplyFormat::of(request);
    let id = context.request_id.clone();
    let problem =
        |format: &RpcReplyFormat, problem: &Problem| HostAction::from(format.problem(problem, &id));
    let Ok(settings) = settings else {
        return problem(&format, &Problem::new(ProblemKind::NotConfigured));
    };
    if !settings.serves(&context.arrival.host) {
        return problem(&format, &Problem::new(ProblemKind::DevelopmentOnly));
    }
    match context.body() {
        Err(too_large) => return problem(&format, &too_large),
        Ok(Some(read)) => return read,
        Ok(None) => {}
    }
    let signature = match format.verify(settings, context.arrival, context.now) {
        Ok(signature) => signature,
        Err(refusal) => return format.refusal(&refusal, &id).into(),
    };
    context.authenticated(&signature.access);
    match format.task(
        settings,
        &signature,
        &id,
        &context.arrival.fresh_id,
        context.now,
    ) {
        Ok(task) => HostAction::ledger(&task),
        Err(refused) => problem(&format, &refused),
    }
}
