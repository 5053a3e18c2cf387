//! Lists the caller's orders by page, newest first.

use super::act::{Step, Writes};
use super::answer::{Answered, Page};
use super::order::Order;
use super::rows::{Interrupt, Range, Rows, listed_key, order_key};
use super::task::{Cursor, List};

/// The most index rows read for one page: orders with a rare status may spread over several pages.
const LOOKED_AT_MAX: u32 = 200;

pub(super) fn page(list: &List, rows: &Rows) -> Result<Step, Interrupt> {
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
        // An unreadable order does not hide the others.
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
    Ok(writes.then(Answered::to(&list.asker, Page { orders, next }).into()))
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
