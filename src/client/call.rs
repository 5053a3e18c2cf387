//! One call as a state machine: an attempt is a request to send; its outcome leads to the result,
//! the error, or the next attempt. The host sends, waits and keeps the state, which is plain data.
//!
//! Every attempt has its own nonce and timestamp, because Alibaba Cloud rejects a used nonce.
//! InitFaceVerify has an effect, so it is retried only if it was provably not executed or if the
//! caller allows it.

use crate::actions::{Action, SigningContext, ValidRequest};
use crate::client::options::Options;
use crate::client::response::{self, Answer, Failure, ServerText};
use crate::error::{Audience, Error, Kind};
use crate::http::{OutgoingRequest, Response, header};
use crate::signing::SignatureVersion;
use crate::signing::difference::{Difference, first_difference};
use crate::signing::encode::hex;
use crate::text::Text;
use crate::timestamp::Timestamp;
use crate::vendor::codes;
use crate::vendor::credentials::{Credentials, Secret};
use crate::vendor::endpoint::Endpoint;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// The upper bound of the first back-off; it doubles with each further one.
const BACKOFF_BASE_MILLIS: i64 = 100;
/// The same after throttling.
const THROTTLED_BASE_MILLIS: i64 = 500;
/// The longest back-off that the client chooses.
const BACKOFF_MAX_MILLIS: i64 = 5_000;
/// The longest interval between two queries while waiting for a result.
const POLL_MAX_MILLIS: i64 = 8_000;
/// The clock skew that needs no correction; Alibaba Cloud allows 15 minutes.
const CLOCK_TOLERANCE_MILLIS: i64 = 60_000;
/// Dates outside of 2020 to 2100 come from a broken server and do not correct the clock.
const PLAUSIBLE_MILLIS: std::ops::Range<i64> = 1_577_836_800_000..4_102_444_800_000;

/// The state of a call. Plain data that the host keeps between attempts and passes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// Number of the attempt, from 1.
    pub attempt: i64,
    /// Index of the endpoint in the options' list.
    pub endpoint: usize,
    /// The known clock skew (Alibaba Cloud's clock minus the local one), in milliseconds.
    pub clock_offset_millis: i64,
    /// Whether this call has already corrected the clock.
    pub clock_corrected: bool,
    /// Whether this call has already requested new credentials.
    pub credentials_refreshed: bool,
    /// When the call began, by the local clock, in milliseconds.
    pub started_millis: i64,
    /// When the attempt was signed, by the local clock, in milliseconds.
    pub signed_millis: i64,
    /// Whether an attempt of this call may have started a verification.
    #[serde(default)]
    pub maybe_executed: bool,
    /// The attempt's nonce.
    pub nonce: String,
}

impl State {
    /// The state before the first attempt. `clock_offset_millis` is the clock skew from an earlier
    /// call, or 0.
    pub const fn new(now: Timestamp, clock_offset_millis: i64) -> Self {
        Self {
            attempt: 0,
            endpoint: 0,
            clock_offset_millis,
            clock_corrected: false,
            credentials_refreshed: false,
            started_millis: now.unix_millis(),
            signed_millis: now.unix_millis(),
            maybe_executed: false,
            nonce: String::new(),
        }
    }
}

impl State {
    /// Serializes the state to one line of text.
    pub fn pack(&self) -> String {
        let mut packed = String::with_capacity(128);
        for number in [
            self.attempt,
            i64::try_from(self.endpoint).unwrap_or_default(),
            self.clock_offset_millis,
            self.clock_corrected.into(),
            self.credentials_refreshed.into(),
            self.started_millis,
            self.signed_millis,
            self.maybe_executed.into(),
        ] {
            packed.push_str(&number.to_string());
            packed.push(' ');
        }
        packed.push_str(&self.nonce);
        packed
    }

