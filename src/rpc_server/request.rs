//! Parses RPC requests of either signature scheme.

use super::envelope::Format;
use super::errors::{self, Refusal};
use crate::actions::{self, Action, Position, VERSION};
use crate::http::{FORM_TYPE, IncomingRequest, first_value, header};
use crate::signing::encode::{FormError, parse_form};
use crate::signing::{acs3, rpc};

/// Maximum size of a body in bytes. A percent-encoded Base64 picture of 1 MB fits.
pub const MAX_BODY: usize = 2 * 1_024 * 1_024;

/// Names and values.
pub type Pairs = Vec<(String, String)>;

/// The format of the response, from the parameter `Format` or, under ACS3, the `accept` header.
/// Alibaba Cloud documents XML as the default; a request outside the protocol receives JSON.
pub fn format(request: &IncomingRequest) -> Format {
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

/// The action that the request names, even if the request is otherwise invalid.
pub fn action_name(request: &IncomingRequest) -> Option<String> {
    if is_acs3(request) {
        return header(&request.headers, "x-acs-action").map(str::to_owned);
    }
    let pairs = all_parameters(request).ok()?;
    find(&pairs, "Action").map(str::to_owned)
}

/// The AccessKeyId that the request names, even if the request is otherwise invalid.
#[cfg(feature = "sandbox")]
pub fn access_key_id(request: &IncomingRequest) -> Option<String> {
    if is_acs3(request) {
        let authorization = header(&request.headers, "authorization")?;
        let members = authorization.trim().strip_prefix(acs3::ALGORITHM)?;
        return authorization_member(members, "Credential").map(str::to_owned);
    }
    parameter(request, "AccessKeyId")
}

/// A parameter in the query or the body, even if the request is otherwise invalid.
#[cfg(feature = "sandbox")]
pub fn parameter(request: &IncomingRequest, name: &str) -> Option<String> {
    let pairs = all_parameters(request).ok()?;
    find(&pairs, name).map(str::to_owned)
}

/// A member of an ACS3 `Authorization` header, of which `members` is the part after the algorithm.
fn authorization_member<'a>(members: &'a str, name: &str) -> Option<&'a str> {
    members
        .split(',')
        .find_map(|member| member.trim().strip_prefix(name)?.strip_prefix('='))
        .filter(|value| !value.is_empty())
}

/// Whether the query has a parameter `Action`, percent-encoded or not, even if the query is
/// otherwise invalid.
pub fn names_action(query: &str) -> bool {
    query.split('&').any(|pair| {
        let name = pair.split('=').next().unwrap_or_default();
        parse_form(name.as_bytes()).is_ok_and(|read| find(&read, "Action").is_some())
    })
}

/// What a request claims, independent of its signature scheme.
pub struct Claim {
    /// The action.
    pub action: &'static Action,
    /// The AccessKeyId.
    pub access_key_id: String,
    /// The SecurityToken of a temporary key.
    pub security_token: Option<String>,
    /// The timestamp as sent.
    pub timestamp: String,
    /// The SignatureNonce.
    pub nonce: String,
    /// The action's parameters and, under RPC, the common ones.
    pub parameters: Pairs,
    pub(super) proof: Proof,
}

/// Parameters contain personal data, so they are not printed.
impl std::fmt::Debug for Claim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Claim")
            .field("action", &self.action.name)
            .finish_non_exhaustive()
    }
}

pub(super) enum Proof {
    Rpc {
        signature: String,
    },
    Acs3 {
        signed_headers: Vec<String>,
        signature: String,
    },
}

impl Claim {
    /// Parses a request but does not verify it.
    ///
    /// # Errors
    /// If the API gateway would reject its format, its action or its version.
    pub fn read(request: &IncomingRequest) -> Result<Self, Refusal> {
        if !matches!(request.method.as_str(), "GET" | "POST") {
            return Err(errors::UNSUPPORTED_METHOD.because("use POST or GET"));
        }
        if request.body.len() > MAX_BODY {
            return Err(errors::BODY_TOO_LARGE.because("the body is larger than 2 MiB"));
        }
        if is_acs3(request) {
            acs3_claim(request)
        } else {
            rpc_claim(request)
        }
    }

    /// A parameter's value; an empty value counts as not given.
    pub fn value(&self, name: &str) -> Option<&str> {
        find(&self.parameters, name).filter(|value| !value.is_empty())
    }

