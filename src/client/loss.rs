//! Attempts that ended without a complete response: the reason, and whether Alibaba Cloud may have
//! executed them.

use crate::client::response::Failure;
use crate::error::{Audience, Error, Kind};
use crate::text::Text;

/// Why an attempt ended without a complete response.
// The hidden variants are for the npm package: no client in Rust has functions of a program that fail so.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Loss {
    /// The connection was not established, so nothing was sent; even a start can be retried.
    NotConnected,
    /// The response is missing or truncated; the request may have been executed.
    ConnectionFailed {
        /// The code with which the host's attempt to connect failed, such as `ECONNREFUSED`, which can mean that
        /// nothing was sent; `None` for an error of an established connection, which can have the same code.
        /// [`Call`](crate::Call) ignores it: pass [`Loss::NotConnected`] if nothing was sent.
        code: Option<String>,
    },
    /// The time limit was exceeded.
    TimedOut,
    /// The time limit was exceeded before this attempt was sent.
    TimedOutUnsent,
    /// The response exceeded the host's size limit.
    TooLarge,
    /// The caller aborted the call.
    Aborted,
    /// The caller aborted the call before this attempt was sent.
    AbortedUnsent,
    /// The program's fetch threw an error unrelated to the network.
    #[doc(hidden)]
    FetchThrew,
    /// The program's fetch returned a value that is not a `Response`.
    #[doc(hidden)]
    NotAResponse,
    /// By the system clock, the time that the program's order store grants the start is over.
    #[doc(hidden)]
    LeaseOver,
    /// The program's credentials function did not return in time.
    #[doc(hidden)]
    CredentialsTimedOut,
    /// The program's credentials function threw an error.
    #[doc(hidden)]
    CredentialsThrew {
        /// Whether the error is a bug in the program, which a retry does not fix.
        mistake: bool,
    },
}

impl Loss {
    pub(super) fn failure(&self) -> Failure {
        use Audience::{Developer, Operator};
        // The last flag: whether a retry without any change can succeed.
        let not_executed = match self {
            Self::ConnectionFailed { code: Some(code) } => never_connected(code),
            Self::ConnectionFailed { code: None }
            | Self::TimedOut
            | Self::TooLarge
            | Self::Aborted
            | Self::FetchThrew
            | Self::NotAResponse => false,
            Self::NotConnected
            | Self::TimedOutUnsent
            | Self::AbortedUnsent
            | Self::LeaseOver
            | Self::CredentialsTimedOut
            | Self::CredentialsThrew { .. } => true,
        };
        let (kind, code, audience, zh, en) = match self {
            Self::AbortedUnsent => (
                Kind::Aborted,
                "Aborted",
                Developer,
                "调用方在请求发送之前取消了调用，本次请求未发送。",
                "The caller aborted the call before this request was sent.",
            ),
            Self::Aborted => (
                Kind::Aborted,
                "Aborted",
                Developer,
                "调用方取消了请求。",
                "The caller aborted the call.",
            ),
            Self::TimedOut => (
                Kind::Timeout,
                "Timeout",
                Operator,
                "未在时限内收到完整响应，请检查网络或增大单次请求的时限。",
                "No complete response arrived in time; check the network or raise the time limit of an attempt.",
            ),
            Self::TimedOutUnsent => (
                Kind::Timeout,
                "Timeout",
                Operator,
                "请求发送之前调用已超时，本次请求未发送；请检查凭证函数是否过慢，或增大整个调用的时限。",
                "The call timed out before this request was sent; check whether the credentials function is slow, or raise the time limit of the call.",
            ),
            Self::LeaseOver => (
                Kind::Timeout,
                "LeaseOver",
                Operator,
                "发起认证期间系统时钟被调整，或机器曾休眠：订单存储中该次发起的时限已过，本次请求未发送；请稍后重试。",
                "The system clock was set or the machine was suspended during the start: its time in the order store is over, and this request was not sent; retry later.",
            ),
            Self::TooLarge => (
                Kind::Protocol,
                "AnswerTooLarge",
                Operator,
                "响应过大，不是阿里云的响应；请检查 endpoint 与中间代理。",
                "The response is too large to be from Alibaba Cloud; check the endpoint and intermediate proxies.",
            ),
            Self::ConnectionFailed { code: Some(code) } if is_distrust(code) => (
                Kind::Transport,
                "ConnectionFailed",
                Operator,
                "服务器的证书不受信任，请求未发送；请检查 endpoint、系统时钟与代理。如代理会重新签发 TLS 证书，请用 NODE_EXTRA_CA_CERTS 指定其根证书。",
                "The server's certificate is not trusted, so the request was not sent; check the endpoint, the system clock and the proxy. For a proxy that re-signs TLS, set NODE_EXTRA_CA_CERTS to its root certificate.",
            ),
            Self::NotConnected | Self::ConnectionFailed { .. } if not_executed => (
                Kind::Transport,
                "ConnectionFailed",
                Operator,
                "无法连接阿里云，请求未发送；请检查网络、DNS、代理与 endpoint。",
                "Alibaba Cloud is unreachable and the request was not sent; check the network, DNS, the proxy and the endpoint.",
            ),
            Self::NotConnected | Self::ConnectionFailed { .. } => (
                Kind::Transport,
                "ConnectionFailed",
                Operator,
                "与阿里云的连接中断，请检查网络。",
                "The connection to Alibaba Cloud was interrupted; check the network.",
            ),
            Self::FetchThrew => (
                Kind::Validation,
                "InvalidFetch",
                Developer,
                "fetch 函数自身出错，并非网络故障：可能是方法未绑定 this，或参数有误。请开发者修正；错误名称与位置见 cause。",
                "The fetch function itself failed, not the network: it may be an unbound method or have a wrong argument. The developer must correct it; see `cause` for the error and its location.",
            ),
            Self::NotAResponse => (
                Kind::Validation,
                "InvalidFetch",
                Developer,
                "fetch 函数返回的不是 Response：缺少 status、headers 或可读取的 body，或 body 已被读取。请开发者修正。",
                "The fetch function did not return a Response: the status, the headers or the body stream is missing, or the body has already been read. The developer must correct it.",
            ),
            Self::CredentialsTimedOut => (
                Kind::Credentials,
                "CredentialsTimeout",
                Operator,
                "凭证函数超时，请求未发送；请检查凭证来源，或增大整个调用的时限。",
                "The credentials function timed out, so the request was not sent; check its source, or raise the time limit of the call.",
            ),
            Self::CredentialsThrew { mistake: true } => (
                Kind::Credentials,
                "CredentialsFailed",
                Developer,
                "凭证函数自身出错，请求未发送。请开发者修正；错误名称与位置见 cause。",
                "The credentials function has a bug, so the request was not sent. The developer must correct it; see `cause` for the error and its location.",
            ),
            Self::CredentialsThrew { mistake: false } => (
                Kind::Credentials,
                "CredentialsFailed",
                Operator,
                "凭证函数获取凭证失败，请求未发送；请检查凭证来源，错误名称与位置见 cause。",
                "The credentials function failed, so the request was not sent; check its source. See `cause` for the error and its location.",
            ),
        };
        let operational = matches!(kind, Kind::Transport | Kind::Timeout | Kind::Credentials);
        Failure {
            error: Error {
                retryable: operational && audience == Operator,
                ..Error::new(kind, code, audience, Text::new(zh, en))
            },
            not_executed,
            server_text: None,
        }
    }
}

