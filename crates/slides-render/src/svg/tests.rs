//! Pages are drawn by `resvg` and compared with the rasteriser.
use std::sync::Arc;

use kurbo::{Affine, BezPath, Point, Rect};
use resvg::{tiny_skia, usvg};
use slides_fonts::{Face, FontBook, Style};
use slides_scene::{
    BlendMode, FillRule, GlyphRun, GradientStop, Link, Op, Page, Paint, PathGradient, Rgba,
    StrokeStyle,
};

use super::*;
use crate::geometry::rect_path;
use crate::raster::{RasterOptions, Rasterizer};
use crate::testing;

const RED: Rgba = Rgba::rgb(200, 30, 30);
const BLUE: Rgba = Rgba::rgb(30, 60, 200);

fn arial() -> Face {
    FontBook::bundled().select("Arial", Style::default()).face
}

fn page(ops: Vec<Op>) -> Page {
    Page {
        size: kurbo::Size::new(200.0, 120.0),
        number: 1,
        ops,
        ..Page::default()
    }
}

fn rect(x0: f64, y0: f64, x1: f64, y1: f64) -> Arc<BezPath> {
    Arc::new(rect_path(Rect::new(x0, y0, x1, y1)))
}

fn fill(path: Arc<BezPath>, paint: Paint) -> Op {
    Op::Fill(path, FillRule::NonZero, paint)
}

fn written(page: &Page, text: SvgText) -> String {
    let options = SvgOptions {
        text,
        ..SvgOptions::default()
    };
    let bytes = SvgWriter::new(options.clone()).page(page).unwrap();
    assert_eq!(bytes, SvgWriter::new(options).page(page).unwrap());
    String::from_utf8(bytes).unwrap()
}

/// RGB by resvg, which knows the bundled Arial twin alone.
fn drawn(svg: &str, width: u32, height: u32) -> Vec<u8> {
    let mut options = usvg::Options::default();
    options.fontdb_mut().load_font_data(arial().data().to_vec());
    let tree = usvg::Tree::from_str(svg, &options).unwrap();
    let mut pixmap = tiny_skia::Pixmap::new(width, height).unwrap();
    let scale = tiny_skia::Transform::from_scale(
        width as f32 / tree.size().width(),
        height as f32 / tree.size().height(),
    );
    resvg::render(&tree, scale, &mut pixmap.as_mut());
    pixmap
        .data()
        .as_chunks::<4>()
        .0
        .iter()
        .flat_map(|[r, g, b, _]| [*r, *g, *b])
        .collect()
}

fn rasterized(page: &Page, width: u32, height: u32) -> Vec<u8> {
    let mut rasterizer = Rasterizer::new(RasterOptions::default());
    let pixmap = rasterizer.page(page, width, height).unwrap();
    pixmap
        .rgba()
        .as_chunks::<4>()
        .0
        .iter()
        .flat_map(|[r, g, b, _]| [*r, *g, *b])
        .collect()
}

/// Mean difference of a channel, and the part of channels that are far off.
fn difference(page: &Page, svg: &str) -> (f64, f64) {
    let (width, height) = (400, 240);
    let (found, wanted) = (drawn(svg, width, height), rasterized(page, width, height));
    let pairs = || found.iter().zip(&wanted).map(|(a, b)| a.abs_diff(*b));
    let sum: f64 = pairs().map(f64::from).sum();
    let far = pairs().filter(|difference| *difference > 48).count();
    (sum / found.len() as f64, far as f64 / found.len() as f64)
}

fn same(page: &Page, text: SvgText) {
    let svg = written(page, text);
    let (mean, far) = difference(page, &svg);
    // Text is drawn by another rasteriser of glyphs.
    let (most, most_far) = if text == SvgText::Outlines {
        (0.6, 0.004)
    } else {
        (1.2, 0.008)
    };
    assert!(mean < most && far < most_far, "{mean} {far}\n{svg}");
}

fn stops() -> Vec<GradientStop> {
    vec![
        GradientStop {
            offset: 0.0,
            color: RED,
        },
        GradientStop {
            offset: 1.0,
            color: BLUE.with_alpha(128),
        },
    ]
}

