//! `lin`: nodes in a row or a column (ECMA-376 part 1, 21.4.7.1).

use kurbo::{Rect, Size, Vec2};

use super::constraints::{H, W};
use super::plan::Plan;
use super::tree::Refused;

/// What still counts as fitting.
const SLACK: f64 = 1.0 + 1e-6;

/// Direction of a row.
#[derive(Clone, Copy)]
struct Way {
    across: bool,
    backwards: bool,
}

fn way(plan: &Plan<'_, '_>, node: usize) -> Way {
    let direction = plan.parameter(node, "linDir").unwrap_or("fromL");
    Way {
        across: matches!(direction, "fromL" | "fromR"),
        backwards: matches!(direction, "fromR" | "fromB"),
    }
}

/// Length of a size along a row, and its breadth.
fn split(way: Way, size: Size) -> (f64, f64) {
    if way.across {
        (size.width, size.height)
    } else {
        (size.height, size.width)
    }
}

/// Room of one child along and across.
fn share(plan: &Plan<'_, '_>, way: Way, child: usize) -> (f64, f64) {
    let along = if way.across { W } else { H };
    match plan.kind(child) {
        // A space or an arrow takes what was set aside for it; how broad it is does not matter here.
        "sp" | "conn" => (plan.said(child, along).unwrap_or(0.0), 0.0),
        _ => split(way, plan.reach(child)),
    }
}

fn total(plan: &Plan<'_, '_>, way: Way, node: usize) -> (f64, f64) {
    let mut sum = (0.0, 0.0_f64);
    for &child in plan.children(node) {
        let (along, across) = share(plan, way, child);
        sum = (sum.0 + along, sum.1.max(across));
    }
    sum
}

/// Room that a row would take.
pub(super) fn extent(plan: &Plan<'_, '_>, node: usize) -> Size {
    let way = way(plan, node);
    let (along, across) = total(plan, way, node);
    if way.across {
        Size::new(along, across)
    } else {
        Size::new(across, along)
    }
}

pub(super) fn place(plan: &mut Plan<'_, '_>, node: usize) -> Result<Size, Refused> {
    let way = way(plan, node);
    let open = |plan: &Plan<'_, '_>, kind| plan.values.raw(node, kind) == f64::INFINITY;
    let (open_along, open_across) = if way.across {
        (open(plan, W), open(plan, H))
    } else {
        (open(plan, H), open(plan, W))
    };
    let room = split(way, plan.size(node));
    if !open_along {
        fit(plan, way, node, room.0, (!open_across).then_some(room.1))?;
    }
    // Place the children for good, then line up what they really take.
    let mut taken = Vec::new();
    for &child in plan.children(node) {
        let held = plan.place(child)?;
        let size = match plan.kind(child) {
            "sp" | "conn" => {
                let (along, _) = share(plan, way, child);
                if way.across {
                    Size::new(along, plan.size(child).height)
                } else {
                    Size::new(plan.size(child).width, along)
                }
            }
            _ if plan.wraps(child) => held,
            _ => plan.size(child),
        };
        taken.push((child, size));
    }
    let length: f64 = taken.iter().map(|(_, size)| split(way, *size).0).sum();
    let breadth = taken
        .iter()
        .filter(|(child, _)| !matches!(plan.kind(*child), "sp" | "conn"))
        .map(|(_, size)| split(way, *size).1)
        .fold(0.0, f64::max);
    let inner = plan.alignment(
        node,
        if way.across {
            "nodeVertAlign"
        } else {
            "nodeHorzAlign"
        },
    );
    let mut at = 0.0;
    for (child, size) in taken {
        let (along, across) = split(way, size);
        let from = if way.backwards {
            length - at - along
        } else {
            at
        };
        let side = (breadth - across) * inner;
        let origin = if way.across {
            (from, side)
        } else {
            (side, from)
        };
        plan.set(child, Rect::from_origin_size(origin, size));
        at += along;
    }
    let content = if way.across {
        Size::new(length, breadth)
    } else {
        Size::new(breadth, length)
    };
    if plan.wraps(node) {
        return Ok(content);
    }
    let whole = plan.size(node);
    let shift = Vec2::new(
        if open(plan, W) {
            0.0
        } else {
            (whole.width - content.width) * plan.alignment(node, "horzAlign")
        },
        if open(plan, H) {
            0.0
        } else {
            (whole.height - content.height) * plan.alignment(node, "vertAlign")
        },
    );
    plan.shift_children(node, shift);
    Ok(whole)
}

/// Makes a row fit by asking for smaller nodes; where they do not become smaller, they are squeezed along the row.
fn fit(
    plan: &mut Plan<'_, '_>,
    way: Way,
    node: usize,
    length: f64,
    breadth: Option<f64>,
) -> Result<(), Refused> {
    let first = total(plan, way, node);
    let scaled = |s: f64| if way.across { (s, 1.0) } else { (1.0, s) };
    if first.0 > length * SLACK && length > 0.0 {
        let mut scale = length / first.0;
        plan.set_scale(node, scaled(scale))?;
        let second = total(plan, way, node).0;
        // Part of the row may have a size of its own: a straight line through two measurements finds the rest.
        let slope = (first.0 - second) / (1.0 - scale);
        if (second - length).abs() > length * 1e-6 && slope > 1e-9 {
            let better = 1.0 - (first.0 - length) / slope;
            if better.is_finite() && better > 0.0 {
                scale = better.min(1.0);
                plan.set_scale(node, scaled(scale))?;
            }
        }
        let now = total(plan, way, node).0;
        if now > length * 1.001 {
            plan.overflowed = true;
            let by = length / now;
            for &child in plan.children(node) {
                let size = plan.told(child);
                if let Some(forced) = plan.given.forced.get_mut(child) {
                    *forced = Some(if way.across {
                        (size.width * by, size.height)
                    } else {
                        (size.width, size.height * by)
                    });
                }
            }
            plan.solve()?;
        }
    }
    let now = total(plan, way, node);
    if let Some(breadth) = breadth
        && now.1 > breadth * SLACK
        && breadth > 0.0
        && !plan.has_handwork(node)
    {
        // Nodes whose breadth hangs on their length become smaller in both.
        let before = plan.given.scale.get(node).copied().unwrap_or((1.0, 1.0));
        let by = breadth / now.1;
        plan.set_scale(node, (before.0 * by, before.1 * by))?;
        let after = total(plan, way, node).1;
        if after > breadth * 1.01 {
            plan.overflowed = true;
            plan.set_scale(node, before)?;
        }
    }
    Ok(())
}
