//! Alibaba Cloud's response envelopes, in JSON and XML.

use super::errors::Refusal;
use crate::actions::Action;
use crate::json::read::{items, string};
use crate::json::write::Object;
use crate::vendor::codes;
use crate::xml;

/// The format of an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `Format=JSON`
    Json,
    /// `Format=XML`
    Xml,
}

/// An envelope before serialization.
pub struct Envelope {
    /// HTTP status.
    pub status: u16,
    root: String,
    members: Object,
}
redacted_debug!(Envelope);

impl Envelope {
    /// Code 200 with its ResultObject.
    pub fn success(action: &Action, result: &Object) -> Self {
        let mut envelope = Self::service(action, "200");
        envelope.members.put("ResultObject", result);
        envelope
    }

    /// One of the service's Codes: HTTP status 200, no ResultObject.
    pub fn service(action: &Action, code: &str) -> Self {
        let message = codes::code(code).map_or("", |known| known.vendor_message);
        Self {
            status: 200,
            root: format!("{}Response", action.name),
            members: Object::new().with("Code", code).with("Message", message),
        }
    }

    /// An error of the API gateway on `host`.
    pub fn api_gateway(refusal: &Refusal, host: &str, request_id: &str) -> Self {
        let page = [
            "https://api.aliyun.com/troubleshoot?q=",
            &refusal.code,
            "&product=Cloudauth&requestId=",
            request_id,
        ];
        let recommend = refusal
            .recommend
            .map_or_else(|| page.concat(), str::to_owned);
        Self {
            status: refusal.status,
            root: "Error".to_owned(),
            members: Object::new()
                .with("Code", &refusal.code)
                .with("Message", &refusal.message)
                .with("HostId", host)
                .with("Recommend", &recommend),
        }
    }

    /// Returns the content type and the body.
    pub fn write(mut self, format: Format, request_id: &str) -> (&'static str, String) {
        self.members.put("RequestId", request_id);
        let members = self.members.text();
        match format {
            Format::Json => ("application/json;charset=utf-8", members),
            Format::Xml => {
                let mut text = String::from("<?xml version='1.0' encoding='UTF-8'?>");
                element(&mut text, &self.root, &members);
                ("text/xml;charset=utf-8", text)
            }
        }
    }
}

/// Formats random bytes as an upper-case UUID, the format of Alibaba Cloud's RequestIds.
pub fn request_id(random: [u8; 16]) -> String {
    let mut bytes = random;
    // The version 4 and variant bits of RFC 9562 §5.4.
    let [_, _, _, _, _, _, version, _, variant, ..] = &mut bytes;
    *version = *version & 0x0F | 0x40;
    *variant = *variant & 0x3F | 0x80;
    let digits = hex::encode(bytes).to_ascii_uppercase();
    [0..8, 8..12, 12..16, 16..20, 20..32]
        .map(|group| digits.get(group).unwrap_or_default())
        .join("-")
}

/// Writes a JSON value as XML: nothing for null, one element per item of a list. `name` is an XML name.
fn element(out: &mut String, name: &str, value: &str) {
    let level = items(value);
    if value == "null" {
        return;
    }
    if let (true, Some(items)) = (value.starts_with('['), &level) {
        items.iter().for_each(|(_, item)| element(out, name, item));
        return;
    }
    let tag = |out: &mut String, before| {
        out.push_str(before);
        out.push_str(name);
        out.push('>');
    };
    tag(out, "<");
    if let Some(members) = level {
        for (name, member) in members {
            element(out, &xml_name(&string(name).unwrap_or_default()), member);
        }
    } else {
        let text = string(value).unwrap_or_else(|| value.to_owned());
        text.chars()
            .for_each(|character| xml::push_escaped(out, character));
    }
    tag(out, "</");
}

/// A member's name as an element's name. Alibaba Cloud's results have ASCII names, but the gateway also
/// passes on members that it does not know, and JSON permits any name: `_` replaces each character
/// that XML does not permit there, and precedes a name that would start with a digit.
fn xml_name(name: &str) -> String {
    let permitted = |letter: char| letter.is_ascii_alphanumeric() || "_-.".contains(letter);
    let name = name.replace(|letter| !permitted(letter), "_");
    if name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') {
        name
    } else {
        format!("_{name}")
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
            r#"{"A":"<a&b>\r\n\t\u0000\uFFFE","B":{"C":1},"D":null,"E":["x","y"]}"#,
        );
        assert_eq!(
            out,
            "<R><A>&lt;a&amp;b&gt;&#13;\n\t\u{FFFD}\u{FFFD}</A><B><C>1</C></B><E>x</E><E>y</E></R>"
        );
    }

    #[test]
    fn writes_elements_whose_names_xml_permits() {
        let mut out = String::new();
        element(
            &mut out,
            "R",
            r#"{"a b><c":1,"2D":2,"":3,"姓名":4,"x:y":5,"-":6,"Sub-Code.1":7,"^.{0,2}$":8}"#,
        );
        assert_eq!(
            out,
            "<R><a_b__c>1</a_b__c><_2D>2</_2D><_>3</_><__>4</__><x_y>5</x_y><_->6</_-><Sub-Code.1>7</Sub-Code.1><_._0_2__>8</_._0_2__></R>"
        );
    }

    #[test]
    fn request_ids_are_random_uuids_of_rfc_9562() {
        for (random, id) in [
            ([0x00; 16], "00000000-0000-4000-8000-000000000000"),
            ([0xFF; 16], "FFFFFFFF-FFFF-4FFF-BFFF-FFFFFFFFFFFF"),
        ] {
            assert_eq!(request_id(random), id);
        }
    }
}
