//! Starts a verification: one InitFaceVerify per order.

use super::alarm_work::Work;
use super::answer::{Answered, Started, TaskResult};
use super::commit::{Context, LedgerStep, Next, Writes};
use super::order::{Order, OrderStatus, Start, millis_left, over_at, refusal};
use super::retention;
use super::rows::{
    ALARM, CALLER, ENDPOINTS, Interrupt, RETENTION, Rows, certify_key, listed_key, order_key,
    starts_key, user_key,
};
use super::task::{Create, Purpose, Read, Task};
use super::upstream::{self, Ended, Place};
use crate::actions::ValidRequest;
use crate::client::response::InitResult;
use crate::error::{Audience, Error, Execution, FieldError, Kind};
use crate::gateway::derived::derive;
use crate::gateway::problem::{Problem, ProblemKind};
use crate::gateway::reply_target::ReplyTarget;
use crate::gateway::settings::Settings;
use crate::json::Json;
use crate::signing::canonical::canonicalized_query;
use crate::text::Text;
use crate::timestamp::{MILLIS_PER_DAY, Timestamp};

/// How long a request waits for another request that is starting the same order.
const WAIT_MILLIS: i64 = 10_000;
/// Time in addition to the call's time limit: for waiting for its turn, and for committing the
/// outcome.
const CALL_MARGIN_MILLIS: i64 = 15_000;
/// Alibaba Cloud's Code if the verification of a given CertifyId has not passed.
const NOT_PASSED: &str = "423";

impl Create {
    /// Creates the task that starts an order, from a validated request. `scene_given` states whether the
    /// request itself named the scene.
    pub fn new(
        settings: &Settings,
        reply_to: ReplyTarget,
        valid: &ValidRequest<'_>,
        scene_given: bool,
        restart_unknown: bool,
    ) -> Self {
        let keyed = |purpose, text: &str| hex::encode(derive(&settings.secret, purpose, text));
        let parameters: Vec<(String, String)> = valid
            .parameters()
            .map(|(parameter, value)| (parameter.name.to_owned(), value.to_owned()))
            .collect();
        let hashed: Vec<_> = parameters
            .iter()
            .filter(|(name, _)| name != "SceneId")
            .cloned()
            .collect();
        Self {
            no: valid.value("OuterOrderNo").unwrap_or_default().to_owned(),
            scene_id: valid.value("SceneId").unwrap_or_default().to_owned(),
            input: keyed("input", &canonicalized_query(&hashed)),
            scene_given,
            // The same user, whatever white space a caller puts around the id that is sent.
            user: valid
                .value("UserId")
                .map(str::trim)
                .filter(|user| !user.is_empty())
                .map(|user| keyed("user-id", user)),
            notices: valid.notices().iter().map(Json::of).collect(),
            parameters,
            reply_to,
            restart_unknown,
            waiting_since: None,
            counted_at: None,
        }
    }

    /// The CertifyId of an earlier verification whose photo is compared, if it is given.
    fn earlier(&self) -> Option<&str> {
        let mut given = self.parameters.iter();
        let (_, certify_id) = given.find(|(name, _)| name == "CertifyId")?;
        Some(certify_id)
    }

    fn problem(&self, writes: Writes, problem: Problem) -> LedgerStep {
        writes.then(Answered::to(&self.reply_to, problem).into())
    }
}

pub(super) fn begin(
    settings: &Settings,
    create: Create,
    rows: &Rows,
    context: &Context,
) -> Result<LedgerStep, Interrupt> {
    let mut writes = Writes::default();
    let key = order_key(&create.no);
    // The rows that a start needs, loaded together.
    let counted = limits(settings, &create, context.now).map(|(_, key, _)| key);
    let others = [
        key.clone(),
        CALLER.to_owned(),
        RETENTION.to_owned(),
        ALARM.to_owned(),
        ENDPOINTS.to_owned(),
    ];
    rows.expect(others.into_iter().chain(counted))?;
    let Some(mut order) = rows.get::<Order>(&key)? else {
        return start(settings, create, None, writes, rows, context);
    };
    writes.give_up_if_lost(&create.no, &mut order, context);
    let same_scene = !create.scene_given || order.scene_id == create.scene_id;
    let same_input = same_scene && order.input == create.input;
    match &order.start {
        Start::Refused {
            at,
            code,
            request_id,
        } => {
            // A request that waited for this outcome receives it without calling Alibaba Cloud
            // again.
            let waited = create.waiting_since.is_some_and(|since| *at >= since);
            match refusal(code, request_id.clone()) {
                Some(error) if waited && same_input => {
                    Ok(create.problem(writes, start_refused(settings, &create, &order, &error)))
                }
                _ => start(settings, create, None, writes, rows, context),
            }
        }
        _ if !same_input => Ok(create.problem(writes, Problem::new(ProblemKind::OrderConflict))),
        Start::Inflight { .. } => Ok(wait(create, writes, context.now)),
        // A request that waited for another one has not agreed to repeat a start whose outcome is
        // unknown.
        Start::Unknown if create.restart_unknown && create.waiting_since.is_none() => {
            start(settings, create, Some(order), writes, rows, context)
        }
        Start::Unknown => {
            Ok(create.problem(writes, Problem::new(ProblemKind::StartOutcomeUnknown)))
        }
        Start::Done { .. } => Ok(writes.then(started(&create, &order, true))),
    }
}

