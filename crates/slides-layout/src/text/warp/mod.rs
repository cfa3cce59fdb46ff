//! WordArt: letters bent into a preset text warp (ECMA-376 part 1, 20.1.9.19).
//!
//! The text is laid out plainly first; then its outlines are bent, so that fills, lines and effects of letters
//! follow.

mod shape;

use std::sync::Arc;

use kurbo::{Affine, BezPath, ParamCurve as _, PathEl, PathSeg, Point, Rect, Shape as _, Vec2};
use slides_ooxml::model::TextWarp;
use slides_scene::{EffectOp, FillRule, Op, Paint};

use self::shape::{Curves, curves};
use super::emit::outline;

/// Points that a curve is measured by.
const SAMPLES: usize = 256;
/// Pieces of outline that one text is bent in; letters beyond stay away.
const MAX_PIECES: usize = 2_000_000;

/// Bends drawn text into the warp's frame; none when the preset is not known or there is nothing to bend.
///
/// `baselines` are those of the text's lines, downwards: some warps share the lines out.
pub(super) fn bend(ops: &[Op], warp: &TextWarp, frame: Rect, baselines: &[f64]) -> Option<Vec<Op>> {
    if !(frame.width() > 0.1 && frame.height() > 0.1) {
        return None;
    }
    let bands = match curves(warp, frame.width(), frame.height())? {
        Curves::Bands(bands) => bands,
        one => vec![one],
    };
    let share = Share {
        baselines,
        bands: bands.len(),
    };
    let mut inks = vec![None; bands.len()];
    measure(ops, &share, &mut inks);
    let maps: Vec<Option<Map>> = bands
        .into_iter()
        .zip(inks)
        .map(|(curves, ink)| {
            let ink = ink.filter(|ink: &Rect| ink.width() > 1e-3 && ink.height() > 1e-3)?;
            Map::new(curves, ink, frame)
        })
        .collect();
    maps.iter().any(Option::is_some).then(|| {
        let mut bender = Bender {
            maps: &maps,
            share,
            frame,
            left: MAX_PIECES,
        };
        bender.all(ops)
    })
}

/// Which of the bands what is drawn belongs to.
#[derive(Clone, Copy)]
struct Share<'b> {
    baselines: &'b [f64],
    bands: usize,
}

impl Share<'_> {
    /// The band of what stands at a height: its line's, each in turn or, where there are more lines, evenly.
    fn band(self, y: f64) -> usize {
        let lines = self.baselines.len();
        if self.bands < 2 || lines < 2 {
            return 0;
        }
        let line = self
            .baselines
            .iter()
            .position(|baseline| *baseline >= y - 0.01)
            .unwrap_or(lines - 1);
        if lines <= self.bands {
            line
        } else {
            line * self.bands / lines
        }
    }

    fn of(self, op: &Op) -> usize {
        match op {
            // The baseline may be raised, but not above the middle of the letters.
            Op::Text(run, _) => self.band(run.glyphs.first().map_or(0.0, |glyph| glyph.y)),
            Op::Fill(path, ..) | Op::Stroke(path, ..) => self.band(path.bounding_box().center().y),
            _ => 0,
        }
    }
}

/// The boxes of all letters of each band.
fn measure(ops: &[Op], share: &Share<'_>, inks: &mut [Option<Rect>]) {
    for op in ops {
        let rect = match op {
            Op::Text(run, _) => outline(run)
                .filter(|path| !path.elements().is_empty())
                .map(|path| path.bounding_box()),
            Op::Fill(path, ..) => Some(path.bounding_box()),
            _ => None,
        };
        if let (Some(rect), Some(ink)) = (rect.filter(Rect::is_finite), inks.get_mut(share.of(op)))
        {
            *ink = Some(ink.map_or(rect, |known| known.union(rect)));
        }
    }
}

/// A curve as points with their distance along it.
struct Measured {
    points: Vec<(Point, f64)>,
}

