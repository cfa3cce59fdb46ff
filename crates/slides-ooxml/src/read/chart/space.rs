use super::plot::plot_area;
use super::{
    MAX_ITEMS, extension, flag_in, index_in, layout_in, number_in, shape_in, text_in, title_in,
    value_in,
};
use crate::model::chart::{BlanksAs, ChartSpace, Legend, LegendEntry, LegendPosition, View3d};
use crate::read::Context;
use crate::read::color::color_map;
use crate::xml::{Node, attr, boolean, child, elements, is_named, rel_attr};

/// `c:chartSpace`. The theme override is the caller's to add.
pub(crate) fn chart_space(cx: &Context<'_>, part: &str, root: Node<'_>) -> ChartSpace {
    let related = |name: &str| {
        child(root, name)
            .and_then(|node| rel_attr(node, "id"))
            .and_then(|id| cx.relationships.part(id))
            .map(str::to_owned)
    };
    let mut space = ChartSpace {
        part: part.to_owned(),
        date_1904: flag_in(root, "date1904").unwrap_or(false),
        language: value_in(root, "lang").map(str::to_owned),
        rounded_corners: flag_in(root, "roundedCorners").unwrap_or(cx.left_out),
        style: style(root),
        color_map_override: child(root, "clrMapOvr").map(color_map),
        shape: shape_in(cx, root),
        text: text_in(cx, root),
        user_shapes: related("userShapes"),
        workbook: related("externalData"),
        plot_visible_only: true,
        ..ChartSpace::default()
    };
    let Some(chart) = child(root, "chart") else {
        cx.warn("chart", format!("chart `{part}` holds no chart"));
        return space;
    };
    space.title = title_in(cx, chart);
    if let (Some(title), Some(node)) = (&mut space.title, child(chart, "title")) {
        title.overlay = flag_in(node, "overlay").unwrap_or(cx.left_out);
    }
    space.auto_title_deleted = flag_in(chart, "autoTitleDeleted").unwrap_or(false);
    space.view_3d = child(chart, "view3D").map(view_3d);
    space.plot_area = child(chart, "plotArea")
        .map(|node| plot_area(cx, node))
        .unwrap_or_default();
    space.legend = child(chart, "legend").map(|node| legend(cx, node));
    space.plot_visible_only = flag_in(chart, "plotVisOnly").unwrap_or(true);
    space.blanks = match value_in(chart, "dispBlanksAs") {
        Some("gap") => BlanksAs::Gap,
        Some("span") => BlanksAs::Span,
        _ => BlanksAs::Zero,
    };
    space.na_as_blank = extension(chart, "dataDisplayOptions16")
        .and_then(|options| child(options, "dispNaAsBlank"))
        .is_some_and(|node| boolean(node, "val").unwrap_or(true));
    space
}

/// `c:style`, or that of 2010 (`c14:style`, counted from 101).
fn style(root: Node<'_>) -> u8 {
    let plain = index_in(root, "style");
    let newer = || {
        root.children()
            .filter(|node| is_named(*node, "AlternateContent"))
            .flat_map(|node| node.descendants())
            .find(|node| is_named(*node, "style"))
            .and_then(|node| attr(node, "val")?.trim().parse::<u32>().ok())
    };
    let style = plain.or_else(newer).unwrap_or(2);
    let style = if style > 100 { style - 100 } else { style };
    u8::try_from(style)
        .ok()
        .filter(|style| (1..=48).contains(style))
        .unwrap_or(2)
}

fn view_3d(node: Node<'_>) -> View3d {
    View3d {
        rotation_x: number_in(node, "rotX"),
        rotation_y: number_in(node, "rotY"),
        right_angle_axes: flag_in(node, "rAngAx"),
        perspective: number_in(node, "perspective"),
        height_percent: number_in(node, "hPercent"),
        depth_percent: number_in(node, "depthPercent"),
    }
}

fn legend(cx: &Context<'_>, node: Node<'_>) -> Legend {
    Legend {
        position: match value_in(node, "legendPos") {
            Some("l") => LegendPosition::Left,
            Some("t") => LegendPosition::Top,
            Some("b") => LegendPosition::Bottom,
            Some("tr") => LegendPosition::TopRight,
            _ => LegendPosition::Right,
        },
        entries: elements(node)
            .filter(|node| is_named(*node, "legendEntry"))
            .take(MAX_ITEMS)
            .filter_map(|node| {
                Some(LegendEntry {
                    index: index_in(node, "idx")?,
                    deleted: flag_in(node, "delete").unwrap_or(false),
                    text: text_in(cx, node),
                })
            })
            .collect(),
        layout: layout_in(node),
        overlay: flag_in(node, "overlay").unwrap_or(cx.left_out),
        shape: shape_in(cx, node),
        text: text_in(cx, node),
    }
}
