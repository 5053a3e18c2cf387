//! What ureq logs at the levels that the documentation recommends.

use crate::server::{Plan, Server};
use crate::verification::order;
use cloudauth_edge::{ClientOptions, Credentials, FaceVerifyClient, SignatureVersion};
use log::{Level, LevelFilter, Log, Metadata, Record};
use std::cell::RefCell;

const STARTED: &str =
    r#"{"Code":"200","ResultObject":{"CertifyId":"91707dc296d469ad38e4c5efa6a0f24b"}}"#;

thread_local! {
    /// ureq logs in the thread that calls it; other tests have threads of their own.
    static LINES: RefCell<String> = const { RefCell::new(String::new()) };
}

/// As with `RUST_LOG=trace,ureq=debug,ureq_proto=debug`.
struct Recommended;

impl Log for Recommended {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        !metadata.target().starts_with("ureq") || metadata.level() <= Level::Debug
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let line = format!("{} {}\n", record.target(), record.args());
            LINES.with_borrow_mut(|lines| lines.push_str(&line));
        }
    }

    fn flush(&self) {}
}

#[test]
fn ureq_logs_neither_personal_data_nor_secrets_at_debug() {
    log::set_logger(&Recommended).unwrap();
    log::set_max_level(LevelFilter::Trace);
    for version in [SignatureVersion::Rpc, SignatureVersion::Acs3] {
        let server = Server::start(&[Plan::Text(200, "application/json", STARTED)]);
        let options = ClientOptions::builder()
            .endpoint(server.endpoint())
            .signature_version(version);
        let key = Credentials::new("sandbox-key-id", "planted-secret");
        let key = key.with_security_token("planted-token");
        let client = FaceVerifyClient::new(options.build().unwrap(), key).unwrap();
        assert!(client.init_face_verify(order()).is_ok());
        let lines = LINES.take();
        for target in ["ureq::", "ureq_proto::"] {
            assert!(lines.contains(target), "{lines}");
        }
        for secret in [
            "planted",
            "11010519491231002X",
            "张三",
            "%E5%BC%A0%E4%B8%89",
            "zimVer",
            "91707dc2",
            "ignature=",
        ] {
            assert!(!lines.contains(secret), "{secret} in {lines}");
        }
    }
}
