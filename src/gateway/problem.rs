//! The problems that the REST routes return, as data: RFC 9457 problem details with a stable code,
//! the party that must act, whether a retry can help, and texts in Chinese and English.
//!
//! A problem quotes no value, no path and no name of an unknown caller. Only the names of unknown
//! members are repeated.

use super::reply::{Language, Reply};
use super::routes::Route;
use crate::error::{
    Audience, Error, Execution, FieldError, Kind, advising_to_reconcile, who_corrects,
};
use crate::http::Headers;
use crate::text::Text;
use crate::vendor::codes;
use serde::Serialize;

/// What a kind of problem means.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Description {
    /// Stable name; `/problems/{code}` describes it.
    pub code: &'static str,
    /// HTTP status.
    pub status: u16,
    /// Who must act.
    pub audience: Audience,
    /// Whether the same request can succeed later without any change.
    pub retryable: bool,
    /// Its title.
    pub title: Text,
    /// What went wrong and what to do.
    pub detail: Text,
}

/// A problem of one request.
#[derive(Clone, Debug)]
pub struct Problem {
    kind: ProblemKind,
    audience: Audience,
    retryable: bool,
    execution: Execution,
    detail: Text,
    vendor_code: Option<String>,
    vendor_request_id: Option<String>,
    fields: Vec<FieldError>,
    settings: Vec<FieldError>,
    headers: Headers,
}

/// Maximum number of field errors in one problem.
const FIELDS_MAX: usize = 50;

impl Problem {
    /// Creates a problem with the defaults of its kind.
    pub fn new(kind: ProblemKind) -> Self {
        let description = kind.description();
        Self {
            kind,
            audience: description.audience,
            retryable: description.retryable,
            execution: if kind == ProblemKind::StartOutcomeUnknown {
                Execution::Unknown
            } else {
                Execution::None
            },
            detail: description.detail.clone(),
            vendor_code: None,
            vendor_request_id: None,
            fields: Vec::new(),
            settings: Vec::new(),
            headers: Vec::new(),
        }
    }

