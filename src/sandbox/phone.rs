//! The simulated phone: a web page that uses the control API and is also the page at CertifyUrl.
//! Maps paths to files and sets their headers; the host supplies the files.

use super::session::Session;
use super::{envelope, web};
use crate::http::{IncomingRequest, Response};

/// Path under `/_sandbox/`, name of the host's file, and its content type.
const FILES: &[(&str, &str, &str)] = &[
    ("phone", "phone.html", PAGE),
    (web::PAGE, "phone.html", PAGE),
    ("phone.css", "phone.css", STYLE),
    ("phone-screen.css", "phone-screen.css", STYLE),
    ("phone.js", "phone.js", SCRIPT),
    ("phone-screen.js", "phone-screen.js", SCRIPT),
    ("phone-words.js", "phone-words.js", SCRIPT),
];
const PAGE: &str = "text/html;charset=utf-8";
const STYLE: &str = "text/css;charset=utf-8";
const SCRIPT: &str = "text/javascript;charset=utf-8";

/// The page can load from and call only this server, and cannot be framed.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Whether a path under `/_sandbox/` is one of the page's files.
pub(super) fn has(name: &str) -> bool {
    FILES.iter().any(|(address, ..)| *address == name)
}

/// Serves the requested file. The files contain no secret: the user enters the control API's token
/// on the page.
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
