//! A server that is killed at random moments keeps every promise it made.
//!
//! `SLIDES_KILL_ROUNDS` sets the number of kills (4 without it), `SLIDES_KILL_SEED` repeats a run.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::path::Path;

use slides_tests::durability::Rig;
use slides_tests::{fresh_schema, shared_postgres, slides_program};

fn rig() -> Rig {
    let deck = Path::new(env!("CARGO_MANIFEST_DIR")).join("decks/code-coverage.pptx");
    let setting = |name: &str| {
        std::env::var(name)
            .ok()
            .and_then(|value| value.parse::<u64>().ok())
    };
    Rig {
        program: slides_program(),
        deck: std::fs::read(deck).unwrap(),
        rounds: setting("SLIDES_KILL_ROUNDS").unwrap_or(4) as usize,
        starts: 8,
        seed: setting("SLIDES_KILL_SEED").unwrap_or_else(rand::random),
        database: None,
        fault: None,
        until_fault: false,
    }
}

/// Runs of the rig until one has killed a server that was at work: a fast machine may end all before.
const TRIES: u64 = 20;

#[test]
fn a_killed_server_loses_nothing_and_ends_nothing_twice() {
    kill_until_one_is_at_work(None);
}

#[test]
fn a_killed_server_on_postgres_loses_nothing_and_ends_nothing_twice() {
    if let Some(address) = shared_postgres() {
        kill_until_one_is_at_work(Some(address));
    }
}

fn kill_until_one_is_at_work(database: Option<&str>) {
    let first = rig().seed;
    for seed in (0..TRIES).map(|n| first.wrapping_add(n)) {
        let rig = Rig {
            seed,
            database: database.map(|address| (address.to_owned(), fresh_schema())),
            ..rig()
        };
        let data = tempfile::tempdir().unwrap();
        let outcome = rig
            .run(data.path())
            .unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        let faults: Vec<String> = outcome.faults.iter().map(ToString::to_string).collect();
        eprintln!(
            "seed {seed}: {} kills and {} of workers, {} with operations in flight, {} operations",
            rig.rounds,
            outcome.workers_killed,
            outcome.restarts_in_flight(),
            outcome.accepted()
        );
        assert!(faults.is_empty(), "seed {seed}:\n{}", faults.join("\n"));
        if outcome.restarts_in_flight() > 0 {
            return;
        }
    }
    panic!("from seed {first}: no kill met an operation in flight");
}

/// The same rig on a server that answers before it commits: a harness that cannot see this loss
/// proves nothing. The fault exists in debug builds only.
#[cfg(debug_assertions)]
#[test]
fn a_server_that_answers_too_early_is_caught() {
    early_answers_are_caught(None);
}

#[cfg(debug_assertions)]
#[test]
fn a_server_on_postgres_that_answers_too_early_is_caught() {
    if let Some(address) = shared_postgres() {
        early_answers_are_caught(Some((address.to_owned(), fresh_schema())));
    }
}

#[cfg(debug_assertions)]
fn early_answers_are_caught(database: Option<(String, String)>) {
    use slides_tests::durability::Fault;

    let rig = Rig {
        database,
        fault: Some("ack-before-commit"),
        until_fault: true,
        rounds: 30,
        starts: 1000,
        ..rig()
    };
    let data = tempfile::tempdir().unwrap();
    let outcome = rig
        .run(data.path())
        .unwrap_or_else(|error| panic!("seed {}: {error}", rig.seed));
    let lost = outcome
        .faults
        .iter()
        .filter(|fault| matches!(fault, Fault::Lost(_)))
        .count();
    eprintln!(
        "seed {}: {lost} of {} operations lost",
        rig.seed,
        outcome.accepted()
    );
    assert!(
        lost > 0,
        "seed {}: the harness did not see that operations were lost",
        rig.seed
    );
}
