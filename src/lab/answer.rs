//! Parses a pasted error from Alibaba Cloud's API gateway: JSON, XML, or a log line, possibly
//! truncated or masked anywhere.

use super::mask;
use crate::vendor::codes::{self, ApiGatewayCode};
use crate::vendor::quoted::{
    ACS3_STRING_TO_SIGN as ACS3_HASH, CANONICAL_REQUEST as ACS3_TEXT, STRING_TO_SIGN as RPC_TEXT,
};
use crate::xml;
use serde::Serialize;
use serde_json::Value;

/// What a pasted error contains.
#[derive(Default)]
pub struct ServerError {
    /// The code, such as `SignatureDoesNotMatch`.
    pub code: Option<String>,
    /// The meaning of the code.
    pub meaning: Option<&'static ApiGatewayCode>,
    /// The visible part of the text that the server signed: the string to sign under RPC, the
    /// canonical request under ACS3.
    pub server_text: Option<String>,
    /// How much of it is visible.
    pub extent: Extent,
    /// The SHA-256 of the server's signed text, in lower-case hexadecimal.
    pub digest: Option<String>,
    /// Whether the pasted text continues after the server's text and so marks its end.
    pub ends: bool,
}
redacted_debug!(ServerError);

/// How much of the server's signed text is visible.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Extent {
    /// All of it.
    Whole,
    /// Its beginning, or nothing, because the response is truncated.
    Cut,
    /// All of it except the parts that a log masked.
    Masked,
    /// Only its SHA-256.
    Digest,
    /// The response does not quote the text.
    #[default]
    Absent,
}

/// Codes that are also recognized without JSON or XML around them, as in logs.
const WORDS: &[&str] = &[
    "SignatureDoesNotMatch",
    "IncompleteSignature",
    "SignatureNonceUsed",
    "InvalidTimeStamp.Expired",
    "InvalidTimeStamp.Format",
    "InvalidSignatureMethod",
    "InvalidAccessKeyId.NotFound",
    "InvalidAccessKeyId.Inactive",
    "InvalidSecurityToken.Expired",
    "InvalidSecurityToken.Malformed",
    "InvalidSecurityToken.MismatchWithAccessKey",
    "MissingSecurityToken",
    SDK_SECRET,
];

/// What older SDKs report if the server's string to sign equals their own.
pub(super) const SDK_SECRET: &str = "InvalidAccessKeySecret";

/// Alibaba Cloud's messages, up to the signed text, and their codes, which newer SDKs do not report.
const SENTENCES: &[(&str, &str)] = &[
    (
        "Specified signature is not matched with our calculation. server string to sign is:",
        "SignatureDoesNotMatch",
    ),
    (
        "The request signature does not conform to Aliyun standards. server string to sign is:",
        "IncompleteSignature",
    ),
    (
        "Specified signature does not match our calculation. server StringToSign is [",
        "SignatureDoesNotMatch",
    ),
    (
        "Specified access key is not found.",
        "InvalidAccessKeyId.NotFound",
    ),
    (
        "Specified access key is disabled.",
        "InvalidAccessKeyId.Inactive",
    ),
    (
        "Specified time stamp or date value is expired.",
        "InvalidTimeStamp.Expired",
    ),
    (
        "Specified signature nonce was used already.",
        "SignatureNonceUsed",
    ),
];

/// The code of the sentence that the text contains.
fn code_of_sentence(text: &str) -> Option<&'static str> {
    SENTENCES.iter().find_map(|(sentence, code)| {
        let first = sentence.split('.').next()?;
        text.contains(first).then_some(*code)
    })
}

/// Whether a text quotes an error about a signature.
pub(super) fn is_quoted_in(text: &str) -> bool {
    [
        "server string to sign is",
        "server StringToSign is",
        "SignatureDoesNotMatch",
    ]
    .iter()
    .any(|quoted| text.contains(quoted))
}

