//! One call for programs that bring their own transport. Uses the types of the [`http`] crate and returns one
//! [`Step`] at a time; the host sends, waits, and supplies the time and random bytes.
//!
//! ```
//! use cloudauth_edge::{Call, ClientOptions, Credentials, Error, Input, Loss, Request, Step, Timestamp};
//! # use std::time::Duration;
//! # struct MyHttp;
//! # impl MyHttp {
//! #     fn send(&self, _: ::http::Request<String>, _: Duration) -> Result<http::Response<Vec<u8>>, ()> {
//! #         let body = br#"{"Code":"200","ResultObject":{"CertifyId":"91707dc296d469ad38e4c5efa6a0f24b"}}"#;
//! #         Ok(http::Response::new(body.to_vec()))
//! #     }
//! # }
//! # fn now() -> Timestamp { Timestamp::from_unix_millis(1_698_315_752_000) }
//! # fn random() -> [u8; 16] { [7; 16] }
//!
//! fn perform<R: Request>(
//!     http: &MyHttp,
//!     options: &ClientOptions,
//!     credentials: &Credentials,
//!     request: R,
//! ) -> Result<R::Answer, Error> {
//!     let mut call = Call::new(options, credentials, request, now())?;
//!     let mut input = Input::Ready;
//!     loop {
//!         input = match call.next(input, now(), random()) {
//!             Step::Send { request, timeout } => match http.send(request, timeout) {
//!                 Ok(response) => Input::Answered(response),
//!                 Err(_) => Input::Lost(Loss::ConnectionFailed { code: None }),
//!             },
//!             Step::Wait { delay, .. } => {
//!                 std::thread::sleep(delay);
//!                 Input::Ready
//!             }
//!             Step::Done(answer) => return Ok(answer),
//!             Step::Failed(error) => return Err(error),
//!         }
//!     }
//! }
//! # let request = cloudauth_edge::InitFaceVerify::new()
//! #     .scene_id(1_000_000_006)
//! #     .outer_order_no("e0c34a77f5ac40a5aa5e6ed20c353888")
//! #     .meta_info("{}");
//! # let credentials = Credentials::new("testid", "testsecret");
//! # let started = perform(&MyHttp, &ClientOptions::default(), &credentials, request).unwrap();
//! # assert_eq!(started.certify_id, "91707dc296d469ad38e4c5efa6a0f24b");
//! ```

use crate::actions::{DescribeFaceVerify, InitFaceVerify, ValidRequest};
use crate::client::call::{self, KeyRefusal, Loss, Outcome, Settling, State};
use crate::client::options::Options;
use crate::client::response::{DescribeResult, Failure, InitResult, decode_describe, decode_init};
use crate::error::{Audience, Error, Kind};
use crate::http::{OutgoingRequest, Response};
use crate::text::Text;
use crate::timestamp::Timestamp;
use crate::vendor::credentials::Credentials;
use ::http::{HeaderName, HeaderValue};
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

/// Maximum size in bytes of a response that this crate's clients read. Alibaba Cloud's responses have a few
/// kilobytes, because pictures are returned as URLs. A larger response is [`Loss::TooLarge`].
pub const MAX_ANSWER_BYTES: u64 = 1024 * 1024;

/// A request of one of the two actions: [`InitFaceVerify`] or [`DescribeFaceVerify`].
pub trait Request: sealed::Sealed {
    /// The result of a successful call.
    type Answer;
}

impl Request for InitFaceVerify {
    type Answer = InitResult;
}

impl Request for DescribeFaceVerify {
    type Answer = DescribeResult;
}

mod sealed {
    use super::*;

    pub trait Sealed: Sized {
        fn validated(
            self,
            options: &Options,
            now: Timestamp,
        ) -> Result<ValidRequest<'static>, Error>;

        fn decode(
            request: &ValidRequest<'_>,
            response: &Response,
            now: Timestamp,
        ) -> Result<Self::Answer, Box<Failure>>
        where
            Self: Request;
    }

