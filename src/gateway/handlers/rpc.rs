//! Alibaba Cloud's own protocol.

use crate::gateway::arrival::{HostAction, RequestContext};
use crate::gateway::problem::Problem;
use crate::gateway::reply_target::{Protocol, ReplyTarget, RpcReplyFormat};
use crate::gateway::rpc_request;
use crate::gateway::settings::Settings;

/// Alibaba Cloud's RPC protocol, with responses in its envelope.
pub(in crate::gateway) fn rpc(
    context: &mut RequestContext<'_>,
    settings: Result<&Settings, Problem>,
) -> HostAction {
    let request = &context.arrival.request;
    let mut format = RpcReplyFormat::of(request);
    let id = context.request_id.clone();
    let problem =
        |format: &RpcReplyFormat, problem: &Problem| HostAction::from(format.problem(problem, &id));
    let settings = match settings {
        Ok(settings) => settings,
        Err(not_serving) => return problem(&format, &not_serving),
    };
    match context.body(rpc_request::max_body(settings)) {
        Err(too_large) => return problem(&format, &too_large),
        Ok(Some(read)) => return read,
        Ok(None) => {}
    }
    let signature = match rpc_request::verify(settings, context.arrival, context.now) {
        Ok(signature) => signature,
        Err(refusal) => return format.refusal(&refusal, &id).into(),
    };
    context.authenticated(&signature.access);
    signature.claim.action.name.clone_into(&mut format.action);
    let reply_to = ReplyTarget {
        caller: signature.access.caller.id.clone(),
        request_id: id.clone(),
        protocol: Protocol::Rpc(format.clone()),
    };
    let arrival_id = &context.arrival.fresh_id;
    match rpc_request::task(settings, &signature, reply_to, arrival_id, context.now) {
        Ok(task) => HostAction::ledger(&task),
        Err(refused) => problem(&format, &refused),
    }
}
