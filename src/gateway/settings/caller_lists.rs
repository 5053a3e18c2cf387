//! Reads the settings that list callers.

use crate::gateway::callers::{self, Caller, DEVELOPMENT_KEY_ID, KeyPair, Scope, Token};
use crate::gateway::derived::derived_key_secret;
use crate::json::de::from_json_strictly;
use crate::text::Text;
use crate::vendor::credentials::{Credentials, Secret};
use crate::vendor::endpoint::Endpoint;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fmt;

/// The old and the new one. A receiver looks at each signature of a delivery.
const WEBHOOK_KEYS_MAX: usize = 2;

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
    max_starts_per_day: Option<u32>,
    max_starts_per_user_per_day: Option<u32>,
    webhook_url: Option<String>,
    #[serde(default = "callers::first_webhook_key")]
    webhook_keys: Vec<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawKeyPair {
    access_key_id: String,
    secret_setting: Option<String>,
    /// The caller's scopes if not set.
    scopes: Option<Vec<Scope>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawToken {
    sha256: String,
    /// The caller's scopes if not set.
    scopes: Option<Vec<Scope>>,
}

/// Material is personal data, so its scope is not granted by default.
fn default_scopes() -> Vec<Scope> {
    vec![Scope::Create, Scope::Read]
}

/// The rule that a list of callers breaks, and the text about it.
type CallerProblem = (&'static str, Text);

/// Reads a list of callers; `others` are those of other lists. `secret_setting` returns the value of a
/// setting that holds the secret of a key pair.
///
/// # Errors
/// The rule and the text of every problem, without any value.
pub(super) fn read<'a>(
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
                format!("不是符合要求的 JSON{zh}；格式见 docs/gateway.md（英文）。"),
                [
                    "is not JSON of the expected form",
                    &en,
                    "; see docs/gateway.md for the form.",
                ]
                .concat(),
            ),
        )]
    })?;
    let mut check = Check {
        secret,
        development,
        secret_setting,
        problems: Vec::new(),
    };
    let mut callers: Vec<Caller> = Vec::new();
    for (at, entry) in raw.into_iter().enumerate() {
        let place = format!("[{at}]");
        let caller = check.caller(&place, entry);
        let mut known = others.iter().chain(&callers);
        if known.clone().any(|other| other.id == caller.id) {
            check.problem(
                format!("{place}.id"),
                "same-id-twice",
                "与另一个调用方的 id 相同。",
                "is the id of another caller.",
            );
        }
        if known.any(|other| other.shares_a_key_with(&caller)) {
            check.problem(
                &place,
                "shared-key",
                "与另一个调用方使用同一令牌或 AccessKeyId。",
                "has the same token or AccessKeyId as another caller.",
            );
        }
        callers.push(caller);
    }
    if check.problems.is_empty() {
        Ok(callers)
    } else {
        Err(check.problems)
    }
}

/// The check of a list, with the problems found so far.
struct Check<'a, 's> {
    secret: &'s Secret,
    development: bool,
    secret_setting: &'s dyn Fn(&str) -> Option<&'a str>,
    problems: Vec<CallerProblem>,
}

impl Check<'_, '_> {
    /// Adds a problem of the member at `place`, such as `[0].tokens[1].scopes`.
    fn problem(
        &mut self,
        place: impl fmt::Display,
        rule: &'static str,
        zh: &'static str,
        en: &'static str,
    ) {
        let text = Text::composed(format!("{place} 处：{zh}"), format!("{place} {en}"));
        self.problems.push((rule, text));
    }

    fn caller(&mut self, place: &str, raw: RawCaller) -> Caller {
        if !is_id(&raw.id) {
            self.problem(
                format!("{place}.id"),
                "id",
                "应为 1 至 64 个小写字母、数字或连字符。",
                "must be 1 to 64 lower-case letters, digits or hyphens.",
            );
        }
        if raw.token_sha256.is_empty() && raw.tokens.is_empty() && raw.key_pairs.is_empty() {
            self.problem(
                place,
                "no-credentials",
                "没有 tokens、tokenSha256 或 keyPairs 中的任何一项。",
                "has none of tokens, tokenSha256 and keyPairs.",
            );
        }
        self.webhook(place, &raw);
        let tokens = self.tokens(place, &raw);
        let key_pairs = self.key_pairs(place, &raw);
        Caller {
            id: raw.id,
            max_starts_per_day: raw.max_starts_per_day,
            max_starts_per_user_per_day: raw.max_starts_per_user_per_day,
            webhook_url: raw.webhook_url,
            webhook_keys: raw.webhook_keys,
            tokens,
            key_pairs,
        }
    }

    fn webhook(&mut self, place: &str, raw: &RawCaller) {
        let url = raw.webhook_url.as_deref();
        if url.is_some_and(|url| !Endpoint::is_receiver_url(url)) {
            self.problem(
                format!("{place}.webhookUrl"),
                "webhook-url",
                "应为 https:// 开头的完整地址（本机地址可用 http://）。",
                "must be a complete https:// URL (http:// only for the local machine).",
            );
        }
        let keys = &raw.webhook_keys;
        if !(1..=WEBHOOK_KEYS_MAX).contains(&keys.len())
            || keys.contains(&0)
            || has_twins(keys.iter())
        {
            self.problem(
                format!("{place}.webhookKeys"),
                "webhook-keys",
                "应为一个或两个不同的正整数；caller rotate --webhook-secret 会写入。",
                "must be one or two different positive integers, which caller rotate --webhook-secret writes.",
            );
        }
    }

