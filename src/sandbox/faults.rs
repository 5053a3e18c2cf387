//! Fault injection: failures of networks, proxies and Alibaba Cloud.

use super::session::{FAULTS, Session, Stop};
use super::{Delivery, Load, Manner};
use crate::actions;
use crate::http::{IncomingRequest, Response};
use crate::json::read::{items, string};
use crate::json::write::Object;
use crate::rpc_server::{errors, injected};
use crate::text::Text;
use crate::vendor::codes;
use serde::{Deserialize, Serialize};

/// Maximum delay of a response, in milliseconds.
const MAX_DELAY_MILLIS: u32 = 10 * 60 * 1_000;
/// Maximum number of pending faults.
const MAX_FAULTS: usize = 100;

/// A pending fault.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Fault {
    kind: FaultKind,
    /// The action to which it applies; if not set, it applies to both actions and to requests
    /// without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<String>,
    /// The number of requests to which it applies.
    #[serde(default = "one")]
    count: u32,
    /// The number of requests to let through first.
    #[serde(default)]
    skip: u32,
    /// The delay in milliseconds, for `latency`.
    #[serde(skip_serializing_if = "Option::is_none")]
    millis: Option<u32>,
    /// The code of the API gateway or the service, for `error`.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// Whether the request is executed anyway, for the kinds that replace or withhold the response.
    #[serde(default)]
    executed: bool,
}

