//! The ledger's responses in the form of the REST routes; `worker/openapi.json` describes them.

use super::ask::Ask;
use super::create::Create;
use super::list::{Cursor, Day};
use super::order::{Order, Standing, Start};
use super::{Asker, Front};
use crate::client::response::DescribeResult;
use crate::gateway::problem::{INTERNAL_ERROR, Problem};
use crate::gateway::reply::Reply;
use crate::gateway::settings::Settings;
use crate::gateway::streamed;
use crate::json::read::{MAX_DEPTH, items, value};
use crate::json::write::{Object, to_json};
use crate::timestamp::Timestamp;
use crate::vendor::codes;
use std::collections::BTreeMap;

/// `Retry-After` of a pending verification, in seconds.
const LOOK_AGAIN_SECONDS: &str = "2";

/// A started order: 201, or 200 if it was started before.
pub fn started(settings: &Settings, create: &Create, order: &Order, repeated: bool) -> Reply {
    let asker = &create.asker;
    let Start::Done {
        certify_id,
        certify_url,
        at,
        ..
    } = &order.start
    else {
        return asker.problem(&Problem::new(&INTERNAL_ERROR).execution_unknown());
    };
    let outcome = if repeated { "repeated" } else { "created" };
    if let Front::Rpc(front) = &asker.front {
        return front
            .started(certify_id, certify_url.as_deref(), &asker.request_id)
            .with_outcome(outcome);
    }
    let expires = at.saturating_add(settings.certify_id_valid_millis);
    let mut body = Object::new()
        .with("outerOrderNo", &create.no)
        .with("certifyId", certify_id)
        .with("createdAt", &time(*at))
        .with("expiresAt", &time(expires))
        .with("requestId", &asker.request_id);
    body.put_some("certifyUrl", certify_url.as_ref());
    if !create.notices.is_empty() {
        body.put("notices", &create.notices);
    }
    Reply::json(if repeated { 200 } else { 201 }, &body)
        .with_header("location", format!("/v1/face-verifications/{}", create.no))
        .with_outcome(outcome)
}

/// The status of a started order. `fresh` is the result that Alibaba Cloud just returned.
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
        Some(result) => put_material(settings, &ask.no, result, &mut members),
        None if ask.material && order.verdict.is_some() => {
            members.put("materialUnavailable", &true);
        }
        None => {}
    }
    let vendor_request_id = fresh.and_then(|result| result.request_id.as_ref());
    members.put_some("vendorRequestId", vendor_request_id);
    members.put("requestId", &asker.request_id);
    // The photo's URL is different each time, so a response with it never matches.
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
    let items: Vec<Object> = orders
        .iter()
        .filter_map(|(no, order)| summary(settings, no, order))
        .collect();
    let mut body = Object::new()
        .with("items", &items)
        .with("requestId", &asker.request_id);
    body.put_some("nextCursor", next.map(Cursor::text).as_ref());
    Reply::json(200, &body).with_outcome("listed")
}

/// How many orders there are of each day.
pub fn counts(asker: &Asker, days: &BTreeMap<String, Day>) -> Reply {
    let days: Vec<Object> = days
        .iter()
        .map(|(date, day)| {
            Object::new()
                .with("date", date)
                .with("starting", &day.starting)
                .with("unknown", &day.unknown)
                .with("pending", &day.pending)
                .with("passed", &day.passed)
                .with("rejected", &day.rejected)
                .with("expired", &day.expired)
        })
        .collect();
    let body = Object::new()
        .with("days", &days)
        .with("requestId", &asker.request_id);
    Reply::json(200, &body).with_outcome("counted")
}

