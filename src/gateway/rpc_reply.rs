//! Responses in Alibaba Cloud's RPC protocol, in its envelope.
//!
//! Errors for which this service has no code use the codes of sibling services:
//! `IdempotentParameterMismatch` for an order with different input, `IdempotentProcessing` for one
//! that is being started.

use super::ledger::answer::{Found, Started, TaskResult};
use super::ledger::order::{Decision, Verdict};
use super::problem::{Problem, ProblemKind};
use super::reply::Reply;
use super::reply_target::RpcReplyFormat;
use super::settings::Settings;
use super::streamed;
use crate::actions::{self, DESCRIBE_FACE_VERIFY, INIT_FACE_VERIFY};
use crate::client::response::DescribeResult;
use crate::error::Execution;
use crate::http::{IncomingRequest, header};
use crate::json::read::items;
use crate::json::write::Object;
use crate::rpc_server::envelope::{Envelope, Format};
use crate::rpc_server::errors::{self, Refusal};
use crate::rpc_server::request::format;
use crate::signing::acs3::hex_sha256;
use crate::vendor::codes;
use crate::vendor::quoted::{ACS3_STRING_TO_SIGN, quoted};

/// Header with the names of rejected parameters, without values, or the reason for rejecting the
/// request. Alibaba Cloud has no such header.
const NOTE_HEADER: &str = "x-cloudauth-edge-note";

impl RpcReplyFormat {
    /// The format for a request whose action is not yet known.
    pub fn of(request: &IncomingRequest) -> Self {
        Self {
            action: String::new(),
            xml: format(request) == Format::Xml,
            host: header(&request.headers, "host")
                .unwrap_or_default()
                .to_owned(),
        }
    }

    /// Renders a problem as an error of Alibaba Cloud.
    pub fn problem(&self, problem: &Problem, request_id: &str) -> Reply {
        let kind = problem.kind();
        let code = match kind {
            ProblemKind::InvalidRequest => {
                let mut fields = problem.field_errors().iter();
                let is_missing = fields.any(|field| field.rule == "mandatory");
                Some(if is_missing { "400" } else { "401" })
            }
            ProblemKind::UnknownOrder => Some("406"),
            ProblemKind::UserDailyLimit => Some("418"),
            ProblemKind::StartOutcomeUnknown => None,
            _ => problem
                .vendor_code()
                .filter(|code| codes::code(code).is_some()),
        };
        let action = actions::by_name(&self.action);
        let reply = match action.zip(code) {
            Some((action, code)) => self.write(Envelope::service(action, code), request_id),
            // A limit of the day lasts until midnight, so an SDK is not asked to call again soon.
            None if kind == ProblemKind::DailyLimit => {
                self.refusal_without_retry_header(&refusal_of(kind), request_id)
            }
            None => {
                let refusal = definite_refusal(problem).unwrap_or_else(|| refusal_of(kind));
                self.refusal(&refusal, request_id)
            }
        }
        .with_outcome(kind.code());
        let fields = problem.field_errors().iter();
        let note: Vec<String> = fields
            .chain(problem.setting_errors())
            .map(|field| format!("{} {}", field.field, field.rule))
            .collect();
        if note.is_empty() {
            reply
        } else {
            reply.with_header(NOTE_HEADER, note.join(", "))
        }
    }

    fn refusal_without_retry_header(&self, refusal: &Refusal, request_id: &str) -> Reply {
        let id = request_id.to_ascii_uppercase();
        self.write(Envelope::api_gateway(refusal, &self.host, &id), request_id)
            .with_outcome(&refusal.code)
    }

    /// Renders an error of the API gateway.
    pub fn refusal(&self, refusal: &Refusal, request_id: &str) -> Reply {
        let mut reply = self.refusal_without_retry_header(refusal, request_id);
        if !refusal.note.is_empty() {
            reply = reply.with_header(NOTE_HEADER, &refusal.note);
        }
        if refusal.code.starts_with("Throttling") {
            reply.with_header("x-acs-retry-after", "1000")
        } else {
            reply
        }
    }

    fn write(&self, envelope: Envelope, request_id: &str) -> Reply {
        let status = envelope.status;
        let format = if self.xml { Format::Xml } else { Format::Json };
        let id = request_id.to_ascii_uppercase();
        let (content_type, body) = envelope.write(format, &id);
        Reply::text(status, content_type, body).with_header("x-acs-request-id", id)
    }
}

