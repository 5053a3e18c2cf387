//! The gateway's settings: variables and secrets of the Worker, validated together.
//!
//! No valid settings produce a deployment that is open to everyone or accepts simulated
//! verifications: `development` uses loopback addresses only, `production` calls only Alibaba
//! Cloud.

use super::callers::{self, Caller};
use crate::actions::Value;
use crate::client::options::{Options, RawCredentials, SANDBOX_ACCESS_KEY_ID, is_sandbox_key};
use crate::error::FieldError;
use crate::http::first_value;
use crate::text::Text;
use crate::vendor::credentials::{Credentials, Secret};
use crate::vendor::endpoint::Endpoint;

const MILLIS_PER_MINUTE: i64 = 60_000;
const MILLIS_PER_DAY: i64 = 24 * 60 * MILLIS_PER_MINUTE;
/// Alibaba Cloud's limit for each action and account (help.aliyun.com, QPS limits of server-side
/// API operations).
const CALLS_PER_SECOND: i64 = 50;
/// The shortest secret that cannot be guessed; 32 random bytes in Base64 have 44 characters.
const SECRET_MIN: usize = 32;
const DEVELOPMENT_SECRET: &str = "development-only-development-only";
/// The demo scene of the sandbox.
const SANDBOX_SCENE_ID: &str = "1000000006";
const SANDBOX_ACCESS_KEY_SECRET: &str = "sandbox-key-secret";
const SANDBOX_ENDPOINT: &str = "http://127.0.0.1:8788";
/// Prefix of Worker secrets that contain the secrets of callers' key pairs.
const KEY_SECRET_PREFIX: &str = "GATEWAY_KEY_";

/// The names of all settings.
pub const NAMES: &[&str] = &[
    "GATEWAY_MODE",
    "GATEWAY_SECRET",
    "GATEWAY_CALLERS",
    "GATEWAY_RETENTION_DAYS",
    "GATEWAY_CERTIFY_ID_VALID_MINUTES",
    "GATEWAY_ALLOWED_ORIGINS",
    "GATEWAY_PUBLIC_URL",
    "GATEWAY_PHOTO",
    "CLOUDAUTH_ENDPOINTS",
    "CLOUDAUTH_ACCESS_KEY_ID",
    "CLOUDAUTH_ACCESS_KEY_SECRET",
    "CLOUDAUTH_SECURITY_TOKEN",
    "CLOUDAUTH_SCENE_ID",
    "CLOUDAUTH_SIGNATURE_VERSION",
    "CLOUDAUTH_TIMEOUT_MS",
    "CLOUDAUTH_TOTAL_TIMEOUT_MS",
    "CLOUDAUTH_MAX_ATTEMPTS",
    "CLOUDAUTH_CALLS_PER_SECOND",
    "CLOUDAUTH_ALLOW_OTHER_PRODUCTS",
    "CLOUDAUTH_ALLOW_RESIDENCE_PERMITS",
];

/// Names and values of the Worker's environment.
pub type Variables = Vec<(String, String)>;

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
    /// The key for input fingerprints and for callers' derived secrets.
    pub secret: Secret,
    /// The callers.
    pub callers: Vec<Caller>,
    /// Retention of an order, in milliseconds.
    pub retention_millis: i64,
    /// Validity of a CertifyId, in milliseconds.
    pub certify_id_valid_millis: i64,
    /// Alibaba Cloud's limit of calls per action and second for the account.
    pub calls_per_second: i64,
    /// Web origins allowed by CORS; none by default.
    pub allowed_origins: Vec<String>,
    /// The gateway's public URL; without it, there are no callbacks.
    pub public_url: Option<String>,
    /// Whether the gateway streams photos, so that callers do not receive their URLs.
    pub stream_photos: bool,
}

impl Settings {
    /// Validates the settings. Messages never quote a value.
    ///
    /// # Errors All missing and invalid settings; `field` is the setting's name.
    pub fn read(variables: &Variables) -> Result<Self, Vec<FieldError>> {
        let mut reader = Reader {
            variables,
            problems: Vec::new(),
            development: false,
        };
        let settings = reader.settings();
        reader.unknown_names();
        if reader.problems.is_empty() {
            Ok(settings)
        } else {
            Err(reader.problems)
        }
    }

    /// Whether the host of a photo is allowed: one of Alibaba Cloud or, in development, the
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

    /// The caller with that id.
    pub fn caller(&self, id: &str) -> Option<&Caller> {
        self.callers.iter().find(|caller| caller.id == id)
    }
}

struct Reader<'a> {
    variables: &'a Variables,
    problems: Vec<FieldError>,
    development: bool,
}

