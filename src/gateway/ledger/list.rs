//! Lists the caller's orders by page, newest first, and counts them by day.

use super::order::{Order, Standing};
use super::rows::{Range, Rows, Stop, certify_key, listed_key, order_key};
use super::{Asker, Next, Step, Task, Writes, answer};
use crate::gateway::settings::Settings;
use crate::json::de::from_json;
use crate::timestamp::{Date, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Index rows read in one act at most.
const ACT_MAX: u32 = 5_000;
/// Index rows read for one page at most: a rare status is found over several pages.
const PAGE_LOOKS_MAX: u32 = 50_000;
const MILLIS_PER_MINUTE: i64 = 60_000;

/// Which orders are meant.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Filter {
    /// Only orders that stand so.
    pub status: Option<Standing>,
    /// Only orders created then or later, in milliseconds.
    pub from: Option<i64>,
    /// Only orders created before then, in milliseconds.
    pub to: Option<i64>,
}

impl Filter {
    fn takes(&self, standing: Standing) -> bool {
        self.status.is_none_or(|wanted| wanted == standing)
    }

    fn takes_order(&self, order: &Order) -> bool {
        order
            .standing()
            .is_some_and(|standing| self.takes(standing))
            && self.from.is_none_or(|from| order.created >= from)
            && self.to.is_none_or(|to| order.created < to)
    }

    /// The index rows of its time, newest first, from behind `after` on.
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

/// A page to give.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct List {
    /// Who asked.
    pub asker: Asker,
    /// Orders on a page at most.
    pub limit: u32,
    /// Which orders.
    pub filter: Filter,
    /// Only the order with this OuterOrderNo or CertifyId.
    pub search: Option<String>,
    /// The last order looked at.
    pub after: Option<Cursor>,
    /// Index rows looked at so far.
    #[serde(default)]
    pub looked_at: u32,
    /// Orders found so far.
    #[serde(default)]
    pub found: Vec<Cursor>,
}

/// Orders to count.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Count {
    /// Who asked.
    pub asker: Asker,
    /// Which orders.
    pub filter: Filter,
    /// By how many minutes the asker's days begin before those of UTC.
    pub offset_minutes: i64,
    /// The last order looked at.
    #[serde(default)]
    pub after: Option<Cursor>,
    /// What has been counted so far, by `yyyy-MM-dd`.
    #[serde(default)]
    pub days: BTreeMap<String, Day>,
}

/// Orders created on one day, by where they stand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// [`Standing::Starting`]
    pub starting: u32,
    /// [`Standing::Unknown`]
    pub unknown: u32,
    /// [`Standing::Pending`]
    pub pending: u32,
    /// [`Standing::Passed`]
    pub passed: u32,
    /// [`Standing::Rejected`]
    pub rejected: u32,
    /// [`Standing::Expired`]
    pub expired: u32,
}

impl Day {
    const fn add(&mut self, standing: Standing) {
        let count = match standing {
            Standing::Starting => &mut self.starting,
            Standing::Unknown => &mut self.unknown,
            Standing::Pending => &mut self.pending,
            Standing::Passed => &mut self.passed,
            Standing::Rejected => &mut self.rejected,
            Standing::Expired => &mut self.expired,
        };
        *count = count.saturating_add(1);
    }
}

/// A place in the list: an order's age and number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// When it was created, in milliseconds.
    pub created: i64,
    /// OuterOrderNo.
    pub no: String,
}

impl Cursor {
    /// As it stands in an address; callers pass it back as it is.
    pub fn text(&self) -> String {
        format!("{}-{}", self.created, self.no)
    }

    /// The reverse of [`Cursor::text`].
    pub fn read(text: &str) -> Option<Self> {
        let (created, no) = text.split_once('-')?;
        let created = created.parse().ok().filter(|created| *created >= 0)?;
        let whole = no.len() == 32 && no.bytes().all(|byte| byte.is_ascii_alphanumeric());
        whole.then(|| Self {
            created,
            no: no.to_owned(),
        })
    }

    fn of_key(key: &str) -> Option<Self> {
        let mut parts = key.split('/').skip(1);
        Some(Self {
            created: parts.next()?.parse().ok()?,
            no: parts.next()?.to_owned(),
        })
    }
}

pub(super) fn page(settings: &Settings, list: List, rows: &Rows) -> Result<Step, Stop> {
    match list.search.clone() {
        Some(text) => search(settings, &list, &text, rows),
        None => go_on(settings, list, rows),
    }
}

