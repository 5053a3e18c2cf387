//! Finds the request within the text that was copied with it: prompts, quotes, traces and log lines.

use super::answer::is_version;
use super::http_message::is_method;
use super::{answer, curl, mask};

/// Marks that copying adds before or after a text and that are not visible.
const INVISIBLE: [char; 4] = ['\u{FEFF}', '\u{200B}', '\u{200E}', '\u{2060}'];
/// Quotes, opening and closing.
const QUOTES: [(char, char); 6] = [
    ('"', '"'),
    ('\'', '\''),
    ('`', '`'),
    ('“', '”'),
    ('‘', '’'),
    ('「', '」'),
];

/// The text without white space, invisible marks and quotes around it.
pub(super) fn trimmed(text: &str) -> &str {
    let is_around = |character: char| character.is_whitespace() || INVISIBLE.contains(&character);
    let text = text.trim_matches(is_around);
    let unquoted = QUOTES.iter().find_map(|(open, close)| {
        let inner = text.strip_prefix(*open)?.strip_suffix(*close)?;
        (!inner.contains([*open, *close])).then_some(inner)
    });
    match unquoted {
        Some(inner) => inner.trim_matches(is_around),
        None => text,
    }
}

/// The curl command, and what precedes it on its line, such as a prompt.
pub(super) fn curl_command(text: &str) -> Option<(&str, &str)> {
    text.match_indices("curl").find_map(|(at, name)| {
        let (before, command) = text.split_at_checked(at)?;
        let is_inner = |last: char| last.is_ascii_alphanumeric() || "\"'_-.=:@".contains(last);
        if before.chars().next_back().is_some_and(is_inner) {
            return None;
        }
        let after = command.strip_prefix(name)?;
        let after = after.strip_prefix(".exe").unwrap_or(after);
        let is_space = [' ', '\t'];
        let arguments = after.strip_prefix(is_space)?.trim_start_matches(is_space);
        let first = arguments.split(char::is_whitespace).next()?;
        let line = || before.rsplit('\n').next().unwrap_or_default();
        curl::is_argument(first).then(|| (line(), command))
    })
}

/// The HTTP message in a trace: of `curl -v`, or of Python's `http.client`.
pub(super) fn traced_message(text: &str) -> Option<String> {
    let is_first = |line: &&str| {
        let method = line
            .strip_prefix("> ")
            .and_then(|line| line.split(' ').next());
        method.is_some_and(is_method)
    };
    let from_curl = text.lines().skip_while(|line| !is_first(line));
    let from_curl: Vec<&str> = from_curl
        .map_while(|line| line.trim_end().strip_prefix('>'))
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect();
    if !from_curl.is_empty() {
        return Some(from_curl.join("\n"));
    }
    let sent = text.lines().skip_while(|line| !line.starts_with("send: "));
    let sent = sent.map_while(|line| line.trim_end().strip_prefix("send: "));
    let mut bytes = Vec::new();
    for literal in sent {
        bytes.extend(python_bytes(literal)?);
    }
    String::from_utf8(bytes)
        .ok()
        .filter(|text| !text.is_empty())
}

/// The bytes of Python's `b'…'`.
fn python_bytes(literal: &str) -> Option<Vec<u8>> {
    let literal = literal.strip_prefix('b').unwrap_or(literal);
    let inner = ['\'', '"']
        .into_iter()
        .find_map(|quote| literal.strip_prefix(quote)?.strip_suffix(quote))?;
    let mut bytes = Vec::new();
    let mut rest = inner.chars();
    while let Some(character) = rest.next() {
        let escaped = (character == '\\').then(|| rest.next()).flatten();
        match escaped {
            Some('r') => bytes.push(b'\r'),
            Some('n') => bytes.push(b'\n'),
            Some('t') => bytes.push(b'\t'),
            Some('x') => {
                let digits: String = rest.by_ref().take(2).collect();
                bytes.push(u8::from_str_radix(&digits, 16).ok()?);
            }
            other => bytes.extend(other.unwrap_or(character).to_string().bytes()),
        }
    }
    Some(bytes)
}

