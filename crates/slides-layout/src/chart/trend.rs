//! Trend lines: fits, their drawing, equation and coefficient.

use kurbo::{BezPath, Rect};
use slides_ooxml::model::chart::{ChartText, Plot, Series, TrendKind, Trendline};

use slides_ooxml::model::{Paragraph, Run, RunKind, RunProperties, TextBody};

use super::Chart;
use super::coords::Coordinates;
use super::data::ordered;
use super::scale::Scale;
use super::scatter::x_value;
use super::text::Role;

/// How far exponents are raised, in parts of the size.
const RAISED: f64 = 0.3;
/// Pieces that a curve is drawn in.
const STEPS: u32 = 128;

/// A curve fitted to points.
#[derive(Debug, Clone, PartialEq)]
enum Fit {
    /// Coefficients, the constant first.
    Polynomial(Vec<f64>),
    /// `a e^(b x)`.
    Exponential(f64, f64),
    /// `a ln x + b`.
    Logarithmic(f64, f64),
    /// `a x^b`.
    Power(f64, f64),
    /// The points of the averages.
    Average(Vec<(f64, f64)>),
}

/// The name that a trend line has in the legend.
pub(super) fn name(trendline: &Trendline, series: &str) -> String {
    if let Some(name) = &trendline.name {
        return name.clone();
    }
    let kind = match trendline.kind {
        TrendKind::Exponential => "Expon.".to_owned(),
        TrendKind::Linear => "Linear".to_owned(),
        TrendKind::Logarithmic => "Log.".to_owned(),
        TrendKind::MovingAverage(period) => format!("{period} per. Mov. Avg."),
        TrendKind::Polynomial(_) => "Poly.".to_owned(),
        TrendKind::Power => "Power".to_owned(),
    };
    format!("{kind} ({series})")
}

/// Least squares of a polynomial; the constant may be given.
fn polynomial(points: &[(f64, f64)], order: usize, intercept: Option<f64>) -> Option<Vec<f64>> {
    let first = usize::from(intercept.is_some());
    let unknown = order + 1 - first;
    if points.len() < unknown {
        return None;
    }
    // Scaled x keeps the sums of high powers apart.
    let reach = points
        .iter()
        .map(|point| point.0.abs())
        .fold(0.0, f64::max)
        .max(1e-12);
    let mut matrix = vec![vec![0.0; unknown + 1]; unknown];
    for (x, y) in points {
        let x = x / reach;
        let y = y - intercept.unwrap_or(0.0);
        for (row, line) in matrix.iter_mut().enumerate() {
            for (column, cell) in line.iter_mut().enumerate() {
                let power = (row + first) as i32;
                *cell += if column == unknown {
                    x.powi(power) * y
                } else {
                    x.powi(power + (column + first) as i32)
                };
            }
        }
    }
    let solved = solve(matrix)?;
    let mut all: Vec<f64> = intercept.into_iter().chain(solved).collect();
    for (power, value) in all.iter_mut().enumerate() {
        *value /= reach.powi(power as i32);
    }
    all.iter().all(|value| value.is_finite()).then_some(all)
}

/// Gauss with pivoting; none for a singular system.
fn solve(mut matrix: Vec<Vec<f64>>) -> Option<Vec<f64>> {
    let count = matrix.len();
    for column in 0..count {
        let pivot = (column..count).max_by(|a, b| {
            let at = |row: usize| {
                matrix
                    .get(row)
                    .and_then(|row| row.get(column))
                    .map_or(0.0, |value| value.abs())
            };
            at(*a).total_cmp(&at(*b))
        })?;
        matrix.swap(column, pivot);
        let top = matrix.get(column)?.clone();
        let head = *top.get(column)?;
        if head.abs() < 1e-14 || !head.is_finite() {
            return None;
        }
        for (row, line) in matrix.iter_mut().enumerate() {
            if row == column {
                continue;
            }
            let factor = line.get(column)? / head;
            for (cell, above) in line.iter_mut().zip(&top) {
                *cell -= factor * above;
            }
        }
    }
    (0..count)
        .map(|row| Some(matrix.get(row)?.get(count)? / matrix.get(row)?.get(row)?))
        .collect()
}

