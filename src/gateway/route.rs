//! Routes a request to a response or to a task for the caller's ledger.
//!
//! The host first passes the request without its body. The router requests the body only if it
//! needs it and after the caller is authenticated, so an unauthenticated body is never read.

use super::body;
use super::callback;
use super::callers::{self, Caller, Scope};
use super::ledger::ask::Ask;
use super::ledger::create::Create;
use super::ledger::due::Hint;
use super::ledger::list::{Cursor, List};
use super::ledger::order::OrderStatus;
use super::ledger::{Asker, Front, Task};
use super::problem::{
    BODY_TOO_LARGE, DEVELOPMENT_ONLY, INSUFFICIENT_SCOPE, INTERNAL_ERROR, METHOD_NOT_ALLOWED,
    NOT_CONFIGURED, NOT_FOUND, PHOTO_UNAVAILABLE, PROBLEMS, Problem, RATE_LIMITED, REQUEST_TIMEOUT,
    UNAUTHENTICATED, UNAVAILABLE, UNKNOWN_ORDER, UPSTREAM_FAILED,
};
use super::reply::{Headers, Language, Reply};
use super::rpc_front::{RpcFront, is_rpc};
use super::settings::{Settings, Variables};
use crate::actions::{self, INIT_FACE_VERIFY, ValidRequest, Value};
use crate::error::FieldError;
use crate::http::first_value;
use crate::http::{IncomingRequest, header};
use crate::json::Json;
use crate::json::write::{Object, to_json};
use crate::rpc_server::request::MAX_BODY;
use crate::signing::canonical::canonicalized_query;
use crate::signing::encode::{hex, parse_form};
use crate::text::Text;
use crate::timestamp::Timestamp;
use crate::vendor::endpoint::Endpoint;
use serde::Serialize;

/// Time limit for the body of an unauthenticated or slow client.
const BODY_MILLIS: i64 = 30_000;
/// Raster images only: an SVG is a document that can contain scripts.
const PHOTO_TYPES: &[&str] = &[
    "image/jpeg",
    "image/jpg",
    "image/png",
    "image/webp",
    "image/bmp",
    "image/gif",
];
/// The longest wait for `Prefer: wait`, in seconds.
const WAIT_MAX_SECONDS: i64 = 60;
const PAGE_DEFAULT: u32 = 20;
const PAGE_MAX: u32 = 100;

/// A request from the host.
#[derive(Debug)]
pub struct Arrival {
    /// The request; its body is empty until it has been read.
    pub request: IncomingRequest,
    /// Whether the body has been read.
    pub body_read: bool,
    /// The requested host and port.
    pub host: String,
    /// A new id for the request, used unless the request has an id.
    pub fresh_id: String,
}

/// The routing result of a request.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Routed {
    /// The request's id, for the response and the log.
    pub request_id: String,
    /// Name of the route, for the log.
    pub route: &'static str,
    /// The caller's id, for the log.
    pub caller: Option<String>,
    /// Headers to add to the response, whatever its source.
    pub headers: Headers,
    /// What to do.
    pub then: Then,
}

/// The next step of the host.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Then {
    /// Read at most `limit` + 1 bytes of the body and pass the request again.
    ReadBody {
        /// Bytes.
        limit: usize,
        /// Time limit in milliseconds.
        millis: i64,
    },
    /// Answer.
    Reply(Reply),
    /// Respond with a file of the host as the body.
    File {
        /// Its name.
        name: &'static str,
        /// The response without its body.
        reply: Reply,
    },
    /// Serve a static file.
    Assets,
    /// Pass this task to the caller's ledger.
    Ledger {
        /// The task as opaque text.
        task: String,
        /// The task to pass again if the ledger's host was reset and nothing else failed.
        again: String,
    },
}

