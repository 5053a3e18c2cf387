//! Alibaba Cloud's callback: a GET to CallbackUrl when a verification has ended, retried until the
//! response is 200. It is not signed, so the receiver must query the result.

use super::ending::Ending;
use super::session::Session;
use super::verification::{CallbackState, PREFIX, Verification};
use super::web::with_query;
use super::{Callback, Load};
use serde::Deserialize;

/// Maximum number of attempts. Alibaba Cloud documents no limit.
const MAX_ATTEMPTS: u32 = 10;
/// Alibaba Cloud's page says "two callbacks within three seconds".
const INTERVAL_MILLIS: u32 = 1_500;
/// Delay before the first attempt, so that the CertifyId arrives before the callback of a
/// verification that ends immediately.
const FIRST_DELAY_MILLIS: u32 = 500;

/// The outcome of a callback.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallbackAnswer {
    /// The CertifyId of the verification.
    pub certify_id: String,
    /// HTTP status of the response; `None` without a response.
    pub status: Option<u16>,
}

/// Asks the host to report the end of a verification that has a CallbackUrl, unless the receiver has
/// confirmed it or the attempts are used up. Only verdicts are reported.
pub(super) fn schedule(session: &mut Session<'_>, verification: &Verification) {
    let (Some(state), Some(Ending::SubCode(sub_code))) =
        (&verification.callback, &verification.ending)
    else {
        return;
    };
    if state.last_status == Some(200) || state.attempts >= MAX_ATTEMPTS {
        return;
    }
    let delay_millis = match state.attempts {
        0 => verification
            .script_millis_left(session.now)
            .saturating_add(FIRST_DELAY_MILLIS),
        _ => INTERVAL_MILLIS,
    };
    session.callbacks.push(Callback {
        certify_id: verification.certify_id.clone(),
        url: url(state, &verification.certify_id, sub_code),
        delay_millis,
    });
}

/// Schedules the callbacks that are still owed: the host has started, and knows none of those that it
/// scheduled before.
pub(super) fn resume(session: &mut Session<'_>) -> Result<(), Load> {
    for verification in session.list::<Verification>(PREFIX)? {
        if session.now < verification.kept_until() {
            schedule(session, &verification);
        }
    }
    Ok(())
}

/// Records the response to a callback and schedules another attempt if it was not 200.
pub(super) fn answered(session: &mut Session<'_>, answer: &CallbackAnswer) -> Result<(), Load> {
    let row = Verification::row(&answer.certify_id);
    // A reset has deleted the verification.
    let Some(mut verification) = session.row::<Verification>(&row)? else {
        return Ok(());
    };
    let Some(state) = &mut verification.callback else {
        return Ok(());
    };
    state.attempts = state.attempts.saturating_add(1);
    state.last_status = answer.status;
    schedule(session, &verification);
    verification.store(session);
    Ok(())
}

/// The newest documented format: `callbackToken`, `certifyId`, and the SubCode in `passed`.
fn url(state: &CallbackState, certify_id: &str, sub_code: &str) -> String {
    let address = state.url.split('#').next().unwrap_or_default();
    let token = state.token.as_deref().map(|token| ("callbackToken", token));
    let result = [("certifyId", certify_id), ("passed", sub_code)];
    with_query(address, token.into_iter().chain(result))
}