fn fit(kind: TrendKind, points: &[(f64, f64)], intercept: Option<f64>) -> Option<Fit> {
    let mapped = |x: fn(f64) -> f64, y: fn(f64) -> f64| -> Vec<(f64, f64)> {
        points
            .iter()
            .map(|point| (x(point.0), y(point.1)))
            .filter(|point| point.0.is_finite() && point.1.is_finite())
            .collect()
    };
    let line = |points: &[(f64, f64)], intercept| {
        let both = polynomial(points, 1, intercept)?;
        Some((*both.get(1)?, *both.first()?))
    };
    Some(match kind {
        TrendKind::Linear => Fit::Polynomial(polynomial(points, 1, intercept)?),
        TrendKind::Polynomial(order) => {
            let order = (order as usize).clamp(2, 6);
            Fit::Polynomial(polynomial(points, order, intercept)?)
        }
        TrendKind::Exponential => {
            let fixed = intercept.filter(|at| *at > 0.0).map(f64::ln);
            let (b, a) = line(&mapped(|x| x, f64::ln), fixed)?;
            Fit::Exponential(a.exp(), b)
        }
        TrendKind::Logarithmic => {
            let (a, b) = line(&mapped(f64::ln, |y| y), None)?;
            Fit::Logarithmic(a, b)
        }
        TrendKind::Power => {
            let (b, a) = line(&mapped(f64::ln, f64::ln), None)?;
            Fit::Power(a.exp(), b)
        }
        TrendKind::MovingAverage(period) => {
            let period = period.clamp(2, 255) as usize;
            Fit::Average(
                points
                    .windows(period)
                    .filter_map(|window| {
                        let sum: f64 = window.iter().map(|point| point.1).sum();
                        Some((window.last()?.0, sum / period as f64))
                    })
                    .collect(),
            )
        }
    })
}

impl Fit {
    fn at(&self, x: f64) -> f64 {
        match self {
            Self::Polynomial(all) => all.iter().rev().fold(0.0, |sum, value| sum * x + value),
            Self::Exponential(a, b) => a * (b * x).exp(),
            Self::Logarithmic(a, b) => a * x.ln() + b,
            Self::Power(a, b) => a * x.powf(*b),
            Self::Average(_) => f64::NAN,
        }
    }

    /// The coefficient of determination, over logarithms where the fit was made over them.
    fn r_squared(&self, points: &[(f64, f64)]) -> Option<f64> {
        let logarithmic = matches!(self, Self::Exponential(..) | Self::Power(..));
        let seen = |y: f64| if logarithmic { y.ln() } else { y };
        let pairs: Vec<(f64, f64)> = points
            .iter()
            .map(|(x, y)| (seen(*y), seen(self.at(*x))))
            .filter(|(y, at)| y.is_finite() && at.is_finite())
            .collect();
        let mean = pairs.iter().map(|pair| pair.0).sum::<f64>() / pairs.len().max(1) as f64;
        let left: f64 = pairs.iter().map(|(y, at)| (y - at).powi(2)).sum();
        let all: f64 = pairs.iter().map(|(y, _)| (y - mean).powi(2)).sum();
        (all > 0.0).then(|| 1.0 - left / all)
    }

    /// The equation in pieces; those that are true stand raised.
    fn equation(&self, write: impl Fn(f64) -> String) -> Vec<(String, bool)> {
        let term = |value: f64, rest: &str, first: bool| {
            let sign = match (value < 0.0, first) {
                (true, true) => "-",
                (true, false) => " - ",
                (false, true) => "",
                (false, false) => " + ",
            };
            (format!("{sign}{}{rest}", write(value.abs())), false)
        };
        let mut out = vec![("y = ".to_owned(), false)];
        match self {
            Self::Polynomial(all) => {
                for (power, value) in all.iter().enumerate().rev() {
                    if *value == 0.0 {
                        continue;
                    }
                    let rest = if power == 0 { "" } else { "x" };
                    out.push(term(*value, rest, out.len() == 1));
                    if power > 1 {
                        out.push((power.to_string(), true));
                    }
                }
            }
            Self::Exponential(a, b) => {
                out.push(term(*a, "e", true));
                out.push((format!("{}x", signed(*b, &write)), true));
            }
            Self::Logarithmic(a, b) => {
                out.push(term(*a, "ln(x)", true));
                out.push(term(*b, "", false));
            }
            Self::Power(a, b) => {
                out.push(term(*a, "x", true));
                out.push((signed(*b, &write), true));
            }
            Self::Average(_) => out.clear(),
        }
        out
    }
}

fn signed(value: f64, write: &impl Fn(f64) -> String) -> String {
    let sign = if value < 0.0 { "-" } else { "" };
    format!("{sign}{}", write(value.abs()))
}

