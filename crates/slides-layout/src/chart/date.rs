//! Date axes: serial days in days, months or years.

use slides_ooxml::model::chart::TimeUnit;

/// Most ticks of a date axis.
const MAX_TICKS: usize = 1_000;
/// Serials beyond this (the year 9999) are no dates.
const MAX_SERIAL: f64 = 2_958_465.0;
/// Days from 1900's epoch to 1904's.
const EPOCH_1904: f64 = 1_462.0;

/// Year and month (from 0) and day (from 1) of a serial.
fn civil(serial: f64, from_1904: bool) -> (i64, i64, i64) {
    let serial = if serial.is_finite() { serial } else { 0.0 };
    let serial = serial.clamp(0.0, MAX_SERIAL) + if from_1904 { EPOCH_1904 } else { 0.0 };
    // The 29th of February 1900 that never was.
    let serial = if serial < 60.0 { serial + 1.0 } else { serial };
    // Days of the proleptic calendar from 0000-03-01; serial 0 is 1899-12-30.
    let days = serial.floor() as i64 + 693_899;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 2
    } else {
        shifted - 10
    };
    (year + era * 400 + i64::from(month < 2), month, day)
}

/// Serial of the first of a month (from 0).
fn first_of(year: i64, month: i64, from_1904: bool) -> f64 {
    let year = year + month.div_euclid(12);
    let month = month.rem_euclid(12);
    let shifted_year = if month < 2 { year - 1 } else { year };
    let era = shifted_year.div_euclid(400);
    let of_era = shifted_year.rem_euclid(400);
    let of_year = (153 * (if month < 2 { month + 10 } else { month - 2 }) + 2) / 5;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 693_899;
    let serial = days as f64;
    let serial = if serial < 61.0 { serial - 1.0 } else { serial };
    serial - if from_1904 { EPOCH_1904 } else { 0.0 }
}

/// A serial in whole base units.
pub(super) fn in_units(serial: f64, unit: TimeUnit, from_1904: bool) -> f64 {
    match unit {
        TimeUnit::Days => serial.floor(),
        TimeUnit::Months => {
            let (year, month, _) = civil(serial, from_1904);
            (year * 12 + month) as f64
        }
        TimeUnit::Years => civil(serial, from_1904).0 as f64,
    }
}

/// The serial that a count of base units begins with.
fn serial_of(units: f64, unit: TimeUnit, from_1904: bool) -> f64 {
    match unit {
        TimeUnit::Days => units,
        TimeUnit::Months => first_of(0, units as i64, from_1904),
        TimeUnit::Years => first_of(units as i64, 0, from_1904),
    }
}

