//! Reads JSON into types.

use super::read::{MAX_DEPTH, value};
use serde::de::DeserializeOwned;
use std::fmt;

/// Reads a value that a program wrote; unknown members are ignored.
///
/// # Errors
/// If the text is not JSON or does not match the type. The error has no position.
pub fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, Unreadable> {
    let text = value(text, MAX_DEPTH).ok_or_else(Unreadable::whole)?;
    serde_json::from_str(text).map_err(|_| Unreadable::whole())
}

/// Reads a value that a person wrote. Its type should deny unknown fields; errors state their
/// position.
///
/// # Errors
/// If the text is not JSON or does not match the type.
pub fn from_json_strictly<T: DeserializeOwned>(text: &str) -> Result<T, Unreadable> {
    let text = value(text, MAX_DEPTH).ok_or_else(Unreadable::whole)?;
    let mut json = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut json)
        .map_err(|error| Unreadable::new(error.path(), error.inner()))
}

/// Why a value could not be read, and where. Contains no part of the value, except the name of an
/// unknown member in a hand-written value.
#[derive(Debug)]
pub struct Unreadable {
    place: String,
    reason: Reason,
}

#[derive(Debug)]
enum Reason {
    /// The value does not have the expected structure.
    Form,
    Missing,
    Unknown(String),
    /// The value violates a rule of the type.
    Rule(String),
}

/// Prefixes of serde messages that quote the value, which may be a secret.
const QUOTES_THE_VALUE: [&str; 5] = [
    "invalid type",
    "invalid value",
    "invalid length",
    "unknown variant",
    "duplicate field",
];

impl Unreadable {
    fn whole() -> Self {
        Self {
            place: String::new(),
            reason: Reason::Form,
        }
    }

    /// serde describes an error only in its message. Only field names and the rules of this crate's
    /// own types are taken from it.
    fn new(path: &serde_path_to_error::Path, error: &serde_json::Error) -> Self {
        let path = path.to_string();
        let place = path.strip_prefix('.').unwrap_or(&path);
        let message = error.to_string();
        let (message, _) = message.rsplit_once(" at line ").unwrap_or((&message, ""));
        let field = |start| {
            let (name, _) = message.strip_prefix(start)?.split_once('`')?;
            Some(name.to_owned())
        };
        let (place, reason) = if let Some(name) = field("missing field `") {
            let whole = format!("{place}{}{name}", if place.is_empty() { "" } else { "." });
            (whole, Reason::Missing)
        } else if let Some(name) = field("unknown field `") {
            let outer = place.strip_suffix(&name).unwrap_or(place);
            let outer = outer.strip_suffix('.').unwrap_or(outer);
            (outer.to_owned(), Reason::Unknown(name))
        } else if QUOTES_THE_VALUE
            .iter()
            .any(|start| message.starts_with(start))
        {
            (place.to_owned(), Reason::Form)
        } else {
            (place.to_owned(), Reason::Rule(message.to_owned()))
        };
        Self { place, reason }
    }

    /// The path of the invalid part, using the type's names, such as `[0].keyPairs`; empty for the
    /// whole value.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// The path in brackets, for the Chinese and the English text; empty for the whole value.
    pub fn bracketed(&self) -> (String, String) {
        match self.place() {
            "" => (String::new(), String::new()),
            place => (format!("（{place}）"), format!(" (at {place})")),
        }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.place() {
            "" => "the whole",
            place => place,
        })?;
        match &self.reason {
            Reason::Form => f.write_str(" is not of the expected form"),
            Reason::Missing => f.write_str(" is missing"),
            Reason::Unknown(name) => {
                f.write_str(" has an unknown member ")?;
                f.write_str(name)
            }
            Reason::Rule(rule) => {
                f.write_str(": ")?;
                f.write_str(rule)
            }
        }
    }
}

