//! Strings put together, searched and sorted in the plainest way. The standard library's own ways
//! are faster on texts of thousands of bytes and are a fifth of the client's module.

use crate::prelude::*;

/// The parts, one behind the other.
pub(crate) fn joined(parts: &[&str]) -> String {
    let length = parts
        .iter()
        .fold(0_usize, |sum, part| sum.saturating_add(part.len()));
    let mut whole = String::with_capacity(length);
    for part in parts {
        whole.push_str(part);
    }
    whole
}

/// What stands before and behind the first `needle`, which is not empty.
pub(crate) fn split_once<'a>(text: &'a str, needle: &str) -> Option<(&'a str, &'a str)> {
    let at = text
        .as_bytes()
        .windows(needle.len())
        .position(|window| window == needle.as_bytes())?;
    Some((
        text.get(..at)?,
        text.get(at.saturating_add(needle.len())..)?,
    ))
}

/// Whether `needle`, which is not empty, stands in `text`.
pub(crate) fn contains(text: &str, needle: &str) -> bool {
    split_once(text, needle).is_some()
}

/// What stands beside the first `name` of a list of pairs.
#[cfg(any(feature = "gateway", feature = "sandbox"))]
pub(crate) fn beside<'a, T>(pairs: &'a [(String, T)], name: &str) -> Option<&'a T> {
    let found = pairs.iter().find(|(known, _)| known == name);
    found.map(|(_, value)| value)
}

/// Adds a number's decimal digits, with leading zeros where these are fewer than `least`.
pub(crate) fn push_digits(text: &mut String, mut number: u64, least: usize) {
    let mut digits = [0; 20];
    let all = digits.len();
    let mut first = all;
    for digit in digits.iter_mut().rev() {
        // One division and no remainder: in WebAssembly either takes dozens of cycles.
        let rest = number / 10;
        #[allow(clippy::cast_possible_truncation)] // below 10
        let value = number.wrapping_sub(rest.wrapping_mul(10)) as u8;
        *digit = b'0' | value;
        first = first.saturating_sub(1);
        number = rest;
        if number == 0 && all.saturating_sub(first) >= least {
            break;
        }
    }
    for digit in digits.iter().skip(first) {
        text.push(char::from(*digit));
    }
}

/// Adds a number's decimal digits.
pub(crate) fn push_decimal(text: &mut String, number: u64) {
    push_digits(text, number, 1);
}

/// The same for a number that may be negative.
pub(crate) fn push_signed(text: &mut String, number: i64) {
    if number < 0 {
        text.push('-');
    }
    push_decimal(text, number.unsigned_abs());
}

/// A number's decimal digits; one that is beyond 64 bits is taken for the largest.
pub(crate) fn decimal(number: impl TryInto<i64>) -> String {
    let mut text = String::with_capacity(20);
    push_signed(&mut text, number.try_into().unwrap_or(i64::MAX));
    text
}

/// The number of characters (code points).
pub(crate) fn characters(text: &str) -> usize {
    text.chars().fold(0, |count, _| count.saturating_add(1))
}

/// Sorts a few dozen items.
pub(crate) fn sort<T: Ord>(items: &mut [T]) {
    for end in 1..items.len() {
        for at in (1..=end).rev() {
            let Some([before, item]) = items.get_mut(at.saturating_sub(1)..=at) else {
                break;
            };
            if before <= item {
                break;
            }
            core::mem::swap(before, item);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_around_the_first_needle() {
        assert_eq!(split_once("a: b: c", ": "), Some(("a", "b: c")));
        assert_eq!(split_once("张三李四", "三"), Some(("张", "李四")));
        assert_eq!(split_once("ab", "abc"), None);
        assert_eq!(split_once("", "a"), None);
    }

    #[test]
    fn writes_numbers_as_the_standard_library_does() {
        for number in [0, 1, 9, 10, 909, -1, -10, i64::MAX, i64::MIN] {
            assert_eq!(decimal(number), number.to_string());
        }
        let mut text = "…".to_owned();
        push_decimal(&mut text, u64::MAX);
        push_digits(&mut text, 7, 2);
        assert_eq!(text, "…1844674407370955161507");
    }

    #[test]
    fn sorts_as_the_standard_library_does() {
        let mut items = [5, 3, 9, 1, 3, 7, 0, 8];
        let mut expected = items;
        expected.sort_unstable();
        sort(&mut items);
        assert_eq!(items, expected);
        sort::<u8>(&mut []);
    }
}
