//! CertName: a name as recorded in the Chinese population register.
//!
//! Han characters, and `·` (U+00B7) between the parts of a name (民委发〔2016〕33号, which also requires
//! support for 50 characters). Names are never normalized to a Unicode form: NFC replaces some
//! ideographs, and Alibaba Cloud compares with the register.
//!
//! A foreign permanent resident card has the holder's name in Latin letters.

use super::cert_no::Documents;
use super::{Accepted, NoDetails, RuleViolation, character};
use crate::text::Text;

/// Maximum length of a name in characters (code points). The text of `too-long` repeats the number,
/// because formatting it would add 2 KB to the identity module.
const MAX_CHARACTERS: usize = 50;
/// The separator that the standard prescribes, MIDDLE DOT.
const SEPARATOR: char = '\u{B7}';

/// Validates a name and normalizes its separators. With [`Documents::All`], a name in Latin letters is
/// accepted too, and not changed.
///
/// # Errors
/// The first violated rule: `missing`, `masked`, `too-long`, `latin-letter`, `digit`,
/// `white-space`, `invisible`, `separator`, `radical`, `not-han` or `not-latin`, with the position of the
/// character but not the character itself.
pub fn check(text: &str, documents: Documents) -> Result<Accepted<NoDetails>, RuleViolation> {
    if text.chars().all(char::is_whitespace) {
        return Err(RuleViolation::new("missing", "不能为空。", "is empty."));
    }
    let count = text.chars().count();
    if count > MAX_CHARACTERS {
        return Err(RuleViolation {
            rule: "too-long",
            message: Text::composed(
                format!("最多 50 个字符，实际 {count} 个。"),
                format!("must have at most 50 characters but has {count}."),
            ),
        });
    }
    if documents == Documents::All && is_in_latin(text) {
        return check_latin(text);
    }
    let mut normalized = String::with_capacity(text.len());
    let mut notices = Vec::new();
    for (at, character) in text.chars().enumerate() {
        let position = at.saturating_add(1);
        let is_inside = at > 0 && position < count;
        if let Some(problem) = character::unseen(character, position, is_inside) {
            return Err(problem);
        }
        match class(character) {
            Class::Han => normalized.push(character),
            Class::Separator => normalized.push(SEPARATOR),
            Class::SeparatorVariant => {
                normalized.push(SEPARATOR);
                notice(
                    &mut notices,
                    RuleViolation::new(
                        "separator-folded",
                        "间隔点已统一为“·”（U+00B7）。",
                        "had its separator normalized to · (U+00B7), as in the register.",
                    ),
                );
            }
            Class::PrivateUse => {
                normalized.push(character);
                notice(
                    &mut notices,
                    RuleViolation::new(
                        "private-use",
                        "含有旧编码的自造字；若为“䶮”，请改用 U+4DAE，否则可能与权威数据源不一致。",
                        "contains a private-use character of an old encoding; if it is 䶮, use U+4DAE, otherwise it may not match the authoritative source.",
                    ),
                );
            }
            Class::Compatibility => {
                normalized.push(character);
                notice(
                    &mut notices,
                    RuleViolation::new(
                        "compatibility-ideograph",
                        "含有兼容汉字，权威数据源通常使用对应的统一汉字；如比对失败，请更换。",
                        "contains a compatibility ideograph; the authoritative source probably has the unified one: use it if the comparison fails.",
                    ),
                );
            }
            Class::Refused(Reason::Punctuation) if !is_inside => {
                return Err(refusal(Reason::NotHan, position));
            }
            Class::Refused(reason) => return Err(refusal(reason, position)),
        }
    }
    if has_empty_part(&normalized) {
        return Err(RuleViolation::new(
            "separator",
            "间隔点不得位于首尾或连续出现。",
            "must not start or end with a separator or contain two in a row.",
        ));
    }
    Ok(Accepted {
        normalized,
        notices,
        details: NoDetails {},
    })
}

/// Validates a name in Latin letters, with single spaces between its parts: `O'NEIL-SMITH, J.`
fn check_latin(text: &str) -> Result<Accepted<NoDetails>, RuleViolation> {
    let mut before = ' ';
    let mut characters = text.chars().enumerate().peekable();
    while let Some((at, character)) = characters.next() {
        let is_right = match character {
            'a'..='z' | 'A'..='Z' | '.' | ',' | '-' | '\'' => true,
            ' ' => before != ' ' && characters.peek().is_some(),
            _ => false,
        };
        if !is_right {
            let position = at.saturating_add(1);
            let unseen = character::unseen(character, position, false);
            return Err(unseen.unwrap_or_else(|| match class(character) {
                Class::Refused(reason @ (Reason::Masked | Reason::Digit)) => {
                    refusal(reason, position)
                }
                _ => refusal(Reason::NotLatin, position),
            }));
        }
        before = character;
    }
    Ok(Accepted {
        normalized: text.to_owned(),
        notices: Vec::new(),
        details: NoDetails {},
    })
}

