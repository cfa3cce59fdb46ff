//! What each fuzz target does with its bytes. The targets and the test that replays the seeds share this file.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};
use std::num::NonZeroUsize;
use std::sync::OnceLock;

use slides_engine::{Engine, Job, MemorySink, NativeEngine, NativeOptions, Unmonitored};
use slides_types::ExportFormat;
use zip::write::SimpleFileOptions;

const NAMESPACES: &str = "xmlns:a='http://schemas.openxmlformats.org/drawingml/2006/main' xmlns:r='http://schemas.openxmlformats.org/officeDocument/2006/relationships' xmlns:p='http://schemas.openxmlformats.org/presentationml/2006/main' xmlns:mc='http://schemas.openxmlformats.org/markup-compatibility/2006' xmlns:a14='http://schemas.microsoft.com/office/drawing/2010/main' xmlns:m='http://schemas.openxmlformats.org/officeDocument/2006/math' xmlns:c='http://schemas.openxmlformats.org/drawingml/2006/chart' xmlns:dgm='http://schemas.openxmlformats.org/drawingml/2006/diagram'";
const RELATIONSHIPS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const FRAME: &str = "<p:nvGraphicFramePr><p:cNvPr id='2' name='f'/><p:cNvGraphicFramePr/><p:nvPr/></p:nvGraphicFramePr><p:xfrm><a:off x='0' y='0'/><a:ext cx='4000000' cy='3000000'/></p:xfrm>";

/// A request: method, path and type on its first two lines, the body behind them; the first byte chooses what the body
/// should be and how large its chunks are. However it is cut, it is read the same.
pub(crate) fn request(data: &[u8]) {
    let Some((choice, data)) = data.split_first() else {
        return;
    };
    let mut lines = data.splitn(3, |byte| *byte == b'\n');
    let mut line = || String::from_utf8_lossy(lines.next().unwrap_or_default());
    let (first, kind) = (line(), line());
    let (method, path) = first.split_once(' ').unwrap_or(("GET", &first));
    let _ = slides_server::fuzz::find_call(method, path);
    let body = lines.next().unwrap_or_default();
    let kind = (!kind.is_empty()).then_some(&*kind);
    let chunk = 1 << (choice >> 2).min(12);
    let read = |chunk| slides_server::fuzz::read_body(kind, body, chunk, *choice);
    assert_eq!(read(chunk), read(usize::MAX), "the chunks change the body");
}

/// A whole file: ZIP, CFB, relationships, content types.
pub(crate) fn package(data: &[u8]) {
    convert(data, ExportFormat::Pdf);
}

/// The shape tree of a slide.
pub(crate) fn slide(data: &[u8]) {
    if let Ok(xml) = std::str::from_utf8(data) {
        run(&Deck::new(xml));
    }
}

/// The shape tree of a slide with a picture, through every writer.
pub(crate) fn exporter(data: &[u8]) {
    const PIXELS: &[u8] =
        b"GIF89a\x02\0\x01\0\x80\0\0\xFF\0\0\0\0\xFF,\0\0\0\0\x02\0\x01\0\0\x02\x02D\n\0;";
    let Ok(xml) = std::str::from_utf8(data) else {
        return;
    };
    let mut deck = Deck::new(xml);
    deck.related.push((
        format!("{RELATIONSHIPS}/image"),
        "../media/image1.gif".to_owned(),
    ));
    deck.part("ppt/media/image1.gif", PIXELS);
    if let Some(bytes) = deck.bytes() {
        for format in ExportFormat::ALL
            .iter()
            .copied()
            .filter(|format| slides_engine::writes(*format))
        {
            convert(&bytes, format);
        }
    }
}

/// The body of a text box: properties, list styles, paragraphs, equations.
pub(crate) fn text(data: &[u8]) {
    if let Ok(xml) = std::str::from_utf8(data) {
        run(&Deck::new(&format!(
            "<p:sp><p:nvSpPr><p:cNvPr id='2' name='t'/><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr><a:xfrm><a:off x='0' y='0'/><a:ext cx='4000000' cy='3000000'/></a:xfrm><a:prstGeom prst='rect'/></p:spPr><p:txBody>{xml}</p:txBody></p:sp>"
        )));
    }
}

