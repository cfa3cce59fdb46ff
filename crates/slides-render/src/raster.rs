//! Pages to pixels.
use std::collections::VecDeque;
use std::sync::Arc;

use kurbo::{Affine, BezPath, Point, Rect};
use peniko::color::{AlphaColor, DynamicColor, Srgb};
use peniko::{
    ColorStop, Extend, ImageAlphaType, ImageQuality, ImageSampler, InterpolationAlphaSpace,
};
use slides_scene::{
    BlendMode, EffectOp, FillRule, Glyph, GlyphRun, GradientStop, ImageOp, Op, Page, Paint, Rgba,
    StrokeStyle, Tag, TileMode,
};
use vello_cpu::{
    Image as PaintImage, ImageSource, PixelMetadata, RenderContext, RenderSettings, Resources,
};

use crate::effect;
use crate::effect_cache::{Asked, Drawn, EffectCache, Kept};
use crate::error::{RenderError, Warning, Warnings};
use crate::geometry::{clean_affine, clean_rect, clean_stroke, rect_path, scale_of};
use crate::gradient::{Gradient, analyse};
use crate::limits::Limits;
use crate::outlines::{self, OutlineCache};
use crate::picture::{
    PictureCache, Pixels, bytes_of, downscale, is_surely_opaque, keep_alpha, split_alpha,
};
use crate::walk::{Budget, Canvas, walk};

/// A side in pixels that a picture drawn by the rasteriser may have.
const MAX_PICTURE_SIDE: u32 = 16_384;
/// Pictures of a page that are found again when they are drawn again.
const LOADED_PICTURES: usize = 64;
/// Glyphs gathered into one path before it is drawn.
const GLYPHS_PER_PATH: usize = 256;
/// A side in pixels of the picture that stands for a rectangular gradient.
const MAX_GRADIENT_SIDE: u32 = 1024;

/// Straight-alpha RGBA pixels, rows from the top.
#[derive(Clone, PartialEq, Eq)]
pub struct Pixmap {
    width: u32,
    height: u32,
    rgba: Vec<u8>,
}

impl Pixmap {
    pub(crate) fn new(pixels: Pixels) -> Self {
        Self {
            width: pixels.width,
            height: pixels.height,
            rgba: pixels.rgba,
        }
    }

    /// Width in pixels.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The bytes: red, green, blue, opacity.
    pub fn rgba(&self) -> &[u8] {
        &self.rgba
    }

    /// The bytes, given away.
    pub fn into_rgba(self) -> Vec<u8> {
        self.rgba
    }

    /// One pixel; `None` outside the picture.
    pub fn pixel(&self, x: u32, y: u32) -> Option<Rgba> {
        if x >= self.width {
            return None;
        }
        let at = (y as usize * self.width as usize + x as usize) * 4;
        match self.rgba.get(at..at + 4)? {
            &[r, g, b, a] => Some(Rgba { r, g, b, a }),
            _ => None,
        }
    }
}

impl std::fmt::Debug for Pixmap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pixmap")
            .field("width", &self.width)
            .field("height", &self.height)
            .finish_non_exhaustive()
    }
}

/// Settings of a [`Rasterizer`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RasterOptions {
    /// What lies under the page; `None` leaves it transparent. White by default.
    pub background: Option<Rgba>,
    /// Limits.
    pub limits: Limits,
}

impl Default for RasterOptions {
    fn default() -> Self {
        Self {
            background: Some(Rgba::WHITE),
            limits: Limits::default(),
        }
    }
}

/// Draws pages into pixels. Keeps glyph outlines and scaled pictures from page to page, so use one for a deck (or
/// one for each thread).
#[derive(Debug)]
pub struct Rasterizer {
    background: Option<Rgba>,
    shared: Shared,
}

/// What all drawing of one document shares.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) limits: Limits,
    pub(crate) warnings: Warnings,
    pub(crate) outlines: OutlineCache,
    pictures: PictureCache,
    effects: EffectCache,
    resources: Resources,
}

impl Shared {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            warnings: Warnings::default(),
            outlines: OutlineCache::default(),
            pictures: PictureCache::default(),
            effects: EffectCache::default(),
            resources: Resources::default(),
        }
    }

    /// A page begins: it has allowances of its own.
    pub(crate) fn begin_page(&mut self, number: u32) {
        self.warnings.set_page(number);
        self.pictures.begin_page();
    }

    /// A line's pen, with a warning when it has lost its dashes; `hairline` is the width of one that has none, in the
    /// coordinates in force.
    pub(crate) fn pen(
        &mut self,
        style: &StrokeStyle,
        shape: &BezPath,
        hairline: f64,
    ) -> kurbo::Stroke {
        let (mut pen, no_dashes) = clean_stroke(style, shape, self.limits.max_dashes);
        if no_dashes {
            self.warnings.add(
                "line",
                "a line with too many dashes was drawn solid (`max_dashes`)",
            );
        }
        if pen.width <= 0.0 {
            pen.width = hairline;
        }
        pen
    }

    /// A raster effect as pixels and the box that they fill in the coordinates in force, `current` leading from those to
    /// the page; `None` where nothing is seen.
    pub(crate) fn effect(
        &mut self,
        op: &EffectOp,
        current: Affine,
        page: kurbo::Size,
        dpi: f64,
        budget: &mut Budget,
    ) -> Drawn {
        self.seen_effect(asked(op, current, page, dpi), budget)
    }

    /// The same for a page that is written later, by another; `None` where that has to draw it itself.
    pub(crate) fn effect_ahead(
        &mut self,
        op: &EffectOp,
        current: Affine,
        page: kurbo::Size,
        dpi: f64,
    ) -> Option<Kept> {
        let asked = asked(op, current, page, dpi);
        let before = Budget::new(&self.limits);
        let (mut budget, warned) = (before.clone(), self.warnings.added());
        let drawn = self.seen_effect(asked, &mut budget);
        let spent = before.less(&budget)?;
        (self.warnings.added() == warned).then(|| Kept::new(asked, drawn, spent))
    }

    /// Effects that were drawn ahead for the page that begins.
    pub(crate) fn bring_effects(&mut self, ahead: Vec<Kept>) {
        self.effects.bring(ahead);
    }

    fn seen_effect(&mut self, asked: Asked<'_>, budget: &mut Budget) -> Drawn {
        let Asked { op, scale, visible } = asked;
        if let Some(drawn) = self.effects.find(asked, budget) {
            return drawn;
        }
        let (before, warned) = (budget.clone(), self.warnings.added());
        let drawn = effect_picture(op, self, scale, Some(visible), budget)
            .filter(|(pixels, _)| pixels.rgba.chunks_exact(4).any(|pixel| pixel[3] > 0))
            .map(|(pixels, covered)| (Arc::new(pixels), covered));
        // Each page has its own warnings.
        if self.warnings.added() == warned
            && let Some(spent) = before.less(budget)
        {
            self.effects.keep(Kept::new(asked, drawn.clone(), spent));
        }
        drawn
    }

    /// How a run is drawn, with a warning when not all of it is.
    pub(crate) fn shape_of(&mut self, run: &GlyphRun) -> Option<RunShape> {
        let shape = RunShape::of(run)?;
        if run.glyphs.len() > self.limits.max_glyphs {
            self.warnings.add(
                "text",
                "glyphs beyond the limit of a run were left out (`max_glyphs`)",
            );
        }
        Some(shape)
    }
}

