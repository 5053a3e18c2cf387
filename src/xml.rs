//! The XML of Alibaba Cloud's responses, whose elements have no attributes.

/// Appends a character of an element's text.
#[cfg(any(feature = "gateway", feature = "sandbox"))]
pub(crate) fn push_escaped(out: &mut String, character: char) {
    match character {
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '&' => out.push_str("&amp;"),
        '\r' => out.push_str("&#13;"),
        '\n' | '\t' => out.push(character),
        // XML 1.0 can represent neither the other control characters nor these two.
        '\0'..='\x1F' | '\u{FFFE}' | '\u{FFFF}' => out.push('\u{FFFD}'),
        _ => out.push(character),
    }
}

/// The text of the first element with this name.
pub(crate) fn text(document: &str, name: &str) -> Option<String> {
    let (_, rest) = document.split_once(&format!("<{name}>"))?;
    let (escaped, _) = rest.split_once(&format!("</{name}>"))?;
    Some(unescaped(escaped.trim(), 1))
}

/// Replaces references by their characters. A text that was escaped repeatedly has several `levels`.
pub(crate) fn unescaped(text: &str, levels: usize) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, mut after)) = rest.split_once('&') {
        plain.push_str(before);
        let mut character = '&';
        for _ in 0..levels {
            match reference(after) {
                Some(next) if character == '&' => (character, after) = next,
                _ => break,
            }
        }
        plain.push(character);
        rest = after;
    }
    plain.push_str(rest);
    plain
}

/// The character of the reference whose `&` precedes this text, and what follows the reference.
fn reference(text: &str) -> Option<(char, &str)> {
    // The longest one is `#x10FFFF`. Without a limit, many `&` would take long.
    let end = text.bytes().take(9).position(|byte| byte == b';')?;
    let (name, after) = (text.get(..end)?, text.get(end.saturating_add(1)..)?);
    let character = match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let (digits, radix) = match number.strip_prefix('x') {
                Some(digits) => (digits, 16),
                None => (number, 10),
            };
            char::from_u32(u32::from_str_radix(digits, radix).ok()?)?
        }
    };
    Some((character, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "sandbox")]
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
    fn reads_references() {
        for (escaped, plain) in [
            ("&lt;&gt;&amp;&quot;&apos;", "<>&\"'"),
            (
                "&#38;&#x26;&#34;&#39;&#x5f20;&#x10FFFF;",
                "&&\"'张\u{10FFFF}",
            ),
            ("&amp;lt; &#38;lt; &#x26;#38;", "&lt; &lt; &#38;"),
            ("&&amp;&", "&&&"),
            (
                "& &; &nbsp; &#; &#x; &#x110000; &#xD800; &张; &amp",
                "& &; &nbsp; &#; &#x; &#x110000; &#xD800; &张; &amp",
            ),
        ] {
            let document = format!("<M>{escaped}</M>");
            assert_eq!(text(&document, "M").as_deref(), Some(plain));
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
