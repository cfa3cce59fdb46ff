use std::fmt::Write as _;
use std::io::{Cursor, Write as _};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use slides_types::{ExportOptions, ImageExportOptions, PdfExportOptions};
use zip::write::SimpleFileOptions;

use super::*;
use crate::api::{MemorySink, Unmonitored};

const SEALED: &[u8] = include_bytes!("../../../slides-ooxml/testdata/agile.pptx");
const NAMESPACES: &str = r#"xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main""#;

fn relationships(items: &[(String, &str, String)]) -> String {
    let mut xml =
        r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">"#
            .to_owned();
    for (id, kind, target) in items {
        let base = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
        write!(
            xml,
            r#"<Relationship Id="{id}" Type="{base}/{kind}" Target="{target}"/>"#
        )
        .unwrap();
    }
    xml + "</Relationships>"
}

/// A slide that wipes in, and its shape by and by.
const MOTION: &str = r#"<p:transition><p:wipe/></p:transition><p:timing><p:tnLst><p:par><p:cTn presetID="10" presetClass="entr"><p:childTnLst><p:set><p:cBhvr><p:cTn dur="500"/><p:tgtEl><p:spTgt spid="2"/></p:tgtEl></p:cBhvr></p:set></p:childTnLst></p:cTn></p:par></p:tnLst></p:timing>"#;

/// A deck of text slides; a text that starts with `!` makes a hidden slide, one with `~` one that moves.
fn deck(texts: &[&str]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let mut part = |name: &str, text: &str| {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    };
    part(
        "_rels/.rels",
        &relationships(&[(
            "rId1".into(),
            "officeDocument",
            "ppt/presentation.xml".into(),
        )]),
    );
    let mut ids = String::new();
    let mut targets = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        let show = if text.starts_with('!') { "0" } else { "1" };
        let shape = format!(
            r#"<p:sp><p:nvSpPr><p:cNvPr id="2" name="t"/><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr><a:xfrm><a:off x="914400" y="914400"/><a:ext cx="6096000" cy="914400"/></a:xfrm><a:prstGeom prst="rect"/><a:solidFill><a:srgbClr val="FF0000"/></a:solidFill></p:spPr><p:txBody><a:bodyPr/><a:p><a:r><a:rPr sz="2400"/><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>"#
        );
        let motion = if text.starts_with('~') { MOTION } else { "" };
        let slide = format!(
            r#"<p:sld {NAMESPACES} show="{show}"><p:cSld><p:spTree><p:nvGrpSpPr/><p:grpSpPr/>{shape}</p:spTree></p:cSld>{motion}</p:sld>"#
        );
        part(&format!("ppt/slides/slide{index}.xml"), &slide);
        write!(ids, r#"<p:sldId id="{}" r:id="rId{index}"/>"#, 256 + index).unwrap();
        targets.push((
            format!("rId{index}"),
            "slide",
            format!("slides/slide{index}.xml"),
        ));
    }
    part("ppt/_rels/presentation.xml.rels", &relationships(&targets));
    part(
        "ppt/presentation.xml",
        &format!(
            r#"<p:presentation {NAMESPACES}><p:sldIdLst>{ids}</p:sldIdLst><p:sldSz cx="9144000" cy="5143500"/></p:presentation>"#
        ),
    );
    zip.finish().unwrap().into_inner()
}

fn convert(job: &Job<'_>, threads: usize) -> Result<(Report, MemorySink), EngineError> {
    let options = NativeOptions {
        threads: NonZeroUsize::new(threads),
        ..NativeOptions::default()
    };
    let mut sink = MemorySink::default();
    let report = NativeEngine::new(options).convert(job, &mut sink, &Unmonitored)?;
    Ok((report, sink))
}

/// All formats that are drawn.
const DRAWN: [ExportFormat; 10] = [
    ExportFormat::Pdf,
    ExportFormat::Png,
    ExportFormat::Jpeg,
    ExportFormat::Bmp,
    ExportFormat::Gif,
    ExportFormat::Tiff,
    ExportFormat::Svg,
    ExportFormat::Html,
    ExportFormat::Html5,
    ExportFormat::Md,
];

