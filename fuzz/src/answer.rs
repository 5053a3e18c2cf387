//! Any response of Alibaba Cloud: never panics, and returns `passed` only if the body contains `T`.

use super::message;
use cloudauth_edge::actions::{DESCRIBE_FACE_VERIFY, INIT_FACE_VERIFY};
use cloudauth_edge::client::response::{Answer, Status, decode};
use cloudauth_edge::timestamp::Timestamp;

pub fn run(bytes: &[u8]) {
    let response = message::response(bytes);
    let says_t = response.body.windows(3).any(|bytes| bytes == b"\"T\"");
    let escaped = response.body.contains(&b'\\');
    let now = Timestamp::from_unix_millis(1_700_000_000_000);
    let _ = decode(&INIT_FACE_VERIFY, &response, now);
    if let Ok(Answer::Describe(result)) = decode(&DESCRIBE_FACE_VERIFY, &response, now) {
        assert!(result.status != Status::Passed || says_t || escaped);
    }
}
