use std::sync::Arc;

use kurbo::{BezPath, Point, Rect};
use slides_fonts::{Face, FontBook, ScriptHint, Style};
use slides_scene::{
    BlendMode, EffectKind, EffectOp, FillRule, GlyphRun, GradientStop, ImageOp, Link, LinkTarget,
    Op, Paint, PathGradient, PixelEffect, Rgba, StrokeStyle, TileMode,
};

use super::*;
use crate::geometry::rect_path;
use crate::picture::samples;
use crate::testing::run;

fn page(number: u32, ops: Vec<Op>) -> Page {
    Page {
        size: kurbo::Size::new(720.0, 540.0),
        number,
        language: None,
        title: Some(format!("Slide {number}")),
        ops,
        links: Vec::new(),
        motion: None,
    }
}

fn write(pages: &[Page], options: PdfOptions) -> (Vec<u8>, Vec<Warning>) {
    let mut writer = PdfWriter::new(options);
    for page in pages {
        writer.page(page).unwrap();
    }
    let warnings = writer.warnings().to_vec();
    (writer.finish().unwrap(), warnings)
}

fn parse(bytes: &[u8]) -> lopdf::Document {
    lopdf::Document::load_mem(bytes).unwrap()
}

fn face(family: &str) -> Face {
    FontBook::bundled().select(family, Style::default()).face
}

fn text(run: GlyphRun) -> Op {
    Op::Text(Arc::new(run), Paint::Solid(Rgba::BLACK))
}

fn rect(x0: f64, y0: f64, x1: f64, y1: f64) -> Arc<BezPath> {
    Arc::new(rect_path(Rect::new(x0, y0, x1, y1)))
}

fn fill(paint: Paint) -> Op {
    Op::Fill(rect(100.0, 100.0, 400.0, 300.0), FillRule::NonZero, paint)
}

fn stops() -> Vec<GradientStop> {
    vec![
        GradientStop {
            offset: 0.0,
            color: Rgba::BLACK,
        },
        GradientStop {
            offset: 1.0,
            color: Rgba::WHITE.with_alpha(100),
        },
    ]
}

fn picture(image: Arc<slides_scene::Image>, dst: Rect, crop: Rect) -> ImageOp {
    ImageOp {
        image,
        dst,
        crop,
        alpha: 1.0,
        effects: Vec::new(),
        alt: None,
    }
}

const WHOLE: Rect = Rect::new(0.0, 0.0, 1.0, 1.0);