    impl Sealed for InitFaceVerify {
        fn validated(
            self,
            options: &Options,
            now: Timestamp,
        ) -> Result<ValidRequest<'static>, Error> {
            self.validate(&options.validation(now))
        }

        fn decode(
            request: &ValidRequest<'_>,
            response: &Response,
            _: Timestamp,
        ) -> Result<InitResult, Box<Failure>> {
            Ok(InitResult {
                notices: request.notices().to_vec(),
                ..decode_init(response)?
            })
        }
    }

    impl Sealed for DescribeFaceVerify {
        fn validated(
            self,
            options: &Options,
            now: Timestamp,
        ) -> Result<ValidRequest<'static>, Error> {
            self.validate(&options.validation(now))
        }

        fn decode(
            _: &ValidRequest<'_>,
            response: &Response,
            now: Timestamp,
        ) -> Result<DescribeResult, Box<Failure>> {
            decode_describe(response, now)
        }
    }
}

/// The host's input for the next step.
#[derive(Clone)]
pub enum Input {
    /// Nothing to report: at the beginning, and after a wait.
    Ready,
    /// A complete response arrived, with any status. Do not follow redirects: that would send names and
    /// identity numbers to another host.
    Answered(::http::Response<Vec<u8>>),
    /// No complete response arrived.
    Lost(Loss),
}

/// Responses contain personal data, so they are not printed.
impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready => f.write_str("Ready"),
            Self::Answered(response) => {
                f.debug_tuple("Answered").field(&response.status()).finish()
            }
            Self::Lost(loss) => f.debug_tuple("Lost").field(loss).finish(),
        }
    }
}

/// The next step for the host.
#[must_use = "a call does nothing unless its steps are performed"]
pub enum Step<A> {
    /// Send this request unchanged, because changing a byte breaks the signature, and pass in the response or
    /// the loss.
    Send {
        /// The request, with names and identity numbers in the body or (ACS3) in the query. Do not print it.
        request: ::http::Request<String>,
        /// Time limit of the whole response, including its body. When it is exceeded, pass in
        /// [`Loss::TimedOut`].
        timeout: Duration,
    },
    /// Wait, then continue with [`Input::Ready`].
    Wait {
        /// The delay; may be zero.
        delay: Duration,
        /// Whether to fetch new credentials first and pass them to [`Call::set_credentials`]. Only set after
        /// [`Call::credentials_refreshable`].
        refresh_credentials: bool,
        /// The error of this attempt.
        because: Error,
    },
    /// The call succeeded and has ended.
    Done(A),
    /// The call failed and has ended.
    Failed(Error),
}

/// Requests and responses contain personal data, so they are not printed.
impl<A> fmt::Debug for Step<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send { timeout, .. } => f
                .debug_struct("Send")
                .field("timeout", timeout)
                .finish_non_exhaustive(),
            Self::Wait {
                delay,
                refresh_credentials,
                because,
            } => f
                .debug_struct("Wait")
                .field("delay", delay)
                .field("refresh_credentials", refresh_credentials)
                .field("because", because)
                .finish(),
            Self::Done(_) => f.write_str("Done"),
            Self::Failed(error) => f.debug_tuple("Failed").field(error).finish(),
        }
    }
}

/// One call, including attempts, retries, fail-over and clock correction. InitFaceVerify is retried only if
/// it was provably not executed, unless the options allow it.
///
/// If a host drops the call between [`Step::Send`] and the outcome, for example because an asynchronous
/// handler is cancelled, a start may have been executed: its `execution` is unknown.
#[must_use = "a call does nothing until `next` is called"]
pub struct Call<'a, R: Request> {
    options: &'a Options,
    credentials: Credentials,
    credentials_refreshable: bool,
    request: ValidRequest<'static>,
    state: State,
    /// The refusal after which new credentials are to be fetched.
    refused: Option<(KeyRefusal, Error)>,
    stage: Stage,
    action: PhantomData<fn() -> R>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Ready for an attempt.
    Idle,
    /// An attempt is in progress.
    Sent,
    Ended,
}

