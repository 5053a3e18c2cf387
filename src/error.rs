//! The one error family: what went wrong, who must act, and whether trying again can help.
//!
//! An error never holds the secret, the identity, the MetaInfo, a URL or text Alibaba Cloud sent:
//! Alibaba Cloud echoes whole requests in some messages.

use crate::text::Text;
use serde::Serialize;
use std::fmt;

/// What kind of failure it is; users branch on this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Kind {
    /// The program must change something: the request, an option, or the fetch it uses. `fields` says what
    /// is wrong with request or options, which were not sent.
    Validation,
    /// Alibaba Cloud refused the signature, the timestamp or the nonce.
    Signature,
    /// Alibaba Cloud refused the AccessKey, the SecurityToken or its permission, or the program's function for
    /// credentials gave none.
    Credentials,
    /// Too many calls; try again later.
    Throttled,
    /// Alibaba Cloud answered with a Code other than 200 (or 403, 424, which mean "not yet").
    Vendor,
    /// The connection failed.
    Transport,
    /// No complete answer came in time.
    Timeout,
    /// The caller's signal ended the call.
    Aborted,
    /// The answer was not one Alibaba Cloud's documents allow.
    Protocol,
}

/// Who can put it right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Audience {
    /// The person being verified.
    User,
    /// Whoever wrote the calling program.
    Developer,
    /// Whoever runs it: account, permissions, money, clock, network.
    Operator,
}

/// Whether a verification may have been started by the call that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Execution {
    /// Surely not.
    None,
    /// It is not known: ask for the outcome or reconcile before the order is started again.
    Unknown,
}

/// One thing wrong with one field or option. Holds no value of the field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// The field's name in camelCase, such as `certNo`.
    pub field: String,
    /// Stable name of the broken rule, such as `check-digit`.
    pub rule: &'static str,
    /// What is wrong and what to do, to stand behind the field's name.
    pub message: Text,
}

impl FieldError {
    /// `field` in camelCase, `rule` a stable name.
    pub fn new(field: impl Into<String>, rule: &'static str, message: Text) -> Self {
        Self {
            field: field.into(),
            rule,
            message,
        }
    }
}

/// Who corrects what is wrong: the person, where nothing is but what the person typed.
pub fn who_corrects(fields: &[FieldError]) -> Audience {
    let typed = |problem: &FieldError| {
        matches!(problem.field.as_str(), "certName" | "certNo" | "mobile")
            // These are the program's mistakes whatever the field.
            && !matches!(
                problem.rule,
                "type" | "mandatory" | "empty" | "given-twice" | "masked" | "document"
            )
    };
    if !fields.is_empty() && fields.iter().all(typed) {
        Audience::User
    } else {
        Audience::Developer
    }
}

/// A failed call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Error {
    /// What kind of failure it is.
    pub kind: Kind,
    /// Alibaba Cloud's Code (`401`, `Throttling.User`) or, for failures on this side, a stable name
    /// of ours (`InvalidRequest`, `Timeout`).
    pub code: String,
    /// The cause and the remedy.
    pub message: Text,
    /// Who must act.
    pub audience: Audience,
    /// Whether the same call can succeed later without any change.
    /// Never where `execution` is unknown.
    pub retryable: bool,
    /// Whether this call may have started a verification. A query starts nothing.
    pub execution: Execution,
    /// Alibaba Cloud's RequestId, to quote to its support.
    pub request_id: Option<String>,
    /// HTTP status of the answer, if one came.
    pub http_status: Option<u16>,
    /// Everything that is wrong with request, options or credentials, field by field.
    pub fields: Vec<FieldError>,
}

impl Error {
    /// An error without an answer behind it.
    pub fn new(kind: Kind, code: impl Into<String>, audience: Audience, message: Text) -> Self {
        Self {
            kind,
            code: code.into(),
            message,
            audience,
            retryable: false,
            execution: Execution::None,
            request_id: None,
            http_status: None,
            fields: Vec::new(),
        }
    }

    /// Everything that is wrong with a request, in one error.
    pub fn validation(fields: Vec<FieldError>) -> Self {
        Self::of_fields(
            Kind::Validation,
            "InvalidRequest",
            &Text::new(
                "参数未通过校验，请求未发送：",
                "The request was not sent, because of its parameters:",
            ),
            fields,
        )
    }

    /// Everything that is wrong with a client's options, in one error.
    pub fn options(fields: Vec<FieldError>) -> Self {
        Self::of_fields(
            Kind::Validation,
            "InvalidOptions",
            &Text::new("客户端选项有误：", "The client has wrong options:"),
            fields,
        )
    }

    /// Everything that is wrong with what the program's function for credentials gave, in one error.
    pub fn credentials(fields: Vec<FieldError>) -> Self {
        Self::of_fields(
            Kind::Credentials,
            "InvalidCredentials",
            &Text::new(
                "凭证函数返回的内容不可用，请求未发送：",
                "The request was not sent, because of what the credentials function gave:",
            ),
            fields,
        )
    }

    fn of_fields(
        kind: Kind,
        code: &'static str,
        beginning: &Text,
        fields: Vec<FieldError>,
    ) -> Self {
        let mut zh = beginning.zh.to_string();
        let mut en = beginning.en.to_string();
        for (at, problem) in fields.iter().enumerate() {
            let before = if at == 0 { "" } else { " " };
            for part in [before, &problem.field, " ", &problem.message.zh] {
                zh.push_str(part);
            }
            for part in [" ", &problem.field, " ", &problem.message.en] {
                en.push_str(part);
            }
        }
        let audience = who_corrects(&fields);
        Self {
            fields,
            ..Self::new(kind, code, audience, Text::composed(zh, en))
        }
    }

    /// The same error, marked as worth another try.
    #[must_use]
    pub fn retryable(mut self) -> Self {
        self.retryable = true;
        self
    }

    /// The same error of a start whose outcome is unknown.
    #[must_use]
    pub fn execution_unknown(mut self) -> Self {
        self.execution = Execution::Unknown;
        self.retryable = false;
        self.message = self.message.then(&Text::new(
            "阿里云可能已发起本次认证，再次发起该订单之前请先核对。",
            "Alibaba Cloud may have started the verification: reconcile the order before you start it again.",
        ));
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message.en)
    }
}

impl std::error::Error for Error {}
