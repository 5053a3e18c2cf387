//! Exports of the client: attempts and outcomes of a call, checks, tables.

use super::{from_js, from_millis, millis, now, random, to_js};
use crate::actions::rules::{self, ValidationOptions};
use crate::actions::{Action, ValidRequest, Value};
use crate::call::{self, Loss, Outcome, State, Step};
use crate::callback;
use crate::codes;
use crate::credentials::{Credentials, Secret};
use crate::error::{Error, FieldError};
use crate::http::{Headers, Response};
use crate::options::{Options, RawCredentials};
use crate::order_number;
use crate::response::Answer;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

type Parameters = Vec<(String, Value)>;

/// Checks a client's options and, where they are known already, its credentials. Gives nothing, or
/// an error as plain data.
#[wasm_bindgen(js_name = checkOptions)]
pub fn check_options(options: JsValue, credentials: JsValue) -> Result<JsValue, JsValue> {
    let checked = if credentials.is_undefined() {
        checked_options(options).map(|_| ())
    } else {
        checked(options, credentials).map(|_| ())
    };
    to_js(&checked.err())
}

/// The next attempt of a call: `{ attempt }` to send, or `{ error }`. `state` is undefined before
/// the first; `clockOffsetMillis` is what the last call's state held.
#[wasm_bindgen(js_name = prepareAttempt)]
pub fn prepare_attempt(
    options: JsValue,
    credentials: JsValue,
    action: &str,
    parameters: JsValue,
    state: JsValue,
    clock_offset_millis: f64,
    now_millis: f64,
) -> Result<JsValue, JsValue> {
    #[derive(Serialize)]
    #[serde(rename_all = "lowercase")]
    enum Prepared {
        Attempt(Box<call::Attempt>),
        Error(Error),
    }
    let now = now(now_millis);
    let state: Option<State> = from_js(state)?;
    let nonce = crate::signing::encode::hex(&random::<16>()?);
    let prepared = checked(options, credentials).and_then(|(options, credentials)| {
        let request = valid(&options, action, named_values(parameters)?, now)?;
        let state = state.unwrap_or_else(|| State::new(now, millis(clock_offset_millis)));
        Ok(call::attempt(
            &options,
            &credentials,
            &request,
            state,
            now,
            nonce,
        ))
    });
    to_js(&match prepared {
        Ok(attempt) => Prepared::Attempt(Box::new(attempt)),
        Err(error) => Prepared::Error(error),
    })
}

/// What to do about an attempt's outcome: `{ done }`, `{ failed }` or `{ retry }`.
#[wasm_bindgen(js_name = settleAttempt)]
#[allow(clippy::too_many_arguments)]
pub fn settle_attempt(
    options: JsValue,
    credentials: JsValue,
    action: &str,
    parameters: JsValue,
    state: JsValue,
    outcome: JsValue,
    credentials_refreshable: bool,
    now_millis: f64,
) -> Result<JsValue, JsValue> {
    #[derive(Serialize)]
    #[serde(rename_all = "lowercase", rename_all_fields = "camelCase")]
    enum Settled {
        Done(Answer),
        Failed(Error),
        Retry {
            delay_millis: i64,
            refresh_credentials: bool,
            because: Error,
            state: State,
        },
    }
    let now = now(now_millis);
    let state: State = from_js(state)?;
    let outcome: HostOutcome = from_js(outcome)?;
    let jitter = u32::from_le_bytes(random::<4>()?);
    let settled = (|| {
        let (options, credentials) = checked(options, credentials)?;
        let action = known_action(action)?;
        let request = || {
            let parameters = named_values(parameters.clone()).ok()?;
            valid(&options, action.name, parameters, now).ok()
        };
        Ok(call::settle(
            &options,
            &credentials,
            action,
            &request,
            state,
            outcome.into(),
            credentials_refreshable,
            now,
            jitter,
        ))
    })();
    to_js(&match settled {
        Ok(Step::Done(answer)) => Settled::Done(answer),
        Ok(Step::Failed(error)) | Err(error) => Settled::Failed(error),
        Ok(Step::Retry {
            delay_millis,
            refresh_credentials,
            because,
            state,
        }) => Settled::Retry {
            delay_millis,
            refresh_credentials,
            because,
            state,
        },
    })
}

/// Checks the parameters of an action without sending anything: `{ error, notices }`.
#[wasm_bindgen(js_name = checkParameters)]
pub fn check_parameters(
    options: JsValue,
    action: &str,
    parameters: JsValue,
    now_millis: f64,
) -> Result<JsValue, JsValue> {
    #[derive(Serialize)]
    struct Checked {
        error: Option<Error>,
        notices: Vec<FieldError>,
    }
    let now = now(now_millis);
    let checked = checked_options(options)
        .and_then(|options| valid(&options, action, named_values(parameters)?, now));
    to_js(&match checked {
        Ok(request) => Checked {
            error: None,
            notices: request.notices().to_vec(),
        },
        Err(error) => Checked {
            error: Some(error),
            notices: Vec::new(),
        },
    })
}

