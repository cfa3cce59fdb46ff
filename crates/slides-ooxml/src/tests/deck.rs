use std::sync::Arc;

use super::{Builder, relationships, sheet};
use crate::model::{Background, Color, ColorMap, SchemeColor, TextAlign};
use crate::{Deck, ErrorKind, PackageLimits};

#[test]
fn a_slide_comes_with_all_it_inherits_from() {
    let deck = Builder::new("").open().unwrap();
    let presentation = deck.presentation();
    assert_eq!(presentation.slide_size, (9_144_000, 5_143_500));
    assert_eq!(presentation.first_slide_number, 3);
    assert_eq!(presentation.title.as_deref(), Some("Deck"));
    assert_eq!(presentation.author.as_deref(), Some("Someone"));
    assert_eq!(
        presentation.default_text_style.levels[1]
            .as_ref()
            .unwrap()
            .margin_left,
        Some(7)
    );
    assert_eq!(deck.slide_index("/PPT/slides/slide1.xml"), Some(0));

    let slide = deck.slide(0).unwrap();
    assert_eq!(
        (slide.index, slide.hidden, slide.warnings.len()),
        (1, false, 0)
    );
    assert_eq!(slide.layout.shapes.len(), 1);
    let map = slide.layout.color_map_override.as_ref().unwrap();
    assert_eq!(map.0[&SchemeColor::Background1], SchemeColor::Dark1);
    let master = &slide.layout.master;
    assert_eq!(master.shapes.len(), 2);
    assert_eq!(master.color_map.0[&SchemeColor::Text1], SchemeColor::Dark2);
    assert_eq!(
        master.title_style.levels[0].as_ref().unwrap().align,
        Some(TextAlign::Center)
    );
    let theme = &master.theme;
    assert_eq!(theme.colors[&SchemeColor::Dark1], Color::rgb(1, 2, 3));
    assert_eq!(
        theme.colors[&SchemeColor::Light1],
        Color::rgb(255, 255, 255),
        "missing ones are Office's"
    );
    assert_eq!(
        (
            theme.fonts.major.latin.as_str(),
            theme.fonts.minor.latin.as_str()
        ),
        ("Head", "Body")
    );
    assert_eq!(theme.fonts.major.scripts["Jpan"], "J");
    assert_eq!(
        (
            theme.formats.fills.len(),
            theme.formats.lines.len(),
            theme.formats.effects.len()
        ),
        (2, 1, 1)
    );
    assert!(
        Arc::ptr_eq(&slide.layout, &deck.slide(0).unwrap().layout),
        "layouts are read once"
    );
}

#[test]
fn what_is_missing_beside_a_slide_is_a_warning() {
    let rows: [(&str, &str); 4] = [
        ("ppt/slides/slide1.xml", "slide"),
        ("ppt/slideLayouts/slideLayout1.xml", "layout"),
        ("ppt/slideMasters/slideMaster1.xml", "master"),
        ("ppt/theme/theme1.xml", "theme"),
    ];
    for (part, feature) in rows {
        let mut builder = Builder::new("");
        let slide = builder.remove(part).slide();
        assert!(
            slide
                .warnings
                .iter()
                .any(|(found, text)| found == feature && text.contains(part)),
            "{:?}",
            slide.warnings
        );
        assert!(!slide.layout.master.theme.colors.is_empty());
        if part.contains("slides/") || part.contains("theme") {
            continue;
        }
        builder.set(part, "<broken");
        assert!(!builder.slide().warnings.is_empty());
    }
}

#[test]
fn a_layout_that_is_its_own_master_does_not_loop() {
    let mut builder = Builder::new("");
    let to_itself = relationships(&[("rId1", "slideMaster", "slideLayout1.xml")]);
    let slide = builder
        .set("ppt/slideLayouts/_rels/slideLayout1.xml.rels", &to_itself)
        .slide();
    assert_eq!(slide.warnings.len(), 1);
    assert_eq!(slide.layout.shapes.len(), 1);
}

#[test]
fn a_damaged_slide_is_an_error_that_names_its_part() {
    let mut builder = Builder::new("");
    let deck = builder
        .set("ppt/slides/slide1.xml", "<p:sld>")
        .open()
        .unwrap();
    let error = deck.slide(0).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Damaged);
    assert!(
        error.to_string().contains("/ppt/slides/slide1.xml"),
        "{error}"
    );
    assert_eq!(
        deck.slide(7).unwrap_err().to_string(),
        "slide 8 does not exist: the deck has 1 slides"
    );
}

#[test]
fn hidden_slides_are_known_from_their_first_bytes() {
    let mut builder = Builder::new("");
    for (attribute, hidden) in [
        ("show='0'", true),
        ("show=\"false\"", true),
        ("show='1'", false),
        ("", false),
    ] {
        let xml = sheet("sld", "", "").replace("<p:sld ", &format!("<p:sld {attribute} "));
        let deck = builder.set("ppt/slides/slide1.xml", &xml).open().unwrap();
        assert_eq!(
            (deck.is_hidden(0), deck.slide(0).unwrap().hidden),
            (hidden, hidden),
            "{attribute}"
        );
    }
}

