//! JSON with `serde_json`. Values that pass through keep their original text (`RawValue`), and
//! numbers are never converted, so their digits do not change.

#[cfg(any(feature = "gateway", feature = "sandbox"))]
pub mod de;
pub mod read;
pub mod write;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};
use std::fmt;

/// The text of one valid JSON value.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Json(Box<RawValue>);

impl Json {
    /// Creates a value from text, if the text is a single JSON value, optionally surrounded by
    /// white space.
    pub fn read(text: &str) -> Option<Self> {
        let value = read::value(text, read::MAX_DEPTH)?;
        RawValue::from_string(value.to_owned()).ok().map(Self)
    }

    /// Serializes a value; `null` if it cannot be represented in JSON.
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Self {
        Self(to_raw_value(value).unwrap_or_else(|_| RawValue::NULL.to_owned()))
    }

    /// An object without members.
    pub fn empty_object() -> Self {
        Self::of(&write::Object::new())
    }

    /// The text of the value.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }
}

/// Two values are equal if their texts are equal.
impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Json {}

/// Responses contain personal data, so they are not printed.
impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Json(redacted)")
    }
}

/// A JSON number in its original notation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number(String);

impl Number {
    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.0.clone())
            .map_err(serde::ser::Error::custom)?
            .serialize(serializer)
    }
}
