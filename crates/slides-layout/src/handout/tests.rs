use slides_ooxml::{Deck, PackageLimits};

use super::*;
use crate::page::LayoutOptions;

const DECK: &[u8] = include_bytes!("../../../../tests/decks/features/notes-comments.pptx");

fn deck() -> Deck {
    Deck::open(DECK, None, &PackageLimits::default()).unwrap()
}

fn text(page: &Page) -> String {
    let runs = page.ops.iter().filter_map(|op| match op {
        Op::Text(run, _) => Some(&*run.text),
        _ => None,
    });
    runs.collect::<Vec<_>>().join(" ")
}

fn lines(page: &Page) -> usize {
    page.ops
        .iter()
        .filter(|op| matches!(op, Op::Text(..)))
        .count()
}

fn notes(deck: &Deck, slide: usize, layout: &NotesLayout) -> Sheets {
    let slide = deck.slide(slide).unwrap();
    Arranger::new(deck).notes(&slide, &LayoutOptions::default(), layout)
}

fn at(notes: NotesPlace) -> NotesLayout {
    NotesLayout {
        notes,
        ..NotesLayout::default()
    }
}

#[test]
fn notes_lie_under_their_slide() {
    let sheets = notes(&deck(), 0, &at(NotesPlace::Full));
    let [page] = &sheets.pages[..] else {
        panic!("{} pages", sheets.pages.len())
    };
    let found = text(page);
    assert!(
        found.contains("Slide number 1") && found.contains("Short notes."),
        "{found}"
    );
    assert!(page.size.height > page.size.width);
    assert_eq!(page.title.as_deref(), Some("Slide number 1"));
}

#[test]
fn long_notes_go_on_or_make_the_page_grow_or_end() {
    let deck = deck();
    let full = notes(&deck, 2, &at(NotesPlace::Full));
    let grown = notes(&deck, 2, &at(NotesPlace::Grown));
    let cut = notes(&deck, 2, &at(NotesPlace::Truncated));
    assert_eq!(
        (full.pages.len(), grown.pages.len(), cut.pages.len()),
        (3, 1, 1)
    );
    let all: usize = full.pages.iter().map(lines).sum();
    assert_eq!(all, lines(&grown.pages[0]), "each line is on one page");
    assert!(lines(&cut.pages[0]) < all && cut.warnings.iter().any(|(f, _)| f == "notes"));
    assert!(grown.pages[0].size.height > full.pages[0].size.height);
}

#[test]
fn a_slide_without_notes_has_its_page_all_the_same() {
    let sheets = notes(&deck(), 3, &at(NotesPlace::Full));
    assert_eq!(sheets.pages.len(), 1);
    assert!(text(&sheets.pages[0]).contains("Slide number 4"));
}

#[test]
fn comments_of_both_kinds_stand_beside_or_below() {
    let deck = deck();
    let mut layout = NotesLayout {
        comments: CommentsPlace::Right,
        ..NotesLayout::default()
    };
    let old = &notes(&deck, 0, &layout).pages[0];
    let found = text(old);
    assert!(
        found.contains("Ann Author") && found.contains("Please check"),
        "{found}"
    );
    assert!(!found.contains("Nobody knows"), "{found}");
    assert_eq!((old.size.width, old.size.height), (720.0 + 150.0, 540.0));
    layout.anonymous = true;
    layout.comments = CommentsPlace::Bottom;
    let all = &notes(&deck, 0, &layout).pages[0];
    assert!(text(all).contains("Nobody knows"));
    assert!(all.size.width == 720.0 && all.size.height > 540.0);
    let threaded = text(&notes(&deck, 1, &layout).pages[0]);
    assert!(threaded.contains("Ben Reviewer") && threaded.contains("is this number right?"));
    assert!(
        threaded.contains("Cleo Editor") && threaded.contains("Done, see"),
        "{threaded}"
    );
}

#[test]
fn handouts_hold_slides_with_their_numbers() {
    let deck = deck();
    let slides: Vec<_> = (0..3).map(|index| deck.slide(index).unwrap()).collect();
    let mut layout = HandoutLayout::new(1, 3);
    layout.lines = true;
    layout.comments = true;
    let sheets = Arranger::new(&deck).handout(&slides, &LayoutOptions::default(), &layout);
    let found = text(&sheets.pages[0]);
    for part in [
        "Slide number 1",
        "Slide number 3",
        "Please check",
        "Slide 2",
    ] {
        assert!(found.contains(part), "{part}: {found}");
    }
    let ruled = |ops: &[Op]| ops.iter().filter(|op| matches!(op, Op::Stroke(..))).count();
    let with = ruled(&sheets.pages[0].ops);
    layout.lines = false;
    let sheets = Arranger::new(&deck).handout(&slides, &LayoutOptions::default(), &layout);
    assert_eq!(with - ruled(&sheets.pages[0].ops), 21);
}
