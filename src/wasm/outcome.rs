//! The outcome of an attempt, as the host describes it.

use crate::client::call::{Loss, Outcome};
use crate::client::thrown::Thrown;
use crate::http::Response;

/// Returns the outcome of this kind: `answered`, the only one that uses the response; one of the
/// words below; or the host's own code of a failed connection. `thrown` is the error that the
/// host's fetch threw.
pub(super) fn outcome_of(kind: &str, thrown: Thrown, response: Response) -> Outcome {
    Outcome::Lost(match kind {
        "answered" => return Outcome::Answered(response),
        "timed-out" => Loss::TimedOut,
        "timed-out-unsent" => Loss::TimedOutUnsent,
        "too-large" => Loss::TooLarge,
        "aborted" => Loss::Aborted,
        "aborted-unsent" => Loss::AbortedUnsent,
        "not-connected" => Loss::NotConnected,
        "not-a-response" => Loss::NotAResponse,
        _ if thrown.is_mistake() => Loss::FetchThrew,
        code => Loss::ConnectionFailed {
            code: Some(code.to_owned()),
        },
    })
}
