//! The API gateway in front of the service: reads a request of either scheme, checks who sent it.
//!
//! The order of the checks is a choice: action and version, presence of the common parameters,
//! AccessKeyId, SecurityToken, timestamp, signature, nonce, throttling, RAM.

use super::MAX_BODY;
use super::config::{Account, Key, Ram};
use super::envelope::Format;
use super::gateway_errors::{self as errors, Refusal};
use super::session::{Session, Stop};
use crate::actions::{Action, Position, VERSION};
use crate::credentials::Secret;
use crate::http::{IncomingRequest, header};
use crate::signing::acs3;
use crate::signing::encode::{FormError, parse_form};
use crate::signing::rpc;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

/// How far a request's timestamp may be from the sandbox's clock, either way.
const WINDOW_MILLIS: i64 = 15 * 60 * 1_000;

type Pairs = Vec<(String, String)>;

/// A request of a known caller for a known action.
pub(super) struct Call<'a> {
    pub(super) action: &'static Action,
    pub(super) account: &'a Account,
    parameters: Pairs,
}

impl Call<'_> {
    /// A parameter's value; an empty one counts as not given.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        find(&self.parameters, name).filter(|value| !value.is_empty())
    }

    /// A refusal by the service.
    pub(super) fn refuse(&self, code: &'static str, note: impl Into<String>) -> Stop {
        Stop::Code {
            action: self.action,
            code,
            note: note.into(),
        }
    }
}

/// The language of the answer: `Format`, or under ACS3 the `accept` header. The vendor's documented
/// default is XML; a request that is none of the protocol's is answered in JSON.
pub(super) fn format(request: &IncomingRequest) -> Format {
    if is_acs3(request) {
        let accept = header(&request.headers, "accept").unwrap_or_default();
        return if accept.contains("xml") && !accept.contains("json") {
            Format::Xml
        } else {
            Format::Json
        };
    }
    let Ok(pairs) = all_parameters(request) else {
        return Format::Json;
    };
    match find(&pairs, "Format") {
        Some(name) if name.eq_ignore_ascii_case("json") => Format::Json,
        Some(_) => Format::Xml,
        None if find(&pairs, "Action").is_none() => Format::Json,
        None => Format::Xml,
    }
}

/// The action a request names, whatever else is wrong with it.
pub(super) fn action_name(request: &IncomingRequest) -> Option<String> {
    if is_acs3(request) {
        return header(&request.headers, "x-acs-action").map(str::to_owned);
    }
    let pairs = all_parameters(request).ok()?;
    find(&pairs, "Action").map(str::to_owned)
}

/// Checks everything the API gateway checks.
pub(super) fn authenticate<'a>(
    session: &mut Session<'a>,
    request: &IncomingRequest,
) -> Result<Call<'a>, Stop> {
    if !matches!(request.method.as_str(), "GET" | "POST") {
        return Err(errors::UNSUPPORTED_METHOD.because("use POST or GET").into());
    }
    if request.body.len() > MAX_BODY {
        return Err(errors::BODY_TOO_LARGE
            .because("the body is larger than 2 MiB")
            .into());
    }
    let claim = if is_acs3(request) {
        acs3_claim(request)?
    } else {
        rpc_claim(request)?
    };
    let action = known_action(&claim)?;
    let (account, key) = known_key(session, &claim)?;
    check_token(key, claim.security_token.as_deref())?;
    check_timestamp(session, &claim.timestamp)?;
    claim.proof.check(request, &claim.parameters, key)?;
    use_nonce(session, key, &claim.nonce)?;
    throttle(session, account, action)?;
    let call = Call {
        action,
        account,
        parameters: claim.parameters,
    };
    match key.ram {
        Ram::Allowed => Ok(call),
        Ram::Denied => Err(call.refuse("411", "this key is of a RAM user without permission")),
        Ram::Forbidden => Err(errors::FORBIDDEN_RAM
            .because("this key is of a RAM user without permission")
            .into()),
    }
}

/// What a request says of itself, the same for both schemes.
struct Claim {
    action: String,
    version: String,
    access_key_id: String,
    security_token: Option<String>,
    timestamp: String,
    nonce: String,
    proof: Proof,
    /// The action's parameters (and under RPC the common ones).
    parameters: Pairs,
}

