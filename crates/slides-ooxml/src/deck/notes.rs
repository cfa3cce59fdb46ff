//! Notes pages and comments.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Deck, Warnings, expect_root, tolerate};
use crate::error::Result;
use crate::model::{Comment, Layout, Master, Slide};
use crate::read::Context;
use crate::read::color::color_map;
use crate::read::slide::sheet;
use crate::read::text::list_style;
use crate::read::theme::fallback_theme;
use crate::xml::{self, Node, attr, child, elements, is_named, text_of};

/// Comments of one slide that are read, and answers of one comment.
const MAX_COMMENTS: usize = 2000;

impl Deck {
    /// The notes page of the slide at a 0-based position, as a slide whose layout holds the placeholders of the
    /// notes master; none when the slide has no notes.
    ///
    /// # Errors
    /// The notes part is damaged or passes a limit.
    pub fn notes_page(&self, index: usize) -> Result<Option<Slide>> {
        let Some(slide) = self.presentation.slides.get(index) else {
            return Ok(None);
        };
        if slide.is_empty() || !self.package.contains(slide) {
            return Ok(None);
        }
        let slide_relationships = self.relationships_of(slide)?;
        let Some(part) = slide_relationships
            .first("notesSlide")
            .filter(|part| self.package.contains(part))
        else {
            return Ok(None);
        };
        let relationships = self.relationships_of(part)?;
        let cx = Context::new(&self.package, &relationships);
        let bytes = self.package.part(part)?;
        let sheet = xml::read(part, &bytes, self.package.limits(), |root| {
            Ok(sheet(&cx, root))
        })?;
        let (layout, mut warnings) = match relationships
            .first("notesMaster")
            .or_else(|| self.relationships.first("notesMaster"))
        {
            Some(master) => self.notes_layout(master)?,
            None => (Arc::new(Layout::default()), Vec::new()),
        };
        warnings.extend(cx.warnings.into_inner());
        Ok(Some(Slide {
            part: part.to_owned(),
            index: index as u32 + 1,
            background: sheet.background,
            shapes: sheet.shapes,
            show_master_shapes: sheet.show_master_shapes,
            color_map_override: sheet.color_map_override,
            layout,
            warnings,
            ..Slide::default()
        }))
    }

    /// The notes master as a layout over a master without shapes.
    fn notes_layout(&self, part: &str) -> Result<(Arc<Layout>, Warnings)> {
        self.layouts.get(part, || {
            let read = tolerate(|| self.read_notes_master(part))?;
            Ok(read.unwrap_or_default())
        })
    }

    fn read_notes_master(&self, part: &str) -> Result<(Layout, Warnings)> {
        let relationships = self.relationships_of(part)?;
        let bytes = self.package.part(part)?;
        let cx = Context::new(&self.package, &relationships);
        let (sheet, map, style) = xml::read(part, &bytes, self.package.limits(), |root| {
            expect_root(part, root, "notesMaster")?;
            let map = child(root, "clrMap").map(color_map).unwrap_or_default();
            let style = child(root, "notesStyle")
                .map(|node| list_style(&cx, node))
                .unwrap_or_default();
            Ok((sheet(&cx, root), map, style))
        })?;
        let mut warnings = cx.warnings.into_inner();
        let theme = match relationships.first("theme") {
            Some(theme) => tolerate(|| self.read_theme(theme, "theme", None))?,
            None => None,
        };
        let (theme, more) = theme.unwrap_or_else(|| (fallback_theme(), Vec::new()));
        warnings.extend(more);
        let master = Master {
            part: part.to_owned(),
            color_map: map,
            title_style: style.clone(),
            body_style: style.clone(),
            other_style: style,
            theme: Arc::new(theme),
            ..Master::default()
        };
        let layout = Layout {
            part: part.to_owned(),
            background: sheet.background,
            shapes: sheet.shapes,
            show_master_shapes: true,
            master: Arc::new(master),
            ..Layout::default()
        };
        Ok((layout, warnings))
    }

    /// Comments on the slide at a 0-based position, in the order of the file, answers with what they answer.
    ///
    /// # Errors
    /// The comments' part is damaged or passes a limit.
    pub fn comments(&self, index: usize) -> Result<Vec<Comment>> {
        let mut found = Vec::new();
        let Some(slide) = self
            .presentation
            .slides
            .get(index)
            .filter(|slide| self.package.contains(slide))
        else {
            return Ok(found);
        };
        let relationships = self.relationships_of(slide)?;
        let mut authors: Option<HashMap<String, String>> = None;
        for part in relationships.of_kind("comments") {
            if !self.package.contains(part) {
                continue;
            }
            let authors = authors.get_or_insert_with(|| self.comment_authors());
            let bytes = self.package.part(part)?;
            xml::read(part, &bytes, self.package.limits(), |root| {
                let comments = elements(root).filter(|node| is_named(*node, "cm"));
                found.extend(
                    comments
                        .take(MAX_COMMENTS)
                        .map(|node| comment(node, authors, true)),
                );
                Ok(())
            })?;
        }
        found.truncate(MAX_COMMENTS);
        Ok(found)
    }

    /// Names of those who commented, by id; their faults are ignored.
    fn comment_authors(&self) -> HashMap<String, String> {
        let mut names = HashMap::new();
        for kind in ["commentAuthors", "authors"] {
            let Some(part) = self.relationships.first(kind) else {
                continue;
            };
            let Ok(bytes) = self.package.part(part) else {
                continue;
            };
            let _ = xml::read(part, &bytes, self.package.limits(), |root| {
                for node in elements(root).take(MAX_COMMENTS) {
                    if let (Some(id), Some(name)) = (attr(node, "id"), attr(node, "name")) {
                        names.insert(id.to_owned(), name.trim().to_owned());
                    }
                }
                Ok(())
            });
        }
        names
    }
}

fn comment(node: Node<'_>, authors: &HashMap<String, String>, with_replies: bool) -> Comment {
    let author = attr(node, "authorId")
        .and_then(|id| authors.get(id))
        .filter(|name| !name.is_empty())
        .cloned();
    let text = match (child(node, "text"), child(node, "txBody")) {
        (Some(text), _) => text_of(text).trim().to_owned(),
        (None, Some(body)) => paragraphs(body),
        (None, None) => String::new(),
    };
    // Answers have no answers of their own.
    let replies = child(node, "replyLst")
        .filter(|_| with_replies)
        .into_iter()
        .flat_map(elements)
        .filter(|node| is_named(*node, "reply"))
        .take(MAX_COMMENTS)
        .map(|node| comment(node, authors, false))
        .collect();
    Comment {
        author,
        written: attr(node, "dt")
            .or_else(|| attr(node, "created"))
            .map(str::to_owned),
        text,
        replies,
    }
}

/// Texts of a body's paragraphs, a line each.
fn paragraphs(body: Node<'_>) -> String {
    let lines: Vec<String> = elements(body)
        .filter(|node| is_named(*node, "p"))
        .map(|paragraph| {
            elements(paragraph)
                .filter_map(|run| match run.tag_name().name() {
                    "br" => Some("\n".to_owned()),
                    _ => child(run, "t").map(text_of),
                })
                .collect()
        })
        .collect();
    lines.join("\n").trim().to_owned()
}
