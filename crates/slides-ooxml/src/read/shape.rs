use crate::model::{
    Connector, GraphicFrame, GraphicKind, Group, NonVisual, OleObject, Picture, PictureRef,
    Placeholder, Shape, ShapeKind, ShapeProperties, ShapeStyle, StyleRef,
};
use crate::read::Context;
use crate::read::chart::chart;
use crate::read::color::color;
use crate::read::diagram::diagram;
use crate::read::effects::{effects_in, three_d};
use crate::read::fill::{blip_fill, fill};
use crate::read::geometry::{child_box, geometry_in, transform};
use crate::read::ink::content_part;
use crate::read::line::line_in;
use crate::read::link::link_in;
use crate::read::table::table;
use crate::read::text::text_body;
use crate::read::vml;
use crate::xml::{Node, attr, boolean, child, elements, foreign_choice, is_named, unsigned};

/// Groups inside groups that are followed.
const MAX_GROUP_DEPTH: usize = 64;

/// Children of `p:spTree`, `p:grpSp`, `dsp:spTree` in painting order.
pub(super) fn shapes(cx: &Context<'_>, tree: Node<'_>, depth: usize) -> Vec<Shape> {
    if depth > MAX_GROUP_DEPTH {
        cx.warn(
            "group",
            format!("groups nested deeper than {MAX_GROUP_DEPTH} are left out"),
        );
        return Vec::new();
    }
    elements(tree)
        .filter_map(|node| shape(cx, node, depth))
        .collect()
}

fn shape(cx: &Context<'_>, node: Node<'_>, depth: usize) -> Option<Shape> {
    let name = node.tag_name().name();
    let kind = match name {
        "sp" => ShapeKind::Shape {
            properties: properties_in(cx, node),
            style: style_in(node),
            text: child(node, "txBody").map(|body| text_body(cx, body)),
            is_text_box: child(node, "nvSpPr")
                .and_then(|nv| child(nv, "cNvSpPr"))
                .and_then(|nv| boolean(nv, "txBox"))
                .unwrap_or(false),
        },
        "pic" => ShapeKind::Picture(Box::new(picture(cx, node))),
        "cxnSp" => ShapeKind::Connector(Box::new(Connector {
            properties: properties_in(cx, node),
            style: style_in(node),
        })),
        "grpSp" => ShapeKind::Group(Box::new(group(cx, node, depth))),
        "graphicFrame" => ShapeKind::GraphicFrame(Box::new(graphic_frame(cx, node, None))),
        "AlternateContent" => {
            let (frame, fallback) = foreign_choice(node)?;
            let picture = fallback
                .into_iter()
                .flat_map(elements)
                .find(|node| is_named(*node, "pic"))
                .and_then(|pic| picture(cx, pic).fill.picture);
            return Some(Shape {
                nv: non_visual(cx, frame),
                kind: ShapeKind::GraphicFrame(Box::new(graphic_frame(cx, frame, picture))),
            });
        }
        "contentPart" => content_part(cx, node)?,
        "nvGrpSpPr" | "grpSpPr" | "extLst" => return None,
        other => ShapeKind::Unknown(other.to_owned()),
    };
    Some(Shape {
        nv: non_visual(cx, node),
        kind,
    })
}

/// `p:controls`: form controls by their pictures.
pub(super) fn controls(cx: &Context<'_>, list: Node<'_>) -> Vec<Shape> {
    elements(list)
        .filter(|node| is_named(*node, "control"))
        .filter_map(|control| {
            let nv = NonVisual {
                name: attr(control, "name").unwrap_or_default().to_owned(),
                ..NonVisual::default()
            };
            let picture = child(control, "pic").map(|node| picture(cx, node))?;
            Some(Shape {
                nv,
                kind: ShapeKind::Picture(Box::new(picture)),
            })
        })
        .collect()
}

/// `p:nvSpPr`, `p:nvPicPr` and their like.
fn non_visual(cx: &Context<'_>, node: Node<'_>) -> NonVisual {
    const NAMES: [&str; 6] = [
        "nvSpPr",
        "nvPicPr",
        "nvCxnSpPr",
        "nvGrpSpPr",
        "nvGraphicFramePr",
        "nvContentPartPr",
    ];
    let Some(outer) = elements(node).find(|child| NAMES.contains(&child.tag_name().name())) else {
        return NonVisual::default();
    };
    let mut nv = NonVisual {
        use_background_fill: boolean(node, "useBgFill").unwrap_or(false),
        ..NonVisual::default()
    };
    if let Some(common) = child(outer, "cNvPr") {
        nv.id = unsigned(common, "id").unwrap_or(0);
        attr(common, "name")
            .unwrap_or_default()
            .clone_into(&mut nv.name);
        nv.alt = attr(common, "descr")
            .filter(|text| !text.trim().is_empty())
            .map(str::to_owned);
        nv.hidden = boolean(common, "hidden").unwrap_or(false);
        nv.link = link_in(cx, common);
        nv.decorative = child(common, "extLst").is_some_and(|list| {
            list.descendants()
                .any(|ext| is_named(ext, "decorative") && boolean(ext, "val").unwrap_or(false))
        });
    }
    nv.placeholder = child(outer, "nvPr")
        .and_then(|nv| child(nv, "ph"))
        .map(|ph| Placeholder {
            kind: attr(ph, "type").unwrap_or("obj").to_owned(),
            index: unsigned(ph, "idx").unwrap_or(0),
            has_index: attr(ph, "idx").is_some(),
        });
    nv
}