/// The one order that has this OuterOrderNo or CertifyId.
fn search(settings: &Settings, list: &List, text: &str, rows: &Rows) -> Result<Step, Stop> {
    rows.expect([order_key(text), certify_key(text)])?;
    let certified: Option<String> = rows.get(&certify_key(text))?;
    let mut orders = Vec::new();
    for no in [Some(text.to_owned()), certified].into_iter().flatten() {
        let order = rows.get::<Order>(&order_key(&no))?;
        orders.extend(
            order
                .filter(|order| list.filter.takes_order(order))
                .map(|order| (no, order)),
        );
    }
    let reply = answer::page(settings, &list.asker, &orders, None);
    Ok(Writes::default().then(Next::reply(reply)))
}

fn go_on(settings: &Settings, mut list: List, rows: &Rows) -> Result<Step, Stop> {
    let mut writes = Writes::default();
    let limit = usize::try_from(list.limit).unwrap_or(usize::MAX);
    let wanted = if list.filter.status.is_some() {
        ACT_MAX
    } else {
        list.limit.saturating_add(1)
    };
    let index = rows.range(list.filter.range(list.after.as_ref(), wanted))?;
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
        // A row that cannot be read keeps nobody from the others.
        let standing = writes.readable(standing(key, value))?;
        if standing.is_some_and(|standing| list.filter.takes(standing)) {
            list.found.push(cursor.clone());
        }
        list.after = Some(cursor);
    }
    list.looked_at = list.looked_at.saturating_add(read);
    if more && list.found.len() < limit && list.looked_at < PAGE_LOOKS_MAX {
        return Ok(writes.then(Next::Again {
            then: Task::List(list),
        }));
    }
    rows.expect(list.found.iter().map(|cursor| order_key(&cursor.no)))?;
    let mut orders = Vec::new();
    for cursor in &list.found {
        let order = writes.readable(rows.get::<Order>(&order_key(&cursor.no)))?;
        // Between two acts an order may have come to stand elsewhere, or may be gone.
        let order = order
            .flatten()
            .filter(|order| list.filter.takes_order(order));
        orders.extend(order.map(|order| (cursor.no.clone(), order)));
    }
    let next = list.after.as_ref().filter(|_| more);
    let reply = answer::page(settings, &list.asker, &orders, next);
    Ok(writes.then(Next::reply(reply)))
}

pub(super) fn count(mut count: Count, rows: &Rows) -> Result<Step, Stop> {
    let mut writes = Writes::default();
    let index = rows.range(count.filter.range(count.after.as_ref(), ACT_MAX))?;
    for (key, value) in index {
        let Some(cursor) = Cursor::of_key(key) else {
            continue;
        };
        let standing = writes.readable(standing(key, value))?;
        if let Some(standing) = standing.filter(|standing| count.filter.takes(*standing)) {
            let offset = count.offset_minutes.saturating_mul(MILLIS_PER_MINUTE);
            let local = Timestamp::from_unix_millis(cursor.created.saturating_add(offset));
            let day = count.days.entry(Date::of_utc(local).to_string());
            day.or_default().add(standing);
        }
        count.after = Some(cursor);
    }
    let all_read = index.len() < usize::try_from(ACT_MAX).unwrap_or(usize::MAX);
    let next = if all_read {
        Next::reply(answer::counts(&count.asker, &count.days))
    } else {
        Next::Again {
            then: Task::Count(count),
        }
    };
    Ok(writes.then(next))
}

fn standing(key: &str, value: &str) -> Result<Standing, Stop> {
    from_json(value).map_err(|_| Stop::Unreadable(key.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_read_back() {
        let cursor = Cursor {
            created: 1_795_000_000_000,
            no: "e0c34a77f5ac40a5aa5e6ed20c353888".to_owned(),
        };
        assert_eq!(Cursor::read(&cursor.text()), Some(cursor.clone()));
        assert_eq!(
            Cursor::of_key(&listed_key(cursor.created, &cursor.no)),
            Some(cursor)
        );
        for wrong in [
            "",
            "-",
            "1-x",
            "x-e0c34a77f5ac40a5aa5e6ed20c353888",
            "-1-e0c34a77f5ac40a5aa5e6ed20c353888",
        ] {
            assert_eq!(Cursor::read(wrong), None, "{wrong}");
        }
    }
}
