//! Renders the ledger's results for the REST routes; `worker/openapi.json` describes their formats.

use super::ledger::answer::{Found, Page, Started, TaskResult};
use super::ledger::finding::{Finding, KeyStatus};
use super::ledger::order::{Decision, DeliveryState, Order, OrderStatus, Start};
use super::ledger::task::{Cursor, Day};
use super::problem::{Problem, ProblemKind};
use super::reply::{Language, Reply};
use super::reply_target::ReplyTarget;
use super::routes::Route;
use super::settings::Settings;
use super::streamed;
use crate::client::response::{DescribeResult, Material, Picture};
use crate::error::Audience;
use crate::json::{Json, Number};
use crate::text::Text;
use crate::timestamp::Timestamp;
use crate::vendor::codes;
use serde::Serialize;
use std::collections::BTreeMap;

/// When to query an unfinished verification again, in seconds.
const QUERY_AGAIN_SECONDS: &str = "2";

/// The response for a result.
pub fn reply(
    settings: &Settings,
    language: Language,
    reply_to: &ReplyTarget,
    result: &TaskResult,
) -> Reply {
    let request_id = &reply_to.request_id;
    let problem = |problem: &Problem| problem.reply(language, request_id);
    match result {
        TaskResult::Started(order) => started(settings, request_id, order),
        TaskResult::Found(order) => found(settings, reply_to, order)
            .unwrap_or_else(|| problem(&Problem::new(ProblemKind::InternalError))),
        TaskResult::Page(orders) => page(settings, reply_to, orders),
        TaskResult::Days(days) => counts(request_id, days),
        TaskResult::Finding(finding) => key_status(settings, request_id, finding),
        TaskResult::NonceUsed => problem(&Problem::new(ProblemKind::Unauthenticated)),
        TaskResult::Problem(what) => problem(what),
    }
}

/// The response to a callback. It does not reveal whether the order exists.
pub fn noted() -> Reply {
    Reply::json(200, &Health { status: "ok" }).with_outcome("noted")
}

/// The body of /livez and /readyz.
#[derive(Serialize)]
pub struct Health {
    /// `ok` or `ready`.
    pub status: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StartedBody<'a> {
    outer_order_no: &'a str,
    certify_id: &'a str,
    created_at: String,
    expires_at: String,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    certify_url: Option<&'a str>,
    #[serde(skip_serializing_if = "<[Json]>::is_empty")]
    notices: &'a [Json],
}

/// The response to a start: 201, or 200 if the order was started before.
fn started(settings: &Settings, request_id: &str, order: &Started) -> Reply {
    let body = StartedBody {
        outer_order_no: &order.no,
        certify_id: &order.certify_id,
        created_at: time(order.created),
        expires_at: expiry(settings, order.at),
        request_id,
        certify_url: order.certify_url.as_deref(),
        notices: &order.notices,
    };
    let (status, outcome) = if order.repeated {
        (200, "repeated")
    } else {
        (201, "created")
    };
    Reply::json(status, &body)
        .with_header("location", Route::Order { no: &order.no }.path())
        .with_outcome(outcome)
}

/// The ledger's record of an order.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary<'a> {
    outer_order_no: &'a str,
    status: &'static str,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    certify_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub_code_info: Option<SubCodeInfo>,
    #[serde(skip_serializing_if = "VendorRequestIds::is_empty")]
    vendor_request_ids: VendorRequestIds<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook: Option<WebhookState>,
}

/// The RequestIds that identify calls in a support request to Alibaba Cloud.
#[derive(Serialize)]
struct VendorRequestIds<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<&'a str>,
}

impl<'a> VendorRequestIds<'a> {
    fn of(order: &'a Order) -> Self {
        let start = match &order.start {
            Start::Done { request_id, .. } => request_id.as_deref(),
            _ => None,
        };
        let verdict = order.verdict.as_ref();
        Self {
            start,
            verdict: verdict.and_then(|verdict| verdict.request_id.as_deref()),
        }
    }

