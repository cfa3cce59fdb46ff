//! Files are read back by another reader, and by their records.
use std::sync::Arc;

use ooxml_metafile::drawing::{Op as Drawn, Paint as DrawnPaint, PathCommand};
use slides_fonts::{FontBook, Style};
use slides_scene::kurbo::{Point, Size};
use slides_scene::{GradientStop, ImageOp, Paint, PathGradient, StrokeStyle};

use super::*;
use crate::picture::samples;

fn shape(rect: Rect) -> Arc<kurbo::BezPath> {
    Arc::new(rect_path(rect))
}

fn page(ops: Vec<Op>) -> Page {
    Page {
        size: Size::new(720.0, 405.0),
        number: 1,
        ops,
        ..Page::default()
    }
}

fn write(page: &Page) -> Vec<u8> {
    let mut writer = EmfWriter::new(EmfOptions::default());
    writer.page(page, 960, 540).unwrap()
}

/// Kinds of the records, whose sizes have to add up.
fn kinds(bytes: &[u8]) -> Vec<u32> {
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let (mut at, mut kinds) = (0, Vec::new());
    while at < bytes.len() {
        kinds.push(word(at));
        assert_eq!(word(at + 4) % 4, 0);
        at += word(at + 4) as usize;
    }
    assert_eq!(at, bytes.len());
    assert_eq!((word(40), word(48) as usize), (0x464D_4520, bytes.len()));
    assert_eq!(word(52) as usize, kinds.len());
    assert_eq!(kinds.last(), Some(&14));
    kinds
}

fn drawn(page: &Page) -> Vec<Drawn> {
    let bytes = write(page);
    assert_eq!(bytes, write(page));
    kinds(&bytes);
    let drawing = ooxml_metafile::replay(&bytes).unwrap();
    assert!(drawing.omissions.is_empty(), "{:?}", drawing.omissions);
    assert!((drawing.width - 960.0).abs() < 1.0 && (drawing.height - 540.0).abs() < 1.0);
    // The first is the page's white.
    drawing.ops.into_iter().skip(1).collect()
}

