//! The error type: what failed, who must act, and whether a retry can help.
//!
//! An error never contains the secret, the identity, the MetaInfo or a URL, nor any text from
//! Alibaba Cloud, because some of its messages quote the whole request.

use crate::text::Text;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::RangeInclusive;

/// The kind of failure; programs can branch on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Kind {
    /// The program must be corrected: the request, an option, or its fetch function. `fields` lists
    /// the invalid fields or options; nothing was sent.
    Validation,
    /// Alibaba Cloud rejected the signature, the timestamp or the nonce.
    Signature,
    /// Alibaba Cloud refused the AccessKey, the SecurityToken or its permissions, or the program's
    /// credentials function returned no credentials.
    Credentials,
    /// Too many calls; retry later.
    Throttled,
    /// Alibaba Cloud returned a Code other than 200 (or 403 and 424, which mean "pending").
    Vendor,
    /// The connection failed.
    Transport,
    /// No complete response arrived in time.
    Timeout,
    /// The caller aborted the call.
    Aborted,
    /// The response does not match Alibaba Cloud's documentation.
    Protocol,
    /// The order's state in the program's store does not allow a start, or the store failed.
    Order,
}

/// The party that must act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Audience {
    /// The user being verified.
    User,
    /// The developer of the calling program.
    Developer,
    /// Operations: account, permissions, payment, clock, network.
    Operator,
}

/// Whether the failed call may have started a verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Execution {
    /// Provably not executed.
    None,
    /// Unknown: query the outcome, or reconcile, before the order is started again.
    Unknown,
}

/// One error in one field or option. Never contains the field's value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FieldError {
    /// The field's name in camelCase, such as `certNo`.
    pub field: String,
    /// Stable name of the violated rule, such as `check-digit`.
    pub rule: &'static str,
    /// What is wrong and how to fix it, as a predicate that follows the field name.
    pub message: Text,
}

impl FieldError {
    /// Creates a field error; `field` is in camelCase, `rule` is a stable name.
    pub fn new(field: impl Into<String>, rule: &'static str, message: Text) -> Self {
        Self {
            field: field.into(),
            rule,
            message,
        }
    }

    /// A number outside its range.
    pub(crate) fn out_of_range(
        field: impl Into<String>,
        range: &RangeInclusive<impl fmt::Display>,
    ) -> Self {
        let (min, max) = (range.start(), range.end());
        let message = Text::composed(
            format!("应为 {min} 至 {max} 的整数。"),
            format!("must be an integer from {min} to {max}."),
        );
        Self::new(field, "range", message)
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.field, self.message.en)
    }
}

impl std::error::Error for FieldError {}

