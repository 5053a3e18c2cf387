//! The API gateway in front of the service: parses a request of either signature scheme and
//! authenticates it.
//!
//! The order of the checks is an assumption: action and version, presence of the common parameters,
//! AccessKeyId, SecurityToken, timestamp, signature, nonce, throttling, RAM.

use super::config::{Account, Key, Ram};
use super::session::{Session, Stop};
use super::verification::Verification;
use crate::actions::Action;
use crate::http::IncomingRequest;
use crate::rpc_server::NONCE_MILLIS;
use crate::rpc_server::errors::{self, Refusal};
use crate::rpc_server::request::Claim;
use crate::vendor::credentials::Secret;
use serde::{Deserialize, Serialize};

/// An authenticated request for a known action.
pub(super) struct Call<'a> {
    pub(super) account: &'a Account,
    claim: Claim,
}

impl Call<'_> {
    pub(super) const fn action(&self) -> &'static Action {
        self.claim.action
    }

    /// A parameter's value; an empty value counts as not given.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.claim.value(name)
    }

    /// SceneId, or an error if it is not a number.
    pub(super) fn scene_id(&self) -> Result<Option<i64>, Refusal> {
        self.claim.scene_id()
    }

    /// An error of the service.
    pub(super) fn refuse(&self, code: &'static str, note: impl Into<String>) -> Stop {
        Stop::Code {
            action: self.claim.action,
            code,
            note: note.into(),
        }
    }
}

/// Performs the API gateway's checks.
pub(super) fn authenticate<'a>(
    session: &mut Session<'a>,
    request: &IncomingRequest,
) -> Result<Call<'a>, Stop> {
    let claim = Claim::read(request)?;
    let (account, key) = known_key(session, &claim)?;
    check_token(key, claim.security_token.as_deref())?;
    claim.check_timestamp(session.now)?;
    session.want(&foreseen(&claim, account))?;
    claim.check_signature(request, &key.access_key_secret)?;
    use_nonce(session, &claim)?;
    throttle(session, account, claim.action)?;
    let call = Call { claim, account };
    match key.ram {
        Ram::Allowed => Ok(call),
        Ram::Denied => Err(call.refuse("411", "this key belongs to a RAM user without permission")),
        Ram::Forbidden => Err(errors::FORBIDDEN_RAM
            .because("this key belongs to a RAM user without permission")
            .into()),
    }
}

/// The rows that the checks and the actions will read. They are loaded at once, so that the
/// signature is verified only once.
fn foreseen(claim: &Claim, account: &Account) -> Vec<String> {
    let verification = claim.value("CertifyId").map(Verification::row);
    [claim.nonce_key(), calls_key(account, claim.action)]
        .into_iter()
        .chain(verification)
        .collect()
}

fn known_key<'a>(session: &Session<'a>, claim: &Claim) -> Result<(&'a Account, &'a Key), Refusal> {
    let Some((account, key)) = session.config.key(&claim.access_key_id) else {
        return Err(errors::ACCESS_KEY_NOT_FOUND
            .because("no account of this sandbox has this key; the demo key is sandbox-key-id"));
    };
    if key.disabled {
        return Err(errors::ACCESS_KEY_INACTIVE.because("this key is disabled by configuration"));
    }
    Ok((account, key))
}

fn check_token(key: &Key, given: Option<&str>) -> Result<(), Refusal> {
    match (&key.security_token, given) {
        (None, None) => Ok(()),
        (None, Some(_)) => {
            Err(errors::TOKEN_MISMATCH.because("this key is permanent and has no SecurityToken"))
        }
        (Some(_), None) => {
            Err(errors::TOKEN_MISSING
                .because("this key is temporary and requires its SecurityToken"))
        }
        (Some(token), Some(given)) => {
            if token.constant_time_eq(given) {
                return Ok(());
            }
            let expired = Secret::new(format!("{}-expired", token.expose()));
            Err(if expired.constant_time_eq(given) {
                errors::TOKEN_EXPIRED.because("the SecurityToken ends in -expired")
            } else {
                errors::TOKEN_MALFORMED.because("the SecurityToken does not belong to this key")
            })
        }
    }
}

/// Rejects a nonce that this key has used before. It is remembered until its request's timestamp
/// would have expired.
fn use_nonce(session: &mut Session<'_>, claim: &Claim) -> Result<(), Stop> {
    let row = claim.nonce_key();
    let until: Option<i64> = session.row(&row)?;
    if until.is_some_and(|until| until > session.now.unix_millis()) {
        return Err(errors::NONCE_USED
            .because("generate a new nonce for every request, including retries")
            .into());
    }
    let until = session.now.plus_millis(NONCE_MILLIS);
    session.put(row, &until.unix_millis(), Some(until));
    Ok(())
}

fn calls_key(account: &Account, action: &Action) -> String {
    format!("calls/{}/{}", account.account_id, action.name)
}

#[derive(Default, Serialize, Deserialize)]
struct Calls {
    second: i64,
    count: u32,
}

fn throttle(session: &mut Session<'_>, account: &Account, action: &Action) -> Result<(), Stop> {
    if account.calls_per_second == 0 {
        return Ok(());
    }
    let row = calls_key(account, action);
    let second = session.now.unix_millis().div_euclid(1_000);
    let calls: Calls = session.row(&row)?.unwrap_or_default();
    let before = if calls.second == second {
        calls.count
    } else {
        0
    };
    if before >= account.calls_per_second {
        return Err(errors::THROTTLING_USER
            .because(format!(
                "more than {} calls of this action in one second; see callsPerSecond in the configuration",
                account.calls_per_second
            ))
            .into());
    }
    let count = before.saturating_add(1);
    let until = session.now.plus_millis(1_000);
    session.put(row, &Calls { second, count }, Some(until));
    Ok(())
}