/// One of each operation.
fn everything() -> Vec<Op> {
    let image = samples::image("q", samples::quarters(64));
    let path = |kind| Paint::Path {
        kind,
        bounds: Rect::new(100.0, 100.0, 400.0, 300.0),
        focus: Rect::new(200.0, 200.0, 210.0, 200.0),
        stops: stops(),
    };
    let tiled = Paint::Image {
        image: image.clone(),
        transform: Affine::scale(30.0),
        tile: TileMode::Repeat {
            flip_x: true,
            flip_y: true,
        },
        alpha: 0.5,
        effects: Vec::new(),
    };
    let once = Paint::Image {
        image: image.clone(),
        transform: Affine::scale(300.0),
        tile: TileMode::None,
        alpha: 1.0,
        effects: vec![PixelEffect::Grayscale],
    };
    let mut dashed = StrokeStyle::new(2.0);
    dashed.dashes = vec![4.0, 3.0];
    let mut slanted = run(&face("Cambria"), "slanted", 50.0, 350.0, 20.0, false);
    slanted.skew = 0.2;
    slanted.scale_x = 0.82;
    slanted.embolden = 0.6;
    let mut ops = vec![
        fill(Paint::Solid(Rgba::rgb(1, 2, 3))),
        fill(Paint::Linear {
            start: Point::new(100.0, 0.0),
            end: Point::new(400.0, 0.0),
            stops: stops(),
        }),
        fill(path(PathGradient::Circle)),
        fill(path(PathGradient::Rect)),
        fill(Paint::Pattern {
            foreground: Rgba::BLACK,
            background: Rgba::WHITE,
            bits: [0xAA, 0x55, 0xF0, 0, 0xFF, 1, 2, 4],
        }),
        fill(tiled),
        fill(once.clone()),
        Op::Stroke(
            rect(10.0, 10.0, 200.0, 200.0),
            dashed,
            Paint::Solid(Rgba::rgb(200, 0, 0)),
        ),
        Op::Stroke(
            rect(10.0, 10.0, 200.0, 200.0),
            StrokeStyle::new(3.0),
            path(PathGradient::Rect),
        ),
        Op::Stroke(
            rect(10.0, 10.0, 200.0, 200.0),
            StrokeStyle::new(0.0),
            Paint::Solid(Rgba::BLACK),
        ),
        text(slanted),
        Op::Text(
            Arc::new(run(&face("Calibri"), "gradient", 50.0, 400.0, 30.0, false)),
            path(PathGradient::Rect),
        ),
        Op::Image(Box::new(picture(
            image,
            Rect::new(0.0, 0.0, 50.0, 50.0),
            Rect::new(-0.2, 0.1, 0.8, 1.3),
        ))),
    ];
    for (alpha, blend) in [
        (0.5, BlendMode::Normal),
        (1.0, BlendMode::Multiply),
        (0.4, BlendMode::Screen),
    ] {
        ops.extend([
            Op::Layer { alpha, blend },
            Op::Clip(rect(0.0, 0.0, 300.0, 300.0), FillRule::EvenOdd),
            Op::Push(Affine::rotate(0.3)),
            fill(once.clone()),
            Op::Pop,
            Op::PopClip,
            Op::PopLayer,
        ]);
    }
    for kind in [
        EffectKind::Shadow {
            color: Rgba::BLACK.with_alpha(100),
            sigma: 3.0,
        },
        EffectKind::Glow {
            color: Rgba::rgb(255, 0, 0),
            radius: 8.0,
        },
        EffectKind::InnerShadow {
            color: Rgba::BLACK,
            sigma: 3.0,
            dx: 2.0,
            dy: 2.0,
        },
        EffectKind::SoftEdge { radius: 5.0 },
        EffectKind::Blur { sigma: 2.0 },
        EffectKind::Fade {
            from_y: 100.0,
            to_y: 300.0,
            start_alpha: 0.5,
            end_alpha: 0.0,
        },
    ] {
        ops.push(Op::Effect(Box::new(EffectOp {
            source: vec![fill(Paint::Solid(Rgba::rgb(0, 0, 255)))],
            bounds: Rect::new(80.0, 80.0, 420.0, 320.0),
            kind,
        })));
    }
    ops
}

#[test]
fn every_operation_gives_a_readable_file_and_the_same_bytes() {
    for version in [PdfVersion::V1_4, PdfVersion::V1_7, PdfVersion::V2_0] {
        let options = || PdfOptions {
            version,
            title: Some("A title".into()),
            author: Some("Ann".into()),
            ..PdfOptions::default()
        };
        let pages = [page(1, everything()), page(2, everything())];
        let (first, warnings) = write(&pages, options());
        let (second, _) = write(&pages, options());
        assert!(first == second, "the same pages give the same bytes");
        assert_eq!(parse(&first).get_pages().len(), 2);
        assert!(warnings.is_empty(), "{warnings:?}");
    }
}

#[test]
fn text_is_extracted_in_order() {
    let family = face("Calibri");
    let ops = vec![
        text(run(&family, "Hello, world", 72.0, 100.0, 18.0, false)),
        text(run(&family, "Zweite Zeile: äöü", 72.0, 130.0, 18.0, false)),
    ];
    let (bytes, _) = write(&[page(1, ops)], PdfOptions::default());
    let found = parse(&bytes).extract_text(&[1]).unwrap();
    let (first, second) = (
        found.find("Hello, world").unwrap(),
        found.find("Zweite Zeile: äöü").unwrap(),
    );
    assert!(first < second, "{found}");
}

