//! The alarm: deletes expired rows, and queries verdicts that no caller queried in time.
//!
//! A due row is `due/{time}/{what}/{id}`:
//!
//! | what | action |
//! |---|---|
//! | `expire` | delete the order's record, at the second attempt |
//! | `check` | query the verdict of an order whose validity is over, until it is known |
//! | `hint` | query the verdict of an order after a callback, a few times |
//! | `report` | deliver the verdict to the caller's webhook |
//! | `drop` | delete the row with that key |

use super::answer::{Answer, Answered};
use super::commit::{Context, Next, Step, Writes};
use super::order::{Order, OrderStatus, Start};
use super::rows::{
    ALARM, CALLER, Interrupt, RECEIVER, Range, Rows, certify_key, listed_key, order_key, sortable,
};
use super::task::{Alarm, Delivery, Hint, Read, Task, Wake};
use super::webhook::Receiver;
use crate::gateway::settings::Settings;
use crate::timestamp::Timestamp;

/// Back-off after each query without a verdict. Queries after a callback end with the last of these.
const PAUSES_MILLIS: [i64; 4] = [10_000, 60_000, 5 * 60_000, 15 * 60_000];
/// Back-off of all following queries.
const LONGEST_PAUSE_MILLIS: i64 = 60 * 60_000;
/// A clock that jumped is assumed to be corrected within this time, so anything irreversible is done
/// only if it is still due this much later.
pub(super) const CLOCK_WRONG_MILLIS: i64 = 2 * 60 * 60_000;
/// Back-off for work that needs an unreadable row.
const SET_ASIDE_MILLIS: i64 = 60 * 60_000;
/// Maximum number of rows processed in one commit.
const BATCH: u32 = 50;
/// Maximum number of commits, and of milliseconds, after which the alarm yields to a new one,
/// because the platform ends a long-running alarm.
const ACTS_MAX: u32 = 200;
const WORK_MAX_MILLIS: i64 = 60_000;
const PAUSE_MILLIS: i64 = 1_000;
/// The host retries a failed alarm after this delay; an alarm set within this time is left
/// unchanged.
const SOON_MILLIS: i64 = 60_000;
/// Maximum number of concurrent webhook deliveries.
const DELIVERIES: usize = 8;

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

/// Schedules an immediate check of the order.
pub(super) fn hint(hint: &Hint, rows: &Rows, context: &Context) -> Result<Step, Interrupt> {
    let mut writes = Writes::default();
    let waits = rows
        .get::<Order>(&order_key(&hint.no))?
        .is_some_and(|order| order.status() == Some(OrderStatus::Pending));
    if waits {
        let now = context.now.unix_millis();
        writes.due(rows, context.now, now, &format!("hint/{}", hint.no))?;
    }
    Ok(writes.then(noted()))
}

/// The response to a callback. It does not reveal whether the order exists.
pub(super) fn noted() -> Next {
    Next::from(Answered {
        asker: None,
        answer: Answer::Noted,
        outcome: None,
    })
}

/// The earliest rows, due or not. The range does not depend on the time, so repeated steps load the
/// same rows.
fn earliest(rows: &Rows, limit: u32) -> Result<&[(String, String)], Interrupt> {
    rows.range(Range {
        from: "due/".to_owned(),
        to: "due0".to_owned(),
        limit,
        reverse: false,
    })
}

/// Sets the alarm again if the platform has dropped it.
pub(super) fn wake(wake: Wake, rows: &Rows, context: &Context) -> Result<Step, Interrupt> {
    let mut writes = Writes::default();
    let soon = context.now.plus_millis(SOON_MILLIS).unix_millis();
    writes.alarm =
        next_at(earliest(rows, 1)?).filter(|at| wake.set.is_none_or(|set| set > soon.max(*at)));
    Ok(writes.then(Next::Idle))
}

