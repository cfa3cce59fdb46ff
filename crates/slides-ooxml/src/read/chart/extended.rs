//! Chart parts of 2016 (`cx:chartSpace`; MS-ODRAWXML 2.24.3): data by dimension, series by layout.

use super::{MAX_ITEMS, lines_in, number, number_format_in, shape_in, text_in};
use crate::model::chart::{
    Axis, AxisKind, AxisPosition, Binning, ChartText, Crosses, DataLabel, DataLabels, DataPoint,
    ExtendedAxis, ExtendedChart, ExtendedKind, ExtendedLayout, ExtendedSeries, LabelAlign,
    LabelPosition, LabelSettings, Legend, LegendPosition, NumberData, ParentLabels, StringData,
    TickLabelPosition, TickMark, Title,
};
use crate::read::Context;
use crate::read::color::color_map;
use crate::read::text::text_body;
use crate::xml::{Node, attr, boolean, child, elements, is_named, text_of, unsigned};

/// Points of one dimension that are kept.
const MAX_POINTS: usize = 65_536;
/// Levels of categories that are kept.
const MAX_LEVELS: usize = 16;
/// Series and axes that are kept.
const MAX_SERIES: usize = 255;

/// `cx:chartSpace`. The theme override is the caller's to add.
pub(crate) fn extended_chart(cx: &Context<'_>, part: &str, root: Node<'_>) -> ExtendedChart {
    let mut space = ExtendedChart {
        part: part.to_owned(),
        color_map_override: child(root, "clrMapOvr").map(color_map),
        shape: shape_in(cx, root),
        text: text_in(cx, root),
        ..ExtendedChart::default()
    };
    let Some(chart) = child(root, "chart") else {
        cx.warn("chart", format!("chart `{part}` holds no chart"));
        return space;
    };
    space.title = title_in(cx, chart);
    space.legend = child(chart, "legend").map(|node| legend(cx, node));
    let Some(area) = child(chart, "plotArea") else {
        return space;
    };
    space.axes = elements(area)
        .filter(|node| is_named(*node, "axis"))
        .take(MAX_SERIES)
        .map(|node| axis(cx, node))
        .collect();
    let data = child(root, "chartData");
    if let Some(region) = child(area, "plotAreaRegion") {
        space.plot_shape = child(region, "plotSurface").and_then(|node| shape_in(cx, node));
        space.series = elements(region)
            .filter(|node| is_named(*node, "series"))
            .take(MAX_SERIES)
            .enumerate()
            .map(|(position, node)| series(cx, node, data, position as u32))
            .collect();
    }
    space
}

/// `cx:tx` of a title, label or series.
fn text_of_element(cx: &Context<'_>, node: Node<'_>) -> Option<ChartText> {
    let text = child(node, "tx")?;
    if let Some(rich) = child(text, "rich") {
        return Some(ChartText::Rich(Box::new(text_body(cx, rich))));
    }
    let value = text_of(child(child(text, "txData")?, "v")?);
    Some(ChartText::Cells(StringData {
        count: 1,
        points: vec![(0, value)],
        ..StringData::default()
    }))
}

fn title_in(cx: &Context<'_>, node: Node<'_>) -> Option<Title> {
    let node = child(node, "title")?;
    Some(Title {
        text: text_of_element(cx, node),
        layout: None,
        overlay: boolean(node, "overlay").unwrap_or(false),
        shape: shape_in(cx, node),
        properties: text_in(cx, node),
    })
}

fn legend(cx: &Context<'_>, node: Node<'_>) -> Legend {
    Legend {
        position: match attr(node, "pos") {
            Some("l") => LegendPosition::Left,
            Some("t") => LegendPosition::Top,
            Some("b") => LegendPosition::Bottom,
            _ => LegendPosition::Right,
        },
        overlay: boolean(node, "overlay").unwrap_or(false),
        shape: shape_in(cx, node),
        text: text_in(cx, node),
        ..Legend::default()
    }
}