    /// Adds a `Retry-After` header, in seconds.
    #[must_use]
    pub fn retry_after(self, seconds: i64) -> Self {
        self.with_header("retry-after", seconds.max(1).to_string())
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Creates a problem for invalid fields of a request.
    pub fn fields(fields: Vec<FieldError>) -> Self {
        Self {
            audience: who_corrects(&fields),
            fields,
            ..Self::new(ProblemKind::InvalidRequest)
        }
    }

    /// Creates a problem for invalid settings of the gateway.
    pub fn settings(settings: Vec<FieldError>) -> Self {
        Self {
            settings,
            ..Self::new(ProblemKind::NotConfigured)
        }
    }

    /// Creates a problem for a call to Alibaba Cloud that failed permanently.
    pub fn upstream(error: &Error) -> Self {
        if error.kind == Kind::Validation {
            return Self::fields(error.fields.to_vec());
        }
        let own_fault = is_own_fault(error);
        let kind = match (error.kind, error.audience) {
            (Kind::Throttled, _) => ProblemKind::UpstreamThrottled,
            (Kind::Timeout, _) => ProblemKind::UpstreamTimeout,
            _ if own_fault => ProblemKind::UpstreamRefused,
            (Kind::Vendor, Audience::User | Audience::Developer)
                if !codes::is_internal_error(&error.code) =>
            {
                ProblemKind::VendorRefused
            }
            (Kind::Vendor, Audience::Operator) if !error.retryable => ProblemKind::UpstreamRefused,
            _ => ProblemKind::UpstreamFailed,
        };
        let audience = if own_fault {
            Audience::Operator
        } else {
            error.audience
        };
        let problem = Self {
            audience,
            retryable: error.retryable,
            execution: error.execution,
            detail: if audience == Audience::Operator {
                for_operator(error)
            } else {
                error.message.clone()
            },
            vendor_code: is_vendor_code(error).then(|| error.code.clone()),
            vendor_request_id: error.request_id.clone(),
            ..Self::new(kind)
        };
        if error.retryable && !codes::lasts_for_the_day(&error.code) {
            problem.retry_after(if error.kind == Kind::Throttled { 2 } else { 5 })
        } else {
            problem
        }
    }

    /// Marks the problem as one of a start whose outcome is unknown.
    #[must_use]
    pub fn execution_unknown(mut self) -> Self {
        let was_unknown = self.execution == Execution::Unknown;
        self.execution = Execution::Unknown;
        self.retryable = false;
        self.headers.retain(|(name, _)| name != "retry-after");
        if self.kind == ProblemKind::InternalError {
            self.detail = Text::new(
                "网关内部错误，请运维凭 requestId 查看日志。该订单可能已经发起：请先查询该订单；再次提交相同内容（不带 restartUnknown）不会重复发起。",
                "The gateway had an internal error; its operator can find the cause in the logs by requestId. The order may have been started: read it first. Sending the same input again, without restartUnknown, does not start it twice.",
            );
        } else if !was_unknown {
            self.detail = advising_to_reconcile(&self.detail);
        }
        self
    }

    /// Adds the details of the failed call to a problem of a different kind.
    #[must_use]
    pub fn because_of(mut self, error: &Error) -> Self {
        self.vendor_code = is_vendor_code(error).then(|| error.code.clone());
        self.vendor_request_id.clone_from(&error.request_id);
        // The caller can proceed as the problem says, but the operator must report Alibaba Cloud's
        // failure.
        if error.kind == Kind::Vendor && error.audience == Audience::Operator {
            self.audience = Audience::Operator;
            let (zh, en) = if error.code.starts_with("ServiceUnavailable") {
                ("阿里云暂时不可用", "Alibaba Cloud was unavailable")
            } else {
                ("阿里云内部错误", "Alibaba Cloud had an internal error")
            };
            self.detail = self.detail.then(&Text::composed(
                [zh, "；若持续出现，请网关运维凭 vendorRequestId 联系阿里云。"].concat(),
                [en, "; if it persists, the gateway's operator must contact Alibaba Cloud with the vendorRequestId."].concat(),
            ));
        }
        self
    }

    /// Adds a setting of the gateway that may be the cause, which its operator must check.
    #[must_use]
    pub fn with_setting(mut self, setting: FieldError) -> Self {
        self.audience = Audience::Operator;
        self.settings.push(setting);
        self
    }

    /// Its kind.
    pub const fn kind(&self) -> ProblemKind {
        self.kind
    }

    /// Alibaba Cloud's code, if it returned one.
    pub fn vendor_code(&self) -> Option<&str> {
        self.vendor_code.as_deref()
    }

    /// Whether Alibaba Cloud may have started the order.
    pub const fn execution(&self) -> Execution {
        self.execution
    }

    /// Alibaba Cloud's RequestId, if it responded with one.
    pub fn vendor_request_id(&self) -> Option<&str> {
        self.vendor_request_id.as_deref()
    }

    /// The invalid fields.
    pub fn field_errors(&self) -> &[FieldError] {
        &self.fields
    }

    /// The settings of the gateway that are invalid, or may be the cause.
    pub fn setting_errors(&self) -> &[FieldError] {
        &self.settings
    }

    /// Its stable code.
    pub const fn code(&self) -> &'static str {
        self.kind.code()
    }

    /// The response to the request `request_id`.
    pub fn reply(&self, language: Language, request_id: &str) -> Reply {
        let Description {
            code,
            status,
            title,
            ..
        } = self.kind.description();
        let body = ProblemBody {
            kind: Route::Problem { code }.path(),
            title: language.pick(title),
            status: *status,
            detail: language.pick(&self.detail),
            messages: &self.detail,
            code,
            audience: self.audience,
            retryable: self.retryable,
            execution: self.execution,
            request_id,
            vendor_code: self.vendor_code.as_deref(),
            vendor_request_id: self.vendor_request_id.as_deref(),
            errors: FieldBody::list(&self.fields, language),
            settings: FieldBody::list(&self.settings, language),
        };
        Reply::json(*status, &body)
            .with_content_type("application/problem+json")
            .with_headers(&self.headers)
            .with_outcome(code)
    }
}

