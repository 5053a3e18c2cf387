//! Polls for a result: decides when to query again and when to stop.

use crate::client::call;
use crate::client::response::{DescribeResult, Status};
use crate::error::Error;
use crate::timestamp::Timestamp;
use std::ops::ControlFlow;
use std::time::Duration;

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
        let millis = i64::try_from(deadline.as_millis()).unwrap_or(i64::MAX);
        Self {
            until: now.plus_millis(millis),
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
        let millis = (self.until.unix_millis()).saturating_sub(now.unix_millis());
        Duration::from_millis(millis.max(0).unsigned_abs())
    }

    /// The end of polling, or the delay before the next query. At the deadline, an earlier result counts more than
    /// a failure, which may be that the last query had no time left. Without randomness for the delay, polling ends
    /// with the outcome so far.
    pub(crate) fn next(
        &mut self,
        outcome: Result<DescribeResult, Error>,
        now: Timestamp,
        random: impl FnOnce() -> Result<[u8; 16], Error>,
    ) -> ControlFlow<Result<DescribeResult, Error>, Duration> {
        let failed_with = match &outcome {
            Ok(result) if result.status == Status::Pending => None,
            Err(error) if error.retryable => Some(error.code.as_str()),
            _ => return ControlFlow::Break(outcome),
        };
        let Ok([a, b, c, d, ..]) = random() else {
            return ControlFlow::Break(outcome);
        };
        let random = u32::from_le_bytes([a, b, c, d]);
        let delay = call::poll_delay_millis(self.made, random, failed_with);
        self.made = self.made.saturating_add(1);
        match delay {
            Some(millis) if now.plus_millis(millis) <= self.until => {
                self.pending = outcome.ok().or(self.pending.take());
                ControlFlow::Continue(Duration::from_millis(millis.unsigned_abs()))
            }
            None => ControlFlow::Break(outcome),
            Some(_) => {
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

    fn no_randomness() -> Result<[u8; 16], Error> {
        let text = Text::new("没有随机数。", "No randomness.");
        Err(Error::new(
            Kind::Validation,
            "NoRandomness",
            Audience::Operator,
            text,
        ))
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
            let response = Response {
                status: 200,
                headers: Vec::new(),
                body: body.as_bytes().to_vec(),
            };
            let outcome = decode_describe(&response, now).map_err(|failure| failure.error);
            let mut polls = Polls::until(now, Duration::from_secs(60));
            match polls.next(outcome, now, no_randomness) {
                ControlFlow::Break(Ok(result)) => assert_eq!(result.status, expected),
                other => panic!("{other:?}"),
            }
        }
    }
}
