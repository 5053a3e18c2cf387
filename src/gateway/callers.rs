//! Authenticates callers: by bearer tokens, which are stored as hashes, and by AccessKey pairs that
//! the gateway issued. A caller can have several of each, so that a new one can be in use before
//! the old one is removed, and each can have its own permissions.

use super::problem::{Problem, ProblemKind};
use crate::json::de::from_json_strictly;
use crate::signing::acs3::hmac_sha256;
use crate::text::Text;
use crate::vendor::credentials::Secret;
use crate::vendor::endpoint::Endpoint;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fmt;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// The bearer token for development.
pub const DEVELOPMENT_TOKEN: &str = "dev-token";
const DEVELOPMENT_KEY_ID: &str = "dev-key-id";
const DEVELOPMENT_KEY_SECRET: &str = "dev-key-secret";

/// The old and the new one. A receiver looks at each signature of a delivery.
const WEBHOOK_KEYS_MAX: usize = 2;

/// The permissions of a token or key pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scope {
    /// Start verifications.
    #[serde(rename = "create")]
    Create,
    /// Read their status and verdict, and list them.
    #[serde(rename = "read")]
    Read,
    /// Also read the material: the photo's URL, scores, the OSS object.
    #[serde(rename = "read:material")]
    ReadMaterial,
}

/// A service that calls the gateway. A caller cannot see the verifications of another one.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The name of the caller and of its ledger: renaming a caller starts a new ledger.
    pub id: String,
    /// Maximum number of verifications started per day (UTC+8); `None` for no limit.
    pub max_starts_per_day: Option<u32>,
    /// Maximum number of verifications started per day (UTC+8) and UserId; `None` for no limit.
    pub max_starts_per_user_per_day: Option<u32>,
    /// Where webhook deliveries are sent.
    pub webhook_url: Option<String>,
    /// The numbers of the keys that sign deliveries: several while the receiver replaces one.
    pub webhook_keys: Vec<u32>,
    tokens: Vec<Token>,
    key_pairs: Vec<KeyPair>,
}

/// A bearer token.
#[derive(Clone, Debug)]
struct Token {
    hash: [u8; 32],
    scopes: Vec<Scope>,
}

/// An AccessKey pair that the gateway issued.
#[derive(Clone, Debug)]
pub struct KeyPair {
    /// AccessKeyId.
    pub access_key_id: String,
    /// AccessKeySecret.
    pub access_key_secret: Secret,
    scopes: Vec<Scope>,
}

/// An authenticated caller, with the permissions of the token or key pair that it presented.
#[derive(Clone, Copy, Debug)]
pub struct Access<'a> {
    /// The caller.
    pub caller: &'a Caller,
    /// What the caller presented.
    pub key: Key<'a>,
    scopes: &'a [Scope],
}

/// A token or key pair, by what identifies it in logs.
#[derive(Clone, Copy, Debug)]
pub enum Key<'a> {
    /// A bearer token, by its hash.
    Token(&'a [u8; 32]),
    /// A key pair, by its AccessKeyId.
    Pair(&'a str),
}

impl Key<'_> {
    /// The first 12 digits of a token's hash, or an AccessKeyId: the names that `caller list` shows and `caller revoke
    /// --key` takes.
    pub fn name(self) -> String {
        match self {
            Self::Token(hash) => hash
                .iter()
                .take(6)
                .map(|byte| format!("{byte:02x}"))
                .collect(),
            Self::Pair(access_key_id) => access_key_id.to_owned(),
        }
    }
}

impl Access<'_> {
    /// Whether the token or key pair has the permission.
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }

    /// Requires the permission.
    ///
    /// # Errors
    /// If the token or key pair does not have it.
    pub fn require(&self, scope: Scope) -> Result<(), Problem> {
        if self.may(scope) {
            Ok(())
        } else {
            Err(Problem::new(ProblemKind::InsufficientScope))
        }
    }
}

/// The development caller, with all permissions.
pub fn development() -> Caller {
    let scopes = vec![Scope::Create, Scope::Read, Scope::ReadMaterial];
    Caller {
        id: "dev".to_owned(),
        max_starts_per_day: None,
        max_starts_per_user_per_day: None,
        webhook_url: None,
        webhook_keys: first_webhook_key(),
        tokens: vec![Token {
            hash: sha256(DEVELOPMENT_TOKEN),
            scopes: scopes.clone(),
        }],
        key_pairs: vec![KeyPair {
            access_key_id: DEVELOPMENT_KEY_ID.to_owned(),
            access_key_secret: Secret::new(DEVELOPMENT_KEY_SECRET),
            scopes,
        }],
    }
}