impl<R: Request> fmt::Debug for Call<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("request", &self.request)
            .field("attempt", &self.state.attempt)
            .finish_non_exhaustive()
    }
}

impl<'a, R: Request> Call<'a, R> {
    /// Creates a call. `now` is the current time by the host's clock.
    ///
    /// # Errors
    /// An error of kind `validation` that lists every problem of the credentials or the request.
    pub fn new(
        options: &'a Options,
        credentials: &Credentials,
        request: R,
        now: Timestamp,
    ) -> Result<Self, Error> {
        Ok(Self {
            options,
            credentials: options.validated_credentials(credentials, false)?,
            credentials_refreshable: false,
            request: request.validated(options, now)?,
            state: State::new(now, 0),
            refused: None,
            stage: Stage::Idle,
            action: PhantomData,
        })
    }

    /// Starts with the clock skew that an earlier call measured, its [`Call::clock_offset_millis`].
    pub const fn with_clock_offset_millis(mut self, millis: i64) -> Self {
        self.state.clock_offset_millis = millis;
        self
    }

    /// States that the host can fetch new credentials after Alibaba Cloud has refused these.
    pub const fn credentials_refreshable(mut self) -> Self {
        self.credentials_refreshable = true;
        self
    }

    /// Uses other credentials, starting with the next attempt.
    ///
    /// # Errors
    /// Of kind `validation`, like [`Call::new`], and with the `execution` of [`Call::end_with`]; the call then
    /// keeps its current credentials. The refusal of the current credentials, if these are the same: the call has
    /// then ended, and [`Call::credentials_refused`] is true.
    pub fn set_credentials(&mut self, credentials: &Credentials) -> Result<(), Error> {
        let checked = self.options.validated_credentials(credentials, false);
        let checked = checked.map_err(|error| self.end_with(error))?;
        if let Some((refusal, because)) = self.refused.take()
            && checked.is_same(&self.credentials)
        {
            self.state.key_refusal = Some(refusal);
            self.stage = Stage::Ended;
            return Err(because);
        }
        self.credentials = checked;
        Ok(())
    }

    /// The error with which the host ends the call between two attempts, with `execution` `unknown` if one of
    /// them may have started a verification.
    pub fn end_with(&self, error: Error) -> Error {
        self.state.end_with(error)
    }

    /// The measured clock skew (Alibaba Cloud's clock minus the host's) in milliseconds; initially 0.
    pub const fn clock_offset_millis(&self) -> i64 {
        self.state.clock_offset_millis
    }

    /// Whether the call failed because Alibaba Cloud refused the credentials. Fetch new ones for the next call.
    pub const fn credentials_refused(&self) -> bool {
        self.state.key_refusal.is_some()
    }