/// The error for a call that Alibaba Cloud's API gateway has provably not executed. A program counts
/// a start as executed after most of the errors of [`refusal_of`].
fn definite_refusal(problem: &Problem) -> Option<Refusal> {
    if problem.execution() != Execution::None {
        return None;
    }
    let code = problem.vendor_code()?;
    codes::api_gateway_code(code).filter(|known| known.not_executed)?;
    match problem.kind() {
        // Only the gateway knows the key that is wrong, so the code is not that of a key. It belongs to
        // the family `Forbidden.`, which clients know as not executed.
        ProblemKind::UpstreamRefused => Some(Refusal::new(
            "Forbidden.UpstreamRefused",
            403,
            format!(
                "Alibaba Cloud rejected the gateway's own call ({code}), which started nothing: the gateway's operator must act."
            ),
        )),
        ProblemKind::VendorRefused => Some(Refusal::new(
            code.to_owned(),
            400,
            "Alibaba Cloud rejected a parameter.",
        )),
        _ => None,
    }
}

/// The error of the API gateway for a problem without a Code of the service.
fn refusal_of(kind: ProblemKind) -> Refusal {
    match kind {
        ProblemKind::OrderConflict => Refusal::new(
            "IdempotentParameterMismatch",
            400,
            "The request uses the same OuterOrderNo as a previous, but non-identical request.",
        ),
        ProblemKind::OrderBeingStarted => Refusal::new(
            "IdempotentProcessing",
            403,
            "The previous request with this OuterOrderNo is still processing.",
        ),
        ProblemKind::StartOutcomeUnknown => Refusal::new(
            "ServiceUnavailable",
            503,
            "It is unknown whether the verification was started. Call again with the same OuterOrderNo to start it again.",
        ),
        ProblemKind::NotConfigured | ProblemKind::DevelopmentOnly => Refusal::new(
            "ServiceUnavailable",
            503,
            "The gateway is not configured; see /readyz.",
        ),
        ProblemKind::InsufficientScope => errors::FORBIDDEN_RAM.into(),
        ProblemKind::BodyTooLarge => errors::BODY_TOO_LARGE.into(),
        ProblemKind::DailyLimit | ProblemKind::RateLimited | ProblemKind::UpstreamThrottled => {
            errors::THROTTLING_USER.into()
        }
        // An error about the gateway's own key must not be reported as one of the caller's key.
        ProblemKind::InternalError | ProblemKind::UpstreamRefused => {
            errors::INTERNAL_ERROR.into()
        }
        ProblemKind::RequestTimeout
        | ProblemKind::Unavailable
        | ProblemKind::UpstreamFailed
        | ProblemKind::UpstreamTimeout
        // These have a Code, unless the action is unknown.
        | ProblemKind::InvalidRequest
        | ProblemKind::UnknownOrder
        | ProblemKind::UserDailyLimit
        | ProblemKind::VendorRefused
        // Only the REST routes have these.
        | ProblemKind::MalformedBody
        | ProblemKind::MethodNotAllowed
        | ProblemKind::NotFound
        | ProblemKind::PhotoUnavailable
        | ProblemKind::Unauthenticated
        | ProblemKind::UnsupportedMediaType => errors::SERVICE_UNAVAILABLE.into(),
    }
}

/// Renders the ledger's result in Alibaba Cloud's envelope.
pub fn reply(
    settings: &Settings,
    format: &RpcReplyFormat,
    request_id: &str,
    result: &TaskResult,
) -> Reply {
    match result {
        TaskResult::Started(order) => format.started(order, request_id),
        TaskResult::Found(found) => match found.order.status() {
            Some(order_status) => format
                .found(settings, found, request_id)
                .with_outcome(order_status.word()),
            None => format.problem(&Problem::new(ProblemKind::InternalError), request_id),
        },
        TaskResult::NonceUsed => format.refusal(&errors::NONCE_USED.into(), request_id),
        TaskResult::Problem(problem) => format.problem(problem, request_id),
        // No task of this protocol has such a result.
        TaskResult::Page(_) | TaskResult::Days(_) | TaskResult::Finding(_) => {
            format.problem(&Problem::new(ProblemKind::InternalError), request_id)
        }
    }
}

impl RpcReplyFormat {
    fn started(&self, order: &Started, request_id: &str) -> Reply {
        let mut result = Object::new().with("CertifyId", &order.certify_id);
        result.put_some("CertifyUrl", order.certify_url.as_ref());
        let outcome = if order.repeated {
            "repeated"
        } else {
            "created"
        };
        self.write(Envelope::success(&INIT_FACE_VERIFY, &result), request_id)
            .with_outcome(outcome)
    }

