//! One page's operations as PDF content.
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Transform};
use krilla::num::NormalizedF32;
use krilla::paint::{self, Fill, Stroke};
use krilla::surface::Surface;
use krilla::tagging::TagGroup;
use krilla::text::{GlyphId, KrillaGlyph};
use kurbo::{Affine, BezPath, PathEl, Point, Rect, Size, Vec2};
use slides_scene::{
    BlendMode, EffectKind, EffectOp, FillRule, GlyphRun, GradientStop, ImageOp, Paint, Rgba,
    StrokeStyle, Tag,
};

use super::PdfOptions;
use super::fonts::{Fonts, PdfFont};
use super::pictures::{Pictures, Request};
use super::structure::Structure;
use crate::error::Warnings;
use crate::geometry::{rect_path, scale_of};
use crate::gradient::average;
use crate::outlines::OutlineCache;
use crate::paints::{Kind, PATTERN_SIDE, Special, Tiles};
use crate::picture::{Pixels, Shown, pixels_needed, split_alpha};
use crate::raster::{RunShape, Shared, clean_alpha};
use crate::walk::{Budget, Canvas, walk};

/// Width of a hairline in points.
const HAIRLINE: f64 = 0.24;

pub(super) fn transform(affine: Affine) -> Transform {
    let [a, b, c, d, e, f] = affine.as_coeffs().map(|value| value as f32);
    Transform::from_row(a, b, c, d, e, f)
}

fn path(path: &BezPath) -> Option<krilla::geom::Path> {
    let mut builder = PathBuilder::new();
    let (x, y) = (|point: Point| point.x as f32, |point: Point| point.y as f32);
    for element in path.elements() {
        match *element {
            PathEl::MoveTo(a) => builder.move_to(x(a), y(a)),
            PathEl::LineTo(a) => builder.line_to(x(a), y(a)),
            PathEl::QuadTo(a, b) => builder.quad_to(x(a), y(a), x(b), y(b)),
            PathEl::CurveTo(a, b, c) => builder.cubic_to(x(a), y(a), x(b), y(b), x(c), y(c)),
            PathEl::ClosePath => builder.close(),
        }
    }
    builder.finish()
}

fn unit(value: f32) -> NormalizedF32 {
    NormalizedF32::new(clean_alpha(value)).unwrap_or(NormalizedF32::ONE)
}

fn opacity(color: Rgba) -> NormalizedF32 {
    unit(f32::from(color.a) / 255.0)
}

fn solid(color: Rgba) -> paint::Paint {
    rgb::Color::new(color.r, color.g, color.b).into()
}

fn rule(rule: FillRule) -> paint::FillRule {
    match rule {
        FillRule::NonZero => paint::FillRule::NonZero,
        FillRule::EvenOdd => paint::FillRule::EvenOdd,
    }
}

fn stops(stops: &[GradientStop]) -> Vec<paint::Stop> {
    stops
        .iter()
        .map(|stop| paint::Stop {
            offset: unit(stop.offset),
            color: rgb::Color::new(stop.color.r, stop.color.g, stop.color.b).into(),
            opacity: opacity(stop.color),
        })
        .collect()
}

/// A paint as PDF has it, or what has to be done instead.
enum Ink {
    Nothing,
    Plain(paint::Paint, NormalizedF32),
    /// Drawn through the shape as a clip.
    Clipped(Special),
}

/// Cells of a pattern along each side of its tile. Viewers smooth the edges of tiles: with one cell a tile, the seams are
/// darker than the pattern.
const PATTERN_CELLS: u32 = 8;

/// What of a page is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// All of it.
    All,
    /// Text alone, unseen: a picture shows it.
    Unseen,
    /// Text alone, opaque: a picture will lie over it.
    Beneath,
}

