//! docs/sandbox.md lists every outcome, error and demo key.

use cloudauth_edge::rpc_server::errors::ALL as API_GATEWAY_ERRORS;
use cloudauth_edge::sandbox::Config;
use cloudauth_edge::vendor::codes::{CODES, SUB_CODES, UsedBy};

const PAGE: &str = include_str!("../../docs/sandbox.md");

/// The cells of the only table row that starts with `first` and contains `mark`.
#[track_caller]
fn row(first: &str, mark: &str) -> Vec<&'static str> {
    let rows: Vec<Vec<&str>> = PAGE
        .lines()
        .filter(|line| line.contains(mark))
        .filter_map(|line| line.strip_prefix('|')?.strip_suffix('|'))
        .map(|line| line.split('|').map(str::trim).collect::<Vec<_>>())
        .filter(|cells| cells.first() == Some(&first))
        .collect();
    let [cells] = rows.as_slice() else {
        panic!("{} rows begin with {first} and have {mark}", rows.len());
    };
    cells.clone()
}

#[test]
fn every_code_and_sub_code_with_its_script() {
    for known in CODES {
        let cells = row(known.code, known.vendor_message);
        let script = |action: &str| format!("`sandbox{action}{}`", known.code);
        let (init, describe) = match known.used_by {
            UsedBy::Init => (script("init"), String::new()),
            UsedBy::Describe => (String::new(), script("describe")),
            UsedBy::Both => (script("init"), script("describe")),
        };
        assert_eq!(cells[1], known.vendor_message);
        assert_eq!(cells[2], init);
        assert_eq!(cells[3].trim_end_matches(" ²"), describe);
    }
    for known in SUB_CODES {
        let script = format!("`sandboxsub{}`", known.code);
        let passed = if known.passing { "T" } else { "F" };
        assert_eq!(
            row(known.code, &script),
            [known.code, known.vendor_message, passed, &script]
        );
    }
}

#[test]
fn every_error_of_the_gateway_and_every_demo_key() {
    for error in API_GATEWAY_ERRORS {
        assert!(
            PAGE.contains(&format!("`{}`", error.code)),
            "{}",
            error.code
        );
    }
    for key in &Config::default().accounts[0].keys {
        let cells = row(&format!("`{}`", key.access_key_id), "");
        assert_eq!(cells[1], format!("`{}`", key.access_key_secret.expose()));
    }
}

#[test]
fn the_client_sends_no_demo_key_to_alibaba_cloud() {
    use cloudauth_edge::client::options::{Options, RawCredentials};
    for key in &Config::default().accounts[0].keys {
        let error = Options::default()
            .check_credentials(RawCredentials {
                access_key_id: key.access_key_id.as_str().into(),
                access_key_secret: key.access_key_secret.expose().into(),
                ..RawCredentials::default()
            })
            .unwrap_err();
        let message = serde_json::to_string(&error).unwrap();
        assert!(
            message.contains("sandbox-key"),
            "{}: {message}",
            key.access_key_id
        );
    }
}