/// Parses an error.
pub fn read(text: &str) -> ServerError {
    let mut text = text.trim().to_owned();
    if text.contains("\\\"Code\\\"") || text.contains("\\\"Message\\\"") {
        // JSON inside a JSON string.
        text = text.replace("\\\"", "\"").replace("\\\\", "\\");
    }
    let json: Option<Value> = text.find('{').and_then(|start| {
        let end = text.rfind('}')?.checked_add(1)?;
        serde_json::from_str(text.get(start..end)?).ok()
    });
    let find = |name: &str| {
        let whole = json.as_ref().and_then(|json| json.get(name)?.as_str());
        whole
            .map(|value| (value.to_owned(), true))
            .or_else(|| member(&text, name))
            .or_else(|| element(&text, name))
    };
    let code = match find("Code") {
        // The SDK's finding, which Go reports next to the server's code.
        _ if text.contains(SDK_SECRET) => Some(SDK_SECRET.to_owned()),
        Some((code, true)) => Some(code),
        Some((code, false)) => word_begun(&code),
        None => {
            let word = WORDS.iter().copied().find(|word| text.contains(word));
            word.or_else(|| code_of_sentence(&text))
                .map(ToOwned::to_owned)
                .or_else(|| word_begun(text.split_whitespace().last()?))
        }
    };
    let (message, ends) = find("Message").unwrap_or_else(|| (text.clone(), false));
    let message = unescaped(&message);
    let is_cut = text.starts_with(['{', '<']) && !text.ends_with(['}', '>']);
    ServerError {
        meaning: code.as_deref().and_then(codes::api_gateway_code),
        code,
        ends,
        ..server_text(&message, is_cut)
    }
}

/// A member of JSON that may be truncated, and whether the member is complete.
fn member(text: &str, name: &str) -> Option<(String, bool)> {
    let (_, rest) = text.split_once(&format!("\"{name}\""))?;
    let rest = rest.trim_start().strip_prefix(':')?.trim_start();
    let rest = rest.strip_prefix('"')?;
    let end = end_of_string(rest);
    let quoted = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
    // Truncation may have cut an escape off, such as that of a surrogate pair.
    let mut cuts = if end.is_some() { 0..1 } else { 0..12 };
    let value = cuts.find_map(|cut| {
        let begun = quoted.get(..quoted.len().checked_sub(cut)?)?;
        serde_json::from_str(&format!("\"{begun}\"")).ok()
    });
    Some((value.unwrap_or_else(|| unescaped(quoted)), end.is_some()))
}

/// The position of the quote that ends a string of JSON, from after its opening quote.
pub(super) fn end_of_string(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.find(|character| {
        let is_end = character == '"' && !escaped;
        escaped = character == '\\' && !escaped;
        is_end
    })
}

/// An XML element, and whether it is complete.
fn element(text: &str, name: &str) -> Option<(String, bool)> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    let (value, is_complete) = match rest.split_once(&format!("</{name}>")) {
        Some((value, _)) => (value, true),
        None => (rest, false),
    };
    Some((unescaped(without_cdata(value)), is_complete))
}

fn without_cdata(text: &str) -> &str {
    let text = text.trim();
    let inner = text.strip_prefix("<![CDATA[").unwrap_or(text);
    inner.strip_suffix("]]>").unwrap_or(inner)
}

/// The code with this prefix, if there is exactly one.
fn word_begun(begun: &str) -> Option<String> {
    let mut words = WORDS.iter().filter(|word| word.starts_with(begun));
    let word = words.next()?;
    (begun.len() >= 10 && words.next().is_none()).then(|| (*word).to_owned())
}

/// The server's signed text, from its message or pasted separately.
fn server_text(message: &str, is_cut: bool) -> ServerError {
    let digest = message.split_once(ACS3_HASH).and_then(|(_, rest)| {
        let rest = with_line_feeds(rest);
        let (_, hash) = rest.split_once('\n')?;
        hash_of(hash)
    });
    if let Some((_, rest)) = message.split_once(ACS3_TEXT) {
        let end = rest.rfind(']').unwrap_or(rest.len());
        let text = with_line_feeds(rest.get(..end).unwrap_or_default());
        return seen(text, digest, acs3_extent);
    }
    if let Some((_, rest)) = message.split_once(RPC_TEXT) {
        let rest = rest.trim_start();
        if let Some(digest) = rest.strip_prefix("(SHA-256)").map(str::trim_start) {
            return ServerError {
                extent: if hash_of(digest).is_some() {
                    Extent::Digest
                } else {
                    Extent::Cut
                },
                digest: hash_of(digest),
                ..ServerError::default()
            };
        }
        return seen(word(rest), None, rpc_extent);
    }
    if ["POST&", "GET&"]
        .iter()
        .any(|start| message.starts_with(start))
    {
        return seen(word(message), None, rpc_extent);
    }
    if ["POST\n/", "GET\n/"]
        .iter()
        .any(|start| message.starts_with(start))
    {
        return seen(message.to_owned(), None, acs3_extent);
    }
    let begun = SENTENCES.iter().any(|(sentence, _)| {
        (sentence.len().min(20)..sentence.len())
            .filter_map(|length| sentence.get(..length))
            // The message without a quotation ends with this word.
            .any(|begun| {
                !begun.trim_end().ends_with('.') && message.trim_end().ends_with(begun.trim_end())
            })
    });
    let extent = if digest.is_some() {
        Extent::Digest
    } else if mask::in_answer(message) {
        Extent::Masked
    } else if is_cut || begun || message.contains(ACS3_HASH) || mask::ends_with_ellipsis(message) {
        Extent::Cut
    } else {
        Extent::Absent
    };
    ServerError {
        extent,
        digest,
        ..ServerError::default()
    }
}

