//! Pages made of slides: notes pages, slides with their comments, handouts.

mod band;
mod comments;
mod grid;
mod notes;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use kurbo::{Affine, Rect, Shape as _, Size};
use slides_ooxml::Deck;
use slides_ooxml::model::Presentation;
use slides_scene::{FillRule, Link, LinkTarget, Op, Page, Paint, Rgba, StrokeStyle, Tag};

/// Where speaker notes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NotesPlace {
    /// Nowhere: pages are slides.
    #[default]
    None,
    /// On a notes page under the slide; what does not fit goes on, on further pages.
    Full,
    /// The same on a page that is made as tall as the notes need.
    Grown,
    /// The same; what does not fit is left out.
    Truncated,
}

/// Where comments go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CommentsPlace {
    /// Nowhere.
    #[default]
    None,
    /// Under the page, which grows.
    Bottom,
    /// Right of the page, which grows.
    Right,
}

/// What is shown with each slide.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct NotesLayout {
    /// Where its notes go.
    pub notes: NotesPlace,
    /// Where comments on it go.
    pub comments: CommentsPlace,
    /// Width of the comments right of the page in points; 150 by default.
    pub comments_width: f64,
    /// What comments lie on.
    pub comments_color: Rgba,
    /// Whether comments are shown whose author the deck does not name.
    pub anonymous: bool,
}

impl Default for NotesLayout {
    fn default() -> Self {
        Self {
            notes: NotesPlace::None,
            comments: CommentsPlace::None,
            comments_width: 150.0,
            comments_color: Rgba::rgb(0xF2, 0xF2, 0xF2),
            anonymous: false,
        }
    }
}

/// How many slides a handout page shows and what with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct HandoutLayout {
    /// Slides beside each other, 1..=3.
    pub columns: usize,
    /// Slides below each other, 1..=3.
    pub rows: usize,
    /// Whether slides go down the columns first.
    pub by_column: bool,
    /// Whether lines to write on stand beside each slide; then there is one column.
    pub lines: bool,
    /// Whether each slide has its number below.
    pub numbers: bool,
    /// Whether each slide has a frame.
    pub frames: bool,
    /// Whether comments on the slides follow on the page.
    pub comments: bool,
}

impl HandoutLayout {
    /// A grid with numbers and frames.
    pub fn new(columns: usize, rows: usize) -> Self {
        Self {
            columns: columns.clamp(1, 3),
            rows: rows.clamp(1, 3),
            by_column: false,
            lines: false,
            numbers: true,
            frames: true,
            comments: false,
        }
    }

    /// Slides of one page.
    pub fn slides(&self) -> usize {
        self.columns * self.rows
    }
}

/// Pages made of slides.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Sheets {
    /// The pages in order.
    pub pages: Vec<Page>,
    /// What was drawn otherwise than the deck asks, as (feature, message).
    pub warnings: Vec<(String, String)>,
}

/// Lays out notes pages and handouts of one deck.
#[derive(Debug)]
pub struct Arranger<'a> {
    deck: &'a Deck,
    /// The presentation with the size of its notes pages.
    presentation: Presentation,
}

impl<'a> Arranger<'a> {
    /// An arranger of a deck's slides.
    pub fn new(deck: &'a Deck) -> Self {
        let mut presentation = deck.presentation().clone();
        presentation.slide_size = presentation.notes_size;
        Self { deck, presentation }
    }

    fn size(&self) -> Size {
        crate::page::size(&self.presentation)
    }
}

/// A slide as a picture in a box, with its links; those to other slides are left out, as their pages are not slides.
fn thumbnail(out: &mut Page, slide: Page, dst: Rect, frame: bool) {
    let scale = (dst.width() / slide.size.width).min(dst.height() / slide.size.height);
    let size = slide.size * scale;
    let at = dst.center() - kurbo::Vec2::new(size.width, size.height) / 2.0;
    let to_page = Affine::translate(at.to_vec2()) * Affine::scale(scale);
    let edge = Arc::new(Rect::from_origin_size((0.0, 0.0), slide.size).to_path(0.1));
    out.ops.push(Op::Push(to_page));
    out.ops.push(Op::Clip(edge.clone(), FillRule::NonZero));
    out.ops.extend(slide.ops);
    out.ops.push(Op::PopClip);
    if frame {
        out.ops.push(Op::Tag(Tag::Artifact));
        let style = StrokeStyle::new(0.75 / scale);
        out.ops
            .push(Op::Stroke(edge, style, Paint::Solid(Rgba::BLACK)));
        out.ops.push(Op::EndTag);
    }
    out.ops.push(Op::Pop);
    let links = slide
        .links
        .into_iter()
        .filter(|link| !matches!(link.target, LinkTarget::Slide(_)));
    out.links.extend(links.map(|link| Link {
        rect: to_page.transform_rect_bbox(link.rect),
        ..link
    }));
}

fn paper(size: Size, color: Rgba) -> [Op; 3] {
    let path = Arc::new(size.to_rect().to_path(0.1));
    [
        Op::Tag(Tag::Artifact),
        Op::Fill(path, FillRule::NonZero, Paint::Solid(color)),
        Op::EndTag,
    ]
}
