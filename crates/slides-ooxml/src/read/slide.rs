use crate::model::{Background, ColorMap, ListStyle, Shape};
use crate::read::Context;
use crate::read::color::color_map;
use crate::read::fill::fill;
use crate::read::shape::{controls, shapes, style_ref};
use crate::read::text::list_style;
use crate::xml::{Node, boolean, child};

/// What slides, layouts, masters and notes have in common.
#[derive(Debug, Default)]
pub(crate) struct Sheet {
    pub(crate) background: Option<Background>,
    pub(crate) shapes: Vec<Shape>,
    pub(crate) show_master_shapes: bool,
    /// `@show`; default true.
    pub(crate) show: bool,
    pub(crate) color_map_override: Option<ColorMap>,
}

pub(crate) fn sheet(cx: &Context<'_>, root: Node<'_>) -> Sheet {
    let common = child(root, "cSld");
    let mut shapes = common
        .and_then(|node| child(node, "spTree"))
        .map(|tree| shapes(cx, tree, 0))
        .unwrap_or_default();
    if let Some(list) = common.and_then(|node| child(node, "controls")) {
        shapes.extend(controls(cx, list));
    }
    Sheet {
        background: common
            .and_then(|node| child(node, "bg"))
            .and_then(|node| background(cx, node)),
        shapes,
        show_master_shapes: boolean(root, "showMasterSp").unwrap_or(true),
        show: boolean(root, "show").unwrap_or(true),
        color_map_override: child(root, "clrMapOvr")
            .and_then(|node| child(node, "overrideClrMapping"))
            .map(color_map),
    }
}

fn background(cx: &Context<'_>, node: Node<'_>) -> Option<Background> {
    if let Some(properties) = child(node, "bgPr") {
        return fill(cx, properties).map(Background::Fill);
    }
    child(node, "bgRef").map(|reference| Background::Reference(style_ref(reference)))
}

/// `p:clrMap` and `p:txStyles` of a master.
pub(crate) fn master_styles(cx: &Context<'_>, root: Node<'_>) -> (ColorMap, [ListStyle; 3]) {
    let map = child(root, "clrMap").map(color_map).unwrap_or_default();
    let styles = child(root, "txStyles");
    let style = |name| {
        styles
            .and_then(|node| child(node, name))
            .map(|node| list_style(cx, node))
            .unwrap_or_default()
    };
    (
        map,
        [style("titleStyle"), style("bodyStyle"), style("otherStyle")],
    )
}
