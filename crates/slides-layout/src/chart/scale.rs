//! Scales of axes: automatic limits and units as PowerPoint chooses them.

use slides_ooxml::model::chart::{Axis, TimeUnit};

use super::date;

/// Most ticks of an axis; a unit that asks for more is not taken.
const MAX_TICKS: f64 = 1_000.0;

/// From values to fractions of an axis, 0 at its low end.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scale {
    /// Evenly spaced values.
    Linear {
        /// Value at the low end.
        min: f64,
        /// Value at the high end.
        max: f64,
        /// Between ticks.
        major: f64,
        /// Between minor ticks.
        minor: f64,
    },
    /// Powers of a base.
    Log {
        /// The base.
        base: f64,
        /// Value at the low end, positive.
        min: f64,
        /// Value at the high end.
        max: f64,
    },
    /// Categories, numbered from 0.
    Category {
        /// How many there are.
        count: usize,
        /// Categories have slots; the axis runs from the first to the last point otherwise.
        between: bool,
    },
    /// Dates, in base units.
    Date {
        /// Base unit.
        unit: TimeUnit,
        /// First date in base units.
        min: f64,
        /// Last date in base units.
        max: f64,
        /// Ticks: count and unit.
        major: (f64, TimeUnit),
        /// Dates have slots.
        between: bool,
        /// Dates count from 1904.
        from_1904: bool,
    },
}

/// What the automatic limits start from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Extent {
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
    /// Smallest value above zero, for logarithms.
    pub least_positive: f64,
}

impl Extent {
    /// Nothing yet.
    pub(super) const EMPTY: Self = Self {
        min: f64::INFINITY,
        max: f64::NEG_INFINITY,
        least_positive: f64::INFINITY,
    };

    /// Takes a value in.
    pub(super) fn add(&mut self, value: f64) {
        if !value.is_finite() {
            return;
        }
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        if value > 0.0 {
            self.least_positive = self.least_positive.min(value);
        }
    }

    fn is_empty(self) -> bool {
        self.min > self.max
    }
}

/// The smallest of 1, 2, 5 times a power of ten that gives no more than `intervals`.
fn unit_for(span: f64, intervals: f64) -> f64 {
    if !(span.is_finite() && span > 0.0) {
        return 1.0;
    }
    let least = span / intervals.max(1.0);
    let power = 10f64.powf(least.log10().floor());
    // A unit that only rounding keeps from fitting fits.
    let tolerance = 1.0 - 1e-9;
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|unit| *unit >= least * tolerance && *unit > 0.0)
        .unwrap_or(least)
}

/// Limits and unit of a value axis. `intervals` is how many the axis has room for.
pub(super) fn linear(extent: Extent, axis: Option<&Axis>, percent: bool, intervals: f64) -> Scale {
    let extent = if extent.is_empty() {
        Extent {
            min: 0.0,
            max: 1.0,
            least_positive: 1.0,
        }
    } else {
        extent
    };
    let (fixed_min, fixed_max) = (axis.and_then(|a| a.min), axis.and_then(|a| a.max));
    let intervals = intervals.clamp(1.0, 10.0);
    let (mut low, mut high) = (extent.min, extent.max);
    if percent {
        low = low.clamp(-1.0, 0.0);
        high = high.clamp(0.0, 1.0);
        if low >= 0.0 {
            high = 1.0;
        }
    } else {
        let spread = high - low;
        let narrow = |far: f64| spread > 0.0 && spread <= far / 6.0;
        if low >= 0.0 {
            low = if narrow(high) {
                low - spread / 2.0
            } else {
                0.0
            };
            high += 0.05 * (high - low);
        } else if high <= 0.0 {
            high = if narrow(-low) {
                high + spread / 2.0
            } else {
                0.0
            };
            low -= 0.05 * (high - low);
        } else {
            high += 0.05 * spread;
            low -= 0.05 * spread;
        }
    }
    // With a fixed end the other keeps its distance.
    let low = fixed_min.unwrap_or(low);
    let mut high = fixed_max.unwrap_or(high);
    let low = if low >= high && fixed_max.is_some() && fixed_min.is_none() {
        high - high.abs().max(1.0)
    } else {
        low
    };
    if high <= low {
        high = low + low.abs().max(1.0);
    }
    let span = high - low;
    let asked = axis
        .and_then(|a| a.major_unit)
        .filter(|unit| span / unit <= MAX_TICKS && *unit > 0.0);
    let major = asked.unwrap_or_else(|| unit_for(span, intervals));
    let min = if fixed_min.is_some() {
        low
    } else {
        round_to(low, major, f64::floor)
    };
    let max = if fixed_max.is_some() {
        high
    } else {
        round_to(high, major, f64::ceil)
    };
    let max = if max > min { max } else { min + major };
    if !(min.is_finite() && max.is_finite() && min < max && major > 0.0) {
        return Scale::Linear {
            min: 0.0,
            max: 1.0,
            major: 0.2,
            minor: 0.04,
        };
    }
    let minor = axis
        .and_then(|a| a.minor_unit)
        .filter(|unit| (max - min) / unit <= MAX_TICKS && *unit > 0.0)
        .unwrap_or(major / 5.0);
    Scale::Linear {
        min,
        max,
        major,
        minor,
    }
}