/// The order's data in the ledger.
fn summary(settings: &Settings, no: &str, order: &Order) -> Option<Object> {
    let standing = order.standing()?;
    let mut members = Object::new()
        .with("outerOrderNo", no)
        .with("status", standing.word())
        .with("createdAt", &time(order.created));
    if let Start::Done { certify_id, at, .. } = &order.start {
        members.put("certifyId", certify_id);
        let expires = at.saturating_add(settings.certify_id_valid_millis);
        members.put("expiresAt", &time(expires));
    }
    if let Some(verdict) = &order.verdict {
        members.put("decidedAt", &time(verdict.at));
        members.put_some("subCode", verdict.sub_code.as_ref());
        let known = verdict.sub_code.as_deref().and_then(codes::sub_code);
        let info = known.map(|known| {
            Object::new()
                .with("audience", &known.audience)
                .with("retryable", &known.retryable)
                .with("billed", &known.billed)
                .with("vendorMessage", known.vendor_message)
                .with("messages", &known.text)
        });
        members.put_some("subCodeInfo", info.as_ref());
    }
    let mut vendor_request_ids = Object::new();
    if let Start::Done { request_id, .. } = &order.start {
        vendor_request_ids.put_some("start", request_id.as_ref());
    }
    if let Some(verdict) = &order.verdict {
        vendor_request_ids.put_some("verdict", verdict.request_id.as_ref());
    }
    if !vendor_request_ids.is_empty() {
        members.put("vendorRequestIds", &vendor_request_ids);
    }
    if let Some(report) = &order.report {
        let mut webhook = Object::new().with("attempts", &report.attempts);
        webhook.put_some("lastStatus", report.last_status.as_ref());
        webhook.put_some("deliveredAt", report.delivered.map(time).as_ref());
        members.put("webhook", &webhook);
    }
    Some(members)
}

/// Data about the user, passed through and never stored.
fn put_material(settings: &Settings, no: &str, result: &DescribeResult, members: &mut Object) {
    let mut put = |name, value: &str| {
        if let Some(value) = without_nulls(value) {
            members.put_text(name, &value);
        }
    };
    if let Some(material) = &result.material {
        let mut picture = to_json(&material.facial_picture_front);
        if settings.stream_photos {
            let path = format!("/v1/face-verifications/{no}/photo");
            picture = with_path(&picture, &path);
        }
        let mut text = Object::new()
            .with("faceAttack", &material.face_attack)
            .with("faceOcclusion", &material.face_occlusion);
        text.put_text("facialPictureFront", &picture);
        put("material", &text.text());
    }
    if settings.stream_photos {
        put("userInfo", &to_json(&streamed::user_info(result)));
    } else {
        put("identityInfo", &to_json(&result.identity_info));
        put("userInfo", &to_json(&result.user_info));
    }
    put("deviceToken", &to_json(&result.device_token));
    if !result.device_risk.is_empty() {
        put("deviceRisk", &to_json(&result.device_risk));
    }
}

/// The picture with the gateway's path instead of Alibaba Cloud's URL, if there is one.
fn with_path(picture: &str, path: &str) -> String {
    let mut members = Object::new();
    for (name, value) in items(picture).unwrap_or_default() {
        match name {
            "\"pictureUrlExpiresAt\"" => {}
            "\"pictureUrl\"" if value == "null" => {}
            "\"pictureUrl\"" => members.put("photo", path),
            _ => members.put_quoted(name, value),
        }
    }
    members.text()
}

/// The value without null members; `None` for null itself.
fn without_nulls(text: &str) -> Option<String> {
    let text = value(text, MAX_DEPTH)?;
    if !text.starts_with('{') {
        return (text != "null").then(|| text.to_owned());
    }
    let mut members = Object::new();
    for (name, value) in items(text)? {
        if let Some(value) = without_nulls(value) {
            members.put_quoted(name, &value);
        }
    }
    Some(members.text())
}

/// Weak: two responses with the same tag are equivalent, although their request ids differ.
fn entity_tag(standing: Standing, order: &Order) -> String {
    let at = order
        .verdict
        .as_ref()
        .map_or(order.created, |verdict| verdict.at);
    // The state of the webhook delivery is part of the response.
    let (attempts, status) = order.report.as_ref().map_or((0, 0), |report| {
        (report.attempts, report.last_status.unwrap_or(0))
    });
    let parts = [
        standing.word(),
        &at.to_string(),
        &attempts.to_string(),
        &status.to_string(),
    ];
    format!("W/\"{}\"", parts.join("-"))
}

/// Whether an `If-None-Match` contains the tag, by weak comparison (RFC 9110 §13.1.2).
fn is_among(tag: &str, known: &str) -> bool {
    let opaque = |tag: &str| {
        let tag = tag.trim();
        tag.strip_prefix("W/").unwrap_or(tag).to_owned()
    };
    known.trim() == "*" || known.split(',').any(|one| opaque(one) == opaque(tag))
}

fn time(millis: i64) -> String {
    Timestamp::from_unix_millis(millis).to_string()
}
