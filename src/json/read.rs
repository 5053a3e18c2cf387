//! Reading JSON: one level at a time, without recursion.

use super::{Json, Number};
use crate::prelude::*;

/// Values of an answer that are nested deeper are refused: who reads them next may not be able to.
pub const MAX_DEPTH: usize = 128;

/// The text of the one value that `text` holds, without the white space around it.
pub fn value(text: &str, max_depth: usize) -> Option<&str> {
    let mut scanner = Scanner { text, at: 0 };
    let value = scanner.value(max_depth)?;
    scanner.space();
    (scanner.at == text.len()).then_some(value)
}

/// The members of an object, in order: each name, and the text of its value. `None` for any other
/// value, and for what is not JSON.
pub fn members(text: &str) -> Option<Members<'_>> {
    let object = value(text, MAX_DEPTH)?;
    let mut scanner = Scanner {
        text: object,
        at: 0,
    };
    let mut members = Vec::new();
    if scanner.peek() == Some(b'{') {
        scanner.items(&mut |name, value| {
            members.push((string(name)?, value));
            Some(())
        })?;
        return Some(Members(members));
    }
    None
}

/// One level of an object or a list that [`value`] let through, in order: each member's name, still
/// quoted, or nothing, and the text of its value. `None` for any other value.
pub fn items(text: &str) -> Option<Vec<(&str, &str)>> {
    let mut scanner = Scanner { text, at: 0 };
    let mut items = Vec::new();
    if !text.starts_with(['{', '[']) {
        return None;
    }
    scanner.items(&mut |name, value| {
        items.push((name, value));
        Some(())
    })?;
    Some(items)
}

/// Whether it is an object, however deep.
pub fn is_object(text: &str) -> bool {
    value(text, usize::MAX).is_some_and(|value| value.starts_with('{'))
}

/// Whether it is a list of strings, and not an empty one.
pub fn is_string_list(text: &str) -> bool {
    let mut scanner = Scanner { text, at: 0 };
    scanner.space();
    let mut any = false;
    value(text, MAX_DEPTH).is_some()
        && scanner.peek() == Some(b'[')
        && scanner
            .items(&mut |_, item| {
                any = item.starts_with('"');
                any.then_some(())
            })
            .is_some()
        && any
}

/// The text that a JSON string stands for. `None` for any other value, and for half a surrogate pair.
pub fn string(quoted: &str) -> Option<String> {
    let inner = quoted.strip_prefix('"')?.strip_suffix('"')?;
    let mut text = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.bytes().position(|byte| byte == b'\\') {
        text.push_str(rest.get(..at)?);
        let mut escape = rest.get(at.saturating_add(1)..)?.chars();
        text.push(match escape.next()? {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let first = unit(&mut escape)?;
                if (0xD800..0xDC00).contains(&first) {
                    let escaped = escape.next() == Some('\\') && escape.next() == Some('u');
                    let second = if escaped { unit(&mut escape)? } else { 0 };
                    if !(0xDC00..0xE000).contains(&second) {
                        return None;
                    }
                    let beyond = (first & 0x3FF) << 10 | second & 0x3FF;
                    char::from_u32(beyond.wrapping_add(0x1_0000))?
                } else {
                    char::from_u32(first)?
                }
            }
            other => other,
        });
        rest = escape.as_str();
    }
    text.push_str(rest);
    Some(text)
}

/// The four digits behind `\u`.
fn unit(digits: &mut core::str::Chars<'_>) -> Option<u32> {
    let mut unit = 0;
    for _ in 0..4 {
        unit = unit << 4 | digits.next()?.to_digit(16)?;
    }
    Some(unit)
}

/// The members of an object. Of two with one name the later counts, as in every browser.
#[derive(Debug)]
pub struct Members<'a>(Vec<(String, &'a str)>);

impl<'a> Members<'a> {
    /// The members of a value; none where it is no object.
    pub fn of(value: &'a Json) -> Self {
        members(value.as_str()).unwrap_or(Self(Vec::new()))
    }

