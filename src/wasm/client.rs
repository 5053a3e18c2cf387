//! Exports of the client: attempts and outcomes of a call. Data crosses as `packed.rs` says.

use super::outcome::outcome_of;
use super::packed::{NO_OBJECT, SEPARATOR, json, members, named_value, named_values, pairs};
use crate::prelude::*;

use super::{millis, now};
use crate::actions::rules;
use crate::actions::{Action, ValidRequest};
use crate::call::{self, State, Step};
use crate::callback;
use crate::credentials::{Credentials, Secret};
use crate::error::{Error, FieldError};
use crate::http::Response;
use crate::options::{Options, RawCredentials};
use crate::order_number;
use crate::timestamp::Timestamp;
use wasm_bindgen::prelude::*;

/// Checks a client's options and, where they are known already, its credentials. Gives an error in
/// JSON, or nothing.
#[wasm_bindgen(js_name = checkOptions)]
pub fn check_options(options: &str, credentials: &str) -> String {
    let checked = Options::check(named_values(options)).and_then(|options| {
        if credentials == NO_OBJECT {
            return Ok(());
        }
        checked_credentials(&options, credentials).map(|_| ())
    });
    checked.map_or_else(|error| json(&error), |()| String::new())
}

/// The next attempt of a call, signed. `state` is empty before the first; `clockOffsetMillis` is
/// what the last call's state held, `nonce` 32 random hexadecimal digits. Gives members: `attempt`, timeout in milliseconds, state, URL,
/// whether there is a body (`1` or `0`), the body, then the headers' names and values; or `error`
/// and the error in JSON.
#[wasm_bindgen(js_name = prepareAttempt)]
pub fn prepare_attempt(
    options: &str,
    credentials: &str,
    action: &str,
    parameters: &str,
    state: &str,
    nonce: String,
    clock_offset_millis: f64,
    now_millis: f64,
) -> String {
    let now = now(now_millis);
    let prepared = checked(options, credentials).and_then(|(options, credentials)| {
        let request = valid(&options, action, parameters, now)?;
        let state =
            State::unpack(state).unwrap_or_else(|| State::new(now, millis(clock_offset_millis)));
        Ok(call::attempt(
            &options,
            &credentials,
            &request,
            state,
            now,
            nonce,
        ))
    });
    match prepared {
        Ok(attempt) => {
            let request = attempt.request;
            let body = request.body.as_deref();
            let mut packed = members(&[
                "attempt",
                &attempt.timeout_millis.to_string(),
                &attempt.state.pack(),
                &request.url,
                if body.is_some() { "1" } else { "0" },
                body.unwrap_or_default(),
            ]);
            for (name, value) in request.headers {
                for member in [&name, &value] {
                    packed.push(SEPARATOR);
                    packed.push_str(member);
                }
            }
            packed
        }
        Err(error) => members(&["error", &json(&error)]),
    }
}

/// What to do about an attempt's outcome: `done` and the answer in JSON, `failed` and the error in
/// JSON, or `retry`, milliseconds to wait, whether to fetch new credentials (`1` or `0`), the state
/// and the error in JSON. `jitter` is any number.
#[wasm_bindgen(js_name = settleAttempt)]
#[allow(clippy::too_many_arguments)]
pub fn settle_attempt(
    options: &str,
    credentials: &str,
    action: &str,
    parameters: &str,
    state: &str,
    outcome: &str,
    status: u16,
    headers: &str,
    body: Vec<u8>,
    credentials_refreshable: bool,
    now_millis: f64,
    jitter: u32,
) -> String {
    let now = now(now_millis);
    let outcome = outcome_of(
        outcome,
        Response {
            status,
            headers: pairs(headers),
            body,
        },
    );
    let settled = checked(options, credentials).and_then(|(options, credentials)| {
        let action = known_action(action)?;
        let state = State::unpack(state).ok_or_else(|| unusable("state"))?;
        Ok(call::settle(
            &options,
            &credentials,
            action,
            &|| valid(&options, action.name, parameters, now).ok(),
            state,
            outcome,
            credentials_refreshable,
            now,
            jitter,
        ))
    });
    match settled {
        Ok(Step::Done(answer)) => members(&["done", &json(&answer)]),
        Ok(Step::Failed(error)) | Err(error) => members(&["failed", &json(&error)]),
        Ok(Step::Retry {
            delay_millis,
            refresh_credentials,
            because,
            state,
        }) => members(&[
            "retry",
            &delay_millis.to_string(),
            if refresh_credentials { "1" } else { "0" },
            &state.pack(),
            &json(&because),
        ]),
    }
}

/// A new OuterOrderNo: `{"Ok":"…"}` or `{"Err":{…}}`. `random` is 32 random hexadecimal digits.
#[wasm_bindgen(js_name = newOuterOrderNo)]
pub fn new_outer_order_no(prefix: &str, random: &str, now_millis: f64) -> String {
    json(&order_number::new_outer_order_no(
        prefix,
        now(now_millis),
        random,
    ))
}

/// Milliseconds to wait before the next query of somebody who waits for a result.
#[wasm_bindgen(js_name = pollDelay)]
#[allow(clippy::cast_precision_loss)] // seconds
pub fn poll_delay(polls: u32, jitter: u32) -> f64 {
    call::poll_delay_millis(polls, jitter) as f64
}

/// Reads the vendor's callback: its claims in JSON, or `null`.
#[wasm_bindgen(js_name = parseCallback)]
pub fn parse_callback(query: &str, expected_token: String) -> String {
    json(&callback::parse_callback(
        query,
        &Secret::new(expected_token),
    ))
}

fn checked(options: &str, credentials: &str) -> Result<(Options, Credentials), Error> {
    let options = Options::check(named_values(options))?;
    let credentials = checked_credentials(&options, credentials)?;
    Ok((options, credentials))
}

fn checked_credentials(options: &Options, packed: &str) -> Result<Credentials, Error> {
    options.check_credentials(RawCredentials {
        access_key_id: named_value(packed, "accessKeyId"),
        access_key_secret: named_value(packed, "accessKeySecret"),
        security_token: named_value(packed, "securityToken"),
    })
}

fn known_action(name: &str) -> Result<&'static Action, Error> {
    Action::by_name(name).ok_or_else(|| unusable("action"))
}

fn valid(
    options: &Options,
    action: &str,
    parameters: &str,
    now: Timestamp,
) -> Result<ValidRequest, Error> {
    if parameters == NO_OBJECT {
        return Err(unusable("parameters"));
    }
    rules::validate(
        known_action(action)?,
        named_values(parameters),
        &options.validation(now),
    )
}

fn unusable(what: &'static str) -> Error {
    Error::validation(vec![FieldError::new(
        what,
        "type",
        crate::text::Text::new("类型不正确，应为对象。", "is of the wrong type."),
    )])
}
