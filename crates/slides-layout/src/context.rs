use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;

use kurbo::Rect;
use slides_fonts::FontBook;
use slides_ooxml::Deck;
use slides_ooxml::model::chart::{ChartSpace, ExtendedChart, UserShape};
use slides_ooxml::model::{
    Color, ColorMap, Fill, FontRef, Hyperlink, Line, LinkAction, PictureRef, Presentation, Slide,
    Theme,
};
use slides_scene::{Image, LinkTarget, Paint, Rgba, StrokeStyle};

use crate::fill::PaintFrame;

/// What layout reads from the package beside the model: bytes of pictures and the order of slides.
pub(crate) trait Parts {
    /// Bytes of a picture part.
    fn media(&self, part: &str) -> Option<Arc<[u8]>>;
    /// 1-based number of a slide part.
    fn slide_number(&self, part: &str) -> Option<u32>;
    /// A chart part; `base` is the theme in force.
    ///
    /// # Errors
    /// Says why the part cannot be read.
    fn chart(&self, part: &str, _base: &Theme) -> Result<ChartSpace, String> {
        Err(format!("there is no part `{part}`"))
    }
    /// A chart part of 2016; `base` is the theme in force.
    ///
    /// # Errors
    /// Says why the part cannot be read.
    fn extended_chart(&self, part: &str, _base: &Theme) -> Result<ExtendedChart, String> {
        Err(format!("there is no part `{part}`"))
    }
    /// Shapes drawn over a chart.
    ///
    /// # Errors
    /// Says why the part cannot be read.
    fn chart_shapes(&self, part: &str) -> Result<Vec<UserShape>, String> {
        Err(format!("there is no part `{part}`"))
    }
}

impl Parts for Deck {
    fn media(&self, part: &str) -> Option<Arc<[u8]>> {
        Self::media(self, part).ok()
    }

    fn slide_number(&self, part: &str) -> Option<u32> {
        self.slide_index(part).map(|index| index.saturating_add(1))
    }

    fn chart(&self, part: &str, base: &Theme) -> Result<ChartSpace, String> {
        Self::chart(self, part, base).map_err(|error| error.to_string())
    }

    fn extended_chart(&self, part: &str, base: &Theme) -> Result<ExtendedChart, String> {
        Self::extended_chart(self, part, base).map_err(|error| error.to_string())
    }

    fn chart_shapes(&self, part: &str) -> Result<Vec<UserShape>, String> {
        Self::chart_shapes(self, part).map_err(|error| error.to_string())
    }
}

/// The face that stands for the class of another one, as PANOSE or else the family of `pitchFamily` gives it.
fn of_class(font: &FontRef) -> Option<&'static str> {
    const MONOSPACED: u8 = 9;
    // What Windows takes for faces of these character sets does not go by their class.
    const SYMBOLS: i32 = 2;
    const MACINTOSH: i32 = 77;
    if matches!(font.charset, Some(SYMBOLS | MACINTOSH)) {
        return None;
    }
    match font.panose {
        // Latin text: the second digit tells the serifs, the fourth the proportion.
        Some([2, 2..=15, _, MONOSPACED, ..]) => return Some("Courier New"),
        Some([2, 2..=10, ..]) => return Some("Times New Roman"),
        Some([2, 11..=15, ..]) => return Some("Arial"),
        _ => {}
    }
    let both = font.pitch_family?;
    match (both >> 4, both & 3) {
        (1, _) => Some("Times New Roman"),
        (2, _) => Some("Arial"),
        (3, 1) => Some("Courier New"),
        _ => None,
    }
}

/// What is in force while one slide is laid out.
pub(crate) struct SlideContext<'a> {
    /// Pictures and slide order.
    pub parts: &'a dyn Parts,
    /// The deck's presentation part.
    pub presentation: &'a Presentation,
    /// The slide.
    pub slide: &'a Slide,
    /// Theme in force: the slide's override, the layout's or the master's.
    pub theme: &'a Theme,
    /// Colour map in force.
    pub color_map: &'a ColorMap,
    /// Faces.
    pub fonts: &'a FontBook,
    /// The number that slide number fields show: `firstSlideNum + index - 1`.
    pub slide_number: i64,
    /// Slides of the deck.
    pub total_slides: u32,
    /// Text that `datetime` fields show; none keeps the cached text.
    pub date_text: Option<&'a str>,
    /// Faces and shaping data in use.
    pub text: crate::text::TextCache,
    /// Operations emitted so far, for the cap per slide.
    pub op_count: Cell<usize>,
    /// Most operations a slide may have.
    pub max_ops: usize,
    pub(crate) warnings: RefCell<Vec<(String, String)>>,
    pub(crate) images: RefCell<HashMap<String, Option<Arc<Image>>>>,
}

