//! Long text over several pages: which lines go where.

use kurbo::{Affine, Shape as _};
use slides_scene::Op;

/// How far below its baseline a line reaches, in sizes of its letters.
const DESCENT: f64 = 0.3;

/// The lowest points of the lines that `ops` draw on the page, ascending.
pub(super) fn line_ends(ops: &[Op]) -> Vec<f64> {
    let mut ends: Vec<f64> = Vec::new();
    visit(ops, |_, end| ends.extend(end));
    ends.sort_by(f64::total_cmp);
    ends.dedup_by(|a, b| (*a - *b).abs() < 0.5);
    ends
}

/// The operations whose lines end in `from..=to`; scopes and tags stay as they are.
pub(super) fn between(ops: &[Op], from: f64, to: f64) -> Vec<Op> {
    let mut kept = Vec::new();
    visit(ops, |op, end| {
        if end.is_none_or(|end| end > from && end <= to) {
            kept.push(op.clone());
        }
    });
    kept
}

/// Calls back with each operation and, for those that draw, the lowest point of its line.
fn visit(ops: &[Op], mut each: impl FnMut(&Op, Option<f64>)) {
    let mut transforms = vec![Affine::IDENTITY];
    for op in ops {
        let current = transforms.last().copied().unwrap_or(Affine::IDENTITY);
        let end = match op {
            Op::Push(affine) => {
                transforms.push(current * *affine);
                None
            }
            Op::Pop => {
                transforms.pop();
                None
            }
            Op::Text(run, _) => run.glyphs.first().map(|glyph| {
                (current * kurbo::Point::new(glyph.x, glyph.y)).y + DESCENT * run.size
            }),
            Op::Fill(path, ..) | Op::Stroke(path, ..) => {
                Some(current.transform_rect_bbox(path.bounding_box()).y1)
            }
            Op::Image(image) => Some(current.transform_rect_bbox(image.dst).y1),
            Op::Effect(effect) => Some(current.transform_rect_bbox(effect.bounds).y1),
            _ => None,
        };
        each(op, end);
    }
}

/// Where pages end, so that each holds whole lines: first `first` is the end of the room on the first page, then
/// each page has `room`. Ends of the last lines of each page.
pub(super) fn breaks(ends: &[f64], first: f64, room: f64) -> Vec<f64> {
    let mut out = Vec::new();
    let mut limit = first;
    let mut last: Option<f64> = None;
    for &end in ends {
        if end > limit
            && let Some(before) = last
        {
            out.push(before);
            limit = before + room;
        }
        last = Some(end);
    }
    out.extend(last);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_hold_whole_lines() {
        let ends: Vec<f64> = (1..=10).map(|line| f64::from(line) * 10.0).collect();
        assert_eq!(breaks(&ends, 35.0, 40.0), [30.0, 70.0, 100.0]);
        assert_eq!(breaks(&ends, 200.0, 40.0), [100.0]);
        // A line taller than the room still goes somewhere.
        assert_eq!(breaks(&[500.0, 900.0], 35.0, 40.0), [500.0, 900.0]);
        assert!(breaks(&[], 35.0, 40.0).is_empty());
    }
}
