//! A sentence in the two languages of this product.

use crate::prelude::*;
use crate::strings::joined;
use alloc::borrow::Cow;
use serde::Serialize;

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
    #[inline(never)] // each place that makes one is half as long
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
            joined(&[&self.zh, &next.zh]),
            joined(&[&self.en, " ", &next.en]),
        )
    }
}
