//! The ledger's rows as the host supplies them, and their keys.
//!
//! | key | value |
//! |---|---|
//! | `order/{outerOrderNo}` | [`super::order::Order`] |
//! | `listed/{created}/{outerOrderNo}` | [`super::order::OrderStatus`]; orders by age |
//! | `certify/{certifyId}` | the order for which it was issued |
//! | `starts/{day}` | the number of verifications started on that day |
//! | `user/{day}/{keyed hash}` | … for one UserId |
//! | `due/{time}/{kind}/{id}` | the number of the attempt, from 1; `alarm_work` lists the kinds |
//! | `nonce/{AccessKeyId}/{hash}` | the ID of the request that used the nonce |
//! | `alarm` | when the alarm is set to fire |
//! | `caller` | the caller to which the ledger belongs |
//! | `retention` | the longest retention, in milliseconds, by which an order's expiry is scheduled |
//! | `receiver` | the back-off of an unresponsive webhook receiver, see `webhook::Receiver` |
//! | `endpoints` | endpoints that recently failed to respond, see `endpoints` |
//! | `probe` | the last answer to whether the gateway's key works, see [`super::finding::Finding`] |
//!
//! Times in keys are milliseconds with leading zeros, so that keys sort by time. Values are JSON.

use crate::http::first_value;
use crate::json::de::from_json;
use crate::json::write::to_json;
use crate::timestamp::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The key of the row with the time of the alarm.
pub(super) const ALARM: &str = "alarm";
/// The key of the row with the caller, which an alarm knows only from this row.
pub(super) const CALLER: &str = "caller";
/// The key of the row with the retention by which expiries are scheduled.
pub(super) const RETENTION: &str = "retention";
/// The key of the row with the back-off of the webhook's receiver.
pub(super) const RECEIVER: &str = "receiver";
/// The key of the row with the endpoints that recently failed to respond.
pub(super) const ENDPOINTS: &str = "endpoints";
/// The key of the row with the last answer to whether the gateway's key works.
pub(super) const PROBE: &str = "probe";

/// Rows with keys in a half-open range.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// The first key of the range.
    pub from: String,
    /// The first key after the range.
    pub to: String,
    /// Maximum number of rows to load.
    pub limit: u32,
    /// Whether to load in descending order.
    pub reverse: bool,
}

/// What the host must load before it repeats the step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Missing {
    /// The rows with these keys, including the information which of them do not exist.
    Keys(Vec<String>),
    /// Rows with their keys.
    Range(Range),
}

/// Why a step ended early.
#[derive(Debug, PartialEq, Eq)]
pub enum Interrupt {
    /// Rows must be loaded first.
    Missing(Missing),
    /// The row with this key does not have the format of this version.
    Unreadable(String),
    /// The gateway contradicts itself or its host. The text, for the log, contains no value of a
    /// request.
    Internal(String),
}

/// The rows that the host has loaded so far.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Rows {
    /// Keys with their values; `None` if the row does not exist.
    pub rows: Vec<(String, Option<String>)>,
    /// Ranges with their keys and values, in order.
    pub ranges: Vec<(Range, Vec<(String, String)>)>,
}

/// A row to write (`Some`) or to delete (`None`).
pub type Write = (String, Option<String>);

impl Rows {
    /// The row with this key.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Interrupt> {
        match first_value(&self.rows, key) {
            None => Err(Interrupt::Missing(Missing::Keys(vec![key.to_owned()]))),
            Some(None) => Ok(None),
            Some(Some(text)) => from_json(text)
                .map(Some)
                .map_err(|_| Interrupt::Unreadable(key.to_owned())),
        }
    }

    /// Requests several rows at once, to avoid loading them one by one.
    pub fn expect(&self, keys: impl IntoIterator<Item = String>) -> Result<(), Interrupt> {
        let mut missing = Vec::new();
        for key in keys {
            if first_value(&self.rows, &key).is_none() && !missing.contains(&key) {
                missing.push(key);
            }
        }
        if missing.is_empty() {
            Ok(())
        } else {
            Err(Interrupt::Missing(Missing::Keys(missing)))
        }
    }

    /// The rows of a range.
    pub fn range(&self, range: Range) -> Result<&[(String, String)], Interrupt> {
        self.ranges
            .iter()
            .find(|(known, _)| *known == range)
            .map(|(_, rows)| rows.as_slice())
            .ok_or(Interrupt::Missing(Missing::Range(range)))
    }
}

/// A row with a value.
pub fn row<T: Serialize>(key: String, value: &T) -> Write {
    (key, Some(to_json(value)))
}

pub(super) fn order_key(no: &str) -> String {
    format!("order/{no}")
}

pub(super) fn listed_key(created: i64, no: &str) -> String {
    format!("listed/{}/{no}", sortable(created))
}

pub(super) fn certify_key(certify_id: &str) -> String {
    format!("certify/{certify_id}")
}

pub(super) fn starts_key(now: Timestamp) -> String {
    format!("starts/{}", now.shanghai_date())
}

pub(super) fn user_key(now: Timestamp, user: &str) -> String {
    format!("user/{}/{user}", now.shanghai_date())
}

/// Milliseconds as text that sorts like the number; sufficient for the next 30,000 years.
pub fn sortable(millis: i64) -> String {
    let digits = millis.max(0).to_string();
    let zeros = "000000000000000".get(digits.len()..).unwrap_or_default();
    format!("{zeros}{digits}")
}