impl Rasterizer {
    /// A rasteriser with these settings.
    pub fn new(options: RasterOptions) -> Self {
        Self {
            background: options.background,
            shared: Shared::new(options.limits),
        }
    }

    /// Draws a page, stretched to `width` x `height` pixels.
    ///
    /// # Errors
    ///
    /// [`RenderError::TooManyPixels`] when a side is 0 or above 65535 or the page has more pixels than
    /// [`Limits::max_page_pixels`].
    pub fn page(&mut self, page: &Page, width: u32, height: u32) -> Result<Pixmap, RenderError> {
        let limit = self.shared.limits.max_page_pixels;
        let too_many = RenderError::TooManyPixels {
            page: page.number,
            width,
            height,
            limit,
        };
        let (Ok(w), Ok(h)) = (u16::try_from(width), u16::try_from(height)) else {
            return Err(too_many);
        };
        if w == 0 || h == 0 || u64::from(width) * u64::from(height) > limit {
            return Err(too_many);
        }
        self.shared.begin_page(page.number);
        let size = page_size(page);
        let base = Affine::scale_non_uniform(
            f64::from(width) / size.width,
            f64::from(height) / size.height,
        );
        let budget = &mut Budget::new(&self.shared.limits);
        let premultiplied = draw(
            &page.ops,
            &mut self.shared,
            base,
            (w, h),
            self.background,
            budget,
        );
        Ok(Pixmap {
            width,
            height,
            rgba: effect::straight(premultiplied),
        })
    }

    /// What was drawn differently so far.
    pub fn warnings(&self) -> &[Warning] {
        self.shared.warnings.list()
    }
}

/// An effect on a page, `current` leading from the coordinates in force to it.
fn asked(op: &EffectOp, current: Affine, page: kurbo::Size, dpi: f64) -> Asked<'_> {
    let whole = Rect::from_origin_size((0.0, 0.0), page);
    Asked {
        op,
        scale: scale_of(current) * sane_dpi(dpi) / 72.0,
        visible: current.inverse().transform_rect_bbox(whole),
    }
}

/// A resolution of pictures that can be drawn.
pub(crate) fn sane_dpi(dpi: f64) -> f64 {
    if dpi.is_finite() {
        dpi.clamp(10.0, 600.0)
    } else {
        150.0
    }
}

/// A page's size with sane sides, in points.
pub(crate) fn page_size(page: &Page) -> kurbo::Size {
    let side = |value: f64| {
        if value.is_finite() {
            value.clamp(1.0, 1e6)
        } else {
            720.0
        }
    };
    kurbo::Size::new(side(page.size.width), side(page.size.height))
}

/// Draws operations into premultiplied RGBA.
fn draw(
    ops: &[Op],
    shared: &mut Shared,
    base: Affine,
    size: (u16, u16),
    background: Option<Rgba>,
    budget: &mut Budget,
) -> Vec<u8> {
    // A fixed instruction set level: the widest one of each machine rounds differently.
    let settings = RenderSettings {
        level: vello_cpu::Level::baseline(),
        num_threads: 0,
    };
    let context = RenderContext::new_with(size.0, size.1, settings);
    let mut canvas = RasterCanvas {
        context,
        transforms: vec![base],
        shared,
        size,
        loaded: VecDeque::new(),
    };
    if let Some(color) = background {
        canvas.context.set_paint(color_of(color));
        canvas
            .context
            .fill_rect(&Rect::new(0.0, 0.0, f64::from(size.0), f64::from(size.1)));
    }
    let limits = canvas.shared.limits.clone();
    walk(ops, &mut canvas, &limits, budget);
    let RasterCanvas {
        mut context,
        shared,
        ..
    } = canvas;
    context.flush();
    let mut pixmap = vello_cpu::Pixmap::new(size.0, size.1);
    context.render(&mut pixmap, &mut shared.resources);
    pixmap.data_as_u8_slice().to_vec()
}

/// A raster effect drawn offscreen: its pixels and the box they fill, in the coordinates in force.
pub(crate) fn effect_picture(
    op: &EffectOp,
    shared: &mut Shared,
    scale: f64,
    visible: Option<Rect>,
    budget: &mut Budget,
) -> Option<(Pixels, Rect)> {
    let mut bounds = clean_rect(op.bounds)?;
    if let Some(visible) = visible {
        // What lies beyond the page is drawn only as far as it reaches in.
        bounds =
            bounds.intersect(visible.inflate(effect::reach(&op.kind), effect::reach(&op.kind)));
        bounds = clean_rect(bounds).filter(|_| bounds.width() > 0.0 && bounds.height() > 0.0)?;
    }
    let mut scale = scale.min(effect::useful_scale(&op.kind)).clamp(1e-3, 64.0);
    let area = bounds.area() * scale * scale;
    let most = shared.limits.max_effect_pixels.max(1) as f64;
    if area > most {
        scale *= (most / area).sqrt();
    }
    let longest = bounds.width().max(bounds.height()) * scale;
    if longest > 16_000.0 {
        scale *= 16_000.0 / longest;
    }
    let (width, height) = (
        (bounds.width() * scale).ceil().max(1.0),
        (bounds.height() * scale).ceil().max(1.0),
    );
    let pixels = (width * height) as u64;
    if pixels > budget.effect_pixels {
        shared.warnings.add(
            "effect",
            "effects beyond the page's allowance were left out (`max_page_effect_pixels`)",
        );
        return None;
    }
    budget.effect_pixels -= pixels;
    // The pixel grid covers the bounds, rounded up to whole pixels.
    let covered = Rect::new(
        bounds.x0,
        bounds.y0,
        bounds.x0 + width / scale,
        bounds.y0 + height / scale,
    );
    let base = Affine::scale(scale) * Affine::translate(-bounds.origin().to_vec2());
    let outlined = effect::is_of_outline(&op.kind).then(|| silhouette(&op.source));
    let premultiplied = draw(
        outlined.as_deref().unwrap_or(&op.source),
        shared,
        base,
        (width as u16, height as u16),
        None,
        budget,
    );
    let source = effect::Source {
        width: width as usize,
        height: height as usize,
        premultiplied: &premultiplied,
        scale,
        top: bounds.y0,
    };
    let rgba = effect::apply(&op.kind, &source);
    Some((
        Pixels {
            width: width as u32,
            height: height as u32,
            rgba,
            opaque: false,
        },
        covered,
    ))
}

