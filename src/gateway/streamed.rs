//! Reduces Alibaba Cloud's result if the gateway streams photos: only members that are known not to
//! contain a URL remain. An unknown member could be another picture or a video.

use crate::client::response::{DescribeResult, Material, Picture};
use crate::json::read::Members;
use crate::json::write::Object;

/// The known members of UserInfo.
const USER_INFO: &[&str] = &["number", "name", "verifyName"];

/// UserInfo, reduced to its known members.
pub fn user_info(result: &DescribeResult) -> Option<Object> {
    let members = result.user_info.as_ref().map(Members::of)?;
    let mut known = Object::new();
    for name in USER_INFO {
        known.put_some(name, members.text(name).as_ref());
    }
    (!known.is_empty()).then_some(known)
}

/// Adds the known members of Alibaba Cloud's result to a ResultObject, in Alibaba Cloud's format.
pub fn put_details(result: &DescribeResult, object: &mut Object) {
    object.put_some("DeviceToken", result.device_token.as_ref());
    if !result.device_risk.is_empty() {
        object.put("DeviceRisk", &result.device_risk.join(","));
    }
    if let Some(material) = &result.material {
        object.put("MaterialInfo", &material_info(material).text());
    }
    if let Some(user_info) = user_info(result) {
        object.put("UserInfo", &user_info.text());
    }
}

fn material_info(material: &Material) -> Object {
    let mut written = Object::new();
    for (name, flag) in [
        ("faceAttack", material.face_attack),
        ("faceOcclusion", material.face_occlusion),
    ] {
        written.put_some(name, flag.map(|flag| if flag { "T" } else { "F" }).as_ref());
    }
    written.put_some(
        "facialPictureFront",
        material.facial_picture_front.as_ref().map(picture).as_ref(),
    );
    written
}

fn picture(picture: &Picture) -> Object {
    let mut written = Object::new();
    written.put_some("qualityScore", picture.quality_score.as_ref());
    written.put_some("verifyScore", picture.verify_score.as_ref());
    written.put_some("ossBucketName", picture.oss_bucket_name.as_ref());
    written.put_some("ossObjectName", picture.oss_object_name.as_ref());
    written
}
