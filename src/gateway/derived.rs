//! Keys and secrets that are derived from the gateway's secret on demand, so that nothing stores them.

use crate::signing::acs3::hmac_sha256;
use crate::vendor::credentials::Secret;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// Derives 32 bytes from the gateway's secret, for `purpose` and `what`.
pub fn derive(secret: &Secret, purpose: &str, what: &str) -> Zeroizing<[u8; 32]> {
    let message = [purpose.as_bytes(), what.as_bytes()].join(&0);
    Zeroizing::new(hmac_sha256(secret.expose().as_bytes(), &message))
}

/// One of the keys that sign a caller's webhook deliveries.
pub fn webhook_key(secret: &Secret, caller: &str, number: u32) -> Zeroizing<[u8; 32]> {
    match number {
        1 => derive(secret, "webhook", caller),
        // No caller's id contains a slash.
        number => derive(secret, "webhook", &format!("{caller}/{number}")),
    }
}

/// The same key as text for the receiver, in the format of Standard Webhooks.
pub fn webhook_secret(secret: &Secret, caller: &str, number: u32) -> Secret {
    let mut text = "whsec_".to_owned();
    STANDARD.encode_string(webhook_key(secret, caller, number), &mut text);
    Secret::new(text)
}

/// The AccessKeySecret of a key pair that the gateway issued. An HMAC key cannot be stored as a
/// hash, so it is derived on demand from the gateway's secret and the AccessKeyId.
pub fn derived_key_secret(secret: &Secret, access_key_id: &str) -> Secret {
    Secret::new(hex::encode(derive(
        secret,
        "access-key-secret",
        access_key_id,
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_secrets_differ_by_key_purpose_and_gateway() {
        let of = |secret: &str, purpose, what| derive(&Secret::new(secret), purpose, what);
        let all = [
            of("a", "p", "q"),
            of("b", "p", "q"),
            of("a", "q", "q"),
            of("a", "p", "p"),
            of("a", "pq", ""),
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(!all[at + 1..].contains(one));
        }
    }
}
