//! `conn`: arrows and lines between two nodes (ECMA-376 part 1, 21.4.7.1).

use kurbo::{Point, Rect, Vec2};
use slides_ooxml::model::PointKind;

use super::constraints::{BEGIN_PAD, BEND, CONNECTION, END_PAD, H};
use super::plan::Plan;

/// What a connector is drawn as, in the frame's millimetres.
pub(super) enum Drawn {
    /// A block arrow: its unturned box and its clockwise degrees.
    Block(Rect, f64),
    /// A line through these points.
    Line(Vec<Point>),
    /// A line that bows: start, control, end.
    Bow([Point; 3]),
}

/// Thickness of a block arrow beside its length where the definition does not say.
const THICKNESS: f64 = 0.6;

pub(super) fn drawn(plan: &Plan<'_, '_>, node: usize) -> Option<Drawn> {
    let (from, to) = ends(plan, node)?;
    let (a, b) = (plan.absolute(from), plan.absolute(to));
    let flat = plan.parameter(node, "dim") == Some("1D");
    let route = plan.parameter(node, "connRout").unwrap_or("stra");
    let spot = |name, own: Rect, own_node, other: Rect| {
        let first = plan
            .parameter(node, name)
            .and_then(|list| list.split_ascii_whitespace().next())
            .unwrap_or("auto");
        place(first, own, other, is_round(plan, own_node), route == "bend")
    };
    let (begin, begin_way) = spot("begPts", a, from, b);
    let (end, end_way) = spot("endPts", b, to, a);
    if flat && route == "bend" {
        return Some(Drawn::Line(bent(
            plan,
            node,
            (begin, begin_way),
            (end, end_way),
        )));
    }
    let reach = end - begin;
    let distance = reach.hypot();
    if distance < 1e-6 {
        return None;
    }
    let pad = |kind| pad(plan, node, kind, distance);
    let along = reach / distance;
    let (begin, end) = (begin + along * pad(BEGIN_PAD), end - along * pad(END_PAD));
    let length = (end - begin).dot(along);
    if length <= 1e-6 {
        return None;
    }
    if flat {
        if matches!(route, "curve" | "longCurve") {
            // Away from the middle of what holds the nodes.
            let holder = plan.tree.nodes.get(node)?.parent?;
            let middle = plan.absolute(holder).center();
            let half = begin.midpoint(end);
            let out = half - middle;
            let bow = if out.hypot() > 1e-6 {
                out / out.hypot()
            } else {
                Vec2::ZERO
            };
            let control = half + bow * (distance * 0.35);
            return Some(Drawn::Bow([begin, control, end]));
        }
        return Some(Drawn::Line(vec![begin, end]));
    }
    let thick = plan.said(node, H).filter(|thick| *thick > 0.0);
    let thick = thick.unwrap_or(length * THICKNESS);
    let rect = Rect::from_center_size(begin.midpoint(end), (length, thick));
    Some(Drawn::Block(rect, reach.atan2().to_degrees()))
}

/// Nodes that a connector runs between.
fn ends(plan: &Plan<'_, '_>, node: usize) -> Option<(usize, usize)> {
    let own = plan.tree.nodes.get(node)?;
    let (graph, point) = (plan.graph, own.point);
    let parent = graph.parent(point);
    let is_from_parent = graph.kind(point) == PointKind::ParentTransition;
    let named = |name: &str, point: Option<usize>| {
        let all = || {
            plan.tree
                .nodes
                .iter()
                .enumerate()
                .filter(|(_, other)| other.layout.name == name)
        };
        let exact = all().find(|(_, other)| Some(other.point) == point);
        exact.or_else(|| all().next()).map(|(index, _)| index)
    };
    // The sibling behind a transition from the parent, before and behind one between siblings.
    let siblings = own.parent.map_or(&[][..], |parent| plan.children(parent));
    let at = siblings.iter().position(|sibling| *sibling == node)?;
    let solid = |index: &usize| !matches!(plan.kind(*index), "sp" | "conn");
    let before = siblings.get(..at)?.iter().rev().copied().find(|s| solid(s));
    let behind = siblings.get(at + 1..)?.iter().copied().find(|s| solid(s));
    let first = siblings.iter().copied().find(|s| solid(s));
    let last = siblings.iter().rev().copied().find(|s| solid(s));
    let below = if is_from_parent {
        graph.next(point)
    } else {
        None
    };
    // In a tree the line comes from the root above the branch, and ends at the root of the next branch.
    let root = |branch: usize| {
        let children = plan.children(branch).iter().copied();
        children
            .filter(solid)
            .find(|child| plan.kind(*child) != "hierChild")
    };
    let holder = own
        .parent
        .filter(|holder| plan.kind(*holder) == "hierChild");
    let above = holder
        .and_then(|holder| plan.tree.nodes.get(holder)?.parent)
        .and_then(root);
    let next_root = behind
        .filter(|behind| holder.is_some() && plan.kind(*behind) == "hierRoot")
        .and_then(root);
    let from = match own.parameter("srcNode") {
        Some(name) if is_from_parent => named(name, parent),
        Some(name) => named(name, graph.previous(point)),
        None if above.is_some() => above,
        None if is_from_parent => first,
        None => before.or(last),
    };
    let to = match own.parameter("dstNode") {
        Some(name) if is_from_parent => named(name, below),
        Some(name) => named(name, graph.next_node(point)),
        None => next_root.or(behind).or(first),
    };
    from.zip(to).filter(|(from, to)| from != to)
}

