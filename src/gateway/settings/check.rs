//! Validates the settings, each on its own and together with the gateway's mode.

use super::Settings;
use super::caller_lists;
use super::mode::Mode;
use super::reader::{CALLER_LISTS, KEY_SECRET_PREFIX, Reader, Variables};
use crate::actions::rule;
use crate::client::options::{
    Options, RawCredentials, SANDBOX_ACCESS_KEY_ID, SANDBOX_ACCESS_KEY_SECRET, SANDBOX_SCENE_ID,
    is_sandbox_key,
};
use crate::error::FieldError;
use crate::gateway::callers::{self, Caller};
use crate::identity::RuleViolation;
use crate::text::Text;
use crate::timestamp::MILLIS_PER_DAY;
use crate::vendor::credentials::{Credentials, Secret, is_quoted};
use crate::vendor::endpoint::Endpoint;

const MILLIS_PER_MINUTE: i64 = 60_000;
/// Alibaba Cloud's limit per action and account (help.aliyun.com, QPS limits of server-side API
/// operations).
const CALLS_PER_SECOND: i64 = 50;
/// Minimum length of a secret that cannot be guessed; 32 random bytes in Base64 have 44 characters.
const SECRET_MIN: usize = 32;
pub(super) const DEVELOPMENT_SECRET: &str = "development-only-development-only";
const SANDBOX_ENDPOINT: &str = "http://127.0.0.1:8788";
/// In fail-over order, as Alibaba Cloud recommends.
const ENDPOINTS: &str = "cloudauth.cn-shanghai.aliyuncs.com,cloudauth.cn-beijing.aliyuncs.com";

impl Settings {
    /// Validates the settings. Messages never quote a value.
    ///
    /// # Errors
    /// A single list of all missing and invalid settings; `field` is the name of the setting.
    pub fn read(variables: &Variables) -> Result<Self, Vec<FieldError>> {
        let mut reader = Reader {
            variables,
            problems: Vec::new(),
            mode: Mode::default(),
        };
        let settings = reader.settings();
        reader.unknown_names();
        if reader.problems.is_empty() {
            Ok(settings)
        } else {
            Err(reader.problems)
        }
    }
}

