//! Which of Alibaba Cloud's endpoints gave no response lately. A start is never repeated at another
//! endpoint unless it provably was not sent, and some hosts cannot tell: so it begins at one that works.

use super::rows::{ENDPOINTS, Interrupt, Rows, Write, row};
use crate::client::call::{Loss, Outcome};
use crate::gateway::settings::Settings;
use crate::timestamp::Timestamp;
use crate::vendor::endpoint::Endpoint;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How long starts avoid an endpoint after its last failure.
const STARTS_AVOID_MILLIS: i64 = 10 * 60_000;
/// How long reads avoid it. They go on at the next one where it fails again, and so try it for the
/// starts.
const READS_AVOID_MILLIS: i64 = 30_000;

/// Origins, with the time of their last failure.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Failing(BTreeMap<String, i64>);

impl Failing {
    fn load(rows: &Rows) -> Result<Self, Interrupt> {
        match rows.get(ENDPOINTS) {
            Ok(known) => Ok(known.unwrap_or_default()),
            // It is written again at the next failure.
            Err(Interrupt::Unreadable(_)) => Ok(Self::default()),
            Err(missing) => Err(missing),
        }
    }

    fn is_avoided(&self, endpoint: &Endpoint, now: Timestamp, millis: i64) -> bool {
        let since = |at: &i64| now.unix_millis().saturating_sub(*at);
        // A clock that was set back avoids nothing.
        self.0
            .get(&endpoint.origin())
            .is_some_and(|at| (0..millis).contains(&since(at)))
    }
}

/// The endpoint that a call begins at: the first that is not avoided, or the first of all.
pub(super) fn first(
    settings: &Settings,
    rows: &Rows,
    starts: bool,
    now: Timestamp,
) -> Result<usize, Interrupt> {
    let endpoints = &settings.options.endpoints;
    if endpoints.len() < 2 {
        return Ok(0);
    }
    let failing = Failing::load(rows)?;
    let millis = if starts {
        STARTS_AVOID_MILLIS
    } else {
        READS_AVOID_MILLIS
    };
    let works = |endpoint: &Endpoint| !failing.is_avoided(endpoint, now, millis);
    Ok(endpoints.iter().position(works).unwrap_or(0))
}

/// What is to be written of an endpoint after an attempt there, if anything.
pub(super) fn observe(
    settings: &Settings,
    rows: &Rows,
    endpoint: usize,
    outcome: &Outcome,
    now: Timestamp,
) -> Result<Option<Write>, Interrupt> {
    let endpoints = &settings.options.endpoints;
    let Some(endpoint) = endpoints.get(endpoint).filter(|_| endpoints.len() > 1) else {
        return Ok(None);
    };
    let before = Failing::load(rows)?;
    let mut after = before.clone();
    match outcome {
        Outcome::Lost(Loss::ConnectionFailed { .. } | Loss::TimedOut) => {
            after.0.insert(endpoint.origin(), now.unix_millis());
        }
        Outcome::Answered(_) => {
            after.0.remove(&endpoint.origin());
        }
        Outcome::Lost(_) => {}
    }
    after
        .0
        .retain(|origin, _| endpoints.iter().any(|known| known.origin() == *origin));
    Ok(if after == before {
        None
    } else if after.0.is_empty() {
        Some((ENDPOINTS.to_owned(), None))
    } else {
        Some(row(ENDPOINTS.to_owned(), &after))
    })
}
