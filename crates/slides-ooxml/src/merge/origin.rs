//! Links between slides that a split parts, remembered so that a merge joins them again.
//!
//! There are two marks, both in extension lists, where readers that do not know them let them be: the presentation
//! says which deck its slide ids are from, and a link that leads nowhere says what it led to.

use std::collections::HashMap;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::Composer;
use super::edits::contains;
use crate::Deck;
use crate::error::Result;
use crate::package::{Relationships, relationships_part};
use crate::write::{Body, Edits, RelationshipsWriter, WrittenTarget, edit, escape, tag_name};
use crate::xml::{Node, attr, child, elements, is_named, unsigned};

/// `@uri` of both marks.
pub(super) const URI: &str = "{6F1D9C5E-2B07-4C5B-9C0A-7A52B1D0E3C4}";
const NAMESPACE: &str = "urn:slides:origin";
/// Links of the drawing and text of a slide.
pub(super) const LINKS: [&str; 3] = ["hlinkClick", "hlinkHover", "hlinkMouseOver"];

/// What a link led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Aim {
    /// A slide, by its id.
    Slide(u32),
    /// A custom show, by its id.
    Show(u32),
}

/// A name for a deck's space of slide ids: equal for equal decks.
pub(super) fn token(deck: &Deck) -> String {
    deck.identity(|| made_token(deck)).to_owned()
}

