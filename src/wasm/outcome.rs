//! What became of an attempt, as the host describes it in a plain object.

use crate::call::{Loss, Outcome};
use crate::http::Response;
use crate::prelude::*;
#[cfg(feature = "gateway-module")]
use {crate::http::Headers, serde::Deserialize};

/// An outcome: `kind` is `answered`, `timed-out`, `too-large`, `aborted`, or the host's own code of
/// a failed connection.
#[cfg(feature = "gateway-module")]
#[derive(Deserialize)]
pub(super) struct HostOutcome {
    kind: String,
    #[serde(default)]
    status: u16,
    #[serde(default)]
    headers: Headers,
    #[serde(default, with = "serde_bytes")]
    body: Vec<u8>,
}

#[cfg(feature = "gateway-module")]
impl From<HostOutcome> for Outcome {
    fn from(outcome: HostOutcome) -> Self {
        outcome_of(
            &outcome.kind,
            Response {
                status: outcome.status,
                headers: outcome.headers,
                body: outcome.body,
            },
        )
    }
}

/// An outcome by its kind; the response counts only for `answered`.
pub(super) fn outcome_of(kind: &str, response: Response) -> Outcome {
    match kind {
        "answered" => Outcome::Answered(response),
        "timed-out" => Outcome::Lost(Loss::TimedOut),
        "too-large" => Outcome::Lost(Loss::TooLarge),
        "aborted" => Outcome::Lost(Loss::Aborted),
        code => Outcome::Lost(Loss::ConnectionFailed {
            code: Some(code.to_owned()),
        }),
    }
}
