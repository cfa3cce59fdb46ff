//! `docProps/app.xml`: counts, and titles that no longer hold.

use super::Composer;
use crate::error::Result;
use crate::write::edit;
use crate::xml::elements;

impl Composer<'_> {
    pub(super) fn write_properties(&mut self) -> Result<()> {
        let base = self.source(0)?.deck;
        let package = base.package();
        if self.whole && self.sources.len() < 2 {
            return Ok(());
        }
        let root = package.relationships("/")?;
        let Some(part) = root
            .first("extended-properties")
            .filter(|part| package.contains(part))
            .map(str::to_owned)
        else {
            return Ok(());
        };
        let mut hidden = 0;
        for slide in &self.slides {
            if self.source(slide.source)?.deck.is_hidden(slide.index) {
                hidden += 1;
            }
        }
        let notes = self
            .parts
            .iter()
            .filter(|part| {
                part.content_type
                    .as_deref()
                    .is_some_and(|kind| kind.ends_with(".notesSlide+xml"))
            })
            .count();
        let counts = [
            ("Slides", self.slides.len()),
            ("Notes", notes),
            ("HiddenSlides", hidden),
        ];
        let bytes = package.part(&part)?;
        let changed = edit(&part, &bytes, package.limits(), |root, edits| {
            for node in elements(root) {
                let name = node.tag_name().name();
                if let Some((_, count)) = counts.iter().find(|(what, _)| *what == name) {
                    let tag = crate::write::tag_name(node);
                    edits.replace(node.range(), format!("<{tag}>{count}</{tag}>"));
                } else if matches!(name, "HeadingPairs" | "TitlesOfParts") {
                    edits.remove(node);
                }
            }
            Ok(())
        });
        // Properties that cannot be read are no reason to refuse the deck.
        if let Ok(Some(bytes)) = changed {
            self.put(&part, None, bytes);
        }
        Ok(())
    }
}
