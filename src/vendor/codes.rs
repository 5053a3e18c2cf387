//! Alibaba Cloud's code tables as data: the Codes of both actions, the SubCodes of the verdict, and
//! the codes of the API gateway in front of them.
//!
//! Sources: Alibaba Cloud's page of both actions
//! (help.aliyun.com/document_detail/160546.html), and its API metadata (2025-12-19, 2026-04-21) for
//! the codes newer than that page. Which SubCodes are billed is a column of the same tables.

use crate::error::{Audience, Kind};
use crate::text::Text;
use serde::Serialize;

/// What a Code of the service means for the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Meaning {
    /// The call succeeded. This says nothing about the person.
    Success,
    /// The user has not finished yet: query again later.
    Pending,
    /// The call failed.
    Failure,
}

/// The actions that return a Code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum UsedBy {
    /// InitFaceVerify only.
    Init,
    /// DescribeFaceVerify only.
    Describe,
    /// Both.
    Both,
}

/// A Code in the envelope of a response with HTTP status 200.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Code {
    /// Three digits.
    pub code: &'static str,
    /// Alibaba Cloud's Message.
    pub vendor_message: &'static str,
    /// The actions that return it.
    pub used_by: UsedBy,
    /// Whether Alibaba Cloud's page for LR_FR lists it; newer pages list the others.
    pub in_vendor_document: bool,
    /// What it means.
    pub meaning: Meaning,
    /// Who must act.
    pub audience: Audience,
    /// Whether the same call can succeed later without any change.
    pub retryable: bool,
    /// What it means and what to do. If the user must act, it addresses the user and never mentions
    /// risk control.
    pub text: Text,
}

/// A SubCode of DescribeFaceVerify's ResultObject.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SubCode {
    /// Three digits.
    pub code: &'static str,
    /// Alibaba Cloud's description.
    pub vendor_message: &'static str,
    /// Whether the verification is billed; `None` if undocumented.
    pub billed: Option<bool>,
    /// Whether it occurs with `Passed` = `T`.
    pub passing: bool,
    /// Whether it is possible with ProductCode LR_FR.
    pub in_vendor_document: bool,
    /// Who must act next.
    pub audience: Audience,
    /// Whether a new verification of the same person can have a different result.
    pub retryable: bool,
    /// What it means and what to do. If the user must act, it addresses the user and never mentions
    /// risk control.
    #[serde(rename = "messages")]
    pub text: Text,
}

/// A code of Alibaba Cloud's API gateway, with HTTP status 4xx or 5xx.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiGatewayCode {
    /// The code, or the common prefix of a group of codes.
    pub prefix: &'static str,
    /// The kind of error that it produces.
    pub kind: Kind,
    /// Who must act.
    pub audience: Audience,
    /// Whether the same call can succeed later without any change.
    pub retryable: bool,
    /// Whether the request was provably not executed, so that even InitFaceVerify can be retried.
    pub not_executed: bool,
    /// What it means and what to do.
    pub text: Text,
}

/// Whether the Code is Alibaba Cloud's internal error, the only Code after which the action may
/// have been executed: every other failing Code rejects a request before it starts anything.
pub fn is_internal_error(code: &str) -> bool {
    code == "500"
}

/// Whether the API gateway refuses the AccessKey, its secret or the SecurityToken with this code, so
/// that other credentials can succeed. Permissions do not change with a new key.
pub fn refuses_key(code: &str) -> bool {
    api_gateway_code(code).is_some_and(|known| {
        matches!(
            known.prefix,
            "SignatureDoesNotMatch"
                | "InvalidAccessKeyId"
                | "Forbidden.AccessKeyDisabled"
                | "InvalidSecurityToken"
                | "MissingSecurityToken"
        )
    })
}

/// Looks up a Code of the service.
pub fn code(code: &str) -> Option<&'static Code> {
    CODES.iter().find(|entry| entry.code == code)
}

/// Looks up a SubCode.
pub fn sub_code(code: &str) -> Option<&'static SubCode> {
    SUB_CODES.iter().find(|entry| entry.code == code)
}