fn seen(text: String, digest: Option<String>, extent: fn(&str) -> Extent) -> ServerError {
    let extent = if mask::ends_with_ellipsis(&text) {
        Extent::Cut
    } else {
        extent(&text)
    };
    let text = text.trim_end_matches(['.', '…']).to_owned();
    ServerError {
        server_text: Some(text).filter(|text| !text.is_empty()),
        extent,
        digest,
        ..ServerError::default()
    }
}

/// How much of a string to sign is visible: it uses few characters and ends near the version.
fn rpc_extent(text: &str) -> Extent {
    let has_version = text
        .split("%26")
        .any(|pair| pair.strip_prefix("Version%3D").is_some_and(is_version));
    if !text.chars().all(is_of_string_to_sign) {
        Extent::Masked
    } else if has_version {
        Extent::Whole
    } else {
        Extent::Cut
    }
}

/// How much of a canonical request is visible: a complete one ends with a hash.
fn acs3_extent(text: &str) -> Extent {
    let last = text.split('\n').next_back().unwrap_or_default();
    if mask::in_answer(text) {
        Extent::Masked
    } else if last.len() == 64 && hash_of(last).is_some() {
        Extent::Whole
    } else {
        Extent::Cut
    }
}

pub(super) fn hash_of(text: &str) -> Option<String> {
    let hash = text.get(..64)?;
    let is_one = hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_one.then(|| hash.to_ascii_lowercase())
}

/// The part of the text that belongs to a string to sign, which may contain masks.
fn word(text: &str) -> String {
    let mut word = String::new();
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let length = if is_of_string_to_sign(character) {
            character.len_utf8()
        } else {
            let Some(length) = mask::length_at_start(rest) else {
                break;
            };
            length
        };
        let (part, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        word.push_str(part);
        rest = after;
    }
    word
}

/// The characters of a string to sign.
fn is_of_string_to_sign(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.' | '~' | '%' | '&')
}

/// Restores line feeds, which logs write as `\n`.
pub(super) fn with_line_feeds(text: &str) -> String {
    if text.contains('\n') {
        text.to_owned()
    } else {
        text.replace("\\n", "\n")
    }
}

/// Removes the escapes of XML, however often they were applied, and of JSON that was pasted in part.
pub(super) fn unescaped(text: &str) -> String {
    xml::unescaped(&text.replace("\\u0026", "&"), usize::MAX)
}

