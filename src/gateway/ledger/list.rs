//! Lists the caller's orders by page, newest first, and counts them by day.

use super::answer::{Answered, Page, TaskResult};
use super::commit::{Context, LedgerStep, Next, Writes};
use super::order::{Order, OrderStatus};
use super::rows::{Interrupt, Range, Rows, certify_key, listed_key, order_key};
use super::task::{Count, Cursor, Day, Filter, List, Task};
use crate::json::de::from_json;
use crate::timestamp::{Date, Timestamp};

/// Maximum number of index rows read in one commit.
const ROWS_PER_COMMIT_MAX: u32 = 5_000;
/// Maximum number of index rows read for one page. Orders with a rare status may spread over
/// several pages.
const ROWS_PER_PAGE_MAX: u32 = 50_000;
const MILLIS_PER_MINUTE: i64 = 60_000;

impl Filter {
    fn takes(&self, order_status: OrderStatus) -> bool {
        self.status.is_none_or(|wanted| wanted == order_status)
    }

    fn takes_order(&self, order: &Order) -> bool {
        order
            .status()
            .is_some_and(|order_status| self.takes(order_status))
            && self.from.is_none_or(|from| order.created >= from)
            && self.to.is_none_or(|to| order.created < to)
    }

    /// The index rows in the filter's period, newest first, starting after `after`.
    fn range(&self, after: Option<&Cursor>, limit: u32) -> Range {
        let from = self
            .from
            .map_or_else(|| "listed/".to_owned(), |from| listed_key(from, ""));
        let to = self
            .to
            .map_or_else(|| "listed0".to_owned(), |to| listed_key(to, ""));
        let behind = after.map(|cursor| listed_key(cursor.created, &cursor.no));
        let to = behind.map_or(to.clone(), |behind| behind.min(to));
        Range {
            to: to.max(from.clone()),
            from,
            limit,
            reverse: true,
        }
    }
}

impl Day {
    const fn add(&mut self, order_status: OrderStatus) {
        let count = match order_status {
            OrderStatus::Starting => &mut self.starting,
            OrderStatus::Unknown => &mut self.unknown,
            OrderStatus::Pending => &mut self.pending,
            OrderStatus::Passed => &mut self.passed,
            OrderStatus::Rejected => &mut self.rejected,
            OrderStatus::Expired => &mut self.expired,
        };
        *count = count.saturating_add(1);
    }
}

pub(super) fn page(list: List, rows: &Rows, context: &Context) -> Result<LedgerStep, Interrupt> {
    match list.search.clone() {
        Some(text) => search(&list, &text, rows, context),
        None => go_on(list, rows, context),
    }
}

/// Finds the order with this OuterOrderNo or CertifyId.
fn search(
    list: &List,
    text: &str,
    rows: &Rows,
    context: &Context,
) -> Result<LedgerStep, Interrupt> {
    rows.expect([order_key(text), certify_key(text)])?;
    let certified: Option<String> = rows.get(&certify_key(text))?;
    let mut writes = Writes::default();
    let mut orders = Vec::new();
    for no in [Some(text.to_owned()), certified].into_iter().flatten() {
        let Some(mut order) = rows.get::<Order>(&order_key(&no))? else {
            continue;
        };
        writes.give_up_if_lost(&no, &mut order, context);
        if list.filter.takes_order(&order) {
            orders.push((no, order));
        }
    }
    let page = Page { orders, next: None };
    Ok(writes.then(Answered::to(&list.reply_to, TaskResult::Page(page)).into()))
}