/// Whether a SubCode means that the person passed.
pub fn passes(code: &str) -> bool {
    sub_code(code).is_some_and(|known| known.passing)
}

/// Looks up a SubCode of a verdict; `None` also if it contradicts the verdict.
pub(crate) fn sub_code_of_verdict(code: &str, passed: bool) -> Option<&'static SubCode> {
    sub_code(code).filter(|known| known.passing == passed)
}

/// Looks up a code of the API gateway: the entry with the longest matching prefix, because Alibaba
/// Cloud adds suffixes (`Throttling.User`, `InvalidTimeStamp.Expired`).
pub fn api_gateway_code(code: &str) -> Option<&'static ApiGatewayCode> {
    API_GATEWAY_CODES
        .iter()
        .filter(|entry| code.starts_with(entry.prefix))
        .max_by_key(|entry| entry.prefix.len())
}

use Audience::{Developer, Operator, User};
use Meaning::{Failure, Pending, Success};
use UsedBy::{Both, Describe, Init};

const fn row(
    code: &'static str,
    vendor_message: &'static str,
    used_by: UsedBy,
    meaning: Meaning,
    audience: Audience,
    zh: &'static str,
    en: &'static str,
) -> Code {
    Code {
        code,
        vendor_message,
        used_by,
        in_vendor_document: false,
        meaning,
        audience,
        retryable: false,
        text: Text::new(zh, en),
    }
}

impl Code {
    const fn in_vendor_document(mut self) -> Self {
        self.in_vendor_document = true;
        self
    }

    const fn retryable(mut self) -> Self {
        self.retryable = true;
        self
    }
}

