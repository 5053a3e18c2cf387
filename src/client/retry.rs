//! Decides whether and when to retry a failed attempt, and how often to query a result.
//!
//! Every attempt has its own nonce and timestamp, because Alibaba Cloud rejects a used nonce.
//! InitFaceVerify has a side effect, so it is retried only if it was provably not executed or if
//! the caller allows it. A column of the tables in `vendor/codes.rs` states which codes can succeed
//! later.

use crate::actions::Action;
use crate::client::options::Options;
use crate::client::response::Failure;
use crate::client::state::{KeyRefusal, State};
use crate::error::{Audience, Error, Kind};
use crate::http::header;
use crate::timestamp::Timestamp;
use crate::vendor::codes;
use crate::vendor::credentials::Credentials;

/// Upper bound of the first back-off; it doubles with each further one.
const BACKOFF_BASE_MILLIS: i64 = 100;
/// Upper bound of the first back-off after throttling.
const THROTTLED_BASE_MILLIS: i64 = 500;
/// The longest back-off that the client chooses.
const BACKOFF_MAX_MILLIS: i64 = 5_000;
/// The longest interval between two queries while waiting for a result, before a jitter of up to a quarter.
const POLL_MAX_MILLIS: i64 = 8_000;
/// How long before its deadline a wait for a result makes its last query.
const LAST_QUERY_MILLIS: i64 = 1_000;
/// Clock skew up to this value is not corrected; Alibaba Cloud tolerates 15 minutes.
const CLOCK_TOLERANCE_MILLIS: i64 = 60_000;
/// A date outside 2020 to 2100 comes from a broken server and does not correct the clock.
const PLAUSIBLE_MILLIS: std::ops::Range<i64> = 1_577_836_800_000..4_102_444_800_000;

/// Another attempt.
#[derive(Debug)]
pub(super) struct Retry {
    /// Milliseconds to wait.
    pub(super) delay_millis: i64,
    /// Set if new credentials must be fetched first, because these were refused.
    pub(super) key_refusal: Option<KeyRefusal>,
    /// The error of the failed attempt.
    pub(super) because: Error,
}

impl Retry {
    const fn at_once(because: Error, key_refusal: Option<KeyRefusal>) -> Self {
        Self {
            delay_millis: 0,
            key_refusal,
            because,
        }
    }
}

/// What the decision about another attempt depends on, besides the call's state and the outcome.
#[derive(Debug)]
pub struct Settling<'a> {
    /// The client's options.
    pub options: &'a Options,
    /// The credentials that signed the attempt.
    pub credentials: &'a Credentials,
    /// The action that is called.
    pub action: &'static Action,
    /// Whether the host can fetch new credentials.
    pub credentials_refreshable: bool,
    /// The current time.
    pub now: Timestamp,
    /// A random number for the jitter.
    pub random: u32,
}

/// Decides whether to make another attempt. `state` becomes that of the next attempt; if there is
/// none, it states what the next call should know.
///
/// # Errors
/// The error of the failed attempt, if the call ends with it.
pub(super) fn decide(
    settling: &Settling<'_>,
    state: &mut State,
    failure: Failure,
    headers: &[(String, String)],
) -> Result<Retry, Error> {
    let &Settling {
        options,
        action,
        credentials_refreshable,
        now,
        random,
        ..
    } = settling;
    let error = failure.error;
    let attempts_left = state.attempt < options.max_attempts;
    state.retry_after_millis = retry_after(headers, now);
    if error.code == "InvalidTimeStamp.Expired" {
        return if correct_clock(state, headers, now) && attempts_left {
            Ok(Retry::at_once(error, None))
        } else {
            Err(error)
        };
    }
    if let Some(refusal) = key_refusal(&error) {
        if credentials_refreshable && !state.credentials_refreshed && attempts_left {
            state.credentials_refreshed = true;
            return Ok(Retry::at_once(error, Some(refusal)));
        }
        state.key_refusal = Some(refusal);
        return Err(error);
    }
    if error.kind == Kind::Aborted || codes::lasts_for_the_day(&error.code) || !attempts_left {
        return Err(error);
    }
    let safe = !action.starts_something() || failure.not_executed || options.repeat_init;
    if !(error.retryable && safe) {
        return Err(error);
    }
    let throttled = error.kind == Kind::Throttled;
    let server_at_fault = matches!(error.kind, Kind::Transport | Kind::Timeout | Kind::Protocol)
        || codes::is_internal_error(&error.code)
        || error.http_status.is_some_and(|status| status >= 500);
    let mut delay_millis = jittered(state, throttled, random);
    if server_at_fault && options.endpoints.len() > 1 {
        state.endpoint = state
            .endpoint
            .saturating_add(1)
            .checked_rem(options.endpoints.len())
            .unwrap_or(0);
        if state.endpoint != 0 {
            delay_millis = 0;
        }
    }
    if let Some(asked) = state.retry_after_millis {
        delay_millis = delay_millis.max(asked);
    }
    let elapsed = now.unix_millis().saturating_sub(state.started_millis);
    if elapsed.saturating_add(delay_millis) >= options.total_timeout_millis {
        return Err(error);
    }
    Ok(Retry {
        delay_millis,
        key_refusal: None,
        because: error,
    })
}

