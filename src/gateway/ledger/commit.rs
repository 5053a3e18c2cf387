//! One step of a task: its inputs from the host, and what the host must do next.

use super::alarm_work::{Work, moved};
use super::answer::Answered;
use super::order::Order;
use super::rows::{ALARM, Interrupt, Missing, Rows, Write, listed_key, order_key, row};
use super::task::Task;
use crate::client::call;
use crate::http::OutgoingRequest;
use crate::json::write::to_json;
use crate::timestamp::Timestamp;
use serde::Serialize;

/// An alarm that is this late has been dropped by the platform and must be set again.
pub const GIVEN_UP_MILLIS: i64 = 10 * 60_000;

/// The outcome of the request that the host was asked to send.
#[derive(Clone, Debug)]
pub enum SendOutcome {
    /// It was sent, with this outcome.
    Outcome(call::Outcome),
    /// One request was sent for several tasks, with this outcome.
    Shared {
        /// The outcome.
        outcome: call::Outcome,
        /// The state of the call whose request was sent.
        state: call::State,
    },
    /// Nothing was sent, because too many calls are waiting for their turn.
    Crowded,
    /// The client disconnected.
    Disconnected,
}

/// The inputs of a step from its host.
#[derive(Clone, Debug)]
pub struct Context {
    /// The current time.
    pub now: Timestamp,
    /// Random bytes, new for every commit.
    pub random: [u8; 32],
    /// Identifies this instance of the ledger's host; different after every restart.
    pub instance: String,
    /// The other live instances, if the host runs several.
    pub others: Vec<String>,
    /// Whether the host is about to end: an alarm leaves the rest of its work to the next one.
    pub stopping: bool,
}

impl Context {
    /// Whether the instance is alive and may still finish its calls.
    fn is_alive(&self, instance: &str) -> bool {
        self.instance == instance || self.others.iter().any(|other| other == instance)
    }

    pub(super) fn nonce(&self) -> String {
        hex::encode(self.random.get(..16).unwrap_or_default())
    }

    /// Identifies the call of a start in its order's row.
    pub(super) fn call_id(&self) -> String {
        hex::encode(self.random.get(16..28).unwrap_or_default())
    }
}

/// The result of a step.
#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LedgerStep<A = Answered> {
    /// Load these rows and repeat the step.
    Load(Missing),
    /// Carry this out.
    Commit(Box<Commit<A>>),
}

/// What the host must do: commit the writes in one transaction, then set the alarm, wake tasks and
/// continue.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Commit<A = Answered> {
    /// Rows to write or delete.
    pub writes: Vec<Write>,
    /// When to set the alarm, in milliseconds; `None` leaves it unchanged.
    pub alarm: Option<i64>,
    /// Orders whose waiting tasks must continue now.
    pub wake: Vec<String>,
    /// Keys of unreadable rows, for the log. They contain no personal data.
    pub unreadable: Vec<String>,
    /// The webhook delivery that has been given up, for the log.
    pub undelivered: Option<Undelivered>,
    /// Why the gateway itself failed, for the log, without personal data.
    pub failure: Option<String>,
    /// The next step.
    pub next: Next<A>,
}

/// A webhook delivery that has failed for the last time. Its order is not named, like in every line of the log.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Undelivered {
    /// The receiver's last HTTP status; `None` if it did not respond.
    pub status: Option<u16>,
}

/// The URL of a photo: a secret that is never stored.
#[derive(Serialize)]
#[serde(transparent)]
pub struct PhotoUrl(pub String);
redacted_debug!(PhotoUrl);

/// The step after the writes.
#[derive(Debug, Serialize)]
#[serde(
    tag = "type",
    rename_all = "lowercase",
    rename_all_fields = "camelCase"
)]
pub enum Next<A = Answered> {
    /// The task has ended.
    Reply {
        /// The response.
        reply: A,
    },
    /// The task has ended; the response is the photo at this URL.
    Photo {
        /// The URL.
        url: PhotoUrl,
    },
    /// Wait for a turn if the call is rate limited, send it, and continue with the outcome.
    Send {
        /// The action, for the rate limit; `None` for requests to other hosts.
        action: Option<&'static str>,
        /// What to send.
        request: OutgoingRequest,
        /// Time limit for the whole response, in milliseconds.
        timeout_millis: i64,
        /// If a request with the same name is in progress, do not send this one: the task continues
        /// with the outcome of the other request, as [`SendOutcome::Shared`].
        share: Option<String>,
        /// Whether the call is the first to get no turn if many are waiting: it can be repeated later.
        yields: bool,
        /// The task to continue with.
        #[serde(serialize_with = "as_text")]
        then: Task,
    },
    /// Wait until the time has elapsed or the order is woken, then continue.
    Wait {
        /// Maximum wait in milliseconds.
        millis: i64,
        /// The order whose wake-up ends the wait.
        on: Option<String>,
        /// Whether the wait ends when the client disconnects, as [`SendOutcome::Disconnected`].
        until_disconnect: bool,
        /// The task to continue with.
        #[serde(serialize_with = "as_text")]
        then: Task,
    },
    /// Perform these tasks concurrently, and continue when all of them have ended.
    Together {
        /// The tasks; none of them has a response.
        #[serde(serialize_with = "as_texts")]
        tasks: Vec<Task>,
        /// The task to continue with.
        #[serde(serialize_with = "as_text")]
        then: Task,
    },
    /// Yield to other tasks and continue.
    Again {
        /// The task to continue with.
        #[serde(serialize_with = "as_text")]
        then: Task,
    },
    /// The task has ended without a response.
    Idle,
}

/// The host stores a task as opaque text.
fn as_text<S: serde::Serializer>(task: &Task, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&to_json(task))
}

