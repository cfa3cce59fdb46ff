//! From a shape's frame to the page, through groups (ECMA-376 part 1, 20.1.7.5 and 20.1.7.6).
//!
//! Groups scale the boxes of their children, not what is drawn in them: line widths and type keep
//! their size. So scale is applied to numbers, and only turns and flips become matrices.

use kurbo::{Affine, Rect, Vec2};
use slides_ooxml::model::Transform;

use crate::points;

/// Coordinates farther out than this are held back; PowerPoint's own limit is a tenth of it.
const FAR: f64 = 1e6;

/// The frame that the children of a group (or the page) are placed in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Placement {
    /// From the frame to the page; turns, flips and moves only.
    pub to_page: Affine,
    /// Child coordinates in points are multiplied by this,
    scale: Vec2,
    /// after this was taken off.
    origin: Vec2,
}

/// A shape's box placed on the page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Placed {
    /// Width in points.
    pub width: f64,
    /// Height in points.
    pub height: f64,
    /// From the shape's frame, `(0, 0)` to `(width, height)`, to the page, flips included.
    pub to_page: Affine,
    /// The same for its text, which is turned but never mirrored.
    pub text_to_page: Affine,
    /// Whether text is mirrored back, so that rectangles change sides.
    pub mirrored: bool,
    /// Clockwise degrees from the page to the frame.
    pub rotation: f64,
}

impl Placed {
    /// A box that is its own frame.
    pub(crate) fn upright(rect: Rect) -> Self {
        let to_page = Affine::translate(rect.origin().to_vec2());
        Self {
            width: rect.width(),
            height: rect.height(),
            to_page,
            text_to_page: to_page,
            mirrored: false,
            rotation: 0.0,
        }
    }
}

impl Placement {
    /// The page itself.
    pub(crate) const PAGE: Self = Self {
        to_page: Affine::IDENTITY,
        scale: Vec2::new(1.0, 1.0),
        origin: Vec2::ZERO,
    };

    /// Places a shape's box.
    pub(crate) fn place(&self, transform: &Transform) -> Placed {
        let rotation = if transform.rotation.is_finite() {
            transform.rotation.rem_euclid(360.0)
        } else {
            0.0
        };
        let (w, h) = (
            far(points(transform.width)).max(0.0),
            far(points(transform.height)).max(0.0),
        );
        let center = Vec2::new(
            far(points(transform.x)) + w / 2.0,
            far(points(transform.y)) + h / 2.0,
        );
        let center = center - self.origin;
        let center = Vec2::new(far(center.x * self.scale.x), far(center.y * self.scale.y));
        // A shape lying on its side is scaled along its own axes.
        let sideways = (45.0..135.0).contains(&rotation) || (225.0..315.0).contains(&rotation);
        let scale = if sideways {
            Vec2::new(self.scale.y, self.scale.x)
        } else {
            self.scale
        };
        let (width, height) = (far(w * scale.x), far(h * scale.y));
        let (fx, fy) = (flip(transform.flip_h), flip(transform.flip_v));
        let to_page = self.to_page
            * Affine::translate(center)
            * Affine::rotate(rotation.to_radians())
            * Affine::scale_non_uniform(fx, fy)
            * Affine::translate((-width / 2.0, -height / 2.0));
        let mirrored = to_page.determinant() < 0.0;
        let text_to_page = if mirrored {
            to_page * Affine::new([-1.0, 0.0, 0.0, 1.0, width, 0.0])
        } else {
            to_page
        };
        let [a, b, ..] = text_to_page.as_coeffs();
        Placed {
            width,
            height,
            to_page,
            text_to_page,
            mirrored,
            rotation: b.atan2(a).to_degrees().rem_euclid(360.0),
        }
    }

    /// The frame of a group's children, from where the group itself was placed and its child box.
    pub(crate) fn inside(
        placed: &Placed,
        child_box: Option<(i64, i64, i64, i64)>,
        own: &Transform,
    ) -> Self {
        let (x, y, w, h) = child_box.unwrap_or((own.x, own.y, own.width, own.height));
        let ratio = |size: f64, child: i64| {
            let child = points(child);
            // A child box without extent says nothing about scale.
            if child > 0.0 { far(size / child) } else { 1.0 }
        };
        Self {
            to_page: placed.to_page,
            scale: Vec2::new(ratio(placed.width, w), ratio(placed.height, h)),
            origin: Vec2::new(far(points(x)), far(points(y))),
        }
    }

