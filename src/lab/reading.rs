//! Parses pasted text: parameters, a URL, a form body, a curl command, an HTTP message, or the text
//! that a program signed.

use super::answer::is_version;
use super::http_message::{self, HttpMessage, is_method, is_name, split_url};
use super::{Finding, answer, curl, excerpt};
use crate::actions;
use crate::http::{FORM_TYPE, Headers, header};
use crate::signing::encode::{FormError, MAX_PAIRS, parse_form};
use crate::signing::{SignatureVersion, acs3, rpc};
use crate::text::Text;
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde_json::Value;

/// The form of a pasted request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// One unencoded `Name=value` per line.
    Lines,
    /// A JSON object of parameters.
    Json,
    /// A URL.
    Url,
    /// A query or form body.
    FormBody,
    /// A curl command.
    Curl,
    /// Request line, headers and body.
    HttpMessage,
    /// The string to sign of the RPC scheme.
    StringToSign,
    /// The canonical request of ACS3.
    CanonicalRequest,
    /// Either of these, quoted by the server's error, without a request.
    ServersText,
}

/// How much of the request was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Completeness {
    /// All of it.
    Whole,
    /// All of it except that it has, or may have, a body that was not pasted or not read.
    BodyMissing,
    /// Only a part, whose end may be a guess.
    Part,
}

/// The position of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// In the query of the URL.
    Query,
    /// In the form body.
    Form,
    /// The pasted text does not show it.
    Unknown,
}

/// A parameter, decoded.
#[derive(Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Its position.
    pub place: Place,
}
redacted_debug!(Parameter);

/// A pasted request.
#[derive(Clone)]
pub struct Reading {
    /// Its form.
    pub form: Form,
    /// The HTTP method, if the text contains it.
    pub method: Option<String>,
    /// Host and port, if the text contains them.
    pub host: Option<String>,
    /// The path.
    pub path: String,
    /// All parameters, in order.
    pub parameters: Vec<Parameter>,
    /// All headers.
    pub headers: Headers,
    /// The pasted body.
    pub body: Option<String>,
    /// The text that a program signed, if that was pasted.
    pub signed_text: Option<String>,
    /// How much of the request was read.
    pub completeness: Completeness,
    /// Whether `&amp;` was read as `&`.
    pub from_html: bool,
}
redacted_debug!(Reading);

impl Reading {
    /// The value of a parameter, by its exact name.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|parameter| parameter.name == name)
            .map(|parameter| parameter.value.as_str())
    }

    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// The scheme detected from the request.
    pub fn scheme(&self) -> SignatureVersion {
        let acs3 = self.form == Form::CanonicalRequest
            || self
                .headers
                .iter()
                .any(|(name, _)| name.to_ascii_lowercase().starts_with("x-acs-sign"))
            || self
                .header("authorization")
                .is_some_and(|value| value.starts_with("ACS3"));
        if acs3 {
            SignatureVersion::Acs3
        } else {
            SignatureVersion::Rpc
        }
    }

    /// The parameters of the RPC scheme that the request lacks.
    pub fn missing(&self) -> Vec<&'static str> {
        let mandatory = [
            "AccessKeyId",
            "Action",
            "SignatureMethod",
            "SignatureNonce",
            "SignatureVersion",
            "Timestamp",
            "Version",
        ];
        let is_missing = |name: &&str| self.value(name).is_none_or(str::is_empty);
        mandatory.into_iter().filter(is_missing).collect()
    }

    /// The same, with a note whether only a part of the text was read.
    pub fn partial(self, is_part: bool) -> Self {
        let completeness = if is_part {
            Completeness::Part
        } else {
            self.completeness
        };
        Self {
            completeness,
            ..self
        }
    }

    /// The signature that the request contains.
    pub fn given_signature(&self, scheme: SignatureVersion) -> Option<&str> {
        match scheme {
            // What a program signed is not what it sent.
            _ if self.signed_text.is_some() => None,
            SignatureVersion::Rpc => self.value("Signature"),
            SignatureVersion::Acs3 => {
                let (_, signature) = self.header("authorization")?.rsplit_once("Signature=")?;
                Some(signature.trim())
            }
        }
    }
}

/// Parses pasted text in any of the forms.
///
/// # Errors
/// If the text is in none of them.
pub fn read(text: &str) -> Result<Reading, Finding> {
    let text = excerpt::trimmed(text);
    if text.is_empty() {
        return Err(nothing());
    }
    if let Some((before, command)) = excerpt::curl_command(text) {
        return from_message(Form::Curl, curl::read(before, command)?);
    }
    if let Some(message) = excerpt::traced_message(text)
        && let Some(message) = http_message::read(&message)
    {
        return from_message(Form::HttpMessage, message);
    }
    if answer::is_quoted_in(text) {
        return Err(servers_answer());
    }
    if let Some((signed, is_cut)) = excerpt::string_to_sign(text) {
        let reading = from_string_to_sign(&signed)?;
        // As in the server's text, the version is at the end.
        let is_cut = is_cut || !reading.value("Version").is_some_and(is_version);
        return Ok(reading.partial(is_cut));
    }
    if text.starts_with('{') {
        return from_json(text);
    }
    if text.starts_with("https://") || text.starts_with("http://") {
        // JSON writes every & of a URL as \u0026; one within a value is the value's own.
        return if text.contains('&') {
            from_url(text)
        } else {
            from_url(&excerpt::without_json(text))
        };
    }
    // A request with its signature says more than the canonical request that a log has next to it.
    if !begins_with_request_line(text)
        && let Some(reading) = from_canonical_request(text)?
    {
        return Ok(reading);
    }
    if let Some(message) = http_message::read(text) {
        let is_line = !message.has_version && message.headers.is_empty() && message.body.is_none();
        let form = if is_line {
            Form::Url
        } else {
            Form::HttpMessage
        };
        return from_message(form, message);
    }
    if let Some(url) = excerpt::url(text) {
        return Ok(from_url(&url)?.partial(true));
    }
    if let Some(parameters) = lines(text) {
        return parameters_alone(Form::Lines, decoded_if_encoded(parameters)?);
    }
    let form = FormText::of(text, Place::Unknown, true)?.ok_or_else(nothing)?;
    let reading = parameters_alone(Form::FormBody, form.pairs)?;
    Ok(Reading {
        from_html: form.from_html,
        ..reading.partial(!form.is_all)
    })
}

