//! The program starts. That this test stands here has cargo build the program together with the tests, with the same
//! dependencies, for the suites that start it.
#![allow(clippy::unwrap_used)]

use std::process::Command;

#[test]
fn the_program_tells_its_version() {
    let output = Command::new(env!("CARGO_BIN_EXE_slides"))
        .arg("--version")
        .output()
        .unwrap();
    assert!(output.status.success());
    let version = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        version.trim(),
        concat!("slides ", env!("CARGO_PKG_VERSION"))
    );
}
