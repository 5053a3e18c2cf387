//! What the alarm does: forgets what has expired, and asks for verdicts that nobody asked for in
//! time.
//!
//! A due row is `due/{time}/{what}/{id}`:
//!
//! | what | then |
//! |---|---|
//! | `expire` | the order's record is deleted |
//! | `check` | the verdict of an order whose time is over is fetched, so that it is not lost |
//! | `report` | the caller is told the verdict |
//! | `drop` | the row with that key is deleted |

use super::ask::Ask;
use super::order::{Order, Standing, Start};
use super::rows::{ALARM, CALLER, Range, Rows, Stop, certify_key, listed_key, order_key, sortable};
use super::webhook::{self, Posted};
use super::{Context, Next, Step, Task, Writes};
use crate::gateway::reply::Reply;
use crate::gateway::settings::Settings;
use crate::json::write::Object;
use crate::prelude::*;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

/// An alarm that is this late has been given up by the platform, and is set anew.
pub const GIVEN_UP_MILLIS: i64 = 10 * 60_000;
/// A check that brought no verdict is repeated after this.
const CHECK_AGAIN_MILLIS: i64 = 60 * 60_000;
/// Rows worked on in one act.
const BATCH: u32 = 100;
/// Requests sent before the alarm is set anew, since the platform ends an alarm that takes long.
const SENT_MAX: u32 = 200;
const PAUSE_MILLIS: i64 = 1_000;

/// The alarm's task.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Alarm {
    /// Requests sent since the alarm fired.
    pub sent: u32,
}

impl Alarm {
    const fn one_more(self) -> Self {
        Self {
            sent: self.sent.saturating_add(1),
        }
    }
}

/// The vendor says that a person has finished. It is believed only when it is asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Hint {
    /// OuterOrderNo.
    pub no: String,
}

/// Has the order checked at once.
#[inline(never)]
pub(super) fn hint(hint: &Hint, rows: &Rows, context: &Context) -> Result<Step, Stop> {
    let mut writes = Writes::default();
    let waits = rows
        .get::<Order>(&order_key(&hint.no))?
        .is_some_and(|order| order.standing() == Some(Standing::Pending));
    if waits {
        let now = context.now.unix_millis();
        writes.due(rows, context.now, now, &["check/", &hint.no].concat())?;
    }
    // Whether there is such an order is nobody's business but the caller's.
    let reply = Reply::json(200, &Object::new().with("status", "ok")).with_outcome("noted");
    Ok(writes.then(Next::reply(reply)))
}

fn due_until(to: String, limit: u32) -> Range {
    Range {
        from: "due/".to_owned(),
        to,
        limit,
        reverse: false,
    }
}

#[inline(never)]
pub(super) fn work(
    settings: &Settings,
    alarm: Alarm,
    rows: &Rows,
    context: &Context,
) -> Result<Step, Stop> {
    let mut writes = Writes::default();
    let now = context.now.unix_millis();
    let until = ["due/", &sortable(now.saturating_add(1))].concat();
    let due = rows.range(due_until(until, BATCH))?;
    if due.is_empty() {
        return sleep(writes, rows);
    }
    if alarm.sent >= SENT_MAX {
        writes.alarm = Some(now.saturating_add(PAUSE_MILLIS));
        return Ok(writes.then(Next::Idle));
    }
    rows.expect(due.iter().filter_map(|(key, _)| {
        let (what, id) = entry(key);
        ["expire", "check", "report"]
            .contains(&what)
            .then(|| order_key(id))
    }))?;
    let caller: String = rows.get(CALLER)?.unwrap_or_default();
    for (key, _) in due {
        let (what, id) = entry(key);
        match what {
            "expire" => expire(settings, id, &mut writes, rows, context.now)?,
            "drop" => writes.delete(id.to_owned()),
            "check" => {
                if let Some(ask) = check(id, &caller, alarm, rows)? {
                    // Rescheduled before it is done, so that no crash loses it.
                    let again = now.saturating_add(CHECK_AGAIN_MILLIS);
                    writes.delete(key.clone());
                    writes.later(again, &["check/", id].concat());
                    return Ok(writes.then(Next::Again {
                        then: Task::Ask(ask),
                    }));
                }
            }
            "report" => {
                let posted = Posted {
                    no: id.to_owned(),
                    alarm: alarm.one_more(),
                };
                writes.delete(key.clone());
                let sent = webhook::send(settings, &caller, posted, &mut writes, rows, context)?;
                if let Some(step) = sent {
                    return Ok(step);
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
        None => writes.delete(ALARM.to_owned()),
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
    // What was started anew much later is kept as long as any other.
    let since = match order.start {
        Start::Done { at, .. } => at,
        _ => order.created,
    };
    let expires = since.saturating_add(settings.retention_millis);
    if expires > now.unix_millis() {
        // Started later than it was asked for, or kept longer than it was meant to be then.
        writes.later(expires, &["expire/", no].concat());
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
fn check(no: &str, caller: &str, alarm: Alarm, rows: &Rows) -> Result<Option<Ask>, Stop> {
    let order = rows.get::<Order>(&order_key(no))?;
    Ok(order
        .filter(|order| order.verdict.is_none() && matches!(order.start, Start::Done { .. }))
        .map(|_| Ask {
            caller: caller.to_owned(),
            alarm: alarm.one_more(),
            no: no.to_owned(),
            ..Ask::default()
        }))
}
