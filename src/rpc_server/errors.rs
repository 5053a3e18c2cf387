//! The errors of Alibaba Cloud's API gateway, as data: Code, HTTP status, Message.
//!
//! `docs/sandbox.md` states which of them were observed and which are assumptions.

use crate::vendor::quoted::STRING_TO_SIGN;
use std::borrow::Cow;

/// An error of the API gateway.
#[derive(Debug, PartialEq, Eq)]
pub struct ApiGatewayError {
    /// Code of the envelope.
    pub code: &'static str,
    /// HTTP status.
    pub status: u16,
    /// Message of the envelope.
    pub message: &'static str,
}

/// One of the errors for a specific request.
pub struct Refusal {
    /// Code of the envelope.
    pub code: Cow<'static, str>,
    /// HTTP status.
    pub status: u16,
    /// Message of the envelope. For SignatureDoesNotMatch, it quotes the request, as Alibaba Cloud
    /// does.
    pub message: Cow<'static, str>,
    /// Recommend of the envelope; by default the URL of Alibaba Cloud's page about the Code.
    pub recommend: Option<&'static str>,
    /// The reason in English, for developers. Alibaba Cloud has no such field.
    pub note: String,
}
redacted_debug!(Refusal);

impl Refusal {
    /// An error without a reason.
    pub fn new(
        code: impl Into<Cow<'static, str>>,
        status: u16,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            code: code.into(),
            status,
            message: message.into(),
            recommend: None,
            note: String::new(),
        }
    }
}

impl From<&ApiGatewayError> for Refusal {
    fn from(error: &ApiGatewayError) -> Self {
        Self::new(error.code, error.status, error.message)
    }
}

impl ApiGatewayError {
    /// This error with a reason.
    pub fn because(&self, note: impl Into<String>) -> Refusal {
        Refusal {
            note: note.into(),
            ..self.into()
        }
    }

    /// This error with the server's string to sign appended to its Message.
    pub fn quoting(&self, string_to_sign: &str, note: impl Into<String>) -> Refusal {
        let message = format!("{} server {STRING_TO_SIGN}{string_to_sign}", self.message);
        Refusal {
            message: Cow::Owned(message),
            ..self.because(note)
        }
    }
}

/// `Missing<Param>`: a mandatory parameter is missing.
pub fn missing(parameter: &str, note: impl Into<String>) -> Refusal {
    let message = format!("{parameter} is mandatory for this action.");
    Refusal {
        note: note.into(),
        ..Refusal::new(format!("Missing{parameter}"), 400, message)
    }
}

/// `Invalid<Param>`: a parameter is malformed.
pub fn invalid(parameter: &str, note: impl Into<String>) -> Refusal {
    let message = format!("Specified parameter {parameter} is not valid.");
    Refusal {
        note: note.into(),
        ..Refusal::new(format!("Invalid{parameter}"), 400, message)
    }
}

/// The error with this Code.
pub fn by_code(code: &str) -> Option<&'static ApiGatewayError> {
    ALL.iter().copied().find(|error| error.code == code)
}

macro_rules! api_gateway_errors {
    ($( $name:ident $code:literal $status:literal $message:literal; )*) => {
        $( #[doc = concat!("`", $code, "`")] pub const $name: &ApiGatewayError = &ApiGatewayError {
            code: $code,
            status: $status,
            message: $message,
        }; )*

        /// All errors except the families `Missing<Param>` and `Invalid<Param>`.
        pub static ALL: &[&ApiGatewayError] = &[$($name),*];
    };
}

api_gateway_errors! {
    SIGNATURE_DOES_NOT_MATCH "SignatureDoesNotMatch" 400
        "Specified signature is not matched with our calculation.";
    INCOMPLETE_SIGNATURE "IncompleteSignature" 400
        "The request signature does not conform to Aliyun standards.";
    ACCESS_KEY_NOT_FOUND "InvalidAccessKeyId.NotFound" 404
        "Specified access key is not found.";
    ACCESS_KEY_INVALID "InvalidAccessKeyId" 404
        "Specified access key is not found or invalid.";
    ACCESS_KEY_INACTIVE "InvalidAccessKeyId.Inactive" 400
        "Specified access key is disabled.";
    ACCESS_KEY_DISABLED "Forbidden.AccessKeyDisabled" 403
        "The AccessKey is disabled.";
    TIMESTAMP_EXPIRED "InvalidTimeStamp.Expired" 400
        "Specified time stamp or date value is expired.";
    TIMESTAMP_FORMAT "InvalidTimeStamp.Format" 400
        "Specified time stamp or date value is not well formatted.";
    NONCE_USED "SignatureNonceUsed" 400
        "Specified signature nonce was used already.";
    SIGNATURE_METHOD "InvalidSignatureMethod" 400
        "Specified parameter SignatureMethod is not valid.";
    MISSING_PARAMETER "MissingParameter" 400
        "The input parameter that is mandatory for processing this request is not supplied.";
    INVALID_PARAMETER "InvalidParameter" 400
        "Specified parameter is not valid.";
    PARAMETER_FORMAT "InvalidParameter.Format" 400
        "Specified parameter format is not valid.";
    INVALID_VERSION "InvalidVersion" 400
        "Specified parameter Version is not valid.";
    ACTION_NOT_FOUND "InvalidAction.NotFound" 404
        "Specified api is not found, please check your url and method.";
    API_NOT_FOUND "InvalidApi.NotFound" 404
        "Specified api is not found, please check your url and method.";
    UNSUPPORTED_METHOD "UnsupportedHTTPMethod" 400
        "This http method is not supported.";
    BODY_TOO_LARGE "RequestBodyTooLarge" 413
        "The request body is too large.";
    THROTTLING "Throttling" 400
        "Request was denied due to request throttling.";
    THROTTLING_USER "Throttling.User" 400
        "Request was denied due to user flow control.";
    THROTTLING_API "Throttling.Api" 400
        "Request was denied due to api flow control.";
    FORBIDDEN_RAM "Forbidden.RAM" 403
        "User not authorized to operate on the specified resource, or this API doesn't support RAM.";
    NO_PERMISSION "NoPermission" 403
        "You are not authorized to do this action.";
    TOKEN_EXPIRED "InvalidSecurityToken.Expired" 400
        "Specified SecurityToken is expired.";
    TOKEN_MALFORMED "InvalidSecurityToken.Malformed" 400
        "Specified SecurityToken is malformed.";
    TOKEN_MISMATCH "InvalidSecurityToken.MismatchWithAccessKey" 400
        "Specified SecurityToken mismatch with the AccessKey.";
    TOKEN_MISSING "MissingSecurityToken" 400
        "SecurityToken is mandatory for this action.";
    SERVICE_UNAVAILABLE "ServiceUnavailable" 503
        "The request has failed due to a temporary failure of the server.";
    INTERNAL_ERROR "InternalError" 500
        "The request processing has failed due to some unknown error.";
    PRODUCT_NOT_FOUND "InvalidProduct.NotFound" 404
        "Cannot find product according to your specified domain.";
    NEED_SSL "InvalidProtocol.NeedSsl" 404
        "Your request is denied as lack of ssl protect.";
}
