//! Points in time as the vendor and HTTP write them. Nothing here reads a clock.
//!
//! The conversions between days and dates are those of the proleptic Gregorian calendar
//! (ISO 8601); a date library would be a third of the client's size.

use crate::prelude::*;
use crate::strings::push_digits;
use core::fmt;

const MILLIS_PER_SECOND: i64 = 1_000;
const SECONDS_PER_DAY: i64 = 86_400;
/// Asia/Shanghai has kept UTC+8 without daylight saving since 1991.
const SHANGHAI_OFFSET_SECONDS: i64 = 8 * 3_600;
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// A point in time: milliseconds since 1970-01-01T00:00:00Z, as `Date.now()` gives them.
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

    /// Reads `yyyy-MM-ddTHH:mm:ssZ`, the only form that the vendor's `Timestamp` parameter and
    /// `x-acs-date` header take (no fraction, no other offset). `None` for anything else.
    pub fn parse_iso8601(text: &str) -> Option<Self> {
        let bytes: &[u8; 20] = text.as_bytes().try_into().ok()?;
        #[rustfmt::skip]
        let [
            y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1, b'T',
            h0, h1, b':', i0, i1, b':', s0, s1, b'Z',
        ] = *bytes
        else {
            return None;
        };
        Self::from_parts(
            number(&[y0, y1, y2, y3])?,
            number(&[m0, m1])?,
            number(&[d0, d1])?,
            number(&[h0, h1])?,
            number(&[i0, i1])?,
            number(&[s0, s1])?,
        )
    }

    /// Reads an HTTP date in the form servers must send (IMF-fixdate, RFC 9110 §5.6.7):
    /// `Sun, 06 Nov 1994 08:49:37 GMT`. `None` for anything else.
    pub fn parse_http_date(text: &str) -> Option<Self> {
        let bytes: &[u8; 29] = text.trim().as_bytes().try_into().ok()?;
        #[rustfmt::skip]
        let [
            _, _, _, b',', b' ', d0, d1, b' ', m0, m1, m2, b' ', y0, y1, y2, y3, b' ',
            h0, h1, b':', i0, i1, b':', s0, s1, b' ', b'G', b'M', b'T',
        ] = *bytes
        else {
            return None;
        };
        let named = |name: &&str| name.as_bytes() == [m0, m1, m2];
        let month = i64::try_from(MONTHS.iter().position(named)?).ok()?;
        Self::from_parts(
            number(&[y0, y1, y2, y3])?,
            month.saturating_add(1),
            number(&[d0, d1])?,
            number(&[h0, h1])?,
            number(&[i0, i1])?,
            number(&[s0, s1])?,
        )
    }

    /// `yyyy-MM-ddTHH:mm:ssZ`, the vendor's form; fractions of a second are dropped.
    pub fn to_iso8601(self) -> String {
        let (date, second_of_day) = self.split();
        let mut text = date.to_dashed();
        text.push('T');
        push_time(&mut text, second_of_day);
        text.push('Z');
        text
    }

    /// The HTTP date that [`Timestamp::parse_http_date`] reads.
    pub fn to_http_date(self) -> String {
        /// From the weekday of 1970-01-01 on.
        const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
        let (date, second_of_day) = self.split();
        let name = |names: &[&'static str], at: i64| {
            let at = usize::try_from(at).unwrap_or_default();
            names.get(at).copied().unwrap_or_default()
        };
        let mut text = name(&DAYS, date.day_number().rem_euclid(7)).to_owned();
        text.push_str(", ");
        push_digits(&mut text, date.day.unsigned_abs(), 2);
        text.push(' ');
        text.push_str(name(&MONTHS, date.month.saturating_sub(1)));
        text.push(' ');
        push_digits(&mut text, date.year.unsigned_abs(), 4);
        text.push(' ');
        push_time(&mut text, second_of_day);
        text.push_str(" GMT");
        text
    }

    /// The UTC date, and the seconds of that day.
    fn split(self) -> (Date, i64) {
        let seconds = self.0.div_euclid(MILLIS_PER_SECOND);
        let date = Date::from_day_number(seconds.div_euclid(SECONDS_PER_DAY));
        (date, seconds.rem_euclid(SECONDS_PER_DAY))
    }

    /// The calendar date in China (UTC+8) at this moment.
    pub fn shanghai_date(self) -> Date {
        let seconds = self
            .0
            .div_euclid(MILLIS_PER_SECOND)
            .saturating_add(SHANGHAI_OFFSET_SECONDS);
        Date::from_day_number(seconds.div_euclid(SECONDS_PER_DAY))
    }

    fn from_parts(
        year: i64,
        month: i64,
        day: i64,
        hour: i64,
        minute: i64,
        second: i64,
    ) -> Option<Self> {
        let date = Date::new(year, month, day)?;
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let seconds = date
            .day_number()
            .checked_mul(SECONDS_PER_DAY)?
            .checked_add(hour.checked_mul(3_600)?)?
            .checked_add(minute.checked_mul(60)?)?
            .checked_add(second)?;
        Some(Self(seconds.checked_mul(MILLIS_PER_SECOND)?))
    }
}