fn with_options(source: &[u8], format: ExportFormat, json: &str) -> MemorySink {
    let json = serde_json::from_str(json).unwrap();
    let options = ExportOptions::from_json(format, &json).unwrap();
    let mut job = Job::new(source, format);
    job.options = Some(&options);
    convert(&job, 2).unwrap().1
}

#[test]
fn each_format_gives_its_files_whole_and_split() {
    let source = deck(&["one", "two", "three"]);
    for (format, starts, is_whole) in [
        (ExportFormat::Jpeg, &b"\xFF\xD8\xFF"[..], false),
        (ExportFormat::Bmp, b"BM", false),
        (ExportFormat::Svg, b"<svg xmlns", false),
        (ExportFormat::Gif, b"GIF89a", true),
        (ExportFormat::Tiff, b"II*\0", true),
        (ExportFormat::Html, b"<!DOCTYPE html>", true),
        (ExportFormat::Html5, b"<!DOCTYPE html>", true),
        (ExportFormat::Md, b"", true),
    ] {
        let mut job = Job::new(&source, format);
        let (report, sink) = convert(&job, 2).unwrap();
        assert_eq!(report.slides, 3);
        assert_eq!(sink.files.len(), if is_whole { 1 } else { 3 }, "{format:?}");
        job.per_slide = true;
        let (_, split) = convert(&job, 2).unwrap();
        let slides: Vec<_> = split.files.iter().map(|(file, _)| file.slide).collect();
        assert_eq!(slides, [Some(1), Some(2), Some(3)], "{format:?}");
        for (file, bytes) in sink.files.iter().chain(&split.files) {
            assert!(bytes.starts_with(starts), "{format:?}");
            assert_eq!(file.extension, format.extension());
        }
        if !is_whole {
            assert_eq!(sink.files, split.files);
        }
        job.limits.max_output_bytes = 3;
        let error = error(&job);
        assert_eq!(error.kind, ErrorKind::LimitExceeded, "{format:?}");
        assert!(error.to_string().contains("max_output_bytes"), "{error}");
        job.per_slide = false;
        assert_eq!(
            self::error(&job).kind,
            ErrorKind::LimitExceeded,
            "{format:?}"
        );
    }
}

