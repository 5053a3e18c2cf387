//! The console's calculations: the stages of a signature, the cause of a wrong signature, the parts
//! of an identity number, lists of identities, and requests with masked data.
//!
//! Everything runs in the browser; nothing is stored or sent.

pub mod answer;
pub mod calculation;
pub mod cert_no_parts;
pub mod comparison;
pub mod conclusion;
mod curl;
pub mod examination;
mod excerpt;
mod http_message;
pub mod list;
mod mask;
pub mod mistakes;
pub mod outgoing;
pub mod reading;
pub mod share;
mod signature_form;
#[cfg(test)]
mod tests;

use crate::text::Text;
use serde::Serialize;

/// A problem or peculiarity of the pasted text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Whether Alibaba Cloud would reject the request because of it.
    pub fatal: bool,
    /// Stable name.
    pub rule: &'static str,
    /// What is wrong and how to fix it.
    pub message: Text,
    /// What follows from it.
    #[serde(skip)]
    role: Role,
}

/// What follows from a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// Nothing about the signature.
    Remark,
    /// The signature is wrong, or the server reads another one.
    Cause,
    /// The signature cannot be judged.
    Unread,
    /// The server finds that the time has expired.
    Expired,
}

/// A stable name and its text.
type Said = (&'static str, Text);

impl Finding {
    fn fatal(rule: &'static str, message: Text) -> Self {
        Self {
            fatal: true,
            rule,
            message,
            role: Role::Remark,
        }
    }

    fn notice(rule: &'static str, message: Text) -> Self {
        Self {
            fatal: false,
            rule,
            message,
            role: Role::Remark,
        }
    }

    fn in_role(self, role: Role) -> Self {
        Self { role, ..self }
    }

    fn cause(rule: &'static str, message: Text) -> Self {
        Self::fatal(rule, message).in_role(Role::Cause)
    }

    fn unread(rule: &'static str, message: Text) -> Self {
        Self::notice(rule, message).in_role(Role::Unread)
    }

    /// For bytes that are not UTF-8.
    fn not_utf8() -> Self {
        Self::fatal(
            "not-utf8",
            Text::new(
                "编码后的内容不是 UTF-8（通常是 GBK）；签名必须按 UTF-8 编码。",
                "The encoded bytes are not UTF-8 (most likely GBK); sign UTF-8.",
            ),
        )
    }
}
