//! The ledger's rows as the host supplies them, and the keys they have.
//!
//! | key | value |
//! |---|---|
//! | `order/{outerOrderNo}` | [`super::order::Order`] |
//! | `listed/{created}/{outerOrderNo}` | [`super::order::Standing`]; orders by age |
//! | `certify/{certifyId}` | the order it was handed out for |
//! | `starts/{day}` | verifications started that day |
//! | `user/{day}/{keyed hash}` | … for one UserId |
//! | `due/{time}/{what}/{id}` | `1`; what the alarm has to do, see [`super::due`] |
//! | `nonce/{AccessKeyId}/{hash}` | `1`; a nonce that was used |
//! | `alarm` | when the alarm is set to fire |
//! | `caller` | whose ledger it is |
//! | `receiver` | that the webhook's receiver did not answer, see [`super::webhook::Receiver`] |
//!
//! Times in keys are milliseconds with leading zeros, so that keys sort by time. Values are JSON.

use crate::http::first_value;
use crate::json::de::from_json;
use crate::json::write::to_json;
use crate::timestamp::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The key of the row that tells when the alarm is set to fire.
pub(super) const ALARM: &str = "alarm";
/// The key of the row that names the caller: the alarm knows it from nowhere else.
pub(super) const CALLER: &str = "caller";
/// The key of the row that says how long the webhook's receiver is left alone.
pub(super) const RECEIVER: &str = "receiver";

/// Rows from one key up to, not including, another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// The first key that may be in it.
    pub from: String,
    /// The first key behind it.
    pub to: String,
    /// The most rows to load.
    pub limit: u32,
    /// Whether to begin at the end.
    pub reverse: bool,
}

/// What the host must load before it asks again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Need {
    /// The rows with these keys, or the knowledge that there are none.
    Keys(Vec<String>),
    /// Rows with their keys.
    Range(Range),
}

/// Why a step ended early.
#[derive(Debug, PartialEq, Eq)]
pub enum Stop {
    /// Something has to be loaded first.
    Need(Need),
    /// A row is not of the form this version writes.
    Unreadable,
}

/// What the host has loaded so far.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Rows {
    /// Keys with their values; `None` where it is known that there is no row.
    pub rows: Vec<(String, Option<String>)>,
    /// Ranges with the keys and values found, in their order.
    pub ranges: Vec<(Range, Vec<(String, String)>)>,
}

/// A row to write (`Some`) or to delete (`None`).
pub type Write = (String, Option<String>);

impl Rows {
    /// The row with that key.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Stop> {
        match first_value(&self.rows, key) {
            None => Err(Stop::Need(Need::Keys(vec![key.to_owned()]))),
            Some(None) => Ok(None),
            Some(Some(text)) => from_json(text).map(Some).map_err(|_| Stop::Unreadable),
        }
    }

    /// Asks for many rows at once, so that they need not be asked for one by one.
    pub fn expect(&self, keys: impl IntoIterator<Item = String>) -> Result<(), Stop> {
        let mut missing = Vec::new();
        for key in keys {
            if first_value(&self.rows, &key).is_none() && !missing.contains(&key) {
                missing.push(key);
            }
        }
        if missing.is_empty() {
            Ok(())
        } else {
            Err(Stop::Need(Need::Keys(missing)))
        }
    }

    /// The rows of a range.
    pub fn range(&self, range: Range) -> Result<&[(String, String)], Stop> {
        self.ranges
            .iter()
            .find(|(known, _)| *known == range)
            .map(|(_, rows)| rows.as_slice())
            .ok_or(Stop::Need(Need::Range(range)))
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

/// Milliseconds so that text sorts as numbers do, for the next 30,000 years.
pub fn sortable(millis: i64) -> String {
    let digits = millis.max(0).to_string();
    let zeros = "000000000000000".get(digits.len()..).unwrap_or_default();
    format!("{zeros}{digits}")
}