pub(super) struct PdfCanvas<'a, 'b> {
    surface: &'a mut Surface<'b>,
    shared: &'a mut Shared,
    fonts: &'a mut Fonts,
    pictures: &'a mut Pictures,
    outlines: OutlineCache,
    options: &'a PdfOptions,
    transforms: Vec<Affine>,
    /// Pushes that each open layer took.
    layers: Vec<u8>,
    /// Pushes that each open clip took.
    clips: Vec<bool>,
    page: Size,
    structure: Structure,
    mode: Mode,
}

impl<'a, 'b> PdfCanvas<'a, 'b> {
    #[expect(
        clippy::too_many_arguments,
        reason = "the writer's parts, borrowed one by one"
    )]
    pub(super) fn new(
        surface: &'a mut Surface<'b>,
        shared: &'a mut Shared,
        fonts: &'a mut Fonts,
        pictures: &'a mut Pictures,
        options: &'a PdfOptions,
        base: Affine,
        page: Size,
        structure: Structure,
        mode: Mode,
    ) -> Self {
        let page = Size::new(page.width * scale_of(base), page.height * scale_of(base));
        Self {
            surface,
            shared,
            fonts,
            pictures,
            outlines: OutlineCache::default(),
            options,
            transforms: vec![base],
            layers: Vec::new(),
            clips: Vec::new(),
            page,
            structure,
            mode,
        }
    }

    /// A picture of the whole page, over what was drawn.
    pub(super) fn cover_page(&mut self, pixels: &Pixels, page: Size) {
        self.mode = Mode::All;
        self.structure.begin(self.surface, &Tag::Artifact);
        if let Some(image) = self.pictures.pixels(pixels) {
            self.draw_picture(image, Rect::from_origin_size((0.0, 0.0), page), 1.0);
        }
        self.structure.end(self.surface);
    }

    /// The page's structure, and whether a figure has no text of its own.
    pub(super) fn finish(self, language: Option<&str>) -> (Option<TagGroup>, bool) {
        let missing = self.structure.missing;
        (self.structure.finish(self.surface, language), missing)
    }

    fn transform(&self) -> Affine {
        self.transforms.last().copied().unwrap_or(Affine::IDENTITY)
    }

    fn ink(&mut self, paint: &Paint) -> Ink {
        match Kind::of(paint) {
            Kind::Nothing => Ink::Nothing,
            Kind::Solid(color) => Ink::Plain(solid(color), opacity(color)),
            Kind::Linear {
                start,
                end,
                stops: list,
            } => {
                let gradient = paint::LinearGradient {
                    x1: start.x as f32,
                    y1: start.y as f32,
                    x2: end.x as f32,
                    y2: end.y as f32,
                    transform: Transform::identity(),
                    spread_method: paint::SpreadMethod::Pad,
                    stops: stops(&list),
                    anti_alias: false,
                };
                Ink::Plain(gradient.into(), NormalizedF32::ONE)
            }
            Kind::Ellipse {
                bounds,
                focus,
                focus_radius,
                stops: list,
            } => {
                let to_bounds = Affine::translate(bounds.center().to_vec2())
                    * Affine::scale_non_uniform(bounds.width() / 2.0, bounds.height() / 2.0);
                let gradient = paint::RadialGradient {
                    fx: focus.x as f32,
                    fy: focus.y as f32,
                    fr: focus_radius as f32,
                    cx: 0.0,
                    cy: 0.0,
                    cr: 1.0,
                    transform: transform(to_bounds),
                    spread_method: paint::SpreadMethod::Pad,
                    stops: stops(&list),
                    anti_alias: false,
                };
                Ink::Plain(gradient.into(), NormalizedF32::ONE)
            }
            Kind::Special(special) => Ink::Clipped(special),
            Kind::Pattern {
                foreground,
                background,
                bars,
            } => self.pattern(foreground, background, &bars),
            Kind::Tiles(tiles) => self.tiles(&tiles),
        }
    }

    fn pattern(&mut self, foreground: Rgba, background: Rgba, bars: &[Rect]) -> Ink {
        let side = PATTERN_SIDE * f64::from(PATTERN_CELLS);
        let mut builder = self.surface.stream_builder();
        let mut surface = builder.surface();
        let mut boxes = |color: Rgba, boxes: &[Rect]| {
            if color.a == 0 {
                return;
            }
            let mut shape = PathBuilder::new();
            for bar in boxes {
                let (x, y) = (bar.x0 as f32, bar.y0 as f32);
                let (width, height) = (bar.width() as f32, bar.height() as f32);
                if let Some(rect) = krilla::geom::Rect::from_xywh(x, y, width, height) {
                    shape.push_rect(rect);
                }
            }
            if let Some(shape) = shape.finish() {
                surface.set_fill(Some(Fill {
                    paint: solid(color),
                    opacity: opacity(color),
                    rule: paint::FillRule::NonZero,
                }));
                surface.draw_path(&shape);
            }
        };
        boxes(background, &[Rect::new(0.0, 0.0, side, side)]);
        let steps = || (0..PATTERN_CELLS).map(|n| f64::from(n) * PATTERN_SIDE);
        let cells = steps().flat_map(|x| steps().map(move |y| Vec2::new(x, y)));
        let bars: Vec<Rect> = cells
            .flat_map(|cell| bars.iter().map(move |bar| *bar + cell))
            .collect();
        boxes(foreground, &bars);
        surface.finish();
        let stream = builder.finish();
        Ink::Plain(
            paint::Pattern {
                stream,
                transform: Transform::identity(),
                width: side as f32,
                height: side as f32,
            }
            .into(),
            NormalizedF32::ONE,
        )
    }

    fn tiles(&mut self, tiles: &Tiles<'_>) -> Ink {
        let whole = Rect::new(0.0, 0.0, 1.0, 1.0);
        let to_page = self.transform() * tiles.to_shape;
        let request = Request {
            image: tiles.image,
            effects: tiles.effects,
            target: pixels_needed(self.options.max_image_dpi, to_page, whole),
            seen: whole,
        };
        let Some(embedded) =
            self.pictures
                .embed(&request, &self.shared.limits, &mut self.shared.warnings)
        else {
            return Ink::Nothing;
        };
        let ((width, height), to_points) = tiles.in_points();
        let flip = tiles.flip;
        let mut builder = self.surface.stream_builder();
        let mut surface = builder.surface();
        let copies = |mirrored: bool| if mirrored { 2u8 } else { 1 };
        for column in 0..copies(flip.0) {
            for row in 0..copies(flip.1) {
                let (mirror_x, mirror_y) = (column == 1, row == 1);
                let x = if mirror_x { width * 2.0 } else { 0.0 };
                let y = if mirror_y { height * 2.0 } else { 0.0 };
                let place = Affine::new([
                    if mirror_x { -1.0 } else { 1.0 },
                    0.0,
                    0.0,
                    if mirror_y { -1.0 } else { 1.0 },
                    x,
                    y,
                ]);
                surface.push_transform(&transform(place));
                if let Some(size) = krilla::geom::Size::from_wh(width as f32, height as f32) {
                    surface.draw_image(embedded.image.clone(), size);
                }
                surface.pop();
            }
        }
        surface.finish();
        let stream = builder.finish();
        let pattern = paint::Pattern {
            stream,
            transform: transform(to_points),
            width: (width * f64::from(copies(flip.0))) as f32,
            height: (height * f64::from(copies(flip.1))) as f32,
        };
        Ink::Plain(pattern.into(), unit(tiles.alpha))
    }

    fn fill_clipped(&mut self, shape: &krilla::geom::Path, fill_rule: FillRule, special: &Special) {
        self.surface.push_clip_path(shape, &rule(fill_rule));
        match special {
            Special::NestedRects {
                bounds,
                focus,
                stops,
            } => self.nested_rects(*bounds, *focus, stops),
            Special::Picture(op, to_shape) => {
                self.push_transform(*to_shape);
                self.image(op);
                self.pop_transform();
            }
        }
        self.surface.pop();
    }

    /// A rectangular gradient: a strip along each side, each a linear gradient of its own.
    fn nested_rects(&mut self, bounds: Rect, focus: Rect, list: &[GradientStop]) {
        let (Some(first), Some(last)) = (list.first(), list.last()) else {
            return;
        };
        let clear = list.iter().any(|stop| stop.color.a != 255);
        // Beyond the outer box the last colour goes on.
        if !clear {
            let far = bounds.inflate(bounds.width() * 4.0, bounds.height() * 4.0);
            self.fill_plain(&rect_path(far), solid(last.color), opacity(last.color));
        }
        if focus.width() > 0.0 && focus.height() > 0.0 {
            self.fill_plain(&rect_path(focus), solid(first.color), opacity(first.color));
        }
        let strips = [
            [
                (bounds.x0, bounds.y0),
                (bounds.x1, bounds.y0),
                (focus.x1, focus.y0),
                (focus.x0, focus.y0),
            ],
            [
                (bounds.x1, bounds.y0),
                (bounds.x1, bounds.y1),
                (focus.x1, focus.y1),
                (focus.x1, focus.y0),
            ],
            [
                (bounds.x1, bounds.y1),
                (bounds.x0, bounds.y1),
                (focus.x0, focus.y1),
                (focus.x1, focus.y1),
            ],
            [
                (bounds.x0, bounds.y1),
                (bounds.x0, bounds.y0),
                (focus.x0, focus.y0),
                (focus.x0, focus.y1),
            ],
        ];
        for at in [0, 2, 1, 3] {
            let mut strip = strips[at];
            let [outer, _, _, inner] = strip;
            let upright = at % 2 == 0;
            // Opaque strips above and below go on under those at the sides, so that no seam shows between them.
            if upright && !clear {
                (strip[2].0, strip[3].0) = (strip[1].0, strip[0].0);
            }
            let (start, end) = if upright {
                ((0.0, inner.1), (0.0, outer.1))
            } else {
                ((inner.0, 0.0), (outer.0, 0.0))
            };
            let gradient = Paint::Linear {
                start: start.into(),
                end: end.into(),
                stops: list.to_vec(),
            };
            let mut shape = BezPath::new();
            shape.move_to(strip[0]);
            for &corner in &strip[1..] {
                shape.line_to(corner);
            }
            shape.close_path();
            if let Ink::Plain(paint, alpha) = self.ink(&gradient) {
                self.fill_plain(&shape, paint, alpha);
            }
        }
    }

    fn fill_plain(&mut self, shape: &BezPath, paint: paint::Paint, opacity: NormalizedF32) {
        if let Some(shape) = path(shape) {
            self.surface.set_stroke(None);
            self.surface.set_fill(Some(Fill {
                paint,
                opacity,
                rule: paint::FillRule::NonZero,
            }));
            self.surface.draw_path(&shape);
        }
    }

    fn draw_picture(&mut self, image: krilla::image::Image, dst: Rect, alpha: f32) {
        let Some(size) = krilla::geom::Size::from_wh(dst.width() as f32, dst.height() as f32)
        else {
            return;
        };
        self.surface.push_opacity(unit(alpha));
        self.surface
            .push_transform(&transform(Affine::translate(dst.origin().to_vec2())));
        self.surface.draw_image(image, size);
        self.surface.pop();
        self.surface.pop();
    }

    /// All outlines of a run as one path.
    fn run_path(&mut self, run: &GlyphRun, shape: &RunShape) -> BezPath {
        let mut all = BezPath::new();
        for glyph in run
            .glyphs
            .iter()
            .take(self.shared.limits.max_glyphs)
            .filter(|glyph| glyph.x.abs() < 1e6 && glyph.y.abs() < 1e6)
        {
            if all.elements().len() > self.shared.limits.max_path_elements {
                break;
            }
            if let Some(outline) = self.outlines.get(&run.face, glyph.id) {
                let place = shape.place(glyph.x, glyph.y);
                all.extend(outline.iter().map(|element| place * element));
            }
        }
        all
    }

    /// Draws the glyphs of a run; those that a standard does not allow as text are filled as paths.
    fn glyphs(&mut self, run: &GlyphRun, shape: &RunShape, font: &PdfFont) {
        let usable = |glyph: &&slides_scene::Glyph| {
            glyph.x.abs() < 1e6
                && glyph.y.abs() < 1e6
                && glyph.advance.is_finite()
                && glyph.id < font.glyphs
        };
        let glyphs: Vec<_> = run
            .glyphs
            .iter()
            .take(self.shared.limits.max_glyphs)
            .filter(usable)
            .copied()
            .collect();
        // The strictest levels ask for it, the others lose nothing by it.
        if self.options.conformance.is_none() {
            return self.glyphs_as_text(run, &glyphs, shape, font);
        }
        let plain = |glyph: &slides_scene::Glyph| glyph.id != 0 && is_mapped(&run.text, glyph);
        for part in glyphs.chunk_by(|a, b| plain(a) == plain(b)) {
            if part.first().is_some_and(plain) {
                self.glyphs_as_text(run, part, shape, font);
            } else {
                let part = GlyphRun {
                    glyphs: part.to_vec(),
                    ..run.clone()
                };
                if let Some(outlines) = path(&self.run_path(&part, shape)) {
                    self.surface.draw_path(&outlines);
                }
            }
        }
    }

    fn glyphs_as_text(
        &mut self,
        run: &GlyphRun,
        glyphs: &[slides_scene::Glyph],
        shape: &RunShape,
        font: &PdfFont,
    ) {
        // Pen positions in em of the scaled and slanted text, from the first glyph on.
        let em = shape.size * shape.scale_x;
        let Some(first) = glyphs.first() else { return };
        let (x0, y0) = (first.x, first.y);
        let positioned: Vec<KrillaGlyph> = glyphs
            .iter()
            .enumerate()
            .map(|(at, glyph)| {
                let next = glyphs
                    .get(at + 1)
                    .map_or(glyph.advance, |next| next.x - glyph.x);
                let advance = (next / em).clamp(-1e4, 1e4);
                let rise = ((y0 - glyph.y) / shape.size).clamp(-1e4, 1e4);
                KrillaGlyph::new(
                    GlyphId::new(glyph.id),
                    advance as f32,
                    0.0,
                    rise as f32,
                    0.0,
                    range(&run.text, glyph.start, glyph.end),
                    None,
                )
            })
            .collect();
        let to_run = Affine::new([shape.scale_x, 0.0, -shape.skew, 1.0, x0, y0]);
        let plain = shape.skew == 0.0 && shape.scale_x == 1.0;
        if !plain {
            self.surface.push_transform(&transform(to_run));
        }
        let start = if plain {
            (x0 as f32, y0 as f32)
        } else {
            (0.0, 0.0)
        };
        self.surface.draw_glyphs(
            krilla::geom::Point::from_xy(start.0, start.1),
            &positioned,
            font.font.clone(),
            &run.text,
            shape.size as f32,
            font.as_paths,
        );
        if !plain {
            self.surface.pop();
        }
    }
}

