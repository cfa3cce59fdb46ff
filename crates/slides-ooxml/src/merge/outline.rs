//! What the presentation part of a source says about its slides, masters and sections.

use std::ops::Range;

use crate::Deck;
use crate::error::Result;
use crate::xml::{self, Node, attr, child, elements, is_named, rel_attr, unsigned};

/// An item of a list of `p:presentation`: a slide, a master or the notes master.
#[derive(Debug, Clone)]
pub(super) struct Item {
    /// `@id`.
    pub(super) id: Option<u32>,
    /// `@r:id`.
    pub(super) relationship: String,
    /// Its text in the part.
    pub(super) range: Range<usize>,
}

/// A section of slides (MS-PPTX 2.6.10).
#[derive(Debug, Clone)]
pub(super) struct Section {
    pub(super) name: String,
    pub(super) id: String,
    pub(super) slides: Vec<u32>,
}

/// A custom show (ECMA-376 part 1, 19.2.1.9).
#[derive(Debug, Clone)]
pub(super) struct Show {
    pub(super) name: String,
    pub(super) id: u32,
    /// Relationship ids of its slides.
    pub(super) slides: Vec<String>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Outline {
    pub(super) slides: Vec<Item>,
    pub(super) masters: Vec<Item>,
    pub(super) sections: Vec<Section>,
    pub(super) shows: Vec<Show>,
    /// The deck that the slide ids are from, where it was split.
    pub(super) origin: Option<String>,
    /// Whether it is in the strict form (ECMA-376 part 1).
    pub(super) is_strict: bool,
}

impl Outline {
    pub(super) fn read(deck: &Deck) -> Result<Self> {
        let part = deck.part_name();
        let bytes = deck.part(part)?;
        xml::read(part, &bytes, deck.package().limits(), |root| {
            Ok(Self {
                slides: items(root, "sldIdLst"),
                masters: items(root, "sldMasterIdLst"),
                sections: section_list(root).map(sections).unwrap_or_default(),
                shows: shows(root),
                origin: super::origin::read(root),
                is_strict: root
                    .tag_name()
                    .namespace()
                    .is_some_and(|uri| uri.starts_with("http://purl.oclc.org/")),
            })
        })
    }

    /// The section of a slide, by the slide's id.
    pub(super) fn section_of(&self, slide: Option<u32>) -> Option<usize> {
        let slide = slide?;
        self.sections
            .iter()
            .position(|section| section.slides.contains(&slide))
    }
}

pub(super) fn items(root: Node<'_>, list: &str) -> Vec<Item> {
    child(root, list)
        .into_iter()
        .flat_map(elements)
        .map(|node| Item {
            id: unsigned(node, "id"),
            relationship: rel_attr(node, "id").unwrap_or_default().to_owned(),
            range: node.range(),
        })
        .collect()
}

fn shows(root: Node<'_>) -> Vec<Show> {
    child(root, "custShowLst")
        .into_iter()
        .flat_map(elements)
        .filter_map(|node| {
            Some(Show {
                name: attr(node, "name").unwrap_or_default().to_owned(),
                id: unsigned(node, "id")?,
                slides: child(node, "sldLst")
                    .into_iter()
                    .flat_map(elements)
                    .filter_map(|slide| rel_attr(slide, "id").map(str::to_owned))
                    .collect(),
            })
        })
        .collect()
}

/// `p14:sectionLst`, below the extension list.
pub(super) fn section_list(root: Node<'_>) -> Option<Node<'_>> {
    let extensions = child(root, "extLst")?;
    extensions
        .children()
        .filter(|extension| is_named(*extension, "ext"))
        .find_map(|extension| {
            extension
                .children()
                .find(|node| is_named(*node, "sectionLst"))
        })
}

fn sections(list: Node<'_>) -> Vec<Section> {
    elements(list)
        .filter(|node| is_named(*node, "section"))
        .map(|node| Section {
            name: attr(node, "name").unwrap_or_default().to_owned(),
            id: attr(node, "id").unwrap_or_default().to_owned(),
            slides: child(node, "sldIdLst")
                .into_iter()
                .flat_map(elements)
                .filter_map(|slide| unsigned(slide, "id"))
                .collect(),
        })
        .collect()
}
