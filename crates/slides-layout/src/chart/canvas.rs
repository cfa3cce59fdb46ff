//! Drawing helpers: paths with a chart element's fill and line, markers.

use std::sync::Arc;

use kurbo::{BezPath, Circle, Point, Rect, Shape as _};
use slides_ooxml::model::chart::MarkerSymbol;
use slides_ooxml::model::{EffectList, Fill, Line, ShapeProperties};
use slides_scene::{FillRule, Op};

use super::Chart;
use crate::effect::Subject;
use crate::fill::PaintFrame;
use crate::transform::Placed;

/// How a path of a chart is painted.
#[derive(Debug, Clone, Default)]
pub(super) struct Look {
    /// Fill; none for no fill.
    pub fill: Option<Fill>,
    /// Line; none for no line.
    pub line: Option<Line>,
    /// Shadow, glow and the like.
    pub effects: Option<EffectList>,
}

impl Look {
    /// An element's own formatting over what it has by itself.
    pub(super) fn of(own: Option<&ShapeProperties>, default: Look) -> Self {
        let Some(own) = own else { return default };
        Self {
            fill: own.fill.clone().or(default.fill),
            line: match (&own.line, default.line) {
                (Some(own), Some(base)) => Some(crate::line::merge(own, &base)),
                (Some(own), None) => Some(own.clone()),
                (None, base) => base,
            },
            effects: own.effects.clone().or(default.effects),
        }
    }
}

/// A line of an element, over what it has by itself.
pub(super) fn line_of(own: Option<&ShapeProperties>, default: &Line) -> Line {
    own.and_then(|own| own.line.as_ref())
        .map_or_else(|| default.clone(), |own| crate::line::merge(own, default))
}

