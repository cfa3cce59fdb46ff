//! The presentation part: lists of slides and masters, sections, custom shows, fonts.

use std::collections::HashSet;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::Composer;
use super::origin;
use super::outline::{Item, Section, items, section_list};
use crate::error::Result;
use crate::package::relationships_part;
use crate::write::{Edits, RelationshipsWriter, WrittenTarget, edit, escape};
use crate::xml::{Node, child, elements, is_named, rel_attr};

const R: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const R_STRICT: &str = "http://purl.oclc.org/ooxml/officeDocument/relationships";
const P14: &str = "http://schemas.microsoft.com/office/powerpoint/2010/main";
const SECTIONS: &str = "{521415D9-36F7-43E2-AB2F-B90AF26B5E84}";
/// Children of `p:presentation` in their order (ECMA-376 part 1, 19.2.1.26).
const ORDER: [&str; 15] = [
    "sldMasterIdLst",
    "notesMasterIdLst",
    "handoutMasterIdLst",
    "sldIdLst",
    "sldSz",
    "notesSz",
    "smartTags",
    "embeddedFontLst",
    "custShowLst",
    "photoAlbum",
    "custDataLst",
    "kinsoku",
    "defaultTextStyle",
    "modifyVerifier",
    "extLst",
];

/// How new elements are spelled in the part.
pub(super) struct Spelling {
    /// Prefix of PresentationML with its colon.
    pub(super) p: String,
    /// Name of the relationship attribute, with a declaration where the part has none.
    pub(super) rid: String,
}

impl Spelling {
    fn new(root: Node<'_>, is_strict: bool) -> Self {
        let tag = crate::write::tag_name(root);
        let p = tag
            .strip_suffix("presentation")
            .unwrap_or_default()
            .to_owned();
        let namespace = if is_strict { R_STRICT } else { R };
        let rid = match root.lookup_prefix(namespace) {
            Some(prefix) if !prefix.is_empty() => format!("{prefix}:id"),
            _ => format!("xmlns:r=\"{namespace}\" r:id"),
        };
        Self { p, rid }
    }
}

