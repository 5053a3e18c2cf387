//! JSON (RFC 8259), as far as this crate needs it: one level of an object at a time, values kept as
//! the text they came as. No number is ever converted, so none is changed, and the modules hold no
//! code for it: a JSON library was a quarter of the client's.

#[cfg(any(feature = "gateway", feature = "sandbox"))]
pub mod de;
pub mod read;
pub mod write;

use crate::prelude::*;
use core::fmt;
use serde::{Serialize, Serializer};

/// The text of one JSON value, checked.
#[derive(Clone, PartialEq, Eq)]
pub struct Json(String);

impl Json {
    /// The text, if it is one JSON value and white space around it.
    pub fn read(text: &str) -> Option<Self> {
        read::value(text, read::MAX_DEPTH).map(|value| Self(value.to_owned()))
    }

    /// What `write` makes of a value.
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Self {
        Self(write::to_json(value))
    }

    /// An object without members.
    pub fn empty_object() -> Self {
        Self("{}".to_owned())
    }

    /// The text of the value.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Answers hold personal data and are not printed.
impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Json(redacted)")
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Bytes have no form of their own in JSON: `write` takes them for JSON that is written already.
        serializer.serialize_bytes(self.0.as_bytes())
    }
}

#[cfg(any(feature = "gateway", feature = "sandbox"))]
impl<'de> serde::Deserialize<'de> for Json {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl serde::de::Visitor<'_> for Text {
            type Value = Json;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }
            fn visit_str<E>(self, text: &str) -> Result<Json, E> {
                Ok(Json(text.to_owned()))
            }
        }
        deserializer.deserialize_bytes(Text)
    }
}

/// A JSON number, as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number(String);

impl Number {
    /// Its value; infinite where it is too large for 64 bits.
    pub fn as_f64(&self) -> f64 {
        self.0.parse().unwrap_or_default()
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0.as_bytes())
    }
}