/// Parameters without a place. ACS3's headers are none.
fn parameters_alone(form: Form, parameters: Vec<Parameter>) -> Result<Reading, Finding> {
    let is_header = |one: &Parameter| {
        one.name.to_ascii_lowercase().starts_with("x-acs-") || one.value.starts_with("ACS3-")
    };
    if parameters.iter().any(is_header) {
        return Err(without_request_line());
    }
    Ok(plain(form, parameters))
}

/// A URL that may be wrapped, or followed by the lines of a form body.
fn from_url(text: &str) -> Result<Reading, Finding> {
    let joined = Joined::of(text);
    // A space ends a URL.
    let bare = joined.text.split(char::is_whitespace).next();
    let bare = bare.unwrap_or_default();
    let (url, is_html) = without_html(bare);
    let body = FormText::of(joined.rest, Place::Form, true)?.filter(|form| {
        let first = form.pairs.first();
        !url.contains('?') || first.is_some_and(|one| is_known(&one.name))
    });
    let is_html_too = body.as_ref().is_some_and(|form| form.from_html);
    let is_rest_read = joined.rest.is_empty() || body.as_ref().is_some_and(|form| form.is_all);
    let is_all = bare.len() == joined.text.len() && joined.is_sure && is_rest_read;
    let (host, path, query) = split_url(&url);
    let reading = from_message(
        Form::Url,
        HttpMessage {
            method: body.is_some().then(|| "POST".to_owned()),
            host,
            path,
            query,
            body: body.map(|form| form.text),
            ..HttpMessage::default()
        },
    )?;
    Ok(Reading {
        from_html: is_html || is_html_too,
        ..reading.partial(!is_all)
    })
}

/// The first lines of a text as one: a URL or a form that was wrapped.
struct Joined<'a> {
    text: String,
    /// The lines that do not belong to it.
    rest: &'a str,
    /// Whether it was wrapped at separators only.
    is_sure: bool,
}

impl<'a> Joined<'a> {
    fn of(text: &'a str) -> Self {
        let mut joined = Self {
            text: String::new(),
            rest: text.trim(),
            is_sure: true,
        };
        while !joined.rest.is_empty() {
            let (line, rest) = joined.rest.split_once('\n').unwrap_or((joined.rest, ""));
            let line = line.trim();
            let is_first = joined.text.is_empty();
            let at_separator = joined.text.ends_with(['&', '?']) || line.starts_with('&');
            let begins_pair = line.split_once('=').is_some_and(|(name, _)| is_name(name));
            // A status or a code may follow, too.
            let is_url = line
                .split('?')
                .next()
                .is_some_and(|line| line.contains("://"));
            let goes_on = !is_url
                && line.bytes().all(is_of_url)
                && (at_separator || !begins_pair && line.contains(['&', '%']));
            if line.is_empty() || !is_first && !goes_on {
                break;
            }
            joined.text.push_str(line);
            joined.rest = rest;
            joined.is_sure &= is_first || at_separator;
        }
        joined.rest = joined.rest.trim();
        joined
    }

    fn is_all(&self) -> bool {
        self.is_sure && self.rest.is_empty()
    }
}

fn is_of_url(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte)
}

/// A URL or form in which HTML's escape of the separator was undone, and whether it was. A text that
/// has other separators, too, is left unchanged.
fn without_html(text: &str) -> (String, bool) {
    let escape = "&amp;";
    let is_html =
        text.contains(escape) && text.matches('&').count() == text.matches(escape).count();
    if is_html {
        (text.replace(escape, "&"), true)
    } else {
        (text.to_owned(), false)
    }
}

/// Whether a parameter of the protocol or of an action has this name.
fn is_known(name: &str) -> bool {
    actions::known_name(name).is_some()
}

/// The form at the start of a text.
struct FormText {
    text: String,
    pairs: Vec<Parameter>,
    /// Whether the text has nothing before or after it.
    is_all: bool,
    from_html: bool,
}

impl FormText {
    /// `None` if there is anything but pairs whose names are those of parameters.
    fn of(text: &str, place: Place, may_be_html: bool) -> Result<Option<Self>, Finding> {
        let (form, is_labelled) = without_label(text);
        let joined = Joined::of(form);
        let is_all = joined.is_all() && !is_labelled;
        let (text, from_html) = if may_be_html {
            without_html(&joined.text)
        } else {
            (joined.text, false)
        };
        if !text.contains('=') || text.contains(char::is_whitespace) {
            return Ok(None);
        }
        let pairs = pairs(&text, place)?;
        Ok(pairs.iter().all(|one| is_name(&one.name)).then_some(Self {
            text,
            pairs,
            is_all,
            from_html,
        }))
    }

    fn has_known(&self) -> bool {
        self.pairs.iter().any(|one| is_known(&one.name))
    }
}

/// A form without a question mark or a label such as `body=` before its first known name, and
/// whether there was a label.
fn without_label(text: &str) -> (&str, bool) {
    let first = text.split('&').next().unwrap_or_default();
    let start = first.match_indices('=').find_map(|(at, _)| {
        let before = first.get(..at)?;
        let is_other = |other: char| !is_name(other.encode_utf8(&mut [0; 4]));
        let name = before.rsplit(is_other).next()?;
        is_known(name).then(|| before.len().saturating_sub(name.len()))
    });
    let plain = text.trim_start_matches('?');
    let Some((label, form)) = start.and_then(|start| text.split_at_checked(start)) else {
        return (plain, false);
    };
    if plain.len() == form.len() || label.contains("://") {
        return (plain, false);
    }
    let quote = label
        .chars()
        .next_back()
        .filter(|last| "'\"`".contains(*last));
    let quoted = quote.and_then(|quote| form.split(quote).next());
    (quoted.unwrap_or(form), true)
}

