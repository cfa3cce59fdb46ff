//! One page's operations as canvases, paths and brushes.
use std::fmt::Write;
use std::sync::Arc;

use kurbo::{Affine, BezPath, Point, Rect, Shape as _, Size};
use slides_scene::{
    BlendMode, EffectOp, FillRule, GlyphRun, GradientStop, ImageOp, Paint, PixelEffect, Rgba,
    StrokeStyle, Tag,
};

use super::Document;
use super::markup::{attribute, color, geometry, list, matrix, rect, rule as fill_rule};
use super::pictures::Held;
use crate::coded::Request;
use crate::error::Warnings;
use crate::geometry::{rect_path, scale_of};
use crate::paints::{Kind, PATTERN_SIDE, Special, Tiles};
use crate::picture::{Pixels, Shown, split_alpha};
use crate::raster::{clean_alpha, nested_rects};
use crate::svg::markup::number;
use crate::walk::{Budget, Canvas};

/// Width of a hairline in points: one pixel of a screen.
const HAIRLINE: f64 = 0.75;
/// Pixels a side of the picture that stands for a rectangular gradient.
const MAX_GRADIENT_SIDE: f64 = 512.0;

/// A paint as the format has it.
pub(super) enum Brush {
    Nothing,
    Plain(Rgba),
    /// An element of its own.
    Element(String),
    /// An element for a box, with a colour around it.
    Around(Rgba, Rect, String),
}

pub(super) struct FixedCanvas<'a> {
    pub(super) document: &'a mut Document,
    pub(super) out: &'a mut String,
    transforms: Vec<Affine>,
    /// Whether each open tag has an element.
    tags: Vec<bool>,
    page: Size,
    is_over: bool,
}

fn stops(out: &mut String, kind: &str, stops: &[GradientStop], map: impl Fn(f64) -> f64) {
    let _ = write!(out, "><{kind}.GradientStops>");
    for stop in stops {
        let _ = write!(
            out,
            "<GradientStop Color=\"{}\" Offset=\"",
            color(stop.color)
        );
        number(out, map(f64::from(clean_alpha(stop.offset))));
        out.push_str("\"/>");
    }
    let _ = write!(out, "</{kind}.GradientStops></{kind}>");
}

fn linear(start: Point, end: Point, colors: &[GradientStop]) -> Brush {
    let mut out = String::from("<LinearGradientBrush MappingMode=\"Absolute\"");
    list(&mut out, "StartPoint", &[start.x, start.y]);
    list(&mut out, "EndPoint", &[end.x, end.y]);
    stops(&mut out, "LinearGradientBrush", colors, |at| at);
    Brush::Element(out)
}

fn ellipse(bounds: Rect, focus: Point, focus_radius: f64, colors: &[GradientStop]) -> Brush {
    // The format begins with a point: one from which the rings grow into the inner one.
    let inner = focus_radius.clamp(0.0, 0.99);
    let origin = focus.to_vec2() / (1.0 - inner);
    let (across, down) = (bounds.width() / 2.0, bounds.height() / 2.0);
    let center = bounds.center();
    let mut out = String::from("<RadialGradientBrush MappingMode=\"Absolute\"");
    list(&mut out, "Center", &[center.x, center.y]);
    list(
        &mut out,
        "GradientOrigin",
        &[center.x + origin.x * across, center.y + origin.y * down],
    );
    list(&mut out, "RadiusX", &[across]);
    list(&mut out, "RadiusY", &[down]);
    stops(&mut out, "RadialGradientBrush", colors, |at| {
        inner + at * (1.0 - inner)
    });
    Brush::Element(out)
}

fn pattern(foreground: Rgba, background: Rgba, bars: &[Rect]) -> Brush {
    let tile = Rect::new(0.0, 0.0, PATTERN_SIDE, PATTERN_SIDE);
    let mut out = String::from("<VisualBrush TileMode=\"Tile\"");
    viewport(&mut out, tile, tile);
    out.push_str("><VisualBrush.Visual><Canvas>");
    if background.a > 0 {
        out.push_str("<Path Data=\"");
        geometry(&mut out, &rect_path(tile));
        let _ = write!(out, "\" Fill=\"{}\"/>", color(background));
    }
    if foreground.a > 0 && !bars.is_empty() {
        out.push_str("<Path Data=\"");
        for bar in bars {
            geometry(&mut out, &rect_path(*bar));
        }
        let _ = write!(out, "\" Fill=\"{}\"/>", color(foreground));
    }
    out.push_str("</Canvas></VisualBrush.Visual></VisualBrush>");
    Brush::Element(out)
}