/// The routes, with their methods and names. `{}` is one segment.
const ROUTES: &[(&str, &[&str], &str)] = &[
    ("/livez", &["GET", "HEAD"], "livez"),
    ("/readyz", &["GET", "HEAD"], "readyz"),
    ("/openapi.json", &["GET", "HEAD"], "openapi"),
    ("/console.json", &["GET", "HEAD"], "console"),
    ("/problems/{}", &["GET", "HEAD"], "problem"),
    (
        "/v1/face-verifications",
        &["GET", "HEAD", "POST"],
        "face-verifications",
    ),
    (
        "/v1/face-verifications/{}",
        &["GET", "HEAD"],
        "face-verification",
    ),
    ("/v1/face-verifications/{}/photo", &["GET", "HEAD"], "photo"),
    (
        "/v1/callbacks/{}/{}/{}",
        &["GET", "HEAD", "POST"],
        "callback",
    ),
];

/// The routes with their methods, for documentation and tests.
pub fn routes() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    ROUTES.iter().map(|(path, methods, _)| (*path, *methods))
}

/// Routes a request.
pub fn route(variables: &Variables, arrival: &Arrival, now: Timestamp) -> Routed {
    let request = &arrival.request;
    let request_id = header(&request.headers, "x-request-id")
        .filter(|id| is_request_id(id))
        .map_or_else(|| arrival.fresh_id.clone(), str::to_owned);
    let language = Language::accepted(&request.headers);
    let found = ROUTES.iter().find_map(|(path, methods, name)| {
        Some((match_path(path, &request.path)?, *methods, *name))
    });
    let settings = Settings::read(variables);
    let mut routing = Routing {
        arrival,
        now,
        language,
        request_id,
        caller: None,
    };
    let (name, taken) = match found {
        None if is_rpc(request) => ("rpc", Ok(routing.rpc(&settings))),
        None if is_page(request) => ("page", Ok(Then::Assets)),
        None if request.path == "/" => (
            "none",
            Err(Problem::new(&METHOD_NOT_ALLOWED).header("allow", "GET, HEAD, POST")),
        ),
        None => ("none", Err(Problem::new(&NOT_FOUND))),
        Some((_, methods, name)) if request.method == "OPTIONS" => {
            (name, routing.preflight(settings.as_ref().ok(), methods))
        }
        Some((_, methods, name)) if !methods.contains(&request.method.as_str()) => (
            name,
            Err(Problem::new(&METHOD_NOT_ALLOWED).header("allow", methods.join(", "))),
        ),
        Some((segments, _, name)) => (name, routing.dispatch(name, &segments, &settings)),
    };
    let then = match taken {
        Ok(then) => then,
        Err(problem) => Then::Reply(problem.reply(language, &routing.request_id)),
    };
    Routed {
        headers: common_headers(
            settings.as_ref().ok(),
            &request.headers,
            &routing.request_id,
        ),
        request_id: routing.request_id,
        route: name,
        caller: routing.caller,
        then,
    }
}

fn common_headers(
    settings: Option<&Settings>,
    request_headers: &[(String, String)],
    request_id: &str,
) -> Headers {
    let mut headers = vec![("x-request-id".to_owned(), request_id.to_owned())];
    let origins = settings.map_or(&[][..], |settings| settings.allowed_origins.as_slice());
    if origins.is_empty() {
        return headers;
    }
    headers.push(("vary".to_owned(), "origin".to_owned()));
    let origin = header(request_headers, "origin");
    if let Some(origin) = origin.filter(|origin| origins.iter().any(|known| known == origin)) {
        headers.push(("access-control-allow-origin".to_owned(), origin.to_owned()));
        headers.push((
            "access-control-expose-headers".to_owned(),
            "etag, location, retry-after, x-request-id".to_owned(),
        ));
    }
    headers
}

