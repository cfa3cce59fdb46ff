//! `slides convert` with many decks, folders, patterns and streams.
#![allow(clippy::unwrap_used, missing_docs)]

use std::time::{Duration, SystemTime};

use slides_tests::command::{Place, Said, deck};

const PITCH: &str = "startup-pitch.pptx";

fn event(said: &Said, name: &str) -> Vec<serde_json::Value> {
    let events = said.events();
    events
        .into_iter()
        .filter(|event| event["event"] == name)
        .collect()
}

#[test]
fn a_deck_is_written_beside_itself() {
    let place = Place::default();
    place.put_deck("deck.pptx", PITCH);
    let said = place.run(&["convert", "deck.pptx", "--to", "pdf"]);
    assert_eq!(said.status, 0, "{said:?}");
    assert_eq!(place.files(), ["deck.pdf", "deck.pptx"]);
    let said = place.run(&["convert", "deck.pptx", "--to", "md", "--out-dir", "a/b"]);
    assert_eq!(said.status, 0, "{said:?}");
    assert!(place.join("a/b/deck.md").is_file());
}

#[test]
fn folders_keep_their_shape_and_failures_do_not_stop_the_rest() {
    let place = Place::default();
    place.put_deck("decks/a.pptx", PITCH);
    place.put_deck("decks/deep/er/b.pptx", PITCH);
    place.put("decks/deep/bad.pptx", "hello");
    place.put("decks/notes.txt", "no deck");
    place.put("decks/~$a.pptx", "lock");
    let said = place.run(&[
        "convert",
        "decks",
        "--to",
        "pdf",
        "--out-dir",
        "out",
        "--jobs",
        "2",
    ]);
    assert_eq!(said.status, 1);
    assert_eq!(said.stdout(), "");
    assert!(
        said.stderr.contains("error: `decks/deep/bad.pptx`")
            && said.stderr.contains("2 converted, 0 skipped, 1 failed")
            && said
                .stderr
                .contains("error: 1 of 3 decks could not be converted"),
        "{}",
        said.stderr
    );
    let files = place.files();
    let pdfs: Vec<_> = files.iter().filter(|name| name.ends_with("pdf")).collect();
    assert_eq!(pdfs, ["out/a.pdf", "out/deep/er/b.pdf"]);
}

#[test]
fn patterns_and_lists_of_decks_are_converted() {
    let place = Place::default();
    for name in ["a.pptx", "b.pptx", "c.pptx"] {
        place.put_deck(name, PITCH);
    }
    let said = place.run(&["convert", "*.pptx", "--to", "md"]);
    assert_eq!(said.status, 0, "{said:?}");
    assert_eq!(
        place.files(),
        ["a.md", "a.pptx", "b.md", "b.pptx", "c.md", "c.pptx"]
    );
    // As the shell expands a pattern that two decks fit.
    let before = std::fs::read(place.join("b.pptx")).unwrap();
    let said = place.run(&["convert", "a.pptx", "b.pptx", "--to", "pdf"]);
    assert_eq!(said.status, 0, "{said:?}");
    assert_eq!(std::fs::read(place.join("b.pptx")).unwrap(), before);
    assert!(place.join("b.pdf").is_file());
}

#[test]
fn unchanged_decks_are_skipped() {
    let place = Place::default();
    place.put_deck("in/a.pptx", PITCH);
    place.put_deck("in/b.pptx", PITCH);
    let again = || {
        let said = place.run(&[
            "--json",
            "convert",
            "in",
            "--to",
            "png",
            "--out-dir",
            "out",
            "--skip-unchanged",
        ]);
        assert_eq!(said.status, 0, "{said:?}");
        let summary = event(&said, "summary").remove(0);
        let count = |name: &str| summary[name].as_u64().unwrap();
        (count("converted"), count("skipped"), count("failed"))
    };
    assert_eq!(again(), (2, 0, 0));
    assert_eq!(again(), (0, 2, 0));
    let changed = std::fs::File::options()
        .write(true)
        .open(place.join("in/b.pptx"))
        .unwrap();
    changed
        .set_modified(SystemTime::now() + Duration::from_secs(5))
        .unwrap();
    assert_eq!(again(), (1, 1, 0));
}

