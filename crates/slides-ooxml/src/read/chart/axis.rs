use super::{
    axis_id, chart_text_in, flag_in, index_in, layout_in, lines_in, number_format_in, number_in,
    shape_in, text_in, title_in, value_in,
};
use crate::model::chart::{
    Axis, AxisKind, AxisPosition, CrossBetween, Crosses, DisplayUnits, LabelAlign,
    TickLabelPosition, TickMark, TimeUnit, UnitsLabel,
};
use crate::read::Context;
use crate::xml::{Node, child};

/// `c:catAx`, `c:valAx`, `c:dateAx`, `c:serAx`; none for other elements.
pub(super) fn axis(cx: &Context<'_>, node: Node<'_>) -> Option<Axis> {
    let kind = match node.tag_name().name() {
        "catAx" => AxisKind::Category,
        "valAx" => AxisKind::Value,
        "dateAx" => AxisKind::Date,
        "serAx" => AxisKind::Series,
        _ => return None,
    };
    let scaling = child(node, "scaling");
    let scale = |name| scaling.and_then(|node| number_in(node, name));
    let position = match value_in(node, "axPos") {
        Some("b") => AxisPosition::Bottom,
        Some("t") => AxisPosition::Top,
        Some("r") => AxisPosition::Right,
        Some("l") => AxisPosition::Left,
        _ if kind == AxisKind::Value => AxisPosition::Left,
        _ => AxisPosition::Bottom,
    };
    let positive = |name| number_in(node, name).filter(|unit| *unit > 0.0);
    let skip = |name| index_in(node, name).map(|skip| skip.max(1));
    Some(Axis {
        id: value_in(node, "axId").and_then(axis_id).unwrap_or(0),
        kind,
        reversed: scaling.and_then(|node| value_in(node, "orientation")) == Some("maxMin"),
        log_base: scale("logBase").filter(|base| (2.0..=1000.0).contains(base)),
        min: scale("min"),
        max: scale("max"),
        deleted: flag_in(node, "delete").unwrap_or(cx.left_out),
        position,
        major_gridlines: lines_in(cx, node, "majorGridlines"),
        minor_gridlines: lines_in(cx, node, "minorGridlines"),
        title: title_in(cx, node),
        number_format: number_format_in(node),
        major_tick: tick(node, "majorTickMark"),
        minor_tick: child(node, "minorTickMark")
            .map_or(TickMark::None, |_| tick(node, "minorTickMark")),
        label_position: match value_in(node, "tickLblPos") {
            Some("high") => TickLabelPosition::High,
            Some("low") => TickLabelPosition::Low,
            Some("none") => TickLabelPosition::None,
            _ => TickLabelPosition::NextTo,
        },
        shape: shape_in(cx, node),
        text: text_in(cx, node),
        cross_axis: value_in(node, "crossAx").and_then(axis_id).unwrap_or(0),
        crosses: match (number_in(node, "crossesAt"), value_in(node, "crosses")) {
            (Some(at), _) => Crosses::At(at),
            (None, Some("max")) => Crosses::Max,
            (None, Some("min")) => Crosses::Min,
            _ => Crosses::AutoZero,
        },
        cross_between: match value_in(node, "crossBetween") {
            Some("between") => Some(CrossBetween::Between),
            Some("midCat") => Some(CrossBetween::MidCategory),
            _ => None,
        },
        major_unit: positive("majorUnit"),
        minor_unit: positive("minorUnit"),
        display_units: child(node, "dispUnits").and_then(|node| display_units(cx, node)),
        auto: flag_in(node, "auto").unwrap_or(false),
        label_align: match value_in(node, "lblAlgn") {
            Some("l") => LabelAlign::Left,
            Some("r") => LabelAlign::Right,
            _ => LabelAlign::Center,
        },
        label_offset: number_in(node, "lblOffset")
            .unwrap_or(100.0)
            .clamp(0.0, 1000.0),
        label_skip: skip("tickLblSkip"),
        mark_skip: skip("tickMarkSkip"),
        no_multi_level: flag_in(node, "noMultiLvlLbl").unwrap_or(false),
        base_unit: time_unit(node, "baseTimeUnit"),
        major_time_unit: time_unit(node, "majorTimeUnit"),
        minor_time_unit: time_unit(node, "minorTimeUnit"),
    })
}

fn tick(node: Node<'_>, name: &str) -> TickMark {
    match value_in(node, name) {
        Some("cross") => TickMark::Cross,
        Some("in") => TickMark::In,
        Some("none") => TickMark::None,
        _ => TickMark::Out,
    }
}

fn time_unit(node: Node<'_>, name: &str) -> Option<TimeUnit> {
    Some(match value_in(node, name)? {
        "days" => TimeUnit::Days,
        "months" => TimeUnit::Months,
        "years" => TimeUnit::Years,
        _ => return None,
    })
}

fn display_units(cx: &Context<'_>, node: Node<'_>) -> Option<DisplayUnits> {
    let built_in = value_in(node, "builtInUnit");
    let divisor = match built_in {
        Some("hundreds") => 1e2,
        Some("thousands") => 1e3,
        Some("tenThousands") => 1e4,
        Some("hundredThousands") => 1e5,
        Some("millions") => 1e6,
        Some("tenMillions") => 1e7,
        Some("hundredMillions") => 1e8,
        Some("billions") => 1e9,
        Some("trillions") => 1e12,
        _ => number_in(node, "custUnit").filter(|unit| *unit > 0.0)?,
    };
    Some(DisplayUnits {
        divisor,
        built_in: built_in.map(str::to_owned),
        label: child(node, "dispUnitsLbl").map(|node| UnitsLabel {
            text: chart_text_in(cx, node),
            layout: layout_in(node),
            shape: shape_in(cx, node),
            properties: text_in(cx, node),
        }),
    })
}