#[test]
fn every_glyph_keeps_its_characters() {
    // A ligature glyph stands for two characters, an accent for none of its own.
    let book = FontBook::bundled();
    let hebrew = book
        .fallback('ש', Style::default(), ScriptHint::None, None)
        .unwrap()
        .face;
    let mut ligature = run(&face("Calibri"), "office", 72.0, 100.0, 18.0, false);
    ligature.glyphs.remove(2);
    ligature.glyphs[1].end = 3;
    let ops = vec![
        text(ligature),
        text(run(&hebrew, "שלום", 72.0, 140.0, 18.0, true)),
    ];
    let (bytes, _) = write(&[page(1, ops)], PdfOptions::default());
    let document = parse(&bytes);
    let maps: String = document
        .objects
        .values()
        .filter_map(|object| object.as_stream().ok())
        .filter_map(|stream| {
            stream
                .decompressed_content()
                .ok()
                .or_else(|| Some(stream.content.clone()))
        })
        .map(|content| String::from_utf8_lossy(&content).into_owned())
        .filter(|content| content.contains("begincmap"))
        .collect();
    assert!(
        maps.contains("<00660066>"),
        "one glyph maps to `ff`: {maps}"
    );
    for code in ["<05E9>", "<05DC>", "<05D5>", "<05DD>"] {
        assert!(
            maps.to_uppercase().contains(code),
            "{code} is mapped: {maps}"
        );
    }
}

#[test]
fn jpegs_pass_untouched_and_once() {
    let jpeg = samples::jpeg(300, 200);
    let image = samples::image("photo", jpeg.clone());
    let op = || {
        Op::Image(Box::new(picture(
            image.clone(),
            Rect::new(0.0, 0.0, 100.0, 60.0),
            WHOLE,
        )))
    };
    let (bytes, _) = write(
        &[page(1, vec![op(), op()]), page(2, vec![op()])],
        PdfOptions::default(),
    );
    let document = parse(&bytes);
    let images: Vec<_> = document
        .objects
        .values()
        .filter_map(|object| object.as_stream().ok())
        .filter(|stream| {
            stream
                .dict
                .get(b"Subtype")
                .is_ok_and(|name| name.as_name().is_ok_and(|name| name == b"Image"))
        })
        .collect();
    assert_eq!(images.len(), 1);
    assert_eq!(images[0].content, jpeg);
}

#[test]
fn large_pictures_are_brought_down_to_the_resolution() {
    let image = samples::image("big", samples::quarters(1000));
    let op = Op::Image(Box::new(picture(
        image,
        Rect::new(0.0, 0.0, 72.0, 72.0),
        WHOLE,
    )));
    let width = |dpi| {
        let (bytes, _) = write(
            &[page(1, vec![op.clone()])],
            PdfOptions {
                max_image_dpi: dpi,
                ..PdfOptions::default()
            },
        );
        let document = parse(&bytes);
        document
            .objects
            .values()
            .filter_map(|object| object.as_stream().ok())
            .filter_map(|stream| {
                stream
                    .dict
                    .get(b"SMask")
                    .and_then(|_| stream.dict.get(b"Width"))
                    .ok()
                    .and_then(|width| width.as_i64().ok())
            })
            .max()
            .unwrap()
    };
    assert_eq!((width(Some(220.0)), width(None)), (220, 1000));
}

#[test]
fn a_picture_with_all_its_pixels_is_held_once_at_any_size() {
    let mut image = slides_scene::Image::clone(&samples::image("small", samples::quarters(32)));
    (image.width, image.height) = (32, 32);
    let image = Arc::new(image);
    let ops = [20.0, 72.0, 400.0].map(|side| {
        let dst = Rect::new(0.0, 0.0, side, side);
        Op::Image(Box::new(picture(image.clone(), dst, WHOLE)))
    });
    let (bytes, _) = write(&[page(1, ops.to_vec())], PdfOptions::default());
    let copies = parse(&bytes)
        .objects
        .values()
        .filter_map(|object| object.as_stream().ok())
        .filter(|stream| stream.dict.get(b"SMask").is_ok())
        .count();
    assert_eq!(copies, 1);
}

