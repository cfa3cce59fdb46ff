//! Graphic frames: tables, stored diagrams, previews of what is not drawn itself.

use slides_ooxml::model::{
    BlipFill, BlipMode, GraphicFrame, GraphicKind, Line, Paragraph, ParagraphProperties, Picture,
    PictureRef, RelativeRect, Run, RunKind, RunProperties, Shape, ShapeProperties, TextAlign,
    TextBody, Transform,
};
use slides_scene::{Op, Paint, Rgba, StrokeStyle, Tag};

use crate::context::SlideContext;
use crate::inherit::Ancestry;
use crate::shape::{Canvas, Scope, draw_preview, draw_tree, plain_box, shape_link};
use crate::text::{self, TextCascade};
use crate::transform::{Placed, Placement};

/// Deepest nesting of stored diagrams.
const MAX_DEPTH: usize = 64;

/// Draws a graphic frame.
pub(crate) fn draw<'a>(
    cx: &SlideContext<'a>,
    canvas: &mut Canvas,
    shape: &'a Shape,
    frame: &'a GraphicFrame,
    scope: &Scope<'_>,
) {
    let Some(transform) = position(cx, shape, frame) else {
        cx.warn(
            "frame",
            format!("frame `{}` has no position and is left out", shape.nv.name),
        );
        return;
    };
    let placed = scope.placement.place(&transform);
    shape_link(cx, canvas, shape, &placed);
    match &frame.kind {
        GraphicKind::Table(table) => crate::table::draw(cx, canvas, table, &placed, scope),
        GraphicKind::Chart(chart)
            if crate::chart::draw(cx, canvas, shape, chart, &placed, scope) => {}
        GraphicKind::Chart(chart) => {
            let kind = if chart.extended {
                "extended chart"
            } else {
                "chart"
            };
            if chart
                .fallback
                .as_ref()
                .is_some_and(|picture| fallback(cx, canvas, shape, picture, &placed))
            {
                cx.warn(
                    "chart",
                    format!("{kind} `{}` is drawn as its stored picture", chart.part),
                );
            } else {
                cx.warn(
                    "chart",
                    format!(
                        "{kind} `{}` is not drawn, an empty box stands for it",
                        chart.part
                    ),
                );
                empty_box(canvas, shape, &placed);
            }
        }
        GraphicKind::Diagram { shapes, texts } => {
            if scope.depth >= MAX_DEPTH {
                return;
            }
            if shapes.is_empty() {
                cx.warn(
                    "diagram",
                    "a diagram without a stored drawing is drawn as the list of its texts",
                );
                node_list(cx, canvas, texts, &placed);
                return;
            }
            let inner = Scope {
                placement: Placement::relative_to(&placed),
                depth: scope.depth + 1,
                ..*scope
            };
            draw_tree(cx, canvas, shapes, &inner);
        }
        GraphicKind::Ole(object) => {
            if let Some(preview) = &object.preview {
                draw_preview(cx, canvas, shape, preview, &placed, scope);
            } else {
                let what = object.prog_id.as_deref().unwrap_or("object");
                cx.warn(
                    "object",
                    format!("embedded `{what}` has no stored picture, an empty box stands for it"),
                );
                empty_box(canvas, shape, &placed);
            }
        }
        GraphicKind::Unknown(uri) => {
            cx.warn(
                "frame",
                format!("content of type `{uri}` is not drawn, an empty box stands for it"),
            );
            empty_box(canvas, shape, &placed);
        }
    }
}

/// Lines of a script that runs from the right are set that way.
fn direction(line: &str) -> ParagraphProperties {
    let from_right = line
        .chars()
        .find(|c| c.is_alphabetic())
        .is_some_and(|c| matches!(c, '\u{590}'..='\u{8FF}' | '\u{FB1D}'..='\u{FEFC}'));
    ParagraphProperties {
        rtl: from_right.then_some(true),
        align: from_right.then_some(TextAlign::Right),
        ..ParagraphProperties::default()
    }
}

/// Draws the texts of a diagram's nodes one below the other, as large as the frame allows.
fn node_list(cx: &SlideContext<'_>, canvas: &mut Canvas, texts: &[String], placed: &Placed) {
    let body = |size: f64| TextBody {
        paragraphs: texts
            .iter()
            .take(200)
            .flat_map(|text| text.lines())
            .map(|line| Paragraph {
                properties: direction(line),
                runs: vec![Run {
                    kind: RunKind::Text(line.to_owned()),
                    properties: RunProperties {
                        size: Some(size),
                        ..RunProperties::default()
                    },
                }],
                ..Paragraph::default()
            })
            .collect(),
        ..TextBody::default()
    };
    let cascade = TextCascade {
        list_styles: vec![
            &cx.slide.layout.master.other_style,
            &cx.presentation.default_text_style,
        ],
        ..TextCascade::default()
    };
    let width = (placed.width - 14.4).max(1.0);
    let sizes = [18.0, 16.0, 14.0, 12.0, 11.0, 10.0, 9.0];
    let fits =
        |size: &f64| text::measure_text(cx, &body(*size), &cascade, width) <= placed.height - 7.2;
    let size = sizes.into_iter().find(fits).unwrap_or(8.0);
    let block = text::layout_text(
        cx,
        &body(size),
        &cascade,
        &crate::shape::text_frame(placed, placed.local()),
    );
    canvas.ops.push(Op::Push(placed.text_to_page));
    canvas.ops.extend(block.ops);
    canvas.ops.push(Op::Pop);
}

/// The frame's own position, else its placeholder's.
fn position<'a>(
    cx: &SlideContext<'a>,
    shape: &'a Shape,
    frame: &GraphicFrame,
) -> Option<Transform> {
    frame
        .transform
        .or_else(|| Ancestry::of(cx, shape).transform())
}

fn fallback(
    cx: &SlideContext<'_>,
    canvas: &mut Canvas,
    shape: &Shape,
    picture: &PictureRef,
    placed: &Placed,
) -> bool {
    let blip = BlipFill {
        picture: Some(picture.clone()),
        svg: None,
        effects: Vec::new(),
        crop: RelativeRect::default(),
        mode: BlipMode::Stretch(RelativeRect::default()),
        rotate_with_shape: true,
    };
    let picture = Picture {
        fill: blip,
        properties: ShapeProperties::default(),
        style: None,
        media: false,
    };
    let outline = crate::geometry::rectangle(placed.width, placed.height);
    let Some(drawn) = crate::picture::draw(
        cx,
        &picture.fill,
        &outline,
        placed.local(),
        None,
        shape.nv.alt.as_deref(),
    ) else {
        return false;
    };
    canvas.ops.extend([
        Op::Tag(Tag::Figure(shape.nv.alt.clone())),
        Op::Push(placed.to_page),
    ]);
    canvas.ops.extend(drawn.ops);
    canvas.ops.extend([Op::Pop, Op::EndTag]);
    true
}

fn empty_box(canvas: &mut Canvas, shape: &Shape, placed: &Placed) {
    let grey = Paint::Solid(Rgba::rgb(0xBF, 0xBF, 0xBF));
    canvas.ops.extend([
        Op::Tag(Tag::Figure(shape.nv.alt.clone())),
        Op::Push(placed.to_page),
    ]);
    crate::line::draw(
        &mut canvas.ops,
        &plain_box(placed.width, placed.height),
        &Line::default(),
        &StrokeStyle::new(0.75),
        &grey,
    );
    canvas.ops.extend([Op::Pop, Op::EndTag]);
}
