//! `snake`: nodes in rows that break (ECMA-376 part 1, 21.4.7.1).

use kurbo::{Rect, Size, Vec2};

use super::constraints::{H, SP, W};
use super::plan::Plan;
use super::tree::Refused;

/// Sizes of one node and of the gaps, along the rows and across them.
struct Cell {
    along: f64,
    across: f64,
    gap: f64,
    between: f64,
}

impl Cell {
    fn length(&self, count: usize) -> f64 {
        let count = count as f64;
        count * self.along + (count - 1.0) * self.gap
    }

    fn breadth(&self, rows: usize) -> f64 {
        let rows = rows as f64;
        rows * self.across + (rows - 1.0) * self.between
    }
}

fn cell(plan: &Plan<'_, '_>, node: usize, nodes: &[usize], columns: bool) -> Cell {
    let mut cell = Cell {
        along: 0.0,
        across: 0.0,
        gap: 0.0,
        between: 0.0,
    };
    for &child in nodes {
        let size = plan.reach(child);
        let (along, across) = if columns {
            (size.height, size.width)
        } else {
            (size.width, size.height)
        };
        cell.along = cell.along.max(along);
        cell.across = cell.across.max(across);
    }
    let gap = |kind| {
        let spaces = plan.children(node).iter();
        spaces
            .filter(|child| matches!(plan.kind(**child), "sp" | "conn"))
            .filter_map(|child| plan.said(*child, kind))
            .fold(f64::NAN, f64::max)
    };
    let or = |value: f64, other: f64| if value.is_nan() { other } else { value };
    cell.gap = or(gap(if columns { H } else { W }), 0.0);
    let between = plan.values.said(node, SP);
    cell.between = between.unwrap_or_else(|| or(gap(if columns { W } else { H }), cell.gap));
    cell
}

pub(super) fn place(plan: &mut Plan<'_, '_>, node: usize) -> Result<Size, Refused> {
    let nodes = plan.solid(node);
    let whole = plan.size(node);
    let count = nodes.len();
    if count == 0 {
        return Ok(whole);
    }
    let columns = plan.parameter(node, "flowDir") == Some("col");
    let (length, breadth) = if columns {
        (whole.height, whole.width)
    } else {
        (whole.width, whole.height)
    };
    let first = cell(plan, node, &nodes, columns);
    let fixed = plan
        .parameter(node, "bkPtFixedVal")
        .filter(|_| plan.parameter(node, "bkpt") == Some("fixed"))
        .and_then(|value| value.parse::<usize>().ok());
    let scale_of = |per_row: usize| {
        let rows = count.div_ceil(per_row);
        let fit = |room: f64, need: f64| if need > 0.0 { room / need } else { 1.0 };
        fit(length, first.length(per_row)).min(fit(breadth, first.breadth(rows)))
    };
    let mut per_row = fixed.unwrap_or(0).clamp(0, count);
    if per_row == 0 {
        per_row = 1;
        for more in 2..=count {
            if scale_of(more) > scale_of(per_row) * (1.0 + 1e-9) {
                per_row = more;
            }
        }
        if plan.parameter(node, "bkpt") == Some("bal") {
            per_row = count.div_ceil(count.div_ceil(per_row));
        }
    }
    let scale = scale_of(per_row);
    if scale < 1.0 {
        plan.set_scale(node, (scale, scale))?;
        let now = cell(plan, node, &nodes, columns);
        let rows = count.div_ceil(per_row);
        let over = (now.length(per_row) / length).max(now.breadth(rows) / breadth);
        if over > 1.001 && over.is_finite() {
            plan.squeeze_all(node, 1.0 / over);
        }
    }
    for &child in plan.children(node) {
        plan.place(child)?;
    }
    let cell = cell(plan, node, &nodes, columns);
    let rows = count.div_ceil(per_row);
    let grow = plan.parameter(node, "grDir").unwrap_or("tL");
    let (from_right, from_bottom) = (grow.ends_with('R'), grow.starts_with('b'));
    let back_and_forth = plan.parameter(node, "contDir") == Some("revDir");
    let centred = plan.parameter(node, "off") != Some("off");
    for (index, &child) in nodes.iter().enumerate() {
        let (row, mut place) = (index / per_row, index % per_row);
        let in_row = per_row.min(count - row * per_row);
        let mut lead = 0.0;
        if centred {
            lead = (cell.length(per_row) - cell.length(in_row)) / 2.0;
        }
        if back_and_forth && !row.is_multiple_of(2) {
            place = if centred {
                in_row - 1 - place
            } else {
                per_row - 1 - place
            };
        }
        let along = lead + place as f64 * (cell.along + cell.gap);
        let across = row as f64 * (cell.across + cell.between);
        let size = plan.reach(child);
        let slack = if columns {
            Vec2::new(cell.across - size.width, cell.along - size.height)
        } else {
            Vec2::new(cell.along - size.width, cell.across - size.height)
        };
        let (mut x, mut y) = if columns {
            (across, along)
        } else {
            (along, across)
        };
        x += slack.x / 2.0;
        y += slack.y / 2.0;
        let held = (cell.length(per_row), cell.breadth(rows));
        let held = if columns { (held.1, held.0) } else { held };
        if from_right {
            x = held.0 - x - size.width;
        }
        if from_bottom {
            y = held.1 - y - size.height;
        }
        plan.set(child, Rect::from_origin_size((x, y), size));
    }
    let held = (cell.length(per_row), cell.breadth(rows));
    let content = if columns {
        Size::new(held.1, held.0)
    } else {
        Size::new(held.0, held.1)
    };
    if plan.wraps(node) {
        return Ok(content);
    }
    let spare = (whole - content) * 0.5;
    plan.shift_children(node, Vec2::new(spare.width, spare.height));
    Ok(whole)
}
