//! Plain data in one string. One crossing of the boundary costs about as much as a hundred bytes
//! in it, so the client's calls cross once in and once out; a general serializer of JavaScript
//! objects crosses several times a member, and is half of the module's size.
//!
//! Members are separated by NUL, which no member holds: `pkg/packed.js` writes and reads the same.

use crate::actions::Value;
use crate::prelude::*;
use serde::Serialize;

/// Separates members.
pub(super) const SEPARATOR: char = '\0';

/// Stands where no object was given; a packed object is empty or holds a separator.
pub(super) const NO_OBJECT: &str = "!";

/// Members in one string.
pub(super) fn members(members: &[&str]) -> String {
    let mut packed = String::new();
    for (at, member) in members.iter().enumerate() {
        if at > 0 {
            packed.push(SEPARATOR);
        }
        packed.push_str(member);
    }
    packed
}

/// Names and values of an object. Each value begins with a letter for its type: `s` text, `i` a
/// whole number of 64 bits, `x` another number, `t` and `f` the booleans, `n` text that holds NUL,
/// `u` anything else.
pub(super) fn named_values(packed: &str) -> Vec<(&str, Value)> {
    let mut members = packed.split(SEPARATOR);
    let mut values = Vec::new();
    while let (Some(name), Some(tagged)) = (members.next(), members.next()) {
        values.push((name, value(tagged)));
    }
    values
}

/// One value of an object, by its name.
pub(super) fn named_value(packed: &str, name: &str) -> Value {
    named_values(packed)
        .into_iter()
        .find(|(candidate, _)| *candidate == name)
        .map_or(Value::Absent, |(_, value)| value)
}

/// Pairs of texts, such as headers.
pub(super) fn pairs(packed: &str) -> Vec<(String, String)> {
    let mut members = packed.split(SEPARATOR);
    let mut pairs = Vec::new();
    while let (Some(name), Some(value)) = (members.next(), members.next()) {
        pairs.push((name.to_owned(), value.to_owned()));
    }
    pairs
}

/// JSON. Nothing that is written has a form that JSON lacks, so it is never empty.
pub(super) fn json<T: Serialize>(value: &T) -> String {
    crate::json::write::to_json(value)
}

fn value(tagged: &str) -> Value {
    let mut characters = tagged.chars();
    let tag = characters.next();
    let text = characters.as_str();
    match tag {
        Some('s') => Value::Text(text.to_owned()),
        Some('i') => text.parse().map_or(Value::Inexact, Value::Integer),
        Some('x') => Value::Inexact,
        Some('t') => Value::Boolean(true),
        Some('f') => Value::Boolean(false),
        // No rule accepts a control character, so NUL stands for the text that held it.
        Some('n') => Value::Text(String::from(SEPARATOR)),
        _ => Value::Unusable,
    }
}
