//! A Cloudflare Worker in Rust with two routes for an app: start a verification, and return its
//! result.

use cloudauth_edge::{
    Audience, ClientOptions, Credentials, DescribeFaceVerify, Error, ErrorKind, FaceVerifyClient,
    InitFaceVerify, Status, new_outer_order_no,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use worker::{Context, Env, Method, Request, Response, Result, console_error, event};

const KEPT_SECONDS: u64 = 24 * 60 * 60;

#[event(fetch)]
async fn fetch(request: Request, env: Env, _context: Context) -> Result<Response> {
    // The signed-in user. A real backend takes it from the session.
    let user_id = request.headers().get("x-user-id")?.unwrap_or_default();
    let path = request.path();
    match (request.method(), path.strip_prefix("/verifications")) {
        (Method::Post, Some("")) => start(request, &env, user_id).await,
        (Method::Get, Some(order)) => read(order.trim_start_matches('/'), &env, &user_id).await,
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

/// An order as stored.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Order {
    user_id: String,
    certify_id: String,
}

async fn start(mut request: Request, env: &Env, user_id: String) -> Result<Response> {
    let Ok(person) = request.json::<Person>().await else {
        return message("请求有误", 400);
    };
    let started = async {
        let outer_order_no = new_outer_order_no("shop")?;
        let order = InitFaceVerify::new()
            .scene_id(variable(env, "CLOUDAUTH_SCENE_ID"))
            .outer_order_no(outer_order_no.clone())
            .user_id(user_id.as_str())
            .cert_name(person.cert_name)
            .cert_no(person.cert_no)
            .meta_info(person.meta_info); // unchanged from the app's SDK
        let started = client(env)?.init_face_verify(order).await?;
        Ok((outer_order_no, started.certify_id))
    };
    let (outer_order_no, certify_id) = match started.await {
        Ok(started) => started,
        Err(error) => return refusal(&error),
    };
    let order = Order {
        user_id,
        certify_id: certify_id.clone(),
    };
    env.kv("ORDERS")?
        .put(&outer_order_no, &order)?
        .expiration_ttl(KEPT_SECONDS)
        .execute()
        .await?;
    let answer = json!({ "outerOrderNo": outer_order_no, "certifyId": certify_id });
    Ok(Response::from_json(&answer)?.with_status(201))
}

async fn read(outer_order_no: &str, env: &Env, user_id: &str) -> Result<Response> {
    let kept = env
        .kv("ORDERS")?
        .get(outer_order_no)
        .json::<Order>()
        .await?;
    // Another user's order looks like an unknown one.
    let Some(order) = kept.filter(|order| order.user_id == user_id) else {
        return message("没有这笔订单", 404);
    };
    let question = DescribeFaceVerify::new()
        .scene_id(variable(env, "CLOUDAUTH_SCENE_ID"))
        .certify_id(order.certify_id);
    let result = async { client(env)?.describe_face_verify(question).await };
    match result.await {
        Ok(result) => Response::from_json(&json!({ "status": word(result.status) })),
        Err(error) => refusal(&error),
    }
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
        // Of the app's input, mistyped() does not validate metaInfo; only the client does.
        (ErrorKind::Validation, _) if sent_wrong(error) => message("metaInfo 有误", 400),
        (_, Audience::User) => message(&error.message().zh, 422),
        _ => message("认证服务暂不可用，请稍后再试", 502),
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