/// Whether the code was returned by Alibaba Cloud, and is not one of this crate's codes for failed
/// calls.
pub(super) fn is_vendor_code(error: &Error) -> bool {
    error.http_status.is_some()
        && matches!(
            error.kind,
            Kind::Vendor | Kind::Signature | Kind::Credentials | Kind::Throttled
        )
}

/// The codes of Alibaba Cloud's API gateway with which it rejects what this gateway adds to a
/// request, by their prefix in the table of codes. There, the texts address the developer of the
/// program that calls Alibaba Cloud, who is the gateway's operator here.
#[rustfmt::skip]
static OWN_FAULTS: &[(&str, Text)] = &[
    ("IncompleteSignature", Text::new(
        "签名不完整或格式不符，请网关运维检查网关与阿里云之间的中间设备是否改动请求。",
        "The signature is incomplete; the gateway's operator must check whether an intermediary between the gateway and Alibaba Cloud changes requests.")),
    ("InvalidSignatureMethod", Text::new(
        "签名算法不被支持，请网关运维核对 CLOUDAUTH_SIGNATURE_VERSION。",
        "The signature method is not supported; the gateway's operator must check CLOUDAUTH_SIGNATURE_VERSION.")),
    ("InvalidTimeStamp", Text::new(
        "时间戳格式不正确，请网关运维核对 CLOUDAUTH_SIGNATURE_VERSION，并检查中间设备是否改动请求。",
        "The timestamp is malformed; the gateway's operator must check CLOUDAUTH_SIGNATURE_VERSION, and whether an intermediary changes requests.")),
    ("MissingSecurityToken", Text::new(
        "临时凭证缺少 SecurityToken，请网关运维设置 CLOUDAUTH_SECURITY_TOKEN。",
        "Temporary credentials require a SecurityToken; the gateway's operator must set CLOUDAUTH_SECURITY_TOKEN.")),
    ("InvalidAction", NO_SUCH_ACTION),
    ("InvalidApi", NO_SUCH_ACTION),
    ("InvalidVersion", Text::new(
        "网关所用的 endpoint 不接受接口版本 2019-03-07，请网关运维核对 CLOUDAUTH_ENDPOINTS。",
        "The gateway's endpoint does not accept the API version 2019-03-07; the gateway's operator must check CLOUDAUTH_ENDPOINTS.")),
    ("InvalidProduct", Text::new(
        "网关所用的 endpoint 下没有此产品，请网关运维核对 CLOUDAUTH_ENDPOINTS。",
        "The gateway's endpoint does not have the product; the gateway's operator must check CLOUDAUTH_ENDPOINTS.")),
    ("InvalidProtocol", Text::new(
        "阿里云只接受 HTTPS，请网关运维核对 CLOUDAUTH_ENDPOINTS。",
        "Alibaba Cloud accepts HTTPS only; the gateway's operator must check CLOUDAUTH_ENDPOINTS.")),
    ("UnsupportedHTTPMethod", Text::new(
        "网关所用的 endpoint 不支持 POST，请网关运维核对 CLOUDAUTH_ENDPOINTS，并检查中间设备是否改动请求。",
        "The gateway's endpoint does not support POST; the gateway's operator must check CLOUDAUTH_ENDPOINTS, and whether an intermediary changes requests.")),
];
const NO_SUCH_ACTION: Text = Text::new(
    "网关所用的 endpoint 不提供此接口，请网关运维核对 CLOUDAUTH_ENDPOINTS。",
    "The gateway's endpoint does not have the action; the gateway's operator must check CLOUDAUTH_ENDPOINTS.",
);

