//! Amends an error from Alibaba Cloud: adds the cause of a signature mismatch, and removes request data
//! that the response echoes.

use crate::actions::ValidRequest;
use crate::client::options::Options;
use crate::client::response::{Failure, ServerText};
use crate::client::state::{State, signing_context};
use crate::error::{Audience, Error};
use crate::signing::SignatureVersion;
use crate::signing::difference::{Difference, first_difference};
use crate::text::Text;
use crate::vendor::credentials::{Credentials, Secret};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Adds the cause of a signature mismatch.
pub(super) fn explain(
    options: &Options,
    credentials: &Credentials,
    request: &ValidRequest<'_>,
    state: &State,
    failure: &mut Failure,
) {
    if let (Some(ServerText(theirs)), Some(context)) = (
        failure.server_text.take(),
        signing_context(options, credentials, state),
    ) {
        let ours = request.signed_text(&context);
        failure.error.message = mismatch_cause(options.version, &ours, &theirs);
        failure.error.audience = if ours == theirs {
            Audience::Operator
        } else {
            Audience::Developer
        };
    }
}

/// Removes the code and the RequestId if they contain the caller's data or secrets.
pub(super) fn remove_echoes(
    credentials: &Credentials,
    request: &ValidRequest<'_>,
    error: &mut Error,
) {
    let echoes_request = |text: &str| {
        request
            .parameters()
            .map(|(_, value)| value)
            .chain([credentials.access_key_secret.expose()])
            .chain(credentials.security_token.iter().map(Secret::expose))
            // Shorter values identify nobody and would match IDs by coincidence.
            .any(|secret| secret.len() >= 6 && contains_encoded(text, secret))
    };
    if echoes_request(&error.code) {
        error.code = "Unknown".to_owned();
    }
    if error.request_id.as_deref().is_some_and(echoes_request) {
        error.request_id = None;
    }
}

/// Whether a code or an ID contains the value in one of its encoded forms.
fn contains_encoded(text: &str, value: &str) -> bool {
    let bytes = value.as_bytes();
    // No encoded form is shorter than the value.
    value.len() <= text.len()
        && (text.contains(value)
            || text.contains(&hex::encode(bytes))
            || text
                .replace('-', "+")
                .replace('_', "/")
                .contains(STANDARD.encode(bytes).trim_end_matches('=')))
}

fn mismatch_cause(version: SignatureVersion, ours: &str, theirs: &str) -> Text {
    match first_difference(version, ours, theirs) {
        None => Text::new(
            "签名不一致，而阿里云收到的内容与本地完全相同：AccessKeySecret 有误，请运维核对。",
            "The signature does not match although Alibaba Cloud received exactly what was signed, so the AccessKeySecret is wrong; the operator must check it.",
        ),
        Some(Difference::Part(part)) => Text::composed(
            format!(
                "签名不一致：阿里云收到的 {part} 与本地签名时不同，可能被中间设备改动，请开发者检查。"
            ),
            format!(
                "The signature does not match: the {part} that Alibaba Cloud received differs from the signed one. Most likely an intermediary changed it; the developer must find it."
            ),
        ),
        Some(Difference::Unknown) => Text::new(
            "签名不一致：阿里云收到的内容与本地签名时不同，可能被中间设备改动，请开发者检查。",
            "The signature does not match: the request that Alibaba Cloud received differs from the signed one. Most likely an intermediary changed it; the developer must find it.",
        ),
    }
}
