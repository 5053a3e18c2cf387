//! Any request in Alibaba Cloud's RPC protocol, and the differential target of its verification. Where the input has
//! `Signature=*`, an independent signer puts the signature: the gateway must accept it. Every other request that the
//! gateway accepts must have the signature that the independent signer computes.

use super::host::{Host, json_answer, variables};
use super::{independent, message, replies};
use cloudauth_edge::client::call::Outcome;
use cloudauth_edge::http::{IncomingRequest, header};
use serde_json::json;

const SECRET: &str = "dev-key-secret";
/// Where the independent signer puts a signature or a hash.
const PLACE: &str = "Signature=*";

/// The signature of this request by the independent signer.
fn expected(request: &IncomingRequest) -> Option<String> {
    match header(&request.headers, "authorization") {
        Some(authorization) => independent::acs3_signature(
            (&request.method, &request.path, &request.query),
            &request.headers,
            &independent::member(authorization, "SignedHeaders")?.to_ascii_lowercase(),
            &request.body,
            SECRET,
        ),
        None => Some(independent::rpc_signature(
            &request.method,
            pairs(request),
            SECRET,
        )),
    }
}

fn pairs(request: &IncomingRequest) -> Vec<(String, String)> {
    let mut pairs = independent::form(request.query.as_bytes());
    pairs.extend(independent::form(&request.body));
    pairs
}

/// The signature that the request has.
fn presented(request: &IncomingRequest) -> Option<String> {
    match header(&request.headers, "authorization") {
        Some(authorization) => independent::member(authorization, "Signature").map(str::to_owned),
        None => {
            let found = pairs(request)
                .into_iter()
                .find(|(name, _)| name == "Signature");
            found.map(|(_, signature)| signature)
        }
    }
}

/// Puts the signature where the input asks for one.
fn sign(request: &mut IncomingRequest) -> bool {
    if let Some((_, hash)) = request
        .headers
        .iter_mut()
        .find(|(name, hash)| name == "x-acs-content-sha256" && hash == "*")
    {
        *hash = independent::sha256(&request.body);
    }
    let Some(signature) = expected(request) else {
        return false;
    };
    if let Some((_, authorization)) = request
        .headers
        .iter_mut()
        .find(|(name, _)| name == "authorization")
    {
        let before = authorization.clone();
        *authorization = before.replace(PLACE, &format!("Signature={signature}"));
        return *authorization != before;
    }
    let signed = format!("Signature={}", independent::encode(&signature));
    if request.query.contains(PLACE) {
        request.query = request.query.replacen(PLACE, &signed, 1);
        return true;
    }
    let Ok(body) = String::from_utf8(request.body.clone()) else {
        return false;
    };
    request.body = body.replacen(PLACE, &signed, 1).into_bytes();
    body.contains(PLACE)
}

pub fn run(bytes: &[u8]) {
    let mut request = message::request(bytes);
    request.path = "/".to_owned();
    let signs = sign(&mut request);
    let mut host = Host::new(variables(&[("GATEWAY_MODE", "development")]));
    let (routed, reply) = host.handle(request.clone(), &mut |sent| upstream(sent.body.as_deref()));
    replies::check(&routed, &reply);
    assert_ne!(reply.status, 500, "{}", reply.outcome);
    if signs && presented(&request) == expected(&request) {
        assert_ne!(reply.outcome, "SignatureDoesNotMatch");
    }
    if routed.caller.is_some() && routed.route == "rpc" {
        assert_eq!(
            presented(&request),
            expected(&request),
            "an accepted signature"
        );
    }
}

fn upstream(body: Option<&str>) -> Outcome {
    let starts = body.is_some_and(|body| body.contains("Action=InitFaceVerify"));
    let result = if starts {
        json!({"CertifyId": "certify1"})
    } else {
        json!({"Passed": "F", "SubCode": "205"})
    };
    json_answer(
        200,
        &json!({"Code": "200", "RequestId": "r", "ResultObject": result}),
    )
}
