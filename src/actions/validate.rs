//! Validates a whole request before signing and reports all errors together.

use super::describe_face_verify::{DESCRIBE_FACE_VERIFY, DescribeFaceVerify};
use super::init_face_verify::{INIT_FACE_VERIFY, InitFaceVerify};
use super::outgoing::ValidRequest;
use super::parameter::{Action, ActionKind, Parameter, Places};
use super::rule::{Context, IDENTITY_CARD, LR_FR, Product, Rule, check};
use super::spelling::unknown_field;
use super::value::Value;
use crate::error::{Error, FieldError};
use crate::identity::{RuleViolation, cert_no};
use crate::text::Text;
use crate::timestamp::Timestamp;
use std::borrow::Cow;

/// Initial capacity: a typical request has fewer parameters.
const TYPICAL_COUNT: usize = 16;

/// What validation depends on besides the request.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ValidationOptions {
    /// The current time; birth dates must not be in the future.
    pub now: Timestamp,
    /// Whether ProductCodes other than LR_FR are accepted.
    pub allow_other_products: bool,
    /// The kinds of documents that CertNo accepts.
    pub documents: cert_no::Documents,
}

impl ValidationOptions {
    /// The rules on Alibaba Cloud's page.
    pub const fn new(now: Timestamp) -> Self {
        Self {
            now,
            allow_other_products: false,
            documents: cert_no::Documents::ResidentIdentityCard,
        }
    }
}

impl InitFaceVerify {
    /// Validates the request for signing.
    ///
    /// # Errors
    /// All invalid fields in one error of kind `validation`.
    pub fn validate(self, options: &ValidationOptions) -> Result<ValidRequest<'static>, Error> {
        validate(&INIT_FACE_VERIFY, self.into_values(), options)
    }
}

impl DescribeFaceVerify {
    /// Validates the request for signing.
    ///
    /// # Errors
    /// All invalid fields in one error of kind `validation`.
    pub fn validate(self, options: &ValidationOptions) -> Result<ValidRequest<'static>, Error> {
        validate(&DESCRIBE_FACE_VERIFY, self.into_values(), options)
    }
}

/// Validates named values against an action's table. Names are wire names or field names; an absent
/// value counts as not given.
///
/// # Errors
/// All invalid fields in one error of kind `validation`.
pub fn validate<'a, N: AsRef<str>>(
    action: &'static Action,
    values: impl IntoIterator<Item = (N, Value<'a>)>,
    options: &ValidationOptions,
) -> Result<ValidRequest<'a>, Error> {
    let mut given = Given {
        action,
        texts: Vec::with_capacity(TYPICAL_COUNT),
        places: Places::default(),
        problems: Vec::new(),
    };
    for (name, value) in values {
        given.take(name.as_ref(), value);
    }
    given.checked(options)
}

/// The given parameters.
struct Given<'a> {
    action: &'static Action,
    /// In the order of the action's table, with their indexes into it.
    texts: Vec<(usize, &'static Parameter, Cow<'a, str>)>,
    /// The given parameters, including invalid types.
    places: Places,
    problems: Vec<FieldError>,
}