/// The response to a failure of the host.
pub fn failure(what: HostFailure, request: &IncomingRequest, request_id: &str) -> Reply {
    let problem = match what {
        HostFailure::Internal
            if request.method == "POST" && request.path == "/v1/face-verifications" =>
        {
            Problem::new(&INTERNAL_ERROR).execution_unknown()
        }
        HostFailure::Internal => Problem::new(&INTERNAL_ERROR),
        HostFailure::NoPage => Problem::new(&NOT_FOUND),
        HostFailure::RateLimited => Problem::new(&RATE_LIMITED).retry_after(10),
        HostFailure::SlowBody => Problem::new(&REQUEST_TIMEOUT),
        HostFailure::Unavailable => Problem::new(&UNAVAILABLE).retry_after(5),
    };
    if is_rpc(request) {
        RpcFront::of(request).problem(&problem, request_id)
    } else {
        problem.reply(Language::accepted(&request.headers), request_id)
    }
}

/// The response for a photo's bytes, or the problem with the response of its URL; a status of 0
/// means no response.
pub fn photo(
    status: u16,
    content_type: &str,
    request: &IncomingRequest,
    request_id: &str,
) -> Reply {
    let media_type = content_type.split(';').next().unwrap_or_default();
    let media_type = media_type.trim().to_ascii_lowercase();
    let kind = match status {
        200 if PHOTO_TYPES.contains(&media_type.as_str()) => {
            return Reply::text(200, &media_type, String::new()).with_outcome("photo");
        }
        1..500 => &PHOTO_UNAVAILABLE,
        _ => &UPSTREAM_FAILED,
    };
    Problem::new(kind).reply(Language::accepted(&request.headers), request_id)
}

/// A failure of the host.
#[derive(Clone, Copy, Debug)]
pub enum HostFailure {
    /// An exception.
    Internal,
    /// The static file does not exist.
    NoPage,
    /// The rate limit binding rejected the request.
    RateLimited,
    /// The body did not arrive in time.
    SlowBody,
    /// The database is unreachable.
    Unavailable,
}

impl HostFailure {
    /// The failure for the host's name of it.
    pub fn read(word: &str) -> Self {
        match word {
            "no-page" => Self::NoPage,
            "rate-limited" => Self::RateLimited,
            "slow-body" => Self::SlowBody,
            "unavailable" => Self::Unavailable,
            _ => Self::Internal,
        }
    }
}

struct Routing<'a> {
    arrival: &'a Arrival,
    now: Timestamp,
    language: Language,
    request_id: String,
    caller: Option<String>,
}

type Taken = Result<Then, Problem>;

