//! Authenticates callers: by bearer tokens, which are stored as hashes, and by AccessKey pairs that
//! the gateway issued. A caller can have several of each, so that a new one can be in use before
//! the old one is removed, and each can have its own permissions.

use super::problem::{Problem, ProblemKind};
use crate::vendor::credentials::Secret;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The bearer token for development.
pub const DEVELOPMENT_TOKEN: &str = "dev-token";
pub(super) const DEVELOPMENT_KEY_ID: &str = "dev-key-id";
const DEVELOPMENT_KEY_SECRET: &str = "dev-key-secret";

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
    pub(super) tokens: Vec<Token>,
    pub(super) key_pairs: Vec<KeyPair>,
}

/// A bearer token.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) hash: [u8; 32],
    pub(super) scopes: Vec<Scope>,
}

/// An AccessKey pair that the gateway issued.
#[derive(Clone, Debug)]
pub struct KeyPair {
    /// AccessKeyId.
    pub access_key_id: String,
    /// AccessKeySecret.
    pub access_key_secret: Secret,
    pub(super) scopes: Vec<Scope>,
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
            Self::Token(hash) => hex::encode(hash.get(..6).unwrap_or_default()),
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
            hash: development_token_hash(),
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

pub(super) fn development_token_hash() -> [u8; 32] {
    sha256(DEVELOPMENT_TOKEN)
}

pub(super) fn first_webhook_key() -> Vec<u32> {
    vec![1]
}

fn sha256(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

impl Caller {
    /// Whether both have a token or an AccessKeyId in common.
    pub(super) fn shares_a_key_with(&self, other: &Self) -> bool {
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