impl Chart<'_> {
    /// Adds an operation; beyond the slide's cap nothing is added.
    pub(super) fn push(&mut self, op: Op) -> bool {
        let room = self.ops.len() < self.cx.max_ops;
        if room {
            self.ops.push(op);
        } else {
            self.cx.spend(self.cx.max_ops);
        }
        room
    }

    /// Fills and strokes a path; `bounds` is what gradients span.
    pub(super) fn path(&mut self, path: &BezPath, look: &Look, bounds: Rect) {
        let ops = self.painted(path, look, bounds);
        self.with_effects(ops, look.effects.as_ref());
    }

    /// Fills and strokes pieces of one element: those that follow each other with the same effects cast one
    /// shadow together.
    pub(super) fn pieces(&mut self, pieces: impl IntoIterator<Item = (BezPath, Look, Rect)>) {
        let mut together: (Vec<Op>, Option<EffectList>) = (Vec::new(), None);
        for (path, look, bounds) in pieces {
            let ops = self.painted(&path, &look, bounds);
            if look.effects != together.1 {
                let (ops, effects) = std::mem::take(&mut together);
                self.with_effects(ops, effects.as_ref());
                together.1 = look.effects;
            }
            together.0.extend(ops);
        }
        self.with_effects(together.0, together.1.as_ref());
    }

    /// The operations of a path without its effects.
    fn painted(&self, path: &BezPath, look: &Look, bounds: Rect) -> Vec<Op> {
        let mut ops = Vec::new();
        if path.elements().len() < 2 || !is_sane(path) {
            return ops;
        }
        let path = Arc::new(path.clone());
        let frame = PaintFrame::new(bounds);
        if let Some(paint) = look
            .fill
            .as_ref()
            .and_then(|fill| self.cx.paint_in(fill, &frame))
        {
            ops.push(Op::Fill(path.clone(), FillRule::NonZero, paint));
        }
        if let Some(line) = &look.line {
            self.stroke_in(&mut ops, &path, line, &frame);
        }
        ops
    }

    fn stroke_in(
        &self,
        ops: &mut Vec<Op>,
        path: &Arc<BezPath>,
        line: &Line,
        frame: &PaintFrame<'_>,
    ) {
        if let Some((style, paint)) = crate::line::stroke(self.cx, line, frame) {
            crate::line::draw(ops, path, line, &style, &paint);
        }
    }

    /// Adds operations with the effects that what they draw has.
    fn with_effects(&mut self, ops: Vec<Op>, effects: Option<&EffectList>) {
        let Some(bounds) = reach(&ops) else { return };
        let mut drawn = Vec::new();
        let placed = Placed::upright(bounds);
        let subject = Subject {
            silhouette: ops.clone(),
            ops,
            placed: &placed,
            margin: 0.0,
        };
        crate::effect::emit(self.cx, &mut drawn, subject, effects, None);
        for op in drawn {
            self.push(op);
        }
    }

    /// Fills and strokes a rectangle.
    pub(super) fn rect(&mut self, rect: Rect, look: &Look) {
        self.path(&rect.to_path(0.1), look, rect);
    }

    /// Strokes an open path that casts shadows.
    pub(super) fn stroke_with(
        &mut self,
        path: &BezPath,
        line: &Line,
        effects: Option<&EffectList>,
    ) {
        let bounds = path.bounding_box();
        let look = Look {
            fill: None,
            line: Some(line.clone()),
            effects: effects.cloned(),
        };
        self.path(path, &look, bounds);
    }

    /// Strokes an open path.
    pub(super) fn stroke(&mut self, path: BezPath, line: &Line) {
        if path.elements().len() < 2 || !is_sane(&path) {
            return;
        }
        let frame = PaintFrame::new(path.bounding_box());
        let mut ops = Vec::new();
        self.stroke_in(&mut ops, &Arc::new(path), line, &frame);
        for op in ops {
            self.push(op);
        }
    }

    /// Strokes a straight line.
    pub(super) fn segment(&mut self, from: Point, to: Point, line: &Line) {
        let mut path = BezPath::new();
        path.move_to(from);
        path.line_to(to);
        self.stroke(path, line);
    }

    /// Draws what `draw` adds clipped to a box.
    pub(super) fn clipped(&mut self, clip: Rect, draw: impl FnOnce(&mut Self)) {
        if self.push(Op::Clip(Arc::new(clip.to_path(0.1)), FillRule::NonZero)) {
            draw(self);
            self.ops.push(Op::PopClip);
        }
    }

    /// Draws a marker `size` points across.
    pub(super) fn marker(&mut self, at: Point, symbol: MarkerSymbol, size: f64, look: &Look) {
        let half = size / 2.0;
        let bounds = Rect::from_center_size(at, (size, size));
        let mut path = BezPath::new();
        let polygon = |path: &mut BezPath, points: &[(f64, f64)]| {
            for (index, (x, y)) in points.iter().enumerate() {
                let point = Point::new(at.x + x * half, at.y + y * half);
                if index == 0 {
                    path.move_to(point);
                } else {
                    path.line_to(point);
                }
            }
        };
        let strokes: &[[(f64, f64); 2]] = match symbol {
            MarkerSymbol::None => return,
            MarkerSymbol::Square | MarkerSymbol::Picture => {
                polygon(
                    &mut path,
                    &[(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)],
                );
                path.close_path();
                &[]
            }
            MarkerSymbol::Diamond => {
                polygon(
                    &mut path,
                    &[(0.0, -1.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0)],
                );
                path.close_path();
                &[]
            }
            MarkerSymbol::Triangle => {
                polygon(&mut path, &[(0.0, -1.0), (1.0, 1.0), (-1.0, 1.0)]);
                path.close_path();
                &[]
            }
            MarkerSymbol::Circle | MarkerSymbol::Auto => {
                path = Circle::new(at, half).to_path(0.02);
                &[]
            }
            MarkerSymbol::Dash => {
                polygon(
                    &mut path,
                    &[(-1.0, -0.25), (1.0, -0.25), (1.0, 0.25), (-1.0, 0.25)],
                );
                path.close_path();
                &[]
            }
            // The short bar of closing prices stands at the right of its point.
            MarkerSymbol::Dot => {
                polygon(
                    &mut path,
                    &[(0.0, -0.25), (2.0, -0.25), (2.0, 0.25), (0.0, 0.25)],
                );
                path.close_path();
                &[]
            }
            MarkerSymbol::Plus => &[[(0.0, -1.0), (0.0, 1.0)], [(-1.0, 0.0), (1.0, 0.0)]],
            MarkerSymbol::X => &[[(-1.0, -1.0), (1.0, 1.0)], [(-1.0, 1.0), (1.0, -1.0)]],
            MarkerSymbol::Star => &[
                [(-1.0, -1.0), (1.0, 1.0)],
                [(-1.0, 1.0), (1.0, -1.0)],
                [(0.0, -1.0), (0.0, 1.0)],
            ],
        };
        if strokes.is_empty() {
            self.path(&path, look, bounds);
            return;
        }
        for ends in strokes {
            polygon(&mut path, ends);
        }
        // Symbols without an area take the fill's colour where they have no line.
        let line = look.line.clone().filter(crate::line::is_drawn).or_else(|| {
            Some(Line {
                fill: look.fill.clone(),
                ..Line::default()
            })
        });
        let look = Look {
            fill: None,
            line,
            effects: look.effects.clone(),
        };
        self.path(&path, &look, bounds);
    }
}

/// The box of what operations draw; none where they draw nothing.
fn reach(ops: &[Op]) -> Option<Rect> {
    ops.iter()
        .filter_map(|op| match op {
            Op::Fill(path, ..) => Some(path.bounding_box()),
            Op::Stroke(path, style, _) => {
                let half = style.width / 2.0;
                Some(path.bounding_box().inflate(half, half))
            }
            _ => None,
        })
        .reduce(|a, b| a.union(b))
}

/// Paths far out of any page would cost without being seen.
fn is_sane(path: &BezPath) -> bool {
    let bounds = path.control_box();
    [bounds.x0, bounds.y0, bounds.x1, bounds.y1]
        .iter()
        .all(|v| v.is_finite() && v.abs() < 1e7)
}
