//! The client's options, validated together: by name from JavaScript, by the builder from Rust.

use crate::actions::ValidationOptions;
use crate::actions::spelling;
use crate::actions::value::Value;
use crate::error::{Error, FieldError};
use crate::identity::cert_no::Documents;
use crate::signing::SignatureVersion;
use crate::text::Text;
use crate::timestamp::Timestamp;
use crate::vendor::credentials::{Credentials, Secret, environment_variable};
use crate::vendor::endpoint::{DEFAULT_ENDPOINT, Endpoint};
use std::time::Duration;

/// The first AccessKeyId of the sandbox.
pub const SANDBOX_ACCESS_KEY_ID: &str = "sandbox-key-id";
/// Its secret.
#[cfg(any(feature = "gateway", feature = "sandbox"))]
pub(crate) const SANDBOX_ACCESS_KEY_SECRET: &str = "sandbox-key-secret";
/// The first scene of the sandbox.
#[cfg(any(feature = "gateway", feature = "sandbox"))]
pub(crate) const SANDBOX_SCENE_ID: i64 = 1_000_000_006;

/// Whether an AccessKeyId is one of the sandbox's demo keys. They are rejected for Alibaba Cloud's hosts, so that a
/// test configuration cannot be mistaken for a real one.
pub fn is_sandbox_key(access_key_id: &str) -> bool {
    let lasting = access_key_id.strip_prefix("STS.").unwrap_or(access_key_id);
    lasting.starts_with("sandbox-")
}

/// Time limit of one attempt, including the response body; the same as in Alibaba Cloud's samples.
const DEFAULT_TIMEOUT_MILLIS: i64 = 10_000;
/// Time limit of a whole call, including all attempts and back-off.
const DEFAULT_TOTAL_TIMEOUT_MILLIS: i64 = 30_000;
const DEFAULT_MAX_ATTEMPTS: i64 = 3;

/// Credentials before validation.
#[derive(Clone, Debug)]
pub struct RawCredentials<'a> {
    /// AccessKeyId.
    pub access_key_id: Value<'a>,
    /// AccessKeySecret.
    pub access_key_secret: Value<'a>,
    /// SecurityToken of temporary credentials.
    pub security_token: Value<'a>,
    /// When temporary credentials expire, in milliseconds since 1970.
    pub expiration: Value<'a>,
}

impl<'a> RawCredentials<'a> {
    /// The credentials among named values.
    pub fn read(named: Vec<(&str, Value<'a>)>) -> Self {
        let mut raw = Self::default();
        for (name, value) in named {
            match name {
                "accessKeyId" => raw.access_key_id = value,
                "accessKeySecret" => raw.access_key_secret = value,
                "securityToken" => raw.security_token = value,
                "expiration" => raw.expiration = value,
                _ => {}
            }
        }
        raw
    }
}

impl Default for RawCredentials<'_> {
    fn default() -> Self {
        Self {
            access_key_id: Value::Absent,
            access_key_secret: Value::Absent,
            security_token: Value::Absent,
            expiration: Value::Absent,
        }
    }
}

/// A client's validated options; created by [`Options::builder`], [`Options::check`] or [`Options::default`].
#[derive(Clone, Debug)]
pub struct Options {
    /// Hosts in fail-over order, at least one.
    pub(crate) endpoints: Vec<Endpoint>,
    /// The signature scheme.
    pub(crate) version: SignatureVersion,
    /// Time limit of one attempt, in milliseconds.
    pub(crate) timeout_millis: i64,
    /// Time limit of a whole call, including all attempts and back-off, in milliseconds.
    pub(crate) total_timeout_millis: i64,
    /// Maximum number of attempts per call.
    pub(crate) max_attempts: i64,
    /// Whether to retry InitFaceVerify even if it may have been executed.
    pub(crate) repeat_init: bool,
    /// Whether ProductCodes other than LR_FR are accepted.
    pub(crate) allow_other_products: bool,
    /// The kinds of documents that CertNo accepts.
    pub(crate) documents: Documents,
}

