//! What each choice of the SDK's features pulls in, and that it builds.

use std::collections::BTreeSet;

use anyhow::{Result, bail};

use crate::process;

/// The most crates, ours included, that a user of the vendor's cloud builds.
const CLOUD_CRATES: usize = 80;

/// A choice of features of `slides`, none by default.
struct Choice {
    features: &'static str,
    /// Crates that it must have.
    with: &'static [&'static str],
    /// Crates that it must not have.
    without: &'static [&'static str],
}

const CHOICES: &[Choice] = &[
    Choice {
        features: "",
        with: &["slides-core"],
        without: &["hyper", "rustls", "url", "slides-http", "slides-engine"],
    },
    Choice {
        features: "testing",
        with: &["mockall"],
        without: &["hyper", "rustls", "slides-engine"],
    },
    Choice {
        features: "http",
        with: &["hyper"],
        without: &["rustls", "ring", "aws-lc-rs", "slides-engine", "mockall"],
    },
    Choice {
        features: "http,ring,native-roots",
        with: &["hyper", "rustls", "ring", "rustls-native-certs"],
        without: &["aws-lc-rs", "webpki-roots", "slides-engine", "mockall"],
    },
    Choice {
        features: "http,ring,webpki-roots",
        with: &["ring", "webpki-roots"],
        without: &["aws-lc-rs", "rustls-native-certs", "slides-engine"],
    },
    Choice {
        features: "http,aws-lc-rs,webpki-roots",
        with: &["aws-lc-rs", "webpki-roots"],
        without: &["ring", "rustls-native-certs", "slides-engine"],
    },
    Choice {
        features: "http,ring,aws-lc-rs,native-roots,webpki-roots",
        with: &["ring", "aws-lc-rs", "rustls-native-certs", "webpki-roots"],
        without: &["slides-engine"],
    },
    Choice {
        features: "blocking",
        with: &["tokio"],
        without: &["hyper", "rustls", "slides-http", "slides-engine", "mockall"],
    },
    Choice {
        features: "embedded",
        with: &["slides-engine"],
        without: &["hyper", "rustls", "slides-http", "slides-server"],
    },
];

/// The TLS features of `slides-http` whose handshakes are made. `ring` alone runs with all tests; aws-lc-rs, which
/// takes minutes of C, is built here only.
const HANDSHAKES: &[&str] = &["aws-lc-rs", "ring,aws-lc-rs,native-roots,webpki-roots"];

/// Looks at the trees of all choices and, with `build`, has the compiler check them and makes the handshakes of TLS.
pub(crate) fn run(build: bool) -> Result<()> {
    for choice in CHOICES {
        tree(choice)?;
    }
    let cloud = crates(&["--package", "slides"])?;
    println!("the cloud user's tree: {} crates", cloud.len());
    if cloud.len() > CLOUD_CRATES {
        bail!(
            "`slides` with its default features needs {} crates, more than {CLOUD_CRATES}: see `cargo tree -p slides -e normal`",
            cloud.len()
        );
    }
    if build {
        for choice in CHOICES {
            let mut check = process::cargo(["check", "--package", "slides"]);
            check.args(["--no-default-features", "--features", choice.features]);
            process::run(&mut check)?;
        }
        process::run(&mut process::cargo([
            "check",
            "--package",
            "slides-http",
            "--no-default-features",
        ]))?;
        for features in HANDSHAKES {
            let mut test = process::cargo(["test", "--package", "slides-http", "--test", "tls"]);
            test.args(["--no-default-features", "--features", features]);
            process::run(&mut test)?;
        }
    }
    Ok(())
}

fn tree(choice: &Choice) -> Result<()> {
    let all = crates(&[
        "--package",
        "slides",
        "--no-default-features",
        "--features",
        choice.features,
    ])?;
    println!("features `{}`: {} crates", choice.features, all.len());
    for name in choice.with {
        if !all.contains(*name) {
            bail!("features `{}` lack `{name}`", choice.features);
        }
    }
    for name in choice.without {
        if all.contains(*name) {
            bail!("features `{}` pull in `{name}`", choice.features);
        }
    }
    Ok(())
}

/// The crates that a user builds, tests and build scripts left out.
fn crates(arguments: &[&str]) -> Result<BTreeSet<String>> {
    let mut tree = process::cargo(["tree", "--edges", "normal", "--prefix", "none"]);
    let text = process::output(tree.args(arguments))?;
    let names = text.lines().filter_map(|line| line.split(' ').next());
    Ok(names.map(str::to_owned).collect())
}