fn as_texts<S: serde::Serializer>(tasks: &[Task], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(tasks.iter().map(to_json))
}

impl<A> LedgerStep<A> {
    /// Adds a write, if there is one.
    pub(super) fn with_write(mut self, write: Option<Write>) -> Self {
        if let Self::Commit(commit) = &mut self {
            commit.writes.extend(write);
        }
        self
    }

    /// Converts the response.
    pub fn map<B>(self, form: impl FnOnce(A) -> B) -> LedgerStep<B> {
        match self {
            Self::Load(missing) => LedgerStep::Load(missing),
            Self::Commit(commit) => LedgerStep::Commit(Box::new(Commit {
                writes: commit.writes,
                alarm: commit.alarm,
                wake: commit.wake,
                unreadable: commit.unreadable,
                undelivered: commit.undelivered,
                failure: commit.failure,
                next: commit.next.map(form),
            })),
        }
    }
}

impl<A> Next<A> {
    fn map<B>(self, form: impl FnOnce(A) -> B) -> Next<B> {
        match self {
            Self::Reply { reply } => Next::Reply { reply: form(reply) },
            Self::Photo { url } => Next::Photo { url },
            Self::Send {
                action,
                request,
                timeout_millis,
                share,
                yields,
                then,
            } => Next::Send {
                action,
                request,
                timeout_millis,
                share,
                yields,
                then,
            },
            Self::Wait {
                millis,
                on,
                until_disconnect,
                then,
            } => Next::Wait {
                millis,
                on,
                until_disconnect,
                then,
            },
            Self::Together { tasks, then } => Next::Together { tasks, then },
            Self::Again { then } => Next::Again { then },
            Self::Idle => Next::Idle,
        }
    }
}

impl From<Answered> for Next {
    fn from(reply: Answered) -> Self {
        Self::Reply { reply }
    }
}

/// A commit under construction.
#[derive(Default)]
pub(super) struct Writes {
    writes: Vec<Write>,
    pub(super) wake: Vec<String>,
    pub(super) alarm: Option<i64>,
    pub(super) unreadable: Vec<String>,
    pub(super) undelivered: Option<Undelivered>,
    pub(super) failure: Option<String>,
}

impl Writes {
    pub(super) fn put<T: Serialize>(&mut self, key: String, value: &T) {
        self.writes.push(row(key, value));
    }

    /// Writes an order and its position in the list. An order that Alibaba Cloud refused is not
    /// listed.
    pub(super) fn put_order(&mut self, no: &str, order: &Order) {
        self.put(order_key(no), order);
        let listed = listed_key(order.created, no);
        match order.status() {
            Some(order_status) => self.put(listed, &order_status),
            None => self.delete(listed),
        }
    }

    /// Gives up a start whose call is lost. Returns whether it was.
    pub(super) fn give_up_if_lost(
        &mut self,
        no: &str,
        order: &mut Order,
        context: &Context,
    ) -> bool {
        let lost = order.is_lost(|instance| context.is_alive(instance), context.now);
        if lost {
            order.give_up();
            self.put_order(no, order);
            self.wake.push(no.to_owned());
        }
        lost
    }

    pub(super) fn delete(&mut self, key: String) {
        self.writes.push((key, None));
    }

    /// Moves a due row to another time, with its value unchanged.
    pub(super) fn move_due(&mut self, key: &str, value: &str, at: i64) {
        self.delete(key.to_owned());
        self.writes.push((moved(key, at), Some(value.to_owned())));
    }

    /// Schedules work while the alarm is running, which sets itself again afterwards.
    pub(super) fn schedule(&mut self, at: i64, work: Work<'_>) {
        self.schedule_attempt(at, work, 1);
    }

    /// Like [`Self::schedule`], with the number of the attempt. Returns the row's key.
    pub(super) fn schedule_attempt(&mut self, at: i64, work: Work<'_>, attempt: u32) -> String {
        let key = work.key(at);
        self.put(key.clone(), &attempt);
        key
    }

    /// Schedules work, and sets the alarm if it would fire later.
    pub(super) fn schedule_and_set_alarm(
        &mut self,
        rows: &Rows,
        now: Timestamp,
        at: i64,
        work: Work<'_>,
    ) -> Result<(), Interrupt> {
        self.schedule(at, work);
        let set: Option<i64> = self.readable(rows.get(ALARM))?.flatten();
        let earliest = self.alarm.map_or(at, |other| other.min(at));
        // The platform has dropped an alarm that is long overdue.
        let late = now.unix_millis().saturating_sub(GIVEN_UP_MILLIS);
        if set.is_none_or(|set| set > earliest || set < late) {
            self.alarm = Some(earliest);
        }
        Ok(())
    }

    /// The value; `None` for an unreadable row, whose key is logged.
    pub(super) fn readable<T>(
        &mut self,
        read: Result<T, Interrupt>,
    ) -> Result<Option<T>, Interrupt> {
        match read {
            Ok(value) => Ok(Some(value)),
            Err(Interrupt::Unreadable(key)) => {
                self.unreadable.push(key);
                Ok(None)
            }
            Err(other) => Err(other),
        }
    }

    /// Completes the commit. Also stores the alarm's time, for later steps.
    pub(super) fn then(mut self, next: Next) -> LedgerStep {
        if let Some(alarm) = self.alarm {
            self.put(ALARM.to_owned(), &alarm);
        }
        LedgerStep::Commit(Box::new(Commit {
            writes: self.writes,
            alarm: self.alarm,
            wake: self.wake,
            unreadable: self.unreadable,
            undelivered: self.undelivered,
            failure: self.failure,
            next,
        }))
    }
}
