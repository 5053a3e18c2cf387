//! Detects invisible characters and digit look-alikes, which end up in a number when it is copied
//! from a page or a spreadsheet or typed with an input method.

use super::RuleViolation;
use crate::text::Text;

/// The problem of a white-space, line-break or invisible character, which, except for a space, is
/// named by its code point and Unicode name; `None` for a visible character. Inside of a name, white
/// space may stand for a separator.
pub(super) fn unseen(character: char, position: usize, inside_name: bool) -> Option<RuleViolation> {
    let (rule, zh) = if character.is_whitespace() {
        ("white-space", "空白字符 ")
    } else if is_invisible(character) {
        ("invisible", "不可见字符 ")
    } else {
        return None;
    };
    let point = u32::from(character);
    let name = name(character);
    let space = if name.is_empty() { "" } else { " " };
    let named = format!("U+{point:04X}{space}{name}");
    let (zh, zh_name, en) = match character {
        ' ' => ("空格", "", "a space"),
        _ => (zh, &*named, &*named),
    };
    let (zh_or, en_or) = if inside_name && rule == "white-space" {
        (
            "；若证件上此处有点，请改为“·”",
            " or, if the card has a dot there, enter · instead",
        )
    } else {
        ("", "")
    };
    Some(RuleViolation {
        rule,
        message: Text::composed(
            format!("第 {position} 个字符是{zh}{zh_name}，请删除{zh_or}。"),
            format!("has {en} at position {position}; remove it{en_or}."),
        ),
    })
}

/// The problem of the first invisible or full-width character in a number, after the first
/// `skipped` characters.
///
/// The digit itself is not reported, because that would quote part of the number.
pub(super) fn foreign(number: &str, skipped: usize) -> Option<RuleViolation> {
    let characters = number.chars().enumerate().skip(skipped);
    characters
        .map(|(at, character)| (at.saturating_add(1), character))
        .find_map(|(position, character)| {
            unseen(character, position, false).or_else(|| full_width(character, position))
        })
}

fn full_width(character: char, position: usize) -> Option<RuleViolation> {
    let message = match character {
        '０'..='９' => Text::composed(
            format!("第 {position} 个字符是全角数字，请改用半角数字。"),
            format!("has a full-width digit at position {position}; use ASCII digits."),
        ),
        '\u{FF01}'..='\u{FF5E}' => {
            let point = u32::from(character);
            Text::composed(
                format!("第 {position} 个字符是全角字符 U+{point:04X}，请改用半角字符。"),
                format!(
                    "has the full-width character U+{point:04X} at position {position}; use ASCII characters."
                ),
            )
        }
        _ => return None,
    };
    Some(RuleViolation {
        rule: "full-width",
        message,
    })
}

/// Control characters, Unicode's default ignorable code points, and three blank characters.
fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{AD}'
                | '\u{34F}'
                | '\u{61C}'
                | '\u{115F}'..='\u{1160}'
                | '\u{17B4}'..='\u{17B5}'
                | '\u{180B}'..='\u{180F}'
                | '\u{200B}'..='\u{200F}'
                | '\u{202A}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}'
                | '\u{2800}'
                | '\u{3164}'
                | '\u{FE00}'..='\u{FE0F}'
                | '\u{FEFF}'
                | '\u{FFA0}'
                | '\u{FFF0}'..='\u{FFFB}'
                | '\u{1BCA0}'..='\u{1BCA3}'
                | '\u{1D173}'..='\u{1D17A}'
                | '\u{E0000}'..='\u{E0FFF}'
        )
}

/// The Unicode names of common ones; control characters have only aliases.
const fn name(character: char) -> &'static str {
    match character {
        '\0' => "NULL",
        '\t' => "CHARACTER TABULATION",
        '\n' => "LINE FEED",
        '\u{B}' => "LINE TABULATION",
        '\u{C}' => "FORM FEED",
        '\r' => "CARRIAGE RETURN",
        '\u{7F}' => "DELETE",
        '\u{85}' => "NEXT LINE",
        '\u{A0}' => "NO-BREAK SPACE",
        '\u{AD}' => "SOFT HYPHEN",
        '\u{61C}' => "ARABIC LETTER MARK",
        '\u{1680}' => "OGHAM SPACE MARK",
        '\u{180E}' => "MONGOLIAN VOWEL SEPARATOR",
        '\u{2000}' => "EN QUAD",
        '\u{2001}' => "EM QUAD",
        '\u{2002}' => "EN SPACE",
        '\u{2003}' => "EM SPACE",
        '\u{2004}' => "THREE-PER-EM SPACE",
        '\u{2005}' => "FOUR-PER-EM SPACE",
        '\u{2006}' => "SIX-PER-EM SPACE",
        '\u{2007}' => "FIGURE SPACE",
        '\u{2008}' => "PUNCTUATION SPACE",
        '\u{2009}' => "THIN SPACE",
        '\u{200A}' => "HAIR SPACE",
        '\u{200B}' => "ZERO WIDTH SPACE",
        '\u{200C}' => "ZERO WIDTH NON-JOINER",
        '\u{200D}' => "ZERO WIDTH JOINER",
        '\u{200E}' => "LEFT-TO-RIGHT MARK",
        '\u{200F}' => "RIGHT-TO-LEFT MARK",
        '\u{2028}' => "LINE SEPARATOR",
        '\u{2029}' => "PARAGRAPH SEPARATOR",
        '\u{202A}' => "LEFT-TO-RIGHT EMBEDDING",
        '\u{202B}' => "RIGHT-TO-LEFT EMBEDDING",
        '\u{202C}' => "POP DIRECTIONAL FORMATTING",
        '\u{202D}' => "LEFT-TO-RIGHT OVERRIDE",
        '\u{202E}' => "RIGHT-TO-LEFT OVERRIDE",
        '\u{202F}' => "NARROW NO-BREAK SPACE",
        '\u{205F}' => "MEDIUM MATHEMATICAL SPACE",
        '\u{2060}' => "WORD JOINER",
        '\u{2066}' => "LEFT-TO-RIGHT ISOLATE",
        '\u{2067}' => "RIGHT-TO-LEFT ISOLATE",
        '\u{2068}' => "FIRST STRONG ISOLATE",
        '\u{2069}' => "POP DIRECTIONAL ISOLATE",
        '\u{2800}' => "BRAILLE PATTERN BLANK",
        '\u{3000}' => "IDEOGRAPHIC SPACE",
        '\u{3164}' => "HANGUL FILLER",
        '\u{FEFF}' => "ZERO WIDTH NO-BREAK SPACE",
        _ => "",
    }
}
