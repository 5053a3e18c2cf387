//! Reading a verification: its verdict from the ledger or, while there is none or when material is
//! asked for, from DescribeFaceVerify.

use super::due::Alarm;
use super::order::{Order, Outcome, Standing, Start, Verdict, over_at};
use super::rows::{Rows, Stop, certify_key, order_key};
use super::webhook::Report;
use super::{Asker, Context, Ended, Next, Purpose, Step, Task, Writes, answer, call};
use crate::client::response::{Answer, DescribeResult};
use crate::error::{Audience, Error};
use crate::gateway::problem::{
    ORDER_BEING_STARTED, PHOTO_UNAVAILABLE, Problem, START_OUTCOME_UNKNOWN, UNKNOWN_ORDER,
    UPSTREAM_THROTTLED,
};
use crate::gateway::settings::Settings;
use serde::{Deserialize, Serialize};

/// The wait between two looks, while a request waits for the verdict, grows up to this.
const LOOK_AGAIN_MAX_MILLIS: i64 = 5_000;

/// A verification to read.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ask {
    /// The caller's id.
    pub caller: String,
    /// Who asked; `None` when the ledger asks for itself.
    pub asker: Option<Asker>,
    /// The alarm that goes on afterwards, when the ledger asks for itself.
    #[serde(default)]
    pub alarm: Alarm,
    /// OuterOrderNo; empty where the CertifyId says which order it is.
    pub no: String,
    /// Whether to give what was found out about the person.
    pub material: bool,
    /// Whether the photo itself is asked for.
    #[serde(default)]
    pub photo: bool,
    /// Until when to wait for the verdict, in milliseconds.
    pub wait_until: Option<i64>,
    /// Looks taken so far.
    pub looks: i64,
    /// The entity tag that the asker has.
    pub known: Option<String>,
    /// The order's SceneId, once it is known; the one asked for, where the CertifyId says which order.
    #[serde(default)]
    pub scene_id: String,
    /// The order's CertifyId, once it is known or where it says which order.
    #[serde(default)]
    pub certify_id: String,
}

impl Ask {
    /// The ledger asks for itself when its alarm fires; there may be more to do.
    fn after_check(&self) -> Next {
        Next::Again {
            then: Task::Alarm(self.alarm),
        }
    }

    fn problem(&self, problem: &Problem) -> Next {
        match &self.asker {
            Some(asker) => Next::reply(asker.problem(problem)),
            None => self.after_check(),
        }
    }

    fn standing(
        &self,
        settings: &Settings,
        order: &Order,
        fresh: Option<&DescribeResult>,
        outcome: Option<&str>,
    ) -> Next {
        match &self.asker {
            Some(asker) if self.photo => photo(settings, asker, fresh),
            Some(asker) => {
                let reply = answer::standing(settings, self, asker, order, fresh);
                Next::reply(match outcome {
                    Some(outcome) => reply.with_outcome(outcome),
                    None => reply,
                })
            }
            None => self.after_check(),
        }
    }
}

/// The photo, if the vendor gave one on a host of its own.
fn photo(settings: &Settings, asker: &Asker, fresh: Option<&DescribeResult>) -> Next {
    let address = fresh
        .and_then(|result| result.material.as_ref()?.facial_picture_front.as_ref())
        .and_then(|picture| picture.picture_url.clone())
        .filter(|url| settings.is_photo_host(url));
    match address {
        Some(url) => Next::Photo { url },
        None => Next::reply(asker.problem(&Problem::new(&PHOTO_UNAVAILABLE))),
    }
}

pub(super) fn begin(
    settings: &Settings,
    mut ask: Ask,
    rows: &Rows,
    context: &Context,
) -> Result<Step, Stop> {
    let mut writes = Writes::default();
    if ask.no.is_empty() {
        let no: Option<String> = rows.get(&certify_key(&ask.certify_id))?;
        ask.no = no.unwrap_or_default();
    }
    let key = order_key(&ask.no);
    let order = rows.get::<Order>(&key)?;
    let asked_scene = |order: &Order| ask.scene_id.is_empty() || ask.scene_id == order.scene_id;
    let Some(mut order) = order.filter(asked_scene) else {
        return Ok(writes.then(ask.problem(&Problem::new(&UNKNOWN_ORDER))));
    };
    if order.is_lost(&context.instance, context.now) {
        order.start = Start::Unknown;
        writes.put_order(&ask.no, &order);
        writes.wake.push(ask.no.clone());
    }
    let next = match &order.start {
        Start::Refused { .. } => ask.problem(&Problem::new(&UNKNOWN_ORDER)),
        Start::Unknown => ask.problem(&Problem::new(&START_OUTCOME_UNKNOWN)),
        Start::Inflight { .. } => ask.problem(&Problem::new(&ORDER_BEING_STARTED).retry_after(1)),
        Start::Done { .. } if order.verdict.is_some() && !ask.material => {
            ask.standing(settings, &order, None, None)
        }
        Start::Done { certify_id, .. } => {
            ask.certify_id.clone_from(certify_id);
            ask.scene_id.clone_from(&order.scene_id);
            return call(settings, Purpose::Ask(ask), writes, context);
        }
    };
    Ok(writes.then(next))
}

