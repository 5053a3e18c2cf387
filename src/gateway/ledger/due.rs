//! The alarm: deletes expired rows, queries verdicts that no caller queried in time, and delivers
//! verdicts to webhooks. [`Work`] lists what a due row can ask for.

use super::alarm_work::{Work, due_at};
use super::answer::Answered;
use super::commit::{Context, LedgerStep, Next, Writes};
use super::order::{Order, OrderStatus, Start};
use super::retention;
use super::rows::{
    ALARM, CALLER, Interrupt, RECEIVER, RETENTION, Range, Rows, certify_key, listed_key, order_key,
    sortable,
};
use super::task::{Alarm, Callback, CompareAlarm, Delivery, Read, Task};
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
/// Back-off of all queries after one has failed: of those after a callback, and of the others, which are less urgent.
/// Otherwise, while Alibaba Cloud does not respond, the queries would take all of the alarm's time, and deliveries would
/// wait until it responds again.
const CALLBACKS_FAIL_MILLIS: i64 = 60_000;
const QUERIES_FAIL_MILLIS: i64 = 10 * 60_000;
/// Maximum number of rows processed in one commit.
const BATCH: u32 = 50;
/// Maximum number of commits, and of milliseconds, after which the alarm yields to a new one,
/// because the platform ends a long-running alarm.
const COMMITS_MAX: u32 = 200;
const WORK_MAX_MILLIS: i64 = 60_000;
const PAUSE_MILLIS: i64 = 1_000;
/// The host retries a failed alarm after this delay (`ALARM_AGAIN_MS` in `host/ledger.js`); an alarm set within this time
/// is left unchanged.
const SOON_MILLIS: i64 = 60_000;
/// Maximum number of concurrent webhook deliveries.
const DELIVERIES_MAX: usize = 8;

impl Alarm {
    const fn one_more(self, now: i64) -> Self {
        Self {
            commits: self.commits.saturating_add(1),
            began: match self.began {
                None => Some(now),
                began => began,
            },
            ..self
        }
    }

    fn is_over(self, now: i64) -> bool {
        let worked = self
            .began
            .map_or(0, |began| now.saturating_sub(began).saturating_abs());
        self.commits >= COMMITS_MAX || worked >= WORK_MAX_MILLIS
    }
}

/// Schedules an immediate check of the order.
pub(super) fn callback(
    callback: &Callback,
    rows: &Rows,
    context: &Context,
) -> Result<LedgerStep, Interrupt> {
    let mut writes = Writes::default();
    let waits = rows
        .get::<Order>(&order_key(&callback.no))?
        .is_some_and(|order| order.status() == Some(OrderStatus::Pending));
    if waits {
        let now = context.now.unix_millis();
        writes.schedule_and_set_alarm(rows, context.now, now, Work::Callback(&callback.no))?;
    }
    Ok(writes.then(Answered::Callback.into()))
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

/// Sets the alarm again if the platform has dropped it, and if the retention has been shortened.
pub(super) fn compare_alarm(
    settings: &Settings,
    compare: CompareAlarm,
    rows: &Rows,
    context: &Context,
) -> Result<LedgerStep, Interrupt> {
    let mut writes = Writes::default();
    let earliest = earliest(rows, 1)?;
    retention::follow(settings, rows, &mut writes, context.now)?;
    let soon = context.now.plus_millis(SOON_MILLIS).unix_millis();
    let lost = next_at(earliest).filter(|at| compare.set.is_none_or(|set| set > soon.max(*at)));
    writes.alarm = writes.alarm.into_iter().chain(lost).min();
    Ok(writes.then(Next::Idle))
}

/// Local work first, then a query to Alibaba Cloud, then webhook deliveries, so that a receiver that
/// does not respond delays nothing else. After a query that failed, the alarm makes no other.
pub(super) fn work(
    settings: &Settings,
    alarm: Alarm,
    rows: &Rows,
    context: &Context,
) -> Result<LedgerStep, Interrupt> {
    let mut writes = Writes::default();
    let now = context.now.unix_millis();
    let earliest = earliest(rows, BATCH)?;
    if retention::follow(settings, rows, &mut writes, context.now)? {
        return Ok(writes.then(Next::Again {
            then: Task::Alarm(alarm.one_more(now)),
        }));
    }
    let after = format!("due/{}", sortable(now.saturating_add(1)));
    let due = || earliest.iter().take_while(|(key, _)| *key < after);
    if due().next().is_none() {
        match next_at(earliest) {
            Some(at) => writes.alarm = Some(at),
            None => {
                writes.delete(ALARM.to_owned());
                writes.delete(RETENTION.to_owned());
            }
        }
        return Ok(writes.then(Next::Idle));
    }
    if context.stopping || alarm.is_over(now) {
        writes.alarm = Some(now.saturating_add(PAUSE_MILLIS));
        return Ok(writes.then(Next::Idle));
    }
    let orders = earliest
        .iter()
        .filter_map(|(key, _)| Work::parse(key)?.order().map(order_key));
    rows.expect(orders.chain([CALLER.to_owned(), RECEIVER.to_owned()]))?;
    let mut batch = Batch::new(settings, alarm.one_more(now), rows, context.now, writes)?;
    for (key, value) in due() {
        batch.perform(key, value)?;
    }
    Ok(batch.finish())
}

/// The work of one commit.
struct Batch<'a> {
    settings: &'a Settings,
    alarm: Alarm,
    rows: &'a Rows,
    now: Timestamp,
    /// `None` if the row is unreadable. Work that needs it waits until the next start restores it.
    caller: Option<String>,
    receiver: Option<Receiver>,
    writes: Writes,
    /// The only query of the commit.
    query: Option<Read>,
    deliveries: Vec<Task>,
}

