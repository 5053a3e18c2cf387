//! A blocking client for Rust servers, over [ureq](https://docs.rs/ureq).
//!
//! ```no_run
//! use cloudauth_edge::{ClientOptions, Credentials, DescribeFaceVerify, FaceVerifyClient, InitFaceVerify, Status};
//!
//! # fn verify(secret: String, order: &str, meta_info: &str) -> Result<bool, cloudauth_edge::Error> {
//! let client = FaceVerifyClient::new(ClientOptions::default(), Credentials::new("your-access-key-id", secret))?;
//! let order = InitFaceVerify::new().scene_id(1_000_000_006).outer_order_no(order).meta_info(meta_info);
//! let started = client.init_face_verify(order)?;
//! // … the person scans the face; then:
//! let question = DescribeFaceVerify::new().scene_id(1_000_000_006).certify_id(started.certify_id);
//! let result = client.describe_face_verify(question)?;
//! Ok(result.status == Status::Passed)
//! # }
//! ```
//!
//! It uses ureq instead of reqwest: both are well maintained, but reqwest's blocking client adds an
//! asynchronous runtime and four times as many crates (112 instead of 24, each with rustls). In an
//! asynchronous server, call the client inside `spawn_blocking`, or drive [`Call`] with your own
//! HTTP client.
//!
//! TLS uses rustls with Mozilla's root certificates. A proxy is read from the environment
//! (`ALL_PROXY`, `HTTPS_PROXY` or `HTTP_PROXY`; `NO_PROXY` lists the hosts without one). It must be an
//! `http://` or `https://` address, not SOCKS, and is not used for a loopback address.

mod transport;

use crate::actions::{DescribeFaceVerify, InitFaceVerify};
use crate::client::options::Options;
use crate::client::polls::Polls;
use crate::client::response::{DescribeResult, InitResult};
use crate::client::sans_io::{Call, Input, Request, Step};
use crate::error::Error;
use crate::host::{self, ProviderError};
use crate::vendor::credentials::Credentials;
use std::fmt;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Calls both actions. [`crate::client::call`] describes how calls are validated, signed, sent, retried and
/// decoded.
///
/// It reuses connections. Threads can share one client: `FaceVerifyClient` is [`Send`] and
/// [`Sync`].
pub struct FaceVerifyClient {
    options: Options,
    credentials: Mutex<Held>,
    provider: Option<Box<Provider>>,
    agent: ureq::Agent,
    /// The clock skew (Alibaba Cloud's clock minus the host's) from an earlier call.
    clock_offset_millis: AtomicI64,
}

struct Held {
    credentials: Credentials,
    /// Whether Alibaba Cloud has refused them, so that the next call asks the provider for others.
    refused: bool,
}

type Provider = dyn Fn() -> Result<Credentials, ProviderError> + Send + Sync;

