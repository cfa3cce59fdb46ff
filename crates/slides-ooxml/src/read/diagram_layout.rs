//! `dgm:layoutDef` (ECMA-376 part 1, 21.4.2).

use crate::model::{
    Algorithm, Axes, AxisStep, Branch, Condition, Constraint, ConstraintEnd, ForEach, LayoutItem,
    LayoutNode, LayoutShape, Operator, Relation, Rule, Variables,
};
use crate::read::Context;
use crate::xml::{Node, attr, boolean, child, elements, integer, unsigned};

/// Elements inside elements that are followed: the deepest definition known has some thirty.
const MAX_DEPTH: usize = 128;
/// Layout nodes, loops and branches of one definition: large ones have a few hundred.
const MAX_ITEMS: usize = 10_000;
/// Steps of one walk.
const MAX_STEPS: usize = 8;

/// Reads the root node; none where the part has no layout node or is too large.
pub(super) fn layout_definition(cx: &Context<'_>, root: Node<'_>) -> Option<LayoutNode> {
    let mut left = MAX_ITEMS;
    let node = child(root, "layoutNode")?;
    let read = layout_node(node, 0, &mut left);
    if read.is_none() {
        cx.warn("diagram", "a layout definition is too large to be followed");
    }
    read
}

fn layout_node(node: Node<'_>, depth: usize, left: &mut usize) -> Option<LayoutNode> {
    Some(LayoutNode {
        name: text(node, "name"),
        style_label: attr(node, "styleLbl")
            .filter(|label| !label.is_empty())
            .map(str::to_owned),
        items: items(node, depth, left)?,
    })
}

/// None when a bound was reached.
fn items(parent: Node<'_>, depth: usize, left: &mut usize) -> Option<Vec<LayoutItem>> {
    if depth > MAX_DEPTH {
        return None;
    }
    let mut out = Vec::new();
    for node in elements(parent) {
        *left = left.checked_sub(1)?;
        out.push(match node.tag_name().name() {
            "layoutNode" => LayoutItem::Node(Box::new(layout_node(node, depth + 1, left)?)),
            "forEach" => LayoutItem::ForEach(ForEach {
                name: text(node, "name"),
                reference: attr(node, "ref")
                    .filter(|name| !name.is_empty())
                    .map(str::to_owned),
                axes: axes(node),
                items: items(node, depth + 1, left)?,
            }),
            "choose" => {
                let mut branches = Vec::new();
                for branch in elements(node) {
                    let condition = match branch.tag_name().name() {
                        "if" => Some(condition(branch)),
                        "else" => None,
                        _ => continue,
                    };
                    let items = items(branch, depth + 1, left)?;
                    branches.push(Branch { condition, items });
                }
                LayoutItem::Choose(branches)
            }
            "alg" => LayoutItem::Algorithm(Algorithm {
                kind: text(node, "type"),
                parameters: elements(node)
                    .filter_map(|node| {
                        Some((
                            attr(node, "type")?.to_owned(),
                            attr(node, "val")?.to_owned(),
                        ))
                    })
                    .collect(),
            }),
            "shape" => LayoutItem::Shape(shape(node)),
            "presOf" => LayoutItem::PresentationOf(axes(node)),
            "constrLst" => LayoutItem::Constraints(elements(node).map(constraint).collect()),
            "ruleLst" => LayoutItem::Rules(elements(node).map(rule).collect()),
            "varLst" => LayoutItem::Variables(variables(node)),
            _ => continue,
        });
    }
    Some(out)
}

fn text(node: Node<'_>, name: &str) -> String {
    attr(node, name).unwrap_or_default().to_owned()
}

fn condition(node: Node<'_>) -> Condition {
    Condition {
        axes: axes(node),
        function: text(node, "func"),
        argument: text(node, "arg"),
        operator: text(node, "op"),
        value: text(node, "val"),
    }
}

