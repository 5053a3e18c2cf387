//! The ledger's answers as the REST routes write them; `openapi.json` describes their forms.

use super::ask::Ask;
use super::create::Create;
use super::list::Cursor;
use super::order::{Order, Standing, Start};
use super::{Asker, Front};
use crate::codes;
use crate::gateway::problem::{INTERNAL_ERROR, Problem};
use crate::gateway::reply::Reply;
use crate::gateway::settings::Settings;
use crate::json::write::to_json;
use crate::prelude::*;
use crate::response::DescribeResult;
use crate::timestamp::Timestamp;
use serde_json::{Map, Value, json};

/// How long to wait before looking again at what the person has not finished, in seconds.
const LOOK_AGAIN_SECONDS: &str = "2";

/// A started order: 201, or 200 where it had been started before.
pub fn started(settings: &Settings, create: &Create, order: &Order, repeated: bool) -> Reply {
    let asker = &create.asker;
    let Start::Done {
        certify_id,
        certify_url,
        at,
    } = &order.start
    else {
        return asker.problem(&Problem::new(&INTERNAL_ERROR));
    };
    let outcome = if repeated { "repeated" } else { "created" };
    if let Front::Rpc(front) = &asker.front {
        return front
            .started(certify_id, certify_url.as_deref(), &asker.request_id)
            .with_outcome(outcome);
    }
    let mut body = json!({
        "outerOrderNo": create.no,
        "certifyId": certify_id,
        "createdAt": time(*at),
        "expiresAt": time(at.saturating_add(settings.certify_id_valid_millis)),
        "requestId": asker.request_id,
    });
    if let Some(members) = body.as_object_mut() {
        if let Some(url) = certify_url {
            members.insert("certifyUrl".to_owned(), json!(url));
        }
        if !create.notices.is_empty() {
            members.insert("notices".to_owned(), json!(create.notices));
        }
    }
    Reply::json(if repeated { 200 } else { 201 }, &body)
        .with_header(
            "location",
            alloc::format!("/v1/face-verifications/{}", create.no),
        )
        .with_outcome(outcome)
}

/// Where a started order stands. `fresh` is what the vendor said just now.
pub fn standing(
    settings: &Settings,
    ask: &Ask,
    asker: &Asker,
    order: &Order,
    fresh: Option<&DescribeResult>,
) -> Reply {
    let (Some(standing), Some(mut members)) = (order.standing(), summary(settings, &ask.no, order))
    else {
        return asker.problem(&Problem::new(&INTERNAL_ERROR));
    };
    if let Front::Rpc(front) = &asker.front {
        return front
            .standing(
                settings,
                order,
                fresh.filter(|_| ask.material),
                &asker.request_id,
            )
            .with_outcome(standing.word());
    }
    let material = fresh.filter(|_| ask.material && order.verdict.is_some());
    match material {
        Some(result) => members.extend(material_members(settings, &ask.no, result)),
        None if ask.material && order.verdict.is_some() => {
            members.insert("materialUnavailable".to_owned(), json!(true));
        }
        None => {}
    }
    if let Some(id) = fresh.and_then(|result| result.request_id.as_ref()) {
        members.insert("vendorRequestId".to_owned(), json!(id));
    }
    members.insert("requestId".to_owned(), json!(asker.request_id));
    // The photo's address is another one each time, so an answer with it is never the same.
    let tag = (!ask.material || order.verdict.is_none()).then(|| entity_tag(standing, order));
    let same = tag
        .as_deref()
        .zip(ask.known.as_deref())
        .is_some_and(|(tag, known)| is_among(tag, known));
    let mut reply = if same {
        Reply::empty(304)
    } else {
        Reply::json(200, &members)
    }
    .with_outcome(standing.word());
    if let Some(tag) = tag {
        reply = reply.with_header("etag", tag);
    }
    if standing == Standing::Pending {
        reply = reply.with_header("retry-after", LOOK_AGAIN_SECONDS);
    }
    if ask.wait_until.is_some() {
        reply = reply.with_header("preference-applied", "wait");
    }
    reply
}

