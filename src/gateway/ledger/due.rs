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
use super::rows::{
    ALARM, CALLER, RECEIVER, Range, Rows, Stop, certify_key, listed_key, order_key, sortable,
};
use super::webhook::{Posted, Receiver};
use super::{Context, Next, Step, Task, Writes};
use crate::gateway::reply::Reply;
use crate::gateway::settings::Settings;
use crate::json::write::Object;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

/// An alarm that is this late has been given up by the platform, and is set again.
pub const GIVEN_UP_MILLIS: i64 = 10 * 60_000;
/// A check that brought no verdict is repeated after this.
const CHECK_AGAIN_MILLIS: i64 = 60 * 60_000;
/// Rows worked on in one act.
const BATCH: u32 = 50;
/// Acts, and milliseconds, before the alarm is set again, since the platform ends an alarm that takes
/// long.
const ACTS_MAX: u32 = 200;
const WORK_MAX_MILLIS: i64 = 60_000;
const PAUSE_MILLIS: i64 = 1_000;
/// The host sets an alarm that failed this far ahead; an alarm within this time is left as it is.
const SOON_MILLIS: i64 = 60_000;
/// Webhook deliveries made at the same time.
const DELIVERIES: usize = 8;

/// The alarm's task.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Alarm {
    /// Acts since the alarm fired.
    pub acts: u32,
    /// When it fired; `None` before its first act.
    pub began: Option<i64>,
}

impl Alarm {
    const fn one_more(self, now: i64) -> Self {
        Self {
            acts: self.acts.saturating_add(1),
            began: match self.began {
                None => Some(now),
                began => began,
            },
        }
    }

    fn is_over(self, now: i64) -> bool {
        let worked = self
            .began
            .map_or(0, |began| now.saturating_sub(began).saturating_abs());
        self.acts >= ACTS_MAX || worked >= WORK_MAX_MILLIS
    }
}

/// The platform's alarm, to be compared with what is due.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Wake {
    /// When the platform fires it; `None` where none is set.
    pub set: Option<i64>,
}

/// The vendor says that a person has finished. It is believed only when it is asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Hint {
    /// OuterOrderNo.
    pub no: String,
}

/// Has the order checked at once.
pub(super) fn hint(hint: &Hint, rows: &Rows, context: &Context) -> Result<Step, Stop> {
    let mut writes = Writes::default();
    let waits = rows
        .get::<Order>(&order_key(&hint.no))?
        .is_some_and(|order| order.standing() == Some(Standing::Pending));
    if waits {
        let now = context.now.unix_millis();
        writes.due(rows, context.now, now, &format!("check/{}", hint.no))?;
    }
    // Whether there is such an order is nobody's business but the caller's.
    let reply = Reply::json(200, &Object::new().with("status", "ok")).with_outcome("noted");
    Ok(writes.then(Next::reply(reply)))
}

/// The earliest rows, due or not. The time is no part of the range: the need is the same whatever
/// time the host passes.
fn earliest(rows: &Rows) -> Result<&[(String, String)], Stop> {
    rows.range(Range {
        from: "due/".to_owned(),
        to: "due0".to_owned(),
        limit: BATCH,
        reverse: false,
    })
}

/// Sets the alarm again if the platform has lost it.
pub(super) fn wake(wake: Wake, rows: &Rows, context: &Context) -> Result<Step, Stop> {
    let mut writes = Writes::default();
    let soon = context.now.plus_millis(SOON_MILLIS).unix_millis();
    writes.alarm =
        next_at(earliest(rows)?).filter(|at| wake.set.is_none_or(|set| set > soon.max(*at)));
    Ok(writes.then(Next::Idle))
}

/// Local work first, then a question to the vendor, then webhook deliveries: a receiver that does not
/// answer holds up neither of the others.
pub(super) fn work(
    settings: &Settings,
    alarm: Alarm,
    rows: &Rows,
    context: &Context,
) -> Result<Step, Stop> {
    let mut writes = Writes::default();
    let now = context.now.unix_millis();
    let earliest = earliest(rows)?;
    let after = format!("due/{}", sortable(now.saturating_add(1)));
    let due = || {
        let keys = earliest.iter().map(|(key, _)| key);
        keys.take_while(|key| **key < after)
    };
    if due().next().is_none() {
        match next_at(earliest) {
            Some(at) => writes.alarm = Some(at),
            None => writes.delete(ALARM.to_owned()),
        }
        return Ok(writes.then(Next::Idle));
    }
    if alarm.is_over(now) {
        writes.alarm = Some(now.saturating_add(PAUSE_MILLIS));
        return Ok(writes.then(Next::Idle));
    }
    let alarm = alarm.one_more(now);
    let orders = earliest.iter().filter_map(|(key, _)| {
        let (what, id) = entry(key);
        ["expire", "check", "report"]
            .contains(&what)
            .then(|| order_key(id))
    });
    rows.expect(orders.chain([CALLER.to_owned(), RECEIVER.to_owned()]))?;
    let caller: String = rows.get(CALLER)?.unwrap_or_default();
    let receiver: Option<Receiver> = rows.get(RECEIVER)?;
    let mut question: Option<Ask> = None;
    let mut deliveries = Vec::new();
    for key in due() {
        let (what, id) = entry(key);
        match (what, &question) {
            ("expire", _) => expire(settings, id, &mut writes, rows, context.now)?,
            ("drop", _) => writes.delete(id.to_owned()),
            // One question answers every callback of an order.
            ("check", Some(ask)) if ask.no == id => {}
            ("check", Some(_)) => continue,
            ("check", None) => question = check(id, &caller, alarm, rows)?,
            ("report", _) => match receiver.as_ref().and_then(|one| one.waits_until(now)) {
                Some(until) => writes.later(until, &format!("report/{id}")),
                None => {
                    deliveries.push(Task::Report(Posted {
                        no: id.to_owned(),
                        caller: caller.clone(),
                        due: key.clone(),
                    }));
                    continue;
                }
            },
            _ => {}
        }
        writes.delete(key.clone());
    }
    let next = if let Some(ask) = question {
        // Rescheduled before it is done, so that no crash loses it.
        let again = now.saturating_add(CHECK_AGAIN_MILLIS);
        writes.later(again, &format!("check/{}", ask.no));
        Next::Again {
            then: Task::Ask(ask),
        }
    } else if deliveries.is_empty() {
        Next::Again {
            then: Task::Alarm(alarm),
        }
    } else {
        // A receiver that did not answer last time is tried with one.
        deliveries.truncate(if receiver.is_some() { 1 } else { DELIVERIES });
        Next::Together {
            tasks: deliveries,
            then: Task::Alarm(alarm),
        }
    };
    Ok(writes.then(next))
}

/// What a due row is about: what to do, and with which.
fn entry(key: &str) -> (&str, &str) {
    let mut parts = key.splitn(4, '/').skip(2);
    (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    )
}

/// When the first of these rows is due.
fn next_at(rows: &[(String, String)]) -> Option<i64> {
    let (key, _) = rows.first()?;
    key.split('/').nth(1)?.parse().ok()
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
        writes.later(expires, &format!("expire/{no}"));
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
            alarm,
            no: no.to_owned(),
            ..Ask::default()
        }))
}
