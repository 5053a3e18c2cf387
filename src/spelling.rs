//! Mistyped names: which known one was meant.

/// The known name that a mistyped one stands for, if it resembles one: a third of its letters at most are
/// other ones.
pub(crate) fn meant<'a>(known: impl Iterator<Item = &'a str>, name: &str) -> Option<&'a str> {
    known
        .map(|known| (distance(known, name), known))
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, known)| distance.saturating_mul(3) <= known.len())
        .map(|(_, known)| known)
}

/// Letters to add, drop or change until one name is the other; capitals, `-` and `_` do not count.
fn distance(known: &str, name: &str) -> usize {
    let letters = |text: &str| -> Vec<u8> {
        let counted = text.bytes().filter(|byte| !matches!(byte, b'-' | b'_'));
        counted.map(|byte| byte.to_ascii_lowercase()).collect()
    };
    // No name has twice the letters of the longest one known.
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
