//! A string that is kept secret.

use std::fmt;
use zeroize::Zeroizing;

/// A secret string: erased from memory on drop, never printed.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes ownership of a secret value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(Zeroizing::new(value.into()))
    }

    /// The value, for signing and comparing, never for printing.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether both values are equal; the time depends only on their lengths.
    pub fn constant_time_eq(&self, other: &str) -> bool {
        use subtle::ConstantTimeEq;
        self.0.as_bytes().ct_eq(other.as_bytes()).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
    }
}
