//! What each parameter must be, checked before anything is signed. Everything wrong with a request
//! is reported together.
//!
//! Sources: the vendor's page of both actions; for products other than LR_FR its API metadata.

use super::outgoing::ValidRequest;
use super::{Action, DESCRIBE_FACE_VERIFY, INIT_FACE_VERIFY, Parameter, Places, Value};
use crate::error::{Error, FieldError};
use crate::identity::{Problem, cert_name, cert_no, mobile};
use crate::json::read as json;
use crate::spelling;
use crate::text::Text;
use crate::timestamp::{Date, Timestamp};
use std::borrow::Cow;
use std::net::IpAddr;

/// The product of the vendor document: liveness of a face. **It does not check that name and
/// number are genuine or belong to the face.**
pub const LR_FR: &str = "LR_FR";
/// The certificate type of the vendor document.
pub const IDENTITY_CARD: &str = "IDENTITY_CARD";
/// The most characters of a Base64 picture, from the vendor's API metadata.
const PICTURE_MAX: usize = 1_548_576;
/// The most bytes of MetaInfo taken; real ones have a few hundred to a few thousand.
const META_INFO_MAX: usize = 262_144;

/// The most bytes of an address taken.
const URL_MAX: usize = 2_048;
/// What stands for a broken character: what would be signed is not what was meant.
const REPLACEMENT: char = '\u{FFFD}';

/// Room for that many parameters is made at first.
const USUALLY: usize = 16;

/// What a parameter must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// A positive 64-bit integer.
    SceneId,
    /// 32 ASCII letters and digits.
    OuterOrderNo,
    /// `LR_FR`, or another product where allowed.
    ProductCode,
    /// An upper-case word; the vendor adds new ones.
    Model,
    /// `IDENTITY_CARD`; other products take others.
    CertType,
    /// See [`cert_name`].
    CertName,
    /// See [`cert_no`].
    CertNo,
    /// A string that holds a JSON object, passed on byte for byte.
    MetaInfo,
    /// See [`mobile`].
    Mobile,
    /// An IPv4 or IPv6 address.
    Ip,
    /// A CertifyId: not empty, ASCII. Its length and alphabet vary.
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
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Any text without control characters.
    Text {
        /// The most characters.
        max: usize,
    },
}

/// What the checks need to know beside the request.
#[derive(Clone, Copy, Debug)]
pub struct ValidationOptions {
    /// The time now; birth dates may not be in the future.
    pub now: Timestamp,
    /// Whether ProductCodes other than LR_FR are taken.
    pub allow_other_products: bool,
    /// Which documents' numbers CertNo may hold.
    pub documents: cert_no::Documents,
}

impl ValidationOptions {
    /// The rules of the vendor document.
    pub const fn new(now: Timestamp) -> Self {
        Self {
            now,
            allow_other_products: false,
            documents: cert_no::Documents::ResidentIdentityCard,
        }
    }
}

/// Checks named values against an action's table. Names may be wire names or field names; an
/// absent value counts as not given.
///
/// # Errors
/// Everything that is wrong, field by field, in one error of kind `validation`.
pub fn validate<'a, N: AsRef<str>>(
    action: &'static Action,
    values: impl IntoIterator<Item = (N, Value<'a>)>,
    options: &ValidationOptions,
) -> Result<ValidRequest<'a>, Error> {
    let mut given = Given {
        action,
        texts: Vec::with_capacity(USUALLY),
        places: Places::default(),
        problems: Vec::new(),
    };
    for (name, value) in values {
        given.take(name.as_ref(), value);
    }
    given.checked(options)
}

/// What was given.
struct Given<'a> {
    action: &'static Action,
    /// In the order of the action's table, with their places in it.
    texts: Vec<(usize, &'static Parameter, Cow<'a, str>)>,
    /// Those, and what is no text.
    places: Places,
    problems: Vec<FieldError>,
}

impl<'a> Given<'a> {
    fn take(&mut self, name: &str, value: Value<'a>) {
        let Some((place, parameter)) = self.action.find(name) else {
            if value != Value::Absent {
                self.problems.push(unknown_field(self.action, name));
            }
            return;
        };
        if self.places.has(place) {
            self.problems.push(FieldError::new(
                parameter.field(),
                "given-twice",
                Text::new("重复传入，请只保留一个。", "is given twice; keep one."),
            ));
            return;
        }
        match to_text(parameter, value) {
            Ok(None) => {}
            Ok(Some(text)) => self.add(place, parameter, text),
            Err(problem) => {
                self.places = self.places.with(place);
                self.problems.push(problem);
            }
        }
    }