/// What of a brush's content is drawn, and where.
fn viewport(out: &mut String, content: Rect, place: Rect) {
    rect(out, "Viewbox", content);
    out.push_str(" ViewboxUnits=\"Absolute\"");
    rect(out, "Viewport", place);
    out.push_str(" ViewportUnits=\"Absolute\"");
}

impl<'a> FixedCanvas<'a> {
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
        let most = self.document.shared.limits.max_document_bytes;
        self.is_over |= self.out.len() as u64 > most;
        !self.is_over
    }

    fn transform(&self) -> Affine {
        self.transforms.last().copied().unwrap_or(Affine::IDENTITY)
    }

    /// A paint as a brush.
    pub(super) fn brush(&mut self, paint: &Paint) -> Brush {
        match Kind::of(paint) {
            Kind::Nothing => Brush::Nothing,
            Kind::Solid(color) => Brush::Plain(color),
            Kind::Linear { start, end, stops } => linear(start, end, &stops),
            Kind::Ellipse {
                bounds,
                focus,
                focus_radius,
                stops,
            } => ellipse(bounds, focus, focus_radius, &stops),
            Kind::Special(Special::NestedRects {
                bounds,
                focus,
                stops,
            }) => self.nested_rects(bounds, focus, &stops),
            Kind::Pattern {
                foreground,
                background,
                bars,
            } => pattern(foreground, background, &bars),
            Kind::Special(Special::Picture(op, to_shape)) => {
                let (effects, own_alpha) = split_alpha(&op.effects);
                let tiles = Tiles {
                    image: &op.image,
                    effects,
                    alpha: clean_alpha(op.alpha) * own_alpha,
                    flip: (false, false),
                    to_shape,
                };
                self.tiles(&tiles, "None")
            }
            Kind::Tiles(tiles) => {
                let mode = match tiles.flip {
                    (false, false) => "Tile",
                    (true, false) => "FlipX",
                    (false, true) => "FlipY",
                    (true, true) => "FlipXY",
                };
                self.tiles(&tiles, mode)
            }
        }
    }

    fn tiles(&mut self, tiles: &Tiles<'_>, mode: &str) -> Brush {
        if tiles.alpha <= 0.0 {
            return Brush::Nothing;
        }
        let Some(held) = self.held(tiles.image, tiles.effects) else {
            return Brush::Nothing;
        };
        let ((width, height), unit) = tiles.in_points();
        let place = Rect::new(0.0, 0.0, width, height);
        Brush::Element(image_brush(&held, place, mode, tiles.alpha, unit))
    }

    /// A rectangular gradient as a picture, with its last colour around it.
    fn nested_rects(&mut self, bounds: Rect, focus: Rect, stops: &[GradientStop]) -> Brush {
        let scale = scale_of(self.transform()) * 2.0;
        let side = |length: f64| (length * scale).ceil().clamp(2.0, MAX_GRADIENT_SIDE) as u32;
        let (width, height) = (side(bounds.width()), side(bounds.height()));
        let pixels = nested_rects(bounds, focus, stops, width, height);
        let Some(held) = self.drawn(pixels) else {
            return Brush::Nothing;
        };
        let element = image_brush(&held, bounds, "None", 1.0, Affine::IDENTITY);
        match stops.last() {
            Some(last) if last.color.a == 255 => Brush::Around(last.color, bounds, element),
            _ => Brush::Element(element),
        }
    }

    fn held(&mut self, image: &slides_scene::Image, effects: &[PixelEffect]) -> Option<Held> {
        let request = Request::new(image, effects, None);
        let Document {
            pictures,
            shared,
            dialect,
            ..
        } = &mut *self.document;
        let held = pictures.get(&request, *dialect, &shared.limits, &mut shared.warnings)?;
        self.document.used.insert(held.name.clone());
        Some(held)
    }

    /// Pixels that were drawn for this place.
    fn drawn(&mut self, pixels: Pixels) -> Option<Held> {
        let Document {
            pictures, dialect, ..
        } = &mut *self.document;
        let held = pictures.pixels(pixels, *dialect)?;
        self.document.used.insert(held.name.clone());
        Some(held)
    }

    /// Opens a path and writes its geometry.
    fn path(&mut self, shape: &BezPath, rule: FillRule) {
        self.out.push_str("<Path Data=\"");
        fill_rule(self.out, rule);
        geometry(self.out, shape);
        self.out.push('"');
    }

    /// Fills a path that is in the coordinates in force.
    pub(super) fn fill_path(&mut self, shape: &BezPath, rule: FillRule, brush: &Brush) {
        match brush {
            Brush::Nothing => {}
            Brush::Plain(own) => {
                self.path(shape, rule);
                let _ = write!(self.out, " Fill=\"{}\"/>", color(*own));
            }
            Brush::Element(element) => {
                self.path(shape, rule);
                let _ = write!(self.out, "><Path.Fill>{element}</Path.Fill></Path>");
            }
            Brush::Around(around, bounds, element) => {
                // What the picture covers has no second edge.
                if !bounds
                    .inflate(1e-3, 1e-3)
                    .contains_rect(shape.bounding_box())
                {
                    self.path(shape, rule);
                    let _ = write!(self.out, " Fill=\"{}\"/>", color(*around));
                }
                self.path(shape, rule);
                let _ = write!(self.out, "><Path.Fill>{element}</Path.Fill></Path>");
            }
        }
    }

    /// A picture over a box, of which a part is seen.
    fn show(&mut self, held: &Held, place: Rect, seen: Rect, alpha: f32) {
        let element = image_brush(held, place, "None", alpha, Affine::IDENTITY);
        self.fill_path(
            &rect_path(seen),
            FillRule::EvenOdd,
            &Brush::Element(element),
        );
    }
}