    /// Parses the output of [`State::pack`]; `None` for anything else.
    pub fn unpack(text: &str) -> Option<Self> {
        let mut parts = text.splitn(9, ' ');
        let mut numbers = [0_i64; 8];
        for number in &mut numbers {
            *number = parts.next()?.parse().ok()?;
        }
        let [
            attempt,
            endpoint,
            clock_offset_millis,
            corrected,
            refreshed,
            started_millis,
            signed_millis,
            maybe_executed,
        ] = numbers;
        Some(Self {
            attempt,
            endpoint: usize::try_from(endpoint).ok()?,
            clock_offset_millis,
            clock_corrected: corrected != 0,
            credentials_refreshed: refreshed != 0,
            started_millis,
            signed_millis,
            maybe_executed: maybe_executed != 0,
            nonce: parts.next()?.to_owned(),
        })
    }
}

/// A request for the host to send.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The request.
    pub request: OutgoingRequest,
    /// Milliseconds that the whole answer, body included, may take. 0 where the call's time is up: the
    /// outcome is then [`Loss::TimedOutUnsent`].
    pub timeout_millis: i64,
    /// The state to pass back with the outcome.
    pub state: State,
}

/// The outcome of an attempt.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// A complete response arrived.
    Answered(Response),
    /// No complete response arrived.
    Lost(Loss),
}

/// Why no complete response arrived.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Loss {
    /// The connection was not established, so nothing was sent: even a start may be tried again.
    NotConnected,
    /// No response or a truncated one. `code` is the host's code of the failure, such as
    /// `ECONNREFUSED`; some codes mean that nothing was sent.
    ConnectionFailed {
        /// The host's code, if any.
        code: Option<String>,
    },
    /// The time limit was exceeded.
    TimedOut,
    /// The time was up before this attempt was sent.
    TimedOutUnsent,
    /// The answer was larger than the host reads.
    TooLarge,
    /// The caller aborted the call.
    Aborted,
    /// The caller aborted the call before this attempt was sent.
    AbortedUnsent,
    /// The program's own fetch threw an error that is not the network's.
    FetchThrew,
    /// The program's own fetch gave something that is not a `Response`.
    NotAResponse,
    /// The program's function for credentials did not answer in time.
    CredentialsTimedOut,
    /// The program's function for credentials threw an error; `mistake` where the program is at fault.
    CredentialsThrew {
        /// Whether it is a mistake in the program, which waiting does not mend.
        mistake: bool,
    },
}

/// The next step. `A` is the result of a call that succeeds.
#[derive(Debug)]
pub enum Step<A = Answer> {
    /// The call succeeded.
    Done(A),
    /// The call failed.
    Failed(Error),
    /// Wait, then start another attempt.
    Retry {
        /// Milliseconds to wait.
        delay_millis: i64,
        /// Whether to fetch new credentials first.
        refresh_credentials: bool,
        /// The error of this attempt.
        because: Error,
        /// The state for the next attempt.
        state: State,
    },
}

/// Prepares the next attempt of a call, signed now and with a new nonce.
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
            // Options contain at least one endpoint, so this is never sent.
            method: "POST",
            url: String::new(),
            headers: Vec::new(),
            body: None,
        });
    Attempt {
        request,
        timeout_millis: options.timeout_millis.min(remaining),
        state,
    }
}

/// Decides the next step from an attempt's outcome. `credentials_refreshable` is whether the host
/// can fetch new credentials; `random` is a random number for the jitter. `request` returns the
/// validated request again; it is called only to explain a failure.
#[allow(clippy::too_many_arguments)] // all plain inputs of one pure decision
pub fn settle<'a>(
    options: &Options,
    credentials: &Credentials,
    action: &'static Action,
    request: &dyn Fn() -> Option<ValidRequest<'a>>,
    state: State,
    outcome: Outcome,
    credentials_refreshable: bool,
    now: Timestamp,
    random: u32,
) -> Step {
    settle_as(
        options,
        credentials,
        action,
        |response, vendor_now| response::decode(action, response, vendor_now),
        request,
        state,
        outcome,
        credentials_refreshable,
        now,
        random,
    )
}

