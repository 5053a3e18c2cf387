//! A host and its scheme: the endpoint of requests, and the host of a webhook, a photo or a web page.

use crate::error::FieldError;
use crate::text::Text;

/// Alibaba Cloud's public endpoint, in mainland China
/// (help.aliyun.com/document_detail/160546.html).
pub const DEFAULT_ENDPOINT: &str = "cloudauth.aliyuncs.com";

/// Scheme, host and port. Plain HTTP is only for the local machine and, where a program allows it, for private
/// hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    secure: bool,
    authority: String,
}

impl Endpoint {
    /// Parses `cloudauth.aliyuncs.com`, `https://host`, `https://host:port` or, for a loopback
    /// address only, `http://127.0.0.1:8788`. A loopback address with a port and without a scheme
    /// is `http`, as users of the official SDKs write it.
    ///
    /// # Errors
    /// A [`FieldError`] for `endpoint` if it contains a path, a user name or a query, if the host has invalid
    /// characters, or if plain HTTP would leave the local machine.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let endpoint = Self::parse_any(text)?;
        if endpoint.leaves_unencrypted() {
            return Err(Self::needs_https());
        }
        Ok(endpoint)
    }

    /// Whether requests leave this machine unencrypted.
    pub fn leaves_unencrypted(&self) -> bool {
        !self.secure && !self.is_loopback()
    }

    /// The error for an endpoint that [`Self::leaves_unencrypted`].
    pub(crate) fn needs_https() -> FieldError {
        FieldError::new(
            "endpoint",
            "needs-https",
            Text::new(
                "非本机地址必须使用 https://，否则姓名与证件号码会以明文传输。",
                "must be https:// unless it is a loopback address; otherwise names and identity numbers would be sent unencrypted.",
            ),
        )
    }

    /// Like [`Self::parse`], but also accepts plain HTTP for a private host (see [`Self::is_private`]), such
    /// as a sandbox. [`crate::ClientOptions::check_credentials`] accepts only the sandbox's keys for such a
    /// host.
    ///
    /// # Errors
    /// Like [`Self::parse`].
    pub fn parse_or_private(text: &str) -> Result<Self, FieldError> {
        let endpoint = Self::parse_any(text)?;
        if !endpoint.leaves_unencrypted() || endpoint.is_private() {
            return Ok(endpoint);
        }
        Err(FieldError::new(
            "endpoint",
            "needs-https",
            Text::new(
                "公网地址必须使用 https://，否则姓名与证件号码会以明文传输；http:// 只能用于本机，或配合沙箱密钥用于内网地址。",
                "must be https:// for a public host; otherwise names and identity numbers would be sent unencrypted. http:// is for loopback addresses and, with one of the sandbox's keys, for private hosts.",
            ),
        ))
    }

    /// The endpoint of an absolute URL, whose path and query can be any text. `None` for a host or scheme that
    /// [`Self::parse_or_private`] refuses.
    pub fn of_url(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let authority = rest.split(['/', '?', '#']).next()?;
        Self::parse_or_private(&format!("{scheme}://{authority}")).ok()
    }

    /// Whether a message can be sent to this URL of a receiver: HTTPS, or HTTP on the local machine, where a
    /// test server rarely has a certificate. Its path can be any printable text.
    #[cfg(feature = "gateway")]
    pub(crate) fn is_receiver_url(url: &str) -> bool {
        Self::of_receiver_url(url).is_some_and(|endpoint| !endpoint.leaves_unencrypted())
    }

    /// Like [`Self::is_receiver_url`], but also HTTP for a private host.
    #[cfg(feature = "sandbox")]
    pub(crate) fn is_receiver_url_or_private(url: &str) -> bool {
        Self::of_receiver_url(url).is_some()
    }

    #[cfg(any(feature = "gateway", feature = "sandbox"))]
    fn of_receiver_url(url: &str) -> Option<Self> {
        let is_url = url.len() <= 2_048 && url.bytes().all(|byte| byte.is_ascii_graphic());
        is_url.then(|| Self::of_url(url)).flatten()
    }

    fn parse_any(text: &str) -> Result<Self, FieldError> {
        let problem = |rule, zh, en| FieldError::new("endpoint", rule, Text::new(zh, en));
        let (secure, rest) = if let Some(rest) = text.strip_prefix("https://") {
            (true, rest)
        } else if let Some(rest) = text.strip_prefix("http://") {
            (false, rest)
        } else {
            (true, text)
        };
        let authority = rest.strip_suffix('/').unwrap_or(rest).to_ascii_lowercase();
        let (host, port) = split_port(&authority);
        let bracketed = host
            .strip_prefix('[')
            .and_then(|inner| inner.strip_suffix(']'));
        let host_ok = match bracketed {
            Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
            None => {
                !host.is_empty()
                    && host.len() <= 253
                    && !host.starts_with(['.', '-'])
                    && !host.contains("..")
                    && host
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
            }
        };
        let digits = |port: &&str| port.bytes().all(|byte| byte.is_ascii_digit());
        let port_number = port
            .filter(digits)
            .and_then(|port| port.parse::<u16>().ok())
            .filter(|port| *port > 0);
        if !host_ok || port.is_some() && port_number.is_none() {
            return Err(problem(
                "not-an-endpoint",
                "应为主机名或 https://主机名[:端口]，不带路径、查询参数或用户名。",
                "must be a host name or https://host[:port], without path, query or user name.",
            ));
        }
        // HTTP clients send the port without leading zeros, and the `host` header is signed.
        let authority = match port_number {
            Some(port) => format!("{host}:{port}"),
            None => authority.clone(),
        };
        let mut endpoint = Self { secure, authority };
        if !text.contains("://") && port_number.is_some() && endpoint.is_loopback() {
            endpoint.secure = false;
        }
        Ok(endpoint)
    }

    /// Scheme, host and port: `https://cloudauth.aliyuncs.com`.
    pub fn origin(&self) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://{}", self.authority)
    }

    /// The value of the `host` header: includes the port unless it is the scheme's default.
    pub fn host_header(&self) -> &str {
        let default_port = if self.secure { ":443" } else { ":80" };
        self.authority
            .strip_suffix(default_port)
            .unwrap_or(&self.authority)
    }

    /// Whether it is the local machine: `localhost`, `127.0.0.0/8` or `[::1]`.
    pub fn is_loopback(&self) -> bool {
        is_loopback(split_port(&self.authority).0)
    }

    /// Whether the host has no meaning on the public Internet: a name with a single label, as services of
    /// Docker Compose have, `host.docker.internal` and other names under `.internal` (reserved by ICANN) and
    /// `.local` (RFC 6762), and private addresses (RFC 1918, RFC 4193). Link-local ones are not: clouds serve the
    /// credentials of their machines there.
    pub fn is_private(&self) -> bool {
        let (host, _) = split_port(&self.authority);
        if let Ok(address) = host.parse::<std::net::Ipv4Addr>() {
            return address.is_private();
        }
        if let Ok(address) = host.trim_matches(['[', ']']).parse::<std::net::Ipv6Addr>() {
            return address.is_unique_local();
        }
        let is_name = host.starts_with(|first: char| first.is_ascii_alphabetic());
        let of_one_label = !host.contains('.') && is_name;
        of_one_label || host.ends_with(".internal") || host.ends_with(".local")
    }

    /// Whether it is one of Alibaba Cloud's hosts.
    pub fn is_vendor(&self) -> bool {
        let (host, _) = split_port(&self.authority);
        // A trailing dot denotes the same host.
        let host = host.strip_suffix('.').unwrap_or(host);
        host.ends_with(".aliyuncs.com")
    }

    /// Whether it is one of Alibaba Cloud's hosts that are reachable only inside a VPC, such as
    /// `cloudauth-vpc.cn-shanghai.aliyuncs.com`.
    pub fn is_inside_vpc(&self) -> bool {
        self.is_vendor()
            && self.authority.split('.').any(|label| {
                label.ends_with("-vpc") || label.starts_with("vpc-") || label.ends_with("-internal")
            })
    }
}

