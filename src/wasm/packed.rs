//! Plain data as one run of bytes. One crossing of the boundary costs about as much as a hundred
//! bytes in it, so the client's calls cross once in and once out; a general serializer of JavaScript
//! objects crosses several times a member, and is half of the module's size.
//!
//! Members are separated by NUL, which no member holds: `pkg/packed.js` writes and reads the same.

use crate::actions::Value;
use crate::prelude::*;
use serde::Serialize;

/// Separates members.
pub(super) const SEPARATOR: char = '\0';

/// Members in one string.
pub(super) fn members(members: &[&str]) -> String {
    let length = members.iter().fold(0_usize, |sum, member| {
        sum.saturating_add(member.len()).saturating_add(1)
    });
    let mut packed = String::with_capacity(length);
    for (at, member) in members.iter().enumerate() {
        if at > 0 {
            packed.push(SEPARATOR);
        }
        packed.push_str(member);
    }
    packed
}

/// JSON. Nothing that is written has a form that JSON lacks, so it is never empty.
pub(super) fn json<T: Serialize>(value: &T) -> String {
    crate::json::write::to_json(value)
}

/// The members that JavaScript packed, one after the other. Where there are none left, or the bytes
/// are not UTF-8, members are empty.
pub(super) struct Members<'a>(core::str::Split<'a, char>);

impl<'a> Members<'a> {
    /// Reads what `pkg/packed.js` wrote.
    pub(super) fn read(packed: &'a [u8]) -> Self {
        let text = core::str::from_utf8(packed).unwrap_or_default();
        Self(text.split(SEPARATOR))
    }

    /// The next member, as it is.
    pub(super) fn text(&mut self) -> &'a str {
        self.0.next().unwrap_or_default()
    }

    /// A number of JavaScript's, rounded towards nothing; what is none is 0.
    pub(super) fn integer(&mut self) -> i64 {
        self.text().parse().unwrap_or_default()
    }

    /// `1` or `0`.
    pub(super) fn flag(&mut self) -> bool {
        self.text() == "1"
    }

    /// Names and values of an object; `None` for what is none. Before each name stands a letter for the
    /// value's type: `s` text, `i` a whole number of 64 bits, `x` another number, `t` and `f` the
    /// booleans, `n` text that holds NUL, `u` anything else.
    pub(super) fn object(&mut self) -> Option<Vec<(&'a str, Value<'a>)>> {
        let count: usize = self.text().parse().ok()?;
        let mut named = Vec::with_capacity(count.min(64));
        for _ in 0..count {
            let mut name = self.text().chars();
            let kind = name.next();
            named.push((name.as_str(), value(kind, self.text())));
        }
        Some(named)
    }

    /// Pairs of texts, such as headers: what is left of the members.
    pub(super) fn pairs(mut self) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        while let (Some(name), Some(value)) = (self.0.next(), self.0.next()) {
            pairs.push((name.to_owned(), value.to_owned()));
        }
        pairs
    }
}

fn value(kind: Option<char>, text: &str) -> Value<'_> {
    match kind {
        Some('s') => Value::from(text),
        Some('i') => text.parse().map_or(Value::Inexact, Value::Integer),
        Some('x') => Value::Inexact,
        Some('t') => Value::Boolean(true),
        Some('f') => Value::Boolean(false),
        // No rule accepts a control character, so NUL stands for the text that held it.
        Some('n') => Value::from("\0"),
        _ => Value::Unusable,
    }
}
