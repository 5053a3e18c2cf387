//! What a gateway is for, which decides which upstream and which credentials it accepts.

use super::reader::Variables;
use crate::http::first_value;
use serde::Serialize;

/// Header of every response and webhook delivery of a gateway whose upstream is a sandbox.
pub const HEADER: &str = "cloudauth-gateway-mode";

/// The purpose of a gateway.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Real verifications: Alibaba Cloud alone, with credentials that nobody else knows.
    #[default]
    Production,
    /// Simulated verifications for a team: a sandbox alone, on any host, with callers of its own.
    Staging,
    /// Simulated verifications on a developer's machine: loopback addresses alone, with credentials
    /// that everybody knows.
    Development,
}

impl Mode {
    /// The mode that the settings name, even if other settings are invalid; `None` for an unknown
    /// word.
    pub fn of(variables: &Variables) -> Option<Self> {
        match first_value(variables, "GATEWAY_MODE").map(String::as_str) {
            None | Some("" | "production") => Some(Self::Production),
            Some("staging") => Some(Self::Staging),
            Some("development") => Some(Self::Development),
            Some(_) => None,
        }
    }

    /// Its name in the settings.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Staging => "staging",
            Self::Development => "development",
        }
    }

    /// Whether verifications are simulated by a sandbox.
    pub const fn is_simulated(self) -> bool {
        !matches!(self, Self::Production)
    }

    /// The header that marks what a gateway with simulated verifications sends.
    pub fn mark(self) -> Option<(&'static str, &'static str)> {
        self.is_simulated().then(|| (HEADER, self.word()))
    }
}
