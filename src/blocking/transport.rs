//! Sends a request with ureq and returns its outcome. The time limit covers name resolution, the
//! connection and the whole response.

use crate::client::call::Loss;
use crate::client::options::Options;
use crate::client::sans_io::{Input, MAX_ANSWER_BYTES};
use crate::error::{Error, FieldError};
use crate::text::Text;
use crate::vendor::endpoint::{self, Endpoint};
use ::http::header::CONTENT_LENGTH;
use std::ffi::OsString;
use std::io::{self, Read};
use std::time::Duration;
use ureq::{Proxy, ProxyProtocol, SendBody, Timeout};

/// How long an idle connection is used again. A server that closes one just as a start is sent leaves
/// the outcome of the start unknown.
const MAX_IDLE: Duration = Duration::from_secs(2);
/// Idle connections that are kept, for the threads that share a client.
const MAX_IDLE_CONNECTIONS: usize = 64;

/// The variables that name the proxy, in the order in which ureq reads them.
const PROXY_VARIABLES: [&str; 6] = [
    "ALL_PROXY",
    "all_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
];

/// An agent that uses the environment's proxy.
///
/// # Errors
/// If the environment names a proxy that cannot be used: its administrator does not want a direct connection.
pub(super) fn agent(options: &Options) -> Result<ureq::Agent, Error> {
    if options.endpoints.iter().all(Endpoint::is_loopback) {
        return Ok(agent_with(None));
    }
    check_proxy(|name| std::env::var_os(name)).map_err(|problem| Error::options(vec![problem]))?;
    Ok(agent_with(Proxy::try_from_env()))
}

fn agent_with(proxy: Option<Proxy>) -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        // Following a redirect would send names and identity numbers to another host.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .accept_encoding("identity")
        .max_idle_age(MAX_IDLE)
        .max_idle_connections(MAX_IDLE_CONNECTIONS)
        .max_idle_connections_per_host(MAX_IDLE_CONNECTIONS)
        .proxy(proxy)
        .build()
        .new_agent()
}

/// Checks the first variable that is set, the one that ureq uses. Its value may contain a password.
fn check_proxy(variable: impl Fn(&str) -> Option<OsString>) -> Result<(), FieldError> {
    let set = PROXY_VARIABLES.into_iter().find_map(|name| {
        let value = variable(name).filter(|value| !value.is_empty())?;
        Some((name, value))
    });
    let Some((name, value)) = set else {
        return Ok(());
    };
    let proxy = value.to_str().and_then(|value| Proxy::new(value).ok());
    match proxy.map(|proxy| proxy.protocol()) {
        Some(ProxyProtocol::Http | ProxyProtocol::Https) => Ok(()),
        _ => Err(FieldError::new(
            name,
            "proxy",
            Text::new(
                "不是可用的代理：应为 http:// 或 https:// 地址；请修正或删除该环境变量。",
                "is not a usable proxy: it must be an http:// or https:// address; correct or unset the environment variable.",
            ),
        )),
    }
}

/// Sends the request unchanged. `timeout` covers the whole exchange.
pub(super) fn send(
    agent: &ureq::Agent,
    request: ::http::Request<String>,
    timeout: Duration,
) -> Input {
    let (mut head, body) = request.into_parts();
    head.headers.insert(CONTENT_LENGTH, body.len().into());
    let is_loopback = head.uri.host().is_some_and(endpoint::is_loopback);
    let mut body = Watched {
        rest: body.as_bytes(),
        is_empty: body.is_empty(),
        read: false,
    };
    let request = ::http::Request::from_parts(head, SendBody::from_reader(&mut body));
    // Shorter than the whole, so that the error states whether the connection was established.
    let connecting = timeout.mul_f32(0.9);
    let mut request = agent
        .configure_request(request)
        .timeout_global(Some(timeout))
        .timeout_resolve(Some(connecting))
        .timeout_connect(Some(connecting));
    if is_loopback {
        request = request.proxy(None);
    }
    let answered = agent.run(request.build()).and_then(|response| {
        let (head, mut body) = response.into_parts();
        let body = body.with_config().limit(MAX_ANSWER_BYTES).read_to_vec()?;
        Ok(::http::Response::from_parts(head, body))
    });
    match answered {
        Ok(response) => Input::Answered(response),
        Err(error) => Input::Lost(loss(&error, &body)),
    }
}

