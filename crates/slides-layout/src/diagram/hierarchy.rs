//! `hierRoot` and `hierChild`: trees (ECMA-376 part 1, 21.4.7.1).

use kurbo::{Rect, Size, Vec2};

use super::constraints::{ALIGN_OFF, SEC_SIB_SP, SIB_SP, SP};
use super::plan::Plan;
use super::tree::Refused;

/// A branch about its own origin: its box, and the box of the shape it hangs on.
#[derive(Debug, Clone, Copy, Default)]
struct Branch {
    size: Size,
    root: Rect,
}

fn is_tree(kind: &str) -> bool {
    matches!(kind, "hierRoot" | "hierChild")
}

/// The topmost node of a tree makes it fit; what is below it hangs together.
pub(super) fn place(plan: &mut Plan<'_, '_>, node: usize) -> Result<Size, Refused> {
    let whole = plan.size(node);
    let first = branch(plan, node)?.size;
    let fit = |room: f64, need: f64| if need > 0.0 { room / need } else { 1.0 };
    let scale = fit(whole.width, first.width).min(fit(whole.height, first.height));
    if scale < 1.0 {
        plan.set_scale(node, (scale, scale))?;
    }
    let mut size = branch(plan, node)?.size;
    let over = (size.width / whole.width).max(size.height / whole.height);
    if over > 1.001 && over.is_finite() {
        plan.squeeze_all(node, 1.0 / over);
        size = branch(plan, node)?.size;
    }
    if plan.wraps(node) {
        return Ok(size);
    }
    let spare = whole - size;
    let shift = Vec2::new(
        spare.width * plan.alignment(node, "horzAlign"),
        spare.height * plan.alignment(node, "vertAlign"),
    );
    plan.shift_children(node, shift);
    Ok(whole)
}

fn branch(plan: &mut Plan<'_, '_>, node: usize) -> Result<Branch, Refused> {
    match plan.kind(node) {
        "hierRoot" => root(plan, node),
        "hierChild" => siblings(plan, node),
        _ => {
            plan.place(node)?;
            let size = plan.size(node);
            Ok(Branch {
                size,
                root: size.to_rect(),
            })
        }
    }
}

fn spacing(plan: &Plan<'_, '_>, node: usize, kind: usize) -> Option<f64> {
    let squeeze = plan.squeeze.get(node).map_or(1.0, |by| by.0);
    plan.values.said(node, kind).map(|value| value * squeeze)
}

/// A shape with what hangs below it.
fn root(plan: &mut Plan<'_, '_>, node: usize) -> Result<Branch, Refused> {
    let children = plan.children(node).to_vec();
    let gap = spacing(plan, node, SP).unwrap_or(0.0);
    let mut blocks = Vec::new();
    let mut shape = None;
    for child in children {
        let held = branch(plan, child)?;
        if is_tree(plan.kind(child)) {
            blocks.push((child, held));
        } else if shape.is_none() && !matches!(plan.kind(child), "conn" | "sp") {
            shape = Some((child, held.size));
        }
    }
    let (shape, own) = shape.ok_or("has a branch without a shape")?;
    let align = plan
        .parameter(node, "hierAlign")
        .unwrap_or("tCtrCh")
        .to_owned();
    let filled: Vec<_> = blocks
        .iter()
        .copied()
        .filter(|(_, held)| held.size.width > 0.0 && held.size.height > 0.0)
        .collect();
    let sideways = align.starts_with('l') || align.starts_with('r');
    let back = align.starts_with('r') || align.starts_with('b');
    // Assistants come first, between the shape and the others.
    let assists = |block: usize| {
        let first = plan
            .children(block)
            .iter()
            .find(|child| is_tree(plan.kind(**child)));
        let point = first
            .and_then(|child| plan.tree.nodes.get(*child))
            .map(|node| node.point);
        point.is_some_and(|point| plan.graph.is(point, "asst"))
    };
    let mut filled = filled;
    filled.sort_by_key(|(block, _)| !assists(*block));
    // Where the shape stands beside them.
    let offset = plan.values.said(node, ALIGN_OFF).unwrap_or(0.0);
    let length = |size: Size| if sideways { size.height } else { size.width };
    let own_length = length(own);
    let broadest = filled
        .iter()
        .map(|(_, held)| length(held.size))
        .fold(0.0, f64::max);
    let rest = align.get(1..).unwrap_or("CtrCh");
    let aside = matches!(rest, "L" | "T" | "R" | "B");
    // From the middle of the shape to the start of each block: the stem meets the middle of the block's shapes.
    let lead = |held: &Branch| {
        let root = held.root;
        match rest {
            "CtrDes" => -length(held.size) / 2.0,
            _ if sideways => -f64::midpoint(root.y0, root.y1),
            _ => -f64::midpoint(root.x0, root.x1),
        }
    };
    let at = match rest {
        "L" | "T" => -own_length * (1.0 - offset.clamp(0.0, 1.0)),
        "R" | "B" => broadest - own_length * offset.clamp(0.0, 1.0),
        _ => -own_length / 2.0,
    };
    let at = if aside && filled.is_empty() { 0.0 } else { at };
    let (mut low, mut high) = (at, at + own_length);
    // The blocks one after the other, away from the shape.
    let mut away = if sideways { own.width } else { own.height };
    let mut placed: Vec<(usize, Rect)> = Vec::new();
    for (child, held) in &filled {
        away += gap;
        let lead = match rest {
            "L" | "T" => 0.0,
            "R" | "B" => broadest - length(held.size),
            _ => lead(held),
        };
        (low, high) = (low.min(lead), high.max(lead + length(held.size)));
        let origin = if sideways { (away, lead) } else { (lead, away) };
        placed.push((*child, Rect::from_origin_size(origin, held.size)));
        away += if sideways {
            held.size.width
        } else {
            held.size.height
        };
    }
    let by = if sideways {
        Vec2::new(0.0, -low)
    } else {
        Vec2::new(-low, 0.0)
    };
    let origin = if sideways { (0.0, at) } else { (at, 0.0) };
    let mut rects = vec![(shape, Rect::from_origin_size(origin, own) + by)];
    rects.extend(placed.into_iter().map(|(child, rect)| (child, rect + by)));
    let size = if sideways {
        Size::new(away, high - low)
    } else {
        Size::new(high - low, away)
    };
    let mut root = Rect::ZERO;
    for (child, rect) in rects {
        let rect = if back && sideways {
            Rect::new(size.width - rect.x1, rect.y0, size.width - rect.x0, rect.y1)
        } else if back {
            Rect::new(
                rect.x0,
                size.height - rect.y1,
                rect.x1,
                size.height - rect.y0,
            )
        } else {
            rect
        };
        if child == shape {
            root = rect;
        }
        plan.set(child, rect);
    }
    Ok(Branch { size, root })
}

