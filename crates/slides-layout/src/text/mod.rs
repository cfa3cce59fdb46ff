//! Text as PowerPoint places it: inheritance, faces, lines, baselines, bullets.
//!
//! Advances are rounded to 1/8 point per glyph, a line is 1.2 times the largest size high whatever the face, and
//! the baseline sits in it by the faces' share of ascent. A body is composed once ([`block`]) and then drawn
//! ([`emit`]); measuring composes the same way, so that table rows fit their text exactly.

mod block;
mod effects;
mod emit;
mod equation;
mod fonts;
mod math;
mod number;
mod shape;
mod style;
#[cfg(test)]
mod tests;
mod warp;
mod wrap;

use kurbo::{Affine, Rect};
use slides_ooxml::model::{
    Anchor, BodyProperties, ListStyle, Placeholder, RunProperties, TextBody, VerticalText,
};
use slides_scene::{Link, Op};

use self::block::{Block, Room, compose};
pub(crate) use self::emit::outline;
use self::emit::{Emitter, Place, Standing};
pub(crate) use self::fonts::TextCache;
use self::style::BodyStyle;
use crate::context::SlideContext;

/// Everything a text body inherits, nearest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct TextCascade<'a> {
    /// `a:bodyPr` of shape, layout placeholder, master placeholder.
    pub body: Vec<&'a BodyProperties>,
    /// `a:lstStyle` of shape, layout, master, then the master's text style and the presentation's default.
    pub list_styles: Vec<&'a ListStyle>,
    /// How many of `list_styles` rank before `style_run`.
    pub own_styles: usize,
    /// From the shape style's `fontRef` or the table style.
    pub style_run: Option<RunProperties>,
    /// A title placeholder.
    pub is_title: bool,
    /// The placeholder, if it is one.
    #[expect(
        dead_code,
        reason = "part of what shapes hand over; no measured rule asks for it yet"
    )]
    pub placeholder: Option<&'a Placeholder>,
}

/// Where text goes, in the shape's own frame.
#[derive(Debug, Clone, Default)]
pub(crate) struct TextFrame {
    /// Text rectangle of the geometry before insets, points.
    pub rect: Rect,
    /// Rotation of the frame in degrees, for `upright`.
    pub rotation: f64,
    /// Insets left, top, right, bottom in points (table cells).
    pub insets_override: Option<[f64; 4]>,
    /// Anchor of a table cell.
    pub anchor_override: Option<Anchor>,
    /// Direction of a table cell.
    pub vertical_override: Option<VerticalText>,
    /// Text stands on its head.
    pub flip_v: bool,
}

/// Laid-out text.
#[derive(Debug, Clone, Default)]
pub(crate) struct TextBlock {
    /// Drawing operations in the shape's frame.
    pub ops: Vec<Op>,
    /// Links in the same frame.
    pub links: Vec<Link>,
    /// Text height with spacing, without insets.
    pub height: f64,
    /// Widest line.
    pub width: f64,
    /// Plain text, a line for each paragraph.
    pub plain: String,
}

/// Lays out a body.
pub(crate) fn layout_text(
    cx: &SlideContext<'_>,
    body: &TextBody,
    cascade: &TextCascade<'_>,
    frame: &TextFrame,
) -> TextBlock {
    let style = BodyStyle::new(&body.properties, cascade);
    let vertical = frame.vertical_override.unwrap_or(style.vertical);
    let anchor = frame.anchor_override.unwrap_or(style.anchor);
    let [left, top, right, bottom] = frame.insets_override.unwrap_or(style.insets);
    let (rect, turn) = turned(frame, &style, vertical);
    let inner = Rect::new(
        rect.x0 + left,
        rect.y0 + top,
        rect.x1 - right,
        rect.y1 - bottom,
    );
    let columns = style.columns as f64;
    let between = style.column_spacing * (columns - 1.0);
    let width = ((inner.width() - between) / columns).max(0.0);
    let standing = match vertical {
        VerticalText::EastAsian | VerticalText::MongolianVertical => Standing::UprightEastAsian,
        VerticalText::WordArt | VerticalText::WordArtRtl => Standing::Stacked,
        _ => Standing::Along,
    };
    let room = Room {
        width,
        height: inner.height().max(0.0),
        columns: style.columns,
        // WordArt is stretched, not wrapped.
        wrap: style.wrap && style.warp.is_none(),
        stacked: standing == Standing::Stacked,
        upright: standing == Standing::UprightEastAsian,
    };
    let mut block = compose(cx, &cx.text, body, cascade, &style, &room);
    // Columns of these run from left to right, against the turn of the frame.
    let anchor = if matches!(
        vertical,
        VerticalText::MongolianVertical | VerticalText::WordArt
    ) {
        block.reverse_lines();
        match anchor {
            Anchor::Bottom => Anchor::Top,
            Anchor::Center => Anchor::Center,
            Anchor::Top | Anchor::Justified | Anchor::Distributed => Anchor::Bottom,
        }
    } else {
        anchor
    };

    // Overflow changes nothing: a middle block sticks out on both sides, a bottom one upward.
    let text_top = match anchor {
        Anchor::Center => f64::midpoint(inner.y0, inner.y1) - block.height / 2.0,
        Anchor::Bottom => inner.y1 - block.height,
        Anchor::Top | Anchor::Justified | Anchor::Distributed => inner.y0,
    };
    let (mut left_edge, mut line_width) = (inner.x0, width);
    if style.anchor_center && style.columns == 1 {
        left_edge += (width - block.width) / 2.0;
        line_width = block.width;
    }
    let place = Place {
        columns: column_edges(left_edge, line_width, &style),
        top: text_top,
        width: line_width,
        wrap: style.wrap,
        standing,
        turn,
        title: cascade.is_title,
    };
    let mut emitter = Emitter {
        cx,
        place: &place,
        ops: Vec::new(),
        links: Vec::new(),
    };
    emitter.block(&block);
    let (mut ops, links) = (emitter.ops, emitter.links);
    if let Some(warp) = style.warp.as_ref().filter(|_| !ops.is_empty()) {
        effects::without_reflections(cx, &mut ops);
        let baselines: Vec<f64> = block
            .paragraphs
            .iter()
            .filter(|paragraph| !paragraph.text.is_empty())
            .flat_map(|paragraph| &paragraph.lines)
            .map(|line| text_top + line.baseline)
            .collect();
        match warp::bend(&ops, warp, inner, &baselines) {
            Some(bent) => ops = bent,
            None => cx.warn(
                "text warp",
                format!("WordArt shape `{}` is drawn as plain lines", warp.preset),
            ),
        }
    }
    if turn != Affine::IDENTITY && !ops.is_empty() {
        ops.insert(0, Op::Push(turn));
        ops.push(Op::Pop);
    }
    TextBlock {
        ops,
        links,
        height: block.height,
        width: block.width,
        plain: plain(&block),
    }
}

