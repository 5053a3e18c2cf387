//! Fault injection: failures of networks, proxies and Alibaba Cloud.

use super::session::{FAULTS, Session, Stop};
use super::verification::Verification;
use super::{Config, Delivery, Load, Manner};
use crate::actions::{self, INIT_FACE_VERIFY};
use crate::http::{IncomingRequest, Response};
use crate::json::read::{items, string};
use crate::json::write::Object;
use crate::rpc_server::envelope::Format;
use crate::rpc_server::{errors, injected, request};
use crate::text::Text;
use crate::vendor::codes;
use crate::vendor::values::is_outer_order_no;
use serde::{Deserialize, Serialize};

/// Maximum delay of a response, in milliseconds.
const MAX_DELAY_MILLIS: u32 = 10 * 60 * 1_000;
/// Maximum number of pending faults.
const MAX_FAULTS: usize = 100;
/// Maximum length of a body in bytes, and of the bodies of all pending faults, which are one row.
const MAX_FAULT_BODY: usize = 65_536;
const MAX_FAULT_BODIES: usize = 4 * MAX_FAULT_BODY;

/// A pending fault.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Fault {
    kind: FaultKind,
    /// The action to which it applies; if not set, it applies to all.
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<String>,
    /// The order to whose start and queries it applies; if not set, it applies to all.
    #[serde(skip_serializing_if = "Option::is_none")]
    outer_order_no: Option<String>,
    /// The AccessKeyId to whose requests it applies; if not set, it applies to all.
    #[serde(skip_serializing_if = "Option::is_none")]
    access_key_id: Option<String>,
    /// The number of requests to which it applies.
    #[serde(default = "one")]
    count: u32,
    /// The number of requests to let through first.
    #[serde(default)]
    skip: u32,
    /// The delay in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    millis: Option<u32>,
    /// The HTTP status.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// The code of the API gateway or the service, for `error`.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// The body, for `body`.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    /// Whether the request is executed anyway, for the kinds that replace or withhold the response.
    #[serde(skip_serializing_if = "Option::is_none")]
    executed: Option<bool>,
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
    /// Another body.
    Body,
    /// Half of the correct response.
    Truncated,
    /// Bytes that are not UTF-8.
    NotUtf8,
    /// The correct response with Code as a number, for responses in JSON.
    NumericCode,
}

impl FaultKind {
    /// The members that only some kinds have.
    const fn members(self) -> &'static [&'static str] {
        match self {
            Self::Hang => &["executed"],
            Self::Latency | Self::Truncated | Self::NumericCode => &["millis"],
            Self::Reset | Self::Empty | Self::NotUtf8 => &["millis", "executed"],
            Self::Html => &["status", "millis", "executed"],
            Self::Error => &["code", "status", "millis", "executed"],
            Self::Body => &["body", "status", "millis", "executed"],
        }
    }
}