/// Every Code of both actions.
#[rustfmt::skip]
pub static CODES: &[Code] = &[
    row("200", "success", Both, Success, Developer,
        "调用成功；是否通过认证要看查询结果中的 Passed。",
        "The call succeeded; whether the user passed is stated by Passed in the query's result.").in_vendor_document(),
    row("400", "参数不能为空", Both, Failure, Developer,
        "缺少必填参数，请开发者补全后重试。",
        "A mandatory parameter is missing; the developer must add it.").in_vendor_document(),
    row("401", "参数非法", Both, Failure, Developer,
        "参数不合法：姓名、证件号码须符合国家标准且不含特殊字符，回调地址须可访问；请核对后重试。",
        "A parameter is invalid: name and identity number must follow the national standard, and a callback URL must be reachable; check them and retry.").in_vendor_document(),
    row("402", "应用配置不存在", Both, Failure, Operator,
        "应用配置不存在，请运维在控制台检查应用。",
        "The application is not configured; the operator must check it in the Alibaba Cloud console.").in_vendor_document(),
    row("403", "认证未完成", Describe, Pending, User,
        "认证尚未完成；请先完成认证，稍后查看结果。",
        "The verification is not finished; finish it, and check the result later.").in_vendor_document().retryable(),
    row("404", "认证场景配置不存在", Both, Failure, Operator,
        "认证场景不存在，请运维在控制台创建场景并核对 SceneId。",
        "The scene does not exist; the operator must create it in Alibaba Cloud's console and check the SceneId.").in_vendor_document(),
    row("405", "您的年龄未满14周岁，不允许使用此产品", Init, Failure, User,
        "未满 14 周岁不能使用刷脸认证，请联系客服。",
        "Face verification requires an age of at least 14; contact customer service."),
    row("406", "无效的certifyId", Describe, Failure, Developer,
        "CertifyId 无效，请开发者核对是否为本账号发起认证时返回的值。",
        "The CertifyId is invalid; the developer must check that this account's InitFaceVerify returned it.").in_vendor_document(),
    row("410", "未开通服务", Both, Failure, Operator,
        "未开通 OSS 或未授权其读写，请运维登录控制台完成开通与授权。",
        "OSS is not activated or its access is not granted; the operator must do so in Alibaba Cloud's console.").in_vendor_document(),
    row("411", "RAM无权限", Both, Failure, Operator,
        "RAM 用户缺少权限，请运维授予 AliyunAntCloudAuthFullAccess。",
        "The RAM user lacks permission; the operator must grant AliyunAntCloudAuthFullAccess.").in_vendor_document(),
    row("412", "欠费中", Both, Failure, Operator,
        "实人认证或 OSS 欠费，请运维充值。",
        "Face verification or OSS has an overdue payment; the operator must pay.").in_vendor_document(),
    row("414", "设备类型不支持", Both, Failure, User,
        "当前设备不支持刷脸，请更换设备。",
        "This device cannot scan faces; use another one.").in_vendor_document(),
    row("415", "SDK版本不支持", Both, Failure, Developer,
        "App 内的认证 SDK 版本过低，请开发者升级，用户可先更新 App。",
        "The app's verification SDK is too old; the developer must upgrade it, the user can update the app.").in_vendor_document(),
    row("416", "系统版本不支持", Both, Failure, User,
        "当前操作系统版本不支持刷脸，请升级系统或更换设备。",
        "This version of the operating system is not supported; upgrade it or use another device.").in_vendor_document(),
    row("417", "无法使用刷脸服务", Both, Failure, User,
        "暂时无法完成认证，请联系客服。",
        "The verification cannot be completed at present; contact customer service."),
    row("418", "刷脸失败次数过多", Both, Failure, User,
        "当天刷脸次数过多，请明天再试。",
        "Too many attempts today; try again tomorrow.").in_vendor_document().retryable(),
    row("419", "传入图片不可用", Init, Failure, User,
        "照片无法使用（无法下载、为空、分辨率不符或没有人脸），请更换照片。",
        "The picture cannot be used (not reachable, empty, wrong resolution or no face); use another one."),
    row("420", "数据重复", Init, Failure, Developer,
        "照片只能以一种方式传入，请开发者去掉多余的照片参数。",
        "A picture may be passed in only one way; the developer must remove the others."),
    row("421", "传入图片过大", Init, Failure, User,
        "照片超过 1 MB，请压缩或更换照片。",
        "The picture exceeds 1 MB; compress it or use a different one."),
    row("422", "下载图片超时", Init, Failure, Operator,
        "照片 3 秒内未能下载，请稍后重试；若持续出现，请检查照片地址。",
        "The picture could not be downloaded within 3 seconds; retry later. If it persists, check its URL.").retryable(),
    row("423", "状态错误", Init, Failure, Developer,
        "传入的 CertifyId 未通过认证，不能作为比对照片。",
        "The verification of the given CertifyId has not passed, so its photo cannot be used for comparison."),
    row("424", "身份认证记录不存在", Describe, Pending, User,
        "认证尚未提交；请先完成认证，稍后查看结果。",
        "The verification has not been submitted; finish it, and check the result later.").in_vendor_document().retryable(),
    row("427", "业务策略限制", Both, Failure, User,
        "暂时无法完成认证，请联系客服。",
        "The verification cannot be completed at present; contact customer service."),
    row("500", "系统错误", Both, Failure, Operator,
        "阿里云内部错误，请稍后重试；若持续出现，请凭 RequestId 联系阿里云。",
        "Alibaba Cloud had an internal error; retry later. If it persists, contact Alibaba Cloud with the RequestId.").in_vendor_document().retryable(),
];

const fn sub(
    code: &'static str,
    vendor_message: &'static str,
    billed: Option<bool>,
    audience: Audience,
    zh: &'static str,
    en: &'static str,
) -> SubCode {
    SubCode {
        code,
        vendor_message,
        billed,
        passing: false,
        in_vendor_document: false,
        audience,
        retryable: false,
        text: Text::new(zh, en),
    }
}

impl SubCode {
    const fn passing(mut self) -> Self {
        self.passing = true;
        self
    }

    const fn in_vendor_document(mut self) -> Self {
        self.in_vendor_document = true;
        self
    }

    const fn retryable(mut self) -> Self {
        self.retryable = true;
        self
    }
}

