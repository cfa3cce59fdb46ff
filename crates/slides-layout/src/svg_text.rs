//! Faces for the text of SVG pictures, from the book that the deck's own text is drawn with.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use resvg::usvg::fontdb::{Database, ID, Source};
use resvg::usvg::{Font, FontFamily, FontResolver, FontStyle};
use slides_fonts::{Face, FaceId, FontBook, ScriptHint, Style};

/// From what weight on the bold face is taken, as CSS does with two faces.
const BOLD: u16 = 600;

/// Finds the faces that an SVG names, and others for the characters that those lack. Faces get into the database of the
/// picture as they are asked for: most pictures need none.
pub(crate) fn resolver(fonts: &FontBook) -> FontResolver<'_> {
    let loaded = Arc::new(Loaded::default());
    let of_fallback = Arc::clone(&loaded);
    FontResolver {
        select_font: Box::new(move |font, database| {
            let style = style(font);
            let names: Vec<&str> = font.families().iter().map(name).collect();
            let known = names.iter().find(|name| !fonts.is_unfamiliar(name));
            let family = known.or(names.first())?;
            loaded.id(&fonts.select(family, style).face, style, database)
        }),
        select_fallback: Box::new(move |ch, used, database| {
            let style = used
                .first()
                .and_then(|id| of_fallback.style(*id))
                .unwrap_or_default();
            let selection = fonts.fallback(ch, style, ScriptHint::None, None)?;
            let id = of_fallback.id(&selection.face, style, database)?;
            Some(id).filter(|id| !used.contains(id))
        }),
    }
}

/// The faces in the database of one picture.
#[derive(Debug, Default)]
struct Loaded(Mutex<HashMap<FaceId, (ID, Style)>>);

impl Loaded {
    fn id(&self, face: &Face, style: Style, database: &mut Arc<Database>) -> Option<ID> {
        let mut loaded = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((id, _)) = loaded.get(&face.id()) {
            return Some(*id);
        }
        let source = Source::Binary(face.shared_data());
        let ids = Arc::make_mut(database).load_font_source(source);
        let database = &**database;
        let id = *ids.iter().find(|id| {
            database
                .face(**id)
                .is_some_and(|found| found.index == face.index())
        })?;
        loaded.insert(face.id(), (id, style));
        Some(id)
    }

    /// The style that a face was asked for with.
    fn style(&self, id: ID) -> Option<Style> {
        let loaded = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = loaded.values();
        all.find(|(known, _)| *known == id).map(|(_, style)| *style)
    }
}

fn style(font: &Font) -> Style {
    Style {
        bold: font.weight() >= BOLD,
        italic: font.style() != FontStyle::Normal,
    }
}

fn name(family: &FontFamily) -> &str {
    match family {
        FontFamily::Named(name) => name,
        FontFamily::Serif => "Times New Roman",
        FontFamily::Monospace => "Courier New",
        FontFamily::SansSerif | FontFamily::Cursive | FontFamily::Fantasy => "Arial",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use resvg::{tiny_skia, usvg};

    /// Pixels that a text inks in a picture of 100 pixels a side.
    fn inked(family: &str, weight: u16, text: &str) -> usize {
        let fonts = FontBook::bundled();
        let svg = format!(
            "<svg xmlns='http://www.w3.org/2000/svg' width='100' height='100'><text x='10' y='80' font-size='70' font-family='{family}' font-weight='{weight}'>{text}</text></svg>"
        );
        let options = usvg::Options {
            font_resolver: resolver(&fonts),
            ..usvg::Options::default()
        };
        let tree = usvg::Tree::from_str(&svg, &options).unwrap();
        let mut pixmap = tiny_skia::Pixmap::new(100, 100).unwrap();
        resvg::render(
            &tree,
            tiny_skia::Transform::identity(),
            &mut pixmap.as_mut(),
        );
        pixmap.pixels().iter().filter(|p| p.alpha() > 127).count()
    }

    #[test]
    fn text_is_drawn_in_the_face_it_names_or_in_one_for_it() {
        let plain = inked("Arial", 400, "I");
        assert!(plain > 200, "{plain}");
        assert!(inked("Arial", 700, "I") > plain + 100);
        assert_eq!(inked("Nobody Knows, Arial", 400, "I"), plain);
        assert!(inked("Nobody Knows", 400, "I") > 200);
        assert!(inked("monospace", 400, "I") > plain);
    }

    #[test]
    fn characters_that_the_face_has_not_come_from_another() {
        let missing = inked("Arial", 400, "\u{e123}");
        let letter = inked("Arial", 400, "\u{905}");
        assert!(letter > 500 && letter != missing, "{letter} {missing}");
    }
}
