//! Lines: strokes, dashes, line ends, compound lines (ECMA-376 part 1, 20.1.2.2.24; sizes of line ends
//! and dashes as PowerPoint draws them).

use std::sync::Arc;

use kurbo::{
    BezPath, Cap, Join as PenJoin, ParamCurve as _, ParamCurveArclen as _, PathEl, PathSeg, Point,
    Shape as _, Vec2,
};
use slides_ooxml::model::{Dash, Fill, Join, Line, LineCap, LineEnd, LineEndKind, LineEndSize};
use slides_scene::{FillRule, Op, Paint, StrokeStyle};

use crate::context::SlideContext;
use crate::fill::PaintFrame;
use crate::points;

/// Width of a line that names none: 9,525 EMU.
const DEFAULT_WIDTH: f64 = 0.75;
/// PowerPoint's widest line.
const MAX_WIDTH: f64 = 1584.0;
/// Most lengths of a dash pattern.
const MAX_DASHES: usize = 64;

/// `over` with what it leaves unsaid taken from `base`.
pub(crate) fn merge(over: &Line, base: &Line) -> Line {
    Line {
        width: over.width.or(base.width),
        fill: over.fill.clone().or_else(|| base.fill.clone()),
        dash: over.dash.clone().or_else(|| base.dash.clone()),
        cap: over.cap.or(base.cap),
        join: over.join.or(base.join),
        compound: over.compound.clone().or_else(|| base.compound.clone()),
        inset: over.inset.or(base.inset),
        head: over.head.or(base.head),
        tail: over.tail.or(base.tail),
    }
}

/// Stroke and paint of a line; none when it is not drawn.
pub(crate) fn stroke(
    cx: &SlideContext<'_>,
    line: &Line,
    frame: &PaintFrame<'_>,
) -> Option<(StrokeStyle, Paint)> {
    let paint = cx.paint_in(line.fill.as_ref()?, frame)?;
    let width = line
        .width
        .map_or(DEFAULT_WIDTH, points)
        .clamp(0.0, MAX_WIDTH);
    let mut style = StrokeStyle::new(width);
    style.cap = match line.cap {
        Some(LineCap::Round) => Cap::Round,
        Some(LineCap::Square) => Cap::Square,
        _ => Cap::Butt,
    };
    match line.join {
        Some(Join::Bevel) => style.join = PenJoin::Bevel,
        Some(Join::Miter(limit)) => {
            style.join = PenJoin::Miter;
            style.miter_limit = if limit.is_finite() {
                limit.clamp(1.0, 100.0)
            } else {
                8.0
            };
        }
        _ => style.join = PenJoin::Round,
    }
    style.dashes = dashes(line.dash.as_ref(), width);
    Some((style, paint))
}

/// Dash lengths in points; empty for a solid line.
fn dashes(dash: Option<&Dash>, width: f64) -> Vec<f64> {
    let pattern: &[f64] = match dash {
        None => return Vec::new(),
        Some(Dash::Custom(pairs)) => {
            let unit = width.max(0.1);
            let lengths: Vec<f64> = pairs
                .iter()
                .take(MAX_DASHES / 2)
                .flat_map(|(on, off)| [*on, *off])
                .map(|v| {
                    if v.is_finite() {
                        v.clamp(0.0, 1000.0) * unit
                    } else {
                        0.0
                    }
                })
                .collect();
            // A pattern without length would never advance.
            return if lengths.iter().sum::<f64>() > 0.01 {
                lengths
            } else {
                Vec::new()
            };
        }
        Some(Dash::Preset(name)) => match name.as_str() {
            "dot" => &[1.0, 3.0],
            "sysDot" => &[1.0, 1.0],
            "dash" => &[4.0, 3.0],
            "sysDash" => &[3.0, 1.0],
            "lgDash" => &[8.0, 3.0],
            "dashDot" => &[4.0, 3.0, 1.0, 3.0],
            "lgDashDot" => &[8.0, 3.0, 1.0, 3.0],
            "lgDashDotDot" => &[8.0, 3.0, 1.0, 3.0, 1.0, 3.0],
            "sysDashDot" => &[3.0, 1.0, 1.0, 1.0],
            "sysDashDotDot" => &[3.0, 1.0, 1.0, 1.0, 1.0, 1.0],
            _ => &[],
        },
    };
    pattern.iter().map(|v| v * width.max(0.1)).collect()
}

