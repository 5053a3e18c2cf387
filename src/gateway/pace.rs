//! Rate limit for calls to Alibaba Cloud: calls are delayed instead of rejected.
//!
//! The generic cell rate algorithm: each call moves the time at which the next one is allowed. A short
//! burst is sent immediately; further calls are sent at four fifths of the limit, so that burst and flow
//! together stay below the limit in every second.

use crate::timestamp::Timestamp;
use serde::Serialize;

/// Maximum delay; calls that would have to wait longer are rejected.
const WAIT_MAX_MILLIS: i64 = 5_000;
/// Maximum delay of a call that yields. Longer than that of a busy caller, whose calls would otherwise keep out all
/// that yield, and shorter than that of others, which still find a place.
const WAIT_MAX_YIELDING_MILLIS: i64 = 4_500;
/// Maximum delay for a caller with many waiting calls, which leaves room for the other callers.
const WAIT_MAX_BUSY_CALLER_MILLIS: i64 = 4_000;
/// Maximum delay of such a caller's calls that yield, which keeps its own queue short.
const WAIT_MAX_BUSY_CALLER_YIELDING_MILLIS: i64 = 500;
const MICROS_PER_SECOND: i64 = 1_000_000;

/// Permission to call at a given time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Turn {
    /// Delay in milliseconds.
    pub wait_millis: i64,
    /// When the next call is allowed, in microseconds; the input for the next turn.
    pub free_at: i64,
}

/// A call that waits for its turn.
#[derive(Clone, Copy, Debug)]
pub struct Waiting {
    /// Whether the call gives way to others.
    pub yields: bool,
    /// How many other calls of its caller are waiting for their turns.
    pub of_caller: i64,
}

impl Waiting {
    const fn longest_millis(self, per_second: i64) -> i64 {
        let is_busy = self.of_caller >= per_second;
        match (is_busy, self.yields) {
            (false, false) => WAIT_MAX_MILLIS,
            (false, true) => WAIT_MAX_YIELDING_MILLIS,
            (true, false) => WAIT_MAX_BUSY_CALLER_MILLIS,
            (true, true) => WAIT_MAX_BUSY_CALLER_YIELDING_MILLIS,
        }
    }
}