// Each kind of request has a function that is never inlined, because a new Worker compiles only
// what it calls.
impl Routing<'_> {
    fn dispatch(
        &mut self,
        name: &str,
        segments: &[&str],
        settings: &Result<Settings, Vec<FieldError>>,
    ) -> Taken {
        match name {
            "livez" => {
                return Ok(Then::Reply(Reply::json(
                    200,
                    &Object::new().with("status", "ok"),
                )));
            }
            "openapi" => {
                return Ok(Then::File {
                    name: "openapi.json",
                    reply: Reply::text(200, "application/json", String::new()),
                });
            }
            "problem" => return described(segments.first().copied().unwrap_or_default()),
            _ => {}
        }
        let settings = match settings {
            Ok(settings) => settings,
            Err(problems) => return Err(Problem::settings(problems.clone())),
        };
        if settings.development && !is_loopback(&self.arrival.host) {
            return Err(Problem::new(&DEVELOPMENT_ONLY));
        }
        if name == "readyz" {
            return Ok(Then::Reply(Reply::json(
                200,
                &Object::new().with("status", "ready"),
            )));
        }
        if name == "console" {
            return Ok(Then::Reply(Reply::json(200, &surroundings(settings))));
        }
        if name == "callback" {
            return self.callback(settings, segments);
        }
        let caller = self.authenticate(settings)?;
        match (name, self.arrival.request.method.as_str(), segments) {
            ("face-verifications", "POST", _) => self.create(settings, caller),
            ("face-verifications", _, _) => self.list(caller),
            ("photo", _, [no]) => self.photo(caller, no),
            (_, _, [no]) => self.ask(caller, no),
            _ => Err(Problem::new(&NOT_FOUND)),
        }
    }
    fn preflight(&self, settings: Option<&Settings>, methods: &[&str]) -> Taken {
        let not_allowed = || Problem::new(&METHOD_NOT_ALLOWED).header("allow", methods.join(", "));
        let settings = settings
            .filter(|settings| !settings.allowed_origins.is_empty())
            .ok_or_else(not_allowed)?;
        let origin = header(&self.arrival.request.headers, "origin").ok_or_else(not_allowed)?;
        let mut reply = Reply::empty(204).with_outcome("preflight");
        if settings.allowed_origins.iter().any(|known| known == origin) {
            reply = reply
                .with_header("access-control-allow-methods", methods.join(", "))
                .with_header(
                    "access-control-allow-headers",
                    "accept-language, authorization, content-type, if-none-match, prefer, x-request-id",
                )
                .with_header("access-control-max-age", "600");
        }
        Ok(Then::Reply(reply))
    }

    fn authenticate<'a>(&mut self, settings: &'a Settings) -> Result<&'a Caller, Problem> {
        let caller = header(&self.arrival.request.headers, "authorization")
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            // Only spaces may precede the token (RFC 6750 §2.1), no other white space.
            .and_then(|(_, token)| callers::by_token(&settings.callers, token.trim_matches(' ')))
            .ok_or_else(|| Problem::new(&UNAUTHENTICATED).header("www-authenticate", "Bearer"))?;
        self.caller = Some(caller.id.clone());
        Ok(caller)
    }

    /// A callback: a user has finished. The URL is a secret of the order.
    fn callback(&mut self, settings: &Settings, segments: &[&str]) -> Taken {
        let [caller, no, proof] = *segments else {
            return Err(Problem::new(&NOT_FOUND));
        };
        if !callback::is_genuine(settings, caller, no, proof) {
            return Err(Problem::new(&NOT_FOUND));
        }
        self.caller = Some(caller.to_owned());
        Ok(ledger(&Task::Hint(Hint { no: no.to_owned() })))
    }

    fn asker(&self, caller: &Caller) -> Asker {
        Asker {
            caller: caller.id.clone(),
            request_id: self.request_id.clone(),
            front: Front::Rest {
                language: self.language,
            },
        }
    }

    /// Alibaba Cloud's RPC protocol, with responses in its envelope.
    fn rpc(&mut self, settings: &Result<Settings, Vec<FieldError>>) -> Then {
        let request = &self.arrival.request;
        let mut front = RpcFront::of(request);
        let id = self.request_id.clone();
        let problem =
            |front: &RpcFront, problem: &Problem| Then::Reply(front.problem(problem, &id));
        let Ok(settings) = settings else {
            return problem(&front, &Problem::new(&NOT_CONFIGURED));
        };
        if settings.development && !is_loopback(&self.arrival.host) {
            return problem(&front, &Problem::new(&DEVELOPMENT_ONLY));
        }
        match self.body() {
            Err(too_large) => return problem(&front, &too_large),
            Ok(Some(read)) => return read,
            Ok(None) => {}
        }
        let signature = match front.verify(settings, request, self.now) {
            Ok(signature) => signature,
            Err(refusal) => return Then::Reply(front.refusal(&refusal, &id)),
        };
        self.caller = Some(signature.caller.id.clone());
        match front.task(settings, &signature, &id, &self.arrival.fresh_id, self.now) {
            Ok(task) => ledger(&task),
            Err(refused) => problem(&front, &refused),
        }
    }

    /// The step to obtain the body: none, read it, or reject it.
    fn body(&self) -> Result<Option<Then>, Problem> {
        let request = &self.arrival.request;
        let declared = header(&request.headers, "content-length")
            .and_then(|length| length.trim().parse::<u64>().ok())
            .unwrap_or(0);
        let read = u64::try_from(request.body.len()).unwrap_or(u64::MAX);
        if declared.max(read) > u64::try_from(MAX_BODY).unwrap_or(u64::MAX) {
            return Err(Problem::new(&BODY_TOO_LARGE));
        }
        Ok((!self.arrival.body_read).then_some(Then::ReadBody {
            limit: MAX_BODY,
            millis: BODY_MILLIS,
        }))
    }
    fn create(&self, settings: &Settings, caller: &Caller) -> Taken {
        permitted(caller, Scope::Create)?;
        if let Some(read) = self.body()? {
            return Ok(read);
        }
        let request = &self.arrival.request;
        let mut wrong = Vec::new();
        let query = Query::read(&request.query, &["restartUnknown"], &mut wrong)?;
        let restart_unknown = query.flag("restartUnknown", &mut wrong).unwrap_or(false);
        let mut values = body::members(&request.headers, &request.body)?;
        if !values
            .iter()
            .any(|(name, value)| is_scene_id(name) && *value != Value::Absent)
        {
            values.retain(|(name, _)| !is_scene_id(name));
            values.push(("sceneId".to_owned(), settings.scene_id.as_str().into()));
        }
        let rules = settings.options.validation(self.now);
        let checked = actions::validate(&INIT_FACE_VERIFY, values, &rules);
        let valid = match checked {
            Ok(valid) if wrong.is_empty() => valid,
            Ok(_) => return Err(Problem::fields(wrong)),
            Err(error) => {
                wrong.extend(error.fields);
                return Err(Problem::fields(wrong));
            }
        };
        Ok(ledger(&Task::Create(create(
            settings,
            self.asker(caller),
            &valid,
            restart_unknown,
        ))))
    }
    fn ask(&self, caller: &Caller, no: &str) -> Taken {
        permitted(caller, Scope::Read)?;
        if !is_order_number(no) {
            return Err(Problem::new(&UNKNOWN_ORDER));
        }
        let mut wrong = Vec::new();
        let query = Query::read(&self.arrival.request.query, &["material"], &mut wrong)?;
        let material = query.flag("material", &mut wrong);
        if !wrong.is_empty() {
            return Err(Problem::fields(wrong));
        }
        if material == Some(true) {
            permitted(caller, Scope::ReadMaterial)?;
        }
        let headers = &self.arrival.request.headers;
        let wait = header(headers, "prefer").and_then(preferred_wait);
        Ok(ledger(&Task::Ask(Ask {
            caller: caller.id.clone(),
            asker: Some(self.asker(caller)),
            no: no.to_owned(),
            material: material.unwrap_or(true) && caller.may(Scope::ReadMaterial),
            wait_until: wait.map(|seconds| {
                self.now
                    .plus_millis(seconds.saturating_mul(1_000))
                    .unix_millis()
            }),
            known: header(headers, "if-none-match").map(|tag| tag.trim().to_owned()),
            ..Ask::default()
        })))
    }

    fn photo(&self, caller: &Caller, no: &str) -> Taken {
        permitted(caller, Scope::ReadMaterial)?;
        if !is_order_number(no) {
            return Err(Problem::new(&UNKNOWN_ORDER));
        }
        Ok(ledger(&Task::Ask(Ask {
            caller: caller.id.clone(),
            asker: Some(self.asker(caller)),
            no: no.to_owned(),
            material: true,
            photo: true,
            ..Ask::default()
        })))
    }
    fn list(&self, caller: &Caller) -> Taken {
        permitted(caller, Scope::Read)?;
        let mut wrong = Vec::new();
        let names = ["limit", "cursor", "status"];
        let query = Query::read(&self.arrival.request.query, &names, &mut wrong)?;
        let limit = query.value("limit").map_or(Some(PAGE_DEFAULT), |text| {
            text.parse()
                .ok()
                .filter(|limit| (1..=PAGE_MAX).contains(limit) && !text.starts_with('+'))
        });
        let after = query.value("cursor").map(Cursor::read);
        let status = query.value("status").map(OrderStatus::read);
        if limit.is_none() {
            wrong.push(FieldError::new(
                "limit",
                "range",
                Text::new(
                    "应为 1 至 100 的整数。",
                    "must be an integer from 1 to 100.",
                ),
            ));
        }
        if after == Some(None) {
            wrong.push(FieldError::new(
                "cursor",
                "cursor",
                Text::new(
                    "应为上一页的 nextCursor，请原样传入。",
                    "must be the unchanged nextCursor of the previous page.",
                ),
            ));
        }
        if status == Some(None) {
            wrong.push(FieldError::new(
                "status",
                "one-of",
                Text::new(
                    "应为 starting、unknown、pending、passed、rejected 或 expired。",
                    "must be starting, unknown, pending, passed, rejected or expired.",
                ),
            ));
        }
        if !wrong.is_empty() {
            return Err(Problem::fields(wrong));
        }
        Ok(ledger(&Task::List(List {
            asker: self.asker(caller),
            limit: limit.unwrap_or(PAGE_DEFAULT),
            after: after.flatten(),
            status: status.flatten(),
        })))
    }
}

