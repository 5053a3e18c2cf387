//! Text in Chinese and English.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A text in Chinese and English; every message of this crate is a `Text`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Text {
    /// Simplified Chinese.
    pub zh: Cow<'static, str>,
    /// English.
    pub en: Cow<'static, str>,
}

impl Text {
    /// A constant text, for tables.
    pub const fn new(zh: &'static str, en: &'static str) -> Self {
        Self {
            zh: Cow::Borrowed(zh),
            en: Cow::Borrowed(en),
        }
    }

    /// Creates a text from strings, which must not contain personal data.
    pub fn composed(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            zh: Cow::Owned(zh.into()),
            en: Cow::Owned(en.into()),
        }
    }

    /// This text followed by another.
    #[must_use]
    pub fn then(&self, next: &Text) -> Self {
        Self::composed(
            format!("{}{}", self.zh, next.zh),
            format!("{} {}", self.en, next.en),
        )
    }
}
