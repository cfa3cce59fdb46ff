//! LibreOffice in its sandbox; runs where it is installed.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::path::Path;

use slides_tests::{ServerProcess, slides_program};

#[test]
fn an_installed_libreoffice_works_in_its_sandbox() {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if !std::env::split_paths(&path).any(|folder| folder.join("soffice").is_file()) {
        eprintln!("skipped: `soffice` is not on PATH");
        return;
    }
    let deck = Path::new(env!("CARGO_MANIFEST_DIR")).join("decks/code-coverage.pptx");
    let data = tempfile::tempdir().unwrap();
    let server = ServerProcess::start(&slides_program(), data.path(), &[]).unwrap();
    // There and back: it writes the one and reads the other.
    let odp = server
        .convert("odp", &std::fs::read(deck).unwrap())
        .unwrap();
    assert!(odp.starts_with(b"PK"));
    let pdf = server.convert("pdf", &odp).unwrap();
    assert!(pdf.starts_with(b"%PDF-"));
}
