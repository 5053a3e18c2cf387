//! The client's options as JavaScript hands them over, checked all together.

use crate::actions::rules::ValidationOptions;
use crate::actions::value::Value;
use crate::credentials::{Credentials, Secret};
use crate::endpoint::{DEFAULT_ENDPOINT, Endpoint};
use crate::error::{Error, FieldError};
use crate::identity::cert_no::Documents;
use crate::signing::SignatureVersion;
use crate::text::Text;
use crate::timestamp::Timestamp;
use serde::Deserialize;

/// The sandbox's AccessKeyId; it is refused on the vendor's hosts, so that a test configuration
/// cannot be taken for a real one.
pub const SANDBOX_ACCESS_KEY_ID: &str = "sandbox-key-id";

/// Time for one attempt, answer's body included; the vendor's samples use as much.
const DEFAULT_TIMEOUT_MILLIS: i64 = 10_000;
/// Time for all attempts of one call and the waits between them.
const DEFAULT_TOTAL_TIMEOUT_MILLIS: i64 = 30_000;
const DEFAULT_MAX_ATTEMPTS: i64 = 3;

/// Options before they are checked. Absent members have their defaults.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RawOptions {
    /// Hosts in fail-over order.
    pub endpoint: Vec<Value>,
    /// `1.0` or `ACS3-HMAC-SHA256`.
    pub signature_version: Value,
    /// Milliseconds for one attempt.
    pub timeout_ms: Value,
    /// Milliseconds for all attempts.
    pub total_timeout_ms: Value,
    /// Requests made for one call at most.
    pub max_attempts: Value,
    /// Whether InitFaceVerify may be repeated though it may have been executed.
    pub repeat_init: Value,
    /// Whether ProductCodes other than LR_FR are taken.
    pub allow_other_products: Value,
    /// Whether numbers of residence permits and foreign permanent resident cards are taken.
    pub allow_residence_permits: Value,
    /// Whether an AccessKeySecret may be used in a browser.
    pub dangerously_allow_browser: Value,
    /// Set by the browser's entry alone.
    pub in_browser: Value,
}

impl Default for RawOptions {
    fn default() -> Self {
        Self {
            endpoint: Vec::new(),
            signature_version: Value::Absent,
            timeout_ms: Value::Absent,
            total_timeout_ms: Value::Absent,
            max_attempts: Value::Absent,
            repeat_init: Value::Absent,
            allow_other_products: Value::Absent,
            allow_residence_permits: Value::Absent,
            dangerously_allow_browser: Value::Absent,
            in_browser: Value::Absent,
        }
    }
}

/// Credentials before they are checked.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RawCredentials {
    /// AccessKeyId.
    pub access_key_id: Value,
    /// AccessKeySecret.
    pub access_key_secret: Value,
    /// SecurityToken of temporary credentials.
    pub security_token: Value,
}

impl Default for RawCredentials {
    fn default() -> Self {
        Self {
            access_key_id: Value::Absent,
            access_key_secret: Value::Absent,
            security_token: Value::Absent,
        }
    }
}

/// Options of a client, checked.
#[derive(Clone, Debug)]
pub struct Options {
    /// Hosts in fail-over order, one at least.
    pub endpoints: Vec<Endpoint>,
    /// The signature scheme.
    pub version: SignatureVersion,
    /// Milliseconds for one attempt.
    pub timeout_millis: i64,
    /// Milliseconds for all attempts and the waits between them.
    pub total_timeout_millis: i64,
    /// Requests made for one call at most.
    pub max_attempts: i64,
    /// Whether InitFaceVerify may be repeated though it may have been executed.
    pub repeat_init: bool,
    /// Whether ProductCodes other than LR_FR are taken.
    pub allow_other_products: bool,
    /// Which documents' numbers CertNo may hold.
    pub documents: Documents,
}

