//! HTTP messages as inputs: a first line, headers, an empty line and a body. Every input is a message.

use cloudauth_edge::http::{Headers, IncomingRequest, Response};

/// The first line, the headers and the body.
fn parts(bytes: &[u8]) -> (String, Headers, Vec<u8>) {
    let end = bytes.windows(2).position(|two| two == b"\n\n");
    let (head, body) = match end {
        Some(end) => (&bytes[..end], &bytes[end + 2..]),
        None => (bytes, &[][..]),
    };
    let head = String::from_utf8_lossy(head);
    let (first, headers) = head.split_once('\n').unwrap_or((&head, ""));
    let mut all: Headers = Vec::new();
    for (name, value) in headers.split('\n').filter_map(|line| line.split_once(':')) {
        // What no host delivers.
        let is_name = http::HeaderName::from_bytes(name.as_bytes()).is_ok();
        let value = value.trim_matches([' ', '\t']);
        if !is_name || http::HeaderValue::from_str(value).is_err() {
            continue;
        }
        let name = name.to_ascii_lowercase();
        // Hosts join the values of one name.
        match all.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => *values = format!("{values}, {value}"),
            None => all.push((name, value.to_owned())),
        }
    }
    (first.to_owned(), all, body.to_vec())
}

/// A request: `METHOD TARGET`, headers, body.
pub fn request(bytes: &[u8]) -> IncomingRequest {
    let (first, headers, body) = parts(bytes);
    let (method, target) = first.split_once(' ').unwrap_or((&first, "/"));
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    IncomingRequest {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
        body,
    }
}

/// A response: status, headers, body.
pub fn response(bytes: &[u8]) -> Response {
    let (first, headers, body) = parts(bytes);
    Response {
        status: first.trim().parse().unwrap_or(200),
        headers,
        body,
    }
}
