//! Decides whether and when to retry a failed attempt, and how often to query a result.
//!
//! Every attempt has its own nonce and timestamp, because Alibaba Cloud rejects a used nonce.
//! InitFaceVerify has a side effect, so it is retried only if it was provably not executed or if
//! the caller allows it. A column of the tables in `vendor/codes.rs` states which codes can succeed
//! later.

use crate::actions::Action;
use crate::client::options::Options;
use crate::client::response::Failure;
use crate::client::state::State;
use crate::error::{Error, Kind};
use crate::http::header;
use crate::timestamp::Timestamp;
use crate::vendor::codes;

/// Upper bound of the first back-off; it doubles with each further one.
const BACKOFF_BASE_MILLIS: i64 = 100;
/// Upper bound of the first back-off after throttling.
const THROTTLED_BASE_MILLIS: i64 = 500;
/// The longest back-off that the client chooses.
const BACKOFF_MAX_MILLIS: i64 = 5_000;
/// The longest interval between two queries while waiting for a result.
const POLL_MAX_MILLIS: i64 = 8_000;
/// Clock skew up to this value is not corrected; Alibaba Cloud tolerates 15 minutes.
const CLOCK_TOLERANCE_MILLIS: i64 = 60_000;
/// A date outside 2020 to 2100 comes from a broken server and does not correct the clock.
const PLAUSIBLE_MILLIS: std::ops::Range<i64> = 1_577_836_800_000..4_102_444_800_000;

/// Another attempt.
#[derive(Debug)]
pub(super) struct Retry {
    /// Milliseconds to wait.
    pub(super) delay_millis: i64,
    /// Whether to fetch new credentials first.
    pub(super) refresh_credentials: bool,
    /// The error of the failed attempt.
    pub(super) because: Error,
    /// The state for the next attempt.
    pub(super) state: State,
}

/// Decides whether to make another attempt.
///
/// # Errors
/// The error of the failed attempt, if the call ends with it.
#[allow(clippy::too_many_arguments)] // all plain inputs of one pure decision
pub(super) fn decide(
    options: &Options,
    action: &'static Action,
    state: State,
    failure: Failure,
    headers: &[(String, String)],
    credentials_refreshable: bool,
    now: Timestamp,
    random: u32,
) -> Result<Retry, Error> {
    let error = failure.error;
    if error.kind == Kind::Aborted
        || codes::lasts_for_the_day(&error.code)
        || state.attempt >= options.max_attempts
    {
        return Err(error);
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
                Ok(Retry {
                    delay_millis: 0,
                    refresh_credentials: false,
                    because: error,
                    state: next,
                })
            }
            _ => Err(error),
        };
    }
    if error.code.starts_with("InvalidSecurityToken.Expired") {
        if credentials_refreshable && !state.credentials_refreshed {
            next.credentials_refreshed = true;
            return Ok(Retry {
                delay_millis: 0,
                refresh_credentials: true,
                because: error,
                state: next,
            });
        }
        return Err(error);
    }
    let safe = !action.starts_something || failure.not_executed || options.repeat_init;
    if !(error.retryable && safe) {
        return Err(error);
    }
    let throttled = error.kind == Kind::Throttled;
    let server_at_fault = matches!(error.kind, Kind::Transport | Kind::Timeout | Kind::Protocol)
        || codes::is_internal_error(&error.code)
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
        return Err(error);
    }
    Ok(Retry {
        delay_millis,
        refresh_credentials: false,
        because: error,
        state: next,
    })
}

/// Full jitter: a random time between zero and the doubled step.
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

/// The back-off that the server requests, in milliseconds. As in the official SDKs,
/// `x-acs-retry-after` is in milliseconds; `Retry-After` is in seconds or a date (RFC 9110
/// §10.2.3).
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

/// Milliseconds before the next query for a result. The delay is short at first, because most users
/// finish within half a minute, and then grows, with jitter to spread the load of many waiting
/// callers.
///
/// `failed_with` is the Code of the last query if it failed and may succeed later. Returns `None`
/// if waiting cannot help.
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