#[test]
fn a_tiff_has_the_size_of_its_resolution() {
    let source = deck(&["one"]);
    let width = |json: &str| {
        let sink = with_options(&source, ExportFormat::Tiff, json);
        let bytes = &sink.files[0].1;
        // Entry 1 of the first directory: the width.
        u32::from_le_bytes(bytes[8 + 2 + 12 + 8..][..4].try_into().unwrap())
    };
    assert_eq!(width("{}"), 960);
    assert_eq!(width(r#"{"dpiX": 192, "dpiY": 192}"#), 1920);
    assert_eq!(width(r#"{"dpiX": 192, "width": 100}"#), 100);
    let json = r#"{"compression": "CCITT4", "pixelFormat": "Format24bppRgb"}"#;
    let options = serde_json::from_str(json).unwrap();
    let options = ExportOptions::from_json(ExportFormat::Tiff, &options).unwrap();
    let mut job = Job::new(&source, ExportFormat::Tiff);
    job.options = Some(&options);
    let error = error(&job);
    assert!(error.to_string().contains("`pixelFormat`"), "{error}");
}

#[test]
fn documents_bring_files_along_when_asked_for() {
    let pictures = include_bytes!("../../../../tests/decks/features/pictures.pptx");
    let paths = |sink: &MemorySink| -> Vec<String> {
        let files = sink.files.iter();
        files.filter_map(|(file, _)| file.path.clone()).collect()
    };
    let json = r#"{"saveAsZip": true, "subDirectoryName": "my files"}"#;
    let sink = with_options(pictures, ExportFormat::Html, json);
    let found = paths(&sink);
    assert_eq!(found.len() + 1, sink.files.len());
    assert!(
        found.contains(&"my files/slides.css".to_owned()),
        "{found:?}"
    );
    let html = sink.files.iter().find(|(file, _)| file.path.is_none());
    let html = String::from_utf8(html.unwrap().1.clone()).unwrap();
    for path in &found {
        assert!(html.contains(&path.replace(' ', "%20")), "{path}");
    }
    assert!(!html.contains("data:image"));
    let plain = with_options(pictures, ExportFormat::Html, "{}");
    assert!(paths(&plain).is_empty());

    let json = r#"{"exportType": "Sequential"}"#;
    let sink = with_options(pictures, ExportFormat::Md, json);
    let found = paths(&sink);
    assert!(found.iter().all(|path| path.starts_with("Images/slide")));
    let text = String::from_utf8(sink.files.last().unwrap().1.clone()).unwrap();
    for path in &found {
        assert!(text.contains(&format!("]({path})")), "{path} {text}");
    }
    assert!(!found.is_empty());
}

#[test]
fn slides_and_shapes_move_when_asked_for() {
    let source = deck(&["one", "~two"]);
    let html = |json: &str| {
        let sink = with_options(&source, ExportFormat::Html5, json);
        String::from_utf8(sink.files[0].1.clone()).unwrap()
    };
    let still = html("{}");
    assert_eq!(
        still,
        html(r#"{"animateTransitions": false, "animateShapes": false}"#)
    );
    assert!(!still.contains("animation") && !still.contains("class="));
    let moving = html(r#"{"animateTransitions": true, "animateShapes": true}"#);
    assert!(moving.contains(r#"<section id="slide-1" aria-label"#));
    assert!(moving.contains(r#"<section id="slide-2" class="t wipe-right d2" aria-label"#));
    assert_eq!(moving.matches(r#"<g class="e fade d2 o0">"#).count(), 1);
    assert!(!moving.contains("<script"));
    // Without the marks the page is the still one.
    assert_eq!(
        html(r#"{"animateTransitions": true}"#)
            .matches("<g class=")
            .count(),
        0
    );
}

#[test]
fn markdown_has_notes_and_comments() {
    let source = include_bytes!("../../../../tests/decks/features/notes-comments.pptx");
    let text = |json: &str| {
        let sink = with_options(source, ExportFormat::Md, json);
        String::from_utf8(sink.files[0].1.clone()).unwrap()
    };
    let plain = text("{}");
    assert!(plain.contains("> **Notes:**"), "{plain}");
    assert!(!plain.contains("**Comment"), "{plain}");
    let full = text(r#"{"showComments": true, "showSlideNumber": true}"#);
    assert!(full.contains("**Comment by "), "{full}");
    assert!(full.starts_with("# Slide 1\n"), "{full}");
    assert!(full.contains("\n---\n\n# Slide 2\n"), "{full}");
}

fn error(job: &Job<'_>) -> EngineError {
    convert(job, 1).unwrap_err()
}

#[test]
fn a_deck_becomes_one_pdf_and_a_png_a_slide() {
    let source = deck(&["one", "two", "three"]);
    let (report, sink) = convert(&Job::new(&source, ExportFormat::Pdf), 2).unwrap();
    assert_eq!(report.slides, 3);
    let [(file, bytes)] = &sink.files[..] else {
        panic!("{:?}", sink.files)
    };
    assert_eq!((file.slide, file.extension), (None, "pdf"));
    assert!(bytes.starts_with(b"%PDF-1.7"));

    let (_, sink) = convert(&Job::new(&source, ExportFormat::Png), 2).unwrap();
    assert_eq!(
        sink.files
            .iter()
            .map(|(file, _)| file.slide)
            .collect::<Vec<_>>(),
        [Some(1), Some(2), Some(3)]
    );
    for (_, bytes) in &sink.files {
        assert_eq!(png_size(bytes), (960, 540));
    }
}

fn png_size(bytes: &[u8]) -> (u32, u32) {
    let side = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    assert!(bytes.starts_with(b"\x89PNG"));
    (side(16), side(20))
}

#[test]
fn the_number_of_threads_does_not_change_a_byte() {
    let source = deck(&["one", "two", "three", "four", "five"]);
    for format in DRAWN {
        let one = convert(&Job::new(&source, format), 1).unwrap();
        let four = convert(&Job::new(&source, format), 4).unwrap();
        assert_eq!(one.1.files, four.1.files);
        assert_eq!(one.0, four.0);
    }
}

#[test]
fn hidden_slides_need_to_be_asked_for() {
    let source = deck(&["one", "!two", "three"]);
    let mut job = Job::new(&source, ExportFormat::Png);
    let numbers = |job: &Job<'_>| -> Vec<u32> {
        convert(job, 1)
            .unwrap()
            .1
            .files
            .iter()
            .filter_map(|(file, _)| file.slide)
            .collect()
    };
    assert_eq!(numbers(&job), [1, 3]);
    job.slides = &[2];
    assert_eq!(numbers(&job), [2]);
    job.slides = &[];
    let mut image = ImageExportOptions::default();
    (image.show_hidden_slides, image.width) = (Some(true), Some(96));
    let options = ExportOptions::Image(Box::new(image));
    job.options = Some(&options);
    assert_eq!(numbers(&job), [1, 2, 3]);
    assert_eq!(png_size(&convert(&job, 1).unwrap().1.files[0].1), (96, 54));
}

#[test]
fn a_split_gives_one_pdf_a_slide() {
    let source = deck(&["one", "two"]);
    let mut job = Job::new(&source, ExportFormat::Pdf);
    job.per_slide = true;
    let (_, sink) = convert(&job, 2).unwrap();
    assert_eq!(sink.files.len(), 2);
    assert!(
        sink.files
            .iter()
            .all(|(_, bytes)| bytes.starts_with(b"%PDF"))
    );
}

#[test]
fn the_frame_changes_the_page() {
    let source = deck(&["one"]);
    let mut pdf = PdfExportOptions::default();
    pdf.draw_slides_frame = Some(true);
    let options = ExportOptions::Pdf(Box::new(pdf));
    let mut job = Job::new(&source, ExportFormat::Pdf);
    let plain = convert(&job, 1).unwrap().1.files;
    job.options = Some(&options);
    assert_ne!(plain, convert(&job, 1).unwrap().1.files);
}

#[test]
fn says_what_a_file_is_that_is_no_deck() {
    let rows: [(&[u8], &str); 4] = [
        (b"", "empty"),
        (b"%PDF-1.7", "a PDF"),
        (b"hello", "plain text"),
        (b"<html>", "an HTML page"),
    ];
    for (source, text) in rows {
        let error = error(&Job::new(source, ExportFormat::Pdf));
        assert_eq!(error.kind, ErrorKind::BadInput);
        assert!(error.to_string().contains(text), "{error}");
    }
    let source = deck(&["one", "two"]);
    let mut job = Job::new(&source, ExportFormat::Pdf);
    job.slides = &[12];
    assert_eq!(
        error(&job).to_string(),
        "slide 12 does not exist: the deck has 2 slides"
    );
    let error = error(&Job::new(&source, ExportFormat::Swf));
    assert_eq!(error.kind, ErrorKind::UnsupportedFormat);
}

#[test]
fn passwords_are_told_apart() {
    let mut job = Job::new(SEALED, ExportFormat::Pdf);
    assert_eq!(error(&job).kind, ErrorKind::PasswordRequired);
    job.password = Some("wrong");
    assert_eq!(error(&job).kind, ErrorKind::WrongPassword);
    job.password = Some("secret");
    assert_eq!(convert(&job, 1).unwrap().0.slides, 1);
    let open = deck(&["one"]);
    let mut job = Job::new(&open, ExportFormat::Pdf);
    job.password = Some("not needed");
    assert!(convert(&job, 1).is_ok());
}

#[test]
fn limits_are_named() {
    let source = deck(&["one", "two"]);
    type Change = fn(&mut Limits);
    let rows: [(&str, Change); 4] = [
        ("max_output_bytes", |limits| limits.max_output_bytes = 100),
        ("max_slides", |limits| limits.max_slides = 1),
        ("max_page_pixels", |limits| limits.max_page_pixels = 1000),
        ("max_xml_part_bytes", |limits| {
            limits.max_xml_part_bytes = 50;
        }),
    ];
    for (setting, change) in rows {
        let mut job = Job::new(&source, ExportFormat::Png);
        change(&mut job.limits);
        let error = error(&job);
        assert_eq!(error.kind, ErrorKind::LimitExceeded, "{error}");
        assert!(error.to_string().contains(setting), "{error}");
    }
}

#[derive(Default)]
struct Recorder {
    seen: Mutex<Vec<(u32, u32)>>,
    stop_at: Option<u32>,
    stop: AtomicBool,
}

impl Monitor for Recorder {
    fn progress(&self, done: u32, total: u32) {
        self.seen.lock().unwrap().push((done, total));
        if self.stop_at == Some(done) {
            self.stop.store(true, Ordering::Relaxed);
        }
    }
    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

#[test]
fn progress_counts_slides_and_a_stop_is_heeded() {
    let source = deck(&["one", "two", "three"]);
    let recorder = Recorder::default();
    let engine = NativeEngine::default();
    engine
        .convert(
            &Job::new(&source, ExportFormat::Pdf),
            &mut MemorySink::default(),
            &recorder,
        )
        .unwrap();
    assert_eq!(
        *recorder.seen.lock().unwrap(),
        [(0, 3), (1, 3), (2, 3), (3, 3)]
    );

    for format in DRAWN {
        for stop_at in [0, 2] {
            let recorder = Recorder {
                stop_at: Some(stop_at),
                ..Recorder::default()
            };
            let mut sink = MemorySink::default();
            let error = engine
                .convert(&Job::new(&source, format), &mut sink, &recorder)
                .unwrap_err();
            assert_eq!(error.kind, ErrorKind::Stopped);
            assert!(sink.files.len() <= stop_at as usize);
        }
    }
}

#[test]
fn feature_decks_give_the_same_bytes_on_any_number_of_threads() {
    let decks: [&[u8]; 3] = [
        include_bytes!("../../../../tests/decks/features/fills-effects.pptx"),
        include_bytes!("../../../../tests/decks/features/pictures.pptx"),
        include_bytes!("../../../../tests/decks/features/notes-comments.pptx"),
    ];
    let files = |job: &Job<'_>, threads| {
        let (_, sink) = convert(job, threads).unwrap();
        sink.files
            .into_iter()
            .map(|(_, bytes)| bytes)
            .collect::<Vec<_>>()
    };
    for deck in decks {
        for format in DRAWN {
            let mut job = Job::new(deck, format);
            job.size = (Some(320), None);
            let first = files(&job, 1);
            assert!(!first.is_empty());
            assert!(first == files(&job, 1), "twice the same: {format:?}");
            assert!(first == files(&job, 4), "on four threads: {format:?}");
        }
    }
}

#[test]
fn notes_and_handouts_are_pages_of_their_own() {
    let deck = include_bytes!("../../../../tests/decks/features/notes-comments.pptx");
    let arranged = |format: ExportFormat, layout: &str| {
        let json = format!(r#"{{"slidesLayoutOptions": {layout}}}"#);
        let json = serde_json::from_str(&json).unwrap();
        let options = ExportOptions::from_json(format, &json).unwrap();
        let mut job = Job::new(deck, format);
        job.options = Some(&options);
        let (report, sink) = convert(&job, 2).unwrap();
        assert_eq!(report.slides, 5);
        sink.files
    };
    let notes = r#"{"layoutType": "NotesComments", "notesPosition": "BottomFull"}"#;
    assert_eq!(arranged(ExportFormat::Png, notes).len(), 5);
    let pdf = arranged(ExportFormat::Pdf, notes);
    assert_eq!(pdf.len(), 1);
    let handout = r#"{"layoutType": "Handout", "handout": "Handouts4Vertical"}"#;
    let pictures = arranged(ExportFormat::Png, handout);
    let slides: Vec<_> = pictures.iter().map(|(file, _)| file.slide).collect();
    assert_eq!(slides, [Some(1), Some(5)]);
}