/// Operations that cover what the given ones do, in whatever colour: pictures without holes need not be decoded.
fn silhouette(ops: &[Op]) -> Vec<Op> {
    ops.iter()
        .map(|op| {
            let Op::Image(image) = op else {
                return op.clone();
            };
            let (effects, alpha) = split_alpha(&image.effects);
            match place(image.dst, image.crop) {
                Some((_, seen)) if keep_alpha(effects) && is_surely_opaque(&image.image) => {
                    let alpha = clean_alpha(image.alpha * alpha);
                    let black = Rgba::BLACK.with_alpha((alpha * 255.0).round() as u8);
                    Op::Fill(
                        Arc::new(rect_path(seen)),
                        FillRule::NonZero,
                        Paint::Solid(black),
                    )
                }
                _ => op.clone(),
            }
        })
        .collect()
}

struct RasterCanvas<'a> {
    context: RenderContext,
    transforms: Vec<Affine>,
    shared: &'a mut Shared,
    size: (u16, u16),
    loaded: VecDeque<(Arc<Pixels>, Arc<vello_cpu::Pixmap>)>,
}

fn color_of(color: Rgba) -> AlphaColor<Srgb> {
    let [r, g, b, a] = bytes_of(color);
    AlphaColor::from_rgba8(r, g, b, a)
}

/// Colour and opacity are mixed apart from each other, as in PDF.
fn with_stops(gradient: peniko::Gradient, stops: &[GradientStop]) -> peniko::Gradient {
    let stops: Vec<ColorStop> = stops
        .iter()
        .map(|stop| ColorStop {
            offset: stop.offset,
            color: DynamicColor::from_alpha_color(color_of(stop.color)),
        })
        .collect();
    let mut gradient = gradient.with_stops(&stops[..]);
    gradient.interpolation_alpha_space = InterpolationAlphaSpace::Unpremultiplied;
    gradient
}

/// Pixels as the rasteriser takes them; `None` when a side is beyond what it takes.
fn loaded(pixels: Pixels) -> Option<Arc<vello_cpu::Pixmap>> {
    let (width, height) = (
        u16::try_from(pixels.width).ok()?,
        u16::try_from(pixels.height).ok()?,
    );
    let metadata = PixelMetadata::new(ImageAlphaType::Alpha, !pixels.opaque);
    Some(Arc::new(vello_cpu::Pixmap::from_parts(
        pixels.rgba,
        width,
        height,
        metadata,
    )))
}

fn paint_image(pixmap: Arc<vello_cpu::Pixmap>, sampler: ImageSampler) -> PaintImage {
    PaintImage {
        image: ImageSource::Pixmap(pixmap),
        sampler,
    }
}

fn fill_rule(rule: FillRule) -> peniko::Fill {
    match rule {
        FillRule::NonZero => peniko::Fill::NonZero,
        FillRule::EvenOdd => peniko::Fill::EvenOdd,
    }
}

/// Where the whole picture lies so that its cropped part fills `dst`, and what of it is seen. `None` for empty crops.
pub(crate) fn place(dst: Rect, crop: Rect) -> Option<(Rect, Rect)> {
    let dst = clean_rect(dst)?;
    if !(crop.width().is_finite() && crop.height().is_finite())
        || crop.width().abs() < 1e-6
        || crop.height().abs() < 1e-6
    {
        return None;
    }
    let (across, down) = (dst.width() / crop.width(), dst.height() / crop.height());
    let whole = clean_rect(Rect::new(
        dst.x0 - crop.x0 * across,
        dst.y0 - crop.y0 * down,
        dst.x0 + (1.0 - crop.x0) * across,
        dst.y0 + (1.0 - crop.y0) * down,
    ))?;
    let seen = whole.intersect(dst);
    (seen.width() > 0.0 && seen.height() > 0.0).then_some((whole, seen))
}

