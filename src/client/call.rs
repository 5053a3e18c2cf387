//! One call as a state machine. Each attempt is a request to send; its outcome leads to the result,
//! to the error or to the next attempt. The host sends, waits and keeps the state, which is plain
//! data.

pub use super::loss::Loss;
pub use super::retry::{NextQuery, Settling, next_query, server_time};
pub use super::state::{KeyRefusal, State, endpoint};

use super::explain::{explain, remove_echoes};
use super::retry;
use super::state::{end_with, signing_context};
use super::thrown::Thrown;
use crate::actions::ValidRequest;
use crate::client::options::Options;
use crate::client::response::{Answer, Failure};
use crate::error::Error;
use crate::http::{OutgoingRequest, Response};
use crate::timestamp::Timestamp;
use crate::vendor::credentials::Credentials;

/// A request for the host to send.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The request.
    pub request: OutgoingRequest,
    /// Time limit in milliseconds for the whole response, including its body. 0 if the call has no
    /// time left; the outcome is then [`Loss::TimedOutUnsent`].
    pub timeout_millis: i64,
    /// The state to pass back together with the outcome.
    pub state: State,
}

/// The outcome of an attempt.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// A complete response arrived.
    Answered(Response),
    /// The attempt ended without a complete response.
    Lost(Loss),
}

impl Outcome {
    /// The outcome of this kind, as a host in JavaScript describes it: `answered`, the only one that
    /// uses the response; one of the words below; or the host's own code of a failed connection.
    /// `thrown` is the error that the host's fetch threw.
    pub fn read(kind: &str, thrown: Thrown<'_>, response: Response) -> Self {
        Self::Lost(match kind {
            "answered" => return Self::Answered(response),
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
}

/// The step after an attempt. `A` is the result type of a successful call.
#[derive(Debug)]
pub enum AttemptStep<A = Answer> {
    /// The call succeeded.
    Done(A),
    /// The call failed.
    Failed {
        /// The error.
        error: Error,
        /// The state at the end, for what the next call should know: the clock skew, and whether
        /// the credentials were refused.
        state: State,
    },
    /// Wait, then start another attempt.
    Retry {
        /// Milliseconds to wait.
        delay_millis: i64,
        /// Set if new credentials must be fetched first, because these were refused.
        key_refusal: Option<KeyRefusal>,
        /// The error of this attempt.
        because: Error,
        /// The state for the next attempt.
        state: State,
    },
}

/// Prepares the next attempt of a call: signs the request with the current time and a new nonce.
pub fn attempt(
    options: &Options,
    credentials: &Credentials,
    request: &ValidRequest<'_>,
    mut state: State,
    now: Timestamp,
    nonce: String,
) -> Attempt {
    state.attempt = state.attempt.saturating_add(1);
    state.nonce = nonce;
    state.signed_millis = now.unix_millis();
    let elapsed = state.signed_millis.saturating_sub(state.started_millis);
    let remaining = options.total_timeout_millis.saturating_sub(elapsed).max(0);
    let request = signing_context(options, credentials, &state)
        .map(|context| request.sign(&context))
        .unwrap_or_else(|| OutgoingRequest {
            // Validated options contain at least one endpoint, so this is never sent.
            method: "POST",
            url: String::new(),
            headers: Vec::new(),
            body: None,
            once: false,
        });
    Attempt {
        request,
        timeout_millis: options.timeout_millis.min(remaining),
        state,
    }
}

/// Decides the next step from an attempt's outcome. `decode` decodes a response. `request` returns the
/// validated request again; it is called only to explain a failure.
pub fn settle<'a, A>(
    settling: &Settling<'_>,
    decode: impl FnOnce(&Response, Timestamp) -> Result<A, Box<Failure>>,
    request: &dyn Fn() -> Option<ValidRequest<'a>>,
    mut state: State,
    outcome: Outcome,
) -> AttemptStep<A> {
    let &Settling {
        options,
        credentials,
        action,
        now,
        ..
    } = settling;
    let (mut failure, response) = match outcome {
        Outcome::Answered(response) => {
            let vendor_now = now.plus_millis(state.clock_offset_millis);
            match decode(&response, vendor_now) {
                Ok(answer) => return AttemptStep::Done(answer),
                Err(failure) => (*failure, Some(response)),
            }
        }
        Outcome::Lost(loss) => (loss.failure(), None),
    };
    if let Some(request) = request() {
        explain(options, credentials, &request, &state, &mut failure);
        remove_echoes(credentials, &request, &mut failure.error);
    }
    let headers = response
        .as_ref()
        .map_or(&[][..], |response| response.headers.as_slice());
    // An earlier attempt may have been executed, whatever the outcome of this one.
    state.maybe_executed |= action.starts_something() && !failure.not_executed;
    let maybe_executed = state.maybe_executed;
    let unknown = |error: Error| end_with(maybe_executed, error);
    match retry::decide(settling, &mut state, failure, headers) {
        Ok(retry) => AttemptStep::Retry {
            delay_millis: retry.delay_millis,
            key_refusal: retry.key_refusal,
            because: unknown(retry.because),
            state,
        },
        Err(error) => AttemptStep::Failed {
            error: unknown(error),
            state,
        },
    }
}

/// The error of a call that ends between attempts or before the first one.
pub fn end_unsent(state: Option<&State>, loss: &Loss) -> Error {
    let error = loss.failure().error;
    match state {
        Some(state) => state.end_with(error),
        None => error,
    }
}
