//! DescribeFaceVerify: queries the result of a verification.
//!
//! Source: Alibaba Cloud's page for LR_FR (help.aliyun.com/document_detail/160546.html).

use super::parameter::{Action, action_parameters};
use super::rule::Rule;
use crate::vendor::codes::UsedBy;

/// The action.
pub static DESCRIBE_FACE_VERIFY: Action = Action {
    name: "DescribeFaceVerify",
    parameters: PARAMETERS,
    codes: UsedBy::Describe,
    starts_something: false,
};

action_parameters! {
    /// A DescribeFaceVerify request.
    DescribeFaceVerify, PARAMETERS:
    /// 认证场景 ID: the scene of the verification. Mandatory.
    scene_id "SceneId" Query Rule::SceneId;
    /// 实人认证唯一标识: the result of InitFaceVerify. Mandatory.
    certify_id "CertifyId" Query Rule::CertifyId;
    /// The picture's format, such as `JPG`; Alibaba Cloud does not document it further.
    picture_return_type "PictureReturnType" Query Rule::Text { max: 16 };
}