impl<'a> SlideContext<'a> {
    /// A context for `slide`; theme and colour map follow the overrides.
    pub(crate) fn new(
        parts: &'a dyn Parts,
        presentation: &'a Presentation,
        slide: &'a Slide,
        fonts: &'a FontBook,
        max_ops: usize,
    ) -> Self {
        let layout = &slide.layout;
        let theme = slide
            .theme_override
            .as_deref()
            .or(layout.theme_override.as_deref())
            .unwrap_or(&layout.master.theme);
        let color_map = slide
            .color_map_override
            .as_ref()
            .or(layout.color_map_override.as_ref())
            .unwrap_or(&layout.master.color_map);
        Self {
            parts,
            presentation,
            slide,
            theme,
            color_map,
            fonts,
            slide_number: presentation.first_slide_number + i64::from(slide.index) - 1,
            total_slides: presentation.slides.len() as u32,
            date_text: None,
            text: crate::text::TextCache::default(),
            op_count: Cell::new(0),
            max_ops,
            warnings: RefCell::default(),
            images: RefCell::default(),
        }
    }

    /// Notes what could not be drawn as the deck asks; the same text is kept once.
    pub(crate) fn warn(&self, feature: &str, message: impl Into<String>) {
        let message = message.into();
        let mut warnings = self.warnings.borrow_mut();
        // A hostile slide must not turn warnings into a memory leak.
        if warnings.len() >= 200 || warnings.iter().any(|(f, m)| f == feature && *m == message) {
            return;
        }
        warnings.push((feature.to_owned(), message));
    }

    /// The colour with its modifiers; `placeholder` is what `phClr` stands for.
    pub(crate) fn color(&self, color: &Color, placeholder: Option<Rgba>) -> Rgba {
        crate::color::resolve(color, self.theme, self.color_map, placeholder)
    }

    /// The paint of a fill over `bounds`; none for no fill. `a:grpFill` needs [`Self::paint_in`].
    pub(crate) fn paint(
        &self,
        fill: &Fill,
        bounds: Rect,
        placeholder: Option<Rgba>,
    ) -> Option<Paint> {
        self.paint_in(
            fill,
            &PaintFrame {
                placeholder,
                ..PaintFrame::new(bounds)
            },
        )
    }

    /// The paint of a fill in a frame that knows rotation and the enclosing group's fill.
    pub(crate) fn paint_in(&self, fill: &Fill, frame: &PaintFrame<'_>) -> Option<Paint> {
        crate::fill::paint(self, fill, frame)
    }

    /// Stroke and paint of a line whose own attributes are complete; none for no line.
    pub(crate) fn stroke(
        &self,
        line: &Line,
        bounds: Rect,
        placeholder: Option<Rgba>,
    ) -> Option<(StrokeStyle, Paint)> {
        crate::line::stroke(
            self,
            line,
            &PaintFrame {
                placeholder,
                ..PaintFrame::new(bounds)
            },
        )
    }

    /// A face's name with `+mj-lt`, `+mn-ea` and the like resolved through the theme; may be empty.
    pub(crate) fn typeface<'b>(&'b self, font: &'b FontRef) -> &'b str {
        let Some(rest) = font.typeface.strip_prefix('+') else {
            return self.unclassified(font).unwrap_or(&font.typeface);
        };
        let fonts = &self.theme.fonts;
        let (collection, script) = match rest.split_once('-') {
            Some(("mj", script)) => (&fonts.major, script),
            Some(("mn", script)) => (&fonts.minor, script),
            _ => return &font.typeface,
        };
        match script {
            "ea" => &collection.east_asian,
            "cs" => &collection.complex_script,
            _ => &collection.latin,
        }
    }

