//! Parses a curl command line, as copied from logs, tickets and browsers.

use super::Finding;
use super::http_message::{HttpMessage, split_url};
use crate::http::header;
use crate::signing::encode::percent_encode;
use crate::text::Text;

/// Options of curl that take a value and do not affect the signed text.
const WITH_VALUE: &[&str] = &[
    "-A",
    "--user-agent",
    "-b",
    "--cookie",
    "-c",
    "--cookie-jar",
    "--cacert",
    "--cert",
    "--connect-timeout",
    "-e",
    "--referer",
    "-E",
    "--key",
    "-K",
    "--config",
    "-m",
    "--max-time",
    "-o",
    "--output",
    "--proxy",
    "-x",
    "--resolve",
    "--retry",
    "-T",
    "--upload-file",
    "-u",
    "--user",
    "-w",
    "--write-out",
];

/// Parses a command line that starts with `curl`.
pub(super) fn read(text: &str) -> Result<HttpMessage, Finding> {
    let mut words = shell_words(text)?.into_iter().skip(1).peekable();
    let mut message = HttpMessage::default();
    let mut url = None;
    let mut data: Vec<String> = Vec::new();
    let mut in_query = false;
    while let Some(word) = words.next() {
        let (option, mut attached) = split_option(&word);
        let mut value = || attached.take().or_else(|| words.next()).unwrap_or_default();
        match option {
            "-X" | "--request" => message.method = Some(value()),
            "-H" | "--header" => {
                if let Some((name, content)) = value().split_once(':') {
                    message
                        .headers
                        .push((name.trim().to_owned(), content.trim().to_owned()));
                }
            }
            "-d" | "--data" | "--data-ascii" | "--data-binary" => {
                let value = value();
                if value.starts_with('@') {
                    return Err(file_not_readable());
                }
                data.push(value);
            }
            "--data-raw" => data.push(value()),
            "--data-urlencode" => data.push(url_encoded(&value())?),
            "-G" | "--get" => in_query = true,
            "-I" | "--head" => message.method = Some("HEAD".to_owned()),
            "--url" => url = Some(value()),
            option if WITH_VALUE.contains(&option) => drop(value()),
            option if option.starts_with('-') => {}
            _ => url = Some(word),
        }
    }
    let url = url.ok_or_else(|| {
        Finding::fatal(
            "curl-without-url",
            Text::new(
                "这条 curl 命令里没有 URL。",
                "This curl command has no URL.",
            ),
        )
    })?;
    let (host, path, query) = split_url(&url);
    message.host = header(&message.headers, "host").map_or(host, |host| Some(host.to_owned()));
    message.path = path;
    let data = (!data.is_empty()).then(|| data.join("&"));
    message.query = match (&data, in_query) {
        (Some(data), true) if query.is_empty() => data.clone(),
        (Some(data), true) => [query.as_str(), data].join("&"),
        _ => query,
    };
    if !in_query {
        message.body = data;
    }
    message.method.get_or_insert_with(|| {
        if message.body.is_some() {
            "POST"
        } else {
            "GET"
        }
        .to_owned()
    });
    Ok(message)
}

/// An option and the value attached to it: `--url=…`, `-XPOST`.
fn split_option(word: &str) -> (&str, Option<String>) {
    if word.starts_with("--") {
        return match word.split_once('=') {
            Some((option, value)) => (option, Some(value.to_owned())),
            None => (word, None),
        };
    }
    match (word.get(..2), word.get(2..)) {
        (Some(option @ ("-X" | "-H" | "-d" | "-A" | "-b" | "-e" | "-o" | "-u")), Some(value))
            if !value.is_empty() =>
        {
            (option, Some(value.to_owned()))
        }
        _ => (word, None),
    }
}

/// Encodes an argument of `--data-urlencode`: `name=content`, `=content` or `content`. The name is
/// left unchanged.
fn url_encoded(value: &str) -> Result<String, Finding> {
    match value.split_once('=') {
        Some(("", content)) => Ok(percent_encode(content)),
        Some((name, content)) => Ok(format!("{name}={}", percent_encode(content))),
        None if value.contains('@') => Err(file_not_readable()),
        None => Ok(percent_encode(value)),
    }
}

