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

/// An example of the SDK: the one that was built with the tests, which a run of the whole workspace does, or built now.
///
/// # Panics
/// When it cannot be built.
pub fn example_program(name: &str) -> PathBuf {
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let program = profile().join("examples").join(file);
    if !program.is_file() {
        cargo_build(&["--package", "slides", "--example", name]);
    }
    program
}

fn build() -> PathBuf {
    if let Some(path) = std::env::var_os("SLIDES_BIN") {
        return path.into();
    }
    cargo_build(&["--package", "slides-cli"]);
    profile().join(format!("slides{}", std::env::consts::EXE_SUFFIX))
}

/// Where this build's programs are.
fn profile() -> PathBuf {
    // target/<profile>/deps/<test>
    let test = std::env::current_exe().expect("a test knows its own path");
    let profile = test.ancestors().nth(2);
    profile
        .expect("a test lies in target/<profile>/deps")
        .to_owned()
}

fn cargo_build(what: &[&str]) {
    let profile = profile();
    let target = profile
        .parent()
        .expect("a profile lies in the target folder");
    let mut cargo = Command::new(option_env!("CARGO").unwrap_or("cargo"));
    cargo
        .args(["build", "--quiet", "--target-dir"])
        .arg(target)
        .args(what);
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    let built = cargo
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .expect("cargo can be started");
    assert!(built.success(), "{what:?} cannot be built");
}
