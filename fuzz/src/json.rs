//! Any text as JSON is accepted, rejected and parsed as by serde_json; also any bytes as a request body of the gateway.

use cloudauth_edge::gateway::body;
use cloudauth_edge::json::read;
use serde::de::IgnoredAny;

pub fn run(bytes: &[u8]) {
    let headers = [("content-type".to_owned(), "application/json".to_owned())];
    let members = body::members(&headers, bytes);
    let Ok(text) = core::str::from_utf8(bytes) else {
        assert!(members.is_err());
        return;
    };
    let is_json = serde_json::from_str::<IgnoredAny>(text).is_ok();
    assert_eq!(
        read::value(text, usize::MAX).is_some(),
        is_json,
        "whether it is JSON"
    );
    // A body may begin with a byte order mark.
    assert!(is_json || text.starts_with('\u{FEFF}') || members.is_err());
    if is_json && text.trim_ascii().starts_with('"') {
        let theirs = serde_json::from_str::<String>(text).ok();
        assert_eq!(read::string(text.trim_ascii()), theirs, "what it says");
    }
}
