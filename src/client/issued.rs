//! Credentials as a program's provider returned them.

use crate::vendor::credentials::Credentials;

/// Credentials and how many the provider returned before them, because it may return the same ones again.
#[derive(Clone)]
pub(crate) struct Issued {
    pub(crate) credentials: Credentials,
    pub(crate) number: u64,
}

impl Issued {
    pub(crate) const fn first(credentials: Credentials) -> Self {
        Self {
            credentials,
            number: 0,
        }
    }

    /// The credentials that the provider returned after these.
    pub(crate) const fn followed_by(&self, credentials: Credentials) -> Self {
        Self {
            credentials,
            number: self.number.wrapping_add(1),
        }
    }
}