/// The multiple of a unit below or above a value; values within rounding of one are it.
fn round_to(value: f64, unit: f64, round: fn(f64) -> f64) -> f64 {
    let count = value / unit;
    let near = count.round();
    let count = if (count - near).abs() < 1e-9 * count.abs().max(1.0) {
        near
    } else {
        round(count)
    };
    count * unit
}

/// Limits of a logarithmic axis: whole powers of the base.
pub(super) fn logarithmic(extent: Extent, axis: Option<&Axis>, base: f64) -> Scale {
    let least = if extent.least_positive.is_finite() {
        extent.least_positive
    } else {
        1.0
    };
    let most = if extent.max > 0.0 && extent.max.is_finite() {
        extent.max.max(least)
    } else {
        least * base
    };
    let power = |value: f64, round: fn(f64) -> f64| {
        let exponent = value.ln() / base.ln();
        let near = exponent.round();
        let exponent = if (exponent - near).abs() < 1e-9 {
            near
        } else {
            round(exponent)
        };
        base.powf(exponent.clamp(-300.0, 300.0))
            .clamp(1e-300, 1e300)
    };
    let min = axis
        .and_then(|a| a.min)
        .filter(|min| *min > 0.0)
        .unwrap_or_else(|| {
            if least >= 1.0 {
                1.0
            } else {
                power(least, f64::floor)
            }
        });
    let max = axis
        .and_then(|a| a.max)
        .filter(|max| *max > min)
        .unwrap_or_else(|| power(most, f64::ceil).max(min * base));
    Scale::Log { base, min, max }
}

impl Scale {
    /// Where a value lies, 0 at the low end and 1 at the high end; may lie outside, never far.
    pub(super) fn at(&self, value: f64) -> f64 {
        let fraction = match self {
            Self::Linear { min, max, .. } => (value - min) / (max - min),
            Self::Log { min, max, .. } => {
                if value <= 0.0 {
                    return 0.0;
                }
                (value.ln() - min.ln()) / (max.ln() - min.ln())
            }
            Self::Category { count, between } => {
                let count = *count as f64;
                if *between {
                    (value + 0.5) / count.max(1.0)
                } else if count > 1.0 {
                    value / (count - 1.0)
                } else {
                    0.5
                }
            }
            Self::Date {
                unit,
                min,
                max,
                between,
                from_1904,
                ..
            } => {
                let at = date::in_units(value, *unit, *from_1904);
                if *between {
                    (at - min + 0.5) / (max - min + 1.0)
                } else if max > min {
                    (at - min) / (max - min)
                } else {
                    0.5
                }
            }
        };
        if fraction.is_finite() {
            fraction.clamp(-1e4, 1e4)
        } else {
            0.0
        }
    }

    /// Values with a tick mark or gridline.
    pub(super) fn ticks(&self) -> Vec<f64> {
        match self {
            Self::Linear {
                min, max, major, ..
            } => steps(*min, *max, *major),
            Self::Log { base, min, max } => {
                let mut ticks = Vec::new();
                let mut value = *min;
                while value <= max * (1.0 + 1e-9) && ticks.len() < MAX_TICKS as usize {
                    ticks.push(value);
                    value *= base;
                }
                ticks
            }
            Self::Category { count, .. } => (0..*count).map(|index| index as f64).collect(),
            Self::Date {
                unit,
                min,
                max,
                major,
                from_1904,
                ..
            } => date::ticks(*unit, *min, *max, *major, *from_1904),
        }
    }