impl Default for Options {
    /// Alibaba Cloud's public host, the RPC signature, three attempts.
    fn default() -> Self {
        Self {
            endpoints: Endpoint::parse(DEFAULT_ENDPOINT).into_iter().collect(),
            version: SignatureVersion::Rpc,
            timeout_millis: DEFAULT_TIMEOUT_MILLIS,
            total_timeout_millis: DEFAULT_TOTAL_TIMEOUT_MILLIS,
            max_attempts: DEFAULT_MAX_ATTEMPTS,
            repeat_init: false,
            allow_other_products: false,
            documents: Documents::ResidentIdentityCard,
        }
    }
}

impl Options {
    /// Hosts in fail-over order, at least one.
    pub fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    /// Time limit of one attempt, including the response body.
    pub const fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_millis.unsigned_abs())
    }

    /// Time limit of a whole call, including all attempts and back-off.
    pub const fn total_timeout(&self) -> Duration {
        Duration::from_millis(self.total_timeout_millis.unsigned_abs())
    }

    /// Maximum number of attempts per call.
    pub const fn max_attempts(&self) -> i64 {
        self.max_attempts
    }

    /// Whether to retry InitFaceVerify even if it may have been executed.
    pub const fn repeat_init(&self) -> bool {
        self.repeat_init
    }

    /// Validates named options; an absent value selects the default. The names:
    ///
    /// | name | value |
    /// |---|---|
    /// | `endpoint` | hosts in fail-over order, separated by commas; `http://` only for a loopback address or, with one of the sandbox's keys, for a private host |
    /// | `signatureVersion` | `1.0` or `ACS3-HMAC-SHA256` |
    /// | `timeoutMs` | time limit of one attempt in milliseconds, including the response body |
    /// | `totalTimeoutMs` | time limit of a whole call in milliseconds, including all attempts and back-off |
    /// | `maxAttempts` | maximum number of attempts per call |
    /// | `repeatInit` | whether to retry InitFaceVerify even if it may have been executed |
    /// | `allowOtherProducts` | whether ProductCodes other than LR_FR are accepted |
    /// | `allowResidencePermits` | whether CertNo may also be the number of a residence permit or of a foreign permanent resident card; with the latter, CertName may be in Latin letters |
    /// | `dangerouslyAllowBrowser` | whether an AccessKeySecret may be used in a browser |
    /// | `inBrowser` | set only by the browser entry point |
    ///
    /// # Errors
    /// All invalid options in one error of kind `validation`.
    pub fn check<'a, N: AsRef<str>>(
        named: impl IntoIterator<Item = (N, Value<'a>)>,
    ) -> Result<Self, Error> {
        let mut options = Self::default();
        let mut problems = Vec::new();
        let mut total_given = false;
        let mut in_browser = false;
        let mut allow_browser = false;
        for (name, value) in named {
            if value == Value::Absent {
                continue;
            }
            let read = match (name.as_ref(), value) {
                ("endpoint", Value::Text(list)) => {
                    options.endpoints.clear();
                    for text in list.split(',') {
                        match Endpoint::parse_or_private(text.trim()) {
                            Ok(endpoint) => options.endpoints.push(endpoint),
                            Err(problem) => problems.push(problem),
                        }
                    }
                    Ok(())
                }
                ("endpoint", _) => Err(wrong_type(
                    "endpoint",
                    "应为字符串或字符串数组。",
                    "must be a string or a list of strings.",
                )),
                ("signatureVersion", value) => {
                    version(&value).map(|version| options.version = version)
                }
                ("timeoutMs", value) => integer("timeoutMs", &value, 600_000)
                    .map(|millis| options.timeout_millis = millis),
                ("totalTimeoutMs", value) => {
                    total_given = true;
                    integer("totalTimeoutMs", &value, 3_600_000)
                        .map(|millis| options.total_timeout_millis = millis)
                }
                ("maxAttempts", value) => {
                    integer("maxAttempts", &value, 10).map(|count| options.max_attempts = count)
                }
                ("repeatInit", value) => {
                    flag("repeatInit", &value).map(|on| options.repeat_init = on)
                }
                ("allowOtherProducts", value) => {
                    flag("allowOtherProducts", &value).map(|on| options.allow_other_products = on)
                }
                ("allowResidencePermits", value) => flag("allowResidencePermits", &value)
                    .map(|on| options.documents = Documents::all_if(on)),
                ("dangerouslyAllowBrowser", value) => {
                    flag("dangerouslyAllowBrowser", &value).map(|on| allow_browser = on)
                }
                ("inBrowser", value) => flag("inBrowser", &value).map(|on| in_browser = on),
                (other, _) => Err(unknown_option(other)),
            };
            problems.extend(read.err());
        }
        if in_browser && !allow_browser {
            problems.push(in_a_browser());
        }
        if !total_given {
            options.total_timeout_millis = options.total_timeout_millis.max(options.timeout_millis);
        }
        if problems.is_empty() {
            Ok(options)
        } else {
            Err(Error::options(problems))
        }
    }

    /// Validates credentials, including whether they fit the endpoints.
    ///
    /// # Errors
    /// A single error of kind `validation` that lists every problem by name, without values.
    pub fn check_credentials(&self, raw: RawCredentials) -> Result<Credentials, Error> {
        let mut problems = Vec::new();
        let mut text = |name: &'static str, value| match value {
            Value::Text(text) => text.into_owned(),
            Value::Absent => String::new(),
            _ => {
                problems.push(wrong_type(name, "应为字符串。", "must be a string."));
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
            problems = credentials.format_problems();
        }
        if !matches!(raw.expiration, Value::Absent | Value::Integer(_)) {
            problems.push(wrong_type(
                "expiration",
                "应为日期：ISO 8601 文本、自 1970 年起的毫秒数（不是秒）或 Date。",
                "must be a date: ISO 8601 text, milliseconds (not seconds) since 1970, or a Date.",
            ));
        }
        if is_sandbox_key(&credentials.access_key_id)
            && self.endpoints.iter().any(Endpoint::is_vendor)
        {
            problems.push(FieldError::new(
                "accessKeyId",
                "sandbox-key",
                Text::new(
                    "是沙箱的演示密钥，不能用于阿里云的地址；请把 endpoint 指向沙箱，或换成真实密钥。",
                    "is the sandbox's demo key, which is not allowed for Alibaba Cloud's hosts; set endpoint to the sandbox or use a real key.",
                ),
            ));
        }
        // A real identity must not be sent to a sandbox.
        if !is_sandbox_key(&credentials.access_key_id)
            && self.endpoints.iter().any(Endpoint::leaves_unencrypted)
        {
            problems.push(Endpoint::needs_https());
        }
        if problems.is_empty() {
            Ok(credentials)
        } else {
            Err(Error::options(problems))
        }
    }

    /// Validates the credentials of a call. `supplied` states whether a function of the program supplied
    /// them: their faults are then that function's.
    ///
    /// # Errors
    /// Like [`Options::check_credentials`]; of kind `credentials` for a fault of the function.
    pub fn credentials_of_call(
        &self,
        raw: RawCredentials,
        supplied: bool,
    ) -> Result<Credentials, Error> {
        self.check_credentials(raw).map_err(|error| {
            // The program sets the endpoint, not the function.
            let of_the_function = error.fields.iter().all(|field| field.field != "endpoint");
            if supplied && of_the_function {
                Error::credentials(error.fields.into())
            } else {
                naming_variables(error)
            }
        })
    }

    /// Validates the credentials of a Rust program in the same way.
    ///
    /// # Errors
    /// Like [`Options::credentials_of_call`].
    pub(crate) fn validated_credentials(
        &self,
        credentials: &Credentials,
        supplied: bool,
    ) -> Result<Credentials, Error> {
        let token = credentials.security_token.as_ref();
        let raw = RawCredentials {
            access_key_id: credentials.access_key_id.as_str().into(),
            access_key_secret: credentials.access_key_secret.expose().into(),
            security_token: token.map(Secret::expose).into(),
            ..RawCredentials::default()
        };
        self.credentials_of_call(raw, supplied)
    }

    /// The same options for a call that ends within `limit`.
    #[cfg(any(
        all(target_arch = "wasm32", feature = "fetch"),
        all(not(target_arch = "wasm32"), feature = "ureq")
    ))]
    pub(crate) fn within(&self, limit: Duration) -> Self {
        let millis = i64::try_from(limit.as_millis()).unwrap_or(i64::MAX);
        Self {
            total_timeout_millis: self.total_timeout_millis.min(millis),
            ..self.clone()
        }
    }

    /// The validation options for a request at time `now`.
    pub const fn validation(&self, now: Timestamp) -> ValidationOptions {
        ValidationOptions {
            now,
            allow_other_products: self.allow_other_products,
            documents: self.documents,
        }
    }
}

