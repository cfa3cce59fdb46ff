//! Whole charts against the measured places.

use std::path::Path;

use kurbo::{Affine, Rect, Shape as _};
use slides_ooxml::model::chart::{ChartSpace, DataTable};
use slides_ooxml::{Deck, PackageLimits};
use slides_scene::{Op, Paint, Rgba};

use crate::{LaidOut, LayoutOptions, layout_slide};

/// Box metrics of Arial in em.
const ASCENT: f64 = 1854.0 / 2048.0;
const DESCENT: f64 = 434.0 / 2048.0;
const LEADING: f64 = 67.0 / 2048.0;

pub(super) fn page(deck: &str, slide: usize) -> LaidOut {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/decks/features")
        .join(deck);
    let bytes = std::fs::read(path).unwrap();
    let deck = Deck::open(bytes, None, &PackageLimits::default()).unwrap();
    let slide = deck.slide(slide).unwrap();
    layout_slide(&deck, &slide, &LayoutOptions::default())
}

/// Texts with their start on the page, and filled boxes with their colour.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) texts: Vec<(String, f64, f64)>,
    /// Where the last glyph of each text begins.
    pub(super) ends: Vec<f64>,
    pub(super) fills: Vec<(Rect, Rgba)>,
    depth: i32,
}

impl Seen {
    pub(super) fn of(page: &LaidOut) -> Self {
        let mut seen = Self::default();
        let mut stack = vec![Affine::IDENTITY];
        for op in &page.page.ops {
            let at = *stack.last().unwrap();
            match op {
                Op::Push(by) => stack.push(at * *by),
                Op::Pop => {
                    stack.pop();
                }
                Op::Text(run, _) => {
                    let first = run.glyphs.first().unwrap();
                    let start = at * kurbo::Point::new(first.x, first.y);
                    let text: String = run
                        .glyphs
                        .iter()
                        .map(|glyph| &run.text[glyph.start as usize..glyph.end as usize])
                        .collect();
                    seen.texts.push((text, start.x, start.y));
                    let last = run.glyphs.last().unwrap();
                    seen.ends.push((at * kurbo::Point::new(last.x, last.y)).x);
                }
                Op::Fill(path, _, Paint::Solid(color)) => {
                    seen.fills
                        .push((at.transform_rect_bbox(path.bounding_box()), *color));
                }
                Op::Clip(..) => seen.depth += 1,
                Op::PopClip => seen.depth -= 1,
                _ => {}
            }
        }
        assert_eq!(stack.len(), 1, "unbalanced transforms");
        assert_eq!(seen.depth, 0, "unbalanced clips");
        seen
    }

    pub(super) fn text(&self, wanted: &str) -> (f64, f64) {
        self.texts
            .iter()
            .find(|(text, ..)| text.trim() == wanted)
            .map_or_else(
                || panic!("no text `{wanted}` in {:?}", self.texts),
                |(_, x, y)| (*x, *y),
            )
    }
}

fn close(what: &str, got: f64, wanted: f64) {
    assert!((got - wanted).abs() < 0.1, "{what}: {got} is not {wanted}");
}

#[test]
fn columns_stand_where_powerpoint_puts_them() {
    let page = page("chart-bars.pptx", 0);
    let seen = Seen::of(&page);
    // The first frame: 0.2 inches from the corner, 4.7 x 2.5 inches, Arial 10 with a 12 point title.
    let (x, y, w, h) = (14.4, 14.4, 4.7 * 72.0, 2.5 * 72.0);
    let (tm, lh) = (
        10.0 * (ASCENT + DESCENT),
        12.0 * (ASCENT + DESCENT + LEADING),
    );
    let (_, title) = seen.text("Sales by region");
    close("title", title - y, 7.5 + 12.0 * (ASCENT + LEADING));
    let top = 9.0 + lh + 5f64.max(0.0) + (tm / 2.0).max(6.0);
    let bottom = h - (6.0 + tm + 5.88) - 5.0 - 1.5 - tm - 0.536 * tm;
    let digits = 0.5562 * 10.0;
    let left = 5.0 + 1.5 + digits + 0.77 * tm;
    let columns: Vec<Rect> = seen
        .fills
        .iter()
        .map(|(rect, _)| *rect)
        .filter(|rect| rect.x1 < x + w && (rect.y1 - y - bottom).abs() < 0.2 && rect.y0 < rect.y1)
        .collect();
    assert_eq!(columns.len(), 12);
    let slot = (w - 11.0 - left) / 4.0;
    for column in &columns {
        close("width", column.width(), slot / 4.5);
    }
    // Series after series; the first column begins after half a gap.
    close("first column", columns[0].x0 - x, left + 0.75 * slot / 4.5);
    // 5.0 of a scale to 6.
    let tallest = columns.iter().map(Rect::height).fold(0.0, f64::max);
    close("height", tallest, (bottom - top) * 5.0 / 6.0);
    // The category under the axis, baseline 1.518 em below it.
    let (_, category) = seen.text("North");
    close("category", category - y - bottom, 15.18);
    let (_, value) = seen.text("6");
    close("value label", value - y - top, 3.25);
    // Legend row above the lower edge.
    let (_, entry) = seen.text("2023");
    close(
        "legend",
        h - (entry - y),
        6.0 + f64::midpoint(tm, 5.88) - 3.2,
    );
}

#[test]
fn every_kind_is_drawn_and_balanced() {
    for (deck, slides) in [
        ("chart-bars.pptx", 2),
        ("chart-lines.pptx", 2),
        ("chart-xy.pptx", 2),
        ("chart-plain.pptx", 1),
    ] {
        for slide in 0..slides {
            let page = page(deck, slide);
            let seen = Seen::of(&page);
            assert!(seen.texts.len() > 20, "{deck} slide {}", slide + 1);
            let missing = page
                .warnings
                .iter()
                .any(|(_, message)| message.contains("not drawn"));
            assert!(!missing, "{:?}", page.warnings);
        }
    }
}

#[test]
fn charts_without_formatting_take_the_themes() {
    let page = page("chart-plain.pptx", 0);
    let seen = Seen::of(&page);
    // Accent 1 of the deck's theme.
    let accent = Rgba::rgb(0x4F, 0x81, 0xBD);
    assert!(seen.fills.iter().any(|(_, color)| *color == accent));
    // A single series names the chart.
    seen.text("Only series");
}

#[test]
fn trend_lines_are_named_and_written_out() {
    let page = page("chart-xy.pptx", 0);
    let seen = Seen::of(&page);
    seen.text("Poly. (A)");
    assert!(seen.texts.iter().any(|(text, ..)| text.starts_with("y = ")));
    assert!(
        seen.texts
            .iter()
            .any(|(text, ..)| text.starts_with(" = 0."))
    );
}

#[test]
fn what_a_chart_loses_is_told() {
    let mut space = ChartSpace::default();
    assert!(super::reductions(&space).is_empty());
    space.plot_area.data_table = Some(DataTable::default());
    let told = super::reductions(&space);
    assert!(told.is_empty(), "{told:?}");
}