#[test]
fn links_lead_out_and_to_exported_slides() {
    let link = |target| Link {
        rect: Rect::new(10.0, 10.0, 50.0, 20.0),
        target,
    };
    let mut first = page(3, Vec::new());
    first.links = vec![
        link(LinkTarget::Uri("https://example.org/a(b)c\\d".into())),
        link(LinkTarget::Slide(7)),
        link(LinkTarget::Slide(99)),
        link(LinkTarget::Uri("javascript:x".into())),
        Link {
            rect: Rect::new(f64::NAN, 0.0, 1.0, 1.0),
            target: LinkTarget::Slide(3),
        },
    ];
    let options = || PdfOptions {
        slides: vec![3, 7],
        ..PdfOptions::default()
    };
    let (bytes, _) = write(&[first.clone(), page(7, Vec::new())], options());
    let document = parse(&bytes);
    let annotations: Vec<_> = document
        .objects
        .values()
        .filter_map(|object| object.as_dict().ok())
        .filter(|dict| {
            dict.get(b"Subtype")
                .is_ok_and(|name| name.as_name().is_ok_and(|name| name == b"Link"))
        })
        .collect();
    assert_eq!(annotations.len(), 2);
    let uri = annotations
        .iter()
        .find_map(|dict| {
            dict.get(b"A")
                .ok()?
                .as_dict()
                .ok()?
                .get(b"URI")
                .ok()?
                .as_str()
                .ok()
        })
        .unwrap();
    assert_eq!(uri, b"https://example.org/a(b)c%5Cd");
    let mut writer = PdfWriter::new(options());
    writer.page(&first).unwrap();
    assert!(matches!(
        writer.finish(),
        Err(RenderError::MissingPage { slide: 7 })
    ));
}

#[test]
fn titles_make_the_outline() {
    let (bytes, _) = write(
        &[page(1, Vec::new()), page(2, Vec::new())],
        PdfOptions {
            title: Some("Deck".into()),
            ..PdfOptions::default()
        },
    );
    let document = parse(&bytes);
    let titles = document
        .objects
        .values()
        .filter_map(|object| object.as_dict().ok())
        .filter(|dict| dict.get(b"Dest").is_ok() && dict.get(b"Title").is_ok())
        .count();
    assert_eq!(titles, 2);
    assert!(
        PdfWriter::new(PdfOptions::default()).finish().is_err(),
        "a document needs a page"
    );
}

#[test]
fn page_sizes_are_brought_into_range() {
    for (width, height) in [
        (0.0, 0.0),
        (f64::NAN, 100.0),
        (1e9, 720.0),
        (20_000.0, 10_000.0),
    ] {
        let mut odd = page(1, everything());
        odd.size = kurbo::Size::new(width, height);
        let (bytes, _) = write(&[odd], PdfOptions::default());
        assert_eq!(parse(&bytes).get_pages().len(), 1);
    }
}

