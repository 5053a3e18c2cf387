//! The rules of Chinese identity data: identity numbers, names, mobile numbers.
//!
//! Sources: GB 11643-1999 (citizen identification number), State Council office 国办发〔2018〕81号
//! (residence permits of Hong Kong, Macao and Taiwan residents), the 2023 edition of the foreign
//! permanent resident card, 民委发〔2016〕33号 (names with a separator).
//!
//! Each check gives what is sent (`normalized`), what was changed or looks odd (`notices`) or the
//! one rule that is broken. No problem or notice repeats the input.

pub mod cert_name;
pub mod cert_no;
pub mod mobile;

use crate::text::Text;
use serde::Serialize;

/// A broken rule: a stable name and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Stable name of the rule.
    pub rule: &'static str,
    /// What is wrong and what to do.
    pub message: Text,
}

impl Problem {
    /// A fixed sentence for a broken rule.
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
    /// Changes made to the input and things to look at; the value was accepted all the same.
    pub notices: Vec<Problem>,
    /// What the value says.
    #[serde(flatten)]
    pub details: D,
}

/// The value is personal data and is not printed.
impl<D> std::fmt::Debug for Accepted<D> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Accepted")
            .field("notices", &self.notices)
            .finish_non_exhaustive()
    }
}

/// Nothing further to tell about a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct NoDetails {}
