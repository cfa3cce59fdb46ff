/// 31 December 9999, the last day that is shown as a date.
pub(super) const LAST_DAY: i64 = 2_958_465;

/// A day of the calendar that counts 1 January 1900 as 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Day {
    pub(super) year: i64,
    /// 1 to 12.
    pub(super) month: i64,
    /// 1 to 31; 0 for the day before the first.
    pub(super) number: i64,
    /// 0 is Sunday.
    pub(super) weekday: i64,
}

/// The day of a serial number of the 1900 system, with its 29 February 1900 that never was.
pub(super) fn day(serial: i64) -> Day {
    let weekday = (serial + 6).rem_euclid(7);
    let (year, month, day) = match serial {
        0 => (1900, 1, 0),
        60 => (1900, 2, 29),
        // 25,569 is 1 January 1970; before March 1900 the count is one behind.
        1..60 => civil(serial - 25_568),
        _ => civil(serial - 25_569),
    };
    Day {
        year,
        month,
        number: day,
        weekday,
    }
}

/// Year, month, day of a number of days since 1 January 1970 in the Gregorian calendar.
fn civil(days: i64) -> (i64, i64, i64) {
    // Years here begin in March, so that the leap day is the last.
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}