#[test]
fn hostile_pages_are_survived() {
    let mut wild = BezPath::new();
    wild.move_to((f64::NAN, 0.0));
    wild.line_to((1e300, -1e300));
    wild.line_to((f64::INFINITY, 3.0));
    wild.curve_to((0.0, 0.0), (1e12, 3.0), (1e9, 1e9));
    let wild = Arc::new(wild);
    let mut flat = BezPath::new();
    flat.move_to((5.0, 5.0));
    flat.line_to((5.0, 5.0));
    let flat = Arc::new(flat);
    let mut bad_run = run(&face("Arial"), "aéb", 10.0, 10.0, 10.0, false);
    bad_run.glyphs[0].id = 70_000;
    bad_run.glyphs[1].start = 2;
    bad_run.glyphs[2].end = 900;
    bad_run.scale_x = 0.0;
    bad_run.skew = f64::INFINITY;
    let mut far = run(&face("Arial"), "abc", 1e300, f64::NAN, 1e308, false);
    far.embolden = f64::NAN;
    let paints = [
        Paint::Linear {
            start: Point::new(f64::NAN, 0.0),
            end: Point::new(1.0, 1e300),
            stops: stops(),
        },
        Paint::Linear {
            start: Point::ZERO,
            end: Point::new(1e-9, 0.0),
            stops: stops(),
        },
        Paint::Path {
            kind: PathGradient::Circle,
            bounds: Rect::new(0.0, 0.0, f64::NAN, 1.0),
            focus: Rect::ZERO,
            stops: stops(),
        },
        Paint::Path {
            kind: PathGradient::Rect,
            bounds: Rect::new(0.0, 0.0, 1e300, 1e-300),
            focus: Rect::new(f64::NAN, 3.0, 9.0, -9.0),
            stops: stops(),
        },
        Paint::Image {
            image: samples::image("bad", b"GIF89a".to_vec()),
            transform: Affine::scale(100.0),
            tile: TileMode::None,
            alpha: f32::NAN,
            effects: vec![PixelEffect::AlphaModulate(f32::NAN)],
        },
        Paint::Image {
            image: samples::image("q", samples::quarters(4)),
            transform: Affine::scale(1e-5),
            tile: TileMode::Repeat {
                flip_x: false,
                flip_y: true,
            },
            alpha: 0.5,
            effects: Vec::new(),
        },
    ];
    let mut ops = vec![text(bad_run), text(far)];
    for paint in paints {
        for shape in [&wild, &flat, &rect(0.0, 0.0, 100.0, 0.0)] {
            ops.push(Op::Fill(shape.clone(), FillRule::EvenOdd, paint.clone()));
            ops.push(Op::Stroke(
                shape.clone(),
                StrokeStyle::new(f64::MAX),
                paint.clone(),
            ));
            ops.push(Op::Clip(shape.clone(), FillRule::EvenOdd));
        }
    }
    ops.push(Op::Effect(Box::new(EffectOp {
        source: ops.clone(),
        bounds: Rect::new(-1e9, -1e9, 1e9, 1e9),
        kind: EffectKind::Glow {
            color: Rgba::BLACK,
            radius: 1e12,
        },
    })));
    ops.push(Op::Image(Box::new(picture(
        samples::image("j", samples::jpeg(8, 8)),
        Rect::new(0.0, 0.0, 1e300, 1.0),
        Rect::new(0.4, 0.4, 0.4, 0.4),
    ))));
    ops.push(Op::Push(Affine::new([1e6, 0.0, 1e6, 1e-6, 0.0, 0.0])));
    ops.extend(everything());
    let (bytes, warnings) = write(&[page(1, ops)], PdfOptions::default());
    assert_eq!(parse(&bytes).get_pages().len(), 1);
    assert!(
        warnings
            .iter()
            .any(|warning| warning.feature == "picture" && warning.message.contains("`bad`")),
        "{warnings:?}"
    );
}

mod structure {
    use lopdf::{Dictionary, Document, Object};
    use slides_scene::{Heads, Tag};

    use super::*;
    use crate::pdf::{PdfConformance, PdfPermissions, PdfProtection};

    /// The structure as nested names, with alternative texts and links.
    fn outline(document: &Document) -> String {
        let root = document.catalog().unwrap().get(b"StructTreeRoot").unwrap();
        let root = follow(document, root).as_dict().unwrap();
        kids(document, root)
    }

    fn follow<'a>(document: &'a Document, object: &'a Object) -> &'a Object {
        document.dereference(object).unwrap().1
    }

    fn kids(document: &Document, element: &Dictionary) -> String {
        let Ok(list) = element.get(b"K") else {
            return String::new();
        };
        let list = follow(document, list);
        let single = [list.clone()];
        let list = list.as_array().map_or(&single[..], Vec::as_slice);
        let names: Vec<String> = list.iter().map(|kid| name(document, kid)).collect();
        names.join(" ")
    }

    fn name(document: &Document, kid: &Object) -> String {
        let kid = follow(document, kid);
        let Ok(dict) = kid.as_dict() else {
            return "*".to_owned();
        };
        if dict
            .get(b"Type")
            .is_ok_and(|t| t.as_name().is_ok_and(|t| t == b"OBJR"))
        {
            return "@".to_owned();
        }
        let Ok(kind) = dict.get(b"S").and_then(Object::as_name) else {
            return "*".to_owned();
        };
        let kind = String::from_utf8_lossy(kind);
        let alt = dict
            .get(b"Alt")
            .and_then(Object::as_str)
            .map_or(String::new(), |alt| {
                format!("[{}]", String::from_utf8_lossy(alt))
            });
        let inner = kids(document, dict);
        if inner.is_empty() {
            format!("{kind}{alt}")
        } else {
            format!("{kind}{alt}({inner})")
        }
    }