impl fmt::Debug for FaceVerifyClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaceVerifyClient")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl FaceVerifyClient {
    /// Creates a client with validated options and credentials. Nothing is sent yet.
    ///
    /// # Errors
    /// Of kind `validation` if the credentials are malformed or do not fit the endpoints, or if the environment
    /// names a proxy that cannot be used.
    pub fn new(options: Options, credentials: Credentials) -> Result<Self, Error> {
        Ok(Self {
            credentials: Mutex::new(Held {
                credentials: options.validated_credentials(&credentials)?,
                refused: false,
            }),
            provider: None,
            agent: transport::agent(&options)?,
            options,
            clock_offset_millis: AtomicI64::new(0),
        })
    }

    /// Creates a client for credentials that change. `provider` returns them now, and again when Alibaba Cloud
    /// refuses them, for example because the SecurityToken has expired or the AccessKey was replaced: once, even
    /// if several calls are waiting for new ones.
    ///
    /// # Errors
    /// Like [`FaceVerifyClient::new`]; of kind `credentials` if `provider` fails. The error from `provider` is
    /// dropped, because it may contain secrets.
    pub fn with_provider(
        options: Options,
        provider: impl Fn() -> Result<Credentials, Box<dyn std::error::Error + Send + Sync>>
        + Send
        + Sync
        + 'static,
    ) -> Result<Self, Error> {
        let credentials = provider().map_err(|_| host::no_credentials())?;
        Ok(Self {
            provider: Some(Box::new(provider)),
            ..Self::new(options, credentials)?
        })
    }

    /// InitFaceVerify: starts a verification and returns its CertifyId.
    ///
    /// # Errors
    /// Every failure is an [`Error`]. The request is retried only if it was provably not executed,
    /// unless the options allow it. If [`Error::execution`] is unknown, reconcile the order before
    /// you start it again.
    pub fn init_face_verify(&self, request: InitFaceVerify) -> Result<InitResult, Error> {
        self.perform(request)
    }

    /// DescribeFaceVerify: queries the status of a verification. Base decisions only on
    /// [`DescribeResult::status`].
    ///
    /// # Errors
    /// Every failure is an [`Error`]. A rejected verification is not an error.
    pub fn describe_face_verify(
        &self,
        request: DescribeFaceVerify,
    ) -> Result<DescribeResult, Error> {
        self.perform(request)
    }

    /// Queries until the user has passed or been rejected, or until the next query would start after `deadline`,
    /// in which case the result is still [`Status::Pending`](crate::Status::Pending). The interval between queries
    /// grows from 1 to 10 seconds.
    ///
    /// # Errors
    /// Like [`FaceVerifyClient::describe_face_verify`]. A failure that [can be
    /// retried](Error::is_retryable) ends polling only at the deadline, except Code 418, which lasts for the day.
    pub fn wait_for_result(
        &self,
        request: DescribeFaceVerify,
        deadline: Duration,
    ) -> Result<DescribeResult, Error> {
        let mut polls = Polls::until(host::now(), deadline);
        loop {
            let outcome = self.describe_face_verify(request.clone());
            match polls.next(outcome, host::now(), host::random) {
                ControlFlow::Break(outcome) => return outcome,
                ControlFlow::Continue(delay) => std::thread::sleep(delay),
            }
        }
    }

    fn perform<R: Request>(&self, request: R) -> Result<R::Answer, Error> {
        let offset = self.clock_offset_millis.load(Ordering::Relaxed);
        let mut credentials = self.current()?;
        let mut call = Call::new(&self.options, &credentials, request, host::now())?
            .with_clock_offset_millis(offset);
        if self.provider.is_some() {
            call = call.credentials_refreshable();
        }
        let mut input = Input::Ready;
        let mut random = host::random()?;
        loop {
            input = match call.next(input, host::now(), random) {
                Step::Send { request, timeout } => transport::send(&self.agent, request, timeout),
                Step::Wait {
                    delay,
                    refresh_credentials,
                    because,
                } => {
                    self.keep_clock(offset, &call);
                    std::thread::sleep(delay);
                    if refresh_credentials {
                        let refreshed = self.refreshed(&credentials);
                        let refreshed = refreshed.map_err(|error| call.end_with(error))?;
                        if refreshed.is_same(&credentials) {
                            self.refuse(&credentials);
                            return Err(because);
                        }
                        credentials = refreshed;
                        call.set_credentials(&credentials)?;
                    }
                    random = host::random().map_err(|_| because)?;
                    Input::Ready
                }
                Step::Done(answer) => return Ok(answer),
                Step::Failed(error) => {
                    self.keep_clock(offset, &call);
                    if call.credentials_refused() {
                        self.refuse(&credentials);
                    }
                    return Err(error);
                }
            }
        }
    }

    /// Keeps the clock skew for the next calls, if this one has measured it.
    fn keep_clock<R: Request>(&self, before: i64, call: &Call<'_, R>) {
        let offset = call.clock_offset_millis();
        if offset != before {
            self.clock_offset_millis.store(offset, Ordering::Relaxed);
        }
    }

    /// The credentials of the next call.
    fn current(&self) -> Result<Credentials, Error> {
        let mut held = self.lock();
        if held.refused {
            self.renew(&mut held)?;
        }
        Ok(held.credentials.clone())
    }

    /// The credentials after a refusal: the provider's new ones, unless another call has fetched them.
    fn refreshed(&self, refused: &Credentials) -> Result<Credentials, Error> {
        let mut held = self.lock();
        if held.credentials.is_same(refused) {
            self.renew(&mut held)?;
        }
        Ok(held.credentials.clone())
    }

    fn renew(&self, held: &mut Held) -> Result<(), Error> {
        if let Some(provider) = &self.provider {
            let credentials = provider().map_err(|_| host::no_credentials())?;
            held.credentials = self.options.validated_credentials(&credentials)?;
            held.refused = false;
        }
        Ok(())
    }

    /// The next call does not use these credentials.
    fn refuse(&self, credentials: &Credentials) {
        let mut held = self.lock();
        held.refused |= held.credentials.is_same(credentials);
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.credentials
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