    fn checked(mut self, options: &ValidationOptions) -> Result<ValidRequest<'a>, Error> {
        let init = std::ptr::eq(self.action, &INIT_FACE_VERIFY);
        if init {
            self.add_defaults();
        }
        let context = Context::of(init.then_some(&self), options);
        let mut problems = self.problems;
        let mut notices = Vec::new();
        for (_, parameter, text) in &mut self.texts {
            match check(parameter, text, &context) {
                Ok((normalized, found)) => {
                    if let Some(normalized) = normalized {
                        *text = Cow::Owned(normalized);
                    }
                    notices.extend(
                        found
                            .into_iter()
                            .map(|notice| field_error(parameter, notice)),
                    );
                }
                Err(problem) => problems.push(field_error(parameter, problem)),
            }
        }
        let mandatory = if init {
            init_mandatory(context.product)
        } else {
            DESCRIBE_MANDATORY
        };
        let missing = mandatory.without(self.places);
        for (place, parameter) in self.action.parameters.iter().enumerate() {
            if missing.has(place) {
                problems.push(FieldError::new(
                    parameter.field(),
                    "mandatory",
                    Text::new("必填。", "is mandatory."),
                ));
            }
        }
        if init {
            check_init(
                self.places,
                context.product,
                mandatory,
                &mut problems,
                &mut notices,
            );
        }
        if !problems.is_empty() {
            return Err(Error::validation(problems));
        }
        Ok(ValidRequest::new(self.action, self.texts, notices))
    }

    fn add(&mut self, place: usize, parameter: &'static Parameter, text: Cow<'a, str>) {
        self.places = self.places.with(place);
        let before = self.texts.iter().rposition(|(other, ..)| *other < place);
        let at = before.map_or(0, |before| before.saturating_add(1));
        self.texts.insert(at, (place, parameter, text));
    }

    fn text(&self, place: usize) -> Option<&str> {
        let mut texts = self.texts.iter();
        let found = texts.find(|(other, ..)| *other == place);
        found.map(|(.., text)| &**text)
    }

    fn add_defaults(&mut self) {
        for (place, default) in [(PRODUCT_CODE, LR_FR), (CERT_TYPE, IDENTITY_CARD)] {
            if let (false, Some(parameter)) = (
                self.places.has(place),
                INIT_FACE_VERIFY.parameters.get(place),
            ) {
                self.add(place, parameter, Cow::Borrowed(default));
            }
        }
    }
}

/// The products whose requests differ.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Product {
    LrFr,
    IdPro,
    PvFv,
    Other,
}

/// What the rule of one parameter must know of the others.
struct Context {
    product: Product,
    identity_card: bool,
    encrypted: bool,
    today: Date,
    allow_other_products: bool,
    documents: cert_no::Documents,
}

impl Context {
    /// `init` is what an InitFaceVerify was given.
    fn of(init: Option<&Given>, options: &ValidationOptions) -> Self {
        let text = |place| init.and_then(|given| given.text(place));
        Self {
            product: match text(PRODUCT_CODE) {
                None | Some(LR_FR) => Product::LrFr,
                Some("ID_PRO") => Product::IdPro,
                Some("PV_FV") => Product::PvFv,
                Some(_) => Product::Other,
            },
            identity_card: text(CERT_TYPE).is_none_or(|kind| kind == IDENTITY_CARD),
            encrypted: text(ENCRYPT_TYPE).is_some(),
            today: options.now.shanghai_date(),
            allow_other_products: options.allow_other_products,
            documents: options.documents,
        }
    }
}

fn field_error(parameter: &Parameter, problem: Problem) -> FieldError {
    FieldError::new(parameter.field(), problem.rule, problem.message)
}

