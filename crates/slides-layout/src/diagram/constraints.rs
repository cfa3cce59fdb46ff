//! Constraints between presentation nodes (ECMA-376 part 1, 21.4.2.8), solved by going over them until nothing moves.

use std::collections::{HashMap, HashSet};

use slides_ooxml::model::{ConstraintEnd, Operator, Relation};

use super::graph::Graph;
use super::tree::Tree;

/// Times that the list is gone over: values that hang on others settle in as many rounds as the chain is long.
const MAX_ROUNDS: usize = 12;
/// Single settings of one solution, targets times constraints.
const MAX_LINKS: usize = 200_000;
/// The size of type that PowerPoint starts from.
pub(super) const LARGEST_TYPE: f64 = 65.0;

/// `ST_ConstraintType` (21.4.7.24) by the place of its values.
pub(super) type Kind = usize;

const NAMES: [&str; 66] = [
    "w",
    "h",
    "l",
    "t",
    "r",
    "b",
    "ctrX",
    "ctrY",
    "primFontSz",
    "secFontSz",
    "lMarg",
    "tMarg",
    "rMarg",
    "bMarg",
    "sp",
    "sibSp",
    "secSibSp",
    "diam",
    "begPad",
    "endPad",
    "connDist",
    "bendDist",
    "alignOff",
    "pyraAcctRatio",
    "stemThick",
    "lOff",
    "tOff",
    "rOff",
    "bOff",
    "ctrXOff",
    "ctrYOff",
    "wOff",
    "hOff",
    "wArH",
    "hArH",
    "begMarg",
    "endMarg",
    "none",
    "userA",
    "userB",
    "userC",
    "userD",
    "userE",
    "userF",
    "userG",
    "userH",
    "userI",
    "userJ",
    "userK",
    "userL",
    "userM",
    "userN",
    "userO",
    "userP",
    "userQ",
    "userR",
    "userS",
    "userT",
    "userU",
    "userV",
    "userW",
    "userX",
    "userY",
    "userZ",
    "lineSp",
    "parSp",
];

pub(super) const W: Kind = 0;
pub(super) const H: Kind = 1;
pub(super) const L: Kind = 2;
pub(super) const T: Kind = 3;
pub(super) const R: Kind = 4;
pub(super) const B: Kind = 5;
pub(super) const CTR_X: Kind = 6;
pub(super) const CTR_Y: Kind = 7;
pub(super) const PRIMARY: Kind = 8;
pub(super) const SECONDARY: Kind = 9;
pub(super) const L_MARGIN: Kind = 10;
pub(super) const SP: Kind = 14;
pub(super) const SIB_SP: Kind = 15;
pub(super) const SEC_SIB_SP: Kind = 16;
pub(super) const DIAMETER: Kind = 17;
pub(super) const BEGIN_PAD: Kind = 18;
pub(super) const END_PAD: Kind = 19;
/// The distance that a connector spans: known only where it is drawn.
pub(super) const CONNECTION: Kind = 20;
pub(super) const BEND: Kind = 21;
pub(super) const ALIGN_OFF: Kind = 22;
pub(super) const PYRAMID_RATIO: Kind = 23;

/// The place of a constraint's values by its name.
pub(super) fn kind(name: &str) -> Option<Kind> {
    NAMES.iter().position(|known| *known == name)
}

/// Whether a kind is a size of type.
pub(super) fn is_type(kind: Kind) -> bool {
    matches!(kind, PRIMARY | SECONDARY)
}

/// Whether a kind is a value of the definition's own.
fn is_user(kind: Kind) -> bool {
    NAMES.get(kind).is_some_and(|name| name.starts_with("user"))
}

/// Whether a kind is an inset of a text.
pub(super) fn is_margin(kind: Kind) -> bool {
    (L_MARGIN..L_MARGIN + 4).contains(&kind)
}

/// One constraint with its nodes looked up.
pub(super) struct Link {
    pub kind: Kind,
    pub targets: Vec<usize>,
    /// What it refers to: the node and its value.
    pub source: Option<(usize, Kind)>,
    pub operator: Operator,
    value: f64,
    pub factor: f64,
    /// Says nothing but that its targets are equal.
    only_equal: bool,
    /// A size without a number, or what a node says of its own in numbers: what else is said goes first.
    weak: bool,
}

