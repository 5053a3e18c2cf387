//! InitFaceVerify: the service's validation, then a new verification.

use super::callback;
use super::ending::{Details, Ending};
use super::outcome::{self, Script};
use super::protocol::Call;
use super::session::{Session, Stop};
use super::verification::{CallbackState, Stage, Verification};
use super::web;
use crate::actions::rule::{Context, MODELS, PRODUCTS, Product, check, is_url};
use crate::actions::{IDENTITY_CARD, LR_FR, Parameter, Rule};
use crate::identity::cert_no::Documents;
use crate::json::read::is_object;
use crate::json::write::Object;
use crate::vendor::endpoint::Endpoint;
use crate::vendor::values::PICTURE_BASE64_MAX;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Alibaba Cloud's limit of 1 MB for a picture.
const PICTURE_MAX_BYTES: usize = 1_048_576;

/// Starts a verification and returns the ResultObject.
pub(super) fn perform(session: &mut Session<'_>, call: &Call<'_>) -> Result<Object, Stop> {
    let scene_id = scene_id(call)?;
    let product = mandatory(call, "ProductCode")?;
    let outer_order_no = mandatory(call, "OuterOrderNo")?;
    check_presence(call, product)?;
    if call.account.scene(scene_id).is_none() {
        return Err(call.refuse("404", "the account has no scene with this SceneId"));
    }
    check_values(session, call, product)?;
    check_pictures(session, call, product, scene_id)?;
    let script = outcome::script(outer_order_no, call.value("UserId"))
        .map_err(|note| call.refuse("401", note))?;
    if let Some(Script::Init(code)) = script {
        return Err(call.refuse(code, "scripted by OuterOrderNo or UserId"));
    }
    let now = session.now.unix_millis();
    let certify_id = hex::encode(session.random.certify_id);
    let (opened_at, ended_at, ending) = match script {
        Some(Script::Ends(ending, after)) => {
            (Some(now), Some(now.saturating_add(after)), Some(ending))
        }
        Some(Script::Opened) => (Some(now), None, None),
        Some(Script::Usual | Script::Init(_)) | None => (None, None, None),
    };
    let verification = Verification {
        certify_id: certify_id.clone(),
        account_id: call.account.account_id.clone(),
        scene_id,
        outer_order_no: outer_order_no.to_owned(),
        product_code: product.to_owned(),
        device_risk: call.value("FaceGuardOutput") == Some("DeviceRisk"),
        created_at: now,
        opened_at,
        expired_at: None,
        scripted: ended_at.is_some(),
        ended_at,
        ending,
        details: Details::default(),
        callback: call.value("CallbackUrl").map(|url| CallbackState {
            url: url.to_owned(),
            token: call.value("CallbackToken").map(str::to_owned),
            attempts: 0,
            last_status: None,
        }),
        web: web::addresses(session, call, &certify_id),
    };
    callback::schedule(session, &verification);
    verification.store(session);
    let mut result = Object::new().with("CertifyId", &certify_id);
    result.put_some(
        "CertifyUrl",
        verification.web.as_ref().map(|web| &web.certify_url),
    );
    Ok(result)
}

/// SceneId of either action: a `Long`, which the API gateway parses.
pub(super) fn scene_id(call: &Call<'_>) -> Result<i64, Stop> {
    let given = call.scene_id()?;
    given.ok_or_else(|| missing(call, "SceneId"))
}

/// A mandatory parameter. If it is missing, the service returns Code 400.
pub(super) fn mandatory<'a>(call: &'a Call<'_>, name: &str) -> Result<&'a str, Stop> {
    call.value(name).ok_or_else(|| missing(call, name))
}

fn missing(call: &Call<'_>, name: &str) -> Stop {
    call.refuse("400", format!("{name} is missing"))
}

/// Checks the parameters that are mandatory besides SceneId, OuterOrderNo and ProductCode. UserId
/// is not mandatory, because the example in Alibaba Cloud's documentation omits it.
fn check_presence(call: &Call<'_>, product: &str) -> Result<(), Stop> {
    let names: &[&str] = match product {
        "ID_PRO" => &["MetaInfo", "CertType", "CertName", "CertNo"],
        "PV_FV" => &["MetaInfo", "UserId"],
        _ => &["MetaInfo"],
    };
    for name in names {
        mandatory(call, name)?;
    }
    Ok(())
}

/// Checks the values by the rules of the client, except where [`broken_rule`] has its own.
fn check_values(session: &Session<'_>, call: &Call<'_>, product: &str) -> Result<(), Stop> {
    let documents = if product == LR_FR {
        Documents::ResidentIdentityCard
    } else {
        Documents::All
    };
    let context = Context {
        product: Product::of(product),
        identity_card: call
            .value("CertType")
            .is_none_or(|kind| kind == IDENTITY_CARD),
        encrypted: call.value("EncryptType") == Some("SM2"),
        today: session.now.shanghai_date(),
        allow_other_products: true,
        documents,
        documents_of_name: documents.of_number(call.value("CertNo")),
    };
    for parameter in call.action().parameters {
        let value = call.value(parameter.name);
        if let Some(rule) = value.and_then(|value| broken_rule(parameter, value, &context)) {
            return Err(call.refuse("401", format!("{} {rule}", parameter.name)));
        }
    }
    Ok(())
}

