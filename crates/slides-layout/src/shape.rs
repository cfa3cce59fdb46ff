//! Shapes of a tree: outline, fill, line, text, effects, groups.

use std::borrow::Cow;
use std::sync::Arc;

use kurbo::{Affine, BezPath, Rect};
use slides_ooxml::model::{
    BlipEffect, Fill, Geometry, Group, PathFill, Picture, Shape, ShapeKind, TextBody, Transform,
};
use slides_scene::{FillRule, Link, Op, Paint, Rgba, Tag};

use crate::context::SlideContext;
use crate::effect::{Subject, emit};
use crate::fill::{GroupFill, PaintFrame};
use crate::geometry::{self, Outline};
use crate::inherit::{Ancestry, PlaceholderKind, ResolvedFill, ResolvedLine};
use crate::overlay::overlaid_outline;
use crate::text::{self, TextFrame};
use crate::transform::{Placed, Placement};

/// Deepest nesting of groups and frames that is drawn.
const MAX_DEPTH: usize = 64;

/// Where a tree is drawn.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    /// The frame that shapes are placed in.
    pub placement: Placement,
    /// The enclosing group's fill.
    pub group: Option<&'a GroupFill<'a>>,
    /// Nesting so far.
    pub depth: usize,
    /// Shapes of a layout or master: their placeholders are not drawn and nothing is read out.
    pub is_backdrop: bool,
}

/// Collected output of a page.
#[derive(Default)]
pub(crate) struct Canvas {
    /// Operations in page coordinates.
    pub ops: Vec<Op>,
    /// Links in page coordinates.
    pub links: Vec<Link>,
    /// Text of the first title placeholder.
    pub title: Option<String>,
}

/// Draws the shapes of a tree in order.
pub(crate) fn draw_tree<'a>(
    cx: &SlideContext<'a>,
    canvas: &mut Canvas,
    shapes: &'a [Shape],
    scope: &Scope<'_>,
) {
    for shape in shapes {
        if !cx.spend(1) {
            return;
        }
        if shape.nv.hidden || scope.is_backdrop && shape.nv.placeholder.is_some() {
            continue;
        }
        draw_shape(cx, canvas, shape, scope);
    }
}

fn draw_shape<'a>(cx: &SlideContext<'a>, canvas: &mut Canvas, shape: &'a Shape, scope: &Scope<'_>) {
    let before = canvas.ops.len();
    match &shape.kind {
        ShapeKind::Shape { text, .. } => draw_sp(cx, canvas, shape, text.as_ref(), scope),
        ShapeKind::Connector(_) => draw_sp(cx, canvas, shape, None, scope),
        ShapeKind::Picture(picture) => draw_picture(cx, canvas, shape, picture, scope),
        ShapeKind::Group(group) => draw_group(cx, canvas, shape, group, scope),
        ShapeKind::GraphicFrame(frame) => crate::frame::draw(cx, canvas, shape, frame, scope),
        ShapeKind::Unknown(name) => cx.warn("shape", format!("`{name}` is not drawn")),
    }
    cx.spend(canvas.ops.len() - before);
}

/// Adds the link of a whole shape under the links of its text.
pub(crate) fn shape_link(
    cx: &SlideContext<'_>,
    canvas: &mut Canvas,
    shape: &Shape,
    placed: &Placed,
) {
    if let Some(target) = shape.nv.link.as_ref().and_then(|link| cx.link_target(link)) {
        canvas.links.push(Link {
            rect: placed.to_page.transform_rect_bbox(placed.local()),
            target,
        });
    }
}