/// Every SubCode.
#[rustfmt::skip]
pub static SUB_CODES: &[SubCode] = &[
    sub("200", "认证通过", Some(true), User,
        "认证通过。", "The user passed.").passing().in_vendor_document(),
    sub("201", "姓名和身份证不一致", Some(true), User,
        "姓名与证件号码不一致，请核对后重新认证。",
        "Name and identity number do not match; check them and start again.").retryable(),
    sub("202", "查询不到身份信息", Some(true), Operator,
        "查不到身份信息（如户口迁移、现役军人），请人工核验。",
        "There is no record of this identity (household transfer, military service); verify it manually."),
    sub("203", "查询不到照片或照片不可用", Some(true), Operator,
        "权威数据源中没有可用的照片，请人工核验。",
        "The authoritative source has no usable photo; verify manually."),
    sub("204", "人脸比对不一致", Some(true), User,
        "人脸比对未通过；如为本人，请在光线良好处重新认证。",
        "The face comparison failed; if the identity is yours, try again in better light.").retryable(),
    sub("205", "活体检测存在风险", Some(true), Operator,
        "活体检测存在攻击风险，建议人工审核；若为真人可重新操作。",
        "The liveness check detected a possible attack; review it manually, and start again if it is a real user.").in_vendor_document().retryable(),
    sub("206", "业务策略限制", Some(true), Operator,
        "可能存在异常风险操作，建议人工确认后再操作。",
        "The risk control policy considers the operation abnormal; review it manually, then start again.").in_vendor_document().retryable(),
    sub("207", "人脸与身份证人脸比对不一致", None, User,
        "人脸与证件照片比对未通过；如为本人，请重新认证。",
        "The comparison with the photo of the identity card failed; if the card is yours, try again.").retryable(),
    sub("209", "权威比对源异常", None, Operator,
        "权威比对源异常，请稍后重新发起。",
        "The authoritative source has a fault; start again later.").retryable(),
    sub("210", "认证通过（策略）", None, User,
        "认证通过。", "The user passed.").passing(),
    sub("220", "意愿认证不通过", None, User,
        "意愿核验未通过，请重新认证。",
        "The check of intent failed; try again.").retryable(),
    sub("221", "声纹比对不一致", None, User,
        "声纹不一致，请本人重新认证。",
        "The voice does not match; try again with your own voice.").retryable(),
    sub("222", "意愿认证中的普通认证不通过", None, User,
        "意愿核验中的实人认证未通过，请重新认证。",
        "The face verification within the check of intent failed; try again.").retryable(),
];

const fn family(
    prefix: &'static str,
    kind: Kind,
    audience: Audience,
    zh: &'static str,
    en: &'static str,
) -> ApiGatewayCode {
    ApiGatewayCode {
        prefix,
        kind,
        audience,
        retryable: false,
        not_executed: false,
        text: Text::new(zh, en),
    }
}

impl ApiGatewayCode {
    const fn retryable(mut self) -> Self {
        self.retryable = true;
        self
    }

    const fn not_executed(mut self) -> Self {
        self.not_executed = true;
        self
    }
}

