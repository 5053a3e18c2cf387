//! InitFaceVerify: the service's validation, then a new verification.

use super::callback;
use super::outcome::{self, Script};
use super::protocol::Call;
use super::session::{Session, Stop};
use super::verification::{CallbackState, Details, Ending, Stage, Verification};
use super::web;
use crate::actions::rule::{MODELS, PRODUCTS, is_url};
use crate::actions::{IDENTITY_CARD, LR_FR};
use crate::identity::{cert_name, cert_no, mobile};
use crate::json::read::{MAX_DEPTH, value};
use crate::json::write::Object;
use crate::vendor::endpoint::Endpoint;
use crate::vendor::values::{PICTURE_BASE64_MAX, is_outer_order_no, is_word};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::net::IpAddr;

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
        _ => (None, None, None),
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
    session.put(
        Verification::row(&certify_id),
        &verification,
        Some(verification.kept_until()),
    );
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

/// A parameter, its rule, and a description of the rule.
type Check<'a> = (&'static str, &'a dyn Fn(&str) -> bool, &'static str);

fn check_values(session: &Session<'_>, call: &Call<'_>, product: &str) -> Result<(), Stop> {
    let identity_card = call
        .value("CertType")
        .is_none_or(|kind| kind == IDENTITY_CARD);
    let plain = identity_card && call.value("EncryptType").is_none();
    let documents = if product == LR_FR {
        cert_no::Documents::ResidentIdentityCard
    } else {
        cert_no::Documents::All
    };
    let today = session.now.shanghai_date();
    let checks: &[Check<'_>] = &[
        (
            "OuterOrderNo",
            &is_outer_order_no,
            "must be 32 letters and digits",
        ),
        (
            "ProductCode",
            &|text| PRODUCTS.contains(&text),
            "must be LR_FR, or ID_PRO, ID_PLUS or PV_FV for another product",
        ),
        (
            "Model",
            &|text| MODELS.contains(&text),
            "must be a documented value, such as LIVENESS",
        ),
        (
            "UserId",
            &|text| text.chars().count() <= 100,
            "must have at most 100 characters",
        ),
        (
            "CertType",
            &|text| text == IDENTITY_CARD || (product != LR_FR && is_word(text)),
            "must be IDENTITY_CARD",
        ),
        (
            "CertName",
            &|text| {
                !plain || cert_name::check(text).is_ok_and(|accepted| accepted.normalized == text)
            },
            "must be a name according to the national standard, without letters or special characters",
        ),
        (
            "CertNo",
            &|text| {
                !plain
                    || cert_no::check(text, documents, today)
                        .is_ok_and(|accepted| accepted.normalized == text)
            },
            "must be an identity number according to the national standard",
        ),
        (
            "MetaInfo",
            &|text| value(text, MAX_DEPTH).is_some_and(|value| value.starts_with('{')),
            "must be the JSON object from the client SDK",
        ),
        (
            "Mobile",
            &|text| mobile::check(text).is_ok_and(|accepted| accepted.normalized == text),
            "must be a mobile number of 11 digits",
        ),
        (
            "Ip",
            &|text| text.parse::<IpAddr>().is_ok(),
            "must be an IPv4 or IPv6 address",
        ),
        (
            "CallbackUrl",
            &Endpoint::is_receiver_url_or_private,
            "must start with https:// (in the sandbox also http:// to a loopback address or a private host)",
        ),
        (
            "ReturnUrl",
            &|text| is_url(text, false),
            "must be an absolute URL that starts with https:// or http://",
        ),
        (
            "CertifyUrlType",
            &|text| matches!(text, "WEB" | "H5"),
            "must be WEB or H5",
        ),
        (
            "CertifyUrlStyle",
            &|text| matches!(text, "L" | "S"),
            "must be L or S",
        ),
        ("Crop", &|text| matches!(text, "T" | "F"), "must be T or F"),
    ];
    for (name, check, rule) in checks {
        if call.value(name).is_some_and(|value| !check(value)) {
            return Err(call.refuse("401", format!("{name} {rule}")));
        }
    }
    Ok(())
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
