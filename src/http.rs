//! HTTP messages as plain data: what the host is to send, and what it received.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Header names and values in the order they came or are to be sent.
pub type Headers = Vec<(String, String)>;

/// Headers of our own making: names in lower case, in the order they are to be sent.
pub type OutgoingHeaders = Vec<(&'static str, Cow<'static, str>)>;

/// The first value of a header; names compare without regard to case (RFC 9110 §5.1).
pub fn header<'a, N: AsRef<str>, V: AsRef<str>>(
    headers: &'a [(N, V)],
    name: &str,
) -> Option<&'a str> {
    headers
        .iter()
        .find(|(candidate, _)| candidate.as_ref().eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_ref())
}

/// The first value with this name.
#[cfg(any(feature = "gateway", feature = "sandbox"))]
pub(crate) fn first_value<'a, T>(pairs: &'a [(String, T)], name: &str) -> Option<&'a T> {
    let found = pairs.iter().find(|(candidate, _)| candidate == name);
    found.map(|(_, value)| value)
}

/// A request that the host is to send exactly unchanged: changing a byte breaks the signature.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct OutgoingRequest {
    /// `POST` or `GET`.
    pub method: &'static str,
    /// Absolute URL.
    pub url: String,
    /// All headers but `host`, which the host's HTTP client sets.
    pub headers: OutgoingHeaders,
    /// The body, `None` where the method or the scheme has none.
    pub body: Option<String>,
}

/// The URL's query and the body hold personal data and are not printed.
impl std::fmt::Debug for OutgoingRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OutgoingRequest")
            .field("method", &self.method)
            .field("url", &self.url.split('?').next())
            .field("body_bytes", &self.body.as_ref().map(String::len))
            .finish_non_exhaustive()
    }
}

/// A request that reached a server of ours.
#[derive(Clone, Deserialize)]
pub struct IncomingRequest {
    /// As received, upper case.
    pub method: String,
    /// The path, beginning with `/`, still percent-encoded.
    pub path: String,
    /// What stands behind `?`, still percent-encoded; empty when there is none.
    #[serde(default)]
    pub query: String,
    /// All headers.
    pub headers: Headers,
    /// The body's bytes; empty when there is none. They cross a boundary apart from the rest.
    #[serde(skip)]
    pub body: Vec<u8>,
}

/// Query, headers and body hold personal data and credentials and are not printed.
impl std::fmt::Debug for IncomingRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IncomingRequest")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// An answer: received from Alibaba Cloud, or to be sent by a server of ours.
#[derive(Clone, Serialize, Deserialize)]
pub struct Response {
    /// HTTP status code.
    pub status: u16,
    /// All headers.
    pub headers: Headers,
    /// The body's bytes. They cross a boundary apart from the rest.
    #[serde(skip)]
    pub body: Vec<u8>,
}

/// Headers and body hold personal data and are not printed.
impl std::fmt::Debug for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}
