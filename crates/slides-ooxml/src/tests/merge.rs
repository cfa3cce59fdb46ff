//! Decks put together, read back by this crate's reader and checked part by part.

use std::collections::{HashMap, HashSet};

use super::*;
use crate::{Composer, PackageFormat, Target, WriteOptions};

const JUMP: &str = "<p:sp><p:nvSpPr><p:cNvPr id='2' name='s'><a:hlinkClick r:id='jump' action='ppaction://hlinksldjump'/></p:cNvPr><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr/><p:txBody><a:bodyPr/><a:p><a:r><a:rPr><a:hlinkClick r:id='jump' action='ppaction://hlinksldjump'/></a:rPr><a:t>x</a:t></a:r></a:p></p:txBody></p:sp>";

/// Two slides; the first jumps to the second and has a picture, notes and a comment.
fn two_slides(color: &str) -> Builder {
    let mut builder = Builder::new(JUMP);
    let p14 = "http://schemas.microsoft.com/office/powerpoint/2010/main";
    builder
        .set("[Content_Types].xml", "<Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'><Default Extension='rels' ContentType='application/vnd.openxmlformats-package.relationships+xml'/><Default Extension='xml' ContentType='application/xml'/><Default Extension='png' ContentType='image/png'/><Override PartName='/ppt/presentation.xml' ContentType='application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml'/></Types>")
        .set("ppt/presentation.xml", &format!("<p:presentation xmlns:r='{R}' xmlns:p='{P}'><p:sldMasterIdLst><p:sldMasterId id='2147483648' r:id='rId9'/></p:sldMasterIdLst><p:notesMasterIdLst><p:notesMasterId r:id='rId11'/></p:notesMasterIdLst><p:sldIdLst><p:sldId id='256' r:id='rId1'/><p:sldId id='257' r:id='rId2'/></p:sldIdLst><p:sldSz cx='9144000' cy='5143500'/><p:custShowLst><p:custShow name='c' id='0'><p:sldLst><p:sld r:id='rId2'/></p:sldLst></p:custShow></p:custShowLst><p:extLst><p:ext uri='{{521415D9-36F7-43E2-AB2F-B90AF26B5E84}}'><p14:sectionLst xmlns:p14='{p14}'><p14:section name='One' id='{{00000000-0000-4000-8000-000000000001}}'><p14:sldIdLst><p14:sldId id='256'/><p14:sldId id='257'/></p14:sldIdLst></p14:section></p14:sectionLst></p:ext></p:extLst></p:presentation>"))
        .set("ppt/_rels/presentation.xml.rels", &relationships(&[("rId1", "slide", "slides/slide1.xml"), ("rId2", "slide", "slides/slide2.xml"), ("rId9", "slideMaster", "slideMasters/slideMaster1.xml"), ("rId10", "commentAuthors", "commentAuthors.xml"), ("rId11", "notesMaster", "notesMasters/notesMaster1.xml")]))
        .set("ppt/commentAuthors.xml", &format!("<p:cmAuthorLst xmlns:p='{P}'><p:cmAuthor id='3' name='Ann' initials='A' lastIdx='1' clrIdx='0'/></p:cmAuthorLst>"))
        .set("ppt/comments/comment1.xml", &format!("<p:cmLst xmlns:p='{P}'><p:cm authorId='3' idx='1'><p:text>{color}</p:text></p:cm></p:cmLst>"))
        .set("ppt/slides/slide2.xml", &sheet("sld", "", ""))
        .set("ppt/slides/_rels/slide2.xml.rels", &relationships(&[("layout", "slideLayout", "../slideLayouts/slideLayout1.xml")]))
        .set("ppt/notesSlides/notesSlide1.xml", &sheet("notes", "", ""))
        .set("ppt/notesSlides/_rels/notesSlide1.xml.rels", &relationships(&[("s", "slide", "../slides/slide1.xml"), ("m", "notesMaster", "../notesMasters/notesMaster1.xml")]))
        .set("ppt/notesMasters/notesMaster1.xml", &sheet("notesMaster", "", ""))
        .set("ppt/media/image1.png", "picture")
        .set("ppt/media/image2.png", color)
        .set("ppt/slideMasters/slideMaster1.xml", &sheet("sldMaster", "", &format!("<p:sldLayoutIdLst><p:sldLayoutId id='2147483649' r:id='l'/></p:sldLayoutIdLst><!--{color}-->")))
        .set("ppt/slideMasters/_rels/slideMaster1.xml.rels", &relationships(&[("rId1", "theme", "../theme/theme1.xml"), ("l", "slideLayout", "../slideLayouts/slideLayout1.xml")]));
    builder.slide_relationships(&[
        ("jump", "slide", "slide2.xml"),
        ("i", "image", "../media/image1.png"),
        ("k", "image", "../media/image2.png"),
        ("n", "notesSlide", "../notesSlides/notesSlide1.xml"),
        ("c", "comments", "../comments/comment1.xml"),
    ]);
    builder
}