const fn one() -> u32 {
    1
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum FaultKind {
    /// The correct response, delayed.
    Latency,
    /// No response.
    Hang,
    /// Reset the connection.
    Reset,
    /// An error of Alibaba Cloud.
    Error,
    /// A proxy's page with status 502.
    Html,
    /// Status 200 without a body.
    Empty,
    /// Half of the correct response.
    Truncated,
    /// Bytes that are not UTF-8.
    NotUtf8,
    /// The correct response with Code as a number.
    NumericCode,
}

impl Fault {
    /// What is wrong with the fault's definition.
    pub(super) fn problem(&self) -> Option<Text> {
        let action = match self.action.as_deref().map(actions::by_name) {
            Some(None) => {
                return Some(Text::new(
                    "action 应为 InitFaceVerify 或 DescribeFaceVerify，或不填。",
                    "action must be InitFaceVerify, DescribeFaceVerify or absent.",
                ));
            }
            Some(Some(action)) => Some(action),
            None => None,
        };
        if self.count == 0 {
            return Some(Text::new("count 至少为 1。", "count must be at least 1."));
        }
        if self.kind == FaultKind::Latency
            && self.millis.is_none_or(|millis| millis > MAX_DELAY_MILLIS)
        {
            return Some(Text::new(
                "latency 须给出 millis，最多 600000。",
                "latency requires millis, at most 600000.",
            ));
        }
        if self.kind == FaultKind::Error {
            let code = self.code.as_deref().unwrap_or_default();
            let service_code = codes::code(code).filter(|known| known.code != "200");
            let known = errors::by_code(code).is_some()
                || service_code
                    .is_some_and(|known| action.is_some_and(|action| action.kind.returns(known)));
            if !known {
                return Some(Text::new(
                    "error 须给出 code：阿里云的公共错误码（如 Throttling.User），或业务 Code（如 500，此时须同时给出支持它的 action）。",
                    "error requires code: one of the API gateway (such as Throttling.User) or a Code of the service (such as 500, with an action that returns it).",
                ));
            }
        }
        None
    }

    /// Whether the request is executed.
    pub(super) const fn executes(&self) -> bool {
        self.executed
            || matches!(
                self.kind,
                FaultKind::Latency | FaultKind::Truncated | FaultKind::NumericCode
            )
    }

    /// The error to return instead of the request's response, whether or not the request is executed.
    pub(super) fn instead(&self, request: &IncomingRequest) -> Option<Stop> {
        const NOTE: &str = "an injected fault";
        match self.kind {
            FaultKind::Error => {
                let code = self.code.as_deref().unwrap_or_default();
                let action = self.action.as_deref().and_then(actions::by_name);
                let service_code = action.zip(codes::code(code));
                Some(match (errors::by_code(code), service_code) {
                    (None, Some((action, known))) => Stop::Code {
                        action,
                        code: known.code,
                        note: NOTE.to_owned(),
                    },
                    (error, _) => {
                        injected(error.unwrap_or(errors::INTERNAL_ERROR), request, NOTE).into()
                    }
                })
            }
            _ if self.executes() => None,
            _ => Some(errors::SERVICE_UNAVAILABLE.because(NOTE).into()),
        }
    }

    /// Modifies the response.
    pub(super) fn apply(&self, mut response: Response) -> (Response, Delivery) {
        let mut delivery = Delivery::default();
        match self.kind {
            FaultKind::Latency => delivery.delay_millis = self.millis.unwrap_or_default(),
            FaultKind::Hang => delivery.manner = Manner::Hang,
            FaultKind::Reset => delivery.manner = Manner::Reset,
            FaultKind::Error => {}
            FaultKind::Html => {
                response.status = 502;
                set_content_type(&mut response, "text/html");
                response.body =
                    b"<html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>"
                        .to_vec();
            }
            FaultKind::Empty => {
                response.status = 200;
                response.body.clear();
            }
            FaultKind::Truncated => response.body.truncate(response.body.len() / 2),
            FaultKind::NotUtf8 => {
                response.status = 200;
                response.body = b"{\"Code\":\"200\",\"Message\":\"\xFF\xFE\"}".to_vec();
            }
            FaultKind::NumericCode => numeric_code(&mut response),
        }
        (response, delivery)
    }
}

fn set_content_type(response: &mut Response, value: &str) {
    for (name, old) in &mut response.headers {
        if name == "content-type" {
            value.clone_into(old);
        }
    }
}

fn numeric_code(response: &mut Response) {
    let body = std::str::from_utf8(&response.body).unwrap_or_default();
    let mut envelope = Object::new();
    for (name, member) in items(body).unwrap_or_default() {
        let number =
            string(member).filter(|code| name == "\"Code\"" && code.parse::<u16>().is_ok());
        envelope.put_quoted(name, number.as_deref().unwrap_or(member));
    }
    if !envelope.is_empty() {
        response.body = envelope.text().into_bytes();
    }
}

/// All pending faults, in order of creation.
pub(super) fn waiting(session: &Session<'_>) -> Result<Vec<Fault>, Load> {
    Ok(session.row(FAULTS)?.unwrap_or_default())
}

/// Adds a fault; returns an error if its definition is invalid.
pub(super) fn add(session: &mut Session<'_>, fault: Fault) -> Result<Option<Text>, Load> {
    if let Some(problem) = fault.problem() {
        return Ok(Some(problem));
    }
    let mut faults = waiting(session)?;
    if faults.len() >= MAX_FAULTS {
        return Ok(Some(Text::new(
            "等待中的故障已满 100 个，请先 DELETE /_sandbox/faults。",
            "there are already 100 pending faults; DELETE /_sandbox/faults first.",
        )));
    }
    faults.push(fault);
    session.put(FAULTS, &faults, None);
    Ok(None)
}

/// Drops every fault.
pub(super) fn remove_all(session: &mut Session<'_>) {
    session.put(FAULTS, &Vec::<Fault>::new(), None);
}

/// Takes the first fault that applies to a request for this action, if any.
pub(super) fn take(session: &mut Session<'_>, action: Option<&str>) -> Result<Option<Fault>, Load> {
    let mut faults = waiting(session)?;
    let mut hit = None;
    let mut touched = false;
    for fault in &mut faults {
        if fault.action.is_some() && fault.action.as_deref() != action {
            continue;
        }
        touched = true;
        if fault.skip > 0 {
            fault.skip = fault.skip.saturating_sub(1);
            continue;
        }
        fault.count = fault.count.saturating_sub(1);
        hit = Some(fault.clone());
        break;
    }
    if touched {
        faults.retain(|fault| fault.count > 0);
        session.put(FAULTS, &faults, None);
    }
    Ok(hit)
}
