//! `slides merge`: slides of several decks in one.

use std::path::{Path, PathBuf};

use serde_json::json;
use slides_service::engine::{MergeJob, MergeSource, OutputFile, Unmonitored};

use crate::arguments::MergeArguments;
use crate::console::Console;
use crate::failure::Failure;
use crate::inspect::OpenDeck;
use crate::quantity::parse_slides;
use crate::split::is_presentation;
use crate::{convert, deck, engine, save};

pub(crate) fn run(arguments: &MergeArguments, console: &mut Console) -> Result<(), Failure> {
    let output = &arguments.output;
    let format = deck::format_by_extension(output)?;
    if !is_presentation(format) {
        return Err(Failure::usage(format!(
            "`{}` is no presentation, and decks are merged into one",
            output.display()
        ))
        .hint(
            "name a file such as `all.pptx`; `slides convert all.pptx all.pdf` goes on from there",
        ));
    }
    convert::check_folder(output)?;
    let wanted = arguments
        .decks
        .iter()
        .map(|text| wanted(text))
        .collect::<Result<Vec<_>, _>>()?;
    let mut decks = Vec::new();
    for (path, _) in &wanted {
        let deck = OpenDeck::read(path, &arguments.password, !console.is_json())?;
        decks.push((path.display().to_string(), deck));
    }
    let sources: Vec<MergeSource<'_>> = decks
        .iter()
        .zip(&wanted)
        .map(|((name, deck), (_, slides))| {
            let mut source = MergeSource::new(name, &deck.bytes);
            source.password = deck.password();
            source.slides = slides;
            source
        })
        .collect();
    let mut job = MergeJob::new(&sources);
    job.format = format;
    let name =
        |_: &OutputFile, _: usize| PathBuf::from(output.file_name().unwrap_or(output.as_os_str()));
    let mut files = save::Files::new(save::folder_of(output), name);
    let report = engine::native()
        .merge(&job, &mut files, &Unmonitored)
        .map_err(|error| Failure::of_engine(&error, error.message.clone()))?;
    let warnings: Vec<String> = report.warnings.iter().map(ToString::to_string).collect();
    console.warnings(&warnings);
    files.keep()?;
    let name = output.display().to_string();
    console.data(
        &name,
        &json!({ "event": "file", "file": name, "slides": report.slides }),
    );
    Ok(())
}

/// A deck and the slides of it. What is behind a colon is a list of slides, unless a file has that name.
fn wanted(text: &Path) -> Result<(PathBuf, Vec<u32>), Failure> {
    let parts = text
        .to_str()
        .filter(|_| !text.exists())
        .and_then(|text| text.rsplit_once(':'))
        // A drive of Windows is no deck.
        .filter(|(deck, list)| !deck.is_empty() && !list.contains(['/', '\\']));
    match parts {
        Some((deck, list)) => Ok((
            PathBuf::from(deck),
            parse_slides(list).map_err(Failure::usage)?,
        )),
        None => Ok((text.to_owned(), Vec::new())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slides_are_behind_a_colon() {
        let folder = tempfile::tempdir().unwrap();
        let odd = folder.path().join("deck.pptx:2");
        std::fs::write(&odd, "").unwrap();
        for (text, deck, slides) in [
            (Path::new("a.pptx"), "a.pptx", &[][..]),
            (Path::new("a.pptx:1,3-5"), "a.pptx", &[1, 3, 4, 5]),
            (Path::new("C:\\decks\\a.pptx"), "C:\\decks\\a.pptx", &[]),
            (odd.as_path(), odd.to_str().unwrap(), &[]),
        ] {
            let (path, chosen) = wanted(text).unwrap();
            assert_eq!((path.as_path(), &*chosen), (Path::new(deck), slides));
        }
        assert!(wanted(Path::new("a.pptx:0")).is_err());
    }
}
