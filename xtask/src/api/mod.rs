//! What the SDK's crates offer, as texts whose changes are seen in a review (decision 15).

mod listing;

use std::fs;

use anyhow::{Context as _, Result, bail};

use crate::workspace;
use listing::Listing;

/// The crates whose users are to be spared surprises.
const CRATES: [&str; 4] = ["slides-types", "slides-core", "slides-http", "slides"];
/// Where the listings lie, relative to the top of the workspace.
const OUTPUT: &str = "docs/api";
const HEADER: &str =
    "// The public items of this crate. Written by `cargo xtask api`, do not edit.\n";

/// Writes the listings, or with `check` fails when they are not what the sources offer.
pub(crate) fn run(check: bool) -> Result<()> {
    let mut stale = Vec::new();
    for name in CRATES {
        let root = workspace::path(&format!("crates/{name}/src/lib.rs"));
        let listing = Listing::of(name, &root)
            .with_context(|| format!("the sources of `{name}` cannot be listed"))?;
        let text = format!("{HEADER}{}", listing.text());
        let place = format!("{OUTPUT}/{name}.txt");
        let path = workspace::path(&place);
        if fs::read_to_string(&path).is_ok_and(|committed| committed == text) {
            continue;
        }
        if check {
            stale.push(place);
            continue;
        }
        fs::create_dir_all(workspace::path(OUTPUT))?;
        fs::write(&path, text).with_context(|| format!("`{place}` cannot be written"))?;
        println!("wrote {place}");
    }
    if !stale.is_empty() {
        bail!(
            "{} is not what the crates offer: if the change is meant, run `cargo xtask api`, read the difference as a user \
             would, and commit it with a line in CHANGELOG.md",
            stale.join(", ")
        );
    }
    Ok(())
}