/// Whether a glyph stands for characters that text may be made of (PDF/A-2, 6.2.11.7).
fn is_mapped(text: &str, glyph: &slides_scene::Glyph) -> bool {
    let range = range(text, glyph.start, glyph.end);
    !range.is_empty()
        && text.get(range).is_some_and(|part| {
            part.chars().all(|ch| {
                !matches!(ch, '\0' | '\u{FEFF}' | '\u{FFFE}' | '\u{E000}'..='\u{F8FF}')
                    && !matches!(ch, '\u{F0000}'..='\u{10FFFF}')
            })
        })
}

/// About what a run's glyphs cover.
fn run_bounds(run: &GlyphRun) -> Rect {
    let mut bounds: Option<Rect> = None;
    for glyph in run
        .glyphs
        .iter()
        .filter(|glyph| glyph.x.abs() < 1e6 && glyph.y.abs() < 1e6)
    {
        let advance = glyph.advance.clamp(0.0, 1e5);
        let own = Rect::new(
            glyph.x,
            glyph.y - 0.7 * run.size,
            glyph.x + advance,
            glyph.y,
        );
        bounds = Some(bounds.map_or(own, |all| all.union(own)));
    }
    bounds.unwrap_or_default()
}

/// A byte range of the text that is one; empty when the given one is not.
fn range(text: &str, start: u32, end: u32) -> std::ops::Range<usize> {
    let range = start as usize..end as usize;
    if text.get(range.clone()).is_some() {
        range
    } else {
        0..0
    }
}

