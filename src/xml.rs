//! The XML of Alibaba Cloud's responses, whose elements have no attributes.

/// What an XML text contains instead of a character. `&` is last: in this order, the reader removes one level of
/// escapes.
const ESCAPES: [(char, &str); 6] = [
    ('<', "&lt;"),
    ('>', "&gt;"),
    ('\r', "&#13;"),
    ('"', "&quot;"),
    ('\'', "&apos;"),
    ('&', "&amp;"),
];

/// Appends a character of an element's text.
#[cfg(any(feature = "gateway", feature = "sandbox"))]
pub(crate) fn push_escaped(out: &mut String, character: char) {
    // Only attributes need escaped quotation marks.
    if matches!(character, '<' | '>' | '\r' | '&') {
        let escapes = ESCAPES.iter().filter(|(plain, _)| *plain == character);
        escapes.for_each(|(_, escape)| out.push_str(escape));
        return;
    }
    out.push(match character {
        '\n' | '\t' => character,
        // XML 1.0 can represent neither the other control characters nor these two.
        '\0'..='\x1F' | '\u{FFFE}' | '\u{FFFF}' => '\u{FFFD}',
        _ => character,
    });
}

/// The text of the first element with this name.
pub(crate) fn text(document: &str, name: &str) -> Option<String> {
    let (_, rest) = document.split_once(&format!("<{name}>"))?;
    let (escaped, _) = rest.split_once(&format!("</{name}>"))?;
    let escaped = escaped.trim().to_owned();
    Some(ESCAPES.iter().fold(escaped, |text, (plain, escape)| {
        text.replace(escape, plain.encode_utf8(&mut [0; 4]))
    }))
}

#[cfg(all(test, feature = "sandbox"))]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        for written in ["POST&%2F&A%3D1", "&amp;lt;<&>\r\n\t\"'&", "张三"] {
            let mut document = String::from("<R><M>");
            written
                .chars()
                .for_each(|character| push_escaped(&mut document, character));
            document.push_str("</M></R>");
            assert_eq!(text(&document, "M").as_deref(), Some(written));
        }
    }

    #[test]
    fn finds_only_whole_elements() {
        assert_eq!(text("<A> 1 </A><A>2</A>", "A").as_deref(), Some("1"));
        for cut in ["", "<A>1", "1</A>", "<AB>1</AB>"] {
            assert_eq!(text(cut, "A"), None, "{cut}");
        }
    }
}