/// Local work first, then a query to Alibaba Cloud, then webhook deliveries, so that a receiver that
/// does not respond delays nothing else.
pub(super) fn work(
    settings: &Settings,
    alarm: Alarm,
    rows: &Rows,
    context: &Context,
) -> Result<Step, Interrupt> {
    let mut writes = Writes::default();
    let now = context.now.unix_millis();
    let earliest = earliest(rows, BATCH)?;
    let after = format!("due/{}", sortable(now.saturating_add(1)));
    let due = || earliest.iter().take_while(|(key, _)| *key < after);
    if due().next().is_none() {
        match next_at(earliest) {
            Some(at) => writes.alarm = Some(at),
            None => writes.delete(ALARM.to_owned()),
        }
        return Ok(writes.then(Next::Idle));
    }
    if context.stopping || alarm.is_over(now) {
        writes.alarm = Some(now.saturating_add(PAUSE_MILLIS));
        return Ok(writes.then(Next::Idle));
    }
    let alarm = alarm.one_more(now);
    let orders = earliest.iter().filter_map(|(key, _)| {
        let (what, id) = entry(key);
        ["expire", "check", "hint", "report"]
            .contains(&what)
            .then(|| order_key(id))
    });
    rows.expect(orders.chain([CALLER.to_owned(), RECEIVER.to_owned()]))?;
    // `None` if the row is unreadable. Work that needs it waits until the next start restores it.
    let caller: Option<String> = writes
        .readable(rows.get::<String>(CALLER))?
        .map(Option::unwrap_or_default);
    let receiver: Option<Receiver> = match writes.readable(rows.get(RECEIVER))? {
        Some(receiver) => receiver,
        None => {
            writes.delete(RECEIVER.to_owned());
            None
        }
    };
    let mut question: Option<Read> = None;
    let mut deliveries = Vec::new();
    for (key, value) in due() {
        let (what, id) = entry(key);
        let time = value.parse().unwrap_or(1);
        match (what, &question, &caller) {
            ("expire", ..) => {
                let expired = expire(settings, id, time, &mut writes, rows, context.now);
                if writes.readable(expired)?.is_none() {
                    set_aside(&mut writes, &format!("expire/{id}"), context.now);
                }
            }
            ("drop", ..) => writes.delete(id.to_owned()),
            // One query serves all callbacks of an order.
            ("hint", Some(ask), _) if ask.no == id => {}
            ("check", Some(ask), _) if ask.no == id => {
                let _ = ask_again(&mut writes, what, id, time, now);
            }
            ("check" | "hint", Some(_), _) => continue,
            ("check" | "hint", None, Some(caller)) => {
                match writes.readable(check(id, caller, alarm, rows))? {
                    // The next query is scheduled first, so that a crash does not lose it.
                    Some(Some(ask)) => {
                        question = Some(Read {
                            again: ask_again(&mut writes, what, id, time, now),
                            ..ask
                        });
                    }
                    Some(None) => {}
                    None => set_aside(&mut writes, &format!("{what}/{id}"), context.now),
                }
            }
            ("report", _, Some(caller)) => {
                match receiver.as_ref().and_then(|one| one.waits_until(now)) {
                    Some(until) => writes.later(until, &format!("report/{id}")),
                    None => {
                        deliveries.push(Task::Report(Delivery {
                            no: id.to_owned(),
                            caller: caller.clone(),
                            due: key.clone(),
                        }));
                        continue;
                    }
                }
            }
            ("check" | "hint" | "report", _, None) => {
                set_aside(&mut writes, &format!("{what}/{id}"), context.now);
            }
            _ => {}
        }
        writes.delete(key.clone());
    }
    let next = if let Some(ask) = question {
        Next::Again {
            then: Task::Read(ask),
        }
    } else if deliveries.is_empty() {
        Next::Again {
            then: Task::Alarm(alarm),
        }
    } else {
        // A receiver that did not respond last time gets only one delivery.
        deliveries.truncate(if receiver.is_some() { 1 } else { DELIVERIES });
        Next::Together {
            tasks: deliveries,
            then: Task::Alarm(alarm),
        }
    };
    Ok(writes.then(next))
}

/// Schedules the next query, with a growing back-off; returns the key of its row.
fn ask_again(writes: &mut Writes, what: &str, no: &str, time: u32, now: i64) -> Option<String> {
    let pause = usize::try_from(time.saturating_sub(1))
        .ok()
        .and_then(|times| PAUSES_MILLIS.get(times).copied())
        .or_else(|| (what == "check").then_some(LONGEST_PAUSE_MILLIS))?;
    let next = time.saturating_add(1);
    Some(writes.later_for_time(now.saturating_add(pause), &format!("{what}/{no}"), next))
}

/// Postpones work that needs an unreadable row, which may be repaired or may be readable by another
/// version of the gateway.
pub(super) fn set_aside(writes: &mut Writes, what: &str, now: Timestamp) {
    writes.later(now.plus_millis(SET_ASIDE_MILLIS).unix_millis(), what);
}

/// The action and the subject of a due row.
fn entry(key: &str) -> (&str, &str) {
    let mut parts = key.splitn(4, '/').skip(2);
    (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    )
}

/// When the first of the rows is due.
fn next_at(rows: &[(String, String)]) -> Option<i64> {
    let (key, _) = rows.first()?;
    key.split('/').nth(1)?.parse().ok()
}

fn expire(
    settings: &Settings,
    no: &str,
    time: u32,
    writes: &mut Writes,
    rows: &Rows,
    now: Timestamp,
) -> Result<(), Interrupt> {
    let Some(order) = rows.get::<Order>(&order_key(no))? else {
        return Ok(());
    };
    // If the order was started again, its retention begins with the later start.
    let since = match order.start {
        Start::Done { at, .. } => at,
        _ => order.created,
    };
    let expires = since.saturating_add(settings.retention_millis);
    if expires > now.unix_millis() {
        // The order was started later than requested, or its retention was extended.
        writes.later(expires, &format!("expire/{no}"));
        return Ok(());
    }
    if time == 1 {
        let again = now.plus_millis(CLOCK_WRONG_MILLIS).unix_millis();
        writes.later_for_time(again, &format!("expire/{no}"), 2);
        return Ok(());
    }
    writes.delete(order_key(no));
    writes.delete(listed_key(order.created, no));
    if let Start::Done { certify_id, .. } = &order.start {
        writes.delete(certify_key(certify_id));
    }
    Ok(())
}

/// Queries the verdict, if the order still has none.
fn check(no: &str, caller: &str, alarm: Alarm, rows: &Rows) -> Result<Option<Read>, Interrupt> {
    let order = rows.get::<Order>(&order_key(no))?;
    Ok(order
        .filter(|order| order.verdict.is_none() && matches!(order.start, Start::Done { .. }))
        .map(|_| Read {
            caller: caller.to_owned(),
            alarm,
            no: no.to_owned(),
            ..Read::default()
        }))
}
