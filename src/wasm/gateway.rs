//! Exports of the gateway: routing, the ledger's steps, turns to call the vendor.

use super::outcome::HostOutcome;
use super::{from_js, now, random, to_js};
use crate::credentials::Secret;
use crate::gateway::callers;
use crate::gateway::ledger::rows::Rows;
use crate::gateway::ledger::{Context, Happened, Task, step};
use crate::gateway::pace;
use crate::gateway::route::{self, Arrival, HostFailure};
use crate::gateway::settings::{Settings, Variables};
use crate::http::{Headers, IncomingRequest};
use crate::prelude::*;
use serde::Deserialize;
use wasm_bindgen::prelude::*;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HostRequest {
    method: String,
    path: String,
    query: String,
    headers: Headers,
    #[serde(default, with = "serde_bytes")]
    body: Option<Vec<u8>>,
    host: String,
    fresh_id: String,
}

impl From<HostRequest> for Arrival {
    fn from(request: HostRequest) -> Self {
        Self {
            body_read: request.body.is_some(),
            host: request.host,
            fresh_id: request.fresh_id,
            request: IncomingRequest {
                method: request.method,
                path: request.path,
                query: request.query,
                headers: request.headers,
                body: request.body.unwrap_or_default(),
            },
        }
    }
}

/// Routes a request. `settings` is the JSON text of the Worker's variables; a request whose body has
/// not been read has none.
#[wasm_bindgen(js_name = gatewayRoute)]
pub fn gateway_route(
    settings: &str,
    request: JsValue,
    now_millis: f64,
) -> Result<JsValue, JsValue> {
    let variables = variables(settings)?;
    let arrival = from_js::<HostRequest>(request)?.into();
    to_js(&route::route(&variables, &arrival, now(now_millis)))
}

/// The next step of a task of a ledger's. `happened` is undefined, what became of a request that was
/// sent, or `{ kind: "crowded" }`.
#[wasm_bindgen(js_name = gatewayStep)]
pub fn gateway_step(
    settings: &str,
    task: &str,
    happened: JsValue,
    rows: JsValue,
    instance: String,
    now_millis: f64,
) -> Result<JsValue, JsValue> {
    #[derive(Deserialize)]
    struct Kind {
        kind: String,
    }
    let settings = Settings::read(&variables(settings)?)
        .map_err(|_| js_sys::Error::new("the gateway's settings are missing or wrong"))?;
    let task: Task = serde_json::from_str(task).map_err(unreadable)?;
    let kind: Option<Kind> = from_js(happened.clone())?;
    let happened = match kind {
        None => None,
        Some(Kind { kind }) if kind == "crowded" => Some(Happened::Crowded),
        Some(_) => Some(Happened::Outcome(from_js::<HostOutcome>(happened)?.into())),
    };
    let rows: Rows = from_js(rows)?;
    let context = Context {
        now: now(now_millis),
        random: random()?,
        instance,
    };
    to_js(&step(&settings, task, happened, &rows, &context))
}

/// The task that a ledger's alarm begins with.
#[wasm_bindgen(js_name = gatewayAlarm)]
pub fn gateway_alarm() -> Result<String, JsValue> {
    serde_json::to_string(&Task::Alarm(Default::default())).map_err(unreadable)
}

/// The answer where the host could not go on: `internal`, `no-page`, `rate-limited`, `slow-body`.
#[wasm_bindgen(js_name = gatewayFailure)]
pub fn gateway_failure(
    what: JsValue,
    request: JsValue,
    request_id: &str,
) -> Result<JsValue, JsValue> {
    let what: HostFailure = from_js(what)?;
    let arrival: Arrival = from_js::<HostRequest>(request)?.into();
    to_js(&route::failure(what, &arrival.request, request_id))
}

/// The answer that a photo's bytes go into, or what is wrong with what its address answered.
#[wasm_bindgen(js_name = gatewayPhoto)]
pub fn gateway_photo(
    status: u16,
    content_type: &str,
    request: JsValue,
    request_id: &str,
) -> Result<JsValue, JsValue> {
    let arrival: Arrival = from_js::<HostRequest>(request)?.into();
    to_js(&route::photo(
        status,
        content_type,
        &arrival.request,
        request_id,
    ))
}

/// A turn to call the vendor, or null when too many wait.
#[wasm_bindgen(js_name = gatewayTurn)]
#[allow(clippy::cast_possible_truncation)] // microseconds of every plausible clock fit
pub fn gateway_turn(settings: &str, free_at: f64, now_millis: f64) -> Result<JsValue, JsValue> {
    let settings = Settings::read(&variables(settings)?)
        .map_err(|_| js_sys::Error::new("the gateway's settings are missing or wrong"))?;
    to_js(&pace::turn(
        free_at as i64,
        settings.calls_per_second,
        now(now_millis),
    ))
}

/// The AccessKeySecret of a key pair that the gateway with this secret issued.
#[wasm_bindgen(js_name = gatewayKeySecret)]
pub fn gateway_key_secret(gateway_secret: &str, access_key_id: &str) -> String {
    let secret = Secret::new(gateway_secret);
    callers::derived_key_secret(&secret, access_key_id)
        .expose()
        .to_owned()
}

/// The secret that signs what the gateway with this secret reports to a caller.
#[wasm_bindgen(js_name = gatewayWebhookSecret)]
pub fn gateway_webhook_secret(gateway_secret: &str, caller: &str) -> String {
    let secret = Secret::new(gateway_secret);
    callers::webhook_secret(&secret, caller).expose().to_owned()
}

fn variables(settings: &str) -> Result<Variables, JsValue> {
    serde_json::from_str(settings).map_err(unreadable)
}

/// Where in the text it became unreadable; the text itself may hold secrets.
#[allow(clippy::needless_pass_by_value)] // as map_err hands it over
fn unreadable(error: serde_json::Error) -> JsValue {
    let (line, column) = (error.line(), error.column());
    js_sys::TypeError::new(&alloc::format!(
        "unreadable JSON at line {line}, column {column}"
    ))
    .into()
}