impl Composer<'_> {
    /// Writes the presentation part and its relationships.
    pub(super) fn write_presentation(&mut self) -> Result<()> {
        let base = self.source(0)?.deck;
        let package = base.package();
        let part = base.part_name().to_owned();
        let own = package.relationships(&part)?;
        let namespace = if self.source(0)?.outline.is_strict {
            R_STRICT
        } else {
            R
        };
        let mut slide_ids = Vec::with_capacity(self.slides.len());
        for index in 0..self.slides.len() {
            slide_ids.push(self.slide_relationship(index, &own, namespace)?);
        }
        let masters: Vec<(u32, usize, String)> = self
            .masters
            .iter()
            .map(|master| (master.id, master.source, master.name.clone()))
            .collect();
        let mut new_masters = Vec::new();
        for (id, source, name) in &masters {
            if *source != 0 {
                new_masters.push((*id, self.relate(&format!("{namespace}/slideMaster"), name)));
            }
        }
        let has_own_notes = own
            .first("notesMaster")
            .is_some_and(|part| package.contains(part));
        let new_notes_master = self
            .notes_master
            .clone()
            .filter(|_| !has_own_notes)
            .map(|name| self.relate(&format!("{namespace}/notesMaster"), &name));

        let bytes = package.part(&part)?;
        let kept: HashSet<&str> = self
            .relationships
            .iter()
            .map(|(id, ..)| id.as_str())
            .collect();
        let changed = edit(&part, &bytes, package.limits(), |root, edits| {
            let spelling = Spelling::new(root, namespace == R_STRICT);
            self.edit_slides(root, &spelling, &slide_ids, edits);
            edit_masters(root, &spelling, &new_masters, &kept, edits);
            let Spelling { p, rid } = &spelling;
            if let Some(id) = &new_notes_master {
                let item = format!("<{p}notesMasterId {rid}=\"{id}\"/>");
                list(root, &spelling, "notesMasterIdLst", &item, edits);
            }
            for (name, item) in [
                ("notesMasterIdLst", "notesMasterId"),
                ("handoutMasterIdLst", "handoutMasterId"),
            ] {
                let gone = child(root, name).filter(|list| {
                    elements(*list)
                        .filter(|node| is_named(*node, item))
                        .all(|node| rel_attr(node, "id").is_none_or(|id| !kept.contains(id)))
                });
                if let Some(gone) = gone.filter(|_| new_notes_master.is_none()) {
                    edits.remove(gone);
                }
            }
            if !self.lists.new_fonts.is_empty() {
                list(
                    root,
                    &spelling,
                    "embeddedFontLst",
                    &self.lists.new_fonts,
                    edits,
                );
            }
            self.edit_shows(root, &spelling, (&kept, &slide_ids), edits);
            let mut extensions = self
                .edit_sections(root, &spelling, edits)
                .unwrap_or_default();
            match (origin::mark_in(root), &self.origin) {
                (None, Some(token)) => extensions += &origin::presentation_mark(p, token),
                (Some(old), None) => edits.remove(old),
                _ => {}
            }
            if !extensions.is_empty() {
                match child(root, "extLst") {
                    Some(node) => edits.append(node, &extensions),
                    None => edits.append(root, &format!("<{p}extLst>{extensions}</{p}extLst>")),
                }
            }
            Ok(())
        })?;
        let mut writer = RelationshipsWriter::new(&part);
        for (id, kind, target) in &self.relationships {
            writer.add(id, kind, target);
        }
        let relationships = writer.finish();
        if let Some(bytes) = changed {
            self.put(&part, None, bytes);
        }
        let same = self.relationships.len() == own.iter().count()
            && own
                .iter()
                .zip(&self.relationships)
                .all(|(old, (id, kind, target))| {
                    let is_same_target = match (&old.target, target) {
                        (crate::Target::Part(old), WrittenTarget::Part(new)) => old == new,
                        (crate::Target::Part(_), _) | (_, WrittenTarget::Part(_)) => false,
                        _ => true,
                    };
                    old.id == *id && old.kind == *kind && is_same_target
                });
        if !same {
            self.put(&relationships_part(&part), None, relationships);
        } else if !self
            .parts
            .iter()
            .any(|p| p.name.eq_ignore_ascii_case(&relationships_part(&part)))
        {
            let name = relationships_part(&part);
            self.parts.push(crate::write::OutPart {
                name: name.clone(),
                content_type: None,
                body: crate::write::Body::Kept(package, name),
            });
        }
        Ok(())
    }

    /// The relationship id of a slide of the result.
    fn slide_relationship(
        &mut self,
        index: usize,
        own: &crate::Relationships,
        namespace: &str,
    ) -> Result<String> {
        let Some(slide) = self.slides.get(index) else {
            return Ok(String::new());
        };
        if slide.source == 0 && slide.copy == 0 {
            let item = self.source(0)?.outline.slides.get(slide.index);
            if let Some(item) = item.filter(|item| own.get(&item.relationship).is_some()) {
                return Ok(item.relationship.clone());
            }
        }
        let name = slide.name.clone();
        Ok(self.relate(&format!("{namespace}/slide"), &name))
    }

    fn edit_slides(
        &self,
        root: Node<'_>,
        spelling: &Spelling,
        relationships: &[String],
        edits: &mut Edits,
    ) {
        let own: Vec<Item> = items(root, "sldIdLst");
        let mut text = String::new();
        for (slide, relationship) in self.slides.iter().zip(relationships) {
            let item = own
                .get(slide.index)
                .filter(|item| slide.source == 0 && slide.copy == 0 && item.id == Some(slide.id));
            if let Some(old) =
                item.and_then(|item| root.document().input_text().get(item.range.clone()))
            {
                text.push_str(old);
            } else {
                let _ = write!(
                    text,
                    "<{}sldId id=\"{}\" {}=\"{}\"/>",
                    spelling.p,
                    slide.id,
                    spelling.rid,
                    escape(relationship)
                );
            }
        }
        let is_same = self.slides.len() == own.len()
            && self.slides.iter().enumerate().all(|(at, slide)| {
                slide.source == 0
                    && slide.copy == 0
                    && slide.index == at
                    && own.get(at).is_some_and(|item| item.id == Some(slide.id))
            });
        if is_same {
            return;
        }
        let text = format!("<{0}sldIdLst>{text}</{0}sldIdLst>", spelling.p);
        match child(root, "sldIdLst") {
            Some(node) => edits.replace(node.range(), text),
            None => insert(root, "sldIdLst", &text, edits),
        }
    }

    /// Whether a split has parted the section: both sources are of one deck, GUID and name are the same.
    fn is_one_section(&self, a: (usize, Option<usize>), b: (usize, Option<usize>)) -> bool {
        let section = |(source, section): (usize, Option<usize>)| -> Option<&Section> {
            self.sources.get(source)?.outline.sections.get(section?)
        };
        let token = |source: usize| self.sources.get(source).map(|source| &source.token);
        if token(a.0) != token(b.0) {
            return false;
        }
        section(a).zip(section(b)).is_some_and(|(a, b)| {
            a.name == b.name && !a.id.is_empty() && a.id.eq_ignore_ascii_case(&b.id)
        })
    }

    /// Sections of the sources in the order of the slides. A section whose slides do not stand together any more
    /// comes once for each run of them.
    /// Gives what is new in the extension list.
    fn edit_sections(
        &self,
        root: Node<'_>,
        spelling: &Spelling,
        edits: &mut Edits,
    ) -> Option<String> {
        if self.whole && self.sources.len() < 2 {
            return None;
        }
        let old = section_list(root);
        if self
            .sources
            .iter()
            .all(|source| source.outline.sections.is_empty())
        {
            return None;
        }
        let mut runs: Vec<(usize, Option<usize>, Vec<u32>)> = Vec::new();
        for slide in &self.slides {
            let Ok(source) = self.source(slide.source) else {
                continue;
            };
            let old_id = source
                .outline
                .slides
                .get(slide.index)
                .and_then(|item| item.id);
            let section = source.outline.section_of(old_id);
            let is_one = runs.last().is_some_and(|(from, own, _)| {
                (*from, *own) == (slide.source, section)
                    || old_id == Some(slide.id)
                        && self.is_one_section((*from, *own), (slide.source, section))
            });
            match runs.last_mut() {
                Some((_, _, ids)) if is_one => {
                    ids.push(slide.id);
                }
                _ => runs.push((slide.source, section, vec![slide.id])),
            }
        }
        let mut taken = HashSet::new();
        let mut text = String::new();
        for (number, (source, section, ids)) in runs.iter().enumerate() {
            let own = self
                .source(*source)
                .ok()
                .zip(*section)
                .and_then(|(source, section)| source.outline.sections.get(section));
            let name = own.map_or("Default Section", |section| section.name.as_str());
            let mut guid = own.map(|section| section.id.clone()).unwrap_or_default();
            let mut salt = 0;
            while guid.is_empty() || !taken.insert(guid.to_ascii_uppercase()) {
                guid = made_up_guid(number, salt, name);
                salt += 1;
            }
            let _ = write!(
                text,
                "<p14:section name=\"{}\" id=\"{}\"><p14:sldIdLst>",
                escape(name),
                escape(&guid)
            );
            for id in ids {
                let _ = write!(text, "<p14:sldId id=\"{id}\"/>");
            }
            text.push_str("</p14:sldIdLst></p14:section>");
        }
        let text = format!("<p14:sectionLst xmlns:p14=\"{P14}\">{text}</p14:sectionLst>");
        if let Some(old) = old {
            edits.replace(old.range(), text);
            return None;
        }
        let p = &spelling.p;
        Some(format!("<{p}ext uri=\"{SECTIONS}\">{text}</{p}ext>"))
    }
}