    fn tokens(&mut self, place: &str, raw: &RawCaller) -> Vec<Token> {
        let mut tokens = Vec::new();
        for (at, hash) in raw.token_sha256.iter().enumerate() {
            let place = format!("{place}.tokenSha256[{at}]");
            tokens.extend(self.token(&place, hash, &raw.scopes));
        }
        for (at, token) in raw.tokens.iter().enumerate() {
            let place = format!("{place}.tokens[{at}].sha256");
            let scopes = token.scopes.as_ref().unwrap_or(&raw.scopes);
            tokens.extend(self.token(&place, &token.sha256, scopes));
        }
        if has_twins(tokens.iter().map(|token| token.hash)) {
            // The scopes of a duplicate would depend on the order of the list.
            self.problem(
                place,
                "same-token-twice",
                "重复列出了同一令牌。",
                "lists the same token twice.",
            );
        }
        tokens
    }

    fn token(&mut self, place: &str, hash: &str, scopes: &[Scope]) -> Option<Token> {
        let Some(hash) = read_hash(hash) else {
            self.problem(
                place,
                "token-sha256",
                "应为 64 位十六进制的 SHA-256，而不是令牌本身。",
                "must be the SHA-256 of the token as 64 hexadecimal digits, not the token itself.",
            );
            return None;
        };
        if hash == callers::development_token_hash() && !self.development {
            self.problem(
                place,
                "development-token",
                "是开发用的令牌，只能用于开发模式；请为调用方生成新的令牌。",
                "is the development token, which is allowed in development only; create a new one for the caller.",
            );
            return None;
        }
        let scopes = scopes.to_vec();
        Some(Token { hash, scopes })
    }

    fn key_pairs(&mut self, place: &str, raw: &RawCaller) -> Vec<KeyPair> {
        if has_twins(raw.key_pairs.iter().map(|pair| &pair.access_key_id)) {
            self.problem(
                place,
                "same-key-pair-twice",
                "重复列出了同一 AccessKeyId。",
                "lists the same AccessKeyId twice.",
            );
        }
        let mut key_pairs = Vec::new();
        for (at, pair) in raw.key_pairs.iter().enumerate() {
            let place = format!("{place}.keyPairs[{at}]");
            let scopes = pair.scopes.as_ref().unwrap_or(&raw.scopes);
            key_pairs.extend(self.key_pair(&place, pair, scopes));
        }
        key_pairs
    }

    fn key_pair(&mut self, place: &str, pair: &RawKeyPair, scopes: &[Scope]) -> Option<KeyPair> {
        let id = &pair.access_key_id;
        if id == DEVELOPMENT_KEY_ID && !self.development {
            self.problem(
                format!("{place}.accessKeyId"),
                "development-key",
                "是开发用的密钥，只能用于开发模式；请为调用方生成新的密钥。",
                "is the development key pair, which is allowed in development only; create a new one for the caller.",
            );
            return None;
        }
        if !is_key_id(id) {
            self.problem(
                format!("{place}.accessKeyId"),
                "access-key-id",
                "应为 8 至 64 个字母、数字、点、下划线或连字符。",
                "must be 8 to 64 letters, digits, dots, underscores or hyphens.",
            );
            return None;
        }
        let access_key_secret = match &pair.secret_setting {
            None => Some(derived_key_secret(self.secret, id)),
            Some(name) => (self.secret_setting)(name)
                .filter(|secret| is_secret(secret))
                .map(Secret::new),
        };
        if access_key_secret.is_none() {
            self.problem(
                format!("{place}.secretSetting"),
                "secret-setting",
                "指向不存在或不合规的设置；其名称须以 GATEWAY_KEY_ 开头，其值须为至少 16 个不含空白、首尾没有引号、不是占位符的 ASCII 字符，并作为部署环境的密钥保存。",
                "names a missing or invalid setting: its name must start with GATEWAY_KEY_, its value must have at least 16 ASCII characters without white space or surrounding quotes and be no placeholder, and it must be a secret of the deployment.",
            );
        }
        Some(KeyPair {
            access_key_id: id.clone(),
            access_key_secret: access_key_secret?,
            scopes: scopes.to_vec(),
        })
    }
}

fn has_twins<T: Ord>(mut values: impl Iterator<Item = T>) -> bool {
    let mut seen = BTreeSet::new();
    values.any(|value| !seen.insert(value))
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

/// Whether a secret is usable: one that clients refuse, for example because of quotes, signs nothing, and a
/// short one could be guessed.
fn is_secret(text: &str) -> bool {
    text.len() >= 16
        && Credentials::new("caller", text)
            .format_problems()
            .is_empty()
}

fn read_hash(text: &str) -> Option<[u8; 32]> {
    let mut hash = [0; 32];
    hex::decode_to_slice(text, &mut hash).ok()?;
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::callers::{DEVELOPMENT_TOKEN, by_access_key_id, by_token, development};
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
            ("\"0123456789abcdef\"", false),
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