/// The caller with this token. Every known hash is compared, so that the duration reveals nothing.
pub fn by_token<'a>(callers: &'a [Caller], token: &str) -> Option<Access<'a>> {
    let presented = sha256(token);
    let mut found = None;
    for caller in callers {
        for known in &caller.tokens {
            if bool::from(known.hash.ct_eq(&presented)) {
                found = Some(Access {
                    caller,
                    key: Key::Token(&known.hash),
                    scopes: &known.scopes,
                });
            }
        }
    }
    found
}

/// The caller and key pair with this AccessKeyId, which is not a secret.
pub fn by_access_key_id<'a>(callers: &'a [Caller], id: &str) -> Option<(Access<'a>, &'a KeyPair)> {
    callers.iter().find_map(|caller| {
        let pair = caller
            .key_pairs
            .iter()
            .find(|pair| pair.access_key_id == id)?;
        let access = Access {
            caller,
            key: Key::Pair(&pair.access_key_id),
            scopes: &pair.scopes,
        };
        Some((access, pair))
    })
}

/// Derives 32 bytes from the gateway's secret, for `purpose` and `what`.
pub fn derive(secret: &Secret, purpose: &str, what: &str) -> Zeroizing<[u8; 32]> {
    let message = [purpose.as_bytes(), what.as_bytes()].join(&0);
    Zeroizing::new(hmac_sha256(secret.expose().as_bytes(), &message))
}

/// One of the keys that sign a caller's webhook deliveries.
pub fn webhook_key(secret: &Secret, caller: &str, number: u32) -> Zeroizing<[u8; 32]> {
    match number {
        1 => derive(secret, "webhook", caller),
        // No caller's id contains a slash.
        number => derive(secret, "webhook", &format!("{caller}/{number}")),
    }
}

/// The same key as text for the receiver, in the format of Standard Webhooks.
pub fn webhook_secret(secret: &Secret, caller: &str, number: u32) -> Secret {
    let mut text = "whsec_".to_owned();
    STANDARD.encode_string(webhook_key(secret, caller, number), &mut text);
    Secret::new(text)
}

