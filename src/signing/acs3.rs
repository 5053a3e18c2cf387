//! ACS3-HMAC-SHA256, Alibaba Cloud's "V3": a signature over method, path, query, headers and body.
//!
//! Alibaba Cloud's page: *V3 request structure and signature mechanism*
//! (help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature).

use super::canonical::sorted;
use crate::secret::Secret;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// The scheme's name in the `Authorization` header and the string to sign.
pub const ALGORITHM: &str = "ACS3-HMAC-SHA256";

/// The headers that every request has, besides `host` and `authorization`.
pub const MANDATORY_HEADERS: [&str; 5] = [
    "x-acs-action",
    "x-acs-version",
    "x-acs-date",
    "x-acs-signature-nonce",
    "x-acs-content-sha256",
];

/// Whether a request that has this header must sign it. The name is in lower case.
pub fn must_be_signed(name: &str) -> bool {
    name.starts_with("x-acs-") || matches!(name, "host" | "content-type")
}

/// SHA-256 in lower-case hexadecimal, the format of `x-acs-content-sha256`.
pub fn hex_sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// The parts of a canonical request.
#[derive(Clone, Copy)]
pub struct Canonical<'a, N, V> {
    /// HTTP method, as sent.
    pub method: &'a str,
    /// The path; `/` for RPC-style actions.
    pub uri: &'a str,
    /// The canonicalized query ([`super::canonical::canonicalized_query`]).
    pub query: &'a str,
    /// The signed headers; names in any case.
    pub headers: &'a [(N, V)],
    /// SHA-256 of the exact body bytes, in lower-case hexadecimal.
    pub payload_hash: &'a str,
}

/// The query contains personal data and the headers credentials, so they are not printed.
impl<N, V> std::fmt::Debug for Canonical<'_, N, V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Canonical").finish_non_exhaustive()
    }
}

/// Returns the canonical request, and the names of the signed headers joined with `;`.
pub fn canonical_request<N: AsRef<str>, V: AsRef<str>>(
    parts: &Canonical<'_, N, V>,
) -> (String, String) {
    let (headers, signed_headers) = canonical_headers(parts.headers);
    // The header block ends with its own line feed, so an empty line follows it.
    let request = [
        parts.method,
        "\n",
        parts.uri,
        "\n",
        parts.query,
        "\n",
        &headers,
        "\n",
        &signed_headers,
        "\n",
        parts.payload_hash,
    ]
    .concat();
    (request, signed_headers)
}

/// The string to sign: the scheme's name and the hash of the canonical request.
pub fn string_to_sign(canonical_request: &str) -> String {
    [ALGORITHM, "\n", &hex_sha256(canonical_request.as_bytes())].concat()
}

/// HMAC-SHA256 in lower-case hexadecimal. The signing key is the AccessKeySecret (without `&`).
pub fn signature(secret: &Secret, string_to_sign: &str) -> String {
    hex::encode(hmac_sha256(
        secret.expose().as_bytes(),
        string_to_sign.as_bytes(),
    ))
}

/// The `Authorization` header.
pub fn authorization(access_key_id: &str, signed_headers: &str, signature: &str) -> String {
    [
        ALGORITHM,
        " Credential=",
        access_key_id,
        ",SignedHeaders=",
        signed_headers,
        ",Signature=",
        signature,
    ]
    .concat()
}

/// HMAC-SHA256 (RFC 2104, FIPS 180-4).
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    // HMAC accepts keys of any length (RFC 2104), so the error arm is unreachable.
    Hmac::<Sha256>::new_from_slice(key).map_or([0; 32], |mut mac| {
        mac.update(message);
        mac.finalize().into_bytes().into()
    })
}

/// One `name:value\n` per header, names in lower case and sorted, values trimmed; the values of a
/// repeated header are sorted and joined with `,`.
fn canonical_headers<N: AsRef<str>, V: AsRef<str>>(headers: &[(N, V)]) -> (String, String) {
    let headers: Vec<(String, &str)> = headers
        .iter()
        .map(|(name, value)| (name.as_ref().to_ascii_lowercase(), value.as_ref().trim()))
        .collect();
    let mut block = String::new();
    let mut names = String::new();
    let mut before = None;
    for (name, value) in sorted(&headers) {
        if before == Some(name) {
            block.push(',');
        } else {
            if before.is_some() {
                block.push('\n');
                names.push(';');
            }
            names.push_str(name);
            block.push_str(name);
            block.push(':');
        }
        block.push_str(value);
        before = Some(name);
    }
    if before.is_some() {
        block.push('\n');
    }
    (block, names)
}
