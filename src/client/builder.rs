//! The builder of the client's options for Rust programs.

use crate::actions::value::Value;
use crate::client::options::Options;
use crate::error::Error;
use crate::signing::{SignatureVersion, acs3, rpc};
use std::time::Duration;

/// Options under construction, created by [`Options::builder`]. Options that are not set keep their
/// defaults; the last value counts.
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
/// # assert_eq!(options.timeout_millis, 5_000);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct ClientOptionsBuilder {
    named: Vec<(&'static str, Value<'static>)>,
}

impl Options {
    /// Options by name, durations as [`std::time::Duration`].
    pub fn builder() -> ClientOptionsBuilder {
        ClientOptionsBuilder::default()
    }
}

impl ClientOptionsBuilder {
    /// The host to call: `cloudauth.aliyuncs.com` (the default), `https://host:port`, or
    /// `http://127.0.0.1:8788` on the local machine. With a key of the sandbox, `http://` may also
    /// name a host that is not public: `http://sandbox:8788`.
    #[must_use]
    pub fn endpoint(self, endpoint: impl Into<String>) -> Self {
        self.with("endpoint", endpoint.into())
    }

    /// Hosts in fail-over order, in the form of [`ClientOptionsBuilder::endpoint`].
    #[must_use]
    pub fn endpoints<T: AsRef<str>>(self, endpoints: impl IntoIterator<Item = T>) -> Self {
        let mut list = String::new();
        for endpoint in endpoints {
            if !list.is_empty() {
                list.push(',');
            }
            list.push_str(endpoint.as_ref());
        }
        self.with("endpoint", list)
    }

    /// The signature scheme. Default: [`SignatureVersion::Rpc`].
    #[must_use]
    pub fn signature_version(self, version: SignatureVersion) -> Self {
        let name = match version {
            SignatureVersion::Rpc => rpc::SIGNATURE_VERSION,
            SignatureVersion::Acs3 => acs3::ALGORITHM,
        };
        self.with("signatureVersion", name)
    }

    /// Time limit of one attempt, including the response's body. Default: 10 seconds; from 1
    /// millisecond to 10 minutes, rounded up to milliseconds.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        self.with("timeoutMs", millis(timeout))
    }

    /// Time limit of all attempts of one call and the back-off between them. Default: 30 seconds,
    /// or [`ClientOptionsBuilder::timeout`] where that is longer; from 1 millisecond to 1 hour.
    #[must_use]
    pub fn total_timeout(self, timeout: Duration) -> Self {
        self.with("totalTimeoutMs", millis(timeout))
    }

    /// The most attempts of one call. Default: 3; from 1 to 10.
    #[must_use]
    pub fn max_attempts(self, attempts: u32) -> Self {
        self.with("maxAttempts", i64::from(attempts))
    }

    /// Whether to retry InitFaceVerify even if it may have been executed. Default: no. Each start
    /// that is executed can be billed.
    #[must_use]
    pub fn repeat_init(self, allowed: bool) -> Self {
        self.with("repeatInit", Value::Boolean(allowed))
    }

    /// Whether ProductCodes other than `LR_FR` are accepted. Default: no.
    #[must_use]
    pub fn allow_other_products(self, allowed: bool) -> Self {
        self.with("allowOtherProducts", Value::Boolean(allowed))
    }

    /// Whether CertNo can be the number of a residence permit or a foreign permanent resident card.
    /// Default: no.
    #[must_use]
    pub fn allow_residence_permits(self, allowed: bool) -> Self {
        self.with("allowResidencePermits", Value::Boolean(allowed))
    }

    /// Validates the options.
    ///
    /// # Errors
    /// All faults in one error of kind `validation`; its fields have the names of the npm client's
    /// options (`timeoutMs`, `maxAttempts`).
    pub fn build(self) -> Result<Options, Error> {
        Options::check(self.named)
    }

    fn with(mut self, name: &'static str, value: impl Into<Value<'static>>) -> Self {
        self.named.retain(|(other, _)| *other != name);
        self.named.push((name, value.into()));
        self
    }
}

/// Rounded up, so that only zero becomes zero.
fn millis(duration: Duration) -> i64 {
    let millis = duration.as_nanos().div_ceil(1_000_000);
    i64::try_from(millis).unwrap_or(i64::MAX)
}
