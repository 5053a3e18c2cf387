//! One order: the outcome of its start and its verdict. Contains no personal data.

use crate::client::call::{self, Loss};
use crate::client::response::Status;
use crate::error::{Error, Kind};
use crate::timestamp::Timestamp;
use crate::vendor::codes;
use serde::{Deserialize, Serialize};

/// A user who began in time may finish a little later. Until then, an unfinished verification does not
/// count as expired.
const GRACE_MILLIS: i64 = 5 * 60_000;

/// Maximum pause between two queries on behalf of requests that wait for a verdict.
const QUERY_PAUSE_MAX_MILLIS: i64 = 5_000;
/// If there was no query for this long, the pauses start short again.
const QUERIES_IN_A_ROW_MILLIS: i64 = 30_000;

/// An order in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// When it was first requested, in milliseconds.
    pub created: i64,
    /// When it was last started again after a start of unknown outcome, in milliseconds. That start may have reached
    /// Alibaba Cloud, so a later call that fails does not free the order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restarted: Option<i64>,
    /// The scene of the start.
    pub scene_id: String,
    /// Keyed hash of the input; distinguishes a replay from a changed request.
    pub input: String,
    /// The outcome of the start.
    pub start: Start,
    /// The `call_id` of the call that was in progress when the order was given up. Its outcome still counts until the
    /// order is started again, so that a clock that jumps does not lose it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_up: Option<String>,
    /// The queries on behalf of requests that wait for the verdict.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query_pace: Option<QueryPace>,
    /// How the verification ended; never changed once written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// The state of the webhook delivery, if the caller may have had a webhook when the verdict became known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery: Option<DeliveryState>,
}

/// The queries on behalf of requests that wait for an order's verdict. One of the requests queries for
/// all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueryPace {
    /// When the next query is allowed, in milliseconds.
    pub next: i64,
    /// Number of queries in a row.
    pub queries: i64,
}

impl QueryPace {
    /// The state after a query.
    fn taken(before: Option<Self>, now: i64) -> Self {
        let queries = before
            .filter(|before| now.saturating_sub(before.next) < QUERIES_IN_A_ROW_MILLIS)
            .map_or(0, |before| before.queries)
            .saturating_add(1);
        let pause = queries.saturating_mul(1_000).min(QUERY_PAUSE_MAX_MILLIS);
        Self {
            next: now.saturating_add(pause),
            queries,
        }
    }
}

/// The start of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", rename_all_fields = "camelCase")]
pub enum Start {
    /// A call to Alibaba Cloud is in progress. Written before it is sent.
    Inflight {
        /// Identifies the call; outcomes of other calls are ignored.
        call_id: String,
        /// The instance of the ledger that performs the call; the call ends with the instance.
        instance: String,
        /// The latest time at which the call can end.
        until: i64,
    },
    /// Alibaba Cloud may have started it, but no CertifyId was issued.
    Unknown,
    /// Alibaba Cloud provably did not start it; the order can be started again.
    Refused {
        /// When it was refused.
        at: i64,
        /// The error's code: that of Alibaba Cloud, or `ConnectionFailed` if nothing was sent.
        code: String,
        /// Alibaba Cloud's RequestId.
        request_id: Option<String>,
    },
    /// Alibaba Cloud started it.
    Done {
        /// The issued CertifyId.
        certify_id: String,
        /// URL of Alibaba Cloud's web page, while it is valid.
        #[serde(skip_serializing_if = "Option::is_none")]
        certify_url: Option<String>,
        /// When it was started, by Alibaba Cloud's clock.
        at: i64,
        /// Origin of the endpoint that issued the CertifyId; `None` if the settings no longer listed it when the call
        /// ended.
        #[serde(skip_serializing_if = "Option::is_none")]
        issued_by: Option<String>,
        /// Alibaba Cloud's RequestId.
        #[serde(skip_serializing_if = "Option::is_none")]
        request_id: Option<String>,
    },
}

/// The state of an order's webhook delivery.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryState {
    /// Number of deliveries tried.
    pub attempts: u32,
    /// HTTP status of the last response; `None` without a response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_status: Option<u16>,
    /// When it was delivered, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivered: Option<i64>,
}

