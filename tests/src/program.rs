use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// The `slides` program of this build, built on first use; `SLIDES_BIN` names another one.
///
/// # Panics
/// When it cannot be built.
pub fn slides_program() -> PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(build).clone()
}

fn build() -> PathBuf {
    if let Some(path) = std::env::var_os("SLIDES_BIN") {
        return path.into();
    }
    // target/<profile>/deps/<test>
    let test = std::env::current_exe().expect("a test knows its own path");
    let profile = test
        .ancestors()
        .nth(2)
        .expect("a test lies in target/<profile>/deps")
        .to_owned();
    let target = profile
        .parent()
        .expect("a profile lies in the target folder");
    let mut cargo = Command::new(option_env!("CARGO").unwrap_or("cargo"));
    cargo
        .args([
            "build",
            "--quiet",
            "--package",
            "slides-cli",
            "--target-dir",
        ])
        .arg(target);
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    let built = cargo
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .expect("cargo can be started");
    assert!(built.success(), "the `slides` program cannot be built");
    profile.join(format!("slides{}", std::env::consts::EXE_SUFFIX))
}
