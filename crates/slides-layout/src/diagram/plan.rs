//! Where the presentation nodes go: sizes from the constraints, places from each node's algorithm.

use kurbo::{Rect, Size};

use super::constraints::{Given, H, Kind, L, LARGEST_TYPE, Solver, T, Values, W};
use super::graph::Graph;
use super::texts::Texts;
use super::tree::{Refused, Tree};
use super::{cycle, hierarchy, linear, pyramid, snake};

/// Solutions of the constraints for one diagram. Each algorithm that shrinks its nodes takes a few.
const MAX_SOLUTIONS: usize = 2_000;
/// Solutions times nodes, so that large diagrams get fewer.
const MAX_WORK: usize = 2_000_000;

/// A diagram in the making. Lengths are millimetres.
pub(super) struct Plan<'p, 'a> {
    pub tree: &'p Tree<'a>,
    pub graph: &'p Graph<'a>,
    pub solver: &'p Solver,
    pub texts: &'p Texts<'p>,
    pub given: Given,
    pub values: Values,
    /// By node: what its size is multiplied by where the constraints leave no other way to make it fit.
    pub squeeze: Vec<(f64, f64)>,
    /// By node: heights that grew with their text.
    grown: Vec<Option<f64>>,
    /// By node: its box in its parent's.
    pub boxes: Vec<Rect>,
    /// By node: clockwise degrees beside the shape's own.
    pub turns: Vec<f64>,
    /// By node of a pyramid: the inset of its slanted sides, a share of the shorter side.
    pub slants: Vec<Option<f64>>,
    /// Something did not fit at the sizes asked for.
    pub overflowed: bool,
    /// Solutions left.
    left: usize,
}

impl<'p, 'a> Plan<'p, 'a> {
    pub(super) fn new(
        tree: &'p Tree<'a>,
        graph: &'p Graph<'a>,
        solver: &'p Solver,
        texts: &'p Texts<'p>,
        frame: (f64, f64),
    ) -> Self {
        let count = tree.nodes.len();
        let mut forced = vec![None; count];
        if let Some(root) = forced.first_mut() {
            *root = Some(frame);
        }
        let given = Given {
            forced,
            scale: vec![(1.0, 1.0); count],
            caps: vec![[LARGEST_TYPE; 2]; count],
        };
        Self {
            tree,
            graph,
            solver,
            texts,
            values: solver.solve(tree, &given),
            given,
            squeeze: vec![(1.0, 1.0); count],
            grown: vec![None; count],
            boxes: vec![Rect::ZERO; count],
            turns: vec![0.0; count],
            slants: vec![None; count],
            overflowed: false,
            left: MAX_SOLUTIONS.min(MAX_WORK / count.max(1)),
        }
    }

    /// Places all nodes anew for the sizes of type in force.
    ///
    /// # Errors
    /// It takes too long, or an algorithm is not known.
    pub(super) fn run(&mut self) -> Result<(), Refused> {
        let count = self.tree.nodes.len();
        let frame = self.given.forced.first().copied().flatten();
        self.given.scale = vec![(1.0, 1.0); count];
        self.given.forced = vec![None; count];
        if let Some(root) = self.given.forced.first_mut() {
            *root = frame;
        }
        self.squeeze = vec![(1.0, 1.0); count];
        self.grown = vec![None; count];
        self.turns = vec![0.0; count];
        self.slants = vec![None; count];
        self.overflowed = false;
        self.solve()?;
        for node in 0..count {
            if self.texts.grows(node) {
                let size = self.size(node);
                let values = &self.values;
                let need = self.texts.height(values, node, size.width, size.height);
                if let Some(slot) = self.grown.get_mut(node) {
                    *slot = Some(size.height.max(need));
                }
            }
        }
        self.place(0)?;
        let size = self.size(0);
        if let Some(root) = self.boxes.first_mut() {
            *root = size.to_rect();
        }
        Ok(())
    }

    /// Solves the constraints again.
    pub(super) fn solve(&mut self) -> Result<(), Refused> {
        self.left = self.left.checked_sub(1).ok_or("takes too long to fit")?;
        self.values = self.solver.solve(self.tree, &self.given);
        Ok(())
    }