/// The error for a client in a browser.
pub(crate) fn in_a_browser() -> FieldError {
    FieldError::new(
        "accessKeySecret",
        "browser",
        Text::new(
            "不得在浏览器中使用：任何访问者都能获取密钥。请改由后端或网关调用；如接受此风险，请设置 dangerouslyAllowBrowser。",
            "must not be used in a browser, where every visitor can read it: call from a backend or through the gateway, or set dangerouslyAllowBrowser if you accept the risk.",
        ),
    )
}

fn version(value: &Value) -> Result<SignatureVersion, FieldError> {
    match value {
        Value::Text(name) => SignatureVersion::read(name),
        _ => None,
    }
    .ok_or_else(|| {
        wrong_type(
            "signatureVersion",
            "应为 \"1.0\" 或 \"ACS3-HMAC-SHA256\"。",
            "must be \"1.0\" or \"ACS3-HMAC-SHA256\".",
        )
    })
}

fn integer(name: &'static str, value: &Value, max: i64) -> Result<i64, FieldError> {
    let range = 1..=max;
    match value {
        Value::Integer(number) if range.contains(number) => Ok(*number),
        _ => Err(FieldError::out_of_range(name, &range)),
    }
}

fn flag(name: &'static str, value: &Value) -> Result<bool, FieldError> {
    match value {
        Value::Boolean(on) => Ok(*on),
        _ => Err(wrong_type(
            name,
            "应为 true 或 false。",
            "must be true or false.",
        )),
    }
}