impl Canvas for PdfCanvas<'_, '_> {
    fn warnings(&mut self) -> &mut Warnings {
        &mut self.shared.warnings
    }

    fn push_transform(&mut self, affine: Affine) {
        self.structure.enter();
        self.surface.push_transform(&transform(affine));
        self.transforms.push(self.transform() * affine);
    }

    fn pop_transform(&mut self) {
        if self.transforms.len() > 1 {
            self.transforms.pop();
            self.structure.leave(self.surface);
            self.surface.pop();
        }
    }

    fn push_clip(&mut self, shape: &BezPath, fill_rule: FillRule) {
        // A path without area clips all away.
        let nothing = || {
            path(&rect_path(Rect::new(
                -1e6,
                -1e6,
                -1e6 + 0.001,
                -1e6 + 0.001,
            )))
        };
        let shape = path(shape).or_else(nothing);
        if let Some(shape) = &shape {
            self.structure.enter();
            self.surface.push_clip_path(shape, &rule(fill_rule));
        }
        self.clips.push(shape.is_some());
    }

    fn pop_clip(&mut self) {
        if self.clips.pop() == Some(true) {
            self.structure.leave(self.surface);
            self.surface.pop();
        }
    }

    fn push_layer(&mut self, alpha: f32, blend: BlendMode) {
        let mut pushes = 0;
        let mode = match blend {
            BlendMode::Normal => None,
            BlendMode::Multiply => Some(krilla::blend::BlendMode::Multiply),
            BlendMode::Screen => Some(krilla::blend::BlendMode::Screen),
            BlendMode::Darken => Some(krilla::blend::BlendMode::Darken),
            BlendMode::Lighten => Some(krilla::blend::BlendMode::Lighten),
        };
        if self.mode != Mode::All || (mode.is_none() && alpha >= 1.0) {
            self.layers.push(0);
            return;
        }
        self.structure.enter_group(self.surface);
        if let Some(mode) = mode {
            self.surface.push_blend_mode(mode);
            pushes += 1;
        }
        if alpha < 1.0 {
            self.surface.push_opacity(unit(alpha));
            pushes += 1;
        } else if mode.is_some() {
            self.surface.push_isolated();
            pushes += 1;
        }
        self.layers.push(pushes);
    }

