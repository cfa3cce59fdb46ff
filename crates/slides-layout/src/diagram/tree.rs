//! The layout definition run over the points: a tree of presentation nodes (ECMA-376 part 1, 21.4.2).

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use slides_ooxml::model::{
    Algorithm, Constraint, DiagramPresentation, ForEach, LayoutItem, LayoutNode, LayoutShape, Rule,
};

use super::graph::Graph;

/// Layout nodes, loops and branches inside each other; loops that refer to themselves go as deep as the points.
const MAX_DEPTH: usize = 160;
/// Presentation nodes of one diagram.
pub(super) const MAX_NODES: usize = 3_000;
/// Items that are looked at: loops inside loops over many points come to nothing but take their time.
const MAX_WORK: usize = 200_000;

/// A layout node made for a point.
pub(super) struct PresNode<'a> {
    pub layout: &'a LayoutNode,
    pub parent: Option<usize>,
    pub children: Vec<usize>,
    /// The point in turn when the node was made.
    pub point: usize,
    pub algorithm: Option<&'a Algorithm>,
    pub shape: Option<&'a LayoutShape>,
    /// Points whose texts it shows.
    pub shows: Vec<usize>,
    pub constraints: Vec<&'a Constraint>,
    pub rules: Vec<&'a Rule>,
    /// The presentation point that was stored for it.
    pub stored: Option<(usize, &'a DiagramPresentation)>,
    variables: Rc<HashMap<String, String>>,
}

impl PresNode<'_> {
    /// Name of the algorithm; without one a node is a composite.
    pub(super) fn kind(&self) -> &str {
        self.algorithm
            .map_or("composite", |algorithm| algorithm.kind.as_str())
    }

    /// A parameter of the algorithm.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.algorithm?.parameter(name)
    }

    /// A variable, its own or inherited.
    pub(super) fn variable(&self, name: &str) -> &str {
        self.variables.get(name).map_or("", String::as_str)
    }

    pub(super) fn is_connector(&self) -> bool {
        self.kind() == "conn"
    }
}

/// All nodes; the first is the root, parents come before their children.
pub(super) struct Tree<'a> {
    pub nodes: Vec<PresNode<'a>>,
}

struct Builder<'g, 'a> {
    graph: &'g Graph<'a>,
    nodes: Vec<PresNode<'a>>,
    loops: HashMap<&'a str, &'a ForEach>,
    stored: HashMap<(usize, &'a str), VecDeque<usize>>,
    left: usize,
}

/// Why a definition cannot be followed.
pub(super) type Refused = &'static str;

impl<'a> Tree<'a> {
    /// Runs the definition.
    ///
    /// # Errors
    /// The definition is too deep or makes too many nodes, or asks what is not known.
    pub(super) fn new(graph: &Graph<'a>) -> Result<Self, Refused> {
        let parts = graph.parts;
        let mut loops = HashMap::new();
        named_loops(&parts.layout.items, &mut loops);
        let mut stored: HashMap<_, VecDeque<_>> = HashMap::new();
        for (index, point) in parts.points.iter().enumerate() {
            if let Some(own) = &point.presentation
                && let Some(point) = own.point
            {
                let key = (point, own.name.as_str());
                stored.entry(key).or_default().push_back(index);
            }
        }
        let mut builder = Builder {
            graph,
            nodes: Vec::new(),
            loops,
            stored,
            left: MAX_WORK,
        };
        builder.node(&parts.layout, graph.root, None, 0)?;
        Ok(Self {
            nodes: builder.nodes,
        })
    }

    /// Nodes below a node, parents first.
    pub(super) fn below(&self, node: usize) -> Vec<usize> {
        let mut out = Vec::new();
        let mut open: Vec<usize> = self.children(node).iter().rev().copied().collect();
        while let Some(at) = open.pop() {
            out.push(at);
            open.extend(self.children(at).iter().rev());
        }
        out
    }

    pub(super) fn children(&self, node: usize) -> &[usize] {
        self.nodes
            .get(node)
            .map_or(&[], |node| node.children.as_slice())
    }
}

/// Loops by name; on the heap, not on the stack, since a definition may be deep.
fn named_loops<'a>(items: &'a [LayoutItem], out: &mut HashMap<&'a str, &'a ForEach>) {
    let mut open = vec![items];
    while let Some(items) = open.pop() {
        for item in items {
            match item {
                LayoutItem::Node(node) => open.push(&node.items),
                LayoutItem::ForEach(each) => {
                    if each.reference.is_none() && !each.name.is_empty() {
                        out.entry(each.name.as_str()).or_insert(each);
                    }
                    open.push(&each.items);
                }
                LayoutItem::Choose(branches) => {
                    open.extend(branches.iter().map(|branch| branch.items.as_slice()));
                }
                _ => {}
            }
        }
    }
}