fn axis(cx: &Context<'_>, node: Node<'_>) -> ExtendedAxis {
    let categories = child(node, "catScaling");
    let values = child(node, "valScaling");
    let figure = |name| values.and_then(|node| number(attr(node, name)?));
    let positive = |name| figure(name).filter(|unit| *unit > 0.0);
    let kind = if values.is_some() {
        AxisKind::Value
    } else {
        AxisKind::Category
    };
    let tick = |name| match child(node, name).map(|tick| attr(tick, "type")) {
        Some(Some("in")) => TickMark::In,
        Some(Some("cross")) => TickMark::Cross,
        Some(Some("out")) => TickMark::Out,
        _ => TickMark::None,
    };
    ExtendedAxis {
        axis: Axis {
            id: unsigned(node, "id").unwrap_or(0),
            kind,
            reversed: false,
            log_base: None,
            min: figure("min"),
            max: figure("max"),
            deleted: boolean(node, "hidden").unwrap_or(false),
            position: if kind == AxisKind::Value {
                AxisPosition::Left
            } else {
                AxisPosition::Bottom
            },
            major_gridlines: lines_in(cx, node, "majorGridlines"),
            minor_gridlines: lines_in(cx, node, "minorGridlines"),
            title: title_in(cx, node),
            number_format: number_format_in(node),
            major_tick: tick("majorTickMarks"),
            minor_tick: tick("minorTickMarks"),
            label_position: if child(node, "tickLabels").is_some() {
                TickLabelPosition::NextTo
            } else {
                TickLabelPosition::None
            },
            shape: shape_in(cx, node),
            text: text_in(cx, node),
            cross_axis: 0,
            crosses: Crosses::AutoZero,
            cross_between: None,
            major_unit: positive("majorUnit"),
            minor_unit: positive("minorUnit"),
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
        },
        gap_width: categories
            .and_then(|node| number(attr(node, "gapWidth")?))
            .map(|gap| gap.clamp(0.0, 5.0)),
    }
}

fn series(
    cx: &Context<'_>,
    node: Node<'_>,
    data: Option<Node<'_>>,
    position: u32,
) -> ExtendedSeries {
    let mut points: Vec<DataPoint> = elements(node)
        .filter(|node| is_named(*node, "dataPt"))
        .take(MAX_ITEMS)
        .filter_map(|node| {
            Some(DataPoint {
                index: unsigned(node, "idx")?,
                shape: shape_in(cx, node),
                ..DataPoint::default()
            })
        })
        .collect();
    points.sort_by_key(|point| point.index);
    points.dedup_by_key(|point| point.index);
    let id = child(node, "dataId").and_then(|node| attr(node, "val"));
    let data = data
        .into_iter()
        .flat_map(elements)
        .find(|data| is_named(*data, "data") && (id.is_none() || attr(*data, "id") == id));
    let dimension = |name: &'static str, kinds: &'static [&'static str]| {
        data.into_iter().flat_map(elements).find(move |node| {
            is_named(*node, name) && attr(*node, "type").is_some_and(|t| kinds.contains(&t))
        })
    };
    ExtendedSeries {
        kind: match attr(node, "layoutId").unwrap_or_default() {
            "waterfall" => ExtendedKind::Waterfall,
            "treemap" => ExtendedKind::Treemap,
            "sunburst" => ExtendedKind::Sunburst,
            "clusteredColumn" => ExtendedKind::Histogram,
            "paretoLine" => ExtendedKind::ParetoLine,
            "boxWhisker" => ExtendedKind::BoxWhisker,
            "funnel" => ExtendedKind::Funnel,
            "regionMap" => ExtendedKind::RegionMap,
            _ => ExtendedKind::Unknown,
        },
        hidden: boolean(node, "hidden").unwrap_or(false),
        index: unsigned(node, "formatIdx").unwrap_or(position),
        name: text_of_element(cx, node).and_then(|text| match text {
            ChartText::Cells(cells) => Some(cells.joined()),
            ChartText::Rich(_) => None,
        }),
        shape: shape_in(cx, node),
        points,
        labels: child(node, "dataLabels").map(|node| labels(cx, node)),
        categories: dimension("strDim", &["cat", "entityId"])
            .map(strings)
            .unwrap_or_default(),
        values: dimension("numDim", &["val", "size", "y", "x"])
            .map(numbers)
            .unwrap_or_default(),
        layout: child(node, "layoutPr").map(layout).unwrap_or_default(),
    }
}

/// Count, number format and points of one level.
type Level<T> = (usize, Option<String>, Vec<(u32, T)>);

/// Levels of a dimension with their points, ascending by index.
fn levels<T>(node: Node<'_>, read: impl Fn(&str) -> Option<T>) -> Vec<Level<T>> {
    elements(node)
        .filter(|node| is_named(*node, "lvl"))
        .take(MAX_LEVELS)
        .map(|level| {
            let mut points: Vec<(u32, T)> = elements(level)
                .filter(|node| is_named(*node, "pt"))
                .filter_map(|node| {
                    let index = unsigned(node, "idx").filter(|i| (*i as usize) < MAX_POINTS)?;
                    Some((index, read(&text_of(node))?))
                })
                .take(MAX_POINTS)
                .collect();
            points.sort_by_key(|point| point.0);
            points.dedup_by_key(|point| point.0);
            let last = points.last().map_or(0, |point| point.0 as usize + 1);
            let declared = unsigned(level, "ptCount").unwrap_or(0) as usize;
            let format = attr(level, "formatCode").map(str::to_owned);
            (declared.min(MAX_POINTS).max(last), format, points)
        })
        .collect()
}

