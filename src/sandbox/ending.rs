//! How a verification ends: with a SubCode or a failing Code, and with members of the result that
//! the tester sets.

use crate::actions::ActionKind;
use crate::vendor::codes::{self, Meaning};
use serde::{Deserialize, Serialize};

/// Maximum length of a DeviceRisk.
const MAX_RISKS: usize = 256;

/// What DescribeFaceVerify returns once the verification has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Ending {
    /// Code 200 with this SubCode.
    SubCode(String),
    /// This Code.
    Code(String),
}

/// The body of a submission. [`Details`] describes its other members.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Submission {
    /// `passed`, a SubCode, or a Code with which DescribeFaceVerify fails.
    pub(super) outcome: String,
    face_attack: Option<String>,
    face_occlusion: Option<String>,
    quality_score: Option<f64>,
    device_risk: Option<String>,
}

/// Members of the result that a submission can set. The others, and those that are not set, follow
/// from the SubCode.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Details {
    /// `T` or `F`.
    pub(super) face_attack: Option<String>,
    /// `T` or `F`.
    pub(super) face_occlusion: Option<String>,
    /// From 0 to 100.
    pub(super) quality_score: Option<f64>,
    /// Words separated by commas.
    pub(super) device_risk: Option<String>,
}

impl Ending {
    /// Parses `passed`, a SubCode, or a Code with which DescribeFaceVerify fails.
    pub(super) fn parse(outcome: &str) -> Option<Self> {
        if outcome == "passed" {
            return Some(Self::SubCode("200".to_owned()));
        }
        if let Some(known) = codes::sub_code(outcome) {
            return Some(Self::SubCode(known.code.to_owned()));
        }
        codes::code(outcome)
            .filter(|known| Self::is_failure(known))
            .map(|known| Self::Code(known.code.to_owned()))
    }

    /// Whether the person passed.
    pub(super) fn passes(&self) -> bool {
        match self {
            Self::SubCode(code) => codes::passes(code),
            Self::Code(_) => false,
        }
    }

    /// Whether a verification can end with this Code: DescribeFaceVerify returns it for failures.
    pub(super) fn is_failure(known: &codes::Code) -> bool {
        known.meaning == Meaning::Failure && ActionKind::Describe.returns(known)
    }
}

impl Submission {
    pub(super) fn details(self) -> Details {
        Details {
            face_attack: self.face_attack,
            face_occlusion: self.face_occlusion,
            quality_score: self.quality_score,
            device_risk: self.device_risk,
        }
    }
}

impl Details {
    /// Checks the members against the outcome. `has_device_risk` says whether the verification was
    /// started with FaceGuardOutput=DeviceRisk.
    ///
    /// # Errors
    ///
    /// What must be changed, in Chinese and English.
    pub(super) fn check(
        &self,
        ending: &Ending,
        has_device_risk: bool,
    ) -> Result<(), (&'static str, &'static str)> {
        let no_result = matches!(ending, Ending::Code(_));
        if no_result && *self != Self::default() {
            return Err((
                "outcome 为失败的 Code 时没有认证结果，请去掉 faceAttack、faceOcclusion、qualityScore 和 deviceRisk。",
                "a failing Code has no result; omit faceAttack, faceOcclusion, qualityScore and deviceRisk.",
            ));
        }
        let is_flag = |flag: &String| matches!(flag.as_str(), "T" | "F");
        let flags = [&self.face_attack, &self.face_occlusion];
        if !flags.into_iter().flatten().all(is_flag) {
            return Err((
                "faceAttack 和 faceOcclusion 应为 T 或 F。",
                "faceAttack and faceOcclusion must be T or F.",
            ));
        }
        if self.face_occlusion.is_some() && !ending.passes() {
            return Err((
                "faceOcclusion 仅用于通过的结果：Passed 为 T 时阿里云才会返回它。",
                "faceOcclusion requires an outcome that passes: Alibaba Cloud returns it only with Passed T.",
            ));
        }
        if !self
            .quality_score
            .is_none_or(|score| (0.0..=100.0).contains(&score))
        {
            return Err((
                "qualityScore 应为 0 到 100 的数字。",
                "qualityScore must be a number from 0 to 100.",
            ));
        }
        let Some(risks) = &self.device_risk else {
            return Ok(());
        };
        if !has_device_risk {
            return Err((
                "该认证发起时未传入 FaceGuardOutput=DeviceRisk，结果中没有 DeviceRisk。",
                "this verification was started without FaceGuardOutput=DeviceRisk, so its result has no DeviceRisk.",
            ));
        }
        let is_of_words = |byte: u8| byte == b',' || byte == b'_' || byte.is_ascii_alphanumeric();
        if risks.len() > MAX_RISKS || !risks.bytes().all(is_of_words) {
            return Err((
                "deviceRisk 应为以逗号分隔的英文单词，如 ROOT,VPN。",
                "deviceRisk must be words separated by commas, such as ROOT,VPN.",
            ));
        }
        Ok(())
    }
}