/// A new OuterOrderNo: `{ Ok: "…" }` or `{ Err: … }`.
#[wasm_bindgen(js_name = newOuterOrderNo)]
pub fn new_outer_order_no(prefix: &str, now_millis: f64) -> Result<JsValue, JsValue> {
    to_js(&order_number::new_outer_order_no(
        prefix,
        now(now_millis),
        &random()?,
    ))
}

/// Milliseconds to wait before the next query of somebody who waits for a result.
#[wasm_bindgen(js_name = pollDelay)]
pub fn poll_delay(polls: u32) -> Result<f64, JsValue> {
    let random = u32::from_le_bytes(random::<4>()?);
    Ok(from_millis(call::poll_delay_millis(polls, random)))
}

/// Reads the vendor's callback: its claims, or null.
#[wasm_bindgen(js_name = parseCallback)]
pub fn parse_callback(query: &str, expected_token: String) -> Result<JsValue, JsValue> {
    to_js(&callback::parse_callback(
        query,
        &Secret::new(expected_token),
    ))
}

/// The code tables: `{ codes, subCodes, gatewayCodes }`.
#[wasm_bindgen(js_name = codeTables)]
pub fn code_tables() -> Result<JsValue, JsValue> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Tables {
        codes: &'static [codes::Code],
        sub_codes: &'static [codes::SubCode],
        gateway_codes: &'static [codes::GatewayCode],
    }
    to_js(&Tables {
        codes: codes::CODES,
        sub_codes: codes::SUB_CODES,
        gateway_codes: codes::GATEWAY_CODES,
    })
}

/// An outcome as the host describes it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HostOutcome {
    kind: HostOutcomeKind,
    #[serde(default)]
    status: u16,
    #[serde(default)]
    headers: Headers,
    #[serde(default, with = "serde_bytes")]
    body: Vec<u8>,
    #[serde(default)]
    code: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum HostOutcomeKind {
    Answered,
    ConnectionFailed,
    TimedOut,
    TooLarge,
    Aborted,
}

impl From<HostOutcome> for Outcome {
    fn from(outcome: HostOutcome) -> Self {
        match outcome.kind {
            HostOutcomeKind::Answered => Self::Answered(Response {
                status: outcome.status,
                headers: outcome.headers,
                body: outcome.body,
            }),
            HostOutcomeKind::ConnectionFailed => {
                Self::Lost(Loss::ConnectionFailed { code: outcome.code })
            }
            HostOutcomeKind::TimedOut => Self::Lost(Loss::TimedOut),
            HostOutcomeKind::TooLarge => Self::Lost(Loss::TooLarge),
            HostOutcomeKind::Aborted => Self::Lost(Loss::Aborted),
        }
    }
}

fn checked_options(options: JsValue) -> Result<Options, Error> {
    Options::check(named_values(options).map_err(|_| unusable("options"))?)
}

fn checked(options: JsValue, credentials: JsValue) -> Result<(Options, Credentials), Error> {
    let options = checked_options(options)?;
    let credentials =
        from_js::<RawCredentials>(credentials).map_err(|_| unusable("credentials"))?;
    let credentials = options.check_credentials(credentials)?;
    Ok((options, credentials))
}

/// The members of an object, each by itself, so that one that no parameter takes (a symbol, a
/// bigint beyond 64 bits) is reported by its name.
fn named_values(parameters: JsValue) -> Result<Parameters, Error> {
    let object = parameters
        .dyn_ref::<js_sys::Object>()
        .filter(|object| !js_sys::Array::is_array(object) && !object.is_function())
        .ok_or_else(|| unusable("parameters"))?;
    let entries = js_sys::Object::entries(object);
    Ok(entries
        .iter()
        .filter_map(|entry| {
            let entry = js_sys::Array::from(&entry);
            let value = entry.get(1);
            let inexact = value.is_bigint();
            let value = from_js(value).unwrap_or(if inexact {
                Value::Inexact
            } else {
                Value::Unusable
            });
            Some((entry.get(0).as_string()?, value))
        })
        .collect())
}

fn known_action(name: &str) -> Result<&'static Action, Error> {
    Action::by_name(name).ok_or_else(|| unusable("action"))
}

fn valid(
    options: &Options,
    action: &str,
    parameters: Parameters,
    now: crate::timestamp::Timestamp,
) -> Result<ValidRequest, Error> {
    let rules: ValidationOptions = options.validation(now);
    rules::validate(known_action(action)?, parameters, &rules)
}

fn unusable(what: &'static str) -> Error {
    Error::validation(vec![FieldError::new(
        what,
        "type",
        crate::text::Text::new("类型不正确，应为对象。", "is of the wrong type."),
    )])
}
