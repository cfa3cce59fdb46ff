//! Names of results, and one file out of many.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

use crate::worker::ProducedFile;

/// Characters of a deck's name that go into the names of its results.
const MAX_STEM: usize = 100;

/// What a download gives: one file with a name and a type.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Packaged {
    pub(crate) path: PathBuf,
    pub(crate) media_type: String,
    pub(crate) file_name: String,
}

/// A deck's name without folders and extension, as it goes into the names of its results.
pub(crate) fn stem(name: Option<&str>, otherwise: &str) -> String {
    let name = name
        .and_then(|name| name.rsplit(['/', '\\']).next())
        .unwrap_or_default();
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let plain: String = stem
        .chars()
        .filter(|c| !c.is_control())
        .take(MAX_STEM)
        .collect();
    let plain = plain.trim();
    if plain.is_empty() {
        otherwise.to_owned()
    } else {
        plain.to_owned()
    }
}

/// The name of one output file: `deck.pdf`, or `deck_3.png` for a slide's (contract section 7). Files that others
/// show have paths of their own.
pub(crate) fn file_name(stem: &str, file: &ProducedFile, numbered: bool) -> String {
    if let Some(path) = &file.path {
        return path.clone();
    }
    match file.slide.filter(|_| numbered) {
        Some(slide) => format!("{stem}_{slide}.{}", file.extension),
        None => format!("{stem}.{}", file.extension),
    }
}

/// One file for `GetOperationResult`: the only file as it is, several as a ZIP (contract section 9,
/// points 4 and 12). Blocks.
pub(crate) fn package(
    folder: &Path,
    files: &[ProducedFile],
    stem: &str,
    always_zip: bool,
) -> io::Result<Packaged> {
    if let ([file], false) = (files, always_zip) {
        return Ok(Packaged {
            path: folder.join(&file.name),
            media_type: file.media_type.clone(),
            file_name: file_name(stem, file, false),
        });
    }
    let path = folder.join("package.zip");
    let mut zip = zip::ZipWriter::new(File::create_new(&path)?);
    for file in files {
        // Pictures and packages are compressed in themselves.
        let text = file.media_type.starts_with("text/") || file.media_type.ends_with("xml");
        let method = if text {
            CompressionMethod::Deflated
        } else {
            CompressionMethod::Stored
        };
        let options = SimpleFileOptions::default().compression_method(method);
        zip.start_file(file_name(stem, file, true), options)?;
        io::copy(&mut File::open(folder.join(&file.name))?, &mut zip)?;
    }
    zip.finish()?;
    Ok(Packaged {
        path,
        media_type: "application/zip".to_owned(),
        file_name: format!("{stem}.zip"),
    })
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn produced(slide: u32, extension: &str) -> ProducedFile {
        ProducedFile {
            slide: Some(slide),
            extension: extension.to_owned(),
            media_type: "image/png".to_owned(),
            name: format!("{slide}.{extension}"),
            path: None,
        }
    }

    #[test]
    fn decks_give_their_names_to_results() {
        for (name, expected) in [
            (Some("MyPresentation.pptx"), "MyPresentation"),
            (Some("a/b\\c.d.pptx"), "c.d"),
            (Some("no extension"), "no extension"),
            (Some(".pptx"), "deck"),
            (Some("\u{7}\n.x"), "deck"),
            (None, "deck"),
        ] {
            assert_eq!(stem(name, "deck"), expected);
        }
    }

    #[test]
    fn one_file_is_bare_and_several_are_a_zip() {
        let dir = tempfile::tempdir().unwrap();
        for (slide, content) in [(2, "two"), (4, "four")] {
            std::fs::write(dir.path().join(format!("{slide}.png")), content).unwrap();
        }
        let one = package(dir.path(), &[produced(2, "png")], "deck", false).unwrap();
        assert_eq!(
            (one.file_name.as_str(), one.media_type.as_str()),
            ("deck.png", "image/png")
        );
        let two = package(
            dir.path(),
            &[produced(2, "png"), produced(4, "png")],
            "deck",
            false,
        )
        .unwrap();
        assert_eq!(two.file_name, "deck.zip");
        let mut zip = zip::ZipArchive::new(File::open(&two.path).unwrap()).unwrap();
        let mut text = String::new();
        zip.by_name("deck_4.png")
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!((zip.len(), text.as_str()), (2, "four"));
        assert!(zip.by_name("deck_2.png").is_ok());
    }
}
