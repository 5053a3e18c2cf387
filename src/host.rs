//! What the clients need from their host: time and randomness.

use crate::error::{Audience, Error, FieldError, Kind};
use crate::text::Text;
use crate::timestamp::Timestamp;
use crate::vendor::order_number;
use std::time::Duration;
#[cfg(not(target_arch = "wasm32"))]
use std::time::Instant;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen::prelude::wasm_bindgen;

/// The current time.
#[cfg(target_arch = "wasm32")]
#[allow(clippy::cast_possible_truncation)] // whole milliseconds
pub(crate) fn now() -> Timestamp {
    Timestamp::from_unix_millis(js_sys::Date::now() as i64)
}

/// The current time.
#[cfg(not(target_arch = "wasm32"))]
#[allow(clippy::disallowed_methods)] // the clients outside of wasm32 have a clock
pub(crate) fn now() -> Timestamp {
    let elapsed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let millis = elapsed.map_or(0, |elapsed| elapsed.as_millis());
    Timestamp::from_unix_millis(i64::try_from(millis).unwrap_or(i64::MAX))
}

/// The time of one call or wait, measured from its start by the monotonic clock: setting the system clock
/// changes no time limit.
pub(crate) struct Clock {
    at_start: Timestamp,
    start: Instant,
}

impl Clock {
    #[allow(clippy::disallowed_methods)] // the clients have a clock
    pub(crate) fn start() -> Self {
        Self {
            at_start: now(),
            start: Instant::now(),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        let elapsed = i64::try_from(self.start.elapsed().as_millis()).unwrap_or(i64::MAX);
        self.at_start.plus_millis(elapsed)
    }

    /// How much of this limit is left.
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn left_of(&self, limit: Duration) -> Duration {
        limit.saturating_sub(self.start.elapsed())
    }
}

/// The standard library's `Instant`, which panics on wasm32.
#[cfg(target_arch = "wasm32")]
struct Instant {
    millis: f64,
}

#[cfg(target_arch = "wasm32")]
impl Instant {
    fn now() -> Self {
        Self {
            millis: performance_now(),
        }
    }

    fn elapsed(&self) -> Duration {
        let millis = performance_now() - self.millis;
        Duration::try_from_secs_f64(millis / 1_000.0).unwrap_or_default()
    }
}

#[cfg(target_arch = "wasm32")]
#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
}

/// Random bytes.
///
/// # Errors
/// If the host has no source of randomness.
pub(crate) fn random() -> Result<[u8; 16], Error> {
    let mut bytes = [0; 16];
    match getrandom::fill(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(_) => Err(Error::new(
            Kind::Validation,
            "NoRandomness",
            Audience::Operator,
            Text::new(
                "运行环境没有安全的随机数来源，未发送任何请求；请运维检查运行环境。",
                "Nothing was sent, because the host has no source of secure random bytes; the operator must check the host.",
            ),
        )),
    }
}

/// The error of a program's own credentials function. Its text may contain secrets and is dropped.
pub(crate) type ProviderError = Box<dyn std::error::Error + Send + Sync>;

/// The error of a call that needed credentials and did not receive any.
pub(crate) fn no_credentials() -> Error {
    Error::new(
        Kind::Credentials,
        "CredentialsFailed",
        Audience::Operator,
        Text::new(
            "凭证函数获取凭证失败，请求未发送；请检查凭证来源。",
            "The credentials function failed, so the request was not sent; check the source of the credentials.",
        ),
    )
    .retryable()
}

/// Creates an OuterOrderNo from `prefix`, the time in UTC to the second, and random hexadecimal digits, 32
/// characters in total. `prefix` has up to 10 letters and digits and may be empty.
///
/// # Errors
/// Of kind `validation` if the prefix has invalid characters or is too long, or if the host has no source of
/// randomness.
pub fn new_outer_order_no(prefix: &str) -> Result<String, Error> {
    order_number::new_outer_order_no(prefix, now(), &hex::encode(random()?)).map_err(|problem| {
        Error::validation(vec![FieldError::new(
            "prefix",
            problem.rule,
            problem.message,
        )])
    })
}