/// Large and small coefficients have no room for their digits: one, and the power of ten.
fn scientific(value: f64) -> Option<String> {
    let size = value.abs();
    if !value.is_finite() || size == 0.0 || (0.000_1..999_999.5).contains(&size) {
        return None;
    }
    let text = format!("{value:.0e}");
    let (mantissa, exponent) = text.split_once('e')?;
    let exponent: i32 = exponent.parse().ok()?;
    let sign = if exponent < 0 { '-' } else { '+' };
    Some(format!("{mantissa}E{sign}{:02}", exponent.abs()))
}

/// A coefficient in no more than six characters where it has a fraction.
fn short(value: f64) -> f64 {
    let whole = value.abs().max(1.0).log10().floor().min(300.0) as i32 + 1;
    let factor = 10f64.powi((5 - whole).max(0));
    let rounded = (value * factor).round() / factor;
    if rounded != 0.0 && rounded.is_finite() {
        return rounded;
    }
    // What that leaves nothing of keeps its first figure.
    let first = 10f64.powi(value.abs().max(1e-300).log10().floor() as i32);
    let rounded = (value / first).round() * first;
    if rounded.is_finite() { rounded } else { value }
}

/// Lines of pieces as a text; raised pieces are superscripts.
fn body(lines: Vec<Vec<(String, bool)>>) -> TextBody {
    let run = |(text, raised): (String, bool)| Run {
        kind: RunKind::Text(text),
        properties: RunProperties {
            baseline: raised.then_some(RAISED),
            ..RunProperties::default()
        },
    };
    TextBody {
        paragraphs: lines
            .into_iter()
            .map(|line| Paragraph {
                runs: line.into_iter().map(run).collect(),
                ..Paragraph::default()
            })
            .collect(),
        ..TextBody::default()
    }
}

/// The points that a trend line is fitted to: categories count from 1.
fn points(coordinates: &Coordinates<'_, '_>, series: &Series) -> Vec<(f64, f64)> {
    (0..series.values.count)
        .filter_map(|index| {
            let x = if coordinates.group.scatter {
                x_value(series, index)?
            } else {
                match coordinates.category.scale {
                    Scale::Date { .. } => coordinates.category_value(index),
                    _ => index as f64 + 1.0,
                }
            };
            Some((x, series.values.get(index)?))
        })
        .filter(|point| point.0.is_finite() && point.1.abs() < 1e150)
        .collect()
}

/// Draws the trend lines of a plot.
pub(super) fn draw(
    chart: &mut Chart<'_>,
    coordinates: &Coordinates<'_, '_>,
    plot: &Plot,
    clip: Rect,
) {
    for series in ordered(plot) {
        for trendline in &series.trendlines {
            let points = points(coordinates, series);
            let Some(fit) = fit(trendline.kind, &points, trendline.intercept) else {
                continue;
            };
            one(chart, coordinates, trendline, &points, &fit, clip);
        }
    }
}

