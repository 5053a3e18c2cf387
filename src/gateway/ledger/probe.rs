//! Whether Alibaba Cloud accepts the gateway's key and scene: the answer to DescribeFaceVerify with a
//! CertifyId that nobody has.
//!
//! The result is kept for some seconds, and requests that come while it is found share one call, so
//! that many requests do not take calls away from verifications.

use super::answer::{Answered, TaskResult};
use super::commit::{Context, LedgerStep, Writes};
use super::finding::Finding;
use super::rows::{Interrupt, PROBE, Rows};
use super::task::{Probe, Purpose};
use super::upstream::{self, Ended};
use crate::client::response::DescribeResult;
use crate::gateway::problem::{Problem, ProblemKind};
use crate::gateway::settings::Settings;

/// How long a result is kept.
const KEPT_MILLIS: i64 = 10_000;

/// The result of a call that has ended; `None` if it was not sent.
fn finding(ended: Ended<DescribeResult>, now: i64) -> Option<Finding> {
    match ended {
        Ended::Crowded => None,
        Ended::Answered(answer) => Some(Finding::works(now, answer.request_id.as_deref())),
        Ended::Failed(error) => Some(Finding::of(&error, now)),
    }
}

pub(super) fn begin(
    settings: &Settings,
    probe: Probe,
    rows: &Rows,
    context: &Context,
) -> Result<LedgerStep, Interrupt> {
    let known = match rows.get::<Finding>(PROBE) {
        // Another version of the gateway may have written it.
        Err(Interrupt::Unreadable(_)) => None,
        known => known?,
    };
    let age = |finding: &Finding| context.now.unix_millis().saturating_sub(finding.at);
    let writes = Writes::default();
    if let Some(finding) = known.filter(|finding| (0..KEPT_MILLIS).contains(&age(finding))) {
        return Ok(writes
            .then(Answered::to(&probe.reply_to, TaskResult::Finding(Box::new(finding))).into()));
    }
    let probe = Probe {
        certify_id: hex::encode(context.random.get(16..).unwrap_or_default()),
        ..probe
    };
    upstream::begin(settings, Purpose::Probe(probe), writes, rows, context)
}

pub(super) fn settle(probe: &Probe, ended: Ended<DescribeResult>, context: &Context) -> LedgerStep {
    let mut writes = Writes::default();
    let answered = match finding(ended, context.now.unix_millis()) {
        Some(finding) => {
            writes.put(PROBE.to_owned(), &finding);
            Answered::to(&probe.reply_to, TaskResult::Finding(Box::new(finding)))
        }
        None => Answered::to(
            &probe.reply_to,
            Problem::new(ProblemKind::UpstreamThrottled).retry_after(2),
        ),
    };
    writes.then(answered.into())
}