    pub(super) fn kind(&self, node: usize) -> &'p str {
        self.tree.nodes.get(node).map_or("", |node| node.kind())
    }

    pub(super) fn parameter(&self, node: usize, name: &str) -> Option<&'p str> {
        self.tree.nodes.get(node)?.parameter(name)
    }

    pub(super) fn children(&self, node: usize) -> &'p [usize] {
        let tree: &'p Tree<'a> = self.tree;
        tree.children(node)
    }

    /// Share of what is left over that stands before a block or node: none, half or all.
    pub(super) fn alignment(&self, node: usize, name: &str) -> f64 {
        match self.parameter(node, name) {
            Some("l" | "t") => 0.0,
            Some("r" | "b") => 1.0,
            _ => 0.5,
        }
    }

    /// Children that are neither spaces nor connectors.
    pub(super) fn solid(&self, node: usize) -> Vec<usize> {
        let all = self.children(node).iter().copied();
        all.filter(|child| !matches!(self.kind(*child), "sp" | "conn"))
            .collect()
    }

    fn by_hand(&self, node: usize) -> (f64, f64) {
        let stored = self.tree.nodes.get(node).and_then(|node| node.stored);
        let (x, y) = stored.map_or((1.0, 1.0), |(_, own)| own.scale);
        let (sx, sy) = self.squeeze.get(node).copied().unwrap_or((1.0, 1.0));
        (x.clamp(0.0, 100.0) * sx, y.clamp(0.0, 100.0) * sy)
    }

    /// A length that the constraints say, with what was changed by hand; none where they say nothing or leave it open.
    pub(super) fn said(&self, node: usize, kind: Kind) -> Option<f64> {
        let (x, y) = self.by_hand(node);
        if kind == H
            && let Some(grown) = self.grown.get(node).copied().flatten()
        {
            return Some(grown * y);
        }
        let mut value = self.values.said(node, kind)?;
        if kind == H && self.is_open(node) {
            value = self.depth_of_children(node);
        }
        Some(match kind {
            W => value * x,
            H => value * y,
            _ => value,
        })
    }

    /// Whether a composite was told to be as high as it likes: definitions ask for a thousand times their width.
    fn is_open(&self, node: usize) -> bool {
        const MANY: f64 = 20.0;
        let frame = self.given.forced.first().copied().flatten();
        let height = frame.map_or(0.0, |frame| frame.1);
        self.kind(node) == "composite" && self.values.raw(node, H) > MANY * height
    }

    /// How far down the children of a composite reach.
    fn depth_of_children(&self, node: usize) -> f64 {
        let bottom = |child: &usize| {
            let top = self.values.get(self.tree, *child, T);
            let height = self.said(*child, H).unwrap_or(0.0);
            if top.is_finite() {
                top + height
            } else {
                height
            }
        };
        self.children(node).iter().map(bottom).fold(0.0, f64::max)
    }

    /// A node's own size; that of the node above where it has none.
    pub(super) fn size(&self, node: usize) -> Size {
        let (x, y) = self.by_hand(node);
        let finite = |value: f64| if value.is_finite() { value } else { 0.0 };
        let inherited = |kind, by: f64| finite(self.values.get(self.tree, node, kind)) * by;
        Size::new(
            self.said(node, W).unwrap_or_else(|| inherited(W, x)),
            self.said(node, H).unwrap_or_else(|| inherited(H, y)),
        )
    }

    /// A node's size before what was changed by hand.
    pub(super) fn told(&self, node: usize) -> Size {
        let finite = |value: f64| if value.is_finite() { value } else { 0.0 };
        Size::new(
            finite(self.values.get(self.tree, node, W)),
            finite(self.values.get(self.tree, node, H)),
        )
    }

    /// Whether a node is as large as what it holds, not as large as it was told.
    pub(super) fn wraps(&self, node: usize) -> bool {
        let flows = |kind: &str| matches!(kind, "lin" | "snake" | "hierChild" | "hierRoot");
        let Some(own) = self.tree.nodes.get(node) else {
            return false;
        };
        let bare = own.shape.is_none_or(|shape| shape.kind.is_empty());
        let above = own.parent.map_or("", |parent| self.kind(parent));
        bare && flows(own.kind()) && flows(above)
    }

    /// Room that a node takes in a row before it is placed.
    pub(super) fn reach(&self, node: usize) -> Size {
        let size = self.size(node);
        // Without a size of its own it will be made to fit the node above; one that is open will not.
        let bound = |kind, size: f64| {
            let open = self.values.raw(node, kind) == f64::INFINITY;
            (!open).then_some(size)
        };
        let own = (bound(W, size.width), bound(H, size.height));
        if !self.wraps(node) || self.kind(node) != "lin" {
            return size;
        }
        let held = linear::extent(self, node);
        // What was made larger by hand may stick out, all else will be made to fit.
        let open = self.has_handwork(node);
        let within = |held: f64, told: Option<f64>| match told {
            Some(told) if !open || held <= 0.0 => {
                held.min(told).max(if held > 0.0 { 0.0 } else { told })
            }
            _ => held,
        };
        Size::new(within(held.width, own.0), within(held.height, own.1))
    }

    /// Whether a child's size was changed by hand.
    pub(super) fn has_handwork(&self, node: usize) -> bool {
        self.children(node).iter().any(|child| {
            let stored = self.tree.nodes.get(*child).and_then(|node| node.stored);
            stored.is_some_and(|(_, own)| own.scale != (1.0, 1.0))
        })
    }

    /// Gives a node's box in its parent's.
    pub(super) fn set(&mut self, node: usize, rect: Rect) {
        if let Some(slot) = self.boxes.get_mut(node) {
            *slot = rect;
        }
    }

    pub(super) fn set_scale(&mut self, node: usize, scale: (f64, f64)) -> Result<(), Refused> {
        if let Some(slot) = self.given.scale.get_mut(node) {
            *slot = scale;
        }
        self.solve()
    }

    /// Shrinks a node and all below it as they are.
    pub(super) fn squeeze_all(&mut self, node: usize, by: f64) {
        for below in self.tree.below(node) {
            if let Some(slot) = self.squeeze.get_mut(below) {
                slot.0 *= by;
                slot.1 *= by;
            }
        }
    }

    /// Places what is in a node and answers the room it takes.
    pub(super) fn place(&mut self, node: usize) -> Result<Size, Refused> {
        match self.kind(node) {
            "lin" => linear::place(self, node),
            "snake" => snake::place(self, node),
            "cycle" => cycle::place(self, node),
            "hierChild" | "hierRoot" => hierarchy::place(self, node),
            "pyra" => pyramid::place(self, node),
            "composite" | "sp" | "tx" | "conn" | "" => self.composite(node),
            _ => Err("uses an algorithm that is not known"),
        }
    }

    /// Every child where its constraints put it.
    fn composite(&mut self, node: usize) -> Result<Size, Refused> {
        let whole = self.size(node);
        let mut size = whole;
        let ratio = self
            .parameter(node, "ar")
            .and_then(|ratio| ratio.parse::<f64>().ok())
            .filter(|ratio| ratio.is_finite() && *ratio > 0.0);
        if let Some(ratio) = ratio.filter(|_| whole.width > 0.0 && whole.height > 0.0) {
            let width = whole.width.min(whole.height * ratio);
            size = Size::new(width, width / ratio);
            if let Some(forced) = self.given.forced.get_mut(node) {
                *forced = Some((size.width, size.height));
            }
            self.solve()?;
        }
        // The root keeps its frame, what it holds stands in the middle.
        let shift = if node == 0 {
            (whole - size) * 0.5
        } else {
            Size::ZERO
        };
        for &child in self.children(node) {
            self.place(child)?;
            let own = self.size(child);
            // What was made larger by hand keeps its middle.
            let by = self.by_hand(child);
            let at = |kind, own: f64, by: f64| {
                let value = self.values.get(self.tree, child, kind);
                let spare = if by > 0.0 { own / by - own } else { 0.0 };
                if value.is_finite() {
                    value + spare / 2.0
                } else {
                    0.0
                }
            };
            let x = at(L, own.width, by.0) + shift.width;
            let y = at(T, own.height, by.1) + shift.height;
            self.set(child, Rect::from_origin_size((x, y), own));
        }
        if node == 0 {
            if let Some(forced) = self.given.forced.first_mut() {
                *forced = Some((whole.width, whole.height));
            }
            return Ok(whole);
        }
        Ok(size)
    }

    /// Where a node lies in the frame.
    pub(super) fn absolute(&self, node: usize) -> Rect {
        let mut rect = self.boxes.get(node).copied().unwrap_or_default();
        let mut up = self.tree.nodes.get(node).and_then(|node| node.parent);
        while let Some(parent) = up {
            let origin = self.boxes.get(parent).copied().unwrap_or_default().origin();
            rect = rect + origin.to_vec2();
            up = self.tree.nodes.get(parent).and_then(|node| node.parent);
        }
        rect
    }

    /// Moves what a node holds.
    pub(super) fn shift_children(&mut self, node: usize, by: kurbo::Vec2) {
        for &child in self.children(node) {
            if let Some(slot) = self.boxes.get_mut(child) {
                *slot = *slot + by;
            }
        }
    }
}