    /// How long the last response asks to wait before the next attempt or call, in milliseconds.
    #[cfg(any(
        all(target_arch = "wasm32", feature = "fetch"),
        all(not(target_arch = "wasm32"), feature = "ureq")
    ))]
    pub(crate) const fn retry_after_millis(&self) -> Option<i64> {
        self.state.retry_after_millis
    }

    /// Returns the next step. `now` is the current time by the host's clock. `random` are bytes from a
    /// cryptographic generator, for the nonce and the jitter: new ones for every [`Input::Ready`].
    ///
    /// [`Input::Ready`] during an attempt counts as a lost connection. After the call has ended, every input
    /// fails with the code `CallEnded`.
    pub fn next(&mut self, input: Input, now: Timestamp, random: [u8; 16]) -> Step<R::Answer> {
        let stage = std::mem::replace(&mut self.stage, Stage::Ended);
        let outcome = match (stage, input) {
            (Stage::Ended, _) => return Step::Failed(self.end_with(ended())),
            (Stage::Idle, Input::Ready) => return self.attempt(now, random),
            // An established connection can fail with the codes of one that was never established.
            (Stage::Sent, Input::Ready) | (_, Input::Lost(Loss::ConnectionFailed { .. })) => {
                Outcome::Lost(Loss::ConnectionFailed { code: None })
            }
            (_, Input::Answered(response)) => Outcome::Answered(received(response)),
            (_, Input::Lost(loss)) => Outcome::Lost(loss),
        };
        self.settle(outcome, now, random)
    }

    fn settle(&mut self, outcome: Outcome, now: Timestamp, random: [u8; 16]) -> Step<R::Answer> {
        let [a, b, c, d, ..] = random;
        let settling = Settling {
            options: self.options,
            credentials: &self.credentials,
            action: self.request.action(),
            credentials_refreshable: self.credentials_refreshable,
            now,
            random: u32::from_le_bytes([a, b, c, d]),
        };
        let request = || Some(self.request.clone());
        let decode = |response: &Response, now| R::decode(&self.request, response, now);
        let step = call::settle(&settling, decode, &request, self.state.clone(), outcome);
        match step {
            call::AttemptStep::Done(answer) => {
                self.state.maybe_executed |= self.request.action().starts_something();
                Step::Done(answer)
            }
            call::AttemptStep::Failed { error, state } => {
                self.state = state;
                Step::Failed(error)
            }
            call::AttemptStep::Retry {
                delay_millis,
                key_refusal,
                because,
                state,
            } => {
                self.state = state;
                self.stage = Stage::Idle;
                self.refused = key_refusal.map(|refusal| (refusal, because.clone()));
                Step::Wait {
                    delay: Duration::from_millis(delay_millis.max(0).unsigned_abs()),
                    refresh_credentials: key_refusal.is_some(),
                    because,
                }
            }
        }
    }

    fn attempt(&mut self, now: Timestamp, random: [u8; 16]) -> Step<R::Answer> {
        let attempt = call::attempt(
            self.options,
            &self.credentials,
            &self.request,
            self.state.clone(),
            now,
            hex::encode(random),
        );
        self.state = attempt.state;
        self.refused = None;
        if attempt.timeout_millis <= 0 {
            return self.settle(Outcome::Lost(Loss::TimedOutUnsent), now, random);
        }
        match outgoing(attempt.request) {
            Some(request) => {
                self.stage = Stage::Sent;
                Step::Send {
                    request,
                    timeout: Duration::from_millis(attempt.timeout_millis.unsigned_abs()),
                }
            }
            None => Step::Failed(self.end_with(too_long())),
        }
    }
}

/// Converts the request. `None` if the URL exceeds the limit of the `http` crate (65,534 bytes); everything
/// else has been validated.
fn outgoing(request: OutgoingRequest) -> Option<::http::Request<String>> {
    let mut built = ::http::Request::builder()
        .method(request.method)
        .uri(request.url)
        .body(request.body.unwrap_or_default())
        .ok()?;
    for (name, value) in request.headers {
        let mut value = HeaderValue::from_maybe_shared(value.into_owned().into_bytes()).ok()?;
        value.set_sensitive(matches!(name, "authorization" | "x-acs-security-token"));
        built
            .headers_mut()
            .append(HeaderName::from_static(name), value);
    }
    Some(built)
}

fn received(response: ::http::Response<Vec<u8>>) -> Response {
    let (head, body) = response.into_parts();
    let headers = head.headers.iter().filter_map(|(name, value)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    });
    Response {
        status: head.status.as_u16(),
        headers: headers.collect(),
        body,
    }
}

fn too_long() -> Error {
    Error::new(
        Kind::Validation,
        "AddressTooLong",
        Audience::Developer,
        Text::new(
            "URL 过长，请求未发送：ACS3 签名将 MetaInfo 等参数放在 URL 中；请改用 RPC 签名（1.0）。",
            "The request was not sent, because its URL is too long: ACS3 puts MetaInfo and other parameters into it; use the RPC signature (1.0).",
        ),
    )
}

fn ended() -> Error {
    Error::new(
        Kind::Validation,
        "CallEnded",
        Audience::Developer,
        Text::new(
            "该调用已结束；请为新的请求创建新的 Call。",
            "The call has ended; create a new Call for a new request.",
        ),
    )
}
