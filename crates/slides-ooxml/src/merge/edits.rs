//! What changes inside a part that comes along.

use std::collections::HashMap;

use super::names::Ids;
use super::origin::{Aim, LINKS, unlink};
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
    /// By their ids, with the id of the slide that each led to.
    pub(super) dead: HashMap<String, Option<u32>>,
}

impl<'t> Change<'t> {
    pub(super) fn new(task: &'t Task) -> Self {
        Self {
            task,
            dead: HashMap::new(),
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
    let moves_shows = task.kind == "slide"
        && source
            .shows
            .iter()
            .any(|(old, new)| is_foreign || *new != Some(*old));
    if change.dead.is_empty() && !renumbers && !is_show && !moves_shows {
        return Ok(None);
    }
    let bytes = package.part(&task.part)?;
    let moves_shows = moves_shows && contains(&bytes, CUSTOM_SHOW.as_bytes());
    if change.dead.is_empty()
        && task.kind == "slide"
        && !moves_shows
        && !contains(&bytes, b"sldZmObj")
    {
        return Ok(None);
    }
    edit(&task.part, &bytes, package.limits(), |root, edits| {
        if !change.dead.is_empty() {
            drop_links(root, &change.dead, &source.token, edits);
        }
        if moves_shows {
            renumber_shows(root, source, is_foreign, edits);
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

pub(super) fn contains(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|window| window == what)
}

/// Removes what refers to slides that are not taken: links, and items of the outline view. Links of text keep its
/// look, and those whose slide is known are noted, so that a merge finds it again.
fn drop_links(root: Node<'_>, dead: &HashMap<String, Option<u32>>, token: &str, edits: &mut Edits) {
    for node in root.descendants().filter(roxmltree::Node::is_element) {
        let name = node.tag_name().name();
        let is_link = LINKS.contains(&name);
        if !is_link && name != "sld" {
            continue;
        }
        let Some(slide) = rel_attr(node, "id").and_then(|id| dead.get(id)) else {
            continue;
        };
        let of_text = node
            .parent_element()
            .is_some_and(|parent| ["rPr", "endParaRPr"].contains(&parent.tag_name().name()));
        if is_link && (slide.is_some() || of_text && name == "hlinkClick") {
            unlink(node, token, slide.map(Aim::Slide), edits);
        } else {
            edits.remove(node);
        }
    }
}

/// Start of the action that begins a custom show.
const CUSTOM_SHOW: &str = "ppaction://customshow";

/// Links to custom shows follow them to their new numbers.
fn renumber_shows(root: Node<'_>, source: &Source<'_>, is_foreign: bool, edits: &mut Edits) {
    for node in root.descendants().filter(roxmltree::Node::is_element) {
        if !LINKS.contains(&node.tag_name().name()) {
            continue;
        }
        let Some(action) = attr(node, "action").filter(|action| action.starts_with(CUSTOM_SHOW))
        else {
            continue;
        };
        let Some((start, rest)) = action.split_once("?id=") else {
            continue;
        };
        let end = rest.find('&').unwrap_or(rest.len());
        let (number, rest) = rest.split_at(end);
        let Ok(old) = number.parse::<u32>() else {
            continue;
        };
        match source.shows.get(&old) {
            Some(Some(new)) if *new == old => {}
            Some(Some(new)) => {
                edits.set_attribute(node, "action", &format!("{start}?id={new}{rest}"));
            }
            Some(None) => unlink(node, &source.token, Some(Aim::Show(old)), edits),
            // The number may be another show's in the result.
            None if is_foreign => unlink(node, &source.token, None, edits),
            None => {}
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
