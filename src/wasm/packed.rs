//! Plain data as one byte array. Crossing the WebAssembly boundary once costs about as much as copying
//! a hundred bytes, so the client's calls cross once in and once out. A general serializer of
//! JavaScript objects crosses several times per member and would be half of the module's size.
//!
//! Input members are length-prefixed, as `pkg/src/packed.ts` writes them. Output members are separated
//! by NUL, which no member contains: JavaScript encodes members one by one and decodes all of them at
//! once.

use crate::actions::Value;
use serde::Serialize;

/// The separator of output members.
const SEPARATOR: char = '\0';

/// Joins members into one string.
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

/// A value as JSON. All values can be represented in JSON, so the text is never empty.
pub(super) fn json<T: Serialize>(value: &T) -> String {
    crate::json::write::to_json(value)
}

/// Reads, in order, the members that JavaScript packed. After the last one, or if the bytes are not
/// UTF-8, members are empty.
pub(super) struct Members<'a>(&'a [u8]);

impl<'a> Members<'a> {
    /// Reads the output of `pkg/src/packed.ts`.
    pub(super) const fn read(packed: &'a [u8]) -> Self {
        Self(packed)
    }

    /// Skips members that start with these bytes of earlier members; false if they differ.
    pub(super) fn skip(&mut self, known: &[u8]) -> bool {
        match self.0.strip_prefix(known) {
            Some(members) => {
                self.0 = members;
                true
            }
            None => false,
        }
    }

    /// What `read` makes of the next members, and their bytes.
    pub(super) fn with_bytes<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> (T, &'a [u8]) {
        let before = self.0;
        let made = read(self);
        let length = before.len().saturating_sub(self.0.len());
        (made, before.get(..length).unwrap_or_default())
    }

    /// The next member, unparsed.
    pub(super) fn text(&mut self) -> &'a str {
        self.next().unwrap_or_default()
    }

    /// A JavaScript number, truncated; 0 if it does not parse.
    pub(super) fn integer(&mut self) -> i64 {
        self.text().parse().unwrap_or_default()
    }

    /// `1` or `0`.
    pub(super) fn flag(&mut self) -> bool {
        self.text() == "1"
    }

    /// Names and values of an object; `None` if it is not an object. They are preceded by one letter
    /// per value for its type: `s` text, `i` a 64-bit integer, `x` another number, `t` and `f` the
    /// booleans, `u` anything else.
    pub(super) fn object(&mut self) -> Option<Vec<(&'a str, Value<'a>)>> {
        let types = self.next().filter(|types| *types != "!")?;
        let mut named = Vec::with_capacity(types.len());
        for kind in types.bytes() {
            named.push((self.text(), value(kind, self.text())));
        }
        Some(named)
    }

    /// Pairs of texts, such as headers, from the remaining members.
    pub(super) fn pairs(&mut self) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        while let (Some(name), Some(value)) = (self.next(), self.next()) {
            pairs.push((name.to_owned(), value.to_owned()));
        }
        pairs
    }

    fn next(&mut self) -> Option<&'a str> {
        let (length, members) = self.0.split_first_chunk()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        let (member, members) = members.split_at_checked(length)?;
        self.0 = members;
        std::str::from_utf8(member).ok()
    }
}

fn value(kind: u8, text: &str) -> Value<'_> {
    match kind {
        b's' => Value::from(text),
        b'i' => text.parse().map_or(Value::Inexact, Value::Integer),
        b'x' => Value::Inexact,
        b't' => Value::Boolean(true),
        b'f' => Value::Boolean(false),
        _ => Value::Unusable,
    }
}
