//! Parses a curl command line, as copied from logs, tickets and browsers.

use super::Finding;
use super::http_message::{HttpMessage, split_url};
use crate::http::{Headers, header};
use crate::signing::encode::percent_encode;
use crate::text::Text;
use std::borrow::Cow;

/// The short options that take a value.
const SHORT_WITH_VALUE: &str = "AbcCdDeEFhHKmoPQrtTuUwxXyYz";
/// The short options that take none.
const SHORT_FLAGS: &str = "#012346aBfgGiIjJklLMnNOpqRsSvVZ:";

/// The long options of curl 8 that take a value, without those in `Command::apply`.
#[rustfmt::skip]
const LONG_WITH_VALUE: &[&str] = &[
    "abstract-unix-socket", "alt-svc", "aws-sigv4", "cacert", "capath", "cert", "cert-type", "ciphers",
    "connect-timeout", "connect-to", "continue-at", "cookie", "cookie-jar", "create-file-mode", "crlfile",
    "curves", "delegation", "dns-interface", "dns-ipv4-addr", "dns-ipv6-addr", "dns-servers", "doh-url",
    "dump-header", "ech", "egd-file", "engine", "etag-compare", "etag-save", "expect100-timeout",
    "ftp-account", "ftp-alternative-to-user", "ftp-method", "ftp-port", "ftp-ssl-ccc-mode",
    "happy-eyeballs-timeout-ms", "haproxy-clientip", "help", "hostpubmd5", "hostpubsha256", "hsts", "interface",
    "ip-tos", "ipfs-gateway", "keepalive-cnt", "keepalive-time", "key", "key-type", "knownhosts", "krb", "libcurl",
    "limit-rate", "local-port", "login-options", "mail-auth", "mail-from", "mail-rcpt", "max-filesize",
    "max-redirs", "max-time", "netrc-file", "noproxy", "oauth2-bearer", "output", "output-dir", "parallel-max",
    "parallel-max-host", "pass", "pinnedpubkey", "preproxy", "proto", "proto-default", "proto-redir", "proxy",
    "proxy-cacert", "proxy-capath", "proxy-cert", "proxy-cert-type", "proxy-ciphers", "proxy-crlfile",
    "proxy-header", "proxy-key", "proxy-key-type", "proxy-pass", "proxy-pinnedpubkey", "proxy-service-name",
    "proxy-tls13-ciphers", "proxy-tlsauthtype", "proxy-tlspassword", "proxy-tlsuser", "proxy-user", "proxy1.0",
    "pubkey", "quote", "random-file", "range", "rate", "referer", "request-target", "resolve", "retry",
    "retry-delay", "retry-max-time", "sasl-authzid", "service-name", "sigalgs", "socks4", "socks4a", "socks5",
    "socks5-gssapi-service", "socks5-hostname", "speed-limit", "speed-time", "stderr", "telnet-option",
    "tftp-blksize", "time-cond", "tls-max", "tls13-ciphers", "tlsauthtype", "tlspassword", "tlsuser", "trace",
    "trace-ascii", "trace-config", "unix-socket", "upload-flags", "user", "user-agent", "variable",
    "vlan-priority", "write-out",
];
/// Common long options that take none. After any other, a word without `://` could be its value.
#[rustfmt::skip]
const LONG_FLAGS: &[&str] = &[
    "basic", "compressed", "disable", "fail", "fail-with-body", "globoff", "http1.0", "http1.1", "http2",
    "include", "insecure", "ipv4", "ipv6", "location", "no-buffer", "no-progress-meter", "progress-bar", "raw",
    "remote-name", "show-error", "silent", "tlsv1.2", "tlsv1.3", "verbose",
];

/// A command line as far as it was read.
#[derive(Default)]
struct Command {
    url: Option<String>,
    method: Option<String>,
    is_head: bool,
    headers: Headers,
    data: Vec<String>,
    query: Vec<String>,
    in_query: bool,
    is_over: bool,
    /// The last option, if it is unknown whether it takes a value.
    unknown: Option<String>,
}

