//! The failures that have a code of this crate rather than of Alibaba Cloud, for the documentation.

use crate::client::loss::Loss;
use crate::client::orders;
use crate::client::response::{Failure, decode_describe, decode_init};
use crate::error::{Error, Execution};
use crate::http::Response;
use crate::timestamp::Timestamp;
use serde::Serialize;

/// A failure without a code of Alibaba Cloud.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LocalFailure {
    /// The error.
    #[serde(flatten)]
    pub error: Error,
    /// Whether a start that fails in this way was provably not executed. True for failures of queries.
    pub not_executed: bool,
}

/// Every such failure. A code occurs twice if it has several causes.
pub fn local_failures() -> Vec<LocalFailure> {
    let unsent = [Error::validation, Error::options, Error::credentials]
        .map(|of_fields| of_fields(Vec::new()))
        .map(|error| LocalFailure {
            error,
            not_executed: true,
        });
    let losses = [
        Loss::NotConnected,
        Loss::ConnectionFailed {
            code: Some("CERT_HAS_EXPIRED".to_owned()),
        },
        Loss::ConnectionFailed { code: None },
        Loss::TimedOut,
        Loss::TimedOutUnsent,
        Loss::LeaseOver,
        Loss::Aborted,
        Loss::AbortedUnsent,
        Loss::CredentialsTimedOut,
        Loss::CredentialsThrew { mistake: false },
        Loss::CredentialsThrew { mistake: true },
        Loss::FetchThrew,
        Loss::NotAResponse,
        Loss::TooLarge,
    ];
    let losses = losses.iter().map(|loss| of(loss.failure()));
    let starts: [(u16, &[u8]); 9] = [
        (200, b""),
        (200, b"\xff"),
        (200, b"\x1f\x8b\xff"),
        (200, b"{"),
        (200, br#"{"Code":"200","Code":"200"}"#),
        (200, b"{}"),
        (500, br#"{"Code":"200"}"#),
        (200, br#"{"Code":"200"}"#),
        (200, br#"{"Code":"?"}"#),
    ];
    let starts = starts.map(|(status, body)| decode_init(&answer(status, body)).err());
    let starts = starts.into_iter().flatten().map(|failure| of(*failure));
    let queries: [&[u8]; 3] = [
        br#"{"Code":"200","ResultObject":{}}"#,
        br#"{"Code":"200","ResultObject":{"Passed":"T","Passed":"T"}}"#,
        br#"{"Code":"200","ResultObject":{"Passed":"T","SubCode":"205"}}"#,
    ];
    let now = Timestamp::from_unix_millis(0);
    let queries = queries.map(|body| decode_describe(&answer(200, body), now).err());
    let queries = queries.into_iter().flatten().map(|failure| LocalFailure {
        error: failure.error,
        not_executed: true,
    });
    let stores = [
        orders::OrderFailure::Conflict,
        orders::OrderFailure::BeingStarted,
        orders::OrderFailure::OutcomeUnknown,
        orders::OrderFailure::StoreFailed,
        orders::OrderFailure::NotStored,
    ]
    .map(orders::OrderFailure::error)
    .map(|error| LocalFailure {
        not_executed: error.execution == Execution::None,
        error,
    });
    unsent
        .into_iter()
        .chain(losses)
        .chain(starts)
        .chain(queries)
        .chain(stores)
        .collect()
}

fn of(failure: Failure) -> LocalFailure {
    LocalFailure {
        not_executed: failure.not_executed,
        error: failure.error,
    }
}

fn answer(status: u16, body: &[u8]) -> Response {
    Response {
        status,
        headers: Vec::new(),
        body: body.to_vec(),
    }
}