/// The codes of the API gateway, by prefix. A code that matches none of them is classified only by
/// the HTTP status.
#[rustfmt::skip]
pub static API_GATEWAY_CODES: &[ApiGatewayCode] = &[
    family("SignatureDoesNotMatch", Kind::Signature, Operator,
        "签名不一致，通常是 AccessKeySecret 有误，请运维核对。",
        "The signature does not match; most likely the AccessKeySecret is wrong: the operator must check it.").not_executed(),
    family("IncompleteSignature", Kind::Signature, Developer,
        "签名不完整或格式不符，请开发者检查请求是否被中间设备改动。",
        "The signature is incomplete; the developer must check whether an intermediary changes requests.").not_executed(),
    family("SignatureNonceUsed", Kind::Signature, Developer,
        "SignatureNonce 已被使用，说明同一请求此前已到达阿里云；请稍后重试。",
        "The nonce was already used, so the same request reached Alibaba Cloud before; retry later.").retryable(),
    family("InvalidSignatureMethod", Kind::Signature, Developer,
        "签名算法不被支持，请开发者核对签名版本。",
        "The signature method is not supported; the developer must check the signature version.").not_executed(),
    family("InvalidTimeStamp.Expired", Kind::Signature, Operator,
        "时间戳已过期，本机时钟偏差超过 15 分钟，请运维校准时钟。",
        "The timestamp has expired: this machine's clock skew exceeds 15 minutes; the operator must correct the clock.").not_executed(),
    family("InvalidTimeStamp", Kind::Signature, Developer,
        "时间戳格式不正确，请开发者改为 UTC 的 yyyy-MM-ddTHH:mm:ssZ。",
        "The timestamp is malformed; the developer must send UTC as yyyy-MM-ddTHH:mm:ssZ.").not_executed(),
    family("InvalidAccessKeyId", Kind::Credentials, Operator,
        "AccessKeyId 不存在或已停用，请运维核对密钥。",
        "The AccessKeyId does not exist or is disabled; the operator must check the key.").not_executed(),
    family("Forbidden.AccessKeyDisabled", Kind::Credentials, Operator,
        "AccessKey 已停用，请运维启用或更换。",
        "The AccessKey is disabled; the operator must enable or replace it.").not_executed(),
    family("InvalidSecurityToken", Kind::Credentials, Operator,
        "SecurityToken 无效或已过期，请重新获取临时凭证。",
        "The SecurityToken is invalid or has expired; get new temporary credentials.").not_executed(),
    family("MissingSecurityToken", Kind::Credentials, Developer,
        "临时凭证缺少 SecurityToken，请开发者一并传入。",
        "Temporary credentials require a SecurityToken; the developer must pass it.").not_executed(),
    family("Forbidden", Kind::Credentials, Operator,
        "没有调用权限，请运维授予 AliyunAntCloudAuthFullAccess。",
        "No permission for this call; the operator must grant AliyunAntCloudAuthFullAccess.").not_executed(),
    // The gateway's own code.
    family("Forbidden.UpstreamRefused", Kind::Vendor, Operator,
        "阿里云拒绝了网关的调用（密钥、权限、地址或账号），请网关运维查看网关日志中的 vendorCode。",
        "Alibaba Cloud refused the gateway's own call (key, permission, endpoint or account); the gateway's operator finds the cause as vendorCode in its log.").not_executed(),
    family("RequestBodyTooLarge", Kind::Vendor, Developer,
        "请求过大，未被处理，请开发者核对各参数的长度。",
        "The request is too large and was not processed; the developer must check the length of the parameters.").not_executed(),
    family("Forbidden.RAM", Kind::Credentials, Operator,
        "没有调用权限，请运维授予 AliyunAntCloudAuthFullAccess。",
        "No permission for this call; the operator must grant AliyunAntCloudAuthFullAccess.").not_executed(),
    family("Forbidden.", Kind::Credentials, Operator,
        "调用被拒绝，请运维检查 RAM 权限策略、AccessKey 的网络访问限制以及账号状态。",
        "The call is refused; the operator must check the RAM policy, the AccessKey's network restriction and the account's state.").not_executed(),
    family("NoPermission", Kind::Credentials, Operator,
        "没有调用权限，请运维授予 AliyunAntCloudAuthFullAccess。",
        "No permission for this call; the operator must grant AliyunAntCloudAuthFullAccess.").not_executed(),
    family("NoPermission.", Kind::Credentials, Operator,
        "调用被拒绝，请运维检查 RAM 权限策略、AccessKey 的网络访问限制以及账号状态。",
        "The call is refused; the operator must check the RAM policy, the AccessKey's network restriction and the account's state.").not_executed(),
    family("InvalidAccountStatus", Kind::Vendor, Operator,
        "阿里云账号状态异常（如余额不足、欠费），请运维登录控制台检查账号。",
        "The account's state does not allow the call, for example because of its balance; the operator must check it in Alibaba Cloud's console.").not_executed(),
    family("Account.Arrearage", Kind::Vendor, Operator,
        "阿里云账号状态异常（如余额不足、欠费），请运维登录控制台检查账号。",
        "The account's state does not allow the call, for example because of its balance; the operator must check it in Alibaba Cloud's console.").not_executed(),
    family("InsufficientBalance", Kind::Vendor, Operator,
        "阿里云账号状态异常（如余额不足、欠费），请运维登录控制台检查账号。",
        "The account's state does not allow the call, for example because of its balance; the operator must check it in Alibaba Cloud's console.").not_executed(),
    family("Throttling", Kind::Throttled, Operator,
        "调用过于频繁（每账号每接口每秒 50 次），请稍后重试。",
        "Too many calls (50 per second for each action and account); retry later.").retryable().not_executed(),
    family("ServiceUnavailable", Kind::Vendor, Operator,
        "阿里云暂时不可用，请稍后重试。",
        "Alibaba Cloud is temporarily unavailable; retry later.").retryable(),
    family("InternalError", Kind::Vendor, Operator,
        "阿里云内部错误，请稍后重试；若持续出现，请凭 RequestId 联系阿里云。",
        "Alibaba Cloud had an internal error; retry later. If it persists, contact Alibaba Cloud with the RequestId.").retryable(),
    family("InvalidAction", Kind::Vendor, Developer,
        "该地址不提供此接口，请开发者核对 endpoint。",
        "This endpoint does not have the action; the developer must check the endpoint.").not_executed(),
    family("InvalidApi", Kind::Vendor, Developer,
        "该地址不提供此接口，请开发者核对 endpoint。",
        "This endpoint does not have the action; the developer must check the endpoint.").not_executed(),
    family("InvalidVersion", Kind::Vendor, Developer,
        "接口版本不正确，请开发者改为 2019-03-07。",
        "The API version is wrong; the developer must set 2019-03-07.").not_executed(),
    family("InvalidProduct", Kind::Vendor, Developer,
        "该域名下没有此产品，请开发者核对 endpoint。",
        "This endpoint does not have the product; the developer must check the endpoint.").not_executed(),
    family("InvalidProtocol", Kind::Vendor, Developer,
        "阿里云只接受 HTTPS，请开发者改用 HTTPS。",
        "Alibaba Cloud accepts HTTPS only; the developer must use it.").not_executed(),
    family("UnsupportedHTTPMethod", Kind::Vendor, Developer,
        "不支持该 HTTP 方法，请开发者改用 POST 或 GET。",
        "The HTTP method is not supported; the developer must use POST or GET.").not_executed(),
    family("Missing", Kind::Vendor, Developer,
        "缺少必填参数，请开发者补全。",
        "A mandatory parameter is missing; the developer must add it.").not_executed(),
    family("Invalid", Kind::Vendor, Developer,
        "阿里云不接受某个参数，请开发者核对。",
        "Alibaba Cloud does not accept a parameter; the developer must check it.").not_executed(),
    family("Content", Kind::Transport, Operator,
        "请求内容在传输中被改动或截断，请稍后重试。",
        "The request was changed or truncated in transit; retry later.").retryable().not_executed(),
];

