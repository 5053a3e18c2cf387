//! The callers' orders.

use crate::actions::validate::given_twice;
use crate::actions::{self, INIT_FACE_VERIFY, Value};
use crate::error::FieldError;
use crate::gateway::arrival::{Handled, HostAction, RequestContext};
use crate::gateway::body;
use crate::gateway::callers::{Access, Scope};
use crate::gateway::ledger::order::OrderStatus;
use crate::gateway::ledger::task::{Count, Create, Cursor, Filter, List, Read, Task};
use crate::gateway::problem::{Problem, ProblemKind};
use crate::gateway::query::Query;
use crate::gateway::settings::Settings;
use crate::http::header;
use crate::rpc_server::request::MAX_BODY;
use crate::text::Text;
use crate::timestamp::SHANGHAI_OFFSET_MINUTES;
use crate::vendor::values::{is_certify_id, is_outer_order_no};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

/// Maximum wait for `Prefer: wait`, in seconds.
const WAIT_MAX_SECONDS: i64 = 60;
const PAGE_SIZE_DEFAULT: u32 = 20;
const PAGE_SIZE: RangeInclusive<u32> = 1..=100;
const OFFSET_MINUTES: RangeInclusive<i64> = -840..=840;
const OFFSET_MEANING: Text = Text::new(
    "此值为当地时间相对 UTC 的偏移分钟数，东为正，北京时间为 480。",
    "It is the number of minutes by which local time is ahead of UTC, such as 480 in China.",
);

/// Starts a verification.
pub(in crate::gateway) fn create(
    context: &RequestContext<'_>,
    settings: &Settings,
    access: Access<'_>,
) -> Handled {
    access.require(Scope::Create)?;
    if let Some(read) = context.body(MAX_BODY)? {
        return Ok(read);
    }
    let request = &context.arrival.request;
    let mut wrong = Vec::new();
    let query = Query::read(&request.query, &["restartUnknown"], &mut wrong)?;
    let restart_unknown = query.flag("restartUnknown", &mut wrong).unwrap_or(false);
    let mut values = body::members(&request.headers, &request.body)?;
    keep_once(&mut values, &mut wrong);
    let scene_given = values.iter().any(|(name, _)| is_scene_id(name));
    if !scene_given {
        values.push(("sceneId".to_owned(), settings.scene_id.as_str().into()));
    }
    let rules = settings.options.validation(context.now);
    let checked = actions::validate(&INIT_FACE_VERIFY, values, &rules);
    let valid = match checked {
        Ok(valid) if wrong.is_empty() => valid,
        Ok(_) => return Err(Problem::fields(wrong)),
        Err(error) => {
            wrong.extend(error.fields);
            return Err(Problem::fields(wrong));
        }
    };
    Ok(HostAction::ledger(&Task::Create(Create::new(
        settings,
        context.reply_to(access.caller),
        &valid,
        scene_given,
        restart_unknown,
    ))))
}

