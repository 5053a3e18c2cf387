//! Sends a request with ureq and returns its outcome. The time limit covers name resolution, the
//! connection and the whole response.

use crate::client::call::Loss;
use crate::client::options::Options;
use crate::client::sans_io::{Input, MAX_ANSWER_BYTES};
use crate::vendor::endpoint::Endpoint;
use ::http::header::CONTENT_LENGTH;
use std::io::{self, Read};
use std::time::Duration;
use ureq::SendBody;

pub(super) fn agent(options: &Options) -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        // Following a redirect would send names and identity numbers to another host.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .accept_encoding("identity");
    let config = if options.endpoints.iter().all(Endpoint::is_loopback) {
        config.proxy(None)
    } else {
        config
    };
    config.build().new_agent()
}

/// Sends the request unchanged. `timeout` covers the whole exchange.
pub(super) fn send(
    agent: &ureq::Agent,
    request: ::http::Request<String>,
    timeout: Duration,
) -> Input {
    let (mut head, body) = request.into_parts();
    head.headers.insert(CONTENT_LENGTH, body.len().into());
    let mut body = Watched {
        rest: body.as_bytes(),
        is_empty: body.is_empty(),
        read: false,
    };
    let request = ::http::Request::from_parts(head, SendBody::from_reader(&mut body));
    let request = agent
        .configure_request(request)
        .timeout_global(Some(timeout))
        .build();
    let answered = agent.run(request).and_then(|response| {
        let (head, mut body) = response.into_parts();
        let body = body.with_config().limit(MAX_ANSWER_BYTES).read_to_vec()?;
        Ok(::http::Response::from_parts(head, body))
    });
    match answered {
        Ok(response) => Input::Answered(response),
        Err(error) => Input::Lost(loss(&error, body.was_sent())),
    }
}

fn loss(error: &ureq::Error, was_sent: bool) -> Loss {
    match error {
        ureq::Error::BodyExceedsLimit(_) => Loss::TooLarge,
        _ if !was_sent => Loss::NotConnected,
        ureq::Error::HostNotFound => Loss::NotConnected,
        ureq::Error::Timeout(_) => Loss::TimedOut,
        _ => Loss::ConnectionFailed { code: None },
    }
}

/// A request body that records whether it was read. ureq reads it only after it has established the
/// connection, including TLS, and written the headers; until then, nothing can have been executed.
struct Watched<'a> {
    rest: &'a [u8],
    is_empty: bool,
    read: bool,
}

impl Watched<'_> {
    /// Whether the whole request may have been sent. Always true without a body, because the
    /// headers are then the whole request.
    const fn was_sent(&self) -> bool {
        self.read || self.is_empty
    }
}

impl Read for Watched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.read = true;
        self.rest.read(buffer)
    }
}