/// [`settle`] for a caller that knows the action's type of answer, which `decode` reads.
#[allow(clippy::too_many_arguments)] // as above
pub(super) fn settle_as<'a, A>(
    options: &Options,
    credentials: &Credentials,
    action: &'static Action,
    decode: impl FnOnce(&Response, Timestamp) -> Result<A, Box<Failure>>,
    request: &dyn Fn() -> Option<ValidRequest<'a>>,
    mut state: State,
    outcome: Outcome,
    credentials_refreshable: bool,
    now: Timestamp,
    random: u32,
) -> Step<A> {
    let (failure, response) = match outcome {
        Outcome::Answered(response) => {
            let vendor_now = now.plus_millis(state.clock_offset_millis);
            match decode(&response, vendor_now) {
                Ok(answer) => return Step::Done(answer),
                Err(failure) => (*failure, Some(response)),
            }
        }
        Outcome::Lost(loss) => (loss.failure(), None),
    };
    let failure = explain(options, credentials, request, &state, failure);
    let headers = response
        .as_ref()
        .map_or(&[][..], |response| response.headers.as_slice());
    // An earlier attempt may have been executed, regardless of this one's outcome.
    state.maybe_executed |= action.starts_something && !failure.not_executed;
    let maybe_executed = state.maybe_executed;
    let step = decide(
        options,
        action,
        state,
        failure,
        headers,
        credentials_refreshable,
        now,
        random,
    );
    match step {
        Step::Failed(error) if maybe_executed => Step::Failed(error.execution_unknown()),
        Step::Retry {
            delay_millis,
            refresh_credentials,
            because,
            state,
        } if maybe_executed => Step::Retry {
            delay_millis,
            refresh_credentials,
            because: because.execution_unknown(),
            state,
        },
        step => step,
    }
}

/// The error of a call that ends between two attempts, or before the first.
pub fn end_unsent(state: Option<&State>, loss: &Loss) -> Error {
    let error = loss.failure().error;
    if state.is_some_and(|state| state.maybe_executed) {
        error.execution_unknown()
    } else {
        error
    }
}

fn signing_context<'a>(
    options: &'a Options,
    credentials: &'a Credentials,
    state: &'a State,
) -> Option<SigningContext<'a>> {
    Some(SigningContext {
        endpoint: endpoint(options, state)?,
        credentials,
        version: options.version,
        nonce: &state.nonce,
        now: Timestamp::from_unix_millis(state.signed_millis)
            .plus_millis(state.clock_offset_millis),
    })
}

/// The endpoint of an attempt.
pub fn endpoint<'a>(options: &'a Options, state: &State) -> Option<&'a Endpoint> {
    options
        .endpoints
        .get(state.endpoint)
        .or_else(|| options.endpoints.first())
}

