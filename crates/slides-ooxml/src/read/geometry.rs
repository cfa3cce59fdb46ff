use crate::model::{
    AdjustValue, CustomGeometry, Geometry, Guide, GuidePath, PathCommand, PathFill, TextRect,
    Transform,
};
use crate::xml::{Node, angle, attr, boolean, child, coordinate, elements, is_named};

/// `a:xfrm`, `p:xfrm`, `dsp:txXfrm`.
pub(super) fn transform(node: Node<'_>) -> Transform {
    let (x, y) = point(node, "off", "x", "y").unwrap_or_default();
    let (width, height) = point(node, "ext", "cx", "cy").unwrap_or_default();
    Transform {
        x,
        y,
        width: width.max(0),
        height: height.max(0),
        rotation: angle(node, "rot").unwrap_or(0.0),
        flip_h: boolean(node, "flipH").unwrap_or(false),
        flip_v: boolean(node, "flipV").unwrap_or(false),
    }
}

/// `a:chOff` and `a:chExt` of a group's `a:xfrm`.
pub(super) fn child_box(node: Node<'_>) -> Option<(i64, i64, i64, i64)> {
    let (x, y) = point(node, "chOff", "x", "y")?;
    let (width, height) = point(node, "chExt", "cx", "cy")?;
    Some((x, y, width, height))
}

fn point(node: Node<'_>, name: &str, x: &str, y: &str) -> Option<(i64, i64)> {
    let node = child(node, name)?;
    Some((
        coordinate(node, x).unwrap_or(0),
        coordinate(node, y).unwrap_or(0),
    ))
}

/// The outline among the children of `p:spPr`.
pub(super) fn geometry_in(parent: Node<'_>) -> Option<Geometry> {
    elements(parent).find_map(|node| match node.tag_name().name() {
        "prstGeom" => Some(Geometry::Preset {
            name: attr(node, "prst").unwrap_or("rect").to_owned(),
            adjust: adjust_list(node),
        }),
        "custGeom" => Some(Geometry::Custom(Box::new(custom(node)))),
        _ => None,
    })
}

/// `a:avLst` of a preset.
pub(super) fn adjust_list(node: Node<'_>) -> Vec<AdjustValue> {
    guides(node, "avLst")
        .map(|(name, formula)| AdjustValue { name, formula })
        .collect()
}

fn guides<'a>(node: Node<'a>, list: &str) -> impl Iterator<Item = (String, String)> + 'a {
    child(node, list)
        .into_iter()
        .flat_map(elements)
        .filter_map(|guide| {
            Some((
                attr(guide, "name")?.to_owned(),
                attr(guide, "fmla")?.to_owned(),
            ))
        })
}

fn custom(node: Node<'_>) -> CustomGeometry {
    let text = |node: Node<'_>, name: &str| attr(node, name).unwrap_or("0").to_owned();
    CustomGeometry {
        adjust: adjust_list(node),
        guides: guides(node, "gdLst")
            .map(|(name, formula)| Guide { name, formula })
            .collect(),
        paths: child(node, "pathLst")
            .into_iter()
            .flat_map(elements)
            .map(path)
            .collect(),
        text_rect: child(node, "rect").map(|rect| TextRect {
            left: text(rect, "l"),
            top: text(rect, "t"),
            right: text(rect, "r"),
            bottom: text(rect, "b"),
        }),
    }
}

fn path(node: Node<'_>) -> GuidePath {
    let size = |name| {
        coordinate(node, name)
            .filter(|value| *value > 0)
            .map(|value| value as f64)
    };
    GuidePath {
        width: size("w"),
        height: size("h"),
        fill: match attr(node, "fill") {
            Some("none") => PathFill::None,
            Some("lighten") => PathFill::Lighten,
            Some("lightenLess") => PathFill::LightenLess,
            Some("darken") => PathFill::Darken,
            Some("darkenLess") => PathFill::DarkenLess,
            _ => PathFill::Norm,
        },
        stroke: boolean(node, "stroke").unwrap_or(true),
        commands: elements(node).filter_map(command).collect(),
    }
}

fn command(node: Node<'_>) -> Option<PathCommand> {
    let mut points = elements(node)
        .filter(|child| is_named(*child, "pt"))
        .filter_map(|pt| Some((attr(pt, "x")?.to_owned(), attr(pt, "y")?.to_owned())));
    let value = |name: &str| attr(node, name).unwrap_or("0").to_owned();
    Some(match node.tag_name().name() {
        "moveTo" => {
            let (x, y) = points.next()?;
            PathCommand::MoveTo(x, y)
        }
        "lnTo" => {
            let (x, y) = points.next()?;
            PathCommand::LineTo(x, y)
        }
        "arcTo" => PathCommand::ArcTo(value("wR"), value("hR"), value("stAng"), value("swAng")),
        "quadBezTo" => {
            let ((a, b), (c, d)) = (points.next()?, points.next()?);
            PathCommand::QuadTo([a, b, c, d])
        }
        "cubicBezTo" => {
            let ((a, b), (c, d), (e, f)) = (points.next()?, points.next()?, points.next()?);
            PathCommand::CubicTo([a, b, c, d, e, f])
        }
        "close" => PathCommand::Close,
        _ => return None,
    })
}
