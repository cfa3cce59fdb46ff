//! Native charts (`c:chartSpace`): title, legend, axes, plots, from the cached values.
//!
//! Lengths are points from the corner of the chart's frame, y down. Layout rules were measured on PowerPoint's own
//! output; a band is what stands between the frame's edge and the plot.

mod area;
mod axis;
mod axis_titles;
mod bands;
mod bar;
mod canvas;
mod coords;
mod data;
mod date;
mod depth;
#[cfg(test)]
mod detail_tests;
mod error_bars;
mod extended;
mod groups;
mod labels;
mod legend;
mod line;
mod looks;
#[allow(dead_code, reason = "charts of 2016 ask for more of it")]
mod number_format;
mod radar;
mod ring;
mod ring_labels;
#[cfg(test)]
mod round_tests;
mod scale;
mod scatter;
mod slab;
mod style;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod tick_labels;
mod title;
mod trend;
mod user_shapes;

use kurbo::{Rect, Size};
use slides_ooxml::model::chart::{ChartSpace, Grouping, Plot, PlotKind};
use slides_ooxml::model::{ChartRef, RunProperties, Shape, ShapeProperties};
use slides_scene::{Op, Tag};

use self::canvas::Look;
use self::extended::Marks;
use self::style::ChartStyle;
use crate::context::SlideContext;
use crate::shape::{Canvas, Scope};
use crate::transform::Placed;

/// A chart being laid out.
struct Chart<'a> {
    /// The slide's context, with the chart's theme and colour map.
    pub cx: &'a SlideContext<'a>,
    /// What the chart's part says.
    pub space: &'a ChartSpace,
    /// What is drawn over the axes beside the plots.
    pub marks: &'a Marks,
    /// The frame's size.
    pub size: Size,
    /// Looks by `c:style`.
    pub style: ChartStyle<'a>,
    /// Text properties of the whole chart.
    pub base: RunProperties,
    /// What is drawn, in the frame's coordinates.
    pub ops: Vec<Op>,
}

/// Draws a chart's graphic frame; false where its stored picture or an empty box must stand for it.
pub(crate) fn draw(
    cx: &SlideContext<'_>,
    canvas: &mut Canvas,
    shape: &Shape,
    reference: &ChartRef,
    placed: &Placed,
    scope: &Scope<'_>,
) -> bool {
    let read = if reference.extended {
        let read = cx.parts.extended_chart(&reference.part, cx.theme);
        read.map(|chart| extended::lower(&chart))
    } else {
        let read = cx.parts.chart(&reference.part, cx.theme);
        read.map(|mut space| {
            flatten(cx, &mut space);
            Some((space, Marks::None))
        })
    };
    let (space, marks) = match read {
        Ok(Some(read)) => read,
        Ok(None) => return false,
        Err(message) => {
            cx.warn("chart", message);
            return false;
        }
    };
    for (feature, message) in &space.warnings {
        cx.warn(feature, message.clone());
    }
    let size = Size::new(placed.width, placed.height);
    let Some(ops) = ops(cx, &space, &marks, size) else {
        return false;
    };
    let tag = if scope.is_backdrop || shape.nv.decorative {
        Tag::Artifact
    } else {
        Tag::Figure(shape.nv.alt.clone())
    };
    canvas.ops.push(Op::Tag(tag.clone()));
    canvas.ops.push(Op::Push(placed.text_to_page));
    let tags = tag != Tag::Artifact;
    canvas.ops.extend(
        ops.into_iter()
            .filter(|op| tags || !matches!(op, Op::Tag(_) | Op::EndTag)),
    );
    canvas.ops.extend([Op::Pop, Op::EndTag]);
    if let Some(part) = &space.user_shapes {
        user_shapes::draw(cx, canvas, part, placed, scope);
    }
    true
}

/// Surfaces are drawn as the lines that their rows make.
fn flatten(cx: &SlideContext<'_>, space: &mut ChartSpace) {
    for plot in &mut space.plot_area.plots {
        if matches!(plot.kind, PlotKind::Surface { .. }) {
            cx.warn("chart", "a surface chart is drawn as lines");
            plot.kind = PlotKind::Line {
                grouping: Grouping::Standard,
                marker: false,
            };
            for series in &mut plot.series {
                series.smooth = Some(false);
            }
        }
    }
}

/// Operations of a chart in its frame; none where no kind of it can be drawn.
fn ops(cx: &SlideContext<'_>, space: &ChartSpace, marks: &Marks, size: Size) -> Option<Vec<Op>> {
    if space.theme_override.is_none() && space.color_map_override.is_none() {
        return lay_out(cx, space, marks, size);
    }
    // The chart's own theme and colour map are in force for its text and paint.
    let mut inner = SlideContext::new(cx.parts, cx.presentation, cx.slide, cx.fonts, cx.max_ops);
    inner.theme = space.theme_override.as_deref().unwrap_or(cx.theme);
    inner.color_map = space.color_map_override.as_ref().unwrap_or(cx.color_map);
    inner.date_text = cx.date_text;
    let ops = lay_out(&inner, space, marks, size);
    for (feature, message) in inner.warnings.take() {
        cx.warn(&feature, message);
    }
    ops
}