    fn pop_layer(&mut self) {
        let pushes = self.layers.pop().unwrap_or(0);
        for _ in 0..pushes {
            self.surface.pop();
        }
        if pushes > 0 {
            self.structure.leave_group();
        }
    }

    fn fill(&mut self, shape: &BezPath, fill_rule: FillRule, paint: &Paint) {
        if self.mode != Mode::All {
            return;
        }
        let Some(shape) = path(shape) else { return };
        self.structure.mark(self.surface);
        match self.ink(paint) {
            Ink::Nothing => {}
            Ink::Plain(paint, opacity) => {
                self.surface.set_stroke(None);
                self.surface.set_fill(Some(Fill {
                    paint,
                    opacity,
                    rule: rule(fill_rule),
                }));
                self.surface.draw_path(&shape);
            }
            Ink::Clipped(special) => self.fill_clipped(&shape, fill_rule, &special),
        }
    }

    fn stroke(&mut self, shape: &BezPath, style: &StrokeStyle, paint: &Paint) {
        if self.mode != Mode::All {
            return;
        }
        self.structure.mark(self.surface);
        let hairline = HAIRLINE / scale_of(self.transform()).max(1e-6);
        let stroke = self.shared.pen(style, shape, hairline);
        match self.ink(paint) {
            Ink::Nothing => {}
            Ink::Plain(paint, opacity) => {
                let Some(shape) = path(shape) else { return };
                self.surface.set_fill(None);
                self.surface.set_stroke(Some(Stroke {
                    paint,
                    width: stroke.width as f32,
                    miter_limit: stroke.miter_limit as f32,
                    line_cap: match stroke.start_cap {
                        kurbo::Cap::Butt => paint::LineCap::Butt,
                        kurbo::Cap::Round => paint::LineCap::Round,
                        kurbo::Cap::Square => paint::LineCap::Square,
                    },
                    line_join: match stroke.join {
                        kurbo::Join::Miter => paint::LineJoin::Miter,
                        kurbo::Join::Round => paint::LineJoin::Round,
                        kurbo::Join::Bevel => paint::LineJoin::Bevel,
                    },
                    opacity,
                    dash: (!stroke.dash_pattern.is_empty()).then(|| paint::StrokeDash {
                        array: stroke
                            .dash_pattern
                            .iter()
                            .map(|dash| *dash as f32)
                            .collect(),
                        offset: 0.0,
                    }),
                }));
                self.surface.draw_path(&shape);
                self.surface.set_stroke(None);
            }
            Ink::Clipped(special) => {
                let outline =
                    kurbo::stroke(shape.iter(), &stroke, &kurbo::StrokeOpts::default(), 0.05);
                if let Some(outline) = path(&outline) {
                    self.fill_clipped(&outline, FillRule::NonZero, &special);
                }
            }
        }
    }