/// The name is the sender's text, and may be a person's or a secret: it is repeated only where it
/// looks like a parameter's.
fn unknown_field(action: &Action, name: &str) -> FieldError {
    let names = action.parameters.iter().map(|parameter| parameter.name);
    let meant = spelling::meant(names, name).and_then(|name| action.find(name));
    match meant {
        Some((_, parameter)) => {
            let field = parameter.field();
            let message = Text::composed(
                format!("不是参数名，是否为 {field}？"),
                format!("is not a parameter; did you mean {field}?"),
            );
            FieldError::new(name, "unknown-field", message)
        }
        None => FieldError::new(
            if is_camel_case(name) { name } else { "(?)" },
            "unknown-field",
            Text::new(
                "不是该接口的参数，请删除或改正名称。",
                "is not a parameter of this action; remove it or correct its name.",
            ),
        ),
    }
}

/// Whether it is two words or more, written as `outerOrderNo` is.
fn is_camel_case(name: &str) -> bool {
    let mut words = 0_usize;
    let mut letters = 0_usize;
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' => letters = letters.saturating_add(1),
            // The word before it has ended.
            b'A'..=b'Z' if letters > 1 => {
                letters = 1;
                words = words.saturating_add(1);
            }
            _ => return false,
        }
    }
    words > 0 && letters > 1 && name.len() <= 40
}

fn to_text<'a>(
    parameter: &'static Parameter,
    value: Value<'a>,
) -> Result<Option<Cow<'a, str>>, FieldError> {
    let numeric = parameter.rule == Rule::SceneId;
    let wrong_type = |zh, en| {
        Err(FieldError::new(
            parameter.field(),
            "type",
            Text::new(zh, en),
        ))
    };
    match value {
        Value::Absent => Ok(None),
        Value::Text(text) => Ok(Some(text)),
        Value::Integer(number) if numeric => Ok(Some(Cow::Owned(number.to_string()))),
        Value::Inexact if numeric => Err(FieldError::new(
            parameter.field(),
            "unsafe-number",
            Text::new(
                "不是可精确表示的整数；大于 9007199254740991 时请用 bigint 或字符串。",
                "is not an exact integer; above 9007199254740991 pass a bigint or a string.",
            ),
        )),
        _ if numeric => wrong_type(
            "应为整数、bigint 或数字字符串。",
            "must be an integer, a bigint or a string of digits.",
        ),
        _ if parameter.rule == Rule::MetaInfo => wrong_type(
            "应为字符串：请原样传入客户端 SDK 返回的 MetaInfo，不要解析成对象。",
            "must be a string: pass what the client SDK gave as it is, not parsed.",
        ),
        _ => wrong_type("应为字符串。", "must be a string."),
    }
}

/// What a value becomes, where it does not stay as it is, and what is to be said of it.
type Checked = Result<(Option<String>, Vec<Problem>), Problem>;