impl Loss {
    fn failure(&self) -> Failure {
        use Audience::{Developer, Operator};
        let made =
            |kind, code, audience, zh, en| Error::new(kind, code, audience, Text::new(zh, en));
        let not_connected = || {
            (
made(
                    Kind::Transport,
                    "ConnectionFailed",
                    Operator,
                    "未能连接到阿里云，请求未送达；请检查网络、DNS 与 endpoint。",
                    "Alibaba Cloud could not be reached and the request was not sent; check network, DNS and endpoint.",
                )
                .retryable(),
                true,
            )
        };
        let (error, not_executed) = match self {
            Self::AbortedUnsent => (
                made(
                    Kind::Aborted,
                    "Aborted",
                    Developer,
                    "调用方在请求发出之前取消了调用，本次请求未发送。",
                    "The caller cancelled the call before this request was sent.",
                ),
                true,
            ),
            Self::Aborted => (
                made(
                    Kind::Aborted,
                    "Aborted",
                    Developer,
                    "调用方取消了请求。",
                    "The caller cancelled the call.",
                ),
                false,
            ),
            Self::TimedOut => (
                made(
                    Kind::Timeout,
                    "Timeout",
                    Operator,
                    "未在规定时间内收到完整应答，请检查网络或增大 timeoutMs。",
                    "No complete answer came in time; check the network or raise timeoutMs.",
                )
                .retryable(),
                false,
            ),
            Self::TimedOutUnsent => (
                made(
                    Kind::Timeout,
                    "Timeout",
                    Operator,
                    "本次调用的时间在请求发出之前已用完，本次请求未发送；请检查凭证函数是否过慢，或增大 totalTimeoutMs。",
                    "The time for the call ended before this request was sent; check whether the credentials function is slow, or raise totalTimeoutMs.",
                )
                .retryable(),
                true,
            ),
            Self::TooLarge => (
                made(
                    Kind::Protocol,
                    "AnswerTooLarge",
                    Operator,
                    "应答过大，不是阿里云的应答；请检查 endpoint 与中间网关。",
                    "The answer is too large to be Alibaba Cloud's; check the endpoint and what stands between.",
                ),
                false,
            ),
            Self::NotConnected => not_connected(),
            Self::ConnectionFailed { code } if code.as_deref().is_some_and(never_connected) => {
                not_connected()
            }
            Self::ConnectionFailed { .. } => (
                made(
                    Kind::Transport,
                    "ConnectionFailed",
                    Operator,
                    "与阿里云的连接中断，请检查网络。",
                    "The connection to Alibaba Cloud broke; check the network.",
                )
                .retryable(),
                false,
            ),
            Self::FetchThrew => (
                made(
                    Kind::Validation,
                    "InvalidFetch",
                    Developer,
                    "所用的 fetch 函数自身出错，并非网络故障：可能是未绑定对象的方法，或参数有误。请开发者改正；错误的名称与位置见 cause。",
                    "The fetch function in use failed by itself, not because of the network: it may be a method without its object, or have a wrong argument. The developer must correct it; `cause` names the error and its place.",
                ),
                false,
            ),
            Self::NotAResponse => (
                made(
                    Kind::Validation,
                    "InvalidFetch",
                    Developer,
                    "所用的 fetch 函数返回的不是 Response：缺少 status、headers 或可读取的 body，或 body 已被读取。请开发者改正。",
                    "The fetch function in use did not return a Response: status, headers or the body's stream is missing, or the body was read before. The developer must correct it.",
                ),
                false,
            ),
            Self::CredentialsTimedOut => (
                made(
                    Kind::Credentials,
                    "CredentialsTimeout",
                    Operator,
                    "凭证函数未在规定时间内返回，请求未发送；请检查凭证来源，或增大 totalTimeoutMs。",
                    "The credentials function did not answer in time, so the request was not sent; check where it gets them from, or raise totalTimeoutMs.",
                )
                .retryable(),
                true,
            ),
            Self::CredentialsThrew { mistake: true } => (
                made(
                    Kind::Credentials,
                    "CredentialsFailed",
                    Developer,
                    "凭证函数自身出错，请求未发送。请开发者改正；错误的名称与位置见 cause。",
                    "The credentials function has a mistake, so the request was not sent. The developer must correct it; `cause` names the error and its place.",
                ),
                true,
            ),
            Self::CredentialsThrew { mistake: false } => (
                made(
                    Kind::Credentials,
                    "CredentialsFailed",
                    Operator,
                    "凭证函数未能取得凭证，请求未发送；请检查凭证来源，错误的名称与位置见 cause。",
                    "The credentials function failed, so the request was not sent; check where it gets them from. `cause` names its error and the place.",
                )
                .retryable(),
                true,
            ),
        };
        Failure {
            error,
            not_executed,
            server_text: None,
        }
    }
}

/// Codes of failures before the connection was established: of Node, Bun, Deno and undici, and of
/// OpenSSL for rejected certificates, which it checks before anything is sent. Codes that can also
/// occur later, such as `ECONNRESET` or most of `ERR_SSL_`, are not included.
const NEVER_CONNECTED: &[&str] = &[
    "ECONNREFUSED",
    "ENOTFOUND",
    "EADDRNOTAVAIL",
    "EHOSTUNREACH",
    "ENETUNREACH",
    "ENETDOWN",
    "UND_ERR_CONNECT_TIMEOUT",
    "ConnectionRefused",
    "FailedToOpenSocket",
    "DEPTH_ZERO_SELF_SIGNED_CERT",
    "HOSTNAME_MISMATCH",
    "INVALID_CA",
    "INVALID_PURPOSE",
    "PATH_LENGTH_EXCEEDED",
    "SELF_SIGNED_CERT_IN_CHAIN",
];

/// Prefixes of families of such codes: name resolution (POSIX, getaddrinfo) and certificates
/// (OpenSSL's X509_V_ERR without its prefix).
const NEVER_CONNECTED_FAMILIES: &[&str] = &[
    "EAI_",
    "CERT_",
    "CRL_",
    "ERROR_IN_C",
    "ERR_TLS_CERT_",
    "UNABLE_TO_",
];