impl Reader<'_> {
    fn settings(&mut self) -> Settings {
        self.development = match self.text("GATEWAY_MODE") {
            None | Some("production") => false,
            Some("development") => true,
            Some(_) => {
                self.wrong(
                    "GATEWAY_MODE",
                    "one-of",
                    "应为 production 或 development。",
                    "must be production or development.",
                );
                false
            }
        };
        let options = self.options();
        self.check_endpoints(&options.endpoints);
        let credentials = self.credentials(&options);
        let scene_id = self.scene_id();
        let secret = self.secret();
        let callers = self.callers(&secret);
        Settings {
            development: self.development,
            options,
            credentials,
            scene_id,
            secret,
            callers,
            retention_millis: self
                .number("GATEWAY_RETENTION_DAYS", 180, 3_650)
                .saturating_mul(MILLIS_PER_DAY),
            certify_id_valid_millis: self
                .number("GATEWAY_CERTIFY_ID_VALID_MINUTES", 30, 720)
                .saturating_mul(MILLIS_PER_MINUTE),
            calls_per_second: self.number("CLOUDAUTH_CALLS_PER_SECOND", CALLS_PER_SECOND, 10_000),
            allowed_origins: self.allowed_origins(),
            public_url: self.public_url(),
            stream_photos: self.stream_photos(),
        }
    }

    /// A setting's value; an empty value counts as not set.
    fn text(&self, name: &str) -> Option<&str> {
        first_value(self.variables, name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    fn wrong(&mut self, name: &str, rule: &'static str, zh: &'static str, en: &'static str) {
        self.problems
            .push(FieldError::new(name, rule, Text::new(zh, en)));
    }

    fn number(&mut self, name: &str, default: i64, max: i64) -> i64 {
        let Some(text) = self.text(name) else {
            return default;
        };
        match text.parse::<i64>() {
            Ok(number) if (1..=max).contains(&number) => number,
            _ => {
                let max = max.to_string();
                self.problems.push(FieldError::new(
                    name,
                    "range",
                    Text::composed(
                        format!("应为 1 至 {max} 的整数。"),
                        format!("must be an integer from 1 to {max}."),
                    ),
                ));
                default
            }
        }
    }

    /// The client's options; their faults are reported with the names of the settings.
    fn options(&mut self) -> Options {
        let default_endpoint = self.development.then_some(SANDBOX_ENDPOINT);
        let endpoints = self.text("CLOUDAUTH_ENDPOINTS").or(default_endpoint);
        let whole = |name| {
            self.text(name).map_or(Value::Absent, |text| {
                text.parse().map_or(Value::Unusable, Value::Integer)
            })
        };
        let flag = |name| match self.text(name) {
            None => Value::Absent,
            Some("true") => Value::Boolean(true),
            Some("false") => Value::Boolean(false),
            Some(_) => Value::Unusable,
        };
        let named = [
            ("endpoint", endpoints.into()),
            (
                "signatureVersion",
                self.text("CLOUDAUTH_SIGNATURE_VERSION").into(),
            ),
            ("timeoutMs", whole("CLOUDAUTH_TIMEOUT_MS")),
            ("totalTimeoutMs", whole("CLOUDAUTH_TOTAL_TIMEOUT_MS")),
            ("maxAttempts", whole("CLOUDAUTH_MAX_ATTEMPTS")),
            ("allowOtherProducts", flag("CLOUDAUTH_ALLOW_OTHER_PRODUCTS")),
            (
                "allowResidencePermits",
                flag("CLOUDAUTH_ALLOW_RESIDENCE_PERMITS"),
            ),
        ];
        match Options::check(named) {
            Ok(options) => options,
            Err(error) => {
                self.problems
                    .extend(error.fields.into_iter().map(|problem| FieldError {
                        field: setting_of_option(&problem.field).to_owned(),
                        ..problem
                    }));
                Options::default()
            }
        }
    }

    fn check_endpoints(&mut self, endpoints: &[Endpoint]) {
        if self.development && !endpoints.iter().all(Endpoint::is_loopback) {
            self.wrong(
                "CLOUDAUTH_ENDPOINTS",
                "not-loopback",
                "开发模式只能使用本机地址（沙箱）；要调用阿里云，请设 GATEWAY_MODE=production 并配置 GATEWAY_SECRET 与 GATEWAY_CALLERS。",
                "must be loopback addresses (the sandbox) in development; to call Alibaba Cloud, set GATEWAY_MODE=production, GATEWAY_SECRET and GATEWAY_CALLERS.",
            );
        }
        if endpoints.iter().any(Endpoint::is_inside_vpc) {
            self.wrong(
                "CLOUDAUTH_ENDPOINTS",
                "inside-a-vpc",
                "含 VPC 内网地址（如 cloudauth-vpc.…），Cloudflare Worker 无法访问；请改用公网地址，如 cloudauth.cn-shanghai.aliyuncs.com。",
                "contains a VPC endpoint (such as cloudauth-vpc.…), which a Cloudflare Worker cannot reach; use the public one, such as cloudauth.cn-shanghai.aliyuncs.com.",
            );
        }
        if !self.development && !endpoints.iter().all(Endpoint::is_vendor) {
            self.wrong(
                "CLOUDAUTH_ENDPOINTS",
                "not-the-vendor",
                "生产模式只能使用阿里云的地址（*.aliyuncs.com），否则沙箱的结果会被当成真实结论；本机试用请设 GATEWAY_MODE=development。",
                "must be hosts of Alibaba Cloud (*.aliyuncs.com) in production, because a sandbox's result must not count as a real one; to use the sandbox locally, set GATEWAY_MODE=development.",
            );
        }
    }

    fn credentials(&mut self, options: &Options) -> Credentials {
        let (default_id, default_secret) = if self.development {
            (Some(SANDBOX_ACCESS_KEY_ID), Some(SANDBOX_ACCESS_KEY_SECRET))
        } else {
            (None, None)
        };
        let raw = RawCredentials {
            access_key_id: self.text("CLOUDAUTH_ACCESS_KEY_ID").or(default_id).into(),
            access_key_secret: self
                .text("CLOUDAUTH_ACCESS_KEY_SECRET")
                .or(default_secret)
                .into(),
            security_token: self.text("CLOUDAUTH_SECURITY_TOKEN").into(),
            ..RawCredentials::default()
        };
        if !self.development
            && self
                .text("CLOUDAUTH_ACCESS_KEY_ID")
                .is_some_and(is_sandbox_key)
        {
            self.wrong(
                "CLOUDAUTH_ACCESS_KEY_ID",
                "sandbox-key",
                "是沙箱的演示密钥，不能用于生产模式；请换成云账号的 AccessKey。",
                "is the sandbox's demo key, which is not allowed in production; set the AccessKey of your Alibaba Cloud account.",
            );
            return Credentials::new("", "");
        }
        match options.check_credentials(raw) {
            Ok(credentials) => credentials,
            Err(error) => {
                self.problems
                    .extend(error.fields.into_iter().map(|problem| FieldError {
                        field: setting_of_option(&problem.field).to_owned(),
                        // The client's text names its own environment variables.
                        message: if problem.rule == "missing" {
                            Text::new(
                                "缺失；请以 wrangler secret put 保存。",
                                "is missing; store it with wrangler secret put.",
                            )
                        } else {
                            problem.message
                        },
                        rule: problem.rule,
                    }));
                Credentials::new("", "")
            }
        }
    }

    fn scene_id(&mut self) -> String {
        let default = self.development.then_some(SANDBOX_SCENE_ID);
        let Some(text) = self.text("CLOUDAUTH_SCENE_ID").or(default) else {
            self.wrong(
                "CLOUDAUTH_SCENE_ID",
                "missing",
                "缺少：请设置为阿里云控制台中的认证场景 ID。",
                "is missing; set the scene id from the Alibaba Cloud console.",
            );
            return String::new();
        };
        if text.parse::<i64>().is_ok_and(|id| id > 0) {
            return text.to_owned();
        }
        self.wrong(
            "CLOUDAUTH_SCENE_ID",
            "scene-id",
            "应为控制台中的认证场景 ID：一个正整数。",
            "must be the scene id from the Alibaba Cloud console: a positive integer.",
        );
        String::new()
    }

    fn secret(&mut self) -> Secret {
        let default = self.development.then_some(DEVELOPMENT_SECRET);
        let secret = self.text("GATEWAY_SECRET").or(default);
        let (rule, zh, en) = match secret {
            Some(secret) if secret == DEVELOPMENT_SECRET && !self.development => (
                "development-secret",
                "是开发用的值，不能用于生产模式；请生成新的随机值。",
                "is the development value, which is not allowed in production; generate a random value.",
            ),
            Some(secret) if secret.trim() != secret => (
                "stray-white-space",
                "首尾有空格或换行，请删除。",
                "starts or ends with white space; remove it.",
            ),
            Some(secret) if secret.len() >= SECRET_MIN => return Secret::new(secret),
            Some(_) => (
                "too-short",
                "少于 32 个字符；请用 openssl rand -base64 32 生成。",
                "has fewer than 32 characters; generate one with: openssl rand -base64 32.",
            ),
            None => (
                "missing",
                "缺少；请用 openssl rand -base64 32 生成，并作为部署环境的密钥保存。",
                "is missing; make one with openssl rand -base64 32 and keep it as a secret of the deployment.",
            ),
        };
        self.wrong("GATEWAY_SECRET", rule, zh, en);
        Secret::new("")
    }

    fn callers(&mut self, secret: &Secret) -> Vec<Caller> {
        let Some(text) = self.text("GATEWAY_CALLERS") else {
            if self.development {
                return vec![callers::development()];
            }
            self.wrong(
                "GATEWAY_CALLERS",
                "missing",
                "缺少：没有任何调用方可以访问；格式见 docs/gateway.md。",
                "is missing, so no caller would have access; see docs/gateway.md for the form.",
            );
            return Vec::new();
        };
        match callers::read(text, secret, self.development, &|name| {
            name.starts_with(KEY_SECRET_PREFIX)
                .then(|| self.text(name))
                .flatten()
        }) {
            Ok(callers) => callers,
            Err(problems) => {
                self.problems.extend(
                    problems
                        .into_iter()
                        .map(|(rule, text)| FieldError::new("GATEWAY_CALLERS", rule, text)),
                );
                Vec::new()
            }
        }
    }

    fn allowed_origins(&mut self) -> Vec<String> {
        let Some(list) = self.text("GATEWAY_ALLOWED_ORIGINS") else {
            return Vec::new();
        };
        let mut origins = Vec::new();
        let mut right = true;
        for text in list.split(',').map(str::trim) {
            match Endpoint::parse(text) {
                // An origin has an explicit scheme and no trailing slash.
                Ok(endpoint) if endpoint.origin() == text => origins.push(text.to_owned()),
                _ => right = false,
            }
        }
        if !right {
            self.wrong(
                "GATEWAY_ALLOWED_ORIGINS",
                "not-origins",
                "应为以逗号分隔的网页来源，如 https://console.example.com；不接受 *。",
                "must be web origins separated by commas, such as https://console.example.com; * is not allowed.",
            );
        }
        origins
    }

    fn public_url(&mut self) -> Option<String> {
        let text = self.text("GATEWAY_PUBLIC_URL")?;
        // Alibaba Cloud calls HTTPS URLs only.
        let right = text.starts_with("https://")
            && Endpoint::parse(text).is_ok_and(|endpoint| endpoint.origin() == text);
        if right {
            return Some(text.to_owned());
        }
        self.wrong(
            "GATEWAY_PUBLIC_URL",
            "not-an-origin",
            "应为阿里云可访问的本网关地址，如 https://gateway.example.com，不带路径。",
            "must be this gateway's public URL without a path, such as https://gateway.example.com.",
        );
        None
    }

    fn stream_photos(&mut self) -> bool {
        match self.text("GATEWAY_PHOTO") {
            None | Some("address") => false,
            Some("stream") => true,
            Some(_) => {
                self.wrong(
                    "GATEWAY_PHOTO",
                    "one-of",
                    "应为 address 或 stream。",
                    "must be address or stream.",
                );
                false
            }
        }
    }

    /// Otherwise a misspelt setting would silently have its default.
    fn unknown_names(&mut self) {
        for (name, _) in self.variables {
            let ours = name.starts_with("GATEWAY_") || name.starts_with("CLOUDAUTH_");
            if ours && !NAMES.contains(&name.as_str()) && !name.starts_with(KEY_SECRET_PREFIX) {
                self.problems.push(FieldError::new(
                    name.as_str(),
                    "unknown-setting",
                    Text::new(
                        "不是可用的设置，请核对名称。",
                        "is not a known setting; check its name.",
                    ),
                ));
            }
        }
    }
}

fn setting_of_option(option: &str) -> &'static str {
    match option {
        "signatureVersion" => "CLOUDAUTH_SIGNATURE_VERSION",
        "timeoutMs" => "CLOUDAUTH_TIMEOUT_MS",
        "totalTimeoutMs" => "CLOUDAUTH_TOTAL_TIMEOUT_MS",
        "maxAttempts" => "CLOUDAUTH_MAX_ATTEMPTS",
        "allowOtherProducts" => "CLOUDAUTH_ALLOW_OTHER_PRODUCTS",
        "allowResidencePermits" => "CLOUDAUTH_ALLOW_RESIDENCE_PERMITS",
        "accessKeyId" => "CLOUDAUTH_ACCESS_KEY_ID",
        "accessKeySecret" => "CLOUDAUTH_ACCESS_KEY_SECRET",
        "securityToken" => "CLOUDAUTH_SECURITY_TOKEN",
        _ => "CLOUDAUTH_ENDPOINTS",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
