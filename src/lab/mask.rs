//! Recognizes masks, which logs and users put in place of a value, and marks of truncation.

const WORDS: [&str; 5] = ["redacted", "masked", "filtered", "hidden", "removed"];

/// Characters of masks. An asterisk and a number sign also occur in unmasked texts.
const SIGNS: [char; 5] = ['＊', '•', '█', '●', '…'];

/// Whether the server's text contains a mask.
pub(super) fn in_answer(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let masks = ["***", "xxxx", "####", "..."];
    text.contains(SIGNS) || WORDS.iter().chain(&masks).any(|mask| text.contains(mask))
}

/// Whether a value of a request was probably masked. Unlike a server's text, it may contain any word;
/// the identity number of Alibaba Cloud's published request contains `xxxx`.
pub(super) fn in_value(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    let is_word = |open: char| {
        WORDS
            .iter()
            .any(|word| value.contains(&format!("{open}{word}")))
    };
    ["***", "＊＊", "••", "██", "●●", "####", "脱敏"]
        .iter()
        .any(|mask| value.contains(mask))
        || ['[', '<', '{', '('].into_iter().any(is_word)
}

/// Whether a log masked the value `theirs`: it contains signs of masks that `ours` does not.
pub(super) fn hides(ours: &str, theirs: &str) -> bool {
    let is_sign = |sign| matches!(sign, '*' | '[' | '<') || SIGNS.contains(&sign);
    let count = |text: &str| text.matches(is_sign).count();
    ours != theirs && (count(theirs) > count(ours) || (in_answer(theirs) && !in_answer(ours)))
}

/// The length of the mask with which the text begins.
pub(super) fn length_at_start(text: &str) -> Option<usize> {
    let first = text.chars().next()?;
    if matches!(first, '*' | '#') || SIGNS.contains(&first) {
        return Some(first.len_utf8());
    }
    let brackets = [('[', ']'), ('<', '>'), ('{', '}'), ('(', ')'), ('【', '】')];
    let (_, close) = brackets.into_iter().find(|(open, _)| *open == first)?;
    let end = text.find(close)?.checked_add(close.len_utf8())?;
    let inside = text.get(..end)?;
    (in_answer(inside)
        || inside.contains("脱敏")
        || inside.contains("隐藏")
        || ends_with_ellipsis(inside))
    .then_some(end)
}

/// Whether the text ends with a mark of truncation.
pub(super) fn ends_with_ellipsis(text: &str) -> bool {
    before_ellipsis(text).is_some()
}

/// The text before the mark of truncation with which it ends.
pub(super) fn before_ellipsis(text: &str) -> Option<&str> {
    let text = text.trim_end();
    let before_dots = text.trim_end_matches(['.', '…']);
    let inner = text.strip_suffix([')', ']', '>']).unwrap_or(before_dots);
    let inner = inner.trim_end_matches(['.', '…']);
    let word = inner
        .rfind(['(', '[', '<'])
        .and_then(|at| inner.split_at_checked(at));
    match word {
        Some((before, word)) if word.get(1..)?.eq_ignore_ascii_case("truncated") => {
            Some(before.trim_end())
        }
        _ => (text.ends_with("..") || text.ends_with('…')).then_some(before_dots),
    }
}
