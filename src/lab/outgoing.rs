//! A request as it goes to the vendor, in a form that may be shown: personal data masked.

use crate::actions::{Action, Rule};
use crate::http::Headers;
use crate::signing::encode::parse_form;
use serde::{Deserialize, Serialize};

/// A request as `call::attempt` gave it to the host.
#[derive(Deserialize)]
pub struct Prepared {
    /// `POST` or `GET`.
    pub method: String,
    /// Absolute URL.
    pub url: String,
    /// All headers.
    pub headers: Headers,
    /// The body, `None` where there is none.
    pub body: Option<String>,
}

/// Holds personal data and is not printed.
impl core::fmt::Debug for Prepared {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Prepared").finish_non_exhaustive()
    }
}

/// A request that may be shown.
#[derive(Debug, Serialize)]
pub struct Shown {
    /// `POST` or `GET`.
    pub method: String,
    /// The address without its query.
    pub url: String,
    /// Parameters in the URL's query.
    pub query: Vec<Entry>,
    /// All headers.
    pub headers: Headers,
    /// Parameters in the form body.
    pub form: Vec<Entry>,
}

/// A parameter that may be shown.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Its name on the wire.
    pub name: String,
    /// Its value, masked where it is personal.
    pub value: String,
    /// Whether it was masked.
    pub masked: bool,
}

/// Masks the personal data of a request of that action; of an action that is not known, everything.
pub fn show(action: &str, request: &Prepared) -> Shown {
    let action = Action::by_name(action);
    let (url, query) = request.url.split_once('?').unwrap_or((&request.url, ""));
    Shown {
        method: request.method.clone(),
        url: url.to_owned(),
        query: entries(action, query),
        headers: request.headers.clone(),
        form: entries(action, request.body.as_deref().unwrap_or_default()),
    }
}

fn entries(action: Option<&Action>, form: &str) -> Vec<Entry> {
    // The form is of our own making, so it reads back.
    let pairs = parse_form(form.as_bytes()).unwrap_or_default();
    pairs
        .into_iter()
        .map(|(name, value)| {
            let masked = match action {
                Some(action) => action
                    .parameter(&name)
                    .and_then(|parameter| mask(parameter.rule, &value)),
                None => Some(keep(&value, 0, 0)),
            };
            match masked {
                Some(value) => Entry {
                    name,
                    value,
                    masked: true,
                },
                None => Entry {
                    name,
                    value,
                    masked: false,
                },
            }
        })
        .collect()
}

/// The value with what identifies a person left out; `None` for what is not personal.
fn mask(rule: Rule, value: &str) -> Option<String> {
    match rule {
        Rule::CertName => Some(keep(value, 1, 0)),
        Rule::CertNo => Some(keep(value, 1, 1)),
        Rule::Mobile => Some(keep(value, 3, 2)),
        Rule::Ip => Some(keep(value, 2, 0)),
        Rule::MetaInfo => Some(alloc::format!("{{…}} {} bytes", value.len())),
        Rule::Picture => Some(alloc::format!("… {} bytes", value.len())),
        _ => None,
    }
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

    #[test]
    fn masks_what_is_personal_and_nothing_else() {
        let request = Prepared {
            method: "POST".to_owned(),
            url: "https://cloudauth.aliyuncs.com/?Ip=192.0.2.1".to_owned(),
            headers: Vec::new(),
            body: Some(
                "CertName=%E5%BC%A0%E4%B8%89&CertNo=11010519491231002X&Mobile=13000000000\
                 &MetaInfo=%7B%7D&UserId=123456789&Signature=a%2Bb%3D"
                    .to_owned(),
            ),
        };
        let shown = show("InitFaceVerify", &request);
        assert_eq!(shown.url, "https://cloudauth.aliyuncs.com/");
        assert_eq!(shown.query[0].value, "19*******");
        let form: Vec<_> = shown
            .form
            .iter()
            .map(|entry| (entry.name.as_str(), entry.value.as_str(), entry.masked))
            .collect();
        assert_eq!(
            form,
            [
                ("CertName", "张*", true),
                ("CertNo", "1****************X", true),
                ("Mobile", "130******00", true),
                ("MetaInfo", "{…} 2 bytes", true),
                ("UserId", "123456789", false),
                ("Signature", "a+b=", false),
            ]
        );
        let unknown = show("Other", &request);
        assert!(unknown.form.iter().all(|entry| entry.masked));
        assert_eq!(keep("X", 1, 1), "X");
        assert_eq!(keep("", 1, 1), "");
    }
}
