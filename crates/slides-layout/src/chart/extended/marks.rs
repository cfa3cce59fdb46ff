//! What is drawn over the axes of a lowered chart.

use kurbo::{Point, Rect};
use slides_ooxml::model::chart::{DataLabels, LabelPosition, MarkerSymbol, Series};
use slides_ooxml::model::{Fill, Line, ShapeProperties};

use super::super::Chart;
use super::super::canvas::Look;
use super::super::coords::Coordinates;
use super::super::labels::Facts;
use super::super::title::series_name;
use super::statistics::Box5;
use super::tree::Tree;

/// From a bar's end to its label.
const LABEL_GAP: f64 = 4.4;
/// Values of one box that are drawn as points.
const MAX_DOTS: usize = 2_000;

/// A bar between two values.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Float {
    pub category: usize,
    pub from: f64,
    pub to: f64,
    /// What its label shows.
    pub value: Option<f64>,
    pub look: ShapeProperties,
}

/// A box with whiskers in one lane of a category.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BoxMark {
    pub category: usize,
    pub lane: usize,
    pub figures: Box5,
    pub look: ShapeProperties,
    pub mean: bool,
    pub mean_line: bool,
    pub outliers: bool,
    pub inner: bool,
}

/// What the other kinds of charts have no plot for.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "there is one to a chart")]
pub(crate) enum Marks {
    None,
    Floats {
        floats: Vec<Float>,
        /// Gap in parts of a bar.
        gap: f64,
        labels: Option<DataLabels>,
        /// Name and values for the labels.
        facts: Box<Series>,
        /// Lines from one bar to the next.
        connectors: Option<Line>,
        /// Labels stand in the middle of their bars.
        centred: bool,
    },
    Boxes {
        boxes: Vec<BoxMark>,
        lanes: usize,
        gap: f64,
    },
    Tree(Tree),
}

impl Marks {
    /// Draws bars and boxes between their axes.
    pub(crate) fn draw(&self, chart: &mut Chart<'_>, coordinates: &Coordinates<'_, '_>) {
        match self {
            Self::None | Self::Tree(_) => {}
            Self::Floats {
                floats,
                gap,
                labels,
                facts,
                connectors,
                centred,
            } => {
                let width = coordinates.slot() / (1.0 + gap);
                chart.clipped(coordinates.plot.inflate(0.4, 0.4), |chart| {
                    for float in floats {
                        let rect = bar(coordinates, float, width);
                        let look = Look::of(Some(&float.look), Look::default());
                        chart.rect(rect, &look);
                    }
                    if let Some(line) = connectors {
                        for pair in floats.windows(2) {
                            let [a, b] = pair else { continue };
                            connect(chart, coordinates, a, b, width, line);
                        }
                    }
                });
                if let Some(labels) = labels {
                    for float in floats {
                        float_label(chart, coordinates, float, labels, facts, width, *centred);
                    }
                }
            }
            Self::Boxes { boxes, lanes, gap } => {
                let lanes = (*lanes).max(1) as f64;
                // Boxes of a category have a tenth of their width between them.
                let width = coordinates.slot() / (1.1 * lanes + gap);
                chart.clipped(coordinates.plot.inflate(3.0, 3.0), |chart| {
                    for mark in boxes {
                        let middle = (mark.lane as f64 - (lanes - 1.0) / 2.0) * 1.1 * width;
                        draw_box(chart, coordinates, mark, middle, width);
                    }
                    mean_lines(chart, coordinates, boxes, lanes, width);
                });
            }
        }
    }
}

fn middle(coordinates: &Coordinates<'_, '_>, category: usize) -> f64 {
    coordinates
        .category
        .position(coordinates.category_value(category))
}

fn bar(coordinates: &Coordinates<'_, '_>, float: &Float, width: f64) -> Rect {
    let at = middle(coordinates, float.category);
    Rect::from_points(
        coordinates.at(at - width / 2.0, coordinates.value.position(float.from)),
        coordinates.at(at + width / 2.0, coordinates.value.position(float.to)),
    )
}

fn connect(
    chart: &mut Chart<'_>,
    coordinates: &Coordinates<'_, '_>,
    from: &Float,
    to: &Float,
    width: f64,
    line: &Line,
) {
    let level = coordinates.value.position(from.to);
    let (a, b) = (
        middle(coordinates, from.category),
        middle(coordinates, to.category),
    );
    let half = width / 2.0 * (b - a).signum();
    chart.segment(
        coordinates.at(a + half, level),
        coordinates.at(b - half, level),
        line,
    );
}

