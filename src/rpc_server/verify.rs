//! Verifies the signature and the timestamp of an RPC request.

#[cfg(feature = "sandbox")]
use super::errors::ApiGatewayError;
use super::errors::{self, Refusal};
#[cfg(feature = "sandbox")]
use super::request::all_parameters;
use super::request::{Claim, Pairs, Proof, read_form};
use crate::http::{IncomingRequest, header};
use crate::signing::canonical::canonicalized_query;
use crate::signing::{SignatureVersion, TIMESTAMP_WINDOW_MILLIS, acs3, rpc};
use crate::timestamp::Timestamp;
use crate::vendor::credentials::Secret;
use crate::vendor::quoted::{ACS3_STRING_TO_SIGN, CANONICAL_REQUEST};

/// The longest string to sign that a message quotes. Anyone who knows an AccessKeyId can
/// send requests with a wrong signature, and a longer quotation costs as much as the verification.
const QUOTED_MAX: usize = 65_536;

/// How long a nonce is remembered; afterwards, its request's timestamp is no longer accepted.
pub const NONCE_MILLIS: i64 = 2 * TIMESTAMP_WINDOW_MILLIS;

impl Claim {
    /// Verifies the signature by recomputing it with the key's secret.
    ///
    /// # Errors
    /// SignatureDoesNotMatch; its message quotes the request, as Alibaba Cloud's does.
    pub fn check_signature(
        &self,
        request: &IncomingRequest,
        secret: &Secret,
    ) -> Result<(), Refusal> {
        let note = "compare the string to sign in the message with your own: where they are equal, \
            the AccessKeySecret is wrong";
        match &self.proof {
            Proof::Rpc { signature } => {
                let (string_to_sign, expected) =
                    rpc::sign(&request.method, &self.parameters, secret);
                if Secret::new(expected).constant_time_eq(signature) {
                    return Ok(());
                }
                if string_to_sign.len() > QUOTED_MAX {
                    return Err(rpc_mismatch_unquoted(string_to_sign.len()));
                }
                Err(errors::SIGNATURE_DOES_NOT_MATCH.quoting(&string_to_sign, note))
            }
            Proof::Acs3 {
                signed_headers,
                signature,
            } => {
                let (string_to_sign, canonical_request) = acs3_strings(request, signed_headers)?;
                let expected = acs3::signature(secret, &string_to_sign);
                if !Secret::new(expected).constant_time_eq(signature) {
                    return Err(acs3_mismatch(&string_to_sign, &canonical_request, note));
                }
                let claimed = header(&request.headers, "x-acs-content-sha256");
                if claimed.map(str::trim) != Some(acs3::hex_sha256(&request.body).as_str()) {
                    return Err(errors::invalid(
                        "ContentSha256",
                        "x-acs-content-sha256 is not the SHA-256 of the body",
                    ));
                }
                Ok(())
            }
        }
    }

    /// Whether the signature depends on the header Host.
    pub fn signs_host(&self) -> bool {
        matches!(self.proof, Proof::Acs3 { .. })
    }

    /// Verifies a request's timestamp against the server's clock.
    ///
    /// # Errors
    /// InvalidTimeStamp because of its format or its age.
    pub fn check_timestamp(&self, now: Timestamp) -> Result<(), Refusal> {
        let (version, form) = match &self.proof {
            Proof::Rpc { .. } => (
                SignatureVersion::Rpc,
                "the timestamp must be UTC as yyyy-MM-ddTHH:mm:ssZ or yyyy-MM-ddTHH:mm:ss.SSSZ",
            ),
            Proof::Acs3 { .. } => (
                SignatureVersion::Acs3,
                "the timestamp must be UTC as yyyy-MM-ddTHH:mm:ssZ, without milliseconds",
            ),
        };
        let Some(timestamp) = version.read_timestamp(&self.timestamp) else {
            return Err(errors::TIMESTAMP_FORMAT.because(form));
        };
        if now.millis_since(timestamp).saturating_abs() > TIMESTAMP_WINDOW_MILLIS {
            let note = "the timestamp is more than 15 minutes from the server's clock, ";
            return Err(errors::TIMESTAMP_EXPIRED.because(format!("{note}{now}")));
        }
        Ok(())
    }