/// Draws a line along a path, with its ends; closed subpaths have no ends.
pub(crate) fn draw(
    ops: &mut Vec<Op>,
    path: &Arc<BezPath>,
    line: &Line,
    style: &StrokeStyle,
    paint: &Paint,
) {
    let real = |end: Option<LineEnd>| end.filter(|e| e.kind != LineEndKind::None);
    let (head, tail) = (real(line.head), real(line.tail));
    if head.is_none() && tail.is_none() {
        stroke_path(ops, path, line, style, paint);
        return;
    }
    // A line with ends is never drawn thinner than a point (0.5 and 0.75 become 1 in 15 of 15 cases).
    let thickened = thickened(style, 1.0);
    let style = &thickened;
    let mut body = BezPath::new();
    let mut ends = Vec::new();
    for subpath in subpaths(path) {
        if matches!(subpath.elements().last(), Some(PathEl::ClosePath)) {
            body.extend(subpath.iter());
            continue;
        }
        let mut segments: Vec<PathSeg> = subpath
            .segments()
            .filter(|s| s.arclen(0.01) > 1e-9)
            .collect();
        let length: f64 = segments.iter().map(|s| s.arclen(0.01)).sum();
        let mut cut_tail = 0.0;
        let mut cut_head = 0.0;
        if let Some(end) = tail {
            let shape = LineEndShape::new(end, style.width);
            if let Some((tip, direction)) =
                end_direction(&segments, shape.length.min(length), false)
            {
                ends.push((shape, tip, direction));
                cut_tail = shape.cut;
            }
        }
        if let Some(end) = head {
            let shape = LineEndShape::new(end, style.width);
            if let Some((tip, direction)) = end_direction(&segments, shape.length.min(length), true)
            {
                ends.push((shape, tip, direction));
                cut_head = shape.cut;
            }
        }
        if cut_head + cut_tail >= length {
            continue;
        }
        trim(&mut segments, cut_tail, false);
        trim(&mut segments, cut_head, true);
        body.extend(BezPath::from_path_segments(segments.into_iter()).iter());
    }
    if !body.elements().is_empty() {
        stroke_path(ops, &Arc::new(body), line, style, paint);
    }
    for (shape, tip, direction) in ends {
        shape.draw(ops, tip, direction, style, paint);
    }
}

/// A stroke at least `least` wide, dashes in proportion.
fn thickened(style: &StrokeStyle, least: f64) -> StrokeStyle {
    if style.width >= least {
        return style.clone();
    }
    let factor = least / style.width.max(0.1);
    StrokeStyle {
        width: least,
        dashes: style.dashes.iter().map(|length| length * factor).collect(),
        ..style.clone()
    }
}

/// The subpaths of a path, each beginning with its move.
fn subpaths(path: &BezPath) -> Vec<BezPath> {
    let mut out: Vec<BezPath> = Vec::new();
    for element in path.iter() {
        if matches!(element, PathEl::MoveTo(_)) || out.is_empty() {
            out.push(BezPath::new());
        }
        if let Some(last) = out.last_mut() {
            last.push(element);
        }
    }
    out.retain(|p| p.elements().len() > 1);
    out
}

/// End point of a run of segments, and the unit direction in which the line arrives there, taken over
/// the length of the line end.
fn end_direction(segments: &[PathSeg], reach: f64, at_start: bool) -> Option<(Point, Vec2)> {
    let (tip, mut rest) = if at_start {
        (segments.first()?.start(), reach)
    } else {
        (segments.last()?.end(), reach)
    };
    let mut behind = tip;
    for index in 0..segments.len() {
        let segment = segments.get(if at_start {
            index
        } else {
            segments.len() - 1 - index
        })?;
        let length = segment.arclen(0.01);
        if length >= rest {
            let s = if at_start { rest } else { length - rest };
            behind = segment.eval(segment.inv_arclen(s, 0.01));
            break;
        }
        rest -= length;
        behind = if at_start {
            segment.end()
        } else {
            segment.start()
        };
        // A line end does not turn corners: it follows the last straight piece.
        if matches!(segment, PathSeg::Line(_)) {
            break;
        }
    }
    let direction = tip - behind;
    (direction.hypot() > 1e-9).then(|| (tip, direction.normalize()))
}