    /// Values with a minor tick mark or gridline.
    pub(super) fn minor_ticks(&self) -> Vec<f64> {
        match self {
            Self::Linear {
                min, max, minor, ..
            } => steps(*min, *max, *minor),
            Self::Log { base, max, .. } => {
                let parts = base.floor().clamp(2.0, 100.0) as usize;
                self.ticks()
                    .into_iter()
                    .flat_map(|tick| (2..parts).map(move |part| tick * part as f64))
                    .filter(|value| value < max)
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    /// Value where another axis crosses by itself: zero, or the end nearest to it.
    pub(super) fn zero(&self) -> f64 {
        match self {
            Self::Linear { min, max, .. } => 0f64.clamp(*min, *max),
            Self::Log { min, .. } => *min,
            _ => 0.0,
        }
    }
}

/// `min`, `min + unit` and so on up to `max`, without the noise of sums.
fn steps(min: f64, max: f64, unit: f64) -> Vec<f64> {
    let count = ((max - min) / unit + 1e-6).floor();
    if !(unit > 0.0 && count.is_finite()) {
        return vec![min];
    }
    (0..=count.clamp(0.0, MAX_TICKS) as u32)
        .map(|index| {
            let value = min + f64::from(index) * unit;
            // What should be zero is zero.
            if value.abs() < unit * 1e-9 {
                0.0
            } else {
                value
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extent(min: f64, max: f64) -> Extent {
        let mut extent = Extent::EMPTY;
        extent.add(min);
        extent.add(max);
        extent
    }

    fn auto(min: f64, max: f64) -> (f64, f64, f64) {
        match linear(extent(min, max), None, false, 10.0) {
            Scale::Linear {
                min, max, major, ..
            } => (min, max, major),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn limits_and_units_are_powerpoints() {
        // Five percent are added before the unit is chosen.
        assert_eq!(auto(1200.0, 4892.0), (0.0, 6000.0, 1000.0));
        assert_eq!(auto(2.0, 5.0), (0.0, 6.0, 1.0));
        assert_eq!(auto(1.8, 8.2), (0.0, 9.0, 1.0));
        assert_eq!(auto(0.0, 0.0), (0.0, 1.0, 0.1));
        assert_eq!(auto(-5.0, 10.0), (-6.0, 12.0, 2.0));
        assert_eq!(auto(-40.0, -10.0), (-45.0, 0.0, 5.0));
        let (low, high, _) = auto(95.0, 100.0);
        assert!(low > 80.0 && high >= 100.0);
    }

    #[test]
    fn coarser_units_where_labels_are_large() {
        let Scale::Linear { major, max, .. } = linear(extent(1.0, 8.2), None, false, 7.0) else {
            panic!();
        };
        assert_eq!((major, max), (2.0, 10.0));
    }

    #[test]
    fn shares_run_to_the_whole() {
        let Scale::Linear {
            min, max, major, ..
        } = linear(extent(0.0, 1.0), None, true, 10.0)
        else {
            panic!();
        };
        assert_eq!((min, max, major), (0.0, 1.0, 0.1));
    }

    #[test]
    fn wild_values_stay_finite() {
        for (min, max) in [
            (0.0, 1e300),
            (-1e300, 1e300),
            (1e-300, 1e-299),
            (5e-324, 5e-324),
            (5.0, 5.0),
        ] {
            let scale = linear(extent(min, max), None, false, 10.0);
            assert!(scale.ticks().len() <= 1001, "{scale:?}");
            for value in [min, max, f64::NAN, f64::INFINITY] {
                assert!(scale.at(value).is_finite());
            }
            assert!(scale.ticks().iter().all(|tick| tick.is_finite()));
            assert!(scale.zero().is_finite());
            assert!(
                logarithmic(extent(min, max), None, 1000.0)
                    .at(max)
                    .is_finite()
            );
        }
    }

    #[test]
    fn logarithms_use_whole_powers() {
        let scale = logarithmic(extent(3.0, 2500.0), None, 10.0);
        assert_eq!(
            scale,
            Scale::Log {
                base: 10.0,
                min: 1.0,
                max: 10_000.0
            }
        );
        assert_eq!(scale.ticks().len(), 5);
        assert_eq!(scale.at(-7.0), 0.0);
        assert!((scale.at(100.0) - 0.5).abs() < 1e-9);
        let none = logarithmic(extent(-5.0, 0.0), None, 10.0);
        assert!(none.at(1.0).is_finite());
    }
}
