//! A response of the gateway: status, headers, body, and an outcome for the log.

use crate::http::{Headers, header};
use crate::json::write::to_json;
use crate::text::Text;
use serde::{Deserialize, Serialize};

/// A response to send.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Headers, with names in lower case.
    pub headers: Headers,
    /// The body.
    pub body: String,
    /// The outcome for the log: `created`, `pending`, a problem's code.
    pub outcome: String,
    /// Alibaba Cloud's Code, for the log, if the response is about a failed call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vendor_code: Option<String>,
    /// The RequestId of the same call, for the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vendor_request_id: Option<String>,
}

/// The body contains personal data, so it is not printed.
impl std::fmt::Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reply")
            .field("status", &self.status)
            .field("outcome", &self.outcome)
            .finish_non_exhaustive()
    }
}

impl Reply {
    /// A response with a JSON body that must not be cached.
    pub fn json<T: Serialize + ?Sized>(status: u16, body: &T) -> Self {
        Self::text(status, "application/json", to_json(body))
    }

    /// A response with a serialized body that must not be cached.
    pub fn text(status: u16, content_type: &str, body: String) -> Self {
        Self {
            status,
            headers: vec![
                ("content-type".to_owned(), content_type.to_owned()),
                ("cache-control".to_owned(), "no-store".to_owned()),
                ("x-content-type-options".to_owned(), "nosniff".to_owned()),
            ],
            body,
            outcome: "ok".to_owned(),
            vendor_code: None,
            vendor_request_id: None,
        }
    }

    /// A response without a body.
    pub fn empty(status: u16) -> Self {
        Self {
            status,
            headers: vec![("cache-control".to_owned(), "no-store".to_owned())],
            body: String::new(),
            outcome: "ok".to_owned(),
            vendor_code: None,
            vendor_request_id: None,
        }
    }

    /// Replaces the outcome for the log.
    #[must_use]
    pub fn with_outcome(mut self, outcome: &str) -> Self {
        outcome.clone_into(&mut self.outcome);
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub(super) fn with_headers(mut self, headers: &[(String, String)]) -> Self {
        self.headers.extend_from_slice(headers);
        self
    }

    pub(super) fn with_content_type(mut self, content_type: &str) -> Self {
        for (name, value) in &mut self.headers {
            if name == "content-type" {
                content_type.clone_into(value);
            }
        }
        self
    }
}

/// The language of `title` and `detail`; `messages` has both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Simplified Chinese.
    Zh,
    /// English.
    En,
}

impl Language {
    /// The language that `Accept-Language` prefers; English if it contains neither (RFC 9110
    /// §12.5.4).
    pub fn accepted(headers: &[(String, String)]) -> Self {
        let list = header(headers, "accept-language").unwrap_or_default();
        let weight = |wanted: &str| {
            list.split(',')
                .filter_map(|range| {
                    let mut parts = range.split(';');
                    let tag = parts.next()?.trim().to_ascii_lowercase();
                    let primary = tag.split('-').next()?;
                    let weight = parts
                        .find_map(|part| part.trim().strip_prefix("q="))
                        .map_or(Some(1_000), |q| thousandths(q.trim()))?;
                    (primary == wanted).then_some(weight)
                })
                .fold(0, u32::max)
        };
        if weight("zh") > weight("en") {
            Self::Zh
        } else {
            Self::En
        }
    }

    /// The text in this language.
    pub fn pick(self, text: &Text) -> &str {
        match self {
            Self::Zh => &text.zh,
            Self::En => &text.en,
        }
    }
}

/// A weight from 0 to 1, with up to three decimals (RFC 9110 §12.4.2).
fn thousandths(weight: &str) -> Option<u32> {
    let (whole, fraction) = weight.split_once('.').unwrap_or((weight, ""));
    if !matches!(whole, "0" | "1") || fraction.len() > 3 {
        return None;
    }
    let digits = fraction.bytes().chain([b'0'; 3]).take(3);
    let thousandths = whole.bytes().chain(digits).try_fold(0_u32, |sum, digit| {
        let digit = char::from(digit).to_digit(10)?;
        Some(sum.wrapping_mul(10).wrapping_add(digit))
    });
    thousandths.filter(|weight| *weight <= 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefers_what_the_reader_prefers() {
        for (header, language) in [
            ("zh-CN,zh;q=0.9,en;q=0.8", Language::Zh),
            ("zh", Language::Zh),
            ("en-US,zh;q=0.5", Language::En),
            ("en;q=0.2, zh-Hans;q=0.7", Language::Zh),
            ("zh;q=0", Language::En),
            ("fr", Language::En),
            ("zh;q=nonsense", Language::En),
            ("en;q=0.123, zh;q=0.124", Language::Zh),
            ("en;q=0.5, zh;q=1.000", Language::Zh),
            ("en;q=0.5, zh;q=2", Language::En),
            ("", Language::En),
        ] {
            let headers = [("Accept-Language".to_owned(), header.to_owned())];
            assert_eq!(Language::accepted(&headers), language, "{header}");
        }
    }
}
