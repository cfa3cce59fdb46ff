//! What a deck holds: for people who want to know before they convert.

use std::collections::BTreeMap;
use std::io::{self, Write};

use slides_fonts::FontBook;
use slides_ooxml::Deck;
use slides_ooxml::model::{GraphicKind, RunKind, Shape, ShapeKind, ShapeProperties, TextBody};

use crate::api::{OutputFile, Sink, Warning};

/// Groups within each other that are looked into.
const MAX_DEPTH: usize = 64;

/// A deck, as [`NativeEngine::inspect`](super::NativeEngine::inspect) finds it.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct DeckInfo {
    /// Slides, the hidden ones among them.
    pub slides: u32,
    /// Numbers of the slides that a show leaves out.
    pub hidden: Vec<u32>,
    /// Width and height of the slides in EMU (914,400 to the inch).
    pub slide_size: (i64, i64),
    /// It needed its password.
    pub is_protected: bool,
    /// It carries macros.
    pub has_macros: bool,
    /// Its title.
    pub title: Option<String>,
    /// Its author.
    pub author: Option<String>,
    /// Its subject.
    pub subject: Option<String>,
    /// Its keywords.
    pub keywords: Option<String>,
    /// When it was made, as it writes it (W3C date and time).
    pub created: Option<String>,
    /// When it was saved last.
    pub modified: Option<String>,
    /// Which Office wrote it, such as `16.0000`.
    pub app_version: Option<String>,
    /// What occurs in it, by name, with the slides it occurs on.
    pub features: Vec<(&'static str, Vec<u32>)>,
    /// The faces its text asks for, by name.
    pub fonts: Vec<FontUse>,
    /// What a conversion would draw otherwise.
    pub warnings: Vec<Warning>,
}

/// A family that text asks for, and what draws it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FontUse {
    /// The family asked for.
    pub family: String,
    /// The family that is drawn.
    pub drawn_with: String,
    /// What is drawn takes the room that the family asked for would take.
    pub same_widths: bool,
    /// The deck brings it.
    pub is_embedded: bool,
}

/// Families that a job asked its faces for.
pub(super) fn fonts(book: &FontBook, deck: &Deck, warnings: &[Warning]) -> Vec<FontUse> {
    let embedded = &deck.presentation().embedded_fonts;
    let is_embedded = |family: &str| {
        embedded
            .iter()
            .any(|(name, _, _)| name.eq_ignore_ascii_case(family))
    };
    let mut found: BTreeMap<String, FontUse> = BTreeMap::new();
    for selection in book.asked() {
        let family = selection.requested.to_string();
        if family.is_empty() {
            continue;
        }
        let font = FontUse {
            drawn_with: selection.face.family().to_owned(),
            same_widths: selection.exact_metrics || !selection.substituted,
            is_embedded: is_embedded(&family),
            family,
        };
        found
            .entry(font.family.to_lowercase())
            .and_modify(|known| known.same_widths &= font.same_widths)
            .or_insert(font);
    }
    // A face of no known class is replaced by name before the faces are asked.
    for warning in warnings.iter().filter(|warning| warning.feature == "font") {
        if let Some((family, drawn_with)) = replaced(&warning.message) {
            found.entry(family.to_lowercase()).or_insert(FontUse {
                family: family.to_owned(),
                drawn_with: drawn_with.to_owned(),
                same_widths: false,
                is_embedded: is_embedded(family),
            });
        }
    }
    found.into_values().collect()
}

/// ``face `A` is not there: drawn as `B` ``.
fn replaced(message: &str) -> Option<(&str, &str)> {
    let rest = message.strip_prefix("face `")?;
    let (family, rest) = rest.split_once("` is not there: drawn ")?;
    let (_, rest) = rest.split_once('`')?;
    Some((family, rest.strip_suffix('`')?))
}

/// What occurs on which slides. A slide that cannot be read has nothing; the warnings tell of it.
pub(super) fn features(deck: &Deck) -> Vec<(&'static str, Vec<u32>)> {
    let mut found = Features::default();
    for (index, part) in deck.presentation().slides.iter().enumerate() {
        found.slide = index as u32 + 1;
        if let Ok(slide) = deck.slide(index) {
            found.shapes(&slide.shapes, 0);
        }
        if deck.notes(index).is_ok_and(|notes| notes.is_some()) {
            found.add("speaker notes");
        }
        if let Ok(bytes) = deck.part(part) {
            let has = |name: &[u8]| bytes.windows(name.len()).any(|window| window == name);
            for (element, name) in [
                (&b"<p:timing"[..], "animations"),
                (b"<p:transition", "transitions"),
                (b"<p:contentPart", "ink"),
                (b"<p14:contentPart", "ink"),
            ] {
                if has(element) {
                    found.add(name);
                }
            }
        }
    }
    found.list.into_iter().collect()
}

#[derive(Default)]
struct Features {
    slide: u32,
    list: BTreeMap<&'static str, Vec<u32>>,
}

impl Features {
    fn add(&mut self, name: &'static str) {
        let slides = self.list.entry(name).or_default();
        if slides.last() != Some(&self.slide) {
            slides.push(self.slide);
        }
    }

    fn shapes(&mut self, shapes: &[Shape], depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        for shape in shapes {
            if shape.nv.link.is_some() {
                self.add("links");
            }
            match &shape.kind {
                ShapeKind::Shape {
                    properties, text, ..
                } => {
                    self.properties(properties);
                    if let Some(text) = text {
                        self.text(text);
                    }
                }
                ShapeKind::Picture(picture) => {
                    self.add(if picture.media {
                        "video and sound"
                    } else {
                        "pictures"
                    });
                    self.properties(&picture.properties);
                }
                ShapeKind::Connector(connector) => self.properties(&connector.properties),
                ShapeKind::Group(group) => self.shapes(&group.children, depth + 1),
                ShapeKind::GraphicFrame(frame) => match &frame.kind {
                    GraphicKind::Table(_) => self.add("tables"),
                    GraphicKind::Chart(chart) if chart.extended => self.add("charts of 2016"),
                    GraphicKind::Chart(_) => self.add("charts"),
                    GraphicKind::Diagram { .. } => self.add("SmartArt"),
                    GraphicKind::Ole(_) => self.add("embedded objects"),
                    GraphicKind::Unknown(_) => self.add("unknown objects"),
                },
                ShapeKind::Unknown(_) => self.add("unknown objects"),
            }
        }
    }

    fn properties(&mut self, properties: &ShapeProperties) {
        if properties.three_d.is_some() {
            self.add("3-D");
        }
    }

    fn text(&mut self, text: &TextBody) {
        if text.properties.warp.is_some() {
            self.add("WordArt");
        }
        for run in text.paragraphs.iter().flat_map(|paragraph| &paragraph.runs) {
            if matches!(run.kind, RunKind::Math { .. }) {
                self.add("equations");
            }
            if run.properties.link.is_some() {
                self.add("links");
            }
        }
    }
}

/// Takes all and keeps nothing.
pub(super) struct Nowhere;

impl Sink for Nowhere {
    fn create(&mut self, _file: &OutputFile) -> io::Result<Box<dyn Write + '_>> {
        Ok(Box::new(io::sink()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaced_faces_are_read_from_their_warning() {
        assert_eq!(
            replaced("face `A b` is not there: drawn as `Calibri`"),
            Some(("A b", "Calibri"))
        );
        assert_eq!(
            replaced("face `A` is not there: drawn with `Lato`"),
            Some(("A", "Lato"))
        );
        assert_eq!(replaced("no face has the character U+0041"), None);
    }
}
