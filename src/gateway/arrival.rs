//! A request on its way through the gateway, and the host's next step for it.

use super::callers::{Access, Caller};
use super::ledger::task::Task;
use super::problem::{Problem, ProblemKind};
use super::reply::{Language, Reply};
use super::reply_target::{Protocol, ReplyTarget};
use crate::http::{Headers, IncomingRequest, header};
use crate::json::write::to_json;
use crate::timestamp::Timestamp;
use serde::Serialize;

/// Time limit for reading a body, whose sender may be slow.
const BODY_MILLIS: i64 = 30_000;

/// A request from the host.
pub struct Arrival {
    /// The request; its body is empty until it has been read.
    pub request: IncomingRequest,
    /// Whether the body has been read.
    pub body_read: bool,
    /// The requested host and port.
    pub host: String,
    /// A new ID for the request; used unless the request brings its own.
    pub fresh_id: String,
}
redacted_debug!(Arrival);

/// The routing result of a request.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Routed {
    /// The request's id, for the response and the log.
    pub request_id: String,
    /// Name of the route, for the log.
    pub route: &'static str,
    /// The caller's id, for the log.
    pub caller: Option<String>,
    /// Which of the caller's tokens or key pairs was presented, for the log.
    pub key: Option<String>,
    /// Headers to add to the response, whatever its source.
    pub headers: Headers,
    /// What to do.
    pub then: HostAction,
}

/// The next step of the host.
#[derive(Serialize)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum HostAction {
    /// Read at most `limit` + 1 bytes of the body, then pass the request again.
    ReadBody {
        /// Bytes.
        limit: usize,
        /// Time limit in milliseconds.
        millis: i64,
    },
    /// Send a response.
    Reply {
        /// The response.
        reply: Reply,
    },
    /// Respond with one of the host's files as the body.
    File {
        /// Its name.
        name: &'static str,
        /// The response without its body.
        reply: Reply,
    },
    /// Serve a static file.
    Assets,
    /// Pass this task to the caller's ledger.
    Ledger {
        /// The task as text that is opaque to the host.
        task: String,
        /// The task to pass instead if the ledger's host was reset and nothing else failed.
        after_reset: String,
    },
}
redacted_debug!(HostAction);

impl HostAction {
    /// Passes a task to the caller's ledger.
    pub(super) fn ledger(task: &Task) -> Self {
        Self::Ledger {
            task: to_json(task),
            after_reset: to_json(&task.after_reset()),
        }
    }
}

impl From<Reply> for HostAction {
    fn from(reply: Reply) -> Self {
        Self::Reply { reply }
    }
}

/// The result of a handler.
pub(super) type Handled = Result<HostAction, Problem>;

/// What handlers need to know about a request.
pub(super) struct RequestContext<'a> {
    /// The request as it arrived.
    pub(super) arrival: &'a Arrival,
    /// The current time.
    pub(super) now: Timestamp,
    /// The language of problems.
    pub(super) language: Language,
    /// The request's id.
    pub(super) request_id: String,
    /// The caller's id, once it is known.
    pub(super) caller: Option<String>,
    /// The name of the token or key pair, once it is known.
    pub(super) key: Option<String>,
}

impl<'a> RequestContext<'a> {
    pub(super) fn new(arrival: &'a Arrival, now: Timestamp) -> Self {
        let headers = &arrival.request.headers;
        Self {
            arrival,
            now,
            language: Language::accepted(headers),
            request_id: header(headers, "x-request-id")
                .filter(|id| is_request_id(id))
                .map_or_else(|| arrival.fresh_id.clone(), str::to_owned),
            caller: None,
            key: None,
        }
    }

    /// Notes the caller, for the log.
    pub(super) fn authenticated(&mut self, access: &Access<'_>) {
        self.caller = Some(access.caller.id.clone());
        self.key = Some(access.key.name());
    }

    /// The value of a header.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        header(&self.arrival.request.headers, name)
    }

    pub(super) fn reply_to(&self, caller: &Caller) -> ReplyTarget {
        ReplyTarget {
            caller: caller.id.clone(),
            request_id: self.request_id.clone(),
            protocol: Protocol::Rest {
                language: self.language,
            },
        }
    }

    /// What to do about a body of at most `limit` bytes: nothing, read it, or reject it.
    pub(super) fn body(&self, limit: usize) -> Result<Option<HostAction>, Problem> {
        let request = &self.arrival.request;
        let declared = header(&request.headers, "content-length")
            .and_then(|length| length.trim().parse::<u64>().ok())
            .unwrap_or(0);
        let read = u64::try_from(request.body.len()).unwrap_or(u64::MAX);
        if declared.max(read) > u64::try_from(limit).unwrap_or(u64::MAX) {
            return Err(Problem::new(ProblemKind::BodyTooLarge));
        }
        Ok((!self.arrival.body_read).then_some(HostAction::ReadBody {
            limit,
            millis: BODY_MILLIS,
        }))
    }
}

/// Whether the ID is a UUID or 32 hexadecimal digits. The ID is logged, so it must not have the
/// form of a name or an identity number.
fn is_request_id(id: &str) -> bool {
    let groups: Vec<usize> = id.split('-').map(str::len).collect();
    let hexadecimal = id
        .bytes()
        .all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    hexadecimal && (groups == [8, 4, 4, 4, 12] || groups == [32])
}
