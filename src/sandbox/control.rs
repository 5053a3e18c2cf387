//! The control API under `/_sandbox/`: shows and changes the sandbox's state. Uses JSON; errors are
//! in Chinese and English.

use super::ending::{Ending, Submission};
use super::session::{CLOCK, Clock, Session};
use super::verification::{CannotAct, PREFIX, Stage, Verification};
use super::web::{self, ClientResult};
use super::{Load, MAX_BODY, callback, envelope, faults, phone, picture};
use crate::http::{IncomingRequest, Response, first_value, header};
use crate::json::de::from_json_strictly;
use crate::json::write::Object;
use crate::signing::encode::parse_form;
use crate::text::Text;
use crate::timestamp::Timestamp;
use crate::vendor::codes::{self, CODES, SUB_CODES};
use serde::{Deserialize, de::DeserializeOwned};

/// Maximum number of verifications on one page of the list.
const PAGE: usize = 100;
/// Maximum offset of the sandbox's clock from the host's: a hundred years.
const MAX_OFFSET_MILLIS: i64 = 100 * 366 * 86_400_000;

struct Problem {
    status: u16,
    code: &'static str,
    message: Text,
}

enum Stop {
    Load(Load),
    Problem(Problem),
}

impl From<Load> for Stop {
    fn from(load: Load) -> Self {
        Self::Load(load)
    }
}

fn problem(status: u16, code: &'static str, zh: &'static str, en: &'static str) -> Stop {
    Stop::Problem(Problem {
        status,
        code,
        message: Text::new(zh, en),
    })
}

type Answer = Result<(u16, Object), Stop>;

/// Handles a request to any path except `/`.
pub(super) fn answer(
    session: &mut Session<'_>,
    request: &IncomingRequest,
) -> Result<Response, Load> {
    if let Some(object) = request.path.strip_prefix(picture::PATH)
        && matches!(request.method.as_str(), "GET" | "HEAD")
    {
        return Ok(picture::serve(session, request, object));
    }
    if let Some(page) = phone::serve(session, request) {
        return Ok(page);
    }
    let (status, body) = match route(session, request) {
        Ok(answer) => answer,
        Err(Stop::Load(load)) => return Err(load),
        Err(Stop::Problem(Problem {
            status,
            code,
            message,
        })) => (
            status,
            Object::new().with("code", code).with("message", &message),
        ),
    };
    let body = body.text().into_bytes();
    Ok(envelope::plain(
        session,
        status,
        Some("application/json;charset=utf-8"),
        body,
    ))
}

fn route(session: &mut Session<'_>, request: &IncomingRequest) -> Answer {
    let unknown = || {
        Err(problem(
            404,
            "unknown-route",
            "路径不存在：阿里云协议在 /，控制接口在 /_sandbox/ 之下，见 docs/sandbox.md。",
            "path not found: Alibaba Cloud's protocol is at /, the control API under /_sandbox/; see docs/sandbox.md.",
        ))
    };
    let path: Vec<&str> = request.path.split('/').skip(1).collect();
    let ["_sandbox", path @ ..] = path.as_slice() else {
        return unknown();
    };
    check_token(session, request)?;
    match (request.method.as_str(), path) {
        ("GET", [""] | ["state"]) => state(session),
        ("GET", ["verifications"]) => list(session, request),
        ("GET", ["verifications", certify_id]) => {
            Ok((200, view(session, &load(session, certify_id)?)))
        }
        ("POST", ["verifications", certify_id, "open"]) => open(session, certify_id),
        ("POST", ["verifications", certify_id, "give-up"]) => give_up(session, certify_id),
        ("POST", ["verifications", certify_id, "expire"]) => expire(session, certify_id),
        ("POST", ["verifications", certify_id, "submit"]) => submit(session, request, certify_id),
        ("GET", ["outcomes"]) => Ok((200, outcomes())),
        ("GET", ["clock"]) => Ok((200, clock(session))),
        ("POST", ["clock"]) => move_clock(session, request),
        ("GET", ["faults"]) => Ok((
            200,
            Object::new().with("faults", &faults::waiting(session)?),
        )),
        ("POST", ["faults"]) => {
            let fault = body(request)?;
            match faults::add(session, fault)? {
                None => Ok((201, Object::new())),
                Some(message) => Err(Stop::Problem(Problem {
                    status: 400,
                    code: "bad-fault",
                    message,
                })),
            }
        }
        ("DELETE", ["faults"]) => {
            faults::remove_all(session);
            Ok((200, Object::new()))
        }
        ("POST", ["reset"]) => {
            session.clear();
            Ok((200, Object::new()))
        }
        (
            _,
            [""]
            | ["state" | "verifications" | "outcomes" | "clock" | "faults" | "reset"]
            | ["verifications", _]
            | ["verifications", _, "open" | "give-up" | "expire" | "submit"]
            | ["pictures", ..],
        ) => Err(wrong_method()),
        (_, [name]) if phone::has(name) => Err(wrong_method()),
        _ => unknown(),
    }
}