fn made_token(deck: &Deck) -> String {
    let package = deck.package();
    let mut hash = Sha256::new();
    for part in package.part_names() {
        let (crc, size) = package.fingerprint(part).unwrap_or_default();
        hash.update(part.to_ascii_lowercase());
        hash.update(crc.to_le_bytes());
        hash.update(size.to_le_bytes());
    }
    let mut text = String::new();
    for byte in hash.finalize().iter().take(12) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The mark of a presentation for its extension list; `p` is the prefix with its colon.
pub(super) fn presentation_mark(p: &str, token: &str) -> String {
    format!(
        "<{p}ext uri=\"{URI}\"><o:deck xmlns:o=\"{NAMESPACE}\" id=\"{}\"/></{p}ext>",
        escape(token)
    )
}

/// The extension with the mark among an element's extensions.
pub(super) fn mark_in(parent: Node<'_>) -> Option<Node<'_>> {
    elements(child(parent, "extLst")?).find(|ext| attr(*ext, "uri") == Some(URI))
}

/// Which deck the slide ids of a presentation are from.
pub(super) fn read(root: Node<'_>) -> Option<String> {
    let deck = child(mark_in(root)?, "deck")?;
    attr(deck, "id").map(str::to_owned)
}

/// Makes a link lead nowhere, as PowerPoint writes it, and notes what it led to: what makes text look like a link
/// stays.
pub(super) fn unlink(node: Node<'_>, token: &str, aim: Option<Aim>, edits: &mut Edits) {
    let id = node
        .attributes()
        .find(|attribute| attribute.name() == "id" && attribute.namespace().is_some());
    let action = attr(node, "action");
    if let Some(id) = &id {
        edits.replace(id.range_value(), "");
    }
    edits.set_attribute(node, "action", "ppaction://noaction");
    let Some(aim) = aim else {
        return;
    };
    let aim = match aim {
        Aim::Slide(id) => format!("slide=\"{id}\""),
        Aim::Show(id) => format!("show=\"{id}\""),
    };
    let mut mark = format!("<o:link xmlns:o=\"{NAMESPACE}\" deck=\"{token}\" {aim}");
    let id = id.map(|id| id.value()).filter(|id| !id.is_empty());
    for (name, value) in [("id", id), ("action", action)] {
        if let Some(value) = value {
            let _ = write!(mark, " {name}=\"{}\"", escape(value));
        }
    }
    let tag = tag_name(node);
    let a = tag
        .rsplit_once(':')
        .map(|(prefix, _)| format!("{prefix}:"))
        .unwrap_or_default();
    let mark = format!("<{a}ext uri=\"{URI}\">{mark}/></{a}ext>");
    match child(node, "extLst") {
        Some(list) => edits.append(list, &mark),
        None => edits.append(node, &format!("<{a}extLst>{mark}</{a}extLst>")),
    }
}

/// Takes the mark off a link, which is as it was then but for the id that is given.
fn relink(node: Node<'_>, mark: Node<'_>, id: &str, action: Option<&str>, edits: &mut Edits) {
    let own = |name: &str, spaced: bool| {
        node.attributes()
            .find(|a| a.name() == name && a.namespace().is_some() == spaced)
    };
    if let Some(attribute) = own("id", true) {
        edits.replace(attribute.range_value(), escape(id));
    }
    match (action, own("action", false)) {
        (Some(action), _) => edits.set_attribute(node, "action", action),
        (None, Some(attribute)) => {
            let range = attribute.range();
            edits.replace(range.start.saturating_sub(1)..range.end, "");
        }
        (None, None) => {}
    }
    let Some(list) = mark.parent_element() else {
        return;
    };
    if elements(list).nth(1).is_some() {
        edits.remove(mark);
    } else if elements(node).nth(1).is_some() {
        edits.remove(list);
    } else {
        // The element had no content.
        let text = node.document().input_text();
        let from = node.attributes().map(|a| a.range().end).max().unwrap_or(0);
        if let Some(at) = text.get(from..list.range().start).and_then(|t| t.find('>')) {
            edits.replace(from + at..node.range().end, "/>");
        }
    }
}

impl Composer<'_> {
    /// Joins links again whose slides have come with another deck; says whether some are left that lead nowhere.
    pub(super) fn rejoin(&mut self) -> Result<bool> {
        if self.sources.len() < 2 {
            return Ok(false);
        }
        let mut aims: HashMap<(String, Aim), String> = HashMap::new();
        for slide in &self.slides {
            let source = self.source(slide.source)?;
            let id = source.outline.slides.get(slide.index).and_then(|i| i.id);
            if let Some(id) = id {
                aims.entry((source.token.clone(), Aim::Slide(id)))
                    .or_insert_with(|| slide.name.clone());
            }
        }
        for source in &self.sources {
            for (old, new) in &source.shows {
                if let Some(new) = new {
                    aims.entry((source.token.clone(), Aim::Show(*old)))
                        .or_insert_with(|| new.to_string());
                }
            }
        }
        let slides: Vec<(usize, String)> = self
            .slides
            .iter()
            .map(|slide| (slide.source, slide.name.clone()))
            .collect();
        let positions: HashMap<String, usize> = self
            .parts
            .iter()
            .enumerate()
            .map(|(at, part)| (part.name.to_ascii_lowercase(), at))
            .collect();
        let mut is_open = false;
        for (source, name) in slides {
            let position = positions.get(&name.to_ascii_lowercase());
            let Some(part) = position.and_then(|at| self.parts.get(*at)) else {
                continue;
            };
            let bytes = match &part.body {
                Body::New(bytes) => bytes.clone(),
                // Only a deck that was split has marks.
                Body::Kept(package, part) if self.source(source)?.outline.origin.is_some() => {
                    package.part(part)?
                }
                Body::Kept(..) => continue,
            };
            if contains(&bytes, URI.as_bytes()) {
                is_open |= self.rejoin_slide(&name, &bytes, &aims)?;
            }
        }
        Ok(is_open)
    }

    fn rejoin_slide(
        &mut self,
        name: &str,
        bytes: &[u8],
        aims: &HashMap<(String, Aim), String>,
    ) -> Result<bool> {
        let limits = self.source(0)?.deck.package().limits().clone();
        let list = relationships_part(name);
        let own = self
            .parts
            .iter()
            .find(|part| part.name.eq_ignore_ascii_case(&list))
            .map(|part| part.body.clone());
        let own = match own {
            Some(Body::New(bytes)) => Relationships::read(name, &list, &bytes, &limits)?,
            Some(Body::Kept(package, part)) => {
                Relationships::read(name, &list, &package.part(&part)?, &limits)?
            }
            None => Relationships::default(),
        };
        let kind = own.iter().find_map(|relationship| {
            let (namespace, _) = relationship.kind.rsplit_once('/')?;
            relationship
                .is("slideLayout")
                .then(|| format!("{namespace}/slide"))
        });
        let mut all: Vec<(String, String, WrittenTarget)> = own
            .iter()
            .map(|r| (r.id.clone(), r.kind.clone(), WrittenTarget::of(&r.target)))
            .collect();
        let mut is_open = false;
        let changed = edit(name, bytes, &limits, |root, edits| {
            for node in root.descendants().filter(roxmltree::Node::is_element) {
                if !LINKS.iter().any(|link| is_named(node, link)) {
                    continue;
                }
                let Some(mark) = mark_in(node) else {
                    continue;
                };
                let Some(link) = child(mark, "link") else {
                    continue;
                };
                let aim = unsigned(link, "slide")
                    .map(Aim::Slide)
                    .or_else(|| unsigned(link, "show").map(Aim::Show));
                let to = attr(link, "deck")
                    .zip(aim)
                    .and_then(|(deck, aim)| aims.get(&(deck.to_owned(), aim)));
                let action = attr(link, "action");
                match (to, aim, &kind) {
                    (Some(show), Some(Aim::Show(old)), _) => {
                        let action = action.map(|action| {
                            action.replacen(&format!("?id={old}"), &format!("?id={show}"), 1)
                        });
                        relink(node, mark, "", action.as_deref(), edits);
                    }
                    (Some(slide), _, Some(kind)) => {
                        let target = WrittenTarget::Part(slide.clone());
                        let wished = attr(link, "id").unwrap_or_default();
                        let id = relationship_id(&mut all, wished, kind, target);
                        relink(node, mark, &id, action, edits);
                    }
                    _ => is_open = true,
                }
            }
            Ok(())
        })?;
        if let Some(changed) = changed {
            self.put(name, None, changed);
            let mut writer = RelationshipsWriter::new(name);
            for (id, kind, target) in &all {
                writer.add(id, kind, target);
            }
            self.put(&list, None, writer.finish());
        }
        Ok(is_open)
    }
}

/// The id of a relationship to this target; the one wished for where it is free.
fn relationship_id(
    all: &mut Vec<(String, String, WrittenTarget)>,
    wished: &str,
    kind: &str,
    target: WrittenTarget,
) -> String {
    let found = all.iter().find(|(_, own, to)| own == kind && *to == target);
    if let Some((id, ..)) = found {
        return id.clone();
    }
    let is_taken = |id: &str| all.iter().any(|(own, ..)| own == id);
    let mut id = wished.to_owned();
    let mut number = all.len() + 1;
    while id.is_empty() || is_taken(&id) {
        id = format!("rId{number}");
        number += 1;
    }
    all.push((id.clone(), kind.to_owned(), target));
    id
}
