//! The canonicalized query, common to both schemes.

use super::encode::{ascii, percent_encode_into};
use crate::prelude::*;
use crate::strings::sort;

/// Names and values sorted by the bytes of the name (then of the value), percent-encoded, joined
/// with `=` and `&`. An empty value stays, as `name=`. Empty when there are no parameters.
pub fn canonicalized_query<N: AsRef<str>, V: AsRef<str>>(parameters: &[(N, V)]) -> String {
    let mut sorted: Vec<(&str, &str)> = parameters
        .iter()
        .map(|(name, value)| (name.as_ref(), value.as_ref()))
        .collect();
    sort(&mut sorted);
    encode_pairs(&sorted)
}

/// `name=value` pairs, percent-encoded and joined with `&`, in the order given.
pub fn encode_pairs<N: AsRef<str>, V: AsRef<str>>(pairs: &[(N, V)]) -> String {
    let length: usize = pairs
        .iter()
        .map(|(name, value)| name.as_ref().len().saturating_add(value.as_ref().len()))
        .sum();
    let mut out = Vec::with_capacity(length.saturating_mul(2));
    for (name, value) in pairs {
        if !out.is_empty() {
            out.push(b'&');
        }
        percent_encode_into(&mut out, name.as_ref());
        out.push(b'=');
        percent_encode_into(&mut out, value.as_ref());
    }
    ascii(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_by_bytes_and_keeps_empty_values() {
        let parameters = [("b", "2"), ("a", ""), ("B", "1"), ("aa", "3"), ("a", "0")];
        assert_eq!(canonicalized_query(&parameters), "B=1&a=&a=0&aa=3&b=2");
        assert_eq!(canonicalized_query::<&str, &str>(&[]), "");
    }
}