/// How a verification ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// The decision.
    pub decision: Decision,
    /// Alibaba Cloud's SubCode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub_code: Option<String>,
    /// Whether Alibaba Cloud no longer knew the CertifyId.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unknown_there: bool,
    /// When it became known, in milliseconds.
    pub at: i64,
    /// The RequestId of Alibaba Cloud's response with the decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// The three ways in which a verification ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// Alibaba Cloud returned `Passed=T` for this order's CertifyId.
    Passed,
    /// Alibaba Cloud returned `Passed=F`.
    Rejected,
    /// It expired unfinished, or Alibaba Cloud no longer knew it.
    Expired,
}

words! {
    /// The status of an order in the REST routes.
    pub enum OrderStatus {
        /// The order is being started.
        Starting = "starting",
        /// It is unknown whether it was started.
        Unknown = "unknown",
        /// The user has not finished.
        Pending = "pending",
        /// See [`Decision::Passed`].
        Passed = "passed",
        /// See [`Decision::Rejected`].
        Rejected = "rejected",
        /// See [`Decision::Expired`].
        Expired = "expired",
    }
}

impl From<Decision> for OrderStatus {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Passed => Self::Passed,
            Decision::Rejected => Self::Rejected,
            Decision::Expired => Self::Expired,
        }
    }
}

impl Decision {
    /// The decision for a status of Alibaba Cloud; `None` while it is pending.
    pub const fn of(status: Status) -> Option<Self> {
        match status {
            Status::Pending => None,
            Status::Passed => Some(Self::Passed),
            Status::Rejected => Some(Self::Rejected),
        }
    }
}

impl Order {
    /// The status; `None` if Alibaba Cloud rejected the start.
    pub fn status(&self) -> Option<OrderStatus> {
        if let Some(verdict) = &self.verdict {
            return Some(verdict.decision.into());
        }
        match &self.start {
            Start::Inflight { .. } => Some(OrderStatus::Starting),
            Start::Unknown => Some(OrderStatus::Unknown),
            Start::Refused { .. } => None,
            Start::Done { .. } => Some(OrderStatus::Pending),
        }
    }

    /// Whether Alibaba Cloud has material: the user has finished.
    pub fn has_material(&self) -> bool {
        let verdict = self.verdict.as_ref();
        verdict.is_some_and(|verdict| verdict.decision != Decision::Expired)
    }

    /// The issued CertifyId, if there is one.
    pub fn certify_id(&self) -> Option<&str> {
        match &self.start {
            Start::Done { certify_id, .. } => Some(certify_id),
            _ => None,
        }
    }

    /// Whether the call in progress presumably ended without its outcome being stored. `is_alive` states
    /// whether an instance still exists.
    pub fn is_lost(&self, is_alive: impl FnOnce(&str) -> bool, now: Timestamp) -> bool {
        matches!(&self.start, Start::Inflight { instance, until, .. }
            if !is_alive(instance) || now.unix_millis() > *until)
    }

    /// Stops waiting for the call in progress.
    pub fn give_up(&mut self) {
        if let Start::Inflight { call_id, .. } = std::mem::replace(&mut self.start, Start::Unknown)
        {
            self.given_up = Some(call_id);
        }
    }

    /// Milliseconds until the next query is allowed.
    pub fn next_query_in_millis(&self, now: i64) -> i64 {
        self.query_pace.map_or(0, |pace| {
            millis_left(pace.next, QUERY_PAUSE_MAX_MILLIS, now)
        })
    }

    /// Records a query.
    pub fn record_query(&mut self, now: i64) {
        self.query_pace = Some(QueryPace::taken(self.query_pace, now));
    }

    /// Whether the outcome of this call counts: the call is in progress, or was the last one and was given up.
    pub fn awaits_call(&self, call_id: &str) -> bool {
        match &self.start {
            Start::Inflight { call_id: ours, .. } => ours == call_id,
            Start::Unknown => self.given_up.as_deref() == Some(call_id),
            Start::Refused { .. } | Start::Done { .. } => false,
        }
    }
}

/// Milliseconds until a wait ends. A wait that would take more than `longest` is over: the clock was set back since it
/// began.
pub fn millis_left(until: i64, longest: i64, now: i64) -> i64 {
    let left = until.saturating_sub(now);
    if left > longest { 0 } else { left.max(0) }
}

