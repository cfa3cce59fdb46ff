//! Effects of shapes, pictures and groups as raster operations (ECMA-376 part 1, 20.1.8).

use kurbo::{Affine, Rect, Vec2};
use slides_ooxml::model::{EffectList, InnerShadow, OuterShadow, Reflection};
use slides_scene::{EffectKind, EffectOp, Op, Rgba};

use crate::context::SlideContext;
use crate::fill::align_fractions;
use crate::points;
use crate::transform::Placed;

/// Largest blur or glow radius in points.
const MAX_RADIUS: f64 = 200.0;
/// How far a shadow of a shape or a reflection may lie away, in points.
const MAX_DISTANCE: f64 = 5000.0;

/// What is drawn of an object, and where.
pub(crate) struct Subject<'a> {
    /// Its operations in page coordinates.
    pub ops: Vec<Op>,
    /// What casts its shadow: the operations without text when it is filled.
    pub silhouette: Vec<Op>,
    /// Where it was placed.
    pub placed: &'a Placed,
    /// Half of its line's width.
    pub margin: f64,
}

/// Emits an object with its effects.
pub(crate) fn emit(
    cx: &SlideContext<'_>,
    out: &mut Vec<Op>,
    subject: Subject<'_>,
    effects: Option<&EffectList>,
    placeholder: Option<Rgba>,
) {
    let Some(effects) = effects.filter(|e| **e != EffectList::default()) else {
        out.extend(subject.ops);
        return;
    };
    let box_on_page = subject
        .placed
        .to_page
        .transform_rect_bbox(subject.placed.local())
        .inflate(subject.margin, subject.margin);
    for name in &effects.others {
        cx.warn("effect", format!("effect `{name}` is left out"));
    }
    let shadows = [&effects.under_shadow, &effects.outer_shadow];
    for shadow in shadows.into_iter().flatten() {
        outer_shadow(cx, out, &subject, shadow, placeholder);
    }
    if let Some((radius, color)) = &effects.glow {
        let radius = radius_of(*radius);
        let color = cx.color(color, placeholder);
        if radius > 0.0 && color.a > 0 && !subject.silhouette.is_empty() {
            out.push(effect(
                subject.silhouette.clone(),
                box_on_page.inflate(radius, radius),
                EffectKind::Glow { color, radius },
            ));
        }
    }
    if let Some(reflection) = &effects.reflection {
        let without_tags = subject
            .ops
            .iter()
            .filter(|op| !matches!(op, Op::Tag(_) | Op::EndTag));
        let source = without_tags.cloned().collect();
        out.push(reflected(source, box_on_page, reflection));
    }
    let inner = effects.inner_shadow.as_ref().map(|shadow| {
        let kind = inner_shadow(cx, shadow, placeholder);
        (subject.silhouette.clone(), kind)
    });
    if let Some(radius) = effects.soft_edge.map(radius_of).filter(|r| *r > 0.0) {
        out.push(effect(
            subject.ops,
            box_on_page,
            EffectKind::SoftEdge { radius },
        ));
    } else if let Some(radius) = effects.blur.map(radius_of).filter(|r| *r > 0.0) {
        out.push(blurred(subject.ops, box_on_page, radius, true));
    } else {
        out.extend(subject.ops);
    }
    if let Some((source, kind)) = inner
        && !source.is_empty()
    {
        out.push(effect(source, with_outside(box_on_page, &kind), kind));
    }
}

/// Bounds with as much of the outside as an inner shadow falls from.
pub(crate) fn with_outside(bounds: Rect, kind: &EffectKind) -> Rect {
    let EffectKind::InnerShadow { sigma, dx, dy, .. } = *kind else {
        return bounds;
    };
    let reach = 3.0 * sigma + dx.abs().max(dy.abs());
    bounds.inflate(reach, reach)
}

