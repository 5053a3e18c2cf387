//! Whether Alibaba Cloud accepts the gateway's key and scene: the answer to DescribeFaceVerify with a
//! CertifyId that nobody has.
//!
//! The result is kept for some seconds, and requests that come while it is found share one call, so
//! that many requests do not take calls away from verifications.

use super::answer::Answered;
use super::commit::{Context, Step, Writes};
use super::rows::{Interrupt, PROBE, Rows};
use super::task::{Probe, Purpose};
use super::upstream::{self, Ended};
use crate::error::{Error, Kind};
use crate::gateway::problem::{Problem, UPSTREAM_THROTTLED, is_vendor_code};
use crate::gateway::settings::Settings;
use crate::text::Text;
use crate::vendor::codes;
use serde::{Deserialize, Serialize};

/// How long a result is kept.
const KEPT_MILLIS: i64 = 10_000;

static WORKS: Text = Text::new(
    "阿里云接受网关的密钥与场景。",
    "Alibaba Cloud accepts the gateway's key and scene.",
);

/// What Alibaba Cloud says about the key and the scene.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Key and scene are accepted.
    Works,
    /// The key does not exist, is disabled, or its secret is wrong.
    KeyRefused,
    /// The key's RAM user may not call the action.
    NoPermission,
    /// The account has no such scene.
    SceneUnknown,
    /// The product is not activated, or a payment is overdue.
    NotActivated,
    /// No response.
    Unreachable,
    /// Another failure, which says nothing about the key.
    Failed,
}

/// The result of a probe.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// When it was found, in milliseconds.
    pub at: i64,
    /// What Alibaba Cloud says.
    pub standing: Standing,
    /// Its code, if it returned one.
    pub vendor_code: Option<String>,
    /// Its RequestId.
    pub vendor_request_id: Option<String>,
    /// What it means and who must act, in Chinese.
    pub zh: String,
    /// The same in English.
    pub en: String,
}

impl Standing {
    /// Its name in responses and logs.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::KeyRefused => "key-refused",
            Self::NoPermission => "no-permission",
            Self::SceneUnknown => "scene-unknown",
            Self::NotActivated => "not-activated",
            Self::Unreachable => "unreachable",
            Self::Failed => "failed",
        }
    }

    fn of(error: &Error) -> Self {
        let family = codes::gateway_code(&error.code).map(|family| family.prefix);
        match (error.kind, error.code.as_str(), family) {
            // Alibaba Cloud looks for the CertifyId last.
            (Kind::Vendor, "406", _) => Self::Works,
            (Kind::Vendor, "402" | "404", _) => Self::SceneUnknown,
            (Kind::Vendor, "410" | "412", _) => Self::NotActivated,
            (Kind::Vendor, "411", _)
            | (Kind::Credentials, _, Some("Forbidden" | "NoPermission")) => Self::NoPermission,
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
    fn of(ended: Ended, now: i64) -> Option<Self> {
        let (standing, error) = match ended {
            Ended::Crowded => return None,
            Ended::Answered(answer) => {
                let request_id = answer.request_id().map(str::to_owned);
                return Some(Self::new(now, Standing::Works, None, request_id, &WORKS));
            }
            Ended::Failed(error) => (Standing::of(&error), error),
        };
        let text = if standing == Standing::Works {
            &WORKS
        } else {
            &error.message
        };
        let vendor_code = is_vendor_code(&error).then(|| error.code.clone());
        let request_id = error.request_id.clone();
        Some(Self::new(now, standing, vendor_code, request_id, text))
    }

    fn new(
        at: i64,
        standing: Standing,
        vendor_code: Option<String>,
        vendor_request_id: Option<String>,
        text: &Text,
    ) -> Self {
        Self {
            at,
            standing,
            vendor_code,
            vendor_request_id,
            zh: text.zh.clone().into_owned(),
            en: text.en.clone().into_owned(),
        }
    }
}

pub(super) fn begin(
    settings: &Settings,
    probe: Probe,
    rows: &Rows,
    context: &Context,
) -> Result<Step, Interrupt> {
    let known = match rows.get::<Finding>(PROBE) {
        // Another version of the gateway may have written it.
        Err(Interrupt::Unreadable(_)) => None,
        known => known?,
    };
    let age = |finding: &Finding| context.now.unix_millis().saturating_sub(finding.at);
    let writes = Writes::default();
    if let Some(finding) = known.filter(|finding| (0..KEPT_MILLIS).contains(&age(finding))) {
        return Ok(writes.then(Answered::to(&probe.asker, finding).into()));
    }
    let probe = Probe {
        certify_id: hex::encode(context.random.get(16..).unwrap_or_default()),
        ..probe
    };
    upstream::begin(settings, Purpose::Probe(probe), writes, rows, context)
}

pub(super) fn settle(probe: &Probe, ended: Ended, context: &Context) -> Step {
    let mut writes = Writes::default();
    let answered = match Finding::of(ended, context.now.unix_millis()) {
        Some(finding) => {
            writes.put(PROBE.to_owned(), &finding);
            Answered::to(&probe.asker, finding)
        }
        None => Answered::to(
            &probe.asker,
            Problem::new(&UPSTREAM_THROTTLED).retry_after(2),
        ),
    };
    writes.then(answered.into())
}
