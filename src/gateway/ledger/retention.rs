//! Orders expire by the current `GATEWAY_RETENTION_DAYS`, although their expiry is scheduled when they are started. A longer
//! retention postpones an expiry that is due; a shorter one brings all later ones forward, once.

use super::alarm_work::{Work, due_at};
use super::commit::Writes;
use super::rows::{Interrupt, RETENTION, Range, Rows, sortable};
use crate::gateway::settings::Settings;
use crate::timestamp::Timestamp;

/// Maximum number of due rows examined in one commit.
const BATCH: u32 = 50;

/// Records the retention by which the expiry of a new order is scheduled.
pub(super) fn note(settings: &Settings, rows: &Rows, writes: &mut Writes) -> Result<(), Interrupt> {
    if known(rows, writes)?.is_none_or(|known| known < settings.retention_millis) {
        writes.put(RETENTION.to_owned(), &settings.retention_millis);
    }
    Ok(())
}

/// If the retention is shorter than the recorded one, schedules [`Work::Shorten`] and returns true.
pub(super) fn follow(
    settings: &Settings,
    rows: &Rows,
    writes: &mut Writes,
    now: Timestamp,
) -> Result<bool, Interrupt> {
    let is_shorter = known(rows, writes)?.is_some_and(|known| settings.retention_millis < known);
    if is_shorter {
        writes.put(RETENTION.to_owned(), &settings.retention_millis);
        let now = now.unix_millis();
        let first = format!("due/{}", sortable(now));
        writes.schedule(now, Work::Shorten(&first));
        writes.alarm = Some(now);
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
        from: format!("{after}\0"),
        to: "due0".to_owned(),
        limit: BATCH,
        reverse: false,
    })?;
    for (key, value) in later {
        let is_later = due_at(key).is_some_and(|at| at > now);
        if is_later && matches!(Work::parse(key), Some(Work::Expire(_))) {
            writes.move_due(key, value, now);
        }
    }
    if let (Some((last, _)), Ok(BATCH)) = (later.last(), u32::try_from(later.len())) {
        writes.schedule(now, Work::Shorten(last));
    }
    Ok(())
}

fn known(rows: &Rows, writes: &mut Writes) -> Result<Option<i64>, Interrupt> {
    Ok(writes.readable(rows.get(RETENTION))?.flatten())
}
