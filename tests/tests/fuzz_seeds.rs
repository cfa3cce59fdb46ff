//! Replays the seeds and past findings of the fuzz targets: none may panic, hang or write another format.

#[path = "../../fuzz/harness.rs"]
mod harness;

use std::{fs, path::Path};

fn replay(target: &str, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fuzz/seeds")
        .join(target);
    let mut seeds: Vec<_> = fs::read_dir(&folder)
        .expect("the folder of the seeds")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    seeds.sort();
    assert!(!seeds.is_empty(), "{} is empty", folder.display());
    for seed in seeds {
        run(&fs::read(&seed).expect("a seed"));
    }
}

#[test]
fn packages() {
    replay("package", harness::package);
}

#[test]
fn slides() {
    replay("slide", harness::slide);
}

#[test]
fn texts() {
    replay("text", harness::text);
}

#[test]
fn pictures() {
    replay("picture", harness::picture);
}

#[test]
fn metafiles() {
    replay("metafile", harness::metafile);
}

#[test]
fn charts() {
    replay("chart", harness::chart);
}

#[test]
fn exporters() {
    replay("exporter", harness::exporter);
}

#[test]
fn requests() {
    replay("request", harness::request);
}