fn never_connected(code: &str) -> bool {
    NEVER_CONNECTED.contains(&code)
        || NEVER_CONNECTED_FAMILIES
            .iter()
            .any(|family| code.starts_with(family))
}

/// Explains a signature mismatch, and removes the caller's data from the code and the RequestId
/// that Alibaba Cloud returned.
fn explain<'a>(
    options: &Options,
    credentials: &Credentials,
    request: &dyn Fn() -> Option<ValidRequest<'a>>,
    state: &State,
    mut failure: Failure,
) -> Failure {
    let Some(request) = request() else {
        return failure;
    };
    if let (Some(ServerText(theirs)), Some(context)) = (
        failure.server_text.take(),
        signing_context(options, credentials, state),
    ) {
        let ours = request.signed_text(&context);
        let cause = mismatch_cause(options.version, &ours, &theirs);
        failure.error.message = cause;
        failure.error.audience = if ours == theirs {
            Audience::Operator
        } else {
            Audience::Developer
        };
    }
    let echoes = |text: &str| {
        request
            .parameters()
            .map(|(_, value)| value)
            .chain([credentials.access_key_secret.expose()])
            .chain(credentials.security_token.iter().map(Secret::expose))
            // Shorter values identify nobody and occur in ids by coincidence.
            .any(|secret| secret.len() >= 6 && echoes(text, secret))
    };
    if echoes(&failure.error.code) {
        failure.error.code = "Unknown".to_owned();
    }
    if failure.error.request_id.as_deref().is_some_and(echoes) {
        failure.error.request_id = None;
    }
    failure
}

/// Whether a code or an id contains a value in one of its encoded forms.
fn echoes(text: &str, value: &str) -> bool {
    let bytes = value.as_bytes();
    // No encoded form is shorter than the value.
    value.len() <= text.len()
        && (text.contains(value)
            || text.contains(&hex(bytes))
            || text
                .replace('-', "+")
                .replace('_', "/")
                .contains(STANDARD.encode(bytes).trim_end_matches('=')))
}

fn mismatch_cause(version: SignatureVersion, ours: &str, theirs: &str) -> Text {
    match first_difference(version, ours, theirs) {
        None => Text::new(
            "签名不一致，而阿里云收到的内容与本地完全相同：AccessKeySecret 有误，请运维核对。",
            "The signature does not match although Alibaba Cloud received exactly what was signed, so the AccessKeySecret is wrong; the operator must check it.",
        ),
        Some(Difference::Part(part)) => Text::composed(
            format!(
                "签名不一致：阿里云收到的 {part} 与本地签名时不同，多半被中间设备改动，请开发者检查。"
            ),
            format!(
                "The signature does not match: the {part} that Alibaba Cloud received differs from the signed one. Most likely an intermediary changed it; the developer must find it."
            ),
        ),
        Some(Difference::Unknown) => Text::new(
            "签名不一致：阿里云收到的内容与本地签名时不同，多半被中间设备改动，请开发者检查。",
            "The signature does not match: the request that Alibaba Cloud received differs from the signed one. Most likely an intermediary changed it; the developer must find it.",
        ),
    }
}

