//! Lists that a deck has once: authors of comments, table styles, embedded fonts.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::Composer;
use crate::Deck;
use crate::error::Result;
use crate::package::Relationships;
use crate::write::{WrittenTarget, edit, escape, standalone};
use crate::xml::{self, Node, attr, elements, is_named, unsigned};

const RELATIONSHIPS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const P: &str = "http://schemas.openxmlformats.org/presentationml/2006/main";
const A: &str = "http://schemas.openxmlformats.org/drawingml/2006/main";
const PML_TYPE: &str = "application/vnd.openxmlformats-officedocument.presentationml";
/// Table style that PowerPoint gives new tables.
const MEDIUM_STYLE_2: &str = "{5C22544A-7EE6-4342-B048-85BDC9FD1C3A}";

/// What the lists hold, and what is to be added.
#[derive(Debug, Default)]
pub(super) struct Lists {
    authors: Vec<Author>,
    /// Number of authors of the first deck.
    own_authors: usize,
    /// Ids of authors of the newer comments.
    people: HashSet<String>,
    new_people: String,
    styles: HashSet<String>,
    new_styles: String,
    fonts: HashSet<String>,
    /// Items for `p:embeddedFontLst`.
    pub(super) new_fonts: String,
}

/// `p:cmAuthor` (ECMA-376 part 1, 19.4.3).
#[derive(Debug, Clone)]
struct Author {
    id: u32,
    name: String,
    initials: String,
    /// Number of the last comment.
    last: u32,
    color: u32,
}

impl Lists {
    pub(super) fn read(deck: &Deck) -> Result<Self> {
        let relationships = deck.package().relationships(deck.part_name())?;
        let authors: Vec<Author> = read_list(deck, relationships.first("commentAuthors"), author);
        let mut lists = Self {
            own_authors: authors.len(),
            authors,
            people: read_list(deck, relationships.first("authors"), |node| id(node, "id"))
                .into_iter()
                .collect(),
            styles: read_list(deck, relationships.first("tableStyles"), |node| {
                id(node, "styleId")
            })
            .into_iter()
            .collect(),
            ..Self::default()
        };
        let fonts = &deck.presentation().embedded_fonts;
        lists.fonts = fonts.iter().map(|font| font.0.to_lowercase()).collect();
        Ok(lists)
    }
}

fn author(node: Node<'_>) -> Option<Author> {
    Some(Author {
        id: unsigned(node, "id")?,
        name: attr(node, "name").unwrap_or_default().to_owned(),
        initials: attr(node, "initials").unwrap_or_default().to_owned(),
        last: unsigned(node, "lastIdx").unwrap_or(0),
        color: unsigned(node, "clrIdx").unwrap_or(0),
    })
}

fn id(node: Node<'_>, name: &str) -> Option<String> {
    attr(node, name).map(str::to_ascii_uppercase)
}

