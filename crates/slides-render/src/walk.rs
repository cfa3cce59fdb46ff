//! Walks a page's operations so that an exporter sees them balanced, bounded and cleaned.
use std::borrow::Cow;

use kurbo::{Affine, BezPath};
use slides_scene::{BlendMode, EffectOp, FillRule, GlyphRun, ImageOp, Op, Paint, StrokeStyle, Tag};

use crate::error::Warnings;
use crate::geometry::{clean_affine, clean_path};
use crate::limits::Limits;

/// What an exporter draws. Pushes and pops come balanced; paths and transforms are clean.
pub(crate) trait Canvas {
    fn warnings(&mut self) -> &mut Warnings;
    fn push_transform(&mut self, affine: Affine);
    fn pop_transform(&mut self);
    fn push_clip(&mut self, path: &BezPath, rule: FillRule);
    fn pop_clip(&mut self);
    fn push_layer(&mut self, alpha: f32, blend: BlendMode);
    fn pop_layer(&mut self);
    fn fill(&mut self, path: &BezPath, rule: FillRule, paint: &Paint);
    fn stroke(&mut self, path: &BezPath, style: &StrokeStyle, paint: &Paint);
    fn text(&mut self, run: &GlyphRun, paint: &Paint);
    fn image(&mut self, image: &ImageOp);
    fn effect(&mut self, effect: &EffectOp, budget: &mut Budget);
    fn tag(&mut self, tag: &Tag);
    fn end_tag(&mut self);
}

/// What is left of a page's allowance.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    pub(crate) operations: usize,
    pub(crate) effect_pixels: u64,
    pub(crate) depth: usize,
}

impl Budget {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            operations: limits.max_operations,
            effect_pixels: limits.max_page_effect_pixels,
            depth: limits.max_depth,
        }
    }

    /// What is left when that much is taken; `None` when there is less.
    pub(crate) fn less(&self, spent: &Self) -> Option<Self> {
        Some(Self {
            operations: self.operations.checked_sub(spent.operations)?,
            effect_pixels: self.effect_pixels.checked_sub(spent.effect_pixels)?,
            depth: self.depth.checked_sub(spent.depth)?,
        })
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Open {
    Transform,
    Clip,
    Layer,
    Tag,
}

/// One open scope: its kind, whether the canvas knows of it, whether it hides what it holds.
struct Scope {
    kind: Open,
    told: bool,
    hides: bool,
}

/// Sends the operations to the canvas.
pub(crate) fn walk<C: Canvas>(ops: &[Op], canvas: &mut C, limits: &Limits, budget: &mut Budget) {
    let mut scopes: Vec<Scope> = Vec::new();
    let mut hidden = 0usize;
    for op in ops {
        if budget.operations == 0 {
            canvas.warnings().add(
                "page",
                format!(
                    "operations after the first {} were left out (`max_operations`)",
                    limits.max_operations
                ),
            );
            break;
        }
        budget.operations -= 1;
        let close = match op {
            Op::Pop => Some(Open::Transform),
            Op::PopClip => Some(Open::Clip),
            Op::PopLayer => Some(Open::Layer),
            Op::EndTag => Some(Open::Tag),
            _ => None,
        };
        if let Some(kind) = close {
            // An end without its beginning is ignored.
            if scopes.last().is_some_and(|scope| scope.kind == kind)
                && let Some(scope) = scopes.pop()
            {
                end(canvas, &scope, &mut hidden);
            }
            continue;
        }
        let begin = match op {
            Op::Push(_) => Some(Open::Transform),
            Op::Clip(..) => Some(Open::Clip),
            Op::Layer { .. } => Some(Open::Layer),
            Op::Tag(_) => Some(Open::Tag),
            _ => None,
        };
        if let Some(kind) = begin {
            let too_deep = scopes.len() >= budget.depth;
            if too_deep {
                canvas.warnings().add(
                    "page",
                    format!(
                        "content nested deeper than {} was left out (`max_depth`)",
                        limits.max_depth
                    ),
                );
            }
            let hides = too_deep || (hidden == 0 && !start(op, canvas, limits));
            let told = hidden == 0 && !hides;
            hidden += usize::from(hides);
            scopes.push(Scope { kind, told, hides });
            continue;
        }
        if hidden > 0 {
            continue;
        }
        match op {
            Op::Fill(path, rule, paint) => {
                if let Some(path) = checked(path, canvas, limits) {
                    canvas.fill(&path, *rule, paint);
                }
            }
            Op::Stroke(path, style, paint) => {
                if let Some(path) = checked(path, canvas, limits) {
                    canvas.stroke(&path, style, paint);
                }
            }
            Op::Text(run, paint) => canvas.text(run, paint),
            Op::Image(image) => canvas.image(image),
            Op::Effect(effect) => {
                if budget.depth == 0 {
                    canvas.warnings().add(
                        "effect",
                        "an effect nested too deep was left out (`max_depth`)",
                    );
                } else {
                    budget.depth -= 1;
                    canvas.effect(effect, budget);
                    budget.depth += 1;
                }
            }
            _ => {}
        }
    }
    while let Some(scope) = scopes.pop() {
        end(canvas, &scope, &mut hidden);
    }
}

fn checked<'a, C: Canvas>(
    path: &'a BezPath,
    canvas: &mut C,
    limits: &Limits,
) -> Option<Cow<'a, BezPath>> {
    let (path, cut) = clean_path(path, limits.max_path_elements)?;
    if cut {
        canvas.warnings().add(
            "shape",
            format!(
                "a path was cut after {} elements (`max_path_elements`)",
                limits.max_path_elements
            ),
        );
    }
    Some(path)
}

