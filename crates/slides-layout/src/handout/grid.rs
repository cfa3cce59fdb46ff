//! Handouts: several slides on a page.

use std::sync::Arc;

use kurbo::{Affine, BezPath, Rect};
use slides_ooxml::model::{
    Paragraph, ParagraphProperties, Run, RunKind, RunProperties, Slide, TextAlign, TextBody,
};
use slides_scene::{Op, Page, Paint, Rgba, StrokeStyle, Tag};

use super::notes::place_column;
use super::{Arranger, HandoutLayout, Sheets, comments, paper, thumbnail};
use crate::context::{Parts, SlideContext};
use crate::page::{LaidOut, LayoutOptions, layout_slide};
use crate::text::{self, TextCascade, TextFrame};

/// Room at the sides, and above and below, in points.
const MARGINS: (f64, f64) = (36.0, 54.0);
/// Room between slides in points.
const GAP: f64 = 18.0;
/// Height of a number below its slide in points.
const NUMBER: f64 = 15.0;
/// Lines to write on beside a slide.
const LINES: usize = 7;

impl Arranger<'_> {
    /// One page with these slides.
    pub fn handout(
        &self,
        slides: &[Slide],
        options: &LayoutOptions,
        layout: &HandoutLayout,
    ) -> Sheets {
        let size = self.size();
        let mut sheets = Sheets::default();
        let mut page = Page {
            size,
            number: slides.first().map_or(1, |slide| slide.index),
            ..Page::default()
        };
        page.ops.extend(paper(size, Rgba::WHITE));
        let mut found = Vec::new();
        for (index, slide) in slides.iter().take(layout.slides()).enumerate() {
            let LaidOut {
                page: drawn,
                warnings,
                ..
            } = layout_slide(self.deck, slide, options);
            page.language = page.language.or_else(|| drawn.language.clone());
            sheets
                .warnings
                .extend(warnings.into_iter().map(|(feature, message)| {
                    if slide.index == page.number {
                        (feature, message)
                    } else {
                        (feature, format!("slide {}: {message}", slide.index))
                    }
                }));
            let cell = cell(layout, index, size);
            let mut picture = cell;
            if layout.lines {
                picture.x1 = cell.center().x - GAP / 2.0;
                let room = Rect::new(cell.center().x + GAP / 2.0, cell.y0, cell.x1, cell.y1);
                ruled(&mut page, room);
            }
            if layout.numbers {
                picture.y1 -= NUMBER;
                let cx = self.context(slide, options);
                number(
                    &cx,
                    &mut page,
                    Rect::new(picture.x0, picture.y1, picture.x1, cell.y1),
                );
            }
            thumbnail(&mut page, drawn, picture, layout.frames);
            if layout.comments {
                found.push((Some(slide.index), self.comments(slide, &mut sheets)));
            }
        }
        if let Some(first) = slides.first() {
            let cx = self.context(first, options);
            if let Some(column) = comments::column(&cx, &found, size.width, true) {
                let area = Rect::new(0.0, size.height, size.width, size.height + column.height);
                place_column(&mut page, column.ops, area, Rgba::WHITE);
            }
        }
        sheets.pages.push(page);
        sheets
    }

    fn context<'s>(&'s self, slide: &'s Slide, options: &'s LayoutOptions) -> SlideContext<'s> {
        SlideContext::new(
            self.deck as &dyn Parts,
            &self.presentation,
            slide,
            &options.fonts,
            options.max_ops,
        )
    }
}

/// The box of the slide at an index.
fn cell(layout: &HandoutLayout, index: usize, size: kurbo::Size) -> Rect {
    let (columns, rows) = (layout.columns.max(1), layout.rows.max(1));
    let (column, row) = if layout.by_column {
        (index / rows, index % rows)
    } else {
        (index % columns, index / columns)
    };
    let share = |whole: f64, margin: f64, count: usize| {
        ((whole - 2.0 * margin - GAP * (count - 1) as f64) / count as f64).max(1.0)
    };
    let width = share(size.width, MARGINS.0, columns);
    let height = share(size.height, MARGINS.1, rows);
    let x = MARGINS.0 + column as f64 * (width + GAP);
    let y = MARGINS.1 + row as f64 * (height + GAP);
    Rect::new(x, y, x + width, y + height)
}

fn ruled(page: &mut Page, room: Rect) {
    page.ops.push(Op::Tag(Tag::Artifact));
    for line in 1..=LINES {
        let y = room.y0 + room.height() * line as f64 / (LINES + 1) as f64;
        let mut path = BezPath::new();
        path.move_to((room.x0, y));
        path.line_to((room.x1, y));
        let ink = Paint::Solid(Rgba::BLACK);
        page.ops
            .push(Op::Stroke(Arc::new(path), StrokeStyle::new(0.75), ink));
    }
    page.ops.push(Op::EndTag);
}

/// A slide's number, centred in a box.
fn number(cx: &SlideContext<'_>, page: &mut Page, room: Rect) {
    let body = TextBody {
        paragraphs: vec![Paragraph {
            properties: ParagraphProperties {
                align: Some(TextAlign::Center),
                ..ParagraphProperties::default()
            },
            runs: vec![Run {
                kind: RunKind::Text(cx.slide_number.to_string()),
                properties: RunProperties {
                    size: Some(10.0),
                    ..RunProperties::default()
                },
            }],
            ..Paragraph::default()
        }],
        ..TextBody::default()
    };
    let cascade = TextCascade {
        list_styles: vec![&cx.presentation.default_text_style],
        ..TextCascade::default()
    };
    let frame = TextFrame {
        rect: Rect::from_origin_size((0.0, 0.0), room.size()),
        insets_override: Some([0.0, 2.0, 0.0, 0.0]),
        ..TextFrame::default()
    };
    let block = text::layout_text(cx, &body, &cascade, &frame);
    page.ops
        .push(Op::Push(Affine::translate(room.origin().to_vec2())));
    page.ops.extend(block.ops);
    page.ops.push(Op::Pop);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slides_fill_rows_or_columns() {
        let size = kurbo::Size::new(540.0, 720.0);
        let mut layout = HandoutLayout::new(2, 3);
        let corner = |layout: &HandoutLayout, index| cell(layout, index, size).origin();
        assert!(corner(&layout, 1).x > corner(&layout, 0).x);
        assert_eq!(corner(&layout, 2).x, corner(&layout, 0).x);
        layout.by_column = true;
        assert_eq!(corner(&layout, 1).x, corner(&layout, 0).x);
        assert_eq!(corner(&layout, 3).y, corner(&layout, 0).y);
        let last = cell(&layout, 5, size);
        assert!(last.x1 <= size.width && last.y1 <= size.height);
    }
}
