//! Routes a request to its handler.
//!
//! The host first passes the request without its body. The router asks for the body only if it
//! needs it and has authenticated the caller, so the body of an unauthenticated request is never
//! read.

use super::arrival::{Arrival, Handled, Incoming, Routed, Then};
use super::callers::{self, Access};
use super::cors;
use super::handlers::{hint, orders, rpc, state};
use super::problem::{Problem, ProblemKind};
use super::routes::Route;
use super::rpc_front::is_rpc;
use super::settings::{Checked, Settings};
use crate::error::FieldError;
use crate::http::IncomingRequest;
use crate::timestamp::Timestamp;

/// Passes a request to the handler of its route and method.
fn handle(
    route: Route<'_>,
    incoming: &mut Incoming<'_>,
    settings: &Result<Settings, Vec<FieldError>>,
) -> Handled {
    match route {
        Route::Alive => Ok(state::alive().into()),
        Route::Description => Ok(state::description()),
        Route::Problem { code } => state::problem(code),
        Route::Ready => serving(incoming, settings).map(|_| state::ready().into()),
        Route::Console => Ok(state::console(serving(incoming, settings)?).into()),
        Route::Callback { caller, no, proof } => {
            let settings = serving(incoming, settings)?;
            hint::take(incoming, settings, caller, no, proof)
        }
        Route::Orders if incoming.arrival.request.method == "POST" => {
            let settings = serving(incoming, settings)?;
            let access = authenticate(incoming, settings)?;
            orders::create(incoming, settings, access)
        }
        Route::Orders => {
            let access = authenticate(incoming, serving(incoming, settings)?)?;
            orders::list(incoming, access)
        }
        Route::Counts => {
            let access = authenticate(incoming, serving(incoming, settings)?)?;
            orders::count(incoming, access)
        }
        Route::Vendor => {
            let access = authenticate(incoming, serving(incoming, settings)?)?;
            state::vendor(incoming, access)
        }
        Route::Order { no } => {
            let access = authenticate(incoming, serving(incoming, settings)?)?;
            orders::read(incoming, access, no)
        }
        Route::Photo { no } => {
            let access = authenticate(incoming, serving(incoming, settings)?)?;
            orders::photo(incoming, access, no)
        }
    }
}

/// The settings, if they are valid and allow requests to this host.
fn serving<'a>(
    incoming: &Incoming<'_>,
    settings: &'a Result<Settings, Vec<FieldError>>,
) -> Result<&'a Settings, Problem> {
    let settings = settings
        .as_ref()
        .map_err(|problems| Problem::settings(problems.clone()))?;
    if settings.serves(&incoming.arrival.host) {
        Ok(settings)
    } else {
        Err(Problem::new(ProblemKind::DevelopmentOnly))
    }
}

/// Routes a request. Invalid settings are reported to requests that need them.
pub fn route(checked: &Checked, arrival: &Arrival, now: Timestamp) -> Routed {
    let Checked {
        mode,
        console,
        settings,
    } = checked;
    let request = &arrival.request;
    let mut incoming = Incoming::new(arrival, now);
    let not_allowed =
        |allowed: String| Err(Problem::new(ProblemKind::MethodNotAllowed).header("allow", allowed));
    let known = Route::of(&request.path).filter(|route| *console || *route != Route::Console);
    let (name, handled) = match known {
        None if is_rpc(request) => ("rpc", Ok(rpc::rpc(&mut incoming, settings))),
        None if *console && is_page(request) => ("page", Ok(Then::Assets)),
        None if request.path == "/" && !is_page(request) => {
            ("none", not_allowed("GET, HEAD, POST".to_owned()))
        }
        None => ("none", Err(Problem::new(ProblemKind::NotFound))),
        Some(route) => {
            let methods = route.methods();
            let handled = if request.method == "OPTIONS" {
                cors::preflight(&incoming, settings.as_ref().ok(), methods)
            } else if methods.contains(&request.method.as_str()) {
                handle(route, &mut incoming, settings)
            } else {
                not_allowed(methods.join(", "))
            };
            (route.name(), handled)
        }
    };
    let then = handled.unwrap_or_else(|problem| {
        problem
            .reply(incoming.language, &incoming.request_id)
            .into()
    });
    Routed {
        headers: cors::common_headers(
            *mode,
            settings.as_ref().ok(),
            &request.headers,
            &incoming.request_id,
        ),
        request_id: incoming.request_id,
        route: name,
        caller: incoming.caller,
        then,
    }
}

/// The caller with the request's token, and the token's permissions.
fn authenticate<'a>(
    incoming: &mut Incoming<'_>,
    settings: &'a Settings,
) -> Result<Access<'a>, Problem> {
    let access = incoming
        .header("authorization")
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        // Only spaces may precede the token, no other white space (RFC 6750 §2.1).
        .and_then(|(_, token)| callers::by_token(&settings.callers, token.trim_matches(' ')))
        .ok_or_else(|| {
            Problem::new(ProblemKind::Unauthenticated).header("www-authenticate", "Bearer")
        })?;
    incoming.caller = Some(access.caller.id.clone());
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
        let checked = Checked::read(&variables);
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
            Then::Reply { reply } => (reply.status, reply.body),
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
