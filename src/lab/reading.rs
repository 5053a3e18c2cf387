//! Parses pasted text: parameters, a URL, a form body, a curl command, an HTTP message, or the text
//! that a program signed.

use super::http_message::{self, HttpMessage, is_method, split_url};
use super::{Finding, curl};
use crate::http::{Headers, header};
use crate::signing::SignatureVersion;
use crate::signing::encode::{FormError, MAX_PAIRS, parse_form};
use crate::text::Text;
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Its position.
    pub place: Place,
}

/// A pasted request.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
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
}

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

    /// The signature that the request contains.
    pub fn given_signature(&self, scheme: SignatureVersion) -> Option<&str> {
        match scheme {
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
    let text = text.trim();
    if text.is_empty() {
        return Err(nothing());
    }
    let command = text.strip_prefix("$ ").unwrap_or(text);
    if command.starts_with("curl") && command.get(4..5).is_some_and(|next| next.trim().is_empty()) {
        return from_message(Form::Curl, curl::read(command)?);
    }
    if text.starts_with('{') {
        return from_json(text);
    }
    if text.starts_with("https://") || text.starts_with("http://") {
        let (host, path, query) = split_url(&text.split_whitespace().collect::<String>());
        return from_message(
            Form::Url,
            HttpMessage {
                host,
                path,
                query,
                ..HttpMessage::default()
            },
        );
    }
    if let Some(reading) = from_string_to_sign(text)? {
        return Ok(reading);
    }
    if let Some(reading) = from_canonical_request(text)? {
        return Ok(reading);
    }
    if let Some(message) = http_message::read(text) {
        return from_message(Form::HttpMessage, message);
    }
    if let Some(parameters) = lines(text) {
        return Ok(plain(Form::Lines, parameters));
    }
    let form: String = text.trim_start_matches('?').split_whitespace().collect();
    let parameters = pairs(&form, Place::Unknown)?;
    if !form.contains('=') {
        return Err(nothing());
    }
    Ok(plain(Form::FormBody, parameters))
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
    }
}

fn from_message(form: Form, message: HttpMessage) -> Result<Reading, Finding> {
    let mut parameters = pairs(&message.query, Place::Query)?;
    let is_form = header(&message.headers, "content-type")
        .is_none_or(|value| value.starts_with("application/x-www-form-urlencoded"));
    if let Some(body) = message.body.as_deref().filter(|_| is_form) {
        parameters.extend(pairs(body.trim_end(), Place::Form)?);
    }
    Ok(Reading {
        method: message.method.map(|method| method.to_ascii_uppercase()),
        host: message.host,
        path: message.path,
        headers: message.headers,
        body: message.body,
        ..plain(form, parameters)
    })
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
    let parameters: Vec<Parameter> = members
        .filter_map(|(name, value)| {
            let value = match value {
                Value::Null => return None,
                Value::String(text) => text.clone(),
                // Numbers keep their notation; objects become compact JSON.
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
    Ok(plain(Form::Json, parameters))
}

/// `METHOD&%2F&` and the canonicalized query, encoded a second time.
fn from_string_to_sign(text: &str) -> Result<Option<Reading>, Finding> {
    let mut parts = text.splitn(3, '&');
    let (Some(method), Some(path), Some(query)) = (parts.next(), parts.next(), parts.next()) else {
        return Ok(None);
    };
    if !method.bytes().all(|byte| byte.is_ascii_alphabetic())
        || !matches!(path, "%2F" | "%2f" | "/")
    {
        return Ok(None);
    }
    let once = parse_form(query.as_bytes()).map_err(unreadable)?;
    // A query that was not encoded a second time is split into pairs directly.
    let canonicalized = match once.as_slice() {
        [(query, nothing)] if nothing.is_empty() => query.as_str(),
        _ => query,
    };
    Ok(Some(Reading {
        method: Some(method.to_ascii_uppercase()),
        signed_text: Some(text.to_owned()),
        ..plain(Form::StringToSign, pairs(canonicalized, Place::Unknown)?)
    }))
}

/// Method, path, query, headers, an empty line, header names and a hash, one per line.
fn from_canonical_request(text: &str) -> Result<Option<Reading>, Finding> {
    let lines: Vec<&str> = text.lines().collect();
    let [method, path, query, headers @ .., signed_headers, hash] = lines.as_slice() else {
        return Ok(None);
    };
    let is_one = is_method(method)
        && path.starts_with('/')
        && !path.contains(' ')
        && hash.len() == 64
        && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
        && !signed_headers.contains(':');
    if !is_one {
        return Ok(None);
    }
    let headers: Headers = headers
        .iter()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    Ok(Some(Reading {
        method: Some((*method).to_owned()),
        host: header(&headers, "host").map(ToOwned::to_owned),
        path: (*path).to_owned(),
        headers,
        signed_text: Some(text.to_owned()),
        ..plain(Form::CanonicalRequest, pairs(query, Place::Query)?)
    }))
}

/// Several lines of unencoded `Name=value` or `Name: value`.
fn lines(text: &str) -> Option<Vec<Parameter>> {
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let (_, but_last) = lines.split_last()?;
    let wrapped_form = but_last.iter().any(|line| line.trim_end().ends_with('&'));
    if but_last.is_empty() || wrapped_form || lines.len() > MAX_PAIRS {
        return None;
    }
    lines
        .into_iter()
        .map(|line| {
            let at = line.find(['=', ':'])?;
            let (name, rest) = line.split_at_checked(at)?;
            let name = name.trim();
            let is_name = !name.is_empty()
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
            let value = rest.get(1..).unwrap_or_default();
            let value = if rest.starts_with(':') {
                value.trim_start()
            } else {
                value
            };
            is_name.then(|| Parameter {
                name: name.to_owned(),
                value: value.trim_end_matches('\r').to_owned(),
                place: Place::Unknown,
            })
        })
        .collect()
}

fn pairs(form: &str, place: Place) -> Result<Vec<Parameter>, Finding> {
    let pairs = parse_form(form.as_bytes()).map_err(unreadable)?;
    Ok(pairs
        .into_iter()
        .map(|(name, value)| Parameter { name, value, place })
        .collect())
}

fn unreadable(error: FormError) -> Finding {
    match error {
        FormError::NotUtf8 => not_utf8(),
        FormError::TooManyPairs => Finding::fatal(
            "too-many-parameters",
            Text::composed(
                format!("参数超过 {MAX_PAIRS} 个，请检查粘贴的内容。"),
                format!("There are more than {MAX_PAIRS} parameters; check the pasted text."),
            ),
        ),
    }
}

pub(super) fn not_utf8() -> Finding {
    Finding::fatal(
        "not-utf8",
        Text::new(
            "编码后的内容不是 UTF-8（通常是 GBK）；签名必须按 UTF-8 编码。",
            "The encoded bytes are not UTF-8 (most likely GBK); sign UTF-8.",
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
            ("{\"a\":", "json"),
            ("a=%D5%C5", "not-utf8"),
        ] {
            assert_eq!(read(text).unwrap_err().rule, rule, "{text}");
        }
    }
}
