//! Nonces of signed requests: each can be used once while its request's timestamp is valid.

use super::alarm_work::Work;
use super::answer::{Answered, TaskResult};
use super::commit::{Context, LedgerStep, Next, Writes};
use super::due::CLOCK_WRONG_MILLIS;
use super::rows::{Interrupt, Rows};
use super::task::Signed;
use crate::json::Json;
use crate::rpc_server::NONCE_MILLIS;

/// Nonces are grouped by this period and deleted together.
const BATCH_MILLIS: i64 = 10 * 60_000;

pub(super) fn check(
    signed: Signed,
    rows: &Rows,
    context: &Context,
) -> Result<LedgerStep, Interrupt> {
    let mut writes = Writes::default();
    if let Some(used) = rows.get::<Json>(&signed.nonce)? {
        if used == Json::of(&signed.arrival_id) {
            return Ok(writes.then(Next::Again { then: *signed.then }));
        }
        return match signed.then.reply_to() {
            Some(reply_to) => Ok(writes.then(Answered::to(reply_to, TaskResult::NonceUsed).into())),
            None => Err(Interrupt::Internal(format!(
                "signed task without a request, {}",
                signed.nonce
            ))),
        };
    }
    let gone = context
        .now
        .plus_millis(NONCE_MILLIS)
        .plus_millis(CLOCK_WRONG_MILLIS)
        .unix_millis()
        .div_euclid(BATCH_MILLIS)
        .saturating_add(1)
        .saturating_mul(BATCH_MILLIS);
    writes.schedule_and_set_alarm(rows, context.now, gone, Work::Drop(&signed.nonce))?;
    writes.put(signed.nonce, &signed.arrival_id);
    Ok(writes.then(Next::Again { then: *signed.then }))
}