/// The order to start, from a validated request.
pub(super) fn create(
    settings: &Settings,
    asker: Asker,
    valid: &ValidRequest<'_>,
    restart_unknown: bool,
) -> Create {
    let keyed = |purpose, text: &str| hex(&callers::derive(&settings.secret, purpose, text));
    let parameters: Vec<(String, String)> = valid
        .parameters()
        .map(|(parameter, value)| (parameter.name.to_owned(), value.to_owned()))
        .collect();
    Create {
        no: valid.value("OuterOrderNo").unwrap_or_default().to_owned(),
        scene_id: valid.value("SceneId").unwrap_or_default().to_owned(),
        input: keyed("input", &canonicalized_query(&parameters)),
        user: valid.value("UserId").map(|user| keyed("user-id", user)),
        notices: valid.notices().iter().map(Json::of).collect(),
        parameters,
        asker,
        restart_unknown,
        waiting_since: None,
    }
}

fn ledger(task: &Task) -> Then {
    Then::Ledger {
        task: to_json(task),
        again: to_json(&task.again()),
    }
}

fn permitted(caller: &Caller, scope: Scope) -> Result<(), Problem> {
    if caller.may(scope) {
        Ok(())
    } else {
        Err(Problem::new(&INSUFFICIENT_SCOPE))
    }
}

