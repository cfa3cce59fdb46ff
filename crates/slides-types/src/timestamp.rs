//! Points in time as they are sent.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::{
    error::OptionsError,
    wire::{FromWire, deserialize_from_wire},
};

/// A point in time, kept as the text it was sent as.
///
/// Services differ in the number of fraction digits and in the offset (`Z`, `+00:00`, none), and a date that cannot be
/// read must not make an answer unreadable; so the text is kept, and read only by who needs it.
/// ISO 8601 in UTC is expected, such as `2023-11-30T15:38:48.8103587Z`.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use slides_types::Timestamp;
///
/// let started = Timestamp::from("1970-01-01T00:00:01.5Z");
/// let expected = SystemTime::UNIX_EPOCH + Duration::from_millis(1500);
/// assert_eq!(started.to_system_time(), Some(expected));
/// assert_eq!(Timestamp::from("soon").to_system_time(), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Timestamp(String);

impl Timestamp {
    /// Takes the text as it is.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The point in time, where the text can be read: a date, `T` or a blank, a time with 0 to 9 fraction digits, and
    /// `Z`, an offset (`+02:00`, `+0200`, `+02`) or nothing, which is taken as UTC.
    ///
    /// None for every other text, and for times before 1970 such as the `0001-01-01T00:00:00` of folders.
    pub fn to_system_time(&self) -> Option<SystemTime> {
        read(self.0.trim()).and_then(|since| SystemTime::UNIX_EPOCH.checked_add(since))
    }

    /// The text, taken out.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl From<String> for Timestamp {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Timestamp {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl AsRef<str> for Timestamp {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl FromWire for Timestamp {
    fn from_wire(value: Value) -> Result<Self, OptionsError> {
        Ok(Self(match value {
            Value::String(text) => text,
            other => other.to_string(),
        }))
    }
}

deserialize_from_wire!(Timestamp);

/// Time since 1970 of an ISO 8601 text.
fn read(text: &str) -> Option<Duration> {
    const DAY: i64 = 24 * 60 * 60;
    let (date, time) = text.split_at_checked(10)?;
    let time = time.strip_prefix(['T', 't', ' '])?;
    let (year, month, day) = match date.as_bytes() {
        [_, _, _, _, b'-', _, _, b'-', _, _] => (
            number(date.get(..4)?)?,
            number(date.get(5..7)?)?,
            number(date.get(8..)?)?,
        ),
        _ => return None,
    };
    let (time, offset) = match time.find(['Z', 'z', '+', '-']) {
        Some(at) => (time.get(..at)?, offset(time.get(at..)?)?),
        None => (time, 0),
    };
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let mut parts = time.split(':').map(number);
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    let is_time = hour < 24 && minute < 60 && second <= 60 && parts.next().is_none();
    let is_date = (1..=12).contains(&month) && (1..=length(year, month)).contains(&day);
    if !is_time || !is_date || fraction.len() > 9 {
        return None;
    }
    let nanos = u32::try_from(number(fraction)?).ok()? * 10_u32.pow(9 - fraction.len() as u32);
    let seconds = days(year, month, day) * DAY + hour * 3600 + minute * 60 + second - offset;
    Some(Duration::new(u64::try_from(seconds).ok()?, nanos))
}

/// Digits alone, at most nine.
fn number(text: &str) -> Option<i64> {
    let digits = (1..=9).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// Seconds east of UTC.
fn offset(text: &str) -> Option<i64> {
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return (text.len() == 1).then_some(0),
    };
    let digits: String = text.get(1..)?.split(':').collect();
    let (hours, minutes) = match digits.len() {
        2 => (digits.as_str(), "00"),
        4 => digits.split_at_checked(2)?,
        _ => return None,
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn length(year: i64, month: i64) -> i64 {
    match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970 of the proleptic Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let before = year - 1;
    let leaps = before / 4 - before / 100 + before / 400;
    let months: i64 = (1..month).map(|month| length(year, month)).sum();
    // 719 162 days lie before 1970
    before * 365 + leaps + months + day - 1 - 719_162
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_services_write_them() {
        const NOVEMBER: u64 = 1_701_358_728; // 2023-11-30T15:38:48Z
        for (text, expected) in [
            ("2023-11-30T15:38:48Z", Some((NOVEMBER, 0))),
            ("2023-11-30T15:38:48", Some((NOVEMBER, 0))),
            (" 2023-11-30 15:38:48z ", Some((NOVEMBER, 0))),
            ("2023-11-30T15:38:48.1Z", Some((NOVEMBER, 100_000_000))),
            (
                "2023-11-30T15:38:48.8103587Z",
                Some((NOVEMBER, 810_358_700)),
            ),
            (
                "2023-11-30T15:38:48.123456789+00:00",
                Some((NOVEMBER, 123_456_789)),
            ),
            ("2023-11-30T15:38:48+0000", Some((NOVEMBER, 0))),
            ("2023-11-30T17:38:48+02", Some((NOVEMBER, 0))),
            ("2023-11-30T17:08:48+01:30", Some((NOVEMBER, 0))),
            ("2023-11-30T10:38:48.5-0500", Some((NOVEMBER, 500_000_000))),
            ("1970-01-01T00:00:00Z", Some((0, 0))),
            ("2000-02-29T00:00:00Z", Some((951_782_400, 0))),
            ("2100-03-01T00:00:00Z", Some((4_107_542_400, 0))),
            ("0001-01-01T00:00:00", None),
            ("1969-12-31T23:59:59Z", None),
            ("2023-02-29T00:00:00Z", None),
            ("2023-13-01T00:00:00Z", None),
            ("2023-11-30T24:00:00Z", None),
            ("2023-11-30T15:38Z", None),
            ("2023-11-30T15:38:48.1234567890Z", None),
            ("2023-11-30T15:38:48.Z", None),
            ("2023-11-30T15:38:48Zulu", None),
            ("2023-11-30T15:38:48+25:00", None),
            ("2023-11-30", None),
            ("2023/11/30T15:38:48Z", None),
            ("11/30/2023 15:38:48", None),
            ("ééééééééééé", None),
            ("", None),
        ] {
            let expected = expected
                .map(|(seconds, nanos)| SystemTime::UNIX_EPOCH + Duration::new(seconds, nanos));
            assert_eq!(Timestamp::from(text).to_system_time(), expected, "{text}");
        }
    }
}
