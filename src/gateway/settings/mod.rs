//! The gateway's settings: variables and secrets of the host, validated together.
//!
//! No combination of valid settings produces a deployment that is open to everyone or passes a
//! simulated verification off as a real one: `development` uses only loopback addresses, `staging`
//! calls only a sandbox and marks every response, `production` calls only Alibaba Cloud.

mod caller_lists;
mod check;
pub mod mode;
mod reader;

pub use mode::Mode;
pub use reader::{CALLER_LISTS, NAMES, Variables};

use super::callers::Caller;
use crate::client::options::Options;
use crate::error::FieldError;
use crate::http::first_value;
use crate::vendor::credentials::{Credentials, Secret};
use crate::vendor::endpoint::Endpoint;

/// Validated settings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What the gateway is for.
    pub mode: Mode,
    /// The options of calls to Alibaba Cloud.
    pub options: Options,
    /// The Alibaba Cloud AccessKey. Callers never see it.
    pub credentials: Credentials,
    /// The scene for requests without one.
    pub scene_id: String,
    /// The key for hashes of inputs and for secrets derived for callers.
    pub secret: Secret,
    /// The callers.
    pub callers: Vec<Caller>,
    /// Retention of an order, in milliseconds.
    pub retention_millis: i64,
    /// Validity of a CertifyId, in milliseconds.
    pub certify_id_valid_millis: i64,
    /// Alibaba Cloud's limit of calls per second for each action of the account.
    pub calls_per_second: i64,
    /// Web origins allowed by CORS; none by default.
    pub allowed_origins: Vec<String>,
    /// The gateway's public URL; without it, there are no callbacks.
    pub public_url: Option<String>,
    /// Whether the gateway streams photos, so that callers do not receive their URLs.
    pub stream_photos: bool,
}

/// The result of checking the settings. Mode and console apply even if other settings are invalid.
#[derive(Clone, Debug)]
pub struct CheckedSettings {
    /// What the gateway is for; `None` for an unknown word.
    pub mode: Option<Mode>,
    /// Whether the console is served.
    pub console: bool,
    /// All settings, or all their problems.
    pub settings: Result<Settings, Vec<FieldError>>,
}

impl CheckedSettings {
    /// Checks the settings.
    pub fn read(variables: &Variables) -> Self {
        Self {
            mode: Mode::of(variables),
            console: serves_console(variables),
            settings: Settings::read(variables),
        }
    }
}

fn serves_console(variables: &Variables) -> bool {
    matches!(
        first_value(variables, "GATEWAY_CONSOLE").map(String::as_str),
        None | Some("" | "on")
    )
}

impl Settings {
    /// Where to fetch the photo with this URL: on a host of Alibaba Cloud or, if verifications are simulated, at the
    /// sandbox that issued the CertifyId. `None` if the URL is on another host, or has no path.
    pub fn photo_url(&self, url: &str, issued_by: Option<&str>) -> Option<String> {
        if !self.mode.is_simulated() {
            return Endpoint::of_url(url)?.is_vendor().then(|| url.to_owned());
        }
        // The URL names the sandbox as browsers do, by its `--public-url`.
        let (_, rest) = url.split_once("://")?;
        let (_, path) = rest.split_once('/')?;
        let origins = || self.options.endpoints().iter().map(Endpoint::origin);
        let issuer = origins().find(|origin| Some(origin.as_str()) == issued_by);
        let origin = issuer.or_else(|| origins().next())?;
        Some(format!("{origin}/{path}"))
    }

    /// Whether requests to this host are served: in development, only those to the local machine.
    pub fn serves(&self, host: &str) -> bool {
        self.mode != Mode::Development
            || Endpoint::parse(host).is_ok_and(|endpoint| endpoint.is_loopback())
    }