fn one(
    chart: &mut Chart<'_>,
    coordinates: &Coordinates<'_, '_>,
    trendline: &Trendline,
    points: &[(f64, f64)],
    fit: &Fit,
    clip: Rect,
) {
    let shift = match coordinates.category.scale {
        Scale::Category { .. } => 1.0,
        _ => 0.0,
    };
    let curve: Vec<(f64, f64)> = if let Fit::Average(points) = fit {
        points.clone()
    } else {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for (x, _) in points {
            low = low.min(*x);
            high = high.max(*x);
        }
        low -= trendline.backward;
        high += trendline.forward;
        (0..=STEPS)
            .map(|step| low + (high - low) * f64::from(step) / f64::from(STEPS))
            .map(|x| (x, fit.at(x)))
            .collect()
    };
    let mut path = BezPath::new();
    let mut last = None;
    for (x, y) in curve {
        if !(x.is_finite() && y.is_finite()) {
            continue;
        }
        let point = coordinates.point(x - shift, y);
        if last.is_none() {
            path.move_to(point);
        } else {
            path.line_to(point);
        }
        last = Some(point);
    }
    let line = chart.trend_line(trendline);
    chart.clipped(clip, |chart| chart.stroke(path, &line));
    let Some(end) = last else { return };
    let own = trendline.label.as_ref();
    let code = own
        .and_then(|label| label.settings.number_format.as_ref())
        .map_or("General", |format| format.code.as_str());
    let write = |value: f64| {
        if code.eq_ignore_ascii_case("general") {
            scientific(value).unwrap_or_else(|| chart.number(code, short(value)))
        } else {
            chart.number(code, value)
        }
    };
    let mut lines = Vec::new();
    if trendline.show_equation && !matches!(fit, Fit::Average(_)) {
        lines.push(fit.equation(write));
    }
    if trendline.show_r_squared
        && let Some(r) = fit.r_squared(points)
    {
        let r = vec![
            ("R".to_owned(), false),
            ("2".to_owned(), true),
            (format!(" = {}", write(r)), false),
        ];
        lines.push(r);
    }
    if lines.is_empty() {
        return;
    }
    let rich = own.and_then(|label| match &label.text {
        Some(ChartText::Rich(body)) => Some(&**body),
        _ => None,
    });
    let properties = own.and_then(|label| label.settings.text.as_deref());
    let style = chart.text_style(&[rich, properties], Role::Plain);
    let composed = body(lines);
    let label = chart.rich(rich.unwrap_or(&composed), &style, None);
    let (mut dx, mut dy) = (0.0, 0.0);
    if let Some(layout) = own.and_then(|label| label.layout) {
        dx = layout.x.unwrap_or(0.0) * chart.size.width;
        dy = layout.y.unwrap_or(0.0) * chart.size.height;
    }
    // Above the end of the line, but over the plot.
    let most = (clip.x1 - label.width - 3.0).max(0.0);
    let left = (end.x - label.width / 2.0).min(most).max(0.0) + dx;
    let top = (end.y - label.height - 4.4).max(clip.y0) + dy;
    chart.put(&label, left, top);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-6 * b.abs().max(1.0), "{a} is not {b}");
    }

    #[test]
    fn fits_find_the_curve_that_the_points_lie_on() {
        let over = |f: &dyn Fn(f64) -> f64| -> Vec<(f64, f64)> {
            (1..=8).map(|x| (f64::from(x), f(f64::from(x)))).collect()
        };
        for (kind, curve) in [
            (
                TrendKind::Linear,
                &(|x| 2.0 * x - 3.0) as &dyn Fn(f64) -> f64,
            ),
            (TrendKind::Polynomial(3), &|x| x * x * x - 2.0 * x + 1.0),
            (TrendKind::Exponential, &|x| 3.0 * (0.4 * x).exp()),
            (TrendKind::Logarithmic, &|x| 2.0 * x.ln() + 5.0),
            (TrendKind::Power, &|x| 1.5 * x.powf(1.7)),
        ] {
            let points = over(curve);
            let fit = fit(kind, &points, None).unwrap();
            close(fit.at(4.5), curve(4.5));
            close(fit.r_squared(&points).unwrap(), 1.0);
        }
    }

    #[test]
    fn equations_read_as_powerpoint_writes_them() {
        let read = |fit: Fit| -> String {
            let pieces = fit.equation(|value| short(value).to_string());
            let mark = |(text, raised): (String, bool)| {
                if raised { format!("^{text}") } else { text }
            };
            pieces.into_iter().map(mark).collect()
        };
        assert_eq!(read(Fit::Polynomial(vec![-3.0, 2.0])), "y = 2x - 3");
        let square = Fit::Polynomial(vec![1.0, -2.0, 0.5]);
        assert_eq!(read(square), "y = 0.5x^2 - 2x + 1");
        let growth = Fit::Exponential(4.23442, -0.192_47);
        assert_eq!(read(growth), "y = 4.2344e^-0.1925x");
        assert_eq!(read(Fit::Power(1.5, 2.0)), "y = 1.5x^2");
        assert_eq!(short(21.142_857), 21.143);
        assert_eq!(short(0.057_187), 0.0572);
        assert_eq!(short(123_456.7), 123_457.0);
        assert_eq!(short(0.000_012_7), 0.000_01);
        assert_eq!(short(0.0), 0.0);
        assert_eq!(scientific(2_200_000.0).as_deref(), Some("2E+06"));
        assert_eq!(scientific(-0.000_012_7).as_deref(), Some("-1E-05"));
        assert_eq!(scientific(600_000.0), None);
        assert_eq!(scientific(0.0), None);
    }

    #[test]
    fn points_that_give_no_curve_give_none() {
        assert_eq!(fit(TrendKind::Linear, &[(1.0, 1.0)], None), None);
        assert_eq!(
            fit(TrendKind::Linear, &[(1.0, 1.0), (1.0, 2.0)], None),
            None
        );
        assert_eq!(
            fit(TrendKind::Power, &[(-1.0, 1.0), (0.0, 2.0)], None),
            None
        );
    }

    #[test]
    fn averages_begin_with_the_period() {
        let points = [(1.0, 1.0), (2.0, 3.0), (3.0, 5.0)];
        assert_eq!(
            fit(TrendKind::MovingAverage(2), &points, None),
            Some(Fit::Average(vec![(2.0, 2.0), (3.0, 4.0)]))
        );
    }
}