/// `yyyy-MM-ddTHH:mm:ssZ`, the vendor's form; fractions of a second are dropped.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_iso8601())
    }
}

/// A day of the Gregorian calendar that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: i64,
    month: i64,
    day: i64,
}

impl Date {
    /// `None` when there is no such day (13th month, 29 February of a common year, year 0).
    pub const fn new(year: i64, month: i64, day: i64) -> Option<Self> {
        if year < 1 || year > 9_999 || month < 1 || month > 12 || day < 1 {
            return None;
        }
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let last = match month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        if day > last {
            return None;
        }
        Some(Self { year, month, day })
    }

    /// Reads eight digits, `yyyyMMdd`.
    pub fn parse_compact(digits: &[u8]) -> Option<Self> {
        let [y0, y1, y2, y3, m0, m1, d0, d1]: [u8; 8] = digits.try_into().ok()?;
        Self::new(
            number(&[y0, y1, y2, y3])?,
            number(&[m0, m1])?,
            number(&[d0, d1])?,
        )
    }

    /// Reads `yyyy-MM-dd`.
    pub fn parse_dashed(text: &str) -> Option<Self> {
        let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1]: [u8; 10] =
            text.as_bytes().try_into().ok()?
        else {
            return None;
        };
        Self::new(
            number(&[y0, y1, y2, y3])?,
            number(&[m0, m1])?,
            number(&[d0, d1])?,
        )
    }

    /// `yyyy-MM-dd`.
    pub fn to_dashed(self) -> String {
        let mut text = String::with_capacity(20);
        push_digits(&mut text, self.year.unsigned_abs(), 4);
        text.push('-');
        push_digits(&mut text, self.month.unsigned_abs(), 2);
        text.push('-');
        push_digits(&mut text, self.day.unsigned_abs(), 2);
        text
    }

    /// The year, 1 to 9999.
    pub const fn year(self) -> i64 {
        self.year
    }

    /// Days since 1970-01-01. The year is counted from March, so that the leap day is its last.
    #[allow(clippy::arithmetic_side_effects)] // bounded: years 1 to 9999
    const fn day_number(self) -> i64 {
        let year = if self.month <= 2 {
            self.year - 1
        } else {
            self.year
        };
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * ((self.month + 9) % 12) + 2) / 5 + self.day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        era * 146_097 + day_of_era - 719_468
    }

    /// The date `days` after 1970-01-01; days outside of the years 1 to 9999 give the nearest
    /// date inside them, because a clock that far off is wrong anyway.
    #[allow(clippy::arithmetic_side_effects)] // bounded by the clamp
    const fn from_day_number(days: i64) -> Self {
        const FIRST: i64 = -719_162;
        const LAST: i64 = 2_932_896;
        let days = if days < FIRST {
            FIRST
        } else if days > LAST {
            LAST
        } else {
            days
        };
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 {
            month_from_march + 3
        } else {
            month_from_march - 9
        };
        let year = era * 400 + year_of_era + if month <= 2 { 1 } else { 0 };
        Self { year, month, day }
    }
}

/// `yyyy-MM-dd`.
impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_dashed())
    }
}

/// Writes a [`Date`] as `yyyy-MM-dd`.
pub(crate) fn serialize_date<S: serde::Serializer>(
    date: &Date,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&date.to_dashed())
}

/// `HH:mm:ss`.
fn push_time(text: &mut String, second_of_day: i64) {
    let second = second_of_day.unsigned_abs();
    push_digits(text, second / 3_600, 2);
    text.push(':');
    push_digits(text, second / 60 % 60, 2);
    text.push(':');
    push_digits(text, second % 60, 2);
}

/// The value of ASCII digits and nothing else; `None` for none, more than nine, or another byte.
#[inline(never)] // a dozen calls, none of them often
fn number(digits: &[u8]) -> Option<i64> {
    if digits.is_empty() || digits.len() > 9 {
        return None;
    }
    let mut value = 0_u32;
    for digit in digits {
        let digit = char::from(*digit).to_digit(10)?;
        // Nine digits at most.
        value = value.wrapping_mul(10).wrapping_add(digit);
    }
    Some(value.into())
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use time::OffsetDateTime;
    use time::macros::format_description;

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
        fn agrees_with_the_time_crate(seconds in -62_135_596_800_i64..253_402_300_800) {
            let ours = Timestamp::from_unix_millis(seconds * 1_000).to_string();
            let form = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
            let theirs = OffsetDateTime::from_unix_timestamp(seconds).unwrap().format(&form).unwrap();
            prop_assert_eq!(&ours, &theirs);
            let stamp = Timestamp::from_unix_millis(seconds * 1_000);
            prop_assert_eq!(Timestamp::parse_iso8601(&theirs), Some(stamp));
            prop_assert_eq!(Timestamp::parse_http_date(&stamp.to_http_date()), Some(stamp));
            let weekday = OffsetDateTime::from_unix_timestamp(seconds).unwrap().weekday().to_string();
            prop_assert!(stamp.to_http_date().starts_with(weekday.get(..3).unwrap()));
        }
    }
}
