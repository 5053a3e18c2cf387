//! Orders expire by the current `GATEWAY_RETENTION_DAYS`, although their expiry is scheduled when they are started. A longer
//! retention postpones an expiry that is due; a shorter one brings all later ones forward, once.

use super::alarm_work::{Work, due_at};
use super::commit::Writes;
use super::rows::{Interrupt, RETENTION, Range, Rows};
use crate::gateway::settings::Settings;
use crate::timestamp::Timestamp;

/// Maximum number of due rows examined in one commit.
const BATCH: u32 = 50;
const HOUR_MILLIS: i64 = 60 * 60_000;

/// Records the retention by which an expiry is scheduled.
pub(super) fn note(settings: &Settings, rows: &Rows, writes: &mut Writes) -> Result<(), Interrupt> {
    if recorded(rows, writes)?.is_none_or(|recorded| recorded < settings.retention_millis) {
        writes.put(RETENTION.to_owned(), &settings.retention_millis);
    }
    Ok(())
}

/// If expiries may be scheduled by a longer retention than the current one, schedules [`Work::Shorten`]. Returns
/// whether it has.
pub(super) fn follow(
    settings: &Settings,
    rows: &Rows,
    writes: &mut Writes,
    now: Timestamp,
) -> Result<bool, Interrupt> {
    let is_shorter =
        recorded(rows, writes)?.is_some_and(|recorded| settings.retention_millis < recorded);
    if is_shorter {
        writes.put(RETENTION.to_owned(), &settings.retention_millis);
        // At the next full hour: while instances have different settings, this happens again and again.
        let hour = now.unix_millis().div_euclid(HOUR_MILLIS).saturating_add(1);
        let at = hour.saturating_mul(HOUR_MILLIS);
        writes.schedule_and_set_alarm(rows, now, at, Work::Shorten("due/"))?;
    }
    Ok(is_shorter)
}

/// Makes the expiries in a batch of rows after this key due now: each then finds out whether its order's retention is
/// over. Schedules the next batch.
pub(super) fn bring_forward(
    after: &str,
    rows: &Rows,
    writes: &mut Writes,
    now: Timestamp,
) -> Result<(), Interrupt> {
    let now = now.unix_millis();
    let later = rows.range(Range {
        // The first possible key after this one: keys have no control characters, and PostgreSQL takes no NUL.
        from: format!("{after}\u{1}"),
        to: "due0".to_owned(),
        limit: BATCH,
        reverse: false,
    })?;
    for (key, value) in later {
        let is_later = due_at(key).is_some_and(|at| at > now);
        // A second attempt waits until a clock that jumped is correct again.
        let is_first = value == "1";
        if is_later && is_first && matches!(Work::parse(key), Some(Work::Expire(_))) {
            writes.move_due(key, value, now);
        }
    }
    if let (Some((last, _)), Ok(BATCH)) = (later.last(), u32::try_from(later.len())) {
        writes.schedule(now, Work::Shorten(last));
    }
    Ok(())
}

/// The recorded retention. It exists if the ledger has an expiry; an unreadable row may have held any.
fn recorded(rows: &Rows, writes: &mut Writes) -> Result<Option<i64>, Interrupt> {
    let row = writes.readable(rows.get(RETENTION))?;
    Ok(row.unwrap_or(Some(i64::MAX)))
}
