//! A call to Alibaba Cloud on behalf of a task, with its attempts.

use super::commit::{Context, LedgerStep, Next, SendOutcome, Writes};
use super::endpoints;
use super::rows::{self, Interrupt, Rows};
use super::task::{Create, Purpose, Task, UpstreamCall};
use crate::actions::{self, Action, ValidRequest, Value};
use crate::client::call::{self, Settling};
use crate::client::response::Failure;
use crate::error::{Error, FieldError};
use crate::gateway::callback_address;
use crate::gateway::settings::Settings;
use crate::http::Response;
use crate::timestamp::Timestamp;

const CALLBACK_URL: &str = "CallbackUrl";

/// The callback URL that the gateway adds to a start without one.
pub(super) fn added_callback(settings: &Settings, create: &Create) -> Option<String> {
    let mut given = create.parameters.iter();
    if given.any(|(name, _)| name == CALLBACK_URL) {
        return None;
    }
    callback_address::url(settings, &create.reply_to.caller, &create.no)
}

impl Purpose {
    /// The row that the call is about.
    pub(super) fn row_key(&self) -> String {
        match self {
            Self::Start { create, .. } => rows::order_key(&create.no),
            Self::Read(read) => rows::order_key(&read.no),
            Self::Probe(_) => rows::PROBE.to_owned(),
        }
    }

    fn action(&self) -> &'static Action {
        match self {
            Self::Start { .. } => &crate::actions::INIT_FACE_VERIFY,
            Self::Read(_) | Self::Probe(_) => &crate::actions::DESCRIBE_FACE_VERIFY,
        }
    }

    /// The request, which was validated when it arrived.
    pub(super) fn request(
        &self,
        settings: &Settings,
        now: Timestamp,
    ) -> Result<ValidRequest<'_>, Interrupt> {
        let parameters: Vec<(&str, Value)> = match self {
            Self::Start { create, .. } => {
                let given = create.parameters.iter();
                let callback = added_callback(settings, create);
                given
                    .map(|(name, value)| (name.as_str(), Value::from(value.as_str())))
                    .chain(callback.map(|url| (CALLBACK_URL, Value::from(url))))
                    .collect()
            }
            Self::Read(read) => vec![
                ("SceneId", Value::from(read.scene_id.as_str())),
                ("CertifyId", Value::from(read.certify_id.as_str())),
            ],
            Self::Probe(probe) => vec![
                ("SceneId", Value::from(settings.scene_id.clone())),
                ("CertifyId", Value::from(probe.certify_id.as_str())),
            ],
        };
        actions::validate(self.action(), parameters, &settings.options.validation(now))
            .map_err(|error| self.contradiction("request", &error.fields))
    }

    /// An internal error of the call. It names the row, and the parameters without their values.
    fn contradiction(&self, what: &str, fields: &[FieldError]) -> Interrupt {
        let mut text = format!("{what} of {}", self.row_key());
        for field in fields {
            text = format!("{text}, {} {}", field.field, field.rule);
        }
        Interrupt::Internal(text)
    }
}

/// Starts a call to Alibaba Cloud after `writes` are committed.
pub(super) fn begin(
    settings: &Settings,
    purpose: Purpose,
    writes: Writes,
    rows: &Rows,
    context: &Context,
) -> Result<LedgerStep, Interrupt> {
    let starts = matches!(purpose, Purpose::Start { .. });
    let preferred = match &purpose {
        Purpose::Read(read) => read.issued_by.as_deref(),
        Purpose::Start { .. } | Purpose::Probe(_) => None,
    };
    let state = call::State {
        endpoint: endpoints::first(settings, rows, starts, preferred, context.now)?,
        ..call::State::new(context.now, 0)
    };
    send(settings, UpstreamCall { purpose, state }, writes, context)
}

