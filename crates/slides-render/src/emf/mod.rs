//! Pages as EMF: paths in opaque colours, text as outlines, gradients in steps, and pictures of what the format has no
//! means for (opacity, effects), drawn by the rasteriser and clipped by the paths themselves.
//!
//! Plain EMF, which every reader knows. Its text could name a face of the reader's machine alone, and the layout hangs
//! on the faces that it was made with: so text is drawn.

mod canvas;
mod gradient;
mod records;
mod smooth;
#[cfg(test)]
mod tests;

use kurbo::{Affine, Rect, Shape as _};
use slides_scene::{BlendMode, EffectOp, FillRule, Op, Page, Rgba};

use crate::error::{RenderError, Warning};
use crate::geometry::{clean_affine, rect_path};
use crate::limits::Limits;
use crate::raster::{Shared, page_size};
use crate::walk::{Budget, walk};

use canvas::{AS_IT_IS, EmfCanvas};
use records::Records;

/// Settings of an [`EmfWriter`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EmfOptions {
    /// Resolution in dots per inch of pictures.
    pub dpi: f64,
    /// Limits.
    pub limits: Limits,
}

impl Default for EmfOptions {
    fn default() -> Self {
        Self {
            dpi: 150.0,
            limits: Limits::default(),
        }
    }
}

/// Writes pages as EMF files. Keeps glyph outlines and pictures from page to page, so use one for a deck (or one for
/// each thread).
#[derive(Debug)]
pub struct EmfWriter {
    shared: Shared,
    dpi: f64,
}

impl EmfWriter {
    /// A writer with these settings.
    pub fn new(options: EmfOptions) -> Self {
        Self {
            shared: Shared::new(options.limits),
            dpi: options.dpi,
        }
    }

    /// The file of a page, stretched to `width` x `height` pixels at 96 dots to the inch; the same page and size give
    /// the same bytes.
    ///
    /// # Errors
    ///
    /// [`RenderError::TooManyPixels`] when a side is 0 or above 65535, [`RenderError::TooManyBytes`] when the file
    /// passes [`Limits::max_document_bytes`].
    pub fn page(&mut self, page: &Page, width: u32, height: u32) -> Result<Vec<u8>, RenderError> {
        let limits = self.shared.limits.clone();
        if !(1..=65_535).contains(&width) || !(1..=65_535).contains(&height) {
            return Err(RenderError::TooManyPixels {
                page: page.number,
                width,
                height,
                limit: limits.max_page_pixels,
            });
        }
        self.shared.begin_page(page.number);
        let size = page_size(page);
        let mut records = Records::new(size, (width, height));
        let whole = rect_path(Rect::from_origin_size((0.0, 0.0), size));
        records.fill(&whole, Affine::IDENTITY, FillRule::NonZero, Rgba::WHITE);
        let mut canvas = EmfCanvas::new(&mut self.shared, records, size, self.dpi);
        let ops = with_layers_as_effects(&page.ops);
        walk(&ops, &mut canvas, &limits, &mut Budget::new(&limits));
        let is_over = canvas.is_over();
        let bytes = canvas.records.finish();
        // The file's size is a number of 32 bits.
        let most = limits.max_document_bytes.min(u64::from(u32::MAX));
        if is_over || bytes.len() as u64 > most {
            return Err(RenderError::TooManyBytes {
                page: page.number,
                limit: most,
            });
        }
        if page.ops.iter().any(mixes) {
            self.shared.warnings.add(
                "blend",
                "the format does not mix colours: what mixes with what lies below covers it",
            );
        }
        Ok(bytes)
    }

    /// What was drawn differently so far.
    pub fn warnings(&self) -> &[Warning] {
        self.shared.warnings.list()
    }
}

fn mixes(op: &Op) -> bool {
    matches!(op, Op::Layer { blend, .. } if *blend != BlendMode::Normal)
}

/// Groups that are drawn as a whole, as effects that change nothing: the rasteriser draws them.
fn with_layers_as_effects(ops: &[Op]) -> Vec<Op> {
    let mut out = Vec::with_capacity(ops.len());
    let mut at = 0;
    while let Some(op) = ops.get(at) {
        at += 1;
        let Op::Layer { alpha, blend } = op else {
            out.push(op.clone());
            continue;
        };
        if *alpha >= 1.0 && *blend == BlendMode::Normal {
            out.push(op.clone());
            continue;
        }
        let mut depth = 1;
        let length = ops.iter().skip(at).position(|op| {
            match op {
                Op::Layer { .. } => depth += 1,
                Op::PopLayer => depth -= 1,
                _ => {}
            }
            depth == 0
        });
        let content = match length {
            Some(length) => ops.get(at..at + length),
            None => ops.get(at..),
        };
        let content = content.unwrap_or_default();
        at += content.len() + usize::from(length.is_some());
        let Some(bounds) = bounds(content) else {
            continue;
        };
        let mut source = vec![Op::Layer {
            alpha: *alpha,
            blend: BlendMode::Normal,
        }];
        source.extend_from_slice(content);
        source.push(Op::PopLayer);
        out.push(Op::Effect(Box::new(EffectOp {
            source,
            bounds,
            kind: AS_IT_IS,
        })));
    }
    out
}

/// A box that holds what operations draw.
fn bounds(ops: &[Op]) -> Option<Rect> {
    let mut transforms = vec![Affine::IDENTITY];
    let mut all: Option<Rect> = None;
    for op in ops {
        let current = transforms.last().copied().unwrap_or(Affine::IDENTITY);
        let own = match op {
            Op::Push(affine) => {
                let clean = clean_affine(*affine).unwrap_or(Affine::IDENTITY);
                transforms.push(current * clean);
                continue;
            }
            Op::Pop => {
                if transforms.len() > 1 {
                    transforms.pop();
                }
                continue;
            }
            Op::Fill(path, ..) => path.bounding_box(),
            Op::Stroke(path, style, _) => {
                // A sharp corner reaches as far as its limit.
                let reach = style.width.max(1.0) * style.miter_limit.clamp(1.0, 1000.0);
                path.bounding_box().inflate(reach, reach)
            }
            Op::Text(run, _) => {
                let reach = run.size * 2.0;
                let boxes = run.glyphs.iter().map(|glyph| {
                    Rect::new(glyph.x, glyph.y, glyph.x + glyph.advance.max(0.0), glyph.y)
                        .inflate(reach, reach)
                });
                match boxes.reduce(|a, b| a.union(b)) {
                    Some(text) => text,
                    None => continue,
                }
            }
            Op::Image(image) => image.dst,
            Op::Effect(effect) => {
                let reach = crate::effect::reach(&effect.kind);
                effect.bounds.inflate(reach, reach)
            }
            _ => continue,
        };
        let own = current.transform_rect_bbox(own);
        all = Some(all.map_or(own, |all| all.union(own)));
    }
    all
}
