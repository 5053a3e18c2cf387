//! Headers of every response: the request's ID, the mark of a simulated gateway, and CORS, by which
//! only pages of the configured origins may call.

use super::arrival::{Handled, RequestContext};
use super::problem::{Problem, ProblemKind};
use super::reply::Reply;
use super::settings::{Mode, Settings};
use crate::http::{Headers, header};

/// The headers that are added to every response.
pub(super) fn common_headers(
    mode: Option<Mode>,
    settings: Option<&Settings>,
    request_headers: &[(String, String)],
    request_id: &str,
) -> Headers {
    let mut headers = vec![("x-request-id".to_owned(), request_id.to_owned())];
    let mark = mode.and_then(Mode::mark);
    headers.extend(mark.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let origins = settings.map_or(&[][..], |settings| settings.allowed_origins.as_slice());
    if origins.is_empty() {
        return headers;
    }
    headers.push(("vary".to_owned(), "origin".to_owned()));
    let origin = header(request_headers, "origin");
    if let Some(origin) = origin.filter(|origin| origins.iter().any(|known| known == origin)) {
        headers.push(("access-control-allow-origin".to_owned(), origin.to_owned()));
        headers.push((
            "access-control-expose-headers".to_owned(),
            "cloudauth-gateway-mode, etag, location, retry-after, x-request-id".to_owned(),
        ));
    }
    headers
}

/// The response to a preflight request for a route with these methods.
pub(super) fn preflight(
    context: &RequestContext<'_>,
    settings: Option<&Settings>,
    methods: &[&str],
) -> Handled {
    let not_allowed =
        || Problem::new(ProblemKind::MethodNotAllowed).with_header("allow", methods.join(", "));
    let settings = settings
        .filter(|settings| !settings.allowed_origins.is_empty())
        .ok_or_else(not_allowed)?;
    let origin = context.header("origin").ok_or_else(not_allowed)?;
    let mut reply = Reply::empty(204).with_outcome("preflight");
    if settings.allowed_origins.iter().any(|known| known == origin) {
        reply = reply
            .with_header("access-control-allow-methods", methods.join(", "))
            .with_header(
                "access-control-allow-headers",
                "accept-language, authorization, content-type, if-none-match, prefer, x-request-id",
            )
            .with_header("access-control-max-age", "600");
    }
    Ok(reply.into())
}