enum Proof {
    Rpc {
        signature: String,
    },
    Acs3 {
        signed_headers: Vec<String>,
        signature: String,
    },
}

fn is_acs3(request: &IncomingRequest) -> bool {
    header(&request.headers, "authorization").is_some()
}

fn find<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs
        .iter()
        .find(|(candidate, _)| candidate == name)
        .map(|(_, value)| value.as_str())
}

fn all_parameters(request: &IncomingRequest) -> Result<Pairs, Refusal> {
    let mut pairs = read_form(request.query.as_bytes())?;
    pairs.extend(body_form(request)?);
    Ok(pairs)
}

fn read_form(form: &[u8]) -> Result<Pairs, Refusal> {
    parse_form(form).map_err(|error| {
        errors::PARAMETER_FORMAT.because(match error {
            FormError::NotUtf8 => "the parameters are not UTF-8",
            FormError::TooManyPairs => "there are more than 256 parameters",
        })
    })
}

fn body_form(request: &IncomingRequest) -> Result<Pairs, Refusal> {
    if request.body.is_empty() || request.body.len() > MAX_BODY {
        return Ok(Pairs::new());
    }
    let content_type = header(&request.headers, "content-type").unwrap_or_default();
    let form = "application/x-www-form-urlencoded";
    if !content_type
        .trim_start()
        .to_ascii_lowercase()
        .starts_with(form)
    {
        return Err(errors::PARAMETER_FORMAT
            .because("the body must be a form: content-type application/x-www-form-urlencoded"));
    }
    read_form(&request.body)
}

fn no_duplicates(pairs: &[(String, String)]) -> Result<(), Refusal> {
    let mut names: Vec<&str> = pairs.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    let twice = names.windows(2).find_map(|pair| match pair {
        [first, second] if first == second => Some(*first),
        _ => None,
    });
    match twice {
        // A name of the caller's making is not repeated in an error.
        Some(name) if name.len() <= 40 && name.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
            Err(errors::invalid(name, [name, " is given twice"].concat()))
        }
        Some(_) => Err(errors::PARAMETER_FORMAT.because("a parameter is given twice")),
        None => Ok(()),
    }
}

fn rpc_claim(request: &IncomingRequest) -> Result<Claim, Refusal> {
    let mut parameters = all_parameters(request)?;
    no_duplicates(&parameters)?;
    let take = |name: &str| {
        find(&parameters, name)
            .filter(|value| !value.is_empty())
            .map(str::to_owned)
            .ok_or_else(|| errors::missing(name, [name, " is missing"].concat()))
    };
    let claim = Claim {
        action: take("Action")?,
        version: take("Version")?,
        access_key_id: take("AccessKeyId")?,
        security_token: take("SecurityToken").ok(),
        timestamp: take("Timestamp")?,
        nonce: take("SignatureNonce")?,
        proof: Proof::Rpc {
            signature: take("Signature")?,
        },
        parameters: Pairs::new(),
    };
    if let Ok(format) = take("Format")
        && !["json", "xml"].contains(&format.to_ascii_lowercase().as_str())
    {
        return Err(errors::invalid("Format", "Format must be JSON or XML"));
    }
    if !take("SignatureMethod")?.eq_ignore_ascii_case(rpc::SIGNATURE_METHOD) {
        return Err(errors::SIGNATURE_METHOD.because("SignatureMethod must be HMAC-SHA1"));
    }
    if take("SignatureVersion")? != rpc::SIGNATURE_VERSION {
        return Err(errors::invalid(
            "SignatureVersion",
            "SignatureVersion must be 1.0",
        ));
    }
    if take("SignatureType").is_ok() {
        return Err(errors::invalid(
            "SignatureType",
            "SignatureType must be empty or left out",
        ));
    }
    parameters.retain(|(name, _)| name != "Signature");
    Ok(Claim {
        parameters,
        ..claim
    })
}

