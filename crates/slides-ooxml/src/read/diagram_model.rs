//! `dgm:dataModel`: points and their parent-of connections as a tree.

use std::collections::HashMap;

use crate::model::{DiagramFamily, DiagramModel, DiagramNode};
use crate::read::Context;
use crate::read::text::text_body;
use crate::xml::{Node, attr, child, elements, is_named, unsigned};

/// Levels of nodes that are followed; connections may run in circles.
const MAX_DEPTH: usize = 16;
/// Nodes that are kept.
const MAX_NODES: usize = 500;

struct Tree<'x> {
    points: HashMap<&'x str, Node<'x>>,
    /// Children by parent, with their order.
    children: HashMap<&'x str, Vec<(u32, &'x str)>>,
    left: usize,
}

/// Reads the tree below the document point.
pub(super) fn diagram_model(cx: &Context<'_>, root: Node<'_>) -> DiagramModel {
    let mut tree = Tree {
        points: HashMap::new(),
        children: HashMap::new(),
        left: MAX_NODES,
    };
    let (mut document, mut all) = (None, Vec::new());
    for point in child(root, "ptLst").into_iter().flat_map(elements) {
        let Some(id) = attr(point, "modelId") else {
            continue;
        };
        match attr(point, "type") {
            Some("doc") => document = Some((id, point)),
            None | Some("node" | "asst") => {
                tree.points.insert(id, point);
                all.push((0, id));
            }
            _ => {}
        }
    }
    for connection in child(root, "cxnLst").into_iter().flat_map(elements) {
        if !matches!(attr(connection, "type"), None | Some("parOf")) {
            continue;
        }
        if let (Some(from), Some(to)) = (attr(connection, "srcId"), attr(connection, "destId")) {
            let order = unsigned(connection, "srcOrd").unwrap_or(0);
            tree.children.entry(from).or_default().push((order, to));
        }
    }
    // Without a document point all nodes count as top ones.
    let Some((top, point)) = document else {
        tree.children = HashMap::from([("", all)]);
        return DiagramModel {
            accent: 1,
            nodes: tree.below(cx, "", 0),
            ..DiagramModel::default()
        };
    };
    let properties = child(point, "prSet");
    let property = |name| {
        properties
            .and_then(|set| attr(set, name))
            .unwrap_or_default()
    };
    let layout = property("loTypeId");
    let family = match property("loCatId") {
        "process" => DiagramFamily::Process,
        "cycle" => DiagramFamily::Cycle,
        "hierarchy" => DiagramFamily::Hierarchy,
        "" if layout.contains("rocess") || layout.contains("hevron") => DiagramFamily::Process,
        "" if layout.contains("ycle") => DiagramFamily::Cycle,
        "" if layout.contains("ierarchy") || layout.contains("orgChart") => {
            DiagramFamily::Hierarchy
        }
        _ => DiagramFamily::List,
    };
    let accent = property("csTypeId")
        .split("accent")
        .nth(1)
        .and_then(|rest| rest.chars().next()?.to_digit(10))
        .and_then(|digit| u8::try_from(digit).ok())
        .filter(|digit| (1..=6).contains(digit))
        .unwrap_or(1);
    let reversed = root
        .descendants()
        .any(|node| is_named(node, "dir") && attr(node, "val") == Some("rev"));
    DiagramModel {
        family,
        accent,
        reversed,
        nodes: tree.below(cx, top, 0),
        parts: None,
    }
}

impl Tree<'_> {
    fn below(&mut self, cx: &Context<'_>, id: &str, depth: usize) -> Vec<DiagramNode> {
        if depth >= MAX_DEPTH {
            return Vec::new();
        }
        let mut order = self.children.get(id).cloned().unwrap_or_default();
        order.sort_by_key(|entry| entry.0);
        let mut nodes = Vec::new();
        for (_, to) in order {
            let Some(point) = self.points.get(to).copied() else {
                continue;
            };
            if self.left == 0 {
                cx.warn(
                    "diagram",
                    format!("a diagram of more than {MAX_NODES} nodes is cut"),
                );
                break;
            }
            self.left -= 1;
            nodes.push(DiagramNode {
                text: child(point, "t")
                    .map(|body| text_body(cx, body))
                    .unwrap_or_default(),
                children: self.below(cx, to, depth + 1),
            });
        }
        nodes
    }
}