fn go_on(mut list: List, rows: &Rows, context: &Context) -> Result<LedgerStep, Interrupt> {
    let mut writes = Writes::default();
    let limit = usize::try_from(list.limit).unwrap_or(usize::MAX);
    let wanted = if list.filter.status.is_some() {
        ROWS_PER_COMMIT_MAX
    } else {
        list.limit.saturating_add(1)
    };
    let index = rows.range(list.filter.range(list.after.as_ref(), wanted))?;
    if give_up_lost(index, &mut writes, rows, context)? {
        return Ok(writes.then(Next::Again {
            then: Task::List(list),
        }));
    }
    let read = u32::try_from(index.len()).unwrap_or(u32::MAX);
    let mut more = read >= wanted;
    for (key, value) in index {
        if list.found.len() >= limit {
            more = true;
            break;
        }
        let Some(cursor) = Cursor::of_key(key) else {
            continue;
        };
        // An unreadable row does not hide the others.
        let order_status = writes.readable(order_status(key, value))?;
        if order_status.is_some_and(|order_status| list.filter.takes(order_status)) {
            list.found.push(cursor.clone());
        }
        list.after = Some(cursor);
    }
    list.rows_read = list.rows_read.saturating_add(read);
    if more && list.found.len() < limit && list.rows_read < ROWS_PER_PAGE_MAX {
        return Ok(writes.then(Next::Again {
            then: Task::List(list),
        }));
    }
    rows.expect(list.found.iter().map(|cursor| order_key(&cursor.no)))?;
    let mut orders = Vec::new();
    for cursor in &list.found {
        let order = writes.readable(rows.get::<Order>(&order_key(&cursor.no)))?;
        // Between two commits, the order may have moved in the list or been deleted.
        let order = order
            .flatten()
            .filter(|order| list.filter.takes_order(order));
        orders.extend(order.map(|order| (cursor.no.clone(), order)));
    }
    let next = list.after.filter(|_| more);
    Ok(writes.then(Answered::to(&list.reply_to, TaskResult::Page(Page { orders, next })).into()))
}

pub(super) fn count(
    mut count: Count,
    rows: &Rows,
    context: &Context,
) -> Result<LedgerStep, Interrupt> {
    let mut writes = Writes::default();
    let index = rows.range(
        count
            .filter
            .range(count.after.as_ref(), ROWS_PER_COMMIT_MAX),
    )?;
    if give_up_lost(index, &mut writes, rows, context)? {
        return Ok(writes.then(Next::Again {
            then: Task::Count(count),
        }));
    }
    for (key, value) in index {
        let Some(cursor) = Cursor::of_key(key) else {
            continue;
        };
        let order_status = writes.readable(order_status(key, value))?;
        if let Some(order_status) =
            order_status.filter(|order_status| count.filter.takes(*order_status))
        {
            let offset = count.offset_minutes.saturating_mul(MILLIS_PER_MINUTE);
            let local = Timestamp::from_unix_millis(cursor.created.saturating_add(offset));
            let day = count.days.entry(Date::of_utc(local).to_string());
            day.or_default().add(order_status);
        }
        count.after = Some(cursor);
    }
    let all_read = index.len() < usize::try_from(ROWS_PER_COMMIT_MAX).unwrap_or(usize::MAX);
    let next = if all_read {
        Answered::to(&count.reply_to, TaskResult::Days(count.days)).into()
    } else {
        Next::Again {
            then: Task::Count(count),
        }
    };
    Ok(writes.then(next))
}

/// Gives up the starts in these index rows that a crash has interrupted, because no alarm does. Returns whether there
/// were any: the index rows are then outdated.
fn give_up_lost(
    index: &[(String, String)],
    writes: &mut Writes,
    rows: &Rows,
    context: &Context,
) -> Result<bool, Interrupt> {
    let starting: Vec<String> = index
        .iter()
        .filter(|(key, value)| matches!(order_status(key, value), Ok(OrderStatus::Starting)))
        .filter_map(|(key, _)| Cursor::of_key(key))
        .map(|cursor| cursor.no)
        .collect();
    rows.expect(starting.iter().map(|no| order_key(no)))?;
    let mut any = false;
    for no in &starting {
        if let Ok(Some(mut order)) = rows.get::<Order>(&order_key(no)) {
            any |= writes.give_up_if_lost(no, &mut order, context);
        }
    }
    Ok(any)
}

fn order_status(key: &str, value: &str) -> Result<OrderStatus, Interrupt> {
    from_json(value).map_err(|_| Interrupt::Unreadable(key.to_owned()))
}
