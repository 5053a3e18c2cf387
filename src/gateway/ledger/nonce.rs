//! Nonces of signed requests: each can be used once while its request's timestamp is valid.

use super::due::CLOCK_WRONG_MILLIS;
use super::rows::{Rows, Stop};
use super::{Context, Next, Step, Task, Writes};
use crate::json::Json;
use crate::rpc_server::NONCE_MILLIS;
use crate::rpc_server::errors;
use serde::{Deserialize, Serialize};

/// Nonces are deleted in batches.
const BATCH_MILLIS: i64 = 10 * 60_000;

/// A task of a signed request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Signed {
    /// The row of the nonce.
    pub nonce: String,
    /// Identifies the arrival of the request, chosen by the host: the same arrival may repeat the
    /// step.
    pub arrival: String,
    /// The requested task.
    pub then: Box<Task>,
}

pub(super) fn check(signed: Signed, rows: &Rows, context: &Context) -> Result<Step, Stop> {
    let mut writes = Writes::default();
    if let Some(used) = rows.get::<Json>(&signed.nonce)? {
        if used == Json::of(&signed.arrival) {
            return Ok(writes.then(Next::Again { then: *signed.then }));
        }
        let reply = match signed.then.asker() {
            Some(asker) => asker.refusal(&errors::NONCE_USED.because("")),
            None => return Err(Stop::Unreadable(signed.nonce)),
        };
        return Ok(writes.then(Next::reply(reply)));
    }
    let gone = context
        .now
        .plus_millis(NONCE_MILLIS)
        .plus_millis(CLOCK_WRONG_MILLIS)
        .unix_millis()
        .div_euclid(BATCH_MILLIS)
        .saturating_add(1)
        .saturating_mul(BATCH_MILLIS);
    writes.due(rows, context.now, gone, &format!("drop/{}", signed.nonce))?;
    writes.put(signed.nonce, &signed.arrival);
    Ok(writes.then(Next::Again { then: *signed.then }))
}
