//! Effects of a slide to those of a page.

use std::collections::HashMap;
use std::ops::Range;

use slides_ooxml::model::{MotionKind as OwnKind, MotionSide, SlideMotion};
use slides_scene::{Motion, MotionKind, PageMotion, Side};

/// What moves on a page; none where nothing does. `shapes` are the ids of the shapes with what draws them.
pub(crate) fn motion_of(
    own: &SlideMotion,
    shapes: &[(u32, Range<usize>)],
) -> Option<Box<PageMotion>> {
    // Ids should be unique; the first shape of one counts.
    let mut ranges: HashMap<u32, &Range<usize>> = HashMap::new();
    for (id, range) in shapes {
        if !range.is_empty() {
            ranges.entry(*id).or_insert(range);
        }
    }
    let entrances: Vec<(Range<usize>, Motion)> = own
        .entrances
        .iter()
        .filter_map(|(id, motion)| Some((Range::clone(ranges.get(id)?), scene_motion(*motion))))
        .collect();
    let transition = own.transition.map(scene_motion);
    (transition.is_some() || !entrances.is_empty()).then(|| {
        Box::new(PageMotion {
            transition,
            entrances,
        })
    })
}

fn scene_motion(own: slides_ooxml::model::Motion) -> Motion {
    let side = |side| match side {
        MotionSide::Left => Side::Left,
        MotionSide::Top => Side::Top,
        MotionSide::Right => Side::Right,
        MotionSide::Bottom => Side::Bottom,
    };
    Motion {
        kind: match own.kind {
            OwnKind::Fade => MotionKind::Fade,
            OwnKind::Move(from) => MotionKind::Move(side(from)),
            OwnKind::Wipe(from) => MotionKind::Wipe(side(from)),
            OwnKind::Split { sideways } => MotionKind::Split { sideways },
            OwnKind::Circle => MotionKind::Circle,
            OwnKind::Diamond => MotionKind::Diamond,
            OwnKind::Zoom => MotionKind::Zoom,
        },
        milliseconds: own.milliseconds,
    }
}
