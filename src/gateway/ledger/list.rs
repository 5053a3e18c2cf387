//! Lists the caller's orders by page, newest first.

use super::order::{Order, Standing};
use super::rows::{Range, Rows, Stop, listed_key, order_key};
use super::{Asker, Context, Next, Step, Writes, answer};
use crate::gateway::settings::Settings;
use serde::{Deserialize, Serialize};

/// The most index rows read for one page: orders with a rare status may spread over several pages.
const LOOKED_AT_MAX: u32 = 200;

/// A page to return.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct List {
    /// Who asked.
    pub asker: Asker,
    /// The most orders on a page.
    pub limit: u32,
    /// The last order of the previous page.
    pub after: Option<Cursor>,
    /// Only orders with this status.
    pub status: Option<Standing>,
}

/// A position in the list: an order's creation time and number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// When it was created, in milliseconds.
    pub created: i64,
    /// OuterOrderNo.
    pub no: String,
}

impl Cursor {
    /// The form used in URLs; callers pass it back unchanged.
    pub fn text(&self) -> String {
        format!("{}-{}", self.created, self.no)
    }

    /// The inverse of [`Cursor::text`].
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

pub(super) fn page(
    settings: &Settings,
    list: &List,
    rows: &Rows,
    _: &Context,
) -> Result<Step, Stop> {
    let looked_at = if list.status.is_some() {
        LOOKED_AT_MAX
    } else {
        list.limit.saturating_add(1)
    };
    let index = rows.range(Range {
        from: "listed/".to_owned(),
        to: list.after.as_ref().map_or_else(
            || "listed0".to_owned(),
            |cursor| listed_key(cursor.created, &cursor.no),
        ),
        limit: looked_at,
        reverse: true,
    })?;
    rows.expect(
        index
            .iter()
            .filter_map(|(key, _)| Cursor::of_key(key).map(|cursor| order_key(&cursor.no))),
    )?;
    let mut writes = Writes::default();
    let mut orders: Vec<(String, Order)> = Vec::new();
    let mut last = None;
    let mut more = index.len() >= usize::try_from(looked_at).unwrap_or(usize::MAX);
    for (key, _) in index {
        if orders.len() >= usize::try_from(list.limit).unwrap_or(usize::MAX) {
            more = true;
            break;
        }
        let Some(cursor) = Cursor::of_key(key) else {
            continue;
        };
        // An order that cannot be read keeps nobody from the others.
        let order = writes.readable(rows.get::<Order>(&order_key(&cursor.no)))?;
        if let Some(order) = order.flatten() {
            let standing = order.standing();
            if standing.is_some() && (list.status.is_none() || list.status == standing) {
                orders.push((cursor.no.clone(), order));
            }
        }
        last = Some(cursor);
    }
    let next = last.filter(|_| more);
    let reply = answer::page(settings, &list.asker, &orders, next.as_ref());
    Ok(writes.then(Next::reply(reply)))
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
