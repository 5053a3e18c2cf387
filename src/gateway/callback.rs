//! Alibaba Cloud's callback, at an address that nobody can guess: each order has its own, made with
//! the gateway's secret.
//!
//! What a callback says is not believed. It is a hint to ask Alibaba Cloud.

use super::callers::derive;
use super::settings::Settings;
use crate::signing::encode::hex;
use crate::vendor::credentials::Secret;

/// The address's path without its last three segments: caller, order and proof.
pub const PATH: &str = "/v1/callbacks";

/// The address that Alibaba Cloud is given for an order; `None` where the gateway has no public
/// one.
pub fn url(settings: &Settings, caller: &str, no: &str) -> Option<String> {
    let origin = settings.public_url.as_deref()?;
    let proof = proof(settings, caller, no);
    Some(format!("{origin}{}/{caller}/{no}/{}", PATH, proof.expose()))
}

/// Whether the last segment of an address is the one this order was given.
pub fn is_genuine(settings: &Settings, caller: &str, no: &str, given: &str) -> bool {
    proof(settings, caller, no).constant_time_eq(given)
}

fn proof(settings: &Settings, caller: &str, no: &str) -> Secret {
    let what = format!("{caller}/{no}");
    let bytes = derive(&settings.secret, "callback", &what);
    Secret::new(hex(bytes.get(..16).unwrap_or_default()))
}