impl RasterCanvas<'_> {
    /// A glyph of a face that has some in colours.
    fn colored(&mut self, run: &GlyphRun, glyph: &Glyph, shape: &RunShape, paint: &Paint) {
        if !(glyph.x.abs() < 1e6 && glyph.y.abs() < 1e6) {
            return;
        }
        let place = shape.place(glyph.x, glyph.y);
        let layers =
            outlines::layers(&run.face, glyph.id).unwrap_or_else(|| vec![(glyph.id, None)]);
        for (layer, color) in layers {
            let Some(outline) = self.shared.outlines.get(&run.face, layer) else {
                continue;
            };
            let path = place * &*outline;
            let own = color.map(Paint::Solid);
            self.painted(own.as_ref().unwrap_or(paint), |context| {
                context.set_fill_rule(peniko::Fill::NonZero);
                context.fill_path(&path);
            });
        }
    }

    fn transform(&self) -> Affine {
        self.transforms.last().copied().unwrap_or(Affine::IDENTITY)
    }

    /// Pixels that a box in the coordinates in force takes on the page.
    fn pixels_of(&self, width: f64, height: f64, inner: Affine) -> (u32, u32) {
        let [a, b, c, d, ..] = (self.transform() * inner).as_coeffs();
        let side = |length: f64| {
            if length.is_finite() {
                length.abs().ceil().clamp(1.0, f64::from(MAX_PICTURE_SIDE)) as u32
            } else {
                1
            }
        };
        (side(width * a.hypot(b)), side(height * c.hypot(d)))
    }

    /// Sets the paint; false when there is nothing to paint. The flag tells that a clip was pushed for it.
    fn set_paint(&mut self, paint: &Paint) -> Option<bool> {
        self.context.reset_paint_transform();
        match paint {
            Paint::Solid(color) => {
                if color.a == 0 {
                    return None;
                }
                self.context.set_paint(color_of(*color));
            }
            Paint::Linear { .. } | Paint::Path { .. } => match analyse(paint)? {
                Gradient::Solid(color) => self.context.set_paint(color_of(color?)),
                Gradient::Linear { start, end, stops } => {
                    let gradient = peniko::Gradient::new_linear(start, end);
                    self.context.set_paint(with_stops(gradient, &stops));
                }
                Gradient::Ellipse {
                    bounds,
                    focus,
                    focus_radius,
                    stops,
                } => {
                    let gradient = peniko::Gradient::new_two_point_radial(
                        focus,
                        focus_radius as f32,
                        Point::ZERO,
                        1.0,
                    );
                    let to_bounds = Affine::translate(bounds.center().to_vec2())
                        * Affine::scale_non_uniform(bounds.width() / 2.0, bounds.height() / 2.0);
                    self.context.set_paint_transform(to_bounds);
                    self.context.set_paint(with_stops(gradient, &stops));
                }
                Gradient::Rect {
                    bounds,
                    focus,
                    stops,
                } => {
                    let (width, height) =
                        self.pixels_of(bounds.width(), bounds.height(), Affine::IDENTITY);
                    let pixels = nested_rects(
                        bounds,
                        focus,
                        &stops,
                        width.min(MAX_GRADIENT_SIDE),
                        height.min(MAX_GRADIENT_SIDE),
                    );
                    let scale = Affine::scale_non_uniform(
                        bounds.width() / f64::from(pixels.width),
                        bounds.height() / f64::from(pixels.height),
                    );
                    self.context
                        .set_paint_transform(Affine::translate(bounds.origin().to_vec2()) * scale);
                    self.context
                        .set_paint(paint_image(loaded(pixels)?, ImageSampler::default()));
                }
            },
            Paint::Image {
                image,
                transform,
                tile,
                alpha,
                effects,
            } => {
                let transform = clean_affine(*transform)?;
                let target = self.pixels_of(1.0, 1.0, transform);
                let pixels = self.shared.pictures.get(
                    image,
                    effects,
                    target,
                    &self.shared.limits,
                    &mut self.shared.warnings,
                )?;
                let extend = |flip: bool| {
                    if flip {
                        Extend::Reflect
                    } else {
                        Extend::Repeat
                    }
                };
                let (x_extend, y_extend) = match tile {
                    TileMode::None => (Extend::Pad, Extend::Pad),
                    TileMode::Repeat { flip_x, flip_y } => (extend(*flip_x), extend(*flip_y)),
                };
                let sampler = ImageSampler {
                    x_extend,
                    y_extend,
                    quality: ImageQuality::Medium,
                    alpha: clean_alpha(*alpha),
                };
                let paint = paint_image(self.load(&pixels)?, sampler);
                let clip = *tile == TileMode::None;
                if clip {
                    let unit = transform * rect_path(Rect::new(0.0, 0.0, 1.0, 1.0));
                    self.context.set_fill_rule(peniko::Fill::NonZero);
                    self.context.push_clip_path(&unit);
                }
                let unit = Affine::scale_non_uniform(
                    1.0 / f64::from(pixels.width),
                    1.0 / f64::from(pixels.height),
                );
                self.context.set_paint_transform(transform * unit);
                self.context.set_paint(paint);
                return Some(clip);
            }
            Paint::Pattern {
                foreground,
                background,
                bits,
            } => {
                let rgba = bits
                    .iter()
                    .flat_map(|row| {
                        (0..8).flat_map(move |x| {
                            bytes_of(if row & (0x80 >> x) == 0 {
                                *background
                            } else {
                                *foreground
                            })
                        })
                    })
                    .collect();
                let pixels = Pixels {
                    width: 8,
                    height: 8,
                    rgba,
                    opaque: foreground.a == 255 && background.a == 255,
                };
                // Cells smaller than a pixel are averaged: picking every other one would make bands.
                let (across, down) = self.pixels_of(6.0, 6.0, Affine::IDENTITY);
                let small = across < 8 || down < 8;
                let pixels = if small {
                    downscale(&pixels, across, down)
                } else {
                    pixels
                };
                let sampler = ImageSampler {
                    x_extend: Extend::Repeat,
                    y_extend: Extend::Repeat,
                    quality: if small {
                        ImageQuality::Medium
                    } else {
                        ImageQuality::Low
                    },
                    alpha: 1.0,
                };
                self.context.set_paint_transform(Affine::scale_non_uniform(
                    6.0 / f64::from(pixels.width),
                    6.0 / f64::from(pixels.height),
                ));
                self.context
                    .set_paint(paint_image(loaded(pixels)?, sampler));
            }
        }
        Some(false)
    }

    fn painted(&mut self, paint: &Paint, draw: impl FnOnce(&mut RenderContext)) {
        self.context.set_transform(self.transform());
        if let Some(clipped) = self.set_paint(paint) {
            draw(&mut self.context);
            if clipped {
                self.context.pop_clip();
            }
        }
        self.context.reset_paint_transform();
    }

    /// A picture of the cache as the rasteriser takes it, one copy however often it is drawn: the rasteriser keeps
    /// what it draws until its page ends.
    fn load(&mut self, pixels: &Arc<Pixels>) -> Option<Arc<vello_cpu::Pixmap>> {
        if let Some((_, known)) = self
            .loaded
            .iter()
            .find(|(source, _)| Arc::ptr_eq(source, pixels))
        {
            return Some(known.clone());
        }
        let pixmap = loaded(Pixels::clone(pixels))?;
        self.loaded.push_front((pixels.clone(), pixmap.clone()));
        self.loaded.truncate(LOADED_PICTURES);
        Some(pixmap)
    }

    /// Draws a picture over a box in the coordinates in force, of which `seen` is shown.
    fn picture(&mut self, pixmap: Arc<vello_cpu::Pixmap>, whole: Rect, seen: Rect, alpha: f32) {
        let sampler = ImageSampler {
            alpha,
            quality: ImageQuality::Medium,
            ..ImageSampler::default()
        };
        let scale = Affine::scale_non_uniform(
            whole.width() / f64::from(pixmap.width()),
            whole.height() / f64::from(pixmap.height()),
        );
        let paint = paint_image(pixmap, sampler);
        self.context.set_transform(self.transform());
        self.context
            .set_paint_transform(Affine::translate(whole.origin().to_vec2()) * scale);
        self.context.set_paint(paint);
        self.context.fill_rect(&seen);
        self.context.reset_paint_transform();
    }

    /// The page in the coordinates in force.
    fn visible(&self) -> Rect {
        self.transform().inverse().transform_rect_bbox(Rect::new(
            0.0,
            0.0,
            f64::from(self.size.0),
            f64::from(self.size.1),
        ))
    }
}

