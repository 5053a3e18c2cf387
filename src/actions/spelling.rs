//! Finds the known name that a misspelt one probably means.

use super::parameter::Action;
use crate::error::FieldError;
use crate::text::Text;

/// The error for an unknown parameter. The name is input and could be a person's name or a secret,
/// so it is quoted only if it looks like a parameter name.
pub(super) fn unknown_field(action: &Action, name: &str) -> FieldError {
    let names = action.parameters.iter().map(|parameter| parameter.name);
    match meant(names, name).and_then(|name| action.find(name)) {
        Some((_, parameter)) => {
            let field = parameter.field();
            let message = Text::composed(
                format!("不是参数名，是否为 {field}？"),
                format!("is not a parameter; did you mean {field}?"),
            );
            FieldError::new(name, "unknown-field", message)
        }
        None => FieldError::new(
            if is_camel_case(name) { name } else { "(?)" },
            "unknown-field",
            Text::new(
                "不是该接口的参数，请删除或改正名称。",
                "is not a parameter of this action; remove it or correct its name.",
            ),
        ),
    }
}

/// Whether the name consists of at least two words in camelCase, such as `outerOrderNo`.
fn is_camel_case(name: &str) -> bool {
    let mut words = 0_usize;
    let mut letters = 0_usize;
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' => letters = letters.saturating_add(1),
            // The previous word has ended.
            b'A'..=b'Z' if letters > 1 => {
                letters = 1;
                words = words.saturating_add(1);
            }
            _ => return false,
        }
    }
    words > 0 && letters > 1 && name.len() <= 40
}

/// The known name that is most similar to `name`, if at most a third of its letters differ.
pub(crate) fn meant<'a>(known: impl Iterator<Item = &'a str>, name: &str) -> Option<&'a str> {
    known
        .map(|known| (distance(known, name), known))
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, known)| distance.saturating_mul(3) <= known.len())
        .map(|(_, known)| known)
}

/// The edit distance of two names, ignoring case, `-` and `_`.
fn distance(known: &str, name: &str) -> usize {
    let letters = |text: &str| -> Vec<u8> {
        let counted = text.bytes().filter(|byte| !matches!(byte, b'-' | b'_'));
        counted.map(|byte| byte.to_ascii_lowercase()).collect()
    };
    // No plausible misspelling is this long.
    if name.len() > 100 {
        return usize::MAX;
    }
    let (known, name) = (letters(known), letters(name));
    let mut row: Vec<usize> = (0..=name.len()).collect();
    for (at, letter) in known.iter().enumerate() {
        let mut last = at.saturating_add(1);
        let mut next = vec![last];
        for (other, above) in name.iter().zip(row.windows(2)) {
            let changed = usize::from(letter != other);
            let diagonal = above.first().map_or(0, |cost| cost.saturating_add(changed));
            let shorter = above.last().map_or(0, |cost| (*cost).min(last));
            last = diagonal.min(shorter.saturating_add(1));
            next.push(last);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_changed_missing_and_additional_letters() {
        for (known, name, expected) in [
            ("", "", 0),
            ("abc", "abc", 0),
            ("abc", "A-b_C", 0),
            ("abc", "abd", 1),
            ("abc", "ab", 1),
            ("abc", "abcd", 1),
            ("abc", "", 3),
            ("", "abc", 3),
            ("kitten", "sitting", 3),
            ("saturday", "sunday", 3),
            ("ab", "ba", 2),
        ] {
            assert_eq!(distance(known, name), expected, "{known} {name}");
        }
        assert_eq!(distance("a", &"a".repeat(100)), 99);
        assert_eq!(distance("a", &"a".repeat(101)), usize::MAX);
    }

    #[test]
    fn suggests_the_nearest_name_within_a_third_of_its_letters() {
        let meant = |name| meant(["abcdef", "abcxyz"].into_iter(), name);
        assert_eq!(meant("abcdez"), Some("abcdef"));
        assert_eq!(meant("abcxz"), Some("abcxyz"));
        assert_eq!(meant("abcd"), Some("abcdef"), "a third differs");
        assert_eq!(meant("abc"), None, "half differs");
    }

    #[test]
    fn recognizes_camel_case_of_two_words() {
        for name in [
            "outerOrderNo",
            "abCd",
            "metaInfo",
            &format!("ab{}", "Cd".repeat(19)),
        ] {
            assert!(is_camel_case(name), "{name}");
        }
        for name in [
            "",
            "outer",
            "Outer",
            "aBc",
            "abC",
            "abCDe",
            "ab1Cd",
            "ab_Cd",
            &format!("abc{}", "Cd".repeat(19)),
        ] {
            assert!(!is_camel_case(name), "{name}");
        }
    }
}