/// Decodes lines whose values are percent-encoded, as a time or signature shows.
fn decoded_if_encoded(parameters: Vec<Parameter>) -> Result<Vec<Parameter>, Finding> {
    let is_encoded = parameters.iter().any(|one| match one.name.as_str() {
        "Timestamp" => one.value.contains("%3A"),
        "Signature" => one.value.ends_with("%3D"),
        _ => false,
    });
    if !is_encoded {
        return Ok(parameters);
    }
    let decoded = parameters
        .iter()
        .map(|one| pairs(&[&*one.name, &*one.value].join("="), one.place));
    Ok(decoded.collect::<Result<Vec<_>, _>>()?.concat())
}

fn plain(form: Form, parameters: Vec<Parameter>) -> Reading {
    Reading {
        form,
        method: None,
        host: None,
        path: "/".to_owned(),
        parameters,
        headers: Vec::new(),
        body: None,
        signed_text: None,
        completeness: Completeness::Whole,
        from_html: false,
    }
}

fn from_message(form: Form, mut message: HttpMessage) -> Result<Reading, Finding> {
    let mut parameters = pairs(&message.query, Place::Query)?;
    let has_form =
        header(&message.headers, "content-type").is_none_or(|value| value.starts_with(FORM_TYPE));
    let mut is_part = message.is_part;
    if form == Form::HttpMessage
        && let Some(text) = message.body.take()
    {
        let (body, is_whole) = body_of(&message, &text, has_form)?;
        is_part |= !is_whole;
        message.body = (!body.is_empty()).then_some(body);
    }
    if let Some(body) = message.body.as_ref().filter(|_| has_form) {
        parameters.extend(pairs(body.trim_end(), Place::Form)?);
    }
    let completeness = if is_body_missing(form, &message) {
        Completeness::BodyMissing
    } else {
        Completeness::Whole
    };
    let reading = Reading {
        completeness,
        method: message.method.map(|method| method.to_ascii_uppercase()),
        host: message.host,
        path: message.path,
        headers: message.headers,
        body: message.body,
        ..plain(form, parameters)
    };
    Ok(reading.partial(is_part))
}

/// The body in the text after an HTTP message's headers, which a response or a remark may follow,
/// and whether it is provably the whole body.
fn body_of(message: &HttpMessage, text: &str, has_form: bool) -> Result<(String, bool), Finding> {
    let declared = |name| header(&message.headers, name);
    let length = declared("content-length").and_then(|length| length.parse::<usize>().ok());
    let hash = declared("x-acs-content-sha256");
    let announced = length.and_then(|length| text.split_at_checked(length));
    let announced =
        announced.filter(|(body, rest)| body.is_empty() || rest.starts_with(char::is_whitespace));
    let begins = text.split('=').next().is_some_and(is_known);
    let (body, is_whole) = if let Some((body, _)) = announced {
        (body.to_owned(), true)
    } else if !has_form {
        // RPC does not sign such a body, and ACS3 its hash.
        (text.to_owned(), hash.is_none())
    } else if let Some(form) = FormText::of(text, Place::Form, false)?
        && (form.has_known() || message.method.as_deref() != Some("GET"))
    {
        let is_whole = form.is_all && form.has_known();
        (form.text, is_whole)
    } else if begins && !text.contains('\n') {
        // A form with a space, or with a remark on its line.
        (text.to_owned(), false)
    } else {
        (String::new(), false)
    };
    // A line end after the body is not kept.
    let rest = length.and_then(|length| length.checked_sub(body.len()));
    let is_proven =
        rest.is_some_and(|rest| rest <= 2) || hash == Some(&acs3::hex_sha256(body.as_bytes()));
    Ok((body, is_whole || is_proven))
}

/// Whether the headers announce a body that was not pasted, or not all of it. A curl command shows
/// whether it has one.
fn is_body_missing(form: Form, message: &HttpMessage) -> bool {
    let declared = |name| header(&message.headers, name);
    let pasted = message.body.as_ref().map_or(0, String::len);
    if let Some(length) = declared("content-length").and_then(|length| length.parse().ok()) {
        // A line end after the body is not kept.
        return pasted == 0 && length > 0 || pasted.saturating_add(2) < length;
    }
    let empty = acs3::hex_sha256(b"");
    pasted == 0
        && form != Form::Curl
        && message.method.as_deref() != Some("GET")
        && declared("x-acs-content-sha256") != Some(&empty)
        && declared("content-type").is_some_and(|kind| kind.starts_with(FORM_TYPE))
}

fn from_json(text: &str) -> Result<Reading, Finding> {
    let value: Value = serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Finding::fatal(
            "json",
            Text::composed(
                format!("不是正确的 JSON：第 {line} 行第 {column} 列有误。"),
                format!("This is not valid JSON: see line {line}, column {column}."),
            ),
        )
    })?;
    let members = value.as_object().into_iter().flatten();
    let is_part = members
        .clone()
        .any(|(_, value)| value.is_object() || value.is_array());
    let parameters: Vec<Parameter> = members
        .filter_map(|(name, value)| {
            let value = match value {
                Value::Null => return None,
                Value::String(text) => text.clone(),
                // Numbers keep their notation; an object's is lost.
                other => other.to_string(),
            };
            Some(Parameter {
                name: name.clone(),
                value,
                place: Place::Unknown,
            })
        })
        .collect();
    if parameters.is_empty() {
        return Err(nothing());
    }
    let is_call = parameters
        .iter()
        .any(|one| rpc::COMMON.contains(&one.name.as_str()));
    if !is_call && let Some(url) = excerpt::url(text) {
        return Ok(from_url(&url)?.partial(true));
    }
    if !is_call && parameters.iter().any(|one| one.name == "RequestId") {
        return Err(servers_answer());
    }
    let has_known = parameters.iter().any(|one| is_known(&one.name));
    let reading = parameters_alone(Form::Json, parameters)?;
    if has_known {
        Ok(reading.partial(is_part))
    } else {
        Err(nothing())
    }
}

