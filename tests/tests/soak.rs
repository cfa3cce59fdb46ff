//! A server at its limit keeps no more than its retention says.
//!
//! `SLIDES_SOAK_SECONDS` sets the time (12 without it).
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::time::Duration;

use slides_tests::slides_program;
use slides_tests::soak::{Held, Soak};

/// One figure of what a server holds.
type Figure = fn(&Held) -> u64;

/// Time from which growth is judged: before it a server is still filling its caches.
const LONG: Duration = Duration::from_mins(5);

#[test]
fn a_server_at_its_limit_does_not_grow() {
    let seconds = std::env::var("SLIDES_SOAK_SECONDS").ok();
    let seconds = seconds.and_then(|seconds| seconds.parse().ok());
    let soak = Soak {
        program: slides_program(),
        deck: std::fs::read(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/decks/code-coverage.pptx"
        ))
        .unwrap(),
        time: Duration::from_secs(seconds.unwrap_or(12)),
    };
    let data = tempfile::tempdir().unwrap();
    let outcome = soak.run(data.path()).unwrap();
    eprintln!("{} operations in {:?}", outcome.finished, soak.time);
    eprintln!("before: {:?}\nafter: {:?}", outcome.before, outcome.after);
    let figures: [(&str, Figure); 5] = [
        ("memory, KiB", |held| held.memory_kib),
        ("handles", |held| held.handles as u64),
        ("files", |held| held.files as u64),
        ("bytes of files", |held| held.bytes),
        ("rows", |held| held.rows),
    ];
    for (what, figure) in figures {
        let (middle, last) = outcome.thirds(figure);
        eprintln!("{what}: at most {middle} in the middle third, {last} in the last one");
        // What is at work differs from one look to the next.
        let allowed = middle + middle / 10 + 32;
        assert!(
            soak.time < LONG || last <= allowed,
            "{what} grow from {middle} to {last}"
        );
    }
    assert_eq!(outcome.wrong, Vec::<String>::new());
    assert!(outcome.finished > 0);
    let (before, after) = (outcome.before, outcome.after);
    assert_eq!(after.rows, 0, "rows are left");
    assert!(after.files <= before.files, "{before:?} became {after:?}");
    // Connections to the disk's files that the server keeps open from its first operation on.
    assert!(
        after.handles <= before.handles + 16,
        "{before:?} became {after:?}"
    );
}