/// Whether a host without a port is the local machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host.ends_with(".localhost")
        || host
            .parse::<std::net::Ipv4Addr>()
            .is_ok_and(|address| address.is_loopback())
        || host
            .trim_matches(['[', ']'])
            .parse::<std::net::Ipv6Addr>()
            .is_ok_and(|address| address.is_loopback())
}

fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_the_port_as_http_clients_send_it() {
        for (text, origin) in [
            ("https://proxy.example:08443", "https://proxy.example:8443"),
            ("http://127.0.0.1:008788", "http://127.0.0.1:8788"),
            ("https://[::1]:00443/", "https://[::1]:443"),
        ] {
            assert_eq!(Endpoint::parse(text).unwrap().origin(), origin);
        }
    }

    #[test]
    fn a_loopback_address_with_a_port_is_http() {
        for (text, origin) in [
            ("127.0.0.1:8788", "http://127.0.0.1:8788"),
            ("localhost:8788", "http://localhost:8788"),
            ("[::1]:8788", "http://[::1]:8788"),
            ("https://127.0.0.1:8788", "https://127.0.0.1:8788"),
            ("proxy.example:8788", "https://proxy.example:8788"),
        ] {
            assert_eq!(Endpoint::parse(text).unwrap().origin(), origin);
        }
    }

    #[test]
    fn takes_hosts_and_origins() {
        for (text, origin, host) in [
            (
                "cloudauth.aliyuncs.com",
                "https://cloudauth.aliyuncs.com",
                "cloudauth.aliyuncs.com",
            ),
            (
                "https://Cloudauth.cn-shanghai.aliyuncs.com:443/",
                "https://cloudauth.cn-shanghai.aliyuncs.com:443",
                "cloudauth.cn-shanghai.aliyuncs.com",
            ),
            (
                "http://127.0.0.1:8788",
                "http://127.0.0.1:8788",
                "127.0.0.1:8788",
            ),
            ("http://[::1]:8788", "http://[::1]:8788", "[::1]:8788"),
            ("http://[::1]", "http://[::1]", "[::1]"),
            ("http://localhost:80", "http://localhost:80", "localhost"),
        ] {
            let endpoint = Endpoint::parse(text).unwrap();
            assert_eq!(endpoint.origin(), origin);
            assert_eq!(endpoint.host_header(), host);
        }
    }

    #[test]
    fn refuses_the_rest() {
        for text in [
            "",
            "https://",
            "ftp://cloudauth.aliyuncs.com",
            "https://cloudauth.aliyuncs.com/path",
            "https://user@cloudauth.aliyuncs.com",
            "cloudauth.aliyuncs.com?x=1",
            "cloudauth.aliyuncs.com:0",
            "cloudauth.aliyuncs.com:99999",
            "云.aliyuncs.com",
            "a b",
            "[::1",
            "..",
        ] {
            assert_eq!(
                Endpoint::parse(text).unwrap_err().rule,
                "not-an-endpoint",
                "{text}"
            );
        }
        for text in [
            "http://cloudauth.aliyuncs.com",
            "http://127.0.0.1.evil.example",
            "http://10.0.0.1",
        ] {
            assert_eq!(
                Endpoint::parse(text).unwrap_err().rule,
                "needs-https",
                "{text}"
            );
        }
    }

    #[test]
    fn a_sandbox_may_stand_on_a_host_that_is_not_public() {
        for text in [
            "http://sandbox:8788",
            "http://my-sandbox",
            "http://host.docker.internal:8788",
            "http://sandbox.default.svc.cluster.local:8788",
            "http://10.0.0.1",
            "http://172.16.5.4:8788",
            "http://192.168.0.10:8788",
            "http://[fd00::1]:8788",
            "http://127.0.0.1:8788",
            "https://sandbox.example.com",
        ] {
            assert!(Endpoint::parse_or_private(text).is_ok(), "{text}");
        }
        for text in [
            "http://sandbox.example.com",
            "http://cloudauth.aliyuncs.com",
            "http://172.32.0.1",
            "http://11.0.0.1",
            "http://169.254.169.254",
            "http://[fe80::1]",
            "http://0x0a000001",
            "http://167772161",
            "http://[2001:db8::1]",
            "http://internal.example.com",
            "http://10.0.0.1.example.com",
            "http://com.",
        ] {
            assert_eq!(
                Endpoint::parse_or_private(text).unwrap_err().rule,
                "needs-https",
                "{text}"
            );
        }
    }

    #[test]
    fn an_url_has_the_endpoint_before_its_path() {
        for (url, origin) in [
            (
                "https://a.aliyuncs.com/b?c=d#e",
                Some("https://a.aliyuncs.com"),
            ),
            (
                "https://a.aliyuncs.com?c=https://x/",
                Some("https://a.aliyuncs.com"),
            ),
            ("https://a.aliyuncs.com#@x", Some("https://a.aliyuncs.com")),
            ("http://127.0.0.1:8788/hook", Some("http://127.0.0.1:8788")),
            ("http://sandbox/hook", Some("http://sandbox")),
            ("http://example.com/", None),
            ("https://a.aliyuncs.com@example.com/", None),
            ("https://a.aliyuncs.com\\@example.com/", None),
            ("https:///a.aliyuncs.com", None),
            ("ftp://a.aliyuncs.com/", None),
            ("HTTPS://a.aliyuncs.com/", None),
            ("a.aliyuncs.com", None),
            ("", None),
        ] {
            let found = Endpoint::of_url(url).map(|endpoint| endpoint.origin());
            assert_eq!(found.as_deref(), origin, "{url}");
        }
    }

    #[test]
    fn knows_hosts_inside_a_vpc() {
        let inside = |text| Endpoint::parse(text).unwrap().is_inside_vpc();
        for text in [
            "cloudauth-vpc.cn-shanghai.aliyuncs.com",
            "https://CLOUDAUTH-VPC.cn-beijing.aliyuncs.com.:443",
            "cloudauth.vpc-proxy.aliyuncs.com",
            "bucket.oss-cn-shanghai-internal.aliyuncs.com",
        ] {
            assert!(inside(text), "{text}");
        }
        for text in [
            "cloudauth.aliyuncs.com",
            "cloudauth.cn-shanghai.aliyuncs.com",
            "cloudauth-vpc.example.com",
            "127.0.0.1",
        ] {
            assert!(!inside(text), "{text}");
        }
    }

    #[test]
    fn recognizes_alibaba_clouds_hosts() {
        assert!(
            Endpoint::parse("cloudauth.cn-beijing.aliyuncs.com")
                .unwrap()
                .is_vendor()
        );
        assert!(
            Endpoint::parse("https://CLOUDAUTH.aliyuncs.com.:443")
                .unwrap()
                .is_vendor()
        );
        assert!(
            !Endpoint::parse("aliyuncs.com.evil.example")
                .unwrap()
                .is_vendor()
        );
    }
}
