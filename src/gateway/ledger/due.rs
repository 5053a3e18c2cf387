//! What the alarm does: forgets what has expired, and asks for verdicts that nobody asked for in
//! time.
//!
//! A due row is `due/{time}/{what}/{id}`:
//!
//! | what | then |
//! |---|---|
//! | `expire` | the order's record is deleted |
//! | `check` | the verdict of an order whose time is over is fetched, so that it is not lost |
//! | `drop` | the row with that key is deleted |

use super::ask::Ask;
use super::order::{Order, Start};
use super::rows::{Range, Rows, Stop, certify_key, listed_key, order_key, sortable};
use super::{Context, Next, Step, Task, Writes};
use crate::gateway::settings::Settings;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

/// An alarm that is this late has been given up by the platform, and is set anew.
pub const GIVEN_UP_MILLIS: i64 = 10 * 60_000;
/// A check that brought no verdict is repeated after this.
const CHECK_AGAIN_MILLIS: i64 = 60 * 60_000;
/// Rows worked on in one act.
const BATCH: u32 = 100;
/// Checks made before the alarm is set anew, since the platform ends an alarm that takes long.
const CHECKS_MAX: u32 = 200;
const PAUSE_MILLIS: i64 = 1_000;

/// The alarm's task.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Alarm {
    /// Checks made since the alarm fired.
    pub checks: u32,
}

fn due_until(to: String, limit: u32) -> Range {
    Range {
        from: "due/".to_owned(),
        to,
        limit,
        reverse: false,
    }
}

pub(super) fn work(
    settings: &Settings,
    alarm: Alarm,
    rows: &Rows,
    context: &Context,
) -> Result<Step, Stop> {
    let mut writes = Writes::default();
    let now = context.now.unix_millis();
    let until = alloc::format!("due/{}", sortable(now.saturating_add(1)));
    let due = rows.range(due_until(until, BATCH))?;
    if due.is_empty() {
        return sleep(writes, rows);
    }
    if alarm.checks >= CHECKS_MAX {
        writes.alarm = Some(now.saturating_add(PAUSE_MILLIS));
        return Ok(writes.then(Next::Idle));
    }
    rows.expect(due.iter().filter_map(|(key, _)| {
        let (what, id) = entry(key);
        ["expire", "check"].contains(&what).then(|| order_key(id))
    }))?;
    for (key, _) in due {
        let (what, id) = entry(key);
        match what {
            "expire" => expire(settings, id, &mut writes, rows, context.now)?,
            "drop" => writes.delete(id.to_owned()),
            "check" => {
                if let Some(ask) = check(id, alarm, rows)? {
                    // Rescheduled before it is done, so that no crash loses it.
                    let again = now.saturating_add(CHECK_AGAIN_MILLIS);
                    writes.delete(key.clone());
                    writes.put(alloc::format!("due/{}/check/{id}", sortable(again)), &1);
                    return Ok(writes.then(Next::Again {
                        then: Task::Ask(ask),
                    }));
                }
            }
            _ => {}
        }
        writes.delete(key.clone());
    }
    Ok(writes.then(Next::Again {
        then: Task::Alarm(alarm),
    }))
}

/// What a due row is about: what to do, and with which.
fn entry(key: &str) -> (&str, &str) {
    let mut parts = key.splitn(4, '/').skip(2);
    (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    )
}

/// Sets the alarm to what is due next.
fn sleep(mut writes: Writes, rows: &Rows) -> Result<Step, Stop> {
    let next = rows.range(due_until("due0".to_owned(), 1))?.first();
    let at: Option<i64> = next
        .and_then(|(key, _)| key.split('/').nth(1))
        .and_then(|time| time.parse().ok());
    match at {
        Some(at) => writes.alarm = Some(at),
        None => writes.delete("alarm".to_owned()),
    }
    Ok(writes.then(Next::Idle))
}

fn expire(
    settings: &Settings,
    no: &str,
    writes: &mut Writes,
    rows: &Rows,
    now: Timestamp,
) -> Result<(), Stop> {
    let Some(order) = rows.get::<Order>(&order_key(no))? else {
        return Ok(());
    };
    let expires = order.created.saturating_add(settings.retention_millis);
    if expires > now.unix_millis() {
        // Refused and started again since, or kept longer than it was meant to be then.
        writes.put(alloc::format!("due/{}/expire/{no}", sortable(expires)), &1);
        return Ok(());
    }
    writes.delete(order_key(no));
    writes.delete(listed_key(order.created, no));
    if let Start::Done { certify_id, .. } = &order.start {
        writes.delete(certify_key(certify_id));
    }
    Ok(())
}

/// The question to ask, if the order still has no verdict.
fn check(no: &str, alarm: Alarm, rows: &Rows) -> Result<Option<Ask>, Stop> {
    let order = rows.get::<Order>(&order_key(no))?;
    Ok(order
        .filter(|order| order.verdict.is_none() && matches!(order.start, Start::Done { .. }))
        .map(|_| Ask {
            alarm: Alarm {
                checks: alarm.checks.saturating_add(1),
            },
            no: no.to_owned(),
            ..Ask::default()
        }))
}