fn own_fault(error: &Error) -> Option<&'static Text> {
    let family = codes::api_gateway_code(&error.code)?;
    let mut known = OWN_FAULTS.iter();
    let (_, text) = known.find(|(prefix, _)| *prefix == family.prefix)?;
    Some(text)
}

/// Whether only the gateway's operator can correct what Alibaba Cloud has rejected: the key, the
/// signature, the endpoint or the API version.
fn is_own_fault(error: &Error) -> bool {
    matches!(error.kind, Kind::Signature | Kind::Credentials) || own_fault(error).is_some()
}

/// The message of an error that the gateway's operator must handle, although its own message may
/// address the developer of the program that calls Alibaba Cloud.
pub(super) fn for_operator(error: &Error) -> Text {
    if let Some(text) = own_fault(error) {
        return text.clone();
    }
    let Text { zh, en } = &error.message;
    Text::composed(
        zh.replace("请开发者", "请网关运维"),
        en.replace("the developer must", "the gateway's operator must"),
    )
}

/// Problem details (RFC 9457).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProblemBody<'a> {
    #[serde(rename = "type")]
    kind: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    messages: &'a Text,
    code: &'static str,
    audience: Audience,
    retryable: bool,
    execution: Execution,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    vendor_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vendor_request_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldBody<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    settings: Vec<FieldBody<'a>>,
}

#[derive(Serialize)]
struct FieldBody<'a> {
    field: &'a str,
    rule: &'static str,
    detail: &'a str,
    messages: &'a Text,
}

impl<'a> FieldBody<'a> {
    fn list(fields: &'a [FieldError], language: Language) -> Vec<Self> {
        let listed = fields.iter().take(FIELDS_MAX);
        listed
            .map(|problem| Self {
                field: &problem.field,
                rule: problem.rule,
                detail: language.pick(&problem.message),
                messages: &problem.message,
            })
            .collect()
    }
}

macro_rules! problems {
    ($($(#[$doc:meta])* $name:ident $status:literal $code:literal $audience:ident $retryable:literal
        $title_zh:literal $title_en:literal
        $zh:literal
        $en:literal;)*) => {
        /// A kind of problem.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum ProblemKind {
            $($(#[$doc])* $name,)*
        }

        impl ProblemKind {
            /// All kinds.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// What it means.
            pub const fn description(self) -> &'static Description {
                match self {
                    $(Self::$name => {
                        static DESCRIPTION: Description = Description {
                            code: $code,
                            status: $status,
                            audience: Audience::$audience,
                            retryable: $retryable,
                            title: Text::new($title_zh, $title_en),
                            detail: Text::new($zh, $en),
                        };
                        &DESCRIPTION
                    })*
                }
            }

            /// Its stable name.
            pub const fn code(self) -> &'static str {
                self.description().code
            }
        }
    };
}