#[test]
fn paths_text_and_lines_are_paths_of_one_colour() {
    let red = Paint::Solid(Rgba::rgb(200, 10, 20));
    let face = FontBook::bundled().select("Arial", Style::default()).face;
    let run = crate::testing::run(&face, "eins", 10.0, 40.0, 20.0, false);
    let ops = drawn(&page(vec![
        Op::Fill(
            shape(Rect::new(10.0, 10.0, 60.0, 40.0)),
            FillRule::EvenOdd,
            red.clone(),
        ),
        Op::Push(Affine::rotate(0.3)),
        Op::Stroke(
            shape(Rect::new(10.0, 10.0, 60.0, 40.0)),
            StrokeStyle::new(2.0),
            red.clone(),
        ),
        Op::Pop,
        Op::Text(Arc::new(run), red),
    ]));
    let fills: Vec<bool> = ops
        .iter()
        .map(|op| match op {
            Drawn::Shape(shape) => {
                let Some(DrawnPaint::Solid(color)) = &shape.fill else {
                    panic!("{shape:?}");
                };
                assert_eq!((color.r, color.g, color.b, color.a), (200, 10, 20, 255));
                shape.even_odd
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(fills, [true, false, false]);
}

#[test]
fn what_has_opacity_or_many_colours_is_a_picture() {
    let stop = |offset, color| GradientStop { offset, color };
    let gradient = Paint::Linear {
        start: Point::new(0.0, 0.0),
        end: Point::new(60.0, 0.0),
        stops: vec![stop(0.0, Rgba::BLACK), stop(1.0, Rgba::WHITE)],
    };
    let image = samples::image("a", samples::png_of(2, 2, &[9; 16]));
    let mut picture = ImageOp::of_fill(&image, 1.0, &[]);
    picture.dst = Rect::new(100.0, 100.0, 200.0, 200.0);
    let square = shape(Rect::new(10.0, 10.0, 60.0, 40.0));
    let half = Paint::Solid(Rgba::BLACK.with_alpha(128));
    let mut page = page(vec![
        Op::Fill(square.clone(), FillRule::NonZero, gradient),
        Op::Fill(square.clone(), FillRule::NonZero, half),
        Op::Image(Box::new(picture)),
    ]);
    let count = |page: &Page| {
        let ops = drawn(page);
        ops.iter()
            .filter(|op| matches!(op, Drawn::Image(_)))
            .count()
    };
    // The gradient is steps.
    assert_eq!(count(&page), 2);
    // Groups are drawn as one, in so far as there is something to see.
    page.ops = vec![
        Op::Layer {
            alpha: 0.5,
            blend: BlendMode::Multiply,
        },
        Op::Fill(square, FillRule::NonZero, Paint::Solid(Rgba::BLACK)),
        Op::PopLayer,
        Op::Layer {
            alpha: 0.5,
            blend: BlendMode::Normal,
        },
        Op::PopLayer,
    ];
    assert_eq!(count(&page), 1);
    let mut writer = EmfWriter::new(EmfOptions::default());
    writer.page(&page, 960, 540).unwrap();
    assert!(
        writer
            .warnings()
            .iter()
            .any(|warning| warning.feature == "blend")
    );
}

/// The colour that lies on top at a point of the page, in pixels.
fn color_at(ops: &[Drawn], x: f64, y: f64) -> (u8, u8, u8) {
    let mut color = (255, 255, 255);
    for op in ops {
        let Drawn::Shape(shape) = op else {
            panic!("{op:?}");
        };
        let mut path = kurbo::BezPath::new();
        for command in &shape.path {
            match *command {
                PathCommand::Move { x, y } => path.move_to((x, y)),
                PathCommand::Line { x, y } => path.line_to((x, y)),
                PathCommand::Quad { cpx, cpy, x, y } => path.quad_to((cpx, cpy), (x, y)),
                PathCommand::Cubic {
                    cp1x,
                    cp1y,
                    cp2x,
                    cp2y,
                    x,
                    y,
                } => path.curve_to((cp1x, cp1y), (cp2x, cp2y), (x, y)),
                PathCommand::Close => path.close_path(),
            }
        }
        if let (true, Some(DrawnPaint::Solid(fill))) =
            (path.contains(Point::new(x, y)), &shape.fill)
        {
            color = (fill.r, fill.g, fill.b);
        }
    }
    color
}

#[test]
fn gradients_of_a_page_are_steps_of_some_kilobytes() {
    let stops = vec![
        GradientStop {
            offset: 0.25,
            color: Rgba::rgb(0, 0, 200),
        },
        GradientStop {
            offset: 0.75,
            color: Rgba::rgb(200, 0, 0),
        },
    ];
    let bounds = Rect::new(0.0, 0.0, 720.0, 405.0);
    let nested = |kind, focus| Paint::Path {
        kind,
        bounds,
        focus,
        stops: stops.clone(),
    };
    let center = Rect::from_center_size(bounds.center(), (0.0, 0.0));
    let linear = Paint::Linear {
        start: Point::new(0.0, 405.0),
        end: Point::new(720.0, 405.0),
        stops: stops.clone(),
    };
    let (blue, red, mixed) = ((0, 0, 200), (200, 0, 0), (100, 0, 100));
    // Pixels of a page of 960 by 540: where the first colour, the last and the middle are.
    let cases = [
        (linear, [(100.0, 9.0), (900.0, 500.0), (480.0, 270.0)]),
        (
            nested(PathGradient::Rect, center),
            [(480.0, 300.0), (60.0, 270.0), (240.0, 270.0)],
        ),
        (
            nested(PathGradient::Circle, center),
            [(480.0, 300.0), (60.0, 270.0), (240.0, 270.0)],
        ),
    ];
    for (paint, points) in cases {
        let mut page = page(vec![Op::Fill(shape(bounds), FillRule::NonZero, paint)]);
        let ops = drawn(&page);
        let [first, last, middle] = points.map(|(x, y)| color_at(&ops, x, y));
        assert_eq!((first, last), (blue, red));
        let off = |a: u8, b: u8| a.abs_diff(b) <= 2;
        assert!(
            off(middle.0, mixed.0) && off(middle.2, mixed.2),
            "{middle:?}"
        );
        let size = write(&page).len();
        assert!(size < 90_000, "{size}");
        // Turned, and where little of it is seen.
        page.ops.insert(0, Op::Push(Affine::rotate(0.5)));
        page.ops.push(Op::Pop);
        assert!(write(&page).len() < 90_000);
    }
}

#[test]
fn clips_are_saved_and_restored() {
    let square = shape(Rect::new(10.0, 10.0, 60.0, 40.0));
    let black = Paint::Solid(Rgba::BLACK);
    let bytes = write(&page(vec![
        Op::Clip(square.clone(), FillRule::EvenOdd),
        Op::Fill(square.clone(), FillRule::NonZero, black.clone()),
        Op::PopClip,
        Op::Fill(square, FillRule::NonZero, black),
    ]));
    let kinds = kinds(&bytes);
    let count = |kind| kinds.iter().filter(|other| **other == kind).count();
    // Saves, restores, clips; brushes made and removed.
    assert_eq!([count(33), count(34), count(67)], [1, 1, 1]);
    assert_eq!([count(39), count(40)], [3, 3]);
}

#[test]
fn files_that_pass_their_limit_are_errors() {
    let mut options = EmfOptions::default();
    options.limits.max_document_bytes = 400;
    let mut writer = EmfWriter::new(options);
    let square = shape(Rect::new(10.0, 10.0, 60.0, 40.0));
    let fill = Op::Fill(square, FillRule::NonZero, Paint::Solid(Rgba::BLACK));
    let error = writer.page(&page(vec![fill]), 960, 540).unwrap_err();
    assert!(matches!(error, RenderError::TooManyBytes { .. }));
    assert!(matches!(
        writer.page(&page(Vec::new()), 0, 1).unwrap_err(),
        RenderError::TooManyPixels { .. }
    ));
}
