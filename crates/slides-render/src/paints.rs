//! What a paint comes down to, for exporters that have paints of their own.
use kurbo::{Affine, Point, Rect};
use slides_scene::{GradientStop, Image, ImageOp, Paint, PixelEffect, Rgba, TileMode};

use crate::geometry::clean_affine;
use crate::gradient::{Gradient, analyse};
use crate::picture::split_alpha;
use crate::raster::clean_alpha;

/// Side of a pattern's tile in points: 8 cells of 0.75.
pub(crate) const PATTERN_SIDE: f64 = 6.0;

/// A paint made fit for drawing.
pub(crate) enum Kind<'a> {
    /// Nothing is seen.
    Nothing,
    Solid(Rgba),
    Linear {
        start: Point,
        end: Point,
        stops: Vec<GradientStop>,
    },
    /// Ellipses; focus and its radius are in the space where `bounds` is the unit circle around the origin.
    Ellipse {
        bounds: Rect,
        focus: Point,
        focus_radius: f64,
        stops: Vec<GradientStop>,
    },
    /// What is drawn through the shape as a clip, or as a picture.
    Special(Special),
    /// A tile of [`PATTERN_SIDE`] points: its ground, and bars in front of it.
    Pattern {
        foreground: Rgba,
        background: Rgba,
        bars: Vec<Rect>,
    },
    Tiles(Tiles<'a>),
}

/// What few formats have a paint for.
pub(crate) enum Special {
    /// A gradient along rectangles.
    NestedRects {
        bounds: Rect,
        focus: Rect,
        stops: Vec<GradientStop>,
    },
    /// A picture, once, in the coordinates that the transform leads from.
    Picture(Box<ImageOp>, Affine),
}

pub(crate) struct Tiles<'a> {
    pub(crate) image: &'a Image,
    pub(crate) effects: &'a [PixelEffect],
    /// Opacity, those changes of the picture that are nothing else among it.
    pub(crate) alpha: f32,
    pub(crate) flip: (bool, bool),
    /// From the unit square of a tile.
    pub(crate) to_shape: Affine,
}

impl Tiles<'_> {
    /// A tile's size in points, and the transform from there: readers do badly with tiles of one unit.
    pub(crate) fn in_points(&self) -> ((f64, f64), Affine) {
        let [a, b, c, d, ..] = self.to_shape.as_coeffs();
        let (width, height) = (a.hypot(b).max(1e-3), c.hypot(d).max(1e-3));
        let unit = self.to_shape * Affine::scale_non_uniform(1.0 / width, 1.0 / height);
        ((width, height), unit)
    }
}

impl<'a> Kind<'a> {
    pub(crate) fn of(paint: &'a Paint) -> Self {
        let solid = |color: Option<Rgba>| match color {
            Some(color) if color.a > 0 => Kind::Solid(color),
            _ => Kind::Nothing,
        };
        match paint {
            Paint::Solid(color) => solid(Some(*color)),
            Paint::Linear { .. } | Paint::Path { .. } => match analyse(paint) {
                None => Kind::Nothing,
                Some(Gradient::Solid(color)) => solid(color),
                Some(Gradient::Linear { start, end, stops }) => Kind::Linear { start, end, stops },
                Some(Gradient::Ellipse {
                    bounds,
                    focus,
                    focus_radius,
                    stops,
                }) => Kind::Ellipse {
                    bounds,
                    focus,
                    focus_radius,
                    stops,
                },
                Some(Gradient::Rect {
                    bounds,
                    focus,
                    stops,
                }) => Kind::Special(Special::NestedRects {
                    bounds,
                    focus,
                    stops,
                }),
            },
            Paint::Pattern {
                foreground,
                background,
                bits,
            } => Kind::Pattern {
                foreground: *foreground,
                background: *background,
                bars: bars(*bits),
            },
            Paint::Image {
                image,
                transform,
                tile,
                alpha,
                effects,
            } => {
                let Some(to_shape) = clean_affine(*transform) else {
                    return Kind::Nothing;
                };
                match tile {
                    TileMode::None => {
                        let op = ImageOp::of_fill(image, *alpha, effects);
                        Kind::Special(Special::Picture(Box::new(op), to_shape))
                    }
                    TileMode::Repeat { flip_x, flip_y } => {
                        let (effects, own_alpha) = split_alpha(effects);
                        Kind::Tiles(Tiles {
                            image,
                            effects,
                            alpha: clean_alpha(*alpha) * own_alpha,
                            flip: (*flip_x, *flip_y),
                            to_shape,
                        })
                    }
                }
            }
        }
    }
}

/// The set bits of a pattern, as bars along its rows.
fn bars(bits: [u8; 8]) -> Vec<Rect> {
    let cell = PATTERN_SIDE / 8.0;
    let mut bars = Vec::new();
    for (row, line) in bits.iter().enumerate() {
        let mut x = 0;
        while x < 8 {
            let length = (x..8).take_while(|at| line & (0x80 >> at) != 0).count();
            if length > 0 {
                bars.push(Rect::from_origin_size(
                    (x as f64 * cell, row as f64 * cell),
                    (length as f64 * cell, cell),
                ));
            }
            x += length.max(1);
        }
    }
    bars
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_bars() {
        let bars = bars([0b1100_0001, 0, 0, 0, 0, 0, 0, 0b1111_1111]);
        assert_eq!(
            bars,
            [
                Rect::new(0.0, 0.0, 1.5, 0.75),
                Rect::new(5.25, 0.0, 6.0, 0.75),
                Rect::new(0.0, 5.25, 6.0, 6.0),
            ]
        );
    }

    #[test]
    fn what_is_not_seen_is_nothing() {
        let clear = Paint::Solid(Rgba::WHITE.with_alpha(0));
        assert!(matches!(Kind::of(&clear), Kind::Nothing));
        let none = Paint::Linear {
            start: Point::ZERO,
            end: Point::ZERO,
            stops: Vec::new(),
        };
        assert!(matches!(Kind::of(&none), Kind::Nothing));
    }
}
