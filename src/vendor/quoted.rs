//! What Alibaba Cloud's messages about a wrong signature quote of the request. It contains personal data.

/// Precedes the string to sign of RPC, which ends the message.
pub(crate) const STRING_TO_SIGN: &str = "string to sign is:";
/// Precedes the string to sign of ACS3, which a bracket ends. It contains only a hash of the request.
#[cfg(any(feature = "gateway", feature = "sandbox", feature = "lab"))]
pub(crate) const ACS3_STRING_TO_SIGN: &str = "StringToSign is [";
/// Precedes the canonical request of ACS3, which a bracket ends, and with it the message.
pub(crate) const CANONICAL_REQUEST: &str = "CanonicalRequest is [";

/// What precedes the quotation, and the string to sign (RPC) or canonical request (ACS3) that it quotes. Some variants
/// of the messages quote neither.
pub(crate) fn quoted(message: &str) -> Option<(&str, &str)> {
    let (before, text) = match message.split_once(CANONICAL_REQUEST) {
        Some((before, text)) => (before, text.strip_suffix(']').unwrap_or(text)),
        None => message.split_once(STRING_TO_SIGN)?,
    };
    Some((before.strip_suffix(" server ").unwrap_or(before), text))
}
