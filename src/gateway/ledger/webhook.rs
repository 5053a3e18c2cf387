//! Delivers verdicts to webhooks, signed and retried, by Standard Webhooks 1.0
//! (github.com/standard-webhooks). A delivery contains no personal data.

use super::alarm_work::{DELIVERIES, Work};
use super::commit::{Context, LedgerStep, Next, SendOutcome, Undelivered, Writes};
use super::order::{Order, OrderStatus, Verdict, millis_left};
use super::rows::{Interrupt, RECEIVER, Rows, order_key, sortable};
use super::task::{Delivery, Task};
use crate::client::call::{Loss, Outcome};
use crate::gateway::derived::{derive, webhook_key};
use crate::gateway::settings::Settings;
use crate::http::OutgoingRequest;
use crate::json::write::to_json;
use crate::signing::acs3::hmac_sha256;
use crate::timestamp::Timestamp;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// Time limit of a delivery, in milliseconds.
const TIMEOUT_MILLIS: i64 = 15_000;
/// Back-off after each failed attempt, in seconds, as the specification proposes.
const PAUSES: [i64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];

/// The initial and the maximum back-off of an unresponsive receiver.
const BACK_OFF_MILLIS: i64 = 30_000;
const BACK_OFF_MAX_MILLIS: i64 = 60 * 60_000;

/// The back-off of a receiver that timed out, so that deliveries to it do not delay other work. Any
/// response ends it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Receiver {
    /// Number of consecutive time-outs.
    pub failures: u32,
    /// When the next delivery is allowed, in milliseconds.
    pub until: i64,
}

impl Receiver {
    /// When the next delivery is allowed, if not now.
    pub fn waits_until(&self, now: i64) -> Option<i64> {
        let left = millis_left(self.until, BACK_OFF_MAX_MILLIS, now);
        (left > 0).then_some(self.until)
    }

    fn timed_out(self, now: i64) -> Self {
        // Concurrent deliveries that time out count once.
        if self.waits_until(now).is_some() {
            return self;
        }
        let pause = BACK_OFF_MILLIS
            .checked_shl(self.failures.min(16))
            .map_or(BACK_OFF_MAX_MILLIS, |pause| pause.min(BACK_OFF_MAX_MILLIS));
        Self {
            failures: self.failures.saturating_add(1),
            until: now.saturating_add(pause),
        }
    }
}

/// The back-off after this attempt, in seconds; `None` after the last one.
fn pause_after(attempt: u32) -> Option<i64> {
    let at = usize::try_from(attempt.saturating_sub(1)).ok()?;
    PAUSES.get(at).copied()
}

/// Sends the delivery of an order, if one is due. The delivery is counted and the next one is
/// scheduled before sending, so that a crash does not lose the delivery; the receiver may get it
/// twice. If the settings have no receiver, the schedule goes on and nothing is counted.
pub(super) fn send(
    settings: &Settings,
    delivery: Delivery,
    rows: &Rows,
    context: &Context,
) -> Result<LedgerStep, Interrupt> {
    let mut writes = Writes::default();
    writes.delete(delivery.due.clone());
    let Some(mut order) = rows.get::<Order>(&order_key(&delivery.no))? else {
        return Ok(writes.then(Next::Idle));
    };
    let (Some(verdict), Some(mut state)) = (order.verdict.clone(), order.delivery.clone()) else {
        return Ok(writes.then(Next::Idle));
    };
    if state.delivered.is_some() {
        return Ok(writes.then(Next::Idle));
    }
    if let Some(pause) = pause_after(delivery.attempt) {
        let later = context.now.plus_millis(pause.saturating_mul(1_000));
        let next = delivery.attempt.saturating_add(1);
        writes.schedule_attempt(later.unix_millis(), Work::Deliver(&delivery.no), next);
    }
    let caller = &delivery.caller;
    let url = settings
        .caller(caller)
        .and_then(|caller| caller.webhook_url.as_ref());
    let Some(url) = url else {
        // Other instances may have it. A caller that was revoked costs the attempts of one delivery.
        return Ok(writes.then(Next::Idle));
    };
    state.attempts = state.attempts.saturating_add(1);
    order.delivery = Some(state);
    writes.put(order_key(&delivery.no), &order);
    // A number can be reused, and two callers can use the same one.
    let event = [
        caller,
        delivery.no.as_str(),
        order.certify_id().unwrap_or_default(),
    ]
    .join("/");
    let id = derive(&settings.secret, "webhook-id", &event);
    let id = format!("msg_{}", hex::encode(id.get(..12).unwrap_or_default()));
    let numbers = settings.caller(caller).map(|caller| &caller.webhook_keys);
    let keys: Vec<_> = numbers
        .into_iter()
        .flatten()
        .map(|number| webhook_key(&settings.secret, caller, *number))
        .collect();
    let mut request = signed(
        url,
        &id,
        &keys,
        &body(&delivery.no, &order, &verdict),
        context.now,
    );
    let mark = settings.mode.mark();
    let mark = mark.map(|(name, value)| (name, value.into()));
    request.headers.extend(mark);
    Ok(writes.then(Next::Send {
        action: None,
        request,
        timeout_millis: TIMEOUT_MILLIS,
        share: None,
        yields: false,
        then: Task::Delivered(delivery),
    }))
}

/// The event that a delivery reports.
#[derive(Serialize)]
struct Event<'a> {
    #[serde(rename = "type")]
    kind: String,
    timestamp: String,
    data: EventData<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EventData<'a> {
    outer_order_no: &'a str,
    certify_id: Option<&'a str>,
    status: &'static str,
    sub_code: Option<&'a str>,
}