    fn line(content: &str, y: f64) -> Op {
        text(run(&face("Calibri"), content, 72.0, y, 18.0, false))
    }

    fn tagged(tag: Tag, ops: Vec<Op>) -> Vec<Op> {
        let mut all = vec![Op::Tag(tag)];
        all.extend(ops);
        all.push(Op::EndTag);
        all
    }

    fn item(level: u8, content: &str, y: f64) -> Vec<Op> {
        let tag = Tag::ListItem {
            level,
            numbered: false,
        };
        let mut ops = tagged(Tag::Label, vec![line("-", y)]);
        ops.push(line(content, y));
        tagged(tag, ops)
    }

    /// Text, a title behind it, a list, a table, a picture, decoration.
    fn slide() -> Page {
        let paper = fill(Paint::Solid(Rgba::WHITE));
        let mut ops = tagged(Tag::Artifact, vec![paper.clone()]);
        ops.extend(tagged(Tag::Paragraph, vec![line("Before", 80.0)]));
        ops.extend(tagged(Tag::Title, vec![line("First", 100.0)]));
        ops.extend(tagged(Tag::Title, vec![line("Second", 120.0)]));
        ops.extend(item(0, "one", 140.0));
        ops.extend(item(1, "deeper", 150.0));
        ops.extend(item(0, "two", 160.0));
        let cell = |header, content: &str| {
            let tag = Tag::TableCell {
                header,
                columns: 1,
                rows: 2,
            };
            tagged(tag, tagged(Tag::Paragraph, vec![line(content, 200.0)]))
        };
        let mut row = cell(Some(Heads::Column), "Head");
        row.extend(tagged(
            Tag::TableCell {
                header: None,
                columns: 1,
                rows: 1,
            },
            Vec::new(),
        ));
        ops.extend(tagged(Tag::Table, tagged(Tag::TableRow, row)));
        let mut shape = vec![Op::Push(Affine::translate((5.0, 5.0)))];
        shape.extend(tagged(
            Tag::Figure(Some("A cat".into())),
            vec![paper.clone()],
        ));
        shape.push(Op::Pop);
        ops.extend(shape);
        ops.push(paper);
        page(1, ops)
    }

    const EXPECTED: &str = "Document(Sect(H1(* *) P(*) \
        L(LI(Lbl(*) LBody(* L(LI(Lbl(*) LBody(*))))) LI(Lbl(*) LBody(*))) \
        Table(TR(TH(P(*)) TD)) Figure[A cat](*)))";

    #[test]
    fn the_title_is_read_first_and_neighbours_make_lists() {
        let (bytes, _) = write(&[slide()], PdfOptions::default());
        assert_eq!(outline(&parse(&bytes)), EXPECTED);
    }

    #[test]
    fn links_hold_their_text() {
        let mut page = page(
            1,
            tagged(
                Tag::Paragraph,
                vec![
                    line("See", 100.0),
                    text(run(&face("Calibri"), "here", 200.0, 100.0, 18.0, false)),
                ],
            ),
        );
        let link = |x: f64| Link {
            rect: Rect::new(x, 85.0, x + 60.0, 105.0),
            target: LinkTarget::Uri("https://example.org/".into()),
        };
        page.links = vec![link(195.0), link(500.0)];
        let (bytes, _) = write(&[page], PdfOptions::default());
        let expected = "Document(Sect(P(* Link(* @)) Link(@)))";
        assert_eq!(outline(&parse(&bytes)), expected);
    }