/// Children of a list part; one that is missing or damaged has none.
fn read_list<T>(deck: &Deck, part: Option<&str>, item: impl Fn(Node<'_>) -> Option<T>) -> Vec<T> {
    let package = deck.package();
    let Some(part) = part.filter(|part| package.contains(part)) else {
        return Vec::new();
    };
    let read = |bytes: &[u8]| {
        xml::read(part, bytes, package.limits(), |root| {
            Ok(elements(root).filter_map(&item).collect())
        })
    };
    package
        .part(part)
        .and_then(|bytes| read(&bytes))
        .unwrap_or_default()
}

impl Composer<'_> {
    /// Takes over what a further deck's lists have more; `is_rest` where it is a part of one that is there.
    pub(super) fn take_lists(&mut self, source: usize, is_rest: bool) -> Result<()> {
        let deck = self.source(source)?.deck;
        let relationships = deck.package().relationships(deck.part_name())?;
        self.take_authors(source, &relationships, is_rest)?;
        let people = read_list(deck, relationships.first("authors"), |node| {
            Some((id(node, "id")?, standalone(node)))
        });
        for (id, text) in people {
            if self.lists.people.insert(id) {
                self.lists.new_people.push_str(&text);
            }
        }
        let styles = read_list(deck, relationships.first("tableStyles"), |node| {
            is_named(node, "tblStyle").then(|| Some((id(node, "styleId")?, standalone(node))))?
        });
        for (id, text) in styles {
            if self.lists.styles.insert(id) {
                self.lists.new_styles.push_str(&text);
            }
        }
        self.take_fonts(source)
    }

    /// Authors of one name become one; their comments are numbered on, unless they are numbered together already.
    fn take_authors(
        &mut self,
        source: usize,
        relationships: &Relationships,
        is_rest: bool,
    ) -> Result<()> {
        let deck = self.source(source)?.deck;
        for other in read_list(deck, relationships.first("commentAuthors"), author) {
            let authors = &mut self.lists.authors;
            let found = authors
                .iter_mut()
                .find(|own| own.name == other.name && own.initials == other.initials);
            let (id, offset) = if let Some(own) = found {
                let offset = if is_rest { 0 } else { own.last };
                own.last = own.last.max(other.last.saturating_add(offset));
                (own.id, offset)
            } else {
                let id = authors.iter().map(|own| own.id).max();
                let id = id.map_or(0, |id| id.saturating_add(1));
                authors.push(Author {
                    id,
                    ..other.clone()
                });
                (id, 0)
            };
            if let Some(source) = self.sources.get_mut(source) {
                source.authors.insert(other.id.to_string(), (id, offset));
            }
        }
        Ok(())
    }

    fn take_fonts(&mut self, source: usize) -> Result<()> {
        let deck = self.source(source)?.deck;
        let fonts = &deck.presentation().embedded_fonts;
        let mut faces: Vec<&str> = fonts.iter().map(|font| font.0.as_str()).collect();
        faces.dedup();
        for face in faces {
            if !self.lists.fonts.insert(face.to_lowercase()) {
                continue;
            }
            let mut item = format!("<p:font typeface=\"{}\"/>", escape(face));
            for (_, style, part) in fonts.iter().filter(|font| font.0 == face) {
                if !deck.package().contains(part) {
                    continue;
                }
                let name = self.target(source, 0, part, "font")?;
                let id = self.relate(&format!("{RELATIONSHIPS}/font"), &name);
                let _ = write!(item, "<p:{style} r:id=\"{id}\"/>");
            }
            let _ = write!(
                self.lists.new_fonts,
                "<p:embeddedFont xmlns:p=\"{P}\" xmlns:r=\"{RELATIONSHIPS}\">{item}</p:embeddedFont>"
            );
        }
        Ok(())
    }

    /// A relationship of the presentation part to a part; gives its id.
    pub(super) fn relate(&mut self, kind: &str, part: &str) -> String {
        let target = WrittenTarget::Part(part.to_owned());
        let found = self
            .relationships
            .iter()
            .find(|(_, own, to)| own == kind && *to == target);
        if let Some((id, ..)) = found {
            return id.clone();
        }
        let last = self
            .relationships
            .iter()
            .filter_map(|(id, ..)| id.strip_prefix("rId")?.parse::<u32>().ok())
            .max()
            .unwrap_or(0);
        let id = format!("rId{}", last.saturating_add(1));
        self.relationships
            .push((id.clone(), kind.to_owned(), target));
        id
    }

    pub(super) fn write_lists(&mut self) -> Result<()> {
        if self.sources.len() < 2 {
            return Ok(());
        }
        self.write_authors()?;
        let styles = std::mem::take(&mut self.lists.new_styles);
        self.extend_list(
            "tableStyles",
            RELATIONSHIPS,
            "/ppt/tableStyles1.xml",
            &format!("{PML_TYPE}.tableStyles+xml"),
            &format!("<a:tblStyleLst xmlns:a=\"{A}\" def=\"{MEDIUM_STYLE_2}\"/>"),
            &styles,
        )?;
        let people = std::mem::take(&mut self.lists.new_people);
        self.extend_list(
            "authors",
            "http://schemas.microsoft.com/office/2018/10/relationships",
            "/ppt/authors1.xml",
            "application/vnd.ms-powerpoint.authors+xml",
            "<p188:authorLst xmlns:p188=\"http://schemas.microsoft.com/office/powerpoint/2018/8/main\"/>",
            &people,
        )
    }

    fn write_authors(&mut self) -> Result<()> {
        let authors = std::mem::take(&mut self.lists.authors);
        if !self.sources.iter().any(|source| !source.authors.is_empty()) {
            return Ok(());
        }
        let text = |author: &Author| {
            format!(
                "<p:cmAuthor xmlns:p=\"{P}\" id=\"{}\" name=\"{}\" initials=\"{}\" lastIdx=\"{}\" clrIdx=\"{}\"/>",
                author.id,
                escape(&author.name),
                escape(&author.initials),
                author.last,
                author.color
            )
        };
        let new: String = authors
            .iter()
            .skip(self.lists.own_authors)
            .map(text)
            .collect();
        // Numbers of comments of authors that were there have gone on.
        let base = self.source(0)?.deck;
        let part = base.package().relationships(base.part_name())?;
        if let Some(part) = part.first("commentAuthors").map(str::to_owned)
            && base.package().contains(&part)
        {
            let bytes = base.package().part(&part)?;
            let changed = edit(&part, &bytes, base.package().limits(), |root, edits| {
                for node in elements(root) {
                    let own = authors
                        .iter()
                        .find(|own| Some(own.id) == unsigned(node, "id"));
                    if let Some(own) = own.filter(|own| Some(own.last) != unsigned(node, "lastIdx"))
                    {
                        edits.set_attribute(node, "lastIdx", &own.last.to_string());
                    }
                }
                if !new.is_empty() {
                    edits.append(root, &new);
                }
                Ok(())
            })?;
            if let Some(bytes) = changed {
                self.put(&part, None, bytes);
            }
            return Ok(());
        }
        self.extend_list(
            "commentAuthors",
            RELATIONSHIPS,
            "/ppt/commentAuthors1.xml",
            &format!("{PML_TYPE}.commentAuthors+xml"),
            &format!("<p:cmAuthorLst xmlns:p=\"{P}\"/>"),
            &new,
        )
    }

    /// Puts items at the end of a list part of the first deck, or into a new one.
    fn extend_list(
        &mut self,
        kind: &str,
        namespace: &str,
        like: &str,
        content_type: &str,
        empty: &str,
        items: &str,
    ) -> Result<()> {
        if items.is_empty() {
            return Ok(());
        }
        let base = self.source(0)?.deck;
        let package = base.package();
        let own = package.relationships(base.part_name())?;
        let own = own.first(kind).filter(|part| package.contains(part));
        let (part, bytes) = if let Some(part) = own {
            (part.to_owned(), package.part(part)?)
        } else {
            let name = self.names.fresh(like);
            self.relate(&format!("{namespace}/{kind}"), &name);
            let xml =
                format!("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n{empty}");
            (name, xml.into_bytes().into())
        };
        let changed = edit(&part, &bytes, package.limits(), |root, edits| {
            edits.append(root, items);
            Ok(())
        })?;
        self.put(&part, Some(content_type), changed.unwrap_or_default());
        Ok(())
    }
}
