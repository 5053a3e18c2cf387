//! DescribeFaceVerify: the status of a verification, in Alibaba Cloud's format.

use super::ending::Ending;
use super::init::{mandatory, scene_id};
use super::picture;
use super::protocol::Call;
use super::session::{Session, Stop};
use super::verification::{Stage, Verification};
use crate::actions::LR_FR;
use crate::json::write::{Object, to_json};
use crate::vendor::codes;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// The quality score of the drawn portrait: the sample value in Alibaba Cloud's documentation.
const QUALITY_SCORE: &str = "88.3615493774414";
/// The similarity scores of a successful and of a failed comparison.
const VERIFY_SCORES: (&str, &str) = ("98.42", "21.07");

/// Returns the ResultObject of a verification that has ended.
pub(super) fn perform(session: &mut Session<'_>, call: &Call<'_>) -> Result<Object, Stop> {
    let scene_id = scene_id(call)?;
    let certify_id = mandatory(call, "CertifyId")?;
    let Some(scene) = call.account.scene(scene_id) else {
        return Err(call.refuse("404", "the account has no scene with this SceneId"));
    };
    let unknown = "no InitFaceVerify of this account and scene returned this CertifyId";
    let verification = session
        .row::<Verification>(&Verification::row(certify_id))?
        .filter(|found| {
            found.is_of(&call.account.account_id, session.now) && found.scene_id == scene_id
        })
        .ok_or_else(|| call.refuse("406", unknown))?;
    match verification.stage(session.now) {
        Stage::Created => Err(call.refuse("424", "nothing has been submitted yet")),
        Stage::Expired => Err(call.refuse("424", "it expired without a submission")),
        Stage::Opened => Err(call.refuse("403", "opened but not submitted yet")),
        Stage::Ended => match &verification.ending {
            Some(Ending::SubCode(sub_code)) => {
                Ok(result(session, &verification, sub_code, scene.pictures))
            }
            Some(Ending::Code(code)) => {
                let known = codes::code(code).map_or("500", |known| known.code);
                Err(call.refuse(known, "scripted or submitted as this Code"))
            }
            None => Err(call.refuse("424", "nothing has been submitted yet")),
        },
    }
}

fn result(
    session: &Session<'_>,
    verification: &Verification,
    sub_code: &str,
    pictures: bool,
) -> Object {
    let passed = codes::passes(sub_code);
    let material = material_info(session, verification, sub_code, passed, pictures);
    let mut members = Object::new()
        .with("Passed", if passed { "T" } else { "F" })
        .with("SubCode", sub_code)
        // The text "null", as in Alibaba Cloud's sample.
        .with("IdentityInfo", "null")
        .with("DeviceToken", &device_token(verification))
        .with("MaterialInfo", &material);
    if verification.device_risk {
        let usual = if sub_code == "206" {
            "ROOT,VPN,HOOK"
        } else {
            ""
        };
        let risks = verification.details.device_risk.as_deref();
        members.put("DeviceRisk", risks.unwrap_or(usual));
    }
    members
}

/// MaterialInfo as JSON, with the white space that Alibaba Cloud writes.
fn material_info(
    session: &Session<'_>,
    verification: &Verification,
    sub_code: &str,
    passed: bool,
    pictures: bool,
) -> String {
    let details = &verification.details;
    let usual_attack = if sub_code == "205" { "T" } else { "F" };
    let attack = details.face_attack.as_deref().unwrap_or(usual_attack);
    let mut out = format!("{{\"faceAttack\": \"{attack}\",");
    if passed {
        let occlusion = details.face_occlusion.as_deref().unwrap_or("F");
        out.push_str(&format!("\"faceOcclusion\": \"{occlusion}\","));
    }
    let score = details.quality_score.map(|score| score.to_string());
    out.push_str("\"facialPictureFront\": {\"qualityScore\": ");
    out.push_str(score.as_deref().unwrap_or(QUALITY_SCORE));
    if verification.product_code != LR_FR {
        let (alike, different) = VERIFY_SCORES;
        out.push_str(",\"verifyScore\": ");
        out.push_str(if passed { alike } else { different });
    }
    let url = pictures
        .then(|| picture::url(session, verification))
        .flatten();
    if let Some(url) = url {
        for (name, value) in [
            ("pictureUrl", url),
            ("ossBucketName", picture::bucket(verification)),
            ("ossObjectName", picture::object(verification)),
        ] {
            out.push_str(&format!(",\"{name}\": {}", to_json(&value)));
        }
    }
    out.push_str("}}");
    out
}

/// The device token; the same for every query of a verification.
fn device_token(verification: &Verification) -> String {
    let digest = Sha256::new()
        .chain_update("device token of ")
        .chain_update(&verification.certify_id)
        .finalize();
    URL_SAFE_NO_PAD.encode(digest)
}
