//! The checks of the vectors, shared by the native and the WebAssembly tests. Each gives the
//! number of cases it checked.

use cloudauth_edge::signing::{acs3, canonical::canonicalized_query, rpc};
use cloudauth_edge::vendor::credentials::Secret;
use serde_json::Value;

fn cases(file: &str) -> Vec<Value> {
    let mut file: Value = serde_json::from_str(file).unwrap();
    let Value::Array(cases) = file["cases"].take() else {
        panic!("no cases");
    };
    cases
}

fn text<'a>(case: &'a Value, name: &str) -> &'a str {
    case[name]
        .as_str()
        .unwrap_or_else(|| panic!("{name} of {}", case["id"]))
}

fn pairs(object: &Value) -> Vec<(String, String)> {
    let object = object.as_object().unwrap();
    object
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
        .collect()
}

pub fn rpc() -> usize {
    let cases = cases(include_str!("rpc-1.0.json"));
    for case in &cases {
        let id = &case["id"];
        let query = canonicalized_query(&pairs(&case["parameters"]));
        assert_eq!(
            query,
            text(case, "canonicalizedQuery"),
            "canonicalized query of {id}"
        );
        let string_to_sign = rpc::string_to_sign(text(case, "method"), &query);
        assert_eq!(
            string_to_sign,
            text(case, "stringToSign"),
            "string to sign of {id}"
        );
        let secret = Secret::new(text(case, "accessKeySecret"));
        assert_eq!(
            rpc::signature(&secret, &string_to_sign),
            text(case, "signature"),
            "signature of {id}"
        );
    }
    cases.len()
}

pub fn acs3() -> usize {
    let cases = cases(include_str!("acs3-hmac-sha256.json"));
    for case in &cases {
        let id = &case["id"];
        let headers: Vec<(String, String)> =
            serde_json::from_value(case["headers"].clone()).unwrap();
        let query = pairs(&case["query"]);
        assert_eq!(
            canonicalized_query(&query),
            text(case, "canonicalizedQuery"),
            "canonicalized query of {id}"
        );
        let (request, signed_headers) = acs3::canonical_request(&acs3::Canonical {
            method: text(case, "method"),
            uri: text(case, "uri"),
            query: &canonicalized_query(&query),
            headers: &headers,
            payload_hash: text(case, "payloadHash"),
        });
        assert_eq!(
            request,
            text(case, "canonicalRequest"),
            "canonical request of {id}"
        );
        assert_eq!(
            signed_headers,
            text(case, "signedHeaders"),
            "signed headers of {id}"
        );
        assert_eq!(
            acs3::hex_sha256(request.as_bytes()),
            text(case, "hashedCanonicalRequest"),
            "hash of {id}"
        );
        let string_to_sign = acs3::string_to_sign(&request);
        assert_eq!(
            string_to_sign,
            text(case, "stringToSign"),
            "string to sign of {id}"
        );
        let secret = Secret::new(text(case, "accessKeySecret"));
        assert_eq!(
            acs3::signature(&secret, &string_to_sign),
            text(case, "signature"),
            "signature of {id}"
        );
    }
    cases.len()
}
