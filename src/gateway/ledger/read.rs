//! Reads a verification: the verdict from the ledger or, if there is none yet or material is
//! requested, from DescribeFaceVerify.

use super::alarm_work::Work;
use super::answer::{Answered, Found, TaskResult};
use super::commit::{Context, LedgerStep, Next, PhotoUrl, SendOutcome, Writes};
use super::endpoints;
use super::order::{Decision, DeliveryState, Order, Start, Verdict, millis_left, over_at};
use super::rows::{Interrupt, Rows, certify_key, order_key};
use super::task::{Purpose, Read, Task};
use super::upstream::{self, Ended, Place};
use crate::client::response::DescribeResult;
use crate::error::{Audience, Error, Kind};
use crate::gateway::problem::{Problem, ProblemKind};
use crate::gateway::reply_target::ReplyTarget;
use crate::gateway::settings::Settings;
use crate::timestamp::{MILLIS_PER_DAY, Timestamp};

/// Requests wait for at most a minute. The clock of the host that received the request may be a little ahead of the
/// ledger's.
const WAIT_MAX_MILLIS: i64 = 2 * 60_000;

impl Read {
    /// The step after a query that the alarm made: more work may be due.
    fn after_query(&self) -> Next {
        Next::Again {
            then: Task::Alarm(self.alarm),
        }
    }

    fn problem(&self, problem: Problem) -> Next {
        match &self.reply_to {
            Some(reply_to) => Answered::to(reply_to, problem).into(),
            None => self.after_query(),
        }
    }

    fn status_reply(
        &self,
        settings: &Settings,
        order: &Order,
        fresh: Option<&DescribeResult>,
        outcome: Option<&'static str>,
    ) -> Next {
        match &self.reply_to {
            Some(reply_to) if self.photo => self.photo_reply(settings, reply_to, fresh),
            Some(reply_to) => {
                let found = Found {
                    no: self.no.clone(),
                    order: order.clone(),
                    fresh: fresh.cloned(),
                    material: self.material,
                    if_none_match: self.if_none_match.clone(),
                    waited: self.wait_until.is_some(),
                };
                let answered = Answered::to(reply_to, TaskResult::Found(Box::new(found)));
                match outcome {
                    Some(outcome) => answered.logged_as(outcome),
                    None => answered,
                }
                .into()
            }
            None => self.after_query(),
        }
    }

    /// The photo, if it may be fetched from its URL.
    fn photo_reply(
        &self,
        settings: &Settings,
        reply_to: &ReplyTarget,
        fresh: Option<&DescribeResult>,
    ) -> Next {
        let url = fresh
            .and_then(|result| result.material.as_ref()?.facial_picture_front.as_ref())
            .and_then(|picture| picture.picture_url.as_deref())
            .and_then(|url| settings.photo_url(url, self.issued_by.as_deref()));
        match url {
            Some(url) => Next::Photo { url: PhotoUrl(url) },
            None => Answered::to(reply_to, Problem::new(ProblemKind::PhotoUnavailable)).into(),
        }
    }
}

pub(super) fn begin(
    settings: &Settings,
    mut read: Read,
    send_outcome: Option<&SendOutcome>,
    rows: &Rows,
    context: &Context,
) -> Result<LedgerStep, Interrupt> {
    let mut writes = Writes::default();
    let now = context.now.unix_millis();
    if read.no.is_empty() {
        let no: Option<String> = rows.get(&certify_key(&read.certify_id))?;
        read.no = no.unwrap_or_default();
    }
    let key = order_key(&read.no);
    let order = rows.get::<Order>(&key)?;
    let asked_scene = |order: &Order| read.scene_id.is_empty() || read.scene_id == order.scene_id;
    let Some(mut order) = order.filter(asked_scene) else {
        return Ok(writes.then(read.problem(Problem::new(ProblemKind::UnknownOrder))));
    };
    writes.give_up_if_lost(&read.no, &mut order, context);
    let next = match &order.start {
        Start::Refused { .. } => read.problem(Problem::new(ProblemKind::UnknownOrder)),
        Start::Unknown => read.problem(Problem::new(ProblemKind::StartOutcomeUnknown)),
        Start::Inflight { .. } => {
            read.problem(Problem::new(ProblemKind::OrderBeingStarted).retry_after(1))
        }
        Start::Done { .. } if order.verdict.is_some() && !read.material => {
            read.status_reply(settings, &order, None, None)
        }
        Start::Done {
            certify_id,
            issued_by,
            ..
        } => {
            read.certify_id.clone_from(certify_id);
            read.issued_by.clone_from(issued_by);
            read.scene_id.clone_from(&order.scene_id);
            read.decided = order.verdict.is_some();
            if read.waits() {
                if matches!(send_outcome, Some(SendOutcome::Disconnected)) {
                    let next =
                        read.status_reply(settings, &order, None, Some("client-disconnected"));
                    return Ok(writes.then(next));
                }
                if order.next_query_in_millis(now) > 0 {
                    return Ok(writes.then(wait(settings, &read, &order, None, now)));
                }
                order.record_query(now);
                writes.put(key, &order);
            }
            return upstream::begin(settings, Purpose::Read(read), writes, rows, context);
        }
    };
    Ok(writes.then(next))
}

