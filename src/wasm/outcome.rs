//! The outcome of an attempt, as described by the host.

use crate::client::call::{Loss, Outcome};
use crate::http::Response;

/// Creates an outcome from its kind: `answered` (the only kind with a response), `timed-out`,
/// `too-large`, `aborted`, `aborted-unsent`, or the host's code of a failed connection.
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
