//! The gateway's own state: health, settings, descriptions.

use crate::gateway::arrival::{Handled, HostAction, RequestContext};
use crate::gateway::callers::{Access, Scope};
use crate::gateway::ledger::task::{Probe, Task};
use crate::gateway::problem::{Problem, ProblemKind};
use crate::gateway::reply::Reply;
use crate::gateway::rest::Health;
use crate::gateway::settings::{Mode, Settings};
use crate::signing::SignatureVersion;
use crate::vendor::endpoint::Endpoint;
use serde::Serialize;

/// Reports that the process is alive.
pub(in crate::gateway) fn alive() -> Reply {
    Reply::json(200, &Health { status: "ok" })
}

/// Reports that all settings are valid.
pub(in crate::gateway) fn ready() -> Reply {
    Reply::json(200, &Health { status: "ready" })
}

/// Asks Alibaba Cloud whether it accepts the gateway's key and scene.
pub(in crate::gateway) fn vendor(context: &RequestContext<'_>, access: Access<'_>) -> Handled {
    access.require(Scope::Read)?;
    Ok(HostAction::ledger(&Task::Probe(Probe {
        reply_to: context.reply_to(access.caller),
        certify_id: String::new(),
    })))
}

/// The OpenAPI description of the routes, one of the host's files.
pub(in crate::gateway) fn description() -> HostAction {
    HostAction::File {
        name: "openapi.json",
        reply: Reply::text(200, "application/json", String::new()),
    }
}

/// The data that the console needs before authentication; none of it is secret.
pub(in crate::gateway) fn console(settings: &Settings) -> Reply {
    let sandbox = settings.options.endpoints.first();
    // The sandbox's URL, for the console's simulated phone. A team's sandbox has its own phone, and its
    // URL is for those who have a token.
    let sandbox = sandbox
        .filter(|_| settings.mode == Mode::Development)
        .map(Endpoint::origin);
    let surroundings = Surroundings {
        mode: settings.mode,
        sandbox,
        signature_version: settings.options.version,
    };
    Reply::json(200, &surroundings)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Surroundings {
    mode: Mode,
    sandbox: Option<String>,
    signature_version: SignatureVersion,
}

/// The page to which a problem's `type` links.
pub(in crate::gateway) fn problem(code: &str) -> Handled {
    ProblemKind::ALL
        .iter()
        .find(|kind| kind.code() == code)
        .map(|kind| Reply::json(200, kind.description()).into())
        .ok_or_else(|| Problem::new(ProblemKind::NotFound))
}
