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
//! asynchronous runtime and four times as many crates (112 instead of 24, each with rustls).
//!
//! # In an asynchronous server
//!
//! Call the client inside `spawn_blocking`, or drive [`Call`] with your own HTTP client. Dropping or
//! aborting the task does not stop a call that runs: the verification starts although the handler is gone.
//! So the closure itself must store the outcome before it returns; otherwise the CertifyId is lost, and the
//! next request starts a second verification.
//!
//! ```
//! use cloudauth_edge::{Error, FaceVerifyClient, InitFaceVerify};
//!
//! # struct Orders;
//! # impl Orders {
//! #     fn begin(&self, _: &str) {}
//! #     fn finish(&self, _: &str, _: &Result<String, Error>) {}
//! # }
//! /// Call it inside `spawn_blocking`.
//! fn start(client: &FaceVerifyClient, orders: &Orders, order: &str, meta_info: &str) -> Result<String, Error> {
//!     orders.begin(order); // an order without an outcome may have been started
//!     let request = InitFaceVerify::new().scene_id(1_000_000_006).outer_order_no(order).meta_info(meta_info);
//!     let certify_id = client.init_face_verify(request).map(|started| started.certify_id);
//!     orders.finish(order, &certify_id); // here, because the handler may be gone
//!     certify_id
//! }
//! ```
//!
//! [`FaceVerifyClient::wait_for_result`] occupies a thread until its deadline: choose a short one, or call
//! [`FaceVerifyClient::describe_face_verify`] repeatedly, with an asynchronous sleep in between.
//!
//! # Logs
//!
//! This crate logs nothing, but ureq uses the crate `log`. At the level `trace`, its targets `ureq` and
//! `ureq_proto` show whole requests and responses: names, identity numbers, MetaInfo, SecurityTokens. At
//! `debug`, they do not. Keep both at `debug` or below, for example with
//! `RUST_LOG=trace,ureq=debug,ureq_proto=debug`, or enable the feature `max_level_debug` of `log` in your
//! program, which removes `trace` from all crates. ureq has no setting for it.
//!
//! # TLS and proxies
//!
//! TLS uses rustls with Mozilla's root certificates. A proxy is read from the environment
//! (`ALL_PROXY`, `HTTPS_PROXY` or `HTTP_PROXY`; `NO_PROXY` lists the hosts without one). It must be an
//! `http://` or `https://` address, not SOCKS, and is not used for a loopback address.

mod transport;

use crate::actions::{DescribeFaceVerify, InitFaceVerify};
use crate::client::call::{self, Loss};
use crate::client::issued::Issued;
use crate::client::options::Options;
use crate::client::polls::{FailedCall, Polls};
use crate::client::response::{DescribeResult, InitResult};
use crate::client::sans_io::{Call, Input, Request, Step};
use crate::error::Error;
use crate::host::{self, Clock, ProviderError};
use crate::vendor::credentials::Credentials;
use std::fmt;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Calls both actions. [`crate::client::call`] describes how calls are validated, signed, sent, retried and
/// decoded.
///
/// It reuses connections. Threads can share one client: `FaceVerifyClient` is [`Send`] and
/// [`Sync`].
pub struct FaceVerifyClient {
    options: Options,
    credentials: Mutex<Held>,
    /// Notified when a thread that called the provider has its answer.
    renewed: Condvar,
    provider: Option<Box<Provider>>,
    agent: ureq::Agent,
    /// The clock skew (Alibaba Cloud's clock minus the host's) from an earlier call.
    clock_offset_millis: AtomicI64,
}