/// Who must correct the fields: the user, if only the user's input is wrong.
pub fn who_corrects(fields: &[FieldError]) -> Audience {
    let typed = |problem: &FieldError| {
        matches!(problem.field.as_str(), "certName" | "certNo" | "mobile")
            // Only the program can cause these errors, whatever the field.
            && !matches!(
                problem.rule,
                "type" | "mandatory" | "empty" | "given-twice" | "masked"
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
#[non_exhaustive]
#[serde(rename_all = "camelCase")]
pub struct Error {
    /// The kind of failure.
    pub kind: Kind,
    /// Alibaba Cloud's Code (`401`, `Throttling.User`) or, for local failures, one of this crate's
    /// stable names (`InvalidRequest`, `Timeout`).
    pub code: String,
    /// What failed and how to fix it.
    pub message: Text,
    /// Who must act.
    pub audience: Audience,
    /// Whether the same call can succeed later without any change. Always false if `execution` is
    /// unknown.
    pub retryable: bool,
    /// Whether this call may have started a verification. Queries start nothing.
    pub execution: Execution,
    /// Alibaba Cloud's RequestId, for support requests.
    pub request_id: Option<String>,
    /// HTTP status of the response, if any.
    pub http_status: Option<u16>,
    /// Every error in the request, the options or the credentials; empty for other failures.
    pub fields: Box<[FieldError]>,
}

impl Error {
    /// Creates an error for a failure without a response.
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
            fields: Box::default(),
        }
    }

    /// Combines all errors of a request into one.
    pub fn validation(fields: Vec<FieldError>) -> Self {
        Self::of_fields(
            Kind::Validation,
            "InvalidRequest",
            &Text::new(
                "参数未通过校验，请求未发送。",
                "The request was not sent because of invalid parameters:",
            ),
            fields,
        )
    }

    /// Combines all errors of a client's options into one.
    pub fn options(fields: Vec<FieldError>) -> Self {
        Self::of_fields(
            Kind::Validation,
            "InvalidOptions",
            &Text::new("客户端选项有误。", "The client has invalid options:"),
            fields,
        )
    }

    /// Combines all errors of the credentials function's result into one.
    pub fn credentials(fields: Vec<FieldError>) -> Self {
        Self::of_fields(
            Kind::Credentials,
            "InvalidCredentials",
            &Text::new(
                "凭证函数返回的凭证无效，请求未发送。",
                "The request was not sent because the credentials function returned invalid credentials:",
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
        for FieldError { field, message, .. } in &fields {
            for part in [field, "：", &message.zh] {
                zh.push_str(part);
            }
            for part in [" ", field, " ", &message.en] {
                en.push_str(part);
            }
        }
        let audience = who_corrects(&fields);
        Self {
            fields: fields.into(),
            ..Self::new(kind, code, audience, Text::composed(zh, en))
        }
    }

    /// The kind of failure; programs can branch on it.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Alibaba Cloud's Code (`401`, `Throttling.User`) or, for local failures, one of this crate's
    /// stable names (`InvalidRequest`, `Timeout`).
    pub fn code(&self) -> &str {
        &self.code
    }

    /// What failed and how to fix it, in Chinese and English. [`fmt::Display`] writes the English
    /// text.
    pub const fn message(&self) -> &Text {
        &self.message
    }

    /// Who must act: the user, the developer or the operator.
    pub const fn audience(&self) -> Audience {
        self.audience
    }

    /// Whether the same call can succeed later without any change. Always false if
    /// [`Error::execution`] is unknown.
    pub const fn is_retryable(&self) -> bool {
        self.retryable
    }

    /// Whether this call may have started a verification. Queries start nothing.
    pub const fn execution(&self) -> Execution {
        self.execution
    }

    /// Alibaba Cloud's RequestId, for support requests; `None` if no response had one.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// HTTP status of the response; `None` without a response.
    pub const fn http_status(&self) -> Option<u16> {
        self.http_status
    }

    /// Every error in the request, the options or the credentials; empty for other failures.
    pub fn fields(&self) -> &[FieldError] {
        &self.fields
    }

    /// Marks the error as retryable.
    #[must_use]
    pub(crate) fn retryable(mut self) -> Self {
        self.retryable = true;
        self
    }

    /// Marks the error as one of a start whose outcome is unknown. Its message then advises to
    /// reconcile, not to retry.
    #[must_use]
    pub(crate) fn execution_unknown(mut self) -> Self {
        self.execution = Execution::Unknown;
        self.retryable = false;
        self.message = advising_to_reconcile(&self.message);
        self
    }
}

/// The clauses of messages that advise to retry.
const RETRY: &[&str] = &[
    "，请在 Retry-After 之后重试",
    "，请稍后重试",
    "；请稍后重试",
    "，请明天再试",
    "后重试",
    "; retry later",
    "; retry after Retry-After",
    "; try again tomorrow",
    ", then retry",
    " and retry",
];

/// The message of a start whose outcome is unknown: it advises to reconcile, not to retry.
pub(crate) fn advising_to_reconcile(message: &Text) -> Text {
    without_retry(message).then(&Text::new(
        "阿里云可能已发起本次认证；再次发起该订单前，请先核对。",
        "Alibaba Cloud may have started the verification: reconcile the order before you start it again.",
    ))
}

/// The message without the advice to retry.
pub(crate) fn without_retry(message: &Text) -> Text {
    let strip = |text: &str| {
        RETRY
            .iter()
            .fold(text.to_owned(), |text, clause| text.replace(clause, ""))
    };
    Text::composed(strip(&message.zh), strip(&message.en))
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message.en)
    }
}

impl std::error::Error for Error {}
