//! A slide to a page: background, shapes of master and layout, shapes of the slide.

use std::ops::Range;
use std::sync::Arc;

use kurbo::{Shape as _, Size};
use slides_fonts::FontBook;
use slides_ooxml::Deck;
use slides_ooxml::model::{Background, Slide};
use slides_scene::{FillRule, Op, Page, Paint, Rgba, Tag};

use crate::context::{Parts, SlideContext};
use crate::fill::PaintFrame;
use crate::inherit;
use crate::motion::motion_of;
use crate::points;
use crate::shape::{Canvas, Scope, draw_tree};
use crate::transform::Placement;

/// Settings of [`layout_slide`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LayoutOptions {
    /// Faces that text is set in.
    pub fonts: Arc<FontBook>,
    /// Text that date fields show; none keeps the text the deck was saved with.
    pub date_text: Option<String>,
    /// Most drawing operations of one slide; what comes after is left out with a warning.
    pub max_ops: usize,
    /// Whether pages say how they and their shapes appear.
    pub with_motion: bool,
}

impl LayoutOptions {
    /// Options with these faces.
    pub fn new(fonts: Arc<FontBook>) -> Self {
        Self {
            fonts,
            date_text: None,
            max_ops: 400_000,
            with_motion: false,
        }
    }

    /// Sets the text that date fields show.
    #[must_use]
    pub fn with_date_text(mut self, text: impl Into<String>) -> Self {
        self.date_text = Some(text.into());
        self
    }

    /// Makes pages say how they and their shapes appear.
    #[must_use]
    pub fn with_motion(mut self) -> Self {
        self.with_motion = true;
        self
    }

    /// Sets the most drawing operations of one slide.
    #[must_use]
    pub fn with_max_ops(mut self, max_ops: usize) -> Self {
        self.max_ops = max_ops;
        self
    }
}

impl Default for LayoutOptions {
    fn default() -> Self {
        Self::new(Arc::new(FontBook::bundled()))
    }
}

/// A slide laid out.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LaidOut {
    /// What is drawn.
    pub page: Page,
    /// Ids of the slide's own shapes with the page's operations that draw them, in painting order.
    pub shapes: Vec<(u32, Range<usize>)>,
    /// What was drawn otherwise than the deck asks, as (feature, message).
    pub warnings: Vec<(String, String)>,
}

/// Lays out one slide. Never fails: what cannot be drawn is left out with a warning.
pub fn layout_slide(deck: &Deck, slide: &Slide, options: &LayoutOptions) -> LaidOut {
    let mut out = layout(deck, deck.presentation(), slide, options);
    if options.with_motion {
        // The part was read before; what cannot be read again does not move.
        let motion = deck.motion((slide.index as usize).saturating_sub(1));
        out.page.motion = motion.ok().and_then(|own| motion_of(&own, &out.shapes));
    }
    out
}

pub(crate) fn layout(
    parts: &dyn Parts,
    presentation: &slides_ooxml::model::Presentation,
    slide: &Slide,
    options: &LayoutOptions,
) -> LaidOut {
    let mut cx = SlideContext::new(parts, presentation, slide, &options.fonts, options.max_ops);
    cx.date_text = options.date_text.as_deref();
    let size = size(presentation);
    let mut canvas = Canvas::default();
    background(&cx, &mut canvas, size);

    let slide_layout = &*slide.layout;
    let scope = Scope {
        placement: Placement::PAGE,
        group: None,
        depth: 0,
        is_backdrop: true,
    };
    if slide.show_master_shapes {
        if slide_layout.show_master_shapes {
            draw_tree(&cx, &mut canvas, &slide_layout.master.shapes, &scope);
        }
        draw_tree(&cx, &mut canvas, &slide_layout.shapes, &scope);
    }
    let scope = Scope {
        is_backdrop: false,
        ..scope
    };
    let mut shapes = Vec::new();
    for shape in &slide.shapes {
        let start = canvas.ops.len();
        draw_tree(&cx, &mut canvas, std::slice::from_ref(shape), &scope);
        shapes.push((shape.nv.id, start..canvas.ops.len()));
    }

    let page = Page {
        size,
        number: slide.index,
        title: canvas.title,
        language: crate::language::of_slide(slide, presentation),
        ops: canvas.ops,
        links: canvas.links,
        motion: None,
    };
    LaidOut {
        page,
        shapes,
        warnings: cx.warnings.into_inner(),
    }
}

/// The page's size in points.
pub(crate) fn size(presentation: &slides_ooxml::model::Presentation) -> Size {
    let side = |emu: i64| points(emu).clamp(1.0, 14_400.0);
    Size::new(
        side(presentation.slide_size.0),
        side(presentation.slide_size.1),
    )
}

/// The paint of the nearest background over the page; none where none is given.
pub(crate) fn background_paint(cx: &SlideContext<'_>) -> Option<Paint> {
    let layout = &*cx.slide.layout;
    let background = cx
        .slide
        .background
        .as_ref()
        .or(layout.background.as_ref())
        .or(layout.master.background.as_ref())?;
    let frame = PaintFrame::new(size(cx.presentation).to_rect());
    match background {
        Background::Fill(fill) => cx.paint_in(fill, &frame),
        Background::Reference(reference) => {
            let fill = inherit::theme_fill(cx, reference)?;
            let placeholder = inherit::reference_color(cx, reference);
            cx.paint_in(
                fill,
                &PaintFrame {
                    placeholder,
                    ..frame
                },
            )
        }
    }
}

/// Paints the background; white where none is given.
pub(crate) fn background(cx: &SlideContext<'_>, canvas: &mut Canvas, size: Size) {
    let paint = background_paint(cx);
    let path = Arc::new(size.to_rect().to_path(0.1));
    canvas.ops.push(Op::Tag(Tag::Artifact));
    // A translucent background lies on white.
    if !matches!(&paint, Some(Paint::Solid(color)) if color.a == 255) {
        canvas.ops.push(Op::Fill(
            path.clone(),
            FillRule::NonZero,
            Paint::Solid(Rgba::WHITE),
        ));
    }
    if let Some(paint) = paint {
        canvas.ops.push(Op::Fill(path, FillRule::NonZero, paint));
    }
    canvas.ops.push(Op::EndTag);
}