/// All constraints of a tree.
pub(super) struct Solver {
    pub links: Vec<Link>,
    /// Values that more than a node's own number is said about.
    strong: HashSet<(usize, Kind)>,
    /// Upper and lower limits by what they limit.
    limits: HashMap<(usize, Kind), Vec<usize>>,
}

/// What is given to a solution.
pub(super) struct Given {
    /// By node: a width and height in millimetres that no constraint changes; the root has the frame's.
    pub forced: Vec<Option<(f64, f64)>>,
    /// By node: what shrinks the sizes of its children that hang on its own width and height, or those above.
    pub scale: Vec<(f64, f64)>,
    /// Largest sizes of type by node, primary and secondary.
    pub caps: Vec<[f64; 2]>,
}

/// Values by node and kind; NaN where nothing was said.
pub(super) struct Values {
    rows: Vec<[f64; NAMES.len()]>,
    /// Values taken over from equals.
    leveled: HashSet<(usize, Kind)>,
}

impl Solver {
    /// # Errors
    /// There are too many to be solved.
    pub(super) fn new(tree: &Tree<'_>, graph: &Graph<'_>) -> Result<Self, &'static str> {
        let mut links = Vec::new();
        let mut limits: HashMap<_, Vec<_>> = HashMap::new();
        let mut left = MAX_LINKS;
        for (owner, node) in tree.nodes.iter().enumerate() {
            let below = tree.below(owner);
            for constraint in &node.constraints {
                let Some(own) = kind(&constraint.kind) else {
                    continue;
                };
                let targets = ends(tree, graph, owner, &below, &constraint.target);
                // Only makes equal what others set, which the same constraints do by themselves.
                let empty = constraint.reference.is_none() && constraint.value.is_none();
                let equal = empty && constraint.operator == Operator::Equal;
                left = left
                    .checked_sub(targets.len() + 1)
                    .ok_or("has too many constraints")?;
                let source = match &constraint.reference {
                    None => None,
                    Some(reference) => {
                        let node = ends(tree, graph, owner, &below, &constraint.source);
                        match node.first().copied().zip(kind(reference)) {
                            Some(source) => Some(source),
                            // What it refers to is not in this diagram.
                            None => continue,
                        }
                    }
                };
                if matches!(constraint.operator, Operator::AtLeast | Operator::AtMost) {
                    for target in &targets {
                        let list: &mut Vec<usize> = limits.entry((*target, own)).or_default();
                        list.push(links.len());
                    }
                }
                links.push(Link {
                    kind: own,
                    targets,
                    source,
                    operator: constraint.operator,
                    value: constraint.value.unwrap_or(0.0),
                    only_equal: equal,
                    weak: constraint.reference.is_none()
                        && (matches!(own, W | H) || is_type(own) || is_user(own))
                        && (empty || constraint.target.relation == Relation::Itself),
                    factor: constraint.factor,
                });
            }
        }
        // The same limit from above and from below says nothing that PowerPoint heeds.
        let same =
            |a: &Link, b: &Link| a.source == b.source && a.factor == b.factor && a.value == b.value;
        for list in limits.values_mut() {
            let opposed: Vec<usize> = list
                .iter()
                .copied()
                .filter(|one| {
                    list.iter().any(|other| {
                        links
                            .get(*one)
                            .zip(links.get(*other))
                            .is_some_and(|(a, b)| a.operator != b.operator && same(a, b))
                    })
                })
                .collect();
            list.retain(|index| !opposed.contains(index));
        }
        let says = |link: &&Link| {
            let limit = matches!(link.operator, Operator::AtLeast | Operator::AtMost);
            !link.weak && !link.only_equal && !limit
        };
        let strong = links
            .iter()
            .filter(says)
            .flat_map(|link| link.targets.iter().map(|target| (*target, link.kind)))
            .collect();
        Ok(Self {
            links,
            strong,
            limits,
        })
    }

    /// Solves for what is given.
    pub(super) fn solve(&self, tree: &Tree<'_>, given: &Given) -> Values {
        let mut values = Values {
            rows: vec![[f64::NAN; NAMES.len()]; tree.nodes.len()],
            leveled: HashSet::new(),
        };
        for node in 0..tree.nodes.len() {
            let cap = given.caps.get(node).map_or(LARGEST_TYPE, |caps| caps[0]);
            values.set(node, PRIMARY, cap.min(LARGEST_TYPE));
        }
        for (node, forced) in given.forced.iter().enumerate() {
            if let Some((width, height)) = *forced {
                values.set(node, W, width);
                values.set(node, H, height);
            }
        }
        for _ in 0..MAX_ROUNDS {
            let mut moved = false;
            for link in &self.links {
                let limits = matches!(link.operator, Operator::AtLeast | Operator::AtMost);
                if limits {
                    continue;
                }
                if link.only_equal {
                    moved |= level(link, tree, &mut values);
                    continue;
                }
                for &target in &link.targets {
                    let Some(mut own) = value_of(link, target, tree, given, &values) else {
                        continue;
                    };
                    for limit in self.limits.get(&(target, link.kind)).into_iter().flatten() {
                        let Some(limit) = self.links.get(*limit) else {
                            continue;
                        };
                        if let Some(bound) = value_of(limit, target, tree, given, &values) {
                            own = match limit.operator {
                                Operator::AtLeast => own.max(bound),
                                _ => own.min(bound),
                            };
                        }
                    }
                    if is_type(link.kind) {
                        let caps = given.caps.get(target).copied();
                        let caps = caps.unwrap_or([LARGEST_TYPE; 2]);
                        own = own.min(caps[link.kind - PRIMARY]);
                        if link.source.is_some() {
                            own = own.floor().max(1.0);
                        }
                    }
                    if matches!(link.kind, W | H)
                        && given.forced.get(target).is_some_and(Option::is_some)
                    {
                        continue;
                    }
                    let before = values.raw(target, link.kind);
                    if link.weak && self.strong.contains(&(target, link.kind)) {
                        continue;
                    }
                    if (before - own).abs() > 1e-9 || before.is_nan() && !own.is_nan() {
                        moved = true;
                        values.set(target, link.kind, own);
                    }
                }
            }
            if !moved {
                break;
            }
        }
        values
    }
}

