//! The canonicalized query, which both schemes use.

use super::encode::TwiceEncoder;

/// Sorts names and values by the bytes of the name (then of the value), percent-encodes them, and
/// joins them with `=` and `&`. An empty value is written as `name=`. Returns an empty string if
/// there are no parameters.
pub fn canonicalized_query<N: AsRef<str>, V: AsRef<str>>(parameters: &[(N, V)]) -> String {
    encode_pairs(&sorted(parameters))
}

/// Sorts names and values in the order of signing.
pub(super) fn sorted<N: AsRef<str>, V: AsRef<str>>(parameters: &[(N, V)]) -> Vec<(&str, &str)> {
    let mut sorted: Vec<(&str, &str)> = parameters
        .iter()
        .map(|(name, value)| (name.as_ref(), value.as_ref()))
        .collect();
    sorted.sort_unstable();
    sorted
}

/// Percent-encodes `name=value` pairs and joins them with `&`, in the given order.
pub fn encode_pairs<N: AsRef<str>, V: AsRef<str>>(pairs: &[(N, V)]) -> String {
    // The doubly encoded text is discarded: sharing one loop is worth the microsecond that it costs
    // under ACS3.
    encode_pairs_twice("", pairs).0
}

/// Like [`encode_pairs`]; also returns `front` followed by the doubly encoded text.
pub(super) fn encode_pairs_twice<N: AsRef<str>, V: AsRef<str>>(
    front: &str,
    pairs: &[(N, V)],
) -> (String, String) {
    let length = pairs.iter().fold(0_usize, |sum, (name, value)| {
        sum.saturating_add(name.as_ref().len())
            .saturating_add(value.as_ref().len())
    });
    let mut encoder = TwiceEncoder::with_room(front, pairs.len().saturating_mul(2), length);
    for (at, (name, value)) in pairs.iter().enumerate() {
        if at > 0 {
            encoder.put(b'&');
        }
        encoder.encode(name.as_ref());
        encoder.put(b'=');
        encoder.encode(value.as_ref());
    }
    encoder.finish()
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
