//! Rate limit for calls to Alibaba Cloud: calls are delayed instead of rejected.
//!
//! The generic cell rate algorithm: each call moves the time at which the next one is allowed. A short
//! burst is sent immediately; further calls are sent at four fifths of the limit, so that burst and flow
//! together stay below the limit in every second.

use crate::timestamp::Timestamp;
use serde::Serialize;

/// Maximum delay; calls that would have to wait longer are rejected.
const WAIT_MAX_MILLIS: i64 = 5_000;
/// Maximum delay for a caller with many waiting calls, which leaves room for the other callers.
const WAIT_MAX_BUSY_CALLER_MILLIS: i64 = 4_750;
/// Maximum delay of a call that yields. Shorter than that of other calls, so that these still find a place.
const WAIT_MAX_YIELDING_MILLIS: i64 = 4_500;
/// Maximum delay of a busy caller's calls that yield, which keeps its own queue short.
const WAIT_MAX_BUSY_CALLER_YIELDING_MILLIS: i64 = 500;
/// A caller has at most as many waiting calls as the limit allows in so many seconds. They are sent within 3.75 seconds.
/// One caller's calls therefore leave a sixth of the turns to other callers' calls that yield.
const WAITING_OF_CALLER_MAX_SECONDS: i64 = 3;
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
    /// Whether the call is the first to get no turn if many are waiting: it can be repeated later.
    pub yields: bool,
    /// How many other calls of its caller are waiting for their turns.
    pub of_caller: i64,
}

impl Waiting {
    /// Whether the call may wait that long.
    const fn may_wait(self, wait_millis: i64, per_second: i64) -> bool {
        let is_busy = self.of_caller >= per_second;
        let longest = match (is_busy, self.yields) {
            (false, false) => WAIT_MAX_MILLIS,
            (true, false) => WAIT_MAX_BUSY_CALLER_MILLIS,
            (false, true) => WAIT_MAX_YIELDING_MILLIS,
            (true, true) => WAIT_MAX_BUSY_CALLER_YIELDING_MILLIS,
        };
        let most = per_second.saturating_mul(WAITING_OF_CALLER_MAX_SECONDS);
        wait_millis <= longest && self.of_caller < most
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
    call.may_wait(wait_millis, per_second).then(|| Turn {
        wait_millis,
        free_at: free_at.saturating_add(interval),
    })
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: i64 = 1_795_000_000_000;
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
            let mut now = NOW;
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
        let now = Timestamp::from_unix_millis(NOW);
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
        let now = NOW;
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
        let now = Timestamp::from_unix_millis(NOW);
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
            let now = Timestamp::from_unix_millis(NOW);
            let mut free_at = 0;
            while let Some(turn) = turn(free_at, per_second, YIELDING, now) {
                free_at = turn.free_at;
            }
            assert!(turn(free_at, per_second, PATIENT, now).is_some());
        }
    }

    /// Callers that share a limit.
    struct Shared {
        per_second: i64,
        free_at: i64,
        /// When the turns of each caller's waiting calls are.
        waiting: Vec<Vec<i64>>,
    }

    impl Shared {
        fn new(per_second: i64, callers: usize) -> Self {
            Self {
                per_second,
                free_at: 0,
                waiting: vec![Vec::new(); callers],
            }
        }

        /// How long the caller's call waits for its turn, if it finds one.
        fn call(&mut self, caller: usize, yields: bool, now: i64) -> Option<i64> {
            let waiting = self.waiting.get_mut(caller)?;
            waiting.retain(|turn| *turn > now);
            let call = Waiting {
                yields,
                of_caller: waiting.len() as i64,
            };
            let now = Timestamp::from_unix_millis(now);
            let turn = turn(self.free_at, self.per_second, call, now)?;
            self.free_at = turn.free_at;
            waiting.push(now.unix_millis() + turn.wait_millis);
            Some(turn.wait_millis)
        }
    }

    /// The interval of the queries of a request that waits for a verdict.
    const QUERIES_MILLIS: usize = 5_000;

    /// One caller makes 1,000 calls per second that do not yield. The orders of another one for which requests wait, 3 at
    /// 5 calls per second and 30 at 50, find a turn for each query; the busy caller gets the rest.
    #[test]
    fn a_caller_with_many_calls_leaves_room_for_calls_that_yield() {
        for (per_second, orders) in [(5, 3), (50, 30)] {
            let mut shared = Shared::new(per_second, 2);
            let mut sent = 0;
            for millis in 0..60_000_usize {
                let now = NOW + millis as i64;
                sent += usize::from(shared.call(0, false, now).is_some());
                if millis > 5_000 && millis % (QUERIES_MILLIS / orders) == 0 {
                    assert!(shared.call(1, true, now).is_some(), "{millis}");
                }
            }
            // At 5 calls per second 3.5 of 4, at 50 calls per second 35.5 of 40.
            let most = 60 * usize::try_from(per_second).unwrap() * 4 / 5;
            assert!(sent * 8 > most * 7, "{sent}");
        }
    }

    /// Requests wait for 300 orders of as many callers: 60 queries per second, which yield. Another caller makes 30 calls
    /// per second that do not: all are sent, after 4.4 seconds on average. The queries get the remaining 10 turns.
    #[test]
    fn calls_of_many_callers_that_yield_keep_out_no_others() {
        const ORDERS: usize = 300;
        let mut shared = Shared::new(50, ORDERS + 1);
        let mut next: Vec<i64> = (0..ORDERS)
            .map(|order| NOW + (order * QUERIES_MILLIS / ORDERS) as i64)
            .collect();
        let mut queries = 0;
        for millis in 0..60_000 {
            let now = NOW + millis;
            for (order, next) in next.iter_mut().enumerate() {
                if *next <= now {
                    let wait = shared.call(order, true, now);
                    queries += i64::from(wait.is_some());
                    *next = now + wait.unwrap_or(0).max(QUERIES_MILLIS as i64);
                }
            }
            if millis * 30 % 1_000 < 30 {
                let wait = shared.call(ORDERS, false, now);
                assert!(wait.is_some(), "{millis}");
            }
        }
        assert!(queries > 60 * 9, "{queries}");
    }

    #[test]
    fn a_caller_with_many_calls_leaves_room_for_the_others() {
        let now = Timestamp::from_unix_millis(NOW);
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
        assert_eq!(of_caller, 150);
        // Another caller's call still finds a place.
        assert!(turn(free_at, 50, PATIENT, now).is_some());
    }
}