fn value_of(
    link: &Link,
    target: usize,
    tree: &Tree<'_>,
    given: &Given,
    values: &Values,
) -> Option<f64> {
    let Some((node, kind)) = link.source else {
        return Some(link.value);
    };
    let mut value = values.get(tree, node, kind);
    if value.is_nan() {
        return None;
    }
    if matches!(kind, W | H) && !is_type(link.kind) && !is_margin(link.kind) {
        // Spacings are about what is in a node, sizes about what the node above makes of it.
        let inside = matches!(link.kind, SP | SIB_SP | SEC_SIB_SP | DIAMETER);
        value *= scale_between(tree, given, target, node, inside, kind);
    }
    Some(value * link.factor).filter(|value| !value.is_nan())
}

/// What the nodes from a target up to the source of its size shrink it by; nothing where the source is no ancestor.
fn scale_between(
    tree: &Tree<'_>,
    given: &Given,
    target: usize,
    source: usize,
    inside: bool,
    kind: Kind,
) -> f64 {
    let above = |node: usize| tree.nodes.get(node).and_then(|node| node.parent);
    let mut at = if inside { Some(target) } else { above(target) };
    let mut product = 1.0;
    while let Some(node) = at {
        let scale = given.scale.get(node).copied().unwrap_or((1.0, 1.0));
        product *= if kind == W { scale.0 } else { scale.1 };
        if node == source {
            return product;
        }
        at = above(node);
    }
    1.0
}

