//! Decodes Alibaba Cloud's response into a result, or into an error that names the party that must
//! act.
//!
//! Tolerates what real API gateways return (numeric Codes, XML errors, HTML pages) but is strict
//! about the verdict: `passed` only if Alibaba Cloud returned `T` and nothing in the response
//! contradicts it.
//!
//! Source of the members and their meaning: Alibaba Cloud's page for LR_FR
//! (help.aliyun.com/document_detail/160546.html).

use crate::actions::{Action, ActionKind};
use crate::error::{Audience, Error, FieldError, Kind, without_retry};
use crate::http::{Response, header};
use crate::json::read::{self, Members};
use crate::json::{Json, Number};
use crate::text::Text;
use crate::timestamp::Timestamp;
use crate::vendor::codes::{self, Meaning, SubCode};
use crate::vendor::quoted::quoted;
use crate::xml;
use serde::{Deserialize, Serialize};

/// The picture's URL is valid for 15 minutes after the query, according to Alibaba Cloud.
const PICTURE_URL_VALID_MILLIS: i64 = 15 * 60 * 1_000;

/// The result of a successful call.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// InitFaceVerify's result.
    Init(Box<InitResult>),
    /// DescribeFaceVerify's result.
    Describe(Box<DescribeResult>),
}

impl Answer {
    /// Alibaba Cloud's RequestId.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Init(result) => result.request_id.as_deref(),
            Self::Describe(result) => result.request_id.as_deref(),
        }
    }
}

/// Result of InitFaceVerify.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
#[must_use = "the app needs the CertifyId, and so does every query"]
pub struct InitResult {
    /// 实人认证唯一标识: valid for 30 minutes and one submission. Store it with the order.
    pub certify_id: String,
    /// URL of Alibaba Cloud's web page, for web flows.
    pub certify_url: Option<String>,
    /// Alibaba Cloud's Code: `200`.
    pub code: String,
    /// Alibaba Cloud's Message.
    pub message: Option<String>,
    /// Alibaba Cloud's RequestId.
    pub request_id: Option<String>,
    /// The changes that the client made to the parameters, and warnings about them, without their values.
    pub notices: Vec<FieldError>,
    /// The unchanged ResultObject.
    pub raw: Json,
}

/// The status of a verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The user has not finished (Codes 403 and 424).
    Pending,
    /// Alibaba Cloud returned `Passed=T`, and nothing contradicts it.
    Passed,
    /// Alibaba Cloud returned `Passed=F`.
    Rejected,
}

/// Result of DescribeFaceVerify.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
#[must_use = "only `status` says whether the user has passed"]
pub struct DescribeResult {
    /// The status of the verification. Base decisions only on this field.
    pub status: Status,
    /// Alibaba Cloud's Code: `200`, `403` or `424`.
    pub code: String,
    /// Alibaba Cloud's Message.
    pub message: Option<String>,
    /// Alibaba Cloud's SubCode; `None` while pending.
    pub sub_code: Option<String>,
    /// The meaning of the SubCode; `None` if it is not in Alibaba Cloud's tables, or contradicts the
    /// status.
    pub sub_code_info: Option<&'static SubCode>,
    /// MaterialInfo, parsed. Contains personal data.
    pub material: Option<Material>,
    /// IdentityInfo; `"null"` and empty text are `None`.
    pub identity_info: Option<Json>,
    /// 设备token: the device token.
    pub device_token: Option<String>,
    /// Risks of the device, if FaceGuardOutput requested them.
    pub device_risk: Vec<String>,
    /// UserInfo, parsed. Contains personal data.
    pub user_info: Option<Json>,
    /// Alibaba Cloud's RequestId.
    pub request_id: Option<String>,
    /// The unchanged ResultObject, including unknown members. Contains personal data.
    pub raw: Json,
}

/// MaterialInfo. Every member is optional.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Material {
    /// Whether the face was a presentation attack (`T`).
    pub face_attack: Option<bool>,
    /// Whether the face was covered (`T`); sent only with `Passed` = `T`.
    pub face_occlusion: Option<bool>,
    /// The photo taken.
    pub facial_picture_front: Option<Picture>,
    /// The complete MaterialInfo, including unknown members.
    pub raw: Json,
}