/// What the error says about the credentials, if it is about them.
fn key_refusal(error: &Error) -> Option<KeyRefusal> {
    if !codes::refuses_key(&error.code) {
        return None;
    }
    match (error.kind, error.audience) {
        // The signed text was changed on the way (see `explain`).
        (Kind::Signature, Audience::Developer) => None,
        (Kind::Signature, _) => Some(KeyRefusal::Unproven),
        _ => Some(KeyRefusal::Proven),
    }
}

/// Takes the server's time once, if the clock skew is more than tolerable. Returns whether it did.
fn correct_clock(state: &mut State, headers: &[(String, String)], now: Timestamp) -> bool {
    let measured = server_time(headers).map(|date| date.millis_since(now));
    match measured {
        Some(offset)
            if !state.clock_corrected
                && offset.saturating_sub(state.clock_offset_millis).abs()
                    > CLOCK_TOLERANCE_MILLIS =>
        {
            state.clock_offset_millis = offset;
            state.clock_corrected = true;
            true
        }
        _ => false,
    }
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

/// When to query again while waiting for a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextQuery {
    /// After this delay.
    AfterMillis(i64),
    /// Not before the deadline of the wait.
    PastDeadline,
    /// Not today: the failure of the last query outlasts any wait.
    NotToday,
}

/// Decides when to query again while waiting for a result. The delay is short at first, because most users finish
/// within half a minute, and then grows, with jitter to spread the load of many waiting callers. It is at least
/// `asked_millis`, which the last response asked for, but ends early enough for a last query before the deadline.
///
/// `failed_with` is the Code of the last query if it failed and may succeed later; `left_millis` is the time until the
/// deadline.
pub fn next_query(
    polls: u32,
    random: u32,
    failed_with: Option<&str>,
    asked_millis: i64,
    left_millis: i64,
) -> NextQuery {
    if failed_with.is_some_and(codes::lasts_for_the_day) {
        return NextQuery::NotToday;
    }
    let longest = left_millis.saturating_sub(LAST_QUERY_MILLIS);
    if longest <= 0 {
        return NextQuery::PastDeadline;
    }
    let step = 1_000_i64
        .saturating_add(i64::from(polls).saturating_mul(500))
        .min(POLL_MAX_MILLIS);
    let jitter = i64::from(random).checked_rem(step / 4).unwrap_or(0);
    let delay = step.saturating_add(jitter).max(asked_millis);
    NextQuery::AfterMillis(delay.min(longest))
}

