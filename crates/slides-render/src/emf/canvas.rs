//! One page's operations as records.
use std::sync::Arc;

use kurbo::{Affine, BezPath, Rect, Shape as _, Size};
use slides_scene::{
    BlendMode, EffectKind, EffectOp, FillRule, GlyphRun, ImageOp, Op, Paint, StrokeStyle, Tag,
};

use super::gradient::Steps;
use super::records::Records;
use super::smooth::fewer;
use crate::error::Warnings;
use crate::geometry::{rect_path, scale_of};
use crate::outlines;
use crate::paints::Kind;
use crate::picture::Pixels;
use crate::raster::{RunShape, Shared, effect_picture, sane_dpi};
use crate::walk::{Budget, Canvas};

/// Width of a hairline in points: one pixel of a screen.
const HAIRLINE: f64 = 0.75;
/// Glyphs of one path.
const GLYPHS_PER_PATH: usize = 256;
/// The source as it is.
pub(super) const AS_IT_IS: EffectKind = EffectKind::Blur { sigma: 0.0 };

pub(super) struct EmfCanvas<'a> {
    pub(super) shared: &'a mut Shared,
    pub(super) records: Records,
    transforms: Vec<Affine>,
    page: Size,
    dpi: f64,
    /// What pictures of the page may still cost.
    budget: Budget,
    is_over: bool,
}

impl<'a> EmfCanvas<'a> {
    pub(super) fn new(shared: &'a mut Shared, records: Records, page: Size, dpi: f64) -> Self {
        let budget = Budget::new(&shared.limits);
        Self {
            shared,
            records,
            transforms: vec![Affine::IDENTITY],
            page,
            dpi: sane_dpi(dpi),
            budget,
            is_over: false,
        }
    }

    /// Whether something was left out because the file passed its size.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    fn has_room(&mut self) -> bool {
        self.is_over |= self.records.len() as u64 > self.shared.limits.max_document_bytes;
        !self.is_over
    }

    fn transform(&self) -> Affine {
        self.transforms.last().copied().unwrap_or(Affine::IDENTITY)
    }

    fn page(&self) -> Rect {
        Rect::from_origin_size((0.0, 0.0), self.page)
    }

    /// Draws operations as a picture over a box of the page: those in the coordinates in force, of which `bounds` says
    /// where they are seen on the page.
    fn as_picture(&mut self, ops: Vec<Op>, bounds: Rect) {
        let bounds = bounds.intersect(self.page());
        if bounds.width() <= 0.0 || bounds.height() <= 0.0 {
            return;
        }
        let mut source = vec![Op::Push(self.transform())];
        source.extend(ops);
        source.push(Op::Pop);
        let op = EffectOp {
            source,
            bounds,
            kind: AS_IT_IS,
        };
        let scale = self.dpi / 72.0;
        let visible = Some(self.page());
        let drawn = effect_picture(&op, self.shared, scale, visible, &mut self.budget);
        let Some((pixels, covered)) = drawn else {
            return;
        };
        if let Some((pixels, covered)) = trimmed(&pixels, covered) {
            self.records.picture(&fewer(pixels), covered);
        }
    }

    /// What an opaque picture over a box of the page takes.
    fn picture_bytes(&self, seen: Rect) -> f64 {
        let scale = self.dpi / 72.0;
        seen.area() * scale * scale * 3.0
    }

    /// Fills a path that is in the coordinates in force.
    fn fill_path(&mut self, shape: &BezPath, rule: FillRule, paint: &Paint) {
        let current = self.transform();
        let kind = Kind::of(paint);
        let color = match kind {
            Kind::Nothing => return,
            Kind::Solid(color) => Some(color),
            _ => None,
        };
        match color {
            Some(color) if color.a == 255 => self.records.fill(shape, current, rule, color),
            _ => {
                let seen = (current * shape).bounding_box().intersect(self.page());
                if seen.width() <= 0.0 || seen.height() <= 0.0 {
                    return;
                }
                self.records.clip(shape, current, rule);
                if let Some(color) = color {
                    let pixel = Pixels::new(1, 1, vec![color.r, color.g, color.b, color.a]);
                    self.records.picture(&pixel, seen.expand());
                } else if let Some(steps) = Steps::of(&kind, seen, self.picture_bytes(seen)) {
                    steps.draw(&mut self.records, seen, current);
                } else {
                    // The whole box, so that the picture has no edge but the path's.
                    let wide = seen.inflate(1.0, 1.0);
                    let all = rect_path(current.inverse().transform_rect_bbox(wide));
                    let ops = vec![Op::Fill(Arc::new(all), FillRule::NonZero, paint.clone())];
                    self.as_picture(ops, seen);
                }
                self.records.restore();
            }
        }
    }

    fn outlines(&mut self, run: &GlyphRun, shape: &RunShape, paint: &Paint) {
        let most = self.shared.limits.max_glyphs;
        let glyphs = run.glyphs.get(..most).unwrap_or(&run.glyphs);
        for part in glyphs.chunks(GLYPHS_PER_PATH) {
            let mut all = BezPath::new();
            for glyph in part {
                if !(glyph.x.abs() < 1e6 && glyph.y.abs() < 1e6) {
                    continue;
                }
                if let Some(outline) = self.shared.outlines.get(&run.face, glyph.id) {
                    let place = shape.place(glyph.x, glyph.y);
                    all.extend(outline.iter().map(|element| place * element));
                }
            }
            if all.elements().is_empty() || !self.has_room() {
                continue;
            }
            self.fill_path(&all, FillRule::NonZero, paint);
            if shape.embolden > 0.0 {
                let stroke = kurbo::Stroke::new(shape.embolden);
                let edge = kurbo::stroke(all.iter(), &stroke, &kurbo::StrokeOpts::default(), 0.05);
                self.fill_path(&edge, FillRule::NonZero, paint);
            }
        }
    }

    /// Glyphs of a face that has some in colours, layer by layer.
    fn colored(&mut self, run: &GlyphRun, shape: &RunShape, paint: &Paint) {
        let most = self.shared.limits.max_glyphs;
        for glyph in run.glyphs.iter().take(most) {
            if !(glyph.x.abs() < 1e6 && glyph.y.abs() < 1e6) {
                continue;
            }
            let place = shape.place(glyph.x, glyph.y);
            let layers =
                outlines::layers(&run.face, glyph.id).unwrap_or_else(|| vec![(glyph.id, None)]);
            for (layer, own) in layers {
                let outline = self.shared.outlines.get(&run.face, layer);
                let Some(outline) = outline.filter(|_| self.has_room()) else {
                    continue;
                };
                let own = own.map(Paint::Solid);
                let paint = own.as_ref().unwrap_or(paint);
                self.fill_path(&(place * &*outline), FillRule::NonZero, paint);
            }
        }
    }
}