/// The photo taken during the verification.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Picture {
    /// Quality of the face, 0 to 100.
    pub quality_score: Option<Number>,
    /// Similarity score, for products that compare faces.
    pub verify_score: Option<Number>,
    /// Signed URL of the photo: a secret.
    pub picture_url: Option<String>,
    /// Expiry of the URL, `yyyy-MM-ddTHH:mm:ssZ`.
    pub picture_url_expires_at: Option<String>,
    /// Bucket of the photo in your OSS.
    pub oss_bucket_name: Option<String>,
    /// Object of the photo in your OSS.
    pub oss_object_name: Option<String>,
}

redacted_debug!(InitResult, DescribeResult, Material, Picture);

/// A failed response, with what the retry decision needs.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Failure {
    /// The error for the caller.
    pub error: Error,
    /// Whether Alibaba Cloud provably did not execute the request.
    pub not_executed: bool,
    /// The string to sign that Alibaba Cloud quoted, if any. Contains personal data.
    pub server_text: Option<ServerText>,
}

/// The string to sign (RPC) or canonical request (ACS3) that Alibaba Cloud's message quotes.
#[derive(Clone, PartialEq, Eq)]
pub struct ServerText(pub String);
redacted_debug!(ServerText);

/// Decodes a response to either action. `now` is the time of the response by Alibaba Cloud's clock;
/// it determines when the picture's URL expires.
///
/// # Errors
/// Like [`decode_init`] and [`decode_describe`].
pub fn decode(
    action: &'static Action,
    response: &Response,
    now: Timestamp,
) -> Result<Answer, Box<Failure>> {
    match action.kind {
        ActionKind::Init => decode_init(response).map(|result| Answer::Init(Box::new(result))),
        ActionKind::Describe => {
            decode_describe(response, now).map(|result| Answer::Describe(Box::new(result)))
        }
    }
}

/// Decodes a response to InitFaceVerify. The result has no `notices`, which are about the request.
///
/// # Errors
/// `vendor` for a Code that means failure; `signature`, `credentials` and `throttled` for
/// rejections by the API gateway; `protocol` for undocumented responses.
pub fn decode_init(response: &Response) -> Result<InitResult, Box<Failure>> {
    match Envelope::of(ActionKind::Init, response)? {
        Decoded::Success(envelope) => envelope.init_result().map_err(maybe_executed),
        // The Codes for "pending" belong only to DescribeFaceVerify.
        Decoded::Pending(envelope) => Err(Box::new(envelope.api_gateway_failure())),
    }
}

/// Decodes a response to DescribeFaceVerify. `now` is the time of the response by Alibaba Cloud's
/// clock; it determines when the picture's URL expires.
///
/// # Errors
/// Like [`decode_init`]. A pending or rejected verification is not an error.
pub fn decode_describe(
    response: &Response,
    now: Timestamp,
) -> Result<DescribeResult, Box<Failure>> {
    match Envelope::of(ActionKind::Describe, response)? {
        Decoded::Success(envelope) => envelope.verdict(now).map_err(maybe_executed),
        Decoded::Pending(envelope) => Ok(envelope.pending()),
    }
}

/// A failure that leaves open whether the request was executed.
fn maybe_executed(error: Error) -> Box<Failure> {
    Box::new(Failure {
        error,
        not_executed: false,
        server_text: None,
    })
}

/// A response that has passed the checks so far.
enum Decoded {
    /// It contains a result.
    Success(Envelope),
    /// The verification has no result yet.
    Pending(Envelope),
}

/// Whether a response that is not text is compressed. Hosts that decompress keep the header, so a
/// text is not.
fn is_compressed(response: &Response) -> bool {
    const GZIP: &[u8] = &[0x1f, 0x8b];
    response.body.starts_with(GZIP)
        || header(&response.headers, "content-encoding")
            .is_some_and(|encoding| !encoding.trim().eq_ignore_ascii_case("identity"))
}

struct Envelope {
    http_status: u16,
    code: String,
    message: Option<String>,
    request_id: Option<String>,
    /// Success as JSON text; API gateways add it.
    success: Option<String>,
    /// ResultObject, if it is an object.
    result_object: Option<Json>,
}

