//! Parses the query parameters.

use super::problem::Problem;
use crate::error::FieldError;
use crate::http::first_value;
use crate::signing::encode::parse_form;
use crate::text::Text;
use crate::timestamp::Timestamp;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// The query parameters.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn read(
        query: &str,
        known: &[&'static str],
        wrong: &mut Vec<FieldError>,
    ) -> Result<Self, Problem> {
        let unreadable = |_| {
            Problem::fields(vec![FieldError::new(
                "(query)",
                "not-utf8",
                Text::new(
                    "查询参数应为 UTF-8 的百分号编码，且参数不得过多。",
                    "must be percent-encoded UTF-8 and have fewer parameters.",
                ),
            )])
        };
        let pairs = parse_form(query.as_bytes()).map_err(unreadable)?;
        let mut left = known.to_vec();
        let mut once = |name: &str| {
            let at = left.iter().position(|known| *known == name);
            at.map(|at| left.swap_remove(at)).is_some()
        };
        if !pairs.iter().all(|(name, _)| once(name)) {
            let list = known.join(", ");
            wrong.push(FieldError::new(
                "(query)",
                "unknown-parameter",
                Text::composed(
                    format!("含未知或重复的参数；可用的参数：{list}。"),
                    [
                        "has an unknown or duplicate parameter; available: ",
                        &list,
                        ".",
                    ]
                    .concat(),
                ),
            ));
        }
        Ok(Self(pairs))
    }

    pub(super) fn value(&self, name: &str) -> Option<&str> {
        first_value(&self.0, name).map(String::as_str)
    }

    /// Parses a time in UTC, with or without milliseconds; returns milliseconds.
    pub(super) fn moment(&self, name: &'static str, wrong: &mut Vec<FieldError>) -> Option<i64> {
        let moment = Timestamp::parse_iso8601_millis(self.value(name)?);
        if moment.is_none() {
            wrong.push(FieldError::new(
                name,
                "timestamp",
                Text::new(
                    "应为 UTC 时间，如 2026-11-23T00:00:00Z。",
                    "must be a time in UTC such as 2026-11-23T00:00:00Z.",
                ),
            ));
        }
        moment.map(Timestamp::unix_millis)
    }

    /// A number in the range; `default` if it is not given or wrong. `meaning` follows the message.
    pub(super) fn number<N: FromStr + PartialOrd + Display>(
        &self,
        name: &'static str,
        range: &RangeInclusive<N>,
        default: N,
        meaning: Option<&Text>,
        wrong: &mut Vec<FieldError>,
    ) -> N {
        let Some(text) = self.value(name) else {
            return default;
        };
        match text.parse() {
            Ok(number) if range.contains(&number) && !text.starts_with('+') => number,
            _ => {
                let mut error = FieldError::out_of_range(name, range);
                if let Some(meaning) = meaning {
                    error.message = error.message.then(meaning);
                }
                wrong.push(error);
                default
            }
        }
    }

    pub(super) fn flag(&self, name: &'static str, wrong: &mut Vec<FieldError>) -> Option<bool> {
        match self.value(name)? {
            "true" => Some(true),
            "false" => Some(false),
            _ => {
                wrong.push(FieldError::new(
                    name,
                    "one-of",
                    Text::new("应为 true 或 false。", "must be true or false."),
                ));
                None
            }
        }
    }
}
