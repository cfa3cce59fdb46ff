//! `cycle`: nodes around a ring (ECMA-376 part 1, 21.4.7.1).

use kurbo::{Point, Rect, Size, Vec2};

use super::constraints::{DIAMETER, SIB_SP, SP};
use super::plan::Plan;
use super::tree::Refused;

pub(super) fn place(plan: &mut Plan<'_, '_>, node: usize) -> Result<Size, Refused> {
    let whole = plan.size(node);
    let mut ring = plan.solid(node);
    if ring.is_empty() {
        return Ok(whole);
    }
    let center = (plan.parameter(node, "ctrShpMap") == Some("fNode")).then(|| ring.remove(0));
    let first = bounds(plan, node, center, &ring);
    let scale = (whole.width / first.width()).min(whole.height / first.height());
    if scale < 1.0 {
        plan.set_scale(node, (scale, scale))?;
        let now = bounds(plan, node, center, &ring);
        let over = (now.width() / whole.width).max(now.height() / whole.height);
        if over > 1.001 && over.is_finite() {
            plan.squeeze_all(node, 1.0 / over);
        }
    }
    for &child in plan.children(node) {
        plan.place(child)?;
    }
    let bounds = bounds(plan, node, center, &ring);
    let shift = whole.to_rect().center() - bounds.center();
    if let Some(center) = center {
        let rect = Rect::from_center_size(shift.to_point(), plan.size(center));
        plan.set(center, rect);
    }
    let along = plan.parameter(node, "rotPath") == Some("alongPath");
    for (index, (child, at)) in spots(plan, node, center, &ring).into_iter().enumerate() {
        let rect = Rect::from_center_size(at + shift, plan.size(child));
        plan.set(child, rect);
        let angle = angle(plan, node, ring.len(), index);
        if along && let Some(turn) = plan.turns.get_mut(child) {
            *turn = angle;
        }
    }
    // What stands between two nodes without being one is drawn by where they are; it still needs a box.
    for &child in plan.children(node) {
        if matches!(plan.kind(child), "sp" | "conn") {
            let size = plan.size(child);
            plan.set(child, Rect::from_center_size(shift.to_point(), size));
        }
    }
    Ok(whole)
}

fn parse(value: Option<&str>, default: f64) -> f64 {
    value
        .and_then(|value| value.parse::<f64>().ok())
        .filter(|value| value.is_finite())
        .unwrap_or(default)
}

fn step(span: f64, count: usize) -> f64 {
    let count = count.max(1) as f64;
    if span.abs() >= 359.9 {
        span / count
    } else {
        span / (count - 1.0).max(1.0)
    }
}

/// Clockwise degrees from the top.
fn angle(plan: &Plan<'_, '_>, node: usize, count: usize, index: usize) -> f64 {
    let start = parse(plan.parameter(node, "stAng"), 0.0);
    start + index as f64 * step(span(plan, node), count)
}

/// Degrees of the ring that the nodes stand on.
fn span(plan: &Plan<'_, '_>, node: usize) -> f64 {
    parse(plan.parameter(node, "spanAng"), 360.0)
}

/// From the middle to a node.
fn direction(plan: &Plan<'_, '_>, node: usize, count: usize, index: usize) -> Vec2 {
    Vec2::from_angle((angle(plan, node, count, index) - 90.0).to_radians())
}

/// Distance from the middle to the centres of the nodes.
fn radius(plan: &Plan<'_, '_>, node: usize, center: Option<usize>, ring: &[usize]) -> f64 {
    let span = span(plan, node);
    let step = step(span, ring.len()).abs().to_radians();
    let sine = (step / 2.0).sin().abs();
    let gap = plan.values.said(node, SIB_SP).unwrap_or(0.0);
    let mut radius: f64 = 0.0;
    if ring.len() > 1 && sine > 1e-6 {
        // Neighbours stand apart along the line between them.
        let spots: Vec<_> = ring
            .iter()
            .enumerate()
            .map(|(index, child)| (*child, direction(plan, node, ring.len(), index)))
            .collect();
        let next = spots.iter().cycle().skip(1);
        let closed = span.abs() >= 359.9;
        let pairs = spots.len() - usize::from(!closed);
        for ((one, from), (other, to)) in spots.iter().zip(next).take(pairs) {
            let chord = *to - *from;
            let half = half_along(plan, *one, chord) + half_along(plan, *other, chord);
            radius = radius.max(f64::midpoint(half, gap) / sine);
        }
    }
    if let Some(center) = center {
        let own = plan.size(center);
        let apart = plan.values.said(node, SP).unwrap_or(0.0);
        let node = ring.first().map_or(Size::ZERO, |child| plan.size(*child));
        radius = radius
            .max(f64::midpoint(own.width.min(own.height), node.width.min(node.height)) + apart);
    }
    if let Some(diameter) = plan.values.said(node, DIAMETER) {
        radius = diameter.abs() / 2.0;
    }
    radius
}

/// From the middle of a node to its edge along a direction.
fn half_along(plan: &Plan<'_, '_>, node: usize, way: Vec2) -> f64 {
    let size = plan.size(node);
    let way = way / way.hypot().max(1e-9);
    let shape = plan.tree.nodes.get(node).and_then(|node| node.shape);
    if shape.is_some_and(|shape| shape.kind == "ellipse") {
        return size.width / 2.0;
    }
    let reach = |length: f64, part: f64| length / 2.0 / part.abs().max(1e-9);
    reach(size.width, way.x).min(reach(size.height, way.y))
}

/// Centres of the nodes about the middle.
fn spots(
    plan: &Plan<'_, '_>,
    node: usize,
    center: Option<usize>,
    ring: &[usize],
) -> Vec<(usize, Point)> {
    let radius = radius(plan, node, center, ring);
    ring.iter()
        .enumerate()
        .map(|(index, child)| {
            let at = direction(plan, node, ring.len(), index) * radius;
            (*child, at.to_point())
        })
        .collect()
}

fn bounds(plan: &Plan<'_, '_>, node: usize, center: Option<usize>, ring: &[usize]) -> Rect {
    let mut all = center.map(|center| Rect::from_center_size(Point::ZERO, plan.size(center)));
    for (child, at) in spots(plan, node, center, ring) {
        let rect = Rect::from_center_size(at, plan.size(child));
        all = Some(all.map_or(rect, |all| all.union(rect)));
    }
    all.unwrap_or_default()
}