fn written(composer: Composer<'_>) -> Deck {
    let mut bytes = Vec::new();
    let composition = composer.finish(PackageFormat::Pptx).unwrap();
    composition
        .write(&mut bytes, &WriteOptions::default())
        .unwrap();
    let deck = Deck::open(bytes, None, &PackageLimits::default()).unwrap();
    check(&deck);
    deck
}

fn text(deck: &Deck, part: &str) -> String {
    String::from_utf8(deck.part(part).unwrap().to_vec()).unwrap()
}

/// Every relationship leads to a part, every part has a type, every id is unique, every link has its relationship.
fn check(deck: &Deck) {
    let package = deck.package();
    let mut ids = HashMap::<&str, HashSet<String>>::new();
    for part in package.part_names() {
        if part.rsplit('.').next() == Some("rels") || part == "/[Content_Types].xml" {
            continue;
        }
        assert!(package.content_type(part).is_some(), "{part} has no type");
        let relationships = package.relationships(part).unwrap();
        let mut own = HashSet::new();
        for relationship in relationships.iter() {
            assert!(
                own.insert(relationship.id.clone()),
                "{part} {}",
                relationship.id
            );
            if let Target::Part(target) = &relationship.target {
                assert!(package.contains(target), "{part} leads to {target}");
            }
        }
        if part.rsplit('.').next() != Some("xml") {
            continue;
        }
        let text = text(deck, part);
        let document = roxmltree::Document::parse(&text).unwrap();
        for node in document.descendants() {
            for attribute in node.attributes().filter(|a| a.namespace() == Some(R)) {
                // An empty one is none: a link that leads nowhere has it.
                assert!(
                    attribute.value().is_empty() || own.contains(attribute.value()),
                    "{part} {}",
                    attribute.value()
                );
            }
            let space = match node.tag_name().name() {
                "sldId" if node.tag_name().namespace() == Some(P) => "slides",
                "sldMasterId" | "sldLayoutId" => "masters",
                _ => continue,
            };
            let id = node.attribute("id").unwrap().to_owned();
            assert!(ids.entry(space).or_default().insert(id), "{part} {space}");
        }
    }
}

#[test]
fn a_whole_deck_keeps_every_part() {
    let deck = two_slides("red").open().unwrap();
    let again = written(Composer::new(&deck, None).unwrap());
    let names: Vec<&str> = deck.package().part_names().collect();
    assert_eq!(again.package().part_names().count(), names.len());
    for part in names {
        assert_eq!(
            again.package().raw_entry(part).unwrap(),
            deck.package().raw_entry(part).unwrap()
        );
    }
}

#[test]
fn one_slide_leaves_what_it_does_not_need() {
    let deck = two_slides("red").open().unwrap();
    let one = written(Composer::new(&deck, Some(&[1])).unwrap());
    assert_eq!(one.presentation().slides, ["/ppt/slides/slide1.xml"]);
    assert!(!one.package().contains("/ppt/slides/slide2.xml"));
    assert!(one.package().contains("/ppt/notesMasters/notesMaster1.xml"));
    // The jump to the other slide leads nowhere, so that text keeps its look, and the custom show of it is gone.
    let slide = text(&one, "/ppt/slides/slide1.xml");
    let links = slide.matches("<a:hlinkClick r:id='' action='ppaction://noaction'><a:extLst>");
    assert_eq!(links.count(), 2, "{slide}");
    let presentation = text(&one, "/ppt/presentation.xml");
    assert!(!presentation.contains("custShow"), "{presentation}");
    assert!(!presentation.contains("257"), "{presentation}");

    let two = written(Composer::new(&deck, Some(&[2])).unwrap());
    assert!(!two.package().contains("/ppt/media/image1.png"));
    assert!(!two.package().contains("/ppt/comments/comment1.xml"));
}