/// The iterator attributes are lists of the same length; a short one stays at its default.
fn axes(node: Node<'_>) -> Axes {
    let list = |name| {
        attr(node, name)
            .unwrap_or_default()
            .split_ascii_whitespace()
            .collect::<Vec<_>>()
    };
    let (kinds, starts, counts) = (list("ptType"), list("st"), list("cnt"));
    let (steps, hidden) = (list("step"), list("hideLastTrans"));
    let number = |list: &[&str], index: usize| list.get(index).and_then(|v| v.parse::<i64>().ok());
    let walk = list("axis")
        .into_iter()
        .take(MAX_STEPS)
        .enumerate()
        .map(|(index, axis)| AxisStep {
            axis: axis.to_owned(),
            kind: kinds.get(index).copied().unwrap_or("all").to_owned(),
            start: number(&starts, index).unwrap_or(1),
            count: number(&counts, index)
                .and_then(|count| u32::try_from(count).ok())
                .unwrap_or(0),
            step: number(&steps, index).unwrap_or(1),
            hide_last: hidden
                .get(index)
                .is_none_or(|value| !matches!(*value, "0" | "false")),
        });
    Axes(walk.collect())
}

fn shape(node: Node<'_>) -> LayoutShape {
    LayoutShape {
        kind: attr(node, "type")
            .filter(|kind| *kind != "none")
            .unwrap_or_default()
            .to_owned(),
        rotation: number(node, "rot").unwrap_or(0.0),
        hidden: boolean(node, "hideGeom").unwrap_or(false),
        z_offset: integer(node, "zOrderOff")
            .and_then(|offset| i32::try_from(offset).ok())
            .unwrap_or(0),
        picture: boolean(node, "blipPhldr").unwrap_or(false),
        adjust: child(node, "adjLst")
            .into_iter()
            .flat_map(elements)
            .filter_map(|node| Some((unsigned(node, "idx")?, number(node, "val")?)))
            .collect(),
    }
}

fn end(node: Node<'_>, relation: &str, name: &str, kind: &str) -> ConstraintEnd {
    ConstraintEnd {
        relation: match attr(node, relation) {
            Some("ch") => Relation::Children,
            Some("des") => Relation::Descendants,
            _ => Relation::Itself,
        },
        name: attr(node, name)
            .filter(|name| !name.is_empty())
            .map(str::to_owned),
        kind: attr(node, kind)
            .filter(|kind| !matches!(*kind, "" | "all"))
            .map(str::to_owned),
    }
}

fn constraint(node: Node<'_>) -> Constraint {
    Constraint {
        kind: text(node, "type"),
        target: end(node, "for", "forName", "ptType"),
        reference: attr(node, "refType")
            .filter(|kind| !matches!(*kind, "" | "none"))
            .map(str::to_owned),
        source: end(node, "refFor", "refForName", "refPtType"),
        operator: match attr(node, "op") {
            Some("equ") => Operator::Equal,
            Some("gte") => Operator::AtLeast,
            Some("lte") => Operator::AtMost,
            _ => Operator::None,
        },
        value: number(node, "val"),
        factor: number(node, "fact").unwrap_or(1.0),
    }
}

fn rule(node: Node<'_>) -> Rule {
    Rule {
        kind: text(node, "type"),
        target: end(node, "for", "forName", "ptType"),
        value: number(node, "val"),
    }
}

/// `xsd:double`, of which `INF` is in use for what may grow without end.
fn number(node: Node<'_>, name: &str) -> Option<f64> {
    match attr(node, name)? {
        "INF" => Some(f64::INFINITY),
        text => text.parse::<f64>().ok().filter(|value| value.is_finite()),
    }
}

/// `dgm:varLst`, `dgm:presLayoutVars`; an element without a value has the default of its type.
pub(super) fn variables(node: Node<'_>) -> Variables {
    let value = |node: Node<'_>| {
        let name = node.tag_name().name();
        let default = match name {
            "dir" => "norm",
            "hierBranch" => "std",
            "animLvl" | "animOne" => "none",
            "resizeHandles" => "rel",
            "chMax" | "chPref" => "-1",
            _ => "0",
        };
        let value = match attr(node, "val").unwrap_or(default) {
            "true" => "1",
            "false" => "0",
            other => other,
        };
        (name.to_owned(), value.to_owned())
    };
    Variables(elements(node).map(value).collect())
}