fn draw_sp<'a>(
    cx: &SlideContext<'a>,
    canvas: &mut Canvas,
    shape: &'a Shape,
    body: Option<&'a TextBody>,
    scope: &Scope<'_>,
) {
    let ancestry = Ancestry::of(cx, shape);
    let Some(transform) = ancestry.transform() else {
        if body.is_some_and(has_text) {
            cx.warn(
                "shape",
                format!("shape `{}` has no position and is left out", shape.nv.name),
            );
        }
        return;
    };
    let placed = scope.placement.place(&transform);
    let outline = outline_of(cx, ancestry.geometry(), &placed);
    let frame = paint_frame(&placed, scope);
    let fill = ancestry.fill(cx);
    let line = ancestry.line(cx);
    let paint = if shape.nv.use_background_fill {
        // The page shows through, whatever lies between.
        Some(background_at(cx, &placed))
    } else {
        fill_paint(cx, fill.as_ref(), &frame)
    };
    // The edge of a face that is not there shows nothing; a turned camera moves everything.
    if let Some(what) = ancestry
        .three_d(cx)
        .filter(|what| paint.is_some() || *what == "rotated camera")
    {
        cx.warn("3-D", format!("{what} is drawn from the front, flat"));
    }
    let resolved = ancestry.effects(cx);
    let drawn = overlaid_outline(
        cx,
        &outline,
        paint.as_ref(),
        &line,
        &frame,
        resolved.as_ref(),
    );

    let mut text_ops = Vec::new();
    if let Some(body) = body.filter(|body| has_text(body)) {
        let cascade = ancestry.text_cascade(cx);
        let (text_at, rect) = text_place(shape, &transform, &placed, outline.text_rect, scope);
        let block = text::layout_text(cx, body, &cascade, &text_frame(&text_at, rect));
        if cascade.is_title && canvas.title.is_none() && !scope.is_backdrop {
            let plain = block.plain.split_whitespace().collect::<Vec<_>>().join(" ");
            canvas.title = (!plain.is_empty()).then_some(plain);
        }
        shape_link(cx, canvas, shape, &placed);
        place_links(canvas, block.links, text_at.text_to_page);
        if !block.ops.is_empty() {
            text_ops.push(Op::Push(text_at.text_to_page));
            text_ops.extend(block.ops);
            text_ops.push(Op::Pop);
        }
    } else {
        shape_link(cx, canvas, shape, &placed);
    }

    let mut geometry_ops = Vec::new();
    if !drawn.ops.is_empty() {
        geometry_ops.push(Op::Push(placed.to_page));
        geometry_ops.extend(drawn.ops);
        geometry_ops.push(Op::Pop);
    }
    let is_title = ancestry.kind() == Some(PlaceholderKind::Title);
    // Letters cast the shadow of a shape that has nothing else to cast one.
    let silhouette = if drawn.is_filled || !geometry_ops.is_empty() {
        geometry_ops.clone()
    } else {
        text_ops
            .iter()
            .filter(|op| !matches!(op, Op::Tag(_) | Op::EndTag))
            .cloned()
            .collect()
    };
    let mut ops = Vec::new();
    if !geometry_ops.is_empty() {
        let tag = if scope.is_backdrop || shape.nv.decorative {
            Some(Tag::Artifact)
        } else if let Some(alt) = shape
            .nv
            .alt
            .as_deref()
            .filter(|alt| !alt.is_empty() && text_ops.is_empty())
        {
            Some(Tag::Figure(Some(alt.to_owned())))
        } else {
            Some(Tag::Artifact)
        };
        tagged(&mut ops, tag, geometry_ops);
    }
    if scope.is_backdrop {
        tagged(&mut ops, Some(Tag::Artifact), without_tags(text_ops));
    } else if is_title && !text_ops.is_empty() {
        tagged(&mut ops, None, text_ops);
    } else {
        ops.extend(text_ops);
    }
    let subject = Subject {
        ops,
        silhouette,
        placed: &placed,
        margin: drawn.margin,
    };
    let (effects, placeholder) =
        resolved.map_or((None, None), |r| (Some(r.effects), r.placeholder));
    emit(cx, &mut canvas.ops, subject, effects, placeholder);
}

/// Where a shape's text goes: into its outline's text rectangle, or into a box of its own that stored
/// diagram shapes have, turned against the shape.
fn text_place(
    shape: &Shape,
    own: &Transform,
    placed: &Placed,
    text_rect: Rect,
    scope: &Scope<'_>,
) -> (Placed, Rect) {
    let separate = match &shape.kind {
        ShapeKind::Shape { properties, .. } => properties.text_transform,
        _ => None,
    };
    separate.map_or((*placed, text_rect), |separate| {
        let turned = Transform {
            rotation: own.rotation + separate.rotation,
            ..separate
        };
        let text_at = scope.placement.place(&turned);
        (text_at, text_at.local())
    })
}

fn without_tags(ops: Vec<Op>) -> Vec<Op> {
    ops.into_iter()
        .filter(|op| !matches!(op, Op::Tag(_) | Op::EndTag))
        .collect()
}

fn tagged(out: &mut Vec<Op>, tag: Option<Tag>, ops: Vec<Op>) {
    if ops.is_empty() {
        return;
    }
    match tag {
        Some(tag) => {
            out.push(Op::Tag(tag));
            out.extend(ops);
            out.push(Op::EndTag);
        }
        None => out.extend(ops),
    }
}

/// Moves links of a text block onto the page.
pub(crate) fn place_links(canvas: &mut Canvas, links: Vec<Link>, to_page: Affine) {
    canvas.links.extend(links.into_iter().map(|link| Link {
        rect: to_page.transform_rect_bbox(link.rect),
        target: link.target,
    }));
}