/// The data that the console needs before authentication; none of it is secret.
fn surroundings(settings: &Settings) -> Object {
    let sandbox = settings.options.endpoints.first();
    let mode = if settings.development {
        "development"
    } else {
        "production"
    };
    // The sandbox's URL for the console's simulated phone.
    let sandbox = sandbox
        .filter(|_| settings.development)
        .map(Endpoint::origin);
    Object::new()
        .with("mode", mode)
        .with("sandbox", &sandbox)
        .with("signatureVersion", &settings.options.version)
}

/// The page of a problem's `type`.
fn described(code: &str) -> Taken {
    PROBLEMS
        .iter()
        .find(|kind| kind.code == code)
        .map(|kind| Then::Reply(Reply::json(200, kind)))
        .ok_or_else(|| Problem::new(&NOT_FOUND))
}

fn is_order_number(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn is_scene_id(name: &str) -> bool {
    INIT_FACE_VERIFY
        .parameter(name)
        .is_some_and(|parameter| parameter.name == "SceneId")
}

/// The segments that match `{}`; `None` if the path does not match.
fn match_path<'a>(pattern: &str, path: &'a str) -> Option<Vec<&'a str>> {
    let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
    let mut filled = Vec::new();
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(filled),
            (Some("{}"), Some(segment)) if !segment.is_empty() => filled.push(segment),
            (Some(fixed), Some(segment)) if fixed == segment => {}
            _ => return None,
        }
    }
}

