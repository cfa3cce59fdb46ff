//! A server that is stopped past its leases takes no end twice.
//!
//! `SLIDES_STOP_ROUNDS` sets the number of stops (3 without it).
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::path::Path;

use slides_tests::slides_program;
use slides_tests::stopped::StopRig;

/// Runs of the rig until a lease has ended with its worker alive: a fast machine may end all before.
const TRIES: usize = 10;

#[test]
fn late_ends_are_fenced() {
    let deck = Path::new(env!("CARGO_MANIFEST_DIR")).join("decks/code-coverage.pptx");
    let rounds = std::env::var("SLIDES_STOP_ROUNDS").ok();
    let rig = StopRig {
        program: slides_program(),
        deck: std::fs::read(deck).unwrap(),
        rounds: rounds.and_then(|rounds| rounds.parse().ok()).unwrap_or(3),
    };
    for _ in 0..TRIES {
        let data = tempfile::tempdir().unwrap();
        let outcome = rig.run(data.path()).unwrap();
        eprintln!(
            "{} stops, {} operations, {} rescued, {} late ends fenced, {} late workers killed",
            rig.rounds, outcome.accepted, outcome.rescued, outcome.fenced, outcome.lost
        );
        let faults: Vec<String> = outcome.faults.iter().map(ToString::to_string).collect();
        assert!(faults.is_empty(), "{}", faults.join("\n"));
        if outcome.fenced + outcome.lost > 0 {
            return;
        }
    }
    panic!("no lease ended while its worker was alive");
}
