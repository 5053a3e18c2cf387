//! A Cloudflare Worker in Rust with two routes for an app: start a verification, and return its
//! result. A third one is for operators.

use cloudauth_edge::{
    Audience, ClientOptions, Credentials, DescribeFaceVerify, Error, ErrorKind, Execution,
    FaceVerifyClient, InitFaceVerify, Status, new_outer_order_no,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use worker::{Context, Date, Env, Method, Request, Response, Result, console_error, event};

const KEPT_SECONDS: u64 = 24 * 60 * 60;
const UNAVAILABLE: &str = "认证服务暂不可用，请稍后再试";

#[event(fetch)]
async fn fetch(request: Request, env: Env, _context: Context) -> Result<Response> {
    // The signed-in user. A real backend takes it from the session.
    let user_id = request.headers().get("x-user-id")?.unwrap_or_default();
    let path = request.path();
    match (request.method(), path.strip_prefix("/verifications")) {
        (Method::Post, Some("")) => start(request, &env, user_id).await,
        (Method::Get, Some(order)) => read(order.trim_start_matches('/'), &env, &user_id).await,
        (Method::Put, Some(order)) => {
            let order = order.trim_start_matches('/').to_owned();
            reconcile(request, &order, &env).await
        }
        _ => Response::error("Not Found", 404),
    }
}

/// The app's request.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Person {
    cert_name: String,
    cert_no: String,
    meta_info: String,
}

/// An order: written before its start.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Order {
    user_id: String,
    since: u64,
}

/// The outcome of an order's start: written after it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    state: State,
    certify_id: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Starting,
    Started,
    Failed,
    Unknown,
}

async fn start(mut request: Request, env: &Env, user_id: String) -> Result<Response> {
    let Ok(person) = request.json::<Person>().await else {
        return message("请求有误", 400);
    };
    let outer_order_no = match new_outer_order_no("shop") {
        Ok(number) => number,
        Err(error) => return refusal(&error),
    };
    let order = InitFaceVerify::new()
        .scene_id(variable(env, "CLOUDAUTH_SCENE_ID"))
        .outer_order_no(outer_order_no.clone())
        .user_id(user_id.as_str())
        .cert_name(person.cert_name)
        .cert_no(person.cert_no)
        .meta_info(person.meta_info); // unchanged from the app's SDK
    // Stored before the start, so that the order is known whatever happens next.
    let since = Date::now().as_millis();
    save(env, "order", &outer_order_no, &Order { user_id, since }).await?;
    let started = async { client(env)?.init_face_verify(order).await }.await;
    let (state, certify_id) = match &started {
        Ok(started) => (State::Started, Some(started.certify_id.clone())),
        Err(error) if error.execution() == Execution::None => (State::Failed, None),
        Err(_) => (State::Unknown, None),
    };
    let outcome = Outcome { state, certify_id };
    let saved = save(env, "result", &outer_order_no, &outcome).await;
    match started {
        Ok(started) if saved.is_ok() => {
            let answer = json!({ "outerOrderNo": outer_order_no, "certifyId": started.certify_id });
            Ok(Response::from_json(&answer)?.with_status(201))
        }
        Err(error) if state == State::Failed => refusal(&error),
        started => {
            let code =
                started.map_or_else(|error| error.code().to_owned(), |_| "not stored".into());
            console_error!("{outer_order_no} unknown: {code}");
            let answer = json!({ "outerOrderNo": outer_order_no, "status": State::Unknown, "message": "未能确认本次认证，请重新发起认证" });
            Ok(Response::from_json(&answer)?.with_status(502))
        }
    }
}

async fn read(outer_order_no: &str, env: &Env, user_id: &str) -> Result<Response> {
    let kept = find(env, outer_order_no).await?;
    // Another user's order looks like an unknown one.
    let Some((_, outcome)) = kept.filter(|(order, _)| order.user_id == user_id) else {
        return message("没有这笔订单", 404);
    };
    let (State::Started, Some(certify_id)) = (outcome.state, outcome.certify_id) else {
        return Response::from_json(&json!({ "status": outcome.state })); // starting, failed or unknown
    };
    let question = DescribeFaceVerify::new()
        .scene_id(variable(env, "CLOUDAUTH_SCENE_ID"))
        .certify_id(certify_id);
    let result = async { client(env)?.describe_face_verify(question).await };
    match result.await {
        Ok(result) => Response::from_json(&json!({ "status": word(result.status) })),
        Err(error) => refusal(&error),
    }
}

/// The operator's request.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reconciled {
    certify_id: Option<String>,
}

