//! Alibaba Cloud's two signature schemes, one file per scheme and stage.
//!
//! The same functions sign (client) and verify (gateway, sandbox): to verify, they recompute the
//! signature of the received request.

pub mod acs3;
pub mod canonical;
pub mod difference;
pub mod encode;
pub mod rpc;

use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

/// Alibaba Cloud's tolerance for a request's timestamp, in either direction.
pub const TIMESTAMP_WINDOW_MILLIS: i64 = 15 * 60 * 1_000;

/// The signature scheme of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SignatureVersion {
    /// HMAC-SHA1 over all parameters, which are sent in the form body and not in the URL.
    #[default]
    #[serde(rename = "1.0")]
    Rpc,
    /// HMAC-SHA256 over method, query, headers and body. **Under this scheme, Alibaba Cloud defines
    /// most parameters of the two actions, including names and identity numbers, as query
    /// parameters, so they are part of the URL.**
    #[serde(rename = "ACS3-HMAC-SHA256")]
    Acs3,
}

impl SignatureVersion {
    /// The scheme with this name: `1.0` or `ACS3-HMAC-SHA256`.
    pub fn read(name: &str) -> Option<Self> {
        match name {
            rpc::SIGNATURE_VERSION => Some(Self::Rpc),
            acs3::ALGORITHM => Some(Self::Acs3),
            _ => None,
        }
    }

    /// Reads the timestamp of a request. Alibaba Cloud documents whole seconds. Programs also send milliseconds
    /// under RPC, as JavaScript's `toISOString` writes them; whether Alibaba Cloud accepts these is not known.
    pub fn read_timestamp(self, text: &str) -> Option<Timestamp> {
        match self {
            Self::Rpc => Timestamp::parse_iso8601_millis(text),
            Self::Acs3 => Timestamp::parse_iso8601(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SignatureVersion::{self, Acs3, Rpc};

    #[test]
    fn reads_the_names_that_it_writes() {
        for version in [Rpc, Acs3] {
            let written = serde_json::to_value(version).unwrap();
            let name = written.as_str().unwrap();
            assert_eq!(SignatureVersion::read(name), Some(version), "{name}");
        }
        for other in ["", "1.1", "acs3-hmac-sha256"] {
            assert_eq!(SignatureVersion::read(other), None, "{other}");
        }
    }
}