pub(super) fn settle(
    settings: &Settings,
    read: &Read,
    ended: Ended<DescribeResult>,
    place: &Place,
    rows: &Rows,
    context: &Context,
) -> Result<LedgerStep, Interrupt> {
    let writes = Writes::default();
    let order = rows.get::<Order>(&order_key(&read.no))?;
    // The response applies only to the CertifyId that was queried.
    let order = order.filter(|order| {
        matches!(&order.start, Start::Done { certify_id, .. } if *certify_id == read.certify_id)
    });
    let Some(order) = order else {
        return Ok(writes.then(read.problem(Problem::new(ProblemKind::UnknownOrder))));
    };
    let mut read = read.clone();
    read.alarm.queries_fail |= matches!(&ended, Ended::Failed(error) if error.retryable);
    let read = &read;
    let error = match ended {
        Ended::Answered(result) => {
            return described(settings, read, order, &result, place, rows, context);
        }
        Ended::Failed(error) => Some(error),
        Ended::Crowded => None,
    };
    let unknown = error.as_ref().is_some_and(is_unknown_there);
    // An endpoint that has not issued the CertifyId may not know it.
    let elsewhere = unknown && is_elsewhere(settings, &order, place);
    let gone = unknown && !elsewhere;
    // Alibaba Cloud has no material of an expired verification, whichever endpoint responds.
    let no_material = unknown && !order.has_material();
    // The verdict is final, even if the query for the material failed.
    if order.verdict.is_some() && !read.photo {
        let outcome = (!no_material).then_some("material-unavailable");
        return Ok(writes.then(read.status_reply(settings, &order, None, outcome)));
    }
    if order.verdict.is_some() && (gone || no_material) {
        return Ok(writes.then(read.status_reply(settings, &order, None, None)));
    }
    let next = match error {
        // Without the code, which says that the CertifyId is invalid.
        Some(_) if elsewhere => read.problem(Problem::new(ProblemKind::UpstreamFailed)),
        Some(error) if gone && is_over(settings, &order, place.vendor_now) => {
            let verdict = Verdict {
                decision: Decision::Expired,
                sub_code: None,
                unknown_there: true,
                at: context.now.unix_millis(),
                request_id: error.request_id,
            };
            return decide(settings, read, order, verdict, None, rows, context);
        }
        Some(error) => read.problem(Problem::upstream(&own_id_refused(error))),
        None if read.waits() => wait(settings, read, &order, None, context.now.unix_millis()),
        None => read.problem(Problem::new(ProblemKind::UpstreamThrottled).retry_after(2)),
    };
    Ok(writes.then(next))
}

/// Whether Alibaba Cloud does not know the CertifyId. While the CertifyId is valid, this can be
/// temporary: an endpoint may not know it yet.
fn is_unknown_there(error: &Error) -> bool {
    error.kind == Kind::Vendor && error.code == "406"
}

/// Whether the call ended at another endpoint than the one that issued the CertifyId, or may have. If that one is
/// unknown or no longer configured, any endpoint decides a day after the CertifyId's validity.
fn is_elsewhere(settings: &Settings, order: &Order, place: &Place) -> bool {
    let Start::Done { at, issued_by, .. } = &order.start else {
        return false;
    };
    let given_up = over_at(*at, settings.certify_id_valid_millis).saturating_add(MILLIS_PER_DAY);
    let may_come_back = place.vendor_now.unix_millis() < given_up;
    match issued_by {
        Some(origin) => {
            place.endpoint.as_ref() != Some(origin)
                && (endpoints::is_configured(settings, origin) || may_come_back)
        }
        None => settings.options.endpoints().len() > 1 && may_come_back,
    }
}

