//! Points in time in the formats of Alibaba Cloud and HTTP. This module reads no clock.
//!
//! The calendar is that of the `time` crate. Its format descriptions would add 15 KB (gzip) to a
//! client of 100 KB, so this module reads and writes the four fixed formats itself.

use std::fmt;

use time::{Duration, Month, OffsetDateTime};

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// China's time is ahead of UTC by this.
pub(crate) const SHANGHAI_OFFSET_MINUTES: i64 = 8 * 60;
#[cfg(feature = "gateway")]
pub(crate) const MILLIS_PER_DAY: i64 = 24 * 60 * 60_000;

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

    /// This time plus `millis` milliseconds, which may be negative.
    #[must_use]
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// `self - earlier` in milliseconds.
    pub const fn millis_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Parses `yyyy-MM-ddTHH:mm:ssZ`, the only format of the `Timestamp` parameter and the
    /// `x-acs-date` header (no fraction, no other offset). `None` for any other text.
    pub fn parse_iso8601(text: &str) -> Option<Self> {
        let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
        Self::from_parts(Date::parse_dashed(date)?, time)
    }

    /// Like [`Self::parse_iso8601`], also with milliseconds, `yyyy-MM-ddTHH:mm:ss.SSSZ`: the format of
    /// JavaScript's `toISOString` and others.
    pub fn parse_iso8601_millis(text: &str) -> Option<Self> {
        let Some((seconds, fraction)) = text.split_once('.') else {
            return Self::parse_iso8601(text);
        };
        let millis = number(fraction.strip_suffix('Z')?, 3)?;
        Some(Self::parse_iso8601(&format!("{seconds}Z"))?.plus_millis(millis.into()))
    }

    /// Parses an HTTP date in the format that servers must send (IMF-fixdate, RFC 9110 §5.6.7):
    /// `Sun, 06 Nov 1994 08:49:37 GMT`. `None` for any other text.
    pub fn parse_http_date(text: &str) -> Option<Self> {
        let (_weekday, rest) = text.trim().strip_suffix(" GMT")?.split_once(", ")?;
        let [day, month, year, time] = fields(rest, ' ')?;
        let month = MONTHS.iter().position(|name| *name == month)?;
        let month = u8::try_from(month).ok()?.checked_add(1)?;
        let date = Date::new(
            number(year, 4)?.into(),
            month,
            u8::try_from(number(day, 2)?).ok()?,
        )?;
        Self::from_parts(date, time)
    }

    /// Formats as `yyyy-MM-ddTHH:mm:ssZ`, without fractions of a second.
    pub fn to_iso8601(self) -> String {
        let utc = self.to_utc();
        let (hour, minute, second) = utc.to_hms();
        format!("{}T{hour:02}:{minute:02}:{second:02}Z", Date(utc.date()))
    }

    /// Formats as the HTTP date that [`Timestamp::parse_http_date`] parses.
    pub fn to_http_date(self) -> String {
        /// Starts with Monday.
        const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
        let utc = self.to_utc();
        let (hour, minute, second) = utc.to_hms();
        let (year, month, day) = utc.to_calendar_date();
        let weekday = DAYS.get(usize::from(utc.weekday().number_days_from_monday()));
        let month = MONTHS.get(usize::from(u8::from(month)).saturating_sub(1));
        format!(
            "{}, {day:02} {} {year:04} {hour:02}:{minute:02}:{second:02} GMT",
            weekday.unwrap_or(&""),
            month.unwrap_or(&""),
        )
    }

    /// The calendar date in China at this time: Asia/Shanghai has been UTC+8 without daylight
    /// saving time since 1991.
    pub fn shanghai_date(self) -> Date {
        let local = self.plus_millis(SHANGHAI_OFFSET_MINUTES.saturating_mul(60_000));
        Date(local.to_utc().date())
    }

    /// Milliseconds until the next day begins in China.
    #[cfg(feature = "gateway")]
    pub(crate) const fn millis_to_shanghai_midnight(self) -> i64 {
        let local = self.plus_millis(SHANGHAI_OFFSET_MINUTES.saturating_mul(60_000));
        MILLIS_PER_DAY.saturating_sub(local.unix_millis().rem_euclid(MILLIS_PER_DAY))
    }

    /// `time` is `HH:mm:ss`, in UTC.
    fn from_parts(date: Date, time: &str) -> Option<Self> {
        let [hour, minute, second] = fields(time, ':')?;
        let part = |text| u8::try_from(number(text, 2)?).ok();
        let moment = date
            .0
            .with_hms(part(hour)?, part(minute)?, part(second)?)
            .ok()?;
        let seconds = moment.assume_utc().unix_timestamp();
        Some(Self(seconds.checked_mul(1_000)?))
    }

    /// Clamps times outside the years 1 to 9999: a clock that returns them is wrong anyway.
    fn to_utc(self) -> OffsetDateTime {
        const FIRST: i64 = -62_135_596_800;
        const LAST: i64 = 253_402_300_799;
        let seconds = self.0.div_euclid(1_000).clamp(FIRST, LAST);
        OffsetDateTime::UNIX_EPOCH.saturating_add(Duration::seconds(seconds))
    }
}

