//! The slides of `tests/decks/features` as pictures beside the committed ones.
//!
//! A difference within the tolerance passes: rasterisers may round a pixel's edge otherwise on another processor.
//! Beyond it the drawn picture is kept under `target/reference-pictures/`, to be looked at. Where the new picture
//! is the right one, `cargo xtask references --update` takes it over.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use slides_core::types::ExportFormat;
use slides_engine::{Engine, Job, MemorySink, NativeEngine, Unmonitored};

/// Width of a picture in pixels.
const WIDTH: u32 = 640;
/// A channel that differs by more makes its pixel another one.
const CHANNEL: u8 = 24;
/// Pixels of a hundred thousand that may be other ones: 230 of 640 by 360, a letter or two.
const OTHER_PIXELS: u64 = 100;
/// Set by `cargo xtask references --update` only.
const UPDATE: &str = "SLIDES_UPDATE_REFERENCES";

/// Pixels as they are, without their colour model's name: all pictures here are RGBA or RGB of 8 bits.
#[derive(PartialEq)]
struct Picture {
    size: (u32, u32),
    channels: usize,
    pixels: Vec<u8>,
}

fn decode(bytes: &[u8]) -> Picture {
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes))
        .read_info()
        .unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert_eq!(info.bit_depth, png::BitDepth::Eight);
    pixels.truncate(info.buffer_size());
    Picture {
        size: (info.width, info.height),
        channels: info.color_type.samples(),
        pixels,
    }
}

/// What is wrong with `drawn`, if it differs by more than the tolerance.
fn difference(drawn: &Picture, reference: &Picture) -> Option<String> {
    if (drawn.size, drawn.channels) != (reference.size, reference.channels) {
        return Some(format!(
            "{:?} with {} channels instead of {:?} with {}",
            drawn.size, drawn.channels, reference.size, reference.channels
        ));
    }
    let other = drawn
        .pixels
        .chunks(drawn.channels)
        .zip(reference.pixels.chunks(drawn.channels))
        .filter(|(a, b)| a.iter().zip(*b).any(|(a, b)| a.abs_diff(*b) > CHANNEL))
        .count() as u64;
    let all = u64::from(drawn.size.0) * u64::from(drawn.size.1);
    (other * 100_000 > all * OTHER_PIXELS).then(|| format!("{other} of {all} pixels differ"))
}

/// The deck's slides, one PNG each.
fn draw(deck: &Path) -> Vec<Vec<u8>> {
    let source = fs::read(deck).unwrap();
    let mut job = Job::new(&source, ExportFormat::Png);
    job.size = (Some(WIDTH), None);
    let mut sink = MemorySink::default();
    NativeEngine::default()
        .convert(&job, &mut sink, &Unmonitored)
        .unwrap();
    sink.files.into_iter().map(|(_, bytes)| bytes).collect()
}

fn names(folder: &Path) -> BTreeSet<String> {
    let Ok(entries) = fs::read_dir(folder) else {
        return BTreeSet::new();
    };
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn the_feature_decks_look_as_they_did() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let (decks, references) = (root.join("decks/features"), root.join("references"));
    let drawn_folder = root.join("../target/reference-pictures");
    let update = env::var_os(UPDATE).is_some();
    if update && references.exists() {
        fs::remove_dir_all(&references).unwrap();
    }
    let mut wrong = Vec::new();
    let mut expected = BTreeSet::new();
    for deck in names(&decks) {
        let stem = deck.strip_suffix(".pptx").unwrap();
        for (index, bytes) in draw(&decks.join(&deck)).iter().enumerate() {
            let name = format!("{stem}-{}.png", index + 1);
            expected.insert(name.clone());
            let path = references.join(&name);
            if update {
                fs::create_dir_all(&references).unwrap();
                fs::write(&path, bytes).unwrap();
                continue;
            }
            let found = match fs::read(&path) {
                Ok(reference) => difference(&decode(bytes), &decode(&reference)),
                Err(error) => Some(format!("no reference: {error}")),
            };
            if let Some(found) = found {
                fs::create_dir_all(&drawn_folder).unwrap();
                fs::write(drawn_folder.join(&name), bytes).unwrap();
                wrong.push(format!("{name}: {found}"));
            }
        }
    }
    assert!(!expected.is_empty(), "no decks in `{}`", decks.display());
    for name in names(&references).difference(&expected) {
        wrong.push(format!("{name}: no slide draws it any more"));
    }
    assert!(
        wrong.is_empty(),
        "look at the pictures in `target/reference-pictures` beside those in `tests/references`; if they are right, \
         run `cargo xtask references --update`:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn the_tolerance_lets_rounding_pass_and_stops_a_moved_line() {
    let drawn = decode(
        &draw(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("decks/features/text.pptx"))[0],
    );
    let copy = |pixels: Vec<u8>| Picture {
        size: drawn.size,
        channels: drawn.channels,
        pixels,
    };
    let rounded = drawn.pixels.iter().map(|&value| value ^ 1).collect();
    assert_eq!(difference(&copy(rounded), &drawn), None);
    let mut moved = drawn.pixels.clone();
    moved.rotate_right(drawn.channels);
    assert!(difference(&copy(moved), &drawn).is_some());
}
