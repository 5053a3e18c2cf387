//! HTTP messages as plain data: requests for the host to send, and messages that it received.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The media type of a form.
pub(crate) const FORM_TYPE: &str = "application/x-www-form-urlencoded";

/// Header names and values, in order.
pub type Headers = Vec<(String, String)>;

/// Headers to send: names in lower case, in order.
pub type OutgoingHeaders = Vec<(&'static str, Cow<'static, str>)>;

/// The first value of a header; names are case-insensitive (RFC 9110 §5.1).
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

/// A request that the host must send unchanged: changing a byte breaks the signature.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct OutgoingRequest {
    /// `POST` or `GET`.
    pub method: &'static str,
    /// Absolute URL.
    pub url: String,
    /// All headers except `host`, which the HTTP client sets.
    pub headers: OutgoingHeaders,
    /// The body; `None` if the method or the scheme has none.
    pub body: Option<String>,
    /// Whether losing the connection costs more than opening one: if it is lost, it is unknown what the request started.
    pub once: bool,
}

/// The URL's query and the body contain personal data, so they are not printed.
impl std::fmt::Debug for OutgoingRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OutgoingRequest")
            .field("method", &self.method)
            .field("url", &self.url.split('?').next())
            .field("body_bytes", &self.body.as_ref().map(String::len))
            .finish_non_exhaustive()
    }
}

/// A request that one of this crate's servers received.
#[derive(Clone, Deserialize)]
pub struct IncomingRequest {
    /// The method as received, in upper case.
    pub method: String,
    /// The percent-encoded path, starting with `/`.
    pub path: String,
    /// The percent-encoded query after `?`; empty if there is none.
    #[serde(default)]
    pub query: String,
    /// All headers.
    pub headers: Headers,
    /// The bytes of the body; empty if there is none. They cross the WebAssembly boundary
    /// separately.
    #[serde(skip)]
    pub body: Vec<u8>,
}

/// Query, headers and body contain personal data and credentials, so they are not printed.
impl std::fmt::Debug for IncomingRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IncomingRequest")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// A response: received from Alibaba Cloud, or sent by one of this crate's servers.
#[derive(Clone, Serialize)]
pub struct Response {
    /// HTTP status code.
    pub status: u16,
    /// All headers.
    pub headers: Headers,
    /// The bytes of the body. They cross the WebAssembly boundary separately.
    #[serde(skip)]
    pub body: Vec<u8>,
}

/// Headers and body contain personal data, so they are not printed.
impl std::fmt::Debug for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}
