//! The work of the alarm, and the keys of the due rows that schedule it: `due/{time}/{kind}/{id}`.

use super::rows::sortable;

/// Work of the alarm, with the order or the row that it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Work<'a> {
    /// Delete the order's record, at the second attempt.
    Expire(&'a str),
    /// Query the verdict of an order whose validity is over, until it is known.
    Check(&'a str),
    /// Query the verdict of an order after a callback, a few times.
    Callback(&'a str),
    /// Deliver the order's verdict to the caller's webhook.
    Deliver(&'a str),
    /// Delete the row with this key.
    Drop(&'a str),
    /// Bring the expiries forward that are scheduled after this due row, because the retention is shorter now.
    Shorten(&'a str),
}

impl<'a> Work<'a> {
    /// The key of the row that schedules the work, with the time in milliseconds.
    pub(super) fn key(self, at: i64) -> String {
        let (kind, id) = match self {
            Self::Expire(no) => ("expire", no),
            Self::Check(no) => ("check", no),
            Self::Callback(no) => ("callback", no),
            Self::Deliver(no) => ("deliver", no),
            Self::Drop(key) => ("drop", key),
            Self::Shorten(after) => ("shorten", after),
        };
        due_key(at, &format!("{kind}/{id}"))
    }

    /// The work that a due row schedules; `None` for a kind that this version does not know.
    pub(super) fn parse(key: &'a str) -> Option<Self> {
        let (kind, id) = kind_and_id(key).split_once('/')?;
        Some(match kind {
            "expire" => Self::Expire(id),
            "check" => Self::Check(id),
            "callback" => Self::Callback(id),
            "deliver" => Self::Deliver(id),
            "drop" => Self::Drop(id),
            "shorten" => Self::Shorten(id),
            _ => return None,
        })
    }

    /// The order that the work is about.
    pub(super) const fn order(self) -> Option<&'a str> {
        match self {
            Self::Expire(no) | Self::Check(no) | Self::Callback(no) | Self::Deliver(no) => Some(no),
            Self::Drop(_) | Self::Shorten(_) => None,
        }
    }
}

/// The key of the same due row at another time, whatever its kind.
pub(super) fn moved(key: &str, at: i64) -> String {
    due_key(at, kind_and_id(key))
}

/// The SQL pattern of the keys of due deliveries, at any time.
pub(super) const DELIVERIES: &str = "due/_______________/deliver/%";

/// When a due row is due, in milliseconds.
pub(super) fn due_at(key: &str) -> Option<i64> {
    key.split('/').nth(1)?.parse().ok()
}

fn due_key(at: i64, kind_and_id: &str) -> String {
    format!("due/{}/{kind_and_id}", sortable(at))
}

/// The part of a due row's key after its time.
fn kind_and_id(key: &str) -> &str {
    key.splitn(3, '/').nth(2).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_read_back() {
        for (work, key) in [
            (Work::Expire("no"), "due/000000000000007/expire/no"),
            (Work::Check("no"), "due/000000000000007/check/no"),
            (Work::Callback("no"), "due/000000000000007/callback/no"),
            (Work::Deliver("no"), "due/000000000000007/deliver/no"),
            (
                Work::Drop("nonce/key/hash"),
                "due/000000000000007/drop/nonce/key/hash",
            ),
            (
                Work::Shorten("due/000000000000009/expire/no"),
                "due/000000000000007/shorten/due/000000000000009/expire/no",
            ),
        ] {
            assert_eq!(work.key(7), key);
            assert_eq!(Work::parse(key), Some(work));
            assert_eq!(due_at(key), Some(7));
            assert_eq!(moved(key, 7), key);
        }
        assert_eq!(Work::Deliver("%").key(0).replace('0', "_"), DELIVERIES);
        for key in ["due/000000000000007/expires/no", "due/000000000000007", ""] {
            assert_eq!(Work::parse(key), None, "{key}");
        }
    }
}
