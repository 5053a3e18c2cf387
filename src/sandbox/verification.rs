//! The life cycle of a verification: created, opened on the phone, ended by one submission, or
//! expired.

use super::ending::{Details, Ending};
use super::session::Session;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

/// How long a CertifyId is valid, according to Alibaba Cloud.
const SUBMIT_WITHIN_MILLIS: i64 = 30 * 60 * 1_000;
/// How long Alibaba Cloud keeps records.
const KEPT_MILLIS: i64 = 180 * 24 * 60 * 60 * 1_000;
/// The key prefix of verifications.
pub(super) const PREFIX: &str = "verification/";

/// A verification. Contains no personal data: no name, number, mobile number, MetaInfo or UserId.
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
    /// When the control API let it expire, if before its 30 minutes were over.
    pub(super) expired_at: Option<i64>,
    /// May be in the future: until then, a scripted verification is in progress.
    pub(super) ended_at: Option<i64>,
    pub(super) ending: Option<Ending>,
    pub(super) details: Details,
    /// Whether OuterOrderNo or UserId determined `ending`. The phone then cannot do anything.
    pub(super) scripted: bool,
    pub(super) callback: Option<CallbackState>,
    /// Only set for a verification in a browser.
    pub(super) web: Option<Web>,
}

/// The URLs of a verification in a browser.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Web {
    pub(super) certify_url: String,
    pub(super) return_url: Option<String>,
}
redacted_debug!(Web);

/// The state of a callback.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CallbackState {
    pub(super) url: String,
    pub(super) token: Option<String>,
    pub(super) attempts: u32,
    /// HTTP status of the last response; `None` without a response.
    pub(super) last_status: Option<u16>,
}
redacted_debug!(CallbackState);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Stage {
    /// Not submitted.
    Created,
    /// In progress on the phone.
    Opened,
    /// Submitted.
    Ended,
    /// Expired without a submission.
    Expired,
}

/// Why the phone cannot do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CannotAct {
    /// Submitted before.
    Submitted,
    /// Expired without a submission.
    Expired,
    /// OuterOrderNo or UserId determines the outcome.
    Scripted,
}

impl Verification {
    pub(super) fn store(&self, session: &mut Session<'_>) {
        let key = Self::row(&self.certify_id);
        session.put(key, self, Some(self.kept_until()));
    }

    pub(super) fn row(certify_id: &str) -> String {
        format!("{}{certify_id}", PREFIX)
    }

    pub(super) fn stage(&self, now: Timestamp) -> Stage {
        match (self.ended_at, self.opened_at) {
            // A submission is final, also if the clock has been set back since, and so is a script's immediate outcome.
            (Some(_), _) if self.script_millis_left(now) == 0 => Stage::Ended,
            (None, _) if now >= self.expires_at() => Stage::Expired,
            (_, Some(_)) => Stage::Opened,
            _ => Stage::Created,
        }
    }

    /// Whether the verification is unfinished: it has neither ended nor expired.
    pub(super) fn waits(&self, now: Timestamp) -> bool {
        matches!(self.stage(now), Stage::Created | Stage::Opened)
    }

    /// When it ended, or when it expired without a submission.
    pub(super) fn over_at(&self) -> i64 {
        self.ended_at
            .unwrap_or_else(|| self.expires_at().unix_millis())
    }

    /// How long a script's verification is still in progress; at most the script's own delay, also if
    /// the clock has been set back.
    pub(super) fn script_millis_left(&self, now: Timestamp) -> u32 {
        let ended_at = self.ended_at.filter(|_| self.scripted);
        let left = ended_at.map_or(0, |ended_at| {
            let delay = ended_at.saturating_sub(self.created_at);
            ended_at.saturating_sub(now.unix_millis()).min(delay)
        });
        u32::try_from(left).unwrap_or_default()
    }

    /// When the CertifyId expires.
    pub(super) const fn expires_at(&self) -> Timestamp {
        match self.expired_at {
            Some(expired_at) => Timestamp::from_unix_millis(expired_at),
            None => Timestamp::from_unix_millis(self.created_at).plus_millis(SUBMIT_WITHIN_MILLIS),
        }
    }

    /// When the record is deleted.
    pub(super) const fn kept_until(&self) -> Timestamp {
        Timestamp::from_unix_millis(self.created_at).plus_millis(KEPT_MILLIS)
    }

    pub(super) fn is_of(&self, account_id: &str, now: Timestamp) -> bool {
        self.account_id == account_id && now < self.kept_until()
    }

    /// Whether the phone can act.
    fn check(&self, now: Timestamp) -> Result<(), CannotAct> {
        match self.stage(now) {
            _ if self.scripted => Err(CannotAct::Scripted),
            Stage::Created | Stage::Opened => Ok(()),
            Stage::Ended => Err(CannotAct::Submitted),
            Stage::Expired => Err(CannotAct::Expired),
        }
    }

    /// Opens the verification on the phone. Idempotent.
    ///
    /// # Errors
    /// If the phone cannot act.
    pub(super) fn open(&mut self, now: Timestamp) -> Result<(), CannotAct> {
        self.check(now)?;
        self.opened_at.get_or_insert(now.unix_millis());
        Ok(())
    }

    /// Gives up without submitting; the verification can be opened again until it expires.
    ///
    /// # Errors
    /// If the phone cannot act.
    pub(super) fn give_up(&mut self, now: Timestamp) -> Result<(), CannotAct> {
        self.check(now)?;
        self.opened_at = None;
        Ok(())
    }

    /// Lets the verification expire now. Idempotent.
    ///
    /// # Errors
    /// If it has ended or its outcome is scripted.
    pub(super) fn expire(&mut self, now: Timestamp) -> Result<(), CannotAct> {
        match self.check(now) {
            Ok(()) => self.expired_at = Some(now.unix_millis()),
            Err(CannotAct::Expired) => {}
            Err(refusal) => return Err(refusal),
        }
        Ok(())
    }

    /// Submits the verification, which is possible once.
    ///
    /// # Errors
    /// If the phone cannot act.
    pub(super) fn submit(
        &mut self,
        ending: Ending,
        details: Details,
        now: Timestamp,
    ) -> Result<(), CannotAct> {
        self.open(now)?;
        self.ended_at = Some(now.unix_millis());
        self.ending = Some(ending);
        self.details = details;
        Ok(())
    }
}