impl Envelope {
    /// Reads a response to this action.
    fn of(action: ActionKind, response: &Response) -> Result<Decoded, Box<Failure>> {
        let envelope = Self::read(response).map_err(maybe_executed)?;
        let Some(known) = codes::code(&envelope.code).filter(|known| action.returns(known)) else {
            return Err(Box::new(envelope.api_gateway_failure()));
        };
        match known.meaning {
            Meaning::Success | Meaning::Pending
                if !(200..300).contains(&envelope.http_status) =>
            {
                Err(maybe_executed(envelope.complete(protocol_error(
                "ContradictoryStatus",
                "HTTP 状态码表示失败，响应体却不是失败，结果不可信；请稍后重试，若持续出现，请检查中间代理。",
                "The HTTP status reports a failure but the body does not, so the response is not trusted; retry later. If it persists, check intermediate proxies.",
            ).retryable())))
            }
            Meaning::Success => Ok(Decoded::Success(envelope)),
            Meaning::Pending => Ok(Decoded::Pending(envelope)),
            Meaning::Failure => {
                let error = Error {
                    retryable: known.retryable,
                    ..Error::new(
                        Kind::Vendor,
                        known.code,
                        known.audience,
                        known.text.clone(),
                    )
                };
                Err(Box::new(Failure {
                    error: envelope.complete(error),
                    not_executed: !codes::is_internal_error(known.code),
                    server_text: None,
                }))
            }
        }
    }