    /// The frame of shapes that are placed relative to a box, unscaled (stored diagram drawings).
    pub(crate) fn relative_to(placed: &Placed) -> Self {
        Self {
            to_page: placed.to_page,
            scale: Vec2::new(1.0, 1.0),
            origin: Vec2::ZERO,
        }
    }
}

impl Placed {
    /// The box in its own frame.
    pub(crate) fn local(&self) -> Rect {
        Rect::new(0.0, 0.0, self.width, self.height)
    }

    /// A rectangle of the outline's frame in the text's frame.
    pub(crate) fn text_rect(&self, rect: Rect) -> Rect {
        if self.mirrored {
            Rect::new(self.width - rect.x1, rect.y0, self.width - rect.x0, rect.y1)
        } else {
            rect
        }
    }
}

fn flip(yes: bool) -> f64 {
    if yes { -1.0 } else { 1.0 }
}

fn far(v: f64) -> f64 {
    if v.is_finite() {
        v.clamp(-FAR, FAR)
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use kurbo::Point;

    use super::*;
    use crate::testing::near;

    fn emu(x: f64, y: f64, w: f64, h: f64) -> Transform {
        let e = |v: f64| (v * 12_700.0) as i64;
        Transform {
            x: e(x),
            y: e(y),
            width: e(w),
            height: e(h),
            ..Transform::default()
        }
    }

    #[test]
    fn rotation_is_about_the_centre() {
        let placed = Placement::PAGE.place(&Transform {
            rotation: 90.0,
            ..emu(0.0, 0.0, 200.0, 100.0)
        });
        near(placed.to_page * Point::ZERO, 150.0, -50.0);
        near(placed.to_page * Point::new(200.0, 100.0), 50.0, 150.0);
        assert!((placed.rotation - 90.0).abs() < 1e-9);
    }

    #[test]
    fn flips_mirror_the_outline_but_turn_the_text() {
        let placed = Placement::PAGE.place(&Transform {
            flip_h: true,
            ..emu(10.0, 10.0, 100.0, 50.0)
        });
        near(placed.to_page * Point::ZERO, 110.0, 10.0);
        near(placed.text_to_page * Point::ZERO, 10.0, 10.0);
        assert_eq!(
            placed.text_rect(Rect::new(0.0, 0.0, 30.0, 50.0)),
            Rect::new(70.0, 0.0, 100.0, 50.0)
        );
        let placed = Placement::PAGE.place(&Transform {
            flip_v: true,
            ..emu(10.0, 10.0, 100.0, 50.0)
        });
        near(placed.text_to_page * Point::ZERO, 110.0, 60.0);
        assert!((placed.rotation - 180.0).abs() < 1e-9);
    }

    #[test]
    fn groups_scale_boxes_and_swap_axes_for_sideways_children() {
        let own = emu(100.0, 100.0, 200.0, 50.0);
        let group = Placement::PAGE.place(&own);
        let child_box = (0, 0, 100 * 12_700, 100 * 12_700);
        let inside = Placement::inside(&group, Some(child_box), &own);
        let child = inside.place(&emu(50.0, 50.0, 20.0, 20.0));
        assert!((child.width - 40.0).abs() < 1e-6 && (child.height - 10.0).abs() < 1e-6);
        near(child.to_page * Point::ZERO, 200.0, 125.0);
        let child = inside.place(&Transform {
            rotation: 90.0,
            ..emu(50.0, 50.0, 20.0, 20.0)
        });
        assert!((child.width - 10.0).abs() < 1e-6 && (child.height - 40.0).abs() < 1e-6);
        let empty =
            Placement::inside(&group, Some((0, 0, 0, 0)), &own).place(&emu(1.0, 1.0, 2.0, 2.0));
        assert!((empty.width - 2.0).abs() < 1e-6);
    }
}