impl Reader<'_> {
    pub(super) fn settings(&mut self) -> Settings {
        match Mode::of(self.variables) {
            Some(mode) => self.mode = mode,
            None => self.wrong(
                "GATEWAY_MODE",
                "one-of",
                "应为 production、staging 或 development。",
                "must be production, staging or development.",
            ),
        }
        // `serves_console` decides; here, only a mistake is reported.
        self.either("GATEWAY_CONSOLE", "on", "off");
        let options = self.options();
        self.check_endpoints(&options.endpoints);
        let credentials = self.credentials(&options);
        let scene_id = self.scene_id();
        let secret = self.secret();
        let callers = self.callers(&secret);
        Settings {
            mode: self.mode,
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
            stream_photos: self.either("GATEWAY_PHOTO", "address", "stream") == Some(false),
        }
    }

    fn is_development(&self) -> bool {
        self.mode == Mode::Development
    }

    /// Reads the client's options; their problems are reported under the names of the settings.
    fn options(&mut self) -> Options {
        let default = if self.is_development() {
            SANDBOX_ENDPOINT
        } else {
            ENDPOINTS
        };
        let endpoints = self.text("CLOUDAUTH_ENDPOINTS").or(Some(default));
        let named = [
            ("endpoint", endpoints.into()),
            (
                "signatureVersion",
                self.text("CLOUDAUTH_SIGNATURE_VERSION").into(),
            ),
            ("timeoutMs", self.whole("CLOUDAUTH_TIMEOUT_MS")),
            ("totalTimeoutMs", self.whole("CLOUDAUTH_TOTAL_TIMEOUT_MS")),
            ("maxAttempts", self.whole("CLOUDAUTH_MAX_ATTEMPTS")),
            (
                "allowOtherProducts",
                self.flag("CLOUDAUTH_ALLOW_OTHER_PRODUCTS"),
            ),
            (
                "allowResidencePermits",
                self.flag("CLOUDAUTH_ALLOW_RESIDENCE_PERMITS"),
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
        if self.is_development() && !endpoints.iter().all(Endpoint::is_loopback) {
            self.wrong(
                "CLOUDAUTH_ENDPOINTS",
                "not-loopback",
                "开发模式只能使用本机地址（沙箱）；要使用团队共用的沙箱，请设 GATEWAY_MODE=staging；要调用阿里云，请设 GATEWAY_MODE=production；两者都需配置 GATEWAY_SECRET 与 GATEWAY_CALLERS。",
                "must be loopback addresses (the sandbox) in development; for a team's sandbox, set GATEWAY_MODE=staging, and to call Alibaba Cloud, GATEWAY_MODE=production; both need GATEWAY_SECRET and GATEWAY_CALLERS.",
            );
        }
        if self.mode == Mode::Staging && endpoints.iter().any(Endpoint::is_vendor) {
            self.wrong(
                "CLOUDAUTH_ENDPOINTS",
                "the-vendor",
                "预发环境（staging）只能使用沙箱的地址，例如 https://sandbox.example.com；调用阿里云请用 GATEWAY_MODE=production 的网关。",
                "must be the addresses of a sandbox in staging, such as https://sandbox.example.com; a gateway with GATEWAY_MODE=production calls Alibaba Cloud.",
            );
        }
        if !self.allows_vpc_endpoints() && endpoints.iter().any(Endpoint::is_inside_vpc) {
            self.wrong(
                "CLOUDAUTH_ENDPOINTS",
                "inside-a-vpc",
                "含 VPC 内网地址（如 cloudauth-vpc.…），只有该 VPC 内的服务器可以访问，Cloudflare Worker 无法访问；网关运行在该 VPC 内时，请设 CLOUDAUTH_ALLOW_VPC_ENDPOINTS=true，否则请改用公网地址，如 cloudauth.cn-shanghai.aliyuncs.com。",
                "contains a VPC endpoint (such as cloudauth-vpc.…), which only servers inside that VPC can reach, and no Cloudflare Worker; if the gateway runs inside it, set CLOUDAUTH_ALLOW_VPC_ENDPOINTS=true, otherwise use the public endpoint, such as cloudauth.cn-shanghai.aliyuncs.com.",
            );
        }
        if self.mode == Mode::Production && !endpoints.iter().all(Endpoint::is_vendor) {
            self.wrong(
                "CLOUDAUTH_ENDPOINTS",
                "not-the-vendor",
                "生产模式只能使用阿里云的地址（*.aliyuncs.com），否则沙箱的结果会被当成真实结论；使用沙箱请设 GATEWAY_MODE=staging，仅在本机试用请设 development。",
                "must be hosts of Alibaba Cloud (*.aliyuncs.com) in production, because a sandbox's result must not count as a real one; to use a sandbox, set GATEWAY_MODE=staging, or development on the local machine.",
            );
        }
    }

    fn allows_vpc_endpoints(&mut self) -> bool {
        self.either("CLOUDAUTH_ALLOW_VPC_ENDPOINTS", "true", "false") == Some(true)
    }

    fn credentials(&mut self, options: &Options) -> Credentials {
        let (default_id, default_secret) = if self.mode.is_simulated() {
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
        let of_sandbox = self.text("CLOUDAUTH_ACCESS_KEY_ID").map(is_sandbox_key);
        if self.mode == Mode::Staging && of_sandbox == Some(false) {
            self.wrong(
                "CLOUDAUTH_ACCESS_KEY_ID",
                "not-a-sandbox-key",
                "应为沙箱的密钥（以 sandbox- 开头）：真实的 AccessKey 不得发给沙箱；不设则使用沙箱的演示密钥。",
                "must be a key of the sandbox (one that starts with sandbox-): a real AccessKey must not be sent to a sandbox; without this setting, it is the sandbox's demo key.",
            );
            return Credentials::new("", "");
        }
        if self.mode == Mode::Production && of_sandbox == Some(true) {
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
                        // The client's message names the client's environment variables.
                        message: if problem.rule == "missing" {
                            Text::new(
                                "未设置；请设为部署环境的密钥。",
                                "is missing; set it as a secret of the deployment.",
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
        let checked = match self.text("CLOUDAUTH_SCENE_ID") {
            Some(text) => rule::scene_id(text).map(str::to_owned),
            None if self.mode.is_simulated() => Ok(SANDBOX_SCENE_ID.to_string()),
            None => Err(RuleViolation::new(
                "missing",
                "未设置；请设为阿里云控制台中的认证场景 ID。",
                "is missing; set it to the scene ID from the Alibaba Cloud console.",
            )),
        };
        checked.unwrap_or_else(|RuleViolation { rule, message }| {
            self.problems
                .push(FieldError::new("CLOUDAUTH_SCENE_ID", rule, message));
            String::new()
        })
    }

    fn secret(&mut self) -> Secret {
        let default = self.is_development().then_some(DEVELOPMENT_SECRET);
        let secret = self.text("GATEWAY_SECRET").or(default);
        let (rule, zh, en) = match secret {
            Some(secret) if secret == DEVELOPMENT_SECRET && !self.is_development() => (
                "development-secret",
                "是公开的开发用值，只能用于开发模式；请生成新的随机值。",
                "is the public development value, which is allowed in development only; generate a random value.",
            ),
            Some(secret) if secret.trim() != secret => (
                "stray-white-space",
                "首尾有空格或换行，请删除。",
                "starts or ends with white space; remove it.",
            ),
            Some(secret) if is_quoted(secret) => (
                "quoted",
                "首尾带有引号，请去掉引号。",
                "starts and ends with a quote; remove the quotes.",
            ),
            Some(secret) if secret.len() >= SECRET_MIN => return Secret::new(secret),
            Some(_) => (
                "too-short",
                "少于 32 个字符；请用 openssl rand -base64 32 生成。",
                "has fewer than 32 characters; generate one with: openssl rand -base64 32.",
            ),
            None => (
                "missing",
                "未设置；请用 openssl rand -base64 32 生成，并作为部署环境的密钥保存。",
                "is missing; generate one with openssl rand -base64 32 and set it as a secret of the deployment.",
            ),
        };
        self.wrong("GATEWAY_SECRET", rule, zh, en);
        Secret::new("")
    }

    fn callers(&mut self, secret: &Secret) -> Vec<Caller> {
        let mut callers = Vec::new();
        let mut problems = Vec::new();
        let mut is_set = false;
        for name in CALLER_LISTS {
            let Some(text) = self.text(name) else {
                continue;
            };
            is_set = true;
            let secret_setting = |name: &str| {
                name.starts_with(KEY_SECRET_PREFIX)
                    .then(|| self.text(name))
                    .flatten()
            };
            let development = self.is_development();
            match caller_lists::read(text, &callers, secret, development, &secret_setting) {
                Ok(more) => callers.extend(more),
                Err(found) => problems.extend(
                    found
                        .into_iter()
                        .map(|(rule, text)| FieldError::new(*name, rule, text)),
                ),
            }
        }
        if !is_set && self.is_development() {
            return vec![callers::development()];
        }
        if !is_set {
            self.wrong(
                "GATEWAY_CALLERS",
                "missing",
                "未设置，因此没有任何调用方可以访问；格式见 docs/gateway.md（英文）。",
                "is missing, so no caller would have access; see docs/gateway.md for the form.",
            );
        } else if callers.is_empty() && problems.is_empty() {
            self.wrong(
                "GATEWAY_CALLERS",
                "no-callers",
                "没有任何调用方。",
                "contains no caller.",
            );
        }
        self.problems.extend(problems);
        callers
    }

    fn allowed_origins(&mut self) -> Vec<String> {
        let Some(list) = self.text("GATEWAY_ALLOWED_ORIGINS") else {
            return Vec::new();
        };
        let mut origins = Vec::new();
        let mut right = true;
        for text in list.split(',').map(str::trim) {
            match Endpoint::parse(text) {
                // A browser sends an origin with its scheme, without a trailing slash and without the
                // scheme's own port.
                Ok(endpoint) if endpoint.origin() == text && !has_default_port(text) => {
                    origins.push(text.to_owned());
                }
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
        // Alibaba Cloud calls only HTTPS URLs.
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
}

fn has_default_port(origin: &str) -> bool {
    (origin.starts_with("https://") && origin.ends_with(":443"))
        || (origin.starts_with("http://") && origin.ends_with(":80"))
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