fn wrong_method() -> Stop {
    problem(
        405,
        "wrong-method",
        "该路径不支持此 HTTP 方法，见 docs/sandbox.md。",
        "this path does not support the HTTP method; see docs/sandbox.md.",
    )
}

/// Checks the token with which a shared sandbox protects its control API.
fn check_token(session: &Session<'_>, request: &IncomingRequest) -> Result<(), Stop> {
    let Some(token) = &session.config.control_token else {
        return Ok(());
    };
    if token.expose().is_empty() {
        return Err(problem(
            403,
            "control-closed",
            "控制接口未开放：请运维设置访问令牌。",
            "the control API is closed: the operator must set its token.",
        ));
    }
    let given = header(&request.headers, "authorization")
        .and_then(|value| value.strip_prefix("Bearer "))
        .unwrap_or_default();
    if token.constant_time_eq(given) {
        return Ok(());
    }
    Err(problem(
        401,
        "wrong-token",
        "控制接口需要令牌：请在 Authorization 头中以 Bearer 方式传入。",
        "the control API requires its token: send it as Bearer in the Authorization header.",
    ))
}

/// Reads a body as JSON.
fn body<T: DeserializeOwned>(request: &IncomingRequest) -> Result<T, Stop> {
    if request.body.len() > MAX_BODY {
        return Err(problem(
            413,
            "body-too-large",
            "请求体超过 2 MiB，请缩小。",
            "the body exceeds 2 MiB; reduce its size.",
        ));
    }
    let text = std::str::from_utf8(&request.body).unwrap_or_default();
    // Windows programs write a byte order mark.
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    from_json_strictly(text).map_err(|error| {
        // Reports the position of the error without quoting the input.
        let (zh, en) = error.bracketed();
        Stop::Problem(Problem {
            status: 400,
            code: "bad-body",
            message: Text::composed(
                [
                    "请求体不是该接口所需的 JSON",
                    &zh,
                    "，字段见 docs/sandbox.md。",
                ]
                .concat(),
                [
                    "the body is not the JSON that this route expects",
                    &en,
                    "; see docs/sandbox.md for its fields.",
                ]
                .concat(),
            ),
        })
    })
}

fn state(session: &Session<'_>) -> Answer {
    let accounts: Vec<Object> = session
        .config
        .accounts
        .iter()
        .map(|account| {
            let keys: Vec<&str> = account
                .keys
                .iter()
                .map(|key| key.access_key_id.as_str())
                .collect();
            let scenes: Vec<String> = account
                .scenes
                .iter()
                .map(|scene| scene.scene_id.to_string())
                .collect();
            Object::new()
                .with("accountId", &account.account_id)
                .with("accessKeyIds", &keys)
                .with("sceneIds", &scenes)
                .with("callsPerSecond", &account.calls_per_second)
        })
        .collect();
    Ok((
        200,
        Object::new()
            .with("sandbox", env!("CARGO_PKG_VERSION"))
            .with("clock", &clock(session))
            .with("accounts", &accounts)
            .with("faults", &faults::waiting(session)?),
    ))
}

fn list(session: &Session<'_>, request: &IncomingRequest) -> Answer {
    let query = parse_form(request.query.as_bytes()).unwrap_or_default();
    let value = |name| first_value(&query, name).map(String::as_str);
    let order = value("outerOrderNo");
    let now = session.now;
    let all = session
        .list::<Verification>(PREFIX)?
        .into_iter()
        .filter(|verification| now < verification.kept_until())
        .filter(|verification| order.is_none_or(|order| verification.outer_order_no == order));
    let page = match value("waiting") {
        None => page(session, all.collect(), |one| one.created_at),
        Some("true") => {
            let waiting = all.filter(|verification| verification.waits(now)).collect();
            page(session, waiting, |one| one.created_at)
        }
        Some("false") => {
            let over = all
                .filter(|verification| !verification.waits(now))
                .collect();
            page(session, over, Verification::over_at)
        }
        Some("both") => {
            let (waiting, over) = all.partition(|verification| verification.waits(now));
            Object::new()
                .with("waiting", &page(session, waiting, |one| one.created_at))
                .with("over", &page(session, over, Verification::over_at))
        }
        Some(_) => {
            return Err(problem(
                400,
                "bad-query",
                "waiting 应为 true、false 或 both。",
                "waiting must be true, false or both.",
            ));
        }
    };
    Ok((200, page))
}

