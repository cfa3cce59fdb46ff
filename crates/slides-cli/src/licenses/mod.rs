//! `slides licenses`: what this program is made of, and on which terms.

use std::fmt::Write as _;
use std::io::Read as _;

use flate2::read::ZlibDecoder;
use serde_json::json;
use slides_service::engine::FONT_LICENCES;

use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::pages;

/// The program's own, at the user's choice.
const OWN: [(&str, &str); 2] = [
    ("LICENSE-MIT", include_str!("../../../../LICENSE-MIT")),
    ("LICENSE-APACHE", include_str!("../../../../LICENSE-APACHE")),
];
/// What the licence of a crate (`IJG`) wants the documents to say.
const JPEG: &str = "This software is based in part on the work of the Independent JPEG Group.";
/// `name: licence`, written by `cargo xtask licenses`.
const CRATES: &str = include_str!("crates.txt");
/// What the crates bring along, and standard texts where they bring none, each once behind their names; compressed, by
/// the same task.
const TEXTS: &[u8] = include_bytes!("texts.zz");

pub(crate) fn run(console: &mut Console) -> Result<(), Failure> {
    if console.is_json() {
        for (part, texts) in [("program", &OWN[..]), ("fonts", &FONT_LICENCES)] {
            for (file, text) in texts {
                let event = json!({ "event": "text", "part": part, "file": file, "text": text });
                console.event(&event);
            }
        }
        for (name, license) in CRATES.lines().filter_map(|line| line.split_once(": ")) {
            console.event(&json!({ "event": "crate", "name": name, "license": license }));
        }
        let text = format!("{JPEG}\n{}", texts()?);
        console.event(&json!({ "event": "text", "part": "crates", "text": text }));
        return Ok(());
    }
    let mut all = String::from(
        "Slides: MIT OR Apache-2.0, at your choice. Both texts follow, then those of the fonts in it, then the crates.\n",
    );
    for (file, text) in OWN.iter().chain(&FONT_LICENCES) {
        // Into a text nothing fails.
        let _ = write!(all, "\n---- {file}\n\n{}\n", text.trim_end());
    }
    all.push_str("\n---- Crates, each under its own licence; their texts follow\n\n");
    all.push_str(CRATES);
    let _ = write!(all, "\n{JPEG}\n");
    all.push_str(&texts()?);
    pages::print(all.as_bytes())
}

fn texts() -> Result<String, Failure> {
    let mut text = String::new();
    ZlibDecoder::new(TEXTS)
        .read_to_string(&mut text)
        .map_err(|error| {
            Failure::new(
                Exit::Failed,
                "the licences of the crates cannot be unpacked",
            )
            .caused_by(&error)
        })?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_texts_of_the_crates_are_whole() {
        let text = texts().unwrap();
        assert!(TEXTS.len() < 150_000, "{} bytes", TEXTS.len());
        assert!(CRATES.contains("IJG"), "`JPEG` is for nothing");
        for wanted in [
            "\n---- ",
            "serde",
            "Permission is hereby granted",
            "Apache License",
        ] {
            assert!(text.contains(wanted), "{wanted}");
        }
    }

    #[test]
    fn each_crate_has_a_licence_and_a_text() {
        assert!(CRATES.lines().count() > 100);
        let text = texts().unwrap();
        let headings = text.lines().filter_map(|line| line.strip_prefix("---- "));
        let named: HashSet<&str> = headings.flat_map(|names| names.split(", ")).collect();
        for line in CRATES.lines() {
            let (name, license) = line.split_once(": ").unwrap();
            assert!(
                !name.is_empty() && !license.is_empty() && license != "?",
                "{line}"
            );
            assert!(named.contains(name), "{name} has no text");
        }
    }
}
