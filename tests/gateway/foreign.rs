//! Another caller's order is indistinguishable from an unknown one: status, headers and body, for
//! every request and every status.

use crate::host::{Host, NOW, json_answer, request, signed, variables};
use cloudauth_edge::client::call::{Loss, Outcome};
use cloudauth_edge::gateway::arrival::Routed;
use cloudauth_edge::gateway::reply::Reply;
use cloudauth_edge::http::{IncomingRequest, OutgoingRequest};
use cloudauth_edge::signing::acs3::hex_sha256;
use serde_json::{Value, json};

const CALLERS: [&str; 3] = ["bank", "shop", "game"];
const ORDER_STATUSES: [&str; 6] = [
    "pending", "passed", "rejected", "expired", "unknown", "refused",
];
const ROUTE: &str = "/v1/face-verifications";

fn host() -> Host {
    let callers: Vec<Value> = CALLERS
        .iter()
        .map(|id| {
            json!({
                "id": id,
                "tokenSha256": [hex_sha256(id.as_bytes())],
                "keyPairs": [{"accessKeyId": format!("gwk-{id}-1"), "secretSetting": "GATEWAY_KEY_ALL"}],
                "scopes": ["create", "read", "read:material"],
            })
        })
        .collect();
    Host::new(variables(&[
        ("GATEWAY_MODE", "development"),
        ("GATEWAY_CALLERS", &json!(callers).to_string()),
        ("GATEWAY_KEY_ALL", "a-secret-of-all-callers"),
        ("GATEWAY_PUBLIC_URL", "https://gateway.example"),
    ]))
}

/// The number of the order that the caller has with this status.
fn number(caller: usize, order_status: usize) -> String {
    format!("e0c34a77f5ac40a5aa5e6ed20c{caller:03}{order_status:03}")
}

fn with_token(caller: usize, method: &str, target: &str, more: &[(&str, &str)]) -> IncomingRequest {
    let bearer = format!("Bearer {}", CALLERS[caller]);
    let mut headers = vec![
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
    ];
    headers.extend_from_slice(more);
    request(method, target, &headers, b"")
}

fn creation(caller: usize, no: &str) -> IncomingRequest {
    let body = json!({
        "outerOrderNo": no,
        "certName": "张三",
        "certNo": "11010519491231002X",
        "metaInfo": "{\"zimVer\":\"3.0.0\"}",
    });
    IncomingRequest {
        body: serde_json::to_vec(&body).unwrap(),
        ..with_token(caller, "POST", ROUTE, &[])
    }
}

/// Creates an order in every status for every caller.
fn populated() -> Host {
    let mut host = host();
    for caller in 0..CALLERS.len() {
        for (at, order_status) in ORDER_STATUSES.iter().enumerate() {
            let no = number(caller, at);
            let (certify_id, read) = (format!("certify-{no}"), format!("{ROUTE}/{no}"));
            let mut starts = |_: &OutgoingRequest| match *order_status {
                "unknown" => Outcome::Lost(Loss::TimedOut),
                "refused" => json_answer(200, &json!({"Code": "412"})),
                _ => json_answer(
                    200,
                    &json!({"Code": "200", "ResultObject": {"CertifyId": certify_id}}),
                ),
            };
            host.now = NOW;
            host.handle(creation(caller, &no), &mut starts);
            let upstream_body = match *order_status {
                "passed" => {
                    json!({"Code": "200", "ResultObject": {"Passed": "T", "SubCode": "200"}})
                }
                "rejected" => {
                    json!({"Code": "200", "ResultObject": {"Passed": "F", "SubCode": "205"}})
                }
                _ => json!({"Code": "424"}),
            };
            if *order_status == "expired" {
                host.now += 60 * 60_000;
            }
            let asked = with_token(caller, "GET", &read, &[]);
            let (_, reply) = host.handle(asked, &mut |_| json_answer(200, &upstream_body));
            let body: Value = serde_json::from_str(&reply.body).unwrap();
            let stands = body["status"].as_str().or(body["code"].as_str());
            let expected = match *order_status {
                "unknown" => "start-outcome-unknown",
                "refused" => "unknown-order",
                known => known,
            };
            assert_eq!(stands, Some(expected));
        }
    }
    host.now = NOW;
    host
}

