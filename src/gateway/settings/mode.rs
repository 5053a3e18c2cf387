//! What a gateway is for, which decides which upstream and which credentials it accepts.

use crate::http::first_value;

/// Header of every response and webhook delivery of a gateway whose upstream is a sandbox.
pub const HEADER: &str = "cloudauth-gateway-mode";

words! {
    /// The purpose of a gateway.
    #[derive(Default)]
    pub enum Mode {
        /// Real verifications: Alibaba Cloud alone, with credentials that nobody else knows.
        #[default]
        Production = "production",
        /// Simulated verifications for a team: a sandbox alone, on any host, with callers of its own.
        Staging = "staging",
        /// Simulated verifications on a developer's machine: loopback addresses alone, with credentials
        /// that everybody knows.
        Development = "development",
    }
}

impl Mode {
    /// The mode that the settings name, even if other settings are invalid; `None` for an unknown
    /// word.
    pub fn of(variables: &[(String, String)]) -> Option<Self> {
        match first_value(variables, "GATEWAY_MODE").map(String::as_str) {
            None | Some("") => Some(Self::Production),
            Some(word) => Self::read(word),
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