/// Whether a body has anything to draw; empty placeholders draw no prompt.
pub(crate) fn has_text(body: &TextBody) -> bool {
    body.paragraphs.iter().any(|p| !p.runs.is_empty())
}

/// The frame that a shape's fills are painted in.
pub(crate) fn paint_frame<'a>(placed: &Placed, scope: &Scope<'a>) -> PaintFrame<'a> {
    PaintFrame {
        rotation: placed.rotation,
        group: scope.group,
        to_page: placed.to_page,
        ..PaintFrame::new(placed.local())
    }
}

/// The frame that a shape's text is laid out in.
pub(crate) fn text_frame(placed: &Placed, rect: Rect) -> TextFrame {
    TextFrame {
        rect: placed.text_rect(rect),
        rotation: placed.rotation,
        ..TextFrame::default()
    }
}

/// A shape's outline; a plain box where it has none or an unknown one.
pub(crate) fn outline_of(
    cx: &SlideContext<'_>,
    geometry: Option<&Geometry>,
    placed: &Placed,
) -> Outline {
    let Some(geometry) = geometry else {
        return geometry::rectangle(placed.width, placed.height);
    };
    geometry::outline(geometry, placed.width, placed.height).unwrap_or_else(|| {
        if let Geometry::Preset { name, .. } = geometry {
            cx.warn(
                "shape",
                format!("preset shape `{name}` is not known, a box is drawn"),
            );
        }
        geometry::rectangle(placed.width, placed.height)
    })
}

/// What an outline drew.
pub(crate) struct DrawnOutline {
    /// Operations in the shape's frame.
    pub ops: Vec<Op>,
    /// Whether it has a fill.
    pub is_filled: bool,
    /// Half of the line's width.
    pub margin: f64,
}

/// What the page's background shows in a shape's frame.
fn background_at(cx: &SlideContext<'_>, placed: &Placed) -> Paint {
    let paint = crate::page::background_paint(cx).unwrap_or(Paint::Solid(Rgba::WHITE));
    if placed.to_page.determinant().abs() < 1e-12 {
        return paint;
    }
    crate::fill::transformed(paint, placed.to_page.inverse())
}

/// The paint of a resolved fill.
pub(crate) fn fill_paint(
    cx: &SlideContext<'_>,
    fill: Option<&ResolvedFill<'_>>,
    frame: &PaintFrame<'_>,
) -> Option<Paint> {
    let fill = fill?;
    cx.paint_in(
        fill.fill,
        &PaintFrame {
            placeholder: fill.placeholder,
            ..*frame
        },
    )
}

/// Fill and line of an outline.
pub(crate) fn outline_ops(
    cx: &SlideContext<'_>,
    outline: &Outline,
    paint: Option<&Paint>,
    line: &ResolvedLine,
    frame: &PaintFrame<'_>,
) -> DrawnOutline {
    let mut ops = Vec::new();
    let mut is_filled = false;
    let pen = crate::line::stroke(
        cx,
        &line.line,
        &PaintFrame {
            placeholder: line.placeholder,
            ..*frame
        },
    );
    // Paths are painted one after the other, each with its fill and line.
    for part in &outline.parts {
        if let Some(paint) = paint.filter(|_| part.fill != PathFill::None && has_area(&part.path)) {
            is_filled = true;
            crate::rings::fill(&mut ops, &part.path, shaded(paint, part.fill));
        }
        if let Some((style, ink)) = pen.as_ref().filter(|_| part.stroke) {
            crate::line::draw(&mut ops, &part.path, &line.line, style, ink);
        }
    }
    let margin = pen.map_or(0.0, |(style, _)| style.width / 2.0);
    DrawnOutline {
        ops,
        is_filled,
        margin,
    }
}

fn has_area(path: &BezPath) -> bool {
    path.elements().len() > 2
}

/// The fill of a path that is drawn lighter or darker than its shape.
fn shaded(paint: &Paint, fill: PathFill) -> Paint {
    let toward = match fill {
        PathFill::None | PathFill::Norm => return paint.clone(),
        PathFill::Lighten => (255.0, 0.4),
        PathFill::LightenLess => (255.0, 0.2),
        PathFill::Darken => (0.0, 0.4),
        PathFill::DarkenLess => (0.0, 0.2),
    };
    let mix = |c: Rgba| {
        let channel = |v: u8| (f64::from(v) + (toward.0 - f64::from(v)) * toward.1).round() as u8;
        Rgba {
            r: channel(c.r),
            g: channel(c.g),
            b: channel(c.b),
            a: c.a,
        }
    };
    let mut paint = paint.clone();
    match &mut paint {
        Paint::Solid(color) => *color = mix(*color),
        Paint::Linear { stops, .. } | Paint::Path { stops, .. } => {
            for stop in stops {
                stop.color = mix(stop.color);
            }
        }
        Paint::Pattern {
            foreground,
            background,
            ..
        } => {
            *foreground = mix(*foreground);
            *background = mix(*background);
        }
        Paint::Image { .. } => {}
    }
    paint
}

