//! Notes pages and slides with their comments.

use std::sync::Arc;

use kurbo::{Affine, Rect, Shape as _, Size};
use slides_ooxml::model::{Comment, Shape, Slide, Transform};
use slides_scene::{FillRule, Op, Page, Paint, Rgba, Tag};

use super::{
    Arranger, CommentsPlace, NotesLayout, NotesPlace, Sheets, band, comments, paper, thumbnail,
};
use crate::context::{Parts, SlideContext};
use crate::inherit::Ancestry;
use crate::page::{LaidOut, LayoutOptions, layout_slide};
use crate::shape::{Canvas, Scope, draw_tree};
use crate::transform::Placement;

/// Room at the edges of further pages in points.
const EDGE: f64 = 54.0;

impl Arranger<'_> {
    /// A slide with its notes and comments, on one page or more.
    pub fn notes(&self, slide: &Slide, options: &LayoutOptions, notes: &NotesLayout) -> Sheets {
        let LaidOut { page, warnings, .. } = layout_slide(self.deck, slide, options);
        let mut sheets = Sheets {
            pages: Vec::new(),
            warnings,
        };
        if notes.notes == NotesPlace::None {
            sheets.pages.push(page);
        } else {
            self.notes_pages(slide, page, options, notes, &mut sheets);
        }
        if notes.comments != CommentsPlace::None {
            let found = self.comments(slide, &mut sheets);
            self.add_comments(slide, &found, options, notes, &mut sheets);
        }
        sheets
    }

    pub(super) fn comments(&self, slide: &Slide, sheets: &mut Sheets) -> Vec<Comment> {
        self.deck
            .comments(slide.index.saturating_sub(1) as usize)
            .unwrap_or_else(|error| {
                sheets.warnings.push((
                    "comments".to_owned(),
                    format!("comments cannot be read: {error}"),
                ));
                Vec::new()
            })
    }

    fn notes_pages(
        &self,
        slide: &Slide,
        page: Page,
        options: &LayoutOptions,
        notes: &NotesLayout,
        sheets: &mut Sheets,
    ) {
        let size = self.size();
        let own = self
            .deck
            .notes_page(slide.index.saturating_sub(1) as usize)
            .unwrap_or_else(|error| {
                sheets
                    .warnings
                    .push(("notes".to_owned(), format!("notes cannot be read: {error}")));
                None
            });
        let mut out = Page {
            size,
            number: page.number,
            title: page.title.clone(),
            language: page.language.clone(),
            ops: Vec::new(),
            links: Vec::new(),
            motion: None,
        };
        let Some(own) = own else {
            out.ops.extend(paper(size, Rgba::WHITE));
            thumbnail(&mut out, page, default_image(size), true);
            sheets.pages.push(out);
            return;
        };
        let (body, others): (Vec<Shape>, Vec<Shape>) = own
            .shapes
            .iter()
            .cloned()
            .partition(|shape| is_placeholder(shape, "body"));
        let mut cx = SlideContext::new(
            self.deck as &dyn Parts,
            &self.presentation,
            &own,
            &options.fonts,
            options.max_ops,
        );
        cx.date_text = options.date_text.as_deref();
        let mut canvas = Canvas::default();
        crate::page::background(&cx, &mut canvas, size);
        let scope = Scope {
            placement: Placement::PAGE,
            group: None,
            depth: 0,
            is_backdrop: true,
        };
        draw_tree(&cx, &mut canvas, &own.layout.shapes, &scope);
        out.ops.append(&mut canvas.ops);
        let image = find(&own.shapes, "sldImg")
            .or_else(|| find(&own.layout.shapes, "sldImg"))
            .and_then(|shape| Ancestry::of(&cx, shape).transform())
            .map_or_else(|| default_image(size), |transform| rect(&transform));
        thumbnail(&mut out, page, image, false);
        let scope = Scope {
            is_backdrop: false,
            ..scope
        };
        draw_tree(&cx, &mut canvas, &others, &scope);
        out.ops.append(&mut canvas.ops);
        out.links.append(&mut canvas.links);
        draw_tree(&cx, &mut canvas, &body, &scope);
        let bottom = body
            .first()
            .and_then(|shape| Ancestry::of(&cx, shape).transform())
            .map_or(size.height - EDGE, |transform| rect(&transform).y1)
            .min(size.height);
        let text = canvas.ops;
        out.links.append(&mut canvas.links);
        sheets.warnings.extend(cx.warnings.into_inner());
        place_text(out, &text, bottom, notes.notes, sheets);
    }

    fn add_comments(
        &self,
        slide: &Slide,
        found: &[Comment],
        options: &LayoutOptions,
        notes: &NotesLayout,
        sheets: &mut Sheets,
    ) {
        let Some((page, further)) = sheets.pages.split_first_mut() else {
            return;
        };
        let cx = SlideContext::new(
            self.deck as &dyn Parts,
            &self.presentation,
            slide,
            &options.fonts,
            options.max_ops,
        );
        let width = if notes.comments == CommentsPlace::Right {
            clean_width(notes.comments_width)
        } else {
            page.size.width
        };
        let column = comments::column(&cx, &[(None, found.to_vec())], width, notes.anonymous);
        // Right of the page all pages are as wide, with comments or without.
        if column.is_none() && notes.comments == CommentsPlace::Bottom {
            return;
        }
        let (mut ops, height) = column.map_or((Vec::new(), 0.0), |c| (c.ops, c.height));
        let area = if notes.comments == CommentsPlace::Right {
            let area = Rect::new(
                page.size.width,
                0.0,
                page.size.width + width,
                page.size.height,
            );
            if height > page.size.height {
                ops = band::between(&ops, f64::NEG_INFINITY, page.size.height);
                sheets.warnings.push((
                    "comments".to_owned(),
                    "comments that do not fit beside the slide are left out".to_owned(),
                ));
            }
            area
        } else {
            Rect::new(0.0, page.size.height, width, page.size.height + height)
        };
        place_column(page, ops, area, notes.comments_color);
        if notes.comments == CommentsPlace::Right {
            for page in further {
                place_column(page, Vec::new(), area, notes.comments_color);
            }
        }
    }
}