/// The AccessKeySecret of a key pair that the gateway issued. An HMAC key cannot be stored as a
/// hash, so it is derived on demand from the gateway's secret and the AccessKeyId.
pub fn derived_key_secret(secret: &Secret, access_key_id: &str) -> Secret {
    Secret::new(hex::encode(derive(
        secret,
        "access-key-secret",
        access_key_id,
    )))
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
    tokens: Vec<RawToken>,
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
    #[serde(default = "first_webhook_key")]
    webhook_keys: Vec<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawKeyPair {
    access_key_id: String,
    #[serde(default)]
    secret_setting: Option<String>,
    /// The caller's scopes if not set.
    #[serde(default)]
    scopes: Option<Vec<Scope>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawToken {
    sha256: String,
    /// The caller's scopes if not set.
    #[serde(default)]
    scopes: Option<Vec<Scope>>,
}

fn first_webhook_key() -> Vec<u32> {
    vec![1]
}

/// Material is personal data, so its scope is not granted by default.
fn default_scopes() -> Vec<Scope> {
    vec![Scope::Create, Scope::Read]
}

/// The rule that a list of callers breaks, and the text about it.
type CallerProblem = (&'static str, Text);

/// A problem of the member at `place`, such as `[0].tokens[1].scopes`.
fn problem(
    place: impl fmt::Display,
    rule: &'static str,
    zh: &'static str,
    en: &'static str,
) -> CallerProblem {
    let text = Text::composed(format!("的 {place} {zh}"), format!("{place} {en}"));
    (rule, text)
}

/// Reads a list of callers; `others` are those of other lists. `secret_setting` returns the value of a
/// setting that holds the secret of a key pair.
///
/// # Errors
/// The rule and the text of every problem, without any value.
pub fn read<'a>(
    text: &str,
    others: &[Caller],
    secret: &Secret,
    development: bool,
    secret_setting: &dyn Fn(&str) -> Option<&'a str>,
) -> Result<Vec<Caller>, Vec<CallerProblem>> {
    let raw: Vec<RawCaller> = from_json_strictly(text).map_err(|error| {
        let (zh, en) = error.bracketed();
        vec![(
            "not-callers",
            Text::composed(
                format!("不是符合要求的 JSON{zh}；格式见 docs/gateway.md。"),
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
    let mut callers: Vec<Caller> = Vec::new();
    for (at, entry) in raw.into_iter().enumerate() {
        let place = format!("[{at}]");
        let caller = entry.check(&place, secret, development, secret_setting, &mut problems);
        let mut known = others.iter().chain(&callers);
        if known.clone().any(|other| other.id == caller.id) {
            problems.push(problem(
                format!("{place}.id"),
                "same-id-twice",
                "与另一个调用方的 id 相同。",
                "is the id of another caller.",
            ));
        }
        if known.any(|other| other.shares_a_key_with(&caller)) {
            problems.push(problem(
                &place,
                "shared-key",
                "与另一个调用方使用同一令牌或 AccessKeyId。",
                "has the same token or AccessKeyId as another caller.",
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
        place: &str,
        secret: &Secret,
        development: bool,
        secret_setting: &dyn Fn(&str) -> Option<&'a str>,
        problems: &mut Vec<CallerProblem>,
    ) -> Caller {
        if !is_id(&self.id) {
            problems.push(problem(
                format!("{place}.id"),
                "id",
                "应为 1 至 64 个小写字母、数字或连字符。",
                "must be 1 to 64 lower-case letters, digits or hyphens.",
            ));
        }
        if self.token_sha256.is_empty() && self.tokens.is_empty() && self.key_pairs.is_empty() {
            problems.push(problem(
                place,
                "no-credentials",
                "没有 tokens、tokenSha256 或 keyPairs 中的任何一项。",
                "has none of tokens, tokenSha256 and keyPairs.",
            ));
        }
        if self
            .webhook_url
            .as_deref()
            .is_some_and(|url| !is_webhook_url(url))
        {
            problems.push(problem(
                format!("{place}.webhookUrl"),
                "webhook-url",
                "应为 https:// 开头的完整地址（本机地址可用 http://）。",
                "must be a complete https:// URL (http:// only for the local machine).",
            ));
        }
        let keys = &self.webhook_keys;
        if !(1..=WEBHOOK_KEYS_MAX).contains(&keys.len())
            || keys.contains(&0)
            || has_twins(keys.iter())
        {
            problems.push(problem(
                format!("{place}.webhookKeys"),
                "webhook-keys",
                "应为一个或两个不同的正整数；caller rotate --webhook-secret 会写入。",
                "must be one or two different positive integers, which caller rotate --webhook-secret writes.",
            ));
        }
        let mut check = |place: String, text: &str, scopes: Option<Vec<Scope>>| {
            let hash = checked_hash(&place, text, development, problems)?;
            let scopes = scopes.unwrap_or_else(|| self.scopes.clone());
            Some(Token { hash, scopes })
        };
        let mut tokens = Vec::new();
        for (at, hash) in self.token_sha256.iter().enumerate() {
            tokens.extend(check(format!("{place}.tokenSha256[{at}]"), hash, None));
        }
        for (at, token) in self.tokens.into_iter().enumerate() {
            let place = format!("{place}.tokens[{at}].sha256");
            tokens.extend(check(place, &token.sha256, token.scopes));
        }
        if has_twins(tokens.iter().map(|token| token.hash)) {
            // The scopes of a duplicate would depend on the order of the list.
            problems.push(problem(
                place,
                "same-token-twice",
                "重复列出了同一令牌。",
                "lists the same token twice.",
            ));
        }
        if has_twins(self.key_pairs.iter().map(|pair| &pair.access_key_id)) {
            problems.push(problem(
                place,
                "same-key-pair-twice",
                "重复列出了同一 AccessKeyId。",
                "lists the same AccessKeyId twice.",
            ));
        }
        let mut key_pairs = Vec::new();
        for (at, pair) in self.key_pairs.into_iter().enumerate() {
            let place = format!("{place}.keyPairs[{at}]");
            key_pairs.extend(pair.check(
                &place,
                &self.scopes,
                secret,
                development,
                secret_setting,
                problems,
            ));
        }
        Caller {
            id: self.id,
            max_starts_per_day: self.max_starts_per_day,
            max_starts_per_user_per_day: self.max_starts_per_user_per_day,
            webhook_url: self.webhook_url,
            webhook_keys: self.webhook_keys,
            tokens,
            key_pairs,
        }
    }
}

impl RawKeyPair {
    fn check<'a>(
        self,
        place: &str,
        callers_scopes: &[Scope],
        secret: &Secret,
        development: bool,
        secret_setting: &dyn Fn(&str) -> Option<&'a str>,
        problems: &mut Vec<CallerProblem>,
    ) -> Option<KeyPair> {
        if self.access_key_id == DEVELOPMENT_KEY_ID && !development {
            problems.push(problem(
                format!("{place}.accessKeyId"),
                "development-key",
                "是开发用的密钥，只能用于开发模式；请为调用方生成新的密钥。",
                "is the development key pair, which is allowed in development only; create a new one for the caller.",
            ));
            return None;
        }
        if !is_key_id(&self.access_key_id) {
            problems.push(problem(
                format!("{place}.accessKeyId"),
                "access-key-id",
                "应为 8 至 64 个字母、数字、点、下划线或连字符。",
                "must be 8 to 64 letters, digits, dots, underscores or hyphens.",
            ));
            return None;
        }
        let access_key_secret = match &self.secret_setting {
            None => Some(derived_key_secret(secret, &self.access_key_id)),
            Some(name) => secret_setting(name)
                .filter(|secret| is_secret(secret))
                .map(Secret::new),
        };
        if access_key_secret.is_none() {
            problems.push(problem(
                format!("{place}.secretSetting"),
                "secret-setting",
                "指向不存在或不合规的设置；其名称须以 GATEWAY_KEY_ 开头，其值须为至少 16 个不含空白的 ASCII 字符，并作为部署环境的密钥保存。",
                "names a missing or invalid setting: its name must start with GATEWAY_KEY_, its value must have at least 16 ASCII characters without white space, and it must be a secret of the deployment.",
            ));
        }
        Some(KeyPair {
            access_key_id: self.access_key_id,
            access_key_secret: access_key_secret?,
            scopes: self.scopes.unwrap_or_else(|| callers_scopes.to_vec()),
        })
    }
}

fn checked_hash(
    place: &str,
    text: &str,
    development: bool,
    problems: &mut Vec<CallerProblem>,
) -> Option<[u8; 32]> {
    let hash = read_hash(text);
    if hash.is_none() {
        problems.push(problem(
            place,
            "token-sha256",
            "应为 64 位十六进制的 SHA-256，而不是令牌本身。",
            "must be the SHA-256 of the token as 64 hexadecimal digits, not the token itself.",
        ));
    } else if hash == Some(sha256(DEVELOPMENT_TOKEN)) && !development {
        problems.push(problem(
            place,
            "development-token",
            "是开发用的令牌，只能用于开发模式；请为调用方生成新的令牌。",
            "is the development token, which is allowed in development only; create a new one for the caller.",
        ));
        return None;
    }
    hash
}

fn has_twins<T: Ord>(mut values: impl Iterator<Item = T>) -> bool {
    let mut seen = BTreeSet::new();
    values.any(|value| !seen.insert(value))
}

impl Caller {
    fn shares_a_key_with(&self, other: &Self) -> bool {
        self.tokens
            .iter()
            .any(|token| other.tokens.iter().any(|theirs| theirs.hash == token.hash))
            || self.key_pairs.iter().any(|pair| {
                other
                    .key_pairs
                    .iter()
                    .any(|theirs| theirs.access_key_id == pair.access_key_id)
            })
    }
}

/// Whether the URL has an allowed scheme and host; its path can be any printable text.
fn is_webhook_url(text: &str) -> bool {
    text.len() <= 2_048
        && text.bytes().all(|byte| byte.is_ascii_graphic())
        && Endpoint::of_url(text).is_some_and(|endpoint| !endpoint.leaves_unencrypted())
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

/// Whether a secret is usable: a stray line break would invalidate every signature, and a short
/// secret could be guessed.
fn is_secret(text: &str) -> bool {
    text.len() >= 16 && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn read_hash(text: &str) -> Option<[u8; 32]> {
    let mut hash = [0; 32];
    hex::decode_to_slice(text, &mut hash).ok()?;
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
        read(text, &[], &secret(), false, &|name| {
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
                by_token(&callers, token).map(|access| access.caller.id.as_str()),
                id,
                "{token}"
            );
        }
        let (access, derived) = by_access_key_id(&callers, "gwk-shop-1").unwrap();
        assert_eq!(access.caller.id, "shop");
        assert_eq!(derived.access_key_secret.expose().len(), 64);
        let (_, kept) = by_access_key_id(&callers, "gwk-shop-2").unwrap();
        assert_eq!(kept.access_key_secret.expose(), "kept-as-a-secret");
        assert!(by_access_key_id(&callers, "gwk-shop-3").is_none());
        let may = |token, scope| by_token(&callers, token).unwrap().may(scope);
        assert!(may("old", Scope::Create) && !may("old", Scope::ReadMaterial));
        assert!(!may("other", Scope::Create) && may("other", Scope::ReadMaterial));
    }

    #[test]
    fn a_token_or_key_pair_has_its_own_scopes_or_those_of_its_caller() {
        let text = format!(
            r#"[{{"id":"shop","tokens":[{{"sha256":"{}"}},{{"sha256":"{}","scopes":["read"]}},{{"sha256":"{}","scopes":[]}}],
                "keyPairs":[{{"accessKeyId":"gwk-shop-1"}},{{"accessKeyId":"gwk-shop-2","scopes":["read"]}}]}}]"#,
            hex_sha256(b"service"),
            hex_sha256(b"support"),
            hex_sha256(b"none"),
        );
        let callers = read_one(&text).unwrap();
        let all = [Scope::Create, Scope::Read, Scope::ReadMaterial];
        for (token, expected) in [
            ("service", [true, true, false]),
            ("support", [false, true, false]),
            ("none", [false; 3]),
        ] {
            let access = by_token(&callers, token).unwrap();
            assert_eq!(access.caller.id, "shop");
            assert_eq!(all.map(|scope| access.may(scope)), expected, "{token}");
        }
        for (id, may_create) in [("gwk-shop-1", true), ("gwk-shop-2", false)] {
            let (access, _) = by_access_key_id(&callers, id).unwrap();
            assert!(access.may(Scope::Read));
            assert_eq!(access.may(Scope::Create), may_create, "{id}");
        }
    }

    #[test]
    fn a_fault_is_named_by_its_place_without_its_value() {
        let good = hex_sha256(b"token");
        let planted = "planted-value";
        for (member, place) in [
            (
                r#""tokens":[{"sha256":"planted-value"}]"#,
                "[1].tokens[0].sha256",
            ),
            (
                r#""tokens":[{"sha256":"GOOD","scopes":["read","planted-value"]}]"#,
                "[1].tokens[0].scopes[1]",
            ),
            (r#""tokens":["planted-value"]"#, "[1].tokens[0]"),
            (
                r#""tokenSha256":["GOOD","planted-value"]"#,
                "[1].tokenSha256[1]",
            ),
            (
                r#""tokens":[{"sha256":"GOOD"}],"webhookUrl":"planted-value""#,
                "[1].webhookUrl",
            ),
            (
                r#""keyPairs":[{"accessKeyId":"planted value"}]"#,
                "[1].keyPairs[0].accessKeyId",
            ),
            (
                r#""keyPairs":[{"accessKeyId":"gwk-shop-1","secretSetting":"planted-value"}]"#,
                "[1].keyPairs[0].secretSetting",
            ),
        ] {
            let first = r#"{"id":"bank","keyPairs":[{"accessKeyId":"gwk-bank-1"}]}"#;
            let text = format!(r#"[{first},{{"id":"shop",{member}}}]"#).replace("GOOD", &good);
            let problems = read(&text, &[], &secret(), false, &|_| None).unwrap_err();
            let [(_, message)] = problems.as_slice() else {
                panic!("{problems:?}");
            };
            for said in [&message.zh, &message.en] {
                assert!(said.contains(place), "{said}");
                assert!(!said.contains(planted), "{said}");
            }
        }
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
            (
                &format!(
                    r#"[{{"id":"a","tokenSha256":["{hash}"],"tokens":[{{"sha256":"{hash}","scopes":["read"]}}]}}]"#
                ),
                "same-token-twice",
            ),
            (
                r#"[{"id":"a","keyPairs":[{"accessKeyId":"gwk-shop-1"},{"accessKeyId":"gwk-shop-1","scopes":["read"]}]}]"#,
                "same-key-pair-twice",
            ),
        ] {
            assert_eq!(read_one(text).unwrap_err(), [rule], "{text}");
        }
    }

    #[test]
    fn a_name_key_secret_or_webhook_is_taken_up_to_its_limits() {
        let caller = |id: &str, key: &str, webhook: &str| {
            format!(
                r#"[{{"id":"{id}","keyPairs":[{{"accessKeyId":"{key}"}}],"webhookUrl":"{webhook}"}}]"#
            )
        };
        let url = "https://shop.example/hook";
        let long_url = |length: usize| format!("{url}{}", "k".repeat(length - url.len()));
        for (id, key, webhook, problem) in [
            ("s", "gwk-shop", url, None),
            ("shop-2", "Gwk.shop_1", url, None),
            (&*"s".repeat(64), &*"k".repeat(64), &*long_url(2_048), None),
            ("shop", "gwk-shop", "http://localhost:8080/hook?a=b", None),
            ("", "gwk-shop", url, Some("id")),
            (&*"s".repeat(65), "gwk-shop", url, Some("id")),
            ("shop_2", "gwk-shop", url, Some("id")),
            ("shop", "gwk-sho", url, Some("access-key-id")),
            ("shop", &*"k".repeat(65), url, Some("access-key-id")),
            ("shop", "gwk shop", url, Some("access-key-id")),
            ("shop", "gwk-shop", &*long_url(2_049), Some("webhook-url")),
            (
                "shop",
                "gwk-shop",
                "https://shop.example/a b",
                Some("webhook-url"),
            ),
            (
                "shop",
                "gwk-shop",
                "ftp://shop.example/hook",
                Some("webhook-url"),
            ),
            ("shop", "gwk-shop", "shop.example/hook", Some("webhook-url")),
        ] {
            let text = caller(id, key, webhook);
            let problems = read_one(&text).map(drop).err();
            assert_eq!(problems, problem.map(|rule| vec![rule]), "{text}");
        }
        for (kept, good) in [
            ("0123456789abcdef", true),
            ("0123456789abcde", false),
            ("0123456789abcdef\n", false),
            ("0123456789 abcdef", false),
        ] {
            let text = r#"[{"id":"shop","keyPairs":[{"accessKeyId":"gwk-shop","secretSetting":"GATEWAY_KEY_SHOP"}]}]"#;
            let read = read(text, &[], &secret(), false, &|_| Some(kept));
            assert_eq!(read.is_ok(), good, "{kept:?}");
        }
    }

    #[test]
    fn callers_of_one_list_have_names_and_keys_of_their_own() {
        let list = |id: &str, key: &str| {
            format!(
                r#"[{{"id":"shop","keyPairs":[{{"accessKeyId":"gwk-shop-1"}}]}},{{"id":"{id}","keyPairs":[{{"accessKeyId":"{key}"}}]}}]"#
            )
        };
        assert_eq!(read_one(&list("bank", "gwk-bank-1")).unwrap().len(), 2);
        for (id, key, rule) in [
            ("shop", "gwk-bank-1", "same-id-twice"),
            ("bank", "gwk-shop-1", "shared-key"),
        ] {
            assert_eq!(read_one(&list(id, key)).unwrap_err(), [rule]);
        }
    }

    #[test]
    fn the_development_credentials_open_development_alone() {
        let token = format!(
            r#"[{{"id":"shop","tokenSha256":["{}"]}}]"#,
            hex_sha256(DEVELOPMENT_TOKEN.as_bytes())
        );
        let key = r#"[{"id":"shop","keyPairs":[{"accessKeyId":"dev-key-id"}]}]"#;
        for (text, rule) in [
            (token.as_str(), "development-token"),
            (key, "development-key"),
        ] {
            assert_eq!(read_one(text).unwrap_err(), [rule]);
            assert!(
                read(text, &[], &secret(), true, &|_| None).is_ok(),
                "{rule}"
            );
        }
        let callers = [development()];
        for access in [
            by_token(&callers, "dev-token").unwrap(),
            by_access_key_id(&callers, "dev-key-id").unwrap().0,
        ] {
            assert!(
                [Scope::Create, Scope::Read, Scope::ReadMaterial].map(|scope| access.may(scope))
                    == [true; 3]
            );
        }
    }
}
