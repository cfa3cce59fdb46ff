//! Graphic frames: tables, stored diagrams, previews of what is not drawn itself.

use slides_ooxml::model::{
    BlipFill, BlipMode, DiagramModel, GraphicFrame, GraphicKind, Line, Picture, PictureRef,
    RelativeRect, Shape, ShapeProperties, Transform,
};
use slides_scene::{Op, Paint, Rgba, StrokeStyle, Tag};

use crate::context::SlideContext;
use crate::inherit::Ancestry;
use crate::shape::{Canvas, Scope, draw_preview, draw_tree, plain_box, shape_link};
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
        GraphicKind::Diagram { shapes, model } => {
            if scope.depth >= MAX_DEPTH {
                return;
            }
            let made = shapes
                .is_empty()
                .then(|| laid_out(cx, model, &placed))
                .flatten();
            let shapes = made.as_ref().unwrap_or(shapes);
            if shapes.is_empty() {
                crate::diagram::draw_plain(cx, canvas, model, &placed);
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

/// The shapes that a diagram's layout definition asks for; none, with a warning, when it cannot be followed.
fn laid_out(cx: &SlideContext<'_>, model: &DiagramModel, placed: &Placed) -> Option<Vec<Shape>> {
    let Some(parts) = &model.parts else {
        cx.warn(
            "diagram",
            "a diagram without a stored drawing and layout is drawn as plain boxes",
        );
        return None;
    };
    crate::diagram::shapes(cx, parts, (placed.width, placed.height))
        .inspect_err(|why| {
            cx.warn(
                "diagram",
                format!(
                    "a diagram without a stored drawing is drawn as plain boxes: its layout {why}"
                ),
            );
        })
        .ok()
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
