//! `slides info`, `thumbs`, `diff`, `login`, and what shells and `man` are given.
#![allow(clippy::unwrap_used, missing_docs)]

use slides_tests::command::{Place, Said, Served};

const PITCH: &str = "startup-pitch.pptx";

#[test]
fn a_deck_says_what_it_holds() {
    let place = Place::default();
    place.put_deck("deck.pptx", PITCH);
    place.put_deck("protected.pptx", "protected.pptx");
    let said = place.run(&["info", "deck.pptx"]);
    assert_eq!(said.status, 0, "{said:?}");
    let text = said.stdout();
    for line in [
        "slides       3",
        "size         ",
        "fonts        ",
        "features     ",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    let said = place.run(&[
        "--json",
        "info",
        "deck.pptx",
        "protected.pptx",
        "--password",
        "secret",
    ]);
    assert_eq!(said.status, 0, "{said:?}");
    let events = said.events();
    assert_eq!(
        (&events[0]["slides"], &events[0]["protected"]),
        (&3.into(), &false.into())
    );
    assert_eq!(events[1]["protected"], true);
    let fonts = events[0]["fonts"].as_array().unwrap();
    assert!(fonts.iter().all(|font| font["drawnWith"].is_string()) && !fonts.is_empty());
    assert_eq!(place.files(), ["deck.pptx", "protected.pptx"]);
}

#[test]
fn decks_are_taken_apart_and_put_together() {
    let place = Place::default();
    place.put_deck("deck.pptx", PITCH);
    place.put_deck("protected.pptx", "protected.pptx");
    let said = place.run(&["split", "deck.pptx"]);
    assert_eq!(said.status, 0, "{said:?}");
    assert_eq!(
        said.stdout(),
        "deck-slides/deck_1.pptx\ndeck-slides/deck_2.pptx\ndeck-slides/deck_3.pptx\n"
    );
    let said = place.run(&[
        "merge",
        "deck-slides/deck_2.pptx",
        "deck.pptx:3,1",
        "protected.pptx:1",
        "-o",
        "all.ppsx",
        "--password",
        "secret",
        "--json",
    ]);
    assert_eq!(said.status, 0, "{said:?}");
    let events = said.events();
    assert_eq!(
        (&events[0]["file"], &events[0]["slides"]),
        (&"all.ppsx".into(), &4.into())
    );
    // In the order that was asked for: they look like the slides taken.
    let said = place.run(&["merge", "deck.pptx:2", "deck.pptx:3,1", "-o", "first.pptx"]);
    assert_eq!(said.status, 0, "{said:?}");
    let said = place.run(&["merge", "deck.pptx:2,3,1", "-o", "second.pptx"]);
    assert_eq!(said.status, 0, "{said:?}");
    assert_eq!(place.run(&["diff", "first.pptx", "second.pptx"]).status, 0);
    assert_eq!(place.run(&["diff", "first.pptx", "deck.pptx"]).status, 1);
    // A format of pages, chosen slides, a folder of one's own.
    let said = place.run(&[
        "split",
        "deck.pptx",
        "--to",
        "md",
        "--slides",
        "2-3",
        "--out-dir",
        "texts",
    ]);
    assert_eq!(said.stdout(), "texts/deck_2.md\ntexts/deck_3.md\n");
    let text = std::fs::read_to_string(place.join("texts/deck_3.md")).unwrap();
    assert!(!text.is_empty());
    // What fails leaves nothing behind.
    let before = place.files();
    assert_eq!(place.run(&["split", "protected.pptx"]).status, 1);
    assert_eq!(
        place.run(&["merge", "deck.pptx:9", "-o", "no.pptx"]).status,
        1
    );
    assert_eq!(place.files(), before);
    assert!(!place.join("protected-slides").exists());
}

#[test]
fn slides_become_small_pictures() {
    let place = Place::default();
    place.put_deck("deck.pptx", PITCH);
    let said = place.run(&["thumbs", "deck.pptx", "--width", "64"]);
    assert_eq!(said.status, 0, "{said:?}");
    assert_eq!(
        place.files(),
        [
            "deck-thumbs/deck_1.png",
            "deck-thumbs/deck_2.png",
            "deck-thumbs/deck_3.png",
            "deck.pptx"
        ]
    );
    let said = place.run(&[
        "thumbs",
        "deck.pptx",
        "all.png",
        "--width",
        "64",
        "--columns",
        "3",
    ]);
    assert_eq!(
        (said.status, said.stdout().as_str()),
        (0, "all.png\n"),
        "{said:?}"
    );
    let file = std::fs::File::open(place.join("all.png")).unwrap();
    let sheet = png::Decoder::new(std::io::BufReader::new(file))
        .read_info()
        .unwrap();
    // Three pictures with four gaps.
    assert_eq!(sheet.info().width, 3 * 64 + 4 * 12);
}

#[test]
fn slides_that_differ_are_told() {
    let place = Place::default();
    place.put_deck("old.pptx", PITCH);
    let same = place.run(&["diff", "old.pptx", "old.pptx", "--width", "128"]);
    assert_eq!((same.status, same.stdout().as_str()), (0, ""), "{same:?}");
    let made = place.run(&["convert", "old.pptx", "new.pptx", "--slides", "1,3"]);
    assert_eq!(made.status, 0, "{made:?}");
    let said = place.run(&[
        "diff",
        "old.pptx",
        "new.pptx",
        "--width",
        "128",
        "--html",
        "page.html",
    ]);
    assert_eq!(
        (said.status, said.stdout().as_str()),
        (1, "slide 2 removed\n"),
        "{said:?}"
    );
    let page = std::fs::read_to_string(place.join("page.html")).unwrap();
    assert!(page.contains("slide 2 removed") && page.contains("data:image/png;base64,"));
}

#[test]
fn credentials_are_kept_after_they_were_tried() {
    let place = Place::default();
    place.put_deck("deck.pptx", PITCH);
    let server = Served::start(&place, &[]);
    place.put("right", "s3cret\n");
    place.put("wrong", "no\n");
    let login = |file: &str| {
        place.run(&[
            "login",
            &server.url,
            "--client-id",
            "me",
            "--secret-file",
            file,
        ])
    };
    assert_eq!(login("wrong").status, 4);
    assert!(!place.join("config/slides/credentials.json").exists());
    let said = login("right");
    assert_eq!((said.status, said.stdout().as_str()), (0, ""), "{said:?}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |name: &str| {
            std::fs::metadata(place.join(name))
                .unwrap()
                .permissions()
                .mode()
                & 0o777
        };
        assert_eq!(mode("config/slides/credentials.json"), 0o600);
        assert_eq!(mode("config/slides"), 0o700);
    }
    // No other command is told who asks, or whom.
    let started = place.run(&["start", "deck.pptx", "--to", "pdf"]);
    assert_eq!(started.status, 0, "{started:?}");
    let id = started.stdout();
    let watched = place.run(&["watch", id.trim()]);
    assert_eq!(watched.stdout(), "Finished\n", "{watched:?}");
    // Flags and environment come first.
    let mut command = place.command(&["status", id.trim()]);
    command.envs([("SLIDES_CLIENT_ID", "me"), ("SLIDES_CLIENT_SECRET", "no")]);
    assert_eq!(Said::of(command, &[]).status, 4);
    assert_eq!(place.run(&["logout"]).status, 0);
    assert!(!place.join("config/slides/credentials.json").exists());
    assert_eq!(
        place
            .run(&["status", id.trim(), "--server", &server.url])
            .status,
        4
    );
}

#[test]
fn shells_and_manuals_are_served() {
    let place = Place::default();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let said = place.run(&["completions", shell]);
        assert!(
            said.status == 0 && said.stdout().contains("skip-unchanged"),
            "{shell}"
        );
    }
    assert!(place.run(&["man"]).stdout().contains(".TH slides 1"));
    assert_eq!(place.run(&["man", "--out-dir", "man"]).status, 0);
    for page in ["slides.1", "slides-convert.1", "slides-queue-ls.1"] {
        assert!(place.join("man").join(page).is_file(), "{page}");
    }
    let text = place.run(&["licenses"]).stdout();
    for words in [
        "MIT License",
        "SIL OPEN FONT LICENSE",
        "Bitstream",
        "tokio: MIT",
    ] {
        assert!(text.contains(words), "{words}");
    }
}
