//! The sandbox's responses: Alibaba Cloud's envelopes, and the common headers.

use super::session::Session;
use crate::actions::Action;
use crate::http::{Headers, IncomingRequest, Response, header};
use crate::json::write::Object;
use crate::rpc_server::envelope::{self, Envelope, Format};
use crate::rpc_server::errors::Refusal;

/// Header of every response; it marks the response as the sandbox's.
pub const SANDBOX_HEADER: &str = "x-cloudauth-sandbox";
/// Header of errors: the reason in English, for developers. Alibaba Cloud has no such header; the
/// envelope itself is the same.
pub const NOTE_HEADER: &str = "x-cloudauth-sandbox-note";

/// Code 200 with its ResultObject.
pub(super) fn success(
    session: &Session<'_>,
    format: Format,
    action: &Action,
    result: &Object,
) -> Response {
    write(session, format, Envelope::success(action, result), "")
}

/// Another Code of the service: HTTP status 200, no ResultObject.
pub(super) fn service_error(
    session: &Session<'_>,
    format: Format,
    action: &Action,
    code: &str,
    note: &str,
) -> Response {
    write(session, format, Envelope::service(action, code), note)
}

/// An error of the API gateway.
pub(super) fn api_gateway_error(
    session: &Session<'_>,
    format: Format,
    request: &IncomingRequest,
    refusal: &Refusal,
) -> Response {
    let host = header(&request.headers, "host").unwrap_or_default();
    let envelope = Envelope::api_gateway(refusal, host, &request_id(session));
    let mut response = write(session, format, envelope, &refusal.note);
    if refusal.code.starts_with("Throttling") {
        let wait = 1_000_i64.saturating_sub(session.now.unix_millis().rem_euclid(1_000));
        response
            .headers
            .push(("x-acs-retry-after".to_owned(), wait.to_string()));
    }
    response
}

/// The response to a browser's CORS preflight for Alibaba Cloud's headers.
pub(super) fn preflight(session: &Session<'_>) -> Response {
    let mut response = plain(session, 204, None, Vec::new());
    for (name, value) in [
        (
            "access-control-allow-methods",
            "POST, GET, OPTIONS, PUT, DELETE",
        ),
        ("access-control-allow-headers", "*, authorization"),
        ("access-control-max-age", "172800"),
    ] {
        response.headers.push((name.to_owned(), value.to_owned()));
    }
    response
}

/// A response outside Alibaba Cloud's protocol.
pub(super) fn plain(
    session: &Session<'_>,
    status: u16,
    content_type: Option<&str>,
    body: Vec<u8>,
) -> Response {
    let mut headers: Headers = [
        (SANDBOX_HEADER, "1"),
        ("date", &session.now.to_http_date()),
        ("cache-control", "no-store"),
        ("access-control-allow-origin", "*"),
        ("access-control-expose-headers", "*"),
        ("x-acs-request-id", &request_id(session)),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect();
    if let Some(content_type) = content_type {
        headers.push(("content-type".to_owned(), content_type.to_owned()));
    }
    Response {
        status,
        headers,
        body,
    }
}

fn write(session: &Session<'_>, format: Format, envelope: Envelope, note: &str) -> Response {
    let status = envelope.status;
    let (content_type, body) = envelope.write(format, &request_id(session));
    let mut response = plain(session, status, Some(content_type), body.into_bytes());
    if !note.is_empty() {
        response
            .headers
            .push((NOTE_HEADER.to_owned(), note.to_owned()));
    }
    response
}

fn request_id(session: &Session<'_>) -> String {
    envelope::request_id(session.random.request_id)
}