#[test]
fn slides_come_in_the_order_asked_for_and_may_come_twice() {
    let deck = two_slides("red").open().unwrap();
    let turned = written(Composer::new(&deck, Some(&[2, 1, 2])).unwrap());
    let slides = &turned.presentation().slides;
    assert_eq!(
        slides[..2],
        ["/ppt/slides/slide2.xml", "/ppt/slides/slide1.xml"]
    );
    assert_eq!(slides.len(), 3);
    assert_eq!(text(&turned, &slides[2]), text(&turned, &slides[0]));
    let raw = |deck: &Deck| deck.package().raw_entry("/ppt/slides/slide1.xml").unwrap();
    assert_eq!(raw(&turned), raw(&deck));
}

#[test]
fn equal_masters_and_media_are_shared_and_others_kept_apart() {
    let red = two_slides("red").open().unwrap();
    let blue = two_slides("blue").open().unwrap();
    let mut composer = Composer::new(&red, None).unwrap();
    composer.append(&red, None).unwrap();
    composer.append(&blue, Some(&[2, 1])).unwrap();
    let merged = written(composer);
    assert_eq!(merged.presentation().slides.len(), 6);
    let of = |folder: &str| {
        let names = merged.package().part_names();
        names
            .filter(|name| name.starts_with(folder) && !name.contains("_rels"))
            .count()
    };
    assert_eq!(of("/ppt/slideMasters/"), 2);
    assert_eq!(of("/ppt/slideLayouts/"), 2);
    assert_eq!(of("/ppt/media/"), 3);
    assert_eq!(of("/ppt/notesSlides/"), 3);
    assert_eq!(of("/ppt/notesMasters/"), 1);
    // The jump of the second copy leads to the second copy.
    let second = &merged.presentation().slides[2];
    let relationships = merged.package().relationships(second).unwrap();
    assert_eq!(
        relationships.part("jump"),
        Some(&*merged.presentation().slides[3])
    );
    // One Ann; her comments are numbered on.
    let authors = text(&merged, "/ppt/commentAuthors.xml");
    assert_eq!(authors.matches("<p:cmAuthor ").count(), 1);
    assert!(authors.contains("lastIdx='3'"), "{authors}");
    let comment = |slide: usize| {
        let relationships = merged
            .package()
            .relationships(&merged.presentation().slides[slide]);
        text(&merged, relationships.unwrap().part("c").unwrap())
    };
    assert!(comment(2).contains("idx='2'"));
    assert!(comment(5).contains("idx='3'"));
    let presentation = text(&merged, "/ppt/presentation.xml");
    assert_eq!(presentation.matches("<p14:section ").count(), 3);
}

#[test]
fn what_a_split_parts_a_merge_joins() {
    let deck = two_slides("red").open().unwrap();
    let [one, two] = [1, 2].map(|slide| written(Composer::new(&deck, Some(&[slide])).unwrap()));
    let blue = two_slides("blue").open().unwrap();
    // Slides of another deck between them change nothing.
    for between in [None, Some(&blue)] {
        let mut composer = Composer::new(&one, None).unwrap();
        if let Some(blue) = between {
            composer.append(blue, None).unwrap();
        }
        composer.append(&two, None).unwrap();
        let merged = written(composer);
        let first = "/ppt/slides/slide1.xml";
        assert_eq!(text(&merged, first), text(&deck, first));
        let relationships = merged.package().relationships(first).unwrap();
        assert_eq!(
            relationships.part("jump"),
            merged
                .presentation()
                .slides
                .last()
                .map(std::string::String::as_str)
        );
        let presentation = text(&merged, "/ppt/presentation.xml");
        assert!(!presentation.contains("urn:slides"), "{presentation}");
        let (shows, sections) = if between.is_some() { (2, 3) } else { (1, 1) };
        assert_eq!(presentation.matches("<p14:section ").count(), sections);
        assert_eq!(presentation.matches("<p:custShow ").count(), shows);
        assert!(presentation.contains("name=\"c\""), "{presentation}");
        // Comments of one deck are numbered together already.
        let last = if between.is_some() {
            "lastIdx='3'"
        } else {
            "lastIdx='1'"
        };
        assert!(text(&merged, "/ppt/commentAuthors.xml").contains(last));
    }
    // Without the slide that it waits for a link goes on waiting.
    let mut composer = Composer::new(&one, None).unwrap();
    composer.append(&blue, Some(&[2])).unwrap();
    assert!(text(&written(composer), "/ppt/slides/slide1.xml").contains("noaction"));
}