    fn text(&mut self, run: &GlyphRun, paint: &Paint) {
        let Some(shape) = self.shared.shape_of(run) else {
            return;
        };
        let Some(font) = self.fonts.get(&run.face) else {
            self.shared.warnings.add(
                "font",
                format!(
                    "the face `{}` cannot be read; its text was left out",
                    run.face.family()
                ),
            );
            return;
        };
        let bounds = self.transform().transform_rect_bbox(run_bounds(run));
        self.structure.mark_text(self.surface, bounds, &run.text);
        let (ink, alpha, special) = match self.ink(paint) {
            Ink::Nothing => (solid(Rgba::BLACK), NormalizedF32::ZERO, None),
            Ink::Plain(paint, opacity) => (paint, opacity, None),
            // The text itself is there, unseen, for those who search and copy; the paint shows through its outlines.
            Ink::Clipped(special) => {
                let color = match &special {
                    Special::NestedRects { stops, .. } => average(stops),
                    Special::Picture(..) => Rgba::BLACK,
                };
                (solid(color), NormalizedF32::ZERO, Some(special))
            }
        };
        let (alpha, special) = match self.mode {
            Mode::All => (alpha, special),
            Mode::Unseen => (NormalizedF32::ZERO, None),
            Mode::Beneath => (NormalizedF32::ONE, None),
        };
        let bold = (shape.embolden > 0.0 && alpha == NormalizedF32::ONE).then(|| Stroke {
            paint: ink.clone(),
            width: shape.embolden as f32,
            miter_limit: 4.0,
            line_join: paint::LineJoin::Miter,
            ..Stroke::default()
        });
        self.surface.set_fill(Some(Fill {
            paint: ink,
            opacity: alpha,
            rule: paint::FillRule::NonZero,
        }));
        self.surface.set_stroke(bold);
        self.glyphs(run, &shape, &font);
        self.surface.set_stroke(None);
        if let Some(special) = special {
            let outlines = self.run_path(run, &shape);
            if let Some(outlines) = path(&outlines) {
                self.fill_clipped(&outlines, FillRule::NonZero, &special);
            }
        }
    }

