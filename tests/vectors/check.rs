//! The checks of the vectors, shared by the native and the WebAssembly tests. Each returns the
//! number of cases that it checked.

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

/// Wycheproof's vectors for one MAC: a valid tag is a prefix of the MAC, an invalid one differs
/// from it.
fn wycheproof(file: &str, mac: impl Fn(&[u8], &[u8]) -> Vec<u8>) -> usize {
    let file: Value = serde_json::from_str(file).unwrap();
    let mut cases = 0;
    for group in file["testGroups"].as_array().unwrap() {
        let tag_bytes = group["tagSize"].as_u64().unwrap() as usize / 8;
        for case in group["tests"].as_array().unwrap() {
            let bytes = |name| from_hex(case[name].as_str().unwrap());
            let mut tag = mac(&bytes("key"), &bytes("msg"));
            tag.truncate(tag_bytes);
            let valid = match case["result"].as_str().unwrap() {
                "valid" => true,
                "invalid" => false,
                other => panic!("{other}"),
            };
            assert_eq!(tag == bytes("tag"), valid, "tcId {}", case["tcId"]);
            cases += 1;
        }
    }
    assert_eq!(file["numberOfTests"], cases);
    cases
}

fn from_hex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap() as u8;
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| digit(pair[0]) * 16 + digit(pair[1]))
        .collect()
}

pub fn hmac_sha1() -> usize {
    wycheproof(
        include_str!("wycheproof/hmac_sha1_test.json"),
        |key, message| rpc::hmac_sha1(key, message).to_vec(),
    )
}

pub fn hmac_sha256() -> usize {
    wycheproof(
        include_str!("wycheproof/hmac_sha256_test.json"),
        |key, message| acs3::hmac_sha256(key, message).to_vec(),
    )
}