/// Parses a command line that starts with `curl`. `before` is what precedes it on its line.
pub(super) fn read(before: &str, text: &str) -> Result<HttpMessage, Finding> {
    let shell = Shell::of(before, text);
    let opened = before.trim_end().chars().next_back();
    let mut words = shell_words(&without_carets(text), shell, opened)?
        .into_iter()
        .skip(1);
    let mut command = Command::default();
    while let Some(word) = words.next()
        && !command.is_over
    {
        if !word.starts_with('-') {
            command.bare_word(word)?;
            continue;
        }
        for (option, attached) in split_options(&word) {
            command.apply(option, &mut || {
                let value = attached.map(ToOwned::to_owned).or_else(|| words.next());
                value.ok_or_else(|| not_readable(&word))
            })?;
        }
    }
    command.message()
}

impl Command {
    fn apply(
        &mut self,
        option: &str,
        value: &mut dyn FnMut() -> Result<String, Finding>,
    ) -> Result<(), Finding> {
        self.unknown = None;
        match option {
            "X" | "request" => self.method = Some(value()?),
            "H" | "header" => {
                if let Some((name, content)) = value()?.split_once(':') {
                    self.header(name, content);
                }
            }
            "d" | "data" | "data-ascii" | "data-binary" | "json" => {
                let value = value()?;
                if value.starts_with('@') {
                    return Err(file_not_readable());
                }
                self.data.push(value);
                if option == "json" {
                    self.header("Content-Type", "application/json");
                }
            }
            "data-raw" => self.data.push(value()?),
            "data-urlencode" => self.data.push(url_encoded(&value()?)?),
            "url-query" => {
                let value = value()?;
                self.query.push(match value.strip_prefix('+') {
                    Some(encoded) => encoded.to_owned(),
                    None => url_encoded(&value)?,
                });
            }
            "F" | "form" | "form-string" => return Err(multipart()),
            "T" | "upload-file" | "K" | "config" => return Err(file_not_readable()),
            "G" | "get" => self.in_query = true,
            "I" | "head" => self.is_head = true,
            ":" | "next" => self.is_over = true,
            "url" => {
                self.url.get_or_insert(value()?);
            }
            short if short.len() == 1 && SHORT_WITH_VALUE.contains(short) => drop(value()?),
            short if short.len() == 1 && SHORT_FLAGS.contains(short) => {}
            long if LONG_WITH_VALUE.contains(&long) => drop(value()?),
            long if LONG_FLAGS.contains(&long) => {}
            unknown => self.unknown = Some(unknown.to_owned()),
        }
        Ok(())
    }

    fn header(&mut self, name: &str, content: &str) {
        let header = (name.trim().to_owned(), content.trim().to_owned());
        self.headers.push(header);
    }

    /// curl takes any other word as a URL; a word that cannot be one is not guessed at.
    fn bare_word(&mut self, word: String) -> Result<(), Finding> {
        if let Some(option) = self.unknown.take().filter(|_| !word.contains("://")) {
            let dashes = if option.len() == 1 { "-" } else { "--" };
            return Err(not_readable(&[dashes, &option].concat()));
        }
        if !is_url(&word) {
            return Err(not_readable(&word));
        }
        self.url.get_or_insert(word);
        Ok(())
    }

    fn message(self) -> Result<HttpMessage, Finding> {
        let url = self.url.ok_or_else(|| {
            Finding::fatal(
                "curl-without-url",
                Text::new(
                    "这条 curl 命令里没有 URL。",
                    "This curl command has no URL.",
                ),
            )
        })?;
        let (host, path, query) = split_url(&url);
        let has_data = !self.data.is_empty();
        let data = self.data.join("&");
        let in_query = Some(&data).filter(|_| has_data && self.in_query);
        let query = [&query].into_iter().chain(&self.query).chain(in_query);
        let query: Vec<&str> = query
            .map(String::as_str)
            .filter(|part| !part.is_empty())
            .collect();
        let method = match (self.method, self.is_head) {
            (Some(method), _) => method,
            (None, true) => "HEAD".to_owned(),
            (None, false) if has_data && !self.in_query => "POST".to_owned(),
            (None, false) => "GET".to_owned(),
        };
        Ok(HttpMessage {
            method: Some(method),
            host: header(&self.headers, "host").map_or(host, |host| Some(host.to_owned())),
            path,
            query: query.join("&"),
            headers: self.headers,
            body: (has_data && !self.in_query).then_some(data),
            ..HttpMessage::default()
        })
    }
}