/// Splits text into words as a POSIX shell does, including bash's `$'…'`, which browsers write.
fn shell_words(text: &str) -> Result<Vec<String>, Finding> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '\'' => single_quoted(&mut rest, word.get_or_insert_default())?,
            '"' => double_quoted(&mut rest, word.get_or_insert_default())?,
            '$' if rest.peek() == Some(&'\'') => {
                rest.next();
                ansi_quoted(&mut rest, word.get_or_insert_default())?;
            }
            '\\' => match rest.next() {
                Some('\n') => {}
                Some('\r') => {
                    rest.next_if_eq(&'\n');
                }
                escaped => word.get_or_insert_default().extend(escaped),
            },
            character if character.is_whitespace() => words.extend(word.take()),
            character => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    Ok(words)
}

type Characters<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn single_quoted(rest: &mut Characters<'_>, word: &mut String) -> Result<(), Finding> {
    for character in rest {
        if character == '\'' {
            return Ok(());
        }
        word.push(character);
    }
    Err(unclosed())
}

fn double_quoted(rest: &mut Characters<'_>, word: &mut String) -> Result<(), Finding> {
    while let Some(character) = rest.next() {
        match character {
            '"' => return Ok(()),
            '\\' => match rest.next() {
                Some('\n') => {}
                Some(escaped @ ('"' | '\\' | '$' | '`')) => word.push(escaped),
                other => {
                    word.push('\\');
                    word.extend(other);
                }
            },
            character => word.push(character),
        }
    }
    Err(unclosed())
}

fn ansi_quoted(rest: &mut Characters<'_>, word: &mut String) -> Result<(), Finding> {
    while let Some(character) = rest.next() {
        match character {
            '\'' => return Ok(()),
            '\\' => match rest.next() {
                Some('n') => word.push('\n'),
                Some('r') => word.push('\r'),
                Some('t') => word.push('\t'),
                Some('u') => {
                    let mut code = 0_u32;
                    for _ in 0..4 {
                        let Some(digit) = rest.next_if(char::is_ascii_hexdigit) else {
                            break;
                        };
                        code = code << 4 | digit.to_digit(16).unwrap_or_default();
                    }
                    word.extend(char::from_u32(code));
                }
                escaped => word.extend(escaped),
            },
            character => word.push(character),
        }
    }
    Err(unclosed())
}

fn unclosed() -> Finding {
    Finding::fatal(
        "curl-unclosed-quote",
        Text::new(
            "curl 命令里的引号没有配对，通常是没有复制完整。",
            "A quote in the curl command is not closed; most likely the command was not copied completely.",
        ),
    )
}

fn file_not_readable() -> Finding {
    Finding::fatal(
        "curl-file",
        Text::new(
            "curl 命令从文件读取内容（@），网页读不到该文件；请把内容直接写进命令。",
            "The curl command reads a file (@), which this page cannot; put the content into the command.",
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_shells_and_browsers_write() {
        let message = read(
            "curl -sS -XPOST 'https://cloudauth.aliyuncs.com/?Action=DescribeFaceVerify' \\\n  \
             -H 'Accept: application/json' --data-raw $'CertName=\\u5f20\\u4e09' \\\r\n \
             --data-urlencode \"MetaInfo={\\\"a\\\": \\\"b c\\\"}\" -o /dev/null",
        )
        .unwrap();
        assert_eq!(message.method.as_deref(), Some("POST"));
        assert_eq!(message.host.as_deref(), Some("cloudauth.aliyuncs.com"));
        assert_eq!(message.query, "Action=DescribeFaceVerify");
        assert_eq!(
            message.headers,
            [("Accept".to_owned(), "application/json".to_owned())]
        );
        assert_eq!(
            message.body.as_deref(),
            Some("CertName=张三&MetaInfo=%7B%22a%22%3A%20%22b%20c%22%7D")
        );
    }

    #[test]
    fn data_goes_into_the_query_with_get() {
        let message = read("curl -G http://127.0.0.1:8788 -d A=1 -d B=2").unwrap();
        assert_eq!(message.method.as_deref(), Some("GET"));
        assert_eq!(
            (message.path.as_str(), message.query.as_str()),
            ("/", "A=1&B=2")
        );
        assert_eq!(message.body, None);
    }

    #[test]
    fn says_why_a_line_cannot_be_read() {
        for (line, rule) in [
            ("curl 'https://a", "curl-unclosed-quote"),
            ("curl \"https://a", "curl-unclosed-quote"),
            ("curl $'https://a", "curl-unclosed-quote"),
            ("curl -X POST", "curl-without-url"),
            ("curl https://a -d @body.txt", "curl-file"),
            ("curl https://a --data-urlencode name@file", "curl-file"),
        ] {
            assert_eq!(read(line).unwrap_err().rule, rule, "{line}");
        }
    }
}
