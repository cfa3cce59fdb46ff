//! Who may use whom, and what every manifest must say.

use std::fs;

use anyhow::Result;
use cargo_metadata::Package;

use crate::workspace;

/// The crates of the workspace that a crate may use (`docs/architecture.md` gives the reasons).
const MAP: &[(&str, &[&str])] = &[
    ("slides-types", &[]),
    ("slides-core", &["slides-types"]),
    ("slides-http", &["slides-core", "slides-types"]),
    (
        "slides",
        &[
            "slides-core",
            "slides-http",
            "slides-service",
            "slides-types",
        ],
    ),
    ("slides-ooxml", &[]),
    ("slides-fonts-cjk", &[]),
    ("slides-fonts", &["slides-fonts-cjk"]),
    ("slides-scene", &["slides-fonts"]),
    (
        "slides-layout",
        &["slides-fonts", "slides-ooxml", "slides-scene"],
    ),
    ("slides-render", &["slides-fonts", "slides-scene"]),
    (
        "slides-engine",
        &[
            "slides-fonts",
            "slides-layout",
            "slides-ooxml",
            "slides-render",
            "slides-scene",
            "slides-types",
        ],
    ),
    (
        "slides-service",
        &["slides-core", "slides-engine", "slides-types"],
    ),
    ("slides-server", &["slides-core", "slides-types"]),
    ("slides-cli", &["slides", "slides-server", "slides-service"]),
    ("xtask", &[]),
];

/// The licence of all that is ours.
const LICENCE: &str = "MIT OR Apache-2.0";
/// The suites across crates may use all of them.
const SUITES: &str = "slides-tests";

/// Outside crates that only some crates may name, tests included.
const RESERVED: &[(&str, &[&str])] = &[
    ("hyper", &["slides-http", "slides-server"]),
    (
        "hyper-util",
        &["slides-http", "slides-server", "slides-service"],
    ),
    ("hyper-rustls", &["slides-http", "slides-service"]),
    ("rustls", &["slides-http", "slides-service"]),
    // `slides` in an example alone.
    ("axum", &["slides", "slides-server"]),
];

/// Crates that may use nothing but these from outside.
const FRUGAL: &[(&str, &[&str])] = &[("slides-types", &["serde", "serde_json"])];

pub(crate) fn check(problems: &mut Vec<String>) -> Result<()> {
    let metadata = workspace::metadata()?;
    for (name, _) in MAP {
        if !metadata
            .packages
            .iter()
            .any(|package| package.name == *name)
        {
            problems.push(format!(
                "the crate map names `{name}`, which the workspace does not have"
            ));
        }
    }
    for package in &metadata.packages {
        uses(package, problems);
        manifest(package, problems)?;
    }
    Ok(())
}

fn uses(package: &Package, problems: &mut Vec<String>) {
    let name = package.name.as_str();
    if name == SUITES {
        return;
    }
    let Some((_, allowed)) = MAP.iter().find(|(known, _)| *known == name) else {
        problems.push(format!(
            "crate `{name}` is not in the crate map of `cargo xtask tidy`"
        ));
        return;
    };
    for dependency in &package.dependencies {
        let other = dependency.name.as_str();
        let ours = dependency.path.is_some();
        // A crate may name itself in its tests to turn a feature on.
        if ours && other != name && !allowed.contains(&other) {
            problems.push(format!(
                "`{name}` may not use `{other}`: the crate map does not allow it"
            ));
        }
        if let Some((_, users)) = RESERVED.iter().find(|(reserved, _)| *reserved == other)
            && !users.contains(&name)
        {
            problems.push(format!(
                "`{name}` may not use `{other}`: only {} may",
                users.join(" and ")
            ));
        }
        if let Some((_, few)) = FRUGAL.iter().find(|(frugal, _)| *frugal == name)
            && !few.contains(&other)
        {
            problems.push(format!(
                "`{name}` may not use `{other}`: it needs {} alone",
                few.join(" and ")
            ));
        }
    }
}

fn manifest(package: &Package, problems: &mut Vec<String>) -> Result<()> {
    let name = &package.name;
    if package
        .description
        .as_deref()
        .unwrap_or_default()
        .is_empty()
    {
        problems.push(format!("crate `{name}` has no description"));
    }
    let licence = package.license.as_deref().unwrap_or_default();
    // Faces keep their own licences.
    let is_ours = licence == LICENCE || licence.starts_with(&format!("({LICENCE}) AND "));
    if !is_ours || (licence != LICENCE && !name.starts_with("slides-fonts")) {
        problems.push(format!(
            "crate `{name}` does not have the licence `{LICENCE}`"
        ));
    }
    let text = fs::read_to_string(&package.manifest_path)?;
    let mut lines = text.lines().map(str::trim);
    let shares_lints =
        lines.any(|line| line == "[lints]") && lines.next() == Some("workspace = true");
    if !shares_lints {
        problems.push(format!(
            "crate `{name}` does not take the lints of the workspace"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::MAP;

    #[test]
    fn map_has_no_cycle() {
        let mut placed: Vec<&str> = Vec::new();
        while placed.len() < MAP.len() {
            let next = MAP.iter().find(|(name, uses)| {
                !placed.contains(name) && uses.iter().all(|used| placed.contains(used))
            });
            placed.push(next.expect("a cycle").0);
        }
    }
}