/// Formats as `yyyy-MM-ddTHH:mm:ssZ`, without fractions of a second.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_iso8601())
    }
}

/// A day of the Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(time::Date);

impl Date {
    /// The day in UTC at this time.
    pub fn of_utc(moment: Timestamp) -> Self {
        Self(moment.to_utc().date())
    }

    /// `None` if the day does not exist (13th month, 29 February of a common year) or the year is
    /// not between 1 and 9999.
    pub fn new(year: i32, month: u8, day: u8) -> Option<Self> {
        let month = Month::try_from(month).ok()?;
        let date = time::Date::from_calendar_date(year, month, day).ok()?;
        (1..=9_999).contains(&year).then_some(Self(date))
    }

    /// Reads eight digits, `yyyyMMdd`.
    pub fn parse_compact(digits: &[u8]) -> Option<Self> {
        let digits = std::str::from_utf8(digits).ok()?;
        let (year, rest) = digits.split_at_checked(4)?;
        let (month, day) = rest.split_at_checked(2)?;
        Self::from_digits(year, month, day)
    }

    /// Reads `yyyy-MM-dd`.
    pub fn parse_dashed(text: &str) -> Option<Self> {
        let [year, month, day] = fields(text, '-')?;
        Self::from_digits(year, month, day)
    }

    fn from_digits(year: &str, month: &str, day: &str) -> Option<Self> {
        Self::new(
            number(year, 4)?.into(),
            u8::try_from(number(month, 2)?).ok()?,
            u8::try_from(number(day, 2)?).ok()?,
        )
    }

    /// The year, 1 to 9999.
    pub const fn year(self) -> i32 {
        self.0.year()
    }
}

/// `yyyy-MM-dd`.
impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.0.to_calendar_date();
        write!(f, "{year:04}-{:02}-{day:02}", u8::from(month))
    }
}

/// Writes a [`Date`] as `yyyy-MM-dd`.
pub(crate) fn serialize_date<S: serde::Serializer>(
    date: &Date,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(date)
}

/// Splits the text into exactly `N` parts.
fn fields<const N: usize>(text: &str, separator: char) -> Option<[&str; N]> {
    let parts: Vec<&str> = text.split(separator).collect();
    parts.try_into().ok()
}

/// The value of `places` ASCII digits, at most four; `None` for any other text.
fn number(text: &str, places: usize) -> Option<u16> {
    let digits = text.len() == places && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use time::macros::format_description;

    #[test]
    fn reads_and_writes_the_documented_sample() {
        let sample = "2023-10-26T10:22:32Z";
        assert_eq!(
            Timestamp::parse_iso8601(sample).unwrap().to_string(),
            sample
        );
    }

    #[test]
    fn reads_milliseconds_where_they_are_accepted() {
        let read = |text| Timestamp::parse_iso8601_millis(text).map(Timestamp::unix_millis);
        assert_eq!(read("2023-10-26T10:22:32Z"), Some(1_698_315_752_000));
        assert_eq!(read("2023-10-26T10:22:32.007Z"), Some(1_698_315_752_007));
        for text in [
            "2023-10-26T10:22:32.Z",
            "2023-10-26T10:22:32.07Z",
            "2023-10-26T10:22:32.0007Z",
            "2023-10-26T10:22:32.007",
            "2023-10-26T10:22:32Z.007Z",
            "2023-10-26T10:22:32.+07Z",
            "2023-10-26T10:22.007Z",
            ".007Z",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn reads_the_http_date_of_rfc_9110() {
        let date = Timestamp::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        assert_eq!(date.to_string(), "1994-11-06T08:49:37Z");
        assert_eq!(date.to_http_date(), "Sun, 06 Nov 1994 08:49:37 GMT");
    }

    #[test]
    fn rejects_what_alibaba_cloud_rejects() {
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
        fn agrees_with_the_formats_of_the_time_crate(seconds in -62_135_596_800_i64..253_402_300_800) {
            let ours = Timestamp::from_unix_millis(seconds * 1_000);
            let theirs = OffsetDateTime::from_unix_timestamp(seconds).unwrap();
            let iso = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
            prop_assert_eq!(ours.to_string(), theirs.format(iso).unwrap());
            let http = format_description!(
                "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
            );
            prop_assert_eq!(ours.to_http_date(), theirs.format(http).unwrap());
            prop_assert_eq!(Timestamp::parse_iso8601(&ours.to_iso8601()), Some(ours));
            prop_assert_eq!(Timestamp::parse_http_date(&ours.to_http_date()), Some(ours));
        }
    }
}