/// Static files support GET and HEAD; the gateway's own paths are excluded.
fn is_page(request: &IncomingRequest) -> bool {
    ["GET", "HEAD"].contains(&request.method.as_str()) && !request.path.starts_with("/v1/")
}

fn is_loopback(host: &str) -> bool {
    Endpoint::parse(host).is_ok_and(|endpoint| endpoint.is_loopback())
}

/// UUIDs and 32 hexadecimal digits. The id is logged, so it must not have the form of a name or an
/// identity number.
fn is_request_id(id: &str) -> bool {
    let groups: Vec<usize> = id.split('-').map(str::len).collect();
    let hexadecimal = id
        .bytes()
        .all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    hexadecimal && (groups == [8, 4, 4, 4, 12] || groups == [32])
}

/// The seconds of `wait=N` in a `Prefer` header (RFC 7240 §4.3); a number that overflows is the
/// maximum.
fn preferred_wait(prefer: &str) -> Option<i64> {
    prefer
        .split([',', ';'])
        .filter_map(|preference| preference.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("wait"))
        .map(|(_, seconds)| seconds.trim().trim_matches('"'))
        .filter(|seconds| !seconds.is_empty() && seconds.bytes().all(|byte| byte.is_ascii_digit()))
        .map(|seconds| seconds.parse().unwrap_or(i64::MAX).min(WAIT_MAX_SECONDS))
        .filter(|seconds| *seconds > 0)
}

/// The query parameters.
struct Query(Vec<(String, String)>);

