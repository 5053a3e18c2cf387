//! Judges a signature by its form: what cannot be the result of an HMAC, and what was changed when a result
//! was written or sent.

use super::{Finding, Said};
use crate::signing::SignatureVersion;
use crate::text::Text;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;

/// A signature whose unencoded `+` arrived as a space. A space before a whole signature was not a `+`.
pub(super) fn with_plus(given: &str) -> String {
    let result = given.trim();
    let result = if result.len() == 28 {
        result
    } else {
        given.trim_end()
    };
    given.replace(result, &result.replace(' ', "+"))
}

/// The signature in the notation of the scheme, and how the given one differs from it.
pub(super) fn corrected(scheme: SignatureVersion, given: &str) -> (String, Option<Finding>) {
    let trimmed = given.trim();
    let (corrected, (rule, text)) = match scheme {
        SignatureVersion::Rpc => in_base64(given),
        SignatureVersion::Acs3 => match STANDARD.decode(trimmed) {
            Ok(bytes) if is_of_hmac(&bytes) => (hex::encode(bytes), BASE64_OF_ACS3),
            _ => (trimmed.to_ascii_lowercase(), UPPER_CASE_HEX),
        },
    };
    if corrected != given && is_of_notation(scheme, &corrected) {
        (corrected, Some(Finding::fatal(rule, text)))
    } else {
        (given.to_owned(), None)
    }
}

fn in_base64(given: &str) -> (String, Said) {
    let decoded = percent_decode_str(given).decode_utf8_lossy();
    let trimmed = decoded.trim();
    let from_hex = |text: &[u8]| hex::decode(text).ok().filter(|bytes| is_of_hmac(bytes));
    if let Some(bytes) = from_hex(trimmed.as_bytes()) {
        let said = if bytes.len() == 20 { HEX } else { HEX_SHA256 };
        return (STANDARD.encode(bytes), said);
    }
    let inner = STANDARD.decode(trimmed).unwrap_or_default();
    if let Some(bytes) = from_hex(&inner) {
        let said = if bytes.len() == 20 {
            BASE64_OF_HEX
        } else {
            BASE64_OF_HEX_SHA256
        };
        return (STANDARD.encode(bytes), said);
    }
    let mut standard = trimmed.replace('-', "+").replace('_', "/");
    let said = if standard != trimmed {
        URL_SAFE
    } else if decoded != given {
        ENCODED_TWICE
    } else if trimmed != given {
        WHITE_SPACE
    } else {
        UNPADDED
    };
    if standard.len() % 4 == 3 {
        standard.push('=');
    }
    (standard, said)
}

/// Whether the bytes are as long as an HMAC-SHA1 or an HMAC-SHA256.
fn is_of_hmac(bytes: &[u8]) -> bool {
    matches!(bytes.len(), 20 | 32)
}

/// Whether the signature is an HMAC-SHA1 or an HMAC-SHA256 in the notation of the scheme.
fn is_of_notation(scheme: SignatureVersion, signature: &str) -> bool {
    match scheme {
        SignatureVersion::Rpc => {
            matches!(signature.len(), 28 | 44)
                && signature.ends_with('=')
                && signature.trim_end_matches('=').bytes().all(is_of_base64)
        }
        SignatureVersion::Acs3 => {
            let is_digit = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            matches!(signature.len(), 40 | 64) && signature.bytes().all(is_digit)
        }
    }
}

fn is_of_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}

/// What the form of an impossible signature shows about how it was created.
pub(super) fn wrong(scheme: SignatureVersion, given: &str) -> Option<Finding> {
    let (_, difference) = corrected(scheme, given);
    if given.is_empty() || difference.is_some() {
        return difference;
    }
    let (rule, text) = match (scheme, given.len()) {
        (SignatureVersion::Rpc, 28) | (SignatureVersion::Acs3, 64)
            if is_of_notation(scheme, given) =>
        {
            return None;
        }
        (SignatureVersion::Rpc, 44) if is_of_notation(scheme, given) => BASE64_SHA256,
        (SignatureVersion::Rpc, _) if given.contains('%') && !ends_in_escape(given) => {
            ENCODED_TWICE
        }
        (SignatureVersion::Rpc, _) => NO_HMAC_SHA1,
        (SignatureVersion::Acs3, _) => NO_HMAC_SHA256,
    };
    Some(Finding::fatal(rule, text))
}

/// Whether the only escape is an unfinished one at the end.
fn ends_in_escape(given: &str) -> bool {
    let first = given.find('%').and_then(|at| given.get(at..));
    first.is_some_and(|escape| escape.len() < 3)
}