#[test]
fn shapes_look_as_the_rasteriser_draws_them() {
    let star = BezPath::from_svg("M50 10L80 90L10 40H90L20 90Z").unwrap();
    let mut dashed = StrokeStyle::new(3.0);
    dashed.dashes = vec![9.0, 4.0];
    dashed.cap = kurbo::Cap::Round;
    same(
        &page(vec![
            Op::Fill(Arc::new(star.clone()), FillRule::EvenOdd, Paint::Solid(RED)),
            Op::Push(Affine::translate((100.0, 0.0)) * Affine::rotate(0.2)),
            Op::Clip(rect(0.0, 0.0, 60.0, 60.0), FillRule::NonZero),
            Op::Fill(Arc::new(star), FillRule::NonZero, Paint::Solid(BLUE)),
            Op::PopClip,
            Op::Stroke(
                rect(5.0, 5.0, 70.0, 80.0),
                dashed,
                Paint::Solid(RED.with_alpha(128)),
            ),
            Op::Pop,
            Op::Layer {
                alpha: 0.5,
                blend: BlendMode::Multiply,
            },
            fill(
                rect(60.0, 50.0, 190.0, 110.0),
                Paint::Solid(Rgba::rgb(240, 200, 40)),
            ),
            Op::PopLayer,
        ]),
        SvgText::Outlines,
    );
}

#[test]
fn gradients_look_as_the_rasteriser_draws_them() {
    let circle = Paint::Path {
        kind: PathGradient::Circle,
        bounds: Rect::new(100.0, 10.0, 190.0, 110.0),
        focus: Rect::new(130.0, 50.0, 130.0, 50.0),
        stops: stops(),
    };
    let linear = Paint::Linear {
        start: Point::new(10.0, 10.0),
        end: Point::new(90.0, 60.0),
        stops: stops(),
    };
    same(
        &page(vec![
            fill(rect(10.0, 10.0, 90.0, 110.0), linear),
            fill(rect(100.0, 10.0, 190.0, 110.0), circle),
        ]),
        SvgText::Outlines,
    );
}

#[test]
fn patterns_have_their_colours() {
    let pattern = Paint::Pattern {
        foreground: RED,
        background: BLUE,
        bits: [0xF0, 0xF0, 0xF0, 0xF0, 0x0F, 0x0F, 0x0F, 0x0F],
    };
    let page = page(vec![fill(rect(0.0, 0.0, 200.0, 120.0), pattern)]);
    let svg = written(&page, SvgText::Outlines);
    let (mean, _) = difference(&page, &svg);
    assert!(mean < 12.0, "{mean}");
}

fn text_page() -> Page {
    page(vec![
        Op::Text(
            Arc::new(testing::run(
                &arial(),
                "Wave & <text> 12",
                10.0,
                40.0,
                20.0,
                false,
            )),
            Paint::Solid(RED),
        ),
        Op::Text(
            Arc::new(GlyphRun {
                skew: 0.2,
                scale_x: 0.8,
                embolden: 0.6,
                ..testing::run(&arial(), "slanted, narrow", 10.0, 90.0, 24.0, false)
            }),
            Paint::Solid(BLUE),
        ),
    ])
}

#[test]
fn text_and_outlines_look_alike() {
    let page = text_page();
    for text in [SvgText::Outlines, SvgText::Named] {
        same(&page, text);
    }
    let named = written(&page, SvgText::Named);
    assert!(
        named.contains(">Wave &amp; &lt;text&gt; 12</text>"),
        "{named}"
    );
    assert!(
        named.contains("font-family=\"'Liberation Sans',Arial"),
        "{named}"
    );
    assert!(!written(&page, SvgText::Outlines).contains("<text"));
}

#[test]
fn embedded_faces_hold_what_is_written() {
    let svg = written(&text_page(), SvgText::Embedded);
    assert!(
        svg.contains("@font-face{font-family:f1;src:url(data:font/ttf;base64,AAEAAA"),
        "{svg}"
    );
    assert!(svg.contains("font-family=\"f1,Arial"));
    assert!(svg.len() < 60_000, "{}", svg.len());
    assert!(roxmltree(&svg));
}

/// Whether it is well formed.
fn roxmltree(svg: &str) -> bool {
    usvg::Tree::from_str(svg, &usvg::Options::default()).is_ok()
}

#[test]
fn shaped_runs_are_outlines_with_their_text_over_them() {
    let mut run = testing::run(&arial(), "office", 10.0, 40.0, 20.0, false);
    // One glyph for two characters, as a ligature has it.
    run.glyphs[2].end += 1;
    run.glyphs.remove(3);
    let svg = written(
        &page(vec![Op::Text(Arc::new(run), Paint::Solid(RED))]),
        SvgText::Embedded,
    );
    assert!(svg.contains("fill-opacity=\"0\">office</text>"), "{svg}");
    assert!(svg.contains("<path d=\"M"), "{svg}");
    assert!(!svg.contains("@font-face"), "{svg}");
}

