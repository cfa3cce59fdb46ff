//! Whether anything on a page can be seen through, which PDF/A-1 forbids.
use kurbo::{Affine, BezPath};
use slides_scene::{
    BlendMode, EffectOp, FillRule, GlyphRun, Image, ImageOp, Page, Paint, PixelEffect, StrokeStyle,
    Tag,
};

use crate::error::Warnings;
use crate::picture;
use crate::raster::Shared;
use crate::walk::{Budget, Canvas, walk};

struct Probe<'a> {
    shared: &'a mut Shared,
    found: bool,
}

impl Probe<'_> {
    fn paint(&mut self, paint: &Paint) {
        self.found = self.found
            || match paint {
                Paint::Solid(color) => !matches!(color.a, 0 | 255),
                Paint::Linear { stops, .. } | Paint::Path { stops, .. } => {
                    stops.iter().any(|stop| stop.color.a != 255)
                }
                Paint::Pattern {
                    foreground,
                    background,
                    ..
                } => foreground.a != 255 || background.a != 255,
                Paint::Image {
                    image,
                    alpha,
                    effects,
                    ..
                } => *alpha < 1.0 || self.shows_through(image, effects),
            };
    }

    /// Whether a picture has pixels that are not opaque.
    fn shows_through(&self, image: &Image, effects: &[PixelEffect]) -> bool {
        let sized = Some((64, 64));
        picture::prepare(image, effects, sized, &self.shared.limits)
            .is_ok_and(|(pixels, _)| !pixels.opaque)
    }
}

impl Canvas for Probe<'_> {
    fn warnings(&mut self) -> &mut Warnings {
        &mut self.shared.warnings
    }
    fn push_transform(&mut self, _: Affine) {}
    fn pop_transform(&mut self) {}
    fn push_clip(&mut self, _: &BezPath, _: FillRule) {}
    fn pop_clip(&mut self) {}
    fn push_layer(&mut self, alpha: f32, blend: BlendMode) {
        self.found |= alpha < 1.0 || blend != BlendMode::Normal;
    }
    fn pop_layer(&mut self) {}
    fn fill(&mut self, _: &BezPath, _: FillRule, paint: &Paint) {
        self.paint(paint);
    }
    fn stroke(&mut self, _: &BezPath, _: &StrokeStyle, paint: &Paint) {
        self.paint(paint);
    }
    fn text(&mut self, _: &GlyphRun, paint: &Paint) {
        // Text of other paints is there twice, once unseen.
        self.found |= !matches!(paint, Paint::Solid(color) if matches!(color.a, 0 | 255));
        self.paint(paint);
    }
    fn image(&mut self, image: &ImageOp) {
        self.found =
            self.found || image.alpha < 1.0 || self.shows_through(&image.image, &image.effects);
    }
    fn effect(&mut self, _: &EffectOp, _: &mut Budget) {
        self.found = true;
    }
    fn tag(&mut self, _: &Tag) {}
    fn end_tag(&mut self) {}
}

/// Whether a page needs what PDF/A-1 forbids.
pub(super) fn is_translucent(page: &Page, shared: &mut Shared) -> bool {
    let limits = shared.limits.clone();
    let mut probe = Probe {
        shared,
        found: false,
    };
    walk(&page.ops, &mut probe, &limits, &mut Budget::new(&limits));
    probe.found
}
