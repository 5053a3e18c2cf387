//! Polls for a result: decides when to query again and when to stop.

use crate::client::builder::millis;
use crate::client::call::{NextQuery, next_query};
use crate::client::response::{DescribeResult, Status};
use crate::error::Error;
use crate::timestamp::Timestamp;
use std::ops::ControlFlow;
use std::time::Duration;

/// A failed call.
#[derive(Debug)]
pub(crate) struct FailedCall {
    pub(crate) error: Error,
    /// How long the last response asks to wait before the next call; 0 if it does not say.
    pub(crate) asked_millis: i64,
}

impl From<Error> for FailedCall {
    fn from(error: Error) -> Self {
        Self {
            error,
            asked_millis: 0,
        }
    }
}

impl From<FailedCall> for Error {
    fn from(failed: FailedCall) -> Self {
        failed.error
    }
}

/// The state of polling for a result.
pub(crate) struct Polls {
    until: Timestamp,
    /// Whether there is one query only, which no deadline limits.
    is_single: bool,
    made: u32,
    pending: Option<DescribeResult>,
}

impl Polls {
    pub(crate) fn until(now: Timestamp, deadline: Duration) -> Self {
        Self {
            until: now.plus_millis(millis(deadline)),
            is_single: deadline.is_zero(),
            made: 0,
            pending: None,
        }
    }

    /// The time limit of the next query.
    pub(crate) fn left(&self, now: Timestamp) -> Duration {
        if self.is_single {
            return Duration::MAX;
        }
        let millis = self.until.millis_since(now);
        Duration::from_millis(millis.max(0).unsigned_abs())
    }

    /// The end of polling, or the delay before the next query. At the deadline, an earlier result counts more than
    /// a failure, which may be that the last query had no time left. Without randomness for the delay, polling ends
    /// with the outcome so far.
    pub(crate) fn next(
        &mut self,
        outcome: Result<DescribeResult, FailedCall>,
        now: Timestamp,
        random: impl FnOnce() -> Result<[u8; 16], Error>,
    ) -> ControlFlow<Result<DescribeResult, Error>, Duration> {
        let (outcome, asked_millis) = match outcome {
            Ok(result) => (Ok(result), 0),
            Err(failed) => (Err(failed.error), failed.asked_millis),
        };
        let failed_with = match &outcome {
            Ok(result) if result.status == Status::Pending => None,
            Err(error) if error.retryable => Some(error.code.as_str()),
            _ => return ControlFlow::Break(outcome),
        };
        let Ok([a, b, c, d, ..]) = random() else {
            return ControlFlow::Break(outcome);
        };
        let random = u32::from_le_bytes([a, b, c, d]);
        let left_millis = self.until.millis_since(now);
        let next = next_query(self.made, random, failed_with, asked_millis, left_millis);
        self.made = self.made.saturating_add(1);
        match next {
            NextQuery::AfterMillis(millis) => {
                self.pending = outcome.ok().or(self.pending.take());
                ControlFlow::Continue(Duration::from_millis(millis.unsigned_abs()))
            }
            NextQuery::NotToday => ControlFlow::Break(outcome),
            NextQuery::PastDeadline => {
                ControlFlow::Break(outcome.or_else(|error| self.pending.take().ok_or(error)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::response::decode_describe;
    use crate::error::{Audience, Kind};
    use crate::http::Response;
    use crate::text::Text;

    fn described(body: &str) -> DescribeResult {
        let response = Response {
            status: 200,
            headers: Vec::new(),
            body: body.as_bytes().to_vec(),
        };
        decode_describe(&response, Timestamp::from_unix_millis(0)).unwrap()
    }

    fn no_randomness() -> Result<[u8; 16], Error> {
        let text = Text::new("没有随机数。", "No randomness.");
        Err(Error::new(
            Kind::Validation,
            "NoRandomness",
            Audience::Operator,
            text,
        ))
    }

    fn after(
        polls: &mut Polls,
        outcome: Result<DescribeResult, FailedCall>,
        millis: i64,
    ) -> Option<u64> {
        match polls.next(outcome, Timestamp::from_unix_millis(millis), || Ok([0; 16])) {
            ControlFlow::Break(_) => None,
            ControlFlow::Continue(delay) => Some(u64::try_from(delay.as_millis()).unwrap()),
        }
    }

    #[test]
    fn queries_once_more_before_the_deadline() {
        let mut polls = Polls::until(Timestamp::from_unix_millis(0), Duration::from_secs(5));
        let pending = || Ok(described(r#"{"Code":"424"}"#));
        assert_eq!(after(&mut polls, pending(), 0), Some(1_000));
        assert_eq!(after(&mut polls, pending(), 3_900), Some(100));
        assert_eq!(after(&mut polls, pending(), 4_000), None);
    }

    #[test]
    fn a_wait_shorter_than_a_millisecond_makes_a_query() {
        let now = Timestamp::from_unix_millis(0);
        let polls = Polls::until(now, Duration::from_nanos(1));
        assert_eq!(polls.left(now), Duration::from_millis(1));
    }

    #[test]
    fn queries_become_rarer() {
        let mut polls = Polls::until(Timestamp::from_unix_millis(0), Duration::from_secs(600));
        let delays: Vec<u64> = (0..8)
            .map_while(|_| after(&mut polls, Ok(described(r#"{"Code":"424"}"#)), 0))
            .collect();
        assert!(delays.is_sorted(), "{delays:?}");
        assert!(delays.last() > delays.first(), "{delays:?}");
    }

    #[test]
    fn a_pending_result_counts_more_than_later_failures() {
        let mut polls = Polls::until(Timestamp::from_unix_millis(0), Duration::from_secs(60));
        let failure = || {
            Err(FailedCall {
                error: no_randomness().unwrap_err().retryable(),
                asked_millis: 0,
            })
        };
        after(&mut polls, Ok(described(r#"{"Code":"424"}"#)), 0);
        after(&mut polls, failure(), 1_000);
        let end = Timestamp::from_unix_millis(60_000);
        match polls.next(failure(), end, || Ok([0; 16])) {
            ControlFlow::Break(Ok(result)) => assert_eq!(result.status, Status::Pending),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn waits_as_long_as_the_server_asks() {
        let mut polls = Polls::until(Timestamp::from_unix_millis(0), Duration::from_secs(60));
        let failed = FailedCall {
            error: no_randomness().unwrap_err().retryable(),
            asked_millis: 30_000,
        };
        assert_eq!(after(&mut polls, Err(failed), 0), Some(30_000));
    }

    #[test]
    fn a_result_does_not_depend_on_randomness() {
        let now = Timestamp::from_unix_millis(0);
        for (body, expected) in [
            (
                r#"{"Code":"200","ResultObject":{"Passed":"T","SubCode":"200"}}"#,
                Status::Passed,
            ),
            (r#"{"Code":"424"}"#, Status::Pending),
        ] {
            let mut polls = Polls::until(now, Duration::from_secs(60));
            match polls.next(Ok(described(body)), now, no_randomness) {
                ControlFlow::Break(Ok(result)) => assert_eq!(result.status, expected),
                other => panic!("{other:?}"),
            }
        }
    }
}
