//! Any request to the REST routes, with any method, target, headers and body, and once more with a valid token.

use super::host::{Host, check_row, json_answer, variables};
use super::{message, replies};
use cloudauth_edge::client::call::Outcome;
use cloudauth_edge::gateway::arrival::{Arrival, HostAction};
use cloudauth_edge::gateway::router::route;
use cloudauth_edge::gateway::settings::CheckedSettings;
use cloudauth_edge::http::{IncomingRequest, OutgoingRequest, header};
use cloudauth_edge::timestamp::Timestamp;
use serde_json::json;

pub fn run(bytes: &[u8]) {
    let given = message::request(bytes);
    let mut host = Host::new(variables(&[("GATEWAY_MODE", "development")]));
    unread(&host, &given);
    let mut with_token = given.clone();
    with_token
        .headers
        .retain(|(name, _)| name != "authorization");
    let token = ("authorization".to_owned(), "Bearer dev-token".to_owned());
    with_token.headers.push(token);
    // Twice with the token: a repeated start returns the same CertifyId.
    let mut certify_ids = Vec::new();
    for request in [given, with_token.clone(), with_token] {
        let is_start = request.path == "/v1/face-verifications" && request.method == "POST";
        let (routed, reply) = host.handle(request, &mut upstream);
        replies::check(&routed, &reply);
        assert_ne!(reply.status, 500, "{}", reply.outcome);
        if is_start && reply.status < 300 {
            let body: serde_json::Value = serde_json::from_str(&reply.body).expect("it is JSON");
            certify_ids.push(body["certifyId"].clone());
        }
    }
    certify_ids.dedup();
    assert!(certify_ids.len() <= 1, "{certify_ids:?}");
    for (key, value) in host
        .written
        .iter()
        .filter_map(|(k, v)| Some((k, v.as_ref()?)))
    {
        check_row(None, key, value);
    }
}

/// Without its body, an unauthenticated request is rejected, and its body is not read.
fn unread(host: &Host, request: &IncomingRequest) {
    let arrival = Arrival {
        request: IncomingRequest {
            body: Vec::new(),
            ..request.clone()
        },
        body_read: false,
        host: host.name.to_owned(),
        fresh_id: "f".repeat(32),
    };
    let routed = route(
        &CheckedSettings::read(&host.variables),
        &arrival,
        Timestamp::from_unix_millis(host.now),
    );
    if let HostAction::ReadBody { .. } = routed.then
        && request.path != "/"
        && !request.path.starts_with("/v1/callbacks/")
    {
        let authorization = header(&request.headers, "authorization").unwrap_or_default();
        assert!(authorization.ends_with("dev-token"));
    }
}

/// Alibaba Cloud, which starts everything and passes everyone.
fn upstream(request: &OutgoingRequest) -> Outcome {
    let body = request.body.as_deref().unwrap_or_default();
    let result = if body.contains("Action=InitFaceVerify") {
        json!({"CertifyId": format!("certify{}", body.len())})
    } else {
        json!({"Passed": "T", "SubCode": "200"})
    };
    json_answer(
        200,
        &json!({"Code": "200", "RequestId": "r", "ResultObject": result}),
    )
}
