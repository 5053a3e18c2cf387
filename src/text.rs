//! A sentence in the two languages of this product.

use serde::Serialize;
use std::borrow::Cow;

/// One sentence in Chinese and English; every message this crate makes is a `Text`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Text {
    /// Simplified Chinese.
    pub zh: Cow<'static, str>,
    /// English.
    pub en: Cow<'static, str>,
}

impl Text {
    /// A fixed sentence, usable in tables.
    pub const fn new(zh: &'static str, en: &'static str) -> Self {
        Self {
            zh: Cow::Borrowed(zh),
            en: Cow::Borrowed(en),
        }
    }

    /// A sentence put together from non-personal parts.
    pub fn composed(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            zh: Cow::Owned(zh.into()),
            en: Cow::Owned(en.into()),
        }
    }

    /// This sentence followed by another.
    #[must_use]
    pub fn then(&self, next: &Text) -> Self {
        Self::composed(
            format!("{}{}", self.zh, next.zh),
            format!("{} {}", self.en, next.en),
        )
    }
}
