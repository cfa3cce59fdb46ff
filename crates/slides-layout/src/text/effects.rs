//! Letters with their effects (`a:rPr/a:effectLst`; ECMA-376 part 1, 20.1.8 and 21.1.2.3.9).

use std::sync::Arc;

use kurbo::{Affine, Rect};
use slides_ooxml::model::EffectList;
use slides_scene::{EffectKind, GlyphRun, Op, Paint};

use crate::context::SlideContext;
use crate::effect::{blurred, effect, inner_shadow, offset, radius_of, reflected, with_outside};

/// How far a shadow of letters may lie away, in points.
const MAX_DISTANCE: f64 = 1000.0;

/// Draws a run and what its effects make of it. `line` is the box of its line: reflections begin at its lower edge.
pub(super) fn letters(
    cx: &SlideContext<'_>,
    ops: &mut Vec<Op>,
    run: &Arc<GlyphRun>,
    paint: &Paint,
    effects: &EffectList,
    line: Rect,
) {
    let text = || Op::Text(run.clone(), paint.clone());
    // Letters may reach out of their line.
    let ink = line.inflate(run.size / 2.0, run.size / 2.0);
    if let Some((radius, color)) = &effects.glow {
        let radius = radius_of(*radius);
        let color = cx.color(color, None);
        ops.push(effect(
            vec![text()],
            ink.inflate(radius, radius),
            EffectKind::Glow { color, radius },
        ));
    }
    let shadows = [&effects.under_shadow, &effects.outer_shadow];
    for shadow in shadows.into_iter().flatten() {
        let blur = radius_of(shadow.blur);
        let shift = offset(shadow.direction, shadow.distance, MAX_DISTANCE);
        let source = vec![Op::Push(Affine::translate(shift)), text(), Op::Pop];
        let kind = EffectKind::Shadow {
            color: cx.color(&shadow.color, None),
            sigma: blur / 3.0,
        };
        ops.push(effect(source, (ink + shift).inflate(blur, blur), kind));
    }
    if let Some(reflection) = &effects.reflection {
        cx.warn("text effect", "a reflection of text lies below each line");
        ops.push(reflected(vec![text()], line, reflection));
    }
    if let Some(radius) = effects.soft_edge.map(radius_of).filter(|r| *r > 0.0) {
        ops.push(effect(vec![text()], ink, EffectKind::SoftEdge { radius }));
    } else if let Some(radius) = effects.blur.map(radius_of).filter(|r| *r > 0.0) {
        ops.push(blurred(vec![text()], ink, radius, true));
    } else {
        ops.push(text());
    }
    if let Some(shadow) = &effects.inner_shadow {
        let kind = inner_shadow(cx, shadow, None);
        ops.push(effect(vec![text()], with_outside(ink, &kind), kind));
    }
    if effects.overlay.is_some() {
        cx.warn("text effect", "a fill laid over text is left out");
    }
    for name in &effects.others {
        cx.warn(
            "text effect",
            format!("effect `{name}` of text is left out"),
        );
    }
}

/// Takes reflections out of letters that are going to be bent: their mirror would not bend with them.
pub(super) fn without_reflections(cx: &SlideContext<'_>, ops: &mut Vec<Op>) {
    let before = ops.len();
    ops.retain(
        |op| !matches!(op, Op::Effect(effect) if matches!(effect.kind, EffectKind::Fade { .. })),
    );
    if ops.len() < before {
        cx.warn("text effect", "the reflection of bent text is left out");
    }
}

#[cfg(test)]
mod tests {
    use slides_fonts::{FontBook, Style};
    use slides_ooxml::model::{Color, InnerShadow, RectAlign, Reflection};
    use slides_scene::Rgba;

    use super::*;
    use crate::testing::with_context;

    const LINE: Rect = Rect::new(0.0, 10.0, 100.0, 30.0);

    fn drawn(effects: &EffectList) -> Vec<Op> {
        let run = Arc::new(GlyphRun {
            face: FontBook::bundled().select("Carlito", Style::default()).face,
            size: 20.0,
            scale_x: 1.0,
            skew: 0.0,
            embolden: 0.0,
            glyphs: Vec::new(),
            text: "".into(),
        });
        with_context(|cx| {
            let mut ops = Vec::new();
            letters(
                cx,
                &mut ops,
                &run,
                &Paint::Solid(Rgba::BLACK),
                effects,
                LINE,
            );
            ops
        })
    }

    fn kinds(ops: &[Op]) -> Vec<&str> {
        ops.iter()
            .map(|op| match op {
                Op::Text(..) => "text",
                Op::Effect(effect) => match effect.kind {
                    EffectKind::Shadow { .. } => "shadow",
                    EffectKind::Fade { .. } => "reflection",
                    EffectKind::InnerShadow { .. } => "inner",
                    EffectKind::SoftEdge { .. } => "soft",
                    EffectKind::Blur { .. } => "blur",
                    EffectKind::Glow { .. } => "glow",
                },
                _ => "other",
            })
            .collect()
    }

    fn reflection() -> Reflection {
        Reflection {
            blur: 0,
            start_alpha: 0.5,
            start_position: 0.0,
            end_alpha: 0.0,
            end_position: 0.5,
            distance: 25_400,
            direction: 90.0,
            sx: 1.0,
            sy: -1.0,
            align: RectAlign::Bottom,
        }
    }

    #[test]
    fn each_effect_lies_where_powerpoint_lays_it() {
        let shadow = InnerShadow {
            blur: 0,
            distance: 12_700,
            direction: 0.0,
            color: Color::rgb(0, 0, 0),
        };
        let effects = EffectList {
            glow: Some((12_700, Color::rgb(1, 2, 3))),
            inner_shadow: Some(shadow),
            reflection: Some(reflection()),
            ..EffectList::default()
        };
        let ops = drawn(&effects);
        assert_eq!(kinds(&ops), ["glow", "reflection", "text", "inner"]);
        let Op::Effect(mirrored) = &ops[1] else {
            panic!("not an effect")
        };
        // Two points below the line and as high.
        assert_eq!(mirrored.bounds, Rect::new(0.0, 32.0, 100.0, 52.0));
    }

    #[test]
    fn soft_and_blurred_letters_are_not_drawn_twice() {
        let soft = EffectList {
            soft_edge: Some(12_700),
            ..EffectList::default()
        };
        assert_eq!(kinds(&drawn(&soft)), ["soft"]);
        let blurred = EffectList {
            blur: Some(12_700),
            ..EffectList::default()
        };
        assert_eq!(kinds(&drawn(&blurred)), ["blur"]);
        assert_eq!(kinds(&drawn(&EffectList::default())), ["text"]);
    }

    #[test]
    fn bent_letters_lose_their_reflection_alone() {
        let mut ops = drawn(&EffectList {
            reflection: Some(reflection()),
            ..EffectList::default()
        });
        with_context(|cx| without_reflections(cx, &mut ops));
        assert_eq!(kinds(&ops), ["text"]);
    }
}
