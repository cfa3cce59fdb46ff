//! Pictures: crop, outline, pixel changes, metafiles (ECMA-376 part 1, 20.1.8.14 and 19.3.1.37).

use std::sync::Arc;

use kurbo::Rect;
use slides_ooxml::model::{BlipFill, BlipMode, PictureRef};
use slides_scene::{FillRule, ImageData, ImageFormat, ImageOp, Op, Rgba};

use crate::context::SlideContext;
use crate::fill::{inset, stretch};
use crate::geometry::Outline;
use crate::raster::{self, Kind};
use crate::recolor::{PixelChanges, pixel_changes};

/// What a picture drew.
pub(crate) struct DrawnPicture {
    /// Operations in the shape's frame.
    pub ops: Vec<Op>,
    /// Whether every pixel of its box is covered, as far as the format tells.
    pub opaque: bool,
}

/// Draws a picture into its outline; none when there is nothing to draw.
pub(crate) fn draw(
    cx: &SlideContext<'_>,
    blip: &BlipFill,
    outline: &Outline,
    bounds: Rect,
    placeholder: Option<Rgba>,
    alt: Option<&str>,
) -> Option<DrawnPicture> {
    if bounds.width() <= 0.0 || bounds.height() <= 0.0 {
        return None;
    }
    let Some(picture) = choose(blip) else {
        cx.warn("picture", "a picture outside the file is not fetched");
        return None;
    };
    let shown = match &blip.mode {
        BlipMode::Stretch(rect) => inset(bounds, *rect),
        BlipMode::Tile(_) => bounds,
    };
    let PixelChanges {
        effects,
        alpha,
        blur,
    } = pixel_changes(cx, &blip.effects, placeholder);
    let mut ops = Vec::new();
    let mut opaque = false;
    // Other outlines than the box clip the picture.
    let clip = clip_path(outline, bounds);
    let bytes = cx.parts.media(&picture.part);
    if bytes.as_deref().map(raster::sniff) == Some(Kind::Metafile) {
        let whole = stretch(shown, blip.crop)?.transform_rect_bbox(Rect::new(0.0, 0.0, 1.0, 1.0));
        let drawn = crate::metafile::draw(cx, &picture.part, bytes.as_deref()?, whole)?;
        if !effects.is_empty() || blur.is_some() {
            cx.warn("picture effect", "pixel changes of a metafile are left out");
        }
        use kurbo::Shape as _;
        ops.push(Op::Clip(Arc::new(shown.to_path(0.1)), FillRule::NonZero));
        if alpha < 1.0 {
            ops.push(Op::Layer {
                alpha,
                blend: slides_scene::BlendMode::Normal,
            });
        }
        ops.extend(drawn);
        if alpha < 1.0 {
            ops.push(Op::PopLayer);
        }
        ops.push(Op::PopClip);
    } else if matches!(blip.mode, BlipMode::Tile(_)) {
        let paint = crate::fill::paint(
            cx,
            &slides_ooxml::model::Fill::Blip(Box::new(blip.clone())),
            &crate::fill::PaintFrame {
                placeholder,
                ..crate::fill::PaintFrame::new(bounds)
            },
        )?;
        use kurbo::Shape as _;
        ops.push(Op::Fill(
            Arc::new(bounds.to_path(0.1)),
            FillRule::NonZero,
            paint,
        ));
    } else {
        let image = cx
            .image(picture)
            .or_else(|| match (&blip.picture, &blip.svg) {
                // The raster picture is damaged; its vector twin may not be.
                (Some(_), Some(svg)) => cx.image(svg),
                _ => None,
            })?;
        opaque = matches!(
            image.data,
            ImageData::Encoded {
                format: ImageFormat::Jpeg,
                ..
            }
        ) && effects.is_empty()
            && blur.is_none();
        let crop = blip.crop;
        let crop = Rect::new(crop.left, crop.top, 1.0 - crop.right, 1.0 - crop.bottom);
        if !(crop.is_finite()
            && crop.x1 > crop.x0
            && crop.y1 > crop.y0
            && crop.width() < 1000.0
            && crop.height() < 1000.0)
        {
            return None;
        }
        let image = Op::Image(Box::new(ImageOp {
            image,
            dst: shown,
            crop,
            alpha,
            effects,
            alt: alt.map(str::to_owned),
        }));
        ops.push(match blur {
            Some((radius, grow)) => crate::effect::blurred(vec![image], shown, radius, grow),
            None => image,
        });
    }
    if let Some(path) = clip {
        ops.insert(0, Op::Clip(path, FillRule::NonZero));
        ops.push(Op::PopClip);
    }
    Some(DrawnPicture { ops, opaque })
}

/// The raster picture where there is one, else its vector twin.
fn choose(blip: &BlipFill) -> Option<&PictureRef> {
    blip.picture.as_ref().or(blip.svg.as_ref())
}

fn clip_path(outline: &Outline, bounds: Rect) -> Option<Arc<kurbo::BezPath>> {
    use kurbo::Shape as _;
    let filled: Vec<_> = outline
        .parts
        .iter()
        .filter(|p| p.fill != slides_ooxml::model::PathFill::None)
        .collect();
    let [first, rest @ ..] = filled.as_slice() else {
        return None;
    };
    let is_box = rest.is_empty() && first.path.elements().len() <= 6 && {
        let area = first.path.area().abs();
        (area - bounds.area()).abs() <= 1e-6 * bounds.area().max(1.0)
    };
    if is_box {
        return None;
    }
    if rest.is_empty() {
        return Some(first.path.clone());
    }
    let mut all = kurbo::BezPath::new();
    for part in &filled {
        all.extend(part.path.iter());
    }
    Some(Arc::new(all))
}
