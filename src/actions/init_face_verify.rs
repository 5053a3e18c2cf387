//! InitFaceVerify: starts a verification and returns its CertifyId.
//!
//! The first eleven parameters are from Alibaba Cloud's page for LR_FR
//! (help.aliyun.com/document_detail/160546.html), the others and all positions from its API
//! metadata of 2026.

use super::parameter::{Action, action_parameters};
use super::rule::Rule;
use crate::vendor::codes::UsedBy;

/// The action.
pub static INIT_FACE_VERIFY: Action = Action {
    name: "InitFaceVerify",
    parameters: PARAMETERS,
    codes: UsedBy::Init,
    starts_something: true,
};

const YES_NO: Rule = Rule::OneOf(&["Y", "N"]);
const TRUE_FALSE: Rule = Rule::OneOf(&["true", "false"]);

action_parameters! {
    /// An InitFaceVerify request. ProductCode and CertType default to Alibaba Cloud's fixed values
    /// (`LR_FR`, `IDENTITY_CARD`). If a field is set twice, the later value wins.
    InitFaceVerify, PARAMETERS:
    /// 认证场景 ID: the scene from the Alibaba Cloud console, a 64-bit integer. Mandatory.
    scene_id "SceneId" Query Rule::SceneId;
    /// 商户请求的唯一标识: the order number, 32 letters and digits, unique. Mandatory.
    outer_order_no "OuterOrderNo" Query Rule::OuterOrderNo;
    /// 产品: `LR_FR` unless [`super::ValidationOptions::allow_other_products`].
    product_code "ProductCode" Query Rule::ProductCode;
    /// 活体检测类型: `LIVENESS` (Alibaba Cloud's default), `PHOTINUS_LIVENESS`, or a newer one.
    model "Model" Form Rule::Model;
    /// 客户业务自定义的用户ID: your unique ID for the user, up to 100 characters. Recommended.
    user_id "UserId" Query Rule::Text { max: 100 };
    /// 证件类型: `IDENTITY_CARD`.
    cert_type "CertType" Query Rule::CertType;
    /// 真实姓名: the name on the identity card. Personal data.
    cert_name "CertName" Query Rule::CertName;
    /// 证件号码: the number of the identity card, 18 characters. Personal data.
    cert_no "CertNo" Query Rule::CertNo;
    /// 环境参数: the unchanged string from Alibaba Cloud's client SDK. Mandatory. Personal data.
    meta_info "MetaInfo" Query Rule::MetaInfo;
    /// 用户手机号码: 11 digits. Personal data.
    mobile "Mobile" Query Rule::Mobile;
    /// 用户IP: IPv4 or IPv6. Personal data.
    ip "Ip" Query Rule::Ip;
    /// URL to which the web page returns.
    return_url "ReturnUrl" Query Rule::Url { https: false };
    /// URL to which Alibaba Cloud reports the end of the verification (GET, HTTPS).
    callback_url "CallbackUrl" Query Rule::Url { https: true };
    /// Returned in the callback.
    callback_token "CallbackToken" Query Rule::Text { max: 256 };
    /// `WEB` or `H5`, for the web SDK.
    certify_url_type "CertifyUrlType" Query Rule::OneOf(&["WEB", "H5"]);
    /// `L` (long) or `S` (short).
    certify_url_style "CertifyUrlStyle" Query Rule::OneOf(&["L", "S"]);
    /// The photo to compare with, Base64. Personal data.
    face_contrast_picture "FaceContrastPicture" Form Rule::Picture;
    /// URL of the photo to compare with.
    face_contrast_picture_url "FaceContrastPictureUrl" Query Rule::Url { https: false };
    /// Bucket of the photo to compare with; requires `oss_object_name`.
    oss_bucket_name "OssBucketName" Query Rule::Text { max: 255 };
    /// Object of the photo to compare with; requires `oss_bucket_name`.
    oss_object_name "OssObjectName" Query Rule::Text { max: 1_023 };
    /// An earlier verification, whose photo is compared. Deprecated by Alibaba Cloud.
    certify_id "CertifyId" Query Rule::CertifyId;
    /// Whether to crop the photo: `T` or `F`.
    crop "Crop" Form Rule::OneOf(&["T", "F"]);
    /// ID of an authorization, up to 64 characters.
    auth_id "AuthId" Form Rule::Text { max: 64 };
    /// `SM2` if CertName and CertNo are encrypted.
    encrypt_type "EncryptType" Query Rule::OneOf(&["SM2"]);
    /// Texts for the user to read aloud or questions to answer: a JSON list of strings.
    voluntary_customized_content "VoluntaryCustomizedContent" Query Rule::StringList;
    /// `0`, `1` or `2`.
    suitable_type "SuitableType" Query Rule::OneOf(&["0", "1", "2"]);
    /// Handling of unsupported devices: `keep`, `url` or `video`.
    procedure_priority "ProcedurePriority" Query Rule::OneOf(&["keep", "url", "video"]);
    /// How to read a passport: `1` or `3`.
    mode "Mode" Query Rule::OneOf(&["1", "3"]);
    /// `Y` or `N`.
    read_img "ReadImg" Query YES_NO;
    /// yyyy-MM-dd. Personal data.
    birthday "Birthday" Query Rule::Date;
    /// yyyy-MM-dd. Personal data.
    validity_date "ValidityDate" Query Rule::Date;
    /// `DeviceRisk` also reports risks of the device, at extra cost.
    face_guard_output "FaceGuardOutput" Query Rule::Text { max: 64 };
    /// `Y` or `N`.
    rarely_characters "RarelyCharacters" Query YES_NO;
    /// URL of a custom user interface.
    ui_custom_url "UiCustomUrl" Query Rule::Url { https: false };
    /// `true` or `false`.
    video_evidence "VideoEvidence" Query TRUE_FALSE;
    /// `Y` or `N`.
    app_quality_check "AppQualityCheck" Query YES_NO;
    /// `Y` or `N`.
    camera_selection "CameraSelection" Query YES_NO;
    /// `Y` or `N`.
    need_multi_face_check "NeedMultiFaceCheck" Query YES_NO;
    /// `Y` or `N`.
    h5_degrade_confirm_btn "H5DegradeConfirmBtn" Query YES_NO;
    /// `Y` or `N`, according to Alibaba Cloud's documentation.
    enable_beauty "EnableBeauty" Query Rule::Text { max: 16 };
}