fn edit_masters(
    root: Node<'_>,
    spelling: &Spelling,
    new: &[(u32, String)],
    kept: &HashSet<&str>,
    edits: &mut Edits,
) {
    for node in child(root, "sldMasterIdLst").into_iter().flat_map(elements) {
        if rel_attr(node, "id").is_some_and(|id| !kept.contains(id)) {
            edits.remove(node);
        }
    }
    if new.is_empty() {
        return;
    }
    let mut text = String::new();
    for (id, relationship) in new {
        let _ = write!(
            text,
            "<{}sldMasterId id=\"{id}\" {}=\"{relationship}\"/>",
            spelling.p, spelling.rid
        );
    }
    list(root, spelling, "sldMasterIdLst", &text, edits);
}

/// Puts items at the end of a list, which is made where it is missing.
pub(super) fn list(
    root: Node<'_>,
    spelling: &Spelling,
    name: &str,
    items: &str,
    edits: &mut Edits,
) {
    match child(root, name) {
        Some(node) => edits.append(node, items),
        None => insert(
            root,
            name,
            &format!("<{0}{name}>{items}</{0}{name}>", spelling.p),
            edits,
        ),
    }
}

/// Puts a child where the schema wants it.
fn insert(root: Node<'_>, name: &str, text: &str, edits: &mut Edits) {
    let rank = |name: &str| ORDER.iter().position(|known| *known == name);
    let own = rank(name);
    let next = root
        .children()
        .filter(roxmltree::Node::is_element)
        .find(|node| rank(node.tag_name().name()) > own);
    match next {
        Some(next) => edits.insert(next.range().start, text),
        None => edits.append(root, text),
    }
}

/// A GUID that depends on the section alone, so that equal input gives equal output.
fn made_up_guid(number: usize, salt: u32, name: &str) -> String {
    let hash = Sha256::digest(format!("section {number} {salt} {name}").as_bytes());
    let hex: String = hash.iter().take(16).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02X}");
        text
    });
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    // Version 4 and the usual variant, as readers expect of a GUID.
    format!(
        "{{{}-{}-4{}-8{}-{}}}",
        part(0, 8),
        part(8, 12),
        part(13, 16),
        part(17, 20),
        part(20, 32)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guids_have_their_form() {
        let guid = made_up_guid(1, 0, "Intro");
        assert_eq!(guid.len(), 38);
        assert_eq!(guid, made_up_guid(1, 0, "Intro"));
        assert_ne!(guid, made_up_guid(1, 1, "Intro"));
        assert!(guid.starts_with('{') && guid.ends_with('}'), "{guid}");
    }

    #[test]
    fn children_come_in_the_schemas_order() {
        let text = crate::write::edit(
            "/p.xml",
            b"<p:presentation xmlns:p='x'><p:sldSz/><p:extLst/></p:presentation>",
            &crate::PackageLimits::default(),
            |root, edits| {
                insert(root, "sldIdLst", "<p:sldIdLst/>", edits);
                insert(root, "custShowLst", "<p:custShowLst/>", edits);
                Ok(())
            },
        );
        assert_eq!(
            String::from_utf8(text.unwrap().unwrap()).unwrap(),
            "<p:presentation xmlns:p='x'><p:sldIdLst/><p:sldSz/><p:custShowLst/><p:extLst/></p:presentation>"
        );
    }
}