pub(crate) fn clean_alpha(alpha: f32) -> f32 {
    if alpha.is_nan() {
        1.0
    } else {
        alpha.clamp(0.0, 1.0)
    }
}

/// A rectangular gradient as pixels.
pub(crate) fn nested_rects(
    bounds: Rect,
    focus: Rect,
    stops: &[GradientStop],
    width: u32,
    height: u32,
) -> Pixels {
    let mut rgba = Vec::with_capacity(width as usize * height as usize * 4);
    // Per axis: 0 inside the focus, 1 at the border.
    let part = |value: f64, low: f64, focus_low: f64, focus_high: f64, high: f64| {
        if value < focus_low {
            (focus_low - value) / (focus_low - low).max(1e-9)
        } else if value > focus_high {
            (value - focus_high) / (high - focus_high).max(1e-9)
        } else {
            0.0
        }
    };
    for row in 0..height {
        let y = bounds.y0 + (f64::from(row) + 0.5) / f64::from(height) * bounds.height();
        let down = part(y, bounds.y0, focus.y0, focus.y1, bounds.y1);
        for column in 0..width {
            let x = bounds.x0 + (f64::from(column) + 0.5) / f64::from(width) * bounds.width();
            let across = part(x, bounds.x0, focus.x0, focus.x1, bounds.x1);
            rgba.extend(bytes_of(color_at(
                stops,
                down.max(across).clamp(0.0, 1.0) as f32,
            )));
        }
    }
    let opaque = stops.iter().all(|stop| stop.color.a == 255);
    Pixels {
        width,
        height,
        rgba,
        opaque,
    }
}

/// The colour at a position between stops.
pub(crate) fn color_at(stops: &[GradientStop], position: f32) -> Rgba {
    let (mut before, mut after) = (stops.first(), None);
    for stop in stops {
        if stop.offset <= position {
            before = Some(stop);
        } else {
            after = Some(stop);
            break;
        }
    }
    match (before, after) {
        (Some(before), Some(after)) if position > before.offset => {
            let part = (position - before.offset) / (after.offset - before.offset).max(1e-6);
            let mix =
                |a: u8, b: u8| (f32::from(a) + (f32::from(b) - f32::from(a)) * part + 0.5) as u8;
            let (a, b) = (before.color, after.color);
            Rgba {
                r: mix(a.r, b.r),
                g: mix(a.g, b.g),
                b: mix(a.b, b.b),
                a: mix(a.a, b.a),
            }
        }
        (Some(only), _) | (None, Some(only)) => only.color,
        (None, None) => Rgba::BLACK.with_alpha(0),
    }
}

impl Canvas for RasterCanvas<'_> {
    fn warnings(&mut self) -> &mut Warnings {
        &mut self.shared.warnings
    }

    fn push_transform(&mut self, affine: Affine) {
        self.transforms.push(self.transform() * affine);
    }

    fn pop_transform(&mut self) {
        if self.transforms.len() > 1 {
            self.transforms.pop();
        }
    }

    fn push_clip(&mut self, path: &BezPath, rule: FillRule) {
        self.context.set_transform(self.transform());
        self.context.set_fill_rule(fill_rule(rule));
        self.context.push_clip_path(path);
    }

    fn pop_clip(&mut self) {
        self.context.pop_clip();
    }

    fn push_layer(&mut self, alpha: f32, blend: BlendMode) {
        let mix = match blend {
            BlendMode::Normal => peniko::Mix::Normal,
            BlendMode::Multiply => peniko::Mix::Multiply,
            BlendMode::Screen => peniko::Mix::Screen,
            BlendMode::Darken => peniko::Mix::Darken,
            BlendMode::Lighten => peniko::Mix::Lighten,
        };
        self.context.push_layer(
            None,
            Some(peniko::BlendMode::new(mix, peniko::Compose::SrcOver)),
            Some(alpha),
            None,
            None,
        );
    }

    fn pop_layer(&mut self) {
        self.context.pop_layer();
    }

    fn fill(&mut self, path: &BezPath, rule: FillRule, paint: &Paint) {
        self.painted(paint, |context| {
            context.set_fill_rule(fill_rule(rule));
            context.fill_path(path);
        });
    }

    fn stroke(&mut self, path: &BezPath, style: &StrokeStyle, paint: &Paint) {
        let (mut stroke, solid) = clean_stroke(style, path, self.shared.limits.max_dashes);
        if solid {
            self.shared.warnings.add(
                "line",
                "a line with too many dashes was drawn solid (`max_dashes`)",
            );
        }
        // A hairline is one pixel wide, and so is what would vanish.
        let pixel = 1.0 / scale_of(self.transform()).max(1e-9);
        if stroke.width <= 0.0 {
            stroke.width = pixel;
        }
        self.painted(paint, |context| {
            context.set_stroke(stroke);
            context.stroke_path(path);
        });
    }

    fn text(&mut self, run: &GlyphRun, paint: &Paint) {
        let Some(shape) = self.shared.shape_of(run) else {
            return;
        };
        let glyphs: Vec<_> = run
            .glyphs
            .iter()
            .take(self.shared.limits.max_glyphs)
            .collect();
        if self.shared.outlines.is_colored(&run.face) {
            for glyph in glyphs {
                self.colored(run, glyph, &shape, paint);
            }
            return;
        }
        for chunk in glyphs.chunks(GLYPHS_PER_PATH) {
            let mut path = BezPath::new();
            for glyph in chunk {
                if !(glyph.x.abs() < 1e6 && glyph.y.abs() < 1e6) {
                    continue;
                }
                if let Some(outline) = self.shared.outlines.get(&run.face, glyph.id) {
                    let place = shape.place(glyph.x, glyph.y);
                    path.extend(outline.iter().map(|element| place * element));
                }
            }
            if path.elements().is_empty() {
                continue;
            }
            let stroke = (shape.embolden > 0.0)
                .then(|| kurbo::Stroke::new(shape.embolden).with_join(kurbo::Join::Miter));
            self.painted(paint, |context| {
                context.set_fill_rule(peniko::Fill::NonZero);
                context.fill_path(&path);
                if let Some(stroke) = stroke {
                    context.set_stroke(stroke);
                    context.stroke_path(&path);
                }
            });
        }
    }

    fn image(&mut self, image: &ImageOp) {
        let Some((whole, seen)) = place(image.dst, image.crop) else {
            return;
        };
        let target = self.pixels_of(whole.width(), whole.height(), Affine::IDENTITY);
        let painted = self
            .transform()
            .transform_rect_bbox(seen)
            .intersect(self.transform().transform_rect_bbox(self.visible()));
        let painted = painted.area().clamp(0.0, 1e12) as u64;
        let shared = &mut *self.shared;
        if !shared
            .pictures
            .may_paint(painted, &shared.limits, &mut shared.warnings)
        {
            return;
        }
        let pixels = shared.pictures.get(
            &image.image,
            &image.effects,
            target,
            &shared.limits,
            &mut shared.warnings,
        );
        if let Some(pixmap) = pixels.and_then(|pixels| self.load(&pixels)) {
            self.picture(pixmap, whole, seen, clean_alpha(image.alpha));
        }
    }

    fn effect(&mut self, op: &EffectOp, budget: &mut Budget) {
        let asked = Asked {
            op,
            scale: scale_of(self.transform()),
            visible: self.visible(),
        };
        if let Some((pixels, covered)) = self.shared.seen_effect(asked, budget)
            && let Some(pixmap) = self.load(&pixels)
        {
            self.picture(pixmap, covered, covered, 1.0);
        }
    }

    fn tag(&mut self, _tag: &Tag) {}

    fn end_tag(&mut self) {}
}

