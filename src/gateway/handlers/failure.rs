//! The response if the host itself failed.

use crate::gateway::problem::{Problem, ProblemKind};
use crate::gateway::reply::{Language, Reply};
use crate::gateway::reply_target::RpcReplyFormat;
use crate::gateway::routes::Route;
use crate::gateway::rpc_request::is_rpc;
use crate::http::IncomingRequest;

/// A failure of the host.
#[derive(Clone, Copy, Debug)]
pub enum HostFailure {
    /// An exception.
    Internal,
    /// The static file does not exist.
    NoPage,
    /// The rate limit binding rejected the request.
    RateLimited,
    /// The body did not arrive in time.
    SlowBody,
    /// The database is unreachable.
    Unavailable,
}

impl HostFailure {
    /// Parses the host's name for a failure.
    pub fn read(word: &str) -> Self {
        match word {
            "no-page" => Self::NoPage,
            "rate-limited" => Self::RateLimited,
            "slow-body" => Self::SlowBody,
            "unavailable" => Self::Unavailable,
            _ => Self::Internal,
        }
    }
}

/// The response to a failure of the host.
pub fn failure(what: HostFailure, request: &IncomingRequest, request_id: &str) -> Reply {
    let problem = match what {
        HostFailure::Internal
            if request.method == "POST" && Route::of(&request.path) == Some(Route::Orders) =>
        {
            Problem::new(ProblemKind::InternalError).execution_unknown()
        }
        HostFailure::Internal => Problem::new(ProblemKind::InternalError),
        HostFailure::NoPage => Problem::new(ProblemKind::NotFound),
        HostFailure::RateLimited => Problem::new(ProblemKind::RateLimited).retry_after(10),
        HostFailure::SlowBody => Problem::new(ProblemKind::RequestTimeout),
        HostFailure::Unavailable => Problem::new(ProblemKind::Unavailable).retry_after(5),
    };
    if is_rpc(request) {
        RpcReplyFormat::of(request).problem(&problem, request_id)
    } else {
        problem.reply(Language::accepted(&request.headers), request_id)
    }
}
