//! The vendor's envelopes, in JSON and XML.

use super::errors::Refusal;
use crate::actions::Action;
use crate::codes;
use crate::prelude::*;
use crate::signing::encode::hex;
use serde_json::{Map, Value};

/// The language of an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `Format=JSON`
    Json,
    /// `Format=XML`
    Xml,
}

/// An envelope before it is written.
#[derive(Debug)]
pub struct Envelope {
    /// HTTP status.
    pub status: u16,
    root: String,
    members: Map<String, Value>,
}

impl Envelope {
    /// Code 200 with its ResultObject.
    pub fn success(action: &Action, result: Map<String, Value>) -> Self {
        let mut envelope = Self::service(action, "200");
        envelope.put("ResultObject", Value::Object(result));
        envelope
    }

    /// A Code of the service: HTTP status 200, no ResultObject.
    pub fn service(action: &Action, code: &str) -> Self {
        let mut envelope = Self {
            status: 200,
            root: [action.name, "Response"].concat(),
            members: Map::new(),
        };
        let message = codes::code(code).map_or("", |known| known.vendor_message);
        envelope.put("Code", code.into());
        envelope.put("Message", message.into());
        envelope
    }

    /// An error of the API gateway on `host`.
    pub fn gateway(refusal: &Refusal, host: &str, request_id: &str) -> Self {
        let mut envelope = Self {
            status: refusal.status,
            root: "Error".to_owned(),
            members: Map::new(),
        };
        let recommend = alloc::format!(
            "https://api.aliyun.com/troubleshoot?q={}&product=Cloudauth&requestId={request_id}",
            refusal.code
        );
        envelope.put("Code", refusal.code.as_ref().into());
        envelope.put("Message", refusal.message.as_ref().into());
        envelope.put("HostId", host.into());
        envelope.put("Recommend", recommend.into());
        envelope
    }

    fn put(&mut self, name: &str, value: Value) {
        self.members.insert(name.to_owned(), value);
    }

    /// The content type and the body.
    pub fn write(mut self, format: Format, request_id: &str) -> (&'static str, Vec<u8>) {
        self.put("RequestId", request_id.into());
        let members = Value::Object(self.members);
        let (content_type, text) = match format {
            Format::Json => ("application/json;charset=utf-8", members.to_string()),
            Format::Xml => {
                let mut text = String::from("<?xml version='1.0' encoding='UTF-8'?>");
                element(&mut text, &self.root, &members);
                ("text/xml;charset=utf-8", text)
            }
        };
        (content_type, text.into_bytes())
    }
}

/// An upper-case UUID, as the vendor's RequestIds are, of random bytes.
pub fn request_id(random: [u8; 16]) -> String {
    let mut bytes = random;
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

#[cfg(test)]
mod tests {
    use super::*;

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