/// Error codes of failures before the connection was established, if the host reports them from its
/// attempt to connect, except those of rejected certificates: those of Node, Bun and undici. Codes that can also occur later, such as
/// `ECONNRESET` or most of `ERR_SSL_`, are not included. Deno's errors have no code; the npm
/// package recognizes them by their message.
const NEVER_CONNECTED: &[&str] = &[
    "ECONNREFUSED",
    "ENOTFOUND",
    "EADDRNOTAVAIL",
    "EHOSTUNREACH",
    "ENETUNREACH",
    "ENETDOWN",
    "ERR_PROXY_TUNNEL",
    "UND_ERR_CONNECT_TIMEOUT",
    "UND_ERR_PRX_TLS",
    "ConnectionRefused",
    "FailedToOpenSocket",
];

/// OpenSSL's codes for rejected certificates, which are checked before anything is sent:
/// X509_V_ERR without its prefix.
const DISTRUST: &[&str] = &[
    "DEPTH_ZERO_SELF_SIGNED_CERT",
    "HOSTNAME_MISMATCH",
    "INVALID_CA",
    "INVALID_PURPOSE",
    "PATH_LENGTH_EXCEEDED",
    "SELF_SIGNED_CERT_IN_CHAIN",
];

/// Prefixes of groups of such codes.
const DISTRUST_FAMILIES: &[&str] = &["CERT_", "CRL_", "ERROR_IN_C", "ERR_TLS_CERT_", "UNABLE_TO_"];

fn is_distrust(code: &str) -> bool {
    DISTRUST.contains(&code)
        || DISTRUST_FAMILIES
            .iter()
            .any(|family| code.starts_with(family))
}

/// Whether an attempt to connect that fails with this code sends nothing. Name resolution has a group of codes
/// with a common prefix (POSIX, getaddrinfo).
pub(crate) fn never_connected(code: &str) -> bool {
    NEVER_CONNECTED.contains(&code) || code.starts_with("EAI_") || is_distrust(code)
}
