//! `slides thumbs`: small pictures of the slides, in a folder or all on one sheet.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::arguments::ThumbsArguments;
use crate::console::Console;
use crate::failure::Failure;
use crate::inspect::OpenDeck;
use crate::pictures::{self, Picture, Pixels};
use crate::quantity::parse_slides;
use crate::save;

/// Pixels between and around the pictures of a sheet, and their gray.
const GAP: usize = 12;
const GRAY: u8 = 0xd0;
/// Pixels of a sheet.
const MAX_PIXELS: usize = 100_000_000;

pub(crate) fn run(arguments: &ThumbsArguments, console: &mut Console) -> Result<(), Failure> {
    let slides = arguments
        .slides
        .as_deref()
        .map(parse_slides)
        .transpose()
        .map_err(Failure::usage)?
        .unwrap_or_default();
    let output = arguments
        .output
        .clone()
        .unwrap_or_else(|| save::folder_beside(&arguments.deck, "-thumbs"));
    let is_sheet = output
        .extension()
        .is_some_and(|text| text.eq_ignore_ascii_case("png"));
    if !is_sheet && output.is_file() {
        return Err(Failure::usage(format!("`{}` is a file", output.display()))
            .hint("name a folder, or a file that ends with `.png` for all slides on one sheet"));
    }
    if arguments.columns.is_some() && !is_sheet {
        return Err(
            Failure::usage("`--columns` is of a sheet, and the slides go into a folder")
                .hint("name a file that ends with `.png` for all slides on one sheet"),
        );
    }
    let deck = OpenDeck::read(&arguments.deck, &arguments.password, !console.is_json())?;
    let pictures = pictures::draw(&deck, u32::from(arguments.width), &slides, false)?;
    let files = if is_sheet {
        sheet(&pictures, arguments.columns.map(usize::from), &output)?;
        vec![output]
    } else {
        folder(&pictures, &arguments.deck, &output)?
    };
    for file in &files {
        let name = file.display().to_string();
        console.data(&name, &json!({ "event": "file", "file": name }));
    }
    Ok(())
}

fn folder(pictures: &[Picture], deck: &Path, folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    save::make_folder(folder)?;
    let stem = deck.file_stem().unwrap_or_default().to_string_lossy();
    pictures
        .iter()
        .map(|picture| {
            let path = folder.join(format!("{stem}_{}.png", picture.slide));
            save::bytes(&path, &picture.png)?;
            Ok(path)
        })
        .collect()
}

fn sheet(pictures: &[Picture], columns: Option<usize>, output: &Path) -> Result<(), Failure> {
    let pixels = pictures
        .iter()
        .map(Picture::pixels)
        .collect::<Result<Vec<_>, _>>()?;
    let columns = columns
        .unwrap_or_else(|| pixels.len().isqrt() + 1)
        .clamp(1, pixels.len().max(1));
    let rows = pixels.len().div_ceil(columns);
    let cell = |of: fn(&Pixels) -> usize| pixels.iter().map(of).max().unwrap_or(0) + GAP;
    let (wide, high) = (cell(|one| one.width), cell(|one| one.height));
    let (width, height) = (columns * wide + GAP, rows * high + GAP);
    if width.saturating_mul(height) > MAX_PIXELS {
        return Err(Failure::usage(format!(
            "a sheet of {} slides would have {width} x {height} pixels, which is too many",
            pixels.len()
        ))
        .hint("make the pictures smaller with `--width`, or take some with `--slides`"));
    }
    let mut sheet = Pixels::plain(width, height, GRAY);
    for (index, picture) in pixels.iter().enumerate() {
        let (column, row) = (index % columns, index / columns);
        sheet.put(picture, GAP + column * wide, GAP + row * high);
    }
    sheet.save(output)
}
