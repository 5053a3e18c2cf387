//! What every response of the gateway must be.

use cloudauth_edge::gateway::arrival::Routed;
use cloudauth_edge::gateway::reply::Reply;
use cloudauth_edge::http::header;
use serde_json::Value;

/// Checks a response: it can be sent, its body has the declared format, and an error of the REST routes is a complete
/// problem.
pub fn check(routed: &Routed, reply: &Reply) {
    assert!((200..600).contains(&reply.status), "{reply:?}");
    for (name, value) in routed.headers.iter().chain(&reply.headers) {
        let name = http::HeaderName::from_bytes(name.as_bytes());
        assert!(name.is_ok(), "{name:?}");
        let value = http::HeaderValue::from_str(value);
        assert!(value.is_ok(), "the value of {name:?} cannot be sent");
    }
    let content_type = header(&reply.headers, "content-type").unwrap_or_default();
    if content_type.starts_with("text/xml") {
        let document = roxmltree::Document::parse(&reply.body);
        assert!(document.is_ok(), "{:?}", document.err());
    }
    if content_type.contains("json") {
        let body: Value = serde_json::from_str(&reply.body).expect("it is JSON");
        if reply.status >= 400 && content_type.contains("problem") {
            for member in ["code", "audience", "retryable", "execution", "requestId"] {
                assert!(body.get(member).is_some(), "a problem without {member}");
            }
            assert!(body["execution"] != "unknown" || body["retryable"] == false);
        }
    }
}