/// How a run's outlines are shaped; sane values only.
pub(crate) struct RunShape {
    pub(crate) size: f64,
    pub(crate) scale_x: f64,
    pub(crate) skew: f64,
    pub(crate) embolden: f64,
}

impl RunShape {
    /// `None` for runs that cannot be seen.
    pub(crate) fn of(run: &GlyphRun) -> Option<Self> {
        if !(run.size > 1e-3 && run.size < 1e5) || run.glyphs.is_empty() {
            return None;
        }
        let or = |value: f64, low: f64, high: f64, other: f64| {
            if value.is_finite() {
                value.clamp(low, high)
            } else {
                other
            }
        };
        let scale_x = or(run.scale_x, 0.01, 100.0, 1.0);
        Some(Self {
            size: run.size,
            scale_x,
            skew: or(run.skew, -2.0, 2.0, 0.0),
            embolden: or(run.embolden, 0.0, run.size, 0.0),
        })
    }

    /// From em, y up, to the coordinates in force.
    pub(crate) fn place(&self, x: f64, y: f64) -> Affine {
        Affine::new([
            self.size * self.scale_x,
            0.0,
            self.size * self.skew,
            -self.size,
            x,
            y,
        ])
    }
}

#[cfg(test)]
mod tests {
    use slides_fonts::{FontBook, Style};
    use slides_scene::{EffectKind, Op, PathGradient};

    use super::*;
    use crate::picture::samples;

    fn page(ops: Vec<Op>) -> Page {
        Page {
            size: kurbo::Size::new(100.0, 50.0),
            number: 1,
            language: None,
            title: None,
            ops,
            links: Vec::new(),
            motion: None,
        }
    }

    fn draw_page(ops: Vec<Op>) -> (Pixmap, Vec<Warning>) {
        let mut rasterizer = Rasterizer::new(RasterOptions::default());
        let pixmap = rasterizer.page(&page(ops), 200, 100).unwrap();
        (pixmap, rasterizer.warnings().to_vec())
    }

    fn rect(x0: f64, y0: f64, x1: f64, y1: f64) -> Arc<BezPath> {
        Arc::new(rect_path(Rect::new(x0, y0, x1, y1)))
    }

    fn fill(path: Arc<BezPath>, paint: Paint) -> Op {
        Op::Fill(path, FillRule::NonZero, paint)
    }

    fn at(pixmap: &Pixmap, x: u32, y: u32) -> [u8; 3] {
        let pixel = pixmap.pixel(x, y).unwrap();
        [pixel.r, pixel.g, pixel.b]
    }

    fn near(found: [u8; 3], wanted: [u8; 3], tolerance: u8) {
        assert!(
            found
                .iter()
                .zip(wanted)
                .all(|(a, b)| a.abs_diff(b) <= tolerance),
            "found {found:?}, wanted {wanted:?}"
        );
    }

    const RED: Rgba = Rgba::rgb(255, 0, 0);

    #[test]
    fn fills_follow_the_transform_and_clip() {
        let (pixmap, _) = draw_page(vec![
            Op::Push(Affine::translate((10.0, 10.0))),
            Op::Clip(rect(0.0, 0.0, 10.0, 100.0), FillRule::NonZero),
            fill(rect(0.0, 0.0, 20.0, 20.0), Paint::Solid(RED)),
            Op::PopClip,
            Op::Pop,
        ]);
        near(at(&pixmap, 30, 30), [255, 0, 0], 0);
        near(at(&pixmap, 50, 30), [255, 255, 255], 0);
        near(at(&pixmap, 15, 30), [255, 255, 255], 0);
    }

    #[test]
    fn gradients_mix_encoded_colours() {
        let stops = vec![
            GradientStop {
                offset: 0.0,
                color: Rgba::BLACK,
            },
            GradientStop {
                offset: 1.0,
                color: Rgba::WHITE,
            },
        ];
        let linear = Paint::Linear {
            start: Point::new(0.0, 0.0),
            end: Point::new(100.0, 0.0),
            stops: stops.clone(),
        };
        let (pixmap, _) = draw_page(vec![fill(rect(0.0, 0.0, 100.0, 50.0), linear)]);
        near(at(&pixmap, 100, 50), [128, 128, 128], 3);
        near(at(&pixmap, 50, 50), [64, 64, 64], 3);
        for kind in [PathGradient::Circle, PathGradient::Rect] {
            let paint = Paint::Path {
                kind,
                bounds: Rect::new(0.0, 0.0, 100.0, 50.0),
                focus: Rect::new(50.0, 25.0, 50.0, 25.0),
                stops: stops.clone(),
            };
            let (pixmap, _) = draw_page(vec![fill(rect(0.0, 0.0, 100.0, 50.0), paint)]);
            near(at(&pixmap, 100, 50), [0, 0, 0], 6);
            near(at(&pixmap, 150, 50), [128, 128, 128], 6);
            near(at(&pixmap, 198, 50), [252, 252, 252], 6);
        }
    }