fn draw_picture<'a>(
    cx: &SlideContext<'a>,
    canvas: &mut Canvas,
    shape: &'a Shape,
    picture: &'a Picture,
    scope: &Scope<'_>,
) {
    let ancestry = Ancestry::of(cx, shape);
    let Some(transform) = ancestry.transform() else {
        cx.warn(
            "picture",
            format!(
                "picture `{}` has no position and is left out",
                shape.nv.name
            ),
        );
        return;
    };
    if picture.media {
        cx.warn("media", "video and sound are drawn as their picture");
    }
    picture_at(cx, canvas, shape, picture, &ancestry, &transform, scope);
}

fn picture_at<'a>(
    cx: &SlideContext<'a>,
    canvas: &mut Canvas,
    shape: &'a Shape,
    picture: &'a Picture,
    ancestry: &Ancestry<'a>,
    transform: &Transform,
    scope: &Scope<'_>,
) {
    let placed = scope.placement.place(transform);
    let outline = outline_of(cx, ancestry.geometry(), &placed);
    let frame = paint_frame(&placed, scope);
    if let Some(what) = ancestry.three_d(cx) {
        cx.warn("3-D", format!("{what} is drawn from the front, flat"));
    }
    let fill = ancestry.fill(cx);
    let line = ancestry.line(cx);
    let alt = shape.nv.alt.as_deref().filter(|_| !scope.is_backdrop);
    // The fill lies behind the picture and shows through it; the line lies on top.
    let no_line = ResolvedLine::default();
    let behind = outline_ops(
        cx,
        &outline,
        fill_paint(cx, fill.as_ref(), &frame).as_ref(),
        &no_line,
        &frame,
    );
    let resolved = ancestry.effects(cx);
    let placeholder = resolved.as_ref().and_then(|e| e.placeholder);
    let overlay = resolved.as_ref().and_then(|e| e.effects.overlay.as_ref());
    let mut blip = Cow::Borrowed(&picture.fill);
    if let Some(overlay) = overlay {
        let effect = BlipEffect::Overlay(overlay.clone());
        blip.to_mut().effects.push(effect);
    }
    let drawn = crate::picture::draw(cx, &blip, &outline, placed.local(), placeholder, alt);
    let border = outline_ops(cx, &outline, None, &line, &frame);

    let mut inner = behind.ops;
    let mut silhouette = vec![Op::Push(placed.to_page)];
    if let Some(drawn) = &drawn {
        // The outline stands for a picture that is opaque anyway.
        if drawn.opaque || behind.is_filled {
            for part in outline.parts.iter().filter(|p| p.fill != PathFill::None) {
                silhouette.push(Op::Fill(
                    part.path.clone(),
                    FillRule::EvenOdd,
                    Paint::Solid(Rgba::BLACK),
                ));
            }
        } else {
            silhouette.extend(drawn.ops.iter().cloned());
        }
    }
    silhouette.extend(border.ops.iter().cloned());
    silhouette.push(Op::Pop);
    if let Some(drawn) = drawn {
        inner.extend(drawn.ops);
    }
    inner.extend(border.ops);
    shape_link(cx, canvas, shape, &placed);
    if inner.is_empty() {
        return;
    }
    let tag = if scope.is_backdrop || shape.nv.decorative {
        Tag::Artifact
    } else {
        Tag::Figure(alt.map(str::to_owned))
    };
    let mut ops = vec![Op::Tag(tag), Op::Push(placed.to_page)];
    ops.extend(inner);
    ops.extend([Op::Pop, Op::EndTag]);
    let subject = Subject {
        ops,
        silhouette,
        placed: &placed,
        margin: border.margin,
    };
    let (effects, placeholder) =
        resolved.map_or((None, None), |r| (Some(r.effects), r.placeholder));
    emit(cx, &mut canvas.ops, subject, effects, placeholder);
}