    fn read(response: &Response) -> Result<Self, Error> {
        let status = response.status;
        let header_id = header(&response.headers, "x-acs-request-id").and_then(request_id);
        let failed = |retryable, code, zh, en| {
            let error = protocol_error(code, zh, en);
            let message = if retryable {
                error.message
            } else {
                without_retry(&error.message)
            };
            Error {
                message,
                retryable,
                http_status: Some(status),
                request_id: header_id.clone(),
                ..error
            }
        };
        let may_pass = status >= 500 || status == 429;
        let whole = |code, zh, en| failed(may_pass, code, zh, en);
        // The body is empty or truncated; another query can return all of it. A redirect with an
        // empty body is complete.
        let cut = |code, zh, en| failed(may_pass || (200..300).contains(&status), code, zh, en);
        let Ok(text) = std::str::from_utf8(&response.body) else {
            if is_compressed(response) {
                return Err(whole(
                    "BodyCompressed",
                    "响应经过压缩且无法解压，而请求声明不接受压缩（Accept-Encoding: identity）；请运维检查中间代理。",
                    "The response is compressed and could not be decompressed, although the request declined compression (Accept-Encoding: identity); check intermediate proxies.",
                ));
            }
            return Err(cut(
                "BodyNotUtf8",
                "响应不是 UTF-8 文本；请稍后重试，若持续出现，请检查中间代理。",
                "The response is not UTF-8 text; retry later. If it persists, check intermediate proxies.",
            ));
        };
        let text = text.trim_start_matches('\u{FEFF}').trim();
        if text.is_empty() {
            return Err(cut(
                "EmptyBody",
                "响应为空；请稍后重试，若持续出现，请检查中间代理。",
                "The response is empty; retry later. If it persists, check intermediate proxies.",
            ));
        }
        let Some(body) = Body::read(text) else {
            let fail: &dyn Fn(&'static str, &'static str, &'static str) -> Error =
                if text.starts_with('{') { &cut } else { &whole };
            return Err(fail(
                "BodyNotJson",
                "响应不是阿里云的 JSON，可能来自中间代理；请检查 endpoint 与网络后重试。",
                "The response is not Alibaba Cloud's JSON; most likely it comes from a proxy. Check the endpoint and the network, then retry.",
            ));
        };
        if body.ambiguous {
            return Err(whole(
                "RepeatedMember",
                "响应中有重复的字段（如 Code），含义不明；请检查 endpoint 与中间代理。",
                "The response contains a member twice, such as Code, and is therefore ambiguous; check the endpoint and intermediate proxies.",
            ));
        }
        let Some(code) = body.code else {
            return Err(whole(
                "NoCode",
                "响应中没有 Code，不是阿里云的响应格式；请检查 endpoint。",
                "The response has no Code, so it is not from Alibaba Cloud; check the endpoint.",
            ));
        };
        let body_id = body.request_id.as_deref().and_then(request_id);
        Ok(Self {
            http_status: status,
            code,
            message: body.message,
            request_id: body_id.or(header_id),
            success: body.success,
            result_object: body.result_object,
        })
    }

    fn raw(&self) -> Json {
        let object = self.result_object.clone();
        object.unwrap_or_else(Json::empty_object)
    }

    fn complete(&self, error: Error) -> Error {
        Error {
            request_id: self.request_id.clone(),
            http_status: Some(self.http_status),
            ..error
        }
    }

    /// An error for a code of the API gateway or an unknown Code.
    fn api_gateway_failure(&self) -> Failure {
        let code = code_word(&self.code).unwrap_or_else(|| "Unknown".to_owned());
        let known = codes::api_gateway_code(&self.code);
        let error = match known {
            Some(known) => Error {
                retryable: known.retryable,
                ..Error::new(known.kind, code, known.audience, known.text.clone())
            },
            None => Error {
                retryable: self.http_status >= 500 || self.http_status == 429,
                ..Error::new(
                    if self.http_status == 429 {
                        Kind::Throttled
                    } else {
                        Kind::Vendor
                    },
                    code,
                    Audience::Developer,
                    Text::new(
                        "阿里云返回了文档之外的错误码，请凭 code 与 RequestId 查阅阿里云文档或联系阿里云。",
                        "Alibaba Cloud returned an undocumented code; look it up, or contact Alibaba Cloud with the code and the RequestId.",
                    ),
                )
            },
        };
        let signature = error.kind == Kind::Signature;
        Failure {
            error: self.complete(error),
            not_executed: known.is_some_and(|known| known.not_executed),
            server_text: self
                .message
                .as_deref()
                .filter(|_| signature)
                .and_then(server_text),
        }
    }

    fn init_result(self) -> Result<InitResult, Error> {
        let raw = self.raw();
        let result = Members::of(&raw);
        match text_member(&result, "CertifyId").filter(|_| !result.repeats(&["CertifyId"])) {
            Some(certify_id) => Ok(InitResult {
                certify_id,
                certify_url: text_member(&result, "CertifyUrl"),
                code: self.code,
                message: self.message,
                request_id: self.request_id,
                notices: Vec::new(),
                raw,
            }),
            None => Err(self.complete(protocol_error(
                "NoCertifyId",
                "阿里云返回成功，但响应中没有唯一的 CertifyId；请凭 RequestId 联系阿里云。",
                "Alibaba Cloud returned success without exactly one CertifyId; contact Alibaba Cloud with the RequestId.",
            ))),
        }
    }

    fn pending(self) -> DescribeResult {
        DescribeResult {
            status: Status::Pending,
            raw: self.raw(),
            code: self.code,
            message: self.message,
            sub_code: None,
            sub_code_info: None,
            material: None,
            identity_info: None,
            device_token: None,
            device_risk: Vec::new(),
            user_info: None,
            request_id: self.request_id,
        }
    }

    fn verdict(self, now: Timestamp) -> Result<DescribeResult, Error> {
        let raw = self.raw();
        let result = Members::of(&raw);
        if result.repeats(VERDICT_MEMBERS) {
            return Err(self.complete(unreadable_verdict()));
        }
        let sub_code = result.get("SubCode").and_then(digits_or_text);
        let sub_code_info = sub_code.as_deref().and_then(codes::sub_code);
        let material = embedded(&result, "MaterialInfo").and_then(|info| Material::read(info, now));
        let status = match result.text("Passed").as_deref() {
            Some("F") => Status::Rejected,
            Some("T") => {
                let sub_code_evidence =
                    Evidence::of_sub_code(&result, sub_code.as_deref(), sub_code_info);
                let others = [
                    Evidence::of_material(&result, material.as_ref()),
                    Evidence::of_success(self.success.as_deref()),
                    Evidence::of_success(result.get("Success")),
                ];
                let any = |wanted| sub_code_evidence == wanted || others.contains(&wanted);
                if any(Evidence::Unreadable) {
                    return Err(self.complete(unreadable_verdict()));
                }
                let unknown_sub_code = sub_code.is_some() && sub_code_info.is_none();
                if unknown_sub_code && !others.contains(&Evidence::Against) {
                    return Err(self.complete(protocol_error(
                        "ContradictoryVerdict",
                        "阿里云返回 Passed=T，但 SubCode 不在本版本已知的代码表中，不能视为通过；请人工核验并凭 RequestId 联系阿里云。",
                        "Alibaba Cloud returned Passed=T with a SubCode that this version does not know, which does not count as passed; review it manually and contact Alibaba Cloud with the RequestId.",
                    )));
                }
                if any(Evidence::Against) {
                    return Err(self.complete(protocol_error(
                        "ContradictoryVerdict",
                        "阿里云的结果自相矛盾（Passed 为 T，但 SubCode 或 MaterialInfo 表示未通过），不能视为通过；请人工核验并凭 RequestId 联系阿里云。",
                        "The verdict is contradictory (Passed=T, but SubCode or MaterialInfo indicates a failure) and does not count as passed; review it manually and contact Alibaba Cloud with the RequestId.",
                    )));
                }
                Status::Passed
            }
            _ => {
                return Err(self.complete(protocol_error(
                    "NoVerdict",
                    "查询成功，但 Passed 既不是 T 也不是 F，不能视为通过；请稍后重试，若持续出现请联系阿里云。",
                    "The query succeeded without a verdict (Passed is neither T nor F), which does not count as passed; retry later. If it persists, contact Alibaba Cloud.",
                )
                .retryable()));
            }
        };
        Ok(DescribeResult {
            status,
            code: self.code,
            message: self.message,
            sub_code: sub_code.as_deref().and_then(code_word),
            sub_code_info: sub_code
                .as_deref()
                .and_then(|code| codes::sub_code_of_verdict(code, status == Status::Passed)),
            material,
            identity_info: embedded(&result, "IdentityInfo"),
            device_token: text_member(&result, "DeviceToken"),
            device_risk: text_member(&result, "DeviceRisk")
                .map(|risks| {
                    risks
                        .split(',')
                        .map(|risk| risk.trim().to_owned())
                        .collect()
                })
                .unwrap_or_default(),
            user_info: embedded(&result, "UserInfo"),
            request_id: self.request_id,
            raw,
        })
    }
}

/// Whether part of a response agrees with the verdict `T`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Evidence {
    /// It agrees or is absent.
    Consistent,
    Against,
    /// It does not have the documented format, so its meaning is unknown.
    Unreadable,
}

