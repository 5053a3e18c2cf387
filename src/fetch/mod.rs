//! A client for Rust programs compiled to wasm32 (Cloudflare Workers, Deno, Node, browsers), over the
//! host's own `fetch`.
//!
//! ```no_run
//! # use cloudauth_edge::actions::{DescribeFaceVerify, InitFaceVerify};
//! # use cloudauth_edge::vendor::credentials::Credentials;
//! # use cloudauth_edge::fetch::FaceVerifyClient;
//! # use cloudauth_edge::client::options::Options;
//! # use cloudauth_edge::client::response::Status;
//! # async fn verify(key: Credentials, order: &str, meta_info: &str) -> Result<bool, cloudauth_edge::error::Error> {
//! let client = FaceVerifyClient::new(Options::default(), key)?;
//! let started = client
//!     .init_face_verify(
//!         InitFaceVerify::new()
//!             .scene_id(1_000_000_006)
//!             .outer_order_no(order)
//!             .user_id("123456789")
//!             .meta_info(meta_info),
//!     )
//!     .await?;
//! // … the person scans the face; then:
//! let result = client
//!     .describe_face_verify(
//!         DescribeFaceVerify::new()
//!             .scene_id(1_000_000_006)
//!             .certify_id(started.certify_id),
//!     )
//!     .await?;
//! Ok(result.status == Status::Passed)
//! # }
//! ```

mod host;
mod transport;

use crate::actions::{DescribeFaceVerify, InitFaceVerify, ValidRequest, Value};
use crate::client::call::{self, Loss, Outcome, State, Step};
use crate::client::options::{Options, RawCredentials};
use crate::client::response::{Answer, DescribeResult, InitResult};
use crate::error::{Audience, Error, Kind};
use crate::text::Text;
use crate::vendor::credentials::Credentials;
use std::cell::Cell;

/// Calls both actions: validates, signs, sends, retries and decodes, by the rules of [`crate::client::call`].
///
/// A future that is dropped aborts its request. An InitFaceVerify that was on its way by then may have
/// been executed.
#[derive(Debug)]
pub struct FaceVerifyClient {
    options: Options,
    credentials: Credentials,
    /// Alibaba Cloud's clock less the host's, as far as an earlier call learned it.
    clock_offset_millis: Cell<i64>,
}

impl FaceVerifyClient {
    /// A client with checked options and credentials.
    ///
    /// # Errors
    /// Of kind `validation`: the credentials cannot be right or do not fit the endpoints, or the program
    /// runs in a browser, where every visitor can take the AccessKeySecret.
    pub fn new(options: Options, credentials: Credentials) -> Result<Self, Error> {
        Options::check([("inBrowser", Value::Boolean(host::is_browser()))])?;
        Self::dangerously_in_browser(options, credentials)
    }

    /// The same where a browser is allowed: for tests against the sandbox.
    ///
    /// # Errors
    /// Of kind `validation`: the credentials cannot be right or do not fit the endpoints.
    pub fn dangerously_in_browser(
        options: Options,
        credentials: Credentials,
    ) -> Result<Self, Error> {
        let token = credentials.security_token.as_ref();
        let credentials = options.check_credentials(RawCredentials {
            access_key_id: Value::from(credentials.access_key_id.as_str()),
            access_key_secret: Value::from(credentials.access_key_secret.expose()),
            security_token: token.map_or(Value::Absent, |token| Value::from(token.expose())),
            ..RawCredentials::default()
        })?;
        Ok(Self {
            options,
            credentials,
            clock_offset_millis: Cell::new(0),
        })
    }

    /// InitFaceVerify: starts a verification and returns its CertifyId.
    ///
    /// # Errors
    /// Every failure, as the [`Error`] says. It is sent again only when it provably was not executed,
    /// unless `repeatInit` is set.
    pub async fn init_face_verify(&self, request: InitFaceVerify) -> Result<InitResult, Error> {
        let request = request.validate(&self.options.validation(host::now()))?;
        match self.perform(&request).await? {
            Answer::Init(result) => Ok(*result),
            Answer::Describe(_) => Err(another_action()),
        }
    }

    /// DescribeFaceVerify: reads where a verification stands. Decide by
    /// [`DescribeResult::status`] alone.
    ///
    /// # Errors
    /// Every failure, as the [`Error`] says. A person who did not pass is no error.
    pub async fn describe_face_verify(
        &self,
        request: DescribeFaceVerify,
    ) -> Result<DescribeResult, Error> {
        let request = request.validate(&self.options.validation(host::now()))?;
        match self.perform(&request).await? {
            Answer::Describe(result) => Ok(*result),
            Answer::Init(_) => Err(another_action()),
        }
    }

    /// The loop around [`call`]: send, hand the outcome back, do as it says.
    async fn perform(&self, request: &ValidRequest<'_>) -> Result<Answer, Error> {
        let mut state = State::new(host::now(), self.clock_offset_millis.get());
        loop {
            let attempt = call::attempt(
                &self.options,
                &self.credentials,
                request,
                state,
                host::now(),
                host::nonce()?,
            );
            let outcome = match attempt.timeout_millis {
                0 => Outcome::Lost(Loss::TimedOutUnsent),
                timeout_millis => transport::send(&attempt.request, timeout_millis).await,
            };
            let step = call::settle(
                &self.options,
                &self.credentials,
                request.action(),
                &|| Some(request.clone()),
                attempt.state,
                outcome,
                false,
                host::now(),
                host::jitter(),
            );
            match step {
                Step::Done(answer) => return Ok(answer),
                Step::Failed(error) => return Err(error),
                Step::Retry {
                    delay_millis,
                    state: next,
                    ..
                } => {
                    self.clock_offset_millis.set(next.clock_offset_millis);
                    host::sleep(delay_millis).await;
                    state = next;
                }
            }
        }
    }
}

/// Cannot happen: an answer is decoded by the action that asked for it.
fn another_action() -> Error {
    Error::new(
        Kind::Protocol,
        "UnexpectedAnswer",
        Audience::Developer,
        Text::new(
            "应答不属于所调用的接口。",
            "The answer is not one of the action that was called.",
        ),
    )
}
