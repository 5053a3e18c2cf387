//! Reads settings, which are text, numbers or flags, and collects all problems.

use super::mode::Mode;
use crate::actions::Value;
use crate::error::FieldError;
use crate::http::first_value;
use crate::text::Text;

/// Each has a list of callers, because Cloudflare limits a secret to 5 KB.
pub const CALLER_LISTS: &[&str] = &[
    "GATEWAY_CALLERS",
    "GATEWAY_CALLERS_2",
    "GATEWAY_CALLERS_3",
    "GATEWAY_CALLERS_4",
    "GATEWAY_CALLERS_5",
    "GATEWAY_CALLERS_6",
    "GATEWAY_CALLERS_7",
    "GATEWAY_CALLERS_8",
    "GATEWAY_CALLERS_9",
];

/// The names of all other settings.
pub const NAMES: &[&str] = &[
    "GATEWAY_MODE",
    "GATEWAY_SECRET",
    "GATEWAY_RETENTION_DAYS",
    "GATEWAY_CERTIFY_ID_VALID_MINUTES",
    "GATEWAY_ALLOWED_ORIGINS",
    "GATEWAY_PUBLIC_URL",
    "GATEWAY_PHOTO",
    "GATEWAY_CONSOLE",
    "CLOUDAUTH_ENDPOINTS",
    "CLOUDAUTH_ACCESS_KEY_ID",
    "CLOUDAUTH_ACCESS_KEY_SECRET",
    "CLOUDAUTH_SECURITY_TOKEN",
    "CLOUDAUTH_SCENE_ID",
    "CLOUDAUTH_SIGNATURE_VERSION",
    "CLOUDAUTH_TIMEOUT_MS",
    "CLOUDAUTH_TOTAL_TIMEOUT_MS",
    "CLOUDAUTH_MAX_ATTEMPTS",
    "CLOUDAUTH_CALLS_PER_SECOND",
    "CLOUDAUTH_ALLOW_OTHER_PRODUCTS",
    "CLOUDAUTH_ALLOW_RESIDENCE_PERMITS",
    "CLOUDAUTH_ALLOW_VPC_ENDPOINTS",
];

/// Names and values of the host's variables and secrets.
pub type Variables = Vec<(String, String)>;

/// Prefix of the names of settings that contain the secrets of callers' key pairs.
pub(super) const KEY_SECRET_PREFIX: &str = "GATEWAY_KEY_";

pub(super) struct Reader<'a> {
    pub(super) variables: &'a Variables,
    pub(super) problems: Vec<FieldError>,
    pub(super) mode: Mode,
}

impl Reader<'_> {
    /// A setting's value; an empty value counts as not set.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        first_value(self.variables, name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    pub(super) fn wrong(
        &mut self,
        name: &str,
        rule: &'static str,
        zh: &'static str,
        en: &'static str,
    ) {
        self.problems
            .push(FieldError::new(name, rule, Text::new(zh, en)));
    }

    pub(super) fn number(&mut self, name: &str, default: i64, max: i64) -> i64 {
        let Some(text) = self.text(name) else {
            return default;
        };
        let range = 1..=max;
        match text.parse::<i64>() {
            Ok(number) if range.contains(&number) => number,
            _ => {
                self.problems.push(FieldError::out_of_range(name, &range));
                default
            }
        }
    }

    /// Whether the setting is `yes` rather than `no`; `None` if it is not set or neither of them.
    pub(super) fn either(&mut self, name: &str, yes: &str, no: &str) -> Option<bool> {
        let text = self.text(name)?;
        if text == yes || text == no {
            return Some(text == yes);
        }
        let message = Text::composed(
            format!("应为 {yes} 或 {no}。"),
            format!("must be {yes} or {no}."),
        );
        self.problems.push(FieldError::new(name, "one-of", message));
        None
    }

    /// A whole number, as a value of an option.
    pub(super) fn whole<'v>(&self, name: &str) -> Value<'v> {
        self.text(name).map_or(Value::Absent, |text| {
            text.parse().map_or(Value::Unusable, Value::Integer)
        })
    }

    /// `true` or `false`, as a value of an option.
    pub(super) fn flag<'v>(&self, name: &str) -> Value<'v> {
        match self.text(name) {
            None => Value::Absent,
            Some("true") => Value::Boolean(true),
            Some("false") => Value::Boolean(false),
            Some(_) => Value::Unusable,
        }
    }

    /// Reports unknown names: a misspelt setting would otherwise silently keep its default.
    pub(super) fn unknown_names(&mut self) {
        for (name, _) in self.variables {
            let ours = name.starts_with("GATEWAY_") || name.starts_with("CLOUDAUTH_");
            let known = NAMES.contains(&name.as_str())
                || CALLER_LISTS.contains(&name.as_str())
                || name.starts_with(KEY_SECRET_PREFIX);
            if ours && !known {
                self.problems.push(FieldError::new(
                    name.as_str(),
                    "unknown-setting",
                    Text::new(
                        "不是有效的设置项，请核对名称。",
                        "is not a known setting; check its name.",
                    ),
                ));
            }
        }
    }
}