fn acs3_claim(request: &IncomingRequest) -> Result<Claim, Refusal> {
    let authorization = header(&request.headers, "authorization").unwrap_or_default();
    let Some(members) = authorization.trim().strip_prefix(acs3::ALGORITHM) else {
        return Err(errors::SIGNATURE_METHOD
            .because("the Authorization header must begin with ACS3-HMAC-SHA256"));
    };
    let member = |name: &str| {
        members
            .split(',')
            .find_map(|member| member.trim().strip_prefix(name)?.strip_prefix('='))
            .filter(|value| !value.is_empty())
            .ok_or_else(|| {
                errors::INCOMPLETE_SIGNATURE
                    .because(["the Authorization header has no ", name].concat())
            })
    };
    let take = |name: &str, parameter: &str| {
        header(&request.headers, name)
            .map(str::trim)
            .filter(|value| !value.is_empty())
            .map(str::to_owned)
            .ok_or_else(|| {
                errors::missing(parameter, ["the header ", name, " is missing"].concat())
            })
    };
    let signed_headers: Vec<String> = member("SignedHeaders")?
        .split(';')
        .map(str::to_ascii_lowercase)
        .collect();
    check_signed_headers(request, &signed_headers)?;
    let query = read_form(request.query.as_bytes())?;
    let form = body_form(request)?;
    let claim = Claim {
        action: take("x-acs-action", "Action")?,
        version: take("x-acs-version", "Version")?,
        access_key_id: member("Credential")?.to_owned(),
        security_token: take("x-acs-security-token", "SecurityToken").ok(),
        timestamp: take("x-acs-date", "Timestamp")?,
        nonce: take("x-acs-signature-nonce", "SignatureNonce")?,
        proof: Proof::Acs3 {
            signed_headers,
            signature: member("Signature")?.to_owned(),
        },
        parameters: Pairs::new(),
    };
    let action = known_action(&claim)?;
    // Each parameter counts only where the vendor's metadata places it.
    let mut parameters = Pairs::new();
    for (pairs, position) in [(query, Position::Query), (form, Position::Form)] {
        parameters.extend(pairs.into_iter().filter(|(name, _)| {
            action
                .parameters
                .iter()
                .any(|known| known.name == *name && known.position == position)
        }));
    }
    no_duplicates(&parameters)?;
    Ok(Claim {
        parameters,
        ..claim
    })
}

/// What the vendor's page says must be signed: `host`, `content-type` where there is one, and every
/// `x-acs-` header.
fn check_signed_headers(
    request: &IncomingRequest,
    signed_headers: &[String],
) -> Result<(), Refusal> {
    for name in signed_headers {
        if header(&request.headers, name).is_none() {
            return Err(errors::INCOMPLETE_SIGNATURE
                .because("SignedHeaders names a header that the request does not have"));
        }
    }
    let is_signed = |name: &str| signed_headers.iter().any(|signed| signed == name);
    for name in [
        "host",
        "x-acs-action",
        "x-acs-version",
        "x-acs-date",
        "x-acs-signature-nonce",
        "x-acs-content-sha256",
    ] {
        if !is_signed(name) {
            return Err(errors::INCOMPLETE_SIGNATURE
                .because(["the header ", name, " is missing or not signed"].concat()));
        }
    }
    for (name, _) in &request.headers {
        let name = name.to_ascii_lowercase();
        let must =
            name.starts_with("x-acs-") || (name == "content-type" && !request.body.is_empty());
        if must && !is_signed(&name) {
            return Err(errors::INCOMPLETE_SIGNATURE
                .because("content-type or an x-acs- header is not signed"));
        }
    }
    Ok(())
}

fn known_action(claim: &Claim) -> Result<&'static Action, Refusal> {
    if claim.version != VERSION {
        return Err(errors::INVALID_VERSION.because("the version of both actions is 2019-03-07"));
    }
    Action::by_name(&claim.action).ok_or_else(|| {
        errors::ACTION_NOT_FOUND
            .because("the sandbox has InitFaceVerify and DescribeFaceVerify alone")
    })
}

fn known_key<'a>(session: &Session<'a>, claim: &Claim) -> Result<(&'a Account, &'a Key), Refusal> {
    let Some((account, key)) = session.config.key(&claim.access_key_id) else {
        return Err(errors::ACCESS_KEY_NOT_FOUND
            .because("no account of this sandbox has that key; the demo key is sandbox-key-id"));
    };
    if key.disabled {
        return Err(errors::ACCESS_KEY_INACTIVE.because("this key is disabled by configuration"));
    }
    Ok((account, key))
}