/// The options of a word, with the value attached to the last one: `--url=…`, `-XPOST`, `-sX`.
fn split_options(word: &str) -> Vec<(&str, Option<&str>)> {
    if let Some(long) = word.strip_prefix("--") {
        return match long.split_once('=') {
            Some((option, value)) => vec![(option, Some(value))],
            None => vec![(long, None)],
        };
    }
    let mut options = Vec::new();
    let mut rest = word.strip_prefix('-').unwrap_or_default();
    while let Some(first) = rest.chars().next() {
        let (option, after) = rest
            .split_at_checked(first.len_utf8())
            .unwrap_or((rest, ""));
        if SHORT_WITH_VALUE.contains(first) {
            options.push((option, (!after.is_empty()).then_some(after)));
            break;
        }
        options.push((option, None));
        rest = after;
    }
    options
}

/// Whether the first word after `curl` in a text shows that this is a command.
pub(super) fn is_argument(word: &str) -> bool {
    let bare = word.trim_matches(['\'', '"', '^']);
    let option = bare.strip_prefix('-').unwrap_or_default();
    option.starts_with(|first: char| first == '-' || first.is_ascii_alphabetic())
        || bare.starts_with('$')
        || matches!(word, "\\" | "^" | "`")
        || is_url(bare)
}

/// Whether a word without an option is a URL, whose scheme may be missing.
fn is_url(word: &str) -> bool {
    let host = word.split(['/', '?', ':']).next().unwrap_or_default();
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    word.contains("://") || host == "localhost" || (host.contains('.') && host.bytes().all(is_name))
}

/// Encodes an argument of `--data-urlencode`: `name=content`, `=content` or `content`. The name is
/// left unchanged. curl writes a space as `+`, which matters for the hash of a body.
fn url_encoded(value: &str) -> Result<String, Finding> {
    let encoded = |content: &str| percent_encode(content).replace("%20", "+");
    match value.split_once('=') {
        Some(("", content)) => Ok(encoded(content)),
        Some((name, content)) => Ok(format!("{name}={}", encoded(content))),
        None if value.contains('@') => Err(file_not_readable()),
        None => Ok(encoded(value)),
    }
}

/// Removes cmd's escape characters, which browsers write before each quote ("Copy as cURL (cmd)").
fn without_carets(text: &str) -> Cow<'_, str> {
    if !text.contains("^\"") {
        return text.into();
    }
    let mut plain = String::new();
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        if character != '^' || rest.peek().is_none_or(|next| next.is_whitespace()) {
            plain.push(character);
        } else {
            plain.extend(rest.next());
        }
    }
    plain.into()
}

/// The shell that a command was written for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shell {
    Posix,
    /// PowerShell.
    Pwsh,
    Cmd,
}

impl Shell {
    fn of(before: &str, text: &str) -> Self {
        let goes_on = |mark: char| text.lines().any(|line| line.trim_end().ends_with(mark));
        let before = before.trim();
        if (before.starts_with("PS ") && before.ends_with('>'))
            || (text.starts_with("curl.exe") && goes_on('`'))
        {
            Self::Pwsh
        } else if text.contains("^\"") || goes_on('^') {
            Self::Cmd
        } else {
            Self::Posix
        }
    }

    /// Whether the shell replaces a `$` by something that the text does not show.
    fn expands(self, rest: &mut Characters<'_>) -> bool {
        let is_name = |next: &char| next.is_ascii_alphanumeric() || "_{(".contains(*next);
        self != Self::Cmd && rest.peek().is_some_and(is_name)
    }
}

