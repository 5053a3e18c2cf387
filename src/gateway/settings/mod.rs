//! The gateway's settings: the Worker's variables and secrets, validated together.
//!
//! No combination of valid settings produces a deployment that is open to everyone or accepts
//! simulated verifications: `development` uses only loopback addresses, `production` calls only
//! Alibaba Cloud.

mod check;
mod reader;

pub use reader::{NAMES, Variables};

use super::callers::Caller;
use crate::client::options::Options;
use crate::vendor::credentials::{Credentials, Secret};
use crate::vendor::endpoint::Endpoint;

/// Validated settings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whether this is a gateway on a developer's machine.
    pub development: bool,
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

impl Settings {
    /// Whether photos may be fetched from this host: one of Alibaba Cloud's or, in development, the
    /// sandbox.
    pub fn is_photo_host(&self, url: &str) -> bool {
        let authority = url.split_once("://").map(|(scheme, rest)| {
            (
                scheme,
                rest.split(['/', '?', '#']).next().unwrap_or_default(),
            )
        });
        let Some((scheme, authority)) = authority else {
            return false;
        };
        Endpoint::parse(&format!("{scheme}://{authority}")).is_ok_and(|endpoint| {
            if self.development {
                endpoint.is_loopback()
            } else {
                endpoint.is_vendor()
            }
        })
    }

    /// Whether requests to this host are served: in development, only those to the local machine.
    pub fn serves(&self, host: &str) -> bool {
        !self.development || Endpoint::parse(host).is_ok_and(|endpoint| endpoint.is_loopback())
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
    fn development_needs_nothing_but_its_name() {
        let settings = Settings::read(&variables(&[("GATEWAY_MODE", "development")])).unwrap();
        assert!(settings.development);
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
        assert!(!settings.development);
        assert_eq!(settings.options.endpoints.len(), 2);
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
        for name in NAMES {
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
    fn photos_come_from_the_vendors_hosts_alone() {
        let production = Settings::read(&production()).unwrap();
        let development = Settings::read(&variables(&[("GATEWAY_MODE", "development")])).unwrap();
        for (url, in_production, in_development) in [
            (
                "https://cn-shanghai-aliyun-cloudauth-1.oss-cn-shanghai.aliyuncs.com/a.jpeg?b",
                true,
                false,
            ),
            (
                "http://cn-shanghai-aliyun-cloudauth-1.oss-cn-shanghai.aliyuncs.com/a.jpeg",
                false,
                false,
            ),
            (
                "http://127.0.0.1:8788/_sandbox/pictures/a.jpeg",
                false,
                true,
            ),
            ("https://aliyuncs.com.evil.example/a", false, false),
            ("https://evil.example/.aliyuncs.com", false, false),
            ("https://evil.example?.aliyuncs.com", false, false),
            ("https://user@evil.example#.aliyuncs.com", false, false),
            ("https://oss.aliyuncs.com@evil.example/", false, false),
            ("ftp://oss.aliyuncs.com/", false, false),
            ("file:///etc/passwd", false, false),
            ("", false, false),
        ] {
            assert_eq!(production.is_photo_host(url), in_production, "{url}");
            assert_eq!(development.is_photo_host(url), in_development, "{url}");
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
        ] {
            set(&mut variables, "GATEWAY_ALLOWED_ORIGINS", wrong);
            assert_eq!(
                problems(&variables),
                [("GATEWAY_ALLOWED_ORIGINS".to_owned(), "not-origins")]
            );
        }
    }
}
