//! The sandbox: an emulator of Alibaba Cloud's service, for development and tests.
//!
//! Implements Alibaba Cloud's protocol on `/`, including the verification of both signature
//! schemes, and a control API under `/_sandbox/`. It is one pure function over plain data: [`step`]
//! takes a request and the loaded rows and returns either the rows to load, or the response to send
//! and the rows to store. The host loads, stores and sends; it makes no decisions.
//!
//! Every response has the header `x-cloudauth-sandbox`, so that it cannot be mistaken for the real
//! service. Names, identity numbers, mobile numbers and MetaInfo are never stored.

mod callback;
mod config;
mod control;
mod describe;
mod ending;
mod envelope;
mod faults;
mod init;
mod outcome;
mod phone;
mod picture;
mod protocol;
mod session;
mod verification;
mod web;

pub use callback::CallbackAnswer;
pub use config::{Account, Config, Key, Ram, Scene};
pub use envelope::{NOTE_HEADER, SANDBOX_HEADER};

use crate::actions::{Action, ActionKind};
use crate::http::{IncomingRequest, Response};
use crate::json::write::Object;
use crate::rpc_server::request::{self, MAX_BODY};
use serde::{Deserialize, Serialize};
use session::{Session, Stop};

/// An event, and the host's data for it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Input {
    /// The event.
    pub event: Event,
    /// Keys of the loaded rows, with their JSON text; `None` if a row does not exist.
    pub rows: Vec<(String, Option<String>)>,
    /// Prefixes, each with all rows whose keys start with it.
    pub lists: Vec<(String, Vec<(String, String)>)>,
    /// The host's clock, in milliseconds since 1970-01-01T00:00:00Z.
    pub now: i64,
    /// Scheme, host and port of the request; used in picture URLs.
    pub origin: String,
}
redacted_debug!(Input);

/// The event.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Event {
    /// A request arrived. A host that limits bodies to [`MAX_BODY`] bytes passes one byte more than
    /// that if the limit is exceeded.
    Request(IncomingRequest),
    /// The host has started with rows that an earlier one stored. It forgets the callbacks that it
    /// has not sent when it ends.
    Started {},
    /// The response to a callback arrived, or the callback failed.
    CallbackAnswered(CallbackAnswer),
}

/// Random bytes, new for every call.
#[derive(Clone, Copy, Debug)]
pub struct Random {
    /// Used for the RequestId.
    pub request_id: [u8; 16],
    /// Used for the CertifyId of a new verification.
    pub certify_id: [u8; 16],
}

impl From<[u8; 32]> for Random {
    fn from(bytes: [u8; 32]) -> Self {
        let mut halves = [[0; 16]; 2];
        for (byte, place) in bytes.into_iter().zip(halves.as_flattened_mut()) {
            *place = byte;
        }
        let [request_id, certify_id] = halves;
        Self {
            request_id,
            certify_id,
        }
    }
}

/// The next step for the host.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Output {
    /// Load these rows and call again.
    Load(Load),
    /// Carry this out.
    Done(Done),
}

/// The rows that the decision depends on.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Load {
    /// Keys of rows.
    pub rows: Vec<String>,
    /// Key prefixes; load all their rows.
    pub lists: Vec<String>,
}

/// Work for the host: all writes first, then the delivery.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Done {
    /// The response; `None` if the event was not a request.
    pub response: Option<Response>,
    /// The host's file to send as the response body: a file of the simulated phone.
    pub file: Option<&'static str>,
    /// How to deliver the response.
    pub delivery: Delivery,
    /// Rows to store, in order.
    pub writes: Vec<Write>,
    /// Callbacks to send.
    pub callbacks: Vec<Callback>,
    /// The sandbox's clock: rows with an earlier `expires_at` can be deleted.
    pub now: i64,
}

/// How to deliver a response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// Delay in milliseconds.
    pub delay_millis: u32,
    /// What to do after the delay.
    pub manner: Manner,
}

/// What to do with a response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Manner {
    /// Send it.
    #[default]
    Answer,
    /// Keep the connection open without a response.
    Hang,
    /// Reset the connection.
    Reset,
}

/// A change to the stored rows.
#[derive(PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "op")]
pub enum Write {
    /// Store a row.
    #[serde(rename_all = "camelCase")]
    Put {
        /// Its key.
        key: String,
        /// JSON text.
        value: String,
        /// When it may be deleted, by the sandbox's clock; `None` for never.
        expires_at: Option<i64>,
    },
    /// Delete every row.
    Clear,
}
redacted_debug!(Write);

/// A GET request for the host to send; its outcome is an [`Event::CallbackAnswered`].
#[derive(PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Callback {
    /// The CertifyId of the verification.
    pub certify_id: String,
    /// The URL.
    pub url: String,
    /// Delay in milliseconds.
    pub delay_millis: u32,
}
redacted_debug!(Callback);

/// Decides how to react to one event.
pub fn step(input: &Input, config: &Config, random: &Random) -> Output {
    let decided = Session::begin(input, config, random).and_then(|mut session| {
        let (response, delivery) = match &input.event {
            Event::Request(request) => {
                let (response, delivery) = answer(&mut session, request)?;
                (Some(response), delivery)
            }
            Event::Started {} => {
                callback::resume(&mut session)?;
                (None, Delivery::default())
            }
            Event::CallbackAnswered(answer) => {
                callback::answered(&mut session, answer)?;
                (None, Delivery::default())
            }
        };
        Ok(session.finish(response, delivery))
    });
    match decided {
        Ok(done) => Output::Done(done),
        Err(load) => Output::Load(load),
    }
}

fn answer(
    session: &mut Session<'_>,
    request: &IncomingRequest,
) -> Result<(Response, Delivery), Load> {
    if request.method == "OPTIONS" {
        return Ok((envelope::preflight(session), Delivery::default()));
    }
    if request.path != "/" {
        return control::answer(session, request).map(|response| (response, Delivery::default()));
    }
    let format = request::format(request);
    let fault = faults::take(session, request)?;
    let executes = fault.as_ref().is_none_or(faults::Fault::executes);
    let instead = fault.as_ref().and_then(|fault| fault.instead(request));
    let outcome = match instead {
        Some(stop) if !executes => Err(stop),
        instead => match perform(session, request) {
            Err(Stop::Load(load)) => return Err(load),
            outcome => instead.map_or(outcome, Err),
        },
    };
    let response = match outcome {
        Ok((action, result)) => envelope::success(session, format, action, &result),
        Err(Stop::Load(load)) => return Err(load),
        Err(Stop::ApiGateway(refusal)) => {
            envelope::api_gateway_error(session, format, request, &refusal)
        }
        Err(Stop::Code { action, code, note }) => {
            envelope::service_error(session, format, action, code, &note)
        }
    };
    Ok(match fault {
        Some(fault) => fault.apply(response),
        None => (response, Delivery::default()),
    })
}

type Performed = (&'static Action, Object);

fn perform(session: &mut Session<'_>, request: &IncomingRequest) -> Result<Performed, Stop> {
    let call = protocol::authenticate(session, request)?;
    let result = match call.action().kind {
        ActionKind::Init => init::perform(session, &call)?,
        ActionKind::Describe => describe::perform(session, &call)?,
    };
    Ok((call.action(), result))
}