/// `METHOD&%2F&` and the canonicalized query, encoded a second time.
fn from_string_to_sign(text: &str) -> Result<Reading, Finding> {
    let mut parts = text.splitn(3, '&');
    let method = parts.next().unwrap_or_default();
    let query = without_begun_character(parts.nth(1).unwrap_or_default());
    let once = parse_form(query.as_bytes()).map_err(|error| unreadable(query, error))?;
    // A query that was not encoded a second time is split into pairs directly.
    let canonicalized = match once.as_slice() {
        [(query, nothing)] if nothing.is_empty() => query.as_str(),
        _ => query,
    };
    Ok(Reading {
        method: Some(method.to_ascii_uppercase()),
        signed_text: Some(text.to_owned()),
        ..plain(
            Form::StringToSign,
            pairs(without_begun_character(canonicalized), Place::Unknown)?,
        )
    })
}

/// Method, path, query, headers, an empty line, header names and a hash, one per line, within any text.
fn from_canonical_request(text: &str) -> Result<Option<Reading>, Finding> {
    let text = answer::with_line_feeds(text);
    let all: Vec<&str> = text.lines().collect();
    let starts = all.windows(2).enumerate().filter_map(|(at, pair)| {
        let [first, path] = pair else { return None };
        // A label may precede the method.
        let is_label = |character: char| !character.is_ascii_alphabetic();
        let method = first.rsplit(is_label).next()?;
        (is_method(method) && path.starts_with('/') && !path.contains(' ')).then_some((at, method))
    });
    let mut ends = all.iter().enumerate().skip(4).filter(|(at, line)| {
        let before = at.checked_sub(1).and_then(|at| all.get(at));
        answer::hash_of(line).is_some() && before.is_some_and(|names| !names.contains(':'))
    });
    let Some((start, method)) = starts.min() else {
        return Ok(None);
    };
    let end = ends.find(|(at, _)| *at >= start.saturating_add(4));
    let lines = end.and_then(|(end, _)| all.get(start..=end));
    let Some([_, path, query, headers @ .., signed_headers, hash]) = lines else {
        return Ok(None);
    };
    let hash = hash.get(..64).unwrap_or_default();
    let signed_text = [&[method, path, query], headers, &[signed_headers, hash]]
        .concat()
        .join("\n");
    let headers: Headers = headers
        .iter()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    Ok(Some(Reading {
        method: Some(method.to_owned()),
        host: header(&headers, "host").map(ToOwned::to_owned),
        path: (*path).to_owned(),
        headers,
        signed_text: Some(signed_text),
        ..plain(Form::CanonicalRequest, pairs(query, Place::Query)?)
    }))
}

/// Whether the text begins like an HTTP message, such as `GET / HTTP/1.1`.
fn begins_with_request_line(text: &str) -> bool {
    let mut words = text.lines().next().unwrap_or_default().split_whitespace();
    words.next().is_some_and(is_method) && words.next().is_some()
}

/// Several lines of unencoded `Name=value` or `Name: value`.
fn lines(text: &str) -> Option<Vec<Parameter>> {
    let parameters = pairs_of_lines(text)?;
    let is_end_of_item = |value: &str| value.trim_end().ends_with(',');
    let parameters = if is_notation(&parameters, is_end_of_item) {
        with_values(parameters, |value| {
            value.trim_end().trim_end_matches(',').to_owned()
        })
    } else {
        parameters
    };
    let is_quoted = |value: &str| unquoted(value).is_some();
    Some(if is_notation(&parameters, is_quoted) {
        with_values(parameters, |value| {
            unquoted(value).unwrap_or_else(|| value.to_owned())
        })
    } else {
        parameters
    })
}

/// Whether marks of the values belong to the notation of the lines: all values have them, except perhaps
/// the last, or one that never contains any.
fn is_notation(parameters: &[Parameter], is_marked: fn(&str) -> bool) -> bool {
    let never = ["Timestamp", "Signature"];
    let mut of_protocol = parameters
        .iter()
        .filter(|one| never.contains(&one.name.as_str()));
    let mut but_last = parameters.iter().take(parameters.len().saturating_sub(1));
    but_last.all(|one| is_marked(&one.value)) || of_protocol.any(|one| is_marked(&one.value))
}

fn with_values(mut parameters: Vec<Parameter>, change: fn(&str) -> String) -> Vec<Parameter> {
    for parameter in &mut parameters {
        parameter.value = change(&parameter.value);
    }
    parameters
}

/// The content of a quoted value, as in YAML or a file of environment variables.
fn unquoted(value: &str) -> Option<String> {
    let value = value.trim_end();
    if value.starts_with('"') {
        return serde_json::from_str(value).ok();
    }
    let inner = value.strip_prefix('\'')?.strip_suffix('\'')?;
    Some(inner.to_owned())
}