/// The error for a duplicate parameter.
pub(crate) fn given_twice(parameter: &Parameter) -> FieldError {
    FieldError::new(
        parameter.field(),
        "given-twice",
        Text::new("重复传入，请只保留一个。", "is duplicated; keep one."),
    )
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
            self.problems.push(given_twice(parameter));
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
        let init = self.action.kind == ActionKind::Init;
        if init {
            self.add_defaults();
        }
        let context = context(init.then_some(&self), options);
        let mut problems = self.problems;
        let mut notices = Vec::new();
        for (_, parameter, text) in &mut self.texts {
            match check(parameter.rule, text, &context) {
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
        for (place, default) in DEFAULTS {
            if let (false, Some(parameter)) = (
                self.places.has(place),
                INIT_FACE_VERIFY.parameters.get(place),
            ) {
                self.add(place, parameter, Cow::Borrowed(default));
            }
        }
    }
}

/// `init` holds the parameters of an InitFaceVerify.
fn context(init: Option<&Given>, options: &ValidationOptions) -> Context {
    let text = |place| init.and_then(|given| given.text(place));
    Context {
        product: text(PRODUCT_CODE).map_or(Product::LrFr, Product::of),
        identity_card: text(CERT_TYPE).is_none_or(|kind| kind == IDENTITY_CARD),
        encrypted: text(ENCRYPT_TYPE).is_some(),
        today: options.now.shanghai_date(),
        allow_other_products: options.allow_other_products,
        documents: options.documents,
        documents_of_name: options.documents.of_number(text(CERT_NO)),
    }
}

fn field_error(parameter: &Parameter, problem: RuleViolation) -> FieldError {
    FieldError::new(parameter.field(), problem.rule, problem.message)
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
                "应为小于 2^63 的整数；在 JavaScript 中，大于 9007199254740991 时请用 bigint 或字符串。",
                "must be an integer below 2^63; in JavaScript, pass a bigint or a string above 9007199254740991.",
            ),
        )),
        _ if numeric => wrong_type(
            "应为整数、bigint 或数字字符串。",
            "must be an integer, a bigint or a string of digits.",
        ),
        _ if parameter.rule == Rule::MetaInfo => wrong_type(
            "应为字符串：请原样传入客户端 SDK 返回的 MetaInfo，不要解析成对象。",
            "must be a string: pass the client SDK's MetaInfo unchanged, not parsed.",
        ),
        _ => wrong_type("应为字符串。", "must be a string."),
    }
}

const PRODUCT_CODE: usize = INIT_FACE_VERIFY.place("ProductCode");
const CERT_NO: usize = INIT_FACE_VERIFY.place("CertNo");
const CERT_TYPE: usize = INIT_FACE_VERIFY.place("CertType");
const ENCRYPT_TYPE: usize = INIT_FACE_VERIFY.place("EncryptType");
/// The parameters with a default.
pub(super) const DEFAULTS: [(usize, &str); 2] = [(PRODUCT_CODE, LR_FR), (CERT_TYPE, IDENTITY_CARD)];
const USER_ID: usize = INIT_FACE_VERIFY.place("UserId");
const OSS_BUCKET_NAME: usize = INIT_FACE_VERIFY.place("OssBucketName");
const OSS_OBJECT_NAME: usize = INIT_FACE_VERIFY.place("OssObjectName");

/// The ways to supply a photo for comparison, each with its parameters.
pub(super) const PICTURE_SOURCES: [Places; 4] = [
    INIT_FACE_VERIFY.places(&["FaceContrastPicture"]),
    INIT_FACE_VERIFY.places(&["FaceContrastPictureUrl"]),
    INIT_FACE_VERIFY.places(&["OssBucketName", "OssObjectName"]),
    INIT_FACE_VERIFY.places(&["CertifyId"]),
];

pub(super) const DESCRIBE_MANDATORY: Places =
    DESCRIBE_FACE_VERIFY.places(&["SceneId", "CertifyId"]);

/// The mandatory parameters of InitFaceVerify.
pub(super) fn init_mandatory(product: Product) -> Places {
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
                "建议传入：阿里云文档将其列为必填（用于风控与追踪），本项目不强制。",
                "is recommended: Alibaba Cloud's documentation lists it as mandatory, for risk control and tracing; this project does not require it.",
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
                "must be passed in only one way: Base64, URL, OSS object or CertifyId.",
            ),
        ));
    }
    if product == Product::PvFv && sources == 0 {
        problems.push(FieldError::new(
            "faceContrastPicture",
            "mandatory",
            Text::new(
                "必填：请以 Base64、地址、OSS 对象或 CertifyId 之一传入比对照片。",
                "is mandatory: pass the photo as Base64, URL, OSS object or CertifyId.",
            ),
        ));
    }
    if places.has(OSS_BUCKET_NAME) != places.has(OSS_OBJECT_NAME) {
        problems.push(FieldError::new(
            "ossObjectName",
            "goes-together",
            Text::new(
                "须与 ossBucketName 同时传入。",
                "requires ossBucketName, and vice versa.",
            ),
        ));
    }
}