fn float_label(
    chart: &mut Chart<'_>,
    coordinates: &Coordinates<'_, '_>,
    float: &Float,
    labels: &DataLabels,
    facts: &Series,
    width: f64,
    centred: bool,
) {
    let facts = Facts {
        plot: None,
        series: facts,
        series_name: series_name(facts, 0),
        index: float.category,
        category: chart.category_text(coordinates.group.names, float.category, None),
        value: float.value,
        share: None,
        bubble: None,
        separator: ", ",
    };
    let Some(composed) = chart.data_label(labels, &facts, None) else {
        return;
    };
    let rect = bar(coordinates, float, width);
    let (w, h) = composed.size();
    let center = rect.center();
    let default = if centred {
        LabelPosition::Center
    } else {
        LabelPosition::OutsideEnd
    };
    let down = float.to < float.from;
    let inside = Chart::centred_top(&composed, center.y);
    let y = match composed.position.unwrap_or(default) {
        _ if centred => inside,
        LabelPosition::OutsideEnd | LabelPosition::Top if down => rect.y1 + LABEL_GAP,
        LabelPosition::OutsideEnd | LabelPosition::Top => rect.y0 - LABEL_GAP - h,
        LabelPosition::InsideEnd if down => rect.y1 - LABEL_GAP - h,
        LabelPosition::InsideEnd => rect.y0 + LABEL_GAP,
        LabelPosition::InsideBase if down => rect.y0 + LABEL_GAP,
        LabelPosition::InsideBase => rect.y1 - LABEL_GAP - h,
        _ => inside,
    };
    chart.put_label(&composed, center.x - w / 2.0, y);
}

fn draw_box(
    chart: &mut Chart<'_>,
    coordinates: &Coordinates<'_, '_>,
    mark: &BoxMark,
    shift: f64,
    width: f64,
) {
    let figures = &mark.figures;
    let x = middle(coordinates, mark.category) + shift;
    let at = |value: f64| coordinates.value.position(value);
    let point = |dx: f64, value: f64| coordinates.at(x + dx * width, at(value));
    let look = Look::of(Some(&mark.look), Look::default());
    let line = look.line.clone().unwrap_or_default();
    let [first, median, third] = figures.quartiles;
    for (from, to) in [(third, figures.high), (first, figures.low)] {
        if from != to {
            chart.segment(point(0.0, from), point(0.0, to), &line);
            chart.segment(point(-0.25, to), point(0.25, to), &line);
        }
    }
    chart.rect(
        Rect::from_points(point(-0.5, first), point(0.5, third)),
        &look,
    );
    chart.segment(point(-0.5, median), point(0.5, median), &line);
    let marker_look = Look {
        fill: look.fill.clone(),
        line: Some(line.clone()),
        effects: None,
    };
    if mark.mean {
        chart.marker(point(0.0, figures.mean), MarkerSymbol::X, 5.0, &marker_look);
    }
    let dots = |values: &[f64]| -> Vec<Point> {
        values
            .iter()
            .take(MAX_DOTS)
            .map(|value| point(0.0, *value))
            .collect()
    };
    let dot_look = Look {
        fill: look.fill.filter(|fill| !matches!(fill, Fill::None)),
        ..Look::default()
    };
    if mark.outliers {
        for dot in dots(&figures.outliers) {
            chart.marker(dot, MarkerSymbol::Circle, 5.0, &dot_look);
        }
    }
    if mark.inner {
        for dot in dots(&figures.inner) {
            chart.marker(dot, MarkerSymbol::Circle, 5.0, &marker_look);
        }
    }
}

/// Lines through the means of a series.
fn mean_lines(
    chart: &mut Chart<'_>,
    coordinates: &Coordinates<'_, '_>,
    boxes: &[BoxMark],
    lanes: f64,
    width: f64,
) {
    for pair in boxes.windows(2) {
        let [a, b] = pair else { continue };
        if a.lane != b.lane || !a.mean_line {
            continue;
        }
        let place = |mark: &BoxMark| {
            let shift = (mark.lane as f64 - (lanes - 1.0) / 2.0) * 1.1 * width;
            coordinates.at(
                middle(coordinates, mark.category) + shift,
                coordinates.value.position(mark.figures.mean),
            )
        };
        let line = Line {
            width: Some(9_525),
            fill: a.look.fill.clone(),
            ..Line::default()
        };
        chart.segment(place(a), place(b), &line);
    }
}