    const fn is_empty(&self) -> bool {
        self.start.is_none() && self.verdict.is_none()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SubCodeInfo {
    audience: Audience,
    retryable: bool,
    billed: Option<bool>,
    vendor_message: &'static str,
    messages: &'static Text,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WebhookState {
    attempts: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivered_at: Option<String>,
}

impl<'a> Summary<'a> {
    fn of(settings: &Settings, caller: &str, no: &'a str, order: &'a Order) -> Option<Self> {
        let (certify_id, expires_at) = match &order.start {
            Start::Done { certify_id, at, .. } => {
                (Some(certify_id.as_str()), Some(expiry(settings, *at)))
            }
            _ => (None, None),
        };
        let verdict = order.verdict.as_ref();
        let sub_code = verdict.and_then(|verdict| verdict.sub_code.as_deref());
        let passed = verdict.is_some_and(|verdict| verdict.decision == Decision::Passed);
        // What was sent, or will be.
        let has_webhook = settings
            .caller(caller)
            .is_some_and(|caller| caller.webhook_url.is_some());
        let delivery = order.delivery.as_ref();
        let delivery = delivery.filter(|delivery| delivery.attempts > 0 || has_webhook);
        Some(Self {
            outer_order_no: no,
            status: order.status()?.word(),
            created_at: time(order.created),
            certify_id,
            expires_at,
            decided_at: verdict.map(|verdict| time(verdict.at)),
            sub_code,
            sub_code_info: sub_code
                .and_then(|code| codes::sub_code_of_verdict(code, passed))
                .map(SubCodeInfo::of),
            webhook: delivery.map(WebhookState::of),
            vendor_request_ids: VendorRequestIds::of(order),
        })
    }
}

impl SubCodeInfo {
    fn of(known: &'static codes::SubCode) -> Self {
        Self {
            audience: known.audience,
            retryable: known.retryable,
            billed: known.billed,
            vendor_message: known.vendor_message,
            messages: &known.text,
        }
    }
}

impl WebhookState {
    fn of(delivery: &DeliveryState) -> Self {
        Self {
            attempts: delivery.attempts,
            last_status: delivery.last_status,
            delivered_at: delivery.delivered.map(time),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FoundBody<'a> {
    #[serde(flatten)]
    summary: Summary<'a>,
    #[serde(flatten)]
    person: Option<Person<'a>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    material_unavailable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    vendor_request_id: Option<&'a str>,
    request_id: &'a str,
}

/// The material about a person, which is passed on but never stored.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Person<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    material: Option<MaterialBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity_info: Option<&'a Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_info: Option<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_token: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    device_risk: &'a [String],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MaterialBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    face_attack: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    face_occlusion: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    facial_picture_front: Option<PictureBody<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PictureBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    quality_score: Option<&'a Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verify_score: Option<&'a Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    picture_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    picture_url_expires_at: Option<&'a str>,
    /// The gateway's URL of the photo, which replaces Alibaba Cloud's.
    #[serde(skip_serializing_if = "Option::is_none")]
    photo: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    oss_bucket_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    oss_object_name: Option<&'a str>,
}

impl<'a> Person<'a> {
    fn of(settings: &Settings, no: &str, result: &'a DescribeResult) -> Self {
        let streams = settings.stream_photos;
        Self {
            material: result
                .material
                .as_ref()
                .map(|material| MaterialBody::of(streams, no, material)),
            identity_info: result.identity_info.as_ref().filter(|_| !streams),
            user_info: if streams {
                streamed::user_info(result).map(|info| Json::of(&info))
            } else {
                result.user_info.clone()
            },
            device_token: result.device_token.as_deref(),
            device_risk: &result.device_risk,
        }
    }
}

impl<'a> MaterialBody<'a> {
    fn of(streams: bool, no: &str, material: &'a Material) -> Self {
        let picture = material.facial_picture_front.as_ref();
        Self {
            face_attack: material.face_attack,
            face_occlusion: material.face_occlusion,
            facial_picture_front: picture.map(|picture| PictureBody::of(streams, no, picture)),
        }
    }
}

impl<'a> PictureBody<'a> {
    fn of(streams: bool, no: &str, picture: &'a Picture) -> Self {
        let url = picture.picture_url.as_deref();
        let expires_at = picture.picture_url_expires_at.as_deref();
        let photo = url.filter(|_| streams);
        Self {
            quality_score: picture.quality_score.as_ref(),
            verify_score: picture.verify_score.as_ref(),
            picture_url: url.filter(|_| !streams),
            picture_url_expires_at: expires_at.filter(|_| !streams),
            photo: photo.map(|_| Route::Photo { no }.path()),
            oss_bucket_name: picture.oss_bucket_name.as_deref(),
            oss_object_name: picture.oss_object_name.as_deref(),
        }
    }
}

/// The response for an order; `None` if it has no status in the REST routes.
fn found(settings: &Settings, reply_to: &ReplyTarget, found: &Found) -> Option<Reply> {
    let Found { no, order, .. } = found;
    let order_status = order.status()?;
    let with_material = found.material && order.has_material();
    let fresh = found.fresh.as_ref();
    let body = FoundBody {
        summary: Summary::of(settings, &reply_to.caller, no, order)?,
        person: fresh
            .filter(|_| with_material)
            .map(|result| Person::of(settings, no, result)),
        material_unavailable: with_material && fresh.is_none(),
        vendor_request_id: fresh.and_then(|result| result.request_id.as_deref()),
        request_id: &reply_to.request_id,
    };
    // The photo's URL differs in every response, so responses that contain it have no entity tag.
    let tag = (!with_material).then(|| entity_tag(order_status, order));
    let same = tag
        .as_deref()
        .zip(found.if_none_match.as_deref())
        .is_some_and(|(tag, known)| is_among(tag, known));
    let mut reply = if same {
        Reply::empty(304)
    } else {
        Reply::json(200, &body)
    }
    .with_outcome(order_status.word());
    if let Some(tag) = tag {
        reply = reply.with_header("etag", tag);
    }
    if order_status == OrderStatus::Pending {
        reply = reply.with_header("retry-after", QUERY_AGAIN_SECONDS);
    }
    if found.waited {
        reply = reply.with_header("preference-applied", "wait");
    }
    Some(reply)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PageBody<'a> {
    items: Vec<Summary<'a>>,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

fn page(settings: &Settings, reply_to: &ReplyTarget, page: &Page) -> Reply {
    let items = page.orders.iter();
    let body = PageBody {
        items: items
            .filter_map(|(no, order)| Summary::of(settings, &reply_to.caller, no, order))
            .collect(),
        request_id: &reply_to.request_id,
        next_cursor: page.next.as_ref().map(Cursor::text),
    };
    Reply::json(200, &body).with_outcome("listed")
}

#[derive(Serialize)]
struct DayBody<'a> {
    date: &'a str,
    #[serde(flatten)]
    day: &'a Day,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CountsBody<'a> {
    days: Vec<DayBody<'a>>,
    request_id: &'a str,
}

fn counts(request_id: &str, days: &BTreeMap<String, Day>) -> Reply {
    let days = days.iter().map(|(date, day)| DayBody { date, day });
    let body = CountsBody {
        days: days.collect(),
        request_id,
    };
    Reply::json(200, &body).with_outcome("counted")
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct KeyBody<'a> {
    status: &'static str,
    scene_id: &'a str,
    checked_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    vendor_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vendor_request_id: Option<&'a str>,
    messages: &'a Text,
    request_id: &'a str,
}

/// Whether Alibaba Cloud accepts the gateway's key and scene: 200, or 503 if not.
fn key_status(settings: &Settings, request_id: &str, finding: &Finding) -> Reply {
    let works = finding.status == KeyStatus::Works;
    let body = KeyBody {
        status: finding.status.word(),
        scene_id: &settings.scene_id,
        checked_at: time(finding.at),
        vendor_code: finding.vendor_code.as_deref(),
        vendor_request_id: finding.vendor_request_id.as_deref(),
        messages: &finding.messages,
        request_id,
    };
    Reply::json(if works { 200 } else { 503 }, &body).with_outcome(finding.status.word())
}

/// The entity tag. It is weak: two responses with the same tag are equivalent but have different
/// request IDs.
fn entity_tag(order_status: OrderStatus, order: &Order) -> String {
    let at = order
        .verdict
        .as_ref()
        .map_or(order.created, |verdict| verdict.at);
    // The state of the webhook delivery is part of the response.
    let (attempts, status) = order.delivery.as_ref().map_or((0, 0), |delivery| {
        (delivery.attempts, delivery.last_status.unwrap_or(0))
    });
    format!("W/\"{}-{at}-{attempts}-{status}\"", order_status.word())
}

/// Whether `If-None-Match` contains the tag, by weak comparison (RFC 9110 §13.1.2).
fn is_among(tag: &str, known: &str) -> bool {
    let opaque = |tag: &str| {
        let tag = tag.trim();
        tag.strip_prefix("W/").unwrap_or(tag).to_owned()
    };
    known.trim() == "*" || known.split(',').any(|one| opaque(one) == opaque(tag))
}

fn expiry(settings: &Settings, at: i64) -> String {
    time(at.saturating_add(settings.certify_id_valid_millis))
}

fn time(millis: i64) -> String {
    Timestamp::from_unix_millis(millis).to_string()
}
