//! The secret URL to which Alibaba Cloud sends its callback: each order has its own, derived from
//! the gateway's secret.
//!
//! A callback's content is not trusted. It only triggers a query.

use super::derived::derive;
use super::routes::Route;
use super::settings::Settings;
use crate::vendor::credentials::Secret;

/// The callback URL for an order; `None` if the gateway has no public URL.
pub fn url(settings: &Settings, caller: &str, no: &str) -> Option<String> {
    let origin = settings.public_url.as_deref()?;
    let proof = proof(settings, caller, no);
    let proof = proof.expose();
    Some([origin, &Route::Callback { caller, no, proof }.path()].concat())
}

/// Whether the last segment of a callback URL is the proof for this order.
pub fn is_genuine(settings: &Settings, caller: &str, no: &str, given: &str) -> bool {
    proof(settings, caller, no).constant_time_eq(given)
}

fn proof(settings: &Settings, caller: &str, no: &str) -> Secret {
    let what = format!("{caller}/{no}");
    let bytes = derive(&settings.secret, "callback", &what);
    Secret::new(hex::encode(bytes.get(..16).unwrap_or_default()))
}
