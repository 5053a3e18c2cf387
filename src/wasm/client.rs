//! Exports of the client: attempts and outcomes of a call. `packed.rs` describes the data format.

use super::now;
use super::packed::{Members, json, members};
use crate::actions::{self, Action, ValidRequest, Value};
use crate::client::call::{
    self, AttemptStep, KeyRefusal, Loss, NextQuery, Outcome, Settling, State,
};
use crate::client::options::{Options, RawCredentials};
use crate::client::orders::{self, Known, OrderFailure};
use crate::client::response;
use crate::client::thrown::Thrown;
use crate::error::{Error, FieldError};
use crate::http::Response;
use crate::timestamp::Timestamp;
use crate::vendor::callback;
use crate::vendor::credentials::{Credentials, Secret};
use crate::vendor::order_number;
use std::cell::Cell;
use wasm_bindgen::prelude::*;

/// What the attempts of a call have in common: options and credentials, both checked, whether a
/// function of the program supplies the credentials, action and parameters.
struct Call<'o, 'p> {
    options: &'o Options,
    credentials: Credentials,
    credentials_refreshable: bool,
    action: &'static Action,
    parameters: Option<Vec<(&'p str, Value<'p>)>>,
}

thread_local! {
    /// The options of the last call, and the bytes that they were read from. Checking them takes a
    /// twelfth of the time of a signed request.
    static LAST: Cell<Option<(Vec<u8>, Options)>> = const { Cell::new(None) };
}

/// Reads a call and passes it on: its options, its time limit in milliseconds, whether a function of
/// the program supplies the credentials (`1` or `0`), credentials, action and parameters. Options
/// that equal those of the last call are not checked again.
fn with_call<T>(
    packed: &mut Members<'_>,
    act: impl FnOnce(Call<'_, '_>, &mut Members<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let last = LAST.take().filter(|(bytes, _)| packed.skip(bytes));
    let (bytes, mut options) = match last {
        Some(last) => last,
        None => {
            let (named, bytes) = packed.with_bytes(Members::object);
            (bytes.to_vec(), Options::check(named.unwrap_or_default())?)
        }
    };
    let total_timeout_millis = options.total_timeout_millis;
    options.total_timeout_millis = total_timeout_millis.min(packed.integer());
    let done = Call::read(&options, packed).and_then(|call| act(call, packed));
    options.total_timeout_millis = total_timeout_millis;
    LAST.set(Some((bytes, options)));
    done
}

impl<'o, 'p> Call<'o, 'p> {
    fn read(options: &'o Options, members: &mut Members<'p>) -> Result<Self, Error> {
        let credentials_refreshable = members.flag();
        let raw = RawCredentials::read(members.object().unwrap_or_default());
        let credentials = options.credentials_of_call(raw, credentials_refreshable)?;
        Ok(Self {
            options,
            credentials,
            credentials_refreshable,
            action: actions::by_name(members.text()).ok_or_else(|| unusable("action"))?,
            parameters: members.object(),
        })
    }

    fn request(&mut self, now: Timestamp) -> Result<ValidRequest<'p>, Error> {
        let parameters = self.parameters.take();
        actions::validate(
            self.action,
            parameters.ok_or_else(|| unusable("parameters"))?,
            &self.options.validation(now),
        )
    }
}

/// Checks a client's options and, if they are already known, its credentials. In: the options,
/// whether a function of the program supplies the credentials (`1` or `0`), and, if not, the credentials.
/// Out: `options` and the call's time limit in milliseconds, or `error` and the error in JSON.
#[wasm_bindgen(js_name = checkOptions)]
pub fn check_options(packed: &[u8]) -> String {
    let mut packed = Members::read(packed);
    let named = packed.object().unwrap_or_default();
    let _refreshable = packed.flag();
    let checked = match packed.object().map(RawCredentials::read) {
        Some(raw) => Options::check(named).and_then(|options| {
            options.credentials_of_call(raw, false)?;
            Ok(options)
        }),
        // Each call checks them again, with the credentials that the function returns.
        None => Options::check(named),
    };
    let checked = checked.map(|options| options.total_timeout_millis);
    match checked {
        Ok(total_timeout_millis) => members(&["options", &total_timeout_millis.to_string()]),
        Err(error) => members(&["error", &json(&error)]),
    }
}

