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
    made: u32,
}

impl Polls {
    pub(crate) fn until(now: Timestamp, deadline: Duration) -> Self {
        let millis = i64::try_from(deadline.as_millis()).unwrap_or(i64::MAX);
        Self {
            until: now.plus_millis(millis),
            made: 0,
        }
    }

    /// The end of polling, or the delay before the next query.
    pub(crate) fn next(
        &mut self,
        outcome: Result<DescribeResult, Error>,
        now: Timestamp,
        [a, b, c, d, ..]: [u8; 16],
    ) -> ControlFlow<Result<DescribeResult, Error>, Duration> {
        let failed_with = match &outcome {
            Ok(result) if result.status == Status::Pending => None,
            Err(error) if error.retryable => Some(error.code.as_str()),
            _ => return ControlFlow::Break(outcome),
        };
        let random = u32::from_le_bytes([a, b, c, d]);
        let delay = call::poll_delay_millis(self.made, random, failed_with);
        self.made = self.made.saturating_add(1);
        match delay {
            Some(millis) if now.plus_millis(millis) <= self.until => {
                ControlFlow::Continue(Duration::from_millis(millis.unsigned_abs()))
            }
            _ => ControlFlow::Break(outcome),
        }
    }
}