    /// The storage key of a nonce: a hash, because a nonce can have any length.
    pub fn nonce_key(&self) -> String {
        let hash = acs3::hex_sha256(self.nonce.as_bytes());
        format!("nonce/{}/{hash}", self.access_key_id)
    }
}

/// The string to sign and the canonical request under ACS3.
fn acs3_strings(
    request: &IncomingRequest,
    signed_headers: &[String],
) -> Result<(String, String), Refusal> {
    let headers: Pairs = request
        .headers
        .iter()
        .filter(|(name, _)| signed_headers.contains(&name.to_ascii_lowercase()))
        .cloned()
        .collect();
    let query = read_form(request.query.as_bytes())?;
    let (canonical_request, _) = acs3::canonical_request(&acs3::Canonical {
        method: &request.method,
        uri: &request.path,
        query: &canonicalized_query(&query),
        headers: &headers,
        payload_hash: &acs3::hex_sha256(&request.body),
    });
    Ok((acs3::string_to_sign(&canonical_request), canonical_request))
}

/// SignatureDoesNotMatch without the string to sign. Old Python SDKs need the colon.
fn rpc_mismatch_unquoted(length: usize) -> Refusal {
    let error = errors::SIGNATURE_DOES_NOT_MATCH;
    let message = format!(
        "{} The server's string to sign is too long to be quoted: {length} bytes.",
        error.message
    );
    Refusal {
        message: message.into(),
        ..error.because("to see the string to sign, send the request with a shorter parameter")
    }
}

/// SignatureDoesNotMatch in the format of ACS3.
fn acs3_mismatch(string_to_sign: &str, canonical_request: &str, note: &str) -> Refusal {
    let message = format!(
        "Specified signature does not match our calculation. server {ACS3_STRING_TO_SIGN}{string_to_sign}] server {CANONICAL_REQUEST}{canonical_request}]"
    );
    Refusal {
        message: message.into(),
        ..errors::SIGNATURE_DOES_NOT_MATCH.because(note)
    }
}

