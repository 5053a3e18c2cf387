//! Any settings, one `NAME=value` a line: never panics; no error contains a secret; each mode accepts only its own
//! endpoints, and only development accepts its credentials.

use cloudauth_edge::gateway::callers::{by_access_key_id, by_token};
use cloudauth_edge::gateway::settings::{Mode, Settings, Variables};
use cloudauth_edge::vendor::endpoint::Endpoint;

/// Put before the values of secrets.
const MARK: &str = "marked-secret-";
const SECRETS: [&str; 4] = [
    "GATEWAY_SECRET",
    "CLOUDAUTH_ACCESS_KEY_SECRET",
    "CLOUDAUTH_SECURITY_TOKEN",
    "GATEWAY_KEY_",
];

pub fn run(bytes: &[u8]) {
    let Ok(text) = core::str::from_utf8(bytes) else {
        return;
    };
    if text.contains(MARK) {
        return;
    }
    let mut given = Variables::new();
    let mut marked = Variables::new();
    for (name, value) in text.lines().filter_map(|line| line.split_once('=')) {
        let is_secret = SECRETS.iter().any(|secret| name.starts_with(secret));
        let mark = if is_secret { MARK } else { "" };
        given.push((name.to_owned(), value.to_owned()));
        marked.push((name.to_owned(), format!("{mark}{value}")));
    }
    check(&given);
    check(&marked);
}

fn check(variables: &Variables) {
    match Settings::read(variables) {
        Ok(settings) => {
            let shown = format!("{settings:?}");
            assert!(!shown.contains(MARK), "Debug shows a secret");
            assert!(!settings.options.endpoints().is_empty());
            assert!(settings.retention_millis > 0 && settings.certify_id_valid_millis > 0);
            let endpoints = settings.options.endpoints();
            match settings.mode {
                Mode::Development => {
                    assert!(endpoints.iter().all(Endpoint::is_loopback));
                    assert!(!settings.serves("gateway.example.com"));
                    return;
                }
                Mode::Staging => assert!(!endpoints.iter().any(Endpoint::is_vendor)),
                Mode::Production => assert!(endpoints.iter().all(Endpoint::is_vendor)),
            }
            assert!(by_token(&settings.callers, "dev-token").is_none());
            assert!(by_access_key_id(&settings.callers, "dev-key-id").is_none());
        }
        Err(problems) => {
            assert!(!problems.is_empty());
            for problem in problems {
                assert!(!problem.field.is_empty() && !problem.rule.is_empty());
                for text in [&problem.message.zh, &problem.message.en] {
                    assert!(!text.is_empty());
                    // A name can contain anything; a value is never quoted.
                    let quotes = text.contains(MARK) && !problem.field.contains(MARK);
                    assert!(!quotes, "{} quotes a secret", problem.field);
                }
            }
        }
    }
}