#[test]
fn links_to_custom_shows_follow_them() {
    let with_link = |color: &str| {
        let link = "<a:hlinkClick r:id='' action='ppaction://customshow?id=0&amp;return=true'/>";
        let mut builder = two_slides(color);
        builder.set(
            "ppt/slides/slide2.xml",
            &sheet(
                "sld",
                &JUMP.replace(
                    "<a:hlinkClick r:id='jump' action='ppaction://hlinksldjump'/>",
                    link,
                ),
                "",
            ),
        );
        builder.open().unwrap()
    };
    let (red, blue) = (with_link("red"), with_link("blue"));
    let mut composer = Composer::new(&red, None).unwrap();
    composer.append(&blue, None).unwrap();
    let merged = written(composer);
    let presentation = text(&merged, "/ppt/presentation.xml");
    assert!(
        presentation.contains("name=\"c (2)\" id=\"1\""),
        "{presentation}"
    );
    let link = |slide: usize| text(&merged, &merged.presentation().slides[slide]);
    assert!(link(1).contains("customshow?id=0&amp;return=true"));
    assert!(link(3).contains("customshow?id=1&amp;return=true"));
    // A show without slides is none; its link waits for it.
    let mut two = with_link("red");
    for _ in 0..2 {
        let mut composer = Composer::new(&blue, Some(&[1])).unwrap();
        composer.append(&two, Some(&[2])).unwrap();
        two = written(composer);
        assert!(text(&two, &two.presentation().slides[1]).contains("customshow?id=0&amp;"));
    }
}

#[test]
fn what_cannot_be_is_refused() {
    let deck = two_slides("red").open().unwrap();
    let error = Composer::new(&deck, Some(&[3])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "slide 3 does not exist: the deck has 2 slides"
    );
    assert!(Composer::new(&deck, Some(&[0])).is_err());
    let limits = PackageLimits {
        max_parts: 30,
        ..PackageLimits::default()
    };
    let small = Deck::open(two_slides("red").bytes(), None, &limits).unwrap();
    let mut composer = Composer::new(&small, None).unwrap();
    let outcome = (0..20).try_for_each(|_| composer.append(&deck, None));
    let error = outcome.unwrap_err();
    assert_eq!(error.kind, crate::ErrorKind::Limit);
}

#[test]
fn the_format_decides_on_macros() {
    let mut builder = two_slides("red");
    builder.set("ppt/vbaProject.bin", "macros").set(
        "ppt/_rels/presentation.xml.rels",
        &relationships(&[
            ("rId1", "slide", "slides/slide1.xml"),
            ("rId2", "slide", "slides/slide2.xml"),
            ("rId9", "slideMaster", "slideMasters/slideMaster1.xml"),
            ("v", "vbaProject", "vbaProject.bin"),
        ]),
    );
    let deck = builder.open().unwrap();
    for (format, has) in [(PackageFormat::Ppsx, false), (PackageFormat::Potm, true)] {
        let composition = Composer::new(&deck, None).unwrap().finish(format).unwrap();
        assert_eq!(composition.warnings().is_empty(), has);
        let mut bytes = Vec::new();
        composition
            .write(&mut bytes, &WriteOptions::default())
            .unwrap();
        let again = Deck::open(bytes, None, &PackageLimits::default()).unwrap();
        let kind = again.package().content_type(again.part_name());
        assert_eq!(kind, Some(format.content_type()));
        assert_eq!(again.package().contains("/ppt/vbaProject.bin"), has);
    }
}
