//! Rules about sizes of type: they shrink until every text fits, those that are to be equal together
//! (ECMA-376 part 1, 21.4.2.24).

use std::collections::HashSet;

use slides_ooxml::model::Operator;

use super::constraints::{self, Kind, LARGEST_TYPE, PRIMARY, SECONDARY};
use super::plan::Plan;
use super::tree::Refused;

/// Texts that have one size.
struct Group {
    kind: Kind,
    nodes: Vec<usize>,
    smallest: f64,
    /// Lengths hang on this size, so that places change with it.
    moves: bool,
}

/// Places everything at the largest sizes that fit.
///
/// # Errors
/// Placing takes too long or cannot be done.
pub(super) fn run(plan: &mut Plan<'_, '_>) -> Result<(), Refused> {
    plan.run()?;
    let groups = groups(plan);
    let (moving, standing): (Vec<_>, Vec<_>) = groups.into_iter().partition(|group| group.moves);
    for group in &moving {
        let largest = largest(plan, group);
        let size = search(group.smallest, largest, |size| {
            cap(plan, group, size);
            plan.run()?;
            Ok(!plan.overflowed && fits(plan, group, size))
        })?;
        cap(plan, group, size);
    }
    if !moving.is_empty() {
        plan.run()?;
    }
    for group in &standing {
        let largest = largest(plan, group);
        let size = search(group.smallest, largest, |size| Ok(fits(plan, group, size)))?;
        cap(plan, group, size);
    }
    // Margins follow the sizes; places do not, but what was squeezed by hand has to be done again.
    if !standing.is_empty() {
        plan.run()?;
    }
    Ok(())
}

fn largest(plan: &Plan<'_, '_>, group: &Group) -> f64 {
    group
        .nodes
        .iter()
        .map(|node| {
            let sizes = plan.texts.sizes(&plan.values, *node);
            if group.kind == SECONDARY {
                sizes.secondary
            } else {
                sizes.primary
            }
        })
        .fold(LARGEST_TYPE, f64::min)
}

fn cap(plan: &mut Plan<'_, '_>, group: &Group, size: f64) {
    for node in &group.nodes {
        if let Some(slot) = plan
            .given
            .caps
            .get_mut(*node)
            .and_then(|caps| caps.get_mut(group.kind - PRIMARY))
        {
            *slot = size;
        }
    }
}

fn fits(plan: &Plan<'_, '_>, group: &Group, size: f64) -> bool {
    group.nodes.iter().all(|node| {
        let room = plan.absolute(*node);
        plan.texts
            .fits(&plan.values, *node, size, room.width(), room.height())
    })
}

/// The largest whole size that fits; the smallest when none does.
fn search(
    smallest: f64,
    largest: f64,
    mut fits: impl FnMut(f64) -> Result<bool, Refused>,
) -> Result<f64, Refused> {
    let smallest = smallest.clamp(1.0, LARGEST_TYPE).round();
    let (mut low, mut high) = (smallest, largest.floor().max(smallest) + 1.0);
    if fits(high - 1.0)? {
        return Ok(high - 1.0);
    }
    high -= 1.0;
    while high - low > 1.0 {
        let middle = f64::midpoint(low, high).floor();
        if fits(middle)? {
            low = middle;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

/// Texts whose rules let them shrink, by the constraints that make them equal.
fn groups(plan: &Plan<'_, '_>) -> Vec<Group> {
    let count = plan.tree.nodes.len();
    let mut group_of: Vec<usize> = (0..2 * count).collect();
    let key = |node: usize, kind: Kind| 2 * node + (kind - PRIMARY);
    fn find(group_of: &mut [usize], mut at: usize) -> usize {
        while let Some(&up) = group_of.get(at).filter(|up| **up != at) {
            // Halving the way keeps it short.
            let above = group_of.get(up).copied().unwrap_or(up);
            if let Some(slot) = group_of.get_mut(at) {
                *slot = above;
            }
            at = up;
        }
        at
    }
    let join = |group_of: &mut Vec<usize>, nodes: &[usize], kind: Kind| {
        let Some(first) = nodes.first() else {
            return;
        };
        let first = find(group_of, key(*first, kind));
        for node in nodes {
            let other = find(group_of, key(*node, kind));
            if let Some(slot) = group_of.get_mut(other) {
                *slot = first;
            }
        }
    };
    for link in &plan.solver.links {
        if constraints::is_type(link.kind) && link.operator == Operator::Equal {
            join(&mut group_of, &link.targets, link.kind);
        }
    }
    // A rule of a node about others shrinks them alike.
    for (owner, node) in plan.tree.nodes.iter().enumerate() {
        for rule in &node.rules {
            let Some(kind) = constraints::kind(&rule.kind).filter(|k| constraints::is_type(*k))
            else {
                continue;
            };
            let below = plan.tree.below(owner);
            let nodes = constraints::ends(plan.tree, plan.graph, owner, &below, &rule.target);
            join(&mut group_of, &nodes, kind);
        }
    }
    let lengths = plan
        .solver
        .links
        .iter()
        .filter(|link| !constraints::is_type(link.kind) && !constraints::is_margin(link.kind));
    // What lengths hang on.
    let moving: HashSet<_> = lengths.filter_map(|link| link.source).collect();
    let mut groups: Vec<(usize, Group)> = Vec::new();
    for node in 0..count {
        let Some((kind, smallest)) = plan.texts.shrinks(node) else {
            continue;
        };
        let own = find(&mut group_of, key(node, kind));
        let moves = moving.contains(&(node, kind));
        match groups.iter_mut().find(|(known, _)| *known == own) {
            Some((_, group)) => {
                group.nodes.push(node);
                group.moves |= moves;
                group.smallest = group.smallest.max(smallest);
            }
            None => groups.push((
                own,
                Group {
                    kind,
                    nodes: vec![node],
                    smallest,
                    moves,
                },
            )),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}