/// Removes values that are `null`, which the actions treat as absent, and all but the first value of a
/// parameter. A duplicate member is an error, even if one of the two is `null`.
fn keep_once(values: &mut Vec<(String, Value<'_>)>, wrong: &mut Vec<FieldError>) {
    let (mut named, mut given) = (BTreeSet::new(), BTreeSet::new());
    values.retain(|(name, value)| {
        let Some(parameter) = INIT_FACE_VERIFY.parameter(name) else {
            return true;
        };
        if !named.insert(parameter.name) {
            wrong.push(given_twice(parameter));
        }
        *value != Value::Absent && given.insert(parameter.name)
    });
}

/// Lists the caller's orders.
pub(in crate::gateway) fn list(context: &RequestContext<'_>, access: Access<'_>) -> Handled {
    access.require(Scope::Read)?;
    let mut wrong = Vec::new();
    let names = ["limit", "cursor", "status", "from", "to", "search"];
    let query = Query::read(&context.arrival.request.query, &names, &mut wrong)?;
    let after = query.value("cursor").map(Cursor::read);
    let filter = filter(&query, &mut wrong);
    let search = query.value("search").map(str::to_owned);
    let limit = query.number("limit", &PAGE_SIZE, PAGE_SIZE_DEFAULT, None, &mut wrong);
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
    if search.as_deref().is_some_and(|text| !is_certify_id(text)) {
        wrong.push(FieldError::new(
            "search",
            "form",
            Text::new(
                "应为完整的商户订单号或 CertifyId。",
                "must be a complete order number or CertifyId.",
            ),
        ));
    }
    if !wrong.is_empty() {
        return Err(Problem::fields(wrong));
    }
    Ok(HostAction::ledger(&Task::List(List {
        reply_to: context.reply_to(access.caller),
        limit,
        after: after.flatten(),
        filter,
        search,
        rows_read: 0,
        found: Vec::new(),
    })))
}

/// Counts the caller's orders by day.
pub(in crate::gateway) fn count(context: &RequestContext<'_>, access: Access<'_>) -> Handled {
    access.require(Scope::Read)?;
    let mut wrong = Vec::new();
    let names = ["status", "from", "to", "offsetMinutes"];
    let query = Query::read(&context.arrival.request.query, &names, &mut wrong)?;
    let filter = filter(&query, &mut wrong);
    // Days are those of China by default.
    let offset_minutes = query.number(
        "offsetMinutes",
        &OFFSET_MINUTES,
        SHANGHAI_OFFSET_MINUTES,
        Some(&OFFSET_MEANING),
        &mut wrong,
    );
    if !wrong.is_empty() {
        return Err(Problem::fields(wrong));
    }
    Ok(HostAction::ledger(&Task::Count(Count {
        reply_to: context.reply_to(access.caller),
        filter,
        offset_minutes,
        after: None,
        days: BTreeMap::new(),
    })))
}

/// Parses the filter of a list or a count.
fn filter(query: &Query, wrong: &mut Vec<FieldError>) -> Filter {
    let status = query.value("status").map(OrderStatus::read);
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
    Filter {
        status: status.flatten(),
        from: query.moment("from", wrong),
        to: query.moment("to", wrong),
    }
}

/// Reads an order.
pub(in crate::gateway) fn read(
    context: &RequestContext<'_>,
    access: Access<'_>,
    no: &str,
) -> Handled {
    access.require(Scope::Read)?;
    if !is_outer_order_no(no) {
        return Err(Problem::new(ProblemKind::UnknownOrder));
    }
    let mut wrong = Vec::new();
    let query = Query::read(&context.arrival.request.query, &["material"], &mut wrong)?;
    let material = query.flag("material", &mut wrong);
    if !wrong.is_empty() {
        return Err(Problem::fields(wrong));
    }
    if material == Some(true) {
        access.require(Scope::ReadMaterial)?;
    }
    let headers = &context.arrival.request.headers;
    let wait = header(headers, "prefer").and_then(preferred_wait);
    Ok(HostAction::ledger(&Task::Read(Read {
        caller: access.caller.id.clone(),
        reply_to: Some(context.reply_to(access.caller)),
        no: no.to_owned(),
        material: material.unwrap_or(true) && access.may(Scope::ReadMaterial),
        wait_until: wait.map(|seconds| {
            context
                .now
                .plus_millis(seconds.saturating_mul(1_000))
                .unix_millis()
        }),
        if_none_match: header(headers, "if-none-match").map(|tag| tag.trim().to_owned()),
        ..Read::default()
    })))
}

/// Reads the photo of an order.
pub(in crate::gateway) fn photo(
    context: &RequestContext<'_>,
    access: Access<'_>,
    no: &str,
) -> Handled {
    access.require(Scope::ReadMaterial)?;
    if !is_outer_order_no(no) {
        return Err(Problem::new(ProblemKind::UnknownOrder));
    }
    Ok(HostAction::ledger(&Task::Read(Read {
        caller: access.caller.id.clone(),
        reply_to: Some(context.reply_to(access.caller)),
        no: no.to_owned(),
        material: true,
        photo: true,
        ..Read::default()
    })))
}

fn is_scene_id(name: &str) -> bool {
    INIT_FACE_VERIFY
        .parameter(name)
        .is_some_and(|parameter| parameter.name == "SceneId")
}

/// The seconds of `wait=N` in a `Prefer` header (RFC 7240 §4.3). A number that overflows counts as the
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
