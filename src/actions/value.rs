//! A parameter's value as a caller passes it, before validation.

use crate::json::read::string;
use std::borrow::Cow;
use std::fmt;

/// A value of any type. Numbers that JavaScript cannot hold exactly arrive as [`Value::Inexact`].
#[derive(Clone, PartialEq)]
pub enum Value<'a> {
    /// Not given: `null` or `undefined`.
    Absent,
    /// Text.
    Text(Cow<'a, str>),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction, or one too large to be exact.
    Inexact,
    /// `true` or `false`.
    Boolean(bool),
    /// A list, an object or another type that no parameter accepts.
    Unusable,
}

/// Values may be personal data, so they are not printed.
impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Absent => "Absent",
            Self::Text(_) => "Text(redacted)",
            Self::Integer(_) => "Integer(redacted)",
            Self::Inexact => "Inexact",
            Self::Boolean(_) => "Boolean",
            Self::Unusable => "Unusable",
        })
    }
}

impl Value<'_> {
    /// The value of a valid JSON text; `None` for a string with a lone surrogate.
    pub fn of_json(text: &str) -> Option<Value<'static>> {
        Some(match text.as_bytes() {
            b"null" => Value::Absent,
            b"true" => Value::Boolean(true),
            b"false" => Value::Boolean(false),
            [b'"', ..] => string(text)?.into(),
            [b'[' | b'{', ..] => Value::Unusable,
            _ => text.parse().map_or(Value::Inexact, Value::Integer),
        })
    }

    /// The same value, owning its text.
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Absent => Value::Absent,
            Self::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
            Self::Integer(number) => Value::Integer(number),
            Self::Inexact => Value::Inexact,
            Self::Boolean(on) => Value::Boolean(on),
            Self::Unusable => Value::Unusable,
        }
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl<'a> From<Cow<'a, str>> for Value<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        Self::Text(text)
    }
}

// With several types of integers, Rust takes a literal without a suffix for an i32.
impl From<i32> for Value<'_> {
    fn from(number: i32) -> Self {
        Self::Integer(number.into())
    }
}

impl From<u32> for Value<'_> {
    fn from(number: u32) -> Self {
        Self::Integer(number.into())
    }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<u64> for Value<'_> {
    fn from(number: u64) -> Self {
        i64::try_from(number).map_or(Self::Inexact, Self::Integer)
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Absent, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_kind_of_json() {
        for (json, value) in [
            ("null", Value::Absent),
            ("true", Value::Boolean(true)),
            ("false", Value::Boolean(false)),
            ("-1", Value::Integer(-1)),
            ("9223372036854775807", Value::Integer(i64::MAX)),
            ("9223372036854775808", Value::Inexact),
            ("1.0", Value::Inexact),
            ("1e400", Value::Inexact),
            ("-0", Value::Integer(0)),
            (r#""text""#, "text".into()),
            (r#""escaped\n""#, "escaped\n".into()),
            (r#"[1,[2,{"a":3}]]"#, Value::Unusable),
            (r#"{"a":[1],"b":{}}"#, Value::Unusable),
        ] {
            assert!(Value::of_json(json) == Some(value), "{json}");
        }
        assert!(Value::of_json(r#""\ud800""#).is_none());
    }

    #[test]
    fn takes_the_types_that_programs_have() {
        let text = "text".to_owned();
        assert!(Value::from(&text) == Value::from(Cow::Borrowed("text")));
        for number in [Value::from(7), 7_i64.into(), 7_u32.into(), 7_u64.into()] {
            assert!(number == Value::Integer(7));
        }
        assert!(Value::from(u64::MAX) == Value::Inexact);
    }

    #[test]
    fn prints_the_kind_and_not_the_value() {
        let kinds = ["null", "true", "-1", "1.5", r#""text""#, "[]"];
        let printed = kinds.map(|json| format!("{:?}", Value::of_json(json).unwrap()));
        assert_eq!(
            printed,
            [
                "Absent",
                "Boolean",
                "Integer(redacted)",
                "Inexact",
                "Text(redacted)",
                "Unusable"
            ]
        );
    }
}
