use super::calendar::{Day, LAST_DAY, day};
use super::parse::{DatePart, Section, Token};
use super::{Setting, number};

const DAY_MILLISECONDS: i64 = 86_400_000;

/// A serial number as date and time; outside of the calendar it is shown as a plain number.
pub(super) fn show(section: &Section, value: f64, setting: Setting<'_>) -> String {
    let value = if setting.date1904 {
        value + 1462.0
    } else {
        value
    };
    if !(0.0..LAST_DAY as f64 + 1.0).contains(&value) {
        let general = Section {
            tokens: vec![Token::General],
            ..Section::default()
        };
        return number::show(&general, value, true, setting);
    }
    let parts = || {
        section.tokens.iter().filter_map(|token| match token {
            Token::Date(part) => Some(*part),
            _ => None,
        })
    };
    // Time is rounded to the last unit that is shown below the minute, else to seconds.
    let unit = parts()
        .filter_map(|part| match part {
            DatePart::Fraction(digits) => Some(10_i64.pow(3 - u32::from(digits.min(3)))),
            _ => None,
        })
        .min()
        .unwrap_or(1000);
    let milliseconds = (value * DAY_MILLISECONDS as f64).round() as i64;
    let milliseconds = (milliseconds + unit / 2) / unit * unit;
    let serial = milliseconds.div_euclid(DAY_MILLISECONDS);
    let time = milliseconds.rem_euclid(DAY_MILLISECONDS);
    let date = day(serial);
    let half_days =
        parts().any(|part| matches!(part, DatePart::HalfDay | DatePart::HalfDayLetter(_)));
    let clock = Clock {
        date,
        total_seconds: milliseconds / 1000,
        hour: time / 3_600_000,
        minute: time / 60_000 % 60,
        second: time / 1000 % 60,
        millisecond: time % 1000,
        half_days,
    };
    let language = section.language.unwrap_or(setting.locale);
    let mut out = String::new();
    for token in &section.tokens {
        match token {
            Token::Date(part) => clock.push(&mut out, *part, language, setting),
            // The slash stands for the language's own sign between the parts of a date.
            Token::Slash => out.push_str(language.date_sign),
            other => out.push_str(&other.plain()),
        }
    }
    out
}

struct Clock {
    date: Day,
    total_seconds: i64,
    hour: i64,
    minute: i64,
    second: i64,
    millisecond: i64,
    half_days: bool,
}

impl Clock {
    fn push(
        &self,
        out: &mut String,
        part: DatePart,
        language: &super::Locale,
        setting: Setting<'_>,
    ) {
        let padded = |value: i64, count: u8| {
            if count >= 2 {
                format!("{value:02}")
            } else {
                value.to_string()
            }
        };
        let year = |year: i64, count: u8| {
            if count <= 2 {
                format!("{:02}", year % 100)
            } else {
                format!("{year:04}")
            }
        };
        let Day {
            year: date_year,
            month,
            number: day,
            weekday,
        } = self.date;
        let text = match part {
            DatePart::Year(count) => year(date_year, count),
            DatePart::ThaiYear(count) => year(date_year + 543, count),
            DatePart::Month(count @ 0..=2) => padded(month, count),
            DatePart::Month(3) => language.month_short(month),
            DatePart::Month(5) => language.month(month).chars().take(1).collect(),
            DatePart::Month(_) => language.month(month),
            DatePart::Day(count @ 0..=2) => padded(day, count),
            DatePart::Day(3) => language.weekday_short(weekday),
            DatePart::Day(_) => language.weekday(weekday),
            DatePart::Hour(count) if self.half_days => padded((self.hour + 11) % 12 + 1, count),
            DatePart::Hour(count) => padded(self.hour, count),
            DatePart::Minute(count) => padded(self.minute, count),
            DatePart::Second(count) => padded(self.second, count),
            DatePart::Fraction(count) => {
                let digits = format!("{:03}", self.millisecond);
                let digits = digits.get(..usize::from(count.min(3))).unwrap_or_default();
                format!("{}{digits}", setting.locale.decimal)
            }
            DatePart::ElapsedHours(count) => padded(self.total_seconds / 3600, count),
            DatePart::ElapsedMinutes(count) => padded(self.total_seconds / 60, count),
            DatePart::ElapsedSeconds(count) => padded(self.total_seconds, count),
            DatePart::HalfDay => (if self.hour < 12 { "AM" } else { "PM" }).to_owned(),
            DatePart::HalfDayLetter(upper) => {
                let letter = if self.hour < 12 { "A" } else { "P" };
                if upper {
                    letter.to_owned()
                } else {
                    letter.to_lowercase()
                }
            }
        };
        out.push_str(&text);
    }
}