    #[test]
    fn pictures_are_placed_cropped_and_tiled() {
        let image = samples::image("q", samples::quarters(64));
        let op = |crop| {
            Op::Image(Box::new(ImageOp {
                image: image.clone(),
                dst: Rect::new(0.0, 0.0, 50.0, 50.0),
                crop,
                alpha: 1.0,
                effects: Vec::new(),
                alt: None,
            }))
        };
        let (pixmap, warnings) = draw_page(vec![op(Rect::new(0.0, 0.0, 1.0, 1.0))]);
        near(at(&pixmap, 20, 20), [255, 0, 0], 0);
        near(at(&pixmap, 80, 20), [0, 255, 0], 0);
        near(at(&pixmap, 20, 80), [0, 0, 255], 0);
        assert!(warnings.is_empty());
        let (pixmap, _) = draw_page(vec![op(Rect::new(0.5, 0.0, 1.0, 0.5))]);
        near(at(&pixmap, 20, 80), [0, 255, 0], 0);
        let (pixmap, _) = draw_page(vec![op(Rect::new(-0.5, -0.5, 1.5, 1.5))]);
        near(at(&pixmap, 5, 5), [255, 255, 255], 0);
        near(at(&pixmap, 30, 30), [255, 0, 0], 0);
        let tiles = Paint::Image {
            image,
            transform: Affine::scale(20.0),
            tile: TileMode::Repeat {
                flip_x: false,
                flip_y: false,
            },
            alpha: 1.0,
            effects: Vec::new(),
        };
        let (pixmap, _) = draw_page(vec![fill(rect(0.0, 0.0, 100.0, 50.0), tiles)]);
        near(at(&pixmap, 170, 10), [255, 0, 0], 2);
        near(at(&pixmap, 190, 10), [0, 255, 0], 2);
    }

    #[test]
    fn pictures_beyond_the_pages_share_are_left_out() {
        let image = |name: &str| {
            let image = samples::image(name, samples::quarters(100));
            Op::Image(Box::new(ImageOp {
                image: Arc::new(slides_scene::Image {
                    width: 100,
                    height: 100,
                    ..(*image).clone()
                }),
                dst: Rect::new(0.0, 0.0, 50.0, 50.0),
                crop: Rect::new(0.0, 0.0, 1.0, 1.0),
                alpha: 1.0,
                effects: Vec::new(),
                alt: None,
            }))
        };
        let drawn = |limits: Limits, ops: Vec<Op>| {
            let mut rasterizer = Rasterizer::new(RasterOptions {
                limits,
                ..RasterOptions::default()
            });
            for _ in 0..2 {
                // The second page has a share of its own, whatever is cached.
                rasterizer.page(&page(ops.clone()), 100, 100).unwrap();
            }
            rasterizer.warnings().len()
        };
        let decoded = Limits {
            max_page_image_pixels: 20_000,
            ..Limits::default()
        };
        assert_eq!(
            drawn(decoded.clone(), vec![image("a"), image("a"), image("b")]),
            0
        );
        assert_eq!(drawn(decoded, vec![image("a"), image("b"), image("c")]), 1);
        let painted = Limits {
            max_page_painted_pixels: 60,
            ..Limits::default()
        };
        assert_eq!(drawn(painted, vec![image("a"); 40]), 1);
    }

    #[test]
    fn damaged_pictures_are_left_out_with_a_warning() {
        let image = samples::image("ppt/media/image1.png", b"no picture".to_vec());
        let op = ImageOp {
            image,
            dst: Rect::new(0.0, 0.0, 50.0, 50.0),
            crop: Rect::new(0.0, 0.0, 1.0, 1.0),
            alpha: 1.0,
            effects: Vec::new(),
            alt: None,
        };
        let (pixmap, warnings) = draw_page(vec![Op::Image(Box::new(op))]);
        near(at(&pixmap, 20, 20), [255, 255, 255], 0);
        assert_eq!(
            (warnings.len(), warnings[0].page, warnings[0].feature),
            (1, 1, "picture")
        );
        assert!(
            warnings[0].message.contains("image1.png"),
            "{}",
            warnings[0].message
        );
    }

    #[test]
    fn layers_mix_as_a_group() {
        let (pixmap, _) = draw_page(vec![
            Op::Layer {
                alpha: 0.5,
                blend: BlendMode::Normal,
            },
            fill(rect(0.0, 0.0, 50.0, 50.0), Paint::Solid(RED)),
            fill(rect(0.0, 0.0, 50.0, 50.0), Paint::Solid(Rgba::BLACK)),
            Op::PopLayer,
            fill(
                rect(50.0, 0.0, 100.0, 50.0),
                Paint::Solid(Rgba::rgb(128, 128, 128)),
            ),
            Op::Layer {
                alpha: 1.0,
                blend: BlendMode::Multiply,
            },
            fill(rect(50.0, 0.0, 100.0, 50.0), Paint::Solid(RED)),
            Op::PopLayer,
        ]);
        near(at(&pixmap, 50, 50), [128, 128, 128], 2);
        near(at(&pixmap, 150, 50), [128, 0, 0], 2);
    }

    #[test]
    fn patterns_repeat_every_six_points() {
        let paint = Paint::Pattern {
            foreground: RED,
            background: Rgba::WHITE,
            bits: [0xF0; 8],
        };
        let mut rasterizer = Rasterizer::new(RasterOptions::default());
        // 16 pixels to the tile.
        let pixmap = rasterizer
            .page(
                &page(vec![fill(rect(0.0, 0.0, 100.0, 50.0), paint)]),
                800,
                400,
            )
            .unwrap();
        for tile in 0..4 {
            near(at(&pixmap, tile * 48 + 10, 20), [255, 0, 0], 0);
            near(at(&pixmap, tile * 48 + 34, 20), [255, 255, 255], 0);
        }
    }

    #[test]
    fn a_picture_drawn_again_takes_no_more_memory() {
        let mut shared = Shared::new(Limits::default());
        let mut canvas = RasterCanvas {
            context: RenderContext::new(8, 8),
            transforms: Vec::new(),
            shared: &mut shared,
            size: (8, 8),
            loaded: VecDeque::new(),
        };
        let pixels = |red| {
            Arc::new(Pixels {
                width: 1,
                height: 1,
                rgba: vec![red, 0, 0, 255],
                opaque: true,
            })
        };
        let (one, other) = (pixels(1), pixels(2));
        let first = canvas.load(&one).unwrap();
        let second = canvas.load(&other).unwrap();
        assert!(Arc::ptr_eq(&first, &canvas.load(&one).unwrap()));
        assert!(!Arc::ptr_eq(&first, &second));
    }

