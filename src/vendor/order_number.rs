//! Generates OuterOrderNos in the format that Alibaba Cloud recommends: 32 letters and digits (page
//! for LR_FR, help.aliyun.com/document_detail/160546.html).

use crate::identity::RuleViolation;
use crate::timestamp::Timestamp;
use crate::vendor::values::OUTER_ORDER_NO_LENGTH;

/// `yyyyMMddHHmmss`.
const TIME_LENGTH: usize = 14;
/// The longest prefix; it leaves 8 random characters.
pub const PREFIX_MAX: usize = 10;

/// Creates an OuterOrderNo from `prefix`, the time in UTC to the second, and random hexadecimal
/// digits, 32 characters in total. `random` must be 32 new random hexadecimal digits.
///
/// # Errors
/// If the prefix contains characters other than letters and digits, or more than [`PREFIX_MAX`].
pub fn new_outer_order_no(
    prefix: &str,
    now: Timestamp,
    random: &str,
) -> Result<String, RuleViolation> {
    if prefix.len() > PREFIX_MAX || !prefix.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(RuleViolation::new(
            "prefix",
            "前缀最多 10 个字母或数字。",
            "must be at most 10 letters and digits.",
        ));
    }
    let mut number = String::with_capacity(OUTER_ORDER_NO_LENGTH);
    number.push_str(prefix);
    number.extend(
        now.to_iso8601()
            .chars()
            .filter(char::is_ascii_digit)
            .take(TIME_LENGTH),
    );
    let missing = OUTER_ORDER_NO_LENGTH.saturating_sub(number.len());
    number.extend(random.chars().take(missing));
    Ok(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_32_letters_and_digits_whatever_the_prefix() {
        let now = Timestamp::parse_iso8601("2026-11-23T01:02:03Z").unwrap();
        for prefix in ["", "bank", "0123456789"] {
            let number = new_outer_order_no(prefix, now, &"ab".repeat(16)).unwrap();
            assert_eq!(number.len(), 32);
            assert!(number.starts_with(&format!("{prefix}20261123010203ab")));
        }
        for prefix in ["01234567890", "a-b", "银行", " "] {
            assert_eq!(
                new_outer_order_no(prefix, now, "").unwrap_err().rule,
                "prefix"
            );
        }
    }
}
