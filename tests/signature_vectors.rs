//! Checks every stage of every published signature; see `vectors/README.md`.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "vectors/check.rs"]
mod check;

#[test]
fn rpc_1_0() {
    assert_eq!(check::rpc(), 15);
}

#[test]
fn acs3_hmac_sha256() {
    assert_eq!(check::acs3(), 9);
}

#[test]
fn wycheproof_hmac_sha1() {
    assert_eq!(check::hmac_sha1(), 170);
}

#[test]
fn wycheproof_hmac_sha256() {
    assert_eq!(check::hmac_sha256(), 174);
}