/// The string to sign that a program printed, without its label and what follows it, and whether a mark
/// of truncation follows it.
pub(super) fn string_to_sign(text: &str) -> Option<(String, bool)> {
    let text = answer::unescaped(text);
    let starts = ["GET", "POST"]
        .into_iter()
        .flat_map(|method| ["%2F", "%2f", "/"].map(|path| [method, path, ""].join("&")));
    let at = starts.filter_map(|start| text.find(&start)).min();
    let at = at.or_else(|| {
        // Only a text that begins with it may have another method or the wrong case.
        let (method, rest) = text.split_once('&')?;
        let is_one = !method.is_empty()
            && method.bytes().all(|byte| byte.is_ascii_alphabetic())
            && ["%2F&", "%2f&", "/&"]
                .iter()
                .any(|path| rest.starts_with(path));
        is_one.then_some(0)
    })?;
    let (before, rest) = text.split_at_checked(at)?;
    let open = before.chars().next_back();
    let quotes = QUOTES.iter().find(|(quote, _)| Some(*quote) == open);
    let quoted = quotes.and_then(|(_, close)| rest.split_once(*close));
    let (quoted, behind) = quoted.unwrap_or((rest, ""));
    let joined = without_line_breaks(quoted);
    let end = version_end(&joined).or_else(|| encoded_end(&joined));
    let is_quote = |character: char| "\"'`”’」".contains(character);
    let is_mark = |character: char| {
        character.is_whitespace() || is_quote(character) || ".。,，;；".contains(character)
    };
    let (signed, after) = joined.split_at_checked(end.unwrap_or(joined.len()))?;
    let visible = mask::before_ellipsis(signed);
    let behind = behind.lines().next().unwrap_or_default();
    let after = [after, behind].concat();
    let after = after.trim_start_matches(|next: char| next.is_whitespace() || is_quote(next));
    let next = after.split_whitespace().next().unwrap_or_default();
    let is_cut = visible.is_some()
        || next.starts_with("..")
        || next.starts_with('…')
        || mask::before_ellipsis(next) == Some("");
    let trimmed = visible.unwrap_or(signed).trim_end_matches(is_mark);
    Some((trimmed.to_owned(), is_cut))
}

/// Joins the lines into which a terminal wraps a string to sign.
fn without_line_breaks(text: &str) -> String {
    let mut lines = text.lines();
    let mut joined = lines.next().unwrap_or_default().trim_end().to_owned();
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~%&+*!'()/=".contains(&byte);
    for line in lines.map(str::trim) {
        // The end is enough, and a picture has thousands of lines.
        let last = joined.len().saturating_sub(30)..;
        let end = joined.get(last).unwrap_or(&joined);
        if line.is_empty() || version_end(end).is_some() || !line.bytes().all(is_part) {
            break;
        }
        joined.push_str(line);
    }
    joined
}

/// Where a string to sign ends: after the API's version, unless another parameter follows.
fn version_end(text: &str) -> Option<usize> {
    ["Version%3D", "Version="].into_iter().find_map(|name| {
        let start = text.rfind(name)?.checked_add(name.len())?;
        let end = start.checked_add("0000-00-00".len())?;
        let is_date = is_version(text.get(start..end)?);
        let next = text.get(end..)?.chars().next();
        let goes_on =
            next.is_some_and(|next| next.is_ascii_alphanumeric() || matches!(next, '%' | '&'));
        (is_date && !goes_on).then_some(end)
    })
}

/// Where a string to sign ends whose query was encoded a second time: no encoder keeps what follows.
fn encoded_end(text: &str) -> Option<usize> {
    let is_kept = |kept: char| kept.is_ascii_alphanumeric() || "-_.~%&+*!'()/@".contains(kept);
    let end = text.find(|next| !is_kept(next))?;
    (!text.get(end..)?.starts_with('=')).then_some(end)
}

/// A text with URLs without the escapes of JSON.
pub(super) fn without_json(text: &str) -> String {
    let escapes = [
        ("\\u0026", "&"),
        ("\\u003d", "="),
        ("\\u003D", "="),
        ("\\/", "/"),
    ];
    let unescape = |text: String, (escape, plain): &(&str, &str)| text.replace(escape, plain);
    escapes.iter().fold(text.to_owned(), unescape)
}

/// The URL of a call within other text. Where it ends is a guess, and the rest of the text may hold
/// a body.
pub(super) fn url(text: &str) -> Option<String> {
    let text = without_json(text);
    let mut end = 0_usize;
    text.match_indices("://").find_map(|(at, _)| {
        // A URL within a URL is not looked at again.
        let before = text.get(..at).filter(|_| at >= end)?;
        let before = ["https", "http"]
            .iter()
            .find_map(|scheme| before.strip_suffix(scheme))?;
        let open = before.chars().next_back();
        let pairs = QUOTES.iter().chain(&[('<', '>'), ('(', ')'), ('[', ']')]);
        let mut close = pairs.filter(|(quote, _)| Some(*quote) == open);
        let close = close.next().map(|(_, close)| *close);
        let is_end = |character: char| {
            character.is_whitespace()
                || Some(character) == close
                || "\"<>\\`，。；、）”’」".contains(character)
        };
        let url = text.get(before.len()..)?.split(is_end).next()?;
        end = before.len().saturating_add(url.len());
        let mut pairs = url.split(['?', '&']).skip(1);
        let is_call = pairs.any(|pair| {
            let pair = pair.strip_prefix("amp;").unwrap_or(pair);
            ["Action=", "AccessKeyId=", "SignatureNonce="]
                .iter()
                .any(|name| pair.starts_with(name))
        });
        is_call.then(|| url.trim_end_matches([',', ';', '.']).to_owned())
    })
}