struct Held {
    current: Issued,
    /// Whether Alibaba Cloud has refused them, so that the next call asks the provider for others.
    refused: bool,
    /// Whether a thread is calling the provider.
    renewing: bool,
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
        let credentials = options.validated_credentials(&credentials, false)?;
        Self::with_valid(options, credentials)
    }

    fn with_valid(options: Options, credentials: Credentials) -> Result<Self, Error> {
        Ok(Self {
            credentials: Mutex::new(Held {
                current: Issued::first(credentials),
                refused: false,
                renewing: false,
            }),
            renewed: Condvar::new(),
            provider: None,
            agent: transport::agent(&options)?,
            options,
            clock_offset_millis: AtomicI64::new(0),
        })
    }

    /// Creates a client for credentials that change. `provider` returns them now, and again when Alibaba Cloud
    /// refuses them, for example because the SecurityToken has expired or the AccessKey was replaced: once, even
    /// if several calls are waiting for new ones. Calls wait no longer than their own time limit, but the one that
    /// calls `provider` waits until it returns: give it a time limit.
    ///
    /// # Errors
    /// Like [`FaceVerifyClient::new`]; of kind `credentials` if `provider` fails or returns malformed credentials.
    /// The error from `provider` is dropped, because it may contain secrets.
    pub fn with_provider(
        options: Options,
        provider: impl Fn() -> Result<Credentials, Box<dyn std::error::Error + Send + Sync>>
        + Send
        + Sync
        + 'static,
    ) -> Result<Self, Error> {
        let credentials = provider().map_err(|_| host::no_credentials())?;
        let credentials = options.validated_credentials(&credentials, true)?;
        Ok(Self {
            provider: Some(Box::new(provider)),
            ..Self::with_valid(options, credentials)?
        })
    }

    /// InitFaceVerify: starts a verification and returns its CertifyId.
    ///
    /// # Errors
    /// Every failure is an [`Error`]. The request is retried only if it was provably not executed,
    /// unless the options allow it. If [`Error::execution`] is unknown, reconcile the order before
    /// you start it again.
    pub fn init_face_verify(&self, request: InitFaceVerify) -> Result<InitResult, Error> {
        Ok(self.perform(request, &self.options)?)
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
        Ok(self.perform(request, &self.options)?)
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
    pub fn wait_for_result(
        &self,
        request: DescribeFaceVerify,
        deadline: Duration,
    ) -> Result<DescribeResult, Error> {
        let clock = Clock::start();
        let mut polls = Polls::until(clock.now(), deadline);
        loop {
            let options = self.options.within(polls.left(clock.now()));
            let outcome = self.perform(request.clone(), &options);
            match polls.next(outcome, clock.now(), host::random) {
                ControlFlow::Break(outcome) => return outcome,
                ControlFlow::Continue(delay) => std::thread::sleep(delay),
            }
        }
    }

    fn perform<R: Request>(&self, request: R, options: &Options) -> Result<R::Answer, FailedCall> {
        let clock = Clock::start();
        let started = clock.now();
        let left = || clock.left_of(options.total_timeout());
        let offset = self.clock_offset_millis.load(Ordering::Relaxed);
        let mut issued = self.issued(|held| held.refused, left)?;
        let mut call = Call::new(options, &issued.credentials, request, started)?
            .with_clock_offset_millis(offset);
        if self.provider.is_some() {
            call = call.credentials_refreshable();
        }
        let mut input = Input::Ready;
        let mut random = host::random()?;
        loop {
            input = match call.next(input, clock.now(), random) {
                Step::Send { request, timeout } => transport::send(&self.agent, request, timeout),
                Step::Wait {
                    delay,
                    refresh_credentials,
                    because,
                } => {
                    self.keep_clock(offset, &call);
                    std::thread::sleep(delay);
                    if refresh_credentials {
                        // Another call may have fetched new ones.
                        let refused = issued.number;
                        let renewed = self.issued(|held| held.current.number == refused, left);
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
            self.clock_offset_millis.store(offset, Ordering::Relaxed);
        }
    }

    /// The current credentials, after the provider has returned others if `outdated` says so. One thread calls
    /// it, the others wait for its answer.
    fn issued(
        &self,
        outdated: impl Fn(&Held) -> bool,
        left: impl Fn() -> Duration,
    ) -> Result<Issued, Error> {
        let mut held = self.lock();
        while let Some(provider) = self.provider.as_ref().filter(|_| outdated(&held)) {
            if !held.renewing {
                held.renewing = true;
                drop(held);
                return self.renew(provider);
            }
            let left = left();
            if left.is_zero() {
                return Err(call::end_unsent(None, &Loss::CredentialsTimedOut));
            }
            let woken = self.renewed.wait_timeout(held, left);
            held = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(held.current.clone())
    }

    fn renew(&self, provider: &Provider) -> Result<Issued, Error> {
        let _renewing = Renewing(self);
        let credentials = provider().map_err(|_| host::no_credentials())?;
        let credentials = self.options.validated_credentials(&credentials, true)?;
        let mut held = self.lock();
        held.current = held.current.followed_by(credentials);
        held.refused = false;
        Ok(held.current.clone())
    }

    /// The next call does not use these credentials.
    fn refuse(&self, issued: &Issued) {
        let mut held = self.lock();
        held.refused |= held.current.number == issued.number;
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.credentials
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets another thread call the provider once this one has returned, failed or panicked.
struct Renewing<'a>(&'a FaceVerifyClient);

impl Drop for Renewing<'_> {
    fn drop(&mut self) {
        self.0.lock().renewing = false;
        self.0.renewed.notify_all();
    }
}