impl<'a> Batch<'a> {
    fn new(
        settings: &'a Settings,
        alarm: Alarm,
        rows: &'a Rows,
        now: Timestamp,
        mut writes: Writes,
    ) -> Result<Self, Interrupt> {
        let caller = writes
            .readable(rows.get::<String>(CALLER))?
            .map(Option::unwrap_or_default);
        let receiver = match writes.readable(rows.get(RECEIVER))? {
            Some(receiver) => receiver,
            None => {
                writes.delete(RECEIVER.to_owned());
                None
            }
        };
        Ok(Self {
            settings,
            alarm,
            rows,
            now,
            caller,
            receiver,
            writes,
            query: None,
            deliveries: Vec::new(),
        })
    }

    /// Does the work that a due row schedules.
    fn perform(&mut self, key: &str, value: &str) -> Result<(), Interrupt> {
        let Some(work) = Work::parse(key) else {
            // Another version of the gateway may know the work, so the row is kept.
            self.writes.unreadable.push(key.to_owned());
            let later = self.now.plus_millis(SET_ASIDE_MILLIS).unix_millis();
            self.writes.move_due(key, value, later);
            return Ok(());
        };
        let attempt = value.parse().unwrap_or(1);
        let is_done = match work {
            Work::Expire(no) => {
                self.expire(no, attempt)?;
                true
            }
            Work::Check(no) | Work::Callback(no) => self.query(work, no, attempt)?,
            Work::Deliver(no) => self.deliver(no, key, attempt),
            Work::Drop(key) => {
                self.writes.delete(key.to_owned());
                true
            }
            Work::Shorten(after) => {
                retention::bring_forward(after, self.rows, &mut self.writes, self.now)?;
                true
            }
        };
        if is_done {
            self.writes.delete(key.to_owned());
        }
        Ok(())
    }

    /// Deletes the order's record, if its retention is over.
    fn expire(&mut self, no: &str, attempt: u32) -> Result<(), Interrupt> {
        let order = self.rows.get::<Order>(&order_key(no));
        let order = match self.writes.readable(order)? {
            Some(Some(order)) => order,
            Some(None) => return Ok(()),
            None => {
                set_aside(&mut self.writes, Work::Expire(no), 1, self.now);
                return Ok(());
            }
        };
        // If the order was started again, its retention begins with the later start.
        let since = match order.start {
            Start::Done { at, .. } => at,
            _ => order.restarted.unwrap_or(order.created),
        };
        let expires = since.saturating_add(self.settings.retention_millis);
        if expires > self.now.unix_millis() {
            // The order was started later than requested, or its retention was extended.
            self.writes.schedule(expires, Work::Expire(no));
            retention::note(self.settings, self.rows, &mut self.writes)?;
            return Ok(());
        }
        if attempt == 1 {
            let later = self.now.plus_millis(CLOCK_WRONG_MILLIS).unix_millis();
            self.writes.schedule_attempt(later, Work::Expire(no), 2);
            return Ok(());
        }
        self.writes.delete(order_key(no));
        self.writes.delete(listed_key(order.created, no));
        if let Start::Done { certify_id, .. } = &order.start {
            self.writes.delete(certify_key(certify_id));
        }
        Ok(())
    }

