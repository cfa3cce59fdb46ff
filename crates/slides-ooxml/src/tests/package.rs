use super::Builder;
use crate::{ErrorKind, Package, PackageLimits, Target};

fn limits(change: impl FnOnce(&mut PackageLimits)) -> PackageLimits {
    let mut limits = PackageLimits::default();
    change(&mut limits);
    limits
}

fn with_part(name: &str, data: Vec<u8>) -> Vec<u8> {
    let mut builder = Builder::new("");
    builder.0.insert(name.to_owned(), data);
    builder.bytes()
}

#[test]
fn parts_are_inflated_under_every_limit() {
    let bomb = with_part("ppt/media/zeros.bin", vec![0; 3 << 20]);
    let rows = [
        ("max_ratio", PackageLimits::default()),
        (
            "max_media_part_bytes",
            limits(|l| l.max_media_part_bytes = 1 << 20),
        ),
        ("max_total_bytes", limits(|l| l.max_total_bytes = 1 << 19)),
    ];
    for (setting, limits) in rows {
        let package = Package::open(&*bomb, None, &limits).unwrap();
        let error = package.part("/ppt/media/zeros.bin").unwrap_err();
        assert_eq!(error.kind, ErrorKind::Limit);
        assert!(error.to_string().contains(setting), "{error}");
    }
    let error = Package::open(&*bomb, None, &limits(|l| l.max_parts = 3)).unwrap_err();
    assert!(error.to_string().contains("max_parts"), "{error}");
}

#[test]
fn a_part_read_twice_counts_once() {
    let bytes = with_part(
        "ppt/media/noise.bin",
        (0..600_000u32).flat_map(u32::to_le_bytes).collect(),
    );
    let limits = limits(|l| {
        l.max_total_bytes = 3 << 20;
        l.max_ratio = 100_000;
    });
    let package = Package::open(&*bytes, None, &limits).unwrap();
    for _ in 0..5 {
        assert_eq!(
            package.part("/ppt/media/noise.bin").unwrap().len(),
            2_400_000
        );
    }
}

#[test]
fn trailing_bytes_are_tolerated() {
    let bytes = Builder::new("").bytes();
    for tail in [&b"\r\n"[..], &[0; 2000]] {
        let package =
            Package::open([&bytes, tail].concat(), None, &PackageLimits::default()).unwrap();
        assert!(package.contains("/ppt/presentation.xml"));
    }
}

#[test]
fn percent_encoded_names_are_found_as_relationships_name_them() {
    let bytes = with_part("ppt/media/a%20b.png", vec![1, 2, 3]);
    let package = Package::open(bytes, None, &PackageLimits::default()).unwrap();
    for name in ["/ppt/media/a b.png", "/ppt/media/a%20b.png"] {
        assert_eq!(&*package.part(name).unwrap(), [1, 2, 3]);
    }
    let names = package.part_names().filter(|name| name.contains("media"));
    assert_eq!(names.count(), 1);
}

#[test]
fn content_types_go_by_name_then_extension() {
    let types = "<Types><Default Extension='PNG' ContentType='image/png'/><Override PartName='/ppt/Presentation.xml' ContentType='main'/></Types>";
    let mut builder = Builder::new("");
    let bytes = builder.set("[Content_Types].xml", types).bytes();
    let package = Package::open(bytes, None, &PackageLimits::default()).unwrap();
    assert_eq!(package.content_type("/ppt/presentation.xml"), Some("main"));
    assert_eq!(package.content_type("/x/y.png"), Some("image/png"));
    assert_eq!(package.content_type("/x/y.bin"), None);
}

#[test]
fn relationships_never_leave_the_package() {
    let mut builder = Builder::new("");
    builder.slide_relationships(&[
        ("up", "image", "../../../../etc/passwd"),
        ("out", "image", "!file:///etc/passwd"),
        ("in", "image", "/ppt/media/a.png"),
    ]);
    let package = Package::open(builder.bytes(), None, &PackageLimits::default()).unwrap();
    let relationships = package.relationships("/ppt/slides/slide1.xml").unwrap();
    assert_eq!(
        relationships.get("up").unwrap().target,
        Target::Invalid("../../../../etc/passwd".into())
    );
    assert_eq!(
        relationships.get("out").unwrap().target,
        Target::External("file:///etc/passwd".into())
    );
    assert_eq!(relationships.part("in"), Some("/ppt/media/a.png"));
    assert_eq!(relationships.iter().count(), 4);
}

#[test]
fn raw_entries_are_what_the_file_holds() {
    let bytes = Builder::new("").bytes();
    let package = Package::open(&*bytes, None, &PackageLimits::default()).unwrap();
    let raw = package.raw_entry("/PPT/slides/slide1.xml").unwrap();
    assert_eq!(
        (raw.name.as_str(), raw.method),
        ("/ppt/slides/slide1.xml", 8)
    );
    assert_eq!(raw.size, package.part(&raw.name).unwrap().len() as u64);
    assert!(
        bytes
            .windows(raw.bytes.len())
            .any(|window| window == raw.bytes)
    );
}

#[test]
fn other_documents_are_named() {
    let rows: [(&[u8], ErrorKind, &str); 4] = [
        (b"", ErrorKind::Empty, "empty"),
        (b"%PDF-1.4", ErrorKind::Pdf, "a PDF"),
        (b"PK\x03\x04", ErrorKind::NotAPackage, "cut short"),
        (b"text", ErrorKind::NotAPackage, "plain text"),
    ];
    for (bytes, kind, text) in rows {
        let error = Package::open(bytes, None, &PackageLimits::default()).unwrap_err();
        assert_eq!(error.kind, kind);
        assert!(error.to_string().contains(text), "{error}");
    }
    let mut builder = Builder::new("");
    builder.0.clear();
    let error = builder.set("word/document.xml", "<w/>").open().unwrap_err();
    assert!(
        error.kind == ErrorKind::NotAPresentation && error.to_string().contains("a Word document"),
        "{error}"
    );
    builder.0.clear();
    let mimetype = "application/vnd.oasis.opendocument.presentation";
    let error = builder
        .set("mimetype", mimetype)
        .set("content.xml", "<o/>")
        .open()
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::OpenDocument);
}
