//! Any responses of a webhook's receiver, separated by NUL: a message, `late` or `lost`. Each attempt has the same
//! verdict and is signed; a delivery ends with a response 2xx or after the last attempt, and nothing is left behind.

use super::host::{Host, json_answer, request, start, variables};
use super::message;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cloudauth_edge::client::call::{Loss, Outcome};
use cloudauth_edge::gateway::derived::webhook_secret;
use cloudauth_edge::gateway::settings::Settings;
use cloudauth_edge::http::{OutgoingRequest, header};
use cloudauth_edge::signing::acs3::hex_sha256;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

const NO: &str = "e0c34a77f5ac40a5aa5e6ed20c000001";
const TOKEN: &str = "a token";
const RECEIVER: &str = "http://127.0.0.1:9999/verdicts";
/// The attempts of one delivery: the first, and one after each pause.
const ATTEMPTS_MAX: usize = 10;
const ALARMS_MAX: usize = 100;

pub fn run(bytes: &[u8]) {
    let mut host = decided();
    let mut answers = bytes.split(|byte| *byte == 0).map(outcome);
    let mut delivered = false;
    for _ in 0..ALARMS_MAX {
        let Some(at) = report_at(&host) else {
            break;
        };
        host.now = host.now.max(at);
        host.alarm("shop", &mut |sent| {
            assert_eq!(sent.url, RECEIVER);
            assert!(!delivered, "a delivery that succeeded is repeated");
            let outcome = answers
                .next()
                .unwrap_or(Outcome::Lost(Loss::ConnectionFailed { code: None }));
            delivered |=
                matches!(&outcome, Outcome::Answered(one) if (200..300).contains(&one.status));
            outcome
        });
    }
    assert_eq!(report_at(&host), None, "the delivery does not end");
    let sent: Vec<&OutgoingRequest> = host.sent.iter().filter(|one| one.url == RECEIVER).collect();
    assert!(
        (1..=ATTEMPTS_MAX).contains(&sent.len()),
        "{} attempts",
        sent.len()
    );
    check_signatures(&host, &sent);
    let order = &host.rows["shop"][&format!("order/{NO}")];
    let order: Value = serde_json::from_str(order).expect("it is JSON");
    assert_eq!(order["verdict"]["decision"], "passed");
    assert_eq!(order["delivery"].get("delivered").is_some(), delivered);
    assert_eq!(order["delivery"]["attempts"], sent.len());
}

/// A ledger with a verdict that has not been delivered.
fn decided() -> Host {
    let callers = json!([{
        "id": "shop",
        "tokenSha256": [hex_sha256(TOKEN.as_bytes())],
        "webhookUrl": RECEIVER,
    }]);
    let mut host = Host::new(variables(&[
        ("GATEWAY_MODE", "development"),
        ("GATEWAY_CALLERS", &callers.to_string()),
    ]));
    let started = json!({"Code": "200", "ResultObject": {"CertifyId": "certify1"}});
    let passed = json!({"Code": "200", "ResultObject": {"Passed": "T", "SubCode": "200"}});
    let route = "/v1/face-verifications";
    host.handle(start(TOKEN, route, NO), &mut |_| json_answer(200, &started));
    let bearer = format!("Bearer {TOKEN}");
    let read = request(
        "GET",
        &format!("{route}/{NO}"),
        &[("authorization", &bearer)],
        b"",
    );
    let (_, reply) = host.handle(read, &mut |_| json_answer(200, &passed));
    assert_eq!(reply.outcome, "passed");
    host
}

fn outcome(bytes: &[u8]) -> Outcome {
    match bytes {
        b"late" => Outcome::Lost(Loss::TimedOut),
        b"lost" => Outcome::Lost(Loss::ConnectionFailed { code: None }),
        _ => Outcome::Answered(message::response(bytes)),
    }
}

/// When the next attempt is due.
fn report_at(host: &Host) -> Option<i64> {
    let key = host.rows["shop"]
        .keys()
        .find(|key| key.contains("/deliver/"))?;
    key.split('/').nth(1)?.parse().ok()
}

/// Checks each attempt as a receiver does, by the specification of Standard Webhooks.
fn check_signatures(host: &Host, sent: &[&OutgoingRequest]) {
    let settings = Settings::read(&host.variables).expect("the settings are valid");
    let secret = webhook_secret(&settings.secret, "shop", 1);
    let key = secret.expose().strip_prefix("whsec_").expect("the prefix");
    let key = STANDARD.decode(key).expect("Base64");
    let value = |request: &OutgoingRequest, name: &str| {
        header(&request.headers, name)
            .map(str::to_owned)
            .expect("the header")
    };
    for request in sent {
        assert_eq!(request.body, sent[0].body, "the event changed");
        let id = value(request, "webhook-id");
        assert_eq!(id, value(sent[0], "webhook-id"), "the id changed");
        let timestamp = value(request, "webhook-timestamp");
        let body = request.body.as_deref().unwrap_or_default();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("any key");
        mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
        let signature = STANDARD.encode(mac.finalize().into_bytes());
        assert_eq!(
            value(request, "webhook-signature"),
            format!("v1,{signature}")
        );
    }
}
