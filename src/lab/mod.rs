//! What the console computes: a request taken apart stage by stage, the cause of a wrong signature,
//! the parts of an identity number, whole lists of identities, and a request as it may be shown.
//!
//! Everything runs where the text was pasted; nothing here stores or sends anything.

pub mod answer;
pub mod calculation;
pub mod cert_no_parts;
pub mod comparison;
pub mod conclusion;
mod curl;
#[cfg(test)]
mod diagnosis;
pub mod examination;
mod http_message;
pub mod list;
pub mod mistakes;
pub mod outgoing;
pub mod reading;

use crate::text::Text;
use serde::Serialize;

/// Something worth saying about what was pasted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Whether Alibaba Cloud would refuse the request because of it.
    pub fatal: bool,
    /// Stable name.
    pub rule: &'static str,
    /// What it is and what to do.
    pub message: Text,
}

impl Finding {
    fn fatal(rule: &'static str, message: Text) -> Self {
        Self {
            fatal: true,
            rule,
            message,
        }
    }

    fn notice(rule: &'static str, message: Text) -> Self {
        Self {
            fatal: false,
            rule,
            message,
        }
    }
}
