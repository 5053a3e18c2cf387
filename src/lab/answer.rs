//! A refusal of the vendor's gateway, as people copy it: JSON, XML, or a line of a log.

use crate::codes::{self, GatewayCode};
use crate::prelude::*;
use serde::Serialize;
use serde_json::Value;

/// What a pasted refusal tells.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    /// The code, such as `SignatureDoesNotMatch`.
    pub code: Option<String>,
    /// What the code means.
    pub meaning: Option<&'static GatewayCode>,
    /// The vendor's RequestId.
    pub request_id: Option<String>,
    /// What the server signed: the string-to-sign of RPC, the canonical request of ACS3.
    pub server_text: Option<String>,
}

/// Codes that stand in logs without anything around them that would tell where they are.
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
];

/// Reads a refusal.
pub fn read(text: &str) -> Refusal {
    let text = text.trim();
    let json: Option<Value> = serde_json::from_str(text).ok();
    let member = |name: &str| Some(json.as_ref()?.get(name)?.as_str()?.to_owned());
    let element = |name: &str| {
        let (_, rest) = text.split_once(&alloc::format!("<{name}>"))?;
        let (value, _) = rest.split_once(&alloc::format!("</{name}>"))?;
        Some(unescaped(value.trim()))
    };
    let find = |name: &str| member(name).or_else(|| element(name));
    let code = find("Code").or_else(|| {
        let word = WORDS.iter().find(|word| text.contains(**word))?;
        Some((*word).to_owned())
    });
    let message = find("Message").unwrap_or_else(|| unescaped(text));
    Refusal {
        meaning: code.as_deref().and_then(codes::gateway_code),
        request_id: find("RequestId"),
        server_text: server_text(&message),
        code,
    }
}

/// What the server signed, out of its message or pasted alone.
fn server_text(message: &str) -> Option<String> {
    if let Some((_, rest)) = message.split_once("server CanonicalRequest is [") {
        let end = rest.rfind(']').unwrap_or(rest.len());
        return rest.get(..end).map(with_line_feeds);
    }
    if let Some((_, rest)) = message.split_once("string to sign is:") {
        return Some(word(rest.trim_start())).filter(|text| !text.is_empty());
    }
    let alone = ["POST&%2F&", "GET&%2F&"]
        .iter()
        .any(|start| message.starts_with(start));
    if alone {
        return Some(word(message));
    }
    let canonical = ["POST\n/", "GET\n/"]
        .iter()
        .any(|start| message.starts_with(start));
    canonical.then(|| message.to_owned())
}

/// Up to the first white space or quote: a string-to-sign holds neither.
fn word(text: &str) -> String {
    let end = text.find(|character: char| {
        character.is_whitespace() || matches!(character, '"' | '\'' | '<' | ',')
    });
    text.get(..end.unwrap_or(text.len()))
        .unwrap_or_default()
        .to_owned()
}

/// Logs write a line feed as `\n`.
fn with_line_feeds(text: &str) -> String {
    if text.contains('\n') {
        text.to_owned()
    } else {
        text.replace("\\n", "\n")
    }
}

/// Without the escapes of XML, and of JSON that was pasted in part.
fn unescaped(text: &str) -> String {
    text.replace("\\u0026", "&")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
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
            alloc::format!(
                r#"{{"Code":"SignatureDoesNotMatch","RequestId":"R","Message":"{message}{text}"}}"#
            ),
            alloc::format!(
                r#"{{"Code":"SignatureDoesNotMatch","RequestId":"R","Message":"{message}{}"}}"#,
                text.replace('&', "\\u0026")
            ),
            alloc::format!(
                "<?xml version='1.0'?><Error><RequestId>R</RequestId><Code>SignatureDoesNotMatch</Code><Message>{message}{}</Message></Error>",
                text.replace('&', "&amp;")
            ),
            alloc::format!(
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
    fn reads_canonical_requests() {
        let canonical = "POST\n/\nA=1\nhost:a\n\nhost\nff";
        let message = "Specified signature does not match our calculation. server StringToSign is [ACS3-HMAC-SHA256\nff] server CanonicalRequest is [";
        let json = serde_json::json!({ "Code": "SignatureDoesNotMatch", "Message": alloc::format!("{message}{canonical}]") });
        assert_eq!(
            read(&json.to_string()).server_text.as_deref(),
            Some(canonical)
        );
        let log = alloc::format!("{message}{canonical}]").replace('\n', "\\n");
        assert_eq!(read(&log).server_text.as_deref(), Some(canonical));
        assert_eq!(read(canonical).server_text.as_deref(), Some(canonical));
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
