use super::series::{labels_in, series};
use super::{
    axis, axis_id, flag_in, layout_in, lines, lines_in, number_in, shape_in, text_in, value_in,
};
use crate::model::chart::{
    DataTable, Grouping, PieSplit, Plot, PlotArea, PlotKind, RadarStyle, ScatterStyle, UpDownBars,
};
use crate::read::Context;
use crate::xml::{Node, attr, child, elements, is_named};

/// Series of one chart that are kept, as many as PowerPoint allows.
const MAX_SERIES: usize = 255;
/// Plots and axes of one chart that are kept.
const MAX_PLOTS: usize = 32;

/// `c:plotArea`.
pub(super) fn plot_area(cx: &Context<'_>, node: Node<'_>) -> PlotArea {
    let mut area = PlotArea {
        layout: layout_in(node),
        shape: shape_in(cx, node),
        data_table: child(node, "dTable").map(|node| data_table(cx, node)),
        ..PlotArea::default()
    };
    let mut room = MAX_SERIES;
    for element in elements(node) {
        if let Some(axis) = axis::axis(cx, element) {
            if area.axes.len() < MAX_PLOTS {
                area.axes.push(axis);
            }
        } else if area.plots.len() < MAX_PLOTS
            && let Some(plot) = plot(cx, element, &mut room)
        {
            area.plots.push(plot);
        }
    }
    area
}

fn plot(cx: &Context<'_>, node: Node<'_>, room: &mut usize) -> Option<Plot> {
    let name = node.tag_name().name();
    let kind = kind(node, name)?;
    let all = || elements(node).filter(|node| is_named(*node, "ser"));
    let count = all().count();
    if count > *room {
        cx.warn(
            "chart",
            format!("a chart has more than {MAX_SERIES} series: the rest is left out"),
        );
    }
    let series = (0u32..)
        .zip(all())
        .take(*room)
        .map(|(position, node)| series(cx, node, position))
        .collect();
    *room -= count.min(*room);
    Some(Plot {
        kind,
        gap_depth: name
            .contains("3D")
            .then(|| percent(node, "gapDepth", 150.0, 0.0, 500.0)),
        vary_colors: flag_in(node, "varyColors"),
        series,
        labels: labels_in(cx, node),
        drop_lines: lines_in(cx, node, "dropLines"),
        high_low_lines: lines_in(cx, node, "hiLowLines"),
        up_down_bars: child(node, "upDownBars").map(|node| UpDownBars {
            gap_width: percent(node, "gapWidth", 150.0, 0.0, 500.0),
            up: lines_in(cx, node, "upBars"),
            down: lines_in(cx, node, "downBars"),
        }),
        series_lines: elements(node)
            .filter(|node| is_named(*node, "serLines"))
            .take(MAX_PLOTS)
            .map(|node| lines(cx, node))
            .collect(),
        axes: elements(node)
            .filter(|node| is_named(*node, "axId"))
            .filter_map(|node| axis_id(attr(node, "val")?))
            .take(3)
            .collect(),
    })
}

/// A child's percentage within its range.
fn percent(node: Node<'_>, name: &str, default: f64, least: f64, most: f64) -> f64 {
    number_in(node, name).unwrap_or(default).clamp(least, most)
}

fn kind(node: Node<'_>, name: &str) -> Option<PlotKind> {
    let grouping = || match value_in(node, "grouping") {
        Some("stacked") => Grouping::Stacked,
        Some("percentStacked") => Grouping::PercentStacked,
        _ => Grouping::Standard,
    };
    let first_slice = || {
        number_in(node, "firstSliceAng")
            .unwrap_or(0.0)
            .rem_euclid(360.0)
    };
    Some(match name {
        "barChart" | "bar3DChart" => PlotKind::Bar {
            horizontal: value_in(node, "barDir") == Some("bar"),
            grouping: grouping(),
            gap_width: percent(node, "gapWidth", 150.0, 0.0, 500.0),
            overlap: number_in(node, "overlap").map(|overlap| overlap.clamp(-100.0, 100.0)),
        },
        "lineChart" | "line3DChart" => PlotKind::Line {
            grouping: grouping(),
            marker: flag_in(node, "marker").unwrap_or(false),
        },
        "areaChart" | "area3DChart" => PlotKind::Area {
            grouping: grouping(),
        },
        "pieChart" | "pie3DChart" => PlotKind::Pie {
            first_slice: first_slice(),
        },
        "doughnutChart" => PlotKind::Doughnut {
            first_slice: first_slice(),
            hole_size: percent(node, "holeSize", 10.0, 1.0, 90.0),
        },
        "ofPieChart" => PlotKind::OfPie {
            bar: value_in(node, "ofPieType") == Some("bar"),
            split: split(node),
            second_size: percent(node, "secondPieSize", 75.0, 5.0, 200.0),
            gap_width: percent(node, "gapWidth", 150.0, 0.0, 500.0),
        },
        "scatterChart" => PlotKind::Scatter(match value_in(node, "scatterStyle") {
            Some("none") => ScatterStyle::None,
            Some("line") => ScatterStyle::Line,
            Some("marker") => ScatterStyle::Marker,
            Some("smooth") => ScatterStyle::Smooth,
            Some("smoothMarker") => ScatterStyle::SmoothMarker,
            _ => ScatterStyle::LineMarker,
        }),
        "bubbleChart" => PlotKind::Bubble {
            scale: percent(node, "bubbleScale", 100.0, 0.0, 300.0),
            show_negative: flag_in(node, "showNegBubbles").unwrap_or(false),
            size_is_width: value_in(node, "sizeRepresents") == Some("w"),
        },
        "radarChart" => PlotKind::Radar(match value_in(node, "radarStyle") {
            Some("marker") => RadarStyle::Marker,
            Some("filled") => RadarStyle::Filled,
            _ => RadarStyle::Standard,
        }),
        "stockChart" => PlotKind::Stock,
        "surfaceChart" | "surface3DChart" => PlotKind::Surface {
            wireframe: flag_in(node, "wireframe").unwrap_or(false),
        },
        _ => return None,
    })
}

/// `c:splitType` of `c:ofPieChart`.
fn split(node: Node<'_>) -> PieSplit {
    let position = number_in(node, "splitPos");
    match (value_in(node, "splitType"), position) {
        (Some("pos"), Some(count)) => PieSplit::Position(count.clamp(0.0, 65_536.0)),
        (Some("percent"), Some(percent)) => PieSplit::Percent(percent),
        (Some("val"), Some(value)) => PieSplit::Value(value),
        (Some("cust"), _) => PieSplit::Custom(
            child(node, "custSplit")
                .into_iter()
                .flat_map(elements)
                .filter_map(|point| attr(point, "val")?.trim().parse::<u32>().ok())
                .filter(|index| *index < 64)
                .fold(0, |bits, index| bits | 1 << index),
        ),
        _ => PieSplit::Auto,
    }
}

fn data_table(cx: &Context<'_>, node: Node<'_>) -> DataTable {
    let flag = |name| flag_in(node, name).unwrap_or(false);
    DataTable {
        horizontal_border: flag("showHorzBorder"),
        vertical_border: flag("showVertBorder"),
        outline: flag("showOutline"),
        keys: flag("showKeys"),
        shape: shape_in(cx, node),
        text: text_in(cx, node),
    }
}