/// Every request about an order: by its number, by its CertifyId or by its position in a list.
fn questions(
    caller: usize,
    owner: &str,
    no: &str,
    certify_id: &str,
    tag: &str,
) -> Vec<IncomingRequest> {
    let mut all = Vec::new();
    for method in ["GET", "HEAD", "DELETE", "OPTIONS"] {
        for target in [
            "",
            "?material=true",
            "?material=false",
            "?material=x",
            "/photo",
        ] {
            for header in [
                ("accept", "*/*"),
                ("accept-language", "zh"),
                ("prefer", "wait=5"),
                ("if-none-match", "*"),
            ] {
                let target = format!("{ROUTE}/{no}{target}");
                all.push(with_token(caller, method, &target, &[header]));
            }
        }
    }
    for target in [
        format!("{ROUTE}?cursor={}-{no}", NOW + 1),
        format!("/v1/callbacks/{owner}/{no}/{}", "0".repeat(32)),
    ] {
        all.push(with_token(caller, "GET", &target, &[]));
    }
    let parameters = [
        ("Action", "DescribeFaceVerify"),
        ("CertifyId", certify_id),
        // Not one of the action's parameters; makes every signature different.
        ("RegionId", tag),
    ];
    let key = format!("gwk-{}-1", CALLERS[caller]);
    all.push(signed(&key, "a-secret-of-all-callers", &parameters));
    all
}

type Observed = (u16, Vec<(String, String)>, String, [Option<String>; 3]);

fn observed(host: &mut Host, asked: IncomingRequest) -> Observed {
    let mut nothing = |_: &OutgoingRequest| panic!("Alibaba Cloud was asked about it");
    let (Routed { headers, .. }, reply) = host.handle(asked, &mut nothing);
    let Reply {
        status,
        headers: own,
        body,
        outcome,
        vendor_code,
        vendor_request_id,
    } = reply;
    let logged = [Some(outcome), vendor_code, vendor_request_id];
    (status, [own, headers].concat(), body, logged)
}

#[test]
fn a_foreign_order_answers_as_an_unknown_one() {
    let mut host = populated();
    let mut compared = 0;
    let unknown_no = "e0c34a77f5ac40a5aa5e6ed20cffffff";
    for (owner, of) in CALLERS.into_iter().enumerate() {
        for order_status in 0..ORDER_STATUSES.len() {
            let no = number(owner, order_status);
            let rows = host.rows[of].clone();
            for caller in (0..CALLERS.len()).filter(|caller| *caller != owner) {
                let id = format!("certify-{no}");
                let foreign = questions(caller, of, &no, &id, &no);
                let unknown = questions(caller, of, unknown_no, "certify-none", &id);
                for (about_foreign, about_unknown) in foreign.into_iter().zip(unknown) {
                    let what = format!("{} {}", about_foreign.method, about_foreign.path);
                    let answers = (
                        observed(&mut host, about_foreign),
                        observed(&mut host, about_unknown),
                    );
                    assert_eq!(answers.0, answers.1, "{what}");
                    compared += 1;
                }
            }
            assert_eq!(host.rows[of], rows, "the owner's own are untouched");
        }
    }
    assert_eq!(compared, 3 * 2 * 6 * (4 * 5 * 4 + 2 + 1));
}

#[test]
fn a_number_that_another_caller_used_is_free() {
    let mut host = populated();
    let no = number(0, 1);
    let before = host.rows[CALLERS[0]].clone();
    let mut starts = |_: &OutgoingRequest| {
        json_answer(
            200,
            &json!({"Code": "200", "ResultObject": {"CertifyId": "certify-own"}}),
        )
    };
    let (_, reply) = host.handle(creation(1, &no), &mut starts);
    assert_eq!(reply.status, 201);
    assert_eq!(host.rows[CALLERS[0]], before);
}
