//! Any JSON object as parameters: never panics, and whatever passes validation can be signed.

use cloudauth_edge::actions::{INIT_FACE_VERIFY, SigningContext, Value};
use cloudauth_edge::actions::{ValidationOptions, validate};
use cloudauth_edge::signing::SignatureVersion;
use cloudauth_edge::signing::encode::parse_form;
use cloudauth_edge::timestamp::Timestamp;
use cloudauth_edge::vendor::credentials::Credentials;
use cloudauth_edge::vendor::endpoint::{DEFAULT_ENDPOINT, Endpoint};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

pub fn run(bytes: &[u8]) {
    let Ok(members) = serde_json::from_slice::<BTreeMap<String, &RawValue>>(bytes) else {
        return;
    };
    let values = members
        .iter()
        .filter_map(|(name, value)| Some((name, Value::of_json(value.get())?)));
    let now = Timestamp::from_unix_millis(1_700_000_000_000);
    let mut options = ValidationOptions::new(now);
    options.allow_other_products = true;
    let Ok(request) = validate(&INIT_FACE_VERIFY, values, &options) else {
        return;
    };
    let endpoint = Endpoint::parse(DEFAULT_ENDPOINT).expect("the default is an endpoint");
    let credentials = Credentials::new("testid", "testsecret");
    let signed = |version| {
        request.sign(&SigningContext {
            endpoint: &endpoint,
            credentials: &credentials,
            version,
            nonce: "n",
            now,
        })
    };
    let form = signed(SignatureVersion::Rpc).body.expect("RPC has a body");
    let form = parse_form(form.as_bytes()).expect("what is sent reads back");
    for (parameter, value) in request.parameters() {
        assert!(
            form.iter()
                .any(|(name, sent)| name == parameter.name && sent == value)
        );
    }
    signed(SignatureVersion::Acs3);
}
