//! The points of a diagram and the walks through them (ECMA-376 part 1, 21.4.7.6 `ST_AxisType`).

use std::collections::HashMap;

use slides_ooxml::model::{Axes, AxisStep, Condition, DiagramParts, PointKind};

/// Levels of points that are followed; connections may run in circles.
const MAX_DEPTH: usize = 64;
/// Points of one walk; a walk of several steps may name a point many times.
const MAX_FOUND: usize = 20_000;

/// Points as a tree below the document point.
pub(super) struct Graph<'a> {
    pub parts: &'a DiagramParts,
    /// The document point.
    pub root: usize,
    links: Vec<Links>,
}

#[derive(Debug, Clone, Default)]
struct Links {
    parent: Option<usize>,
    /// Each node with its transition from the parent before and its transition to the next sibling behind.
    children: Vec<usize>,
    depth: usize,
    /// The transition behind the last sibling.
    is_last: bool,
}

impl<'a> Graph<'a> {
    /// None without a document point.
    pub(super) fn new(parts: &'a DiagramParts) -> Option<Self> {
        let is_document =
            |point: &slides_ooxml::model::DiagramPoint| point.kind == PointKind::Document;
        let root = parts.points.iter().position(is_document)?;
        let mut below: HashMap<usize, Vec<_>> = HashMap::new();
        for connection in parts.connections.iter().filter(|c| c.parent_of) {
            below.entry(connection.from).or_default().push(connection);
        }
        let mut links = vec![Links::default(); parts.points.len()];
        let mut seen = vec![false; parts.points.len()];
        if let Some(seen) = seen.get_mut(root) {
            *seen = true;
        }
        let mut open = vec![(root, 0)];
        while let Some((parent, depth)) = open.pop() {
            let mut connections = below.remove(&parent).unwrap_or_default();
            connections.sort_by_key(|connection| connection.order);
            connections.retain(|c| {
                let kind = parts.points.get(c.to).map(|point| point.kind);
                let fresh = matches!(kind, Some(PointKind::Node | PointKind::Assistant))
                    && seen.get(c.to) == Some(&false);
                if fresh && let Some(seen) = seen.get_mut(c.to) {
                    *seen = true;
                }
                fresh
            });
            if depth >= MAX_DEPTH {
                continue;
            }
            let count = connections.len();
            for (index, connection) in connections.into_iter().enumerate() {
                let is_last = index + 1 == count;
                let own = [
                    (connection.parent_transition, false),
                    (Some(connection.to), false),
                    (connection.sibling_transition, is_last),
                ];
                for (point, is_last) in own {
                    let Some(point) = point.filter(|point| *point != root) else {
                        continue;
                    };
                    if let Some(links) = links.get_mut(point) {
                        links.parent = Some(parent);
                        links.depth = depth + 1;
                        links.is_last = is_last;
                    }
                    if let Some(links) = links.get_mut(parent) {
                        links.children.push(point);
                    }
                }
                open.push((connection.to, depth + 1));
            }
        }
        Some(Self { parts, root, links })
    }

    /// Levels from the document point.
    pub(super) fn depth(&self, point: usize) -> usize {
        self.links.get(point).map_or(0, |links| links.depth)
    }

    pub(super) fn kind(&self, point: usize) -> PointKind {
        self.parts
            .points
            .get(point)
            .map_or(PointKind::Node, |point| point.kind)
    }

    pub(super) fn parent(&self, point: usize) -> Option<usize> {
        self.links.get(point)?.parent
    }

    fn children(&self, point: usize) -> &[usize] {
        self.links
            .get(point)
            .map_or(&[], |links| links.children.as_slice())
    }

    /// What stands behind a point among its siblings, transitions included.
    pub(super) fn next(&self, point: usize) -> Option<usize> {
        self.walk(point, "followSib").first().copied()
    }

    /// What stands before a point among its siblings, transitions included.
    pub(super) fn previous(&self, point: usize) -> Option<usize> {
        self.walk(point, "precedSib").last().copied()
    }

    /// The node behind a transition between siblings; behind the last comes the first.
    pub(super) fn next_node(&self, point: usize) -> Option<usize> {
        let is_node = |other: &usize| self.is(*other, "node");
        let mut after = self.walk(point, "followSib").into_iter();
        let all = self.children(self.parent(point)?);
        after
            .find(is_node)
            .or_else(|| all.iter().copied().find(is_node))
    }

    /// Whether a point is of a type (21.4.7.25 `ST_ElementType`).
    pub(super) fn is(&self, point: usize, kind: &str) -> bool {
        let own = self.kind(point);
        match kind {
            "doc" => own == PointKind::Document,
            "node" => matches!(own, PointKind::Node | PointKind::Assistant),
            "norm" => own == PointKind::Node,
            "nonNorm" => matches!(own, PointKind::Document | PointKind::Assistant),
            "asst" => own == PointKind::Assistant,
            "nonAsst" => matches!(own, PointKind::Document | PointKind::Node),
            "parTrans" => own == PointKind::ParentTransition,
            "sibTrans" => own == PointKind::SiblingTransition,
            "pres" => own == PointKind::Presentation,
            _ => true,
        }
    }

    fn descend(&self, point: usize, out: &mut Vec<usize>) {
        for &child in self.children(point) {
            if out.len() >= MAX_FOUND {
                return;
            }
            out.push(child);
            self.descend(child, out);
        }
    }