/// The rule that a value violates, in words that follow the parameter's name. Values that the
/// client would correct are violations; limits that only the client has are not checked.
fn broken_rule(parameter: &Parameter, value: &str, context: &Context) -> Option<String> {
    let (is_right, rule) = match (parameter.name, parameter.rule) {
        // These have Codes of their own.
        (_, Rule::SceneId | Rule::CertifyId | Rule::Picture) => return None,
        ("ProductCode", _) => (
            PRODUCTS.contains(&value),
            "must be LR_FR, or ID_PRO, ID_PLUS or PV_FV for another product",
        ),
        ("Model", _) => (
            MODELS.contains(&value),
            "must be a documented value, such as LIVENESS",
        ),
        ("MetaInfo", _) => (
            is_object(value),
            "must be the JSON object from the client SDK",
        ),
        // The official SDKs show it without a scheme.
        ("UiCustomUrl", _) => return None,
        ("CallbackUrl", _) => (
            Endpoint::is_receiver_url_or_private(value),
            "must start with https:// (in the sandbox also http:// to a loopback address or a private host)",
        ),
        (_, Rule::Url { https }) => (
            is_url(value, https),
            "must be an absolute URL that starts with https:// or http://",
        ),
        // Only these lengths are documented.
        ("UserId" | "AuthId", Rule::Text { max }) if value.chars().count() > max => {
            return Some(format!("must have at most {max} characters"));
        }
        (_, Rule::Text { .. }) => return None,
        (_, Rule::CertName | Rule::CertNo) if context.encrypted || !context.identity_card => {
            return None;
        }
        (_, rule) => {
            return match check(rule, value, context) {
                Ok((None, _)) => None,
                Ok((Some(normalized), _)) if normalized == value => None,
                Ok(_) => Some("must follow its standard exactly, see docs/sandbox.md".to_owned()),
                Err(violation) if violation.rule == "document" => Some(
                    "is the number of a residence permit or a foreign permanent resident card, which the sandbox accepts only with another ProductCode than LR_FR".to_owned(),
                ),
                Err(violation) => Some(violation.message.en.trim_end_matches('.').to_owned()),
            };
        }
    };
    (!is_right).then(|| rule.to_owned())
}

fn check_pictures(
    session: &Session<'_>,
    call: &Call<'_>,
    product: &str,
    scene_id: i64,
) -> Result<(), Stop> {
    let oss = call.value("OssBucketName").or(call.value("OssObjectName"));
    let picture = call.value("FaceContrastPicture");
    let earlier = call.value("CertifyId");
    let ways = [picture, call.value("FaceContrastPictureUrl"), oss, earlier];
    match ways.iter().flatten().count() {
        0 if product == "PV_FV" => {
            return Err(call.refuse("400", "PV_FV requires a picture to compare with"));
        }
        0 | 1 => {}
        _ => return Err(call.refuse("420", "the picture must be passed in only one way")),
    }
    if call.value("OssBucketName").is_some() != call.value("OssObjectName").is_some() {
        return Err(call.refuse(
            "400",
            "OssBucketName and OssObjectName must both be present",
        ));
    }
    if let Some(base64) = picture {
        if base64.len() > PICTURE_BASE64_MAX {
            return Err(call.refuse("421", "the picture exceeds 1 MB"));
        }
        match STANDARD.decode(base64) {
            Ok(bytes) if bytes.len() > PICTURE_MAX_BYTES => {
                return Err(call.refuse("421", "the picture exceeds 1 MB"));
            }
            Ok(bytes) if is_picture(&bytes) => {}
            _ => return Err(call.refuse("419", "the picture is not the Base64 of a JPEG or PNG")),
        }
    }
    if let Some(certify_id) = earlier {
        let row = session.row::<Verification>(&Verification::row(certify_id))?;
        let passed = row.is_some_and(|earlier| {
            earlier.is_of(&call.account.account_id, session.now)
                && earlier.scene_id == scene_id
                && earlier.stage(session.now) == Stage::Ended
                && earlier.ending.as_ref().is_some_and(Ending::passes)
        });
        if !passed {
            return Err(call.refuse("423", "the verification of this CertifyId has not passed"));
        }
    }
    Ok(())
}

/// Whether the bytes start like a JPEG or PNG. The sandbox does not detect faces.
fn is_picture(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xFF, 0xD8, 0xFF]) || bytes.starts_with(b"\x89PNG\r\n\x1A\n")
}