/// A face's vertical metrics in em, as Windows counts them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct FaceMetrics {
    /// `usWinAscent`.
    pub ascent: f64,
    /// `usWinDescent`.
    pub descent: f64,
    /// What the line gap adds to the pair.
    pub leading: f64,
}

/// Metrics of the Latin face that a run is set in.
pub(crate) fn face_metrics(cx: &SlideContext<'_>, run: &RunProperties) -> FaceMetrics {
    let mut source = style::RunSource::default();
    source.inherit(run);
    let style = style::RunStyle::new(cx, source, style::Fit::NONE);
    let fonts = shape::StyleFonts::new(&cx.text);
    let font = fonts.latin(cx, &style);
    let line = font.selection.line;
    FaceMetrics {
        ascent: line.ascent,
        descent: line.descent,
        leading: (font.line_height - line.ascent - line.descent).max(0.0),
    }
}

/// Height of a body laid out in `width_after_insets` points.
pub(crate) fn measure_text(
    cx: &SlideContext<'_>,
    body: &TextBody,
    cascade: &TextCascade<'_>,
    width_after_insets: f64,
) -> f64 {
    let style = BodyStyle::new(&body.properties, cascade);
    let room = Room {
        width: width_after_insets.max(0.0),
        height: f64::INFINITY,
        columns: 1,
        wrap: style.wrap,
        stacked: false,
        upright: false,
    };
    compose(cx, &cx.text, body, cascade, &style, &room).height
}

/// The rectangle that lines are laid out in, and how it is turned into the shape's frame.
fn turned(frame: &TextFrame, style: &BodyStyle, vertical: VerticalText) -> (Rect, Affine) {
    let mut rect = frame.rect;
    let center = rect.center().to_vec2();
    let mut angle = style.rotation;
    if frame.flip_v {
        angle += 180.0;
    }
    if style.upright {
        angle -= frame.rotation;
        // A quarter turn swaps the sides that the text sees.
        if (45.0..135.0).contains(&frame.rotation.rem_euclid(180.0)) {
            rect = Rect::from_center_size(rect.center(), (rect.height(), rect.width()));
        }
    }
    let mut turn = Affine::IDENTITY;
    if angle.rem_euclid(360.0) != 0.0 {
        turn = Affine::translate(center)
            * Affine::rotate(angle.to_radians())
            * Affine::translate(-center);
    }
    let quarter = match vertical {
        VerticalText::Horizontal => return (rect, turn),
        VerticalText::Vertical270 => Affine::new([0.0, -1.0, 1.0, 0.0, rect.x0, rect.y1]),
        _ => Affine::new([0.0, 1.0, -1.0, 0.0, rect.x1, rect.y0]),
    };
    (
        Rect::new(0.0, 0.0, rect.height(), rect.width()),
        turn * quarter,
    )
}

fn column_edges(left: f64, width: f64, style: &BodyStyle) -> Vec<f64> {
    let edge = |column: usize| left + column as f64 * (width + style.column_spacing);
    if style.rtl_columns {
        (0..style.columns).rev().map(edge).collect()
    } else {
        (0..style.columns).map(edge).collect()
    }
}

fn plain(block: &Block<'_>) -> String {
    let mut text = String::new();
    for (index, paragraph) in block.paragraphs.iter().enumerate() {
        if index > 0 {
            text.push('\n');
        }
        text.extend(
            paragraph
                .text
                .chars()
                .map(|ch| if ch == shape::LINE_BREAK { '\u{B}' } else { ch }),
        );
    }
    text
}