/// Sends an attempt of a call after `writes` are committed.
pub(super) fn send(
    settings: &Settings,
    call: UpstreamCall,
    writes: Writes,
    context: &Context,
) -> Result<LedgerStep, Interrupt> {
    let request = call.purpose.request(settings, context.now)?;
    let attempt = call::attempt(
        &settings.options,
        &settings.credentials,
        &request,
        call.state,
        context.now,
        context.nonce(),
    );
    let (share, yields) = match &call.purpose {
        Purpose::Start { .. } => (None, false),
        Purpose::Read(read) => (read.share(), read.yields()),
        // No CertifyId has this form.
        Purpose::Probe(_) => (Some("/probe".to_owned()), true),
    };
    Ok(writes.then(Next::Send {
        action: Some(call.purpose.action().name),
        request: attempt.request,
        timeout_millis: attempt.timeout_millis,
        share,
        yields,
        then: Task::Settle(UpstreamCall {
            purpose: call.purpose,
            state: attempt.state,
        }),
    }))
}

/// Processes the outcome of an attempt. `decode` decodes its response; `end` continues once the call
/// has ended.
pub(super) fn settle<A>(
    settings: &Settings,
    call: &UpstreamCall,
    send_outcome: Option<SendOutcome>,
    rows: &Rows,
    context: &Context,
    decode: fn(&Response, Timestamp) -> Result<A, Box<Failure>>,
    end: impl FnOnce(Ended<A>, Place) -> Result<LedgerStep, Interrupt>,
) -> Result<LedgerStep, Interrupt> {
    let UpstreamCall { purpose, state } = call;
    let (outcome, state) = match send_outcome {
        Some(SendOutcome::Outcome(outcome)) => (Some(outcome), state.clone()),
        Some(SendOutcome::Shared { outcome, state }) => (Some(outcome), state),
        Some(SendOutcome::Crowded) => (None, state.clone()),
        Some(SendOutcome::Disconnected) | None => {
            return Err(purpose.contradiction("missing outcome", &[]));
        }
    };
    // Uses Alibaba Cloud's clock, because the gateway's can be wrong. If the response has no Date
    // header, uses the clock skew that this call has measured.
    let mut place = Place {
        vendor_now: context.now.plus_millis(state.clock_offset_millis),
        endpoint: endpoints::origin_of(settings, state.endpoint),
    };
    let Some(outcome) = outcome else {
        return end(Ended::Crowded, place);
    };
    let endpoint = endpoints::observe(settings, rows, state.endpoint, &outcome, context.now)?;
    if let call::Outcome::Answered(response) = &outcome {
        place.vendor_now = call::server_time(&response.headers).unwrap_or(place.vendor_now);
    }
    let request = || purpose.request(settings, context.now).ok();
    // Derived from the nonce, so that tasks that share this attempt also share the next one.
    let jitter = state.nonce.get(..8).unwrap_or_default();
    let settling = Settling {
        options: &settings.options,
        credentials: &settings.credentials,
        action: purpose.action(),
        credentials_refreshable: false,
        now: context.now,
        random: u32::from_str_radix(jitter, 16).unwrap_or_default(),
    };
    let step = match call::settle(&settling, decode, &request, state, outcome) {
        call::AttemptStep::Done(answer) => end(Ended::Answered(answer), place)?,
        call::AttemptStep::Failed { error, .. } => end(Ended::Failed(error), place)?,
        call::AttemptStep::Retry {
            delay_millis,
            state,
            ..
        } => Writes::default().then(Next::Wait {
            millis: delay_millis,
            on: None,
            until_disconnect: false,
            then: Task::Call(UpstreamCall {
                purpose: purpose.clone(),
                state,
            }),
        }),
    };
    Ok(step.with_write(endpoint))
}

/// When and where a call ended.
pub(super) struct Place {
    /// The time by Alibaba Cloud's clock.
    pub(super) vendor_now: Timestamp,
    /// Origin of the endpoint.
    pub(super) endpoint: Option<String>,
}

/// The result of a call to Alibaba Cloud.
pub(super) enum Ended<A> {
    Answered(A),
    Failed(Error),
    Crowded,
}