    /// SceneId, which the API gateway parses as a `Long`.
    ///
    /// # Errors
    /// InvalidSceneId if it is not an integer.
    pub fn scene_id(&self) -> Result<Option<i64>, Refusal> {
        let number = self.value("SceneId").map(str::parse).transpose();
        number.map_err(|_| {
            errors::invalid(
                "SceneId",
                "SceneId must be a 64-bit integer in decimal digits",
            )
        })
    }
}

fn is_acs3(request: &IncomingRequest) -> bool {
    header(&request.headers, "authorization").is_some()
}

fn find<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    first_value(pairs, name).map(String::as_str)
}

pub(super) fn all_parameters(request: &IncomingRequest) -> Result<Pairs, Refusal> {
    let mut pairs = read_form(request.query.as_bytes())?;
    pairs.extend(body_form(request)?);
    Ok(pairs)
}

pub(super) fn read_form(form: &[u8]) -> Result<Pairs, Refusal> {
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
    if !content_type
        .trim_start()
        .to_ascii_lowercase()
        .starts_with(FORM_TYPE)
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
        // An unknown name is not quoted in errors or logs: it could be a person's name.
        Some(name) => Err(match actions::known_name(name) {
            Some(name) => errors::invalid(name, format!("{name} is duplicated")),
            None => errors::PARAMETER_FORMAT.because("a parameter is duplicated"),
        }),
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
            .ok_or_else(|| errors::missing(name, format!("{name} is missing")))
    };
    let claim = Claim {
        action: known_action(&take("Action")?, &take("Version")?)?,
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
            "SignatureType must be empty or absent",
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
            .because("the Authorization header must start with ACS3-HMAC-SHA256"));
    };
    let member = |name: &str| {
        authorization_member(members, name).ok_or_else(|| {
            errors::INCOMPLETE_SIGNATURE.because(format!("the Authorization header has no {name}"))
        })
    };
    let take = |name: &str, parameter: &str| {
        header(&request.headers, name)
            .map(str::trim)
            .filter(|value| !value.is_empty())
            .map(str::to_owned)
            .ok_or_else(|| errors::missing(parameter, format!("the header {name} is missing")))
    };
    let signed_headers: Vec<String> = member("SignedHeaders")?
        .split(';')
        .map(str::to_ascii_lowercase)
        .collect();
    check_signed_headers(request, &signed_headers)?;
    let query = read_form(request.query.as_bytes())?;
    let form = body_form(request)?;
    let action = known_action(
        &take("x-acs-action", "Action")?,
        &take("x-acs-version", "Version")?,
    )?;
    let claim = Claim {
        action,
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
    // Each parameter is read only from the position that Alibaba Cloud's metadata gives.
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

/// Checks that the headers are signed that Alibaba Cloud requires: `host`, `content-type` if
/// present, and every `x-acs-` header.
fn check_signed_headers(
    request: &IncomingRequest,
    signed_headers: &[String],
) -> Result<(), Refusal> {
    for name in signed_headers {
        if header(&request.headers, name).is_none() {
            return Err(errors::INCOMPLETE_SIGNATURE
                .because("SignedHeaders contains a header that the request does not have"));
        }
    }
    let is_signed = |name: &str| signed_headers.iter().any(|signed| signed == name);
    for name in ["host"].into_iter().chain(acs3::MANDATORY_HEADERS) {
        if !is_signed(name) {
            return Err(errors::INCOMPLETE_SIGNATURE
                .because(format!("the header {name} is missing or not signed")));
        }
    }
    for (name, _) in &request.headers {
        let name = name.to_ascii_lowercase();
        let is_without_body = name == "content-type" && request.body.is_empty();
        if acs3::must_be_signed(&name) && !is_without_body && !is_signed(&name) {
            return Err(errors::INCOMPLETE_SIGNATURE
                .because("content-type or an x-acs- header is not signed"));
        }
    }
    Ok(())
}

fn known_action(name: &str, version: &str) -> Result<&'static Action, Refusal> {
    if version != VERSION {
        return Err(errors::INVALID_VERSION.because("Version must be 2019-03-07"));
    }
    actions::by_name(name).ok_or_else(|| {
        errors::ACTION_NOT_FOUND
            .because("the only actions are InitFaceVerify and DescribeFaceVerify")
    })
}