fn started(create: &Create, order: &Order, repeated: bool) -> Next {
    let Start::Done {
        certify_id,
        certify_url,
        at,
        ..
    } = &order.start
    else {
        let problem = Problem::new(ProblemKind::InternalError).execution_unknown();
        return Answered::to(&create.reply_to, problem).into();
    };
    let started = Started {
        no: create.no.clone(),
        certify_id: certify_id.clone(),
        certify_url: certify_url.clone(),
        created: order.created,
        at: *at,
        notices: create.notices.clone(),
        repeated,
    };
    Answered::to(&create.reply_to, TaskResult::Started(Box::new(started))).into()
}

/// Whether this CertifyId belongs to an order of the caller that has passed, or whose verdict is not known yet:
/// Alibaba Cloud refuses a comparison with a verification that has not passed.
fn can_be_compared_with(certify_id: &str, rows: &Rows) -> Result<bool, Interrupt> {
    let Some(no) = rows.get::<String>(&certify_key(certify_id))? else {
        return Ok(false);
    };
    let order = rows.get::<Order>(&order_key(&no))?;
    let status = order.and_then(|order| order.status());
    Ok(matches!(
        status,
        Some(OrderStatus::Passed | OrderStatus::Pending)
    ))
}

fn wait(mut create: Create, writes: Writes, now: Timestamp) -> LedgerStep {
    let since = *create.waiting_since.get_or_insert(now.unix_millis());
    let until = since.saturating_add(WAIT_MILLIS);
    let left = millis_left(until, WAIT_MILLIS, now.unix_millis());
    if left == 0 {
        return create.problem(
            writes,
            Problem::new(ProblemKind::OrderBeingStarted).retry_after(1),
        );
    }
    writes.then(Next::Wait {
        millis: left,
        on: Some(create.no.clone()),
        until_disconnect: false,
        then: Task::Create(create),
    })
}

/// Marks the order as being started, then calls Alibaba Cloud. `known` is the order's row if it is
/// being started again.
fn start(
    settings: &Settings,
    mut create: Create,
    known: Option<Order>,
    mut writes: Writes,
    rows: &Rows,
    context: &Context,
) -> Result<LedgerStep, Interrupt> {
    if let Some(earlier) = create.earlier()
        && !can_be_compared_with(earlier, rows)?
    {
        // Alibaba Cloud would compare with the photo of another caller's verification.
        let problem = refusal(NOT_PASSED, None).map(|error| Problem::upstream(&error));
        let problem = problem.unwrap_or_else(|| Problem::new(ProblemKind::InternalError));
        return Ok(create.problem(Writes::default(), problem));
    }
    let is_new = known.is_none();
    if let Some(problem) = count(settings, &create, is_new, &mut writes, rows, context.now)? {
        // An earlier call may have started a known order.
        let problem = if is_new {
            problem
        } else {
            problem.execution_unknown()
        };
        return Ok(create.problem(Writes::default(), problem));
    }
    let now = context.now.unix_millis();
    create.counted_at = Some(now);
    let call_id = context.call_id();
    let order = Order {
        restarted: (!is_new).then_some(now),
        created: known.map_or(now, |order| order.created),
        scene_id: create.scene_id.clone(),
        input: create.input.clone(),
        start: Start::Inflight {
            call_id: call_id.clone(),
            instance: context.instance.clone(),
            until: now
                .saturating_add(settings.options.total_timeout_millis)
                .saturating_add(CALL_MARGIN_MILLIS),
        },
        given_up: None,
        query_pace: None,
        verdict: None,
        delivery: None,
    };
    writes.put_order(&create.no, &order);
    let caller: Option<String> = writes.readable(rows.get(CALLER))?.flatten();
    if caller.is_none() {
        writes.put(CALLER.to_owned(), &create.reply_to.caller);
    }
    if is_new {
        let expires = now.saturating_add(settings.retention_millis);
        let work = Work::Expire(&create.no);
        writes.schedule_and_set_alarm(rows, context.now, expires, work)?;
        retention::note(settings, rows, &mut writes)?;
    }
    upstream::begin(
        settings,
        Purpose::Start { create, call_id },
        writes,
        rows,
        context,
    )
}

