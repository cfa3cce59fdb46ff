//! Fills laid over a shape's own fill (`a:fillOverlay`; ECMA-376 part 1, 20.1.8.29).

use slides_ooxml::model::FillOverlay;
use slides_scene::{BlendMode, Op, Paint, Rgba};

use crate::context::SlideContext;
use crate::fill::PaintFrame;
use crate::geometry::Outline;
use crate::inherit::{ResolvedEffects, ResolvedLine};
use crate::recolor::blend_mode;
use crate::shape::{DrawnOutline, outline_ops};

/// Fill and line of an outline with what its effects lay over the fill.
pub(crate) fn overlaid_outline(
    cx: &SlideContext<'_>,
    outline: &Outline,
    paint: Option<&Paint>,
    line: &ResolvedLine,
    frame: &PaintFrame<'_>,
    effects: Option<&ResolvedEffects<'_>>,
) -> DrawnOutline {
    let overlay = effects.and_then(|resolved| {
        let overlay = resolved.effects.overlay.as_ref()?;
        Some((
            overlay,
            over_paint(cx, overlay, frame, resolved.placeholder)?,
        ))
    });
    let (Some((overlay, over)), Some(paint)) = (overlay, paint) else {
        return outline_ops(cx, outline, paint, line, frame);
    };
    let bare = ResolvedLine::default();
    let mut drawn = outline_ops(cx, outline, Some(paint), &bare, frame);
    let above = outline_ops(cx, outline, Some(&over), &bare, frame).ops;
    let blend = blend_mode(overlay.blend);
    if blend == BlendMode::Normal {
        drawn.ops.extend(above);
    } else {
        drawn.ops.push(Op::Layer { alpha: 1.0, blend });
        drawn.ops.extend(above);
        drawn.ops.push(Op::PopLayer);
    }
    let border = outline_ops(cx, outline, None, line, frame);
    drawn.ops.extend(border.ops);
    drawn.margin = border.margin;
    drawn
}

fn over_paint(
    cx: &SlideContext<'_>,
    overlay: &FillOverlay,
    frame: &PaintFrame<'_>,
    placeholder: Option<Rgba>,
) -> Option<Paint> {
    cx.paint_in(
        &overlay.fill,
        &PaintFrame {
            placeholder,
            ..*frame
        },
    )
}

#[cfg(test)]
mod tests {
    use kurbo::Rect;
    use slides_ooxml::model::{Color, EffectList, Fill, OverlayBlend};

    use super::*;
    use crate::testing::with_context;

    #[test]
    fn an_overlay_lies_over_the_fill_and_nowhere_else() {
        let effects = EffectList {
            overlay: Some(FillOverlay {
                fill: Box::new(Fill::Solid(Color::rgb(1, 2, 3))),
                blend: OverlayBlend::Multiply,
            }),
            ..EffectList::default()
        };
        let bare = ResolvedLine::default();
        let count = |paint: Option<Paint>| {
            with_context(|cx| {
                let resolved = ResolvedEffects {
                    effects: &effects,
                    placeholder: None,
                };
                let outline = crate::geometry::rectangle(10.0, 10.0);
                let frame = PaintFrame::new(Rect::new(0.0, 0.0, 10.0, 10.0));
                overlaid_outline(cx, &outline, paint.as_ref(), &bare, &frame, Some(&resolved)).ops
            })
        };
        let ops = count(Some(Paint::Solid(Rgba::WHITE)));
        assert!(matches!(
            ops[..],
            [
                Op::Fill(_, _, Paint::Solid(Rgba::WHITE)),
                Op::Layer {
                    blend: BlendMode::Multiply,
                    ..
                },
                Op::Fill(..),
                Op::PopLayer
            ]
        ));
        assert!(count(None).is_empty());
    }
}