    /// Queries the verdict, if the order still has none. Returns whether the row is done.
    fn query(&mut self, work: Work<'_>, no: &str, attempt: u32) -> Result<bool, Interrupt> {
        if let Some(query) = &self.query {
            // One query serves all callbacks of an order.
            let is_same = query.no == no;
            if is_same && matches!(work, Work::Check(_)) {
                self.schedule_next_query(work, attempt);
            }
            return Ok(is_same);
        }
        let Some(caller) = &self.caller else {
            set_aside(&mut self.writes, work, 1, self.now);
            return Ok(true);
        };
        if self.alarm.queries_fail {
            let pause = if matches!(work, Work::Callback(_)) {
                CALLBACKS_FAIL_MILLIS
            } else {
                QUERIES_FAIL_MILLIS
            };
            let later = self.now.plus_millis(pause).unix_millis();
            self.writes.schedule_attempt(later, work, attempt);
            return Ok(true);
        }
        let order = self.rows.get::<Order>(&order_key(no));
        match self.writes.readable(order)? {
            Some(Some(order))
                if order.verdict.is_none() && matches!(order.start, Start::Done { .. }) =>
            {
                let caller = caller.clone();
                self.query = Some(Read {
                    caller,
                    alarm: self.alarm,
                    // The next query is scheduled first, so that a crash does not lose it.
                    next_query: self.schedule_next_query(work, attempt),
                    no: no.to_owned(),
                    ..Read::default()
                });
            }
            Some(_) => {}
            None => set_aside(&mut self.writes, work, 1, self.now),
        }
        Ok(true)
    }

    /// Schedules the next query, with a growing back-off; returns the key of its row.
    fn schedule_next_query(&mut self, work: Work<'_>, attempt: u32) -> Option<String> {
        let longest = matches!(work, Work::Check(_)).then_some(LONGEST_PAUSE_MILLIS);
        let pause = usize::try_from(attempt.saturating_sub(1))
            .ok()
            .and_then(|attempts| PAUSES_MILLIS.get(attempts).copied())
            .or(longest)?;
        let at = self.now.unix_millis().saturating_add(pause);
        let next = attempt.saturating_add(1);
        Some(self.writes.schedule_attempt(at, work, next))
    }

    /// Delivers the verdict to the webhook. Returns whether the row is done: the delivery itself
    /// deletes its row.
    fn deliver(&mut self, no: &str, due: &str, attempt: u32) -> bool {
        let work = Work::Deliver(no);
        let Some(caller) = &self.caller else {
            set_aside(&mut self.writes, work, attempt, self.now);
            return true;
        };
        let receiver = self.receiver.as_ref();
        if let Some(until) = receiver.and_then(|one| one.waits_until(self.now.unix_millis())) {
            self.writes.schedule_attempt(until, work, attempt);
            return true;
        }
        self.deliveries.push(Task::Deliver(Delivery {
            no: no.to_owned(),
            caller: caller.clone(),
            due: due.to_owned(),
            attempt,
        }));
        false
    }

    fn finish(mut self) -> LedgerStep {
        let next = if let Some(query) = self.query {
            Next::Again {
                then: Task::Read(query),
            }
        } else if self.deliveries.is_empty() {
            Next::Again {
                then: Task::Alarm(self.alarm),
            }
        } else {
            // A receiver that did not respond last time gets only one delivery.
            let at_once = if self.receiver.is_some() {
                1
            } else {
                DELIVERIES_MAX
            };
            self.deliveries.truncate(at_once);
            Next::Together {
                tasks: self.deliveries,
                then: Task::Alarm(self.alarm),
            }
        };
        self.writes.then(next)
    }
}

/// Postpones work that needs an unreadable row, which may be repaired or may be readable by another
/// version of the gateway. It continues with this attempt.
pub(super) fn set_aside(writes: &mut Writes, work: Work<'_>, attempt: u32, now: Timestamp) {
    let later = now.plus_millis(SET_ASIDE_MILLIS).unix_millis();
    writes.schedule_attempt(later, work, attempt);
}

/// When the first of the rows is due.
fn next_at(rows: &[(String, String)]) -> Option<i64> {
    let (key, _) = rows.first()?;
    due_at(key)
}
