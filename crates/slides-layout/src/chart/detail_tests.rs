//! Data tables, crowded labels, stock forms, styles and depth as whole pages.

use kurbo::Rect;
use slides_scene::{EffectKind, Op, Paint, Rgba};

use super::tests::{Seen, page};

const DECK: &str = "charts-details.pptx";
/// Calibri's twin: ascent and descent in em.
const HEIGHT: f64 = 1.2207;

/// A frame of a slide with so many columns and rows of charts, in points.
fn frame(columns: f64, rows: f64, column: f64, row: f64) -> Rect {
    let (w, h, margin) = (720.0 / columns, 405.0 / rows, 0.08 * 72.0);
    Rect::from_origin_size((column * w, row * h), (w, h)).inset(-margin)
}

fn close(what: &str, got: f64, wanted: f64) {
    assert!((got - wanted).abs() < 0.15, "{what}: {got} is not {wanted}");
}

/// Texts in a frame.
fn texts(seen: &Seen, frame: Rect) -> Vec<(&str, f64, f64, f64)> {
    seen.texts
        .iter()
        .zip(&seen.ends)
        .filter(|((_, x, y), _)| frame.contains(kurbo::Point::new(*x, *y)))
        .map(|((text, x, y), end)| (text.trim(), *x, *y, *end))
        .collect()
}

fn text(all: &[(&str, f64, f64, f64)], wanted: &str) -> (f64, f64) {
    let found = all.iter().find(|text| text.0 == wanted);
    found.map_or_else(|| panic!("no `{wanted}` in {all:?}"), |t| (t.1, t.2))
}

#[test]
fn a_data_table_stands_under_its_columns() {
    let seen = Seen::of(&page(DECK, 0));
    let frame = frame(2.0, 2.0, 0.0, 0.0);
    let all = texts(&seen, frame);
    let row = HEIGHT * 10.0 + 3.0;
    let baseline =
        |rows_from_bottom: f64| frame.y1 - 5.0 - (rows_from_bottom + 0.5) * row + 0.32 * 10.0;
    close("last row", text(&all, "North").1, baseline(0.0));
    close("first row", text(&all, "East").1, baseline(2.0));
    close("header", text(&all, "Q1").1, baseline(3.0));
    close("value", text(&all, "46.9").1, baseline(0.0));
    // Columns of the table are the slots: four to the right edge, 11 points inside the frame.
    let slot = text(&all, "Q2").0 - text(&all, "Q1").0;
    let plot = frame.x1 - 11.0 - 4.0 * slot;
    let columns: Vec<&Rect> = (seen.fills.iter())
        .map(|fill| &fill.0)
        .filter(|fill| frame.contains_rect(**fill) && fill.height() > 8.0)
        .collect();
    assert_eq!(columns.len(), 12);
    close("column", columns[0].width(), slot / 4.5);
    close("first column", columns[0].x0, plot + 0.75 * slot / 4.5);
    // Names stand left of the plot, after their keys.
    assert!(text(&all, "North").0 < plot);
    let key = seen.fills.iter().any(|(fill, _)| {
        (fill.width() - 0.45 * HEIGHT * 10.0).abs() < 0.1 && fill.x1 < text(&all, "North").0
    });
    assert!(key);
}

#[test]
fn labels_of_small_slices_make_way_for_each_other() {
    let seen = Seen::of(&page(DECK, 1));
    for (column, row) in [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)] {
        let frame = frame(2.0, 2.0, column, row);
        let boxes: Vec<(&str, Rect)> = texts(&seen, frame)
            .into_iter()
            .map(|(text, x, y, end)| (text, Rect::new(x, y - 6.0, end + 4.0, y)))
            .collect();
        assert!(boxes.len() >= 11);
        for (index, (one, a)) in boxes.iter().enumerate() {
            for (other, b) in &boxes[index + 1..] {
                assert!(!a.overlaps(*b), "`{one}` lies over `{other}`");
            }
        }
    }
    // The largest slice has its label inside, the smallest outside.
    let frame = frame(2.0, 2.0, 0.0, 0.0);
    let all = texts(&seen, frame);
    let circle = (seen.fills.iter())
        .map(|fill| fill.0)
        .filter(|fill| frame.contains_rect(*fill))
        .reduce(|a, b| a.union(b))
        .unwrap();
    assert!(text(&all, "42%").1 > circle.y0);
    assert!(text(&all, "Kappa").1 < circle.y0);
}

