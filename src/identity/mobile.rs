//! Mobile: an eleven-digit mobile number of mainland China.

use super::{Accepted, NoDetails, RuleViolation, character};

/// Validates a number and removes the country code. The carrier is not checked, because numbers are
/// portable and prefix tables become outdated.
///
/// # Errors
/// The violated rule: `missing`, `masked`, `white-space`, `invisible`, `full-width` or
/// `not-mobile`.
pub fn check(text: &str) -> Result<Accepted<NoDetails>, RuleViolation> {
    if text.is_empty() {
        return Err(RuleViolation::new("missing", "不能为空。", "is empty."));
    }
    if text.chars().any(|c| matches!(c, '*' | '＊' | 'x' | 'X')) {
        return Err(RuleViolation::new(
            "masked",
            "是脱敏后的号码，请填写完整号码，或留空。",
            "is masked; enter the full number, or leave it out.",
        ));
    }
    let local = ["+86", "0086"]
        .iter()
        .find_map(|code| text.strip_prefix(code))
        .map(|rest| {
            let begins = rest.bytes().position(|byte| !matches!(byte, b' ' | b'-'));
            rest.get(begins.unwrap_or(rest.len())..).unwrap_or_default()
        });
    let number = local.unwrap_or(text);
    // The preceding text is ASCII, so it has as many characters as bytes.
    let before = text.len().saturating_sub(number.len());
    let of_another_country = local.is_none() && text.starts_with('+');
    let foreign = character::foreign(text, before).filter(|_| !of_another_country);
    if let Some(problem) = foreign {
        return Err(problem);
    }
    let well_formed = match number.as_bytes() {
        [b'1', b'3'..=b'9', rest @ ..] => rest.len() == 9 && rest.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    if !well_formed {
        return Err(RuleViolation::new(
            "not-mobile",
            "应为 11 位中国大陆手机号码，以 13 至 19 开头。",
            "must be a mobile number of mainland China: 11 digits, starting with 13 to 19.",
        ));
    }
    let mut notices = Vec::new();
    if local.is_some() {
        notices.push(RuleViolation::new(
            "country-code-dropped",
            "已去除国家代码。",
            "had its country code removed.",
        ));
    }
    Ok(Accepted {
        normalized: number.to_owned(),
        notices,
        details: NoDetails {},
    })
}