impl Query {
    fn read(
        query: &str,
        known: &[&'static str],
        wrong: &mut Vec<FieldError>,
    ) -> Result<Self, Problem> {
        let unreadable = |_| {
            Problem::fields(vec![FieldError::new(
                "(query)",
                "not-utf8",
                Text::new(
                    "查询串应为 UTF-8 的百分号编码，且参数不得过多。",
                    "must be percent-encoded UTF-8 with fewer parameters.",
                ),
            )])
        };
        let pairs = parse_form(query.as_bytes()).map_err(unreadable)?;
        let mut left = known.to_vec();
        let mut once = |name: &str| {
            let at = left.iter().position(|known| *known == name);
            at.map(|at| left.swap_remove(at)).is_some()
        };
        if !pairs.iter().all(|(name, _)| once(name)) {
            let list = known.join(", ");
            wrong.push(FieldError::new(
                "(query)",
                "unknown-parameter",
                Text::composed(
                    format!("含未知或重复的参数；可用的参数：{list}。"),
                    [
                        "has an unknown or duplicate parameter; available: ",
                        &list,
                        ".",
                    ]
                    .concat(),
                ),
            ));
        }
        Ok(Self(pairs))
    }

    fn value(&self, name: &str) -> Option<&str> {
        first_value(&self.0, name).map(String::as_str)
    }

    fn flag(&self, name: &'static str, wrong: &mut Vec<FieldError>) -> Option<bool> {
        match self.value(name)? {
            "true" => Some(true),
            "false" => Some(false),
            _ => {
                wrong.push(FieldError::new(
                    name,
                    "one-of",
                    Text::new("应为 true 或 false。", "must be true or false."),
                ));
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn passes_on_pictures_alone() {
        let request = IncomingRequest {
            method: "GET".to_owned(),
            path: "/".to_owned(),
            query: String::new(),
            headers: Vec::new(),
            body: Vec::new(),
        };
        let reply_to = |status, content_type| {
            let reply = photo(status, content_type, &request, "r");
            let content_type = header(&reply.headers, "content-type").unwrap().to_owned();
            (reply.status, reply.outcome, content_type)
        };
        for (given, passed_on) in [
            ("image/jpeg", "image/jpeg"),
            ("IMAGE/JPEG", "image/jpeg"),
            ("Image/PNG; charset=binary", "image/png"),
            (" image/webp ", "image/webp"),
        ] {
            let photo = (200, "photo".to_owned(), passed_on.to_owned());
            assert_eq!(reply_to(200, given), photo, "{given}");
        }
        for given in [
            "image/svg+xml",
            "IMAGE/SVG+XML",
            "image/svg+xml; charset=utf-8",
            "image/jpeg+xml",
            "image/",
            "image/*",
            "images/jpeg",
            "text/html",
            "text/html; image/jpeg",
            "",
        ] {
            assert_eq!(reply_to(200, given).1, "photo-unavailable", "{given}");
        }
        assert_eq!(reply_to(403, "image/jpeg").1, "photo-unavailable");
        assert_eq!(reply_to(0, "image/jpeg").1, "upstream-failed");
        assert_eq!(reply_to(503, "image/jpeg").1, "upstream-failed");
    }

    /// The response to a request without a token, as text.
    fn answer(variables: &[(&str, &str)], path: &str) -> (u16, String) {
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let arrival = Arrival {
            request: IncomingRequest {
                method: "GET".to_owned(),
                path: path.to_owned(),
                query: String::new(),
                headers: Vec::new(),
                body: Vec::new(),
            },
            body_read: false,
            host: "127.0.0.1:8787".to_owned(),
            fresh_id: "f".repeat(32),
        };
        match route(&variables, &arrival, Timestamp::from_unix_millis(0)).then {
            Then::Reply(reply) => (reply.status, reply.body),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn reads_how_long_to_wait() {
        for (prefer, seconds) in [
            ("wait=20", Some(20)),
            ("respond-async, wait=20", Some(20)),
            ("respond-async; WAIT = \"20\"", Some(20)),
            ("wait=61", Some(60)),
            ("wait=99999999999999999999999", Some(60)),
            ("wait=0", None),
            ("wait=-1", None),
            ("wait=+1", None),
            ("wait=1.5", None),
            ("wait=", None),
            ("wait", None),
            ("waiting=5", None),
            ("", None),
        ] {
            assert_eq!(preferred_wait(prefer), seconds, "{prefer}");
        }
    }

    #[test]
    fn reports_the_mode_and_no_secret_to_the_console() {
        let (status, body) = answer(&[("GATEWAY_MODE", "development")], "/console.json");
        let expected = json!({ "mode": "development", "sandbox": "http://127.0.0.1:8788", "signatureVersion": "1.0" });
        assert_eq!(
            (status, serde_json::from_str(&body).ok()),
            (200, Some(expected))
        );

        let production = [
            ("GATEWAY_SECRET", "0123456789abcdef0123456789abcdef"),
            (
                "GATEWAY_CALLERS",
                r#"[{"id":"a","tokenSha256":["0000000000000000000000000000000000000000000000000000000000000000"]}]"#,
            ),
            ("CLOUDAUTH_ENDPOINTS", "cloudauth.aliyuncs.com"),
            ("CLOUDAUTH_ACCESS_KEY_ID", "some-id"),
            ("CLOUDAUTH_ACCESS_KEY_SECRET", "some-secret"),
            ("CLOUDAUTH_SCENE_ID", "1000000006"),
            ("CLOUDAUTH_SIGNATURE_VERSION", "ACS3-HMAC-SHA256"),
        ];
        let (status, body) = answer(&production, "/console.json");
        let expected = json!({ "mode": "production", "sandbox": null, "signatureVersion": "ACS3-HMAC-SHA256" });
        assert_eq!(
            (status, serde_json::from_str(&body).ok()),
            (200, Some(expected))
        );

        let (status, body) = answer(&[], "/console.json");
        assert_eq!(status, 503);
        assert!(body.contains("not-configured"));
    }
}
