//! Several servers on one queue keep every promise while servers die and the database goes away.
//!
//! `SLIDES_FLEET_ROUNDS` sets the number of disturbances (3 or 4 without it), `SLIDES_FLEET_SEED` repeats a run. The
//! tests start a PostgreSQL server; with `SLIDES_TEST_POSTGRES=off` they do nothing.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use slides_tests::fleet::{Fleet, Harm};
use slides_tests::slides_program;

fn run(harm: Harm, rounds: usize) {
    if std::env::var("SLIDES_TEST_POSTGRES").is_ok_and(|off| off == "off") {
        return;
    }
    let setting = |name: &str| std::env::var(name).ok()?.parse::<u64>().ok();
    let fleet = Fleet {
        program: slides_program(),
        deck: std::fs::read(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/decks/code-coverage.pptx"
        ))
        .unwrap(),
        servers: 3,
        harm,
        rounds: setting("SLIDES_FLEET_ROUNDS").map_or(rounds, |rounds| rounds as usize),
        seed: setting("SLIDES_FLEET_SEED").unwrap_or_else(rand::random),
    };
    let folder = tempfile::tempdir().unwrap();
    let outcome = fleet
        .run(folder.path())
        .unwrap_or_else(|error| panic!("seed {}: {error}", fleet.seed));
    eprintln!(
        "seed {}: {} disturbances, {} operations, all servers well again after {:.1} s at most",
        fleet.seed,
        fleet.rounds,
        outcome.accepted,
        outcome.recovery.as_secs_f64()
    );
    let faults: Vec<String> = outcome.faults.iter().map(ToString::to_string).collect();
    assert!(
        faults.is_empty(),
        "seed {}:\n{}",
        fleet.seed,
        faults.join("\n")
    );
    assert!(outcome.accepted > 0);
}

#[test]
fn servers_that_die_lose_nothing_and_end_nothing_twice() {
    run(Harm::Kill, 3);
}

#[test]
fn a_database_that_goes_away_loses_nothing() {
    run(Harm::Database, 4);
}
