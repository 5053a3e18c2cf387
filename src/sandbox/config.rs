//! Accounts, keys and scenes, which the host configures.

use crate::actions::Value;
use crate::client::options::{SANDBOX_ACCESS_KEY_ID, SANDBOX_ACCESS_KEY_SECRET, SANDBOX_SCENE_ID};
use crate::vendor::credentials::Secret;
use serde::de::{Deserialize, Deserializer, Error as _};
use serde_json::value::RawValue;

/// The accounts, and the token of the control API.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Config {
    /// At least one account; the default is the demo account.
    #[serde(default = "demo_accounts", deserialize_with = "accounts")]
    pub accounts: Vec<Account>,
    /// Bearer token of the control API. If not set, the API is open; if empty, it is closed.
    #[serde(default, deserialize_with = "optional_secret")]
    pub control_token: Option<Secret>,
}

/// An Alibaba Cloud account.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Account {
    /// The account number, which is part of the name of its OSS bucket.
    pub account_id: String,
    /// Its AccessKeys: those of the account and of RAM users, and temporary ones.
    pub keys: Vec<Key>,
    /// Its scenes.
    pub scenes: Vec<Scene>,
    /// Limit of calls per action and second; Alibaba Cloud's limit is 50. 0 means no limit.
    #[serde(default = "vendor_limit")]
    pub calls_per_second: u32,
}

/// An AccessKey.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Key {
    /// AccessKeyId.
    pub access_key_id: String,
    /// AccessKeySecret.
    #[serde(deserialize_with = "secret")]
    pub access_key_secret: Secret,
    /// The SecurityToken of a temporary key. The same token with the suffix `-expired` counts as
    /// expired.
    #[serde(default, deserialize_with = "optional_secret")]
    pub security_token: Option<Secret>,
    /// Whether the key is disabled.
    #[serde(default)]
    pub disabled: bool,
    /// The permissions of its RAM user.
    #[serde(default)]
    pub ram: Ram,
}

/// The permissions of a RAM user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ram {
    /// All calls are allowed.
    #[default]
    Allowed,
    /// Rejected by the service: Code 411.
    Denied,
    /// Rejected by the API gateway: `Forbidden.RAM`.
    Forbidden,
}

/// A scene.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scene {
    /// SceneId; a number or, beyond the integers that JavaScript represents exactly, a string.
    #[serde(deserialize_with = "scene_id")]
    pub scene_id: i64,
    /// Whether results include the picture and its OSS object.
    #[serde(default = "yes")]
    pub pictures: bool,
}

const fn vendor_limit() -> u32 {
    50
}

const fn yes() -> bool {
    true
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
    String::deserialize(deserializer).map(Secret::new)
}

fn optional_secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(Secret::new))
}

fn accounts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Account>, D::Error> {
    let accounts = Vec::<Account>::deserialize(deserializer)?;
    match accounts_problem(&accounts) {
        Some(problem) => Err(D::Error::custom(problem)),
        None => Ok(accounts),
    }
}

/// Why the sandbox could not serve these accounts.
fn accounts_problem(accounts: &[Account]) -> Option<&'static str> {
    if accounts.is_empty() {
        return Some("there must be at least one account; omit accounts for the demo account");
    }
    if accounts.iter().any(|account| account.keys.is_empty()) {
        return Some("each account must have at least one key");
    }
    let keys = accounts.iter().flat_map(|account| &account.keys);
    let mut ids: Vec<&str> = keys.map(|key| key.access_key_id.as_str()).collect();
    ids.sort_unstable();
    if ids.first() == Some(&"") {
        return Some("accessKeyId must not be empty");
    }
    if ids.windows(2).any(|pair| pair.first() == pair.last()) {
        return Some("each accessKeyId must occur only once in all accounts");
    }
    None
}

/// The largest integer that JavaScript represents exactly.
const MAX_EXACT: i64 = (1 << 53) - 1;

fn scene_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let value = Box::<RawValue>::deserialize(deserializer)?;
    let given = match Value::of_json(value.get()) {
        Some(Value::Integer(number)) => (number <= MAX_EXACT).then_some(number),
        Some(Value::Text(digits)) => digits.parse().ok(),
        _ => None,
    };
    given.filter(|number| *number > 0).ok_or_else(|| {
        D::Error::custom(
            "sceneId must be a positive integer; above 9007199254740991 it must be a string or a bigint",
        )
    })
}

impl Key {
    fn demo(access_key_id: &str, access_key_secret: &str) -> Self {
        Self {
            access_key_id: access_key_id.to_owned(),
            access_key_secret: Secret::new(access_key_secret),
            security_token: None,
            disabled: false,
            ram: Ram::Allowed,
        }
    }
}

/// Published keys that are valid only in a sandbox.
fn demo_accounts() -> Vec<Account> {
    let main = Key::demo(SANDBOX_ACCESS_KEY_ID, SANDBOX_ACCESS_KEY_SECRET);
    let temporary = Key {
        security_token: Some(Secret::new("sandbox-security-token")),
        ..Key::demo("STS.sandbox-key-id", "sandbox-sts-key-secret")
    };
    let denied = Key {
        ram: Ram::Denied,
        ..Key::demo("sandbox-ram-key-id", "sandbox-ram-key-secret")
    };
    let forbidden = Key {
        ram: Ram::Forbidden,
        ..Key::demo("sandbox-forbidden-key-id", "sandbox-forbidden-key-secret")
    };
    let disabled = Key {
        disabled: true,
        ..Key::demo("sandbox-disabled-key-id", "sandbox-disabled-key-secret")
    };
    vec![Account {
        account_id: "1260051251634779".to_owned(),
        keys: vec![main, temporary, denied, forbidden, disabled],
        scenes: vec![Scene {
            scene_id: SANDBOX_SCENE_ID,
            pictures: true,
        }],
        calls_per_second: vendor_limit(),
    }]
}

/// The demo account, with an open control API.
impl Default for Config {
    fn default() -> Self {
        Self {
            accounts: demo_accounts(),
            control_token: None,
        }
    }
}

impl Config {
    /// The key with this ID, and its account.
    pub(super) fn key(&self, access_key_id: &str) -> Option<(&Account, &Key)> {
        self.accounts.iter().find_map(|account| {
            let key = account
                .keys
                .iter()
                .find(|key| key.access_key_id == access_key_id)?;
            Some((account, key))
        })
    }

    /// The account with this number.
    pub(super) fn account(&self, account_id: &str) -> Option<&Account> {
        self.accounts
            .iter()
            .find(|account| account.account_id == account_id)
    }
}

impl Account {
    /// The scene with this ID.
    pub(super) fn scene(&self, scene_id: i64) -> Option<&Scene> {
        self.scenes.iter().find(|scene| scene.scene_id == scene_id)
    }
}
