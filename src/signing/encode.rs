//! The percent-encoding of the vendor's signatures, and its reverse.
//!
//! RFC 3986: `A-Z a-z 0-9 - _ . ~` stand for themselves, every other byte of the UTF-8 form is
//! `%XX` in upper case. That is not the encoding of HTML forms, which writes a space as `+` and
//! keeps `*`; those two differences are the usual cause of a wrong signature.

use crate::prelude::*;
use core::fmt;

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Whether each byte stands for itself. A request's encoding is most of what signing it costs, so
/// bytes are looked up and not compared.
#[allow(clippy::indexing_slicing)] // when it is compiled
static UNRESERVED: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        table[byte as usize] =
            byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
        byte += 1;
    }
    table
};

/// Appends the percent-encoded form of `text`, which is ASCII, to `out`.
pub fn percent_encode_into(out: &mut Vec<u8>, text: &str) {
    // Room for the worst is made once: a byte that is pushed asks each time whether there is any.
    let from = out.len();
    out.resize(from.saturating_add(text.len().saturating_mul(3)), 0);
    let mut room = out.get_mut(from..).unwrap_or_default().iter_mut();
    let mut put = |byte| {
        if let Some(place) = room.next() {
            *place = byte;
        }
    };
    let digit = |at: u8| HEX.get(usize::from(at)).copied().unwrap_or(b'0');
    for byte in text.bytes() {
        if is_unreserved(byte) {
            put(byte);
        } else {
            put(b'%');
            put(digit(byte >> 4));
            put(digit(byte & 15));
        }
    }
    let unused = room.len();
    out.truncate(out.len().saturating_sub(unused));
}

/// The percent-encoded form of `text`.
pub fn percent_encode(text: &str) -> String {
    let mut out = Vec::new();
    percent_encode_into(&mut out, text);
    ascii(out)
}

/// Text out of bytes that are ASCII.
pub(super) fn ascii(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_default()
}

/// Why a form or query could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormError {
    /// The bytes, or what their escapes stand for, are not UTF-8.
    NotUtf8,
    /// There are more pairs than [`MAX_PAIRS`].
    TooManyPairs,
}

impl fmt::Display for FormError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotUtf8 => "the form is not UTF-8",
            Self::TooManyPairs => "the form has too many parameters",
        })
    }
}

impl core::error::Error for FormError {}

/// The most pairs one form may have; the actions have fewer than 50 parameters.
pub const MAX_PAIRS: usize = 256;

/// Reads `application/x-www-form-urlencoded` (a body, or the query of a URL) into names and
/// values, in order. `+` is a space, an escape that is not one stands for itself, empty pairs
/// are dropped (URL Standard §5.1); unlike there, bytes that are not UTF-8 are an error, because a
/// replaced character would be signed as another.
pub fn parse_form(form: &[u8]) -> Result<Vec<(String, String)>, FormError> {
    let mut pairs = Vec::new();
    for pair in form.split(|byte| *byte == b'&') {
        if pair.is_empty() {
            continue;
        }
        if pairs.len() >= MAX_PAIRS {
            return Err(FormError::TooManyPairs);
        }
        let mut halves = pair.splitn(2, |byte| *byte == b'=');
        let name = decode_form_text(halves.next().unwrap_or_default())?;
        let value = decode_form_text(halves.next().unwrap_or_default())?;
        pairs.push((name, value));
    }
    Ok(pairs)
}

fn decode_form_text(text: &[u8]) -> Result<String, FormError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        match (*first, tail) {
            (b'+', _) => bytes.push(b' '),
            (b'%', [high, low, after @ ..]) => match (hex_value(*high), hex_value(*low)) {
                (Some(high), Some(low)) => {
                    bytes.push(high << 4 | low);
                    rest = after;
                }
                _ => bytes.push(b'%'),
            },
            (byte, _) => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).map_err(|_| FormError::NotUtf8)
}

/// Lower-case hexadecimal, as ACS3 writes hashes and signatures.
pub fn hex(bytes: &[u8]) -> String {
    const LOWER: &[u8; 16] = b"0123456789abcdef";
    let mut out = String::with_capacity(bytes.len().saturating_mul(2));
    for byte in bytes {
        out.push(digit(LOWER, byte >> 4));
        out.push(digit(LOWER, byte & 15));
    }
    out
}

fn digit(digits: &[u8; 16], value: u8) -> char {
    digits
        .get(usize::from(value))
        .map_or('0', |digit| char::from(*digit))
}

fn is_unreserved(byte: u8) -> bool {
    UNRESERVED.get(usize::from(byte)).copied().unwrap_or(false)
}

fn hex_value(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn keeps_and_escapes_what_the_vendor_says() {
        assert_eq!(percent_encode("AZaz09-_.~"), "AZaz09-_.~");
        assert_eq!(
            percent_encode(" *+/=&%!'()"),
            "%20%2A%2B%2F%3D%26%25%21%27%28%29"
        );
        assert_eq!(percent_encode("张三"), "%E5%BC%A0%E4%B8%89");
        assert_eq!(percent_encode("𠮷"), "%F0%A0%AE%B7");
        assert_eq!(percent_encode(""), "");
    }

    #[test]
    fn reads_forms_as_servers_do() {
        let pairs = parse_form(b"a=1&b=x+y%20z&&c&=d&e=%zz%4&a=2").unwrap();
        let expected = [
            ("a", "1"),
            ("b", "x y z"),
            ("c", ""),
            ("", "d"),
            ("e", "%zz%4"),
            ("a", "2"),
        ];
        assert_eq!(
            pairs,
            expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
        assert_eq!(parse_form(b"a=%FF"), Err(FormError::NotUtf8));
        assert_eq!(parse_form(&[b'a', b'=', 0xC3]), Err(FormError::NotUtf8));
        assert_eq!(
            parse_form("&a=1".repeat(257).as_bytes()),
            Err(FormError::TooManyPairs)
        );
    }

    proptest! {
        #[test]
        fn what_is_encoded_reads_back(name in ".*", value in ".*") {
            let form = format!("{}={}", percent_encode(&name), percent_encode(&value));
            let pairs = parse_form(form.as_bytes()).unwrap();
            prop_assert_eq!(pairs, vec![(name, value)]);
        }

        #[test]
        fn encoding_leaves_only_unreserved_characters_and_escapes(text in ".*") {
            prop_assert!(percent_encode(&text).bytes().all(|byte| is_unreserved(byte) || byte == b'%'));
        }

        #[test]
        fn reading_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse_form(&bytes);
        }
    }
}