fn check_token(key: &Key, given: Option<&str>) -> Result<(), Refusal> {
    match (&key.security_token, given) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err(errors::TOKEN_MISMATCH
            .because("this key is a permanent one and goes without SecurityToken")),
        (Some(_), None) => Err(errors::TOKEN_MISSING
            .because("this key is a temporary one and needs its SecurityToken")),
        (Some(token), Some(given)) => {
            if token.constant_time_eq(given) {
                return Ok(());
            }
            let expired = Secret::new([token.expose(), "-expired"].concat());
            Err(if expired.constant_time_eq(given) {
                errors::TOKEN_EXPIRED.because("the SecurityToken ends in -expired")
            } else {
                errors::TOKEN_MALFORMED.because("not the SecurityToken of this key")
            })
        }
    }
}

fn check_timestamp(session: &Session<'_>, text: &str) -> Result<(), Refusal> {
    let Some(timestamp) = Timestamp::parse_iso8601(text) else {
        return Err(errors::TIMESTAMP_FORMAT
            .because("the timestamp must be UTC as yyyy-MM-ddTHH:mm:ssZ, without milliseconds"));
    };
    if session.now.millis_since(timestamp).saturating_abs() > WINDOW_MILLIS {
        return Err(errors::TIMESTAMP_EXPIRED.because(alloc::format!(
            "the timestamp is more than 15 minutes from the sandbox's clock, {}",
            session.now
        )));
    }
    Ok(())
}

impl Proof {
    fn check(
        &self,
        request: &IncomingRequest,
        parameters: &Pairs,
        key: &Key,
    ) -> Result<(), Refusal> {
        let note = "compare the string-to-sign in the message with your own: where they are equal, \
            the AccessKeySecret is wrong";
        match self {
            Self::Rpc { signature } => {
                let (string_to_sign, expected) =
                    rpc::sign(&request.method, parameters, &key.access_key_secret);
                if Secret::new(expected).constant_time_eq(signature) {
                    return Ok(());
                }
                let detail = ["server string to sign is:", &string_to_sign].concat();
                Err(errors::SIGNATURE_DOES_NOT_MATCH.saying(&detail, note))
            }
            Self::Acs3 {
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
                    query: &query,
                    headers: &headers,
                    payload_hash: &payload_hash,
                });
                let string_to_sign = acs3::string_to_sign(&canonical_request);
                let expected = acs3::signature(&key.access_key_secret, &string_to_sign);
                if !Secret::new(expected).constant_time_eq(signature) {
                    return Err(Refusal {
                        message: alloc::format!(
                            "Specified signature does not match our calculation. server StringToSign is [{string_to_sign}] server CanonicalRequest is [{canonical_request}]"
                        )
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
}

/// Refuses a nonce that this key used before. It is remembered until a request with it would be
/// too old anyway.
fn use_nonce(session: &mut Session<'_>, key: &Key, nonce: &str) -> Result<(), Stop> {
    // Hashed, because a nonce may have any length.
    let row = alloc::format!(
        "nonce/{}/{}",
        key.access_key_id,
        acs3::hex_sha256(nonce.as_bytes())
    );
    let until: Option<i64> = session.row(&row)?;
    if until.is_some_and(|until| until > session.now.unix_millis()) {
        return Err(errors::NONCE_USED
            .because("make a new nonce for every request, retries included")
            .into());
    }
    let until = session.now.plus_millis(WINDOW_MILLIS.saturating_mul(2));
    session.put(row, &until.unix_millis(), Some(until));
    Ok(())
}

#[derive(Default, Serialize, Deserialize)]
struct Calls {
    second: i64,
    count: u32,
}

fn throttle(session: &mut Session<'_>, account: &Account, action: &Action) -> Result<(), Stop> {
    if account.calls_per_second == 0 {
        return Ok(());
    }
    let row = alloc::format!("calls/{}/{}", account.account_id, action.name);
    let second = session.now.unix_millis().div_euclid(1_000);
    let calls: Calls = session.row(&row)?.unwrap_or_default();
    let before = if calls.second == second {
        calls.count
    } else {
        0
    };
    if before >= account.calls_per_second {
        return Err(errors::THROTTLING_USER
            .because(alloc::format!(
                "more than {} calls of this action in one second; callsPerSecond is configuration",
                account.calls_per_second
            ))
            .into());
    }
    let count = before.saturating_add(1);
    let until = session.now.plus_millis(1_000);
    session.put(row, &Calls { second, count }, Some(until));
    Ok(())
}
