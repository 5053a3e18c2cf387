//! Reads JSON level by level: each value keeps its original text.

use super::{Json, Number};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// Maximum nesting depth of a response that is passed through; its reader may fail on deeper ones.
pub const MAX_DEPTH: usize = 128;

/// The text of the single value in `text`, without surrounding white space. `None` if the text is
/// not JSON or is nested deeper than `max_depth`.
pub fn value(text: &str, max_depth: usize) -> Option<&str> {
    let value = raw(text)?;
    (depth(value) <= max_depth).then_some(value)
}

fn raw(text: &str) -> Option<&str> {
    serde_json::from_str::<&RawValue>(text)
        .ok()
        .map(RawValue::get)
}

/// The nesting depth of a JSON text. `RawValue` is read without recursion and has no limit of its
/// own.
fn depth(json: &str) -> usize {
    let (mut open, mut deepest) = (0_usize, 0);
    let (mut in_string, mut escaped) = (false, false);
    for byte in json.bytes() {
        if in_string {
            in_string = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => {
                open = open.saturating_add(1);
                deepest = deepest.max(open);
            }
            b'}' | b']' => open = open.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// The members of an object, in order: each name, and the text of its value. `None` for any other
/// value and for invalid JSON.
pub fn members(text: &str) -> Option<Members<'_>> {
    value(text, MAX_DEPTH).filter(|value| value.starts_with('{'))?;
    let Level(items) = serde_json::from_str(text).ok()?;
    let named = items
        .into_iter()
        .map(|(name, value)| Some((string(name?)?, value)));
    named.collect::<Option<_>>().map(Members)
}

/// One level of an object or a list that [`value`] accepted, in order: each member's quoted name
/// (empty in a list) and the text of its value. `None` for any other value.
pub fn items(text: &str) -> Option<Vec<(&str, &str)>> {
    let Level(items) = serde_json::from_str(text).ok()?;
    Some(
        items
            .into_iter()
            .map(|(name, value)| (name.unwrap_or_default(), value))
            .collect(),
    )
}

/// Whether the text is an object, of any depth.
pub fn is_object(text: &str) -> bool {
    raw(text).is_some_and(|value| value.starts_with('{'))
}

/// Whether the text is a non-empty list of strings.
pub fn is_string_list(text: &str) -> bool {
    let Ok(Level(items)) = serde_json::from_str(text) else {
        return false;
    };
    let is_string = |(name, value): &(Option<&str>, &str)| name.is_none() && value.starts_with('"');
    !items.is_empty() && items.iter().all(is_string)
}

/// The decoded text of a JSON string. `None` for any other value and for a lone surrogate.
pub fn string(quoted: &str) -> Option<String> {
    serde_json::from_str(quoted).ok()
}

/// One level of an object or a list: the quoted names (`None` in a list) and the values.
struct Level<'a>(Vec<(Option<&'a str>, &'a str)>);

impl<'de> Deserialize<'de> for Level<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items;
        impl<'de> Visitor<'de> for Items {
            type Value = Level<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object or a list")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut items = Vec::new();
                while let Some((name, value)) = map.next_entry::<&RawValue, &RawValue>()? {
                    items.push((Some(name.get()), value.get()));
                }
                Ok(Level(items))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut items = Vec::new();
                while let Some(value) = list.next_element::<&RawValue>()? {
                    items.push((None, value.get()));
                }
                Ok(Level(items))
            }
        }
        deserializer.deserialize_any(Items)
    }
}

/// The members of an object. If a name is repeated, the last member counts, as in browsers.
pub struct Members<'a>(Vec<(String, &'a str)>);

/// The values may be personal data, so they are not printed.
impl std::fmt::Debug for Members<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Members").finish_non_exhaustive()
    }
}

impl<'a> Members<'a> {
    /// The members of a value; empty if it is not an object.
    pub fn of(value: &'a Json) -> Self {
        members(value.as_str()).unwrap_or(Self(Vec::new()))
    }

    /// A member's value, as JSON text.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        let found = self.0.iter().rev().find(|(candidate, _)| candidate == name);
        found.map(|(_, value)| *value)
    }

    /// Whether one of these names is repeated.
    pub fn repeats(&self, names: &[&str]) -> bool {
        names.iter().any(|name| {
            let with_name = |(candidate, _): &&(String, &str)| candidate == name;
            self.0.iter().filter(with_name).count() > 1
        })
    }

    /// A member's value, owned.
    pub fn json(&self, name: &str) -> Option<Json> {
        self.get(name).and_then(Json::read)
    }

    /// A member that is a string.
    pub fn text(&self, name: &str) -> Option<String> {
        string(self.get(name)?)
    }

    /// A member that is a number.
    pub fn number(&self, name: &str) -> Option<Number> {
        let text = self.get(name)?;
        text.starts_with(|first: char| first == '-' || first.is_ascii_digit())
            .then(|| Number(text.to_owned()))
    }

    /// A member that is an object.
    pub fn object(&self, name: &str) -> Option<Members<'a>> {
        members(self.get(name)?)
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn keeps_numbers_and_unknown_values_as_they_were_written() {
        let text = r#" { "n" : 1e999, "big":123456789012345678901234567890, "o": {"a" : 1.50} } "#;
        let members = members(text).unwrap();
        assert_eq!(members.number("n").unwrap().as_str(), "1e999");
        assert_eq!(
            members.get("big").unwrap(),
            "123456789012345678901234567890"
        );
        assert_eq!(members.get("o").unwrap(), r#"{"a" : 1.50}"#);
        assert_eq!(
            items(text).unwrap().first().copied(),
            Some((r#""n""#, "1e999"))
        );
    }

    #[test]
    fn refuses_trailing_text_and_halves_of_surrogate_pairs() {
        assert_eq!(value(" [1] ", MAX_DEPTH), Some("[1]"));
        for wrong in ["", "[1] x", "[1,]", "{\"a\"}", "01", "nul", "\u{feff}{}"] {
            assert_eq!(value(wrong, MAX_DEPTH), None, "{wrong}");
        }
        assert_eq!(string(r#""\ud83d\ude00""#).as_deref(), Some("\u{1F600}"));
        assert_eq!(string(r#""\ud83d""#), None);
        assert!(members(r#"{"\ud83d":1}"#).is_none());
        assert!(members("[]").is_none());
    }

    #[test]
    fn refuses_answers_that_are_nested_too_deep() {
        let deep = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(value(&deep(MAX_DEPTH), MAX_DEPTH).is_some());
        assert!(value(&deep(MAX_DEPTH + 1), MAX_DEPTH).is_none());
        assert!(value(&deep(100_000), usize::MAX).is_some());
        assert!(value(r#"["[[[\"[[", "\\"]"#, 1).is_some());
    }

    #[test]
    fn of_two_members_with_one_name_the_later_counts() {
        let members = members(r#"{"Passed":"T","Passed":"F"}"#).unwrap();
        assert_eq!(members.text("Passed").as_deref(), Some("F"));
    }

    #[test]
    fn knows_lists_of_strings() {
        assert!(is_string_list(r#" ["a", "b"] "#));
        for other in [
            "[]",
            "[1]",
            r#"["a",1]"#,
            r#"{"a":"b"}"#,
            r#""a""#,
            "",
            r#"["a"] x"#,
        ] {
            assert!(!is_string_list(other), "{other}");
        }
    }
}
