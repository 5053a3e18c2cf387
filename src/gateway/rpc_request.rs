//! Requests in Alibaba Cloud's RPC protocol, signed with key pairs that the gateway issued: an official
//! SDK works once endpoint and key pair are changed.

use super::arrival::Arrival;
use super::callers::{self, Access, Scope};
use super::ledger::task::{Create, Read, Signed, Task};
use super::problem::Problem;
use super::reply_target::ReplyTarget;
use super::rpc_reply::without_request;
use super::settings::Settings;
use crate::actions::rule::META_INFO_MAX;
use crate::actions::{self, ActionKind, Value};
use crate::http::{IncomingRequest, header};
use crate::rpc_server::errors::{self, Refusal};
use crate::rpc_server::request::{Claim, MAX_BODY, names_action};
use crate::timestamp::Timestamp;
use crate::vendor::values::PICTURE_BASE64_MAX;

/// Whether a request to `/` is an RPC request rather than one for a page.
pub fn is_rpc(request: &IncomingRequest) -> bool {
    request.path == "/"
        && (request.method == "POST"
            || header(&request.headers, "x-acs-action").is_some()
            || names_action(&request.query))
}

/// The length of all parameters but MetaInfo and the picture, in bytes; that of the actions'
/// parameters and the common ones has some room left.
const OTHER_PARAMETERS_MAX: usize = 65_536;

/// Maximum size of a body in bytes, before its signature is verified: anyone who knows an AccessKeyId can
/// send one. Only products with a picture need more than a percent-encoded MetaInfo.
pub(super) fn max_body(settings: &Settings) -> usize {
    if settings.options.allow_other_products {
        MAX_BODY
    } else {
        MAX_BODY / 2
    }
}

/// Refuses parameters that are longer than all valid ones, because verifying a signature takes time in
/// proportion to their length.
fn check_length(claim: &Claim, settings: &Settings) -> Result<(), Refusal> {
    let picture = if settings.options.allow_other_products {
        PICTURE_BASE64_MAX
    } else {
        0
    };
    let most = META_INFO_MAX
        .saturating_add(OTHER_PARAMETERS_MAX)
        .saturating_add(picture);
    let length = claim.parameters.iter().fold(0_usize, |sum, (name, value)| {
        sum.saturating_add(name.len()).saturating_add(value.len())
    });
    if length > most {
        return Err(errors::BODY_TOO_LARGE.because(if picture == 0 {
            "the parameters are too long; pictures need CLOUDAUTH_ALLOW_OTHER_PRODUCTS"
        } else {
            "the parameters are too long"
        }));
    }
    Ok(())
}

/// A verified signature.
pub(super) struct Signature<'a> {
    /// The caller that signed the request, with the key pair's permissions.
    pub(super) access: Access<'a>,
    /// The signed request.
    pub(super) claim: Claim,
}

/// Authenticates a signed request.
pub(super) fn verify<'a>(
    settings: &'a Settings,
    arrival: &Arrival,
    now: Timestamp,
) -> Result<Signature<'a>, Refusal> {
    let request = &arrival.request;
    let claim = Claim::read(request)?;
    let (access, pair) = callers::by_access_key_id(&settings.callers, &claim.access_key_id)
        .ok_or(errors::ACCESS_KEY_NOT_FOUND)?;
    if claim.security_token.is_some() {
        return Err(errors::TOKEN_MISMATCH.into());
    }
    claim.check_timestamp(now)?;
    check_length(&claim, settings)?;
    claim
        .check_signature(request, &pair.access_key_secret)
        .or_else(|refusal| {
            // A client behind a proxy that replaces Host has signed the host that it sees.
            let is_mismatch = refusal.code == errors::SIGNATURE_DOES_NOT_MATCH.code;
            let may_match = is_mismatch && claim.signs_host();
            let seen = may_match.then(|| with_host(arrival)).flatten();
            match seen.map(|seen| claim.check_signature(&seen, &pair.access_key_secret)) {
                Some(Ok(())) => Ok(()),
                _ => Err(refusal),
            }
        })
        .map_err(|refusal| without_request(refusal, request))?;
    claim.scene_id()?;
    Ok(Signature { access, claim })
}

/// The task that a signed request asks for.
pub(super) fn task(
    settings: &Settings,
    signature: &Signature<'_>,
    reply_to: ReplyTarget,
    arrival_id: &str,
    now: Timestamp,
) -> Result<Task, Problem> {
    let Signature { access, claim } = signature;
    let caller = access.caller;
    access.require(match claim.action.kind {
        ActionKind::Init => Scope::Create,
        ActionKind::Describe => Scope::Read,
    })?;
    // Besides the action's parameters, a request contains the common ones and others that SDKs
    // send.
    let mut values: Vec<(&str, Value)> = claim
        .action
        .parameters
        .iter()
        .filter_map(|known| Some((known.name, claim.value(known.name)?.into())))
        .collect();
    let scene_given = values.iter().any(|(name, _)| *name == "SceneId");
    if !scene_given {
        values.push(("SceneId", settings.scene_id.as_str().into()));
    }
    let rules = settings.options.validation(now);
    let valid = actions::validate(claim.action, values, &rules)
        .map_err(|error| Problem::fields(error.fields.into()))?;
    let value = |name| valid.value(name).unwrap_or_default().to_owned();
    let then = if claim.action.kind == ActionKind::Init {
        // In this protocol, calling again is the only way to repeat a start whose outcome is
        // unknown.
        Task::Create(Create::new(settings, reply_to, &valid, scene_given, true))
    } else {
        Task::Read(Read {
            caller: caller.id.clone(),
            reply_to: Some(reply_to),
            material: access.may(Scope::ReadMaterial),
            // Without a scene, the CertifyId alone identifies the order.
            scene_id: if scene_given {
                value("SceneId")
            } else {
                String::new()
            },
            certify_id: value("CertifyId"),
            ..Read::default()
        })
    };
    Ok(Task::Signed(Signed {
        nonce: claim.nonce_key(),
        arrival_id: arrival_id.to_owned(),
        then: Box::new(then),
    }))
}

/// The request with the host that a trusted proxy reports, if it is another one than in `Host`.
fn with_host(arrival: &Arrival) -> Option<IncomingRequest> {
    header(&arrival.request.headers, "host").filter(|host| *host != arrival.host)?;
    let mut request = arrival.request.clone();
    for (name, value) in &mut request.headers {
        if name == "host" {
            value.clone_from(&arrival.host);
        }
    }
    Some(request)
}
