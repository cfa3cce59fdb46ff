//! What a crate pulls in, directly or not.

use anyhow::Result;

use crate::process;

struct Tree {
    package: &'static str,
    /// More arguments for `cargo tree`.
    arguments: &'static [&'static str],
    banned: &'static [&'static str],
}

const NETWORK: &[&str] = &[
    "axum",
    "hyper",
    "hyper-util",
    "mio",
    "reqwest",
    "rustls",
    "socket2",
    "tokio",
    "ureq",
];

/// The engine is a function of its input: nothing in its tree is asynchronous or opens a socket.
const TREES: &[Tree] = &[
    Tree {
        package: "slides-types",
        arguments: &[],
        banned: NETWORK,
    },
    Tree {
        package: "slides-engine",
        arguments: &["--all-features"],
        banned: NETWORK,
    },
    Tree {
        package: "slides",
        arguments: &["--no-default-features"],
        banned: &[
            "hyper",
            "rustls",
            "slides-engine",
            "slides-http",
            "slides-service",
        ],
    },
    Tree {
        package: "slides",
        arguments: &["--no-default-features", "--features", "embedded"],
        banned: &["hyper", "rustls", "slides-http"],
    },
    Tree {
        package: "slides",
        arguments: &[
            "--no-default-features",
            "--features",
            "http,ring,native-roots",
        ],
        banned: &["slides-engine", "slides-service", "rusqlite"],
    },
];

pub(crate) fn check(problems: &mut Vec<String>) -> Result<()> {
    for tree in TREES {
        let mut command = process::cargo([
            "tree", "--quiet", "--edges", "normal", "--prefix", "none", "--format", "{p}",
        ]);
        command
            .args(["--package", tree.package])
            .args(tree.arguments);
        let list = process::output(&mut command)?;
        for banned in found(&list, tree.banned) {
            problems.push(format!(
                "`{}` pulls in `{banned}`: see `cargo tree --package {} {} --invert {banned}`",
                tree.package,
                tree.package,
                tree.arguments.join(" ")
            ));
        }
    }
    Ok(())
}

/// Banned packages in the output of `cargo tree`, one `name version` a line.
fn found<'a>(list: &str, banned: &'a [&'a str]) -> Vec<&'a str> {
    banned
        .iter()
        .copied()
        .filter(|name| {
            list.lines()
                .any(|line| line.split(' ').next() == Some(name))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::found;

    #[test]
    fn finds_whole_names_only() {
        let list = "slides v0.1.0\nhyper-util v0.1.1\nserde v1.0.0 (*)\n";
        assert_eq!(found(list, &["hyper", "serde"]), ["serde"]);
    }
}
