//! The request to Alibaba Cloud for display, with masked personal data.

use crate::actions::{self, ValidationOptions};
use crate::actions::{Action, Rule, SigningContext, Value};
use crate::error::FieldError;
use crate::http::{Headers, OutgoingRequest};
use crate::signing::SignatureVersion;
use crate::signing::encode::parse_form;
use crate::text::Text;
use crate::timestamp::Timestamp;
use crate::vendor::credentials::Credentials;
use crate::vendor::endpoint::{DEFAULT_ENDPOINT, Endpoint};
use serde::Serialize;
use std::borrow::Cow;

/// A request under construction.
#[derive(Clone, Copy)]
pub struct Draft<'a> {
    /// `InitFaceVerify` or `DescribeFaceVerify`.
    pub action: &'a str,
    /// Alternating names and values of fields.
    pub values: &'a [String],
    /// The scheme.
    pub scheme: SignatureVersion,
    /// The endpoint; `None` for Alibaba Cloud's public host.
    pub endpoint: Option<&'a str>,
    /// The key pair; without one, the dependent parts are omitted.
    pub key: Option<(&'a str, &'a str)>,
}

/// Contains personal data, so it is not printed.
impl std::fmt::Debug for Draft<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Draft").finish_non_exhaustive()
    }
}

/// The displayed request.
#[derive(Debug, Default, Serialize)]
pub struct Preview {
    /// The request; `None` if it is invalid.
    pub request: Option<Shown>,
    /// All invalid fields.
    pub errors: Vec<FieldError>,
    /// Changes to the input and warnings.
    pub notices: Vec<FieldError>,
}

/// Validates a draft and returns its request for display.
pub fn preview(draft: &Draft<'_>, nonce: &str, now: Timestamp) -> Preview {
    let wrong = |problems| Preview {
        errors: problems,
        ..Preview::default()
    };
    let Some(action) = actions::by_name(draft.action) else {
        return wrong(vec![FieldError::new(
            "action",
            "one-of",
            Text::new("没有这个接口。", "is not one of the two actions."),
        )]);
    };
    let endpoint = match Endpoint::parse(draft.endpoint.unwrap_or(DEFAULT_ENDPOINT)) {
        Ok(endpoint) => endpoint,
        Err(problem) => return wrong(vec![problem]),
    };
    let values = draft.values.chunks_exact(2).filter_map(|pair| match pair {
        [name, value] => Some((name, Value::from(value.as_str()))),
        _ => None,
    });
    let valid = match actions::validate(action, values, &ValidationOptions::new(now)) {
        Ok(valid) => valid,
        Err(error) => return wrong(error.fields),
    };
    let has_key = draft.key.is_some();
    let (id, secret) = draft.key.unwrap_or_default();
    let credentials = Credentials::new(id, secret);
    let request = valid.sign(&SigningContext {
        endpoint: &endpoint,
        credentials: &credentials,
        version: draft.scheme,
        nonce,
        now,
    });
    Preview {
        request: Some(show(action, &request, has_key)),
        errors: Vec::new(),
        notices: valid.notices().to_vec(),
    }
}

/// A request for display.
#[derive(Debug, Serialize)]
pub struct Shown {
    /// `POST` or `GET`.
    pub method: &'static str,
    /// The URL without its query.
    pub url: String,
    /// Parameters in the URL's query.
    pub query: Vec<Entry>,
    /// All headers.
    pub headers: Headers,
    /// Parameters in the form body.
    pub form: Vec<Entry>,
}

/// A parameter for display.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Its wire name.
    pub name: String,
    /// Its value, masked if it is personal data.
    pub value: String,
    /// Whether it was masked.
    pub masked: bool,
}

/// Masks personal data and, without a key, the parts that depend on one.
fn show(action: &Action, request: &OutgoingRequest, has_key: bool) -> Shown {
    let (url, query) = request.url.split_once('?').unwrap_or((&request.url, ""));
    let entries = |form: &str| -> Vec<Entry> {
        // The form was generated here, so it parses.
        let pairs = parse_form(form.as_bytes()).unwrap_or_default();
        let entry = |(name, value): (String, String)| {
            let rule = action.parameter(&name).map(|parameter| parameter.rule);
            let masked = match (rule, name.as_str()) {
                (Some(rule), _) => mask(rule, &value),
                (None, "AccessKeyId" | "Signature") if !has_key => Some("…".to_owned()),
                (None, _) => None,
            };
            Entry {
                masked: masked.is_some(),
                value: masked.unwrap_or(value),
                name,
            }
        };
        pairs.into_iter().map(entry).collect()
    };
    let header = |(name, value): &(&str, Cow<str>)| {
        let hidden = *name == "authorization" && !has_key;
        let shown = if hidden { "…" } else { value };
        ((*name).to_owned(), shown.to_owned())
    };
    Shown {
        method: request.method,
        url: url.to_owned(),
        query: entries(query),
        headers: request.headers.iter().map(header).collect(),
        form: entries(request.body.as_deref().unwrap_or_default()),
    }
}