    /// A member's value, as JSON text.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        let found = self.0.iter().rev().find(|(candidate, _)| candidate == name);
        found.map(|(_, value)| *value)
    }

    /// Whether one of these names is there more than once.
    pub fn repeats(&self, names: &[&str]) -> bool {
        names.iter().any(|name| {
            let with_name = |(candidate, _): &&(String, &str)| candidate == name;
            self.0.iter().filter(with_name).count() > 1
        })
    }

    /// A member's value, to be kept: it was checked with the whole.
    pub fn json(&self, name: &str) -> Option<Json> {
        self.get(name).map(|value| Json(value.to_owned()))
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

/// Whether eight bytes of a string hold no quotation mark, no backslash and no control character, found
/// without looking at each: a byte less what is looked for has its highest bit only where it was less.
fn stands_for_itself(eight: &[u8; 8]) -> bool {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let bytes = u64::from_ne_bytes(*eight);
    let less = |bytes: u64, than: u64| bytes.wrapping_sub(EACH.wrapping_mul(than)) & !bytes;
    let equal = |other: u8| less(bytes ^ EACH.wrapping_mul(other.into()), 1);
    (less(bytes, 0x20) | equal(b'"') | equal(b'\\')) & EACH.wrapping_mul(0x80) == 0
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

type Visit<'v, 'a> = &'v mut dyn FnMut(&'a str, &'a str) -> Option<()>;

impl<'a> Scanner<'a> {
    #[inline(always)]
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline(always)]
    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at = self.at.wrapping_add(1);
        Some(byte)
    }

    /// The next byte, if it is this one.
    fn take(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then_some(())
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.next();
        }
    }

    fn digits(&mut self) -> Option<()> {
        let from = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.next();
        }
        (self.at > from).then_some(())
    }

    /// A value and the white space before it.
    fn value(&mut self, max_depth: usize) -> Option<&'a str> {
        self.space();
        let from = self.at;
        // The ends of the objects and lists that are open.
        let mut open = Vec::new();
        loop {
            self.space();
            match self.peek()? {
                start @ (b'{' | b'[') => {
                    self.next();
                    let end = if start == b'{' { b'}' } else { b']' };
                    open.push(end);
                    if open.len() > max_depth {
                        return None;
                    }
                    self.space();
                    if self.peek()? != end {
                        self.name(end)?;
                        continue;
                    }
                }
                b'"' => self.string()?,
                b't' => self.word("true")?,
                b'f' => self.word("false")?,
                b'n' => self.word("null")?,
                _ => self.number()?,
            }
            loop {
                let Some(end) = open.last().copied() else {
                    return self.text.get(from..self.at);
                };
                self.space();
                let byte = self.next()?;
                if byte == b',' {
                    self.name(end)?;
                    break;
                }
                if byte != end {
                    return None;
                }
                open.pop();
            }
        }
    }

    /// The name before a value and its colon, in an object; nothing in a list.
    fn name(&mut self, end: u8) -> Option<&'a str> {
        if end == b']' {
            return Some("");
        }
        self.space();
        let from = self.at;
        self.string()?;
        let name = self.text.get(from..self.at)?;
        self.space();
        self.take(b':')?;
        Some(name)
    }

    /// One level of an object or a list: `visit` is called with each member's name, still quoted, or
    /// nothing, and its value.
    fn items(&mut self, visit: Visit<'_, 'a>) -> Option<()> {
        let end = if self.next()? == b'{' { b'}' } else { b']' };
        self.space();
        if self.peek() == Some(end) {
            return Some(());
        }
        loop {
            let name = self.name(end)?;
            let value = self.value(MAX_DEPTH)?;
            visit(name, value)?;
            self.space();
            if self.next()? == end {
                return Some(());
            }
        }
    }

    fn string(&mut self) -> Option<()> {
        self.take(b'"')?;
        loop {
            let rest = self.text.as_bytes().get(self.at..)?;
            if rest.first_chunk().is_some_and(stands_for_itself) {
                self.at = self.at.wrapping_add(8);
                continue;
            }
            match self.next()? {
                b'"' => return Some(()),
                b'\\' => match self.next()? {
                    b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {}
                    b'u' => {
                        for _ in 0..4 {
                            if !self.next()?.is_ascii_hexdigit() {
                                return None;
                            }
                        }
                    }
                    _ => return None,
                },
                0..0x20 => return None,
                _ => {}
            }
        }
    }

    fn number(&mut self) -> Option<()> {
        if self.peek() == Some(b'-') {
            self.next();
        }
        if self.peek() == Some(b'0') {
            self.next();
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.next();
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.next();
            if let Some(b'+' | b'-') = self.peek() {
                self.next();
            }
            self.digits()?;
        }
        Some(())
    }

    fn word(&mut self, word: &str) -> Option<()> {
        word.bytes().try_for_each(|byte| self.take(byte))
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    /// Texts that serde_json and this reader must judge alike: JSON and what nearly is.
    fn texts() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("null".to_owned()),
            Just("true".to_owned()),
            "-?(0|[1-9][0-9]{0,3})(\\.[0-9]{1,3})?([eE][+-]?[0-9]{1,2})?",
            "\"([a-z张\u{1F600}]|\\\\[\"\\\\/bfnrt]|\\\\u[0-9a-f]{4}|\\\\ud83d\\\\ude00){0,4}\"",
            "[-+.0-9eE\"\\\\u{}\\[\\],: a-f]{0,6}",
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4)
                    .prop_map(|items| format!("[{}]", items.join(" , "))),
                prop::collection::vec(("[a-c]", inner), 0..4).prop_map(|members| {
                    let members: Vec<_> = members
                        .iter()
                        .map(|(name, value)| format!("\n\"{name}\"\t:{value} "))
                        .collect();
                    format!(" {{{}}} ", members.join(","))
                }),
            ]
        })
    }

    /// serde_json refuses numbers beyond a float's range, and half a surrogate pair where it stands;
    /// here the one is kept as it is and the other is refused when the text is asked for.
    fn alike(text: &str) -> bool {
        !text.contains("\\ud") && !text.contains("\\uD")
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn judges_as_serde_json_does(text in texts()) {
            if alike(&text) {
                let theirs = serde_json::from_str::<Value>(&text);
                prop_assert_eq!(value(&text, MAX_DEPTH).is_some(), theirs.is_ok(), "{}", text);
                if let Ok(Value::Object(theirs)) = theirs {
                    let ours = members(&text).unwrap();
                    for (name, value) in theirs {
                        let ours: Value = serde_json::from_str(ours.get(&name).unwrap()).unwrap();
                        prop_assert_eq!(ours, value);
                    }
                } else {
                    prop_assert!(members(&text).is_none());
                }
            }
        }

        #[test]
        fn reads_strings_as_serde_json_does(text in texts()) {
            prop_assert_eq!(string(&text).filter(|_| value(&text, MAX_DEPTH).is_some()), serde_json::from_str(&text).ok());
        }

        #[test]
        fn never_panics(text in ".*") {
            let _ = (value(&text, MAX_DEPTH), members(&text).map(|members| members.text("a")), string(&text));
        }
    }

    #[test]
    fn refuses_answers_that_are_too_deep_for_who_reads_them_next() {
        let deep = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(value(&deep(MAX_DEPTH), MAX_DEPTH).is_some());
        assert!(value(&deep(MAX_DEPTH + 1), MAX_DEPTH).is_none());
        assert!(value(&deep(100_000), usize::MAX).is_some());
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
