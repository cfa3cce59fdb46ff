//! `pyra`: slices of a pyramid (ECMA-376 part 1, 21.4.7.1).

use kurbo::{Rect, Size};

use super::constraints::PYRAMID_RATIO;
use super::plan::Plan;
use super::tree::Refused;

pub(super) fn place(plan: &mut Plan<'_, '_>, node: usize) -> Result<Size, Refused> {
    let whole = plan.size(node);
    let levels = plan.solid(node);
    let count = levels.len().max(1) as f64;
    let upside_down = plan.parameter(node, "linDir") != Some("fromB");
    let account = (
        plan.parameter(node, "pyraAcctBkgdNode"),
        plan.parameter(node, "pyraAcctTxNode"),
    );
    let named = |plan: &Plan<'_, '_>, level: usize, name: Option<&str>| {
        let mut all = plan.children(level).iter().copied();
        all.find(|child| {
            let node = plan.tree.nodes.get(*child);
            node.is_some_and(|node| Some(node.layout.name.as_str()) == name)
        })
    };
    let has_account = levels
        .iter()
        .any(|level| named(plan, *level, account.1).is_some());
    // With explanations beside it the pyramid keeps the rest of the width.
    let ratio = plan.values.said(node, PYRAMID_RATIO).unwrap_or(0.32);
    let beside = if has_account {
        whole.width * ratio.clamp(0.0, 0.9)
    } else {
        0.0
    };
    let base = whole.width - beside;
    let left_side = plan.parameter(node, "pyraAcctPos") == Some("bef");
    let start = if left_side { beside } else { 0.0 };
    let height = whole.height / count;
    for (index, &level) in levels.iter().enumerate() {
        plan.place(level)?;
        let index = index as f64;
        let (top, broad) = if upside_down {
            (index * height, base * (count - index) / count)
        } else {
            (index * height, base * (index + 1.0) / count)
        };
        let rect = Rect::from_origin_size((0.0, top), (whole.width, height));
        plan.set(level, rect);
        let slice = Rect::new(
            start + (base - broad) / 2.0,
            0.0,
            start + f64::midpoint(base, broad),
            height,
        );
        let inset = base / count / 2.0;
        let slant = Some(inset / broad.min(height).max(1e-9));
        let inner = plan.children(level).to_vec();
        for child in inner {
            plan.set(child, slice);
            if let Some(slot) = plan.slants.get_mut(child) {
                *slot = slant;
            }
        }
        for name in [account.0, account.1] {
            if let Some(child) = named(plan, level, name) {
                let middle = start + base / 2.0;
                let inner = broad / 2.0 - inset / 2.0;
                let rect = if left_side {
                    Rect::new(0.0, 0.0, middle - inner, height)
                } else {
                    Rect::new(middle + inner, 0.0, whole.width, height)
                };
                plan.set(child, rect);
                if let Some(slot) = plan.slants.get_mut(child) {
                    *slot = None;
                }
            }
        }
    }
    Ok(whole)
}
