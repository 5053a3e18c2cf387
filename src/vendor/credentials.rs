//! AccessKeys, which are kept secret and checked for copy-and-paste errors.

pub use crate::secret::Secret;

use crate::error::FieldError;
use crate::text::Text;

/// An AccessKey pair, with a SecurityToken if it is temporary (STS).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Credentials {
    /// AccessKeyId: identifies the key and is not secret.
    pub access_key_id: String,
    /// AccessKeySecret: the HMAC key.
    pub access_key_secret: Secret,
    /// SecurityToken of temporary credentials.
    pub security_token: Option<Secret>,
}

/// Maximum length of an AccessKeyId or AccessKeySecret; Alibaba Cloud's have 16 to 30 characters.
const KEY_MAX: usize = 128;
/// Maximum length of a SecurityToken; Alibaba Cloud's have up to about 1,500 characters and may
/// grow.
const TOKEN_MAX: usize = 16_384;

impl Credentials {
    /// Permanent credentials.
    pub fn new(access_key_id: impl Into<String>, access_key_secret: impl Into<String>) -> Self {
        Self {
            access_key_id: access_key_id.into(),
            access_key_secret: Secret::new(access_key_secret),
            security_token: None,
        }
    }

    /// Temporary credentials, as returned by STS AssumeRole.
    #[must_use]
    pub fn with_security_token(mut self, token: impl Into<String>) -> Self {
        self.security_token = Some(Secret::new(token));
        self
    }

    /// Whether both are the same key with the same secret and SecurityToken.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.access_key_id == other.access_key_id
            && (self.access_key_secret).constant_time_eq(other.access_key_secret.expose())
            && match (&self.security_token, &other.security_token) {
                (Some(ours), Some(theirs)) => ours.constant_time_eq(theirs.expose()),
                (None, None) => true,
                _ => false,
            }
    }

    /// The errors in the format of these credentials, by option name and without values. Without
    /// this check, a secret copied with a space, a line break or quotes would result in
    /// `SignatureDoesNotMatch`.
    pub fn format_problems(&self) -> Vec<FieldError> {
        let mut problems = Vec::new();
        check("accessKeyId", &self.access_key_id, KEY_MAX, &mut problems);
        check(
            "accessKeySecret",
            self.access_key_secret.expose(),
            KEY_MAX,
            &mut problems,
        );
        if let Some(token) = &self.security_token {
            check("securityToken", token.expose(), TOKEN_MAX, &mut problems);
        }
        problems
    }

    /// Credentials from the environment variables of the official SDKs:
    /// `ALIBABA_CLOUD_ACCESS_KEY_ID`, `ALIBABA_CLOUD_ACCESS_KEY_SECRET` and, for temporary ones,
    /// `ALIBABA_CLOUD_SECURITY_TOKEN`. Missing variables are empty, which creating a client or a
    /// [`Call`](crate::Call) reports.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn from_environment() -> Self {
        let variable = |option| {
            let name = environment_variable(option);
            name.and_then(|name| std::env::var(name).ok())
                .unwrap_or_default()
        };
        let credentials = Self::new(variable("accessKeyId"), variable("accessKeySecret"));
        match variable("securityToken") {
            token if token.is_empty() => credentials,
            token => credentials.with_security_token(token),
        }
    }
}

/// The environment variable that Alibaba Cloud's credentials packages read for this option.
pub fn environment_variable(option: &str) -> Option<&'static str> {
    Some(match option {
        "accessKeyId" => "ALIBABA_CLOUD_ACCESS_KEY_ID",
        "accessKeySecret" => "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
        "securityToken" => "ALIBABA_CLOUD_SECURITY_TOKEN",
        _ => return None,
    })
}

/// Whether a value has kept its quotes: `docker --env-file` passes them on, and other readers of such a
/// file remove them, so the secrets derived from it would differ.
#[cfg(feature = "gateway")]
pub(crate) fn is_quoted(value: &str) -> bool {
    QUOTES.iter().any(|&quote| {
        value
            .strip_prefix(quote)
            .is_some_and(|rest| rest.ends_with(quote))
    })
}

/// The last one is a quote for Node's reader of files of settings.
const QUOTES: [char; 3] = ['"', '\'', '`'];