/// Puts comments on their ground; the page grows to hold it.
pub(super) fn place_column(page: &mut Page, ops: Vec<Op>, area: Rect, color: Rgba) {
    page.size = Size::new(page.size.width.max(area.x1), page.size.height.max(area.y1));
    let ground = Arc::new(area.to_path(0.1));
    page.ops.push(Op::Tag(Tag::Artifact));
    page.ops
        .push(Op::Fill(ground, FillRule::NonZero, Paint::Solid(color)));
    page.ops.push(Op::EndTag);
    page.ops
        .push(Op::Push(Affine::translate(area.origin().to_vec2())));
    page.ops.extend(ops);
    page.ops.push(Op::Pop);
}

/// Puts the notes' text on its page and, where asked, further ones.
fn place_text(mut page: Page, text: &[Op], bottom: f64, place: NotesPlace, sheets: &mut Sheets) {
    let size = page.size;
    let ends = band::line_ends(text);
    let last = ends.last().copied().unwrap_or_default();
    // Text that sticks out of its box but not off the page is fine.
    let limit = bottom.max(size.height - EDGE / 2.0).min(size.height);
    if last <= limit {
        page.ops.extend(text.iter().cloned());
        sheets.pages.push(page);
        return;
    }
    match place {
        NotesPlace::Grown => {
            page.ops.extend(text.iter().cloned());
            page.size.height = (last + EDGE / 2.0).min(14_400.0);
            let grown = paper(page.size, Rgba::WHITE);
            page.ops.splice(0..0, grown);
            sheets.pages.push(page);
        }
        NotesPlace::None | NotesPlace::Truncated => {
            page.ops
                .extend(band::between(text, f64::NEG_INFINITY, limit));
            sheets.warnings.push((
                "notes".to_owned(),
                "notes that do not fit on the page are left out".to_owned(),
            ));
            sheets.pages.push(page);
        }
        NotesPlace::Full => {
            let room = size.height - 2.0 * EDGE;
            let mut from = f64::NEG_INFINITY;
            let mut next = page;
            for end in band::breaks(&ends, limit, room) {
                let lines = band::between(text, from, end);
                if from.is_finite() {
                    let to_top = Affine::translate((0.0, EDGE - from));
                    next.ops.push(Op::Push(to_top));
                    next.ops.extend(lines);
                    next.ops.push(Op::Pop);
                } else {
                    next.ops.extend(lines);
                }
                let mut blank = Page {
                    size,
                    number: next.number,
                    language: next.language.clone(),
                    ..Page::default()
                };
                blank.ops.extend(paper(size, Rgba::WHITE));
                sheets.pages.push(std::mem::replace(&mut next, blank));
                from = end;
            }
        }
    }
}

fn clean_width(width: f64) -> f64 {
    if width.is_finite() {
        width.clamp(40.0, 2000.0)
    } else {
        150.0
    }
}

/// Where PowerPoint's own notes master has the slide.
fn default_image(size: Size) -> Rect {
    Rect::new(
        size.width * 0.1,
        size.height * 0.125,
        size.width * 0.9,
        size.height * 0.4625,
    )
}

fn rect(transform: &Transform) -> Rect {
    let placed = Placement::PAGE.place(transform);
    placed.to_page.transform_rect_bbox(placed.local())
}

fn find<'s>(shapes: &'s [Shape], kind: &str) -> Option<&'s Shape> {
    shapes.iter().find(|shape| is_placeholder(shape, kind))
}

fn is_placeholder(shape: &Shape, kind: &str) -> bool {
    shape
        .nv
        .placeholder
        .as_ref()
        .is_some_and(|own| own.kind == kind)
}
