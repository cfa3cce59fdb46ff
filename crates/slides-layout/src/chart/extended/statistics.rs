//! Bins of histograms and the figures of boxes.

use slides_ooxml::model::chart::Binning;

/// Bins of one histogram.
const MAX_BINS: f64 = 500.0;

/// One bin: its limits (none at an open end) and how many values it holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bin {
    pub low: Option<f64>,
    pub high: Option<f64>,
    pub count: usize,
}

/// Sorts values into bins; without a width of the file by Scott's rule.
pub(super) fn bins(values: &[f64], binning: &Binning) -> Vec<Bin> {
    let (low, high) = values
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(*value), high.max(*value))
        });
    if values.is_empty() || !(high - low).is_finite() {
        return Vec::new();
    }
    let under = binning.underflow.filter(|under| *under < high);
    let over = binning.overflow.filter(|over| *over > under.unwrap_or(low));
    let start = under.unwrap_or(low);
    let end = over.unwrap_or(high).max(start);
    let span = end - start;
    let width = match (binning.size, binning.count) {
        (Some(size), _) => size,
        (None, Some(count)) => {
            let open = usize::from(under.is_some()) + usize::from(over.is_some());
            span / (count as usize).saturating_sub(open).max(1) as f64
        }
        (None, None) => automatic_width(values),
    };
    let width = if width.is_finite() && width > 0.0 {
        width.max(span / MAX_BINS)
    } else {
        1.0
    };
    let count = ((span / width - 1e-9).ceil()).clamp(1.0, MAX_BINS) as usize;
    let mut bins: Vec<Bin> = Vec::with_capacity(count + 2);
    bins.extend(under.map(|under| Bin {
        low: None,
        high: Some(under),
        count: 0,
    }));
    let first = bins.len();
    bins.extend((0..count).map(|index| Bin {
        low: Some(start + width * index as f64),
        high: Some(start + width * (index + 1) as f64),
        count: 0,
    }));
    bins.extend(over.map(|over| Bin {
        low: Some(over),
        high: None,
        count: 0,
    }));
    for value in values {
        let below =
            under.is_some_and(|under| *value < under || !binning.left_closed && *value == under);
        let above = over.is_some_and(|over| *value > over || binning.left_closed && *value == over);
        let place = (value - start) / width;
        let place = if binning.left_closed {
            (place + 1e-9).floor()
        } else {
            (place - 1e-9).ceil() - 1.0
        };
        let index = match (below, above) {
            (true, _) => 0,
            (_, true) => bins.len() - 1,
            _ => first + (place.max(0.0) as usize).min(count - 1),
        };
        if let Some(bin) = bins.get_mut(index) {
            bin.count += 1;
        }
    }
    bins
}

/// 3.5 standard deviations over the cube root of the count, of two digits.
fn automatic_width(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let mean = mean(values);
    let variance = values
        .iter()
        .map(|value| (value - mean) * (value - mean))
        .sum::<f64>()
        / (count - 1.0).max(1.0);
    let width = 3.5 * variance.sqrt() / count.cbrt();
    if !(width.is_finite() && width > 0.0) {
        return 1.0;
    }
    let power = 10f64.powf(width.log10().floor() - 1.0);
    (width / power).ceil() * power
}

/// The mean, summed so that no partial sum overflows.
pub(super) fn mean(values: &[f64]) -> f64 {
    let count = values.len().max(1) as f64;
    values.iter().map(|value| value / count).sum()
}

/// Figures of a box with whiskers.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::chart) struct Box5 {
    /// Ends of the whiskers: the farthest values within 1.5 times the box's height.
    pub low: f64,
    pub high: f64,
    /// First quartile, median, third quartile.
    pub quartiles: [f64; 3],
    pub mean: f64,
    /// Values beyond the whiskers, and those within.
    pub outliers: Vec<f64>,
    pub inner: Vec<f64>,
}

/// Figures of a box; none without values.
pub(super) fn box_of(values: &[f64], inclusive: bool) -> Option<Box5> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (first, last) = (*sorted.first()?, *sorted.last()?);
    let count = sorted.len() as f64;
    let quartile = |part: f64| {
        let rank = if inclusive {
            part * (count - 1.0)
        } else {
            (part * (count + 1.0) - 1.0).clamp(0.0, count - 1.0)
        };
        let at = |index: f64| sorted.get(index as usize).copied().unwrap_or(last);
        let (below, above) = (at(rank.floor()), at(rank.ceil()));
        below + (above - below) * rank.fract()
    };
    let quartiles = [quartile(0.25), quartile(0.5), quartile(0.75)];
    let reach = 1.5 * (quartiles[2] - quartiles[0]);
    let within = |value: &&f64| **value >= quartiles[0] - reach && **value <= quartiles[2] + reach;
    let inner: Vec<f64> = sorted.iter().filter(within).copied().collect();
    let outliers = sorted
        .iter()
        .filter(|value| !within(value))
        .copied()
        .collect();
    Some(Box5 {
        low: inner.first().copied().unwrap_or(first).min(quartiles[0]),
        high: inner.last().copied().unwrap_or(last).max(quartiles[2]),
        quartiles,
        mean: mean(values),
        outliers,
        inner,
    })
}