/// Whether a value has the form of a variable or a placeholder, such as `${NAME}`, `{{ name }}` or `<name>`.
fn is_placeholder(value: &str) -> bool {
    value.starts_with('$')
        || value.starts_with("{{")
        || (value.starts_with('<') && value.ends_with('>'))
}

fn check(option: &'static str, value: &str, max: usize, problems: &mut Vec<FieldError>) {
    let problem = if value.is_empty() {
        Some((
            "missing",
            Text::new(
                "未设置；请从密钥管理服务获取后设置。",
                "is missing; set it from your secret store.",
            ),
        ))
    } else if value.trim() != value {
        Some((
            "stray-white-space",
            Text::new(
                "首尾有空格或换行，通常是复制时带入的，请删除。",
                "starts or ends with white space, probably from copying; remove it.",
            ),
        ))
    } else if matches!(value, "undefined" | "null") {
        Some((
            "placeholder",
            Text::new(
                "是 undefined 或 null，通常是变量未设置时拼成的字符串，请设为真实的值。",
                "is the word undefined or null, probably from a variable that is not set; set the real value.",
            ),
        ))
    } else if value.starts_with(QUOTES) || value.ends_with(QUOTES) {
        // `docker --env-file` keeps the quotes that other readers of such a file remove.
        Some((
            "quoted",
            Text::new(
                "以引号开头或结尾，请去掉引号。",
                "starts or ends with a quote; remove the quotes.",
            ),
        ))
    } else if is_placeholder(value) {
        Some((
            "placeholder",
            Text::new(
                "是未替换的占位符，请设为真实的值。",
                "is a placeholder that was not replaced; set the real value.",
            ),
        ))
    } else if !value.bytes().all(|byte| byte.is_ascii_graphic()) {
        Some((
            "impossible-character",
            Text::new(
                "含有空格、控制字符或非 ASCII 字符，不可能是阿里云凭证，请重新复制。",
                "contains a space, a control character or a non-ASCII character, which no AccessKey has; copy it again.",
            ),
        ))
    } else if value.len() > max {
        Some((
            "too-long",
            Text::new(
                "过长，不可能是阿里云凭证，请检查是否粘贴了别的内容。",
                "is too long for an AccessKey; check the pasted value.",
            ),
        ))
    } else {
        None
    };
    if let Some((rule, message)) = problem {
        problems.push(FieldError::new(option, rule, message));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let credentials = Credentials::new("testid", "testsecret").with_security_token("tok+en/=");
        let shown = format!("{credentials:?}");
        assert!(
            !shown.contains("testsecret") && !shown.contains("tok+en"),
            "{shown}"
        );
    }

    #[test]
    fn names_the_option_and_never_the_value() {
        for (secret, rule) in [
            ("", "missing"),
            ("testsecret\n", "stray-white-space"),
            (" testsecret", "stray-white-space"),
            ("test secret", "impossible-character"),
            ("密钥", "impossible-character"),
            ("\"testsecret\"", "quoted"),
            ("'testsecret'", "quoted"),
            ("\"testsecret", "quoted"),
            ("${TEST_SECRET}", "placeholder"),
            ("$TEST_SECRET", "placeholder"),
            ("<your-secret>", "placeholder"),
            ("{{secret}}", "placeholder"),
            ("undefined", "placeholder"),
            ("null", "placeholder"),
        ] {
            let problems = Credentials::new("testid", secret).format_problems();
            let [problem] = problems.as_slice() else {
                panic!("{secret:?}: {problems:?}");
            };
            assert_eq!(problem.field, "accessKeySecret");
            assert_eq!(problem.rule, rule);
            let is_word = matches!(secret, "" | "undefined" | "null");
            assert!(is_word || !format!("{problem:?}").contains(secret));
        }
        // A sandbox or a gateway may have such a secret.
        for secret in ["own$key-{secret}", "it's<a>secret"] {
            assert!(
                Credentials::new("testid", secret)
                    .format_problems()
                    .is_empty()
            );
        }
        assert!(
            Credentials::new("a".repeat(129), "s").format_problems()[0].rule == "too-long",
            "a key of 129 characters"
        );
        assert!(
            Credentials::new("testid", "testsecret")
                .with_security_token("CAIS+/undefined==")
                .format_problems()
                .is_empty()
        );
    }
}
