//! A verification's life: created, opened by the phone, ended by one submission, or expired.

use crate::actions::Action;
use crate::timestamp::Timestamp;
use crate::vendor::codes::{self, Meaning, UsedBy};
use serde::{Deserialize, Serialize};

/// How long the phone has (Alibaba Cloud's page).
const SUBMIT_WITHIN_MILLIS: i64 = 30 * 60 * 1_000;
/// How long Alibaba Cloud keeps records.
const KEPT_MILLIS: i64 = 180 * 24 * 60 * 60 * 1_000;
/// Where rows of verifications are stored.
pub(super) const PREFIX: &str = "verification/";

/// Holds no personal data: neither name, number, mobile number, MetaInfo nor UserId.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Verification {
    pub(super) certify_id: String,
    pub(super) account_id: String,
    pub(super) scene_id: i64,
    pub(super) outer_order_no: String,
    pub(super) product_code: String,
    pub(super) device_risk: bool,
    pub(super) created_at: i64,
    pub(super) opened_at: Option<i64>,
    /// May lie in the future: a scripted verification is in progress until then.
    pub(super) ended_at: Option<i64>,
    pub(super) ending: Option<Ending>,
    pub(super) callback: Option<CallbackState>,
}

/// Where the callback goes and how it went.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CallbackState {
    pub(super) url: String,
    pub(super) token: Option<String>,
    pub(super) attempts: u32,
    /// HTTP status of the last answer; `None` when there was none.
    pub(super) last_status: Option<u16>,
}

/// What DescribeFaceVerify says of it from then on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Ending {
    /// Code 200 with this SubCode.
    SubCode(String),
    /// This Code.
    Code(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Stage {
    /// Nothing submitted.
    Created,
    /// The person is at it.
    Opened,
    /// Submitted.
    Ended,
    /// Nothing was submitted in time, and nothing can be any more.
    Expired,
}

impl Ending {
    /// `passed`, a SubCode, or a Code of DescribeFaceVerify that means failure.
    pub(super) fn parse(outcome: &str) -> Option<Self> {
        if outcome == "passed" {
            return Some(Self::SubCode("200".to_owned()));
        }
        if let Some(known) = codes::sub_code(outcome) {
            return Some(Self::SubCode(known.code.to_owned()));
        }
        codes::code(outcome)
            .filter(|known| Self::is_failure(known))
            .map(|known| Self::Code(known.code.to_owned()))
    }

    /// Whether a verification can end with a Code: one of DescribeFaceVerify that means failure.
    pub(super) fn is_failure(known: &codes::Code) -> bool {
        known.meaning == Meaning::Failure && known.used_by != UsedBy::Init
    }
}

impl Verification {
    pub(super) fn row(certify_id: &str) -> String {
        format!("{}{certify_id}", PREFIX)
    }

    pub(super) fn stage(&self, now: Timestamp) -> Stage {
        let now = now.unix_millis();
        match (self.ended_at, self.opened_at) {
            (Some(ended_at), _) if ended_at <= now => Stage::Ended,
            (None, _) if now >= self.expires_at().unix_millis() => Stage::Expired,
            (_, Some(_)) => Stage::Opened,
            _ => Stage::Created,
        }
    }

    /// When the phone's time is over.
    pub(super) const fn expires_at(&self) -> Timestamp {
        Timestamp::from_unix_millis(self.created_at).plus_millis(SUBMIT_WITHIN_MILLIS)
    }

    /// When the record is gone.
    pub(super) const fn kept_until(&self) -> Timestamp {
        Timestamp::from_unix_millis(self.created_at).plus_millis(KEPT_MILLIS)
    }

    pub(super) fn is_of(&self, account_id: &str, now: Timestamp) -> bool {
        self.account_id == account_id && now < self.kept_until()
    }

    /// The phone opens it. Opening twice is the same as once.
    ///
    /// # Errors
    /// The stage in which it cannot be opened.
    pub(super) fn open(&mut self, now: Timestamp) -> Result<(), Stage> {
        match self.stage(now) {
            Stage::Created => self.opened_at = Some(now.unix_millis()),
            Stage::Opened => {}
            stage => return Err(stage),
        }
        Ok(())
    }

    /// The person gives up: nothing is submitted, and what is left of the time may be used again.
    ///
    /// # Errors
    /// The stage in which there is nothing to give up.
    pub(super) fn give_up(&mut self, now: Timestamp) -> Result<(), Stage> {
        match self.stage(now) {
            // One that ends by a script has nobody who could give it up.
            Stage::Created | Stage::Opened if self.ended_at.is_none() => self.opened_at = None,
            stage => return Err(stage),
        }
        Ok(())
    }

    /// The phone submits, once.
    ///
    /// # Errors
    /// The stage in which nothing can be submitted.
    pub(super) fn submit(&mut self, ending: Ending, now: Timestamp) -> Result<(), Stage> {
        self.open(now)?;
        self.ended_at = Some(now.unix_millis());
        self.ending = Some(ending);
        Ok(())
    }
}

/// Whether an action answers with a Code.
pub(super) fn answers_with(action: &Action, known: &codes::Code) -> bool {
    known.used_by == UsedBy::Both || known.used_by == action.codes
}
