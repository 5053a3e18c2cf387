//! Rules of single values that several parts check.

/// The length of an OuterOrderNo, according to Alibaba Cloud.
pub(crate) const OUTER_ORDER_NO_LENGTH: usize = 32;
/// Maximum length of a CertifyId.
pub(crate) const CERTIFY_ID_MAX: usize = 256;
/// Maximum length of a word.
pub(crate) const WORD_MAX: usize = 64;
/// Maximum length of a Base64 picture, from Alibaba Cloud's API metadata.
pub(crate) const PICTURE_BASE64_MAX: usize = 1_548_576;

/// Whether the text is 32 ASCII letters and digits.
pub(crate) fn is_outer_order_no(text: &str) -> bool {
    text.len() == OUTER_ORDER_NO_LENGTH && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Whether the text can be a CertifyId: printable ASCII without spaces. Alibaba Cloud documents no format.
pub(crate) fn is_certify_id(text: &str) -> bool {
    (1..=CERTIFY_ID_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Whether the text consists of upper-case ASCII letters, digits and underscores.
pub(crate) fn is_word(text: &str) -> bool {
    text.len() <= WORD_MAX
        && text
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}
