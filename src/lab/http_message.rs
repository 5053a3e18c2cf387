//! Splits the text of an HTTP request into its parts, before parameters are parsed.

use crate::http::{Headers, header};

/// The parts of an HTTP request, before parameters are parsed.
#[derive(Default)]
pub(super) struct HttpMessage {
    pub(super) method: Option<String>,
    pub(super) host: Option<String>,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) headers: Headers,
    pub(super) body: Option<String>,
    /// Whether the request line names a version of HTTP.
    pub(super) has_version: bool,
    /// Whether some lines among the headers are not headers.
    pub(super) is_part: bool,
}
redacted_debug!(HttpMessage);

/// Host, path and query of a URL; the host is empty if it is not a URL.
pub(super) fn split_url(url: &str) -> (Option<String>, String, String) {
    let url = url.split('#').next().unwrap_or_default();
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (before, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (host, path) = before.split_once('/').unwrap_or((before, ""));
    let host = host.rsplit('@').next().unwrap_or_default();
    (
        (!host.is_empty()).then(|| host.to_owned()),
        format!("/{path}"),
        query.to_owned(),
    )
}

/// Parses a request line, headers and a body. `None` for any other text.
pub(super) fn read(text: &str) -> Option<HttpMessage> {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let mut words = first.split_whitespace();
    let method = words.next().filter(|method| is_method(method))?;
    let target = words.next()?;
    let is_target = ["/", "https://", "http://"]
        .iter()
        .any(|start| target.starts_with(start));
    let is_version = |word: &str| word.to_ascii_uppercase().starts_with("HTTP/");
    let version = words.next();
    if !is_target || !version.is_none_or(is_version) {
        return None;
    }
    let mut message = HttpMessage {
        method: Some(method.to_owned()),
        has_version: version.is_some(),
        ..HttpMessage::default()
    };
    let (host, path, query) = if target.starts_with('/') {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        (None, path.to_owned(), query.to_owned())
    } else {
        split_url(target)
    };
    let mut lines = rest.lines().peekable();
    while let Some(line) = lines.next_if(|line| !begins_form(line)) {
        if line.trim().is_empty() {
            break;
        }
        let header = line
            .split_once(':')
            .filter(|(name, _)| is_name(name.trim()));
        let Some((name, value)) = header else {
            message.is_part = true;
            if line.starts_with("HTTP/") {
                // The rest is the response.
                lines.by_ref().for_each(drop);
            }
            continue;
        };
        let (name, value) = (name.trim(), value.trim());
        message.is_part |= !message.has_version && holds_body(value);
        message.headers.push((name.to_owned(), value.to_owned()));
    }
    let body = lines.collect::<Vec<_>>().join("\n");
    message.host = header(&message.headers, "host").map_or(host, |host| Some(host.to_owned()));
    message.path = path;
    message.query = query;
    message.body = (!body.trim().is_empty()).then(|| body.trim_end().to_owned());
    Some(message)
}

/// Whether a line is part of a form body and not a header: copying can lose the empty line in between.
fn begins_form(line: &str) -> bool {
    let (before, _) = line.split_once(':').unwrap_or((line, ""));
    before.contains('=') && !line.trim().contains(char::is_whitespace)
}

/// Whether the value of a line is a body, as in a log: `body: Name=value`.
fn holds_body(value: &str) -> bool {
    value.starts_with('{') || value.split_once('=').is_some_and(|(name, _)| is_name(name))
}

pub(super) fn is_method(word: &str) -> bool {
    matches!(word, "GET" | "POST" | "PUT" | "DELETE" | "HEAD" | "PATCH")
}

/// Whether the text can be the name of a parameter or header.
pub(super) fn is_name(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    !text.is_empty() && text.bytes().all(is_part)
}