problems! {
    /// Fields of the body or the query are invalid.
    InvalidRequest 400 "invalid-request" Developer false
        "参数未通过校验" "Invalid parameters"
        "请按 errors 中的说明改正各字段后重新提交；未向阿里云发出任何请求。"
        "Correct the fields listed in errors and send the request again; nothing was sent to Alibaba Cloud.";
    /// The body is not a JSON object.
    MalformedBody 400 "malformed-body" Developer false
        "请求体不是 JSON 对象" "The body is not a JSON object"
        "请求体应为 UTF-8 编码的 JSON 对象，字段值为字符串或整数，嵌套层级与字段数不得过多。"
        "The body must be a JSON object in UTF-8 with string or integer members, without deep nesting or hundreds of members.";
    /// The token is missing or unknown.
    Unauthenticated 401 "unauthenticated" Developer false
        "未通过身份验证" "Not authenticated"
        "请在 Authorization 头中以 Bearer 方式提供网关签发的令牌。"
        "Send a token issued by the gateway's operator as Authorization: Bearer.";
    /// The token or key pair lacks a scope.
    InsufficientScope 403 "insufficient-scope" Operator false
        "没有权限" "Not permitted"
        "该令牌或 AccessKey 没有此操作所需的权限，请网关运维在 GATEWAY_CALLERS 的 scopes 中授予。"
        "This token or key pair lacks the required scope; the gateway's operator must grant it in the scopes of GATEWAY_CALLERS.";
    /// No route matches.
    NotFound 404 "not-found" Developer false
        "路径不存在" "Not found"
        "路径不存在；可用的路径见 /openapi.json。"
        "This path does not exist; /openapi.json lists the routes.";
    /// The caller does not have this order.
    UnknownOrder 404 "unknown-order" Developer false
        "没有这笔订单" "No such order"
        "该调用方没有这个 outerOrderNo 的认证，或记录已过保存期。"
        "This caller has no verification with this outerOrderNo, or its record has expired.";
    /// There is no photo.
    PhotoUnavailable 404 "photo-unavailable" Developer false
        "没有照片" "No photo"
        "该认证没有照片，或阿里云已不再提供；未完成的认证没有照片。"
        "This verification has no photo, or Alibaba Cloud no longer provides it; a pending verification has no photo.";
    /// The route does not support the method.
    MethodNotAllowed 405 "method-not-allowed" Developer false
        "不支持的请求方法" "Method not allowed"
        "该路径不支持此请求方法；支持的方法见 Allow 头。"
        "This path does not support the method; the Allow header lists the supported methods.";
    /// The body did not arrive in time.
    RequestTimeout 408 "request-timeout" Developer true
        "请求体接收超时" "The body did not arrive in time"
        "请求体未在时限内完整到达，请检查网络后重试。"
        "The body did not arrive completely within the time limit; check the network and retry.";
    /// The order was started with different input.
    OrderConflict 409 "order-conflict" Developer false
        "订单已用其他参数发起" "The order was started with different input"
        "本次参数与首次请求不同（如 metaInfo 或 ip）；请原样重复首次请求的参数，或使用新的 outerOrderNo。"
        "The parameters differ from the first request's, such as metaInfo or ip; repeat them unchanged, or use a new outerOrderNo.";
    /// Another request is starting the order.
    OrderBeingStarted 409 "order-being-started" Developer true
        "订单正在发起" "The order is being started"
        "另一个请求正在发起该订单，请在 Retry-After 之后重试。"
        "Another request is starting this order; retry after Retry-After.";
    /// It is unknown whether Alibaba Cloud started the order.
    StartOutcomeUnknown 409 "start-outcome-unknown" Developer false
        "发起结果未知" "The outcome of the start is unknown"
        "向阿里云发起认证后未得到明确的响应，阿里云可能已受理；网关未返回 CertifyId，也不会自行重试。如可接受再计费一次，请以相同参数加 ?restartUnknown=true 重新发起（POST）。"
        "Alibaba Cloud did not return a definite response and may have started a verification. No CertifyId was issued, and the gateway does not retry by itself. If a second billed verification is acceptable, send the POST that started it again, with ?restartUnknown=true.";
    /// The body is too large.
    BodyTooLarge 413 "body-too-large" Developer false
        "请求体过大" "The body is too large"
        "请求体超过 2 MiB；照片应小于 1 MB。"
        "The body exceeds 2 MiB; a photo must be smaller than 1 MB.";
    /// The body is not declared as JSON.
    UnsupportedMediaType 415 "unsupported-media-type" Developer false
        "请求体类型不受支持" "Unsupported media type"
        "Content-Type 应为 application/json，且不得压缩。"
        "Content-Type must be application/json, without compression.";
    /// Alibaba Cloud rejected the request.
    VendorRefused 422 "vendor-refused" Developer false
        "阿里云拒绝了请求" "Alibaba Cloud rejected the request"
        "阿里云拒绝了请求，原因见 vendorCode。"
        "Alibaba Cloud rejected the request; vendorCode states the reason.";
    /// The caller has reached its daily limit.
    DailyLimit 429 "daily-limit" Operator true
        "当日发起次数已达上限" "The daily limit is reached"
        "该调用方当日（北京时间）发起认证的次数已达网关设定的上限；请明天再试，或请运维调整 maxStartsPerDay。"
        "This caller has reached the daily limit (UTC+8); retry tomorrow, or ask the operator to raise maxStartsPerDay.";
    /// The user has reached the daily limit.
    UserDailyLimit 429 "user-daily-limit" User true
        "该用户当日认证次数过多" "Too many verifications for this user today"
        "今天的认证次数已达上限，请明天再试。"
        "The limit of verifications for today is reached; try again tomorrow.";
    /// Too many requests in a short time.
    RateLimited 429 "rate-limited" Developer true
        "请求过于频繁" "Too many requests"
        "请求过于频繁，请在 Retry-After 之后重试。"
        "Too many requests; retry after Retry-After.";
    /// The gateway failed.
    InternalError 500 "internal-error" Operator true
        "网关内部错误" "Internal error"
        "网关内部错误，请运维凭 requestId 查看日志；请稍后重试。"
        "The gateway had an internal error; its operator can find the cause in the logs by requestId. Retry later.";
    /// Alibaba Cloud rejected the gateway itself.
    UpstreamRefused 502 "upstream-refused" Operator false
        "阿里云拒绝了网关的请求" "Alibaba Cloud rejected the gateway's call"
        "阿里云因网关的账号、权限或配置拒绝了请求，请网关运维处理。"
        "Alibaba Cloud rejected the call because of the gateway's account, permissions or configuration; the gateway's operator must correct them.";
    /// Alibaba Cloud did not return a valid response.
    UpstreamFailed 502 "upstream-failed" Operator true
        "阿里云调用失败" "The call to Alibaba Cloud failed"
        "阿里云未返回有效的响应，请稍后重试。"
        "Alibaba Cloud did not return a valid response; retry later.";
    /// Settings are missing or invalid.
    NotConfigured 503 "not-configured" Operator false
        "网关配置不完整" "The gateway is not configured"
        "网关的设置有缺失或错误，请运维按 settings 中的说明修正后重新部署。"
        "Some of the gateway's settings are missing or invalid; its operator must correct those listed in settings and redeploy.";
    /// A development gateway was reached from another machine.
    DevelopmentOnly 503 "development-only" Operator false
        "开发模式仅限本机" "Development mode is limited to the local machine"
        "GATEWAY_MODE=development 的网关只响应本机地址；部署时请设 GATEWAY_MODE=production，使用共用的沙箱则设 staging。"
        "A gateway with GATEWAY_MODE=development serves loopback addresses only; to deploy it, set GATEWAY_MODE=production, or staging with a shared sandbox.";
    /// The host is temporarily unable to serve.
    Unavailable 503 "unavailable" Operator true
        "网关暂时不可用" "The gateway is not available"
        "网关无法访问其数据库；请稍后重试，若持续出现请运维检查。"
        "The gateway cannot reach its database; retry later. If it persists, its operator must investigate.";
    /// The limit of calls to Alibaba Cloud is reached.
    UpstreamThrottled 503 "upstream-throttled" Operator true
        "阿里云限流" "Alibaba Cloud's rate limit is reached"
        "对阿里云的调用已达频率上限，请在 Retry-After 之后重试。"
        "The rate limit for calls to Alibaba Cloud is reached; retry after Retry-After.";
    /// Alibaba Cloud did not respond in time.
    UpstreamTimeout 504 "upstream-timeout" Operator true
        "阿里云超时" "Alibaba Cloud timed out"
        "未在时限内收到阿里云的响应，请稍后重试。"
        "Alibaba Cloud did not respond in time; retry later.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_speak_two_languages() {
        for (at, kind) in ProblemKind::ALL.iter().enumerate() {
            let code = kind.code();
            let mut others = ProblemKind::ALL[at + 1..].iter();
            assert!(others.all(|other| other.code() != code), "{code}");
            let description = kind.description();
            for text in [&description.title, &description.detail] {
                assert!(!text.zh.is_ascii(), "{code}");
                assert!(text.en.is_ascii(), "{code}");
            }
        }
    }

    #[test]
    fn a_start_whose_outcome_is_unknown_is_never_retryable() {
        for (problem, execution, retryable) in [
            (
                Problem::new(ProblemKind::StartOutcomeUnknown),
                "unknown",
                false,
            ),
            (Problem::new(ProblemKind::InternalError), "none", true),
            (
                Problem::new(ProblemKind::UpstreamThrottled).retry_after(2),
                "none",
                true,
            ),
            (
                Problem::new(ProblemKind::InternalError).execution_unknown(),
                "unknown",
                false,
            ),
            (
                Problem::new(ProblemKind::UpstreamThrottled)
                    .retry_after(2)
                    .execution_unknown(),
                "unknown",
                false,
            ),
            (Problem::new(ProblemKind::OrderConflict), "none", false),
        ] {
            let reply = problem.reply(Language::En, "r");
            let body: serde_json::Value = serde_json::from_str(&reply.body).unwrap();
            assert_eq!(body["execution"], execution, "{}", problem.code());
            assert_eq!(body["retryable"], retryable, "{}", problem.code());
            // Only retryable problems advise a retry.
            assert!(retryable || reply.headers.iter().all(|(name, _)| name != "retry-after"));
            for (text, retry) in [
                ("en", ["Retry later", "retry after"]),
                ("zh", ["稍后重试", "之后重试"]),
            ] {
                let text = body["messages"][text].as_str().unwrap();
                let advises = retry.iter().any(|advice| text.contains(advice));
                assert_eq!(advises, retryable, "{text}");
            }
        }
    }

    /// Every code of Alibaba Cloud with its error, as the client and the ledger create it.
    fn all_errors() -> Vec<Error> {
        let services = codes::CODES
            .iter()
            .filter(|code| code.meaning == codes::Meaning::Failure)
            .map(|known| {
                let error =
                    Error::new(Kind::Vendor, known.code, known.audience, known.text.clone());
                (error, known.retryable)
            });
        let gateways = codes::API_GATEWAY_CODES.iter().map(|known| {
            let error = Error::new(known.kind, known.prefix, known.audience, known.text.clone());
            (error, known.retryable)
        });
        services
            .chain(gateways)
            .map(|(error, retryable)| Error {
                retryable,
                http_status: Some(200),
                ..error
            })
            .collect()
    }

    /// The text must address the party that must act.
    #[test]
    fn a_problem_for_the_operator_does_not_mention_the_developer() {
        for error in all_errors() {
            let operators = Error {
                audience: Audience::Operator,
                ..error.clone()
            };
            for problem in [Problem::upstream(&error), Problem::upstream(&operators)] {
                let Text { zh, en } = &problem.detail;
                let mentions = [zh.contains("开发者"), en.contains("developer")];
                if problem.audience == Audience::Operator {
                    assert_eq!(mentions, [false; 2], "{}: {zh} {en}", error.code);
                }
                assert_eq!(mentions[0], mentions[1], "{}: {zh} {en}", error.code);
                let refused = problem.kind == ProblemKind::UpstreamRefused;
                assert!(
                    !refused || problem.audience == Audience::Operator,
                    "{}",
                    error.code
                );
            }
        }
    }

    #[test]
    fn the_gateways_own_settings_are_named_to_its_operator() {
        for (code, setting) in [
            ("InvalidAction.NotFound", "CLOUDAUTH_ENDPOINTS"),
            ("InvalidApi.NotFound", "CLOUDAUTH_ENDPOINTS"),
            ("InvalidVersion", "CLOUDAUTH_ENDPOINTS"),
            ("InvalidProduct.NotFound", "CLOUDAUTH_ENDPOINTS"),
            ("InvalidProtocol.NeedSsl", "CLOUDAUTH_ENDPOINTS"),
            ("UnsupportedHTTPMethod", "CLOUDAUTH_ENDPOINTS"),
            ("MissingSecurityToken", "CLOUDAUTH_SECURITY_TOKEN"),
            ("InvalidSignatureMethod", "CLOUDAUTH_SIGNATURE_VERSION"),
            ("InvalidTimeStamp.Format", "CLOUDAUTH_SIGNATURE_VERSION"),
        ] {
            let known = codes::api_gateway_code(code).unwrap();
            let error = Error::new(known.kind, code, known.audience, known.text.clone());
            let problem = Problem::upstream(&error);
            assert_eq!(problem.kind, ProblemKind::UpstreamRefused, "{code}");
            assert_eq!(problem.audience, Audience::Operator, "{code}");
            assert!(problem.detail.zh.contains(setting), "{code}");
            assert!(problem.detail.en.contains(setting), "{code}");
        }
        // A parameter is still the developer's.
        let known = codes::api_gateway_code("InvalidSceneId").unwrap();
        let error = Error::new(
            known.kind,
            "InvalidSceneId",
            known.audience,
            known.text.clone(),
        );
        let problem = Problem::upstream(&error);
        assert_eq!(problem.kind, ProblemKind::VendorRefused);
        assert_eq!(problem.audience, Audience::Developer);
    }

    /// The difference between the two strings to sign is the cause, and only the operator can see it.
    #[test]
    fn the_changed_part_of_a_request_is_named_to_the_operator() {
        let message = Text::new(
            "阿里云收到的 Timestamp 与本地签名时不同，请开发者检查。",
            "The Timestamp differs; the developer must find it.",
        );
        let error = Error::new(
            Kind::Signature,
            "SignatureDoesNotMatch",
            Audience::Developer,
            message,
        );
        let problem = Problem::upstream(&error);
        assert_eq!(
            [&*problem.detail.zh, &*problem.detail.en],
            [
                "阿里云收到的 Timestamp 与本地签名时不同，请网关运维检查。",
                "The Timestamp differs; the gateway's operator must find it."
            ]
        );
    }

    #[test]
    fn an_unknown_outcome_names_alibaba_clouds_failure() {
        for (code, zh, en) in [
            (
                "ServiceUnavailable",
                "阿里云暂时不可用；",
                "was unavailable;",
            ),
            (
                "InternalError",
                "阿里云内部错误；",
                "had an internal error;",
            ),
            ("500", "阿里云内部错误；", "had an internal error;"),
        ] {
            let text = Text::new("无", "none");
            let error = Error::new(Kind::Vendor, code, Audience::Operator, text);
            let problem = Problem::new(ProblemKind::StartOutcomeUnknown).because_of(&error);
            assert!(problem.detail.zh.contains(zh), "{}", problem.detail.zh);
            assert!(problem.detail.en.contains(en), "{}", problem.detail.en);
        }
    }

    #[test]
    fn an_error_of_the_gateways_key_concerns_the_operator() {
        let error = Error {
            http_status: Some(404),
            ..Error::new(
                Kind::Credentials,
                "InvalidAccessKeyId.NotFound",
                Audience::Developer,
                Text::new("无", "none"),
            )
        };
        let reply = Problem::upstream(&error).reply(Language::En, "r");
        let body: serde_json::Value = serde_json::from_str(&reply.body).unwrap();
        assert_eq!(reply.status, 502);
        assert_eq!(body["audience"], "operator");
        assert_eq!(body["vendorCode"], "InvalidAccessKeyId.NotFound");
    }
}
