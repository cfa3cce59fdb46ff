//! A slide context for unit tests: an empty slide, the Office theme's colours, the bundled faces.

use std::collections::HashMap;
use std::sync::Arc;

use kurbo::Point;
use slides_fonts::FontBook;
use slides_ooxml::model::{
    Color, FontCollection, FontScheme, Layout, Master, Presentation, SchemeColor, Slide, Theme,
};

use crate::context::{Parts, SlideContext};

/// Fails unless a point lies at a place.
pub(crate) fn near(point: Point, x: f64, y: f64) {
    assert!(
        (point - Point::new(x, y)).hypot() < 1e-6,
        "{point:?} is not ({x}, {y})"
    );
}

/// Picture parts by name.
#[derive(Default)]
pub(crate) struct TestParts(pub HashMap<String, Arc<[u8]>>);

impl Parts for TestParts {
    fn media(&self, part: &str) -> Option<Arc<[u8]>> {
        self.0.get(part).cloned()
    }

    fn slide_number(&self, part: &str) -> Option<u32> {
        part.trim_matches(|c: char| !c.is_ascii_digit())
            .parse()
            .ok()
    }
}

/// The Office theme of 2013.
pub(crate) fn office_theme() -> Theme {
    let mut theme = Theme::default();
    for (name, [r, g, b]) in [
        (SchemeColor::Dark1, [0, 0, 0]),
        (SchemeColor::Light1, [255, 255, 255]),
        (SchemeColor::Dark2, [0x44, 0x54, 0x6A]),
        (SchemeColor::Light2, [0xE7, 0xE6, 0xE6]),
        (SchemeColor::Accent(1), [0x44, 0x72, 0xC4]),
        (SchemeColor::Accent(2), [0xED, 0x7D, 0x31]),
        (SchemeColor::Hyperlink, [0x05, 0x63, 0xC1]),
    ] {
        theme.colors.insert(name, Color::rgb(r, g, b));
    }
    let collection = |latin: &str| FontCollection {
        latin: latin.to_owned(),
        ..FontCollection::default()
    };
    theme.fonts = FontScheme {
        major: collection("Calibri Light"),
        minor: collection("Calibri"),
    };
    theme
}

/// A slide on an empty layout and master with the Office theme.
pub(crate) fn empty_slide() -> Slide {
    let master = Master {
        theme: Arc::new(office_theme()),
        ..Master::default()
    };
    let layout = Layout {
        master: Arc::new(master),
        show_master_shapes: true,
        ..Layout::default()
    };
    Slide {
        index: 1,
        layout: Arc::new(layout),
        show_master_shapes: true,
        ..Slide::default()
    }
}

/// A presentation of 960 x 540 points with three slides.
pub(crate) fn presentation() -> Presentation {
    Presentation {
        slide_size: (12_192_000, 6_858_000),
        first_slide_number: 1,
        slides: (1..=3)
            .map(|n| format!("/ppt/slides/slide{n}.xml"))
            .collect(),
        ..Presentation::default()
    }
}

/// Runs a test with a context. What the test draws is leaked, so that it may outlive the context.
pub(crate) fn with_context<T>(test: impl FnOnce(&SlideContext<'_>) -> T) -> T {
    let (slide, presentation, fonts, parts) = (
        empty_slide(),
        presentation(),
        FontBook::bundled(),
        TestParts::default(),
    );
    test(&SlideContext::new(
        &parts,
        &presentation,
        &slide,
        &fonts,
        10_000,
    ))
}