#[allow(clippy::too_many_arguments)] // all plain inputs of one pure decision
fn decide<A>(
    options: &Options,
    action: &'static Action,
    state: State,
    failure: Failure,
    headers: &[(String, String)],
    credentials_refreshable: bool,
    now: Timestamp,
    random: u32,
) -> Step<A> {
    let error = failure.error;
    if error.kind == Kind::Aborted
        || codes::lasts_for_the_day(&error.code)
        || state.attempt >= options.max_attempts
    {
        return Step::Failed(error);
    }
    let mut next = state.clone();
    if error.code == "InvalidTimeStamp.Expired" {
        return match server_time(headers).map(|date| date.millis_since(now)) {
            Some(offset)
                if !state.clock_corrected
                    && offset.saturating_sub(state.clock_offset_millis).abs()
                        > CLOCK_TOLERANCE_MILLIS =>
            {
                next.clock_offset_millis = offset;
                next.clock_corrected = true;
                Step::Retry {
                    delay_millis: 0,
                    refresh_credentials: false,
                    because: error,
                    state: next,
                }
            }
            _ => Step::Failed(error),
        };
    }
    if error.code.starts_with("InvalidSecurityToken.Expired") {
        if credentials_refreshable && !state.credentials_refreshed {
            next.credentials_refreshed = true;
            return Step::Retry {
                delay_millis: 0,
                refresh_credentials: true,
                because: error,
                state: next,
            };
        }
        return Step::Failed(error);
    }
    let nonce_collided = error.code == "SignatureNonceUsed" && !action.starts_something;
    let safe = !action.starts_something || failure.not_executed || options.repeat_init;
    if !(nonce_collided || (error.retryable && safe)) {
        return Step::Failed(error);
    }
    let throttled = error.kind == Kind::Throttled;
    let server_at_fault = matches!(error.kind, Kind::Transport | Kind::Timeout | Kind::Protocol)
        || error.code == "500"
        || error.http_status.is_some_and(|status| status >= 500);
    let mut delay_millis = jittered(&state, throttled, random);
    if server_at_fault && options.endpoints.len() > 1 {
        next.endpoint = state
            .endpoint
            .saturating_add(1)
            .checked_rem(options.endpoints.len())
            .unwrap_or(0);
        if next.endpoint != 0 {
            delay_millis = 0;
        }
    }
    if let Some(asked) = retry_after(headers, now) {
        delay_millis = delay_millis.max(asked);
    }
    let elapsed = now.unix_millis().saturating_sub(state.started_millis);
    if elapsed.saturating_add(delay_millis) >= options.total_timeout_millis {
        return Step::Failed(error);
    }
    Step::Retry {
        delay_millis,
        refresh_credentials: false,
        because: error,
        state: next,
    }
}

/// Full jitter: a random time from zero to the doubled step.
fn jittered(state: &State, throttled: bool, random: u32) -> i64 {
    let base = if throttled {
        THROTTLED_BASE_MILLIS
    } else {
        BACKOFF_BASE_MILLIS
    };
    let doublings = u32::try_from(state.attempt.saturating_sub(1).clamp(0, 16)).unwrap_or(0);
    let ceiling = base
        .saturating_mul(2_i64.saturating_pow(doublings))
        .min(BACKOFF_MAX_MILLIS);
    i64::from(random)
        .checked_rem(ceiling.saturating_add(1))
        .unwrap_or(0)
}

/// The back-off requested by the server, in milliseconds: `x-acs-retry-after` is in milliseconds,
/// as in the official SDKs; `Retry-After` is in seconds or a date (RFC 9110 §10.2.3).
fn retry_after(headers: &[(String, String)], now: Timestamp) -> Option<i64> {
    if let Some(millis) = header(headers, "x-acs-retry-after") {
        return millis.trim().parse().ok().filter(|millis| *millis >= 0);
    }
    let text = header(headers, "retry-after")?.trim();
    match text.parse::<u32>() {
        Ok(seconds) => Some(i64::from(seconds).saturating_mul(1_000)),
        Err(_) => Timestamp::parse_http_date(text)
            .map(|date| date.millis_since(now))
            .filter(|millis| *millis >= 0),
    }
}

/// Milliseconds before the next query for a result: short at first, because most users finish
/// within half a minute, then increasing, with jitter to spread waiting callers.
///
/// `failed_with` is the Code of the last query if it failed and may succeed later. Returns `None`
/// if the failure outlasts any wait.
pub fn poll_delay_millis(polls: u32, random: u32, failed_with: Option<&str>) -> Option<i64> {
    if failed_with.is_some_and(codes::lasts_for_the_day) {
        return None;
    }
    let step = 1_000_i64
        .saturating_add(i64::from(polls).saturating_mul(500))
        .min(POLL_MAX_MILLIS);
    let jitter = i64::from(random).checked_rem(step / 4).unwrap_or(0);
    Some(step.saturating_add(jitter))
}

/// The server's time, from its Date header.
pub fn server_time(headers: &[(String, String)]) -> Option<Timestamp> {
    Timestamp::parse_http_date(header(headers, "date")?)
        .filter(|date| PLAUSIBLE_MILLIS.contains(&date.unix_millis()))
}
