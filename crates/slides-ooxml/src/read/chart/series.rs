use super::data::{categories, label_range, numbers, strings};
use super::{
    MAX_ITEMS, chart_text_in, extension, extensions, flag_in, index_in, layout_in, lines,
    number_format_in, number_in, shape_in, text_in, value_in,
};
use crate::model::chart::{
    DataLabel, DataLabels, DataPoint, ErrorAmount, ErrorBars, ErrorDirection, ErrorSide,
    LabelPosition, LabelSettings, Marker, MarkerSymbol, Series, SeriesText, TrendKind, Trendline,
};
use crate::read::Context;
use crate::read::shape::shape_properties;
use crate::xml::{Node, child, elements, is_named, text_of};

/// Trend lines and error bars of one series that are kept.
const MAX_EXTRAS: usize = 64;

/// `c:ser`.
pub(super) fn series(cx: &Context<'_>, node: Node<'_>, position: u32) -> Series {
    let mut series = Series {
        index: index_in(node, "idx").unwrap_or(position),
        order: index_in(node, "order").unwrap_or(position),
        shape: shape_in(cx, node),
        smooth: flag_in(node, "smooth").or(cx.left_out.then_some(true)),
        invert_if_negative: flag_in(node, "invertIfNegative").unwrap_or(cx.left_out),
        explosion: explosion(node).unwrap_or(0.0),
        labels: labels_in(cx, node),
        ..Series::default()
    };
    for element in elements(node) {
        match element.tag_name().name() {
            "tx" => {
                series.name = child(element, "v")
                    .map(|value| SeriesText::Value(text_of(value)))
                    .or_else(|| strings(cx, element).map(SeriesText::Cells));
            }
            "marker" => series.marker = Some(marker(cx, element)),
            "dPt" if series.points.len() < MAX_ITEMS => {
                series.points.extend(data_point(cx, element));
            }
            "trendline" if series.trendlines.len() < MAX_EXTRAS => {
                series.trendlines.push(trendline(cx, element));
            }
            "errBars" if series.error_bars.len() < MAX_EXTRAS => {
                series.error_bars.push(error_bars(cx, element));
            }
            "cat" | "xVal" => series.categories = categories(cx, element),
            "val" | "yVal" => series.values = numbers(cx, element),
            "bubbleSize" => series.bubble_sizes = Some(numbers(cx, element)),
            _ => {}
        }
    }
    series.points.sort_by_key(|point| point.index);
    series.points.dedup_by_key(|point| point.index);
    for element in extensions(node) {
        match element.tag_name().name() {
            "invertSolidFillFmt" => {
                series.inverted_shape =
                    child(element, "spPr").map(|shape| Box::new(shape_properties(cx, shape)));
            }
            "datalabelsRange" => series.label_range = Some(label_range(cx, element)),
            _ => {}
        }
    }
    series
}

fn explosion(node: Node<'_>) -> Option<f64> {
    number_in(node, "explosion").map(|percent| percent.clamp(0.0, 400.0))
}

fn data_point(cx: &Context<'_>, node: Node<'_>) -> Option<DataPoint> {
    Some(DataPoint {
        index: index_in(node, "idx")?,
        shape: shape_in(cx, node),
        marker: child(node, "marker").map(|node| marker(cx, node)),
        invert_if_negative: flag_in(node, "invertIfNegative"),
        explosion: explosion(node),
    })
}

/// `c:marker` of a series or point.
fn marker(cx: &Context<'_>, node: Node<'_>) -> Marker {
    Marker {
        symbol: value_in(node, "symbol").and_then(|name| {
            Some(match name {
                "auto" => MarkerSymbol::Auto,
                "none" => MarkerSymbol::None,
                "circle" => MarkerSymbol::Circle,
                "dash" => MarkerSymbol::Dash,
                "diamond" => MarkerSymbol::Diamond,
                "dot" => MarkerSymbol::Dot,
                "picture" => MarkerSymbol::Picture,
                "plus" => MarkerSymbol::Plus,
                "square" => MarkerSymbol::Square,
                "star" => MarkerSymbol::Star,
                "triangle" => MarkerSymbol::Triangle,
                "x" => MarkerSymbol::X,
                _ => return None,
            })
        }),
        size: number_in(node, "size").map(|size| size.clamp(2.0, 72.0)),
        shape: shape_in(cx, node),
    }
}

