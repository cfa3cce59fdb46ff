//! One page's operations as SVG elements.
use std::fmt::Write;
use std::sync::Arc;

use kurbo::{Affine, BezPath, Rect, Size};
use slides_scene::{
    BlendMode, EffectOp, FillRule, GlyphRun, GradientStop, ImageOp, Paint, PixelEffect, Rgba,
    StrokeStyle, Tag,
};

use super::Document;
use super::markup::{color, escape, number, numbers, path, transform};
use super::pictures::Held;
use crate::coded::Request;
use crate::error::Warnings;
use crate::geometry::{rect_path, scale_of};
use crate::paints::{Kind, PATTERN_SIDE, Special, Tiles};
use crate::picture::{Shown, pixels_needed, split_alpha};
use crate::raster::{clean_alpha, nested_rects};
use crate::walk::{Budget, Canvas};

/// Width of a hairline in points: one pixel of a screen.
const HAIRLINE: f64 = 0.75;
/// Pixels a side of the picture that stands for a rectangular gradient.
const MAX_GRADIENT_SIDE: f64 = 512.0;

/// A paint as SVG has it, or what has to be done instead.
pub(super) enum Ink {
    Nothing,
    /// A value of `fill` or `stroke`, and its opacity.
    Plain(String, f32),
    /// Drawn through the shape as a clip.
    Clipped(Special),
}

pub(super) struct SvgCanvas<'a> {
    pub(super) document: &'a mut Document,
    pub(super) out: &'a mut String,
    transforms: Vec<Affine>,
    /// Whether each open tag has an element.
    tags: Vec<bool>,
    page: Size,
    is_over: bool,
}

/// ` name="alpha"` for what is not opaque.
fn opacity(out: &mut String, name: &str, alpha: f32) {
    if alpha < 1.0 {
        numbers(out, &[(name, f64::from(alpha))]);
    }
}

fn alpha_of(color: Rgba) -> f32 {
    f32::from(color.a) / 255.0
}

impl<'a> SvgCanvas<'a> {
    pub(super) fn new(document: &'a mut Document, out: &'a mut String, page: Size) -> Self {
        Self {
            document,
            out,
            transforms: vec![Affine::IDENTITY],
            tags: Vec::new(),
            page,
            is_over: false,
        }
    }

    /// Whether something was left out because the page passed its size.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// Whether more may be written.
    pub(super) fn has_room(&mut self) -> bool {
        self.is_over |= self.out.len() as u64 > self.document.options.limits.max_document_bytes;
        !self.is_over
    }

    pub(super) fn transform(&self) -> Affine {
        self.transforms.last().copied().unwrap_or(Affine::IDENTITY)
    }

    fn stops(&mut self, stops: &[GradientStop]) {
        for stop in stops {
            self.out.push_str("<stop");
            numbers(self.out, &[("offset", f64::from(clean_alpha(stop.offset)))]);
            let _ = write!(self.out, " stop-color=\"{}\"", color(stop.color));
            opacity(self.out, "stop-opacity", alpha_of(stop.color));
            self.out.push_str("/>");
        }
    }

