//! Every input results in a valid response, without a panic.

use crate::host::{FORM, Host, start};
use cloudauth_edge::http::IncomingRequest;
use proptest::prelude::*;

fn pieces() -> impl Strategy<Value = String> {
    let known = [
        "Action",
        "=",
        "&",
        "InitFaceVerify",
        "Version",
        "2019-03-07",
        "%",
        "%4",
        "%FF",
        "+",
        "张三",
        "SceneId",
        "9999999999999999999",
        "Format",
        "XML",
        "json",
        "Signature",
        "\u{0}",
        "sandboxsub",
        "CertNo",
        "AccessKeyId",
        "sandbox-key-id",
        "Timestamp",
        "2023-10-26T10:22:32Z",
        "/",
        "?",
        "{",
        "\"",
        "outcome",
    ];
    prop_oneof![
        prop::sample::select(known.to_vec()).prop_map(str::to_owned),
        ".{0,8}".prop_map(|text| text),
    ]
}

fn texts() -> impl Strategy<Value = String> {
    prop::collection::vec(pieces(), 0..12).prop_map(|parts| parts.concat())
}

fn headers() -> impl Strategy<Value = Vec<(String, String)>> {
    let name = prop::sample::select(vec![
        "content-type",
        "authorization",
        "host",
        "accept",
        "x-acs-action",
        "x-acs-version",
        "x-acs-date",
        "x-acs-signature-nonce",
        "x-acs-content-sha256",
        "x-acs-security-token",
    ]);
    let value = prop_oneof![
        Just(FORM.to_owned()),
        Just(
            "ACS3-HMAC-SHA256 Credential=sandbox-key-id,SignedHeaders=host,Signature=0".to_owned()
        ),
        texts(),
    ];
    prop::collection::vec((name.prop_map(str::to_owned), value), 0..6)
}

fn paths() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => Just("/".to_owned()),
        1 => Just("/_sandbox/verifications/x/submit".to_owned()),
        1 => Just("/_sandbox/faults".to_owned()),
        1 => Just("/_sandbox/clock".to_owned()),
        1 => texts().prop_map(|rest| format!("/_sandbox/pictures/verify/{rest}")),
        1 => texts().prop_map(|rest| format!("/{rest}")),
    ]
}

proptest! {
    #[test]
    fn any_request_gets_an_answer(
        method in prop::sample::select(vec!["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", ""]),
        path in paths(),
        query in texts(),
        headers in headers(),
        body in prop_oneof![texts().prop_map(String::into_bytes), prop::collection::vec(any::<u8>(), 0..64)],
    ) {
        let mut host = Host::new();
        let request = IncomingRequest { method: method.to_owned(), path, query, headers, body };
        let answer = host.send(request);
        prop_assert_eq!(answer.header("x-cloudauth-sandbox"), Some("1"));
        prop_assert!((200..600).contains(&answer.status()));
        prop_assert_eq!(host.init(start()).code(), "200");
    }

    #[test]
    fn any_clock_gets_an_answer(now in any::<i64>()) {
        let mut host = Host::new();
        host.now = now;
        prop_assert!(host.control("GET", "state", "").status() == 200);
        host.init(start());
    }

    #[test]
    fn stored_rows_of_any_form_get_an_answer(row in ".{0,40}") {
        let mut host = Host::new();
        let certify_id = host.started();
        for stored in host.rows.values_mut() {
            stored.clone_from(&row);
        }
        host.rows.insert("faults".to_owned(), row.clone());
        host.rows.insert("clock".to_owned(), row);
        host.describe(&certify_id);
        host.submit(&certify_id, "passed");
    }
}