/// Members of ResultObject that must occur only once, whatever the verdict.
const VERDICT_MEMBERS: &[&str] = &["Passed", "SubCode", "MaterialInfo", "Success"];

impl Evidence {
    fn of_sub_code(result: &Members<'_>, text: Option<&str>, known: Option<&SubCode>) -> Self {
        match (text, known) {
            (_, Some(known)) if known.passing => Self::Consistent,
            (Some(_), _) => Self::Against,
            (None, _) if is_nothing(result.get("SubCode")) => Self::Consistent,
            (None, _) => Self::Unreadable,
        }
    }

    fn of_material(result: &Members<'_>, material: Option<&Material>) -> Self {
        let Some(material) = material else {
            return if is_nothing(result.get("MaterialInfo")) {
                Self::Consistent
            } else {
                Self::Unreadable
            };
        };
        let members = Members::of(&material.raw);
        match material.face_attack {
            _ if members.repeats(&["faceAttack"]) => Self::Unreadable,
            Some(true) => Self::Against,
            Some(false) => Self::Consistent,
            None if is_nothing(members.get("faceAttack")) => Self::Consistent,
            None => Self::Unreadable,
        }
    }

    fn of_success(value: Option<&str>) -> Self {
        let word = value.and_then(read::string);
        let word = word.as_deref().or(value).map(str::to_ascii_lowercase);
        match word.as_deref() {
            Some("true") => Self::Consistent,
            Some("false") => Self::Against,
            _ if is_nothing(value) => Self::Consistent,
            _ => Self::Unreadable,
        }
    }
}

/// Whether a member is absent or holds one of Alibaba Cloud's notations for an empty value.
fn is_nothing(value: Option<&str>) -> bool {
    match value {
        None | Some("null") => true,
        Some(value) => {
            read::string(value).is_some_and(|text| text.trim().is_empty() || text.trim() == "null")
        }
    }
}

fn unreadable_verdict() -> Error {
    protocol_error(
        "UnreadableVerdict",
        "阿里云的结果无法确定（Passed、SubCode、MaterialInfo 或 Success 重复出现，或不是文档规定的格式），不能视为通过；请人工核验并凭 RequestId 联系阿里云。",
        "The verdict is unreadable (Passed, SubCode, MaterialInfo or Success is duplicated or undocumented in form) and does not count as passed; review it manually and contact Alibaba Cloud with the RequestId.",
    )
}