pub(super) fn settle(
    settings: &Settings,
    ask: Ask,
    ended: Ended,
    rows: &Rows,
    context: &Context,
) -> Result<Step, Stop> {
    let writes = Writes::default();
    let order = rows.get::<Order>(&order_key(&ask.no))?;
    // The answer counts for the CertifyId it was asked for alone.
    let order = order.filter(|order| {
        matches!(&order.start, Start::Done { certify_id, .. } if *certify_id == ask.certify_id)
    });
    let Some(order) = order else {
        return Ok(writes.then(ask.problem(&Problem::new(&UNKNOWN_ORDER))));
    };
    let next = match ended {
        Ended::Answered(Answer::Describe(result)) => {
            return told(settings, ask, order, &result, rows, context);
        }
        Ended::Answered(Answer::Init(_)) => return Err(Stop::Unreadable),
        // The verdict stands, whatever became of the question about the material.
        _ if order.verdict.is_some() => {
            ask.standing(settings, &order, None, Some("material-unavailable"))
        }
        Ended::Failed(error) => ask.problem(&Problem::upstream(&own_id_refused(error))),
        Ended::Crowded => ask.problem(&Problem::new(&UPSTREAM_THROTTLED).retry_after(2)),
    };
    Ok(writes.then(next))
}

/// That the vendor does not know a CertifyId which it gave is nothing a caller can mend.
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

fn told(
    settings: &Settings,
    mut ask: Ask,
    mut order: Order,
    result: &DescribeResult,
    rows: &Rows,
    context: &Context,
) -> Result<Step, Stop> {
    let mut writes = Writes::default();
    let now = context.now.unix_millis();
    let told = Outcome::of(result.status);
    if let Some(verdict) = &order.verdict {
        let next = if told == Some(verdict.outcome) {
            ask.standing(settings, &order, Some(result), None)
        } else {
            // Verdicts are written once. What the vendor says now is for the operator to see.
            ask.standing(settings, &order, None, Some("verdict-contradicted"))
        };
        return Ok(writes.then(next));
    }
    let over = match order.start {
        Start::Done { at, .. } => now >= over_at(at, settings.certify_id_valid_millis),
        _ => false,
    };
    let outcome = told.or_else(|| over.then_some(Outcome::Expired));
    if let Some(outcome) = outcome {
        order.verdict = Some(Verdict {
            outcome,
            sub_code: result.sub_code.clone(),
            at: now,
            request_id: result.request_id.clone(),
        });
        if let Start::Done { certify_url, .. } = &mut order.start {
            *certify_url = None;
        }
        let caller = settings.caller(&ask.caller);
        if caller.is_some_and(|caller| caller.webhook_url.is_some()) {
            order.report = Some(Report::default());
            writes.due(rows, context.now, now, &format!("report/{}", ask.no))?;
        }
        writes.put_order(&ask.no, &order);
        writes.wake.push(ask.no.clone());
        return Ok(writes.then(ask.standing(settings, &order, Some(result), None)));
    }
    debug_assert_eq!(order.standing(), Some(Standing::Pending));
    let left = ask.wait_until.unwrap_or(now).saturating_sub(now);
    if left > 0 {
        ask.looks = ask.looks.saturating_add(1);
        let pause = ask.looks.saturating_mul(1_000).min(LOOK_AGAIN_MAX_MILLIS);
        return Ok(writes.then(Next::Wait {
            millis: pause.min(left),
            on: Some(ask.no.clone()),
            then: Task::Ask(ask),
        }));
    }
    Ok(writes.then(ask.standing(settings, &order, Some(result), None)))
}