    /// Alibaba Cloud's own result if it was queried, otherwise what the ledger knows.
    fn found(&self, settings: &Settings, found: &Found, request_id: &str) -> Reply {
        let fresh = found.fresh.as_ref().filter(|_| found.material);
        let envelope = match (&found.order.verdict, fresh) {
            (Some(verdict), fresh) if verdict.decision != Decision::Expired => {
                let result = match fresh {
                    Some(fresh) if settings.stream_photos => {
                        let mut result = known(verdict);
                        streamed::put_details(fresh, &mut result);
                        result
                    }
                    Some(fresh) => whole(fresh),
                    None => known(verdict),
                };
                Envelope::success(&DESCRIBE_FACE_VERIFY, &result)
            }
            (_, Some(pending)) => Envelope::service(&DESCRIBE_FACE_VERIFY, &pending.code),
            (Some(verdict), None) if verdict.unknown_there => {
                Envelope::service(&DESCRIBE_FACE_VERIFY, "406")
            }
            (_, None) => Envelope::service(&DESCRIBE_FACE_VERIFY, "424"),
        };
        let reply = self.write(envelope, request_id);
        if found.material && fresh.is_none() && found.order.has_material() {
            reply.with_header(NOTE_HEADER, "MaterialInfo unavailable")
        } else {
            reply
        }
    }
}

/// Removes the quotation of the request from SignatureDoesNotMatch: SDKs would log it, including
/// names and identity numbers.
///
/// Alibaba Cloud's older SDKs compare the quoted string to sign with their own and report a wrong
/// secret if the two are equal. Instead of the quotation, they receive the result of that
/// comparison in the format that they expect: an SDK signs correctly, so a mismatch means a wrong
/// secret. Other clients receive a hash, which also shows whether both sides signed the same
/// string. The message avoids "string to sign is:", after which SDKs expect the quotation, and
/// contains the colon at which old Python SDKs split it.
pub(super) fn without_request(refusal: Refusal, request: &IncomingRequest) -> Refusal {
    // The note advises to compare the quotation.
    let refusal = if refusal.code == errors::SIGNATURE_DOES_NOT_MATCH.code {
        Refusal {
            note: String::new(),
            ..refusal
        }
    } else {
        refusal
    };
    let says = |refusal: Refusal, message: String| Refusal {
        message: message.into(),
        ..refusal
    };
    let Some((before, text)) = quoted(&refusal.message) else {
        return refusal;
    };
    if before.contains(ACS3_STRING_TO_SIGN) {
        let kept = before.to_owned();
        return says(refusal, kept);
    }
    let hash = hex_sha256(text.as_bytes());
    let hashed = [
        before,
        " SHA-256 of the server's string to sign: ",
        &hash,
        ". If yours is the same, the AccessKeySecret is wrong.",
    ]
    .concat();
    let name = |name| header(&request.headers, name).unwrap_or_default();
    // Hand-written programs may copy one of these headers and sign incorrectly.
    let agent = name("user-agent");
    let is_sdk = agent.starts_with("AlibabaCloud (") && agent.contains(" Core/");
    let sdk = name("x-sdk-client").split_once("/").filter(|_| is_sdk);
    match sdk.map(|(language, _)| language) {
        // With GET, this SDK signs a body that it does not send, so a mismatch does not prove a
        // wrong secret.
        Some("Java") if request.method == "POST" => Refusal::new(
            "SDK.InvalidAccessKeySecret",
            400,
            "Specified Access Key Secret is not valid.",
        ),
        Some("python") => Refusal::new(
            "InvalidAccessKeySecret",
            400,
            "The AccessKeySecret is incorrect. Please check your AccessKeyId and AccessKeySecret.",
        ),
        Some("golang") => Refusal {
            recommend: Some("InvalidAccessKeySecret: Please check you AccessKeySecret"),
            ..says(refusal, hashed)
        },
        _ => says(refusal, hashed),
    }
}

/// A ResultObject with what the ledger knows.
fn known(verdict: &Verdict) -> Object {
    let passed = verdict.decision == Decision::Passed;
    let mut result = Object::new()
        .with("Passed", if passed { "T" } else { "F" })
        .with("IdentityInfo", "null");
    result.put_some("SubCode", verdict.sub_code.as_ref());
    result
}

/// Alibaba Cloud's ResultObject, unchanged.
fn whole(fresh: &DescribeResult) -> Object {
    let mut result = Object::new();
    for (name, member) in items(fresh.raw.as_str()).unwrap_or_default() {
        result.put_quoted(name, member);
    }
    result
}
