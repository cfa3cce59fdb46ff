//! What changes inside a part that comes along.

use std::collections::HashSet;

use super::names::Ids;
use super::{Source, Task};
use crate::Deck;
use crate::error::Result;
use crate::package::Package;
use crate::write::{Edits, edit};
use crate::xml::{self, Node, attr, boolean, child, elements, is_named, rel_attr, unsigned};

/// A part on its way with the relationships it loses.
#[derive(Debug)]
pub(super) struct Change<'t> {
    task: &'t Task,
    pub(super) dead: HashSet<String>,
}

impl<'t> Change<'t> {
    pub(super) fn new(task: &'t Task) -> Self {
        Self {
            task,
            dead: HashSet::new(),
        }
    }
}

/// The part's new bytes; none where it stays as it is.
pub(super) fn changed(
    source: &Source<'_>,
    change: &Change<'_>,
    master_ids: &mut Ids,
) -> Result<Option<Vec<u8>>> {
    let task = change.task;
    let package = source.deck.package();
    let is_foreign = task.source != 0;
    let renumbers =
        is_foreign && matches!(task.kind.as_str(), "slideMaster" | "comments" | "slide");
    let is_show = task.kind == "presProps";
    if change.dead.is_empty() && !renumbers && !is_show {
        return Ok(None);
    }
    let bytes = package.part(&task.part)?;
    if change.dead.is_empty() && task.kind == "slide" && !contains(&bytes, b"sldZmObj") {
        return Ok(None);
    }
    edit(&task.part, &bytes, package.limits(), |root, edits| {
        if !change.dead.is_empty() {
            drop_links(root, &change.dead, edits);
        }
        if is_show {
            whole_show(root, edits);
        }
        if is_foreign {
            match task.kind.as_str() {
                "slideMaster" => renumber_layouts(root, master_ids, edits)?,
                "comments" => renumber_comments(root, source, edits),
                _ => renumber_slides(root, source, edits),
            }
        }
        Ok(())
    })
}

fn contains(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|window| window == what)
}

/// Removes what refers to slides that are not taken: links, and items of the outline view. Links of text keep its look.
fn drop_links(root: Node<'_>, dead: &HashSet<String>, edits: &mut Edits) {
    const LINKS: [&str; 4] = ["hlinkClick", "hlinkHover", "hlinkMouseOver", "sld"];
    for node in root.descendants().filter(roxmltree::Node::is_element) {
        if !LINKS.contains(&node.tag_name().name())
            || !rel_attr(node, "id").is_some_and(|id| dead.contains(id))
        {
            continue;
        }
        let of_text = node
            .parent_element()
            .is_some_and(|parent| ["rPr", "endParaRPr"].contains(&parent.tag_name().name()));
        let id = node
            .attributes()
            .find(|attribute| attribute.name() == "id" && attribute.namespace().is_some());
        match id.filter(|_| of_text && is_named(node, "hlinkClick")) {
            // A link is what gives text its colour and line: it stays and leads nowhere, as PowerPoint writes it.
            Some(id) => {
                edits.replace(id.range_value(), "");
                edits.set_attribute(node, "action", "ppaction://noaction");
            }
            None => edits.remove(node),
        }
    }
}

/// A show of a range of slides becomes one of all: the numbers have moved.
fn whole_show(root: Node<'_>, edits: &mut Edits) {
    let range =
        child(root, "showPr").and_then(|show| elements(show).find(|node| is_named(*node, "sldRg")));
    if let Some(range) = range {
        let name = crate::write::tag_name(range).replace("sldRg", "sldAll");
        edits.replace(range.range(), format!("<{name}/>"));
    }
}

fn renumber_layouts(root: Node<'_>, ids: &mut Ids, edits: &mut Edits) -> Result<()> {
    for layout in child(root, "sldLayoutIdLst").into_iter().flat_map(elements) {
        let kept = unsigned(layout, "id").is_some_and(|id| ids.take(id));
        if !kept {
            edits.set_attribute(layout, "id", &ids.fresh()?.to_string());
        }
    }
    Ok(())
}

/// Comments refer to their authors by number and are numbered by author (ECMA-376 part 1, 19.4.1); the newer kind
/// points to its slide by id (MS-PPTX 2.6.30).
fn renumber_comments(root: Node<'_>, source: &Source<'_>, edits: &mut Edits) {
    for node in root.descendants().filter(roxmltree::Node::is_element) {
        if !is_named(node, "cm") && !is_named(node, "parentCm") {
            continue;
        }
        let author = attr(node, "authorId").and_then(|id| source.authors.get(id));
        if let Some((author, offset)) = author {
            edits.set_attribute(node, "authorId", &author.to_string());
            if let Some(index) = unsigned(node, "idx") {
                edits.set_attribute(node, "idx", &index.saturating_add(*offset).to_string());
            }
        }
    }
    renumber_slides(root, source, edits);
}

/// References to slides by id: zooms and the marks of comments.
fn renumber_slides(root: Node<'_>, source: &Source<'_>, edits: &mut Edits) {
    for node in root.descendants().filter(roxmltree::Node::is_element) {
        if !is_named(node, "sldZmObj") && !is_named(node, "sldMk") {
            continue;
        }
        if let Some(id) = unsigned(node, "sldId").and_then(|id| source.slide_ids.get(&id)) {
            edits.set_attribute(node, "sldId", &id.to_string());
        }
    }
}

/// Ids that a master gives its layouts.
pub(super) fn layout_ids(deck: &Deck, master: &str) -> Vec<u32> {
    let package = deck.package();
    let read = |bytes: &[u8]| {
        xml::read(master, bytes, package.limits(), |root| {
            Ok(child(root, "sldLayoutIdLst")
                .into_iter()
                .flat_map(elements)
                .filter_map(|layout| unsigned(layout, "id"))
                .collect())
        })
    };
    // A master that cannot be read has no ids that others could clash with.
    package
        .part(master)
        .and_then(|bytes| read(&bytes))
        .unwrap_or_default()
}

/// Whether a master stays when no slide uses it (ECMA-376 part 1, 19.3.1.42).
pub(super) fn is_preserved(package: &Package, master: &str) -> bool {
    let read = |bytes: &[u8]| {
        xml::read(master, bytes, package.limits(), |root| {
            Ok(boolean(root, "preserve").unwrap_or(false))
        })
    };
    package
        .part(master)
        .and_then(|bytes| read(&bytes))
        .unwrap_or(false)
}