/// Resolves an unknown order after an operator has asked Alibaba Cloud, which has a CertifyId for it or none.
async fn reconcile(mut request: Request, outer_order_no: &str, env: &Env) -> Result<Response> {
    // A real backend uses its own access control.
    let token = variable(env, "OPERATOR_TOKEN");
    let given = request.headers().get("authorization")?;
    if token.is_empty() || given != Some(format!("Bearer {token}")) {
        return message("仅限运维", 403);
    }
    let kept = find(env, outer_order_no).await?;
    if !kept.is_some_and(|(_, outcome)| outcome.state == State::Unknown) {
        return message("无须核对", 409);
    }
    let Ok(Reconciled { certify_id }) = request.json().await else {
        return message("请求有误", 400);
    };
    let certify_id = certify_id.filter(|id| !id.is_empty());
    let state = match certify_id {
        Some(_) => State::Started,
        None => State::Failed,
    };
    let outcome = Outcome { state, certify_id };
    save(env, "result", outer_order_no, &outcome).await?;
    Response::from_json(&json!({ "status": state }))
}

/// An order is two values, because KV accepts one write per second to a key, and a start can be faster. KV is
/// eventually consistent: another place may see a write a minute later. Where an order must have one state
/// everywhere, use a Durable Object or D1.
async fn save(env: &Env, key: &str, number: &str, value: &impl Serialize) -> Result<()> {
    env.kv("ORDERS")?
        .put(&format!("{key}:{number}"), value)?
        .expiration_ttl(KEPT_SECONDS)
        .execute()
        .await?;
    Ok(())
}

async fn find(env: &Env, number: &str) -> Result<Option<(Order, Outcome)>> {
    let orders = env.kv("ORDERS")?;
    let order = orders
        .get(&format!("order:{number}"))
        .json::<Order>()
        .await?;
    let Some(order) = order else {
        return Ok(None);
    };
    let outcome = orders
        .get(&format!("result:{number}"))
        .json::<Outcome>()
        .await?;
    // A Worker that ends during a start leaves no result. No call takes a minute, and its result is seen within
    // another.
    let is_lost = Date::now().as_millis().saturating_sub(order.since) > 120_000;
    let outcome = outcome.unwrap_or(Outcome {
        state: if is_lost {
            State::Unknown
        } else {
            State::Starting
        },
        certify_id: None,
    });
    Ok(Some((order, outcome)))
}

fn client(env: &Env) -> std::result::Result<FaceVerifyClient, Error> {
    let mut options = ClientOptions::builder();
    let endpoint = variable(env, "CLOUDAUTH_ENDPOINT");
    if !endpoint.is_empty() {
        options = options.endpoint(endpoint); // default: Alibaba Cloud
    }
    let credentials = Credentials::new(
        variable(env, "ALIBABA_CLOUD_ACCESS_KEY_ID"),
        variable(env, "ALIBABA_CLOUD_ACCESS_KEY_SECRET"),
    );
    FaceVerifyClient::new(options.build()?, credentials)
}

/// A variable or a secret of the Worker; empty if it is not set.
fn variable(env: &Env, name: &str) -> String {
    env.var(name)
        .map_or_else(|_| String::new(), |value| value.to_string())
}

const fn word(status: Status) -> &'static str {
    match status {
        Status::Pending => "pending",
        Status::Passed => "passed",
        Status::Rejected => "rejected",
    }
}

/// Responds to an error, which contains no personal data.
fn refusal(error: &Error) -> Result<Response> {
    console_error!(
        "{:?} {} {:?}",
        error.kind(),
        error.code(),
        error.request_id()
    );
    match (error.kind(), error.audience()) {
        (ErrorKind::Validation, Audience::User) => {
            let wrong = error.fields().iter().map(|wrong| {
                let label = match wrong.field.as_str() {
                    "certName" => "姓名",
                    _ => "证件号码",
                };
                format!("{label}{}", wrong.message.zh)
            });
            message(&wrong.collect::<String>(), 422)
        }
        (ErrorKind::Validation, _) if sent_wrong(error) => message("metaInfo 有误", 400),
        (_, Audience::User) => message(&error.message().zh, 422),
        // The SDK in the app is too old: its developer must update it, and then the user the app.
        _ if error.code() == "415" => message("App 版本过低，请更新 App 后重试", 422),
        _ => message(UNAVAILABLE, 502),
    }
}

fn sent_wrong(error: &Error) -> bool {
    let sent = ["certName", "certNo", "metaInfo"];
    error
        .fields()
        .iter()
        .any(|wrong| sent.contains(&wrong.field.as_str()))
}

fn message(text: &str, status: u16) -> Result<Response> {
    Ok(Response::from_json(&json!({ "message": text }))?.with_status(status))
}
