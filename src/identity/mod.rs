//! The rules of Chinese identity data: identity numbers, names, mobile numbers.
//!
//! Sources: GB 11643-1999 (citizen identification number), State Council office 国办发〔2018〕81号
//! (residence permits of Hong Kong, Macao and Taiwan residents), the 2023 edition of the foreign
//! permanent resident card, 民委发〔2016〕33号 (names with a separator).
//!
//! Each check returns the value to send (`normalized`) with notices about changes and warnings, or
//! the violated rule. Texts never quote the input.

pub mod cert_name;
pub mod cert_no;
mod character;
pub mod mobile;

use crate::text::Text;
use serde::Serialize;

/// A violated rule: its stable name, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RuleViolation {
    /// The stable name of the rule.
    pub rule: &'static str,
    /// What is wrong and how to fix it.
    pub message: Text,
}

impl RuleViolation {
    /// Creates a violation with a constant text.
    pub const fn new(rule: &'static str, zh: &'static str, en: &'static str) -> Self {
        Self {
            rule,
            message: Text::new(zh, en),
        }
    }
}

/// An accepted value.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Accepted<D> {
    /// The value to send to Alibaba Cloud.
    pub normalized: String,
    /// Warnings, and changes made to the input.
    pub notices: Vec<RuleViolation>,
    /// The data that the value encodes.
    #[serde(flatten)]
    pub details: D,
}

/// The value is personal data, so it is not printed.
impl<D> std::fmt::Debug for Accepted<D> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Accepted")
            .field("notices", &self.notices)
            .finish_non_exhaustive()
    }
}

/// A value without encoded data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct NoDetails {}