impl std::error::Error for Unreadable {}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::json::Json;
    use crate::json::write::to_json;
    use proptest::prelude::*;
    use serde::{Deserialize, Serialize};
    use std::collections::BTreeMap;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Everything {
        some_text: String,
        number: i64,
        small: Option<u16>,
        flag: bool,
        #[serde(default)]
        list: Vec<(String, Option<u32>)>,
        map: BTreeMap<String, Option<String>>,
        kind: Kind,
        inner: Box<Option<Everything>>,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "lowercase", rename_all_fields = "camelCase")]
    enum Kind {
        Unit,
        Newtype(Option<i64>),
        Record {
            first_field: String,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            second: Option<bool>,
        },
    }

    fn kind() -> impl Strategy<Value = Kind> {
        prop_oneof![
            Just(Kind::Unit),
            any::<Option<i64>>().prop_map(Kind::Newtype),
            (".*", any::<Option<bool>>()).prop_map(|(first_field, second)| Kind::Record {
                first_field,
                second
            }),
        ]
    }

    fn everything() -> impl Strategy<Value = Everything> {
        let flat = (
            (".*", any::<i64>(), any::<Option<u16>>(), any::<bool>()),
            prop::collection::vec((".*", any::<Option<u32>>()), 0..3),
            prop::collection::btree_map(".*", any::<Option<String>>(), 0..3),
            kind(),
        );
        let flat =
            flat.prop_map(
                |((some_text, number, small, flag), list, map, kind)| Everything {
                    some_text,
                    number,
                    small,
                    flag,
                    list,
                    map,
                    kind,
                    inner: Box::new(None),
                },
            );
        (flat.boxed(), prop::option::of(flat_again())).prop_map(|(outer, inner)| Everything {
            inner: Box::new(inner),
            ..outer
        })
    }

    fn flat_again() -> impl Strategy<Value = Everything> {
        (kind(), any::<i64>()).prop_map(|(kind, number)| Everything {
            some_text: String::new(),
            number,
            small: None,
            flag: true,
            list: Vec::new(),
            map: BTreeMap::new(),
            kind,
            inner: Box::new(None),
        })
    }

    proptest! {
        #[test]
        fn reads_what_is_written_here_and_elsewhere(value in everything()) {
            for text in [
                to_json(&value),
                serde_json::to_string(&value).unwrap(),
                serde_json::to_string_pretty(&value).unwrap(),
                // The members have a different order.
                serde_json::to_value(&value).unwrap().to_string(),
            ] {
                prop_assert_eq!(&from_json_strictly::<Everything>(&text).unwrap(), &value);
            }
            prop_assert_eq!(&serde_json::from_str::<Everything>(&to_json(&value)).unwrap(), &value);
        }

        #[test]
        fn never_panics(text in ".*") {
            let _ = from_json::<Everything>(&text);
            let _ = from_json::<Kind>(&text);
            let _ = from_json::<Vec<(String, i64)>>(&text);
        }
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Outer {
        #[allow(dead_code)]
        inner_list: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[allow(dead_code)]
        id: u16,
        #[allow(dead_code)]
        kind: Option<Kind>,
        #[allow(dead_code)]
        raw: Option<Json>,
    }

    #[test]
    fn says_where_it_is_wrong() {
        for (text, place, wording) in [
            ("", "", "the whole is not of the expected form"),
            ("{", "", "the whole is not of the expected form"),
            ("[]", "", "the whole is not of the expected form"),
            ("{}", "innerList", "innerList is missing"),
            (
                r#"{"innerList":[{"id":1},{}]}"#,
                "innerList[1].id",
                "innerList[1].id is missing",
            ),
            (
                r#"{"innerList":[{"id":65536}]}"#,
                "innerList[0].id",
                "innerList[0].id is not of the expected form",
            ),
            (
                r#"{"innerList":[{"id":null}]}"#,
                "innerList[0].id",
                "innerList[0].id is not of the expected form",
            ),
            (
                r#"{"innerList":[{"id":1,"kind":"no"}]}"#,
                "innerList[0].kind",
                "innerList[0].kind is not of the expected form",
            ),
            (
                r#"{"innerList":[{"id":1,"kind":{"record":{}}}]}"#,
                "innerList[0].kind.record.firstField",
                "innerList[0].kind.record.firstField is missing",
            ),
            (
                r#"{"innerList":[{"id":1,"kid":2}]}"#,
                "innerList[0]",
                "innerList[0] has an unknown member kid",
            ),
        ] {
            let error = from_json_strictly::<Outer>(text).unwrap_err();
            assert_eq!(
                (error.place(), error.to_string().as_str()),
                (place, wording),
                "{text}"
            );
        }
    }

    #[test]
    fn keeps_the_text_of_what_is_to_be_passed_on() {
        let raw: Vec<Json> = from_json(r#" [ {"a" : 1.50}, null ,"x"] "#).unwrap();
        let texts: Vec<&str> = raw.iter().map(Json::as_str).collect();
        assert_eq!(texts, [r#"{"a" : 1.50}"#, "null", r#""x""#]);
    }
}