/// A page of the list.
pub fn page(
    settings: &Settings,
    asker: &Asker,
    orders: &[(String, Order)],
    next: Option<&Cursor>,
) -> Reply {
    let items: Vec<Value> = orders
        .iter()
        .filter_map(|(no, order)| summary(settings, no, order).map(Value::Object))
        .collect();
    let mut body = json!({ "items": items, "requestId": asker.request_id });
    if let (Some(members), Some(next)) = (body.as_object_mut(), next) {
        members.insert("nextCursor".to_owned(), json!(next.text()));
    }
    Reply::json(200, &body).with_outcome("listed")
}

/// What the ledger itself knows of an order.
fn summary(settings: &Settings, no: &str, order: &Order) -> Option<Map<String, Value>> {
    let standing = order.standing()?;
    let mut members = Map::new();
    let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
    put("outerOrderNo", json!(no));
    put("status", json!(standing.word()));
    put("createdAt", json!(time(order.created)));
    if let Start::Done { certify_id, at, .. } = &order.start {
        put("certifyId", json!(certify_id));
        let expires = at.saturating_add(settings.certify_id_valid_millis);
        put("expiresAt", json!(time(expires)));
    }
    if let Some(verdict) = &order.verdict {
        put("decidedAt", json!(time(verdict.at)));
        if let Some(sub_code) = &verdict.sub_code {
            put("subCode", json!(sub_code));
            if let Some(info) = codes::sub_code(sub_code) {
                put(
                    "subCodeInfo",
                    json!({
                        "audience": info.audience,
                        "retryable": info.retryable,
                        "billed": info.billed,
                        "vendorMessage": info.vendor_message,
                        "messages": info.text,
                    }),
                );
            }
        }
    }
    if let Some(report) = &order.report {
        let mut webhook = Map::new();
        webhook.insert("attempts".to_owned(), json!(report.attempts));
        if let Some(status) = report.last_status {
            webhook.insert("lastStatus".to_owned(), json!(status));
        }
        if let Some(at) = report.delivered {
            webhook.insert("deliveredAt".to_owned(), json!(time(at)));
        }
        put("webhook", Value::Object(webhook));
    }
    Some(members)
}

/// What was found out about the person, passed on and never kept.
fn material_members(settings: &Settings, no: &str, result: &DescribeResult) -> Map<String, Value> {
    let mut members = Map::new();
    let mut put = |name: &str, value: Value| {
        if let Some(value) = without_empty(value) {
            members.insert(name.to_owned(), value);
        }
    };
    if let Some(material) = &result.material {
        let mut picture: Value =
            serde_json::from_str(&to_json(&material.facial_picture_front)).unwrap_or_default();
        if let (true, Some(members)) = (settings.stream_photos, picture.as_object_mut()) {
            members.remove("pictureUrlExpiresAt");
            if members
                .remove("pictureUrl")
                .is_some_and(|url| !url.is_null())
            {
                let path = alloc::format!("/v1/face-verifications/{no}/photo");
                members.insert("photo".to_owned(), json!(path));
            }
        }
        put(
            "material",
            json!({
                "faceAttack": material.face_attack,
                "faceOcclusion": material.face_occlusion,
                "facialPictureFront": picture,
            }),
        );
    }
    put("identityInfo", json!(result.identity_info));
    put("deviceToken", json!(result.device_token));
    put("userInfo", json!(result.user_info));
    if !result.device_risk.is_empty() {
        put("deviceRisk", json!(result.device_risk));
    }
    members
}

/// The value without members that are null; `None` for null itself.
fn without_empty(value: Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Object(members) => Some(Value::Object(
            members
                .into_iter()
                .filter_map(|(name, value)| Some((name, without_empty(value)?)))
                .collect(),
        )),
        other => Some(other),
    }
}

/// Weak: two answers with it say the same, though their request ids differ.
fn entity_tag(standing: Standing, order: &Order) -> String {
    let at = order
        .verdict
        .as_ref()
        .map_or(order.created, |verdict| verdict.at);
    // How the report stands is part of the answer.
    let (attempts, status) = order.report.as_ref().map_or((0, 0), |report| {
        (report.attempts, report.last_status.unwrap_or(0))
    });
    alloc::format!("W/\"{}-{at}-{attempts}-{status}\"", standing.word())
}

/// Whether an `If-None-Match` names the tag, by weak comparison (RFC 9110 §13.1.2).
fn is_among(tag: &str, known: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    known.trim() == "*" || known.split(',').any(|one| opaque(one) == opaque(tag))
}

fn time(millis: i64) -> String {
    Timestamp::from_unix_millis(millis).to_string()
}