/// When an unfinished verification that was started at `at` expires.
pub const fn over_at(at: i64, valid_millis: i64) -> i64 {
    at.saturating_add(valid_millis).saturating_add(GRACE_MILLIS)
}

/// Recreates the error of a start that was provably not executed, from its code. `None` for a code that no
/// such error has.
pub fn refusal(code: &str, request_id: Option<String>) -> Option<Error> {
    let (kind, audience, retryable, message) = if let Some(known) = codes::code(code) {
        (Kind::Vendor, known.audience, known.retryable, &known.text)
    } else if let Some(known) = codes::api_gateway_code(code) {
        (known.kind, known.audience, known.retryable, &known.text)
    } else {
        let unsent = call::end_unsent(None, &Loss::NotConnected);
        return (unsent.code == code).then_some(unsent);
    };
    Some(Error {
        retryable,
        request_id,
        // The exact status is no longer known; what matters is that Alibaba Cloud responded.
        http_status: Some(200),
        ..Error::new(kind, code, audience, message.clone())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Execution;

    #[test]
    fn a_refusal_is_recreated_from_its_code() {
        for (code, kind, retryable) in [
            ("412", Kind::Vendor, false),
            ("Throttling.User", Kind::Throttled, true),
            ("ConnectionFailed", Kind::Transport, true),
        ] {
            let error = refusal(code, None).unwrap();
            assert_eq!((error.kind, error.code.as_str()), (kind, code));
            assert_eq!(error.retryable, retryable, "{code}");
            assert_eq!(error.execution, Execution::None);
        }
        assert_eq!(refusal("Timeout", None).map(|error| error.code), None);
    }

    #[test]
    fn queries_of_those_who_wait_become_rarer() {
        let mut order = Order {
            created: 0,
            restarted: None,
            scene_id: String::new(),
            input: String::new(),
            start: Start::Unknown,
            given_up: None,
            query_pace: None,
            verdict: None,
            delivery: None,
        };
        let mut now = 1_795_000_000_000;
        assert_eq!(order.next_query_in_millis(now), 0);
        for pause in [1_000, 2_000, 3_000, 4_000, 5_000, 5_000] {
            order.record_query(now);
            assert_eq!(order.next_query_in_millis(now), pause);
            // A clock that is set back by a little prolongs no pause.
            assert!(order.next_query_in_millis(now - 1_000) <= 5_000);
            now += pause;
            assert_eq!(order.next_query_in_millis(now), 0);
        }
        order.record_query(now + 29_999);
        assert_eq!(order.next_query_in_millis(now + 29_999), 5_000);
        now += 29_999 + 5_000;
        order.record_query(now + 30_000);
        assert_eq!(order.next_query_in_millis(now + 30_000), 1_000);
    }

    #[test]
    fn a_stored_order_keeps_its_form() {
        for row in [
            r#"{"created":1,"sceneId":"1","input":"0","start":{"inflight":{"callId":"c","instance":"i","until":2}},"queryPace":{"next":3,"queries":4}}"#,
            r#"{"created":1,"restarted":2,"sceneId":"1","input":"0","start":"unknown","givenUp":"c"}"#,
            r#"{"created":1,"sceneId":"1","input":"0","start":{"refused":{"at":2,"code":"412","requestId":null}}}"#,
            r#"{"created":1,"sceneId":"1","input":"0","start":{"done":{"certifyId":"c","at":2,"issuedBy":"https://h","requestId":"r"}},"verdict":{"decision":"passed","subCode":"200","at":3,"requestId":"r"},"delivery":{"attempts":1,"lastStatus":204,"delivered":4}}"#,
        ] {
            let order: Order = crate::json::de::from_json(row).unwrap();
            assert_eq!(crate::json::write::to_json(&order), row);
        }
    }

    #[test]
    fn words_read_back() {
        for word in [
            "starting", "unknown", "pending", "passed", "rejected", "expired",
        ] {
            assert_eq!(OrderStatus::read(word).unwrap().word(), word);
        }
        assert_eq!(OrderStatus::read("Passed"), None);
    }
}
