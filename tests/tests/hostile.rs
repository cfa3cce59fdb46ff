//! Bad decks among good ones, through a server.
//!
//! `SLIDES_HOSTILE_DECKS` names a folder of bad decks with an `expected.json` (a handful made here without it),
//! `SLIDES_HOSTILE_OPERATIONS` sets their number (60 without it), `SLIDES_HOSTILE_SEED` repeats a run.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::io::{Cursor, Read, Write};
use std::path::Path;

use slides_tests::hostile::{Deck, Due, HostileRig};
use slides_tests::slides_program;

fn setting<T: std::str::FromStr>(name: &str) -> Option<T> {
    std::env::var(name).ok()?.parse().ok()
}

fn good() -> Vec<u8> {
    let deck = Path::new(env!("CARGO_MANIFEST_DIR")).join("decks/code-coverage.pptx");
    std::fs::read(deck).unwrap()
}

/// The good deck with the XML of its first slide replaced.
fn with_slide(xml: &[u8]) -> Vec<u8> {
    let mut from = zip::ZipArchive::new(Cursor::new(good())).unwrap();
    let mut to = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for at in 0..from.len() {
        let mut part = from.by_index(at).unwrap();
        let name = part.name().unwrap().into_owned();
        to.start_file(name.as_str(), zip::write::SimpleFileOptions::default())
            .unwrap();
        if name == "ppt/slides/slide1.xml" {
            to.write_all(xml).unwrap();
        } else {
            let mut bytes = Vec::new();
            part.read_to_end(&mut bytes).unwrap();
            to.write_all(&bytes).unwrap();
        }
    }
    to.finish().unwrap().into_inner()
}

fn made_here() -> Vec<Deck> {
    let good = good();
    let mut flipped = good.clone();
    for at in (1000..flipped.len()).step_by(997) {
        flipped[at] ^= 0x55;
    }
    let deep = format!("{}{}", "<a>".repeat(200_000), "</a>".repeat(200_000));
    vec![
        Deck::new("empty", Vec::new(), Due::Error),
        Deck::new("text", b"no deck at all".to_vec(), Due::Error),
        Deck::new("cut in half", good[..good.len() / 2].to_vec(), Due::Error),
        Deck::new("flipped bytes", flipped, Due::Either),
        Deck::new("nested deeply", with_slide(deep.as_bytes()), Due::Either),
        Deck::new(
            "a bomb of blanks",
            with_slide(&vec![b' '; 300 << 20]),
            Due::Error,
        ),
    ]
}

#[test]
fn bad_decks_fail_and_good_ones_do_not_notice() {
    let bad = match setting::<std::path::PathBuf>("SLIDES_HOSTILE_DECKS") {
        Some(folder) => Deck::read_folder(&folder).unwrap(),
        None => made_here(),
    };
    let rig = HostileRig {
        program: slides_program(),
        good: vec![Deck::new("good", good(), Due::Result)],
        bad,
        operations: setting("SLIDES_HOSTILE_OPERATIONS").unwrap_or(60),
        seed: setting("SLIDES_HOSTILE_SEED").unwrap_or_else(rand::random),
        slowness: if cfg!(debug_assertions) { 6.0 } else { 1.0 },
    };
    let data = tempfile::tempdir().unwrap();
    let seed = rig.seed;
    let outcome = rig
        .run(data.path())
        .unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    let (before, after) = outcome.memory_quarters();
    eprintln!(
        "seed {seed}: {} good ones finished, bad ones refused/failed/finished {:?}, memory {before} then {after} KiB, slowest bad {:?}, {}",
        outcome.good,
        outcome.bad,
        outcome.slowest,
        outcome.kills.join(" ")
    );
    assert!(
        outcome.faults.is_empty(),
        "seed {seed}:\n{}",
        outcome.faults.join("\n")
    );
    assert!(
        outcome.good > 0 && outcome.bad.iter().sum::<usize>() > 0,
        "seed {seed}"
    );
    assert!(
        after < before + 32 * 1024,
        "seed {seed}: the server grew from {before} to {after} KiB"
    );
}