/// Whether a name has Latin letters and no Han character. Otherwise a stray letter is the mistake.
fn is_in_latin(name: &str) -> bool {
    name.bytes().any(|byte| byte.is_ascii_alphabetic())
        && !name
            .chars()
            .any(|character| matches!(class(character), Class::Han))
}

/// Whether a separator is at the start or the end, or follows another separator.
fn has_empty_part(name: &str) -> bool {
    let mut before = SEPARATOR;
    for character in name.chars() {
        if before == SEPARATOR && character == SEPARATOR {
            return true;
        }
        before = character;
    }
    before == SEPARATOR
}

enum Class {
    Han,
    Separator,
    SeparatorVariant,
    PrivateUse,
    Compatibility,
    Refused(Reason),
}

#[derive(Clone, Copy)]
enum Reason {
    Masked,
    LatinLetter,
    Digit,
    Radical,
    Punctuation,
    NotHan,
    NotLatin,
}

fn class(character: char) -> Class {
    match character {
        // CJK Unified Ideographs, extensions A to J, and 〇.
        '\u{3400}'..='\u{4DBF}'
        | '\u{4E00}'..='\u{9FFF}'
        | '\u{20000}'..='\u{2A6DF}'
        | '\u{2A700}'..='\u{2EE5D}'
        | '\u{30000}'..='\u{33479}'
        | '\u{3007}' => Class::Han,
        // Twelve characters of the compatibility block are in fact unified ideographs.
        '\u{FA0E}' | '\u{FA0F}' | '\u{FA11}' | '\u{FA13}' | '\u{FA14}' | '\u{FA1F}'
        | '\u{FA21}' | '\u{FA23}' | '\u{FA24}' | '\u{FA27}' | '\u{FA28}' | '\u{FA29}' => Class::Han,
        '\u{F900}'..='\u{FAD9}' | '\u{2F800}'..='\u{2FA1D}' => Class::Compatibility,
        '\u{E000}'..='\u{F8FF}' => Class::PrivateUse,
        SEPARATOR => Class::Separator,
        '\u{2022}' | '\u{2027}' | '\u{30FB}' | '\u{FF65}' | '\u{22C5}' | '\u{2219}'
        | '\u{FF0E}' | '\u{387}' | '\u{FE52}' | '\u{A78F}' | '.' => Class::SeparatorVariant,
        // Typed with a Chinese input method, or in place of a dot that the keyboard does not have.
        // A bullet (●) can also mask a character.
        '。' | '、' | '，' | ',' | '－' | '-' | '–' | '—' | '●' | '\u{2D9}' | '\u{2DA}'
        | '\u{B0}' => Class::Refused(Reason::Punctuation),
        '*' | '＊' => Class::Refused(Reason::Masked),
        'a'..='z' | 'A'..='Z' | 'ａ'..='ｚ' | 'Ａ'..='Ｚ' => {
            Class::Refused(Reason::LatinLetter)
        }
        '0'..='9' | '０'..='９' => Class::Refused(Reason::Digit),
        // Text from PDFs contains them in place of Han characters.
        '\u{2E80}'..='\u{2EF3}' | '\u{2F00}'..='\u{2FD5}' => Class::Refused(Reason::Radical),
        _ => Class::Refused(Reason::NotHan),
    }
}

fn refusal(reason: Reason, position: usize) -> RuleViolation {
    let (rule, zh, en) = match reason {
        Reason::Masked => (
            "masked",
            "是脱敏字符，请填写完整姓名",
            "is a masking character; enter the full name",
        ),
        Reason::LatinLetter => (
            "latin-letter",
            "是英文字母，姓名须与证件一致",
            "is a Latin letter; the name must be as on the identity card",
        ),
        Reason::Digit => (
            "digit",
            "是数字，姓名须与证件一致",
            "is a digit; the name must be as on the identity card",
        ),
        Reason::Radical => (
            "radical",
            "是形似汉字的部首，请重新输入",
            "is a radical that looks like a Han character; type it again",
        ),
        Reason::Punctuation => (
            "not-han",
            "不是汉字，姓名须与证件一致；若证件上此处有点，请改为“·”",
            "is not a Han character; the name must be as on the identity card: if it has a dot there, enter ·",
        ),
        Reason::NotHan => (
            "not-han",
            "不是汉字，姓名须与证件一致",
            "is not a Han character; the name must be as on the identity card",
        ),
        Reason::NotLatin => (
            "not-latin",
            "不是英文字母，姓名须与证件一致",
            "is not a Latin letter; the name must be as on the card",
        ),
    };
    let position = position.to_string();
    RuleViolation {
        rule,
        message: Text::composed(
            format!("第 {position} 个字符{zh}。"),
            format!("has a character at position {position} that {en}."),
        ),
    }
}

fn notice(notices: &mut Vec<RuleViolation>, new: RuleViolation) {
    if notices.iter().all(|known| known.rule != new.rule) {
        notices.push(new);
    }
}