/// Splits the first command of a text into words as its shell does. `opened` is the character before
/// the command: a parenthesis or a backtick ends with it.
///
/// The crate shlex splits a whole text by POSIX's rules. It does not read bash's `$'…'`, which
/// browsers write, nor the quotes and line ends of PowerShell and cmd, and does not stop at `|`, `;`,
/// `&`, `>` or the output that was copied with the command.
fn shell_words(text: &str, shell: Shell, opened: Option<char>) -> Result<Vec<String>, Finding> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '\'' => single_quoted(&mut rest, word.get_or_insert_default(), shell)?,
            '"' => double_quoted(&mut rest, word.get_or_insert_default(), shell)?,
            '$' if rest.peek() == Some(&'\'') => {
                rest.next();
                ansi_quoted(&mut rest, word.get_or_insert_default())?;
            }
            '\\' | '^' | '`' if rest.peek().is_some_and(|next| matches!(next, '\n' | '\r')) => {
                rest.next_if_eq(&'\r');
                rest.next_if_eq(&'\n');
            }
            ')' if opened == Some('(') => break,
            '`' if opened == Some('`') => break,
            '`' if shell == Shell::Posix => return Err(replaced()),
            '$' if shell.expands(&mut rest) => return Err(replaced()),
            '`' if shell == Shell::Pwsh => word.get_or_insert_default().extend(rest.next()),
            '\\' if shell == Shell::Posix => word.get_or_insert_default().extend(rest.next()),
            '|' | ';' | '<' => break,
            // The number before it is a file descriptor.
            '>' => {
                word.take_if(|word| word.bytes().all(|byte| byte.is_ascii_digit()));
                break;
            }
            '#' if word.is_none() => break,
            // A URL without quotes may contain a single one.
            '&' if word.is_none() || rest.peek() == Some(&'&') => break,
            '\n' => {
                words.extend(word.take());
                while rest.next_if(|next| next.is_whitespace()).is_some() {}
                if !goes_on(&rest) {
                    break;
                }
            }
            character if character.is_whitespace() => words.extend(word.take()),
            character => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    Ok(words)
}

/// Whether the line after a line end without a continuation mark, which copying can lose, belongs to
/// the same command: it begins with an option or a URL.
fn goes_on(rest: &Characters<'_>) -> bool {
    let ahead: String = rest.clone().take("'https://".len()).collect();
    let option = ahead.strip_prefix('-').unwrap_or_default();
    let option = option.strip_prefix('-').unwrap_or(option);
    let url = ahead.trim_start_matches(['\'', '"']);
    option.starts_with(|first: char| first.is_ascii_alphabetic())
        || url.starts_with("https://")
        || url.starts_with("http://")
}

type Characters<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn single_quoted(
    rest: &mut Characters<'_>,
    word: &mut String,
    shell: Shell,
) -> Result<(), Finding> {
    while let Some(character) = rest.next() {
        let mut is_doubled = || shell == Shell::Pwsh && rest.next_if_eq(&'\'').is_some();
        if character == '\'' && !is_doubled() {
            return Ok(());
        }
        word.push(character);
    }
    Err(unclosed())
}

