//! Any two texts as the signed text, local and Alibaba Cloud's: never panics, and reports no
//! difference only if they are equal.
#![no_main]

use cloudauth_edge::signing::SignatureVersion;
use cloudauth_edge::signing::difference::first_difference;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|texts: (&str, &str)| {
    let (ours, theirs) = texts;
    for version in [SignatureVersion::Rpc, SignatureVersion::Acs3] {
        assert_eq!(
            first_difference(version, ours, theirs).is_none(),
            ours == theirs
        );
    }
});
