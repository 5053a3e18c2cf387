//! Validation rules for single parameters.
//!
//! Sources: Alibaba Cloud's page of both actions and, for products other than LR_FR, its API
//! metadata.

use crate::identity::{RuleViolation, cert_name, cert_no, mobile};
use crate::json::read as json;
use crate::text::Text;
use crate::timestamp::Date;
use crate::vendor::values::{PICTURE_BASE64_MAX, is_certify_id, is_outer_order_no, is_word};
use std::net::IpAddr;

/// The product that Alibaba Cloud's page describes: it checks that a live face is in front of the
/// camera. **It does not check that the name and the number are genuine or belong to that face.**
pub const LR_FR: &str = "LR_FR";
/// The certificate type that Alibaba Cloud's page describes.
pub const IDENTITY_CARD: &str = "IDENTITY_CARD";
/// The products documented for InitFaceVerify, the default first.
pub const PRODUCTS: [&str; 4] = [LR_FR, "ID_PRO", "ID_PLUS", "PV_FV"];
/// The kinds of liveness detection on Alibaba Cloud's pages, its default first. "No custom actions
/// or combinations."
pub const MODELS: [&str; 6] = [
    "LIVENESS",
    "PHOTINUS_LIVENESS",
    "MULTI_ACTION",
    "MOVE_ACTION",
    "MOVE_PHOTINUS",
    "MULTI_FAPTCHA",
];
/// Maximum length of MetaInfo in bytes; real values have a few hundred to a few thousand.
pub(crate) const META_INFO_MAX: usize = 262_144;
/// Maximum length of a URL in bytes.
pub(super) const URL_MAX: usize = 2_048;
/// Maximum length of a name or number that is encrypted or on another certificate.
pub(super) const CERT_MAX: usize = 1_024;
/// Stands in for a character that was lost in a conversion, so the text is not the intended one.
const REPLACEMENT: char = '\u{FFFD}';

/// The validation rule of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// A positive 64-bit integer.
    SceneId,
    /// 32 ASCII letters and digits.
    OuterOrderNo,
    /// `LR_FR`, or another product if allowed.
    ProductCode,
    /// An upper-case word; Alibaba Cloud adds new ones.
    Model,
    /// `IDENTITY_CARD`; other products accept other types.
    CertType,
    /// See [`cert_name`].
    CertName,
    /// See [`cert_no`].
    CertNo,
    /// A string containing a JSON object, passed through byte for byte.
    MetaInfo,
    /// See [`mobile`].
    Mobile,
    /// An IPv4 or IPv6 address.
    Ip,
    /// A CertifyId: non-empty ASCII. Its length and alphabet vary.
    CertifyId,
    /// An absolute URL.
    Url {
        /// Whether it must be HTTPS.
        https: bool,
    },
    /// Base64 of a picture.
    Picture,
    /// yyyy-MM-dd.
    Date,
    /// A JSON list of strings.
    StringList,
    /// One of these values.
    OneOf(&'static [&'static str]),
    /// Any text without control characters.
    Text {
        /// Maximum length in characters.
        max: usize,
    },
}

/// The products with their own rules in this module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Product {
    LrFr,
    IdPro,
    PvFv,
    Other,
}

impl Product {
    pub(crate) fn of(code: &str) -> Self {
        match code {
            LR_FR => Self::LrFr,
            "ID_PRO" => Self::IdPro,
            "PV_FV" => Self::PvFv,
            _ => Self::Other,
        }
    }
}

/// The other parameters that a rule depends on.
pub(crate) struct Context {
    pub(crate) product: Product,
    pub(crate) identity_card: bool,
    pub(crate) encrypted: bool,
    pub(crate) today: Date,
    pub(crate) allow_other_products: bool,
    pub(crate) documents: cert_no::Documents,
    /// The same for the name: those that CertNo can be of.
    pub(crate) documents_of_name: cert_no::Documents,
}

/// The normalized value, if it differs from the input, and notices.
pub(crate) type Checked = Result<(Option<String>, Vec<RuleViolation>), RuleViolation>;

/// A SceneId without leading zeros.
pub(crate) fn scene_id(text: &str) -> Result<&str, RuleViolation> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number && text.parse::<i64>().is_ok_and(|id| id > 0) {
        return Ok(text.trim_start_matches('0'));
    }
    Err(RuleViolation::new(
        "scene-id",
        "应为控制台中的认证场景 ID：一个正整数。",
        "must be the scene ID from the Alibaba Cloud console: a positive integer.",
    ))
}