fn is_round(plan: &Plan<'_, '_>, node: usize) -> bool {
    let shape = plan.tree.nodes.get(node).and_then(|node| node.shape);
    shape.is_some_and(|shape| shape.kind == "ellipse")
}

/// A connection site by name, and the way that a line leaves it.
fn place(name: &str, own: Rect, other: Rect, round: bool, square: bool) -> (Point, Vec2) {
    let (middle, to) = (own.center(), other.center() - own.center());
    let up_down = |y: f64| Vec2::new(0.0, y);
    let left_right = |x: f64| Vec2::new(x, 0.0);
    match name {
        "bCtr" => (Point::new(middle.x, own.y1), up_down(1.0)),
        "tCtr" => (Point::new(middle.x, own.y0), up_down(-1.0)),
        "midL" => (Point::new(own.x0, middle.y), left_right(-1.0)),
        "midR" => (Point::new(own.x1, middle.y), left_right(1.0)),
        "bL" => (Point::new(own.x0, own.y1), up_down(1.0)),
        "bR" => (Point::new(own.x1, own.y1), up_down(1.0)),
        "tL" => (Point::new(own.x0, own.y0), up_down(-1.0)),
        "tR" => (Point::new(own.x1, own.y0), up_down(-1.0)),
        "ctr" => (middle, to),
        _ if square => {
            if to.x.abs() > to.y.abs() {
                let side = if to.x > 0.0 { own.x1 } else { own.x0 };
                (Point::new(side, middle.y), left_right(to.x.signum()))
            } else {
                let side = if to.y > 0.0 { own.y1 } else { own.y0 };
                (Point::new(middle.x, side), up_down(to.y.signum()))
            }
        }
        _ => {
            // Where the line between the middles leaves the node.
            let half = Vec2::new(own.width().max(1e-9) / 2.0, own.height().max(1e-9) / 2.0);
            let share = Vec2::new(to.x / half.x, to.y / half.y);
            let far = if round {
                share.hypot()
            } else {
                share.x.abs().max(share.y.abs())
            };
            let edge = if far > 1e-9 { to / far } else { Vec2::ZERO };
            (middle + edge, to)
        }
    }
}

fn pad(plan: &Plan<'_, '_>, node: usize, kind: usize, distance: f64) -> f64 {
    let links = plan.solver.links.iter().rev();
    for link in links.filter(|link| link.kind == kind && link.targets.contains(&node)) {
        if let Some((_, CONNECTION)) = link.source {
            return link.factor * distance;
        }
    }
    plan.values.said(node, kind).unwrap_or(0.0)
}

/// A line of level and plumb pieces.
fn bent(
    plan: &Plan<'_, '_>,
    node: usize,
    (begin, begin_way): (Point, Vec2),
    (end, end_way): (Point, Vec2),
) -> Vec<Point> {
    let distance = plan.values.said(node, BEND);
    let at_end = plan.parameter(node, "bendPt") == Some("end");
    let (down, arrives_down) = (begin_way.y != 0.0, end_way.y != 0.0);
    let turn = |from: f64, to: f64| {
        let way = if to >= from { 1.0 } else { -1.0 };
        let bend = distance.filter(|bend| *bend < (to - from).abs());
        match bend {
            Some(bend) if at_end => to - way * bend,
            Some(bend) if plan.parameter(node, "bendPt") == Some("beg") => from + way * bend,
            _ => f64::midpoint(from, to),
        }
    };
    match (down, arrives_down) {
        (true, true) => {
            let y = turn(begin.y, end.y);
            vec![begin, Point::new(begin.x, y), Point::new(end.x, y), end]
        }
        (false, false) => {
            let x = turn(begin.x, end.x);
            vec![begin, Point::new(x, begin.y), Point::new(x, end.y), end]
        }
        (true, false) => vec![begin, Point::new(begin.x, end.y), end],
        (false, true) => vec![begin, Point::new(end.x, begin.y), end],
    }
}
