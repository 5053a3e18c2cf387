//! The RPC signature, version "1.0" on the wire: HMAC-SHA1 over all parameters.
//!
//! Alibaba Cloud's page: *RPC mechanism* (help.aliyun.com/zh/sdk/product-overview/rpc-mechanism).
//! Alibaba Cloud's pages call it "V2" and its SDKs `signatureAlgorithm: "v2"`.

use super::canonical::{encode_pairs_twice, sorted};
use super::encode::percent_encode;
use crate::secret::Secret;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use zeroize::Zeroizing;

/// Value of the `SignatureMethod` parameter.
pub const SIGNATURE_METHOD: &str = "HMAC-SHA1";
/// Value of the `SignatureVersion` parameter.
pub const SIGNATURE_VERSION: &str = "1.0";

/// The common parameters of RPC requests.
pub const COMMON: [&str; 11] = [
    "AccessKeyId",
    "Action",
    "Format",
    "SecurityToken",
    "Signature",
    "SignatureMethod",
    "SignatureNonce",
    "SignatureType",
    "SignatureVersion",
    "Timestamp",
    "Version",
];

/// `METHOD&%2F&` and the percent-encoded canonicalized query.
pub fn string_to_sign(method: &str, canonicalized_query: &str) -> String {
    [method, ROOT, &percent_encode(canonicalized_query)].concat()
}

/// The percent-encoded path `/` between the parts of a string to sign.
const ROOT: &str = "&%2F&";

/// Returns the canonicalized query of sorted parameters and the [`string_to_sign`], encoded in one
/// pass.
pub fn canonicalized(method: &str, sorted: &[(&str, &str)]) -> (String, String) {
    encode_pairs_twice(&[method, ROOT].concat(), sorted)
}

/// Base64 of HMAC-SHA1; the signing key is the AccessKeySecret followed by `&`.
pub fn signature(secret: &Secret, string_to_sign: &str) -> String {
    let key = Zeroizing::new([secret.expose().as_bytes(), b"&"].concat());
    STANDARD.encode(hmac_sha1(&key, string_to_sign.as_bytes()))
}

/// The common parameters of every RPC request except `Signature`, sorted by name. `timestamp` has
/// the format of [`crate::timestamp::Timestamp::to_iso8601`].
pub fn common_parameters<'a>(
    action: &'a str,
    version: &'a str,
    access_key_id: &'a str,
    security_token: Option<&'a Secret>,
    nonce: &'a str,
    timestamp: &'a str,
) -> Vec<(&'static str, &'a str)> {
    let mut parameters = Vec::with_capacity(9);
    parameters.extend([
        ("AccessKeyId", access_key_id),
        ("Action", action),
        ("Format", "JSON"),
    ]);
    if let Some(token) = security_token {
        parameters.push(("SecurityToken", token.expose()));
    }
    parameters.extend([
        ("SignatureMethod", SIGNATURE_METHOD),
        ("SignatureNonce", nonce),
        ("SignatureVersion", SIGNATURE_VERSION),
        ("Timestamp", timestamp),
        ("Version", version),
    ]);
    parameters
}

/// Signs a complete request: `method` is `POST` or `GET`, `parameters` are all except `Signature`.
/// Returns the string to sign and the signature.
pub fn sign<N: AsRef<str>, V: AsRef<str>>(
    method: &str,
    parameters: &[(N, V)],
    secret: &Secret,
) -> (String, String) {
    let (_, string_to_sign) = canonicalized(method, &sorted(parameters));
    let signature = signature(secret, &string_to_sign);
    (string_to_sign, signature)
}

/// HMAC-SHA1 (RFC 2104, FIPS 180-4).
pub fn hmac_sha1(key: &[u8], message: &[u8]) -> [u8; 20] {
    // HMAC accepts keys of any length (RFC 2104), so the error arm is unreachable.
    Hmac::<Sha1>::new_from_slice(key).map_or([0; 20], |mut mac| {
        mac.update(message);
        mac.finalize().into_bytes().into()
    })
}
