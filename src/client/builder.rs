//! The builder of the client's options for Rust programs.

use crate::actions::value::Value;
use crate::client::options::Options;
use crate::error::Error;
use crate::signing::{SignatureVersion, acs3, rpc};
use std::time::Duration;

/// Builds a client's options; created by [`Options::builder`]. Options that are not set keep their
/// defaults. If an option is set twice, the later value wins.
///
/// ```
/// use cloudauth_edge::{ClientOptions, SignatureVersion};
/// use std::time::Duration;
///
/// # fn main() -> Result<(), cloudauth_edge::Error> {
/// let options = ClientOptions::builder()
///     .endpoints(["cloudauth.cn-shanghai.aliyuncs.com", "cloudauth.cn-beijing.aliyuncs.com"])
///     .signature_version(SignatureVersion::Acs3)
///     .timeout(Duration::from_secs(5))
///     .build()?;
/// # assert_eq!(options.timeout(), Duration::from_secs(5));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct ClientOptionsBuilder {
    named: Vec<(&'static str, Value<'static>)>,
}

// An endpoint that is not validated yet can contain a password.
redacted_debug!(ClientOptionsBuilder);

impl Options {
    /// Starts building options.
    pub fn builder() -> ClientOptionsBuilder {
        ClientOptionsBuilder::default()
    }
}

impl ClientOptionsBuilder {
    fn set(mut self, name: &'static str, value: Value<'static>) -> Self {
        self.named.retain(|(other, _)| *other != name);
        self.named.push((name, value));
        self
    }

    /// The host to call: `cloudauth.aliyuncs.com` (the default), `https://host:port`, or
    /// `http://127.0.0.1:8788` on the local machine. With one of the sandbox's keys, `http://` is
    /// also accepted for private hosts: `http://sandbox:8788`.
    #[must_use]
    pub fn endpoint(self, endpoint: impl Into<String>) -> Self {
        self.set("endpoint", endpoint.into().into())
    }

    /// Hosts in fail-over order, in the format of [`ClientOptionsBuilder::endpoint`].
    #[must_use]
    pub fn endpoints<T: AsRef<str>>(self, endpoints: impl IntoIterator<Item = T>) -> Self {
        let list: Vec<T> = endpoints.into_iter().collect();
        let list: Vec<&str> = list.iter().map(AsRef::as_ref).collect();
        self.set("endpoint", list.join(",").into())
    }

    /// The signature scheme. Default: [`SignatureVersion::Rpc`].
    #[must_use]
    pub fn signature_version(self, version: SignatureVersion) -> Self {
        let name = match version {
            SignatureVersion::Rpc => rpc::SIGNATURE_VERSION,
            SignatureVersion::Acs3 => acs3::ALGORITHM,
        };
        self.set("signatureVersion", name.into())
    }

    /// Time limit of one attempt, including the response body, from 1 millisecond to 10 minutes,
    /// rounded up to milliseconds. Default: 10 seconds.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        self.set("timeoutMs", millis(timeout).into())
    }

    /// Time limit of a whole call, including all attempts and back-off, from 1 millisecond to 1
    /// hour. Default: 30 seconds, or [`ClientOptionsBuilder::timeout`] if that is longer.
    #[must_use]
    pub fn total_timeout(self, timeout: Duration) -> Self {
        self.set("totalTimeoutMs", millis(timeout).into())
    }

    /// Maximum number of attempts per call, from 1 to 10. Default: 3.
    #[must_use]
    pub fn max_attempts(self, attempts: u32) -> Self {
        self.set("maxAttempts", attempts.into())
    }

    /// Whether to retry InitFaceVerify even if it may have been executed. Default: no. Each
    /// executed start can be billed.
    #[must_use]
    pub fn repeat_init(self, allowed: bool) -> Self {
        self.set("repeatInit", Value::Boolean(allowed))
    }

    /// Whether ProductCodes other than `LR_FR` are accepted. Default: no.
    #[must_use]
    pub fn allow_other_products(self, allowed: bool) -> Self {
        self.set("allowOtherProducts", Value::Boolean(allowed))
    }

    /// Whether CertNo may also be the number of a residence permit or of a foreign permanent resident card; with the
    /// latter, CertName may be in Latin letters.
    /// Default: no.
    #[must_use]
    pub fn allow_residence_permits(self, allowed: bool) -> Self {
        self.set("allowResidencePermits", Value::Boolean(allowed))
    }

    /// Validates the options.
    ///
    /// # Errors
    /// A single error of kind `validation` that lists every problem. Its fields use the names of
    /// the npm client's options (`timeoutMs`, `maxAttempts`).
    pub fn build(self) -> Result<Options, Error> {
        Options::check(self.named)
    }
}

/// Rounds up, so that only zero becomes zero.
pub(super) fn millis(duration: Duration) -> i64 {
    let millis = duration.as_nanos().div_ceil(1_000_000);
    i64::try_from(millis).unwrap_or(i64::MAX)
}
