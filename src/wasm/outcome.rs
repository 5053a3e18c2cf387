//! What became of an attempt, as the host describes it.

use crate::client::call::{Loss, Outcome};
use crate::http::Response;

/// An outcome by its kind: `answered`, for which alone the response counts, `timed-out`, `too-large`,
/// `aborted`, `aborted-unsent`, or the host's own code of a failed connection.
pub(super) fn outcome_of(kind: &str, response: Response) -> Outcome {
    match kind {
        "answered" => Outcome::Answered(response),
        "timed-out" => Outcome::Lost(Loss::TimedOut),
        "too-large" => Outcome::Lost(Loss::TooLarge),
        "aborted" => Outcome::Lost(Loss::Aborted),
        "aborted-unsent" => Outcome::Lost(Loss::AbortedUnsent),
        code => Outcome::Lost(Loss::ConnectionFailed {
            code: Some(code.to_owned()),
        }),
    }
}