/// Counts a start against the caller's limits, or returns the limit that has been reached. A start
/// without a user would escape the limit of each user, so a new order has one; a known one is repeated
/// with the parameters that it has.
fn count(
    settings: &Settings,
    create: &Create,
    is_new: bool,
    writes: &mut Writes,
    rows: &Rows,
    now: Timestamp,
) -> Result<Option<Problem>, Interrupt> {
    let caller = settings.caller(&create.reply_to.caller);
    let limit_of_users = caller.and_then(|caller| caller.max_starts_per_user_per_day);
    if is_new && limit_of_users.is_some() && create.user.is_none() {
        return Ok(Some(Problem::fields(vec![FieldError::new(
            "userId",
            "mandatory",
            Text::new(
                "必填：网关限制每个用户每天的发起次数（maxStartsPerUserPerDay）。",
                "is mandatory: the gateway limits the starts of each user per day (maxStartsPerUserPerDay).",
            ),
        )])));
    }
    for (limit, key, kind) in limits(settings, create, now) {
        let counted: Option<u32> = rows.get(&key)?;
        let started = counted.unwrap_or(0);
        if started >= limit {
            let left = now
                .millis_to_shanghai_midnight()
                .div_euclid(1_000)
                .saturating_add(1);
            return Ok(Some(Problem::new(kind).retry_after(left)));
        }
        if counted.is_none() {
            let gone = now.unix_millis().saturating_add(2 * MILLIS_PER_DAY);
            writes.schedule_and_set_alarm(rows, now, gone, Work::Drop(&key))?;
        }
        writes.put(key, &started.saturating_add(1));
    }
    Ok(None)
}

/// Reverts [`count`] for a start that was not sent.
fn take_back(
    settings: &Settings,
    create: &Create,
    writes: &mut Writes,
    rows: &Rows,
) -> Result<(), Interrupt> {
    // The counters are those of the day on which the start was counted.
    let Some(counted_at) = create.counted_at else {
        return Ok(());
    };
    for (_, key, _) in limits(settings, create, Timestamp::from_unix_millis(counted_at)) {
        if let Some(started) = rows.get::<u32>(&key)? {
            writes.put(key, &started.saturating_sub(1));
        }
    }
    Ok(())
}

/// The limits of a start, each with its counter row and the problem to report if it is reached.
fn limits(
    settings: &Settings,
    create: &Create,
    now: Timestamp,
) -> impl Iterator<Item = (u32, String, ProblemKind)> {
    let caller = settings.caller(&create.reply_to.caller);
    let of_caller = caller.and_then(|caller| {
        let limit = caller.max_starts_per_day?;
        Some((limit, starts_key(now), ProblemKind::DailyLimit))
    });
    let of_user = caller.and_then(|caller| {
        let limit = caller.max_starts_per_user_per_day?;
        Some((
            limit,
            user_key(now, create.user.as_deref()?),
            ProblemKind::UserDailyLimit,
        ))
    });
    of_caller.into_iter().chain(of_user)
}

/// The order, if this call is still the one that starts it. Otherwise the start was given up and
/// repeated.
pub(super) fn order_awaiting_call(
    create: &Create,
    call_id: &str,
    rows: &Rows,
) -> Result<Option<Order>, Interrupt> {
    let order = rows.get::<Order>(&order_key(&create.no))?;
    Ok(order.filter(|order| order.awaits_call(call_id)))
}

/// The end of a call that no longer starts its order: it sends nothing more, and its CertifyId is
/// not issued.
pub(super) fn too_late(create: &Create) -> LedgerStep {
    let problem = Problem::new(ProblemKind::StartOutcomeUnknown);
    let answered = Answered::to(&create.reply_to, problem);
    Writes::default().then(answered.logged_as("outcome-too-late").into())
}

/// What a failed start means for its order.
enum AfterFailure {
    /// Alibaba Cloud may have started it.
    Unknown,
    /// Nothing was sent.
    Free,
    /// Alibaba Cloud provably did not start it, for this reason.
    Refused(Start),
}