/// `c:dLbls`.
pub(super) fn labels_in(cx: &Context<'_>, parent: Node<'_>) -> Option<DataLabels> {
    let node = child(parent, "dLbls")?;
    let mut labels: Vec<DataLabel> = elements(node)
        .filter(|node| is_named(*node, "dLbl"))
        .take(MAX_ITEMS)
        .filter_map(|node| Some(data_label(cx, node, index_in(node, "idx")?)))
        .collect();
    labels.sort_by_key(|label| label.index);
    labels.dedup_by_key(|label| label.index);
    let leader_lines = child(node, "leaderLines").or_else(|| extension(node, "leaderLines"));
    let show_leader_lines = flag_in(node, "showLeaderLines")
        .or_else(|| extension(node, "showLeaderLines").map(|node| flag(node)))
        .unwrap_or(false);
    Some(DataLabels {
        deleted: flag_in(node, "delete").unwrap_or(false),
        settings: label_settings(cx, node),
        labels,
        show_leader_lines,
        leader_lines: leader_lines.map(|node| lines(cx, node)),
    })
}

fn flag(node: Node<'_>) -> bool {
    crate::xml::boolean(node, "val").unwrap_or(true)
}

/// `c:dLbl`, `c:trendlineLbl`.
fn data_label(cx: &Context<'_>, node: Node<'_>, index: u32) -> DataLabel {
    DataLabel {
        index,
        deleted: flag_in(node, "delete").unwrap_or(false),
        layout: layout_in(node),
        size: extensions(node).find_map(|element| {
            // `c15:layout` stands beside other extensions of the same list.
            is_named(element, "layout")
                .then(|| element.parent())
                .flatten()
                .and_then(layout_in)
        }),
        text: chart_text_in(cx, node),
        settings: label_settings(cx, node),
    }
}

fn label_settings(cx: &Context<'_>, node: Node<'_>) -> LabelSettings {
    LabelSettings {
        number_format: number_format_in(node),
        shape: shape_in(cx, node),
        text: text_in(cx, node),
        position: value_in(node, "dLblPos").and_then(|name| {
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
        legend_key: flag_in(node, "showLegendKey"),
        value: flag_in(node, "showVal"),
        category: flag_in(node, "showCatName"),
        series_name: flag_in(node, "showSerName"),
        percent: flag_in(node, "showPercent"),
        bubble_size: flag_in(node, "showBubbleSize"),
        range: extension(node, "showDataLabelsRange").map(flag),
        separator: child(node, "separator").map(text_of),
    }
}

/// `c:trendline`.
fn trendline(cx: &Context<'_>, node: Node<'_>) -> Trendline {
    let whole = |name, least: f64, most: f64| {
        number_in(node, name).map_or(least, |n| n.clamp(least, most)) as u32
    };
    let far = |name| number_in(node, name).unwrap_or(0.0).clamp(0.0, 1e6);
    Trendline {
        name: child(node, "name")
            .map(text_of)
            .filter(|name| !name.is_empty()),
        shape: shape_in(cx, node),
        kind: match value_in(node, "trendlineType") {
            Some("exp") => TrendKind::Exponential,
            Some("log") => TrendKind::Logarithmic,
            Some("movingAvg") => TrendKind::MovingAverage(whole("period", 2.0, 255.0)),
            Some("poly") => TrendKind::Polynomial(whole("order", 2.0, 6.0)),
            Some("power") => TrendKind::Power,
            _ => TrendKind::Linear,
        },
        forward: far("forward"),
        backward: far("backward"),
        intercept: number_in(node, "intercept"),
        show_r_squared: flag_in(node, "dispRSqr").unwrap_or(false),
        show_equation: flag_in(node, "dispEq").unwrap_or(false),
        label: child(node, "trendlineLbl").map(|node| data_label(cx, node, 0)),
    }
}

/// `c:errBars`.
fn error_bars(cx: &Context<'_>, node: Node<'_>) -> ErrorBars {
    let amount = number_in(node, "val");
    let side = |name| {
        Box::new(
            child(node, name)
                .map(|node| numbers(cx, node))
                .unwrap_or_default(),
        )
    };
    ErrorBars {
        direction: match value_in(node, "errDir") {
            Some("x") => Some(ErrorDirection::X),
            Some("y") => Some(ErrorDirection::Y),
            _ => None,
        },
        side: match value_in(node, "errBarType") {
            Some("minus") => ErrorSide::Minus,
            Some("plus") => ErrorSide::Plus,
            _ => ErrorSide::Both,
        },
        amount: match value_in(node, "errValType") {
            Some("percentage") => ErrorAmount::Percent(amount.unwrap_or(10.0)),
            Some("stdDev") => ErrorAmount::StandardDeviation(amount.unwrap_or(1.0)),
            Some("stdErr") => ErrorAmount::StandardError,
            Some("cust") => ErrorAmount::Custom {
                plus: side("plus"),
                minus: side("minus"),
            },
            _ => ErrorAmount::Fixed(amount.unwrap_or(1.0)),
        },
        no_end_cap: flag_in(node, "noEndCap").unwrap_or(false),
        shape: shape_in(cx, node),
    }
}