    /// The caller with this ID.
    pub fn caller(&self, id: &str) -> Option<&Caller> {
        self.callers.iter().find(|caller| caller.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::check::DEVELOPMENT_SECRET;
    use super::*;
    use crate::gateway::callers;
    use crate::signing::acs3::hex_sha256;

    fn variables(pairs: &[(&str, &str)]) -> Variables {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    fn set(variables: &mut Variables, name: &str, value: &str) {
        variables.retain(|(known, _)| known != name);
        variables.push((name.to_owned(), value.to_owned()));
    }

    fn production() -> Variables {
        let callers = format!(
            r#"[{{"id":"shop","tokenSha256":["{}"],"keyPairs":[{{"accessKeyId":"gwk-shop-1"}}]}}]"#,
            hex_sha256(b"a token of the shop")
        );
        variables(&[
            (
                "CLOUDAUTH_ENDPOINTS",
                "cloudauth.cn-shanghai.aliyuncs.com,cloudauth.cn-beijing.aliyuncs.com",
            ),
            ("CLOUDAUTH_ACCESS_KEY_ID", "testid"),
            ("CLOUDAUTH_ACCESS_KEY_SECRET", "testsecret"),
            ("CLOUDAUTH_SCENE_ID", "1000000006"),
            ("GATEWAY_SECRET", "0123456789abcdef0123456789abcdef"),
            ("GATEWAY_CALLERS", &callers),
        ])
    }

    fn problems(variables: &Variables) -> Vec<(String, &'static str)> {
        Settings::read(variables)
            .unwrap_err()
            .into_iter()
            .map(|problem| (problem.field, problem.rule))
            .collect()
    }

    #[test]
    fn endpoints_have_defaults() {
        let mut default = production();
        set(&mut default, "CLOUDAUTH_ENDPOINTS", "");
        assert_eq!(
            Settings::read(&default).unwrap().options.endpoints,
            Settings::read(&production()).unwrap().options.endpoints
        );
        set(
            &mut default,
            "CLOUDAUTH_ENDPOINTS",
            "cloudauth.aliyuncs.com",
        );
        assert_ne!(
            Settings::read(&default).unwrap().options.endpoints,
            Settings::read(&production()).unwrap().options.endpoints
        );
    }

    #[test]
    fn development_needs_nothing_but_its_name() {
        let settings = Settings::read(&variables(&[("GATEWAY_MODE", "development")])).unwrap();
        assert_eq!(settings.mode, Mode::Development);
        assert!(settings.options.endpoints[0].is_loopback());
        assert_eq!(settings.callers[0].id, "dev");
    }

    #[test]
    fn production_says_all_that_is_missing() {
        assert_eq!(
            problems(&variables(&[])),
            [
                ("CLOUDAUTH_ACCESS_KEY_ID", "missing"),
                ("CLOUDAUTH_ACCESS_KEY_SECRET", "missing"),
                ("CLOUDAUTH_SCENE_ID", "missing"),
                ("GATEWAY_SECRET", "missing"),
                ("GATEWAY_CALLERS", "missing"),
            ]
            .map(|(name, rule)| (name.to_owned(), rule))
        );
        let settings = Settings::read(&production()).unwrap();
        assert_eq!(settings.mode, Mode::Production);
        assert_eq!(settings.options.endpoints.len(), 2);
    }

    fn staging(pairs: &[(&str, &str)]) -> Variables {
        let mut variables = production();
        variables.retain(|(name, _)| !name.starts_with("CLOUDAUTH_"));
        set(&mut variables, "GATEWAY_MODE", "staging");
        set(
            &mut variables,
            "CLOUDAUTH_ENDPOINTS",
            "https://sandbox.example.com",
        );
        for (name, value) in pairs {
            set(&mut variables, name, value);
        }
        variables
    }

    #[test]
    fn staging_serves_any_host_in_front_of_a_sandbox() {
        let settings = Settings::read(&staging(&[])).unwrap();
        assert_eq!(settings.mode, Mode::Staging);
        assert!(settings.serves("gateway.example.com"));
        assert_eq!(settings.callers[0].id, "shop");
        for endpoint in [
            "https://sandbox.example.com",
            "http://sandbox:8788",
            "http://10.0.0.7:8788",
            "http://127.0.0.1:8788",
        ] {
            let settings = Settings::read(&staging(&[
                ("CLOUDAUTH_ENDPOINTS", endpoint),
                ("CLOUDAUTH_ACCESS_KEY_ID", "sandbox-team-key-id"),
                ("CLOUDAUTH_ACCESS_KEY_SECRET", "the-secret-of-the-team"),
            ]));
            assert!(settings.is_ok(), "{endpoint} {settings:?}");
        }
    }

    #[test]
    fn staging_reaches_neither_the_vendor_nor_has_public_credentials() {
        let endpoints = "CLOUDAUTH_ENDPOINTS";
        let key_id = "CLOUDAUTH_ACCESS_KEY_ID";
        let dev_token = format!(
            r#"[{{"id":"shop","tokenSha256":["{}"]}}]"#,
            hex_sha256(callers::DEVELOPMENT_TOKEN.as_bytes())
        );
        for (name, value, rule) in [
            (
                endpoints,
                "cloudauth.cn-shanghai.aliyuncs.com",
                "the-vendor",
            ),
            (
                endpoints,
                "https://sandbox.example.com,cloudauth.aliyuncs.com",
                "the-vendor",
            ),
            (endpoints, "CLOUDAUTH.ALIYUNCS.COM.", "the-vendor"),
            (endpoints, "http://sandbox.example.com", "needs-https"),
            (key_id, "LTAI5tExampleKeyId", "not-a-sandbox-key"),
            (key_id, "STS.NTExampleKeyId", "not-a-sandbox-key"),
            ("GATEWAY_SECRET", DEVELOPMENT_SECRET, "development-secret"),
            ("GATEWAY_SECRET", "", "missing"),
            ("GATEWAY_CALLERS", &dev_token, "development-token"),
            ("GATEWAY_CALLERS", "", "missing"),
        ] {
            let found = problems(&staging(&[(name, value)]));
            assert!(
                found.contains(&(name.to_owned(), rule)),
                "{name}: {found:?}"
            );
        }
        // Without the setting, the client's own default would be Alibaba Cloud.
        let found = problems(&staging(&[(endpoints, "")]));
        assert!(
            found.contains(&(endpoints.to_owned(), "the-vendor")),
            "{found:?}"
        );
    }

    #[test]
    fn a_value_that_keeps_its_quotes_or_its_placeholder_is_refused() {
        let quoted = |quote: &str| format!("{quote}0123456789abcdef0123456789abcdef{quote}");
        for (name, value, rule) in [
            ("GATEWAY_SECRET", &*quoted("\""), "quoted"),
            ("GATEWAY_SECRET", &*quoted("'"), "quoted"),
            ("CLOUDAUTH_ACCESS_KEY_ID", "\"testid\"", "quoted"),
            (
                "CLOUDAUTH_ACCESS_KEY_ID",
                "${ALIBABA_CLOUD_ACCESS_KEY_ID}",
                "placeholder",
            ),
            ("CLOUDAUTH_ACCESS_KEY_SECRET", "undefined", "placeholder"),
        ] {
            let mut variables = production();
            set(&mut variables, name, value);
            assert_eq!(problems(&variables), [(name.to_owned(), rule)], "{value}");
        }
        for kept in [
            "\"0123456789abcdef0123456789abcdef",
            "a'0123456789abcdef0123456789abcdef'",
        ] {
            let mut variables = production();
            set(&mut variables, "GATEWAY_SECRET", kept);
            assert!(Settings::read(&variables).is_ok(), "{kept}");
        }
    }

    #[test]
    fn development_never_reaches_the_vendor_and_production_never_the_sandbox() {
        for (mode, endpoint, rule) in [
            ("development", "cloudauth.aliyuncs.com", "not-loopback"),
            (
                "development",
                "http://127.0.0.1:8788,cloudauth.aliyuncs.com",
                "not-loopback",
            ),
            ("production", "http://127.0.0.1:8788", "not-the-vendor"),
            ("production", "sandbox.example.com", "not-the-vendor"),
            (
                "production",
                "cloudauth.aliyuncs.com,cloudauth-vpc.cn-shanghai.aliyuncs.com",
                "inside-a-vpc",
            ),
            (
                "production",
                "cloudauth.aliyuncs.com,http://[::1]:8788",
                "not-the-vendor",
            ),
        ] {
            let mut variables = production();
            set(&mut variables, "GATEWAY_MODE", mode);
            set(&mut variables, "CLOUDAUTH_ENDPOINTS", endpoint);
            assert!(
                problems(&variables).contains(&("CLOUDAUTH_ENDPOINTS".to_owned(), rule)),
                "{mode} {endpoint}"
            );
        }
    }

    #[test]
    fn a_scene_has_digits_alone() {
        for wrong in [
            "+1000000006",
            "-1",
            "0",
            " 1 2",
            "1e9",
            "１０００",
            "9223372036854775808",
        ] {
            let mut variables = production();
            set(&mut variables, "CLOUDAUTH_SCENE_ID", wrong);
            let expected = ("CLOUDAUTH_SCENE_ID".to_owned(), "scene-id");
            assert_eq!(problems(&variables), [expected], "{wrong}");
        }
        let mut variables = production();
        set(&mut variables, "CLOUDAUTH_SCENE_ID", "0001000000006");
        // Alibaba Cloud's SceneId is a number, and orders are compared by its text.
        assert_eq!(Settings::read(&variables).unwrap().scene_id, "1000000006");
    }

    #[test]
    fn vpc_endpoints_are_for_servers_inside_the_vpc() {
        let with = |allow: &str| {
            let mut variables = production();
            let endpoint = "cloudauth-vpc.cn-shanghai.aliyuncs.com";
            set(&mut variables, "CLOUDAUTH_ENDPOINTS", endpoint);
            set(&mut variables, "CLOUDAUTH_ALLOW_VPC_ENDPOINTS", allow);
            variables
        };
        let refused = ("CLOUDAUTH_ENDPOINTS".to_owned(), "inside-a-vpc");
        assert!(Settings::read(&with("true")).is_ok());
        assert_eq!(problems(&with("false")), std::slice::from_ref(&refused));
        assert_eq!(problems(&with("")), std::slice::from_ref(&refused));
        let unclear = ("CLOUDAUTH_ALLOW_VPC_ENDPOINTS".to_owned(), "one-of");
        assert_eq!(problems(&with("yes")), [unclear, refused]);
    }

    #[test]
    fn production_refuses_what_development_is_given() {
        let dev_token = format!(
            r#"[{{"id":"shop","tokenSha256":["{}"]}}]"#,
            hex_sha256(callers::DEVELOPMENT_TOKEN.as_bytes())
        );
        for (name, value, rule) in [
            ("CLOUDAUTH_ACCESS_KEY_ID", "sandbox-key-id", "sandbox-key"),
            ("GATEWAY_SECRET", DEVELOPMENT_SECRET, "development-secret"),
            ("GATEWAY_CALLERS", dev_token.as_str(), "development-token"),
            (
                "GATEWAY_CALLERS",
                r#"[{"id":"shop","keyPairs":[{"accessKeyId":"dev-key-id"}]}]"#,
                "development-key",
            ),
        ] {
            let mut variables = production();
            set(&mut variables, name, value);
            assert_eq!(problems(&variables), [(name.to_owned(), rule)]);
        }
    }

    #[test]
    fn names_every_wrong_value_and_shows_none() {
        let planted = "planted-value";
        for name in NAMES.iter().chain(CALLER_LISTS) {
            if [
                "CLOUDAUTH_ACCESS_KEY_ID",
                "CLOUDAUTH_ACCESS_KEY_SECRET",
                "CLOUDAUTH_SECURITY_TOKEN",
            ]
            .contains(name)
            {
                continue;
            }
            let mut variables = production();
            set(&mut variables, name, planted);
            let found = Settings::read(&variables).unwrap_err();
            assert_eq!(found.len(), 1, "{name}: {found:?}");
            assert_eq!(found[0].field, *name);
            assert!(!format!("{found:?}").contains(planted), "{name}");
        }
        let mut misspelt = production();
        set(&mut misspelt, "GATEWAY_CALLER", planted);
        set(&mut misspelt, "OTHER", planted);
        assert_eq!(
            problems(&misspelt),
            [("GATEWAY_CALLER".to_owned(), "unknown-setting")]
        );
    }

    #[test]
    fn callers_stand_in_several_lists_and_none_twice() {
        let caller = |id: &str, token: &str, key: &str| {
            format!(
                r#"[{{"id":"{id}","tokenSha256":["{}"],"keyPairs":[{{"accessKeyId":"{key}"}}]}}]"#,
                hex_sha256(token.as_bytes())
            )
        };
        let with = |name: &str, list: &str| {
            let mut variables = production();
            set(&mut variables, name, list);
            variables
        };
        for name in &CALLER_LISTS[1..] {
            let bank = caller("bank", "a token of the bank", "gwk-bank-1");
            let settings = Settings::read(&with(name, &bank)).unwrap();
            let ids: Vec<&str> = settings.callers.iter().map(|one| one.id.as_str()).collect();
            assert_eq!(ids, ["shop", "bank"]);
            for (other, rule) in [
                (caller("shop", "another", "gwk-shop-2"), "same-id-twice"),
                (
                    caller("bank", "a token of the shop", "gwk-bank-1"),
                    "shared-key",
                ),
                (caller("bank", "another", "gwk-shop-1"), "shared-key"),
                ("[{}]".to_owned(), "not-callers"),
            ] {
                let problems = Settings::read(&with(name, &other)).unwrap_err();
                let [problem] = problems.as_slice() else {
                    panic!("{problems:?}");
                };
                assert_eq!((problem.field.as_str(), problem.rule), (*name, rule));
                assert!(problem.message.en.contains("[0]"), "{problem:?}");
            }
        }
        // One list may be empty, but not all of them.
        assert!(Settings::read(&with("GATEWAY_CALLERS_2", "[]")).is_ok());
        let mut empty = with("GATEWAY_CALLERS_2", "[]");
        set(&mut empty, "GATEWAY_CALLERS", "[]");
        let no_callers = [("GATEWAY_CALLERS".to_owned(), "no-callers")];
        assert_eq!(problems(&empty), no_callers);
        assert_eq!(
            problems(&with("GATEWAY_CALLERS_10", "[]")),
            [("GATEWAY_CALLERS_10".to_owned(), "unknown-setting")]
        );
    }

    #[test]
    fn photos_come_from_the_vendors_hosts_alone() {
        let production = Settings::read(&production()).unwrap();
        let host = "cn-shanghai-aliyun-cloudauth-1.oss-cn-shanghai.aliyuncs.com";
        let picture = format!("https://{host}/a.jpeg?b");
        assert_eq!(production.photo_url(&picture, None), Some(picture));
        for url in [
            &*format!("http://{host}/a.jpeg"),
            "http://127.0.0.1:8788/_sandbox/pictures/a.jpeg",
            "https://aliyuncs.com.evil.example/a",
            "https://evil.example/.aliyuncs.com",
            "https://evil.example?.aliyuncs.com",
            "https://user@evil.example#.aliyuncs.com",
            "https://oss.aliyuncs.com@evil.example/",
            "ftp://oss.aliyuncs.com/",
            "file:///etc/passwd",
            "",
        ] {
            assert_eq!(production.photo_url(url, None), None, "{url}");
        }
    }

    #[test]
    fn simulated_photos_come_from_the_sandbox_alone() {
        let development = Settings::read(&variables(&[("GATEWAY_MODE", "development")])).unwrap();
        let sandboxes = "http://sandbox:8788,https://sandbox.example.com";
        let staging = Settings::read(&staging(&[("CLOUDAUTH_ENDPOINTS", sandboxes)])).unwrap();
        for (settings, issued_by, origin) in [
            (&staging, None, "http://sandbox:8788"),
            (
                &staging,
                Some("https://sandbox.example.com"),
                "https://sandbox.example.com",
            ),
            (
                &staging,
                Some("https://evil.example"),
                "http://sandbox:8788",
            ),
            (&development, None, "http://127.0.0.1:8788"),
        ] {
            for (url, path) in [
                ("https://evil.example/a.jpeg?b", "/a.jpeg?b"),
                ("https://oss.aliyuncs.com/a.jpeg", "/a.jpeg"),
                ("https://a/@evil.example/", "/@evil.example/"),
                ("https://a//evil.example/", "//evil.example/"),
            ] {
                let from = settings.photo_url(url, issued_by).unwrap();
                assert_eq!(from, format!("{origin}{path}"));
                assert_eq!(Endpoint::of_url(&from).unwrap().origin(), origin);
            }
            for url in ["https://evil.example", "/a.jpeg", ""] {
                assert_eq!(settings.photo_url(url, issued_by), None, "{url}");
            }
        }
    }

    #[test]
    fn takes_origins_of_pages_and_no_wildcard() {
        let mut variables = production();
        set(
            &mut variables,
            "GATEWAY_ALLOWED_ORIGINS",
            "https://a.example, http://localhost:3000",
        );
        let settings = Settings::read(&variables).unwrap();
        assert_eq!(
            settings.allowed_origins,
            ["https://a.example", "http://localhost:3000"]
        );
        for wrong in [
            "*",
            "a.example",
            "https://a.example/",
            "https://a.example/x",
            "https://a.example:443",
            "http://localhost:80",
        ] {
            set(&mut variables, "GATEWAY_ALLOWED_ORIGINS", wrong);
            assert_eq!(
                problems(&variables),
                [("GATEWAY_ALLOWED_ORIGINS".to_owned(), "not-origins")]
            );
        }
    }
}