#[test]
fn theme_overrides_replace_what_they_hold() {
    let mut builder = Builder::new("");
    builder.slide_relationships(&[("o", "themeOverride", "../theme/themeOverride1.xml")]).set(
        "ppt/theme/themeOverride1.xml",
        &format!("<a:themeOverride xmlns:a='{}'><a:clrScheme><a:accent1><a:srgbClr val='445566'/></a:accent1></a:clrScheme></a:themeOverride>", super::A),
    );
    let theme = builder.slide().theme_override.unwrap();
    assert_eq!(
        theme.colors[&SchemeColor::Accent(1)],
        Color::rgb(0x44, 0x55, 0x66)
    );
    assert_eq!(theme.fonts.minor.latin, "Body");
}

#[test]
fn backgrounds_are_fills_or_references() {
    let mut builder = Builder::new("");
    let with = |background: &str| {
        sheet("sld", "", "").replace("<p:spTree>", &format!("{background}<p:spTree>"))
    };
    builder.set(
        "ppt/slides/slide1.xml",
        &with("<p:bg><p:bgRef idx='1001'><a:schemeClr val='bg1'/></p:bgRef></p:bg>"),
    );
    assert!(
        matches!(builder.slide().background, Some(Background::Reference(reference)) if reference.index == 1001 && reference.color.is_some())
    );
    builder.set(
        "ppt/slides/slide1.xml",
        &with("<p:bg><p:bgPr><a:noFill/></p:bgPr></p:bg>"),
    );
    assert_eq!(
        builder.slide().background,
        Some(Background::Fill(crate::model::Fill::None))
    );
}

#[test]
fn notes_are_found_through_the_slide() {
    let mut builder = Builder::new("");
    assert_eq!(builder.open().unwrap().notes(0).unwrap(), None);
    builder
        .slide_relationships(&[("n", "notesSlide", "../notesSlides/notesSlide1.xml")])
        .set(
            "ppt/notesSlides/notesSlide1.xml",
            &sheet("notes", "<p:sp/>", ""),
        );
    assert_eq!(
        builder
            .open()
            .unwrap()
            .notes(0)
            .unwrap()
            .unwrap()
            .shapes
            .len(),
        1
    );
}

#[test]
fn the_strict_namespaces_read_alike() {
    let strict = |text: &[u8]| {
        String::from_utf8(text.to_vec())
            .unwrap()
            .replace(
                "http://schemas.openxmlformats.org/officeDocument/2006/",
                "http://purl.oclc.org/ooxml/officeDocument/",
            )
            .replace(
                "http://schemas.openxmlformats.org/presentationml/2006/",
                "http://purl.oclc.org/ooxml/presentationml/",
            )
            .replace(
                "http://schemas.openxmlformats.org/drawingml/2006/",
                "http://purl.oclc.org/ooxml/drawingml/",
            )
    };
    let mut builder = Builder::new("<p:sp/>");
    for text in builder.0.values_mut() {
        *text = strict(text).into_bytes();
    }
    let slide = builder.slide();
    assert_eq!(
        (
            slide.shapes.len(),
            slide.layout.master.shapes.len(),
            slide.warnings.len()
        ),
        (1, 2, 0)
    );
}

#[test]
fn decks_without_pages_are_refused() {
    let mut builder = Builder::new("");
    let presentation = String::from_utf8(builder.0["ppt/presentation.xml"].clone()).unwrap();
    let without = presentation.replace("<p:sldId id='256' r:id='rId1'/>", "");
    let error = builder
        .set("ppt/presentation.xml", &without)
        .open()
        .unwrap_err();
    assert_eq!(error.to_string(), "the presentation has no slides");
    builder.set(
        "ppt/presentation.xml",
        &presentation.replace("cx='9144000'", "cx='-1'"),
    );
    assert!(builder.open().unwrap_err().to_string().contains("`-1`"));
    builder
        .set("ppt/presentation.xml", &presentation)
        .remove("ppt/_rels/presentation.xml.rels");
    assert!(
        builder
            .open()
            .unwrap_err()
            .to_string()
            .contains("cannot be found")
    );
    let many = presentation
        .replace("<p:sldId ", &"<p:sldId r:id='rId1'/>".repeat(10))
        .replace("id='256' r:id='rId1'/>", "");
    let limits = PackageLimits {
        max_slides: 5,
        ..PackageLimits::default()
    };
    let bytes = builder.set("ppt/presentation.xml", &many).bytes();
    assert!(
        Deck::open(bytes, None, &limits)
            .unwrap_err()
            .to_string()
            .contains("max_slides")
    );
}

#[test]
fn a_colour_map_without_entries_is_the_usual_one() {
    let mut builder = Builder::new("");
    builder.set(
        "ppt/slideMasters/slideMaster1.xml",
        &sheet("sldMaster", "", ""),
    );
    assert_eq!(builder.slide().layout.master.color_map, ColorMap::default());
}

#[test]
fn decks_are_read_from_several_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    let deck = Builder::new("<p:sp/>").open().unwrap();
    shared(&deck);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(deck.slide(0).unwrap().shapes.len(), 1));
        }
    });
}