pub(crate) fn check(rule: Rule, text: &str, context: &Context) -> Checked {
    let plain = || Ok((None, Vec::new()));
    let require = |right: bool, problem: RuleViolation| if right { plain() } else { Err(problem) };
    if text.is_empty() {
        return Err(RuleViolation::new(
            "empty",
            "为空字符串；如不需要请不要传入。",
            "is empty; omit it if there is no value.",
        ));
    }
    match rule {
        Rule::SceneId => {
            let digits = scene_id(text)?;
            Ok(((digits != text).then(|| digits.to_owned()), Vec::new()))
        }
        Rule::OuterOrderNo => require(
            is_outer_order_no(text),
            RuleViolation::new(
                "outer-order-no",
                "应为 32 位字母和数字。",
                "must be 32 letters and digits.",
            ),
        ),
        Rule::ProductCode => {
            require(
                is_word(text),
                RuleViolation::new(
                    "product-code",
                    "应为大写字母、数字和下划线。",
                    "must be upper-case letters, digits and underscores.",
                ),
            )?;
            require(
                text == LR_FR || context.allow_other_products,
                RuleViolation::new(
                    "other-product",
                    "应为 LR_FR；其他产品须开启 allowOtherProducts（网关：CLOUDAUTH_ALLOW_OTHER_PRODUCTS）。",
                    "must be LR_FR, unless allowOtherProducts is set (gateway: CLOUDAUTH_ALLOW_OTHER_PRODUCTS).",
                ),
            )
        }
        Rule::Model => require(
            is_word(text),
            RuleViolation::new(
                "model",
                "应为 LIVENESS、PHOTINUS_LIVENESS 或阿里云文档中的其他取值。",
                "must be LIVENESS, PHOTINUS_LIVENESS or another documented value.",
            ),
        ),
        Rule::CertType => require(
            text == IDENTITY_CARD || (context.product != Product::LrFr && is_word(text)),
            RuleViolation::new(
                "cert-type",
                "应为 IDENTITY_CARD。",
                "must be IDENTITY_CARD.",
            ),
        ),
        Rule::CertName if context.identity_card && !context.encrypted => {
            cert_name::check(text, context.documents_of_name)
                .map(|accepted| (Some(accepted.normalized), accepted.notices))
        }
        Rule::CertNo if context.identity_card && !context.encrypted => {
            cert_no::check(text, context.documents, context.today)
                .map(|accepted| (Some(accepted.normalized), accepted.notices))
        }
        // Either ciphertext, or the name and number of a passport.
        Rule::CertName | Rule::CertNo if plain_text(text, CERT_MAX) => plain(),
        Rule::CertName | Rule::CertNo => Err(text_problem(CERT_MAX)),
        Rule::MetaInfo => {
            at_most(META_INFO_MAX, text)?;
            without_broken_characters(text)?;
            require(
                json::is_object(text),
                RuleViolation::new(
                    "meta-info",
                    "应为客户端 SDK 返回的 JSON 对象字符串，请原样传入。",
                    "must be the JSON object from the client SDK; pass it unchanged.",
                ),
            )
        }
        Rule::Mobile => {
            mobile::check(text).map(|accepted| (Some(accepted.normalized), accepted.notices))
        }
        Rule::Ip => require(
            text.parse::<IpAddr>().is_ok(),
            RuleViolation::new(
                "ip",
                "应为 IPv4 或 IPv6 地址，不带端口；不得脱敏。",
                "must be an IPv4 or IPv6 address, without a port and unmasked.",
            ),
        ),
        Rule::CertifyId => require(
            is_certify_id(text),
            RuleViolation::new(
                "certify-id",
                "应为发起认证时返回的 CertifyId，请原样传入。",
                "must be the unchanged CertifyId from InitFaceVerify.",
            ),
        ),
        Rule::Url { https } => {
            at_most(URL_MAX, text)?;
            require(
                is_url(text, https),
                if https {
                    RuleViolation::new(
                        "url",
                        "应为 https:// 开头的完整地址。",
                        "must be an absolute URL that starts with https://.",
                    )
                } else {
                    RuleViolation::new(
                        "url",
                        "应为 https:// 或 http:// 开头的完整地址。",
                        "must be an absolute URL that starts with https:// or http://.",
                    )
                },
            )
        }
        Rule::Picture => require(
            text.len() <= PICTURE_BASE64_MAX && is_base64(text),
            RuleViolation::new(
                "picture",
                "应为小于 1 MB 的图片的 Base64，不带 data: 前缀和换行。",
                "must be the Base64 of a picture smaller than 1 MB, without a data: prefix or line breaks.",
            ),
        ),
        Rule::Date => require(
            Date::parse_dashed(text).is_some(),
            RuleViolation::new(
                "date",
                "应为 yyyy-MM-dd 形式的真实日期。",
                "must be an existing date as yyyy-MM-dd.",
            ),
        ),
        Rule::StringList => {
            without_broken_characters(text)?;
            require(
                json::is_string_list(text),
                RuleViolation::new(
                    "string-list",
                    "应为 JSON 字符串数组。",
                    "must be a JSON list of strings.",
                ),
            )
        }
        Rule::OneOf(words) => {
            if words.contains(&text) {
                return plain();
            }
            let mut list = String::new();
            for word in words {
                if !list.is_empty() {
                    list.push_str(", ");
                }
                list.push_str(word);
            }
            Err(RuleViolation {
                rule: "one-of",
                message: Text::composed(
                    format!("应为其中之一：{list}。"),
                    format!("must be one of: {list}."),
                ),
            })
        }
        Rule::Text { max } => {
            if plain_text(text, max) {
                return plain();
            }
            Err(text_problem(max))
        }
    }
}