/// Whether a failure with this Code lasts until the day ends in Beijing, longer than any call
/// waits.
pub fn lasts_for_the_day(code: &str) -> bool {
    code == "418"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contains_the_documented_tables() {
        let listed = |action| {
            CODES
                .iter()
                .filter(|entry| entry.in_vendor_document && [Both, action].contains(&entry.used_by))
                .map(|entry| entry.code)
                .collect::<Vec<_>>()
        };
        let init = [
            "200", "400", "401", "402", "404", "410", "411", "412", "414", "415", "416", "418",
            "500",
        ];
        assert_eq!(listed(Init), init);
        for code in [
            "200", "400", "401", "403", "404", "406", "410", "411", "424", "500",
        ] {
            assert!(listed(Describe).contains(&code), "{code}");
        }
        let sub_codes: Vec<_> = SUB_CODES
            .iter()
            .filter(|entry| entry.in_vendor_document)
            .map(|entry| (entry.code, entry.billed))
            .collect();
        assert_eq!(
            sub_codes,
            [
                ("200", Some(true)),
                ("205", Some(true)),
                ("206", Some(true))
            ]
        );
    }

    #[test]
    fn what_can_succeed_later_says_so() {
        let codes = CODES.iter().map(|row| (row.code, &row.text, row.retryable));
        let families = API_GATEWAY_CODES
            .iter()
            .map(|row| (row.prefix, &row.text, row.retryable));
        for (code, text, retryable) in codes.chain(families) {
            let later = |text: &str, words: [&str; 2]| words.iter().any(|word| text.contains(word));
            assert_eq!(
                later(&text.zh, ["稍后", "明天"]),
                retryable,
                "{code}: {}",
                text.zh
            );
            assert_eq!(
                later(&text.en, ["later", "tomorrow"]),
                retryable,
                "{code}: {}",
                text.en
            );
        }
    }

    #[test]
    fn texts_for_the_user_can_be_shown_to_the_user() {
        let codes = CODES.iter().map(|row| (row.code, &row.text, row.audience));
        let sub_codes = SUB_CODES
            .iter()
            .filter(|row| !row.passing)
            .map(|row| (row.code, &row.text, row.audience));
        for (code, text, audience) in codes.chain(sub_codes) {
            if audience != User {
                continue;
            }
            for word in ["用户", "人工", "风控", "策略", "风险", "查询"] {
                assert!(!text.zh.contains(word), "{code}: {}", text.zh);
            }
            let en = text.en.to_lowercase();
            for word in ["user", "manual", "review", "risk", "policy", "query"] {
                assert!(!en.contains(word), "{code}: {en}");
            }
        }
    }

    #[test]
    fn codes_are_unique_and_sorted() {
        assert!(CODES.windows(2).all(|pair| pair[0].code < pair[1].code));
        assert!(SUB_CODES.windows(2).all(|pair| pair[0].code < pair[1].code));
        for (at, entry) in API_GATEWAY_CODES.iter().enumerate() {
            assert!(
                API_GATEWAY_CODES[at + 1..]
                    .iter()
                    .all(|other| other.prefix != entry.prefix)
            );
        }
    }

    /// Nobody can grant a policy that makes up for a network restriction or an unpaid bill.
    #[test]
    fn only_a_missing_permission_is_answered_with_a_policy() {
        for (code, grants) in [
            ("Forbidden", true),
            ("Forbidden.RAM", true),
            ("NoPermission", true),
            ("Forbidden.IpNotAllowed", false),
            ("NoPermission.NotInWhiteList", false),
            ("InvalidAccountStatus.NotEnoughBalance", false),
            ("Account.Arrearage", false),
            ("InsufficientBalance", false),
        ] {
            let known = api_gateway_code(code).unwrap();
            assert_eq!(known.audience, Operator, "{code}");
            assert!(known.not_executed, "{code}");
            for text in [&known.text.zh, &known.text.en] {
                assert_eq!(text.contains("FullAccess"), grants, "{code}: {text}");
            }
        }
    }

    #[test]
    fn families_match_by_their_longest_prefix() {
        for (code, prefix) in [
            ("Throttling.User", "Throttling"),
            ("InvalidTimeStamp.Expired", "InvalidTimeStamp.Expired"),
            ("InvalidTimeStamp.Format", "InvalidTimeStamp"),
            ("InvalidAccessKeyId.NotFound", "InvalidAccessKeyId"),
            ("MissingSceneId", "Missing"),
            ("InvalidSceneId", "Invalid"),
            ("Forbidden", "Forbidden"),
            ("Forbidden.RAM", "Forbidden.RAM"),
            ("Forbidden.AccessKeyDisabled", "Forbidden.AccessKeyDisabled"),
            ("Forbidden.IpNotAllowed", "Forbidden."),
            (
                "InvalidAccountStatus.NotEnoughBalance",
                "InvalidAccountStatus",
            ),
        ] {
            assert_eq!(api_gateway_code(code).unwrap().prefix, prefix, "{code}");
        }
        assert!(api_gateway_code("Teapot").is_none());
    }
}
