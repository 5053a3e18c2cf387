//! `Debug` prints neither personal data nor secrets.
#![cfg(all(
    not(target_arch = "wasm32"),
    feature = "gateway",
    feature = "lab",
    feature = "sandbox"
))]
#![allow(clippy::unwrap_used)]

use cloudauth_edge::client::thrown::Thrown;
use cloudauth_edge::identity::cert_no::Documents;
use cloudauth_edge::json::read::members;
use cloudauth_edge::json::write::Object;
use cloudauth_edge::lab::{answer, cert_no_parts, examination, list, outgoing, reading};
use cloudauth_edge::rpc_server::envelope::Envelope;
use cloudauth_edge::rpc_server::errors;
use cloudauth_edge::sandbox::{Callback, Event, Input, Write};
use cloudauth_edge::signing::acs3::Canonical;
use cloudauth_edge::{SignatureVersion, Timestamp, actions};
use std::fmt::Debug;

/// Part of every value below; the number of the test data is the only one with a valid check digit.
const CANARY: &str = "canary";
const NUMBER: &str = "11010519491231002X";

#[track_caller]
fn prints_nothing(value: &dyn Debug) {
    for printed in [format!("{value:?}"), format!("{value:#?}")] {
        for secret in [CANARY, NUMBER, "19491231"] {
            assert!(!printed.contains(secret), "{printed}");
        }
    }
}

#[test]
fn the_messages_of_both_protocols_are_not_printed() {
    let refusal = errors::SIGNATURE_DOES_NOT_MATCH.quoting(CANARY, "");
    prints_nothing(&Envelope::api_gateway(&refusal, CANARY, CANARY));
    prints_nothing(&refusal);
    let object = Object::new().with("CertName", CANARY);
    prints_nothing(&Envelope::success(&actions::INIT_FACE_VERIFY, &object));
    prints_nothing(&object);
    prints_nothing(&members(r#"{"canary":"canary"}"#));
    prints_nothing(&Thrown {
        name: "TypeError",
        code: "",
        message: CANARY,
    });
    prints_nothing(&Canonical {
        method: "POST",
        uri: "/",
        query: CANARY,
        headers: &[("x-acs-security-token", CANARY)],
        payload_hash: "",
    });
}

#[test]
fn the_laboratory_prints_no_input() {
    let now = Timestamp::from_unix_millis(1_698_315_752_000);
    let server = format!("POST&%2F&CertName%3D{CANARY}%26Version%3D2019-03-07");
    let answer = format!(
        r#"{{"Code":"SignatureDoesNotMatch","Message":"server string to sign is:{server}"}}"#
    );
    let request = "POST / HTTP/1.1\nhost: a\nx-acs-security-token: canary\n\nCertName=canary1";
    let reading = reading::read(request).unwrap();
    prints_nothing(&reading);
    prints_nothing(&reading.parameters);
    prints_nothing(&answer::read(&answer));
    for scheme in [SignatureVersion::Rpc, SignatureVersion::Acs3] {
        let examined = examination::examine(
            &examination::Subject {
                request,
                scheme: Some(scheme),
                method: None,
                secret: CANARY,
                answer: &answer,
                gbk: "",
            },
            now,
        )
        .unwrap();
        prints_nothing(&examined);
        prints_nothing(&examined.stages);
        prints_nothing(&examined.comparison.unwrap());
    }
    let today = now.shanghai_date();
    prints_nothing(&cert_no_parts::parts(NUMBER, Documents::All, today));
    let layout = list::layout(&format!("姓名,身份证号\n张三,{NUMBER}\n"));
    prints_nothing(&list::check(
        &layout.columns,
        &format!("张三,{NUMBER}\n"),
        list::Place::default(),
        true,
        Documents::All,
        today,
    ));
    let values = ["outerOrderNo", CANARY, "certName", CANARY].map(ToOwned::to_owned);
    prints_nothing(&outgoing::preview(
        &outgoing::Draft {
            action: "InitFaceVerify",
            values: &values,
            endpoint: None,
            scheme: SignatureVersion::Acs3,
            key: Some((CANARY, CANARY)),
        },
        CANARY,
        now,
    ));
}

#[test]
fn the_sandbox_prints_no_rows_and_no_addresses_of_callbacks() {
    prints_nothing(&Callback {
        certify_id: String::new(),
        url: format!("https://example.com/?callbackToken={CANARY}"),
        delay_millis: 0,
    });
    prints_nothing(&Write::Put {
        key: String::new(),
        value: CANARY.to_owned(),
        expires_at: None,
    });
    let event = serde_json::json!({"callbackAnswered": {"certifyId": "", "status": null}});
    prints_nothing(&Input {
        event: serde_json::from_value::<Event>(event).unwrap(),
        rows: vec![(String::new(), Some(CANARY.to_owned()))],
        lists: Vec::new(),
        now: 0,
        origin: String::new(),
    });
}
