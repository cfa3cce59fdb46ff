//! A deck of any length, made by repeating the slides of a real one.

use std::{
    fmt::Write as _,
    fs::File,
    io::{Read as _, Write as _},
    path::Path,
};

use anyhow::{Context as _, Result};
use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

/// Writes a deck with `count` slides: those of `source` again and again, without their notes.
pub(super) fn deck(source: &Path, count: usize, target: &Path) -> Result<()> {
    let mut archive = ZipArchive::new(File::open(source)?)?;
    let names = names(&archive)?;
    let mut read = |name: &str| -> Result<String> {
        let mut text = String::new();
        archive
            .by_name(name)
            .with_context(|| format!("`{name}` is missing in `{}`", source.display()))?
            .read_to_string(&mut text)?;
        Ok(text)
    };
    let mut slides = Vec::new();
    while names.contains(&format!("ppt/slides/slide{}.xml", slides.len() + 1)) {
        let number = slides.len() + 1;
        let related = read(&format!("ppt/slides/_rels/slide{number}.xml.rels"))?;
        slides.push((
            read(&format!("ppt/slides/slide{number}.xml"))?,
            without(&related, "/notesSlide\""),
        ));
    }
    let (mut ids, mut related, mut types) = (String::new(), String::new(), String::new());
    for number in 1..=count {
        write!(
            ids,
            "<p:sldId id=\"{}\" r:id=\"again{number}\"/>",
            255 + number
        )?;
        write!(
            related,
            "<Relationship Id=\"again{number}\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/slide\" Target=\"slides/again{number}.xml\"/>"
        )?;
        write!(
            types,
            "<Override PartName=\"/ppt/slides/again{number}.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.presentationml.slide+xml\"/>"
        )?;
    }
    let presentation = read("ppt/presentation.xml")?;
    let (head, rest) = presentation
        .split_once("<p:sldIdLst>")
        .context("no slide list")?;
    let (_, tail) = rest
        .split_once("</p:sldIdLst>")
        .context("no end of the slide list")?;
    let changed = [
        (
            "ppt/presentation.xml",
            format!("{head}<p:sldIdLst>{ids}</p:sldIdLst>{tail}"),
        ),
        (
            "ppt/_rels/presentation.xml.rels",
            read("ppt/_rels/presentation.xml.rels")?
                .replace("</Relationships>", &format!("{related}</Relationships>")),
        ),
        (
            "[Content_Types].xml",
            read("[Content_Types].xml")?.replace("</Types>", &format!("{types}</Types>")),
        ),
    ];
    let mut writer = ZipWriter::new(File::create(target)?);
    let options = SimpleFileOptions::default();
    for (name, text) in &changed {
        writer.start_file(*name, options)?;
        writer.write_all(text.as_bytes())?;
    }
    for number in 1..=count {
        let (slide, related) = slides
            .get((number - 1) % slides.len().max(1))
            .context("the deck has no slides")?;
        writer.start_file(format!("ppt/slides/again{number}.xml"), options)?;
        writer.write_all(slide.as_bytes())?;
        writer.start_file(format!("ppt/slides/_rels/again{number}.xml.rels"), options)?;
        writer.write_all(related.as_bytes())?;
    }
    for name in &names {
        let rewritten = changed.iter().any(|(part, _)| part == name);
        if !rewritten
            && !name.ends_with('/')
            && !name.starts_with("ppt/slides/")
            && !name.starts_with("ppt/notesSlides/")
        {
            writer.raw_copy_file(archive.by_name(name)?)?;
        }
    }
    writer.finish()?;
    Ok(())
}

fn names(archive: &ZipArchive<File>) -> Result<Vec<String>> {
    archive
        .file_names()
        .map(|name| Ok(name?.into_owned()))
        .collect()
}

/// A relationships part without the relationships whose text holds `needle`.
fn without(related: &str, needle: &str) -> String {
    related
        .split_inclusive('>')
        .filter(|element| !element.contains(needle))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use zip::ZipArchive;

    #[test]
    fn slides_are_repeated_and_notes_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("again.pptx");
        super::deck(
            &crate::workspace::path("tests/decks/startup-pitch.pptx"),
            7,
            &target,
        )
        .unwrap();
        let archive = ZipArchive::new(File::open(&target).unwrap()).unwrap();
        let names = super::names(&archive).unwrap();
        let slides = names
            .iter()
            .filter(|name| name.starts_with("ppt/slides/again"))
            .count();
        assert_eq!(slides, 7);
        assert!(names.iter().all(|name| !name.contains("notesSlides/")));
    }
}
