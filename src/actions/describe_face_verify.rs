//! DescribeFaceVerify: queries the result of a verification.
//!
//! Source: Alibaba Cloud's page for LR_FR (help.aliyun.com/document_detail/160546.html).

use super::parameter::{Action, ActionKind, action_parameters};
use super::rule::Rule;

/// The action.
pub static DESCRIBE_FACE_VERIFY: Action = Action {
    kind: ActionKind::Describe,
    name: "DescribeFaceVerify",
    parameters: PARAMETERS,
};

action_parameters! {
    /// A DescribeFaceVerify request. Mandatory are `scene_id` and `certify_id`. If a field is set twice, the later
    /// value wins.
    DescribeFaceVerify, PARAMETERS, TEXTS:
    scene_id "SceneId" Query Rule::SceneId,
        "认证场景 ID，与发起认证时相同。",
        "The scene of the verification.";
    certify_id "CertifyId" Query Rule::CertifyId,
        "实人认证唯一标识，由 InitFaceVerify 返回。请从自己的记录中读取，不要使用手机传来的值。",
        "The result of InitFaceVerify, from your own records and never from the phone.";
    picture_return_type "PictureReturnType" Query Rule::Text { max: 16 },
        "返回照片的格式，如 JPG；阿里云没有更多说明。",
        "The picture's format, such as `JPG`; Alibaba Cloud does not document it further.";
}
