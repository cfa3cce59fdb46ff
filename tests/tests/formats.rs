//! Every format the native engine writes, end to end: by command line and from a server, several files as one ZIP.
#![allow(clippy::unwrap_used)]

use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::process::Command;

use slides_tests::{ServerProcess, slides_program};

/// What files of a format begin with.
const FORMATS: [(&str, &[u8]); 13] = [
    ("jpeg", b"\xFF\xD8\xFF"),
    ("bmp", b"BM"),
    ("gif", b"GIF89a"),
    ("tiff", b"II*\0"),
    ("svg", b"<svg xmlns"),
    ("html", b"<!DOCTYPE html>"),
    ("html5", b"<!DOCTYPE html>"),
    ("md", b"# "),
    ("png", b"\x89PNG"),
    ("xml", b"<?xml version=\"1.0\""),
    ("xps", b"PK\x03\x04"),
    ("emf", b"\x01\0\0\0\x6C\0\0\0"),
    (
        "xaml",
        b"<Canvas xmlns=\"http://schemas.microsoft.com/winfx/2006/xaml/presentation\"",
    ),
];
/// Formats of which a slide is a file of its own.
const FILE_A_SLIDE: [&str; 6] = ["jpeg", "bmp", "svg", "png", "emf", "xaml"];

fn deck(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("decks")
        .join(name)
}

fn convert(deck: &Path, out: &Path, arguments: &[&str]) -> (bool, String) {
    let output = Command::new(slides_program())
        .arg("convert")
        .arg(deck)
        .arg(out)
        .args(arguments)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.success(), text)
}

#[test]
fn the_command_line_writes_each_format() {
    let folder = tempfile::tempdir().unwrap();
    let notes = deck("features/notes-comments.pptx");
    for (format, starts) in FORMATS {
        let out = folder.path().join(format!("{format}.out"));
        let (done, text) = convert(&notes, &out, &["--to", format, "--slides", "1"]);
        assert!(done, "{format}: {text}");
        let bytes = std::fs::read(&out).unwrap();
        assert!(bytes.starts_with(starts), "{format}");
    }
}

#[test]
fn options_are_followed_or_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let pitch = deck("startup-pitch.pptx");
    let out = |name: &str| folder.path().join(name);
    let (done, text) = convert(
        &pitch,
        &out("a.html"),
        &[
            "--option",
            "saveAsZip=true",
            "--option",
            "subDirectoryName=files",
        ],
    );
    assert!(done, "{text}");
    let html = std::fs::read_to_string(out("a.html")).unwrap();
    assert!(html.contains("href=\"files/slides.css\""));
    assert!(out("files/slides.css").is_file());
    let (done, text) = convert(
        &pitch,
        &out("b.html"),
        &["--to", "html5", "--option", "templatesPath=x"],
    );
    assert!(!done && text.contains("`templatesPath`"), "{text}");
    let (done, text) = convert(&pitch, &out("c.odp"), &["--option", "zip64Mode=Always"]);
    assert!(!done && text.contains("`zip64Mode`"), "{text}");
    let (done, text) = convert(&pitch, &out("d.swf"), &[]);
    assert!(!done && text.contains("Flash"), "{text}");
    let (done, text) = convert(
        &pitch,
        &out("e.gif"),
        &["--option", "transitionFps=10", "--option", "width=320"],
    );
    assert!(
        done && text.contains("`transitionFps` has no effect"),
        "{text}"
    );
}

#[test]
fn a_server_answers_with_one_file_or_a_zip() {
    let data = tempfile::tempdir().unwrap();
    let server = ServerProcess::start(&slides_program(), data.path(), &[]).unwrap();
    let pitch = std::fs::read(deck("startup-pitch.pptx")).unwrap();
    for (format, starts) in FORMATS {
        let bytes = server.convert(format, &pitch).unwrap();
        if FILE_A_SLIDE.contains(&format) {
            let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
            let mut slides = 0;
            for index in 0..archive.len() {
                let mut entry = archive.by_index(index).unwrap();
                let name = entry.name().unwrap().into_owned();
                // What the slides share.
                if format == "xaml" && name.starts_with("slides_files/") {
                    continue;
                }
                slides += 1;
                assert!(name.ends_with(&format!("_{slides}.{format}")), "{name}");
                let mut content = Vec::new();
                entry.read_to_end(&mut content).unwrap();
                assert!(content.starts_with(starts), "{format}");
            }
            assert_eq!(slides, 3, "{format}");
        } else if format == "md" {
            let text = String::from_utf8(bytes).unwrap();
            assert!(
                text.contains("The Problem") && text.contains("\n---\n"),
                "{text}"
            );
        } else {
            assert!(bytes.starts_with(starts), "{format}");
        }
    }
}
