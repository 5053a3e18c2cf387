//! Exports of the gateway: routing, the ledger's steps, the rate limit. Data is JSON text, except
//! for the bytes of bodies. Malformed inputs throw.

use super::{now, random_bytes};
use crate::client::call::Outcome;
use crate::client::thrown::Thrown;
use crate::gateway::arrival::Arrival;
use crate::gateway::derived;
use crate::gateway::handlers::failure::{HostFailure, failure};
use crate::gateway::handlers::photo::photo;
use crate::gateway::ledger::commit::{Context, SendOutcome};
use crate::gateway::ledger::rows::Rows;
use crate::gateway::ledger::task::{CompareAlarm, Task};
use crate::gateway::ledger::webhook::pending_deliveries;
use crate::gateway::pace;
use crate::gateway::rendered_step;
use crate::gateway::router;
use crate::gateway::settings::{CheckedSettings, Settings, Variables};
use crate::http::{Headers, IncomingRequest, Response};
use crate::json::de::from_json;
use crate::json::write::to_json;
use crate::vendor::credentials::Secret;
use serde::Deserialize;
use std::cell::Cell;
use wasm_bindgen::prelude::*;
use zeroize::Zeroizing;

/// A request without its body. Flattening [`IncomingRequest`] adds three kilobytes (gzip) to the module.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HostRequest {
    method: String,
    path: String,
    query: String,
    headers: Headers,
    host: String,
    fresh_id: String,
}

fn arrival(request: &str, body: Option<Vec<u8>>) -> Result<Arrival, JsError> {
    let request: HostRequest = from_json(request)?;
    Ok(Arrival {
        body_read: body.is_some(),
        host: request.host,
        fresh_id: request.fresh_id,
        request: IncomingRequest {
            method: request.method,
            path: request.path,
            query: request.query,
            headers: request.headers,
            body: body.unwrap_or_default(),
        },
    })
}

/// Routes a request. In: the host's variables as pairs of name and text; the request (`method`, `path`,
/// `query`, `headers`, `host`, `freshId`); its body, undefined until it has been read. Out: a
/// [`crate::gateway::arrival::Routed`].
#[wasm_bindgen(js_name = gatewayRoute)]
pub fn gateway_route(
    settings: &str,
    request: &str,
    body: Option<Vec<u8>>,
    now_millis: f64,
) -> Result<String, JsError> {
    let arrival = arrival(request, body)?;
    with_settings(settings, |checked| {
        Ok(to_json(&router::route(checked, &arrival, now(now_millis))))
    })
}

/// What a step receives from the host.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StepInput {
    send_outcome: Option<HostOutcome>,
    rows: Rows,
    instance: String,
    others: Vec<String>,
    stopping: bool,
}

/// The outcome of a send. `kind` is that of an outcome, `crowded` if nothing was sent, or `disconnected` if the
/// client disconnected.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HostOutcome {
    kind: String,
    /// The task whose request was sent, if it was shared.
    sent_for: Option<String>,
    #[serde(default)]
    status: u16,
    #[serde(default)]
    headers: Headers,
}

/// Performs the next step of a ledger's task. In: the variables; the task, as the module returned it;
/// `send_outcome` (`kind`, `status`, `headers`, `sentFor`); `rows`; the names of this `instance` and of the
/// live `others`; whether the host is `stopping`; the body of the response; 32 random bytes. Out: a [`crate::gateway::ledger::commit::LedgerStep`].
#[wasm_bindgen(js_name = gatewayStep)]
pub fn gateway_step(
    settings: &str,
    task: &str,
    known: &str,
    body: Option<Vec<u8>>,
    random: &[u8],
    now_millis: f64,
) -> Result<String, JsError> {
    let task: Task = from_json(task)?;
    let known: StepInput = from_json(known)?;
    let send_outcome = match known.send_outcome {
        Some(send_outcome) => Some(read_send_outcome(send_outcome, body)?),
        None => None,
    };
    let context = Context {
        now: now(now_millis),
        random: random_bytes(random)?,
        instance: known.instance,
        others: known.others,
        stopping: known.stopping,
    };
    with_settings(settings, |checked| {
        let step = rendered_step::step(valid(checked)?, task, send_outcome, &known.rows, &context);
        Ok(to_json(&step))
    })
}

fn read_send_outcome(
    send_outcome: HostOutcome,
    body: Option<Vec<u8>>,
) -> Result<SendOutcome, JsError> {
    let response = Response {
        status: send_outcome.status,
        headers: send_outcome.headers,
        body: body.unwrap_or_default(),
    };
    Ok(match (send_outcome.kind.as_str(), send_outcome.sent_for) {
        ("crowded", _) => SendOutcome::Crowded,
        ("disconnected", _) => SendOutcome::Disconnected,
        (kind, None) => SendOutcome::Outcome(Outcome::read(kind, Thrown::default(), response)),
        (kind, Some(task)) => match from_json(&task)? {
            Task::Settle(sent) => SendOutcome::Shared {
                outcome: Outcome::read(kind, Thrown::default(), response),
                state: sent.state,
            },
            _ => return Err(JsError::new("sentFor is not a task that settles a call")),
        },
    })
}