fn properties_in(cx: &Context<'_>, node: Node<'_>) -> ShapeProperties {
    let mut properties = child(node, "spPr")
        .map(|node| shape_properties(cx, node))
        .unwrap_or_default();
    properties.text_transform = child(node, "txXfrm").map(transform);
    properties
}

/// `p:spPr`.
pub(super) fn shape_properties(cx: &Context<'_>, node: Node<'_>) -> ShapeProperties {
    ShapeProperties {
        transform: child(node, "xfrm").map(transform),
        geometry: geometry_in(node),
        fill: fill(cx, node),
        line: line_in(cx, node),
        effects: effects_in(cx, node),
        three_d: three_d(node),
        text_transform: None,
    }
}

pub(super) fn style_in(node: Node<'_>) -> Option<ShapeStyle> {
    let style = child(node, "style")?;
    let reference = |name| child(style, name).map(style_ref);
    Some(ShapeStyle {
        line: reference("lnRef"),
        fill: reference("fillRef"),
        effect: reference("effectRef"),
        font: reference("fontRef"),
    })
}

/// `a:lnRef`, `a:fillRef`, `a:effectRef`, `a:fontRef`, `p:bgRef`.
pub(super) fn style_ref(node: Node<'_>) -> StyleRef {
    let index = match attr(node, "idx") {
        Some("major") => 1,
        Some("minor") => 2,
        _ => unsigned(node, "idx").unwrap_or(0),
    };
    StyleRef {
        index,
        color: color(node),
    }
}

fn picture(cx: &Context<'_>, node: Node<'_>) -> Picture {
    let media = child(node, "nvPicPr")
        .and_then(|nv| child(nv, "nvPr"))
        .is_some_and(|nv| {
            nv.descendants().any(|n| {
                matches!(
                    n.tag_name().name(),
                    "videoFile" | "audioFile" | "wavAudioFile" | "media"
                )
            })
        });
    // A missing fill reads as one without a picture.
    let fill = blip_fill(cx, child(node, "blipFill").unwrap_or(node));
    Picture {
        fill,
        properties: properties_in(cx, node),
        style: style_in(node),
        media,
    }
}

fn group(cx: &Context<'_>, node: Node<'_>, depth: usize) -> Group {
    let properties = child(node, "grpSpPr");
    let frame = properties.and_then(|node| child(node, "xfrm"));
    Group {
        transform: frame.map(transform),
        child_box: frame.and_then(child_box),
        fill: properties.and_then(|node| fill(cx, node)),
        effects: properties.and_then(|node| effects_in(cx, node)),
        children: shapes(cx, node, depth + 1),
    }
}

fn graphic_frame(cx: &Context<'_>, node: Node<'_>, fallback: Option<PictureRef>) -> GraphicFrame {
    let data = child(node, "graphic").and_then(|graphic| child(graphic, "graphicData"));
    GraphicFrame {
        transform: child(node, "xfrm").map(transform),
        kind: data.map_or_else(
            || GraphicKind::Unknown(String::new()),
            |data| graphic_data(cx, data, fallback),
        ),
    }
}

fn graphic_data(cx: &Context<'_>, data: Node<'_>, fallback: Option<PictureRef>) -> GraphicKind {
    let uri = attr(data, "uri").unwrap_or_default();
    // The last segment is the same in the strict and the transitional namespaces.
    let kind = match uri.rsplit('/').next().unwrap_or_default() {
        "table" => child(data, "tbl").map(|node| GraphicKind::Table(Box::new(table(cx, node)))),
        "chart" => chart(cx, data, false, fallback).map(GraphicKind::Chart),
        "chartex" => chart(cx, data, true, fallback).map(GraphicKind::Chart),
        "diagram" => child(data, "relIds").map(|ids| diagram(cx, ids)),
        "ole" | "oleObject" => Some(GraphicKind::Ole(ole_object(cx, data))),
        _ => None,
    };
    kind.unwrap_or_else(|| GraphicKind::Unknown(uri.to_owned()))
}

fn ole_object(cx: &Context<'_>, data: Node<'_>) -> OleObject {
    // Without a fallback only the branch that names a VML shape is there; its program is still worth a warning.
    let object =
        child(data, "oleObj").or_else(|| data.descendants().find(|node| is_named(*node, "oleObj")));
    OleObject {
        prog_id: object
            .and_then(|object| attr(object, "progId"))
            .map(str::to_owned),
        preview: object
            .and_then(|object| child(object, "pic"))
            .map(|node| Box::new(picture(cx, node)))
            .filter(|preview| preview.fill.picture.is_some())
            .or_else(|| {
                // Older files keep the preview in the legacy drawing only.
                let id = attr(object?, "spid")?;
                vml::preview(cx, id).map(Box::new)
            }),
    }
}