/// The newest verifications by `time`; the CertifyId breaks ties.
fn page(
    session: &Session<'_>,
    mut found: Vec<Verification>,
    time: fn(&Verification) -> i64,
) -> Object {
    let total = found.len();
    found.sort_by(|a, b| (time(b), &b.certify_id).cmp(&(time(a), &a.certify_id)));
    found.truncate(PAGE);
    let shown: Vec<Object> = found
        .iter()
        .map(|verification| view(session, verification))
        .collect();
    Object::new()
        .with("total", &total)
        .with("verifications", &shown)
}

fn load(session: &Session<'_>, certify_id: &str) -> Result<Verification, Stop> {
    session
        .row::<Verification>(&Verification::row(certify_id))?
        .filter(|verification| session.now < verification.kept_until())
        .ok_or_else(|| {
            problem(
                404,
                "unknown-verification",
                "CertifyId 不存在，请核对 InitFaceVerify 返回的值。",
                "unknown CertifyId; check the value that InitFaceVerify returned.",
            )
        })
}

fn view(session: &Session<'_>, verification: &Verification) -> Object {
    let ended = verification.stage(session.now) == Stage::Ended;
    let result = ClientResult::of(verification).filter(|_| ended);
    view_with(session, verification, result)
}

/// Shows a verification, and where the browser goes with a result of the client SDK.
fn view_with(
    session: &Session<'_>,
    verification: &Verification,
    result: Option<ClientResult>,
) -> Object {
    let web = verification.web.as_ref();
    let return_url = result.and_then(|result| web::return_url(verification, result));
    let time = |millis: i64| Timestamp::from_unix_millis(millis).to_string();
    let stage = verification.stage(session.now);
    // A script's ending is known from the start.
    let ending = verification.ending.as_ref();
    let (sub_code, code) = match ending.filter(|_| stage == Stage::Ended) {
        Some(Ending::SubCode(sub_code)) => (Some(sub_code), None),
        Some(Ending::Code(code)) => (None, Some(code)),
        None => (None, None),
    };
    let passed = sub_code.map(|code| codes::passes(code));
    let callback = verification.callback.as_ref().map(|callback| {
        Object::new()
            .with("url", &callback.url)
            .with("attempts", &callback.attempts)
            .with("lastStatus", &callback.last_status)
    });
    Object::new()
        .with("certifyId", &verification.certify_id)
        .with("accountId", &verification.account_id)
        .with("sceneId", &verification.scene_id.to_string())
        .with("outerOrderNo", &verification.outer_order_no)
        .with("productCode", &verification.product_code)
        .with("stage", &stage)
        .with("createdAt", &time(verification.created_at))
        .with("expiresAt", &verification.expires_at().to_string())
        .with("openedAt", &verification.opened_at.map(time))
        .with("endedAt", &verification.ended_at.map(time))
        .with("passed", &passed)
        .with("subCode", &sub_code)
        .with("code", &code)
        .with("callback", &callback)
        .with("certifyUrl", &web.map(|web| &web.certify_url))
        .with("returnUrl", &return_url)
}

fn cannot(refusal: CannotAct) -> Stop {
    match refusal {
        CannotAct::Expired => problem(
            409,
            "expired",
            "该认证的 30 分钟有效期已过，不能再提交，请重新发起认证。",
            "this verification's 30 minutes are over, so it has expired; start a new one.",
        ),
        CannotAct::Submitted => problem(
            409,
            "already-submitted",
            "该认证已提交过，每个 CertifyId 只能提交一次，请重新发起认证。",
            "this verification has already been submitted, and a CertifyId accepts one submission; start a new one.",
        ),
        CannotAct::Scripted => problem(
            409,
            "scripted",
            "该认证的结果已由 OuterOrderNo 或 UserId 指定，不能再由手机决定；请用其他 OuterOrderNo 和 UserId 重新发起认证。",
            "the OuterOrderNo or UserId determines the outcome of this verification, so the phone cannot; start a new one with others.",
        ),
    }
}

