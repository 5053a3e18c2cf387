//! The vendor's envelopes, in JSON and XML, and the headers of every answer.

use super::gateway_errors::Refusal;
use super::session::Session;
use crate::actions::Action;
use crate::codes;
use crate::http::{Headers, IncomingRequest, Response, header};
use crate::signing::encode::hex;
use crate::timestamp::Timestamp;
use serde_json::{Map, Value};

/// On every answer: it came from a sandbox.
pub const SANDBOX_HEADER: &str = "x-cloudauth-sandbox";
/// On refusals: why, in English, for the developer. The vendor has nothing of the kind; the
/// envelope itself stays the vendor's.
pub const NOTE_HEADER: &str = "x-cloudauth-sandbox-note";

/// The language of an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Xml,
}

/// Code 200 with its ResultObject.
pub(super) fn success(
    session: &Session<'_>,
    format: Format,
    action: &Action,
    result: &Map<String, Value>,
) -> Response {
    let mut body = Map::new();
    body.insert("Code".to_owned(), "200".into());
    body.insert("Message".to_owned(), message("200").into());
    body.insert("ResultObject".to_owned(), Value::Object(result.clone()));
    envelope(
        session,
        format,
        200,
        &[action.name, "Response"].concat(),
        body,
        "",
    )
}

/// Another Code of the service: HTTP status 200, no ResultObject.
pub(super) fn service_error(
    session: &Session<'_>,
    format: Format,
    action: &Action,
    code: &str,
    note: &str,
) -> Response {
    let mut body = Map::new();
    body.insert("Code".to_owned(), code.into());
    body.insert("Message".to_owned(), message(code).into());
    envelope(
        session,
        format,
        200,
        &[action.name, "Response"].concat(),
        body,
        note,
    )
}

/// An error of the API gateway.
pub(super) fn gateway_error(
    session: &Session<'_>,
    format: Format,
    request: &IncomingRequest,
    refusal: &Refusal,
) -> Response {
    let mut body = Map::new();
    let host = header(&request.headers, "host").unwrap_or_default();
    body.insert("Code".to_owned(), refusal.code.as_ref().into());
    body.insert("Message".to_owned(), refusal.message.as_ref().into());
    body.insert("HostId".to_owned(), host.into());
    body.insert(
        "Recommend".to_owned(),
        alloc::format!(
            "https://api.aliyun.com/troubleshoot?q={}&product=Cloudauth&requestId={}",
            refusal.code,
            request_id(session)
        )
        .into(),
    );
    let mut response = envelope(
        session,
        format,
        refusal.status,
        "Error",
        body,
        &refusal.note,
    );
    if refusal.code.starts_with("Throttling") {
        let wait = 1_000_i64.saturating_sub(session.now.unix_millis().rem_euclid(1_000));
        response
            .headers
            .push(("x-acs-retry-after".to_owned(), wait.to_string()));
    }
    response
}

/// What browsers ask before they send a request with the vendor's headers.
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

/// An answer outside of the vendor's protocol.
pub(super) fn plain(
    session: &Session<'_>,
    status: u16,
    content_type: Option<&str>,
    body: Vec<u8>,
) -> Response {
    let mut headers: Headers = [
        (SANDBOX_HEADER, "1"),
        ("date", &http_date(session.now)),
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

fn envelope(
    session: &Session<'_>,
    format: Format,
    status: u16,
    root: &str,
    mut body: Map<String, Value>,
    note: &str,
) -> Response {
    body.insert("RequestId".to_owned(), request_id(session).into());
    let (content_type, text) = match format {
        Format::Json => (
            "application/json;charset=utf-8",
            Value::Object(body).to_string(),
        ),
        Format::Xml => {
            let mut text = String::from("<?xml version='1.0' encoding='UTF-8'?>");
            element(&mut text, root, &Value::Object(body));
            ("text/xml;charset=utf-8", text)
        }
    };
    let mut response = plain(session, status, Some(content_type), text.into_bytes());
    if !note.is_empty() {
        response
            .headers
            .push((NOTE_HEADER.to_owned(), note.to_owned()));
    }
    response
}

fn message(code: &str) -> &'static str {
    codes::code(code).map_or("", |known| known.vendor_message)
}

/// An upper-case UUID, as the vendor's RequestIds are.
fn request_id(session: &Session<'_>) -> String {
    let mut bytes = session.random.request_id;
    // Version 4 and variant of RFC 9562 §5.4.
    let [_, _, _, _, _, _, version, _, variant, ..] = &mut bytes;
    *version = *version & 0x0F | 0x40;
    *variant = *variant & 0x3F | 0x80;
    let digits = hex(&bytes).to_ascii_uppercase();
    [0..8, 8..12, 12..16, 16..20, 20..32]
        .map(|group| digits.get(group).unwrap_or_default())
        .join("-")
}

fn element(out: &mut String, name: &str, value: &Value) {
    let tag = |out: &mut String, before| {
        out.push_str(before);
        out.push_str(name);
        out.push('>');
    };
    match value {
        Value::Null => {}
        Value::Array(items) => items.iter().for_each(|item| element(out, name, item)),
        Value::Object(members) => {
            tag(out, "<");
            members
                .iter()
                .for_each(|(name, member)| element(out, name, member));
            tag(out, "</");
        }
        Value::String(text) => {
            tag(out, "<");
            text.chars().for_each(|character| escape(out, character));
            tag(out, "</");
        }
        other => {
            tag(out, "<");
            out.push_str(&other.to_string());
            tag(out, "</");
        }
    }
}

fn escape(out: &mut String, character: char) {
    match character {
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '&' => out.push_str("&amp;"),
        '\r' => out.push_str("&#13;"),
        '\n' | '\t' => out.push(character),
        // XML 1.0 has no way to write the other control characters, nor these two.
        '\0'..='\x1F' | '\u{FFFE}' | '\u{FFFF}' => out.push('\u{FFFD}'),
        _ => out.push(character),
    }
}

/// The `Date` header (IMF-fixdate, RFC 9110 §5.6.7), by the sandbox's clock: clients correct
/// theirs by it.
fn http_date(now: Timestamp) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let iso = now.to_string();
    let part = |range| iso.get(range).unwrap_or_default();
    let pick = |names: &[&'static str], at: i64| {
        usize::try_from(at)
            .ok()
            .and_then(|at| names.get(at))
            .copied()
            .unwrap_or_default()
    };
    let day = now.unix_millis().div_euclid(86_400_000).rem_euclid(7);
    let month = part(5..7).parse::<i64>().unwrap_or(1).saturating_sub(1);
    alloc::format!(
        "{}, {} {} {} {} GMT",
        pick(&DAYS, day),
        part(8..10),
        pick(&MONTHS, month),
        part(0..4),
        part(11..19)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_the_http_date_of_rfc_9110() {
        let text = "Sun, 06 Nov 1994 08:49:37 GMT";
        assert_eq!(http_date(Timestamp::parse_http_date(text).unwrap()), text);
    }

    #[test]
    fn escapes_xml() {
        let mut out = String::new();
        element(
            &mut out,
            "R",
            &serde_json::json!({"A": "<a&b>\r\u{0}", "B": {"C": 1}, "D": null, "E": ["x", "y"]}),
        );
        assert_eq!(
            out,
            "<R><A>&lt;a&amp;b&gt;&#13;\u{FFFD}</A><B><C>1</C></B><E>x</E><E>y</E></R>"
        );
    }
}