impl<'a> Builder<'_, 'a> {
    fn node(
        &mut self,
        layout: &'a LayoutNode,
        point: usize,
        parent: Option<usize>,
        depth: usize,
    ) -> Result<(), Refused> {
        if self.nodes.len() >= MAX_NODES {
            return Err("makes too many shapes");
        }
        let parts = self.graph.parts;
        let stored = self
            .stored
            .get_mut(&(point, layout.name.as_str()))
            .and_then(VecDeque::pop_front)
            .and_then(|index| Some((index, parts.points.get(index)?.presentation.as_deref()?)));
        let mut variables = parent
            .and_then(|parent| self.nodes.get(parent))
            .map(|node| Rc::clone(&node.variables))
            .unwrap_or_default();
        let own = layout.items.iter().filter_map(|item| match item {
            LayoutItem::Variables(list) => Some(list),
            _ => None,
        });
        let by_hand = stored
            .and_then(|(index, _)| parts.points.get(index))
            .map(|point| &point.variables);
        for (name, value) in own.chain(by_hand).flat_map(|list| &list.0) {
            Rc::make_mut(&mut variables).insert(name.clone(), value.clone());
        }
        let index = self.nodes.len();
        self.nodes.push(PresNode {
            layout,
            parent,
            children: Vec::new(),
            point,
            algorithm: None,
            shape: None,
            shows: Vec::new(),
            constraints: Vec::new(),
            rules: Vec::new(),
            stored,
            variables,
        });
        if let Some(parent) = parent.and_then(|parent| self.nodes.get_mut(parent)) {
            parent.children.push(index);
        }
        self.run(&layout.items, point, index, depth + 1)
    }

    fn run(
        &mut self,
        items: &'a [LayoutItem],
        point: usize,
        at: usize,
        depth: usize,
    ) -> Result<(), Refused> {
        if depth > MAX_DEPTH {
            return Err("is nested too deeply");
        }
        for item in items {
            self.left = self.left.checked_sub(1).ok_or("takes too many steps")?;
            let node = self.nodes.get_mut(at).ok_or("has no node")?;
            match item {
                LayoutItem::Node(layout) => self.node(layout, point, Some(at), depth)?,
                LayoutItem::ForEach(each) => {
                    let body = match &each.reference {
                        Some(name) => self.loops.get(name.as_str()).copied(),
                        None => Some(each),
                    };
                    let body = body.ok_or("refers to a loop that is not there")?;
                    // A reference may bring its own walk; most take the loop's.
                    let axes = if each.axes.0.is_empty() {
                        &body.axes
                    } else {
                        &each.axes
                    };
                    for point in self.graph.select(point, axes) {
                        self.left = self.left.checked_sub(1).ok_or("takes too many steps")?;
                        self.run(&body.items, point, at, depth + 1)?;
                    }
                }
                LayoutItem::Choose(branches) => {
                    for branch in branches {
                        let taken = match &branch.condition {
                            None => true,
                            Some(condition) => self
                                .graph
                                .holds(point, condition, |name| self.variable(at, name))
                                .ok_or("asks a question that is not known")?,
                        };
                        if taken {
                            self.run(&branch.items, point, at, depth + 1)?;
                            break;
                        }
                    }
                }
                LayoutItem::Algorithm(algorithm) => node.algorithm = Some(algorithm),
                LayoutItem::Shape(shape) => node.shape = Some(shape),
                LayoutItem::PresentationOf(axes) => {
                    let shown = self.graph.select(point, axes);
                    node.shows.extend(shown);
                }
                LayoutItem::Constraints(list) => node.constraints.extend(list),
                LayoutItem::Rules(list) => node.rules.extend(list),
                LayoutItem::Variables(_) => {}
            }
        }
        Ok(())
    }

    fn variable(&self, at: usize, name: &str) -> String {
        let known = self.nodes.get(at).map_or("", |node| node.variable(name));
        match (name, known) {
            ("dir", "") => "norm".to_owned(),
            ("hierBranch", "") => "std".to_owned(),
            _ => known.to_owned(),
        }
    }
}
