//! Bad decks through every writer of the native engine: none may crash one, or make it write more than it may.
//!
//! `SLIDES_HOSTILE_DECKS` names a folder of bad decks (a handful made here without it).
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::fmt::Write as _;
use std::io::{Cursor, Read, Write};
use std::path::Path;
use std::time::Instant;

use slides_engine::{Engine, ErrorKind, Job, MemorySink, NativeEngine, Unmonitored, writes};
use slides_types::ExportFormat;

/// Bytes that a job may write.
const MAX_OUTPUT: u64 = 64 << 20;
/// Seconds that a job may take, in a build that is not optimised.
const MAX_SECONDS: f64 = 120.0;
/// Seconds from which on a job is told of.
const SLOW_SECONDS: f64 = 10.0;

fn good() -> Vec<u8> {
    let deck = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/decks/code-coverage.pptx");
    std::fs::read(deck).unwrap()
}

/// The good deck with shapes before those of its first slide.
fn with_shapes(shapes: &str) -> Vec<u8> {
    let mut from = zip::ZipArchive::new(Cursor::new(good())).unwrap();
    let mut to = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for at in 0..from.len() {
        let mut part = from.by_index(at).unwrap();
        let name = part.name().unwrap().into_owned();
        let mut bytes = Vec::new();
        part.read_to_end(&mut bytes).unwrap();
        if name == "ppt/slides/slide1.xml" {
            let text = String::from_utf8(bytes).unwrap();
            let (head, tail) = text.rsplit_once("</p:spTree>").unwrap();
            bytes = format!("{head}{shapes}</p:spTree>{tail}").into_bytes();
        }
        to.start_file(name.as_str(), zip::write::SimpleFileOptions::default())
            .unwrap();
        to.write_all(&bytes).unwrap();
    }
    to.finish().unwrap().into_inner()
}

fn shape(place: &str, properties: &str, text: &str) -> String {
    format!(
        "<p:sp><p:nvSpPr><p:cNvPr id=\"9\" name=\"s\"/><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr><a:xfrm>{place}</a:xfrm>{properties}</p:spPr><p:txBody><a:bodyPr/><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>"
    )
}

fn made_here() -> Vec<(String, Vec<u8>)> {
    let good = good();
    let mut flipped = good.clone();
    for at in (1000..flipped.len()).step_by(997) {
        flipped[at] ^= 0x55;
    }
    let place = "<a:off x=\"0\" y=\"0\"/><a:ext cx=\"3000000\" cy=\"2000000\"/>";
    let huge = "<a:off x=\"-9223372036854775807\" y=\"9223372036854775807\"/><a:ext cx=\"9223372036854775807\" cy=\"1\"/>";
    let gradient = "<a:gradFill><a:gsLst><a:gs pos=\"0\"><a:srgbClr val=\"FF0000\"><a:alpha val=\"1000\"/></a:srgbClr></a:gs><a:gs pos=\"100000\"><a:srgbClr val=\"0000FF\"/></a:gs></a:gsLst><a:path path=\"rect\"/></a:gradFill>";
    let glow = "<a:effectLst><a:glow rad=\"2000000\"><a:srgbClr val=\"00FF00\"/></a:glow><a:softEdge rad=\"900000\"/></a:effectLst>";
    let rect = "<a:prstGeom prst=\"rect\"/>";
    let groups = |count: usize| {
        "<p:grpSp><p:nvGrpSpPr><p:cNvPr id=\"8\" name=\"g\"/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr><a:xfrm rot=\"60000\"><a:off x=\"0\" y=\"0\"/><a:ext cx=\"9\" cy=\"9\"/><a:chOff x=\"0\" y=\"0\"/><a:chExt cx=\"9\" cy=\"9\"/></a:xfrm></p:grpSpPr>"
            .repeat(count)
            + &shape(place, rect, "deep")
            + &"</p:grpSp>".repeat(count)
    };
    let mut points = String::from(
        "<a:custGeom><a:pathLst><a:path w=\"9\" h=\"9\"><a:moveTo><a:pt x=\"0\" y=\"0\"/></a:moveTo>",
    );
    for at in 0..20_000 {
        let _ = write!(
            points,
            "<a:lnTo><a:pt x=\"{}\" y=\"{at}\"/></a:lnTo>",
            at % 7
        );
    }
    points.push_str("</a:path></a:pathLst></a:custGeom><a:solidFill><a:srgbClr val=\"123456\"><a:alpha val=\"50000\"/></a:srgbClr></a:solidFill><a:ln w=\"20116800\"><a:solidFill><a:srgbClr val=\"000000\"/></a:solidFill><a:prstDash val=\"sysDot\"/></a:ln>");
    let odd =
        "{\u{202E}]]&gt;&lt;/svg&gt;&amp;\u{FFFD}\u{200D}\u{301}\u{301}𝒜\u{1F468}\u{200D}\u{1F469}";
    vec![
        ("cut in half".into(), good[..good.len() / 2].to_vec()),
        ("flipped bytes".into(), flipped),
        ("far away".into(), with_shapes(&shape(huge, rect, "far"))),
        (
            "gradients".into(),
            with_shapes(&shape(place, &format!("{rect}{gradient}"), "g").repeat(40)),
        ),
        (
            "effects".into(),
            with_shapes(&shape(place, &format!("{rect}{gradient}{glow}"), "e").repeat(6)),
        ),
        ("groups in groups".into(), with_shapes(&groups(200))),
        (
            "a long path".into(),
            with_shapes(&shape(place, &points, "p")),
        ),
        (
            "odd text".into(),
            with_shapes(&shape(place, rect, &odd.repeat(100))),
        ),
    ]
}

#[test]
fn no_writer_crashes_or_passes_its_limit() {
    let decks = match std::env::var_os("SLIDES_HOSTILE_DECKS") {
        Some(folder) => {
            let mut decks: Vec<_> = std::fs::read_dir(folder)
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .filter(|path| path.is_file() && path.extension().is_none_or(|text| text != "json"))
                .map(|path| {
                    let name = path.file_name().unwrap().to_string_lossy().into_owned();
                    (name, std::fs::read(&path).unwrap())
                })
                .collect();
            decks.sort();
            decks
        }
        None => made_here(),
    };
    let engine = NativeEngine::default();
    let mut faults = Vec::new();
    let (mut written, mut refused) = (0, 0);
    for (name, deck) in &decks {
        for format in ExportFormat::ALL.iter().copied().filter(|to| writes(*to)) {
            let mut job = Job::new(deck, format);
            job.limits.max_output_bytes = MAX_OUTPUT;
            let mut sink = MemorySink::default();
            let start = Instant::now();
            match engine.convert(&job, &mut sink, &Unmonitored) {
                Ok(_) => written += 1,
                Err(error) if error.kind == ErrorKind::Internal => {
                    faults.push(format!("{name} as {format:?}: {error}"));
                }
                Err(_) => refused += 1,
            }
            let seconds = start.elapsed().as_secs_f64();
            let bytes: usize = sink.files.iter().map(|(_, bytes)| bytes.len()).sum();
            if seconds > SLOW_SECONDS {
                eprintln!("{name} as {format:?}: {bytes} bytes in {seconds:.1} s");
            }
            if bytes as u64 > MAX_OUTPUT || seconds > MAX_SECONDS {
                faults.push(format!(
                    "{name} as {format:?}: {bytes} bytes in {seconds:.1} s"
                ));
            }
        }
    }
    eprintln!(
        "{} decks: {written} conversions written, {refused} refused",
        decks.len()
    );
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(written > 0);
}
