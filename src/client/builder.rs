//! The builder of the client's options for Rust programs.

use crate::client::options::{Draft, Options};
use crate::error::Error;
use crate::identity::cert_no::Documents;
use crate::signing::SignatureVersion;
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
#[derive(Clone, Debug, Default)]
pub struct ClientOptionsBuilder {
    endpoints: Option<Vec<String>>,
    signature_version: SignatureVersion,
    timeout: Option<Duration>,
    total_timeout: Option<Duration>,
    max_attempts: Option<u32>,
    repeat_init: bool,
    allow_other_products: bool,
    allow_residence_permits: bool,
}

impl Options {
    /// Starts building options.
    pub fn builder() -> ClientOptionsBuilder {
        ClientOptionsBuilder::default()
    }
}

impl ClientOptionsBuilder {
    /// The host to call: `cloudauth.aliyuncs.com` (the default), `https://host:port`, or
    /// `http://127.0.0.1:8788` on the local machine. With one of the sandbox's keys, `http://` is
    /// also accepted for private hosts: `http://sandbox:8788`.
    #[must_use]
    pub fn endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoints = Some(vec![endpoint.into()]);
        self
    }

    /// Hosts in fail-over order, in the format of [`ClientOptionsBuilder::endpoint`].
    #[must_use]
    pub fn endpoints<T: AsRef<str>>(mut self, endpoints: impl IntoIterator<Item = T>) -> Self {
        let list = endpoints.into_iter();
        self.endpoints = Some(list.map(|endpoint| endpoint.as_ref().to_owned()).collect());
        self
    }

    /// The signature scheme. Default: [`SignatureVersion::Rpc`].
    #[must_use]
    pub fn signature_version(mut self, version: SignatureVersion) -> Self {
        self.signature_version = version;
        self
    }

    /// Time limit of one attempt, including the response body, from 1 millisecond to 10 minutes,
    /// rounded up to milliseconds. Default: 10 seconds.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Time limit of a whole call, including all attempts and back-off, from 1 millisecond to 1
    /// hour. Default: 30 seconds, or [`ClientOptionsBuilder::timeout`] if that is longer.
    #[must_use]
    pub const fn total_timeout(mut self, timeout: Duration) -> Self {
        self.total_timeout = Some(timeout);
        self
    }

    /// Maximum number of attempts per call, from 1 to 10. Default: 3.
    #[must_use]
    pub const fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = Some(attempts);
        self
    }

    /// Whether to retry InitFaceVerify even if it may have been executed. Default: no. Each
    /// executed start can be billed.
    #[must_use]
    pub const fn repeat_init(mut self, allowed: bool) -> Self {
        self.repeat_init = allowed;
        self
    }

    /// Whether ProductCodes other than `LR_FR` are accepted. Default: no.
    #[must_use]
    pub const fn allow_other_products(mut self, allowed: bool) -> Self {
        self.allow_other_products = allowed;
        self
    }

    /// Whether CertNo may also be the number of a residence permit or of a foreign permanent resident card; with the
    /// latter, CertName may be in Latin letters.
    /// Default: no.
    #[must_use]
    pub const fn allow_residence_permits(mut self, allowed: bool) -> Self {
        self.allow_residence_permits = allowed;
        self
    }

    /// Validates the options.
    ///
    /// # Errors
    /// A single error of kind `validation` that lists every problem. Its fields use the names of
    /// the npm client's options (`timeoutMs`, `maxAttempts`).
    pub fn build(self) -> Result<Options, Error> {
        let mut draft = Draft::default();
        if let Some(list) = &self.endpoints {
            draft.endpoints(list.iter().map(String::as_str));
        }
        if let Some(timeout) = self.timeout {
            let checked = draft.timeout_millis(Some(millis(timeout)));
            draft.problem(checked);
        }
        if let Some(timeout) = self.total_timeout {
            let checked = draft.total_timeout_millis(Some(millis(timeout)));
            draft.problem(checked);
        }
        if let Some(attempts) = self.max_attempts {
            let checked = draft.max_attempts(Some(attempts.into()));
            draft.problem(checked);
        }
        draft.options.version = self.signature_version;
        draft.options.repeat_init = self.repeat_init;
        draft.options.allow_other_products = self.allow_other_products;
        draft.options.documents = Documents::all_if(self.allow_residence_permits);
        draft.finish()
    }
}

/// Rounds up, so that only zero becomes zero.
fn millis(duration: Duration) -> i64 {
    let millis = duration.as_nanos().div_ceil(1_000_000);
    i64::try_from(millis).unwrap_or(i64::MAX)
}