const WHITE_SPACE: Said = (
    "signature-white-space",
    Text::new(
        "Signature 首尾多了换行或空白（例如 base64 命令或分行的 Base64 编码器在末尾加的换行），发送前应去掉。",
        "The Signature has a line feed or white space around it, as the base64 command and some Base64 encoders add; remove it before sending.",
    ),
);
const URL_SAFE: Said = (
    "signature-url-safe",
    Text::new(
        "Signature 用了 URL 安全的 Base64（- 和 _）；应使用标准 Base64（+ 和 /），末尾带 =，再做百分号编码。",
        "The Signature is in URL-safe Base64 (- and _); use standard Base64 (+ and /) with the = at the end, and percent-encode it.",
    ),
);
const UNPADDED: Said = (
    "signature-unpadded",
    Text::new(
        "Signature 缺少末尾的 =；应使用带填充的标准 Base64，发送时把 = 编码为 %3D。",
        "The Signature lacks the = at its end; use standard Base64 with padding, and send the = as %3D.",
    ),
);
const HEX: Said = (
    "signature-hex",
    Text::new(
        "签名写成了十六进制，应为 HMAC-SHA1 的 20 个字节的 Base64。",
        "The signature is hexadecimal; it must be the Base64 of the 20 bytes of the HMAC-SHA1.",
    ),
);
const HEX_SHA256: Said = (
    "signature-hex-sha256",
    Text::new(
        "签名是 64 位十六进制，即 SHA-256 的长度（ACS3 的写法）；RPC 1.0 应为 HMAC-SHA1 的 Base64。",
        "The signature is hexadecimal and as long as a SHA-256, as under ACS3; RPC 1.0 requires the Base64 of an HMAC-SHA1.",
    ),
);
const BASE64_SHA256: Said = (
    "signature-sha256",
    Text::new(
        "签名有 32 个字节，即 HMAC-SHA256 的长度；RPC 1.0 应使用 HMAC-SHA1（20 个字节）。",
        "The signature has 32 bytes, the length of an HMAC-SHA256; RPC 1.0 requires an HMAC-SHA1 with 20 bytes.",
    ),
);
const BASE64_OF_HEX: Said = (
    "signature-hex-in-base64",
    Text::new(
        "签名是 40 个字节的 Base64：通常是把十六进制文本做了 Base64；应直接对 HMAC 的 20 个字节做 Base64。",
        "The signature is the Base64 of 40 bytes, the length of the hexadecimal text; encode the 20 bytes of the HMAC as Base64.",
    ),
);
const BASE64_OF_HEX_SHA256: Said = (
    "signature-hex-sha256-in-base64",
    Text::new(
        "签名是 64 位十六进制文本的 Base64，即 SHA-256 的长度；RPC 1.0 应直接对 HMAC-SHA1 的 20 个字节做 Base64。",
        "The signature is the Base64 of 64 hexadecimal digits, the length of a SHA-256; RPC 1.0 requires the Base64 of the 20 bytes of an HMAC-SHA1.",
    ),
);
const ENCODED_TWICE: Said = (
    "signature-encoded-twice",
    Text::new(
        "Signature 的值里仍有百分号：发送时被编码了两次，应只编码一次。",
        "The Signature still contains a percent sign: it was percent-encoded twice for sending; encode it once.",
    ),
);
const NO_HMAC_SHA1: Said = (
    "signature-form",
    Text::new(
        "Signature 不是 20 个字节的 Base64（28 个字符，以 = 结尾），所以不可能是 HMAC-SHA1 的结果：可能被截断、被改动，或者是占位符。",
        "The Signature is not the Base64 of 20 bytes (28 characters, a = at the end), so it cannot be an HMAC-SHA1: it is truncated, changed, or a placeholder.",
    ),
);
const UPPER_CASE_HEX: Said = (
    "signature-upper-case",
    Text::new(
        "签名用了大写十六进制，ACS3 应为小写。",
        "The signature is in upper-case hexadecimal; ACS3 requires lower case.",
    ),
);
const BASE64_OF_ACS3: Said = (
    "signature-base64",
    Text::new(
        "签名写成了 Base64，ACS3 应为小写十六进制。",
        "The signature is in Base64; ACS3 requires lower-case hexadecimal.",
    ),
);
const NO_HMAC_SHA256: Said = (
    "signature-form",
    Text::new(
        "签名不是 64 位十六进制，所以不可能是 HMAC-SHA256 的结果：可能被截断、被改动，或者是占位符。",
        "The signature is not 64 hexadecimal digits, so it cannot be an HMAC-SHA256: it is truncated, changed, or a placeholder.",
    ),
);