#[test]
fn stock_charts_mark_what_closes() {
    let seen = Seen::of(&page(DECK, 2));
    let marks = |frame: Rect, fits: &dyn Fn(&Rect, &Rgba) -> bool| {
        let all = seen.fills.iter();
        all.filter(|(rect, color)| frame.contains_rect(*rect) && fits(rect, color))
            .count()
    };
    // Ticks of three points to the right of each line, and one in the legend.
    let tick = |rect: &Rect, _: &Rgba| (rect.width() - 3.0).abs() < 0.01 && rect.height() < 1.0;
    assert_eq!(marks(frame(2.0, 2.0, 0.0, 0.0), &tick), 13);
    // Bars from opening to closing, light where it rose.
    let light = |_: &Rect, color: &Rgba| color.r > 240 && color.g > 240;
    let dark = |_: &Rect, color: &Rgba| color.r < 80 && color.r == color.g;
    let candles = frame(2.0, 2.0, 1.0, 0.0);
    assert_eq!(marks(candles, &light) + marks(candles, &dark), 12);
    let volumes = frame(2.0, 2.0, 1.0, 1.0);
    let column = |rect: &Rect, color: &Rgba| rect.height() > 5.0 && color.r != color.g;
    assert!(marks(volumes, &column) >= 12);
}

#[test]
fn intense_styles_take_the_themes_gradients_and_shadows() {
    let page = page(DECK, 3);
    let count = |ops: &[Op], fits: fn(&Op) -> bool| ops.iter().filter(|op| fits(op)).count();
    let ops = &page.page.ops;
    // Of the six column charts those of the rows two, three, four and six cast shadows, a series at a time.
    let shadow = |op: &Op| matches!(op, Op::Effect(effect) if matches!(effect.kind, EffectKind::Shadow { .. }));
    assert!(count(ops, shadow) >= 12);
    let gradient =
        |op: &Op| matches!(op, Op::Fill(_, _, paint) if !matches!(paint, Paint::Solid(_)));
    assert!(count(ops, gradient) >= 36);
    let told = |what: &str| {
        page.warnings
            .iter()
            .any(|(_, message)| message.contains(what))
    };
    assert!(told("bevel"), "{:?}", page.warnings);
}

#[test]
fn columns_with_depth_are_boxes() {
    let page = page(DECK, 4);
    let seen = Seen::of(&page);
    let frame = frame(2.0, 1.0, 0.0, 0.0);
    let of = |wanted: [u8; 3]| -> Vec<Rect> {
        (seen.fills.iter())
            .filter(|(rect, c)| frame.contains_rect(*rect) && [c.r, c.g, c.b] == wanted)
            .map(|fill| fill.0)
            .filter(|rect| rect.height() > 8.0)
            .collect()
    };
    let fronts = of([0x4F, 0x81, 0xBD]);
    assert_eq!(fronts.len(), 4);
    // A side in the shade joins each front, as far up as the turn of 15 degrees says, and aside by 20.
    let wide = fronts[0].width();
    let side = Rect::new(
        fronts[0].x1,
        fronts[0].y0 - wide * 15f64.to_radians().sin(),
        fronts[0].x1 + wide * 20f64.to_radians().sin(),
        fronts[0].y1,
    );
    let joined = seen.fills.iter().any(|(rect, _)| {
        (rect.x0 - side.x0).abs() + (rect.y0 - side.y0).abs() + (rect.x1 - side.x1).abs() < 0.3
    });
    assert!(joined, "no {side:?}");
}