impl Measured {
    fn new(path: &BezPath) -> Option<Self> {
        let segments: Vec<PathSeg> = path.segments().take(256).collect();
        let each = (SAMPLES / segments.len().max(1)).max(4);
        let mut points: Vec<(Point, f64)> = vec![(segments.first()?.start(), 0.0)];
        for segment in &segments {
            for index in 1..=each {
                let point = segment.eval(index as f64 / each as f64);
                let (before, at) = points.last().copied()?;
                points.push((point, at + before.distance(point)));
            }
        }
        Some(Self { points })
    }

    fn length(&self) -> f64 {
        self.points.last().map_or(0.0, |point| point.1)
    }

    /// The point at a distance and the direction there; beyond the ends it goes on straight.
    fn at(&self, distance: f64) -> (Point, Vec2) {
        let last = self.points.len().saturating_sub(1);
        let index = self
            .points
            .partition_point(|point| point.1 <= distance)
            .clamp(1, last.max(1));
        let (Some(a), Some(b)) = (self.points.get(index - 1), self.points.get(index)) else {
            return (Point::ZERO, Vec2::new(1.0, 0.0));
        };
        let span = (b.1 - a.1).max(1e-9);
        let direction = (b.0 - a.0) / span;
        (a.0 + direction * (distance - a.1), direction)
    }
}

enum Bend {
    Between(Measured, Measured),
    Along {
        path: Measured,
        /// Points of text to points of the path.
        scale: f64,
        /// Where the text starts on the path.
        start: f64,
    },
}

/// From the plain text to the frame.
struct Map {
    bend: Bend,
    ink: Rect,
    frame: Rect,
}

impl Map {
    fn new(curves: Curves, ink: Rect, frame: Rect) -> Option<Self> {
        let bend = match curves {
            Curves::Bands(_) => return None,
            Curves::Between(top, bottom) => {
                Bend::Between(Measured::new(&top)?, Measured::new(&bottom)?)
            }
            Curves::Along(path) => {
                let path = Measured::new(&path)?;
                let scale = (path.length() / ink.width()).min(1.0);
                let start = (path.length() - ink.width() * scale) / 2.0;
                Bend::Along { path, scale, start }
            }
        };
        Some(Self { bend, ink, frame })
    }

    /// Longest piece that is bent as one.
    fn step(&self) -> f64 {
        (self.ink.width() / 60.0)
            .min(self.ink.height() / 4.0)
            .max(0.05)
    }

    /// Paints keep their place in the box of the text.
    fn paint(&self, paint: &Paint) -> Paint {
        let (ink, frame) = (self.ink, self.frame);
        let stretch = Affine::translate(frame.origin().to_vec2())
            * Affine::scale_non_uniform(frame.width() / ink.width(), frame.height() / ink.height())
            * Affine::translate(-ink.origin().to_vec2());
        crate::fill::transformed(paint.clone(), stretch)
    }

    fn point(&self, point: Point) -> Point {
        let corner = self.frame.origin().to_vec2();
        let bent = match &self.bend {
            Bend::Between(top, bottom) => {
                let u = (point.x - self.ink.x0) / self.ink.width();
                let v = (point.y - self.ink.y0) / self.ink.height();
                let above = top.at(u * top.length()).0;
                let below = bottom.at(u * bottom.length()).0;
                above.lerp(below, v)
            }
            Bend::Along { path, scale, start } => {
                let (on, direction) = path.at(start + (point.x - self.ink.x0) * scale);
                let up = Vec2::new(direction.y, -direction.x);
                on + up * ((self.ink.y1 - point.y) * scale)
            }
        };
        bent + corner
    }
}

struct Bender<'m> {
    maps: &'m [Option<Map>],
    share: Share<'m>,
    frame: Rect,
    /// Pieces still to be bent.
    left: usize,
}

impl<'m> Bender<'m> {
    fn all(&mut self, ops: &[Op]) -> Vec<Op> {
        ops.iter().filter_map(|op| self.op(op)).collect()
    }