/// Branches beside each other.
fn siblings(plan: &mut Plan<'_, '_>, node: usize) -> Result<Branch, Refused> {
    let mut held = Vec::new();
    for &child in plan.children(node) {
        if !matches!(plan.kind(child), "conn" | "sp") {
            held.push((child, branch(plan, child)?));
        }
    }
    let direction = plan.parameter(node, "linDir").unwrap_or("fromL").to_owned();
    let across = matches!(direction.as_str(), "fromL" | "fromR");
    let backwards = matches!(direction.as_str(), "fromR" | "fromB");
    let gap = spacing(plan, node, SIB_SP).unwrap_or(0.0);
    let align = plan.parameter(node, "chAlign").unwrap_or("t").to_owned();
    if plan.parameter(node, "secLinDir").is_some() && held.len() > 1 {
        return Ok(pairs(plan, node, &held, gap));
    }
    if backwards {
        held.reverse();
    }
    let breadth = held
        .iter()
        .map(|(_, held)| {
            if across {
                held.size.height
            } else {
                held.size.width
            }
        })
        .fold(0.0, f64::max);
    let mut at = 0.0;
    let mut roots: Option<Rect> = None;
    for (index, (child, held)) in held.iter().enumerate() {
        if index > 0 {
            at += gap;
        }
        let own = if across {
            held.size.height
        } else {
            held.size.width
        };
        let side = match align.as_str() {
            "r" | "b" => breadth - own,
            _ => 0.0,
        };
        let origin = if across { (at, side) } else { (side, at) };
        let rect = Rect::from_origin_size(origin, held.size);
        plan.set(*child, rect);
        let root = held.root + rect.origin().to_vec2();
        roots = Some(roots.map_or(root, |all| all.union(root)));
        at += if across {
            held.size.width
        } else {
            held.size.height
        };
    }
    let size = if across {
        Size::new(at, breadth)
    } else {
        Size::new(breadth, at)
    };
    Ok(Branch {
        size,
        root: roots.unwrap_or_default(),
    })
}

/// Branches in two columns (or rows) on both sides of a stem.
fn pairs(plan: &mut Plan<'_, '_>, node: usize, held: &[(usize, Branch)], gap: f64) -> Branch {
    let down = matches!(
        plan.parameter(node, "secLinDir"),
        Some("fromT" | "fromB") | None
    );
    let between = spacing(plan, node, SEC_SIB_SP).unwrap_or(gap);
    let length = |size: Size| if down { size.height } else { size.width };
    let breadth = |size: Size| if down { size.width } else { size.height };
    let mut sides = [0.0_f64; 2];
    for (index, (_, held)) in held.iter().enumerate() {
        if let Some(side) = sides.get_mut(index % 2) {
            *side = side.max(breadth(held.size));
        }
    }
    let stem = sides[0] + gap / 2.0;
    let mut at = 0.0;
    for (row, pair) in held.chunks(2).enumerate() {
        if row > 0 {
            at += between;
        }
        let tall = pair
            .iter()
            .map(|(_, held)| length(held.size))
            .fold(0.0, f64::max);
        for (index, (child, held)) in pair.iter().enumerate() {
            let side = if index == 0 {
                sides[0] - breadth(held.size)
            } else {
                sides[0] + gap
            };
            let origin = if down { (side, at) } else { (at, side) };
            plan.set(*child, Rect::from_origin_size(origin, held.size));
        }
        at += tall;
    }
    let wide = sides[0] + gap + sides[1];
    let (size, root) = if down {
        (Size::new(wide, at), Rect::new(stem, 0.0, stem, at))
    } else {
        (Size::new(at, wide), Rect::new(0.0, stem, at, stem))
    };
    Branch { size, root }
}
