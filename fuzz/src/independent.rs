//! A signer and verifier that shares no code with the crate: written from Alibaba Cloud's pages, with other libraries
//! for the form and the percent-encoding.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// All except the unreserved characters of RFC 3986.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

pub fn form(bytes: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(bytes).into_owned().collect()
}

fn canonicalized(mut pairs: Vec<(String, String)>) -> String {
    pairs.sort();
    let encoded: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    encoded.join("&")
}

/// The signature "1.0" of all parameters except `Signature`.
pub fn rpc_signature(method: &str, mut pairs: Vec<(String, String)>, secret: &str) -> String {
    pairs.retain(|(name, _)| name != "Signature");
    let string_to_sign = format!("{method}&{}&{}", encode("/"), encode(&canonicalized(pairs)));
    let key = format!("{secret}&");
    let mut mac = Hmac::<Sha1>::new_from_slice(key.as_bytes()).expect("any key");
    mac.update(string_to_sign.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// The value of one member of the `Authorization` header of ACS3.
pub fn member<'a>(authorization: &'a str, name: &str) -> Option<&'a str> {
    let members = authorization.strip_prefix("ACS3-HMAC-SHA256 ")?;
    let (_, value) = members
        .split(',')
        .filter_map(|one| one.trim().split_once('='))
        .find(|(known, _)| *known == name)?;
    Some(value)
}

/// The signature "ACS3-HMAC-SHA256" of a request with these signed headers.
pub fn acs3_signature(
    (method, path, query): (&str, &str, &str),
    headers: &[(String, String)],
    signed: &str,
    body: &[u8],
    secret: &str,
) -> Option<String> {
    let mut names: Vec<&str> = signed.split(';').collect();
    names.sort_unstable();
    names.dedup();
    let value = |name: &str| {
        let found = headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.trim())
    };
    let mut lines = String::new();
    for name in &names {
        lines.push_str(&format!("{name}:{}\n", value(name)?));
    }
    let request = [
        method,
        path,
        &canonicalized(form(query.as_bytes())),
        &lines,
        &names.join(";"),
        &sha256(body),
    ]
    .join("\n");
    let string_to_sign = format!("ACS3-HMAC-SHA256\n{}", sha256(request.as_bytes()));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key");
    mac.update(string_to_sign.as_bytes());
    Some(hex::encode(mac.finalize().into_bytes()))
}