/// Gives shapes without a size that of the others that they are to be equal to.
fn level(link: &Link, tree: &Tree<'_>, values: &mut Values) -> bool {
    if !matches!(link.kind, W | H) {
        return false;
    }
    let known = link
        .targets
        .iter()
        .find_map(|target| values.said(*target, link.kind));
    let Some(value) = known else {
        return false;
    };
    let mut moved = false;
    for &target in &link.targets {
        let holds = tree
            .nodes
            .get(target)
            .is_some_and(|node| matches!(node.kind(), "tx" | "sp"));
        if holds && values.raw(target, link.kind).is_nan() {
            values.set(target, link.kind, value);
            values.leveled.insert((target, link.kind));
            moved = true;
        } else if values.leveled.contains(&(target, link.kind))
            && (values.raw(target, link.kind) - value).abs() > 1e-9
        {
            values.set(target, link.kind, value);
            moved = true;
        }
    }
    moved
}

/// Nodes that one end of a constraint or rule means.
pub(super) fn ends(
    tree: &Tree<'_>,
    graph: &Graph<'_>,
    owner: usize,
    below: &[usize],
    end: &ConstraintEnd,
) -> Vec<usize> {
    let all: &[usize] = match end.relation {
        Relation::Itself => return vec![owner],
        Relation::Children => tree.children(owner),
        Relation::Descendants => below,
    };
    all.iter()
        .copied()
        .filter(|node| {
            tree.nodes.get(*node).is_some_and(|node| {
                end.name
                    .as_ref()
                    .is_none_or(|name| *name == node.layout.name)
                    && end
                        .kind
                        .as_ref()
                        .is_none_or(|kind| graph.is(node.point, kind))
            })
        })
        .collect()
}

impl Values {
    fn set(&mut self, node: usize, kind: Kind, value: f64) {
        if let Some(slot) = self.rows.get_mut(node).and_then(|row| row.get_mut(kind)) {
            *slot = value;
        }
    }

    /// What was said, else NaN.
    pub(super) fn raw(&self, node: usize, kind: Kind) -> f64 {
        self.rows
            .get(node)
            .and_then(|row| row.get(kind))
            .copied()
            .unwrap_or(f64::NAN)
    }

    /// What was said.
    pub(super) fn said(&self, node: usize, kind: Kind) -> Option<f64> {
        Some(self.raw(node, kind)).filter(|value| value.is_finite())
    }

    /// What holds: without a size of its own a node is as large as its parent, edges follow from each other.
    pub(super) fn get(&self, tree: &Tree<'_>, node: usize, kind: Kind) -> f64 {
        let own = self.raw(node, kind);
        if !own.is_nan() {
            return own;
        }
        let at = |kind| self.raw(node, kind);
        let size = |kind| {
            let mut node = Some(node);
            while let Some(at) = node {
                let value = self.raw(at, kind);
                if value.is_finite() {
                    return value;
                }
                if value.is_nan() {
                    // Between edges that were said.
                    let (start, middle, end) = if kind == W {
                        (L, CTR_X, R)
                    } else {
                        (T, CTR_Y, B)
                    };
                    let (start, middle, end) =
                        (self.raw(at, start), self.raw(at, middle), self.raw(at, end));
                    let between = [end - start, 2.0 * (middle - start), 2.0 * (end - middle)];
                    if let Some(length) = between.into_iter().find(|length| length.is_finite()) {
                        return length.max(0.0);
                    }
                }
                node = tree.nodes.get(at).and_then(|node| node.parent);
            }
            f64::NAN
        };
        let or_zero = |value: f64| if value.is_nan() { 0.0 } else { value };
        let start = |middle: f64, end: f64, length: f64| {
            if middle.is_nan() {
                or_zero(end - length)
            } else {
                middle - length / 2.0
            }
        };
        match kind {
            W | H => size(kind),
            L => start(at(CTR_X), at(R), size(W)),
            T => start(at(CTR_Y), at(B), size(H)),
            R => self.get(tree, node, L) + size(W),
            B => self.get(tree, node, T) + size(H),
            CTR_X => self.get(tree, node, L) + size(W) / 2.0,
            CTR_Y => self.get(tree, node, T) + size(H) / 2.0,
            SECONDARY => self.raw(node, PRIMARY),
            _ => f64::NAN,
        }
    }
}