/// The shadow that falls inside.
pub(crate) fn inner_shadow(
    cx: &SlideContext<'_>,
    shadow: &InnerShadow,
    placeholder: Option<Rgba>,
) -> EffectKind {
    let offset = offset(shadow.direction, shadow.distance, MAX_RADIUS);
    EffectKind::InnerShadow {
        color: cx.color(&shadow.color, placeholder),
        sigma: radius_of(shadow.blur) / 3.0,
        dx: offset.x,
        dy: offset.y,
    }
}

/// A radius in points, within bounds.
pub(crate) fn radius_of(emu: i64) -> f64 {
    points(emu).clamp(0.0, MAX_RADIUS)
}

/// A distance in EMU in a direction in degrees, at most `most` points long.
pub(crate) fn offset(direction: f64, distance: i64, most: f64) -> Vec2 {
    Vec2::from_angle(direction.to_radians()) * points(distance).clamp(0.0, most)
}

/// Operations drawn with an effect.
pub(crate) fn effect(source: Vec<Op>, bounds: Rect, kind: EffectKind) -> Op {
    Op::Effect(Box::new(EffectOp {
        source,
        bounds,
        kind,
    }))
}

/// Operations blurred over a radius in points; the result reaches beyond their box only when it may grow.
pub(crate) fn blurred(source: Vec<Op>, bounds: Rect, radius: f64, grow: bool) -> Op {
    let radius = radius.clamp(0.0, MAX_RADIUS);
    let reach = if grow { radius } else { 0.0 };
    let sigma = radius / 3.0;
    effect(
        source,
        bounds.inflate(reach, reach),
        EffectKind::Blur { sigma },
    )
}

/// Where a shadow is cast: scaled and skewed about its alignment point, then moved. With the shape when
/// it turns with it, else in the directions of the page.
fn cast(shadow: &OuterShadow, placed: &Placed) -> Affine {
    let fraction = |v: f64| {
        if v.is_finite() {
            v.clamp(-10.0, 10.0)
        } else {
            1.0
        }
    };
    let skew = |degrees: f64| {
        if degrees.is_finite() {
            degrees.clamp(-89.0, 89.0).to_radians().tan()
        } else {
            0.0
        }
    };
    let offset = offset(shadow.direction, shadow.distance, MAX_DISTANCE);
    let (ax, ay) = align_fractions(shadow.align);
    let shape = |origin: Vec2| {
        Affine::translate(offset)
            * Affine::translate(origin)
            * Affine::new([
                fraction(shadow.sx),
                skew(shadow.ky),
                skew(shadow.kx),
                fraction(shadow.sy),
                0.0,
                0.0,
            ])
            * Affine::translate(-origin)
    };
    if shadow.rotate_with_shape {
        // The frame without flips: a shadow does not change sides with a mirrored shape.
        let frame = placed.text_to_page;
        if frame.determinant().abs() < 1e-12 {
            return Affine::translate(offset);
        }
        frame * shape(Vec2::new(ax * placed.width, ay * placed.height)) * frame.inverse()
    } else {
        let on_page = placed.to_page.transform_rect_bbox(placed.local());
        shape(Vec2::new(
            on_page.x0 + ax * on_page.width(),
            on_page.y0 + ay * on_page.height(),
        ))
    }
}

fn outer_shadow(
    cx: &SlideContext<'_>,
    out: &mut Vec<Op>,
    subject: &Subject<'_>,
    shadow: &OuterShadow,
    placeholder: Option<Rgba>,
) {
    let color = cx.color(&shadow.color, placeholder);
    if color.a == 0 || subject.silhouette.is_empty() {
        return;
    }
    let moved = cast(shadow, subject.placed);
    let blur = radius_of(shadow.blur);
    let own = subject
        .placed
        .local()
        .inflate(subject.margin, subject.margin);
    let bounds = (moved * subject.placed.to_page)
        .transform_rect_bbox(own)
        .inflate(blur, blur);
    let mut source = Vec::with_capacity(subject.silhouette.len() + 2);
    source.push(Op::Push(moved));
    source.extend(subject.silhouette.iter().cloned());
    source.push(Op::Pop);
    let sigma = blur / 3.0;
    out.push(effect(source, bounds, EffectKind::Shadow { color, sigma }));
}