impl Material {
    fn read(info: Json, now: Timestamp) -> Option<Self> {
        let members = read::members(info.as_str())?;
        let picture = members
            .object("facialPictureFront")
            .map(|picture| Picture::read(&picture, now));
        Some(Self {
            face_attack: flag(&members, "faceAttack"),
            face_occlusion: flag(&members, "faceOcclusion"),
            facial_picture_front: picture,
            raw: info,
        })
    }
}

impl Picture {
    fn read(members: &Members<'_>, now: Timestamp) -> Self {
        let picture_url = text_member(members, "pictureUrl");
        Self {
            quality_score: members.number("qualityScore"),
            verify_score: members.number("verifyScore"),
            picture_url_expires_at: picture_url
                .is_some()
                .then(|| now.plus_millis(PICTURE_URL_VALID_MILLIS).to_iso8601()),
            picture_url,
            oss_bucket_name: text_member(members, "ossBucketName"),
            oss_object_name: text_member(members, "ossObjectName"),
        }
    }
}

fn protocol_error(code: &'static str, zh: &'static str, en: &'static str) -> Error {
    Error::new(Kind::Protocol, code, Audience::Operator, Text::new(zh, en))
}

/// A non-empty text member; Alibaba Cloud writes an empty value as `""`, `null` or `"null"`.
fn text_member(members: &Members<'_>, name: &str) -> Option<String> {
    members
        .text(name)
        .filter(|text| !text.is_empty() && text != "null")
}

/// A member that holds JSON, either as a string or directly; text that is not JSON stays text.
fn embedded(members: &Members<'_>, name: &str) -> Option<Json> {
    let value = members.get(name)?;
    let inner = match read::string(value) {
        Some(text) if text.trim().is_empty() => return None,
        Some(text) => Json::read(&text),
        None => None,
    };
    inner
        .or_else(|| members.json(name))
        .filter(|json| json.as_str() != "null")
}

fn flag(members: &Members<'_>, name: &str) -> Option<bool> {
    match members.text(name)?.as_str() {
        "T" => Some(true),
        "F" => Some(false),
        _ => None,
    }
}

/// A Code or SubCode: text, or a number, which some gateways send.
fn digits_or_text(value: &str) -> Option<String> {
    let digits = value.bytes().all(|byte| byte.is_ascii_digit());
    let text = if digits {
        Some(value.to_owned())
    } else {
        read::string(value)
    };
    text.filter(|text| !text.is_empty())
}

/// The code, if it has the format of a code (three digits, or words). Otherwise `None`, because a
/// hostile or broken response could contain a name or a number there, plain or encoded.
fn code_word(text: &str) -> Option<String> {
    let digits = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
    let words = (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'.' | b'-' | b'_'));
    (digits || words).then(|| text.to_owned())
}

/// The RequestId, if it has the format of a RequestId: hexadecimal digits, usually a UUID.
fn request_id(text: &str) -> Option<String> {
    let shaped = (16..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    shaped.then(|| text.to_owned())
}

/// The relevant members of a response.
struct Body {
    code: Option<String>,
    message: Option<String>,
    request_id: Option<String>,
    success: Option<String>,
    result_object: Option<Json>,
    /// Whether a relevant member is duplicated.
    ambiguous: bool,
}

impl Body {
    fn read(text: &str) -> Option<Self> {
        let Some(members) = read::members(text) else {
            return Self::read_xml(text);
        };
        Some(Self {
            code: members.get("Code").and_then(digits_or_text),
            message: members.text("Message"),
            request_id: members.text("RequestId"),
            success: members.get("Success").map(str::to_owned),
            ambiguous: members.repeats(&["Code", "Success", "ResultObject"]),
            result_object: members
                .json("ResultObject")
                .filter(|value| value.as_str().starts_with('{')),
        })
    }

    /// The `<Error>` element of a gateway that responds in XML although the request asks for JSON.
    fn read_xml(text: &str) -> Option<Self> {
        if !text.starts_with('<') {
            return None;
        }
        Some(Self {
            code: Some(xml::text(text, "Code")?),
            message: xml::text(text, "Message"),
            request_id: xml::text(text, "RequestId"),
            success: None,
            result_object: None,
            ambiguous: false,
        })
    }
}

/// The string to sign quoted in the message of SignatureDoesNotMatch. Some variants of the message
/// quote nothing.
fn server_text(message: &str) -> Option<ServerText> {
    let (_, text) = quoted(message)?;
    let text = text.trim_start();
    (!text.is_empty()).then(|| ServerText(text.to_owned()))
}