/// A picture; its first byte chooses the file extension.
pub(crate) fn picture(data: &[u8]) {
    const EXTENSIONS: [&str; 7] = ["png", "jpeg", "gif", "bmp", "tiff", "webp", "svg"];
    if let Some((first, bytes)) = data.split_first() {
        media(EXTENSIONS[usize::from(*first) % EXTENSIONS.len()], bytes);
    }
}

/// A metafile; its first byte says EMF or WMF.
pub(crate) fn metafile(data: &[u8]) {
    if let Some((first, bytes)) = data.split_first() {
        media(if first % 2 == 0 { "emf" } else { "wmf" }, bytes);
    }
}

/// A chart part: `c:chartSpace`, or `cx:chartSpace` when the text names it.
pub(crate) fn chart(data: &[u8]) {
    let Ok(xml) = std::str::from_utf8(data) else {
        return;
    };
    let extended = xml.contains("chartex");
    let (uri, kind, element) = if extended {
        (
            "http://schemas.microsoft.com/office/drawing/2014/chartex",
            "http://schemas.microsoft.com/office/2014/relationships/chartEx",
            "<cx:chart xmlns:cx='http://schemas.microsoft.com/office/drawing/2014/chartex' r:id='rId2'/>",
        )
    } else {
        (
            "http://schemas.openxmlformats.org/drawingml/2006/chart",
            "http://schemas.openxmlformats.org/officeDocument/2006/relationships/chart",
            "<c:chart r:id='rId2'/>",
        )
    };
    let mut deck = Deck::new(&format!(
        "<p:graphicFrame>{FRAME}<a:graphic><a:graphicData uri='{uri}'>{element}</a:graphicData></a:graphic></p:graphicFrame>"
    ));
    deck.related
        .push((kind.to_owned(), "../charts/chart1.xml".to_owned()));
    deck.part("ppt/charts/chart1.xml", data);
    run(&deck);
}

fn media(extension: &str, bytes: &[u8]) {
    let mut deck = Deck::new(
        "<p:pic><p:nvPicPr><p:cNvPr id='2' name='p'/><p:cNvPicPr/><p:nvPr/></p:nvPicPr><p:blipFill><a:blip r:embed='rId2'/><a:srcRect l='10000'/><a:stretch><a:fillRect/></a:stretch></p:blipFill><p:spPr><a:xfrm><a:off x='0' y='0'/><a:ext cx='4000000' cy='3000000'/></a:xfrm><a:prstGeom prst='rect'/></p:spPr></p:pic>",
    );
    deck.related.push((
        format!("{RELATIONSHIPS}/image"),
        format!("../media/image1.{extension}"),
    ));
    deck.part(&format!("ppt/media/image1.{extension}"), bytes);
    run(&deck);
}

/// A deck of one slide without layout, stored uncompressed.
struct Deck {
    shapes: String,
    related: Vec<(String, String)>,
    parts: Vec<(String, Vec<u8>)>,
}

impl Deck {
    fn new(shapes: &str) -> Self {
        Self {
            shapes: shapes.to_owned(),
            related: Vec::new(),
            parts: Vec::new(),
        }
    }

    fn part(&mut self, name: &str, bytes: &[u8]) {
        self.parts.push((name.to_owned(), bytes.to_vec()));
    }