    fn image(&mut self, op: &ImageOp) {
        if self.mode != Mode::All {
            return;
        }
        let Some(Shown { whole, seen, part }) = Shown::of(op) else {
            return;
        };
        let (effects, own_alpha) = split_alpha(&op.effects);
        let alpha = clean_alpha(op.alpha) * own_alpha;
        if alpha <= 0.0 {
            return;
        }
        let request = Request {
            image: &op.image,
            effects,
            target: pixels_needed(self.options.max_image_dpi, self.transform(), whole),
            seen: part,
        };
        let Some(embedded) =
            self.pictures
                .embed(&request, &self.shared.limits, &mut self.shared.warnings)
        else {
            return;
        };
        self.structure.mark(self.surface);
        let on_page = self.transform().transform_rect_bbox(seen);
        self.structure.cover(on_page);
        let part = embedded.part;
        let dst = Rect::new(
            whole.x0 + part.x0 * whole.width(),
            whole.y0 + part.y0 * whole.height(),
            whole.x0 + part.x1 * whole.width(),
            whole.y0 + part.y1 * whole.height(),
        );
        // Only what sticks out has to be clipped away.
        let clip = (dst.width() - seen.width()).abs() > 1e-3
            || (dst.height() - seen.height()).abs() > 1e-3;
        let clip = if clip { path(&rect_path(seen)) } else { None };
        if let Some(clip) = &clip {
            self.surface.push_clip_path(clip, &paint::FillRule::NonZero);
        }
        self.draw_picture(embedded.image, dst, alpha);
        if clip.is_some() {
            self.surface.pop();
        }
    }

