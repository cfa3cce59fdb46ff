use crate::model::{Dash, Join, Line, LineCap, LineEnd, LineEndKind, LineEndSize};
use crate::read::Context;
use crate::read::fill::fill;
use crate::xml::{Node, attr, child, coordinate, elements, fraction};

/// Widest line that is drawn: 1,584 points, the schema's limit (ECMA-376 part 1, 20.1.10.35).
const MAX_WIDTH: i64 = 20_116_800;

/// `a:ln` and the cell borders, which have the same content.
pub(super) fn line(cx: &Context<'_>, node: Node<'_>) -> Line {
    let mut line = Line {
        width: coordinate(node, "w").map(|width| width.clamp(0, MAX_WIDTH)),
        fill: fill(cx, node),
        cap: match attr(node, "cap") {
            Some("flat") => Some(LineCap::Flat),
            Some("rnd") => Some(LineCap::Round),
            Some("sq") => Some(LineCap::Square),
            _ => None,
        },
        compound: attr(node, "cmpd").map(str::to_owned),
        inset: attr(node, "algn").map(|align| align == "in"),
        ..Line::default()
    };
    for element in elements(node) {
        match element.tag_name().name() {
            "prstDash" => {
                line.dash = attr(element, "val").map(|name| Dash::Preset(name.to_owned()));
            }
            "custDash" => {
                let stops = elements(element)
                    .filter_map(|stop| Some((fraction(stop, "d")?, fraction(stop, "sp")?)));
                line.dash = Some(Dash::Custom(stops.take(64).collect()));
            }
            "round" => line.join = Some(Join::Round),
            "bevel" => line.join = Some(Join::Bevel),
            "miter" => line.join = Some(Join::Miter(fraction(element, "lim").unwrap_or(8.0))),
            "headEnd" => line.head = Some(line_end(element)),
            "tailEnd" => line.tail = Some(line_end(element)),
            _ => {}
        }
    }
    line
}

/// The `a:ln` among the children.
pub(super) fn line_in(cx: &Context<'_>, parent: Node<'_>) -> Option<Line> {
    child(parent, "ln").map(|node| line(cx, node))
}

fn line_end(node: Node<'_>) -> LineEnd {
    let size = |name| match attr(node, name) {
        Some("sm") => LineEndSize::Small,
        Some("lg") => LineEndSize::Large,
        _ => LineEndSize::Medium,
    };
    LineEnd {
        kind: match attr(node, "type") {
            Some("triangle") => LineEndKind::Triangle,
            Some("stealth") => LineEndKind::Stealth,
            Some("diamond") => LineEndKind::Diamond,
            Some("oval") => LineEndKind::Oval,
            Some("arrow") => LineEndKind::Arrow,
            _ => LineEndKind::None,
        },
        width: size("w"),
        length: size("len"),
    }
}