    /// What draws a face that is missing and of which the file gives no class: PowerPoint since 2019 takes Calibri
    /// (measured; a face of a known class gets one of that class).
    fn unclassified(&self, font: &FontRef) -> Option<&'static str> {
        let kind = font.panose.and_then(|panose| panose.first().copied());
        let class = font.pitch_family.map(|both| both >> 4);
        let family = if (kind, class) == (Some(0), Some(0)) {
            Some("Calibri").filter(|_| self.fonts.is_unfamiliar(&font.typeface))
        } else {
            of_class(font).filter(|_| self.fonts.is_unheard_of(&font.typeface))
        }?;
        self.warn(
            "font",
            format!("face `{}` is not there: drawn as `{family}`", font.typeface),
        );
        Some(family)
    }

    /// Where a hyperlink leads; none when it cannot be followed from a document.
    pub(crate) fn link_target(&self, link: &Hyperlink) -> Option<LinkTarget> {
        let slide = |number: u32| {
            (1..=self.total_slides)
                .contains(&number)
                .then_some(LinkTarget::Slide(number))
        };
        match &link.action {
            LinkAction::Uri(uri) => (!uri.is_empty()).then(|| LinkTarget::Uri(uri.clone())),
            LinkAction::SlidePart(part) => self.parts.slide_number(part).and_then(slide),
            LinkAction::Jump(jump) => match jump.as_str() {
                "firstslide" => slide(1),
                "lastslide" => slide(self.total_slides),
                "nextslide" => slide(self.slide.index.saturating_add(1)),
                "previousslide" => slide(self.slide.index.saturating_sub(1)),
                _ => None,
            },
            LinkAction::None => None,
        }
    }

    /// The picture of a part, read once a slide; none (with a warning) when it cannot be drawn.
    pub(crate) fn image(&self, picture: &PictureRef) -> Option<Arc<Image>> {
        if let Some(known) = self.images.borrow().get(&picture.part) {
            return known.clone();
        }
        let image = crate::raster::load(self, &picture.part);
        self.images
            .borrow_mut()
            .insert(picture.part.clone(), image.clone());
        image
    }

    /// Counts operations; false once the slide's cap is reached.
    pub(crate) fn spend(&self, ops: usize) -> bool {
        let total = self.op_count.get().saturating_add(ops);
        self.op_count.set(total);
        if total > self.max_ops {
            self.warn(
                "limit",
                format!(
                    "more than {} drawing operations: the rest of the slide is left out",
                    self.max_ops
                ),
            );
            return false;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use slides_ooxml::model::FontRef;

    use crate::testing::with_context;

    #[test]
    fn missing_faces_of_no_stated_class_are_drawn_as_calibri() {
        let font = |typeface: &str, kind: u8, pitch_family: u8| FontRef {
            typeface: typeface.to_owned(),
            panose: Some([kind, 0, 5, 0, 0, 0, 0, 0, 0, 0]),
            pitch_family: Some(pitch_family),
            ..FontRef::default()
        };
        with_context(|cx| {
            assert_eq!(cx.typeface(&font("Fabulous", 0, 2)), "Calibri");
            assert_eq!(cx.warnings.borrow().len(), 1);
            for other in [font("Fabulous", 2, 2), font("Arial", 0, 2)] {
                assert_eq!(cx.typeface(&other), other.typeface);
            }
        });
    }

    #[test]
    fn faces_that_nothing_is_known_of_are_drawn_by_their_class() {
        let font = |panose: [u8; 4], pitch_family| {
            let mut digits = [0; 10];
            digits[..4].copy_from_slice(&panose);
            FontRef {
                typeface: "Fabulous".to_owned(),
                panose: Some(digits),
                pitch_family: Some(pitch_family),
                ..FontRef::default()
            }
        };
        with_context(|cx| {
            for (asked, drawn) in [
                (font([2, 4, 5, 2], 0x22), "Times New Roman"),
                (font([2, 11, 5, 2], 0x12), "Arial"),
                (font([2, 11, 5, 9], 0x31), "Courier New"),
                (font([0, 0, 0, 0], 0x12), "Times New Roman"),
                (font([0, 0, 0, 0], 0x22), "Arial"),
                (font([0, 0, 0, 0], 0x31), "Courier New"),
                // Faces of Adobe call themselves modern without being monospaced.
                (font([0, 0, 0, 0], 0x32), "Fabulous"),
            ] {
                assert_eq!(cx.typeface(&asked), drawn, "{asked:?}");
            }
            let symbols = FontRef {
                charset: Some(2),
                ..font([2, 4, 5, 2], 0x12)
            };
            assert_eq!(cx.typeface(&symbols), "Fabulous");
        });
    }
}
