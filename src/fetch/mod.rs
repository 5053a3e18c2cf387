//! A client for Rust programs compiled to wasm32 (Cloudflare Workers, Deno, Node, browsers), over
//! the host's own `fetch`.
//!
//! ```no_run
//! use cloudauth_edge::{ClientOptions, Credentials, DescribeFaceVerify, FaceVerifyClient, InitFaceVerify, Status};
//!
//! # async fn verify(secret: String, order: &str, meta_info: &str) -> Result<bool, cloudauth_edge::Error> {
//! let client = FaceVerifyClient::new(ClientOptions::default(), Credentials::new("your-access-key-id", secret))?;
//! let order = InitFaceVerify::new().scene_id(1_000_000_006).outer_order_no(order).meta_info(meta_info);
//! let started = client.init_face_verify(order).await?;
//! // … the person scans the face; then:
//! let question = DescribeFaceVerify::new().scene_id(1_000_000_006).certify_id(started.certify_id);
//! let result = client.describe_face_verify(question).await?;
//! Ok(result.status == Status::Passed)
//! # }
//! ```

mod runtime;
mod transport;

use crate::actions::{DescribeFaceVerify, InitFaceVerify};
use crate::client::issued::Issued;
use crate::client::options::{Options, in_a_browser};
use crate::client::polls::{FailedCall, Polls};
use crate::client::response::{DescribeResult, InitResult};
use crate::client::sans_io::{Call, Input, Request, Step};
use crate::error::Error;
use crate::host::{self, Clock, ProviderError};
use crate::vendor::credentials::Credentials;
use futures_util::lock::Mutex;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::time::Duration;

/// Calls both actions. [`crate::client::call`] describes how calls are validated, signed, sent, retried and
/// decoded.
///
/// Dropping a future aborts its request. An InitFaceVerify that was already sent may nevertheless be executed.
pub struct FaceVerifyClient {
    options: Options,
    credentials: RefCell<Issued>,
    /// Whether Alibaba Cloud has refused the credentials, so that the next call asks the provider for others.
    refused: Cell<bool>,
    provider: Option<Box<Provider>>,
    /// Held while the provider is called, so that concurrent calls whose credentials were refused share one
    /// invocation.
    refreshing: Mutex<()>,
    /// The clock skew (Alibaba Cloud's clock minus the host's) from an earlier call.
    clock_offset_millis: Cell<i64>,
}

type Provided = Pin<Box<dyn Future<Output = Result<Credentials, ProviderError>>>>;
type Provider = dyn Fn() -> Provided;