/// Takes `cut` off one end.
fn trim(segments: &mut Vec<PathSeg>, mut cut: f64, at_start: bool) {
    while cut > 1e-9 && !segments.is_empty() {
        let index = if at_start { 0 } else { segments.len() - 1 };
        let Some(segment) = segments.get_mut(index) else {
            return;
        };
        let length = segment.arclen(0.01);
        if length > cut {
            *segment = if at_start {
                segment.subsegment(segment.inv_arclen(cut, 0.01)..1.0)
            } else {
                segment.subsegment(0.0..segment.inv_arclen(length - cut, 0.01))
            };
            return;
        }
        cut -= length;
        segments.remove(index);
    }
}

fn stroke_path(
    ops: &mut Vec<Op>,
    path: &Arc<BezPath>,
    line: &Line,
    style: &StrokeStyle,
    paint: &Paint,
) {
    let strips = line
        .compound
        .as_deref()
        .map_or(&[][..], crate::compound::strips);
    // Below about three points the parts of a compound line run together anyway.
    if strips.is_empty() || style.width < 2.0 || !style.dashes.is_empty() {
        let inset = line.inset == Some(true)
            && path
                .elements()
                .iter()
                .any(|e| matches!(e, PathEl::ClosePath));
        if inset {
            let wide = StrokeStyle {
                width: style.width * 2.0,
                ..style.clone()
            };
            ops.push(Op::Clip(path.clone(), FillRule::NonZero));
            ops.push(Op::Stroke(path.clone(), wide, paint.clone()));
            ops.push(Op::PopClip);
        } else {
            ops.push(Op::Stroke(path.clone(), style.clone(), paint.clone()));
        }
        return;
    }
    for (left, width) in strips {
        let at = crate::compound::moved(path, left * style.width, style.join, style.miter_limit);
        let strip = StrokeStyle {
            width: width * style.width,
            // The strip's own corners are those of its path.
            join: kurbo::Join::Miter,
            ..style.clone()
        };
        ops.push(Op::Stroke(Arc::new(at), strip, paint.clone()));
    }
}

/// A line end at a line width. Lengths in points along and across the line.
#[derive(Debug, Clone, Copy)]
struct LineEndShape {
    kind: LineEndKind,
    /// How far it reaches back along the line.
    length: f64,
    /// Half of its extent across the line.
    half: f64,
    /// How much shorter the line is drawn.
    cut: f64,
    unit: f64,
}

impl LineEndShape {
    /// Sizes in units of the line's width, no thinner than two points.
    fn new(end: LineEnd, width: f64) -> Self {
        let unit = width.max(2.0);
        let size = |s| match s {
            LineEndSize::Small => 2.0,
            LineEndSize::Medium => 3.0,
            LineEndSize::Large => 5.0,
        };
        let length = size(end.length) * unit;
        let half = size(end.width) * unit / 2.0;
        let (length, half, cut) = match end.kind {
            LineEndKind::Triangle => (length, half, length - unit / 2.0),
            LineEndKind::Stealth => (length, half, length * 2.0 / 3.0),
            LineEndKind::Arrow => (length + unit, half + unit / 4.0, unit),
            LineEndKind::Diamond | LineEndKind::Oval => (length / 2.0, half, 0.0),
            LineEndKind::None => (0.0, 0.0, 0.0),
        };
        Self {
            kind: end.kind,
            length,
            half,
            cut,
            unit,
        }
    }

    fn draw(
        self,
        ops: &mut Vec<Op>,
        tip: Point,
        direction: Vec2,
        style: &StrokeStyle,
        paint: &Paint,
    ) {
        let across = Vec2::new(-direction.y, direction.x);
        let at = |back: f64, side: f64| tip - direction * back + across * side;
        let mut path = BezPath::new();
        match self.kind {
            LineEndKind::None => return,
            LineEndKind::Triangle => {
                path.move_to(at(0.0, 0.0));
                path.line_to(at(self.length, self.half));
                path.line_to(at(self.length, -self.half));
                path.close_path();
            }
            LineEndKind::Stealth => {
                path.move_to(at(0.0, 0.0));
                path.line_to(at(self.length, self.half));
                path.line_to(at(self.length * 2.0 / 3.0, 0.0));
                path.line_to(at(self.length, -self.half));
                path.close_path();
            }
            LineEndKind::Diamond => {
                path.move_to(at(-self.length, 0.0));
                path.line_to(at(0.0, self.half));
                path.line_to(at(self.length, 0.0));
                path.line_to(at(0.0, -self.half));
                path.close_path();
            }
            LineEndKind::Oval => {
                let angle = direction.atan2();
                path = kurbo::Ellipse::new(tip, (self.length, self.half), angle).to_path(0.01);
            }
            LineEndKind::Arrow => {
                path.move_to(at(self.length, self.half));
                path.line_to(at(self.unit, 0.0));
                path.line_to(at(self.length, -self.half));
                let pen = StrokeStyle {
                    join: PenJoin::Miter,
                    miter_limit: 8.0,
                    dashes: Vec::new(),
                    ..style.clone()
                };
                ops.push(Op::Stroke(Arc::new(path), pen, paint.clone()));
                return;
            }
        }
        ops.push(Op::Fill(Arc::new(path), FillRule::NonZero, paint.clone()));
    }
}

