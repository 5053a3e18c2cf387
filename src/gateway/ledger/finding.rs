//! What Alibaba Cloud says about the gateway's key and scene.

use crate::error::{Error, Kind};
use crate::gateway::problem::{for_operator, is_vendor_code};
use crate::text::Text;
use crate::vendor::codes;
use serde::{Deserialize, Serialize};

static WORKS: Text = Text::new(
    "阿里云接受网关的密钥与场景。",
    "Alibaba Cloud accepts the gateway's key and scene.",
);

words! {
    /// What Alibaba Cloud says about the key and the scene.
    pub enum KeyStatus {
        /// Key and scene are accepted.
        Works = "works",
        /// The key does not exist, is disabled, or its secret is wrong.
        KeyRefused = "key-refused",
        /// The key's RAM user may not call the action.
        NoPermission = "no-permission",
        /// The account has no such scene.
        SceneUnknown = "scene-unknown",
        /// OSS is not activated or its access is not granted, or a payment is overdue.
        NotActivated = "not-activated",
        /// No response.
        Unreachable = "unreachable",
        /// Another failure, which says nothing about the key.
        Failed = "failed",
    }
}

/// The result of a probe.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// When it was found, in milliseconds.
    pub at: i64,
    /// What Alibaba Cloud says.
    pub status: KeyStatus,
    /// Its code, if it returned one.
    pub vendor_code: Option<String>,
    /// Its RequestId.
    pub vendor_request_id: Option<String>,
    /// What it means and who must act.
    pub messages: Text,
}

impl KeyStatus {
    fn of(error: &Error) -> Self {
        let family = codes::api_gateway_code(&error.code).map(|family| family.prefix);
        match (error.kind, error.code.as_str(), family) {
            // Alibaba Cloud looks for the CertifyId last.
            (Kind::Vendor, "406", _) => Self::Works,
            (Kind::Vendor, "402" | "404", _) => Self::SceneUnknown,
            (Kind::Vendor, "410" | "412", _)
            | (
                Kind::Vendor,
                _,
                Some("InvalidAccountStatus" | "Account.Arrearage" | "InsufficientBalance"),
            ) => Self::NotActivated,
            (Kind::Vendor, "411", _) => Self::NoPermission,
            (Kind::Credentials, _, Some(_)) if !codes::refuses_key(&error.code) => {
                Self::NoPermission
            }
            (Kind::Credentials, ..) | (Kind::Signature, _, Some("SignatureDoesNotMatch")) => {
                Self::KeyRefused
            }
            (Kind::Transport | Kind::Timeout, ..) if error.http_status.is_none() => {
                Self::Unreachable
            }
            _ => Self::Failed,
        }
    }
}

impl Finding {
    /// The result of a call that succeeded.
    pub(super) fn works(at: i64, request_id: Option<&str>) -> Self {
        Self::new(at, KeyStatus::Works, None, request_id, WORKS.clone())
    }

    /// The result of a call that failed.
    pub(super) fn of(error: &Error, at: i64) -> Self {
        let status = KeyStatus::of(error);
        // The gateway made up the whole request.
        let text = if status == KeyStatus::Works {
            WORKS.clone()
        } else {
            for_operator(error)
        };
        let code = is_vendor_code(error).then_some(error.code.as_str());
        Self::new(at, status, code, error.request_id.as_deref(), text)
    }

    fn new(
        at: i64,
        status: KeyStatus,
        vendor_code: Option<&str>,
        vendor_request_id: Option<&str>,
        messages: Text,
    ) -> Self {
        Self {
            at,
            status,
            vendor_code: vendor_code.map(str::to_owned),
            vendor_request_id: vendor_request_id.map(str::to_owned),
            messages,
        }
    }
}