fn unknown_option(name: &str) -> FieldError {
    // The name could be a misplaced secret, so it is quoted only if it looks like a name.
    let shown = if name.len() <= 40 && name.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        name
    } else {
        "(?)"
    };
    let message = match spelling::meant(NAMES.iter().copied(), name) {
        Some(meant) => Text::composed(
            format!("不是有效的选项，是否为 {meant}？"),
            format!("is not a known option; did you mean {meant}?"),
        ),
        None => Text::new(
            "不是有效的选项，请核对名称。",
            "is not a known option; check its name.",
        ),
    };
    FieldError::new(shown, "unknown-option", message)
}

/// Every option, including those that only the JavaScript package reads.
const NAMES: &[&str] = &[
    "accessKeyId",
    "accessKeySecret",
    "securityToken",
    "expiration",
    "credentials",
    "endpoint",
    "signatureVersion",
    "timeoutMs",
    "totalTimeoutMs",
    "maxAttempts",
    "repeatInit",
    "allowOtherProducts",
    "allowResidencePermits",
    "dangerouslyAllowBrowser",
    "language",
    "fetch",
    "orders",
    "onAttempt",
];

/// The same error; for a missing AccessKey, it also names the environment variable to set.
fn naming_variables(error: Error) -> Error {
    let mut fields = Vec::from(error.fields);
    for problem in fields
        .iter_mut()
        .filter(|problem| problem.rule == "missing")
    {
        if let Some(variable) = environment_variable(&problem.field) {
            problem.message = Text::composed(
                format!("未设置；可通过环境变量 {variable} 设置。"),
                format!(
                    "is missing; set it, for example with the environment variable {variable}."
                ),
            );
        }
    }
    Error::options(fields)
}