/// Draws a picture that stands for a frame's content, in the frame's box.
pub(crate) fn draw_preview<'a>(
    cx: &SlideContext<'a>,
    canvas: &mut Canvas,
    shape: &'a Shape,
    picture: &'a Picture,
    placed: &Placed,
    scope: &Scope<'_>,
) {
    let outline = geometry::rectangle(placed.width, placed.height);
    let Some(drawn) = crate::picture::draw(
        cx,
        &picture.fill,
        &outline,
        placed.local(),
        None,
        shape.nv.alt.as_deref(),
    ) else {
        return;
    };
    let tag = if scope.is_backdrop {
        Tag::Artifact
    } else {
        Tag::Figure(shape.nv.alt.clone())
    };
    canvas.ops.extend([Op::Tag(tag), Op::Push(placed.to_page)]);
    let frame = paint_frame(placed, scope);
    if let Some(fill) = picture
        .properties
        .fill
        .as_ref()
        .filter(|f| !matches!(f, Fill::None))
    {
        let fill = ResolvedFill {
            fill,
            placeholder: None,
        };
        let none = ResolvedLine::default();
        canvas.ops.extend(
            outline_ops(
                cx,
                &outline,
                fill_paint(cx, Some(&fill), &frame).as_ref(),
                &none,
                &frame,
            )
            .ops,
        );
    }
    canvas.ops.extend(drawn.ops);
    canvas.ops.extend([Op::Pop, Op::EndTag]);
}

fn draw_group<'a>(
    cx: &SlideContext<'a>,
    canvas: &mut Canvas,
    shape: &'a Shape,
    group: &'a Group,
    scope: &Scope<'_>,
) {
    if scope.depth >= MAX_DEPTH {
        cx.warn(
            "limit",
            format!("groups nested deeper than {MAX_DEPTH} are left out"),
        );
        return;
    }
    // A group without a box of its own leaves its children where they are.
    let placed = group
        .transform
        .map(|transform| (scope.placement.place(&transform), transform));
    let placement = placed
        .as_ref()
        .map_or(scope.placement, |(placed, transform)| {
            // A group flattened to nothing still says where its children are.
            let child_box = group.child_box.filter(|(_, _, w, h)| *w > 0 || *h > 0);
            Placement::inside(placed, child_box, transform)
        });
    let own_fill = match (&group.fill, &placed) {
        (Some(fill), Some((placed, _))) => Some(GroupFill {
            fill,
            bounds: placed.local(),
            to_page: placed.to_page,
            outer: scope.group,
        }),
        _ => None,
    };
    let inner = Scope {
        placement,
        group: own_fill.as_ref().or(scope.group),
        depth: scope.depth + 1,
        is_backdrop: scope.is_backdrop,
    };
    let mut children = Canvas {
        title: canvas.title.take(),
        ..Canvas::default()
    };
    draw_tree(cx, &mut children, &group.children, &inner);
    canvas.title = children.title;
    if let Some((placed, _)) = &placed {
        shape_link(cx, canvas, shape, placed);
    }
    canvas.links.extend(children.links);
    match (&group.effects, &placed) {
        (Some(effects), Some((placed, _)))
            if *effects != slides_ooxml::model::EffectList::default() =>
        {
            if effects.overlay.is_some() {
                cx.warn("effect", "a fill laid over a group is left out");
            }
            let silhouette = children
                .ops
                .iter()
                .filter(|op| !matches!(op, Op::Tag(_) | Op::EndTag))
                .cloned()
                .collect();
            let subject = Subject {
                ops: children.ops,
                silhouette,
                placed,
                margin: 0.0,
            };
            emit(cx, &mut canvas.ops, subject, Some(effects), None);
        }
        _ => canvas.ops.extend(children.ops),
    }
}

/// Fill and line of a shape that has no ancestors, such as a placeholder frame around a chart.
pub(crate) fn plain_box(width: f64, height: f64) -> Arc<BezPath> {
    use kurbo::Shape as _;
    Arc::new(Rect::new(0.0, 0.0, width, height).to_path(0.1))
}

#[cfg(test)]
mod tests {
    use slides_ooxml::{Deck, PackageLimits};

    use crate::{LayoutOptions, layout_slide};

    #[test]
    fn a_plain_solid_takes_back_the_bevel_of_the_theme() {
        // The master's bars refer to the theme's bevelled effect style and have an empty `a:sp3d`.
        let bytes = include_bytes!("../../../tests/decks/code-coverage.pptx");
        let deck = Deck::open(bytes.to_vec(), None, &PackageLimits::default()).unwrap();
        let slide = deck.slide(1).unwrap();
        let page = layout_slide(&deck, &slide, &LayoutOptions::default());
        assert!(page.warnings.iter().all(|(feature, _)| feature != "3-D"));
    }
}
