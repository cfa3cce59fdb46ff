//! A server whose wall clock is set an hour back or ahead loses nothing, ends nothing twice and lets nothing wait for it.
//!
//! `SLIDES_CLOCK_ROUNDS` sets how often (6 without it), `SLIDES_CLOCK_SEED` repeats a run. Several servers on PostgreSQL are
//! in `fleet.rs`.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::path::Path;

use slides_tests::clock::JumpRig;
use slides_tests::slides_program;

#[test]
fn a_clock_that_is_set_loses_nothing() {
    let deck = Path::new(env!("CARGO_MANIFEST_DIR")).join("decks/code-coverage.pptx");
    let setting = |name: &str| std::env::var(name).ok()?.parse::<u64>().ok();
    let rig = JumpRig {
        program: slides_program(),
        deck: std::fs::read(deck).unwrap(),
        rounds: setting("SLIDES_CLOCK_ROUNDS").map_or(6, |rounds| rounds as usize),
        seed: setting("SLIDES_CLOCK_SEED").unwrap_or_else(rand::random),
    };
    let folder = tempfile::tempdir().unwrap();
    let outcome = rig
        .run(folder.path())
        .unwrap_or_else(|error| panic!("seed {}: {error}", rig.seed));
    let (back, ahead) = outcome.starts;
    eprintln!(
        "seed {}: clock set {} times, {} operations, {back} restarts with a clock set back and {ahead} with one set ahead",
        rig.seed, rig.rounds, outcome.accepted
    );
    let faults: Vec<String> = outcome.faults.iter().map(ToString::to_string).collect();
    assert!(
        faults.is_empty(),
        "seed {}:\n{}",
        rig.seed,
        faults.join("\n")
    );
    assert!(outcome.accepted > 0);
}
