//! The frame of a lowered chart: text, title, legend, axes with the looks that these charts have by themselves.

use slides_ooxml::model::chart::{
    Axis, AxisKind, AxisPosition, Categories, ChartSpace, Crosses, ExtendedChart, ExtendedSeries,
    Grouping, LabelAlign, LegendEntry, NumberData, Plot, PlotArea, PlotKind, Series, SeriesText,
    StringData, TickLabelPosition, TickMark, Title,
};
use slides_ooxml::model::{
    Color, ColorBase, ColorMod, Fill, Line, Paragraph, ParagraphProperties, RunProperties,
    SchemeColor, ShapeProperties, TextBody,
};

/// Sizes that the styles of these charts give.
const TEXT_SIZE: f64 = 11.97;
const TITLE_SIZE: f64 = 18.62;
/// Ids of the axes.
pub(super) const CATEGORY: u32 = 1;
pub(super) const VALUE: u32 = 2;
pub(super) const SECOND_CATEGORY: u32 = 3;
pub(super) const SECOND_VALUE: u32 = 4;

/// The text colour mixed towards the background.
fn soft(modulation: f64) -> Color {
    Color {
        base: ColorBase::Scheme(SchemeColor::Text1),
        mods: vec![
            ColorMod::LumMod(modulation),
            ColorMod::LumOff(1.0 - modulation),
        ],
    }
}

/// A hairline in a softened text colour.
pub(super) fn hairline(modulation: f64) -> Line {
    Line {
        width: Some(9_525),
        fill: Some(Fill::Solid(soft(modulation))),
        ..Line::default()
    }
}

pub(super) fn lined(line: Line) -> Box<ShapeProperties> {
    Box::new(ShapeProperties {
        line: Some(line),
        ..ShapeProperties::default()
    })
}

/// A shape without fill and line.
pub(super) fn invisible() -> Box<ShapeProperties> {
    Box::new(ShapeProperties {
        fill: Some(Fill::None),
        line: Some(Line {
            fill: Some(Fill::None),
            ..Line::default()
        }),
        ..ShapeProperties::default()
    })
}

/// A text's own properties over size and colour that the style gives.
fn text(own: Option<&TextBody>, size: f64) -> Option<Box<TextBody>> {
    let mut body = own.cloned().unwrap_or_default();
    if body.paragraphs.is_empty() {
        body.paragraphs.push(Paragraph::default());
    }
    let list = body
        .list_style
        .levels
        .first()
        .and_then(|level| level.as_deref()?.default_run.clone());
    let first = body.paragraphs.first_mut()?;
    let mut run = first
        .properties
        .default_run
        .take()
        .or(list)
        .map_or_else(RunProperties::default, |run| *run);
    run.size = run.size.or(Some(size));
    run.bold = run.bold.or(Some(false));
    run.fill = run.fill.or_else(|| Some(Fill::Solid(soft(0.65))));
    first.properties = ParagraphProperties {
        default_run: Some(Box::new(run)),
        ..first.properties.clone()
    };
    Some(Box::new(body))
}

/// The frame with title, legend and chart area; plots and axes are the caller's to add.
pub(super) fn space(chart: &ExtendedChart) -> ChartSpace {
    ChartSpace {
        part: chart.part.clone(),
        style: 2,
        color_map_override: chart.color_map_override.clone(),
        theme_override: chart.theme_override.clone(),
        title: chart.title.clone().map(|title| Title {
            properties: text(title.properties.as_deref(), TITLE_SIZE),
            ..title
        }),
        auto_title_deleted: true,
        legend: chart.legend.clone(),
        plot_visible_only: true,
        shape: chart.shape.clone(),
        text: text(chart.text.as_deref(), TEXT_SIZE),
        plot_area: PlotArea {
            shape: chart.plot_shape.clone(),
            ..PlotArea::default()
        },
        warnings: chart.warnings.clone(),
        ..ChartSpace::default()
    }
}