/// Opens a scope; false when nothing inside can be seen.
fn start<C: Canvas>(op: &Op, canvas: &mut C, limits: &Limits) -> bool {
    match op {
        Op::Push(affine) => match clean_affine(*affine) {
            Some(affine) => canvas.push_transform(affine),
            None => return false,
        },
        Op::Clip(path, rule) => match checked(path, canvas, limits) {
            Some(path) => canvas.push_clip(&path, *rule),
            None => return false,
        },
        Op::Layer { alpha, blend } => {
            let alpha = if alpha.is_nan() {
                1.0
            } else {
                alpha.clamp(0.0, 1.0)
            };
            if alpha <= 0.0 {
                return false;
            }
            canvas.push_layer(alpha, *blend);
        }
        Op::Tag(tag) => canvas.tag(tag),
        _ => {}
    }
    true
}

fn end<C: Canvas>(canvas: &mut C, scope: &Scope, hidden: &mut usize) {
    *hidden -= usize::from(scope.hides);
    if scope.told {
        match scope.kind {
            Open::Transform => canvas.pop_transform(),
            Open::Clip => canvas.pop_clip(),
            Open::Layer => canvas.pop_layer(),
            Open::Tag => canvas.end_tag(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[derive(Default)]
    struct Log(Vec<&'static str>, Warnings);

    impl Canvas for Log {
        fn warnings(&mut self) -> &mut Warnings {
            &mut self.1
        }
        fn push_transform(&mut self, _: Affine) {
            self.0.push("push");
        }
        fn pop_transform(&mut self) {
            self.0.push("pop");
        }
        fn push_clip(&mut self, _: &BezPath, _: FillRule) {
            self.0.push("clip");
        }
        fn pop_clip(&mut self) {
            self.0.push("unclip");
        }
        fn push_layer(&mut self, _: f32, _: BlendMode) {
            self.0.push("layer");
        }
        fn pop_layer(&mut self) {
            self.0.push("unlayer");
        }
        fn fill(&mut self, _: &BezPath, _: FillRule, _: &Paint) {
            self.0.push("fill");
        }
        fn stroke(&mut self, _: &BezPath, _: &StrokeStyle, _: &Paint) {
            self.0.push("stroke");
        }
        fn text(&mut self, _: &GlyphRun, _: &Paint) {}
        fn image(&mut self, _: &ImageOp) {}
        fn effect(&mut self, _: &EffectOp, _: &mut Budget) {}
        fn tag(&mut self, _: &Tag) {}
        fn end_tag(&mut self) {}
    }

    fn run(ops: &[Op]) -> (Vec<&'static str>, usize) {
        let limits = Limits {
            max_depth: 4,
            max_operations: 100,
            ..Limits::default()
        };
        let mut log = Log::default();
        walk(ops, &mut log, &limits, &mut Budget::new(&limits));
        let warnings = log.1.list().len();
        (log.0, warnings)
    }

    fn fill() -> Op {
        let path = crate::geometry::rect_path(kurbo::Rect::new(0.0, 0.0, 1.0, 1.0));
        Op::Fill(
            Arc::new(path),
            FillRule::NonZero,
            Paint::Solid(slides_scene::Rgba::BLACK),
        )
    }

    #[test]
    fn ends_without_beginning_are_ignored_and_open_scopes_closed() {
        let (log, _) = run(&[Op::Pop, Op::Push(Affine::IDENTITY), Op::PopClip, fill()]);
        assert_eq!(log, ["push", "fill", "pop"]);
    }

    #[test]
    fn what_cannot_be_seen_is_left_out_with_all_it_holds() {
        let (log, _) = run(&[
            Op::Push(Affine::scale(0.0)),
            Op::Push(Affine::IDENTITY),
            fill(),
            Op::Pop,
            Op::Pop,
            fill(),
        ]);
        assert_eq!(log, ["fill"]);
        let (log, _) = run(&[
            Op::Layer {
                alpha: 0.0,
                blend: BlendMode::Normal,
            },
            fill(),
            Op::PopLayer,
            fill(),
        ]);
        assert_eq!(log, ["fill"]);
    }

    #[test]
    fn depth_and_count_are_bounded() {
        let mut ops = vec![Op::Push(Affine::IDENTITY); 10];
        ops.push(fill());
        ops.extend(vec![Op::Pop; 10]);
        ops.push(fill());
        let (log, warnings) = run(&ops);
        assert_eq!(
            (
                log.iter().filter(|entry| **entry == "fill").count(),
                warnings
            ),
            (1, 1)
        );
        let (log, warnings) = run(&vec![fill(); 200]);
        assert_eq!((log.len(), warnings), (100, 1));
    }
}
