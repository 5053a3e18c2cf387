//! The state of one decision: the rows that it read and the rows to write.

use super::{Callback, Config, Delivery, Done, Input, Load, Random, Write};
use crate::actions::Action;
use crate::http::Response;
use crate::http::first_value;
use crate::json::de::from_json;
use crate::json::write::to_json;
use crate::rpc_server::errors::Refusal;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Why a decision ends early.
#[derive(Debug)]
pub(super) enum Stop {
    /// Rows must be loaded first.
    Load(Load),
    /// An error of the API gateway: Code is a word, the HTTP status is 4xx or 5xx.
    ApiGateway(Refusal),
    /// An error of the service: Code has three digits, the HTTP status is 200.
    Code {
        action: &'static Action,
        code: &'static str,
        /// The reason, for developers; see [`super::NOTE_HEADER`].
        note: String,
    },
}

impl From<Load> for Stop {
    fn from(load: Load) -> Self {
        Self::Load(load)
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::ApiGateway(refusal)
    }
}

/// The offset of the sandbox's clock from the host's.
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
    /// The current time by the sandbox's clock.
    pub(super) now: Timestamp,
    pub(super) callbacks: Vec<Callback>,
    /// See [`Done::file`].
    pub(super) file: Option<&'static str>,
    writes: Vec<Write>,
}

impl<'a> Session<'a> {
    pub(super) fn begin(
        input: &'a Input,
        config: &'a Config,
        random: &'a Random,
    ) -> Result<Self, Load> {
        let mut session = Self {
            input,
            config,
            random,
            now: Timestamp::from_unix_millis(input.now),
            callbacks: Vec::new(),
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

    /// The host's time, from which the sandbox's clock is offset.
    pub(super) const fn host_now(&self) -> Timestamp {
        Timestamp::from_unix_millis(self.input.now)
    }

    /// Requests all rows of a decision at once, which saves round trips.
    pub(super) fn want<K: AsRef<str>>(&self, keys: &[K]) -> Result<(), Load> {
        let missing: Vec<String> = keys
            .iter()
            .map(AsRef::as_ref)
            .filter(|key| first_value(&self.input.rows, key).is_none())
            .map(str::to_owned)
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(Load {
            rows: missing,
            lists: Vec::new(),
        })
    }

    /// A stored row; `None` if it does not exist or cannot be read.
    pub(super) fn row<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Load> {
        self.want(&[key])?;
        let stored = first_value(&self.input.rows, key).and_then(Option::as_ref);
        Ok(stored.and_then(|text| from_json(text).ok()))
    }

    /// All stored rows whose keys start with `prefix`.
    pub(super) fn list<T: DeserializeOwned>(&self, prefix: &str) -> Result<Vec<T>, Load> {
        let Some(rows) = first_value(&self.input.lists, prefix) else {
            return Err(Load {
                rows: Vec::new(),
                lists: vec![prefix.to_owned()],
            });
        };
        Ok(rows
            .iter()
            .filter_map(|(_, text)| from_json(text).ok())
            .collect())
    }

    /// Stores a row until `expires_at`, or forever. A step must not read a row that it has stored.
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
            callbacks: self.callbacks,
            now: self.now.unix_millis(),
        }
    }
}
