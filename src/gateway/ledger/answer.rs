//! The result of a task, independent of the protocol of its response.

use super::finding::Finding;
use super::order::Order;
use super::task::{Cursor, Day};
use crate::client::response::DescribeResult;
use crate::gateway::problem::Problem;
use crate::gateway::reply_target::ReplyTarget;
use crate::json::Json;
use std::collections::BTreeMap;

/// The outcome of a task.
#[derive(Debug)]
pub enum Answered {
    /// The callback is processed; its sender is not given any information.
    Callback,
    /// The response to a caller's request.
    To {
        /// The request.
        reply_to: ReplyTarget,
        /// The result.
        result: TaskResult,
        /// The outcome for the log, if it differs from that of the result.
        outcome: Option<&'static str>,
    },
}

/// The result of a task.
#[derive(Debug)]
pub enum TaskResult {
    /// The order was started.
    Started(Box<Started>),
    /// The order was found.
    Found(Box<Found>),
    /// A page of the caller's orders.
    Page(Page),
    /// How many orders were created on each day, by `yyyy-MM-dd`.
    Days(BTreeMap<String, Day>),
    /// Whether Alibaba Cloud accepts the gateway's key.
    Finding(Box<Finding>),
    /// The nonce of the request was used before.
    NonceUsed,
    /// The task failed.
    Problem(Box<Problem>),
}

/// A started order.
pub struct Started {
    /// OuterOrderNo.
    pub no: String,
    /// The issued CertifyId.
    pub certify_id: String,
    /// Alibaba Cloud's web page for it.
    pub certify_url: Option<String>,
    /// When it was first requested, in milliseconds.
    pub created: i64,
    /// When it was started, by Alibaba Cloud's clock, in milliseconds.
    pub at: i64,
    /// Notices of the validation.
    pub notices: Vec<Json>,
    /// Whether an earlier request started it.
    pub repeated: bool,
}
redacted_debug!(Started);

/// An order, and what the request for it asked.
#[derive(Debug)]
pub struct Found {
    /// OuterOrderNo.
    pub no: String,
    /// The order.
    pub order: Order,
    /// Alibaba Cloud's response, if this request queried it.
    pub fresh: Option<DescribeResult>,
    /// Whether the material is requested.
    pub material: bool,
    /// The entity tags that the caller already has.
    pub if_none_match: Option<String>,
    /// Whether the request waited for the verdict.
    pub waited: bool,
}

/// A page of the caller's orders, newest first.
#[derive(Debug)]
pub struct Page {
    /// The orders with their numbers.
    pub orders: Vec<(String, Order)>,
    /// Where the next page begins.
    pub next: Option<Cursor>,
}

impl Answered {
    /// The outcome of a task that responds to `reply_to`.
    pub(super) fn to(reply_to: &ReplyTarget, result: impl Into<TaskResult>) -> Self {
        Self::To {
            reply_to: reply_to.clone(),
            result: result.into(),
            outcome: None,
        }
    }

    /// The same outcome under another name in the log.
    pub(super) fn logged_as(mut self, name: &'static str) -> Self {
        if let Self::To { outcome, .. } = &mut self {
            *outcome = Some(name);
        }
        self
    }
}

impl From<Problem> for TaskResult {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}
