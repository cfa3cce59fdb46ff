//! The language that most of a slide's text is in.

use std::collections::BTreeMap;

use slides_ooxml::model::{GraphicKind, Presentation, RunKind, Shape, ShapeKind, Slide, TextBody};

/// Deepest nesting of groups that is looked into.
const MAX_DEPTH: usize = 16;
/// Shapes that are looked at.
const MAX_SHAPES: usize = 2000;

/// The language of most characters, as a BCP 47 tag; the presentation's own where no text says one.
pub(crate) fn of_slide(slide: &Slide, presentation: &Presentation) -> Option<String> {
    let mut count = Count {
        characters: BTreeMap::new(),
        shapes: 0,
    };
    count.shapes(&slide.shapes, 0);
    // Of equally frequent languages the first by name.
    let most = count.characters.iter().rev().max_by_key(|(_, n)| **n);
    let own = most.map(|(language, _)| (*language).to_owned());
    own.or_else(|| {
        let style = &presentation.default_text_style;
        let mut levels = style.default.iter().chain(style.levels.iter().flatten());
        levels.find_map(|level| level.default_run.as_ref()?.language.clone())
    })
    .filter(|language| !language.is_empty())
}

struct Count<'a> {
    characters: BTreeMap<&'a str, usize>,
    shapes: usize,
}

impl<'a> Count<'a> {
    fn shapes(&mut self, shapes: &'a [Shape], depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        for shape in shapes {
            self.shapes += 1;
            if self.shapes > MAX_SHAPES {
                return;
            }
            match &shape.kind {
                ShapeKind::Shape { text, .. } => self.body(text.as_ref()),
                ShapeKind::Group(group) => self.shapes(&group.children, depth + 1),
                ShapeKind::GraphicFrame(frame) => match &frame.kind {
                    GraphicKind::Table(table) => {
                        for cell in table.rows.iter().flat_map(|row| &row.cells) {
                            self.body(cell.text.as_ref());
                        }
                    }
                    GraphicKind::Diagram { shapes, .. } => self.shapes(shapes, depth + 1),
                    _ => {}
                },
                _ => {}
            }
        }
    }

    fn body(&mut self, body: Option<&'a TextBody>) {
        let runs = body
            .into_iter()
            .flat_map(|body| &body.paragraphs)
            .flat_map(|p| &p.runs);
        for run in runs {
            let (RunKind::Text(text) | RunKind::Field { text, .. }) = &run.kind else {
                continue;
            };
            if let Some(language) = &run.properties.language {
                *self.characters.entry(language).or_default() += text.len();
            }
        }
    }
}
