//! Any two texts, separated by NUL, as the signed text, local and Alibaba Cloud's: never panics, and reports no
//! difference only if they are equal.

use cloudauth_edge::signing::SignatureVersion;
use cloudauth_edge::signing::difference::first_difference;

pub fn run(bytes: &[u8]) {
    let Ok(text) = core::str::from_utf8(bytes) else {
        return;
    };
    let (ours, theirs) = text.split_once('\0').unwrap_or((text, text));
    for version in [SignatureVersion::Rpc, SignatureVersion::Acs3] {
        assert_eq!(
            first_difference(version, ours, theirs).is_none(),
            ours == theirs
        );
    }
}