fn double_quoted(
    rest: &mut Characters<'_>,
    word: &mut String,
    shell: Shell,
) -> Result<(), Finding> {
    while let Some(character) = rest.next() {
        match character {
            '"' if shell == Shell::Pwsh && rest.next_if_eq(&'"').is_some() => word.push('"'),
            '"' => return Ok(()),
            '$' if shell.expands(rest) => return Err(replaced()),
            // In PowerShell, a letter after it is a control character.
            '`' if shell == Shell::Pwsh
                && !rest.peek().is_some_and(char::is_ascii_alphanumeric) =>
            {
                word.extend(rest.next());
            }
            '`' if shell != Shell::Cmd => return Err(replaced()),
            '\\' if shell == Shell::Pwsh => word.push('\\'),
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
    // Escapes write bytes, several of which may form a character.
    let mut bytes: Vec<u8> = Vec::new();
    let mut units: Vec<u16> = Vec::new();
    while let Some(character) = rest.next() {
        let escaped = (character == '\\').then(|| rest.next()).flatten();
        if escaped == Some('u') {
            // UTF-16, as browsers write it: two escapes may form a character.
            units.push(u16::try_from(number(rest, 16, 4)).unwrap_or_default());
            continue;
        }
        bytes.extend(characters(&std::mem::take(&mut units))?);
        let byte = |number: u32| vec![u8::try_from(number).unwrap_or_default()];
        bytes.extend(match escaped {
            None if character == '\'' => {
                word.push_str(&String::from_utf8(bytes).map_err(|_| Finding::not_utf8())?);
                return Ok(());
            }
            None => character.to_string().into_bytes(),
            Some('n') => b"\n".to_vec(),
            Some('r') => b"\r".to_vec(),
            Some('t') => b"\t".to_vec(),
            Some('x') => byte(number(rest, 16, 2)),
            Some(first @ '0'..='7') => {
                let first = first.to_digit(8).unwrap_or_default();
                let digits = rest.clone().take(2).take_while(|digit| digit.is_digit(8));
                let digits = digits.count();
                let others = number(rest, 8, digits);
                let all = (0..digits).fold(first, |all, _| all << 3) | others;
                byte(all)
            }
            Some('U') => char::from_u32(number(rest, 16, 8))
                .ok_or_else(Finding::not_utf8)?
                .to_string()
                .into_bytes(),
            Some(other) => other.to_string().into_bytes(),
        });
    }
    Err(unclosed())
}

/// The number of up to `count` digits that follow.
fn number(rest: &mut Characters<'_>, radix: u32, count: usize) -> u32 {
    let mut number = 0_u32;
    for _ in 0..count {
        let Some(digit) = rest.next_if(|next| next.is_digit(radix)) else {
            break;
        };
        let digit = digit.to_digit(radix).unwrap_or_default();
        number = number.wrapping_mul(radix).wrapping_add(digit);
    }
    number
}

fn characters(units: &[u16]) -> Result<Vec<u8>, Finding> {
    let text = String::from_utf16(units).map_err(|_| Finding::not_utf8())?;
    Ok(text.into_bytes())
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

fn replaced() -> Finding {
    Finding::fatal(
        "curl-replaced",
        Text::new(
            "curl 命令里有 Shell 会替换的内容（$NAME、$(…)、反引号），替换后的值在这里看不到；请换成实际的值再粘贴。",
            "The shell replaces a part of this curl command ($NAME, $(…), a backtick), and the result is not visible here; put the actual value in its place.",
        ),
    )
}

fn not_readable(word: &str) -> Finding {
    Finding::fatal(
        "curl-option",
        Text::composed(
            format!(
                "curl 命令里的 {word} 无法识别；如果它与请求无关，请把它（连同它的值）删掉后再粘贴。"
            ),
            format!(
                "{word} in the curl command cannot be read; if it does not concern the request, remove it, with its value, and paste the command again."
            ),
        ),
    )
}

fn multipart() -> Finding {
    Finding::fatal(
        "curl-multipart",
        Text::new(
            "curl 的 -F 以 multipart/form-data 发送，其中的内容不参与 RPC 签名，阿里云也不从中读取参数；请改用 --data-urlencode。",
            "curl's -F sends multipart/form-data, whose parts are not signed under RPC, and from which Alibaba Cloud reads no parameters; use --data-urlencode.",
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

    fn read(line: &str) -> Result<HttpMessage, Finding> {
        super::read("", line)
    }

    fn read_after(before: &str, line: &str) -> Result<HttpMessage, Finding> {
        super::read(before, line)
    }

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
            Some("CertName=张三&MetaInfo=%7B%22a%22%3A+%22b+c%22%7D")
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

    /// Method, host, query and body of a command.
    fn parts(line: &str) -> (String, String, String, String) {
        let message = read(line).unwrap();
        (
            message.method.unwrap(),
            message.host.unwrap(),
            message.query,
            message.body.unwrap_or_default(),
        )
    }

    #[test]
    fn reads_bundled_options_and_options_with_values() {
        let expected = |method: &str, query: &str, body: &str| {
            let [method, host, query, body] = [method, "a.example", query, body].map(str::to_owned);
            (method, host, query, body)
        };
        for (line, expected) in [
            (
                "curl -sG https://a.example --data-urlencode 'A=b c'",
                expected("GET", "A=b+c", ""),
            ),
            (
                "curl -sX POST 'https://a.example?A=1'",
                expected("POST", "A=1", ""),
            ),
            (
                "curl -sSXPOST https://a.example -dA=1",
                expected("POST", "", "A=1"),
            ),
            (
                "curl --retry-delay 1 --retry 2 https://a.example?A=1",
                expected("GET", "A=1", ""),
            ),
            (
                "curl -x http://proxy:3128 -U alice:Passw0rd https://a.example?A=1",
                expected("GET", "A=1", ""),
            ),
            (
                "curl -C - -y 1 -Y 2 -z x -D - -r 0-1 a.example/?A=1",
                expected("GET", "A=1", ""),
            ),
            (
                "curl --compressed a.example/?A=1 -I",
                expected("HEAD", "A=1", ""),
            ),
            (
                "curl --strange https://a.example?A=1",
                expected("GET", "A=1", ""),
            ),
            (
                "curl https://a.example?A=1 https://b.example",
                expected("GET", "A=1", ""),
            ),
            (
                "curl https://a.example --url-query 'A=b c' --url-query +B=%20",
                expected("GET", "A=b+c&B=%20", ""),
            ),
            (
                "curl https://a.example?A=1 --next https://b.example -d B=2",
                expected("GET", "A=1", ""),
            ),
            (
                "curl -X POST -I https://a.example",
                expected("POST", "", ""),
            ),
        ] {
            assert_eq!(parts(line), expected, "{line}");
        }
        assert_eq!(parts("curl localhost:8788/?A=1").1, "localhost:8788");
        let json = read("curl https://a.example --json '{}'").unwrap();
        assert_eq!(
            header(&json.headers, "content-type"),
            Some("application/json")
        );
    }

    #[test]
    fn reads_one_command_and_nothing_after_it() {
        for after in [
            " | jq .",
            "|jq .",
            "; echo",
            " && echo",
            " &",
            " > out.json",
            " 2>&1",
            " 2>/dev/null",
            " # comment",
            "\n{\"Code\":\"Don't\"}",
            "\nroot@host:~# ls",
            "\nhttp_code: 400",
            "\n\"OK\"",
            "\n'OK'",
            "\n----\n- item",
            "\n\n\n{}",
            " < /dev/null",
        ] {
            let line = format!("curl 'https://a.example/?A=1&B=2'{after}");
            let (method, host, query, _) = parts(&line);
            assert_eq!(
                (&*method, &*host, &*query),
                ("GET", "a.example", "A=1&B=2"),
                "{line}"
            );
        }
        assert_eq!(parts("curl https://a.example/?A=1&B=2").2, "A=1&B=2");
    }

    #[test]
    fn reads_the_lines_of_other_shells() {
        for line in [
            "curl -X POST \"https://a.example\" ^\n  -d \"A=1\"",
            "curl -X POST \"https://a.example\" ^\r\n  -d \"A=1\"",
            "curl.exe -X POST 'https://a.example' `\r\n  -d 'A=1'",
            "curl ^\"https://a.example^\" ^\n  -H ^\"accept: */*^\" ^\n  --data-raw ^\"A=1^\"",
            "curl https://a.example\n  -d A=1",
        ] {
            let expected = ["POST", "a.example", "", "A=1"].map(str::to_owned);
            let (method, host, query, body) = parts(line);
            assert_eq!([method, host, query, body], expected, "{line}");
        }
        let escaped = "curl ^\"https://a.example/?A=1^&B=^%^E5^%^BC^%^A0^\"";
        assert_eq!(parts(escaped).2, "A=1&B=%E5%BC%A0");
    }

    #[test]
    fn reads_the_quotes_of_power_shell() {
        let line =
            "curl.exe -X POST \"https://a.example\" -d \"A=`\"\"\"`$x\\\" -d 'B=it''s `' -d C=`&D";
        let message = read_after("PS C:\\Users\\me> ", line);
        // The last word: a backtick escapes an ampersand.
        let body = "A=\"\"$x\\&B=it's `&C=&D";
        assert_eq!(message.unwrap().body.as_deref(), Some(body));
        let wrapped = "curl.exe -X POST 'https://a.example' `\n -d 'A=it''s'";
        assert_eq!(parts(wrapped).3, "A=it's");
        // Another shell joins the two parts.
        assert_eq!(parts("curl https://a.example -d 'A=it''s'").3, "A=its");
    }

    #[test]
    fn a_command_ends_with_what_surrounds_it() {
        let line = "curl 'https://a.example' -d 'A=1'";
        for (before, line) in [
            ("x=$(", format!("{line})")),
            ("x=`", format!("{line}` echo")),
            ("(", format!("{line}) | jq")),
        ] {
            let body = read_after(before, &line).unwrap().body;
            assert_eq!(body.as_deref(), Some("A=1"), "{line}");
        }
        assert_eq!(parts("curl https://a.example/?A=(1)").2, "A=(1)");
    }

    // With work that grows with the square of the length, this test would take hours.
    #[test]
    fn many_lines_are_read_in_one_pass() {
        let blank = format!("curl a.example{}-d A=1", "\n".repeat(1_000_000));
        assert_eq!(parts(&blank).3, "A=1");
        let lines = format!("curl a.example{} -d A=1", " \\\n".repeat(300_000));
        assert_eq!(parts(&lines).3, "A=1");
    }

    #[test]
    fn reads_escapes_of_bash() {
        for (escaped, text) in [
            (r"\u5f20\u4e09", "张三"),
            (r"\ud842\udfb7x", "𠮷x"),
            (r"\xe5\xbc\xa0", "张"),
            (r"\x41\101\0\n", "AA\0\n"),
            (r"\U00020bb7", "𠮷"),
            (r"\'\\", "'\\"),
        ] {
            let line = format!("curl https://a.example -d $'Name={escaped}'");
            assert_eq!(parts(&line).3, format!("Name={text}"), "{line}");
        }
    }

    #[test]
    fn says_why_a_line_cannot_be_read() {
        for (line, rule) in [
            ("curl https://a --strange value", "curl-option"),
            ("curl --strange value.example https://a", "curl-option"),
            ("curl POST https://a", "curl-option"),
            ("curl https://a -F name=value", "curl-multipart"),
            ("curl https://a -T body.txt", "curl-file"),
            (r"curl https://a -d $'\ud842'", "not-utf8"),
            (r"curl https://a -d $'\xd5\xc5'", "not-utf8"),
            ("curl 'https://a", "curl-unclosed-quote"),
            ("curl \"https://a", "curl-unclosed-quote"),
            ("curl $'https://a", "curl-unclosed-quote"),
            ("curl -X POST", "curl-without-url"),
            ("curl https://a -d @body.txt", "curl-file"),
            ("curl https://a --data-urlencode name@file", "curl-file"),
            ("curl -K call.txt https://a", "curl-file"),
            ("curl https://a --config call.txt", "curl-file"),
            ("curl https://a -d", "curl-option"),
            ("curl https://a -H", "curl-option"),
            ("curl https://a -d \"A=$NAME\"", "curl-replaced"),
            ("curl https://a -d \"A=${NAME}\"", "curl-replaced"),
            ("curl https://a -d A=$(date)", "curl-replaced"),
            ("curl https://a -d \"A=`date`\"", "curl-replaced"),
            ("curl https://a -d A=`date`", "curl-replaced"),
            ("curl.exe https://a `\n -d \"A=`n\"", "curl-replaced"),
            ("curl $URL -d A=1", "curl-replaced"),
        ] {
            assert_eq!(read(line).unwrap_err().rule, rule, "{line}");
        }
    }
}