    /// A paint as an attribute's value; what it needs is written before the element that uses it.
    pub(super) fn ink(&mut self, paint: &Paint) -> Ink {
        match Kind::of(paint) {
            Kind::Nothing => Ink::Nothing,
            Kind::Solid(solid) => Ink::Plain(color(solid), alpha_of(solid)),
            Kind::Linear { start, end, stops } => {
                let id = self.document.id();
                let _ = write!(
                    self.out,
                    "<linearGradient id=\"{id}\" gradientUnits=\"userSpaceOnUse\""
                );
                numbers(
                    self.out,
                    &[
                        ("x1", start.x),
                        ("y1", start.y),
                        ("x2", end.x),
                        ("y2", end.y),
                    ],
                );
                self.out.push('>');
                self.stops(&stops);
                self.out.push_str("</linearGradient>");
                Ink::Plain(format!("url(#{id})"), 1.0)
            }
            Kind::Ellipse {
                bounds,
                focus,
                focus_radius,
                stops,
            } => {
                let id = self.document.id();
                let _ = write!(
                    self.out,
                    "<radialGradient id=\"{id}\" gradientUnits=\"userSpaceOnUse\" cx=\"0\" cy=\"0\" r=\"1\""
                );
                numbers(
                    self.out,
                    &[("fx", focus.x), ("fy", focus.y), ("fr", focus_radius)],
                );
                let to_bounds = Affine::translate(bounds.center().to_vec2())
                    * Affine::scale_non_uniform(bounds.width() / 2.0, bounds.height() / 2.0);
                transform(self.out, "gradientTransform", to_bounds);
                self.out.push('>');
                self.stops(&stops);
                self.out.push_str("</radialGradient>");
                Ink::Plain(format!("url(#{id})"), 1.0)
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
        let id = self.document.id();
        let _ = write!(
            self.out,
            "<pattern id=\"{id}\" patternUnits=\"userSpaceOnUse\" width=\"{PATTERN_SIDE}\" height=\"{PATTERN_SIDE}\"><g shape-rendering=\"crispEdges\">"
        );
        if background.a > 0 {
            let _ = write!(
                self.out,
                "<path d=\"M0 0H6V6H0Z\" fill=\"{}\"",
                color(background)
            );
            opacity(self.out, "fill-opacity", alpha_of(background));
            self.out.push_str("/>");
        }
        if foreground.a > 0 {
            self.out.push_str("<path d=\"");
            for bar in bars {
                self.out.push('M');
                number(self.out, bar.x0);
                self.out.push(' ');
                number(self.out, bar.y0);
                let (width, cell) = (bar.width(), bar.height());
                let _ = write!(self.out, "h{width}v{cell}h-{width}z");
            }
            let _ = write!(self.out, "\" fill=\"{}\"", color(foreground));
            opacity(self.out, "fill-opacity", alpha_of(foreground));
            self.out.push_str("/>");
        }
        self.out.push_str("</g></pattern>");
        Ink::Plain(format!("url(#{id})"), 1.0)
    }

    fn held(
        &mut self,
        image: &slides_scene::Image,
        effects: &[PixelEffect],
        target: Option<(u32, u32)>,
        seen: Rect,
    ) -> Option<Held> {
        let mut request = Request::new(image, effects, target);
        if self.document.options.cut_pictures {
            request = request.cut_to(seen);
        }
        let Document {
            pictures,
            options,
            shared,
            ..
        } = &mut *self.document;
        pictures.get(&request, options, self.out, &mut shared.warnings)
    }

    /// A picture of the document over a box in the coordinates in force.
    fn use_picture(&mut self, held: &Held, dst: Rect, mirror: Affine, alpha: f32) {
        let _ = write!(self.out, "<use xlink:href=\"#{}\"", held.id);
        let place = mirror
            * Affine::translate(dst.origin().to_vec2())
            * Affine::scale_non_uniform(
                dst.width() / f64::from(held.size.0.max(1)),
                dst.height() / f64::from(held.size.1.max(1)),
            );
        transform(self.out, "transform", place);
        opacity(self.out, "opacity", alpha);
        self.out.push_str("/>");
    }

    fn tiles(&mut self, tiles: &Tiles<'_>) -> Ink {
        let whole = Rect::new(0.0, 0.0, 1.0, 1.0);
        let target = pixels_needed(
            self.document.options.max_image_dpi,
            self.transform() * tiles.to_shape,
            whole,
        );
        let Some(held) = self.held(tiles.image, tiles.effects, target, whole) else {
            return Ink::Nothing;
        };
        let ((width, height), unit) = tiles.in_points();
        let flip = tiles.flip;
        let copies = |mirrored: bool| if mirrored { 2_u8 } else { 1 };
        let id = self.document.id();
        let _ = write!(
            self.out,
            "<pattern id=\"{id}\" patternUnits=\"userSpaceOnUse\""
        );
        numbers(
            self.out,
            &[
                ("width", width * f64::from(copies(flip.0))),
                ("height", height * f64::from(copies(flip.1))),
            ],
        );
        transform(self.out, "patternTransform", unit);
        self.out.push('>');
        for column in 0..copies(flip.0) {
            for row in 0..copies(flip.1) {
                let side = |mirrored: bool, length: f64| {
                    if mirrored {
                        (-1.0, length * 2.0)
                    } else {
                        (1.0, 0.0)
                    }
                };
                let ((across, x), (down, y)) = (side(column == 1, width), side(row == 1, height));
                let mirror = Affine::new([across, 0.0, 0.0, down, x, y]);
                self.use_picture(&held, Rect::new(0.0, 0.0, width, height), mirror, 1.0);
            }
        }
        self.out.push_str("</pattern>");
        Ink::Plain(format!("url(#{id})"), tiles.alpha)
    }

    /// A clip path; gives its name.
    fn clip(&mut self, shape: &BezPath, rule: FillRule) -> String {
        let id = self.document.id();
        let _ = write!(self.out, "<clipPath id=\"{id}\"><path d=\"");
        path(self.out, shape);
        self.out.push('"');
        if rule == FillRule::EvenOdd {
            self.out.push_str(" clip-rule=\"evenodd\"");
        }
        self.out.push_str("/></clipPath>");
        id
    }

    pub(super) fn fill_clipped(&mut self, shape: &BezPath, rule: FillRule, special: &Special) {
        let id = self.clip(shape, rule);
        let _ = write!(self.out, "<g clip-path=\"url(#{id})\">");
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
        self.out.push_str("</g>");
    }

    /// A rectangular gradient as a picture, with its last colour around it.
    fn nested_rects(&mut self, bounds: Rect, focus: Rect, stops: &[GradientStop]) {
        let scale = scale_of(self.transform()) * 2.0;
        let side = |length: f64| (length * scale).ceil().clamp(2.0, MAX_GRADIENT_SIDE) as u32;
        let pixels = nested_rects(
            bounds,
            focus,
            stops,
            side(bounds.width()),
            side(bounds.height()),
        );
        let Document {
            pictures, options, ..
        } = &mut *self.document;
        let Some(held) = pictures.pixels(pixels, options, self.out) else {
            return;
        };
        if let Some(last) = stops.last().filter(|stop| stop.color.a == 255) {
            let far = bounds.inflate(bounds.width() * 4.0, bounds.height() * 4.0);
            self.out.push_str("<path d=\"");
            path(self.out, &rect_path(far));
            let _ = write!(self.out, "\" fill=\"{}\"/>", color(last.color));
        }
        self.use_picture(&held, bounds, Affine::IDENTITY, 1.0);
    }

    /// Fills a path that is in the coordinates in force.
    pub(super) fn fill_path(&mut self, shape: &BezPath, rule: FillRule, ink: &Ink, bold: f64) {
        match ink {
            Ink::Nothing => {}
            Ink::Plain(value, alpha) => {
                self.out.push_str("<path d=\"");
                path(self.out, shape);
                let _ = write!(self.out, "\" fill=\"{value}\"");
                opacity(self.out, "fill-opacity", *alpha);
                if rule == FillRule::EvenOdd {
                    self.out.push_str(" fill-rule=\"evenodd\"");
                }
                self.bold(value, bold);
                self.out.push_str("/>");
            }
            Ink::Clipped(special) => self.fill_clipped(shape, rule, special),
        }
    }

    /// The stroke of a synthetic bold.
    pub(super) fn bold(&mut self, value: &str, width: f64) {
        if width > 0.0 {
            let _ = write!(self.out, " stroke=\"{value}\"");
            numbers(self.out, &[("stroke-width", width)]);
        }
    }
}

impl Canvas for SvgCanvas<'_> {
    fn warnings(&mut self) -> &mut Warnings {
        &mut self.document.shared.warnings
    }

    fn push_transform(&mut self, affine: Affine) {
        self.out.push_str("<g");
        transform(self.out, "transform", affine);
        self.out.push('>');
        self.transforms.push(self.transform() * affine);
    }

    fn pop_transform(&mut self) {
        if self.transforms.len() > 1 {
            self.transforms.pop();
            self.out.push_str("</g>");
        }
    }

    fn push_clip(&mut self, shape: &BezPath, rule: FillRule) {
        let id = self.clip(shape, rule);
        let _ = write!(self.out, "<g clip-path=\"url(#{id})\">");
    }

    fn pop_clip(&mut self) {
        self.out.push_str("</g>");
    }

    fn push_layer(&mut self, alpha: f32, blend: BlendMode) {
        self.out.push_str("<g");
        opacity(self.out, "opacity", alpha);
        let mode = match blend {
            BlendMode::Normal => "",
            BlendMode::Multiply => "multiply",
            BlendMode::Screen => "screen",
            BlendMode::Darken => "darken",
            BlendMode::Lighten => "lighten",
        };
        if !mode.is_empty() {
            let _ = write!(self.out, " style=\"mix-blend-mode:{mode}\"");
        }
        self.out.push('>');
    }

    fn pop_layer(&mut self) {
        self.out.push_str("</g>");
    }

    fn fill(&mut self, shape: &BezPath, rule: FillRule, paint: &Paint) {
        if self.has_room() {
            let ink = self.ink(paint);
            self.fill_path(shape, rule, &ink, 0.0);
        }
    }

    fn stroke(&mut self, shape: &BezPath, style: &StrokeStyle, paint: &Paint) {
        if !self.has_room() {
            return;
        }
        let hairline = HAIRLINE / scale_of(self.transform()).max(1e-6);
        let stroke = self.document.shared.pen(style, shape, hairline);
        match self.ink(paint) {
            Ink::Nothing => {}
            Ink::Plain(value, alpha) => {
                self.out.push_str("<path d=\"");
                path(self.out, shape);
                let _ = write!(self.out, "\" fill=\"none\" stroke=\"{value}\"");
                opacity(self.out, "stroke-opacity", alpha);
                numbers(self.out, &[("stroke-width", stroke.width)]);
                match stroke.start_cap {
                    kurbo::Cap::Butt => {}
                    kurbo::Cap::Round => self.out.push_str(" stroke-linecap=\"round\""),
                    kurbo::Cap::Square => self.out.push_str(" stroke-linecap=\"square\""),
                }
                match stroke.join {
                    kurbo::Join::Miter => {
                        numbers(
                            self.out,
                            &[("stroke-miterlimit", stroke.miter_limit.max(1.0))],
                        );
                    }
                    kurbo::Join::Round => self.out.push_str(" stroke-linejoin=\"round\""),
                    kurbo::Join::Bevel => self.out.push_str(" stroke-linejoin=\"bevel\""),
                }
                if !stroke.dash_pattern.is_empty() {
                    self.out.push_str(" stroke-dasharray=\"");
                    for dash in &stroke.dash_pattern {
                        number(self.out, *dash);
                        self.out.push(' ');
                    }
                    self.out.push('"');
                }
                self.out.push_str("/>");
            }
            Ink::Clipped(special) => {
                let outline =
                    kurbo::stroke(shape.iter(), &stroke, &kurbo::StrokeOpts::default(), 0.05);
                self.fill_clipped(&outline, FillRule::NonZero, &special);
            }
        }
    }

    fn text(&mut self, run: &GlyphRun, paint: &Paint) {
        if self.has_room() {
            super::text::draw(self, run, paint);
        }
    }

    fn image(&mut self, op: &ImageOp) {
        if !self.has_room() {
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
        let target = pixels_needed(self.document.options.max_image_dpi, self.transform(), whole);
        let Some(held) = self.held(&op.image, effects, target, part) else {
            return;
        };
        let dst = Rect::new(
            whole.x0 + held.part.x0 * whole.width(),
            whole.y0 + held.part.y0 * whole.height(),
            whole.x0 + held.part.x1 * whole.width(),
            whole.y0 + held.part.y1 * whole.height(),
        );
        // Only what sticks out has to be clipped away.
        let sticks_out = |a: f64, b: f64, side: f64| (a - b).abs() > side * 1e-4;
        let clipped = sticks_out(dst.width(), seen.width(), dst.width())
            || sticks_out(dst.height(), seen.height(), dst.height());
        if clipped {
            let id = self.clip(&rect_path(seen), FillRule::NonZero);
            let _ = write!(self.out, "<g clip-path=\"url(#{id})\">");
        }
        self.use_picture(&held, dst, Affine::IDENTITY, alpha);
        if clipped {
            self.out.push_str("</g>");
        }
    }

    fn effect(&mut self, op: &EffectOp, budget: &mut Budget) {
        if !self.has_room() {
            return;
        }
        let (current, page) = (self.transform(), self.page);
        let dpi = self.document.options.effect_dpi;
        let drawn = self.document.shared.effect(op, current, page, dpi, budget);
        let Some((pixels, covered)) = drawn else {
            return;
        };
        let Document {
            pictures, options, ..
        } = &mut *self.document;
        if let Some(held) = pictures.pixels(Arc::unwrap_or_clone(pixels), options, self.out) {
            self.use_picture(&held, covered, Affine::IDENTITY, 1.0);
        }
    }

    fn tag(&mut self, tag: &Tag) {
        let told = match tag {
            Tag::Figure(Some(alt)) if !alt.trim().is_empty() => {
                self.out.push_str("<g role=\"img\" aria-label=\"");
                escape(self.out, alt);
                self.out.push_str("\">");
                true
            }
            _ => false,
        };
        self.tags.push(told);
    }

    fn end_tag(&mut self) {
        if self.tags.pop() == Some(true) {
            self.out.push_str("</g>");
        }
    }
}