    fn bytes(&self) -> Option<Vec<u8>> {
        let list = |items: &[(String, String)], first: usize| {
            let mut xml = "<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'>".to_owned();
            for (index, (kind, target)) in items.iter().enumerate() {
                let _ = write!(
                    xml,
                    "<Relationship Id='rId{}' Type='{kind}' Target='{target}'/>",
                    index + first
                );
            }
            xml + "</Relationships>"
        };
        let relation =
            |kind: &str, target: &str| (format!("{RELATIONSHIPS}/{kind}"), target.to_owned());
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let mut part = |name: &str, bytes: &[u8]| -> Option<()> {
            let stored =
                SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
            zip.start_file(name, stored).ok()?;
            zip.write_all(bytes).ok()
        };
        part(
            "_rels/.rels",
            list(&[relation("officeDocument", "ppt/presentation.xml")], 1).as_bytes(),
        )?;
        part("ppt/presentation.xml", format!("<p:presentation {NAMESPACES}><p:sldIdLst><p:sldId id='256' r:id='rId1'/></p:sldIdLst><p:sldSz cx='4000000' cy='3000000'/></p:presentation>").as_bytes())?;
        part(
            "ppt/_rels/presentation.xml.rels",
            list(&[relation("slide", "slides/slide1.xml")], 1).as_bytes(),
        )?;
        part("ppt/slides/slide1.xml", format!("<p:sld {NAMESPACES}><p:cSld><p:spTree><p:nvGrpSpPr/><p:grpSpPr/>{}</p:spTree></p:cSld></p:sld>", self.shapes).as_bytes())?;
        part(
            "ppt/slides/_rels/slide1.xml.rels",
            list(&self.related, 2).as_bytes(),
        )?;
        for (name, bytes) in &self.parts {
            part(name, bytes)?;
        }
        Some(zip.finish().ok()?.into_inner())
    }
}

fn run(deck: &Deck) {
    if let Some(bytes) = deck.bytes() {
        convert(&bytes, ExportFormat::Pdf);
        convert(&bytes, ExportFormat::Png);
    }
}

/// Converts and checks that what came out is of the format; errors are fine.
fn convert(source: &[u8], format: ExportFormat) {
    static ENGINE: OnceLock<NativeEngine> = OnceLock::new();
    let engine = ENGINE.get_or_init(|| {
        let mut options = NativeOptions::default();
        options.threads = NonZeroUsize::new(1);
        NativeEngine::new(options)
    });
    let mut job = Job::new(source, format);
    job.limits.max_xml_part_bytes = 1 << 20;
    job.limits.max_media_part_bytes = 1 << 20;
    job.limits.max_total_bytes = 4 << 20;
    job.limits.max_slides = 8;
    job.limits.max_image_pixels = 1_000_000;
    job.limits.max_page_pixels = 1_000_000;
    job.limits.max_output_bytes = 4 << 20;
    if format != ExportFormat::Pdf {
        job.size = (Some(160), None);
    }
    let mut sink = MemorySink::default();
    if engine.convert(&job, &mut sink, &Unmonitored).is_ok() {
        let written: usize = sink.files.iter().map(|(_, bytes)| bytes.len()).sum();
        assert!(
            written as u64 <= job.limits.max_output_bytes,
            "{written} bytes of {format:?}"
        );
        let results = sink.files.iter().filter(|(file, _)| file.path.is_none());
        for (_, bytes) in results {
            assert!(
                bytes.starts_with(starts(format)),
                "the output is no {format:?}"
            );
        }
    }
}

/// What files of a format begin with.
fn starts(format: ExportFormat) -> &'static [u8] {
    match format {
        ExportFormat::Pdf => b"%PDF-",
        ExportFormat::Png => b"\x89PNG",
        ExportFormat::Jpeg => b"\xFF\xD8\xFF",
        ExportFormat::Bmp => b"BM",
        ExportFormat::Gif => b"GIF89a",
        ExportFormat::Tiff => b"II*\0",
        ExportFormat::Svg => b"<svg ",
        ExportFormat::Emf => b"\x01\0\0\0\x6C\0\0\0",
        ExportFormat::Xaml => b"<Canvas ",
        ExportFormat::Html | ExportFormat::Html5 => b"<!DOCTYPE html>",
        ExportFormat::Xml => b"<?xml ",
        ExportFormat::Md => b"",
        _ => b"PK\x03\x04",
    }
}
