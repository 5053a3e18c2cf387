//! Authenticates callers: by bearer tokens, stored as hashes, and by AccessKey pairs issued by the
//! gateway. A caller can have several of each, so that a new one works before the old one is
//! removed.

use crate::json::de::from_json_strictly;
use crate::signing::acs3::hmac_sha256;
use crate::signing::encode::hex;
use crate::text::Text;
use crate::vendor::credentials::Secret;
use crate::vendor::endpoint::Endpoint;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The bearer token of development.
pub const DEVELOPMENT_TOKEN: &str = "dev-token";
const DEVELOPMENT_KEY_ID: &str = "dev-key-id";
const DEVELOPMENT_KEY_SECRET: &str = "dev-key-secret";

/// The permissions of a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scope {
    /// Start verifications.
    #[serde(rename = "create")]
    Create,
    /// Read their status and verdict, and list them.
    #[serde(rename = "read")]
    Read,
    /// Also read the material: the photo's URL, scores, OSS object.
    #[serde(rename = "read:material")]
    ReadMaterial,
}

/// A service that calls the gateway. No other caller can see its verifications.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The name of the caller and its ledger: a renamed caller starts with a new ledger.
    pub id: String,
    /// Its permissions.
    pub scopes: Vec<Scope>,
    /// Limit of started verifications per day (UTC+8); no limit if not set.
    pub max_starts_per_day: Option<u32>,
    /// Limit of started verifications per day (UTC+8) and UserId; no limit if not set.
    pub max_starts_per_user_per_day: Option<u32>,
    /// The receiver of webhook deliveries.
    pub webhook_url: Option<String>,
    tokens: Vec<[u8; 32]>,
    key_pairs: Vec<KeyPair>,
}

/// An AccessKey pair issued by the gateway.
#[derive(Clone, Debug)]
pub struct KeyPair {
    /// AccessKeyId.
    pub access_key_id: String,
    /// AccessKeySecret.
    pub access_key_secret: Secret,
}

/// The development caller, with all permissions.
pub fn development() -> Caller {
    Caller {
        id: "dev".to_owned(),
        scopes: vec![Scope::Create, Scope::Read, Scope::ReadMaterial],
        max_starts_per_day: None,
        max_starts_per_user_per_day: None,
        webhook_url: None,
        tokens: vec![sha256(DEVELOPMENT_TOKEN)],
        key_pairs: vec![KeyPair {
            access_key_id: DEVELOPMENT_KEY_ID.to_owned(),
            access_key_secret: Secret::new(DEVELOPMENT_KEY_SECRET),
        }],
    }
}

/// The caller with the token. Every known hash is compared, so that the duration reveals nothing.
pub fn by_token<'a>(callers: &'a [Caller], token: &str) -> Option<&'a Caller> {
    let presented = sha256(token);
    let mut found = None;
    for caller in callers {
        for known in &caller.tokens {
            if bool::from(known.ct_eq(&presented)) {
                found = Some(caller);
            }
        }
    }
    found
}

/// The caller and key pair of an AccessKeyId, which is not secret.
pub fn by_access_key_id<'a>(callers: &'a [Caller], id: &str) -> Option<(&'a Caller, &'a KeyPair)> {
    callers.iter().find_map(|caller| {
        let pair = caller
            .key_pairs
            .iter()
            .find(|pair| pair.access_key_id == id)?;
        Some((caller, pair))
    })
}

/// 32 bytes derived from the gateway's secret, for `purpose` and `what`.
pub fn derive(secret: &Secret, purpose: &str, what: &str) -> [u8; 32] {
    let message = [purpose.as_bytes(), what.as_bytes()].join(&0);
    hmac_sha256(secret.expose().as_bytes(), &message)
}

/// The key that signs a caller's webhook deliveries, in the form of Standard Webhooks.
pub fn webhook_secret(secret: &Secret, caller: &str) -> Secret {
    let key = derive(secret, "webhook", caller);
    let text = STANDARD.encode(key);
    Secret::new(format!("whsec_{text}"))
}

