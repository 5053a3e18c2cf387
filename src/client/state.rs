//! The state of a call between its attempts.

use crate::actions::SigningContext;
use crate::client::options::Options;
use crate::error::Error;
use crate::timestamp::Timestamp;
use crate::vendor::credentials::Credentials;
use crate::vendor::endpoint::Endpoint;
use serde::{Deserialize, Serialize};

/// What a refusal of the credentials says about them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyRefusal {
    /// They are invalid.
    Proven,
    /// Only the signature was refused: the request may have been altered on the way, and they be valid.
    Unproven,
}

/// The state of a call: plain data that the host keeps between attempts and passes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// Number of the attempt, starting at 1.
    pub attempt: i64,
    /// Index of the endpoint in the options' list.
    pub endpoint: usize,
    /// The measured clock skew (Alibaba Cloud's clock minus the local one), in milliseconds.
    pub clock_offset_millis: i64,
    /// Whether this call has already corrected the clock.
    pub clock_corrected: bool,
    /// Whether this call has already requested new credentials.
    pub credentials_refreshed: bool,
    /// Set if the call ended because Alibaba Cloud refused the credentials: other calls should not
    /// use them.
    pub key_refusal: Option<KeyRefusal>,
    /// How long the last response asks to wait before the next attempt, in milliseconds.
    pub retry_after_millis: Option<i64>,
    /// When the call began, by the local clock, in milliseconds.
    pub started_millis: i64,
    /// When the attempt was signed, by the local clock, in milliseconds.
    pub signed_millis: i64,
    /// Whether an attempt of this call may have started a verification.
    pub maybe_executed: bool,
    /// The attempt's nonce.
    pub nonce: String,
}

impl State {
    /// The state before the first attempt. `clock_offset_millis` is the clock skew that an earlier
    /// call measured, or 0.
    pub const fn new(now: Timestamp, clock_offset_millis: i64) -> Self {
        Self {
            attempt: 0,
            endpoint: 0,
            clock_offset_millis,
            clock_corrected: false,
            credentials_refreshed: false,
            key_refusal: None,
            retry_after_millis: None,
            started_millis: now.unix_millis(),
            signed_millis: now.unix_millis(),
            maybe_executed: false,
            nonce: String::new(),
        }
    }

    /// The error with which the call ends, which also states whether one of its attempts may have
    /// started a verification.
    pub fn end_with(&self, error: Error) -> Error {
        end_with(self.maybe_executed, error)
    }
}

/// The error, marked if an attempt may have started a verification.
pub(super) fn end_with(maybe_executed: bool, error: Error) -> Error {
    if maybe_executed {
        error.execution_unknown()
    } else {
        error
    }
}

/// The endpoint that an attempt uses.
pub fn endpoint<'a>(options: &'a Options, state: &State) -> Option<&'a Endpoint> {
    options
        .endpoints
        .get(state.endpoint)
        .or_else(|| options.endpoints.first())
}

/// The signing context of this attempt. `None` without an endpoint, but validated options always
/// have one.
pub(super) fn signing_context<'a>(
    options: &'a Options,
    credentials: &'a Credentials,
    state: &'a State,
) -> Option<SigningContext<'a>> {
    Some(SigningContext {
        endpoint: endpoint(options, state)?,
        credentials,
        version: options.version,
        nonce: &state.nonce,
        now: Timestamp::from_unix_millis(state.signed_millis)
            .plus_millis(state.clock_offset_millis),
    })
}
