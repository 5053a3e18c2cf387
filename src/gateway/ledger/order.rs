//! One order: the outcome of its start and its verdict. Contains no personal data.

use super::webhook::Report;
use crate::client::response::Status;
use crate::error::{Error, Kind};
use crate::timestamp::Timestamp;
use crate::vendor::codes::{self, Meaning, UsedBy};
use serde::{Deserialize, Serialize};

/// A user who began in time may finish a little later; until then, an unfinished verification is
/// not expired.
const GRACE_MILLIS: i64 = 5 * 60_000;

/// An order in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// When it was first requested, in milliseconds.
    pub created: i64,
    /// The scene it was started with.
    pub scene_id: String,
    /// Keyed hash of the input, to distinguish a replay from a changed request.
    pub input: String,
    /// The outcome of the start.
    pub start: Start,
    /// The outcome; never changed once written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// The state of the webhook delivery, if the caller has a webhook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<Report>,
}

/// The start of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", rename_all_fields = "camelCase")]
pub enum Start {
    /// A call to Alibaba Cloud is in progress. Written before it is sent.
    Inflight {
        /// Identifies the call; outcomes of other calls are ignored.
        flight: String,
        /// The instance of the ledger that performs the call; the call ends with the instance.
        instance: String,
        /// The latest end of the call.
        until: i64,
        /// Whether an earlier call may have started the order. In that case, a failed call does not
        /// free the order, because the earlier one may have started it.
        #[serde(default)]
        again: bool,
    },
    /// Alibaba Cloud may have started it. No CertifyId was issued.
    Unknown,
    /// Alibaba Cloud provably did not start it; the order can be started again.
    Refused {
        /// When.
        at: i64,
        /// Alibaba Cloud's code, which is in the code tables.
        code: String,
        /// Alibaba Cloud's RequestId.
        request_id: Option<String>,
    },
    /// Alibaba Cloud started it.
    Done {
        /// The issued CertifyId.
        certify_id: String,
        /// URL of Alibaba Cloud's web page, while it is valid.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        certify_url: Option<String>,
        /// When.
        at: i64,
    },
}

/// The outcome of a verification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// The outcome.
    pub outcome: Outcome,
    /// Alibaba Cloud's SubCode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_code: Option<String>,
    /// When it became known, in milliseconds.
    pub at: i64,
}

/// The three outcomes of a verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Alibaba Cloud returned `Passed=T` for this order's CertifyId.
    Passed,
    /// Alibaba Cloud returned `Passed=F`.
    Rejected,
    /// It expired unfinished.
    Expired,
}

/// The status of an order in the REST routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// Being started.
    Starting,
    /// It is unknown whether it was started.
    Unknown,
    /// The user has not finished.
    Pending,
    /// See [`Outcome::Passed`].
    Passed,
    /// See [`Outcome::Rejected`].
    Rejected,
    /// See [`Outcome::Expired`].
    Expired,
}

impl Standing {
    /// The name in the REST routes.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Unknown => "unknown",
            Self::Pending => "pending",
            Self::Passed => "passed",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
        }
    }

    /// The reverse of [`Standing::word`].
    pub fn read(word: &str) -> Option<Self> {
        [
            Self::Starting,
            Self::Unknown,
            Self::Pending,
            Self::Passed,
            Self::Rejected,
            Self::Expired,
        ]
        .into_iter()
        .find(|standing| standing.word() == word)
    }
}

impl From<Outcome> for Standing {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Passed => Self::Passed,
            Outcome::Rejected => Self::Rejected,
            Outcome::Expired => Self::Expired,
        }
    }
}

impl Outcome {
    /// The outcome for a status of Alibaba Cloud; `None` while it is pending.
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
    pub fn standing(&self) -> Option<Standing> {
        if let Some(verdict) = &self.verdict {
            return Some(verdict.outcome.into());
        }
        match &self.start {
            Start::Inflight { .. } => Some(Standing::Starting),
            Start::Unknown => Some(Standing::Unknown),
            Start::Refused { .. } => None,
            Start::Done { .. } => Some(Standing::Pending),
        }
    }

    /// Whether a call in progress has definitely ended without a stored outcome.
    pub fn is_lost(&self, instance: &str, now: Timestamp) -> bool {
        matches!(&self.start, Start::Inflight { instance: theirs, until, .. }
            if theirs != instance || now.unix_millis() > *until)
    }

    /// Whether this call is the one in progress.
    pub fn is_flight(&self, flight: &str) -> bool {
        matches!(&self.start, Start::Inflight { flight: ours, .. } if ours == flight)
    }
}

/// When an unfinished verification that started at `at` expires.
pub const fn over_at(at: i64, valid_millis: i64) -> i64 {
    at.saturating_add(valid_millis).saturating_add(GRACE_MILLIS)
}

/// Whether a failed InitFaceVerify provably started nothing: it was never sent, or Alibaba Cloud
/// rejected it with a known code.
pub fn provably_not_started(error: &Error) -> bool {
    match error.kind {
        Kind::Validation => true,
        Kind::Protocol | Kind::Timeout | Kind::Aborted => false,
        _ => {
            let refusal = codes::code(&error.code).is_some_and(|known| {
                known.meaning == Meaning::Failure
                    && known.used_by != UsedBy::Describe
                    && known.code != "500"
            });
            refusal || codes::gateway_code(&error.code).is_some_and(|known| known.not_executed)
        }
    }
}

/// The error of a code that [`provably_not_started`] accepted, from the code tables.
pub fn refusal(code: &str, request_id: Option<String>) -> Option<Error> {
    let (kind, audience, retryable, message) = if let Some(known) = codes::code(code) {
        (Kind::Vendor, known.audience, known.retryable, &known.text)
    } else {
        let known = codes::gateway_code(code)?;
        (known.kind, known.audience, known.retryable, &known.text)
    };
    Some(Error {
        retryable,
        request_id,
        // The exact status is no longer known; it only matters that Alibaba Cloud responded.
        http_status: Some(200),
        ..Error::new(kind, code, audience, message.clone())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Audience;
    use crate::text::Text;

    #[test]
    fn only_a_known_refusal_frees_an_order() {
        let error =
            |kind, code: &str| Error::new(kind, code, Audience::Operator, Text::new("错", "wrong"));
        for (kind, code, free) in [
            (Kind::Vendor, "401", true),
            (Kind::Vendor, "412", true),
            (Kind::Vendor, "500", false),
            // A Code of DescribeFaceVerify only: as a response to InitFaceVerify, its meaning is
            // unknown.
            (Kind::Vendor, "406", false),
            (Kind::Vendor, "999", false),
            (Kind::Signature, "SignatureDoesNotMatch", true),
            (Kind::Credentials, "InvalidAccessKeyId.NotFound", true),
            (Kind::Throttled, "Throttling.User", true),
            (
                Kind::Vendor,
                "ServiceUnavailable",
                codes::gateway_code("ServiceUnavailable")
                    .unwrap()
                    .not_executed,
            ),
            (Kind::Vendor, "InternalError", false),
            (Kind::Protocol, "NoCertifyId", false),
            (Kind::Protocol, "401", false),
            (Kind::Transport, "ConnectionFailed", false),
            (Kind::Timeout, "Timeout", false),
        ] {
            assert_eq!(provably_not_started(&error(kind, code)), free, "{code}");
        }
    }

    #[test]
    fn words_read_back() {
        for word in [
            "starting", "unknown", "pending", "passed", "rejected", "expired",
        ] {
            assert_eq!(Standing::read(word).unwrap().word(), word);
        }
        assert_eq!(Standing::read("Passed"), None);
    }
}
