//! Whether a request of the vendor's protocol was signed by whom it says, and just now.

use super::errors::{self, Refusal};
use super::request::{Claim, Pairs, Proof, read_form};
use crate::credentials::Secret;
use crate::http::{IncomingRequest, header};
use crate::prelude::*;
use crate::signing::canonical::canonicalized_query;
use crate::signing::{acs3, rpc};
use crate::timestamp::Timestamp;

/// How far a request's timestamp may be from the server's clock, either way.
const WINDOW_MILLIS: i64 = 15 * 60 * 1_000;
/// How long a nonce is remembered: a request with it is too old afterwards anyway.
pub const NONCE_MILLIS: i64 = 2 * WINDOW_MILLIS;

impl Claim {
    /// Checks the signature by making it anew with the key's secret.
    ///
    /// # Errors
    /// SignatureDoesNotMatch, whose message quotes the request as the vendor's does.
    pub fn check_signature(
        &self,
        request: &IncomingRequest,
        secret: &Secret,
    ) -> Result<(), Refusal> {
        let note = "compare the string-to-sign in the message with your own: where they are equal, \
            the AccessKeySecret is wrong";
        match &self.proof {
            Proof::Rpc { signature } => {
                let (string_to_sign, expected) =
                    rpc::sign(&request.method, &self.parameters, secret);
                if Secret::new(expected).constant_time_eq(signature) {
                    return Ok(());
                }
                let detail = ["server string to sign is:", &string_to_sign].concat();
                Err(errors::SIGNATURE_DOES_NOT_MATCH.saying(&detail, note))
            }
            Proof::Acs3 {
                signed_headers,
                signature,
            } => {
                let headers: Pairs = request
                    .headers
                    .iter()
                    .filter(|(name, _)| signed_headers.contains(&name.to_ascii_lowercase()))
                    .cloned()
                    .collect();
                let query = read_form(request.query.as_bytes())?;
                let payload_hash = acs3::hex_sha256(&request.body);
                let (canonical_request, _) = acs3::canonical_request(&acs3::Canonical {
                    method: &request.method,
                    uri: &request.path,
                    query: &canonicalized_query(&query),
                    headers: &headers,
                    payload_hash: &payload_hash,
                });
                let string_to_sign = acs3::string_to_sign(&canonical_request);
                let expected = acs3::signature(secret, &string_to_sign);
                if !Secret::new(expected).constant_time_eq(signature) {
                    return Err(Refusal {
                        message: [
                            "Specified signature does not match our calculation. server StringToSign is [",
                            &string_to_sign,
                            "] server CanonicalRequest is [",
                            &canonical_request,
                            "]",
                        ]
                        .concat()
                        .into(),
                        ..errors::SIGNATURE_DOES_NOT_MATCH.because(note)
                    });
                }
                let claimed = header(&request.headers, "x-acs-content-sha256");
                if claimed.map(str::trim) != Some(payload_hash.as_str()) {
                    return Err(errors::invalid(
                        "ContentSha256",
                        "x-acs-content-sha256 is not the SHA-256 of the body",
                    ));
                }
                Ok(())
            }
        }
    }

    /// Checks that a request was signed just now, by the server's clock.
    ///
    /// # Errors
    /// InvalidTimeStamp, for its form or its age.
    pub fn check_timestamp(&self, now: Timestamp) -> Result<(), Refusal> {
        let Some(timestamp) = Timestamp::parse_iso8601(&self.timestamp) else {
            return Err(errors::TIMESTAMP_FORMAT.because(
                "the timestamp must be UTC as yyyy-MM-ddTHH:mm:ssZ, without milliseconds",
            ));
        };
        if now.millis_since(timestamp).saturating_abs() > WINDOW_MILLIS {
            let note = "the timestamp is more than 15 minutes from the server's clock, ";
            return Err(errors::TIMESTAMP_EXPIRED.because([note, &now.to_string()].concat()));
        }
        Ok(())
    }

    /// A key for remembering the nonce: hashed, because a nonce may have any length.
    pub fn nonce_key(&self) -> String {
        let hash = acs3::hex_sha256(self.nonce.as_bytes());
        ["nonce/", &self.access_key_id, "/", &hash].concat()
    }
}