fn check(parameter: &Parameter, text: &str, context: &Context) -> Checked {
    let plain = || Ok((None, Vec::new()));
    let require = |right: bool, problem: Problem| if right { plain() } else { Err(problem) };
    if text.is_empty() {
        return Err(Problem::new(
            "empty",
            "为空字符串；如不需要请不要传入。",
            "is empty; leave it out if there is nothing to send.",
        ));
    }
    match parameter.rule {
        Rule::SceneId => {
            require(
                text.bytes().all(|byte| byte.is_ascii_digit())
                    && text.parse::<i64>().is_ok_and(|value| value > 0),
                Problem::new(
                    "scene-id",
                    "应为控制台中的认证场景 ID：一个正整数。",
                    "must be the scene's id from the vendor's console: a positive integer.",
                ),
            )?;
            let digits = text.trim_start_matches('0');
            Ok(((digits != text).then(|| digits.to_owned()), Vec::new()))
        }
        Rule::OuterOrderNo => require(
            text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_alphanumeric()),
            Problem::new(
                "outer-order-no",
                "应为 32 位字母和数字。",
                "must be 32 letters and digits.",
            ),
        ),
        Rule::ProductCode => {
            require(
                is_word(text),
                Problem::new(
                    "product-code",
                    "应为大写字母、数字和下划线。",
                    "must be upper-case letters, digits and underscores.",
                ),
            )?;
            require(
                text == LR_FR || context.allow_other_products,
                Problem::new(
                    "other-product",
                    "应为 LR_FR；使用其他产品须由开发者打开 allowOtherProducts 选项。",
                    "must be LR_FR, unless the developer sets allowOtherProducts.",
                ),
            )
        }
        Rule::Model => require(
            is_word(text),
            Problem::new(
                "model",
                "应为 LIVENESS、PHOTINUS_LIVENESS 或服务商文档中的其他取值。",
                "must be LIVENESS, PHOTINUS_LIVENESS or another value of the vendor's documents.",
            ),
        ),
        Rule::CertType => require(
            text == IDENTITY_CARD || (context.product != Product::LrFr && is_word(text)),
            Problem::new(
                "cert-type",
                "应为 IDENTITY_CARD。",
                "must be IDENTITY_CARD.",
            ),
        ),
        Rule::CertName if context.identity_card && !context.encrypted => {
            cert_name::check(text).map(|accepted| (Some(accepted.normalized), accepted.notices))
        }
        Rule::CertNo if context.identity_card && !context.encrypted => {
            cert_no::check(text, context.documents, context.today)
                .map(|accepted| (Some(accepted.normalized), accepted.notices))
        }
        // Ciphertext, or the name and number on a passport.
        Rule::CertName | Rule::CertNo if plain_text(text, 1_024) => plain(),
        Rule::CertName | Rule::CertNo => Err(text_problem(1_024)),
        Rule::MetaInfo => {
            at_most(META_INFO_MAX, text)?;
            whole(text)?;
            require(
                json::is_object(text),
                Problem::new(
                    "meta-info",
                    "应为客户端 SDK 返回的 JSON 对象字符串，请原样传入。",
                    "must be the JSON object that the client SDK gave; pass it as it is.",
                ),
            )
        }
        Rule::Mobile => {
            mobile::check(text).map(|accepted| (Some(accepted.normalized), accepted.notices))
        }
        Rule::Ip => require(
            text.parse::<IpAddr>().is_ok(),
            Problem::new(
                "ip",
                "应为 IPv4 或 IPv6 地址，不带端口；不得打码。",
                "must be an IPv4 or IPv6 address without port or mask.",
            ),
        ),
        Rule::CertifyId => require(
            text.len() <= 256 && text.bytes().all(|byte| byte.is_ascii_graphic()),
            Problem::new(
                "certify-id",
                "应为发起认证时返回的 CertifyId，请原样传入。",
                "must be the CertifyId that InitFaceVerify gave, as it is.",
            ),
        ),
        Rule::Url { https } => {
            at_most(URL_MAX, text)?;
            require(
                is_url(text, https),
                if https {
                    Problem::new(
                        "url",
                        "应为 https:// 开头的完整地址。",
                        "must be a full address that begins with https://.",
                    )
                } else {
                    Problem::new(
                        "url",
                        "应为 https:// 或 http:// 开头的完整地址。",
                        "must be a full address that begins with https:// or http://.",
                    )
                },
            )
        }
        Rule::Picture => require(
            text.len() <= PICTURE_MAX && is_base64(text),
            Problem::new(
                "picture",
                "应为小于 1 MB 的图片的 Base64，不带 data: 前缀和换行。",
                "must be the Base64 of a picture below 1 MB, without data: prefix and line breaks.",
            ),
        ),
        Rule::Date => require(
            Date::parse_dashed(text).is_some(),
            Problem::new(
                "date",
                "应为 yyyy-MM-dd 形式的真实日期。",
                "must be a real date as yyyy-MM-dd.",
            ),
        ),
        Rule::StringList => {
            whole(text)?;
            require(
                json::is_string_list(text),
                Problem::new(
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
            Err(Problem {
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

/// Refuses what has more bytes in UTF-8.
fn at_most(max: usize, text: &str) -> Result<(), Problem> {
    if text.len() <= max {
        return Ok(());
    }
    Err(Problem {
        rule: "too-long",
        message: Text::composed(
            format!("过长：最多 {max} 字节（UTF-8）。"),
            format!("is too long: {max} bytes in UTF-8 at most."),
        ),
    })
}

/// Refuses a text with a broken character.
fn whole(text: &str) -> Result<(), Problem> {
    if text.contains(REPLACEMENT) {
        return Err(Problem::new(
            "text",
            "含有不完整的字符（如单独的 UTF-16 代理项）或 U+FFFD，请传入完整的原文。",
            "has a broken character, such as half of a surrogate pair, or U+FFFD; pass the text whole.",
        ));
    }
    Ok(())
}

fn text_problem(max: usize) -> Problem {
    let max = max.to_string();
    Problem {
        rule: "text",
        message: Text::composed(
            format!("最多 {max} 个字符，且不得含控制字符。"),
            format!("may have {max} characters at most and no control characters."),
        ),
    }
}

/// Base64 with its padding (RFC 4648 §4), not decoded: a picture has a million bytes.
fn is_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    // The bits of the last digit that stand for no byte are zero.
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

/// Whether each byte is a digit of Base64.
#[allow(clippy::indexing_slicing)] // when it is compiled
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

fn is_word(text: &str) -> bool {
    text.len() <= 64
        && text
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

fn is_url(text: &str, https: bool) -> bool {
    let rest = match (text.strip_prefix("https://"), https) {
        (Some(rest), _) => Some(rest),
        (None, false) => text.strip_prefix("http://"),
        (None, true) => None,
    };
    text.bytes().all(|byte| byte.is_ascii_graphic())
        && rest.is_some_and(|rest| !rest.starts_with(['/', '?', '#']) && !rest.is_empty())
}

const PRODUCT_CODE: usize = INIT_FACE_VERIFY.place("ProductCode");
const CERT_TYPE: usize = INIT_FACE_VERIFY.place("CertType");
const ENCRYPT_TYPE: usize = INIT_FACE_VERIFY.place("EncryptType");
const USER_ID: usize = INIT_FACE_VERIFY.place("UserId");
const OSS_BUCKET_NAME: usize = INIT_FACE_VERIFY.place("OssBucketName");
const OSS_OBJECT_NAME: usize = INIT_FACE_VERIFY.place("OssObjectName");

/// The ways of passing a photo to compare with, each by the parameters it needs.
const PICTURE_SOURCES: [Places; 4] = [
    INIT_FACE_VERIFY.places(&["FaceContrastPicture"]),
    INIT_FACE_VERIFY.places(&["FaceContrastPictureUrl"]),
    INIT_FACE_VERIFY.places(&["OssBucketName", "OssObjectName"]),
    INIT_FACE_VERIFY.places(&["CertifyId"]),
];

const DESCRIBE_MANDATORY: Places = DESCRIBE_FACE_VERIFY.places(&["SceneId", "CertifyId"]);

/// What InitFaceVerify cannot do without.
fn init_mandatory(product: Product) -> Places {
    const OF_ALL: Places = INIT_FACE_VERIFY.places(&["SceneId", "OuterOrderNo"]);
    const WITH_META_INFO: Places = OF_ALL.with(INIT_FACE_VERIFY.place("MetaInfo"));
    const OF_ID_PRO: Places = WITH_META_INFO
        .with(INIT_FACE_VERIFY.place("CertName"))
        .with(INIT_FACE_VERIFY.place("CertNo"));
    match product {
        Product::LrFr => WITH_META_INFO,
        Product::IdPro => OF_ID_PRO,
        Product::PvFv => WITH_META_INFO.with(USER_ID),
        Product::Other => OF_ALL,
    }
}

fn check_init(
    places: Places,
    product: Product,
    mandatory: Places,
    problems: &mut Vec<FieldError>,
    notices: &mut Vec<FieldError>,
) {
    if !places.has(USER_ID) && !mandatory.has(USER_ID) {
        notices.push(FieldError::new(
            "userId",
            "recommended",
            Text::new(
                "建议传入：服务商文档要求填写，用于风控与追踪。",
                "is recommended: the vendor's pages ask for it, for risk control and tracing.",
            ),
        ));
    }
    let sources = PICTURE_SOURCES
        .iter()
        .filter(|source| places.has_any(**source))
        .count();
    if sources > 1 {
        problems.push(FieldError::new(
            "faceContrastPicture",
            "several-pictures",
            Text::new(
                "照片只能以一种方式传入：Base64、地址、OSS 对象或 CertifyId。",
                "may be passed in one way only: Base64, address, OSS object or CertifyId.",
            ),
        ));
    }
    if product == Product::PvFv && sources == 0 {
        problems.push(FieldError::new(
            "faceContrastPicture",
            "mandatory",
            Text::new(
                "必填：请以 Base64、地址、OSS 对象或 CertifyId 之一传入比对照片。",
                "is mandatory: pass the photo as Base64, address, OSS object or CertifyId.",
            ),
        ));
    }
    if places.has(OSS_BUCKET_NAME) != places.has(OSS_OBJECT_NAME) {
        problems.push(FieldError::new(
            "ossObjectName",
            "goes-together",
            Text::new(
                "须与 ossBucketName 同时传入。",
                "and ossBucketName go together.",
            ),
        ));
    }
}