fn pairs_of_lines(text: &str) -> Option<Vec<Parameter>> {
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let (_, but_last) = lines.split_last()?;
    let wrapped_form = but_last.iter().any(|line| line.trim_end().ends_with('&'));
    let has_another = |line: &&str| {
        let mut others = line
            .split('&')
            .skip(1)
            .filter_map(|one| one.split_once('='));
        others.any(|(name, _)| is_known(name))
    };
    let is_form = wrapped_form || lines.iter().any(has_another);
    if but_last.is_empty() || is_form || lines.len() > MAX_PAIRS {
        return None;
    }
    lines
        .into_iter()
        .map(|line| {
            let at = line.find(['=', ':'])?;
            let (name, rest) = line.split_at_checked(at)?;
            let value = rest.get(1..).unwrap_or_default();
            let is_spaced = rest.starts_with(':') || name.ends_with(char::is_whitespace);
            let value = if is_spaced { value.trim_start() } else { value };
            is_name(name.trim()).then(|| Parameter {
                name: name.trim().to_owned(),
                value: value.trim_end_matches('\r').to_owned(),
                place: Place::Unknown,
            })
        })
        .collect()
}

fn pairs(form: &str, place: Place) -> Result<Vec<Parameter>, Finding> {
    let pairs = parse_form(form.as_bytes()).map_err(|error| unreadable(form, error))?;
    Ok(pairs
        .into_iter()
        .map(|(name, value)| Parameter { name, value, place })
        .collect())
}

fn unreadable(text: &str, error: FormError) -> Finding {
    match error {
        FormError::NotUtf8 if ends_within_character(text) => Finding::fatal(
            "request-truncated",
            Text::new(
                "粘贴的内容在一个字符中间被截断，请完整复制。",
                "The pasted text ends within a character; copy all of it.",
            ),
        ),
        FormError::NotUtf8 => Finding::not_utf8(),
        FormError::TooManyPairs => Finding::fatal(
            "too-many-parameters",
            Text::composed(
                format!("参数超过 {MAX_PAIRS} 个，请检查粘贴的内容。"),
                format!("There are more than {MAX_PAIRS} parameters; check the pasted text."),
            ),
        ),
    }
}

/// The query without its last pair if that ends within a character.
fn without_begun_character(query: &str) -> &str {
    if ends_within_character(query) {
        query.rsplit_once('&').map_or("", |(before, _)| before)
    } else {
        query
    }
}

/// Whether a percent-encoded text is UTF-8 except for a character that its end cuts off.
fn ends_within_character(text: &str) -> bool {
    let text = text.trim_end_matches(['.', '…']);
    // The last escape may itself be cut off.
    let mut last = text.char_indices().rev().take(2);
    let begun = last.find(|(_, character)| *character == '%');
    let whole = begun.and_then(|(at, _)| text.get(..at));
    let bytes: Vec<u8> = percent_decode_str(whole.unwrap_or(text)).collect();
    std::str::from_utf8(&bytes).is_err_and(|error| error.error_len().is_none())
}

pub(super) const SERVERS_ANSWER: &str = "servers-answer";

fn servers_answer() -> Finding {
    Finding::fatal(
        SERVERS_ANSWER,
        Text::new(
            "这里有服务端的响应；请在这里只粘贴请求，把响应贴到“服务端的响应”一栏。",
            "This contains the server's response; paste only the request here, and the response into its own field.",
        ),
    )
}

fn without_request_line() -> Finding {
    Finding::fatal(
        "without-request-line",
        Text::new(
            "这些是 ACS3 的请求头，缺少请求行；方法、路径和 URL 参数也参与签名，请把请求行（如 POST /?… HTTP/1.1）和请求体一并粘贴。",
            "These are headers of ACS3 without the request line. Method, path and query are signed, too; paste the request line (such as POST /?… HTTP/1.1) and the body with them.",
        ),
    )
}

