//! One decision in the making: what it has read, what it will write.

use super::{Callback, Config, Delivery, Done, Input, Need, Random, Write};
use crate::actions::Action;
use crate::http::Response;
use crate::http::first_value;
use crate::json::de::from_json;
use crate::json::write::to_json;
use crate::rpc_server::errors::Refusal;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Why a decision ends before its answer.
#[derive(Debug)]
pub(super) enum Stop {
    /// Stored data is missing.
    Need(Need),
    /// Refused by the API gateway: a word as Code, HTTP status 4xx or 5xx.
    Gateway(Refusal),
    /// Refused by the service: three digits as Code, HTTP status 200.
    Code {
        action: &'static Action,
        code: &'static str,
        /// Why, for the developer: see [`super::NOTE_HEADER`].
        note: String,
    },
}

impl From<Need> for Stop {
    fn from(need: Need) -> Self {
        Self::Need(need)
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Gateway(refusal)
    }
}

/// How far the sandbox's clock is from the host's.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Clock {
    pub(super) offset_millis: i64,
}

pub(super) const CLOCK: &str = "clock";
pub(super) const FAULTS: &str = "faults";

pub(super) struct Session<'a> {
    input: &'a Input,
    /// Accounts and scenes.
    pub(super) config: &'a Config,
    pub(super) random: &'a Random,
    /// The sandbox's own time.
    pub(super) now: Timestamp,
    pub(super) callback: Option<Callback>,
    /// See [`Done::file`].
    pub(super) file: Option<&'static str>,
    writes: Vec<Write>,
}

impl<'a> Session<'a> {
    pub(super) fn begin(
        input: &'a Input,
        config: &'a Config,
        random: &'a Random,
    ) -> Result<Self, Need> {
        let mut session = Self {
            input,
            config,
            random,
            now: Timestamp::from_unix_millis(input.now),
            callback: None,
            file: None,
            writes: Vec::new(),
        };
        session.want(&[CLOCK, FAULTS])?;
        let clock: Clock = session.row(CLOCK)?.unwrap_or_default();
        session.now = session.now.plus_millis(clock.offset_millis);
        Ok(session)
    }

    pub(super) fn origin(&self) -> &'a str {
        &self.input.origin
    }

    /// The host's time, which the sandbox's clock is an offset to.
    pub(super) const fn host_now(&self) -> Timestamp {
        Timestamp::from_unix_millis(self.input.now)
    }

    /// Asks for all rows at once that a decision will read, to spare rounds.
    pub(super) fn want<K: AsRef<str>>(&self, keys: &[K]) -> Result<(), Need> {
        let missing: Vec<String> = keys
            .iter()
            .map(AsRef::as_ref)
            .filter(|key| first_value(&self.input.rows, key).is_none())
            .map(str::to_owned)
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(Need {
            rows: missing,
            lists: Vec::new(),
        })
    }

    /// A stored row, `None` when it does not exist. One that a version before this wrote in
    /// another form counts as not existing.
    pub(super) fn row<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Need> {
        self.want(&[key])?;
        let stored = first_value(&self.input.rows, key).and_then(Option::as_ref);
        Ok(stored.and_then(|text| from_json(text).ok()))
    }

    /// Every stored row whose key begins with `prefix`.
    pub(super) fn list<T: DeserializeOwned>(&self, prefix: &str) -> Result<Vec<T>, Need> {
        let Some(rows) = first_value(&self.input.lists, prefix) else {
            return Err(Need {
                rows: Vec::new(),
                lists: vec![prefix.to_owned()],
            });
        };
        Ok(rows
            .iter()
            .filter_map(|(_, text)| from_json(text).ok())
            .collect())
    }

    /// Stores a row until `expires_at`, or for ever. A row is not read again in the same step.
    pub(super) fn put<T: Serialize>(
        &mut self,
        key: impl Into<String>,
        row: &T,
        expires_at: Option<Timestamp>,
    ) {
        self.writes.push(Write::Put {
            key: key.into(),
            value: to_json(row),
            expires_at: expires_at.map(Timestamp::unix_millis),
        });
    }

    /// Removes every row.
    pub(super) fn clear(&mut self) {
        self.writes.push(Write::Clear);
    }

    pub(super) fn finish(self, response: Option<Response>, delivery: Delivery) -> Done {
        Done {
            response,
            file: self.file,
            delivery,
            writes: self.writes,
            callback: self.callback,
            now: self.now.unix_millis(),
        }
    }
}