fn is_over(settings: &Settings, order: &Order, vendor_now: Timestamp) -> bool {
    match order.start {
        Start::Done { at, .. } => {
            vendor_now.unix_millis() >= over_at(at, settings.certify_id_valid_millis)
        }
        _ => false,
    }
}

/// Alibaba Cloud issued this CertifyId, so the caller cannot fix that it is unknown.
fn own_id_refused(error: Error) -> Error {
    Error {
        audience: if matches!(error.audience, Audience::Developer) {
            Audience::Operator
        } else {
            error.audience
        },
        ..error
    }
}

fn described(
    settings: &Settings,
    read: &Read,
    order: Order,
    result: &DescribeResult,
    place: &Place,
    rows: &Rows,
    context: &Context,
) -> Result<LedgerStep, Interrupt> {
    let writes = Writes::default();
    let now = context.now.unix_millis();
    let decision = Decision::of(result.status);
    if let Some(verdict) = &order.verdict {
        let next = match decision {
            // An expired verification stays unfinished at Alibaba Cloud.
            None if !order.has_material() => {
                read.status_reply(settings, &order, Some(result), None)
            }
            // The query was sent before the user finished. Now the material is available.
            None if read.waits() => Next::Again {
                then: Task::Read(read.clone()),
            },
            // Likewise, or the endpoint has not issued the CertifyId.
            None => {
                if read.photo {
                    read.problem(Problem::new(ProblemKind::UpstreamFailed))
                } else {
                    read.status_reply(settings, &order, None, Some("material-unavailable"))
                }
            }
            Some(decision) if decision == verdict.decision => {
                read.status_reply(settings, &order, Some(result), None)
            }
            // A verdict is written once. If Alibaba Cloud returns a different one later, the
            // operator is informed.
            Some(_) => read.status_reply(settings, &order, None, Some("verdict-contradicted")),
        };
        return Ok(writes.then(next));
    }
    // An endpoint that has not issued the CertifyId may not know that the user has finished.
    let over =
        is_over(settings, &order, place.vendor_now) && !is_elsewhere(settings, &order, place);
    if let Some(decision) = decision.or_else(|| over.then_some(Decision::Expired)) {
        let verdict = Verdict {
            decision,
            sub_code: result.sub_code.clone(),
            unknown_there: false,
            at: now,
            request_id: result.request_id.clone(),
        };
        return decide(settings, read, order, verdict, Some(result), rows, context);
    }
    Ok(writes.then(wait(settings, read, &order, Some(result), now)))
}

/// Waits for the next query or the verdict. When the request's time is over, it receives the current
/// status. `fresh` is Alibaba Cloud's last response.
fn wait(
    settings: &Settings,
    read: &Read,
    order: &Order,
    fresh: Option<&DescribeResult>,
    now: i64,
) -> Next {
    let left = millis_left(read.wait_until.unwrap_or(now), WAIT_MAX_MILLIS, now);
    if left == 0 {
        return read.status_reply(settings, order, fresh, None);
    }
    Next::Wait {
        millis: order.next_query_in_millis(now).min(left),
        on: Some(read.no.clone()),
        until_disconnect: true,
        then: Task::Read(read.clone()),
    }
}

/// Stores the verdict. `fresh` is Alibaba Cloud's last response.
fn decide(
    settings: &Settings,
    read: &Read,
    mut order: Order,
    verdict: Verdict,
    fresh: Option<&DescribeResult>,
    rows: &Rows,
    context: &Context,
) -> Result<LedgerStep, Interrupt> {
    let mut writes = Writes::default();
    order.verdict = Some(verdict);
    if let Start::Done { certify_url, .. } = &mut order.start {
        *certify_url = None;
    }
    // While instances are replaced, these settings may not have the caller yet.
    let caller = settings.caller(&read.caller);
    if caller.is_none_or(|caller| caller.webhook_url.is_some()) {
        order.delivery = Some(DeliveryState::default());
        let now = context.now.unix_millis();
        writes.schedule_and_set_alarm(rows, context.now, now, Work::Deliver(&read.no))?;
    }
    if let Some(next_query) = &read.next_query {
        writes.delete(next_query.clone());
    }
    writes.put_order(&read.no, &order);
    writes.wake.push(read.no.clone());
    Ok(writes.then(read.status_reply(settings, &order, fresh, None)))
}
