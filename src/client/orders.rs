//! Orders in the program's store: the fingerprint that distinguishes a replay from a changed request, and
//! the decision on a start whose order is already stored.

use crate::actions::ValidRequest;
use crate::error::{Audience, Error, Execution, Kind};
use crate::signing::acs3;
use crate::signing::canonical::canonicalized_query;
use crate::text::Text;
use crate::timestamp::Timestamp;
use crate::vendor::credentials::Secret;

/// Keyed hash of all parameters. Without a key, identity numbers could be found by trying them all.
pub fn fingerprint(secret: &Secret, valid: &ValidRequest<'_>) -> String {
    let parameters: Vec<(String, String)> = valid
        .parameters()
        .map(|(parameter, value)| (parameter.name.to_owned(), value.to_owned()))
        .collect();
    acs3::signature(secret, &canonicalized_query(&parameters))
}

/// The state of a stored order, for another request to start it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// The order is started: its CertifyId is the result.
    Started,
    /// Another call is starting it and has no outcome yet.
    Starting,
}

/// Decides on a start whose order is stored. `until` is the time until which an earlier start can be in
/// progress.
///
/// # Errors
/// `OrderConflict` if the parameters differ; `OrderOutcomeUnknown` if the earlier start's outcome is
/// unknown. A start that has not ended by `until` belongs to a process that has crashed.
pub fn known(
    state: &str,
    same_input: bool,
    until: Timestamp,
    now: Timestamp,
) -> Result<Known, Error> {
    match state {
        _ if !same_input => Err(OrderFailure::Conflict.error()),
        "started" => Ok(Known::Started),
        "starting" if now.unix_millis() <= until.unix_millis() => Ok(Known::Starting),
        _ => Err(OrderFailure::OutcomeUnknown.error()),
    }
}

/// Why an order is not started, or its CertifyId not returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderFailure {
    /// It was started with other parameters.
    Conflict,
    /// Another call has been starting it for this call's whole time limit.
    BeingStarted,
    /// The outcome of an earlier start is unknown.
    OutcomeUnknown,
    /// The store failed before the start.
    StoreFailed,
    /// The store failed after the start.
    NotStored,
}

impl OrderFailure {
    /// Parses the name that `order-store.ts` passes.
    pub fn read(word: &str) -> Self {
        match word {
            "being-started" => Self::BeingStarted,
            "store-failed" => Self::StoreFailed,
            _ => Self::NotStored,
        }
    }

    /// The error for the caller.
    pub fn error(self) -> Error {
        let (code, audience, zh, en) = match self {
            Self::Conflict => (
                "OrderConflict",
                Audience::Developer,
                "同一 outerOrderNo 已用不同的参数发起认证；请使用新的 outerOrderNo，或以原参数重试。",
                "This outerOrderNo was started with different parameters; use a new outerOrderNo, or pass the original parameters again.",
            ),
            Self::BeingStarted => (
                "OrderBeingStarted",
                Audience::Developer,
                "另一个调用正在发起该订单，尚无结果；请稍后重试。",
                "Another call is starting this order and has no outcome yet; retry later.",
            ),
            Self::OutcomeUnknown => (
                "OrderOutcomeUnknown",
                Audience::Operator,
                "该订单的发起结果未知，阿里云可能已受理，不会再次发起；请通过工单向阿里云核实后更新订单，或使用新的 outerOrderNo。",
                "The outcome of this order's start is unknown: Alibaba Cloud may have started a verification, so it is not started again. Ask Alibaba Cloud's support and settle the order, or use a new outerOrderNo.",
            ),
            Self::StoreFailed => (
                "OrderStoreFailed",
                Audience::Operator,
                "订单存储失败，未发起认证；请检查存储后重试，原因见 cause。",
                "The order store failed, so nothing was started; check the store (see cause), then retry.",
            ),
            Self::NotStored => (
                "OrderNotStored",
                Audience::Operator,
                "阿里云已受理，但订单存储未能保存 CertifyId；错误的 certifyId 即为该值，请检查存储并据此更新订单。",
                "Alibaba Cloud started a verification, but the order store did not save its CertifyId. The error's certifyId contains it: check the store and settle the order with it.",
            ),
        };
        Error {
            retryable: matches!(self, Self::BeingStarted | Self::StoreFailed),
            execution: match self {
                Self::OutcomeUnknown | Self::NotStored => Execution::Unknown,
                _ => Execution::None,
            },
            ..Error::new(Kind::Order, code, audience, Text::new(zh, en))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::{self, Value};
    use crate::client::options::Options;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_unix_millis(millis)
    }

    fn fingerprint_of(secret: &str, changed: (&str, Value<'static>)) -> String {
        let mut parameters = vec![
            ("sceneId", Value::Integer(1_000_000_006)),
            (
                "outerOrderNo",
                Value::from("shop20250101000000000000000000ab"),
            ),
            (
                "metaInfo",
                Value::from(r#"{"zimVer":"3.0.0","appVersion":"1"}"#),
            ),
            ("certName", Value::from("张三")),
            ("certNo", Value::from("11010519491231002X")),
        ];
        parameters.retain(|(name, _)| *name != changed.0);
        parameters.push(changed);
        let action = actions::by_name("InitFaceVerify").unwrap();
        let validation = Options::default().validation(at(1_735_689_600_000));
        let valid = actions::validate(action, parameters, &validation).unwrap();
        fingerprint(&Secret::new(secret.to_owned()), &valid)
    }

    #[test]
    fn a_fingerprint_depends_on_the_key_and_on_what_is_sent() {
        let first = fingerprint_of("key", ("certNo", Value::from("11010519491231002X")));
        // The same on the wire.
        for same in [
            ("certNo", Value::from("11010519491231002x")),
            ("sceneId", Value::from("1000000006")),
        ] {
            assert_eq!(fingerprint_of("key", same), first);
        }
        let others = [
            fingerprint_of("other key", ("certName", Value::from("张三"))),
            fingerprint_of("key", ("certName", Value::from("李四"))),
            fingerprint_of("key", ("userId", Value::from("1"))),
        ];
        for other in others {
            assert_ne!(other, first);
            assert_eq!(other.len(), 64);
        }
    }

    #[test]
    fn a_stored_order_is_started_again_in_no_state() {
        let code = |state, same, now| {
            known(state, same, at(1_000), at(now)).map_err(|error| (error.code, error.execution))
        };
        let unknown = Err(("OrderOutcomeUnknown".to_owned(), Execution::Unknown));
        let conflict = Err(("OrderConflict".to_owned(), Execution::None));
        assert_eq!(code("started", true, 5_000), Ok(Known::Started));
        assert_eq!(code("starting", true, 1_000), Ok(Known::Starting));
        assert_eq!(code("starting", true, 1_001), unknown);
        for state in ["unknown", "", "a later version's"] {
            assert_eq!(code(state, true, 0), unknown);
        }
        for state in ["started", "starting", "unknown"] {
            assert_eq!(code(state, false, 0), conflict);
        }
    }

    #[test]
    fn only_retryable_failures_advise_a_retry() {
        for failed in [
            OrderFailure::Conflict,
            OrderFailure::OutcomeUnknown,
            OrderFailure::read("being-started"),
            OrderFailure::read("store-failed"),
            OrderFailure::read("not-stored"),
        ] {
            let error = failed.error();
            assert!(!error.retryable || error.execution == Execution::None);
            assert_eq!(
                error.message.en.contains("retry"),
                error.retryable,
                "{error}"
            );
        }
    }
}