    fn walk(&self, point: usize, axis: &str) -> Vec<usize> {
        let mut out = Vec::new();
        let siblings = |point: usize| {
            let all = self.parent(point).map_or(&[][..], |up| self.children(up));
            let at = all.iter().position(|other| *other == point).unwrap_or(0);
            (all, at)
        };
        match axis {
            "self" => out.push(point),
            "ch" => out.extend(self.children(point)),
            "des" => self.descend(point, &mut out),
            "desOrSelf" => {
                out.push(point);
                self.descend(point, &mut out);
            }
            "par" => out.extend(self.parent(point)),
            "ancst" | "ancstOrSelf" => {
                if axis == "ancstOrSelf" {
                    out.push(point);
                }
                let mut at = point;
                while let Some(up) = self.parent(at).filter(|_| out.len() <= MAX_DEPTH) {
                    out.push(up);
                    at = up;
                }
            }
            "followSib" => {
                let (all, at) = siblings(point);
                out.extend(all.iter().skip(at + 1));
            }
            "precedSib" => {
                let (all, at) = siblings(point);
                out.extend(all.iter().take(at));
            }
            "follow" | "preced" => {
                let mut all = vec![self.root];
                self.descend(self.root, &mut all);
                let at = all.iter().position(|other| *other == point).unwrap_or(0);
                if axis == "follow" {
                    out.extend(all.iter().skip(at + 1));
                } else {
                    out.extend(all.iter().take(at));
                }
            }
            "root" => out.push(self.root),
            _ => {}
        }
        out
    }

    fn step(&self, point: usize, step: &AxisStep) -> Vec<usize> {
        let mut found = self.walk(point, &step.axis);
        found.retain(|point| {
            let hidden = step.hide_last && self.links.get(*point).is_some_and(|l| l.is_last);
            self.is(*point, &step.kind) && !hidden
        });
        let from = if step.start < 0 {
            let back = usize::try_from(step.start.unsigned_abs()).unwrap_or(usize::MAX);
            found.len().saturating_sub(back)
        } else {
            usize::try_from(step.start.max(1) - 1).unwrap_or(0)
        };
        let count = match step.count {
            0 => usize::MAX,
            count => count as usize,
        };
        let every = usize::try_from(step.step.unsigned_abs().max(1)).unwrap_or(1);
        let picked = found.into_iter().skip(from).step_by(every).take(count);
        if step.step < 0 {
            let mut picked: Vec<_> = picked.collect();
            picked.reverse();
            picked
        } else {
            picked.collect()
        }
    }

    /// Points that a walk ends at, in order.
    pub(super) fn select(&self, point: usize, axes: &Axes) -> Vec<usize> {
        if axes.0.is_empty() {
            return Vec::new();
        }
        let mut at = vec![point];
        for step in &axes.0 {
            at = at
                .into_iter()
                .flat_map(|point| self.step(point, step))
                .take(MAX_FOUND)
                .collect();
        }
        at
    }

    /// Whether a condition holds at a point; `variable` knows the values of variables. None when its function is
    /// not known.
    pub(super) fn holds(
        &self,
        point: usize,
        condition: &Condition,
        variable: impl Fn(&str) -> String,
    ) -> Option<bool> {
        let selected = || self.select(point, &condition.axes);
        let place = |back: bool| {
            let Some(point) = selected().first().copied() else {
                return 0;
            };
            let kind = condition.axes.0.last().map_or("all", |step| &step.kind);
            let all: Vec<_> = self.parent(point).map_or_else(Vec::new, |up| {
                let own = self.children(up).iter().copied();
                own.filter(|other| self.is(*other, kind)).collect()
            });
            let at = all.iter().position(|other| *other == point);
            at.map_or(0, |at| if back { all.len() - at } else { at + 1 })
        };
        let value = match condition.function.as_str() {
            "var" => variable(&condition.argument),
            "cnt" => selected().len().to_string(),
            "pos" => place(false).to_string(),
            "revPos" => place(true).to_string(),
            "posEven" => u8::from(place(false).is_multiple_of(2)).to_string(),
            "posOdd" => u8::from(!place(false).is_multiple_of(2)).to_string(),
            "depth" => selected()
                .first()
                .map_or(0, |point| self.depth(*point))
                .to_string(),
            "maxDepth" => {
                let base = match condition.axes.0.first() {
                    Some(step) if step.axis == "root" => 0,
                    _ => self.depth(point),
                };
                let depths = selected().into_iter().map(|point| self.depth(point));
                depths
                    .max()
                    .unwrap_or(base)
                    .saturating_sub(base)
                    .to_string()
            }
            _ => return None,
        };
        let numbers = value.parse::<f64>().ok().zip(condition.value.parse().ok());
        let order = numbers.and_then(|(a, b): (f64, f64)| a.partial_cmp(&b));
        Some(match condition.operator.as_str() {
            "neq" => value != condition.value,
            "gt" => order.is_some_and(std::cmp::Ordering::is_gt),
            "lt" => order.is_some_and(std::cmp::Ordering::is_lt),
            "gte" => order.is_some_and(std::cmp::Ordering::is_ge),
            "lte" => order.is_some_and(std::cmp::Ordering::is_le),
            _ => value == condition.value,
        })
    }
}
