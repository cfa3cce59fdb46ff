//! Fills to paints: solid, gradient, pattern, picture and group fills (ECMA-376 part 1, 20.1.8).

use kurbo::{Affine, Rect};
use slides_ooxml::model::{BlipFill, BlipMode, Fill, RectAlign, RelativeRect, Tile, TileFlip};
use slides_scene::{Paint, Rgba, TileMode};

use crate::context::SlideContext;
use crate::points;
use crate::recolor::{PixelChanges, pixel_changes};

/// Where a fill goes.
#[derive(Clone, Copy)]
pub(crate) struct PaintFrame<'a> {
    /// The shape's box in the frame the paint is used in.
    pub bounds: Rect,
    /// What `phClr` stands for.
    pub placeholder: Option<Rgba>,
    /// Clockwise degrees from the page to this frame, for fills that keep the page's direction.
    pub rotation: f64,
    /// The enclosing group's fill, for `a:grpFill`.
    pub group: Option<&'a GroupFill<'a>>,
    /// From this frame to the page.
    pub to_page: Affine,
}

impl PaintFrame<'_> {
    /// A frame without rotation, group or placeholder colour.
    pub(crate) fn new(bounds: Rect) -> Self {
        Self {
            bounds,
            placeholder: None,
            rotation: 0.0,
            group: None,
            to_page: Affine::IDENTITY,
        }
    }
}

/// The fill of a group with the box it spans.
pub(crate) struct GroupFill<'a> {
    /// The group's own fill.
    pub fill: &'a Fill,
    /// The group's box in its own frame.
    pub bounds: Rect,
    /// From the group's frame to the page.
    pub to_page: Affine,
    /// The next group outward, when this one's fill is `a:grpFill` too.
    pub outer: Option<&'a GroupFill<'a>>,
}

/// The paint of `fill`; none when nothing is painted.
pub(crate) fn paint(cx: &SlideContext<'_>, fill: &Fill, frame: &PaintFrame<'_>) -> Option<Paint> {
    match fill {
        Fill::None => None,
        Fill::Solid(color) => {
            let color = cx.color(color, frame.placeholder);
            (color.a > 0).then_some(Paint::Solid(color))
        }
        Fill::Gradient(gradient) => crate::gradient::paint(cx, gradient, frame),
        Fill::Pattern(pattern) => {
            let foreground = pattern
                .foreground
                .as_ref()
                .map_or(Rgba::BLACK, |c| cx.color(c, frame.placeholder));
            let background = pattern
                .background
                .as_ref()
                .map_or(Rgba::WHITE, |c| cx.color(c, frame.placeholder));
            if pattern.preset.is_empty() {
                // As decks are written by programs that set the colours later.
                return Some(Paint::Solid(background));
            }
            if let Some(bits) = crate::pattern::bits(&pattern.preset) {
                return Some(Paint::Pattern {
                    foreground,
                    background,
                    bits,
                });
            }
            cx.warn(
                "pattern",
                format!(
                    "pattern `{}` is not known, its foreground is painted",
                    pattern.preset
                ),
            );
            Some(Paint::Solid(foreground))
        }
        Fill::Blip(blip) => blip_paint(cx, blip, frame),
        Fill::Group => group_paint(cx, frame),
    }
}

fn group_paint(cx: &SlideContext<'_>, frame: &PaintFrame<'_>) -> Option<Paint> {
    let mut group = frame.group?;
    while matches!(group.fill, Fill::Group) {
        group = group.outer?;
    }
    let own = PaintFrame {
        placeholder: frame.placeholder,
        to_page: group.to_page,
        ..PaintFrame::new(group.bounds)
    };
    let paint = paint(cx, group.fill, &own)?;
    if frame.to_page.determinant().abs() < 1e-12 {
        return Some(paint);
    }
    Some(transformed(paint, frame.to_page.inverse() * group.to_page))
}

/// A paint moved into another frame.
pub(crate) fn transformed(paint: Paint, by: Affine) -> Paint {
    match paint {
        Paint::Linear { start, end, stops } => Paint::Linear {
            start: by * start,
            end: by * end,
            stops,
        },
        Paint::Path {
            kind,
            bounds,
            focus,
            stops,
        } => Paint::Path {
            kind,
            bounds: by.transform_rect_bbox(bounds),
            focus: by.transform_rect_bbox(focus),
            stops,
        },
        Paint::Image {
            image,
            transform,
            tile,
            alpha,
            effects,
        } => Paint::Image {
            image,
            transform: by * transform,
            tile,
            alpha,
            effects,
        },
        other => other,
    }
}

/// `rect` with relative insets taken off.
pub(crate) fn inset(rect: Rect, by: RelativeRect) -> Rect {
    Rect::new(
        rect.x0 + by.left * rect.width(),
        rect.y0 + by.top * rect.height(),
        rect.x1 - by.right * rect.width(),
        rect.y1 - by.bottom * rect.height(),
    )
}