/// Whether the text is the version of an API, such as `2019-03-07`.
pub(super) fn is_version(text: &str) -> bool {
    let form = "0000-00-00";
    let is_of_form = |(byte, form)| match form {
        b'0' => u8::is_ascii_digit(&byte),
        dash => byte == dash,
    };
    text.len() == form.len() && text.bytes().zip(form.bytes()).all(is_of_form)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_copy() {
        let text = "POST&%2F&AccessKeyId%3Dtestid%26Action%3DX";
        let message =
            "Specified signature is not matched with our calculation. server string to sign is:";
        for pasted in [
            format!(
                r#"{{"Code":"SignatureDoesNotMatch","RequestId":"R","Message":"{message}{text}"}}"#
            ),
            format!(
                r#"{{"Code":"SignatureDoesNotMatch","RequestId":"R","Message":"{message}{}"}}"#,
                text.replace('&', "\\u0026")
            ),
            format!(
                "<?xml version='1.0'?><Error><RequestId>R</RequestId><Code>SignatureDoesNotMatch</Code><Message>{message}{}</Message></Error>",
                text.replace('&', "&amp;")
            ),
            format!(
                "ServerException: SignatureDoesNotMatch : {message}{text}\r\nRequestId : R\n\tat com.aliyuncs"
            ),
        ] {
            let refusal = read(&pasted);
            assert_eq!(
                refusal.code.as_deref(),
                Some("SignatureDoesNotMatch"),
                "{pasted}"
            );
            assert_eq!(refusal.server_text.as_deref(), Some(text), "{pasted}");
            assert!(refusal.meaning.is_some());
        }
        assert_eq!(read(text).server_text.as_deref(), Some(text));
        assert_eq!(read(text).code, None);
    }

    #[test]
    fn takes_nothing_of_the_surroundings_into_the_text() {
        let text = "POST&%2F&Action%3DX%26Version%3D2019-03-07";
        let message =
            "Specified signature is not matched with our calculation. server string to sign is:";
        for after in [
            "",
            "。",
            "，请求失败",
            "|400|",
            "\")",
            "')",
            "<br>",
            "</p>",
            "; ",
            "]]>",
            "！",
            "）",
        ] {
            let refusal = read(&format!("{message}{text}{after}"));
            assert_eq!(refusal.server_text.as_deref(), Some(text), "{after}");
            assert_eq!(refusal.extent, Extent::Whole, "{after}");
        }
        for escaped in ["&#38;", "&#x26;", "&amp;", "&amp;amp;", "&amp;#38;"] {
            for pasted in [
                format!("<Error><Message>{message}{text}</Message></Error>"),
                format!("<Error><Message><![CDATA[{message}{text}]]></Message></Error>"),
                format!("{{\"Message\":\"{message}{text}\"}}"),
            ] {
                let refusal = read(&pasted.replace('&', escaped));
                assert_eq!(refusal.server_text.as_deref(), Some(text), "{pasted}");
                assert_eq!(refusal.extent, Extent::Whole, "{pasted}");
            }
        }
        for mask in [
            "***",
            "[REDACTED]",
            "<masked>",
            "【已脱敏】",
            "####",
            "(hidden)",
        ] {
            let masked = text.replace("Action%3DX", &format!("Action%3D{mask}"));
            let refusal = read(&format!("{message}{masked}"));
            assert_eq!(refusal.server_text.as_deref(), Some(&*masked));
            assert_eq!(refusal.extent, Extent::Masked, "{mask}");
        }
    }

    #[test]
    fn escapes_of_escapes_are_removed_in_one_pass() {
        assert_eq!(unescaped("&amp;#38;lt;&#38;#x26;amp;"), "<&");
        let escaped = format!("a&{}b&lt;", "amp;".repeat(250_000));
        assert_eq!(unescaped(&escaped), "a&b<");
    }

    #[test]
    fn reads_canonical_requests() {
        let canonical = "POST\n/\nA=1\nhost:a\n\nhost\nff";
        let message = "Specified signature does not match our calculation. server StringToSign is [ACS3-HMAC-SHA256\nff] server CanonicalRequest is [";
        let json = serde_json::json!({ "Code": "SignatureDoesNotMatch", "Message": format!("{message}{canonical}]") });
        assert_eq!(
            read(&json.to_string()).server_text.as_deref(),
            Some(canonical)
        );
        let log = format!("{message}{canonical}]").replace('\n', "\\n");
        assert_eq!(read(&log).server_text.as_deref(), Some(canonical));
        assert_eq!(read(canonical).server_text.as_deref(), Some(canonical));
    }

    #[test]
    fn newer_sdks_report_the_message_without_the_code() {
        for (message, code) in [
            (
                "Specified signature is not matched with our calculation.",
                "SignatureDoesNotMatch",
            ),
            (
                "Specified access key is not found.",
                "InvalidAccessKeyId.NotFound",
            ),
            (
                "Specified time stamp or date value is expired.",
                "InvalidTimeStamp.Expired",
            ),
            (
                "Specified signature nonce was used already.",
                "SignatureNonceUsed",
            ),
        ] {
            let refusal = read(&format!("TeaException: code: 400, {message} request id: 1"));
            assert_eq!(refusal.code.as_deref(), Some(code));
            assert!(refusal.meaning.is_some(), "{code}");
        }
    }

    #[test]
    fn the_comparison_of_an_sdk_counts_more_than_the_servers_code() {
        let go = "SDK.ServerError\nErrorCode: SignatureDoesNotMatch\nRecommend: InvalidAccessKeySecret: Please check you AccessKeySecret";
        assert_eq!(read(go).code.as_deref(), Some(SDK_SECRET));
    }

    #[test]
    fn other_refusals_have_no_text() {
        let refusal = read(
            r#"{"Code":"InvalidTimeStamp.Expired","Message":"Specified time stamp or date value is expired."}"#,
        );
        assert_eq!(refusal.meaning.unwrap().prefix, "InvalidTimeStamp.Expired");
        assert_eq!(refusal.server_text, None);
        assert!(read("").code.is_none());
    }
}