#[test]
fn links_lead_out_and_scripts_are_left_out() {
    let mut page = page(Vec::new());
    let link = |target| Link {
        rect: Rect::new(1.0, 2.0, 30.0, 40.0),
        target,
    };
    page.links = vec![
        link(LinkTarget::Uri("https://example.org/?a=1&b=\"2".into())),
        link(LinkTarget::Uri("javascript:alert(1)".into())),
        link(LinkTarget::Slide(2)),
    ];
    page.title = Some("A <title>".into());
    let mut writer = SvgWriter::new(SvgOptions::default());
    let svg = String::from_utf8(writer.page(&page).unwrap()).unwrap();
    assert!(
        svg.contains("href=\"https://example.org/?a=1&amp;b=%222\""),
        "{svg}"
    );
    assert!(
        !svg.contains("javascript") && !svg.contains("slide-2"),
        "{svg}"
    );
    assert!(svg.contains("<title>A &lt;title&gt;</title>"), "{svg}");
    assert_eq!(writer.warnings().len(), 1);
    let options = SvgOptions {
        slides: vec![1, 2],
        ..SvgOptions::default()
    };
    let svg = SvgWriter::new(options).page(&page).unwrap();
    assert!(
        String::from_utf8(svg)
            .unwrap()
            .contains("href=\"#slide-2\"")
    );
}

#[test]
fn pictures_are_held_once_and_as_they_came() {
    use crate::picture::samples;
    let jpeg = samples::jpeg(40, 30);
    let image = samples::image("ppt/media/a.jpg", jpeg.clone());
    let show = |x: f64| {
        Op::Image(Box::new(slides_scene::ImageOp {
            image: image.clone(),
            dst: Rect::new(x, 10.0, x + 60.0, 70.0),
            crop: Rect::new(0.0, 0.0, 1.0, 1.0),
            alpha: 1.0,
            effects: Vec::new(),
            alt: None,
        }))
    };
    let page = page(vec![show(10.0), show(100.0)]);
    let svg = written(&page, SvgText::Named);
    use base64::Engine;
    let held = base64::engine::general_purpose::STANDARD.encode(&jpeg);
    assert_eq!(svg.matches(&held).count(), 1);
    assert_eq!(svg.matches("<use ").count(), 2);
    // Beside the document when that was asked for.
    let options = SvgOptions {
        picture_folder: Some("my pictures".into()),
        ..SvgOptions::default()
    };
    let mut document = Document::new(options);
    let mut out = String::new();
    document.content(&page, &mut out).unwrap();
    let files = document.take_files();
    assert_eq!(files.len(), 1);
    assert_eq!(
        (&*files[0].name, &files[0].bytes),
        ("my pictures/picture1.jpg", &jpeg)
    );
    assert!(
        out.contains("xlink:href=\"my%20pictures/picture1.jpg\""),
        "{out}"
    );
}

#[test]
fn sizes_and_limits_are_kept() {
    let page = text_page();
    let options = SvgOptions {
        size: (Some(640), None),
        ..SvgOptions::default()
    };
    let svg = String::from_utf8(SvgWriter::new(options).page(&page).unwrap()).unwrap();
    assert!(
        svg.contains(" width=\"640\" height=\"384\" viewBox=\"0 0 200 120\""),
        "{svg}"
    );
    let mut options = SvgOptions::default();
    options.limits.max_document_bytes = 200;
    let error = SvgWriter::new(options).page(&page).unwrap_err();
    assert!(error.to_string().contains("max_document_bytes"), "{error}");
}

#[test]
fn hostile_pages_are_survived() {
    let nan = Rect::new(f64::NAN, 0.0, f64::INFINITY, 1.0);
    let run = testing::run(&arial(), "a", f64::NAN, 1e300, 20.0, false);
    let svg = written(
        &page(vec![
            Op::PopClip,
            Op::Push(Affine::scale(f64::NAN)),
            Op::Text(Arc::new(run.clone()), Paint::Solid(RED)),
            Op::Pop,
            Op::Text(Arc::new(run), Paint::Solid(RED)),
            Op::Fill(
                Arc::new(rect_path(nan)),
                FillRule::NonZero,
                Paint::Solid(RED),
            ),
            Op::Clip(Arc::new(BezPath::new()), FillRule::NonZero),
            Op::Layer {
                alpha: f32::NAN,
                blend: BlendMode::Screen,
            },
        ]),
        SvgText::Embedded,
    );
    assert!(roxmltree(&svg), "{svg}");
}