/// Whether a line paints anything at all.
pub(crate) fn is_drawn(line: &Line) -> bool {
    line.fill
        .as_ref()
        .is_some_and(|fill| !matches!(fill, Fill::None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use slides_scene::Rgba;

    fn drawn(kind: LineEndKind, width: f64) -> Vec<Op> {
        let mut path = BezPath::new();
        path.move_to((0.0, 0.0));
        path.line_to((100.0, 0.0));
        let end = LineEnd {
            kind,
            width: LineEndSize::Medium,
            length: LineEndSize::Medium,
        };
        let line = Line {
            tail: Some(end),
            ..Line::default()
        };
        let mut ops = Vec::new();
        draw(
            &mut ops,
            &Arc::new(path),
            &line,
            &StrokeStyle::new(width),
            &Paint::Solid(Rgba::BLACK),
        );
        ops
    }

    fn svg(op: &Op) -> String {
        match op {
            Op::Fill(path, ..) | Op::Stroke(path, ..) => path.to_svg(),
            _ => String::new(),
        }
    }

    #[test]
    fn line_ends_have_measured_sizes() {
        let ops = drawn(LineEndKind::Triangle, 0.5);
        assert_eq!(svg(&ops[0]), "M0,0 L95,0");
        assert!(matches!(&ops[0], Op::Stroke(_, style, _) if style.width == 1.0));
        assert_eq!(svg(&ops[1]), "M100,0 L94,3 L94,-3 Z");
        let ops = drawn(LineEndKind::Stealth, 3.0);
        assert_eq!(svg(&ops[0]), "M0,0 L94,0");
        assert_eq!(svg(&ops[1]), "M100,0 L91,4.5 L94,0 L91,-4.5 Z");
        let ops = drawn(LineEndKind::Arrow, 2.0);
        assert_eq!(svg(&ops[0]), "M0,0 L98,0");
        assert_eq!(svg(&ops[1]), "M92,3.5 L98,0 L92,-3.5");
    }

    #[test]
    fn lines_shorter_than_their_ends_keep_the_end_only() {
        let mut path = BezPath::new();
        path.move_to((0.0, 0.0));
        path.line_to((2.0, 0.0));
        let end = LineEnd {
            kind: LineEndKind::Triangle,
            width: LineEndSize::Medium,
            length: LineEndSize::Medium,
        };
        let line = Line {
            head: Some(end),
            tail: Some(end),
            ..Line::default()
        };
        let mut ops = Vec::new();
        draw(
            &mut ops,
            &Arc::new(path),
            &line,
            &StrokeStyle::new(1.0),
            &Paint::Solid(Rgba::BLACK),
        );
        assert_eq!(ops.len(), 2);
    }

    #[test]
    fn dashes_scale_with_the_width() {
        assert_eq!(dashes(Some(&Dash::Preset("dash".into())), 2.0), [8.0, 6.0]);
        assert_eq!(dashes(Some(&Dash::Preset("solid".into())), 2.0), [0.0; 0]);
        assert_eq!(dashes(Some(&Dash::Custom(vec![(0.0, 0.0)])), 2.0), [0.0; 0]);
        assert_eq!(
            dashes(Some(&Dash::Custom(vec![(2.0, f64::NAN)])), 2.0),
            [4.0, 0.0]
        );
    }

    #[test]
    fn attributes_merge_one_by_one() {
        let base = Line {
            width: Some(1),
            cap: Some(LineCap::Round),
            ..Line::default()
        };
        let over = Line {
            width: Some(2),
            ..Line::default()
        };
        let merged = merge(&over, &base);
        assert_eq!((merged.width, merged.cap), (Some(2), Some(LineCap::Round)));
    }
}
