//! One order: how its start went and what the verdict is. Holds nothing about the person.

use super::webhook::Report;
use crate::client::response::Status;
use crate::error::{Error, Kind};
use crate::timestamp::Timestamp;
use crate::vendor::codes::{self, Meaning, UsedBy};
use serde::{Deserialize, Serialize};

/// A person who began in time may finish a little later; until then a verification that the vendor
/// calls unfinished is not expired.
const GRACE_MILLIS: i64 = 5 * 60_000;

/// What the ledger knows of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// When it was first asked for, in milliseconds.
    pub created: i64,
    /// The scene it was started with.
    pub scene_id: String,
    /// Keyed hash of the input, to tell a repeat from a change.
    pub input: String,
    /// How the start went.
    pub start: Start,
    /// The outcome; never changed once written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// How the verdict's report to the caller stands, where one is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<Report>,
}

/// How the start of an order went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", rename_all_fields = "camelCase")]
pub enum Start {
    /// A call of the vendor is under way. Written before it is sent.
    Inflight {
        /// Names that one call; only its own outcome counts.
        flight: String,
        /// The instance of the ledger that makes it; when that is gone, so is the call.
        instance: String,
        /// The call has ended by then, however it went.
        until: i64,
        /// Whether an earlier call may have started the order. Then it is free again only by being
        /// started: that this call started nothing does not say that the earlier one did not.
        #[serde(default)]
        anew: bool,
    },
    /// The vendor may have started it. Nothing was handed out.
    Unknown,
    /// The vendor surely did not start it; the order is free again.
    Refused {
        /// When.
        at: i64,
        /// The vendor's code, which the tables explain.
        code: String,
        /// The vendor's RequestId.
        request_id: Option<String>,
    },
    /// The vendor started it.
    Done {
        /// What was handed out.
        certify_id: String,
        /// The vendor's web page for it, while it can be used.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        certify_url: Option<String>,
        /// When.
        at: i64,
        /// The vendor's RequestId.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request_id: Option<String>,
    },
}

/// How a verification ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// The outcome.
    pub outcome: Outcome,
    /// The vendor's SubCode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_code: Option<String>,
    /// When it became known, in milliseconds.
    pub at: i64,
    /// The vendor's RequestId of the answer that said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// The three ends of a verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The vendor said `T` for this order's CertifyId.
    Passed,
    /// The vendor said `F`.
    Rejected,
    /// Its time was over and the vendor still said it was not finished.
    Expired,
}

/// Where an order stands, in one word of the REST routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// Being started.
    Starting,
    /// Perhaps started.
    Unknown,
    /// The person has not finished.
    Pending,
    /// See [`Outcome::Passed`].
    Passed,
    /// See [`Outcome::Rejected`].
    Rejected,
    /// See [`Outcome::Expired`].
    Expired,
}

impl Standing {
    /// As it is written.
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
    /// What a verdict of the vendor's counts as, `None` while there is none.
    pub const fn of(status: Status) -> Option<Self> {
        match status {
            Status::Pending => None,
            Status::Passed => Some(Self::Passed),
            Status::Rejected => Some(Self::Rejected),
        }
    }
}

impl Order {
    /// Where it stands; `None` where there is nothing to stand, because the vendor refused it.
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

    /// Whether a call that was under way surely has ended without its outcome being written.
    pub fn is_lost(&self, instance: &str, now: Timestamp) -> bool {
        matches!(&self.start, Start::Inflight { instance: theirs, until, .. }
            if theirs != instance || now.unix_millis() > *until)
    }

    /// Whether it is that very call that is under way.
    pub fn is_flight(&self, flight: &str) -> bool {
        matches!(&self.start, Start::Inflight { flight: ours, .. } if ours == flight)
    }
}

/// From when on a verification started at `at` is over if the vendor calls it unfinished.
pub const fn over_at(at: i64, valid_millis: i64) -> i64 {
    at.saturating_add(valid_millis).saturating_add(GRACE_MILLIS)
}

/// Whether a failed InitFaceVerify surely started nothing: it was never sent, or the vendor refused
/// it with a code whose meaning is known.
pub fn surely_not_started(error: &Error) -> bool {
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

/// The error of a code that [`surely_not_started`] let through, from the tables.
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
        // Which one it was matters to nobody by now; that the vendor answered does.
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
            // DescribeFaceVerify's alone: as an answer to InitFaceVerify it means nothing known.
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
            assert_eq!(surely_not_started(&error(kind, code)), free, "{code}");
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