/// An injected error in the format that fits this request. SDKs parse messages about signatures,
/// and some fail if a message quotes nothing.
#[cfg(feature = "sandbox")]
pub fn injected(error: &ApiGatewayError, request: &IncomingRequest, note: &str) -> Refusal {
    let quotes = [
        errors::SIGNATURE_DOES_NOT_MATCH,
        errors::INCOMPLETE_SIGNATURE,
    ];
    if !quotes.contains(&error) {
        return error.because(note);
    }
    if let Ok(claim) = Claim::read(request)
        && let Proof::Acs3 { signed_headers, .. } = &claim.proof
        && let Ok((string_to_sign, canonical_request)) = acs3_strings(request, signed_headers)
    {
        return if error == errors::SIGNATURE_DOES_NOT_MATCH {
            acs3_mismatch(&string_to_sign, &canonical_request, note)
        } else {
            error.because(note)
        };
    }
    let mut parameters = all_parameters(request).unwrap_or_default();
    parameters.retain(|(name, _)| name != "Signature");
    let (string_to_sign, _) = rpc::sign(&request.method, &parameters, &Secret::new(""));
    error.quoting(&string_to_sign, note)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(timestamp: &str) -> IncomingRequest {
        let query = [
            "Action=DescribeFaceVerify&Version=2019-03-07&AccessKeyId=k&SignatureNonce=n&Signature=s",
            "SignatureMethod=HMAC-SHA1&SignatureVersion=1.0",
            &format!("Timestamp={timestamp}"),
        ];
        IncomingRequest {
            method: "GET".to_owned(),
            path: "/".to_owned(),
            query: query.join("&"),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    fn claim(timestamp: &str) -> Claim {
        Claim::read(&request(timestamp)).unwrap()
    }

    /// Otherwise the same request would be accepted twice.
    #[test]
    fn a_nonce_is_remembered_as_long_as_its_request_is_accepted() {
        let timestamp = Timestamp::parse_iso8601("2026-11-18T11:06:40Z").unwrap();
        let claim = claim("2026-11-18T11:06:40Z");
        let accepted = |millis| claim.check_timestamp(timestamp.plus_millis(millis)).is_ok();
        let quarter_of_an_hour = 900_000;
        for (millis, expected) in [
            (-quarter_of_an_hour - 1, false),
            (-quarter_of_an_hour, true),
            (0, true),
            (quarter_of_an_hour, true),
            (quarter_of_an_hour + 1, false),
        ] {
            assert_eq!(accepted(millis), expected, "{millis}");
        }
        assert!(!accepted(NONCE_MILLIS - quarter_of_an_hour + 1));
        assert!(!accepted(i64::MAX) && !accepted(i64::MIN));
    }

    #[test]
    fn a_timestamp_may_have_milliseconds() {
        let now = Timestamp::parse_iso8601("2026-11-18T11:06:40Z").unwrap();
        for (timestamp, accepted) in [
            ("2026-11-18T11:06:40.000Z", true),
            ("2026-11-18T11:06:40.999Z", true),
            ("2026-11-18T11:06:40.99Z", false),
            ("2026-11-18T11:06:40.9999Z", false),
            ("2026-11-18T11:06:40.99xZ", false),
            ("2026-11-18T11:06:40.999", false),
            ("2026-11-18T11:06:40.", false),
            ("2026-11-18 11:06:40Z", false),
        ] {
            assert_eq!(
                claim(timestamp).check_timestamp(now).is_ok(),
                accepted,
                "{timestamp}"
            );
        }
    }

    /// SDKs parse these messages, each in the form of its scheme.
    #[cfg(feature = "sandbox")]
    #[test]
    fn an_injected_error_quotes_what_its_scheme_signs() {
        let message =
            |error, request: &IncomingRequest| injected(error, request, "").message.into_owned();
        let rpc = request("2026-11-18T11:06:40Z");
        for error in [
            errors::SIGNATURE_DOES_NOT_MATCH,
            errors::INCOMPLETE_SIGNATURE,
        ] {
            let quoted = message(error, &rpc);
            let (_, quoted) = quoted.split_once("server string to sign is:").unwrap();
            assert!(
                quoted.starts_with("GET&%2F&AccessKeyId%3Dk%26Action"),
                "{quoted}"
            );
            assert!(!quoted.contains("26Signature%3D"), "{quoted}");
        }

        let names =
            "host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version";
        let authorization =
            format!("ACS3-HMAC-SHA256 Credential=k,SignedHeaders={names},Signature=s");
        let headers = [
            ("host", "127.0.0.1"),
            ("x-acs-action", "DescribeFaceVerify"),
            ("x-acs-content-sha256", "0"),
            ("x-acs-date", "2026-11-18T11:06:40Z"),
            ("x-acs-signature-nonce", "n"),
            ("x-acs-version", "2019-03-07"),
            ("authorization", &authorization),
        ];
        let acs3 = IncomingRequest {
            query: String::new(),
            headers: headers
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .to_vec(),
            ..rpc.clone()
        };
        let quoted = message(errors::SIGNATURE_DOES_NOT_MATCH, &acs3);
        assert!(
            quoted.contains("server CanonicalRequest is [GET\n/\n"),
            "{quoted}"
        );
        for (error, request) in [
            (errors::INCOMPLETE_SIGNATURE, &acs3),
            (errors::ACCESS_KEY_NOT_FOUND, &acs3),
            (errors::ACCESS_KEY_NOT_FOUND, &rpc),
        ] {
            assert_eq!(
                message(error, request),
                error.because("").message,
                "{}",
                error.code
            );
        }
    }
}
