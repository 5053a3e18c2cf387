//! InitFaceVerify: starts a verification and returns its CertifyId.
//!
//! The first eleven parameters are from Alibaba Cloud's page for LR_FR
//! (help.aliyun.com/document_detail/160546.html), the others and all positions from its API
//! metadata of 2026.

use super::parameter::{Action, ActionKind, action_parameters};
use super::rule::Rule;

/// The action.
pub static INIT_FACE_VERIFY: Action = Action {
    kind: ActionKind::Init,
    name: "InitFaceVerify",
    parameters: PARAMETERS,
};

action_parameters! {
    /// An InitFaceVerify request. ProductCode and CertType default to Alibaba Cloud's fixed values
    /// (`LR_FR`, `IDENTITY_CARD`). If a field is set twice, the later value wins.
    ///
    /// Mandatory are `scene_id`, `outer_order_no` and `meta_info`; for the product `ID_PRO` also `cert_name`
    /// and `cert_no`, for `PV_FV` also `user_id` and a picture, which is `face_contrast_picture`,
    /// `face_contrast_picture_url`, `certify_id`, or `oss_bucket_name` with `oss_object_name`. Of other products,
    /// only `scene_id` and `outer_order_no` are known to be mandatory.
    InitFaceVerify, PARAMETERS, TEXTS:
    scene_id "SceneId" Query Rule::SceneId,
        "认证场景 ID，在阿里云控制台中创建。",
        "The scene from the Alibaba Cloud console.";
    outer_order_no "OuterOrderNo" Query Rule::OuterOrderNo,
        "商户请求的唯一标识。前几位可为自定义的简称，中间可为时间，后段可为随机或递增序列。",
        "The unique order number: for example a prefix, the time, and random or ascending digits.";
    product_code "ProductCode" Query Rule::ProductCode,
        "产品。LR_FR 只检测活体，不核实姓名和证件号码是否真实、是否属于该人。",
        "The product. `LR_FR` checks that a face is live; it does not check that name and number are genuine or belong to the face.";
    model "Model" Form Rule::Model,
        "活体检测类型。LIVENESS：动作活体检测；PHOTINUS_LIVENESS：动作活体与炫彩活体双重检测，须使用 Android SDK 1.2.6、iOS SDK 1.2.4 或更高版本。",
        "The kind of liveness detection. `LIVENESS`: by actions; `PHOTINUS_LIVENESS`: by actions and coloured light, from Android SDK 1.2.6 and iOS SDK 1.2.4.";
    user_id "UserId" Query Rule::Text { max: 100 },
        "客户业务自定义的用户 ID，请保持唯一。建议传入。",
        "Your unique ID for the user. Recommended.";
    cert_type "CertType" Query Rule::CertType,
        "证件类型。",
        "The type of the certificate.";
    cert_name "CertName" Query Rule::CertName,
        "真实姓名。个人信息。",
        "The name on the identity card. Personal data.";
    cert_no "CertNo" Query Rule::CertNo,
        "证件号码。个人信息。",
        "The number of the identity card. Personal data.";
    meta_info "MetaInfo" Query Rule::MetaInfo,
        "环境参数，由客户端 SDK 获取，请原样传入。个人信息。",
        "The environment's description from Alibaba Cloud's client SDK, unchanged. Personal data.";
    mobile "Mobile" Query Rule::Mobile,
        "用户手机号码。个人信息。",
        "The user's mobile number. Personal data.";
    ip "Ip" Query Rule::Ip,
        "用户 IP。个人信息。",
        "The user's IP address. Personal data.";
    return_url "ReturnUrl" Query Rule::Url { https: false },
        "网页认证结束后返回的地址。",
        "Where the browser goes after a verification on a web page.";
    callback_url "CallbackUrl" Query Rule::Url { https: true },
        "阿里云报告认证结束的地址（GET 请求）。",
        "Where Alibaba Cloud reports the end of the verification (GET).";
    callback_token "CallbackToken" Query Rule::Text { max: 256 },
        "回调中原样返回的令牌。",
        "Your own token, which the callback returns.";
    certify_url_type "CertifyUrlType" Query Rule::OneOf(&["WEB", "H5"]),
        "认证网页的类型，仅用于 Web SDK。",
        "The type of the verification's web page, for the web SDK only.";
    certify_url_style "CertifyUrlStyle" Query Rule::OneOf(&["L", "S"]),
        "认证网页地址的样式：L 为长地址，S 为短地址（阿里云的默认值）。",
        "The form of the web page's URL: `L` is long, `S` is short (Alibaba Cloud's default).";
    face_contrast_picture "FaceContrastPicture" Form Rule::Picture,
        "比对照片。照片只能以一种方式传入。个人信息。",
        "The photo to compare with, which can be passed in only one way. Personal data.";
    face_contrast_picture_url "FaceContrastPictureUrl" Query Rule::Url { https: false },
        "比对照片的地址。",
        "URL of the photo to compare with.";
    oss_bucket_name "OssBucketName" Query Rule::Text { max: 255 },
        "比对照片所在的 OSS Bucket，与 ossObjectName 同时传入。",
        "OSS bucket of the photo to compare with; goes with `ossObjectName`.";
    oss_object_name "OssObjectName" Query Rule::Text { max: 1_023 },
        "比对照片的 OSS 对象名，与 ossBucketName 同时传入。",
        "OSS object of the photo to compare with; goes with `ossBucketName`.";
    certify_id "CertifyId" Query Rule::CertifyId,
        "此前已通过的认证，以其照片比对。阿里云已不建议使用。",
        "An earlier verification that passed, whose photo to compare with. Deprecated by Alibaba Cloud.";
    crop "Crop" Form Rule::OneOf(&["T", "F"]),
        "是否裁剪比对照片：T 为是，F 为否（阿里云的默认值）。",
        "Whether to crop the photo: `T` means yes, `F` no (Alibaba Cloud's default).";
    auth_id "AuthId" Form Rule::Text { max: 64 },
        "授权 ID。",
        "Id of an authorization.";
    encrypt_type "EncryptType" Query Rule::OneOf(&["SM2"]),
        "加密方式。SM2：certName 和 certNo 为 SM2 密文。",
        "Encryption. `SM2`: `certName` and `certNo` are encrypted with SM2.";
    voluntary_customized_content "VoluntaryCustomizedContent" Query Rule::StringList,
        "供用户朗读的文字或回答的问题。",
        "Texts for the user to read aloud, or questions to answer.";
    suitable_type "SuitableType" Query Rule::OneOf(&["0", "1", "2"]),
        "适用类型，仅用于 model 为 LIVENESS 或 MULTI_ACTION 时；阿里云的默认值为 0。",
        "Only with the models `LIVENESS` and `MULTI_ACTION`; Alibaba Cloud's default is `0`.";
    procedure_priority "ProcedurePriority" Query Rule::OneOf(&["keep", "url", "video"]),
        "设备不支持时的处理方式；阿里云的默认值为 url。",
        "Handling of unsupported devices; Alibaba Cloud's default is `url`.";
    mode "Mode" Query Rule::OneOf(&["1", "3"]),
        "读取护照的方式：1 为用户输入，3 为外部传入。",
        "The source of a passport's data: `1` is the user, `3` is the caller.";
    read_img "ReadImg" Query Rule::OneOf(&["Y", "N"]),
        "阿里云的 API 元数据仅列出取值。",
        "Alibaba Cloud's API metadata only lists the values.";
    birthday "Birthday" Query Rule::Date,
        "出生日期，certType 为 PASSPORT 且 mode 为 3 时使用。个人信息。",
        "The date of birth, for certType `PASSPORT` with mode `3`. Personal data.";
    validity_date "ValidityDate" Query Rule::Date,
        "证件有效期，certType 为 PASSPORT 且 mode 为 3 时使用。个人信息。",
        "The certificate's validity date, for certType `PASSPORT` with mode `3`. Personal data.";
    face_guard_output "FaceGuardOutput" Query Rule::Text { max: 64 },
        "DeviceRisk：同时返回设备风险，另行计费。",
        "`DeviceRisk`: also report risks of the device, at extra cost.";
    rarely_characters "RarelyCharacters" Query Rule::OneOf(&["Y", "N"]),
        "阿里云的 API 元数据仅列出取值。",
        "Alibaba Cloud's API metadata only lists the values.";
    ui_custom_url "UiCustomUrl" Query Rule::Url { https: false },
        "自定义界面的地址。",
        "URL of a custom user interface.";
    video_evidence "VideoEvidence" Query Rule::OneOf(&["true", "false"]),
        "阿里云的 API 元数据仅列出取值。",
        "Alibaba Cloud's API metadata only lists the values.";
    app_quality_check "AppQualityCheck" Query Rule::OneOf(&["Y", "N"]),
        "用于 Android SDK 2.3.24 或更高版本；阿里云的 API 元数据仅列出取值。",
        "From Android SDK 2.3.24; Alibaba Cloud's API metadata only lists the values.";
    camera_selection "CameraSelection" Query Rule::OneOf(&["Y", "N"]),
        "仅用于电脑；阿里云的 API 元数据仅列出取值。",
        "On computers only; Alibaba Cloud's API metadata only lists the values.";
    need_multi_face_check "NeedMultiFaceCheck" Query Rule::OneOf(&["Y", "N"]),
        "阿里云的 API 元数据仅列出取值。",
        "Alibaba Cloud's API metadata only lists the values.";
    h5_degrade_confirm_btn "H5DegradeConfirmBtn" Query Rule::OneOf(&["Y", "N"]),
        "阿里云的 API 元数据仅列出取值。",
        "Alibaba Cloud's API metadata only lists the values.";
    enable_beauty "EnableBeauty" Query Rule::Text { max: 16 },
        "取值 Y 或 N，见阿里云文档。",
        "`Y` or `N`, according to Alibaba Cloud's documentation.";
}