fn lay_out(
    cx: &SlideContext<'_>,
    space: &ChartSpace,
    marks: &Marks,
    size: Size,
) -> Option<Vec<Op>> {
    if size.width < 1.0 || size.height < 1.0 || !space.plot_area.plots.iter().any(is_drawn) {
        return None;
    }
    let style = ChartStyle {
        number: space.style,
        formats: &cx.theme.formats,
    };
    let mut chart = Chart {
        cx,
        space,
        marks,
        size,
        style,
        base: text::base_run(style, space.text.as_deref()),
        ops: Vec::new(),
    };
    chart.warn_about();
    chart.background();
    let bands = bands::Bands::new(&chart);
    if space.plot_area.plots.iter().any(is_cartesian) {
        coords::draw(&mut chart, &bands);
    }
    let plots = &space.plot_area.plots;
    if let Marks::Tree(tree) = marks {
        tree.draw(&mut chart, bands.inner);
    } else if let Some(round) = plots.iter().find(|plot| is_round(plot)) {
        ring::draw(&mut chart, round, bands.inner);
    } else {
        let radars: Vec<&Plot> = plots
            .iter()
            .filter(|plot| matches!(plot.kind, PlotKind::Radar(_)))
            .collect();
        radar::draw(&mut chart, &radars, bands.inner);
    }
    bands.draw(&mut chart);
    Some(chart.ops)
}

/// Kinds that are drawn along two axes.
fn is_cartesian(plot: &Plot) -> bool {
    matches!(
        plot.kind,
        PlotKind::Bar { .. }
            | PlotKind::Line { .. }
            | PlotKind::Area { .. }
            | PlotKind::Scatter(_)
            | PlotKind::Bubble { .. }
            | PlotKind::Stock
    )
}

/// Kinds that are drawn at all.
fn is_drawn(plot: &Plot) -> bool {
    is_cartesian(plot) || is_round(plot) || matches!(plot.kind, PlotKind::Radar(_))
}

/// Kinds of slices.
fn is_round(plot: &Plot) -> bool {
    matches!(
        plot.kind,
        PlotKind::Pie { .. } | PlotKind::Doughnut { .. } | PlotKind::OfPie { .. }
    )
}

/// What of a chart is not drawn as it is stored.
fn reductions(space: &ChartSpace) -> Vec<&'static str> {
    let area = &space.plot_area;
    let without_values = area
        .plots
        .iter()
        .flat_map(|plot| &plot.series)
        .any(|series| series.values.missing);
    [
        (
            area.plots.iter().any(|plot| plot.gap_depth.is_some()),
            "a chart with depth is drawn from the front, bars as boxes and pies as discs",
        ),
        (
            without_values,
            "a chart holds no values beside its workbook: its series are left out",
        ),
    ]
    .into_iter()
    .filter_map(|(is_so, message)| is_so.then_some(message))
    .collect()
}

impl Chart<'_> {
    /// Width of the frame.
    fn width(&self) -> f64 {
        self.size.width
    }

    /// Height of the frame.
    fn height(&self) -> f64 {
        self.size.height
    }

    fn warn_about(&self) {
        for message in reductions(self.space) {
            self.cx.warn("chart", message);
        }
        let own = |shape: &'_ Option<Box<ShapeProperties>>| {
            let what = shape.as_ref().and_then(|shape| shape.three_d.clone());
            what.filter(|what| !what.is_empty())
        };
        for series in self.space.plot_area.plots.iter().flat_map(|p| &p.series) {
            let by_style = || self.style.three_d().map(str::to_owned);
            if let Some(what) = own(&series.shape).or_else(by_style) {
                let message = format!("{what} is drawn from the front, flat");
                self.cx.warn("3-D", message);
            }
        }
    }

    /// The chart area.
    fn background(&mut self) {
        let look = Look::of(
            self.space.shape.as_deref(),
            Look {
                fill: self.style.chart_fill(),
                ..Look::default()
            },
        );
        let rect = Rect::from_origin_size((0.0, 0.0), self.size);
        if self.space.rounded_corners {
            use kurbo::Shape as _;
            self.path(&rect.to_rounded_rect(7.0).to_path(0.1), &look, rect);
        } else {
            self.rect(rect, &look);
        }
    }

    /// A number in a format code, by the chart's language.
    fn number(&self, code: &str, value: f64) -> String {
        number_format::format(
            code,
            value,
            self.space.language.as_deref(),
            self.space.date_1904,
        )
    }
}