    #[test]
    fn structure_survives_scopes_groups_and_effects() {
        let layer = Op::Layer {
            alpha: 0.5,
            blend: BlendMode::Normal,
        };
        let mut ops = vec![Op::Tag(Tag::Paragraph), Op::Push(Affine::scale(0.5))];
        ops.push(line("a", 100.0));
        ops.extend([Op::Pop, line("b", 100.0), layer.clone(), line("c", 100.0)]);
        ops.extend([Op::PopLayer, Op::EndTag, layer]);
        ops.extend(tagged(Tag::Figure(None), vec![line("d", 100.0)]));
        ops.push(Op::PopLayer);
        let mut source = tagged(Tag::Figure(Some("soft".into())), vec![line("e", 100.0)]);
        source.extend(tagged(Tag::Paragraph, vec![line("still read", 120.0)]));
        ops.push(Op::Effect(Box::new(EffectOp {
            source,
            bounds: Rect::new(60.0, 60.0, 300.0, 140.0),
            kind: EffectKind::SoftEdge { radius: 2.0 },
        })));
        let (bytes, _) = write(&[page(1, ops)], PdfOptions::default());
        let document = parse(&bytes);
        let expected = "Document(Sect(P(* *) Figure[soft](*) P(*)))";
        assert_eq!(outline(&document), expected);
        assert!(document.extract_text(&[1]).unwrap().contains("still read"));
    }

    #[test]
    fn untagged_files_have_no_structure() {
        let options = PdfOptions {
            tagged: false,
            ..PdfOptions::default()
        };
        let (bytes, _) = write(&[slide()], options);
        assert!(
            parse(&bytes)
                .catalog()
                .unwrap()
                .get(b"StructTreeRoot")
                .is_err()
        );
    }

    #[test]
    fn the_language_is_that_of_most_pages() {
        let in_language = |language: &str| Page {
            language: Some(language.into()),
            ..slide()
        };
        let pages = [
            in_language("de-DE"),
            in_language("fr-FR"),
            in_language("fr-FR"),
        ];
        let (bytes, _) = write(&pages, PdfOptions::default());
        let document = parse(&bytes);
        let language = document.catalog().unwrap().get(b"Lang").unwrap();
        assert_eq!(language.as_str().unwrap(), b"fr-FR");
    }

    #[test]
    fn every_standard_takes_every_operation() {
        for standard in [
            PdfConformance::A1a,
            PdfConformance::A1b,
            PdfConformance::A2a,
            PdfConformance::A2b,
            PdfConformance::A2u,
            PdfConformance::A3a,
            PdfConformance::A3b,
            PdfConformance::Ua1,
        ] {
            let mut unmapped = run(&face("Arial"), "abc", 10.0, 60.0, 10.0, false);
            unmapped.text = "a\u{F0A7}c".into();
            unmapped.glyphs[0].id = 0;
            unmapped.glyphs[1].end = 4;
            unmapped.glyphs[2].start = 4;
            unmapped.glyphs[2].end = unmapped.glyphs[2].start;
            let mut ops = everything();
            ops.extend(tagged(
                Tag::Figure(None),
                vec![fill(Paint::Solid(Rgba::BLACK))],
            ));
            ops.extend(tagged(Tag::Paragraph, vec![text(unmapped)]));
            let pages = [slide(), page(2, ops)];
            let options = PdfOptions {
                conformance: Some(standard),
                ..PdfOptions::default()
            };
            let mut writer = PdfWriter::new(options);
            for page in &pages {
                writer.page(page).unwrap();
            }
            let bytes = writer
                .finish()
                .unwrap_or_else(|error| panic!("{standard:?}: {error}"));
            let found = parse(&bytes).extract_text(&[1]).unwrap();
            assert!(found.contains("Before"), "{standard:?}: {found}");
        }
    }

    #[test]
    fn protected_files_open_with_their_password_alone() {
        let permissions = PdfPermissions {
            copy: false,
            ..PdfPermissions::default()
        };
        let options = PdfOptions {
            protection: Some(PdfProtection::new("geheim", permissions)),
            ..PdfOptions::default()
        };
        let (bytes, _) = write(&[slide()], options);
        assert!(Document::load_mem(&bytes).unwrap().is_encrypted());
        let open = |password: &str| {
            let options = lopdf::LoadOptions::with_password(password);
            Document::load_mem_with_options(&bytes, options)
        };
        assert!(open("wrong").is_err());
        let document = open("geheim").unwrap();
        assert!(document.extract_text(&[1]).unwrap().contains("Before"));
        let without = bytes.windows(6).any(|part| part == b"Before");
        assert!(!without);
    }
}