/// The next turn; `None` if too many calls are already waiting. `free_at` is 0 at first.
pub fn turn(free_at: i64, per_second: i64, call: Waiting, now: Timestamp) -> Option<Turn> {
    let now = now.unix_millis().saturating_mul(1_000);
    let interval = MICROS_PER_SECOND
        .saturating_mul(5)
        .checked_div(per_second.max(1).saturating_mul(4))?;
    // Within one second, the burst accounts for 1/5 and the flow for 4/5 of the limit.
    let burst = (MICROS_PER_SECOND / 5).saturating_sub(interval).max(0);
    // With one clock, no turn lies further ahead. It was given before the clock was set back.
    let latest = now
        .saturating_add(burst)
        .saturating_add(WAIT_MAX_MILLIS.saturating_mul(1_000))
        .saturating_add(interval);
    let free_at = if free_at > latest {
        now
    } else {
        free_at.max(now)
    };
    let wait_micros = free_at.saturating_sub(burst).saturating_sub(now).max(0);
    let wait_millis = wait_micros.saturating_add(999).div_euclid(1_000);
    (wait_millis <= call.longest_millis(per_second)).then(|| Turn {
        wait_millis,
        free_at: free_at.saturating_add(interval),
    })
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PATIENT: Waiting = Waiting {
        yields: false,
        of_caller: 0,
    };
    const YIELDING: Waiting = Waiting {
        yields: true,
        of_caller: 0,
    };

    proptest! {
        #[test]
        fn no_second_has_more_calls_than_the_limit(
            per_second in 1_i64..200,
            yields: bool,
            of_caller in 0_i64..300,
            pauses in proptest::collection::vec(0_i64..40, 1..600),
        ) {
            let mut now = 1_795_000_000_000;
            let mut free_at = 0;
            let mut sent = Vec::new();
            for pause in pauses {
                now += pause;
                let call = Waiting { yields, of_caller };
                if let Some(turn) = turn(free_at, per_second, call, Timestamp::from_unix_millis(now)) {
                    free_at = turn.free_at;
                    sent.push(now + turn.wait_millis);
                }
            }
            for (at, first) in sent.iter().enumerate() {
                let within = sent[at..].iter().take_while(|time| **time < first + 1_000).count();
                prop_assert!(within as i64 <= per_second, "{within} calls in a second");
            }
        }
    }

    #[test]
    fn a_burst_passes_and_a_crowd_is_rejected() {
        let now = Timestamp::from_unix_millis(1_795_000_000_000);
        let mut free_at = 0;
        let mut waits = Vec::new();
        while let Some(turn) = turn(free_at, 50, PATIENT, now) {
            free_at = turn.free_at;
            waits.push(turn.wait_millis);
        }
        assert_eq!(waits.iter().filter(|wait| **wait == 0).count(), 8);
        assert!(waits.windows(2).all(|pair| pair[0] <= pair[1]));
        // The flow at four fifths of the limit, for the maximum delay of five seconds.
        assert!((200..=210).contains(&waits.len()), "{}", waits.len());
    }

    #[test]
    fn a_clock_that_is_set_back_stops_no_calls() {
        const HOUR: i64 = 3_600_000;
        let now = 1_795_000_000_000;
        for per_second in [1, 50, 1_000] {
            let mut free_at = 0;
            let mut longest = 0;
            // The last turn of a crowd counts, and one by a clock that was an hour ahead does not.
            while let Some(turn) = turn(
                free_at,
                per_second,
                PATIENT,
                Timestamp::from_unix_millis(now),
            ) {
                free_at = turn.free_at;
                longest = turn.wait_millis;
            }
            assert!(longest > WAIT_MAX_MILLIS - 2_000, "{longest}");
            let back = Timestamp::from_unix_millis(now - HOUR);
            assert_eq!(
                turn(free_at, per_second, YIELDING, back)
                    .unwrap()
                    .wait_millis,
                0
            );
        }
    }

    #[test]
    fn calls_of_a_caller_that_yield_leave_a_short_line() {
        let now = Timestamp::from_unix_millis(1_795_000_000_000);
        let mut free_at = 0;
        for of_caller in 0..300 {
            let call = Waiting {
                yields: true,
                of_caller,
            };
            free_at = turn(free_at, 50, call, now).map_or(free_at, |turn| turn.free_at);
        }
        let next = turn(free_at, 50, PATIENT, now).unwrap();
        assert!((1_000..=1_200).contains(&next.wait_millis), "{next:?}");
    }

    #[test]
    fn calls_of_many_callers_that_yield_leave_room_for_others() {
        for per_second in [5, 50] {
            let now = Timestamp::from_unix_millis(1_795_000_000_000);
            let mut free_at = 0;
            while let Some(turn) = turn(free_at, per_second, YIELDING, now) {
                free_at = turn.free_at;
            }
            assert!(turn(free_at, per_second, PATIENT, now).is_some());
        }
    }

    /// One caller polls all the time, and another one waits for a verdict.
    #[test]
    fn a_caller_with_many_calls_leaves_room_for_calls_that_yield() {
        for per_second in [5, 50] {
            let mut free_at = 0;
            let mut waiting: Vec<i64> = Vec::new();
            let mut others: Vec<i64> = Vec::new();
            for millis in 0..60_000 {
                let now = 1_795_000_000_000 + millis;
                waiting.retain(|until| *until > now);
                others.retain(|until| *until > now);
                let mut take = |yields, waiting: &mut Vec<i64>| {
                    let call = Waiting {
                        yields,
                        of_caller: waiting.len() as i64,
                    };
                    let turn = turn(free_at, per_second, call, Timestamp::from_unix_millis(now));
                    free_at = turn.map_or(free_at, |turn| turn.free_at);
                    waiting.extend(turn.map(|turn| now + turn.wait_millis));
                    turn.is_some()
                };
                take(false, &mut waiting);
                // As often as three orders are queried whose requests wait.
                if millis > 5_000 && millis % 1_667 == 0 {
                    assert!(take(true, &mut others), "{per_second} {millis}");
                }
            }
        }
    }

    #[test]
    fn a_caller_with_many_calls_leaves_room_for_the_others() {
        let now = Timestamp::from_unix_millis(1_795_000_000_000);
        let mut free_at = 0;
        let mut of_caller = 0;
        let busy = |of_caller| Waiting {
            yields: false,
            of_caller,
        };
        while let Some(turn) = turn(free_at, 50, busy(of_caller), now) {
            free_at = turn.free_at;
            of_caller += 1;
        }
        assert!((160..=170).contains(&of_caller), "{of_caller}");
        // Another caller's call still finds a place.
        assert!(turn(free_at, 50, PATIENT, now).is_some());
    }
}