impl Options {
    /// Checks options.
    ///
    /// # Errors
    /// Everything that is wrong, option by option, in one error of kind `validation`.
    pub fn check(raw: RawOptions) -> Result<Self, Error> {
        let mut problems = Vec::new();
        let mut endpoints = Vec::new();
        for value in raw.endpoint {
            match value {
                Value::Absent => {}
                Value::Text(text) => match Endpoint::parse(&text) {
                    Ok(endpoint) => endpoints.push(endpoint),
                    Err(problem) => problems.push(problem),
                },
                _ => problems.push(wrong_type("endpoint", "字符串或字符串数组", "a string or a list of strings")),
            }
        }
        if endpoints.is_empty() && problems.is_empty() {
            endpoints.extend(Endpoint::parse(DEFAULT_ENDPOINT));
        }
        let version = match raw.signature_version {
            Value::Absent => SignatureVersion::Rpc,
            Value::Text(text) if text == "1.0" => SignatureVersion::Rpc,
            Value::Text(text) if text == "ACS3-HMAC-SHA256" => SignatureVersion::Acs3,
            _ => {
                problems.push(wrong_type(
                    "signatureVersion",
                    "\"1.0\" 或 \"ACS3-HMAC-SHA256\"",
                    "\"1.0\" or \"ACS3-HMAC-SHA256\"",
                ));
                SignatureVersion::Rpc
            }
        };
        let mut whole = |name: &'static str, value, default, max| match value {
            Value::Absent => default,
            Value::Integer(number) if (1..=max).contains(&number) => number,
            _ => {
                problems.push(FieldError::new(
                    name,
                    "range",
                    Text::composed(
                        alloc::format!("应为 1 至 {max} 的整数。"),
                        alloc::format!("must be a whole number from 1 to {max}."),
                    ),
                ));
                default
            }
        };
        let timeout_millis = whole("timeoutMs", raw.timeout_ms, DEFAULT_TIMEOUT_MILLIS, 600_000);
        let total_timeout_millis = whole(
            "totalTimeoutMs",
            raw.total_timeout_ms,
            DEFAULT_TOTAL_TIMEOUT_MILLIS.max(timeout_millis),
            3_600_000,
        );
        let max_attempts = whole("maxAttempts", raw.max_attempts, DEFAULT_MAX_ATTEMPTS, 10);
        let mut flag = |name: &'static str, value| match value {
            Value::Absent => false,
            Value::Boolean(flag) => flag,
            _ => {
                problems.push(wrong_type(name, "true 或 false", "true or false"));
                false
            }
        };
        let repeat_init = flag("repeatInit", raw.repeat_init);
        let allow_other_products = flag("allowOtherProducts", raw.allow_other_products);
        let residence_permits = flag("allowResidencePermits", raw.allow_residence_permits);
        let allow_browser = flag("dangerouslyAllowBrowser", raw.dangerously_allow_browser);
        if raw.in_browser == Value::Boolean(true) && !allow_browser {
            problems.push(FieldError::new(
                "accessKeySecret",
                "browser",
                Text::new(
                    "不得在浏览器中使用：任何访问者都能取走密钥。请改由后端或网关调用；若确有把握，设置 dangerouslyAllowBrowser。",
                    "must not be used in a browser, where every visitor can take it: call from a backend or through the gateway, or set dangerouslyAllowBrowser if you know what you do.",
                ),
            ));
        }
        if !problems.is_empty() {
            return Err(Error::validation(problems));
        }
        Ok(Self {
            endpoints,
            version,
            timeout_millis,
            total_timeout_millis,
            max_attempts,
            repeat_init,
            allow_other_products,
            documents: if residence_permits {
                Documents::All
            } else {
                Documents::ResidentIdentityCard
            },
        })
    }

    /// Checks credentials, also against the hosts they would be sent to.
    ///
    /// # Errors
    /// Everything that is wrong, by name and without values, in one error of kind `validation`.
    pub fn check_credentials(&self, raw: RawCredentials) -> Result<Credentials, Error> {
        let mut problems = Vec::new();
        let mut text = |name: &'static str, value| match value {
            Value::Text(text) => text,
            Value::Absent => String::new(),
            _ => {
                problems.push(wrong_type(name, "字符串", "a string"));
                String::new()
            }
        };
        let credentials = Credentials {
            access_key_id: text("accessKeyId", raw.access_key_id),
            access_key_secret: Secret::new(text("accessKeySecret", raw.access_key_secret)),
            security_token: match raw.security_token {
                Value::Absent => None,
                value => Some(Secret::new(text("securityToken", value))),
            },
        };
        if problems.is_empty() {
            problems = credentials.problems();
        }
        if credentials.access_key_id == SANDBOX_ACCESS_KEY_ID
            && self.endpoints.iter().any(Endpoint::is_vendor)
        {
            problems.push(FieldError::new(
                "accessKeyId",
                "sandbox-key",
                Text::new(
                    "是沙箱的演示密钥，不能用于服务商的地址；请把 endpoint 指向沙箱，或换成真实密钥。",
                    "is the sandbox's demo key and cannot be used on the vendor's hosts; point endpoint at the sandbox or use a real key.",
                ),
            ));
        }
        if problems.is_empty() {
            Ok(credentials)
        } else {
            Err(Error::validation(problems))
        }
    }

    /// The rules for a request made at `now`.
    pub const fn validation(&self, now: Timestamp) -> ValidationOptions {
        ValidationOptions {
            now,
            allow_other_products: self.allow_other_products,
            documents: self.documents,
        }
    }
}