    fn run_of(text: &str, x: f64, y: f64, size: f64) -> GlyphRun {
        let face = FontBook::bundled().select("Arial", Style::default()).face;
        crate::testing::run(&face, text, x, y, size, false)
    }

    fn ink(pixmap: &Pixmap) -> u64 {
        pixmap
            .rgba()
            .chunks_exact(4)
            .map(|pixel| 255 - u64::from(pixel[0]))
            .sum()
    }

    #[test]
    fn text_has_ink_at_its_baseline() {
        let (plain, _) = draw_page(vec![Op::Text(
            Arc::new(run_of("HHH", 10.0, 30.0, 20.0)),
            Paint::Solid(Rgba::BLACK),
        )]);
        assert!(ink(&plain) > 10_000);
        let row_ink = |row: u32| (0..200).filter(|&x| at(&plain, x, row)[0] < 128).count();
        assert!(
            row_ink(58) > 0 && row_ink(62) == 0,
            "letters stand on the baseline"
        );
        let mut bold = run_of("HHH", 10.0, 30.0, 20.0);
        bold.embolden = 1.0;
        let (bold, _) = draw_page(vec![Op::Text(Arc::new(bold), Paint::Solid(Rgba::BLACK))]);
        assert!(ink(&bold) > ink(&plain) * 11 / 10);
    }

    #[test]
    fn glyphs_in_colours_are_drawn_layer_by_layer() {
        let face = FontBook::bundled()
            .select("Segoe UI Emoji", Style::default())
            .face;
        let run = crate::testing::run(&face, "\u{1F534}\u{1F7E2}", 10.0, 40.0, 30.0, false);
        let (pixmap, _) = draw_page(vec![Op::Text(Arc::new(run), Paint::Solid(Rgba::BLACK))]);
        let count = |is: fn(&[u8]) -> bool| {
            pixmap
                .rgba()
                .chunks_exact(4)
                .filter(|pixel| is(pixel))
                .count()
        };
        let reds = count(|pixel| pixel[0] > 180 && pixel[1] < 80 && pixel[2] < 90);
        let greens = count(|pixel| pixel[1] > 150 && pixel[0] < 150 && pixel[2] < 120);
        assert!(reds > 1000 && greens > 1000, "{reds} red, {greens} green");
    }

    #[test]
    fn shadows_fall_around_their_shape() {
        let source = vec![fill(
            rect(30.0, 15.0, 70.0, 35.0),
            Paint::Solid(Rgba::BLACK),
        )];
        let kind = EffectKind::Shadow {
            color: RED.with_alpha(128),
            sigma: 2.0,
        };
        let (pixmap, _) = draw_page(vec![Op::Effect(Box::new(EffectOp {
            source,
            bounds: Rect::new(20.0, 5.0, 80.0, 45.0),
            kind,
        }))]);
        near(at(&pixmap, 100, 50), [255, 127, 127], 4);
        near(at(&pixmap, 60, 50), [255, 191, 191], 12);
        near(at(&pixmap, 40, 10), [255, 255, 255], 4);
    }

    #[test]
    fn sizes_are_held_against_the_limits() {
        let mut rasterizer = Rasterizer::new(RasterOptions {
            limits: Limits {
                max_page_pixels: 1000,
                ..Limits::default()
            },
            ..RasterOptions::default()
        });
        for (width, height) in [(0, 10), (70_000, 1), (100, 100)] {
            let error = rasterizer
                .page(&page(Vec::new()), width, height)
                .unwrap_err();
            assert!(error.to_string().contains("max_page_pixels"), "{error}");
        }
        assert!(rasterizer.page(&page(Vec::new()), 10, 10).is_ok());
    }

    #[test]
    fn hostile_geometry_is_survived() {
        let mut wild = BezPath::new();
        wild.move_to((f64::NAN, 0.0));
        wild.line_to((1e300, -1e300));
        wild.curve_to((0.0, 0.0), (f64::INFINITY, 3.0), (1e9, 1e9));
        wild.line_to((-1e9, 4.0));
        let wild = Arc::new(wild);
        let mut dashes = StrokeStyle::new(1e300);
        dashes.dashes = vec![1e-9, f64::NAN];
        let mut dotted = StrokeStyle::new(0.0);
        dotted.dashes = vec![0.001, 0.001];
        let mut run = run_of("abc", 1e300, f64::NAN, 20.0);
        run.scale_x = f64::NAN;
        run.glyphs[0].id = u32::MAX;
        let paint = || Paint::Linear {
            start: Point::new(f64::NAN, 0.0),
            end: Point::new(1.0, 1e300),
            stops: vec![GradientStop {
                offset: f32::NAN,
                color: RED,
            }],
        };
        let huge_effect = EffectOp {
            source: vec![fill(wild.clone(), Paint::Solid(RED))],
            bounds: Rect::new(-1e9, -1e9, 1e9, 1e9),
            kind: EffectKind::Blur { sigma: 1e9 },
        };
        let (pixmap, _) = draw_page(vec![
            fill(wild.clone(), paint()),
            Op::Stroke(wild.clone(), dashes, Paint::Solid(RED)),
            Op::Stroke(wild.clone(), dotted, Paint::Solid(RED)),
            Op::Text(Arc::new(run), paint()),
            Op::Clip(wild.clone(), FillRule::EvenOdd),
            Op::Push(Affine::scale(1e6)),
            fill(wild, Paint::Solid(RED)),
            Op::Effect(Box::new(huge_effect)),
            Op::Layer {
                alpha: f32::NAN,
                blend: BlendMode::Screen,
            },
        ]);
        assert_eq!((pixmap.width(), pixmap.height()), (200, 100));
    }

    #[cfg(feature = "png")]
    #[test]
    fn png_round_trip() {
        let (pixmap, _) = draw_page(vec![fill(rect(0.0, 0.0, 10.0, 10.0), Paint::Solid(RED))]);
        let bytes = crate::encode_png(&pixmap, crate::PngCompression::Fast, Some(144.0)).unwrap();
        let (again, _) =
            crate::picture::decode(&samples::image("p", bytes.clone()), &Limits::default())
                .unwrap();
        assert_eq!(again.rgba, pixmap.rgba());
        assert_eq!(
            bytes,
            crate::encode_png(&pixmap, crate::PngCompression::Fast, Some(144.0)).unwrap()
        );
    }
}