impl Fault {
    /// What is wrong with the fault's definition.
    fn problem(&self, config: &Config) -> Option<Text> {
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
        let given = [
            ("millis", self.millis.is_some()),
            ("status", self.status.is_some()),
            ("code", self.code.is_some()),
            ("body", self.body.is_some()),
            ("executed", self.executed.is_some()),
        ];
        for (name, is_given) in given {
            if is_given && !self.kind.members().contains(&name) {
                return Some(Text::composed(
                    format!("这种故障没有字段 {name}，见 docs/sandbox.md。"),
                    format!("this kind of fault has no member {name}; see docs/sandbox.md."),
                ));
            }
        }
        if self.count == 0 {
            return Some(Text::new("count 至少为 1。", "count must be at least 1."));
        }
        let order = self.outer_order_no.as_deref();
        if !order.is_none_or(is_outer_order_no) {
            return Some(Text::new(
                "outerOrderNo 应为 32 位字母和数字。",
                "outerOrderNo must be 32 letters and digits.",
            ));
        }
        let key = self.access_key_id.as_deref();
        if key.is_some_and(|key| config.key(key).is_none()) {
            return Some(Text::new(
                "accessKeyId 应为沙箱已配置的 AccessKeyId。",
                "accessKeyId must be an AccessKeyId of this sandbox's configuration.",
            ));
        }
        if self.kind == FaultKind::Latency && self.millis.is_none()
            || self.millis.is_some_and(|millis| millis > MAX_DELAY_MILLIS)
        {
            return Some(Text::new(
                "millis 最多 600000，latency 须给出。",
                "millis must be at most 600000, and latency requires it.",
            ));
        }
        if self.kind == FaultKind::Body
            && self
                .body
                .as_ref()
                .is_none_or(|body| body.len() > MAX_FAULT_BODY)
        {
            return Some(Text::new(
                "body 须给出 body，最多 65536 字节。",
                "body requires body, with at most 65536 bytes.",
            ));
        }
        let can_be_200 = self.kind == FaultKind::Body;
        let allows = |status| (400..=599).contains(&status) || can_be_200 && status == 200;
        if !self.status.is_none_or(allows) {
            return Some(Text::new(
                "status 应为 400 至 599；body 也可以为 200。",
                "status must be from 400 to 599, or for body also 200.",
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
                    "error 须给出 code：阿里云的公共错误码（如 Throttling.User），或业务 Code（如 500，此时须同时给出支持它的 action）；其他取值请用 body。",
                    "error requires code: one of the API gateway (such as Throttling.User) or a Code of the service (such as 500, with an action that returns it); use body for others.",
                ));
            }
        }
        None
    }

    /// Whether the request is executed.
    pub(super) const fn executes(&self) -> bool {
        matches!(self.executed, Some(true))
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
        let mut delivery = Delivery {
            delay_millis: self.millis.unwrap_or_default(),
            ..Delivery::default()
        };
        match self.kind {
            FaultKind::Latency | FaultKind::Error => {}
            FaultKind::Hang => delivery.manner = Manner::Hang,
            FaultKind::Reset => delivery.manner = Manner::Reset,
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
            FaultKind::Body => {
                response.status = 200;
                response.body = self.body.clone().unwrap_or_default().into_bytes();
            }
            FaultKind::Truncated => response.body.truncate(response.body.len() / 2),
            FaultKind::NotUtf8 => {
                response.status = 200;
                response.body = b"{\"Code\":\"200\",\"Message\":\"\xFF\xFE\"}".to_vec();
            }
            FaultKind::NumericCode => numeric_code(&mut response),
        }
        response.status = self.status.unwrap_or(response.status);
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
    if let Some(problem) = fault.problem(session.config) {
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
    let bodies = faults.iter().filter_map(|fault| fault.body.as_ref());
    if bodies.map(String::len).sum::<usize>() > MAX_FAULT_BODIES {
        return Ok(Some(Text::new(
            "等待中的故障的 body 合计不得超过 262144 字节，请先 DELETE /_sandbox/faults。",
            "the bodies of all pending faults must not exceed 262144 bytes; DELETE /_sandbox/faults first.",
        )));
    }
    session.put(FAULTS, &faults, None);
    Ok(None)
}

/// Drops every fault.
pub(super) fn remove_all(session: &mut Session<'_>) {
    session.put(FAULTS, &Vec::<Fault>::new(), None);
}

/// Takes the first fault that applies to this request, if any. A request that names no action is
/// not a call; a health check, for example, uses up no fault.
pub(super) fn take(
    session: &mut Session<'_>,
    request: &IncomingRequest,
) -> Result<Option<Fault>, Load> {
    let mut faults = waiting(session)?;
    if faults.is_empty() {
        return Ok(None);
    }
    let Some(action) = request::action_name(request) else {
        return Ok(None);
    };
    let order = if faults.iter().any(|fault| fault.outer_order_no.is_some()) {
        order_no(session, request, &action)?
    } else {
        None
    };
    let key = request::access_key_id(request);
    let is_json = request::format(request) == Format::Json;
    let is_for = |wanted: &Option<String>, given: Option<&str>| {
        wanted.is_none() || wanted.as_deref() == given
    };
    let mut hit = None;
    let mut touched = false;
    for fault in &mut faults {
        let applies = is_for(&fault.action, Some(&action))
            && is_for(&fault.outer_order_no, order.as_deref())
            && is_for(&fault.access_key_id, key.as_deref())
            && (is_json || fault.kind != FaultKind::NumericCode);
        if !applies {
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

/// The OuterOrderNo of a start, or of the verification that a query names.
fn order_no(
    session: &Session<'_>,
    request: &IncomingRequest,
    action: &str,
) -> Result<Option<String>, Load> {
    if action == INIT_FACE_VERIFY.name {
        return Ok(request::parameter(request, "OuterOrderNo"));
    }
    let Some(certify_id) = request::parameter(request, "CertifyId") else {
        return Ok(None);
    };
    let verification = session.row::<Verification>(&Verification::row(&certify_id))?;
    Ok(verification.map(|verification| verification.outer_order_no))
}
