//! Any text as JSON is accepted, rejected and parsed as by serde_json; also any bytes as a request
//! body of the gateway.
#![no_main]

use cloudauth_edge::gateway::body;
use cloudauth_edge::json::read;
use libfuzzer_sys::fuzz_target;
use serde::de::IgnoredAny;

fuzz_target!(|bytes: &[u8]| {
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
    assert!(is_json || members.is_err());
    if is_json && text.trim_ascii().starts_with('"') {
        let theirs = serde_json::from_str::<String>(text).ok();
        assert_eq!(read::string(text.trim_ascii()), theirs, "what it says");
    }
});
