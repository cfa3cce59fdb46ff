//! Several servers on one queue keep every promise while servers die and the database goes away.
//!
//! `SLIDES_FLEET_ROUNDS` sets the number of disturbances (3 to 5 without it), `SLIDES_FLEET_SEED` repeats a run. The
//! tests start a PostgreSQL server; with `SLIDES_TEST_POSTGRES=off` they do nothing.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::time::Duration;

use slides_tests::durability::Fault;
use slides_tests::fleet::{Fleet, Harm, lose_a_notice};
use slides_tests::slides_program;

fn is_off() -> bool {
    std::env::var("SLIDES_TEST_POSTGRES").is_ok_and(|off| off == "off")
}

fn deck() -> Vec<u8> {
    let deck = concat!(env!("CARGO_MANIFEST_DIR"), "/decks/code-coverage.pptx");
    std::fs::read(deck).unwrap()
}

fn run(harm: Harm, rounds: usize) {
    if is_off() {
        return;
    }
    let setting = |name: &str| std::env::var(name).ok()?.parse::<u64>().ok();
    let fleet = Fleet {
        program: slides_program(),
        deck: deck(),
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
    run(Harm::Database, 5);
}

/// Set back, it must not let operations, or the leases of a dead server, wait for an hour.
#[cfg(target_os = "linux")]
#[test]
fn clocks_that_are_set_lose_nothing() {
    run(Harm::Clock, 4);
}

#[test]
#[ignore = "needs an S3-compatible server: `cargo xtask test` installs it and runs this"]
fn a_bucket_that_goes_away_loses_nothing() {
    run(Harm::Bucket, 4);
}

#[test]
fn work_that_nobody_told_of_is_found() {
    if is_off() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let patience = Duration::from_mins(1);
    let faults = lose_a_notice(&slides_program(), &deck(), folder.path(), patience, None).unwrap();
    assert_eq!(faults, []);
}

/// A server that trusts notifications alone waits for one that was lost. The fault exists in debug builds only.
#[cfg(debug_assertions)]
#[test]
fn trust_in_notifications_alone_is_caught() {
    if is_off() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let patience = Duration::from_secs(5);
    let fault = Some("notify-only");
    let faults = lose_a_notice(&slides_program(), &deck(), folder.path(), patience, fault).unwrap();
    assert!(
        faults.iter().any(|fault| matches!(fault, Fault::Open(..))),
        "{faults:?}"
    );
}
