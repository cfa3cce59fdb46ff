//! Comments as text.

use kurbo::{Affine, Rect};
use slides_ooxml::model::{
    Comment, Paragraph, ParagraphProperties, Run, RunKind, RunProperties, Spacing, TextBody,
};
use slides_scene::Op;

use crate::context::SlideContext;
use crate::text::{self, TextCascade, TextFrame};

/// Size of comments in points.
const SIZE: f64 = 9.0;
/// Indent of answers, EMU.
const ANSWER_INDENT: i64 = 114_300;
/// Room around comments in points.
pub(super) const MARGIN: f64 = 7.2;

/// Comments set in a column.
pub(super) struct Column {
    /// Operations with the column's top left corner as origin.
    pub(super) ops: Vec<Op>,
    /// Height of the text with the room around it.
    pub(super) height: f64,
}

/// Sets comments in a column of a width; none where there are none to show.
pub(super) fn column(
    cx: &SlideContext<'_>,
    comments: &[(Option<u32>, Vec<Comment>)],
    width: f64,
    anonymous: bool,
) -> Option<Column> {
    let mut paragraphs = Vec::new();
    for (slide, comments) in comments {
        let shown: Vec<_> = comments
            .iter()
            .filter(|comment| anonymous || comment.author.is_some())
            .collect();
        if let (Some(slide), false) = (slide, shown.is_empty()) {
            paragraphs.push(line(&format!("Slide {slide}"), true, 0));
        }
        for comment in shown {
            entry(&mut paragraphs, comment, 0);
            for reply in comment
                .replies
                .iter()
                .filter(|r| anonymous || r.author.is_some())
            {
                entry(&mut paragraphs, reply, ANSWER_INDENT);
            }
        }
    }
    if paragraphs.is_empty() {
        return None;
    }
    let body = TextBody {
        paragraphs,
        ..TextBody::default()
    };
    let cascade = TextCascade {
        list_styles: vec![&cx.presentation.default_text_style],
        ..TextCascade::default()
    };
    let inner = (width - 2.0 * MARGIN).max(20.0);
    let height = text::measure_text(cx, &body, &cascade, inner);
    let frame = TextFrame {
        rect: Rect::new(0.0, 0.0, inner, height.max(1.0)),
        insets_override: Some([0.0; 4]),
        ..TextFrame::default()
    };
    let block = text::layout_text(cx, &body, &cascade, &frame);
    let mut ops = vec![Op::Push(Affine::translate((MARGIN, MARGIN)))];
    ops.extend(block.ops);
    ops.push(Op::Pop);
    Some(Column {
        ops,
        height: height + 2.0 * MARGIN,
    })
}

fn entry(out: &mut Vec<Paragraph>, comment: &Comment, indent: i64) {
    let mut head = comment.author.clone().unwrap_or_default();
    if let Some(written) = &comment.written {
        // Day and minute are enough.
        let moment: String = written.chars().take(16).collect();
        if !head.is_empty() {
            head.push_str("  ");
        }
        head.push_str(&moment.replace('T', " "));
    }
    if !head.is_empty() {
        out.push(line(&head, true, indent));
    }
    out.extend(
        comment
            .text
            .lines()
            .take(500)
            .map(|text| line(text, false, indent)),
    );
    if let Some(last) = out.last_mut() {
        last.properties.space_after = Some(Spacing::Points(6.0));
    }
}

fn line(text: &str, bold: bool, indent: i64) -> Paragraph {
    Paragraph {
        properties: ParagraphProperties {
            margin_left: Some(indent),
            indent: Some(0),
            ..ParagraphProperties::default()
        },
        runs: vec![Run {
            kind: RunKind::Text(text.to_owned()),
            properties: RunProperties {
                size: Some(SIZE),
                bold: Some(bold),
                ..RunProperties::default()
            },
        }],
        ..Paragraph::default()
    }
}