fn strings(node: Node<'_>) -> Vec<StringData> {
    levels(node, |text| Some(text.to_owned()))
        .into_iter()
        .map(|(count, _, points)| StringData {
            count,
            points,
            ..StringData::default()
        })
        .collect()
}

fn numbers(node: Node<'_>) -> NumberData {
    let first = levels(node, number).into_iter().next();
    first.map_or_else(NumberData::default, |(count, format, points)| NumberData {
        format,
        count,
        points,
        ..NumberData::default()
    })
}

/// `cx:dataLabels`.
fn labels(cx: &Context<'_>, node: Node<'_>) -> DataLabels {
    let mut labels: Vec<DataLabel> = elements(node)
        .take(MAX_ITEMS)
        .filter_map(|node| {
            let deleted = is_named(node, "dataLabelHidden");
            if !deleted && !is_named(node, "dataLabel") {
                return None;
            }
            Some(DataLabel {
                index: unsigned(node, "idx")?,
                deleted,
                text: text_of_element(cx, node),
                settings: settings(cx, node),
                ..DataLabel::default()
            })
        })
        .collect();
    labels.sort_by_key(|label| label.index);
    labels.dedup_by_key(|label| label.index);
    DataLabels {
        settings: settings(cx, node),
        labels,
        ..DataLabels::default()
    }
}

fn settings(cx: &Context<'_>, node: Node<'_>) -> LabelSettings {
    let visibility = child(node, "visibility");
    let shown = |name| visibility.and_then(|node| boolean(node, name));
    LabelSettings {
        number_format: number_format_in(node),
        shape: shape_in(cx, node),
        text: text_in(cx, node),
        position: attr(node, "pos").and_then(|name| {
            Some(match name {
                "bestFit" => LabelPosition::BestFit,
                "b" => LabelPosition::Bottom,
                "ctr" => LabelPosition::Center,
                "inBase" => LabelPosition::InsideBase,
                "inEnd" => LabelPosition::InsideEnd,
                "l" => LabelPosition::Left,
                "outEnd" => LabelPosition::OutsideEnd,
                "r" => LabelPosition::Right,
                "t" => LabelPosition::Top,
                _ => return None,
            })
        }),
        value: shown("value"),
        category: shown("categoryName"),
        series_name: shown("seriesName"),
        separator: child(node, "separator").map(text_of),
        ..LabelSettings::default()
    }
}

/// `cx:layoutPr`.
fn layout(node: Node<'_>) -> ExtendedLayout {
    let visibility = child(node, "visibility");
    let shown = |name| visibility.and_then(|node| boolean(node, name));
    let mut subtotals: Vec<u32> = child(node, "subtotals")
        .into_iter()
        .flat_map(elements)
        .filter(|node| is_named(*node, "idx"))
        .take(MAX_POINTS)
        .filter_map(|node| unsigned(node, "val"))
        .collect();
    subtotals.sort_unstable();
    ExtendedLayout {
        parent_labels: match child(node, "parentLabelLayout").and_then(|node| attr(node, "val")) {
            Some("none") => ParentLabels::None,
            Some("banner") => ParentLabels::Banner,
            _ => ParentLabels::Overlapping,
        },
        connector_lines: shown("connectorLines"),
        mean_line: shown("meanLine").unwrap_or(false),
        mean_marker: shown("meanMarker"),
        inner_points: shown("nonoutliers").unwrap_or(false),
        outliers: shown("outliers"),
        binning: child(node, "binning").map(binning),
        aggregation: child(node, "aggregation").is_some(),
        inclusive_quartiles: child(node, "statistics")
            .and_then(|node| attr(node, "quartileMethod"))
            == Some("inclusive"),
        subtotals,
    }
}

fn binning(node: Node<'_>) -> Binning {
    let figure = |name| number(attr(node, name)?);
    // The figure stands in an attribute or, in older files, in the element itself.
    let inner = |name| {
        let node = child(node, name)?;
        number(attr(node, "val").unwrap_or(&text_of(node)))
    };
    Binning {
        left_closed: attr(node, "intervalClosed") == Some("l"),
        underflow: figure("underflow"),
        overflow: figure("overflow"),
        size: inner("binSize").filter(|size| *size > 0.0),
        count: inner("binCount")
            .filter(|count| *count >= 1.0)
            .map(|count| count.min(1e6) as u32),
    }
}