/// The task that compares the platform's alarm with the due rows.
#[wasm_bindgen(js_name = gatewayCompareAlarm)]
#[allow(clippy::cast_possible_truncation)] // milliseconds of every plausible clock fit
pub fn gateway_compare_alarm(set_millis: Option<f64>) -> String {
    let set = set_millis.map(|set| set as i64);
    to_json(&Task::CompareAlarm(CompareAlarm { set }))
}

/// The first task of a ledger's alarm.
#[wasm_bindgen(js_name = gatewayAlarm)]
pub fn gateway_alarm() -> String {
    to_json(&Task::Alarm(Default::default()))
}

/// Which rows are pending webhook deliveries, a [`PendingDeliveries`](crate::gateway::ledger::webhook::PendingDeliveries).
#[wasm_bindgen(js_name = gatewayPendingDeliveries)]
pub fn gateway_pending_deliveries(now_millis: f64) -> String {
    to_json(&pending_deliveries(now(now_millis)))
}

/// The response if the host failed: `internal`, `no-page`, `rate-limited`, `slow-body`, `unavailable`.
#[wasm_bindgen(js_name = gatewayFailure)]
pub fn gateway_failure(
    what: &str,
    request: &str,
    body: Option<Vec<u8>>,
    request_id: &str,
) -> Result<String, JsError> {
    let arrival = arrival(request, body)?;
    let what = HostFailure::read(what);
    Ok(to_json(&failure(what, &arrival.request, request_id)))
}

/// The response with a photo, or a problem if Alibaba Cloud's response is not a photo.
#[wasm_bindgen(js_name = gatewayPhoto)]
pub fn gateway_photo(
    status: u16,
    content_type: &str,
    request: &str,
    body: Option<Vec<u8>>,
    request_id: &str,
) -> Result<String, JsError> {
    let arrival = arrival(request, body)?;
    Ok(to_json(&photo(
        status,
        content_type,
        &arrival.request,
        request_id,
    )))
}

/// A turn to call Alibaba Cloud, a [`pace::Turn`], or `null` if too many calls are waiting. `yields` and `of_caller`
/// describe the call, a [`pace::Waiting`].
#[wasm_bindgen(js_name = gatewayTurn)]
#[allow(clippy::cast_possible_truncation)] // microseconds of every plausible clock fit
pub fn gateway_turn(
    settings: &str,
    free_at: f64,
    yields: bool,
    of_caller: u32,
    now_millis: f64,
) -> Result<String, JsError> {
    let call = pace::Waiting {
        yields,
        of_caller: i64::from(of_caller),
    };
    with_settings(settings, |checked| {
        let limit = valid(checked)?.calls_per_second;
        let turn = pace::turn(free_at as i64, limit, call, now(now_millis));
        Ok(to_json(&turn))
    })
}

/// The AccessKeySecret of a key pair that the gateway with this secret issued.
#[wasm_bindgen(js_name = gatewayKeySecret)]
pub fn gateway_key_secret(gateway_secret: &str, access_key_id: &str) -> String {
    let secret = Secret::new(gateway_secret);
    derived::derived_key_secret(&secret, access_key_id)
        .expose()
        .to_owned()
}

/// One of the secrets of a caller's webhook deliveries, derived from the gateway's secret.
#[wasm_bindgen(js_name = gatewayWebhookSecret)]
pub fn gateway_webhook_secret(gateway_secret: &str, caller: &str, number: u32) -> String {
    let secret = Secret::new(gateway_secret);
    derived::webhook_secret(&secret, caller, number)
        .expose()
        .to_owned()
}

thread_local! {
    /// The settings of the last call with their text. Checking them takes 20 µs, with 25 callers 90,
    /// and a start has seven calls.
    static LAST: Cell<Option<(Secret, CheckedSettings)>> = const { Cell::new(None) };
}

/// Passes the checked settings on. They are checked again only if their text has changed, or if the
/// last call trapped.
fn with_settings(
    text: &str,
    call: impl FnOnce(&CheckedSettings) -> Result<String, JsError>,
) -> Result<String, JsError> {
    let last = LAST.take().filter(|(known, _)| known.expose() == text);
    let (known, checked) = match last {
        Some(last) => last,
        None => {
            let variables: Zeroizing<Variables> = Zeroizing::new(from_json(text)?);
            (Secret::new(text), CheckedSettings::read(&variables))
        }
    };
    let result = call(&checked);
    LAST.set(Some((known, checked)));
    result
}

fn valid(checked: &CheckedSettings) -> Result<&Settings, JsError> {
    checked
        .settings
        .as_ref()
        .map_err(|_| JsError::new("the gateway's settings are missing or invalid"))
}
