//! Any bytes as a response: never panics, and returns `passed` only if they contain `T`.
#![no_main]

use cloudauth_edge::actions::{DESCRIBE_FACE_VERIFY, INIT_FACE_VERIFY};
use cloudauth_edge::http::Response;
use cloudauth_edge::client::response::{Answer, Status, decode};
use cloudauth_edge::timestamp::Timestamp;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u16, Vec<u8>)| {
    let (status, body) = input;
    let says_t = body.windows(3).any(|bytes| bytes == b"\"T\"");
    let escaped = body.contains(&b'\\');
    let response = Response {
        status,
        headers: Vec::new(),
        body,
    };
    let now = Timestamp::from_unix_millis(1_700_000_000_000);
    let _ = decode(&INIT_FACE_VERIFY, &response, now);
    if let Ok(Answer::Describe(result)) = decode(&DESCRIBE_FACE_VERIFY, &response, now) {
        assert!(result.status != Status::Passed || says_t || escaped);
    }
});