/// The AccessKeySecret of a key pair issued by the gateway. An HMAC key cannot be stored as a hash,
/// so it is derived from the gateway's secret and the AccessKeyId on demand.
pub fn derived_key_secret(secret: &Secret, access_key_id: &str) -> Secret {
    Secret::new(hex(&derive(secret, "access-key-secret", access_key_id)))
}

fn sha256(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawCaller {
    id: String,
    #[serde(default)]
    token_sha256: Vec<String>,
    #[serde(default)]
    key_pairs: Vec<RawKeyPair>,
    #[serde(default = "default_scopes")]
    scopes: Vec<Scope>,
    #[serde(default)]
    max_starts_per_day: Option<u32>,
    #[serde(default)]
    max_starts_per_user_per_day: Option<u32>,
    #[serde(default)]
    webhook_url: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawKeyPair {
    access_key_id: String,
    #[serde(default)]
    secret_setting: Option<String>,
}

/// Material is personal data, so it is not part of the default.
fn default_scopes() -> Vec<Scope> {
    vec![Scope::Create, Scope::Read]
}

type Problem = (&'static str, Text);

const fn problem(rule: &'static str, zh: &'static str, en: &'static str) -> Problem {
    (rule, Text::new(zh, en))
}

/// Reads the list of callers. `secret_setting` returns the value of a Worker secret that contains a
/// key pair's secret.
///
/// # Errors
/// The rule and the text of the first fault, without any value.
pub fn read<'a>(
    text: &str,
    secret: &Secret,
    development: bool,
    secret_setting: &dyn Fn(&str) -> Option<&'a str>,
) -> Result<Vec<Caller>, Vec<Problem>> {
    let raw: Vec<RawCaller> = from_json_strictly(text).map_err(|error| {
        let (zh, en) = error.bracketed();
        vec![(
            "not-callers",
            Text::composed(
                format!("不是所需的 JSON{zh}；格式见 docs/gateway.md。"),
                [
                    "is not JSON of the expected form",
                    &en,
                    "; see docs/gateway.md for the form.",
                ]
                .concat(),
            ),
        )]
    })?;
    let mut problems = Vec::new();
    if raw.is_empty() {
        problems.push(problem(
            "no-callers",
            "没有任何调用方。",
            " contains no caller.",
        ));
    }
    let mut callers: Vec<Caller> = Vec::new();
    for entry in raw {
        let caller = entry.check(secret, development, secret_setting, &mut problems);
        if callers.iter().any(|other| other.id == caller.id) {
            problems.push(problem(
                "same-id-twice",
                "有两个调用方使用同一 id。",
                "has two callers with the same id.",
            ));
        }
        if callers.iter().any(|other| other.shares_a_key_with(&caller)) {
            problems.push(problem(
                "shared-key",
                "有两个调用方使用同一令牌或 AccessKeyId。",
                "has two callers with the same token or AccessKeyId.",
            ));
        }
        callers.push(caller);
    }
    if problems.is_empty() {
        Ok(callers)
    } else {
        Err(problems)
    }
}

impl RawCaller {
    fn check<'a>(
        self,
        secret: &Secret,
        development: bool,
        secret_setting: &dyn Fn(&str) -> Option<&'a str>,
        problems: &mut Vec<Problem>,
    ) -> Caller {
        if !is_id(&self.id) {
            problems.push(problem(
                "id",
                "中有调用方的 id 不合规：应为 1 至 64 个小写字母、数字或连字符。",
                "has a caller with an invalid id: it must be 1 to 64 lower-case letters, digits or hyphens.",
            ));
        }
        if self.token_sha256.is_empty() && self.key_pairs.is_empty() {
            problems.push(problem(
                "no-credentials",
                "中有调用方既没有 tokenSha256 也没有 keyPairs。",
                "has a caller with neither tokenSha256 nor keyPairs.",
            ));
        }
        if self
            .webhook_url
            .as_deref()
            .is_some_and(|url| !is_webhook_url(url))
        {
            problems.push(problem(
                "webhook-url",
                "的 webhookUrl 应为 https:// 开头的完整地址（本机地址可用 http://）。",
                "has an invalid webhookUrl: it must be a complete https:// URL (http:// only for the local machine).",
            ));
        }
        let mut tokens = Vec::new();
        for hash in &self.token_sha256 {
            match read_hash(hash) {
                Some(hash) if hash == sha256(DEVELOPMENT_TOKEN) && !development => {
                    problems.push(problem(
                        "development-token",
                        "含开发用的令牌，不能用于生产模式；请为调用方生成新的令牌。",
                        "contains the development token, which is not allowed in production; create a new one for the caller.",
                    ));
                }
                Some(hash) => tokens.push(hash),
                None => problems.push(problem(
                    "token-sha256",
                    "的 tokenSha256 应为 64 位十六进制的 SHA-256，而不是令牌本身。",
                    "has an invalid tokenSha256: it must be the SHA-256 of the token as 64 hexadecimal digits, not the token itself.",
                )),
            }
        }
        let mut key_pairs = Vec::new();
        for pair in self.key_pairs {
            if pair.access_key_id == DEVELOPMENT_KEY_ID && !development {
                problems.push(problem(
                    "development-key",
                    "含开发用的密钥，不能用于生产模式；请为调用方生成新的密钥。",
                    "contains the development key pair, which is not allowed in production; create a new one for the caller.",
                ));
                continue;
            }
            if !is_key_id(&pair.access_key_id) {
                problems.push(problem(
                    "access-key-id",
                    "中有 accessKeyId 不合规：应为 8 至 64 个字母、数字、点、下划线或连字符。",
                    "has an invalid accessKeyId: it must be 8 to 64 letters, digits, dots, underscores or hyphens.",
                ));
                continue;
            }
            let access_key_secret = match &pair.secret_setting {
                None => Some(derived_key_secret(secret, &pair.access_key_id)),
                Some(name) => secret_setting(name)
                    .filter(|secret| is_secret(secret))
                    .map(Secret::new),
            };
            match access_key_secret {
                Some(access_key_secret) => key_pairs.push(KeyPair {
                    access_key_id: pair.access_key_id,
                    access_key_secret,
                }),
                None => problems.push(problem(
                    "secret-setting",
                    "的 secretSetting 指向不存在或不合规的设置；其名称须以 GATEWAY_KEY_ 开头，其值须为至少 16 个不含空白的 ASCII 字符，并作为部署环境的密钥保存。",
                    "has a missing or invalid secretSetting: its name must start with GATEWAY_KEY_, its value must have at least 16 ASCII characters without white space, and it must be a secret of the deployment.",
                )),
            }
        }
        Caller {
            id: self.id,
            scopes: self.scopes,
            max_starts_per_day: self.max_starts_per_day,
            max_starts_per_user_per_day: self.max_starts_per_user_per_day,
            webhook_url: self.webhook_url,
            tokens,
            key_pairs,
        }
    }
}

impl Caller {
    /// Whether the caller has the permission.
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }

    fn shares_a_key_with(&self, other: &Self) -> bool {
        self.tokens.iter().any(|token| other.tokens.contains(token))
            || self.key_pairs.iter().any(|pair| {
                other
                    .key_pairs
                    .iter()
                    .any(|theirs| theirs.access_key_id == pair.access_key_id)
            })
    }
}