fn wrong_type(option: &'static str, zh: &str, en: &str) -> FieldError {
    FieldError::new(
        option,
        "type",
        Text::composed(
            alloc::format!("应为{zh}。"),
            alloc::format!("must be {en}."),
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(error: &Error) -> Vec<(&str, &str)> {
        error
            .fields
            .iter()
            .map(|problem| (problem.field.as_str(), problem.rule))
            .collect()
    }

    #[test]
    fn defaults_reach_the_vendor_by_https() {
        let options = Options::check(RawOptions::default()).unwrap();
        assert_eq!(
            options.endpoints[0].origin(),
            "https://cloudauth.aliyuncs.com"
        );
        assert_eq!(options.version, SignatureVersion::Rpc);
    }

    #[test]
    fn reports_everything_together() {
        let error = Options::check(RawOptions {
            endpoint: vec!["http://example.com".into(), Value::Integer(1)],
            signature_version: "2.0".into(),
            timeout_ms: Value::Integer(0),
            max_attempts: "3".into(),
            repeat_init: "yes".into(),
            in_browser: Value::Boolean(true),
            ..RawOptions::default()
        })
        .unwrap_err();
        assert_eq!(
            fields(&error),
            [
                ("endpoint", "needs-https"),
                ("endpoint", "type"),
                ("signatureVersion", "type"),
                ("timeoutMs", "range"),
                ("maxAttempts", "range"),
                ("repeatInit", "type"),
                ("accessKeySecret", "browser"),
            ]
        );
    }

    #[test]
    fn the_sandboxs_key_stays_away_from_the_vendor() {
        let options = Options::check(RawOptions::default()).unwrap();
        let error = options
            .check_credentials(RawCredentials {
                access_key_id: SANDBOX_ACCESS_KEY_ID.into(),
                access_key_secret: "sandbox-key-secret".into(),
                ..RawCredentials::default()
            })
            .unwrap_err();
        assert_eq!(fields(&error), [("accessKeyId", "sandbox-key")]);
    }

    #[test]
    fn credentials_of_wrong_types_are_named() {
        let options = Options::check(RawOptions::default()).unwrap();
        let error = options
            .check_credentials(RawCredentials {
                access_key_id: Value::Integer(1),
                access_key_secret: Value::Unusable,
                security_token: Value::Boolean(true),
            })
            .unwrap_err();
        assert_eq!(
            fields(&error),
            [
                ("accessKeyId", "type"),
                ("accessKeySecret", "type"),
                ("securityToken", "type")
            ]
        );
    }
}