/// Without rows and columns of which nothing is seen; `None` where nothing is left.
fn trimmed(pixels: &Pixels, place: Rect) -> Option<(Pixels, Rect)> {
    let (width, height) = (pixels.width, pixels.height);
    let seen = |x: u32, y: u32| {
        let at = (y as usize * width as usize + x as usize) * 4 + 3;
        pixels.rgba.get(at).is_some_and(|alpha| *alpha > 0)
    };
    let row = |y: &u32| (0..width).any(|x| seen(x, *y));
    let (top, bottom) = ((0..height).find(row)?, (0..height).rev().find(row)?);
    let column = |x: &u32| (top..=bottom).any(|y| seen(*x, y));
    let (left, right) = ((0..width).find(column)?, (0..width).rev().find(column)?);
    let (across, down) = (
        place.width() / f64::from(width),
        place.height() / f64::from(height),
    );
    let place = Rect::new(
        place.x0 + f64::from(left) * across,
        place.y0 + f64::from(top) * down,
        place.x0 + f64::from(right + 1) * across,
        place.y0 + f64::from(bottom + 1) * down,
    );
    let part = pixels.part(left, top, right + 1, bottom + 1);
    Some((Pixels::new(part.width, part.height, part.rgba), place))
}

impl Canvas for EmfCanvas<'_> {
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

    fn push_clip(&mut self, shape: &BezPath, rule: FillRule) {
        self.records.clip(shape, self.transform(), rule);
    }

    fn pop_clip(&mut self) {
        self.records.restore();
    }

    // Layers that are not drawn as they are come as effects.
    fn push_layer(&mut self, _alpha: f32, _blend: BlendMode) {}

    fn pop_layer(&mut self) {}

    fn fill(&mut self, shape: &BezPath, rule: FillRule, paint: &Paint) {
        if self.has_room() {
            self.fill_path(shape, rule, paint);
        }
    }

    fn stroke(&mut self, shape: &BezPath, style: &StrokeStyle, paint: &Paint) {
        if !self.has_room() {
            return;
        }
        let scale = scale_of(self.transform()).max(1e-6);
        let stroke = self.shared.pen(style, shape, HAIRLINE / scale);
        let tolerance = 0.02 / scale;
        let outline = kurbo::stroke(
            shape.iter(),
            &stroke,
            &kurbo::StrokeOpts::default(),
            tolerance,
        );
        self.fill_path(&outline, FillRule::NonZero, paint);
    }

    fn text(&mut self, run: &GlyphRun, paint: &Paint) {
        let Some(shape) = self.shared.shape_of(run) else {
            return;
        };
        if self.shared.outlines.is_colored(&run.face) {
            self.colored(run, &shape, paint);
        } else {
            self.outlines(run, &shape, paint);
        }
    }

    fn image(&mut self, op: &ImageOp) {
        if self.has_room() {
            let seen = self.transform().transform_rect_bbox(op.dst);
            self.as_picture(vec![Op::Image(Box::new(op.clone()))], seen);
        }
    }

    fn effect(&mut self, op: &EffectOp, budget: &mut Budget) {
        if !self.has_room() {
            return;
        }
        let reach = crate::effect::reach(&op.kind);
        let seen = self
            .transform()
            .transform_rect_bbox(op.bounds.inflate(reach, reach));
        // One allowance for all that is drawn.
        self.budget.operations = self.budget.operations.min(budget.operations);
        self.as_picture(vec![Op::Effect(Box::new(op.clone()))], seen);
        budget.operations = self.budget.operations;
    }

    fn tag(&mut self, _tag: &Tag) {}

    fn end_tag(&mut self) {}
}