fn wrong_type(option: &'static str, zh: &'static str, en: &'static str) -> FieldError {
    FieldError::new(option, "type", Text::new(zh, en))
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
    fn defaults_use_https() {
        let options = Options::default();
        assert_eq!(
            options.endpoints[0].origin(),
            "https://cloudauth.aliyuncs.com"
        );
        assert_eq!(options.version, SignatureVersion::Rpc);
    }

    #[test]
    fn reports_everything_together() {
        let error = Options::check([
            ("endpoint", "http://example.com,https://a/b".into()),
            ("signatureVersion", "2.0".into()),
            ("timeoutMs", Value::Integer(0)),
            ("maxAttempts", "3".into()),
            ("repeatInit", "yes".into()),
            ("timeout", Value::Integer(1)),
            ("language", Value::Absent),
            ("inBrowser", Value::Boolean(true)),
        ])
        .unwrap_err();
        assert_eq!(
            fields(&error),
            [
                ("endpoint", "needs-https"),
                ("endpoint", "not-an-endpoint"),
                ("signatureVersion", "type"),
                ("timeoutMs", "range"),
                ("maxAttempts", "range"),
                ("repeatInit", "type"),
                ("timeout", "unknown-option"),
                ("accessKeySecret", "browser"),
            ]
        );
        let Text { zh, en } = &error.message;
        assert!(
            zh.contains(
                r#"signatureVersion：应为 "1.0" 或 "ACS3-HMAC-SHA256"。timeoutMs：应为 1 至"#
            ),
            "{zh}"
        );
        assert!(!zh.contains("  ") && !en.contains("  "), "{error}");
    }

    #[test]
    fn an_unknown_option_is_answered_with_the_one_that_was_meant() {
        for (name, meant) in [
            ("timeout", "timeoutMs"),
            ("total_timeout_ms", "totalTimeoutMs"),
            ("accesskeyID", "accessKeyId"),
            ("endpoints", "endpoint"),
            ("onattempts", "onAttempt"),
            ("ordrs", "orders"),
        ] {
            let error = Options::check([(name, Value::Boolean(true))]).unwrap_err();
            let expected = format!("did you mean {meant}?");
            assert!(error.message.en.ends_with(&expected), "{error}");
        }
        let error = Options::check([("region", Value::Boolean(true))]).unwrap_err();
        assert!(!error.message.en.contains("did you mean"), "{error}");
    }

    #[test]
    fn a_missing_key_names_its_variable() {
        let raw = RawCredentials::default();
        let error = naming_variables(Options::default().check_credentials(raw).unwrap_err());
        for text in [&error.message.zh, &error.message.en] {
            for variable in [
                "ALIBABA_CLOUD_ACCESS_KEY_ID",
                "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
            ] {
                assert!(text.contains(variable), "{text}");
            }
        }
        assert!(!error.message.en.contains("request"), "{error}");
    }

    #[test]
    fn only_the_sandboxs_key_goes_unencrypted_to_another_host() {
        let options = Options::check([("endpoint", "http://sandbox:8788".into())]).unwrap();
        let with_key = |access_key_id: &'static str| {
            options.check_credentials(RawCredentials {
                access_key_id: access_key_id.into(),
                access_key_secret: "sandbox-key-secret".into(),
                ..RawCredentials::default()
            })
        };
        assert!(with_key(SANDBOX_ACCESS_KEY_ID).is_ok());
        for other in ["testid", "sandbox", "LTAI-sandbox-key-id"] {
            let error = with_key(other).unwrap_err();
            assert_eq!(fields(&error), [("endpoint", "needs-https")], "{other}");
        }
        let public = [("endpoint", "http://sandbox.example.com".into())];
        let error = Options::check(public).unwrap_err();
        assert_eq!(fields(&error), [("endpoint", "needs-https")]);
    }

    #[test]
    fn the_sandbox_key_is_never_sent_to_alibaba_cloud() {
        let options = Options::default();
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
        let options = Options::default();
        let error = options
            .check_credentials(RawCredentials {
                access_key_id: Value::Integer(1),
                access_key_secret: Value::Unusable,
                security_token: Value::Boolean(true),
                expiration: Value::Inexact,
            })
            .unwrap_err();
        assert_eq!(
            fields(&error),
            [
                ("accessKeyId", "type"),
                ("accessKeySecret", "type"),
                ("securityToken", "type"),
                ("expiration", "type")
            ]
        );
    }
}