fn body(no: &str, order: &Order, verdict: &Verdict) -> String {
    let status = OrderStatus::from(verdict.decision).word();
    to_json(&Event {
        kind: format!("face-verification.{status}"),
        timestamp: Timestamp::from_unix_millis(verdict.at).to_string(),
        data: EventData {
            outer_order_no: no,
            certify_id: order.certify_id(),
            status,
            sub_code: verdict.sub_code.as_deref(),
        },
    })
}

fn signed(
    url: &str,
    id: &str,
    keys: &[impl AsRef<[u8]>],
    body: &str,
    now: Timestamp,
) -> OutgoingRequest {
    let seconds = now.unix_millis().div_euclid(1_000).to_string();
    let content = [id, &seconds, body].join(".");
    let signatures: Vec<String> = keys
        .iter()
        .map(|key| hmac_sha256(key.as_ref(), content.as_bytes()))
        .map(|mac| format!("v1,{}", STANDARD.encode(mac)))
        .collect();
    let headers = [
        ("content-type", "application/json"),
        ("webhook-id", id),
        ("webhook-timestamp", &seconds),
        ("webhook-signature", &signatures.join(" ")),
    ];
    OutgoingRequest {
        method: "POST",
        url: url.to_owned(),
        headers: headers
            .into_iter()
            .map(|(name, value)| (name, value.to_owned().into()))
            .collect(),
        body: Some(body.to_owned()),
        once: false,
    }
}

/// The rows of pending deliveries, for a host that counts them: their keys are in the half-open range, and match the
/// SQL pattern `like`. The time of each, in milliseconds, follows `from`.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct PendingDeliveries {
    from: &'static str,
    to: String,
    like: &'static str,
}

/// The range ends after the longest back-off of a delivery and of its receiver: later rows, which expire orders, are many.
pub fn pending_deliveries(now: Timestamp) -> PendingDeliveries {
    let longest = PAUSES.into_iter().max().unwrap_or_default();
    let until = now
        .plus_millis(longest.saturating_mul(1_000))
        .plus_millis(BACK_OFF_MAX_MILLIS);
    PendingDeliveries {
        from: "due/",
        to: format!("due/{}", sortable(until.unix_millis())),
        like: DELIVERIES,
    }
}

fn is_undelivered(order: &Order) -> bool {
    let state = order.delivery.as_ref();
    state.is_some_and(|state| state.delivered.is_none())
}

/// Processes the receiver's response.
pub(super) fn settle(
    delivery: &Delivery,
    send_outcome: Option<SendOutcome>,
    rows: &Rows,
    context: &Context,
) -> Result<LedgerStep, Interrupt> {
    let mut writes = Writes::default();
    let key = order_key(&delivery.no);
    rows.expect([key.clone(), RECEIVER.to_owned()])?;
    let order = rows.get::<Order>(&key)?;
    let receiver: Option<Receiver> = writes.readable(rows.get(RECEIVER))?.flatten();
    match (&send_outcome, receiver) {
        // The receiver is tested again with one of the pending deliveries.
        (Some(SendOutcome::Outcome(Outcome::Lost(Loss::TimedOut))), receiver)
            if order.as_ref().is_some_and(is_undelivered) =>
        {
            let receiver = receiver.unwrap_or_default();
            let waits = receiver.timed_out(context.now.unix_millis());
            writes.put(RECEIVER.to_owned(), &waits);
        }
        (Some(SendOutcome::Outcome(Outcome::Answered(_))), Some(_)) => {
            writes.delete(RECEIVER.to_owned());
        }
        _ => {}
    }
    if let Some(mut order) = order
        && let Some(mut state) = order.delivery.take()
    {
        state.last_status = match send_outcome {
            Some(SendOutcome::Outcome(Outcome::Answered(response))) => Some(response.status),
            _ => None,
        };
        if state
            .last_status
            .is_some_and(|status| (200..300).contains(&status))
        {
            state.delivered = Some(context.now.unix_millis());
        } else if state.delivered.is_none() && pause_after(delivery.attempt).is_none() {
            writes.undelivered = Some(Undelivered {
                status: state.last_status,
            });
        }
        order.delivery = Some(state);
        writes.put(key, &order);
    }
    Ok(writes.then(Next::Idle))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pending_deliveries_are_due_within_25_hours() {
        let pending = pending_deliveries(Timestamp::from_unix_millis(7));
        assert_eq!(pending.to, "due/000000090000007");
        for at in [0, 7, 86_400_007] {
            let key = Work::Deliver("no").key(at);
            assert!(key.as_str() >= pending.from && key < pending.to, "{key}");
        }
    }

    #[test]
    fn signs_as_the_specification_says() {
        // The example of the Standard Webhooks specification's reference libraries, with the key as
        // `webhook_secret` writes it after `whsec_`.
        let request = signed(
            "https://receiver.example/hook",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            &[STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap()],
            r#"{"test": 2432232314}"#,
            Timestamp::from_unix_millis(1_614_265_330_000),
        );
        let signature = crate::http::header(&request.headers, "webhook-signature");
        assert_eq!(
            signature,
            Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
        );
        // Signatures by several keys are separated by spaces.
        let keys = [[1; 32], [2; 32]];
        let request = signed("", "", &keys, "", Timestamp::from_unix_millis(0));
        let signatures = crate::http::header(&request.headers, "webhook-signature").unwrap();
        let expected: Vec<String> = keys
            .iter()
            .map(|key| signed("", "", &[key], "", Timestamp::from_unix_millis(0)))
            .map(|each| {
                crate::http::header(&each.headers, "webhook-signature")
                    .unwrap()
                    .to_owned()
            })
            .collect();
        assert_eq!(signatures, expected.join(" "));
        assert_ne!(expected[0], expected[1]);
    }
}