/// The mirror image of what lies in a box, fading out below it.
pub(crate) fn reflected(ops: Vec<Op>, on_page: Rect, reflection: &Reflection) -> Op {
    let distance = points(reflection.distance).clamp(0.0, MAX_DISTANCE);
    let scale = if reflection.sy.is_finite() {
        reflection.sy.clamp(-4.0, 4.0)
    } else {
        -1.0
    };
    // Mirrored at the lower edge, the mirror image then moved down.
    let mirror = Affine::translate((0.0, on_page.y1 + distance))
        * Affine::scale_non_uniform(1.0, scale)
        * Affine::translate((0.0, -on_page.y1));
    let bounds = mirror.transform_rect_bbox(on_page);
    let mut source = Vec::with_capacity(ops.len() + 2);
    source.push(Op::Push(mirror));
    source.extend(ops);
    source.push(Op::Pop);
    let at = |fraction: f64| bounds.y0 + fraction.clamp(0.0, 1.0) * bounds.height();
    let from_y = at(reflection.start_position);
    let kind = EffectKind::Fade {
        from_y,
        to_y: at(reflection.end_position).max(from_y + 0.01),
        start_alpha: reflection.start_alpha.clamp(0.0, 1.0) as f32,
        end_alpha: reflection.end_alpha.clamp(0.0, 1.0) as f32,
    };
    effect(source, bounds, kind)
}

#[cfg(test)]
mod tests {
    use kurbo::Point;
    use slides_ooxml::model::{Color, RectAlign, Transform};

    use super::*;
    use crate::transform::Placement;

    fn shadow(align: RectAlign, sx: f64, rotate: bool) -> OuterShadow {
        OuterShadow {
            blur: 63_500,
            distance: 127_000,
            direction: 90.0,
            sx,
            sy: sx,
            kx: 0.0,
            ky: 0.0,
            align,
            rotate_with_shape: rotate,
            color: Color::rgb(0, 0, 0),
        }
    }

    #[test]
    fn inner_shadows_see_what_lies_outside() {
        let bounds = Rect::new(10.0, 10.0, 50.0, 30.0);
        let kind = EffectKind::InnerShadow {
            color: Rgba::BLACK,
            sigma: 2.0,
            dx: -3.0,
            dy: 1.0,
        };
        assert_eq!(with_outside(bounds, &kind), bounds.inflate(9.0, 9.0));
        let soft = EffectKind::SoftEdge { radius: 4.0 };
        assert_eq!(with_outside(bounds, &soft), bounds);
    }

    #[test]
    fn shadows_scale_about_their_alignment_point() {
        let t = Transform {
            width: 102 * 12_700,
            height: 65 * 12_700,
            ..Transform::default()
        };
        let placed = Placement::PAGE.place(&t);
        let grown = cast(&shadow(RectAlign::Center, 1.02, false), &placed)
            .transform_rect_bbox(placed.local());
        assert!(
            (grown.width() - 104.04).abs() < 1e-9
                && (grown.center() - Point::new(51.0, 42.5)).hypot() < 1e-9
        );
    }

    #[test]
    fn shadows_turn_with_their_shape_only_when_asked() {
        let t = Transform {
            width: 12_700,
            height: 12_700,
            rotation: 90.0,
            ..Transform::default()
        };
        let placed = Placement::PAGE.place(&t);
        let turned = cast(&shadow(RectAlign::Center, 1.0, true), &placed) * Point::ZERO;
        assert!(
            (turned - Point::new(-10.0, 0.0)).hypot() < 1e-9,
            "{turned:?}"
        );
        let fixed = cast(&shadow(RectAlign::Center, 1.0, false), &placed) * Point::ZERO;
        assert!((fixed - Point::new(0.0, 10.0)).hypot() < 1e-9, "{fixed:?}");
    }
}
