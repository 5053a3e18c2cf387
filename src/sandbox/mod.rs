//! The sandbox: an emulator of Alibaba Cloud's service, for development and tests.
//!
//! It speaks Alibaba Cloud's protocol on `/`, with both signature schemes checked as Alibaba Cloud
//! does, and a control API under `/_sandbox/`. It is one pure function over plain data: [`step`] is
//! called with a request and the stored rows it may read, and answers either "I need these rows" or
//! "done: send this, store that". The host loads, stores and sends; it decides nothing.
//!
//! Every answer carries the header `x-cloudauth-sandbox`, so that it is never taken for the real
//! service. No name, identity number, mobile number or MetaInfo is ever stored.

mod callback;
mod config;
mod control;
mod describe;
mod envelope;
mod faults;
mod init;
mod outcome;
mod phone;
mod picture;
mod protocol;
mod session;
mod verification;

pub use callback::CallbackAnswer;
pub use config::{Account, Config, Key, Ram, Scene};
pub use envelope::{NOTE_HEADER, SANDBOX_HEADER};

use crate::actions::Action;
use crate::http::{IncomingRequest, Response};
use crate::json::write::Object;
use crate::rpc_server::request::{self, MAX_BODY};
use serde::{Deserialize, Serialize};
use session::{Session, Stop};

/// What happened, and what the host knows.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Input {
    /// What happened.
    pub event: Event,
    /// Keys of the stored rows loaded so far, with their JSON text; `None` for one that does not
    /// exist.
    pub rows: Vec<(String, Option<String>)>,
    /// Prefixes, each with all rows whose keys begin with it.
    pub lists: Vec<(String, Vec<(String, String)>)>,
    /// The host's clock, in milliseconds since 1970-01-01T00:00:00Z.
    pub now: i64,
    /// Scheme, host and port under which the caller reached the sandbox, for picture URLs.
    pub origin: String,
}

/// What happened.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Event {
    /// A request came in. A host that stops reading a body beyond [`MAX_BODY`] passes on one byte
    /// more than that.
    Request(IncomingRequest),
    /// A callback that the sandbox asked for was answered, or failed.
    CallbackAnswered(CallbackAnswer),
}

/// Fresh random bytes, new at every call.
#[derive(Clone, Copy, Debug)]
pub struct Random {
    /// Becomes the RequestId.
    pub request_id: [u8; 16],
    /// Becomes the CertifyId of a new verification.
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

/// What the host is to do.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Output {
    /// Load these and call again.
    Need(Need),
    /// Perform this.
    Done(Done),
}

/// Stored data the decision depends on.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Need {
    /// Keys of rows.
    pub rows: Vec<String>,
    /// Prefixes of keys, to load every row of.
    pub lists: Vec<String>,
}

/// What the host is to perform: first all writes, then the delivery.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Done {
    /// The answer; `None` after an event that was not a request.
    pub response: Option<Response>,
    /// The file of the host's whose content is the answer's body: one of the simulated phone's
    /// page.
    pub file: Option<&'static str>,
    /// How the answer is delivered.
    pub delivery: Delivery,
    /// Rows to store, in order.
    pub writes: Vec<Write>,
    /// Alibaba Cloud's callback, to be sent.
    pub callback: Option<Callback>,
    /// The sandbox's own clock: rows whose `expires_at` it has passed may be dropped.
    pub now: i64,
}

/// How an answer is delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// Milliseconds to wait before it.
    pub delay_millis: u32,
    /// What to do then.
    pub manner: Manner,
}

/// What happens to an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Manner {
    /// It is sent.
    #[default]
    Answer,
    /// The connection stays open and silent.
    Hang,
    /// The connection is reset.
    Reset,
}

/// A change of the stored rows.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "op")]
pub enum Write {
    /// Store a row.
    #[serde(rename_all = "camelCase")]
    Put {
        /// Its key.
        key: String,
        /// JSON text.
        value: String,
        /// When it may be dropped, by the sandbox's clock; `None` for never.
        expires_at: Option<i64>,
    },
    /// Remove every row.
    Clear,
}

/// A GET request that the host is to send, reporting the outcome as [`Event::CallbackAnswered`].
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Callback {
    /// Of which verification.
    pub certify_id: String,
    /// Where to.
    pub url: String,
    /// Milliseconds to wait before it.
    pub delay_millis: u32,
}

/// Decides what one event leads to.
pub fn step(input: &Input, config: &Config, random: &Random) -> Output {
    let decided = Session::begin(input, config, random).and_then(|mut session| {
        let (response, delivery) = match &input.event {
            Event::Request(request) => {
                let (response, delivery) = answer(&mut session, request)?;
                (Some(response), delivery)
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
        Err(need) => Output::Need(need),
    }
}

fn answer(
    session: &mut Session<'_>,
    request: &IncomingRequest,
) -> Result<(Response, Delivery), Need> {
    if request.method == "OPTIONS" {
        return Ok((envelope::preflight(session), Delivery::default()));
    }
    if request.path != "/" {
        return control::answer(session, request).map(|response| (response, Delivery::default()));
    }
    let format = request::format(request);
    let fault = faults::take(session, request::action_name(request).as_deref())?;
    let instead = fault.as_ref().and_then(|fault| fault.instead(request));
    let outcome = match instead {
        Some(stop) => Err(stop),
        None => perform(session, request),
    };
    let response = match outcome {
        Ok((action, result)) => envelope::success(session, format, action, &result),
        Err(Stop::Need(need)) => return Err(need),
        Err(Stop::Gateway(refusal)) => envelope::gateway_error(session, format, request, &refusal),
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
    let result = if call.action().starts_something {
        init::perform(session, &call)?
    } else {
        describe::perform(session, &call)?
    };
    Ok((call.action(), result))
}