/// Rejects text longer than `max` bytes of UTF-8.
fn at_most(max: usize, text: &str) -> Result<(), RuleViolation> {
    if text.len() <= max {
        return Ok(());
    }
    Err(RuleViolation {
        rule: "too-long",
        message: Text::composed(
            format!("过长：最多 {max} 字节（UTF-8）。"),
            format!("is too long: at most {max} bytes in UTF-8."),
        ),
    })
}

/// Rejects text with a replacement character.
fn without_broken_characters(text: &str) -> Result<(), RuleViolation> {
    if text.contains(REPLACEMENT) {
        return Err(RuleViolation::new(
            "text",
            "含有不完整的字符（如单独的 UTF-16 代理项）或 U+FFFD，请传入完整的原文。",
            "contains a broken character, such as a lone surrogate or U+FFFD; pass the complete text.",
        ));
    }
    Ok(())
}

fn text_problem(max: usize) -> RuleViolation {
    let max = max.to_string();
    RuleViolation {
        rule: "text",
        message: Text::composed(
            format!("最多 {max} 个字符，且不得含控制字符。"),
            format!("must have at most {max} characters and no control characters."),
        ),
    }
}

/// Checks Base64 with padding (RFC 4648 §4) without decoding it: a picture has a million bytes.
fn is_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    // The unused bits of the last digit must be zero.
    let last_digits: &[u8] = match text.len().saturating_sub(digits.len()) {
        0 => &[],
        1 => b"AEIMQUYcgkosw048",
        2 => b"AQgw",
        _ => return false,
    };
    let last = digits.as_bytes().last();
    text.len().is_multiple_of(4)
        && (last_digits.is_empty() || last.is_some_and(|last| last_digits.contains(last)))
        && digits
            .bytes()
            .all(|byte| BASE64_DIGIT.get(usize::from(byte)) == Some(&true))
}

/// For each byte, whether it is a Base64 digit.
#[allow(clippy::indexing_slicing)] // evaluated at compile time
static BASE64_DIGIT: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        table[byte as usize] = byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
        byte += 1;
    }
    table
};

fn plain_text(text: &str, max: usize) -> bool {
    text.chars().count() <= max && !text.contains(|c: char| c.is_control() || c == REPLACEMENT)
}

/// Whether the text is an absolute URL: HTTPS if `https` is set, otherwise HTTP or HTTPS.
pub(crate) fn is_url(text: &str, https: bool) -> bool {
    let rest = match (text.strip_prefix("https://"), https) {
        (Some(rest), _) => Some(rest),
        (None, false) => text.strip_prefix("http://"),
        (None, true) => None,
    };
    text.bytes().all(|byte| byte.is_ascii_graphic())
        && rest.is_some_and(|rest| !rest.starts_with(['/', '?', '#']) && !rest.is_empty())
}
