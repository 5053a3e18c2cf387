//! Tracks endpoints of Alibaba Cloud that recently failed to respond. A start fails over only if it
//! was provably not sent, which some hosts cannot determine; therefore starts begin at an endpoint
//! that works.

use super::rows::{ENDPOINTS, Interrupt, Rows, Write, row};
use crate::client::call::{Loss, Outcome};
use crate::gateway::settings::Settings;
use crate::timestamp::Timestamp;
use crate::vendor::endpoint::Endpoint;
use serde::{Deserialize, Serialize};

/// How long starts avoid a failing endpoint.
const STARTS_AVOID_MILLIS: i64 = 10 * 60_000;
/// How long queries avoid a failing endpoint. Queries can fail over, so they test the endpoint on
/// behalf of the starts.
const READS_AVOID_MILLIS: i64 = 30_000;

/// The origins of failing endpoints, with the time of their last failure.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Failing(Vec<(String, i64)>);

impl Failing {
    fn load(rows: &Rows) -> Result<Self, Interrupt> {
        match rows.get(ENDPOINTS) {
            Ok(known) => Ok(known.unwrap_or_default()),
            // The next failure rewrites the row.
            Err(Interrupt::Unreadable(_)) => Ok(Self::default()),
            Err(missing) => Err(missing),
        }
    }

    fn is_avoided(&self, endpoint: &Endpoint, now: Timestamp, millis: i64) -> bool {
        let since = |at: &i64| now.unix_millis().saturating_sub(*at);
        // A failure in the future was recorded before the clock was set back.
        let origin = endpoint.origin();
        self.0
            .iter()
            .any(|(known, at)| *known == origin && (0..millis).contains(&since(at)))
    }
}

/// The origin of an endpoint.
pub(super) fn origin_of(settings: &Settings, endpoint: usize) -> Option<String> {
    settings
        .options
        .endpoints()
        .get(endpoint)
        .map(Endpoint::origin)
}

/// Whether the settings have an endpoint with this origin.
pub(super) fn is_configured(settings: &Settings, origin: &str) -> bool {
    let mut endpoints = settings.options.endpoints().iter();
    endpoints.any(|each| each.origin() == origin)
}

/// The endpoint at which a call begins: the one with the preferred origin or else the first of the list, unless it
/// is avoided.
pub(super) fn first(
    settings: &Settings,
    rows: &Rows,
    starts: bool,
    preferred: Option<&str>,
    now: Timestamp,
) -> Result<usize, Interrupt> {
    let endpoints = settings.options.endpoints();
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
    let is_preferred = |endpoint: &Endpoint| Some(endpoint.origin().as_str()) == preferred;
    Ok(endpoints
        .iter()
        .position(|endpoint| is_preferred(endpoint) && works(endpoint))
        .or_else(|| endpoints.iter().position(works))
        .or_else(|| endpoints.iter().position(is_preferred))
        .unwrap_or(0))
}

/// What to write after an attempt at an endpoint, if anything.
pub(super) fn observe(
    settings: &Settings,
    rows: &Rows,
    endpoint: usize,
    outcome: &Outcome,
    now: Timestamp,
) -> Result<Option<Write>, Interrupt> {
    let endpoints = settings.options.endpoints();
    let Some(endpoint) = endpoints.get(endpoint).filter(|_| endpoints.len() > 1) else {
        return Ok(None);
    };
    let before = Failing::load(rows)?;
    let failed = match outcome {
        Outcome::Lost(Loss::NotConnected | Loss::ConnectionFailed { .. } | Loss::TimedOut) => true,
        Outcome::Answered(_) => false,
        Outcome::Lost(_) => return Ok(None),
    };
    let origin = endpoint.origin();
    let mut after = before.clone();
    // Forgets endpoints that are no longer configured.
    after.0.retain(|(known, _)| {
        *known != origin && endpoints.iter().any(|other| other.origin() == *known)
    });
    if failed {
        after.0.push((origin, now.unix_millis()));
    }
    Ok(if after == before {
        None
    } else if after.0.is_empty() {
        Some((ENDPOINTS.to_owned(), None))
    } else {
        Some(row(ENDPOINTS.to_owned(), &after))
    })
}