fn image_brush(held: &Held, place: Rect, mode: &str, alpha: f32, to_shape: Affine) -> String {
    let mut out = String::from("<ImageBrush");
    attribute(&mut out, "ImageSource", &held.name);
    let (width, height) = (f64::from(held.size.0), f64::from(held.size.1));
    viewport(&mut out, Rect::new(0.0, 0.0, width, height), place);
    let _ = write!(out, " TileMode=\"{mode}\"");
    if alpha < 1.0 {
        list(&mut out, "Opacity", &[f64::from(alpha)]);
    }
    matrix(&mut out, "Transform", to_shape);
    out.push_str("/>");
    out
}

impl Canvas for FixedCanvas<'_> {
    fn warnings(&mut self) -> &mut Warnings {
        &mut self.document.shared.warnings
    }

    fn push_transform(&mut self, affine: Affine) {
        self.out.push_str("<Canvas");
        matrix(self.out, "RenderTransform", affine);
        self.out.push('>');
        self.transforms.push(self.transform() * affine);
    }

    fn pop_transform(&mut self) {
        if self.transforms.len() > 1 {
            self.transforms.pop();
            self.out.push_str("</Canvas>");
        }
    }

    fn push_clip(&mut self, shape: &BezPath, rule: FillRule) {
        self.out.push_str("<Canvas Clip=\"");
        fill_rule(self.out, rule);
        geometry(self.out, shape);
        self.out.push_str("\">");
    }

    fn pop_clip(&mut self) {
        self.out.push_str("</Canvas>");
    }

    fn push_layer(&mut self, alpha: f32, blend: BlendMode) {
        if blend != BlendMode::Normal {
            self.document.shared.warnings.add(
                "blend",
                "the format does not mix colours: what mixes with what lies below covers it",
            );
        }
        self.out.push_str("<Canvas");
        if alpha < 1.0 {
            list(self.out, "Opacity", &[f64::from(alpha)]);
        }
        self.out.push('>');
    }

    fn pop_layer(&mut self) {
        self.out.push_str("</Canvas>");
    }

    fn fill(&mut self, shape: &BezPath, rule: FillRule, paint: &Paint) {
        if self.has_room() {
            let brush = self.brush(paint);
            self.fill_path(shape, rule, &brush);
        }
    }

    fn stroke(&mut self, shape: &BezPath, style: &StrokeStyle, paint: &Paint) {
        if !self.has_room() {
            return;
        }
        let hairline = HAIRLINE / scale_of(self.transform()).max(1e-6);
        let stroke = self.document.shared.pen(style, shape, hairline);
        let brush = self.brush(paint);
        let (plain, element) = match &brush {
            Brush::Nothing => return,
            Brush::Plain(own) => (Some(*own), None),
            Brush::Element(element) => (None, Some(element)),
            // The picture reaches as far as the shape; its line may lie beyond.
            Brush::Around(around, ..) => (Some(*around), None),
        };
        self.path(shape, FillRule::EvenOdd);
        if let Some(plain) = plain {
            let _ = write!(self.out, " Stroke=\"{}\"", color(plain));
        }
        list(self.out, "StrokeThickness", &[stroke.width]);
        let cap = match stroke.start_cap {
            kurbo::Cap::Butt => None,
            kurbo::Cap::Round => Some("Round"),
            kurbo::Cap::Square => Some("Square"),
        };
        if let Some(cap) = cap {
            let _ = write!(
                self.out,
                " StrokeStartLineCap=\"{cap}\" StrokeEndLineCap=\"{cap}\" StrokeDashCap=\"{cap}\""
            );
        }
        match stroke.join {
            kurbo::Join::Miter => {
                list(self.out, "StrokeMiterLimit", &[stroke.miter_limit.max(1.0)]);
            }
            kurbo::Join::Round => self.out.push_str(" StrokeLineJoin=\"Round\""),
            kurbo::Join::Bevel => self.out.push_str(" StrokeLineJoin=\"Bevel\""),
        }
        if !stroke.dash_pattern.is_empty() {
            // In widths of the line, in pairs.
            let twice = if stroke.dash_pattern.len().is_multiple_of(2) {
                1
            } else {
                2
            };
            self.out.push_str(" StrokeDashArray=\"");
            for _ in 0..twice {
                for dash in &stroke.dash_pattern {
                    number(self.out, *dash / stroke.width);
                    self.out.push(' ');
                }
            }
            self.out.truncate(self.out.trim_end().len());
            self.out.push('"');
        }
        match element {
            Some(element) => {
                let _ = write!(self.out, "><Path.Stroke>{element}</Path.Stroke></Path>");
            }
            None => self.out.push_str("/>"),
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
        let Some(Shown { whole, seen, .. }) = Shown::of(op) else {
            return;
        };
        let (effects, own_alpha) = split_alpha(&op.effects);
        let alpha = clean_alpha(op.alpha) * own_alpha;
        if alpha <= 0.0 {
            return;
        }
        if let Some(held) = self.held(&op.image, effects) {
            let place = Rect::new(
                whole.x0 + held.part.x0 * whole.width(),
                whole.y0 + held.part.y0 * whole.height(),
                whole.x0 + held.part.x1 * whole.width(),
                whole.y0 + held.part.y1 * whole.height(),
            );
            self.show(&held, place, seen, alpha);
        }
    }

    fn effect(&mut self, op: &EffectOp, budget: &mut Budget) {
        if !self.has_room() {
            return;
        }
        let (current, page) = (self.transform(), self.page);
        let dpi = self.document.effect_dpi;
        let drawn = self.document.shared.effect(op, current, page, dpi, budget);
        let Some((pixels, covered)) = drawn else {
            return;
        };
        if let Some(held) = self.drawn(Arc::unwrap_or_clone(pixels)) {
            self.show(&held, covered, covered, 1.0);
        }
    }

    fn tag(&mut self, tag: &Tag) {
        let told = match tag {
            Tag::Figure(Some(alt)) if !alt.trim().is_empty() => {
                self.out.push_str("<Canvas");
                attribute(self.out, "AutomationProperties.Name", alt);
                self.out.push('>');
                true
            }
            _ => false,
        };
        self.tags.push(told);
    }

    fn end_tag(&mut self) {
        if self.tags.pop() == Some(true) {
            self.out.push_str("</Canvas>");
        }
    }
}