/// The base unit that dates ask for by themselves: the largest that tells them all apart.
pub(super) fn base_unit(serials: &[f64], from_1904: bool) -> TimeUnit {
    let mut least = f64::INFINITY;
    let mut sorted: Vec<f64> = serials.iter().copied().filter(|s| s.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    for pair in sorted.windows(2) {
        if let [a, b] = pair
            && b > a
        {
            least = least.min(b - a);
        }
    }
    let distinct = |unit| {
        let mut units: Vec<i64> = sorted
            .iter()
            .map(|serial| in_units(*serial, unit, from_1904) as i64)
            .collect();
        units.dedup();
        units.len() == sorted.len()
    };
    if least >= 365.0 && least.is_finite() && distinct(TimeUnit::Years) {
        TimeUnit::Years
    } else if least >= 28.0 && least.is_finite() && distinct(TimeUnit::Months) {
        TimeUnit::Months
    } else {
        TimeUnit::Days
    }
}

/// Ticks from the first date on, as serials.
pub(super) fn ticks(
    unit: TimeUnit,
    min: f64,
    max: f64,
    major: (f64, TimeUnit),
    from_1904: bool,
) -> Vec<f64> {
    let step = major.0.round().max(1.0);
    let last = serial_of(max, unit, from_1904);
    let first = serial_of(min, unit, from_1904);
    let mut out = Vec::new();
    let (year, month, day) = civil(first, from_1904);
    for index in 0..MAX_TICKS {
        let far = index as f64 * step;
        let serial = match major.1.max(unit) {
            TimeUnit::Days => first + far,
            TimeUnit::Months => {
                first_of(year, month + far as i64, from_1904) + (day - 1).min(27) as f64
            }
            TimeUnit::Years => {
                first_of(year + far as i64, month, from_1904) + (day - 1).min(27) as f64
            }
        };
        if serial > last + 0.5 {
            break;
        }
        out.push(serial);
    }
    out
}

/// The tick distance that leaves room for labels: `most` of them over `span` base units.
pub(super) fn automatic_major(unit: TimeUnit, span: f64, most: f64) -> (f64, TimeUnit) {
    let most = most.max(1.0);
    let fits = |days: f64| span / days + 1.0 <= most;
    let days: &[(f64, f64, TimeUnit)] = match unit {
        TimeUnit::Days => &[
            (1.0, 1.0, TimeUnit::Days),
            (2.0, 2.0, TimeUnit::Days),
            (3.0, 3.0, TimeUnit::Days),
            (5.0, 5.0, TimeUnit::Days),
            (7.0, 7.0, TimeUnit::Days),
            (14.0, 14.0, TimeUnit::Days),
            (30.4, 1.0, TimeUnit::Months),
            (60.9, 2.0, TimeUnit::Months),
            (91.3, 3.0, TimeUnit::Months),
            (182.6, 6.0, TimeUnit::Months),
            (365.2, 1.0, TimeUnit::Years),
        ],
        TimeUnit::Months => &[
            (1.0, 1.0, TimeUnit::Months),
            (2.0, 2.0, TimeUnit::Months),
            (3.0, 3.0, TimeUnit::Months),
            (4.0, 4.0, TimeUnit::Months),
            (6.0, 6.0, TimeUnit::Months),
            (12.0, 1.0, TimeUnit::Years),
        ],
        TimeUnit::Years => &[(1.0, 1.0, TimeUnit::Years), (2.0, 2.0, TimeUnit::Years)],
    };
    if let Some((_, count, unit)) = days.iter().find(|(days, ..)| fits(*days)) {
        return (*count, *unit);
    }
    let year = match unit {
        TimeUnit::Days => 365.2,
        TimeUnit::Months => 12.0,
        TimeUnit::Years => 1.0,
    };
    let years = [2.0, 5.0, 10.0, 20.0, 50.0, 100.0]
        .into_iter()
        .find(|years| fits(years * year))
        .unwrap_or(1000.0);
    (years, TimeUnit::Years)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serials_are_the_calendar() {
        assert_eq!(civil(1.0, false), (1900, 0, 1));
        assert_eq!(civil(59.0, false), (1900, 1, 28));
        assert_eq!(civil(61.0, false), (1900, 2, 1));
        assert_eq!(civil(45_292.0, false), (2024, 0, 1));
        assert_eq!(civil(45_351.0, false), (2024, 1, 29));
        assert_eq!(civil(0.0, true), (1904, 0, 1));
        assert_eq!(first_of(2024, 1, false), 45_323.0);
        assert_eq!(first_of(1900, 0, false), 1.0);
        assert_eq!(civil(f64::NAN, false).0, 1899);
    }

    #[test]
    fn base_units_follow_the_distance() {
        assert_eq!(
            base_unit(&[45_292.0, 45_323.0, 45_352.0], false),
            TimeUnit::Months
        );
        assert_eq!(base_unit(&[45_292.0, 45_293.0], false), TimeUnit::Days);
        assert_eq!(base_unit(&[44_927.0, 45_292.0], false), TimeUnit::Years);
        let months = ticks(
            TimeUnit::Months,
            2024.0 * 12.0,
            2024.0 * 12.0 + 5.0,
            (2.0, TimeUnit::Months),
            false,
        );
        assert_eq!(months, [45_292.0, 45_352.0, 45_413.0]);
    }
}
