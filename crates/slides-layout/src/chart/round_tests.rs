//! Pies, doughnuts, radars and the charts of 2016 as whole pages.

use kurbo::Rect;

use super::tests::{Seen, page};

/// A frame of the deck in points.
fn frame(x: f64, y: f64) -> Rect {
    Rect::new(x * 72.0, y * 72.0, (x + 6.0) * 72.0, (y + 3.4) * 72.0)
}

/// What is painted in a frame beside keys and lines.
fn painted(seen: &Seen, frame: Rect) -> Rect {
    seen.fills
        .iter()
        .map(|fill| fill.0)
        .filter(|fill| frame.contains_rect(*fill) && fill.width().min(fill.height()) > 12.0)
        .reduce(|a, b| a.union(b))
        .expect("something is painted")
}

fn close(what: &str, got: f64, wanted: f64) {
    assert!((got - wanted).abs() < 0.3, "{what}: {got} is not {wanted}");
}

#[test]
fn pies_leave_room_for_a_line_of_labels() {
    let seen = Seen::of(&page("charts-round.pptx", 0));
    let frame = frame(0.4, 0.3);
    let circle = painted(&seen, frame);
    // Arial: a title of 14 points, labels of 12.
    let band = 9.0 + 1.1499 * 14.0;
    let half = (frame.height() - band) / 2.0;
    let radius = half - (5.2 + 1.1172 * 12.0 + 4.4);
    close("radius", circle.height() / 2.0, radius);
    close("middle", circle.center().y, frame.y0 + band + half);
    // The smallest slice has its label outside, the largest inside.
    assert!(seen.text("3%").1 < circle.y0);
    let large = seen.text("42%");
    assert!(circle.contains(kurbo::Point::new(large.0, large.1)));
}

#[test]
fn doughnuts_fill_the_smaller_side() {
    let seen = Seen::of(&page("charts-round.pptx", 1));
    let frame = frame(6.9, 0.3);
    let ring = painted(&seen, frame);
    close("diameter", ring.height(), frame.height() - 22.0);
    close("middle", ring.center().x, frame.center().x);
    // Half of the first slice, 40 %, points to 72 degrees; its label is on the ring's middle radius.
    let inside = |x: f64, y: f64| ring.contains(kurbo::Point::new(x, y));
    let (_, x, y) = seen
        .texts
        .iter()
        .find(|(text, x, y)| text.trim() == "Alpha" && inside(*x, *y))
        .expect("the label is on the ring");
    let (x, y) = (*x, *y);
    let middle = 0.75 * ring.height() / 2.0;
    let wanted = ring.center().y - middle * 72f64.to_radians().cos();
    assert!((y - wanted).abs() < 6.0, "{y} is not near {wanted}");
    assert!(x > ring.center().x);
}

#[test]
fn radars_name_their_spokes() {
    let seen = Seen::of(&page("charts-round.pptx", 2));
    for name in ["Speed", "Price", "Range", "Comfort", "Safety"] {
        let found = seen.texts.iter().filter(|text| text.0.trim() == name);
        assert_eq!(found.count(), 4, "{name}");
    }
}

#[test]
fn extended_charts_are_drawn_from_their_data() {
    let first = Seen::of(&page("charts-extended.pptx", 0));
    for text in [
        "Waterfall",
        "Increase",
        "Total",
        "-110",
        "Qualified",
        "425",
        "Leaf 14",
    ] {
        first.text(text);
    }
    let second = Seen::of(&page("charts-extended.pptx", 1));
    for text in ["(45, 54.2]", "100%", "North", "Second"] {
        second.text(text);
    }
    let map = page("charts-extended.pptx", 2);
    assert!(
        map.warnings
            .iter()
            .any(|warning| format!("{warning:?}").contains("stored picture"))
    );
}