#[test]
fn streams_carry_the_deck_and_the_result_alone() {
    let place = Place::default();
    let bytes = std::fs::read(deck(PITCH)).unwrap();
    let filter = |arguments: &[&str], input: &[u8]| Said::of(place.command(arguments), input);
    for arguments in [
        &["convert", "-", "-", "--to", "pdf"][..],
        &["convert", "-", "--to", "pdf"],
    ] {
        let said = filter(arguments, &bytes);
        assert_eq!(said.status, 0, "{}", said.stderr);
        assert!(said.bytes.starts_with(b"%PDF") && said.bytes.trim_ascii_end().ends_with(b"%%EOF"));
    }
    // Several pictures come as one archive, one picture as itself.
    let said = filter(&["convert", "-", "--to", "png"], &bytes);
    assert!(said.bytes.starts_with(b"PK"));
    let said = filter(&["convert", "-", "--to", "png", "--slides", "2"], &bytes);
    assert!(said.bytes.starts_with(b"\x89PNG"));
    let said = filter(&["convert", "-", "out.pdf"], &bytes);
    assert_eq!(said.status, 0, "{}", said.stderr);
    let said = filter(&["convert", &deck(PITCH), "-", "--to", "md"], &[]);
    assert_eq!(said.status, 0, "{}", said.stderr);
    assert!(!said.bytes.is_empty());
    assert_eq!(place.files(), ["out.pdf"]);
    // Nothing of a failed conversion.
    let said = filter(&["convert", "-", "--to", "pdf"], b"hello");
    assert_eq!((said.status, said.bytes.len()), (1, 0));
    let said = filter(&["--json", "convert", "-", "--to", "pdf"], &bytes);
    assert_eq!(said.status, 2);
    let said = filter(&["convert", "-", "--to", "pdf"], b"");
    assert_eq!(said.status, 1);
    assert!(said.stderr.contains("standard input is empty"));
}

#[test]
fn scripts_are_told_which_deck_each_event_is_about() {
    let place = Place::default();
    place.put_deck("a.pptx", PITCH);
    place.put("b.pptx", "hello");
    let said = place.run(&["--json", "convert", "a.pptx", "b.pptx", "--to", "pdf"]);
    assert_eq!((said.status, said.stderr.as_str()), (1, ""));
    for event in said.events() {
        let is_last = event["event"] == "summary"
            || event["exit"] == 1 && event["error"] == "1 of 2 decks could not be converted";
        assert_eq!(event["file"].is_string(), !is_last, "{event}");
    }
    assert_eq!(event(&said, "done")[0]["file"], "a.pptx");
    assert_eq!(event(&said, "done")[0]["files"][0], "a.pdf");
    assert_eq!(event(&said, "error")[0]["file"], "b.pptx");
    let single = place.run(&["--json", "convert", "a.pptx", "c.pdf"]);
    for event in single.events() {
        assert_eq!(event["file"], "a.pptx", "{event}");
    }
}

#[test]
fn options_are_listed_with_their_values() {
    let place = Place::default();
    let listed = place.run(&["formats", "pdf"]).stdout();
    let line = |name: &str| {
        listed
            .lines()
            .find(|line| line.starts_with(name))
            .unwrap_or_default()
            .to_owned()
    };
    assert!(
        line("jpegQuality").ends_with("a whole number from 0 to 100"),
        "{listed}"
    );
    assert!(
        line("compliance").contains("one of `Pdf15`, `Pdf16`"),
        "{listed}"
    );
    assert!(
        line("showHiddenSlides").ends_with("`true` or `false`"),
        "{listed}"
    );
}