fn open(session: &mut Session<'_>, certify_id: &str) -> Answer {
    let mut verification = load(session, certify_id)?;
    verification.open(session.now).map_err(cannot)?;
    verification.store(session);
    Ok((200, view(session, &verification)))
}

fn give_up(session: &mut Session<'_>, certify_id: &str) -> Answer {
    let mut verification = load(session, certify_id)?;
    verification.give_up(session.now).map_err(cannot)?;
    verification.store(session);
    let result = Some(ClientResult::GivenUp);
    Ok((200, view_with(session, &verification, result)))
}

fn expire(session: &mut Session<'_>, certify_id: &str) -> Answer {
    let mut verification = load(session, certify_id)?;
    verification.expire(session.now).map_err(cannot)?;
    verification.store(session);
    Ok((200, view(session, &verification)))
}

/// The outcomes that can be submitted, with Alibaba Cloud's texts and this project's.
fn outcomes() -> Object {
    let verdicts = SUB_CODES.iter().map(|known| {
        Object::new()
            .with("outcome", known.code)
            .with("passed", &known.passing)
            .with("ofLrFr", &known.in_vendor_document)
            .with("vendorMessage", known.vendor_message)
            .with("text", &known.text)
    });
    let failures = CODES
        .iter()
        .filter(|known| Ending::is_failure(known))
        .map(|known| {
            Object::new()
                .with("outcome", known.code)
                .with("vendorMessage", known.vendor_message)
                .with("text", &known.text)
        });
    Object::new()
        .with("subCodes", &verdicts.collect::<Vec<_>>())
        .with("codes", &failures.collect::<Vec<_>>())
}

fn submit(session: &mut Session<'_>, request: &IncomingRequest, certify_id: &str) -> Answer {
    let submission: Submission = body(request)?;
    let Some(ending) = Ending::parse(&submission.outcome) else {
        return Err(problem(
            400,
            "unknown-outcome",
            "outcome 应为 passed、SubCode（如 205）或 DescribeFaceVerify 的失败 Code（如 500），见 docs/sandbox.md。",
            "outcome must be passed, a SubCode (such as 205) or a failing Code of DescribeFaceVerify (such as 500); see docs/sandbox.md.",
        ));
    };
    let details = submission.details();
    let mut verification = load(session, certify_id)?;
    details
        .check(&ending, verification.device_risk)
        .map_err(|(zh, en)| problem(400, "bad-result", zh, en))?;
    verification
        .submit(ending, details, session.now)
        .map_err(cannot)?;
    callback::schedule(session, &verification);
    verification.store(session);
    Ok((200, view(session, &verification)))
}

fn clock(session: &Session<'_>) -> Object {
    Object::new().with("now", &session.now.to_string()).with(
        "offsetMillis",
        &session.now.millis_since(session.host_now()),
    )
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum ClockChange {
    /// Advances the clock, or sets it back with a negative number.
    AdvanceMs(i64),
    /// Sets the clock, which continues from that time.
    Set(String),
    /// Sets the offset from the host's clock.
    OffsetMs(i64),
}

fn move_clock(session: &mut Session<'_>, request: &IncomingRequest) -> Answer {
    let offset = session.now.millis_since(session.host_now());
    let offset_millis = match body(request)? {
        ClockChange::AdvanceMs(millis) => offset.saturating_add(millis),
        ClockChange::OffsetMs(millis) => millis,
        ClockChange::Set(text) => match Timestamp::parse_iso8601_millis(&text) {
            Some(time) => time.millis_since(session.host_now()),
            None => {
                return Err(problem(
                    400,
                    "bad-time",
                    "set 应为 UTC 时间 yyyy-MM-ddTHH:mm:ssZ。",
                    "set must be UTC as yyyy-MM-ddTHH:mm:ssZ.",
                ));
            }
        },
    };
    if offset_millis.saturating_abs() > MAX_OFFSET_MILLIS {
        return Err(problem(
            400,
            "bad-time",
            "时钟最多偏移 100 年。",
            "the clock can be moved by at most 100 years.",
        ));
    }
    session.put(CLOCK, &Clock { offset_millis }, None);
    session.now = session.host_now().plus_millis(offset_millis);
    Ok((200, clock(session)))
}
