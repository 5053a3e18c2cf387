//! Points in time in the forms that Alibaba Cloud and HTTP use. Nothing here reads a clock.

use std::fmt;

use time::format_description::StaticFormatDescription;
use time::macros::{format_description, offset};
use time::{Duration, OffsetDateTime, PrimitiveDateTime};

const ISO_8601: StaticFormatDescription =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
/// IMF-fixdate, RFC 9110 §5.6.7.
const HTTP_DATE: StaticFormatDescription = format_description!(
    "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
);
const COMPACT_DATE: StaticFormatDescription = format_description!("[year][month][day]");
const DASHED_DATE: StaticFormatDescription = format_description!("[year]-[month]-[day]");

/// A point in time: milliseconds since 1970-01-01T00:00:00Z, as `Date.now()` returns them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since 1970-01-01T00:00:00Z.
    pub const fn from_unix_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub const fn unix_millis(self) -> i64 {
        self.0
    }

    /// Later (or, with a negative number, earlier) by `millis` milliseconds.
    #[must_use]
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// `self - earlier` in milliseconds.
    pub const fn millis_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Reads `yyyy-MM-ddTHH:mm:ssZ`, the only form that the `Timestamp` parameter and the
    /// `x-acs-date` header have (no fraction, no other offset). `None` for anything else.
    pub fn parse_iso8601(text: &str) -> Option<Self> {
        if text.len() != 20 {
            return None;
        }
        Self::from_utc(PrimitiveDateTime::parse(text, ISO_8601).ok()?)
    }

    /// Reads an HTTP date in the form that servers must send (IMF-fixdate, RFC 9110 §5.6.7):
    /// `Sun, 06 Nov 1994 08:49:37 GMT`. `None` for anything else.
    pub fn parse_http_date(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() != 29 {
            return None;
        }
        Self::from_utc(PrimitiveDateTime::parse(text, HTTP_DATE).ok()?)
    }

    /// `yyyy-MM-ddTHH:mm:ssZ`; fractions of a second are dropped.
    pub fn to_iso8601(self) -> String {
        self.to_utc().format(ISO_8601).unwrap_or_default()
    }

    /// The HTTP date that [`Timestamp::parse_http_date`] reads.
    pub fn to_http_date(self) -> String {
        self.to_utc().format(HTTP_DATE).unwrap_or_default()
    }

    /// The calendar date in China at this moment: Asia/Shanghai has kept UTC+8 without daylight
    /// saving time since 1991.
    pub fn shanghai_date(self) -> Date {
        let local = self.to_utc().checked_to_offset(offset!(+8));
        Date(local.unwrap_or_else(|| self.to_utc()).date())
    }

    fn from_utc(moment: PrimitiveDateTime) -> Option<Self> {
        let seconds = moment.assume_utc().unix_timestamp();
        Some(Self(seconds.checked_mul(1_000)?))
    }

    /// A time outside the years 1 to 9999 becomes the nearest inside them: a clock that far off
    /// is wrong anyway.
    fn to_utc(self) -> OffsetDateTime {
        const FIRST: i64 = -62_135_596_800;
        const LAST: i64 = 253_402_300_799;
        let seconds = self.0.div_euclid(1_000).clamp(FIRST, LAST);
        OffsetDateTime::UNIX_EPOCH.saturating_add(Duration::seconds(seconds))
    }
}

/// `yyyy-MM-ddTHH:mm:ssZ`; fractions of a second are dropped.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_iso8601())
    }
}

/// A day of the Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(time::Date);

impl Date {
    /// The day in UTC at this moment.
    pub fn of_utc(moment: Timestamp) -> Self {
        Self(moment.to_utc().date())
    }

    /// `None` if there is no such day (13th month, 29 February of a common year) or the year is
    /// not between 1 and 9999.
    pub fn new(year: i32, month: u8, day: u8) -> Option<Self> {
        let month = time::Month::try_from(month).ok()?;
        let date = time::Date::from_calendar_date(year, month, day).ok()?;
        (1..=9_999).contains(&year).then_some(Self(date))
    }

    /// Reads eight digits, `yyyyMMdd`.
    pub fn parse_compact(digits: &[u8]) -> Option<Self> {
        Self::parse(std::str::from_utf8(digits).ok()?, 8, COMPACT_DATE)
    }

    /// Reads `yyyy-MM-dd`.
    pub fn parse_dashed(text: &str) -> Option<Self> {
        Self::parse(text, 10, DASHED_DATE)
    }

    /// The length keeps out signed years, which `time` reads.
    fn parse(text: &str, length: usize, form: StaticFormatDescription) -> Option<Self> {
        let date = time::Date::parse(text, form).ok()?;
        (text.len() == length && date.year() >= 1).then_some(Self(date))
    }

    /// The year, 1 to 9999.
    pub const fn year(self) -> i32 {
        self.0.year()
    }
}

/// `yyyy-MM-dd`.
impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.format(DASHED_DATE).unwrap_or_default())
    }
}

/// Writes a [`Date`] as `yyyy-MM-dd`.
pub(crate) fn serialize_date<S: serde::Serializer>(
    date: &Date,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(date)
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_and_writes_the_vendors_sample() {
        let sample = "2023-10-26T10:22:32Z";
        assert_eq!(
            Timestamp::parse_iso8601(sample).unwrap().to_string(),
            sample
        );
    }

    #[test]
    fn reads_the_http_date_of_rfc_9110() {
        let date = Timestamp::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        assert_eq!(date.to_string(), "1994-11-06T08:49:37Z");
        assert_eq!(date.to_http_date(), "Sun, 06 Nov 1994 08:49:37 GMT");
    }

    #[test]
    fn refuses_what_the_vendor_refuses() {
        for text in [
            "",
            "2023-10-26T10:22:32.000Z",
            "2023-10-26T10:22:32+08:00",
            "2023-10-26 10:22:32Z",
            "2023-02-29T10:22:32Z",
            "2023-10-26T24:00:00Z",
            "２023-10-26T10:22:3Z",
        ] {
            assert_eq!(Timestamp::parse_iso8601(text), None, "{text}");
        }
        for text in [
            "",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "Sun, 06 Nov 1994 08:49:37 CET",
        ] {
            assert_eq!(Timestamp::parse_http_date(text), None, "{text}");
        }
    }

    #[test]
    fn shanghai_is_eight_hours_ahead() {
        let late = Timestamp::parse_iso8601("2026-11-22T16:00:00Z").unwrap();
        assert_eq!(late.shanghai_date().to_string(), "2026-11-23");
        assert_eq!(
            late.plus_millis(-1).shanghai_date().to_string(),
            "2026-11-22"
        );
    }

    #[test]
    fn no_clock_however_wrong_overflows() {
        for millis in [i64::MIN, i64::MAX, -1, 0] {
            let stamp = Timestamp::from_unix_millis(millis);
            assert_eq!(stamp.to_string().len(), 20);
            assert!(stamp.shanghai_date().year() >= 1);
        }
    }

    proptest! {
        #[test]
        fn reads_what_it_writes(seconds in -62_135_596_800_i64..253_402_300_800) {
            let stamp = Timestamp::from_unix_millis(seconds * 1_000);
            prop_assert_eq!(Timestamp::parse_iso8601(&stamp.to_iso8601()), Some(stamp));
            prop_assert_eq!(Timestamp::parse_http_date(&stamp.to_http_date()), Some(stamp));
        }
    }
}