/// An axis of the file or, where it has none of the kind, a hidden one.
pub(super) fn axis(chart: &ExtendedChart, kind: AxisKind, nth: usize) -> (Axis, Option<f64>) {
    let own = chart
        .axes
        .iter()
        .filter(|own| own.axis.kind == kind)
        .nth(nth);
    let (mut axis, gap) = own.map_or_else(
        || (bare(kind), None),
        |own| (own.axis.clone(), own.gap_width),
    );
    let is_value = kind == AxisKind::Value;
    (axis.id, axis.cross_axis) = match (is_value, nth) {
        (false, 0) => (CATEGORY, VALUE),
        (true, 0) => (VALUE, CATEGORY),
        (false, _) => (SECOND_CATEGORY, SECOND_VALUE),
        (true, _) => (SECOND_VALUE, SECOND_CATEGORY),
    };
    if !is_value && axis.label_position == TickLabelPosition::NextTo {
        // Names of categories stand under the plot, not at zero.
        axis.label_position = TickLabelPosition::Low;
    }
    if axis.shape.is_none() {
        axis.shape = if is_value {
            Some(invisible())
        } else {
            Some(lined(hairline(0.15)))
        };
    }
    for lines in [&mut axis.major_gridlines, &mut axis.minor_gridlines]
        .into_iter()
        .flatten()
    {
        if lines.shape.is_none() {
            lines.shape = Some(lined(hairline(0.15)));
        }
    }
    if let Some(title) = &mut axis.title {
        title.properties = text(title.properties.as_deref(), TEXT_SIZE);
    }
    (axis, gap)
}

fn bare(kind: AxisKind) -> Axis {
    Axis {
        id: 0,
        kind,
        reversed: false,
        log_base: None,
        min: None,
        max: None,
        deleted: true,
        position: AxisPosition::Bottom,
        major_gridlines: None,
        minor_gridlines: None,
        title: None,
        number_format: None,
        major_tick: TickMark::None,
        minor_tick: TickMark::None,
        label_position: TickLabelPosition::None,
        shape: None,
        text: None,
        cross_axis: 0,
        crosses: Crosses::AutoZero,
        cross_between: None,
        major_unit: None,
        minor_unit: None,
        display_units: None,
        auto: false,
        label_align: LabelAlign::Center,
        label_offset: 100.0,
        label_skip: None,
        mark_skip: None,
        no_multi_level: true,
        base_unit: None,
        major_time_unit: None,
        minor_time_unit: None,
    }
}

/// A plot of bars on the first pair of axes.
pub(super) fn bars(horizontal: bool, gap_width: f64, series: Vec<Series>) -> Plot {
    plot(
        PlotKind::Bar {
            horizontal,
            grouping: Grouping::Standard,
            gap_width: gap_width * 100.0,
            overlap: Some(100.0),
        },
        series,
        vec![CATEGORY, VALUE],
    )
}

pub(super) fn plot(kind: PlotKind, series: Vec<Series>, axes: Vec<u32>) -> Plot {
    Plot {
        kind,
        gap_depth: None,
        vary_colors: Some(false),
        series,
        labels: None,
        drop_lines: None,
        high_low_lines: None,
        up_down_bars: None,
        series_lines: Vec::new(),
        axes,
    }
}

/// Numbers from the first index on.
pub(super) fn numbers(
    values: impl IntoIterator<Item = f64>,
    format: Option<&String>,
) -> NumberData {
    let points: Vec<(u32, f64)> = (0..).zip(values).collect();
    NumberData {
        format: format.cloned(),
        count: points.len(),
        points,
        ..NumberData::default()
    }
}

pub(super) fn names(texts: impl IntoIterator<Item = String>) -> Categories {
    let points: Vec<(u32, String)> = (0..).zip(texts).collect();
    Categories::Strings(StringData {
        count: points.len(),
        points,
        ..StringData::default()
    })
}

/// A series that only names an entry of the legend or only stretches the axes.
pub(super) fn silent(
    index: u32,
    name: &str,
    shape: Option<Box<ShapeProperties>>,
    categories: &Categories,
    values: NumberData,
) -> Series {
    Series {
        index,
        order: index,
        name: Some(SeriesText::Value(name.to_owned())),
        shape,
        categories: categories.clone(),
        values,
        ..Series::default()
    }
}

/// Takes entries out of the legend.
pub(super) fn hide_entries(space: &mut ChartSpace, entries: impl IntoIterator<Item = usize>) {
    if let Some(legend) = &mut space.legend {
        legend
            .entries
            .extend(entries.into_iter().map(|index| LegendEntry {
                index: index as u32,
                deleted: true,
                text: None,
            }));
    }
}

/// Names of the categories of a series, of the innermost level; numbered where there are none.
pub(super) fn category_names(series: &ExtendedSeries, count: usize) -> Vec<String> {
    let level = series.categories.first();
    (0..count)
        .map(|index| match level {
            Some(level) => level.get(index).unwrap_or_default().to_owned(),
            None => (index + 1).to_string(),
        })
        .collect()
}

/// The automatic title of a chart with one series is the series' name.
pub(super) fn name_of(series: &ExtendedSeries) -> String {
    series
        .name
        .clone()
        .unwrap_or_else(|| format!("Series{}", series.index.saturating_add(1)))
}