impl fmt::Debug for FaceVerifyClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaceVerifyClient")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl FaceVerifyClient {
    /// Creates a client with validated options and credentials.
    ///
    /// # Errors
    /// Of kind `validation` if the credentials are malformed or do not fit the endpoints, or if the program runs
    /// in a browser, where every visitor can read the AccessKeySecret.
    pub fn new(options: Options, credentials: Credentials) -> Result<Self, Error> {
        refuse_browser()?;
        Self::dangerously_in_browser(options, credentials)
    }

    /// Like [`FaceVerifyClient::new`], but allowed in a browser: for tests against the sandbox.
    ///
    /// # Errors
    /// Of kind `validation` if the credentials are malformed or do not fit the endpoints.
    pub fn dangerously_in_browser(
        options: Options,
        credentials: Credentials,
    ) -> Result<Self, Error> {
        let credentials = options.validated_credentials(&credentials, false)?;
        Ok(Self::with_valid(options, credentials))
    }

    fn with_valid(options: Options, credentials: Credentials) -> Self {
        Self {
            credentials: RefCell::new(Issued::first(credentials)),
            refused: Cell::new(false),
            provider: None,
            refreshing: Mutex::new(()),
            options,
            clock_offset_millis: Cell::new(0),
        }
    }

    /// Creates a client for credentials that change. `provider` returns them now, and again when Alibaba Cloud
    /// refuses them, for example because the SecurityToken has expired or the AccessKey was replaced: once, even
    /// if several calls are waiting for new ones. They wait until it returns: give it a time limit.
    ///
    /// # Errors
    /// Like [`FaceVerifyClient::new`]; of kind `credentials` if `provider` fails or returns malformed credentials.
    /// The error from `provider` is dropped, because it may contain secrets.
    pub async fn with_provider<F>(
        options: Options,
        provider: impl Fn() -> F + 'static,
    ) -> Result<Self, Error>
    where
        F: Future<Output = Result<Credentials, Box<dyn std::error::Error + Send + Sync>>> + 'static,
    {
        refuse_browser()?;
        Self::dangerously_in_browser_with_provider(options, provider).await
    }

    /// Like [`FaceVerifyClient::with_provider`], but allowed in a browser: for tests against the sandbox.
    ///
    /// # Errors
    /// Like [`FaceVerifyClient::with_provider`].
    pub async fn dangerously_in_browser_with_provider<F>(
        options: Options,
        provider: impl Fn() -> F + 'static,
    ) -> Result<Self, Error>
    where
        F: Future<Output = Result<Credentials, Box<dyn std::error::Error + Send + Sync>>> + 'static,
    {
        let credentials = provider().await.map_err(|_| host::no_credentials())?;
        let credentials = options.validated_credentials(&credentials, true)?;
        Ok(Self {
            provider: Some(Box::new(move || Box::pin(provider()))),
            ..Self::with_valid(options, credentials)
        })
    }

    /// InitFaceVerify: starts a verification and returns its CertifyId.
    ///
    /// # Errors
    /// Every failure is an [`Error`]. The request is retried only if it was provably not executed,
    /// unless the options allow it. If [`Error::execution`] is unknown, reconcile the order before
    /// you start it again.
    pub async fn init_face_verify(&self, request: InitFaceVerify) -> Result<InitResult, Error> {
        Ok(self.perform(request, &self.options).await?)
    }

    /// DescribeFaceVerify: queries the status of a verification. Base decisions only on
    /// [`DescribeResult::status`].
    ///
    /// # Errors
    /// Every failure is an [`Error`]. A rejected verification is not an error.
    pub async fn describe_face_verify(
        &self,
        request: DescribeFaceVerify,
    ) -> Result<DescribeResult, Error> {
        Ok(self.perform(request, &self.options).await?)
    }

    /// Queries until the user has passed or been rejected, but not after `deadline`: the last query is a second before
    /// it. The result is then the last one, which is [`Status::Pending`](crate::Status::Pending). The interval between
    /// queries grows from 1 to 10 seconds, and is longer if Alibaba Cloud asks for it. A `deadline` of zero makes one
    /// query.
    ///
    /// # Errors
    /// Like [`FaceVerifyClient::describe_face_verify`]. A failure that [can be
    /// retried](Error::is_retryable) ends polling only at the deadline, and only if no query succeeded before it,
    /// except Code 418, which lasts for the day.
    pub async fn wait_for_result(
        &self,
        request: DescribeFaceVerify,
        deadline: Duration,
    ) -> Result<DescribeResult, Error> {
        let clock = Clock::start();
        let mut polls = Polls::until(clock.now(), deadline);
        loop {
            let options = self.options.within(polls.left(clock.now()));
            let outcome = self.perform(request.clone(), &options).await;
            match polls.next(outcome, clock.now(), host::random) {
                ControlFlow::Break(outcome) => return outcome,
                ControlFlow::Continue(delay) => runtime::sleep(delay).await,
            }
        }
    }

    async fn perform<R: Request>(
        &self,
        request: R,
        options: &Options,
    ) -> Result<R::Answer, FailedCall> {
        let clock = Clock::start();
        let started = clock.now();
        let mut issued = self.credentials.borrow().clone();
        if self.refused.get() {
            issued = self.renewed(&issued).await?;
        }
        let offset = self.clock_offset_millis.get();
        let mut call = Call::new(options, &issued.credentials, request, started)?
            .with_clock_offset_millis(offset);
        if self.provider.is_some() {
            call = call.credentials_refreshable();
        }
        let mut input = Input::Ready;
        let mut random = host::random()?;
        loop {
            input = match call.next(input, clock.now(), random) {
                Step::Send { request, timeout } => transport::send(&request, timeout).await,
                Step::Wait {
                    delay,
                    refresh_credentials,
                    because,
                } => {
                    self.keep_clock(offset, &call);
                    runtime::sleep(delay).await;
                    if refresh_credentials {
                        let renewed = self.renewed(&issued).await;
                        let renewed = renewed.map_err(|error| call.end_with(error))?;
                        issued = renewed;
                        if let Err(error) = call.set_credentials(&issued.credentials) {
                            if call.credentials_refused() {
                                self.refuse(&issued);
                            }
                            return Err(error.into());
                        }
                    }
                    random = host::random().map_err(|_| because)?;
                    Input::Ready
                }
                Step::Done(answer) => return Ok(answer),
                Step::Failed(error) => {
                    self.keep_clock(offset, &call);
                    if call.credentials_refused() {
                        self.refuse(&issued);
                    }
                    let asked_millis = call.retry_after_millis().unwrap_or(0);
                    return Err(FailedCall {
                        error,
                        asked_millis,
                    });
                }
            }
        }
    }

    /// Keeps the clock skew for the next calls, if this one has measured it.
    fn keep_clock<R: Request>(&self, before: i64, call: &Call<'_, R>) {
        let offset = call.clock_offset_millis();
        if offset != before {
            self.clock_offset_millis.set(offset);
        }
    }

    /// The next call does not use these credentials.
    fn refuse(&self, issued: &Issued) {
        if self.credentials.borrow().number == issued.number {
            self.refused.set(true);
        }
    }

    /// The credentials after a refusal: the provider's new ones, unless another call has fetched them.
    async fn renewed(&self, refused: &Issued) -> Result<Issued, Error> {
        let _turn = self.refreshing.lock().await;
        let current = self.credentials.borrow().clone();
        let is_current = current.number == refused.number;
        let Some(provider) = self.provider.as_ref().filter(|_| is_current) else {
            return Ok(current);
        };
        let credentials = provider().await;
        let credentials = credentials.map_err(|_| host::no_credentials())?;
        let credentials = self.options.validated_credentials(&credentials, true)?;
        let renewed = current.followed_by(credentials);
        self.credentials.replace(renewed.clone());
        self.refused.set(false);
        Ok(renewed)
    }
}

fn refuse_browser() -> Result<(), Error> {
    if runtime::is_browser() {
        return Err(Error::options(vec![in_a_browser()]));
    }
    Ok(())
}