fn blip_paint(cx: &SlideContext<'_>, blip: &BlipFill, frame: &PaintFrame<'_>) -> Option<Paint> {
    let picture = blip.picture.as_ref().or(blip.svg.as_ref())?;
    let image = cx.image(picture)?;
    let PixelChanges {
        effects,
        alpha,
        blur,
    } = pixel_changes(cx, &blip.effects, frame.placeholder);
    if blur.is_some() {
        cx.warn("picture effect", "the blur of a picture fill is left out");
    }
    let (transform, tile) = match &blip.mode {
        BlipMode::Stretch(rect) => {
            let shown = inset(frame.bounds, *rect);
            (stretch(shown, blip.crop)?, TileMode::None)
        }
        BlipMode::Tile(tile) => {
            let dpi = crate::raster::dpi(&image);
            let size = (
                f64::from(image.width) * 72.0 / dpi.0,
                f64::from(image.height) * 72.0 / dpi.1,
            );
            (
                tile_transform(frame.bounds, size, tile)?,
                tile_mode(tile.flip),
            )
        }
    };
    Some(Paint::Image {
        image,
        transform,
        tile,
        alpha,
        effects,
    })
}

/// From the unit square to where the whole picture lies, so that its cropped part fills `shown`.
pub(crate) fn stretch(shown: Rect, crop: RelativeRect) -> Option<Affine> {
    let (cw, ch) = (1.0 - crop.left - crop.right, 1.0 - crop.top - crop.bottom);
    if !(cw.abs() > 1e-6 && ch.abs() > 1e-6 && cw.is_finite() && ch.is_finite()) {
        return None;
    }
    let (w, h) = (shown.width() / cw, shown.height() / ch);
    Some(Affine::new([
        w,
        0.0,
        0.0,
        h,
        shown.x0 - crop.left * w,
        shown.y0 - crop.top * h,
    ]))
}

fn tile_transform(bounds: Rect, size: (f64, f64), tile: &Tile) -> Option<Affine> {
    let (w, h) = (size.0 * tile.sx.abs(), size.1 * tile.sy.abs());
    // A tile far below a pixel would be painted millions of times.
    if !(w.is_finite() && h.is_finite() && w >= 0.1 && h >= 0.1) {
        return None;
    }
    let (fx, fy) = align_fractions(tile.align);
    let x = bounds.x0 + fx * (bounds.width() - w) + points(tile.tx);
    let y = bounds.y0 + fy * (bounds.height() - h) + points(tile.ty);
    Some(Affine::new([w, 0.0, 0.0, h, x, y]))
}

/// Where an alignment lies in a box, as fractions.
pub(crate) fn align_fractions(align: RectAlign) -> (f64, f64) {
    match align {
        RectAlign::TopLeft => (0.0, 0.0),
        RectAlign::Top => (0.5, 0.0),
        RectAlign::TopRight => (1.0, 0.0),
        RectAlign::Left => (0.0, 0.5),
        RectAlign::Center => (0.5, 0.5),
        RectAlign::Right => (1.0, 0.5),
        RectAlign::BottomLeft => (0.0, 1.0),
        RectAlign::Bottom => (0.5, 1.0),
        RectAlign::BottomRight => (1.0, 1.0),
    }
}

/// How a tile repeats.
pub(crate) fn tile_mode(flip: TileFlip) -> TileMode {
    TileMode::Repeat {
        flip_x: matches!(flip, TileFlip::X | TileFlip::Xy),
        flip_y: matches!(flip, TileFlip::Y | TileFlip::Xy),
    }
}

#[cfg(test)]
mod tests {
    use kurbo::Point;

    use super::*;
    use crate::testing::near;

    #[test]
    fn cropping_enlarges_the_whole_picture() {
        let crop = RelativeRect {
            left: 0.25,
            top: 0.0,
            right: 0.25,
            bottom: 0.5,
        };
        let t = stretch(Rect::new(10.0, 20.0, 110.0, 70.0), crop).unwrap();
        near(t * Point::new(0.25, 0.0), 10.0, 20.0);
        near(t * Point::new(0.75, 0.5), 110.0, 70.0);
        // Negative insets pad: the picture is smaller than the box.
        let pad = RelativeRect {
            left: -0.5,
            top: 0.0,
            right: -0.5,
            bottom: 0.0,
        };
        let t = stretch(Rect::new(0.0, 0.0, 100.0, 50.0), pad).unwrap();
        near(t * Point::ZERO, 25.0, 0.0);
        near(t * Point::new(1.0, 1.0), 75.0, 50.0);
        assert!(
            stretch(
                Rect::new(0.0, 0.0, 1.0, 1.0),
                RelativeRect {
                    left: 1.0,
                    ..Default::default()
                }
            )
            .is_none()
        );
    }

    #[test]
    fn tiles_start_at_their_alignment() {
        let tile = Tile {
            tx: 12700,
            ty: 0,
            sx: 0.5,
            sy: 1.0,
            flip: TileFlip::None,
            align: RectAlign::BottomRight,
        };
        let t = tile_transform(Rect::new(0.0, 0.0, 100.0, 100.0), (40.0, 30.0), &tile).unwrap();
        near(t * Point::ZERO, 81.0, 70.0);
        near(t * Point::new(1.0, 1.0), 101.0, 100.0);
    }
}