/// A URL with an allowed scheme and host; its path can be any printable text.
fn is_webhook_url(text: &str) -> bool {
    let (scheme, rest) = text.split_once("://").unwrap_or_default();
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    text.len() <= 2_048
        && text.bytes().all(|byte| byte.is_ascii_graphic())
        && ["http", "https"].contains(&scheme)
        && Endpoint::parse(&format!("{scheme}://{authority}")).is_ok()
}

fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn is_key_id(text: &str) -> bool {
    (8..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

/// A stray line break would invalidate every signature, and a short secret could be guessed.
fn is_secret(text: &str) -> bool {
    text.len() >= 16 && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn read_hash(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 {
        return None;
    }
    let mut hash = [0; 32];
    for (byte, pair) in hash.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let pair = std::str::from_utf8(pair).ok()?;
        if !pair.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing::acs3::hex_sha256;

    fn secret() -> Secret {
        Secret::new("0123456789abcdef0123456789abcdef")
    }

    fn read_one(text: &str) -> Result<Vec<Caller>, Vec<&'static str>> {
        read(text, &secret(), false, &|name| {
            (name == "GATEWAY_KEY_SHOP").then_some("kept-as-a-secret")
        })
        .map_err(|problems| problems.into_iter().map(|(rule, _)| rule).collect())
    }

    #[test]
    fn finds_callers_by_any_of_their_tokens_and_keys() {
        let text = format!(
            r#"[{{"id":"shop","tokenSha256":["{}","{}"],"keyPairs":[{{"accessKeyId":"gwk-shop-1"}},{{"accessKeyId":"gwk-shop-2","secretSetting":"GATEWAY_KEY_SHOP"}}]}},
                {{"id":"bank","tokenSha256":["{}"],"scopes":["read","read:material"]}}]"#,
            hex_sha256(b"old"),
            hex_sha256(b"new").to_uppercase(),
            hex_sha256(b"other")
        );
        let callers = read_one(&text).unwrap();
        for (token, id) in [
            ("old", Some("shop")),
            ("new", Some("shop")),
            ("other", Some("bank")),
            ("wrong", None),
            ("", None),
        ] {
            assert_eq!(
                by_token(&callers, token).map(|caller| caller.id.as_str()),
                id,
                "{token}"
            );
        }
        let (caller, derived) = by_access_key_id(&callers, "gwk-shop-1").unwrap();
        assert_eq!(caller.id, "shop");
        assert_eq!(derived.access_key_secret.expose().len(), 64);
        let (_, kept) = by_access_key_id(&callers, "gwk-shop-2").unwrap();
        assert_eq!(kept.access_key_secret.expose(), "kept-as-a-secret");
        assert!(by_access_key_id(&callers, "gwk-shop-3").is_none());
        assert!(callers[0].may(Scope::Create) && !callers[0].may(Scope::ReadMaterial));
        assert!(!callers[1].may(Scope::Create) && callers[1].may(Scope::ReadMaterial));
    }

    #[test]
    fn derived_secrets_differ_by_key_purpose_and_gateway() {
        let of = |secret: &str, purpose, what| derive(&Secret::new(secret), purpose, what);
        let all = [
            of("a", "p", "q"),
            of("b", "p", "q"),
            of("a", "q", "q"),
            of("a", "p", "p"),
            of("a", "pq", ""),
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(!all[at + 1..].contains(one));
        }
    }

    #[test]
    fn refuses_what_would_not_work_or_not_be_safe() {
        let hash = hex_sha256(b"token");
        for (text, rule) in [
            ("{}", "not-callers"),
            ("[]", "no-callers"),
            (
                r#"[{"id":"Shop","keyPairs":[{"accessKeyId":"gwk-shop-1"}]}]"#,
                "id",
            ),
            (r#"[{"id":"shop"}]"#, "no-credentials"),
            (
                r#"[{"id":"shop","tokenSha256":["the token itself"]}]"#,
                "token-sha256",
            ),
            (
                r#"[{"id":"shop","keyPairs":[{"accessKeyId":"short"}]}]"#,
                "access-key-id",
            ),
            (
                r#"[{"id":"shop","keyPairs":[{"accessKeyId":"gwk-shop-1","secretSetting":"GATEWAY_KEY_OTHER"}]}]"#,
                "secret-setting",
            ),
            (
                r#"[{"id":"shop","scopes":["admin"],"keyPairs":[]}]"#,
                "not-callers",
            ),
            (r#"[{"id":"shop","token":"x"}]"#, "not-callers"),
            (
                r#"[{"id":"shop","keyPairs":[{"accessKeyId":"gwk-shop-1"}],"webhookUrl":"http://shop.example/hook"}]"#,
                "webhook-url",
            ),
            (
                &format!(
                    r#"[{{"id":"a","tokenSha256":["{hash}"]}},{{"id":"b","tokenSha256":["{hash}"]}}]"#
                ),
                "shared-key",
            ),
        ] {
            assert_eq!(read_one(text).unwrap_err(), [rule], "{text}");
        }
    }
}
