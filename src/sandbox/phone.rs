//! The simulated phone: a page for people, over the control API. Which of its files an address
//! means, and the headers they go out with; the files themselves are the host's.

use super::envelope;
use super::session::Session;
use crate::http::{IncomingRequest, Response};

/// Address under `/_sandbox/`, name of the host's file, and its type.
const FILES: &[(&str, &str, &str)] = &[
    ("phone", "phone.html", "text/html;charset=utf-8"),
    ("phone.css", "phone.css", "text/css;charset=utf-8"),
    ("phone.js", "phone.js", SCRIPT),
    ("phone-words.js", "phone-words.js", SCRIPT),
];
const SCRIPT: &str = "text/javascript;charset=utf-8";

/// The page loads and calls nothing but this server, and no other page may frame it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Whether an address under `/_sandbox/` is one of the page's files.
pub(super) fn has(name: &str) -> bool {
    FILES.iter().any(|(address, ..)| *address == name)
}

/// The file that is asked for. They hold no secret: whoever opens the page gives it the control
/// API's token there.
pub(super) fn serve(session: &mut Session<'_>, request: &IncomingRequest) -> Option<Response> {
    if !matches!(request.method.as_str(), "GET" | "HEAD") {
        return None;
    }
    let name = request.path.strip_prefix("/_sandbox/")?;
    let (_, file, content_type) = FILES.iter().find(|(address, ..)| *address == name)?;
    let mut response = envelope::plain(session, 200, Some(content_type), Vec::new());
    for (name, value) in [
        ("content-security-policy", POLICY),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
    ] {
        response.headers.push((name.to_owned(), value.to_owned()));
    }
    session.file = Some(file);
    Some(response)
}
