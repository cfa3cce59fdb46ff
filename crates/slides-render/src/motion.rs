//! Appearances of pages and shapes in CSS alone: no script, no style attributes.
//!
//! They follow the scrolling of the document where the browser can do that, and play at their own pace on a page that a
//! link has led to. Elsewhere, in print, and where people want no motion, everything is there at once.

use std::fmt::Write as _;

use std::ops::Range;

use slides_scene::{Motion, MotionKind, Op, Page, Side};

/// Classes of durations, a quarter of a second each.
const QUARTERS: u32 = 20;
/// Classes of places in the order of a page's shapes.
const PLACES: usize = 10;

/// Names of the kinds with where they start.
const KINDS: [(&str, &str); 14] = [
    ("fade", "opacity:0"),
    ("move-left", "transform:translateX(-100%)"),
    ("move-top", "transform:translateY(-100%)"),
    ("move-right", "transform:translateX(100%)"),
    ("move-bottom", "transform:translateY(100%)"),
    ("wipe-left", "clip-path:inset(0 100% 0 0)"),
    ("wipe-top", "clip-path:inset(0 0 100% 0)"),
    ("wipe-right", "clip-path:inset(0 0 0 100%)"),
    ("wipe-bottom", "clip-path:inset(100% 0 0 0)"),
    ("split-across", "clip-path:inset(0 50%)"),
    ("split-down", "clip-path:inset(50% 0)"),
    ("circle", "clip-path:circle(0)"),
    (
        "diamond",
        "clip-path:polygon(50% 50%,50% 50%,50% 50%,50% 50%)",
    ),
    ("zoom", "transform:scale(0)"),
];

fn name(kind: MotionKind) -> &'static str {
    match kind {
        MotionKind::Fade => "fade",
        MotionKind::Move(Side::Left) => "move-left",
        MotionKind::Move(Side::Top) => "move-top",
        MotionKind::Move(Side::Right) => "move-right",
        MotionKind::Move(Side::Bottom) => "move-bottom",
        MotionKind::Wipe(Side::Left) => "wipe-left",
        MotionKind::Wipe(Side::Top) => "wipe-top",
        MotionKind::Wipe(Side::Right) => "wipe-right",
        MotionKind::Wipe(Side::Bottom) => "wipe-bottom",
        MotionKind::Split { sideways: true } => "split-across",
        MotionKind::Split { sideways: false } => "split-down",
        MotionKind::Circle => "circle",
        MotionKind::Diamond => "diamond",
        MotionKind::Zoom => "zoom",
    }
}

/// Classes of a page that comes like this.
pub(crate) fn page_classes(motion: Motion) -> String {
    format!("t {} d{}", name(motion.kind), quarters(motion))
}

/// Classes of the shape at a place among so many that come one after the other.
fn shape_classes(motion: Motion, place: usize, count: usize) -> String {
    let place = (place * PLACES / count.max(1)).min(PLACES - 1);
    format!("e {} d{} o{place}", name(motion.kind), quarters(motion))
}

/// A page's operations in painting order, cut where something appears; what does has its classes.
pub(crate) fn groups<'p>(
    page: &'p Page,
    entrances: &[(Range<usize>, Motion)],
) -> Vec<(&'p [Op], Option<String>)> {
    let count = entrances.len();
    let mut ranges: Vec<(Range<usize>, String)> = entrances
        .iter()
        .enumerate()
        .map(|(place, (range, motion))| (range.clone(), shape_classes(*motion, place, count)))
        .collect();
    ranges.sort_by_key(|(range, _)| range.start);
    let mut out = Vec::with_capacity(2 * count + 1);
    let mut at = 0;
    for (range, classes) in ranges {
        let (Some(before), Some(own)) =
            (page.ops.get(at..range.start), page.ops.get(range.clone()))
        else {
            continue;
        };
        out.push((before, None));
        out.push((own, Some(classes)));
        at = range.end;
    }
    out.push((page.ops.get(at..).unwrap_or_default(), None));
    out
}

fn quarters(motion: Motion) -> u32 {
    motion.milliseconds.div_ceil(250).clamp(1, QUARTERS)
}

/// The rules of all classes.
pub(crate) fn css() -> String {
    let mut out = String::from(
        "@media screen and (prefers-reduced-motion:no-preference){\
         section{view-timeline-name:--slide;overflow:clip}\
         .t>svg,.e{animation-fill-mode:both;animation-timing-function:ease-out}\
         .e{transform-box:fill-box;transform-origin:50% 50%}\
         [class~=e][class*=move]{transform-box:view-box}\
         @supports (animation-timeline:view()){\
         .t>svg,.e{animation-duration:auto;animation-timeline:--slide}\
         .t>svg{animation-range:entry 0% entry 80%}",
    );
    // Writing to a string does not fail.
    for place in 0..PLACES {
        let from = 50 + place * 4;
        let _ = write!(
            out,
            ".o{place}{{animation-range:entry {from}% entry {}%}}",
            from + 10
        );
    }
    out.push('}');
    out.push_str("section:target>svg,:target .e{animation-timeline:auto;animation-range:normal}");
    for quarter in 1..=QUARTERS {
        let seconds = f64::from(quarter) / 4.0;
        let _ = write!(
            out,
            ".d{quarter}:target>svg,:target .d{quarter}{{animation-duration:{seconds}s}}"
        );
    }
    for place in 0..PLACES {
        let seconds = 0.5 + 0.5 * place as f64;
        let _ = write!(out, ":target .o{place}{{animation-delay:{seconds}s}}");
    }
    for (name, from) in KINDS {
        let _ = write!(
            out,
            ".{name}.t>svg,.{name}.e{{animation-name:s-{name}}}@keyframes s-{name}{{from{{{from}}}"
        );
        let to = match name {
            "circle" => "to{clip-path:circle(75%)}",
            "diamond" => "to{clip-path:polygon(50% -50%,150% 50%,50% 150%,-50% 50%)}",
            _ if from.starts_with("clip-path") => "to{clip-path:inset(0)}",
            _ => "",
        };
        out.push_str(to);
        out.push('}');
    }
    out.push('}');
    out
}