    fn effect(&mut self, op: &EffectOp, budget: &mut Budget) {
        // The object itself, and not only what it casts.
        let shows_source = matches!(
            op.kind,
            EffectKind::SoftEdge { .. } | EffectKind::Blur { .. }
        );
        if self.mode == Mode::All {
            let figure = op.source.iter().find_map(|op| match op {
                slides_scene::Op::Tag(tag @ Tag::Figure(_)) if shows_source => Some(tag),
                _ => None,
            });
            if let Some(figure) = figure {
                self.structure.begin(self.surface, figure);
            }
            self.effect_picture(op, budget);
            if figure.is_some() {
                self.structure.end(self.surface);
            }
        }
        if shows_source {
            let mode = self.mode;
            if mode == Mode::All {
                self.mode = Mode::Unseen;
            }
            let limits = self.shared.limits.clone();
            walk(&op.source, self, &limits, budget);
            self.mode = mode;
        }
    }

    fn tag(&mut self, tag: &Tag) {
        // A figure's picture was written before its text.
        let unseen = self.mode != Mode::All && matches!(tag, Tag::Figure(_));
        let tag = if unseen { &Tag::Artifact } else { tag };
        self.structure.begin(self.surface, tag);
    }

    fn end_tag(&mut self) {
        self.structure.end(self.surface);
    }
}

impl PdfCanvas<'_, '_> {
    fn effect_picture(&mut self, op: &EffectOp, budget: &mut Budget) {
        let (current, dpi) = (self.transform(), self.options.effect_dpi);
        let drawn = self.shared.effect(op, current, self.page, dpi, budget);
        let Some((pixels, covered)) = drawn else {
            return;
        };
        if let Some(image) = self.pictures.effect(&pixels) {
            self.structure.mark(self.surface);
            self.draw_picture(image, covered, 1.0);
        }
    }
}