pub(super) fn settle(
    settings: &Settings,
    create: &Create,
    call_id: &str,
    ended: Ended<InitResult>,
    place: Place,
    rows: &Rows,
    context: &Context,
) -> Result<LedgerStep, Interrupt> {
    let mut writes = Writes::default();
    let key = order_key(&create.no);
    if let Ended::Answered(result) = &ended {
        let certified = certify_key(&result.certify_id);
        rows.expect([key.clone(), certified, ALARM.to_owned()])?;
    }
    let Some(mut order) = order_awaiting_call(create, call_id, rows)? else {
        return Ok(too_late(create));
    };
    writes.wake.push(create.no.clone());
    let first = matches!(order.start, Start::Inflight { .. }) && order.restarted.is_none();
    order.given_up = None;
    let (after, problem) = match ended {
        Ended::Answered(result) => {
            return done(settings, create, order, result, place, rows, context);
        }
        Ended::Crowded => {
            take_back(settings, create, &mut writes, rows)?;
            let problem = Problem::new(ProblemKind::UpstreamThrottled).retry_after(2);
            (AfterFailure::Free, problem)
        }
        Ended::Failed(error) if error.execution == Execution::None => {
            if error.http_status.is_none() {
                take_back(settings, create, &mut writes, rows)?;
            }
            let refused = Start::Refused {
                at: context.now.unix_millis(),
                code: error.code.clone(),
                request_id: error.request_id.clone(),
            };
            (
                AfterFailure::Refused(refused),
                start_refused(settings, create, &order, &error),
            )
        }
        Ended::Failed(error) => (
            AfterFailure::Unknown,
            Problem::new(ProblemKind::StartOutcomeUnknown).because_of(&error),
        ),
    };
    let (start, problem) = match after {
        AfterFailure::Refused(refused) if first => (refused, problem),
        AfterFailure::Free if first => {
            writes.delete(listed_key(order.created, &create.no));
            writes.delete(key);
            return Ok(create.problem(writes, problem));
        }
        // An earlier call may have started the order, even if this one did not.
        _ => (Start::Unknown, problem.execution_unknown()),
    };
    order.start = start;
    writes.put_order(&create.no, &order);
    Ok(create.problem(writes, problem))
}

/// Alibaba Cloud's refusal of a start. A scene that the request names, unlike that of the settings,
/// concerns its developer; a callback URL that the gateway has added may concern its operator.
fn start_refused(settings: &Settings, create: &Create, order: &Order, error: &Error) -> Problem {
    let changed = |audience, message| {
        Problem::upstream(&Error {
            audience,
            message,
            ..error.clone()
        })
    };
    match (error.kind, error.code.as_str()) {
        (Kind::Vendor, "404") if order.scene_id != settings.scene_id => changed(
            Audience::Developer,
            Text::new(
                "阿里云没有请求中 sceneId 对应的认证场景：请改正 sceneId，或不传 sceneId 以使用网关设置的场景。",
                "Alibaba Cloud does not have the scene that the request names: correct sceneId, or omit it to use the gateway's scene.",
            ),
        ),
        (Kind::Vendor, "401") if upstream::added_callback(settings, create).is_some() => changed(
            Audience::Developer,
            Text::new(
                "参数不合法，也可能是网关的 GATEWAY_PUBLIC_URL 无法访问，请网关运维检查；若其他订单可以发起，请核对姓名、证件号码等参数。",
                "A parameter is invalid, or GATEWAY_PUBLIC_URL may not be reachable: the gateway's operator must check it. If other orders can be started, check the parameters, such as name and identity number.",
            ),
        )
        .with_setting(FieldError::new(
            "GATEWAY_PUBLIC_URL",
            "unreachable",
            Text::new(
                "可能无法访问：阿里云在发起认证时会测试回调地址。",
                "may not be reachable: Alibaba Cloud tests the callback URL at each start.",
            ),
        )),
        _ => Problem::upstream(error),
    }
}

fn done(
    settings: &Settings,
    create: &Create,
    mut order: Order,
    result: InitResult,
    place: Place,
    rows: &Rows,
    context: &Context,
) -> Result<LedgerStep, Interrupt> {
    let mut writes = Writes::default();
    writes.wake.push(create.no.clone());
    let certified = certify_key(&result.certify_id);
    let known: Option<String> = rows.get(&certified)?;
    let read = Purpose::Read(Read {
        scene_id: order.scene_id.clone(),
        certify_id: result.certify_id.clone(),
        ..Read::default()
    });
    let unusable = if known.is_some_and(|no| no != create.no) {
        // If two orders had the same CertifyId, one of them would receive the other's verdict.
        Some("certify-id-of-another-order")
    } else if read.request(settings, context.now).is_err() {
        // The verdict could never be queried.
        Some("certify-id-malformed")
    } else {
        None
    };
    if let Some(outcome) = unusable {
        order.start = Start::Unknown;
        writes.put_order(&create.no, &order);
        let problem = Problem::new(ProblemKind::StartOutcomeUnknown);
        let answered = Answered::to(&create.reply_to, problem).logged_as(outcome);
        return Ok(writes.then(answered.into()));
    }
    order.start = Start::Done {
        certify_id: result.certify_id,
        certify_url: result.certify_url,
        at: place.vendor_now.unix_millis(),
        issued_by: place.endpoint,
        request_id: result.request_id,
    };
    writes.put_order(&create.no, &order);
    writes.put(certified, &create.no);
    let over = over_at(context.now.unix_millis(), settings.certify_id_valid_millis);
    writes.schedule_and_set_alarm(rows, context.now, over, Work::Check(&create.no))?;
    Ok(writes.then(started(create, &order, false)))
}