/// The server's time, from its Date header.
pub fn server_time(headers: &[(String, String)]) -> Option<Timestamp> {
    Timestamp::parse_http_date(header(headers, "date")?)
        .filter(|date| PLAUSIBLE_MILLIS.contains(&date.unix_millis()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions;
    use crate::text::Text;

    const NOW: Timestamp = Timestamp::from_unix_millis(1_735_689_600_000);
    const NOW_DATE: &str = "Wed, 01 Jan 2025 00:00:00 GMT";

    fn at_attempt(attempt: i64) -> State {
        State {
            attempt,
            ..State::new(NOW, 0)
        }
    }

    /// The decision after the first attempt, which ended with this kind and code and had no effect,
    /// and the state that follows.
    fn decided(
        kind: Kind,
        code: &str,
        headers: &[(&str, &str)],
        clock_offset_millis: i64,
        random: u32,
    ) -> (Option<Retry>, State) {
        let action = actions::by_name("InitFaceVerify").unwrap();
        let mut state = State {
            attempt: 1,
            ..State::new(NOW, clock_offset_millis)
        };
        let failure = Failure {
            error: Error {
                retryable: true,
                ..Error::new(kind, code, Audience::Operator, Text::new("", ""))
            },
            not_executed: true,
            server_text: None,
        };
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let options = Options::default();
        let settling = Settling {
            options: &options,
            credentials: &Credentials::new("testid", "testsecret"),
            action,
            credentials_refreshable: false,
            now: NOW,
            random,
        };
        let retry = decide(&settling, &mut state, failure, &headers);
        (retry.ok(), state)
    }

    #[test]
    fn the_back_off_doubles_to_five_seconds_with_full_jitter() {
        for (throttled, ceilings) in [
            (false, [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]),
            (true, [500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000, 5_000]),
        ] {
            for (attempt, ceiling) in (1..).zip(ceilings) {
                let state = at_attempt(attempt);
                let delay =
                    |random: i64| jittered(&state, throttled, u32::try_from(random).unwrap());
                let delays = [delay(0), delay(1), delay(ceiling), delay(ceiling + 1)];
                assert_eq!(delays, [0, 1, ceiling, 0], "attempt {attempt}");
            }
        }
    }

    #[test]
    fn throttling_has_the_longer_back_off() {
        let delay = |kind| decided(kind, "X", &[], 0, 500).0.unwrap().delay_millis;
        assert_eq!(delay(Kind::Throttled), 500);
        assert_eq!(delay(Kind::Vendor), 500 % 101);
    }

    #[test]
    fn only_a_clock_skew_of_more_than_a_minute_is_corrected() {
        for (measured_before, corrected) in [
            (CLOCK_TOLERANCE_MILLIS, false),
            (CLOCK_TOLERANCE_MILLIS + 1, true),
            (-CLOCK_TOLERANCE_MILLIS, false),
            (-CLOCK_TOLERANCE_MILLIS - 1, true),
        ] {
            let (retry, state) = decided(
                Kind::Signature,
                "InvalidTimeStamp.Expired",
                &[("date", NOW_DATE)],
                measured_before,
                0,
            );
            let offset = retry.map(|_| state.clock_offset_millis);
            assert_eq!(offset, corrected.then_some(0), "{measured_before}");
        }
    }

    #[test]
    fn queries_become_rarer_up_to_eight_seconds_with_a_quarter_of_jitter() {
        for (polls, step) in [
            (0, 1_000),
            (1, 1_500),
            (13, 7_500),
            (14, 8_000),
            (15, 8_000),
            (u32::MAX, 8_000),
        ] {
            let quarter = u32::try_from(step).unwrap() / 4;
            for (random, delay) in [
                (0, step),
                (quarter - 1, step + step / 4 - 1),
                (quarter, step),
            ] {
                let next = next_query(polls, random, None, 0, i64::MAX);
                assert_eq!(next, NextQuery::AfterMillis(delay), "{polls}");
            }
        }
    }

    #[test]
    fn the_last_query_is_a_second_before_the_deadline() {
        for (failed_with, asked, left, next) in [
            (None, 0, 2_001, NextQuery::AfterMillis(1_000)),
            (None, 0, 1_999, NextQuery::AfterMillis(999)),
            (None, 0, 1_001, NextQuery::AfterMillis(1)),
            (None, 0, 1_000, NextQuery::PastDeadline),
            (None, 0, i64::MIN, NextQuery::PastDeadline),
            // As long as the server asks, but not longer than until then.
            (Some("500"), 999, 60_000, NextQuery::AfterMillis(1_000)),
            (Some("500"), 30_000, 60_000, NextQuery::AfterMillis(30_000)),
            (
                Some("500"),
                i64::MAX,
                60_000,
                NextQuery::AfterMillis(59_000),
            ),
            // "Try again tomorrow."
            (Some("418"), 0, 60_000, NextQuery::NotToday),
            (Some("418"), 0, 0, NextQuery::NotToday),
        ] {
            assert_eq!(next_query(0, 0, failed_with, asked, left), next, "{left}");
        }
    }
}