/// Prepares and signs the next attempt of a call. In: the state, empty before the first attempt; the
/// call; the clock offset in milliseconds from the last call's state; the time when the call
/// began, by the current clock; the current time; and 32 random hexadecimal digits. Out: `attempt`, the timeout in
/// milliseconds, the state, the URL, whether there is a body (`1` or `0`), the body, whether losing
/// the connection costs more than opening one (`1` or `0`), the notices in JSON, then the names and values of the
/// headers; or `error` and the error in JSON.
#[wasm_bindgen(js_name = prepareAttempt)]
pub fn prepare_attempt(packed: &[u8]) -> String {
    let mut packed = Members::read(packed);
    let state = state(packed.text());
    let prepared = with_call(&mut packed, |mut call, packed| {
        let clock_offset_millis = packed.integer();
        let began = Timestamp::from_unix_millis(packed.integer());
        let now = Timestamp::from_unix_millis(packed.integer());
        let nonce = packed.text().to_owned();
        let request = call.request(now)?;
        let notices = json(&request.notices());
        let mut state = state
            .clone()
            .unwrap_or_else(|| State::new(began, clock_offset_millis));
        state.started_millis = began.unix_millis();
        let (options, credentials) = (call.options, &call.credentials);
        let attempt = call::attempt(options, credentials, &request, state, now, nonce);
        Ok((attempt, notices))
    });
    match prepared {
        Ok((attempt, notices)) => {
            let request = attempt.request;
            let body = request.body.as_deref();
            let timeout = attempt.timeout_millis.to_string();
            let state = json(&attempt.state);
            let mut packed = vec![
                "attempt",
                &timeout,
                &state,
                &request.url,
                if body.is_some() { "1" } else { "0" },
                body.unwrap_or_default(),
                if request.once { "1" } else { "0" },
                &notices,
            ];
            for (name, value) in &request.headers {
                packed.extend([*name, value]);
            }
            members(&packed)
        }
        Err(error) => {
            let error = match state {
                Some(state) => state.end_with(error),
                None => error,
            };
            members(&["error", &json(&error)])
        }
    }
}

/// The result in JSON if this status and body are those of a successful call and the body contains
/// the RequestId. Empty otherwise; [`settle_attempt`] then processes the whole outcome. This
/// handles most responses without passing options, credentials and parameters again.
#[wasm_bindgen(js_name = readAnswer)]
pub fn read_answer(action: &str, status: u16, vendor_now_millis: f64, body: Vec<u8>) -> String {
    let response = Response {
        status,
        headers: Vec::new(),
        body,
    };
    actions::by_name(action)
        .and_then(|action| response::decode(action, &response, now(vendor_now_millis)).ok())
        .filter(|answer| answer.request_id().is_some())
        .map_or_else(String::new, |answer| json(&answer))
}

/// The error, in JSON, of a call that ends before its first attempt or between two. In: the state,
/// then the reason: `aborted`, `timed-out` while it waited for credentials, `lease-over` if the order's
/// lease is over by the system clock, or `threw`, with code, name and message of the error that the
/// credentials function threw.
#[wasm_bindgen(js_name = endUnsent)]
pub fn end_unsent(packed: &[u8]) -> String {
    let mut packed = Members::read(packed);
    let state = state(packed.text());
    let loss = match packed.text() {
        "aborted" => Loss::AbortedUnsent,
        "timed-out" => Loss::CredentialsTimedOut,
        "lease-over" => Loss::LeaseOver,
        _ => Loss::CredentialsThrew {
            mistake: thrown(packed.text(), &mut packed).is_mistake(),
        },
    };
    json(&call::end_unsent(state.as_ref(), &loss))
}

/// What a store keeps of a start's parameters. In: the options, the parameters, the key of the hash
/// and the time. Out: `order`, the order's number and the keyed hash; or `error` and the error in
/// JSON.
#[wasm_bindgen(js_name = orderOf)]
pub fn order_of(packed: &[u8]) -> String {
    let mut packed = Members::read(packed);
    let named = packed.object().unwrap_or_default();
    let parameters = packed.object();
    let secret = Secret::new(packed.text().to_owned());
    let time = Timestamp::from_unix_millis(packed.integer());
    let order = Options::check(named).and_then(|options| {
        let action = actions::by_name("InitFaceVerify").ok_or_else(|| unusable("action"))?;
        let parameters = parameters.ok_or_else(|| unusable("parameters"))?;
        let valid = actions::validate(action, parameters, &options.validation(time))?;
        let number = valid.value("OuterOrderNo").unwrap_or_default().to_owned();
        Ok((number, orders::fingerprint(&secret, &valid)))
    });
    match order {
        Ok((number, fingerprint)) => members(&["order", &number, &fingerprint]),
        Err(error) => members(&["error", &json(&error)]),
    }
}

/// What a stored order means for a start. In: the order's state, its hash and the start's hash, the
/// time until which its start can be in progress, and the time. Out: `started`, `starting`, or
/// `error` and the error in JSON.
#[wasm_bindgen(js_name = knownOrder)]
pub fn known_order(packed: &[u8]) -> String {
    let mut packed = Members::read(packed);
    let state = packed.text();
    let same_input = packed.text() == packed.text();
    let until = Timestamp::from_unix_millis(packed.integer());
    let time = Timestamp::from_unix_millis(packed.integer());
    match orders::known(state, same_input, until, time) {
        Ok(Known::Started) => members(&["started"]),
        Ok(Known::Starting) => members(&["starting"]),
        Err(error) => members(&["error", &json(&error)]),
    }
}