fn loss(error: &ureq::Error, body: &Watched) -> Loss {
    // Without a body, the headers are the whole request, and nothing shows whether ureq has written them.
    let unsent = !body.read && (!body.is_empty || only_while_connecting(error));
    match error {
        ureq::Error::BodyExceedsLimit(_) => Loss::TooLarge,
        _ if unsent => Loss::NotConnected,
        ureq::Error::Timeout(_) => Loss::TimedOut,
        _ => Loss::ConnectionFailed { code: None },
    }
}

/// Whether the error occurs only before anything is sent. A TLS error or an unreachable network can also
/// end a connection that has carried the request.
fn only_while_connecting(error: &ureq::Error) -> bool {
    match error {
        ureq::Error::HostNotFound
        | ureq::Error::ConnectionFailed
        | ureq::Error::ConnectProxyFailed(_)
        | ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => true,
        ureq::Error::Io(error) => {
            // std has no kind for a failed name resolution, only this text.
            error.kind() == io::ErrorKind::ConnectionRefused
                || (error.to_string()).starts_with("failed to lookup address information")
        }
        _ => false,
    }
}

/// A request body that records whether it was read. ureq reads it only after it has established the
/// connection, including TLS, and written the headers; until then, nothing can have been executed.
struct Watched<'a> {
    rest: &'a [u8],
    is_empty: bool,
    read: bool,
}

impl Read for Watched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.read = true;
        self.rest.read(buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::net::TcpListener;

    #[test]
    fn a_proxy_that_cannot_be_used_is_an_error() {
        let with = |value: &str| {
            check_proxy(|name| (name == "HTTPS_PROXY").then(|| OsString::from(value)))
        };
        for usable in [
            "",
            "http://user:pass@proxy:3128",
            "https://proxy",
            "proxy:3128",
        ] {
            assert_eq!(with(usable), Ok(()), "{usable}");
        }
        for unusable in ["socks5://proxy:1080", "not a url", "ftp://proxy"] {
            let problem = with(unusable).unwrap_err();
            assert_eq!(
                (problem.field.as_str(), problem.rule),
                ("HTTPS_PROXY", "proxy")
            );
            assert!(!problem.to_string().contains(unusable));
        }
        assert_eq!(check_proxy(|_| None), Ok(()));
        // The first variable that is set counts.
        let several = |name: &str| match name {
            "ALL_PROXY" => Some(OsString::new()),
            "all_proxy" => Some("http://proxy".into()),
            _ => Some("socks5://proxy".into()),
        };
        assert_eq!(check_proxy(several), Ok(()));
    }

    #[test]
    fn a_loopback_address_is_called_without_the_proxy() {
        let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let agent = agent_with(Proxy::new(&format!("http://{}", proxy.local_addr().unwrap())).ok());
        let url = format!("http://{}/", server.local_addr().unwrap());
        let serving = std::thread::spawn(move || {
            let (mut connection, _) = server.accept().unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"a=b") {
                let mut byte = [0];
                connection.read_exact(&mut byte).unwrap();
                request.extend(byte);
            }
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
            connection.write_all(answer).unwrap();
            request
        });
        let request = ::http::Request::post(url).body("a=b".to_owned()).unwrap();
        let answer = send(&agent, request, Duration::from_secs(30));
        assert!(matches!(answer, Input::Answered(_)), "{answer:?}");
        assert!(serving.join().unwrap().starts_with(b"POST / "));
        proxy.set_nonblocking(true).unwrap();
        assert!(proxy.accept().is_err(), "the proxy was used");
    }
}
