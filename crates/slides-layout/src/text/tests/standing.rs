//! Lines that run down, and letters of unlike size side by side.

use super::{
    FRAME, FontAlign, Op, TextBody, VerticalText, body, close, lay, look, paragraph, plain, run,
    runs,
};

fn turned(text: &str, vertical: VerticalText) -> TextBody {
    let mut text = body(vec![plain(text, 20.0, "Calibri")]);
    text.properties.vertical = Some(vertical);
    text
}

/// Where letters of East Asian text are drawn in the shape's frame, by their text.
fn upright_letters(text: &str) -> Vec<(String, kurbo::Point)> {
    let block = lay(&turned(text, VerticalText::EastAsian));
    let mut found = Vec::new();
    let mut turns = vec![kurbo::Affine::IDENTITY];
    for op in &block.ops {
        match op {
            Op::Push(next) => turns.push(turns[turns.len() - 1] * *next),
            Op::Pop => drop(turns.pop()),
            Op::Text(run, _) => found.extend(run.glyphs.iter().map(|glyph| {
                let part = &run.text[glyph.start as usize..glyph.end as usize];
                (
                    part.to_owned(),
                    turns[turns.len() - 1] * kurbo::Point::new(glyph.x, glyph.y),
                )
            })),
            _ => {}
        }
    }
    found
}

#[test]
fn upright_letters_take_a_square_each() {
    let letters = upright_letters("山川（海）空");
    assert_eq!(letters.len(), 6);
    close(letters[1].1.y - letters[0].1.y, 20.0);
    let (first, last) = (&letters[0], &letters[5]);
    assert_eq!(last.0, "空");
    // Brackets lie along the line and take a square as well.
    close(last.1.y - first.1.y, 100.0);
}

#[test]
fn columns_of_mongolian_and_stacked_text_run_from_left_to_right() {
    let lines = |vertical| {
        let text = TextBody {
            paragraphs: vec![plain("a", 20.0, "Calibri"), plain("b", 20.0, "Calibri")],
            ..turned("", vertical)
        };
        let block = lay(&text);
        let Some(Op::Push(turn)) = block.ops.first() else {
            panic!("no turn")
        };
        let places: Vec<f64> = runs(&block)
            .iter()
            .map(|(run, _)| (*turn * kurbo::Point::new(run.glyphs[0].x, run.glyphs[0].y)).x)
            .collect();
        places
    };
    let down = lines(VerticalText::EastAsian);
    assert!(down[1] < down[0] && down[0] > FRAME.x1 - 30.0, "{down:?}");
    let mongolian = lines(VerticalText::MongolianVertical);
    assert!(
        mongolian[1] > mongolian[0] && mongolian[0] < FRAME.x0 + 30.0,
        "{mongolian:?}"
    );
}

#[test]
fn unlike_sizes_line_up_as_asked() {
    let heights = |align| {
        let mut text = paragraph(vec![
            run("a", look(10.0, "Calibri")),
            run("b", look(30.0, "Calibri")),
        ]);
        text.properties.font_align = align;
        let block = lay(&body(vec![text]));
        let baselines: Vec<f64> = runs(&block).iter().map(|run| run.0.glyphs[0].y).collect();
        baselines[0] - baselines[1]
    };
    // Calibri reaches 0.78 of 1.2 em above the baseline; the sizes differ by 20 points.
    let above = 0.78 * 1.2 * 20.0;
    let below = 0.22 * 1.2 * 20.0;
    close(heights(None), 0.0);
    close(heights(Some(FontAlign::Base)), 0.0);
    close(heights(Some(FontAlign::Top)), -above);
    close(heights(Some(FontAlign::Bottom)), below);
    close(heights(Some(FontAlign::Center)), (below - above) / 2.0);
}

#[test]
fn selectors_without_a_glyph_are_not_drawn() {
    let block = lay(&body(vec![plain("a\u{FE0F}\u{200D}b", 20.0, "Calibri")]));
    let drawn = runs(&block);
    let glyphs: Vec<_> = drawn.iter().flat_map(|(run, _)| &run.glyphs).collect();
    assert!(glyphs.iter().all(|glyph| glyph.id != 0));
    let (first, last) = (glyphs[0], glyphs[glyphs.len() - 1]);
    close(last.x - first.x, first.advance);
}
