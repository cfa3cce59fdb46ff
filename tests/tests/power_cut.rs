//! The power is cut at every sync of a run: nothing that was answered is lost.
//!
//! `SLIDES_CUT_JOBS` sets the number of operations (6 without it), `SLIDES_CUT_SEED` repeats a run. The test needs
//! `strace` on Linux; where processes may not be traced it says so and shows nothing.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use slides_tests::power::{PowerCut, Refusal, break_disk, can_trace, folder};
use slides_tests::slides_program;

fn rig(jobs: usize, fault: Option<&'static str>) -> PowerCut {
    let setting = |name: &str| std::env::var(name).ok()?.parse::<u64>().ok();
    PowerCut {
        program: slides_program(),
        deck: std::fs::read(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/decks/code-coverage.pptx"
        ))
        .unwrap(),
        jobs: setting("SLIDES_CUT_JOBS").map_or(jobs, |jobs| jobs as usize),
        seed: setting("SLIDES_CUT_SEED").unwrap_or_else(rand::random),
        fault,
    }
}

fn is_left_out() -> bool {
    let cannot = !can_trace();
    if cannot {
        eprintln!("left out: this machine does not let processes be traced");
    }
    cannot
}

#[test]
fn a_power_cut_at_any_sync_loses_nothing_that_was_answered() {
    if is_left_out() {
        return;
    }
    let rig = rig(6, None);
    let place = folder();
    let outcome = rig.run(place.path()).unwrap();
    eprintln!(
        "seed {}: {} cuts, {} operations answered, {} finished",
        rig.seed, outcome.cuts, outcome.acknowledged, outcome.finished
    );
    assert_eq!(
        outcome.acknowledged, rig.jobs,
        "the trace holds every answer"
    );
    assert_eq!(outcome.finished, rig.jobs, "the trace holds every end");
    assert!(
        outcome.cuts > 3 * rig.jobs,
        "the trace holds the syncs: {}",
        outcome.cuts
    );
    assert!(
        outcome.faults.is_empty(),
        "seed {}:\n{}",
        rig.seed,
        outcome.faults.join("\n")
    );
}

/// A rig that cannot see a loss proves nothing. The fault exists in debug builds only.
#[cfg(debug_assertions)]
#[test]
fn an_answer_before_the_commit_is_caught() {
    if is_left_out() {
        return;
    }
    let rig = rig(6, Some("ack-before-commit"));
    let place = folder();
    let outcome = rig.run(place.path()).unwrap();
    assert!(
        outcome.faults.iter().any(|fault| fault.contains("is lost")),
        "seed {}: {} cuts and no fault",
        rig.seed,
        outcome.cuts
    );
}

#[test]
fn a_disk_that_refuses_loses_nothing_that_was_answered() {
    if is_left_out() {
        return;
    }
    // What fails, and whether the queue must be given up until the next start: after a failed sync what the disk
    // holds is uncertain, and a sync that is tried again may lie.
    let cases = [
        ("fdatasync", "EIO", true),
        ("pwrite64", "EIO", true),
        ("pwrite64", "ENOSPC", false),
        ("fsync", "EIO", false),
        ("openat", "ENOSPC", false),
        ("rename", "EIO", false),
    ];
    let rig = rig(0, None);
    for (call, error, is_final) in cases {
        let place = folder();
        let data = place.path().join("data");
        let refusal = Refusal { call, error };
        let outcome = break_disk(&rig.program, &rig.deck, &data, refusal)
            .unwrap_or_else(|e| panic!("{call} {error}: {e}"));
        eprintln!("{call} {error}: {outcome:?}");
        assert!(outcome.hits > 0, "{call} {error}: no call was hit");
        assert!(
            outcome.faults.is_empty(),
            "{call} {error}: {}",
            outcome.faults.join("\n")
        );
        assert_eq!(
            outcome.unready.is_some(),
            is_final,
            "{call} {error}: {outcome:?}"
        );
    }
}