/// The error of a call whose order is not started or not stored, in JSON. In: `being-started`,
/// `store-failed` or `not-stored`.
#[wasm_bindgen(js_name = orderFailed)]
pub fn order_failed(why: &str) -> String {
    json(&OrderFailure::read(why).error())
}

/// A call's state as an earlier attempt returned it; `None` before the first attempt.
fn state(text: &str) -> Option<State> {
    serde_json::from_str(text).ok()
}

/// An error that a function of the program threw: after its code, its name and message.
fn thrown<'a>(code: &'a str, packed: &mut Members<'a>) -> Thrown<'a> {
    Thrown {
        code: if code == NO_CODE { "" } else { code },
        name: packed.text(),
        message: packed.text(),
    }
}

/// Used as the code of an error that has none, by `failureCode` in `pkg/src/thrown.ts` and by `transport.ts`.
const NO_CODE: &str = "connection-failed";

/// Decides the next step from an attempt's outcome. In: the call, the state, the time when the call
/// began, by the current clock; the current time, a random number for the jitter, the kind of the
/// outcome, name and message of the thrown error, and status and headers of the response; separately,
/// its body. Out: `done` and the result in JSON; `failed`, the error in JSON and, unless the input is
/// unusable, the state; or `retry`, the milliseconds to wait, whether to fetch new credentials
/// (`proven` or `unproven`, or empty if not), the state, and the error in JSON.
#[wasm_bindgen(js_name = settleAttempt)]
pub fn settle_attempt(packed: &[u8], body: Vec<u8>) -> String {
    let mut packed = Members::read(packed);
    let settled = with_call(&mut packed, |mut call, packed| {
        let mut state = state(packed.text()).ok_or_else(|| unusable("state"))?;
        state.started_millis = packed.integer();
        let now = Timestamp::from_unix_millis(packed.integer());
        let random = u32::try_from(packed.integer()).unwrap_or_default();
        let kind = packed.text();
        let thrown = thrown(kind, packed);
        let status = u16::try_from(packed.integer()).unwrap_or_default();
        let response = Response {
            status,
            headers: packed.pairs(),
            body,
        };
        let parameters = call.parameters.take();
        let (action, validation) = (call.action, call.options.validation(now));
        let settling = Settling {
            options: call.options,
            credentials: &call.credentials,
            action,
            credentials_refreshable: call.credentials_refreshable,
            now,
            random,
        };
        let decode = |response: &Response, now| response::decode(action, response, now);
        let request = || actions::validate(action, parameters.clone()?, &validation).ok();
        let outcome = Outcome::read(kind, thrown, response);
        Ok(call::settle(&settling, decode, &request, state, outcome))
    });
    match settled {
        Ok(AttemptStep::Done(answer)) => members(&["done", &json(&answer)]),
        Ok(AttemptStep::Failed { error, state }) => {
            members(&["failed", &json(&error), &json(&state)])
        }
        Err(error) => members(&["failed", &json(&error)]),
        Ok(AttemptStep::Retry {
            delay_millis,
            key_refusal,
            because,
            state,
        }) => members(&[
            "retry",
            &delay_millis.to_string(),
            match key_refusal {
                Some(KeyRefusal::Proven) => "proven",
                Some(KeyRefusal::Unproven) => "unproven",
                None => "",
            },
            &json(&state),
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

/// When to query again while waiting for a result. `failed_with` is the Code of the last query, if it failed;
/// `asked_millis` is how long its response asks to wait; `left_millis` is the time until the deadline. Out: `after` and
/// milliseconds, `past-deadline`, or `not-today`.
#[wasm_bindgen(js_name = nextQuery)]
#[allow(clippy::cast_possible_truncation, clippy::needless_pass_by_value)] // saturates; as wasm-bindgen has it
pub fn next_query(
    polls: u32,
    jitter: u32,
    failed_with: Option<String>,
    asked_millis: f64,
    left_millis: f64,
) -> String {
    let (asked, left) = (asked_millis as i64, left_millis as i64);
    match call::next_query(polls, jitter, failed_with.as_deref(), asked, left) {
        NextQuery::AfterMillis(millis) => members(&["after", &millis.to_string()]),
        NextQuery::PastDeadline => members(&["past-deadline"]),
        NextQuery::NotToday => members(&["not-today"]),
    }
}

/// Parses Alibaba Cloud's callback: its claims in JSON, or `null`.
#[wasm_bindgen(js_name = parseCallback)]
pub fn parse_callback(query: &str, expected_token: String) -> String {
    json(&callback::parse_callback(
        query,
        &Secret::new(expected_token),
    ))
}

fn unusable(what: &'static str) -> Error {
    Error::validation(vec![FieldError::new(
        what,
        "type",
        crate::text::Text::new("应为对象。", "must be an object."),
    )])
}