/// The masked value; `None` if it is not personal data.
fn mask(rule: Rule, value: &str) -> Option<String> {
    match rule {
        Rule::CertName => Some(keep(value, 1, 0)),
        Rule::CertNo => Some(masked_cert_no(value)),
        Rule::Mobile => Some(keep(value, 3, 2)),
        Rule::Ip => Some(keep(value, 2, 0)),
        Rule::MetaInfo => Some(format!("{{…}} {} bytes", value.len())),
        Rule::Picture => Some(format!("… {} bytes", value.len())),
        _ => None,
    }
}

/// An identity number in a form that may be shown.
pub fn masked_cert_no(number: &str) -> String {
    keep(number.trim(), 1, 1)
}

fn keep(value: &str, first: usize, last: usize) -> String {
    let count = value.chars().count();
    let end = count.saturating_sub(last);
    value
        .chars()
        .enumerate()
        .map(|(at, character)| {
            if at < first.min(end) || at >= end {
                character
            } else {
                '*'
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(scheme: SignatureVersion, key: bool) -> Preview {
        let values = [
            ("sceneId", "1000000006"),
            ("outerOrderNo", "e0c34a77f5ac40a5aa5e6ed20c353888"),
            ("userId", "123456789"),
            ("certName", "张三"),
            ("certNo", "11010519491231002X"),
            ("mobile", "13000000000"),
            ("ip", "192.0.2.1"),
            ("metaInfo", "{}"),
        ]
        .map(|(name, value)| [name.to_owned(), value.to_owned()])
        .concat();
        let draft = Draft {
            action: "InitFaceVerify",
            values: &values,
            scheme,
            endpoint: None,
            key: key.then_some(("testid", "testsecret")),
        };
        preview(&draft, "n", Timestamp::from_unix_millis(1_795_000_000_000))
    }

    fn value<'a>(entries: &'a [Entry], name: &str) -> &'a str {
        let entry = entries.iter().find(|entry| entry.name == name).unwrap();
        &entry.value
    }

    #[test]
    fn masks_what_is_personal() {
        for scheme in [SignatureVersion::Rpc, SignatureVersion::Acs3] {
            let shown = draft(scheme, true).request.unwrap();
            let entries: Vec<Entry> = shown.query.into_iter().chain(shown.form).collect();
            for (name, masked) in [
                ("CertName", "张*"),
                ("CertNo", "1****************X"),
                ("Mobile", "130******00"),
                ("Ip", "19*******"),
                ("MetaInfo", "{…} 2 bytes"),
            ] {
                assert_eq!(value(&entries, name), masked);
            }
            assert_eq!(value(&entries, "UserId"), "123456789");
            assert_eq!(shown.url, "https://cloudauth.aliyuncs.com/");
        }
        assert_eq!(keep("X", 1, 1), "X");
        assert_eq!(keep("", 1, 1), "");
    }

    #[test]
    fn shows_no_signature_without_a_key() {
        let signed = draft(SignatureVersion::Rpc, true).request.unwrap();
        assert_eq!(value(&signed.form, "AccessKeyId"), "testid");
        let unsigned = draft(SignatureVersion::Rpc, false).request.unwrap();
        assert_eq!(value(&unsigned.form, "AccessKeyId"), "…");
        assert_eq!(value(&unsigned.form, "Signature"), "…");
        let unsigned = draft(SignatureVersion::Acs3, false).request.unwrap();
        let authorization = unsigned
            .headers
            .iter()
            .find(|(name, _)| name == "authorization");
        assert_eq!(authorization.unwrap().1, "…");
    }

    #[test]
    fn reports_everything_that_is_wrong() {
        let empty = Draft {
            action: "InitFaceVerify",
            values: &[],
            scheme: SignatureVersion::Rpc,
            endpoint: None,
            key: None,
        };
        let preview = preview(&empty, "n", Timestamp::from_unix_millis(0));
        assert!(preview.request.is_none());
        assert!(preview.errors.len() > 1);
    }
}