fn nothing() -> Finding {
    Finding::fatal(
        "nothing",
        Text::new(
            "没有找到参数；请粘贴参数、URL、表单请求体、curl 命令或待签名字符串。",
            "No parameters were found; paste parameters, a URL, a form body, a curl command or a string to sign.",
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(reading: &Reading) -> Vec<(&str, &str)> {
        reading
            .parameters
            .iter()
            .map(|parameter| (parameter.name.as_str(), parameter.value.as_str()))
            .collect()
    }

    #[test]
    fn understands_every_form() {
        let expected = [("Action", "X"), ("Name", "张 三+&")];
        for (text, form) in [
            ("Action=X\nName=张 三+&", Form::Lines),
            ("Action: X\r\nName: 张 三+&\r\n", Form::Lines),
            (
                r#"{"Action":"X","Name":"张 三+&","Skipped":null}"#,
                Form::Json,
            ),
            (
                "https://a.example/?Action=X&Name=%E5%BC%A0+%E4%B8%89%2B%26#part",
                Form::Url,
            ),
            ("?Action=X&Name=%E5%BC%A0%20%E4%B8%89%2B%26", Form::FormBody),
            (
                "Action=X&\nName=%E5%BC%A0%20%E4%B8%89%2B%26",
                Form::FormBody,
            ),
            (
                "curl 'https://a/?Action=X' -d 'Name=%E5%BC%A0%20%E4%B8%89%2B%26'",
                Form::Curl,
            ),
            (
                "POST /?Action=X HTTP/1.1\r\nHost: a.example\r\n\r\nName=%E5%BC%A0%20%E4%B8%89%2B%26",
                Form::HttpMessage,
            ),
            (
                "POST&%2F&Action%3DX%26Name%3D%25E5%25BC%25A0%2520%25E4%25B8%2589%252B%2526",
                Form::StringToSign,
            ),
        ] {
            let reading = read(text).unwrap();
            assert_eq!(reading.form, form, "{text}");
            assert_eq!(named(&reading), expected, "{text}");
        }
    }

    #[test]
    fn finds_the_request_in_what_was_copied_with_it() {
        let expected = [("Action", "X"), ("Name", "a b")];
        let url = "https://a.example/?Action=X&Name=a%20b";
        let dump = "* Connected\n> GET /?Action=X&Name=a%20b HTTP/1.1\n> Host: a.example\n>\n< HTTP/1.1 400 Bad Request";
        for (text, form) in [
            (format!("\u{feff}curl '{url}'"), Form::Curl),
            (format!("curl.exe '{url}'"), Form::Curl),
            (format!("root@host:~# curl '{url}'\n"), Form::Curl),
            (format!("[me@host ~]$ curl -s '{url}' | jq ."), Form::Curl),
            (format!("PS C:\\Users\\me> curl.exe '{url}'"), Form::Curl),
            (format!("$ sudo curl '{url}'"), Form::Curl),
            (format!("\"{url}\""), Form::Url),
            (format!("“{url}”"), Form::Url),
            (format!("wget '{url}'"), Form::Url),
            (format!("Invoke-WebRequest -Uri \"{url}\""), Form::Url),
            (format!("2023-10-26 INFO url={url}, status=400"), Form::Url),
            (format!("url={url}\nstatus=400"), Form::Url),
            (format!("请求失败：{url}，状态码 400。"), Form::Url),
            (format!("{{\"url\":\"{url}\",\"status\":400}}"), Form::Url),
            (url.replace('&', "&amp;"), Form::Url),
            (format!("\"{}\"", url.replace('&', "\\u0026")), Form::Url),
            (url.replace("&Na", "&\nNa"), Form::Url),
            ("https://a.example/\nAction=X&Name=a%20b".to_owned(), Form::Url),
            ("https://a.example/\n\nAction=X&Name=a+b".to_owned(), Form::Url),
            ("https://a.example/?Action=X\nName=a%20b".replace("Name", "CertName"), Form::Url),
            (dump.to_owned(), Form::HttpMessage),
            (dump.replace('\n', "\r\n"), Form::HttpMessage),
            ("send: b'POST /?Action=X HTTP/1.1\\r\\nHost: a.example\\r\\n\\r\\n'\nsend: b'Name=a%20b'\nreply: 'HTTP/1.1 400 Bad Request\\r\\n'".to_owned(), Form::HttpMessage),
            ("POST /?Action=X HTTP/1.1\nHost: a.example\nName=a%20b".to_owned(), Form::HttpMessage),
            ("\u{feff}{\"Action\":\"X\",\"Name\":\"a b\"}".to_owned(), Form::Json),
            ("Action = X\nName = a b".to_owned(), Form::Lines),
            ("stringToSign=POST&%2F&Action%3DX%26Name%3Da%2520b".to_owned(), Form::StringToSign),
            ("StringToSign: POST&%2F&Action%3DX%26Name%3Da%2520b".to_owned(), Form::StringToSign),
            ("{\"stringToSign\":\"POST&%2F&Action%3DX%26Name%3Da%2520b\"}".to_owned(), Form::StringToSign),
            ("POST&#38;%2F&amp;amp;Action%3DX%26Name%3Da%2520b".to_owned(), Form::StringToSign),
        ] {
            let reading = read(&text).unwrap();
            assert_eq!(reading.form, form, "{text}");
            let named = named(&reading);
            let named = named.iter().map(|(name, value)| (name.trim_start_matches("Cert"), *value));
            assert_eq!(named.collect::<Vec<_>>(), expected, "{text}");
            if form == Form::Url || form == Form::Curl {
                assert_eq!(reading.host.as_deref(), Some("a.example"), "{text}");
            }
        }
        let encoded = read("Action=X\nName=a%20b\nTimestamp=2023-10-26T10%3A22%3A32Z").unwrap();
        assert_eq!(encoded.value("Name"), Some("a b"));
        assert_eq!(encoded.value("Timestamp"), Some("2023-10-26T10:22:32Z"));
        let own = read("Name= a b\nAction=X%20").unwrap();
        assert_eq!(named(&own), [("Name", " a b"), ("Action", "X%20")]);
    }

    #[test]
    fn a_curl_command_may_stand_anywhere_in_a_line() {
        let command = "curl -X POST 'https://a.example/?Action=X' -d 'Name=a%20b'";
        for text in [
            format!("➜  ~ {command}"),
            format!("docker exec app {command}"),
            format!("docker run curlimages/curl {command}"),
            format!("time {command}"),
            format!("AK=x {command}"),
            format!("λ {command}"),
            format!("x=$({command})"),
            format!("/usr/bin/{command}"),
            format!("使用{command}"),
            format!("2023-10-26 INFO curl/8.5.0\n{command}\n{{\"Code\":\"X\"}}"),
            format!("me@host ~> {command}\nhttp_code: 400"),
        ] {
            let reading = read(&text).unwrap();
            assert_eq!(reading.form, Form::Curl, "{text}");
            assert_eq!(named(&reading), [("Action", "X"), ("Name", "a b")]);
            assert_ne!(reading.completeness, Completeness::Part, "{text}");
        }
    }

    #[test]
    fn says_where_only_a_part_was_read() {
        let url = "https://a.example/?Action=X&Name=a";
        let body = "CertName=b&CertNo=1";
        for text in [
            format!("INFO request url={url}, body={body}"),
            format!("请求地址：{url} 请求体：{body}"),
            format!("--> POST {url} http/1.1\nContent-Length: 19\n\n{body}"),
            format!("{{\"method\":\"POST\",\"url\":\"{url}\",\"body\":\"{body}\"}}"),
            format!("{{\"url\":\"{}\"}}", url.replace('&', "\\u0026")),
            format!("log: {{\"url\":\"{}\"}}", url.replace('/', "\\/")),
            format!("requests.post(\"{url}\",\n   data=\"{body}\")"),
            format!("axios.post(\"{url}\", \"{body}\")"),
            format!("wget --post-data '{body}' '{url}'"),
            format!("http POST '{url}' CertName=b"),
            format!("GET {} failed", url.replace("https://", "<https://")),
            format!("{url} b&c=1"),
            format!("{url}\nstatus=400"),
            format!("{url}\n{{\"Code\":\"InvalidTimeStamp.Expired\"}}"),
            format!("{url}\nInvalidTimeStamp.Expired"),
            format!("{url}\n400 Bad Request"),
            format!("{url}\n\nfailed"),
            format!("POST {url} HTTP/1.1\nHost: a.example\n\n{body}\n\n{{\"Code\":1}}"),
            format!("{url}\n{body}\n{{}}"),
            format!("{body}\nstatus=400"),
            format!("{body}\n\nfailed"),
        ] {
            let reading = read(&text).unwrap();
            assert_eq!(reading.completeness, Completeness::Part, "{text}");
            let expected = [
                ("Action", "X"),
                ("Name", "a"),
                ("CertName", "b"),
                ("CertNo", "1"),
            ];
            for one in named(&reading) {
                let glued = text.starts_with("INFO") && one.0 == "Name";
                assert!(glued || expected.contains(&one), "{text}: {one:?}");
            }
        }
        // A URL that may be wrapped within a value, and one that is not.
        let wrapped = url.replace("Name=a", "Name=%E5%BC\n%A0&B=1");
        let reading = read(&wrapped).unwrap();
        assert_eq!(reading.completeness, Completeness::Part);
        assert_eq!(
            named(&reading),
            [("Action", "X"), ("Name", "张"), ("B", "1")]
        );
        for text in [
            url.to_owned(),
            format!("\"{url}\""),
            url.replace('&', "&\n"),
            url.replace('&', "\n&"),
            format!("{url}\n{body}"),
            format!("{url}\n\n{body}"),
            format!("POST {url} HTTP/1.1\nHost: a\nContent-Length: 19\n\n{body}\n\nHTTP/1.1 400"),
            format!("> POST {url} HTTP/1.1\n> Host: a.example\n> \n> {body}"),
            body.replace('&', "&\n"),
        ] {
            let reading = read(&text).unwrap();
            assert_eq!(reading.completeness, Completeness::Whole, "{text}");
        }
    }

    #[test]
    fn a_quoted_message_keeps_its_body() {
        for empty in [">", "> "] {
            let text =
                format!("> POST /?Action=X HTTP/1.1\n> Host: a\n{empty}\n> Name=a%20b\nmore");
            let reading = read(&text).unwrap();
            assert_eq!(named(&reading), [("Action", "X"), ("Name", "a b")]);
        }
    }

    #[test]
    fn undoes_the_separators_of_html_only_if_all_are_escaped() {
        let url = "https://a.example/?Action=X&amp;Name=a";
        let html = read(url).unwrap();
        assert!(html.from_html);
        assert_eq!(named(&html), [("Action", "X"), ("Name", "a")]);
        let form = read("Action=X&amp;Name=a").unwrap();
        assert!(form.from_html);
        let sent = [("Action", "X"), ("amp;Name", "a")];
        for text in [
            format!("curl '{url}'"),
            url.replace("https://a.example", "GET "),
            "POST / HTTP/1.1\nHost: a\n\nAction=X&amp;Name=a".to_owned(),
        ] {
            let reading = read(&text).unwrap();
            assert!(!reading.from_html);
            assert_eq!(named(&reading), sent, "{text}");
        }
        let mixed = read(&format!("{url}&B=1")).unwrap();
        assert_eq!((mixed.from_html, mixed.value("Name")), (false, None));
    }

    // With work that grows with the square of the length, this test would take hours.
    #[test]
    fn a_long_text_is_read_in_one_pass() {
        let count = 250_000;
        for text in [
            format!("x\n{}{}", " ".repeat(count), "curl".repeat(count)),
            format!("x{}", " curl".repeat(count)),
            format!("x {}", "https://".repeat(count)),
            format!("x{}", " https://".repeat(count)),
            format!("x {}", "http://a?Action".repeat(count)),
            format!("https://a?{}", "a&\n".repeat(count)),
        ] {
            drop(read(&text));
        }
        let picture = "A%252F".repeat(count / 4);
        let mut text = format!("POST&%2F&Action%3DX%26Picture%3D{picture}%26Version%3D2019-03-07");
        for at in (80..text.len())
            .step_by(80)
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
        {
            text.insert(at, '\n');
        }
        let signed = read(&text).unwrap().signed_text.unwrap();
        assert!(signed.ends_with("%26Version%3D2019-03-07"));
    }

    #[test]
    fn takes_nothing_else_into_the_programs_string() {
        let own = "POST&%2F&Action%3DX%26SignatureVersion%3D1.0%26Version%3D2019-03-07";
        let wrapped = own
            .replace("Signature", "Sig\nnature")
            .replace("-07", "-\r\n07");
        for text in [
            own.to_owned(),
            format!("\"{own}\""),
            format!("{own}\""),
            format!("{own}."),
            format!("{own}。"),
            format!("{own}\nSignature: abc="),
            format!("{own}\n  at com.example"),
            format!("{own}, signature=abc"),
            wrapped,
            own.replace('&', "&amp;"),
        ] {
            let reading = read(&text).unwrap();
            assert_eq!(reading.signed_text.as_deref(), Some(own), "{text}");
        }
        // A program may sign anything.
        let odd = "post&/&Action=X&Name=a b(c)*&Version=1";
        assert_eq!(read(odd).unwrap().signed_text.as_deref(), Some(odd));
        let later = "POST&%2F&Version%3D2019-03-07%26x%3D1";
        assert_eq!(read(later).unwrap().signed_text.as_deref(), Some(later));
    }

    #[test]
    fn a_body_that_is_announced_and_not_pasted_is_missing() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let form = "Content-Type: application/x-www-form-urlencoded";
        for (headers, missing) in [
            ("Content-Length: 14".to_owned(), true),
            (form.to_owned(), true),
            (format!("{form}\nContent-Length: 0"), false),
            (format!("{form}\nx-acs-content-sha256: {empty}"), false),
            ("Accept: */*".to_owned(), false),
            ("Content-Length: 3\n\nA=1".to_owned(), false),
            ("Content-Length: 5\n\nA=1\n".to_owned(), false),
            ("Content-Length: 30\n\nA=1&B".to_owned(), true),
        ] {
            let text = format!("POST / HTTP/1.1\nHost: a.example\n{headers}");
            let is_missing = read(&text).unwrap().completeness != Completeness::Whole;
            assert_eq!(is_missing, missing, "{text}");
        }
        let get = format!("GET /?A=1 HTTP/1.1\n{form}");
        assert_eq!(read(&get).unwrap().completeness, Completeness::Whole);
        let curl = format!("curl -X POST https://a.example?A=1 -H '{form}'");
        assert_eq!(read(&curl).unwrap().completeness, Completeness::Whole);
    }

    #[test]
    fn understands_canonical_requests() {
        let text = "POST\n/\nB=1&a=%20\nhost:a.example\nx-acs-date:d\n\nhost;x-acs-date\n\
                    e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let reading = read(text).unwrap();
        assert_eq!(reading.form, Form::CanonicalRequest);
        assert_eq!(reading.scheme(), SignatureVersion::Acs3);
        assert_eq!(named(&reading), [("B", "1"), ("a", " ")]);
        assert_eq!(reading.header("Host"), Some("a.example"));
    }

    #[test]
    fn finds_a_canonical_request_in_a_log() {
        let hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let text = format!("POST\n/\nB=1\nhost:a.example\n\nhost\n{hash}");
        for pasted in [
            text.clone(),
            format!(
                "canonicalRequest=========>\n{text}\nstringToSign=========>\nACS3-HMAC-SHA256\n{hash}"
            ),
            format!("canonicalRequest=========>\n {text}"),
            format!("INFO canonical request: \"{}\"", text.replace('\n', "\\n")),
        ] {
            let reading = read(&pasted).unwrap();
            assert_eq!(reading.form, Form::CanonicalRequest, "{pasted}");
            assert_eq!(reading.signed_text.as_deref(), Some(&*text), "{pasted}");
        }
    }

    #[test]
    fn quotes_and_commas_of_a_notation_are_not_part_of_values() {
        let expected = [
            ("Action", "X"),
            ("Timestamp", "2023-10-26T10:22:32Z"),
            ("Signature", "ab+c="),
            ("Name", "a\"b"),
        ];
        for text in [
            "Action: \"X\"\nTimestamp: \"2023-10-26T10:22:32Z\"\nSignature: \"ab+c=\"\nName: \"a\\\"b\"",
            "Action=X,\nTimestamp=2023-10-26T10:22:32Z,\nSignature=ab+c=,\nName=a\"b",
            "Action='X',\nTimestamp='2023-10-26T10:22:32Z',\nSignature='ab+c=',\nName='a\"b'",
            "Action: X\nTimestamp: '2023-10-26T10:22:32Z'\nSignature: \"ab+c=\"\nName: a\"b",
            "Action: X\nTimestamp: '2023-10-26T10:22:32Z'\nSignature: ab+c=\nName: a\"b",
        ] {
            assert_eq!(named(&read(text).unwrap()), expected, "{text}");
        }
        let own = "Action=X\nName=\"a\",\nUserId=1,";
        let own = read(own).unwrap();
        assert_eq!(
            named(&own),
            [("Action", "X"), ("Name", "\"a\","), ("UserId", "1,")]
        );
    }

    #[test]
    fn reads_scheme_and_signature() {
        let rpc = read("https://a/?Action=X&Signature=ab%2Bc%3D").unwrap();
        assert_eq!(rpc.scheme(), SignatureVersion::Rpc);
        assert_eq!(rpc.given_signature(SignatureVersion::Rpc), Some("ab+c="));
        let acs3 = read(
            "curl https://a/ -H 'Authorization: ACS3-HMAC-SHA256 Credential=k,SignedHeaders=host,Signature=ff' -d A=1",
        )
        .unwrap();
        assert_eq!(acs3.scheme(), SignatureVersion::Acs3);
        assert_eq!(acs3.given_signature(SignatureVersion::Acs3), Some("ff"));
    }

    #[test]
    fn says_why_text_cannot_be_read() {
        for (text, rule) in [
            ("", "nothing"),
            ("  \n", "nothing"),
            ("hello", "nothing"),
            ("{}", "nothing"),
            (r#"{"config":{"data":"Action=X"},"status":400}"#, "nothing"),
            (r#"{"log":{"entries":[]}}"#, "nothing"),
            ("{\"a\":", "json"),
            ("a=%D5%C5", "not-utf8"),
            ("a=%E5%BC", "request-truncated"),
            (
                "https://a.example/?a=%E5%BC%A0&b=%E4%B8%8",
                "request-truncated",
            ),
            ("https://a.example/?a=%E5%", "request-truncated"),
            ("time=1 level=INFO", "nothing"),
            ("a(b)=1", "nothing"),
            (
                "x-acs-action: X\nx-acs-version: 2019-03-07",
                "without-request-line",
            ),
            (
                "Host: a\nAuthorization: ACS3-HMAC-SHA256 Credential=k",
                "without-request-line",
            ),
            (r#"{"x-acs-action":"X"}"#, "without-request-line"),
            (
                "server string to sign is:POST&%2F&Action%3DX",
                "servers-answer",
            ),
            (
                r#"{"Code":"200","RequestId":"R","ResultObject":"https://a.example/?Expires=1&OSSAccessKeyId=x&Signature=y"}"#,
                "servers-answer",
            ),
            (
                "see https://a.example/?OSSAccessKeyId=x&Signature=y",
                "nothing",
            ),
        ] {
            assert_eq!(read(text).unwrap_err().rule, rule, "{text}");
        }
    }
}
