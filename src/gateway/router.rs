//! Routes a request to its handler.
//!
//! The host first passes the request without its body. The router asks for the body only if it
//! needs it. On the REST routes it has then authenticated the caller; a request in Alibaba Cloud's
//! protocol can have its AccessKeyId and signature in the body, which is therefore read first.

use super::arrival::{Arrival, Handled, HostAction, RequestContext, Routed};
use super::callers::{self, Access};
use super::handlers::{callback, orders, rpc, state};
use super::problem::{Problem, ProblemKind};
use super::response_headers;
use super::routes::Route;
use super::rpc_request::is_rpc;
use super::settings::{CheckedSettings, Settings};
use crate::error::FieldError;
use crate::http::IncomingRequest;
use crate::timestamp::Timestamp;

/// Passes a request to the handler of its route and method.
fn handle(
    route: Route<'_>,
    context: &mut RequestContext<'_>,
    settings: &Result<Settings, Vec<FieldError>>,
) -> Handled {
    match route {
        Route::Alive => Ok(state::alive().into()),
        Route::Description => Ok(state::description()),
        Route::Problem { code } => state::problem(code),
        Route::Ready => serving(context, settings).map(|_| state::ready().into()),
        Route::Console => Ok(state::console(serving(context, settings)?).into()),
        Route::Callback { caller, no, proof } => {
            let settings = serving(context, settings)?;
            callback::handle(context, settings, caller, no, proof)
        }
        Route::Orders if context.arrival.request.method == "POST" => {
            let settings = serving(context, settings)?;
            let access = authenticate(context, settings)?;
            orders::create(context, settings, access)
        }
        Route::Orders => {
            let access = authenticate(context, serving(context, settings)?)?;
            orders::list(context, access)
        }
        Route::Counts => {
            let access = authenticate(context, serving(context, settings)?)?;
            orders::count(context, access)
        }
        Route::Vendor => {
            let access = authenticate(context, serving(context, settings)?)?;
            state::vendor(context, access)
        }
        Route::Order { no } => {
            let access = authenticate(context, serving(context, settings)?)?;
            orders::read(context, access, no)
        }
        Route::Photo { no } => {
            let access = authenticate(context, serving(context, settings)?)?;
            orders::photo(context, access, no)
        }
    }
}

/// The settings, if they are valid and allow requests to this host.
fn serving<'a>(
    context: &RequestContext<'_>,
    settings: &'a Result<Settings, Vec<FieldError>>,
) -> Result<&'a Settings, Problem> {
    let settings = settings
        .as_ref()
        .map_err(|problems| Problem::settings(problems.clone()))?;
    if settings.serves(&context.arrival.host) {
        Ok(settings)
    } else {
        Err(Problem::new(ProblemKind::DevelopmentOnly))
    }
}

/// Routes a request. Invalid settings are reported to requests that need them.
pub fn route(checked: &CheckedSettings, arrival: &Arrival, now: Timestamp) -> Routed {
    let CheckedSettings {
        mode,
        console,
        settings,
    } = checked;
    let request = &arrival.request;
    let mut context = RequestContext::new(arrival, now);
    let not_allowed = |allowed: String| {
        Err(Problem::new(ProblemKind::MethodNotAllowed).with_header("allow", allowed))
    };
    let known = Route::of(&request.path).filter(|route| *console || *route != Route::Console);
    let (name, handled) = match known {
        None if is_rpc(request) => {
            let settings = serving(&context, settings);
            ("rpc", Ok(rpc::rpc(&mut context, settings)))
        }
        None if *console && is_page(request) => ("page", Ok(HostAction::Assets)),
        None if request.path == "/" && !is_page(request) => {
            ("none", not_allowed("GET, HEAD, POST".to_owned()))
        }
        None => ("none", Err(Problem::new(ProblemKind::NotFound))),
        Some(route) => {
            let methods = route.methods();
            let handled = if request.method == "OPTIONS" {
                response_headers::preflight(&context, settings.as_ref().ok(), methods)
            } else if methods.contains(&request.method.as_str()) {
                handle(route, &mut context, settings)
            } else {
                not_allowed(methods.join(", "))
            };
            (route.name(), handled)
        }
    };
    let then = handled
        .unwrap_or_else(|problem| problem.reply(context.language, &context.request_id).into());
    Routed {
        headers: response_headers::common_headers(
            *mode,
            settings.as_ref().ok(),
            &request.headers,
            &context.request_id,
        ),
        request_id: context.request_id,
        route: name,
        caller: context.caller,
        key: context.key,
        then,
    }
}

/// The caller with the request's token, and the token's permissions.
fn authenticate<'a>(
    context: &mut RequestContext<'_>,
    settings: &'a Settings,
) -> Result<Access<'a>, Problem> {
    let access = context
        .header("authorization")
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        // Only spaces may precede the token, no other white space (RFC 6750 §2.1).
        .and_then(|(_, token)| callers::by_token(&settings.callers, token.trim_matches(' ')))
        .ok_or_else(|| {
            Problem::new(ProblemKind::Unauthenticated).with_header("www-authenticate", "Bearer")
        })?;
    context.authenticated(&access);
    Ok(access)
}

/// Whether the request is for a static file, with GET or HEAD and not on one of the gateway's own
/// paths.
fn is_page(request: &IncomingRequest) -> bool {
    ["GET", "HEAD"].contains(&request.method.as_str()) && !request.path.starts_with("/v1/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The response to a request without a token: status and body text.
    fn answer(variables: &[(&str, &str)], path: &str) -> (u16, String) {
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let checked = CheckedSettings::read(&variables);
        let arrival = Arrival {
            request: IncomingRequest {
                method: "GET".to_owned(),
                path: path.to_owned(),
                query: String::new(),
                headers: Vec::new(),
                body: Vec::new(),
            },
            body_read: false,
            host: "127.0.0.1:8787".to_owned(),
            fresh_id: "f".repeat(32),
        };
        match route(&checked, &arrival, Timestamp::from_unix_millis(0)).then {
            HostAction::Reply { reply } => (reply.status, reply.body),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn tells_the_console_the_mode_and_nothing_secret() {
        let (status, body) = answer(&[("GATEWAY_MODE", "development")], "/console.json");
        let expected = json!({ "mode": "development", "sandbox": "http://127.0.0.1:8788", "signatureVersion": "1.0" });
        assert_eq!(
            (status, serde_json::from_str(&body).ok()),
            (200, Some(expected))
        );

        let production = [
            ("GATEWAY_SECRET", "0123456789abcdef0123456789abcdef"),
            (
                "GATEWAY_CALLERS",
                r#"[{"id":"a","tokenSha256":["0000000000000000000000000000000000000000000000000000000000000000"]}]"#,
            ),
            ("CLOUDAUTH_ENDPOINTS", "cloudauth.aliyuncs.com"),
            ("CLOUDAUTH_ACCESS_KEY_ID", "some-id"),
            ("CLOUDAUTH_ACCESS_KEY_SECRET", "some-secret"),
            ("CLOUDAUTH_SCENE_ID", "1000000006"),
            ("CLOUDAUTH_SIGNATURE_VERSION", "ACS3-HMAC-SHA256"),
        ];
        let (status, body) = answer(&production, "/console.json");
        let expected = json!({ "mode": "production", "sandbox": null, "signatureVersion": "ACS3-HMAC-SHA256" });
        assert_eq!(
            (status, serde_json::from_str(&body).ok()),
            (200, Some(expected))
        );

        let (status, body) = answer(&[], "/console.json");
        assert_eq!(status, 503);
        assert!(body.contains("not-configured"));
    }
}