    fn map(&self, op: &Op) -> Option<&'m Map> {
        self.maps.get(self.share.of(op))?.as_ref()
    }

    fn op(&mut self, op: &Op) -> Option<Op> {
        Some(match op {
            Op::Text(run, paint) => {
                let (map, path) = (self.map(op)?, outline(run)?);
                Op::Fill(
                    Arc::new(self.path(map, &path)),
                    FillRule::NonZero,
                    map.paint(paint),
                )
            }
            Op::Fill(path, rule, paint) => {
                let map = self.map(op)?;
                Op::Fill(Arc::new(self.path(map, path)), *rule, map.paint(paint))
            }
            Op::Stroke(path, style, paint) => {
                let map = self.map(op)?;
                let bent = self.path(map, path);
                Op::Stroke(Arc::new(bent), style.clone(), map.paint(paint))
            }
            Op::Effect(effect) => {
                let margin = (effect.bounds.width().max(effect.bounds.height()) / 2.0).min(100.0);
                Op::Effect(Box::new(EffectOp {
                    source: self.all(&effect.source),
                    bounds: self.frame.inflate(margin, margin),
                    kind: effect.kind,
                }))
            }
            other => other.clone(),
        })
    }

    fn path(&mut self, map: &Map, path: &BezPath) -> BezPath {
        let mut out = BezPath::new();
        let mut pen = Point::ZERO;
        let mut start = Point::ZERO;
        for element in path.elements() {
            let segment = match *element {
                PathEl::MoveTo(to) => {
                    out.move_to(map.point(to));
                    (pen, start) = (to, to);
                    continue;
                }
                PathEl::LineTo(to) => PathSeg::Line(kurbo::Line::new(pen, to)),
                PathEl::QuadTo(a, to) => PathSeg::Quad(kurbo::QuadBez::new(pen, a, to)),
                PathEl::CurveTo(a, b, to) => PathSeg::Cubic(kurbo::CubicBez::new(pen, a, b, to)),
                PathEl::ClosePath => {
                    if pen != start {
                        self.segment(map, &mut out, PathSeg::Line(kurbo::Line::new(pen, start)));
                    }
                    out.close_path();
                    pen = start;
                    continue;
                }
            };
            self.segment(map, &mut out, segment);
            pen = segment.end();
        }
        out
    }

    fn segment(&mut self, map: &Map, out: &mut BezPath, segment: PathSeg) {
        let reach = segment.start().distance(segment.end());
        let pieces = ((reach / map.step()).ceil() as usize)
            .clamp(1, 64)
            .min(self.left);
        self.left -= pieces;
        for index in 0..pieces {
            let part = |at: usize| at as f64 / pieces as f64;
            match segment.subsegment(part(index)..part(index + 1)) {
                PathSeg::Line(line) => out.line_to(map.point(line.p1)),
                PathSeg::Quad(quad) => {
                    out.quad_to(map.point(quad.p1), map.point(quad.p2));
                }
                PathSeg::Cubic(cubic) => out.curve_to(
                    map.point(cubic.p1),
                    map.point(cubic.p2),
                    map.point(cubic.p3),
                ),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use slides_ooxml::model::AdjustValue;

    use super::*;

    const PRESETS: [&str; 36] = [
        "textPlain",
        "textStop",
        "textTriangle",
        "textTriangleInverted",
        "textChevron",
        "textChevronInverted",
        "textWave1",
        "textWave2",
        "textDoubleWave1",
        "textWave4",
        "textInflate",
        "textDeflate",
        "textInflateBottom",
        "textDeflateBottom",
        "textInflateTop",
        "textDeflateTop",
        "textFadeRight",
        "textFadeLeft",
        "textFadeUp",
        "textFadeDown",
        "textSlantUp",
        "textSlantDown",
        "textCascadeUp",
        "textCascadeDown",
        "textCurveUp",
        "textCurveDown",
        "textCanUp",
        "textCanDown",
        "textArchUp",
        "textArchDown",
        "textCircle",
        "textArchUpPour",
        "textArchDownPour",
        "textRingInside",
        "textRingOutside",
        "textButton",
    ];

    fn warp(preset: &str, adjust: &[&str]) -> TextWarp {
        TextWarp {
            preset: preset.into(),
            adjust: adjust
                .iter()
                .map(|value| AdjustValue {
                    name: "adj".into(),
                    formula: format!("val {value}"),
                })
                .collect(),
        }
    }

    /// A 100 x 10 bar bent into 200 x 100 points at (50, 50).
    fn bent(warp: &TextWarp) -> Option<BezPath> {
        let bar = Rect::new(0.0, 0.0, 100.0, 10.0).to_path(0.1);
        let ops = [Op::Fill(
            Arc::new(bar),
            FillRule::NonZero,
            Paint::Solid(slides_scene::Rgba::BLACK),
        )];
        let ops = bend(&ops, warp, Rect::new(50.0, 50.0, 250.0, 150.0), &[])?;
        match ops.first() {
            Some(Op::Fill(path, ..)) => Some((**path).clone()),
            _ => None,
        }
    }

    #[test]
    fn every_preset_stays_in_its_frame() {
        for preset in PRESETS {
            let box_ = bent(&warp(preset, &[])).expect(preset).bounding_box();
            let frame = Rect::new(50.0, 50.0, 250.0, 150.0).inflate(11.0, 11.0);
            assert_eq!(box_.intersect(frame), box_, "{preset}: {box_:?}");
            assert!(box_.width().max(box_.height()) > 90.0, "{preset}");
        }
        assert!(bent(&warp("textUnknown", &[])).is_none());
    }

    #[test]
    fn curves_follow_their_adjust_values() {
        let top_left = |warp: &TextWarp| match bent(warp).unwrap().elements()[0] {
            PathEl::MoveTo(point) => point,
            _ => Point::ZERO,
        };
        assert_eq!(top_left(&warp("textPlain", &[])), Point::new(50.0, 50.0));
        assert_eq!(
            top_left(&warp("textTriangle", &[])),
            Point::new(50.0, 100.0)
        );
        assert_eq!(
            top_left(&warp("textTriangle", &["20000"])),
            Point::new(50.0, 70.0)
        );
        let inflated = bent(&warp("textInflate", &[])).unwrap();
        assert!(inflated.contains(Point::new(150.0, 55.0)));
        assert!(!inflated.contains(Point::new(52.0, 55.0)));
        // Hostile values end in a drawing.
        assert!(bent(&warp("textWave1", &["1e300", "-1e300"])).is_some());
        assert!(bent(&warp("textArchUp", &["NaN"])).is_some());
    }

    #[test]
    fn letters_along_an_arch_keep_their_size() {
        let path = bent(&warp("textArchUp", &[])).unwrap();
        // The foot of the bar lies on the ellipse, its middle at the top.
        assert!(path.contains(Point::new(150.0, 45.0)) && !path.contains(Point::new(150.0, 55.0)));
    }

    #[test]
    fn lines_are_shared_out_among_the_bands() {
        let bar = |y: f64| {
            Op::Fill(
                Arc::new(Rect::new(0.0, y, 100.0, y + 10.0).to_path(0.1)),
                FillRule::NonZero,
                Paint::Solid(slides_scene::Rgba::BLACK),
            )
        };
        let boxes = |preset: &str, lines: &[f64]| -> Vec<Rect> {
            let ops: Vec<Op> = lines.iter().map(|y| bar(*y)).collect();
            let baselines: Vec<f64> = lines.iter().map(|y| y + 10.0).collect();
            let frame = Rect::new(0.0, 0.0, 200.0, 100.0);
            bend(&ops, &warp(preset, &[]), frame, &baselines)
                .unwrap()
                .iter()
                .map(|op| match op {
                    Op::Fill(path, ..) => path.bounding_box(),
                    _ => Rect::ZERO,
                })
                .collect()
        };
        let two = boxes("textDeflateInflate", &[0.0, 20.0]);
        assert!(two[0].y0 < 1.0 && two[0].y1 < 50.0, "{two:?}");
        assert!(two[1].y0 > 30.0 && two[1].y1 > 99.0, "{two:?}");
        let four = boxes("textDeflateInflateDeflate", &[0.0, 20.0, 40.0, 60.0]);
        assert!(four[1].y1 < 40.0 && four[3].y0 > 60.0, "{four:?}");
        let button = boxes("textButton", &[0.0, 20.0, 40.0]);
        assert!(button[0].y1 < button[1].y0 + 1.0, "{button:?}");
        assert!(button[2].y0 > 49.0, "{button:?}");
    }
}
