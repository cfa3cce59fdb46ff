use std::sync::Arc;

use kurbo::Shape as _;
use slides_fonts::FontBook;
use slides_ooxml::model::{
    Anchor, Autofit, Bullet, BulletColor, BulletKind, BulletSize, Caps, Color, Fill, FontAlign,
    FontRef, Hyperlink, LinkAction, Paragraph, ParagraphProperties, Presentation, Run, RunKind,
    RunProperties, SchemeColor, Slide, Spacing, Strike, TabAlign, TabStop, TextAlign, TextBody,
    Underline, VerticalText,
};
use slides_scene::{GlyphRun, LinkTarget, Op, Paint, Rgba, Tag};

use super::block::{joint_ascent, line_box, space};
use super::shape::{Cluster, ClusterKind, Shaped, eighth};
use super::style::Fit;
use super::wrap::{Measure, mark_breaks, wrap};
use super::{TextBlock, TextCascade, TextFrame, layout_text, measure_text};
use crate::context::{Parts, SlideContext};

mod standing;

struct NoParts;

impl Parts for NoParts {
    fn media(&self, _: &str) -> Option<Arc<[u8]>> {
        None
    }

    fn slide_number(&self, part: &str) -> Option<u32> {
        (part == "/ppt/slides/slide2.xml").then_some(2)
    }
}

/// 400 x 200 points at (100, 50): text from 107.2 to 492.8, top at 53.6.
const FRAME: kurbo::Rect = kurbo::Rect::new(100.0, 50.0, 500.0, 250.0);
const LEFT: f64 = 107.2;
const RIGHT: f64 = 492.8;
const TOP: f64 = 53.6;

fn with_context<T>(test: impl FnOnce(&SlideContext<'_>) -> T) -> T {
    let fonts = FontBook::bundled();
    let mut presentation = Presentation {
        first_slide_number: 5,
        ..Presentation::default()
    };
    presentation.slides = vec![
        "/ppt/slides/slide1.xml".into(),
        "/ppt/slides/slide2.xml".into(),
    ];
    let slide = Slide {
        index: 3,
        ..Slide::default()
    };
    test(&SlideContext::new(
        &NoParts,
        &presentation,
        &slide,
        &fonts,
        1_000_000,
    ))
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "every use is an optional property"
)]
fn face(name: &str) -> Option<FontRef> {
    Some(FontRef {
        typeface: name.into(),
        ..FontRef::default()
    })
}

fn look(size: f64, family: &str) -> RunProperties {
    RunProperties {
        size: Some(size),
        latin: face(family),
        ..RunProperties::default()
    }
}

fn run(text: &str, properties: RunProperties) -> Run {
    Run {
        kind: RunKind::Text(text.into()),
        properties,
    }
}

fn line_break(properties: RunProperties) -> Run {
    Run {
        kind: RunKind::Break,
        properties,
    }
}

fn paragraph(runs: Vec<Run>) -> Paragraph {
    Paragraph {
        runs,
        ..Paragraph::default()
    }
}

fn plain(text: &str, size: f64, family: &str) -> Paragraph {
    paragraph(vec![run(text, look(size, family))])
}

fn body(paragraphs: Vec<Paragraph>) -> TextBody {
    TextBody {
        paragraphs,
        ..TextBody::default()
    }
}

fn frame() -> TextFrame {
    TextFrame {
        rect: FRAME,
        ..TextFrame::default()
    }
}

fn lay(body: &TextBody) -> TextBlock {
    with_context(|cx| layout_text(cx, body, &TextCascade::default(), &frame()))
}

fn runs(block: &TextBlock) -> Vec<(Arc<GlyphRun>, Paint)> {
    block
        .ops
        .iter()
        .filter_map(|op| match op {
            Op::Text(run, paint) => Some((run.clone(), paint.clone())),
            _ => None,
        })
        .collect()
}

fn baselines(block: &TextBlock) -> Vec<f64> {
    let mut lines: Vec<f64> = Vec::new();
    for (run, _) in runs(block) {
        let y = run.glyphs[0].y;
        if lines.last() != Some(&y) {
            lines.push(y);
        }
    }
    lines
}

fn texts(block: &TextBlock) -> Vec<String> {
    runs(block)
        .iter()
        .map(|(run, _)| run.text.to_string())
        .collect()
}

fn close(measured: f64, expected: f64) {
    assert!(
        (measured - expected).abs() < 0.01,
        "{measured} is not {expected}"
    );
}

fn spaced(mut paragraph: Paragraph, spacing: Spacing) -> Paragraph {
    paragraph.properties.line_spacing = Some(spacing);
    paragraph
}

const CALIBRI: f64 = 0.78;
const ARIAL: f64 = 1854.0 / 2288.0;

#[test]
fn a_line_is_1_2_em_for_every_face() {
    for family in [
        "Calibri",
        "Arial",
        "Times New Roman",
        "Courier New",
        "Verdana",
    ] {
        let text = body(vec![
            plain("one", 20.0, family),
            plain("two", 20.0, family),
            plain("three", 20.0, family),
        ]);
        let lines = baselines(&lay(&text));
        close(lines[1] - lines[0], 24.0);
        close(lines[2] - lines[1], 24.0);
    }
}

#[test]
fn the_first_baseline_follows_the_win_metrics() {
    for (family, em) in [
        ("Arial", 0.9724),
        ("Calibri", 0.936),
        ("Courier New", 0.882),
    ] {
        close(
            baselines(&lay(&body(vec![plain("x", 20.0, family)])))[0],
            TOP + em * 20.0,
        );
    }
}

#[test]
fn letters_aligned_at_the_top_have_their_ascent_above() {
    let mut text = plain("x", 16.0, "Arial");
    text.properties.font_align = Some(FontAlign::Top);
    close(
        baselines(&lay(&body(vec![text])))[0],
        TOP + 1854.0 / 2048.0 * 16.0,
    );
}

#[test]
fn percent_spacing_moves_the_seat_by_its_rules() {
    for (percent, ascent, seat, advance) in [
        (1.0, ARIAL, 19.448, 24.0),
        (0.9, ARIAL, 17.048, 21.6),
        (0.7, ARIAL, 12.6, 16.8),
        (0.9, CALIBRI, 16.32, 21.6),
        (1.2, CALIBRI, 21.6, 28.8),
        (1.2, ARIAL, 21.6, 28.8),
        (1.5, ARIAL, 27.0, 36.0),
    ] {
        let line = line_box(24.0, ascent, Spacing::Percent(percent), 0.0);
        close(line.seat, seat);
        close(line.advance, advance);
    }
    let reduced = line_box(24.0, ARIAL, Spacing::Percent(0.9), 0.2);
    assert_eq!(reduced, line_box(24.0, ARIAL, Spacing::Percent(0.7), 0.0));
}

#[test]
fn exact_spacing_is_exact() {
    for (size, ascent, height, seat) in [
        (8.0, CALIBRI, 8.0, 6.0),
        (10.0, CALIBRI, 10.0, 7.5),
        (9.0, CALIBRI, 10.0, 7.624),
        (20.0, CALIBRI, 30.0, 22.5),
        (7.0, ARIAL, 10.0, 7.5),
    ] {
        let line = line_box(1.2 * size, ascent, Spacing::Points(height), 0.0);
        close(line.seat, seat);
        close(line.advance, height);
    }
    let lines = baselines(&lay(&body(vec![
        spaced(plain("a", 20.0, "Calibri"), Spacing::Points(33.0)),
        spaced(plain("b", 20.0, "Calibri"), Spacing::Points(33.0)),
    ])));
    close(lines[1] - lines[0], 33.0);
}

#[test]
fn exact_lines_above_their_need_end_at_the_letters_descent() {
    let middle = |end: Option<RunProperties>| {
        let mut paragraph = spaced(plain("a", 9.0, "Arial"), Spacing::Points(12.0));
        paragraph.end = end;
        let mut text = body(vec![paragraph]);
        text.properties.anchor = Some(Anchor::Center);
        baselines(&lay(&text))[0]
    };
    let (written, unwritten) = (middle(Some(look(9.0, "Arial"))), middle(None));
    // The mark without properties leaves out half of 3.0 less the descent of nine points of Arial.
    close(unwritten - written, (3.0 - 0.189_7 * 10.8) / 2.0);
}

#[test]
fn the_marks_face_counts_on_the_last_line_only() {
    close(
        joint_ascent([CALIBRI, ARIAL].into_iter()).unwrap() * 1.2,
        0.944,
    );
    let mut text = paragraph(vec![
        run("one", look(20.0, "Arial")),
        line_break(look(20.0, "Arial")),
        run("two", look(20.0, "Arial")),
    ]);
    text.end = Some(look(60.0, "Calibri"));
    let lines = baselines(&lay(&body(vec![text])));
    close(lines[0], TOP + 0.9724 * 20.0);
    close(lines[1], TOP + 24.0 + 0.944 * 20.0);
}

#[test]
fn spacing_between_paragraphs_adds_up_and_is_nothing_at_the_ends() {
    let mut first = plain("a", 20.0, "Calibri");
    first.properties.space_before = Some(Spacing::Points(14.0));
    first.properties.space_after = Some(Spacing::Points(0.6));
    let mut second = plain("b", 10.0, "Calibri");
    second.properties.space_before = Some(Spacing::Percent(0.2));
    second.properties.space_after = Some(Spacing::Points(50.0));
    let block = lay(&body(vec![first, second]));
    let lines = baselines(&block);
    close(lines[0], TOP + 0.936 * 20.0);
    close(lines[1], TOP + 24.0 + 1.0 + 2.4 + 9.36);
    close(block.height, 24.0 + 1.0 + 2.4 + 12.0);
    close(space(Spacing::Points(2.4), 12.0), 2.0);
}

#[test]
fn a_body_may_ask_for_space_before_its_first_paragraph() {
    let mut first = plain("a", 20.0, "Calibri");
    first.properties.space_before = Some(Spacing::Points(4.0));
    first.properties.space_after = Some(Spacing::Points(6.0));
    let mut text = body(vec![first]);
    text.properties.first_last_spacing = Some(true);
    let block = lay(&text);
    close(baselines(&block)[0], TOP + 4.0 + 18.72);
    close(block.height, 34.0);
}

#[test]
fn without_compatible_spacing_lines_follow_the_faces() {
    for (family, size, em, seat) in [
        // Stored diagrams at 90 %: 10 point Calibri steps 10.99 and sits at 8.30, Arial adds its leading.
        ("Calibri", 10.0, 1.2207, 8.30),
        ("Arial", 9.5, 1.1499, 7.76),
    ] {
        let mut text = body(vec![
            spaced(plain("a", size, family), Spacing::Percent(0.9)),
            spaced(plain("b", size, family), Spacing::Percent(0.9)),
        ]);
        text.properties.compatible_line_spacing = Some(false);
        let lines = baselines(&lay(&text));
        close(lines[0], TOP + seat);
        assert!(
            (lines[1] - lines[0] - em * size * 0.9).abs() < 0.01,
            "{family} steps {}",
            lines[1] - lines[0]
        );
    }
}

#[test]
fn empty_paragraphs_and_breaks_take_lines() {
    let mut empty = paragraph(vec![]);
    empty.end = Some(look(30.0, "Calibri"));
    let lines = baselines(&lay(&body(vec![
        plain("a", 20.0, "Calibri"),
        empty,
        plain("b", 20.0, "Calibri"),
    ])));
    close(lines[1] - lines[0], 24.0 + 36.0);
    let trailing = paragraph(vec![
        run("a", look(20.0, "Calibri")),
        line_break(look(20.0, "Calibri")),
    ]);
    close(lay(&body(vec![trailing])).height, 48.0);
    let leading = paragraph(vec![
        line_break(look(20.0, "Calibri")),
        run("a", look(20.0, "Calibri")),
    ]);
    close(baselines(&lay(&body(vec![leading])))[0], TOP + 24.0 + 18.72);
}

#[test]
fn the_largest_size_rules_the_line() {
    let mixed = paragraph(vec![
        run("small ", look(10.0, "Calibri")),
        run("large", look(30.0, "Calibri")),
    ]);
    close(baselines(&lay(&body(vec![mixed])))[0], TOP + 0.936 * 30.0);
}

#[test]
fn stored_scales_round_sizes_half_up() {
    let fit = |font_scale| Fit {
        font_scale,
        reduction: 0.0,
        ideal_advances: false,
    };
    for (size, scale, fitted) in [
        (28.0, 0.925, 26.0),
        (20.0, 0.925, 19.0),
        (18.0, 0.85, 15.0),
        (32.0, 0.9, 29.0),
        (60.0, 0.9, 54.0),
        (10.5, 1.0, 10.5),
    ] {
        close(fit(scale).size(size), fitted);
    }
    let mut text = body(vec![
        spaced(plain("a", 28.0, "Calibri"), Spacing::Percent(0.9)),
        spaced(plain("b", 28.0, "Calibri"), Spacing::Percent(0.9)),
    ]);
    text.properties.autofit = Some(Autofit::Normal {
        font_scale: Some(0.925),
        line_space_reduction: Some(0.2),
    });
    let block = lay(&text);
    close(runs(&block)[0].0.size, 26.0);
    let lines = baselines(&block);
    close(lines[1] - lines[0], 1.2 * 26.0 * 0.7);
}

#[test]
fn advances_are_whole_eighths() {
    close(eighth(5.5615), 5.5);
    close(eighth(-0.8), -0.75);
    let block = lay(&body(vec![plain("aaaa", 10.0, "Arial")]));
    let run = &runs(&block)[0].0;
    // 1139 / 2048 em at 10 points is 5.56.
    close(run.glyphs[3].x - run.glyphs[0].x, 3.0 * 5.5);
    close(block.width, 22.0);
}

#[test]
fn kerning_needs_a_threshold_that_the_size_reaches() {
    let width = |kerning| {
        let properties = RunProperties {
            kerning,
            ..look(20.0, "Arial")
        };
        lay(&body(vec![paragraph(vec![run("To", properties)])])).width
    };
    let (none, zero, small, large) = (
        width(None),
        width(Some(0.0)),
        width(Some(12.0)),
        width(Some(24.0)),
    );
    assert_eq!((none, none), (zero, large));
    // Liberation Sans kerns T and o by -227 / 2048 em: 2.217 points, 2.25 in eighths.
    close(none - small, 2.25);
}

#[test]
fn letters_are_spaced_after_each() {
    let properties = RunProperties {
        spacing: Some(3.0),
        ..look(10.0, "Arial")
    };
    close(
        lay(&body(vec![paragraph(vec![run("aaaa", properties)])])).width,
        22.0 + 12.0,
    );
}

#[test]
fn there_are_no_ligatures_in_latin_text() {
    for kerning in [None, Some(1.0)] {
        let properties = RunProperties {
            kerning,
            ..look(20.0, "Calibri")
        };
        let block = lay(&body(vec![paragraph(vec![run("titfft", properties)])]));
        assert_eq!(runs(&block)[0].0.glyphs.len(), 6);
    }
}

/// Lines of a text whose characters are all 10 points wide.
fn broken(text: &str, width: f64) -> Vec<String> {
    let clusters = text
        .char_indices()
        .map(|(at, ch)| Cluster {
            start: at as u32,
            end: (at + ch.len_utf8()) as u32,
            item: 0,
            glyphs: 0,
            glyph_count: 0,
            level: 0,
            kind: match ch {
                ' ' => ClusterKind::Space,
                '\t' => ClusterKind::Tab,
                '\u{2028}' => ClusterKind::Break,
                _ => ClusterKind::Text,
            },
            break_before: false,
            width: 10.0,
        })
        .collect();
    let mut shaped = Shaped {
        clusters,
        ..Shaped::default()
    };
    mark_breaks(text, &mut shaped.clusters);
    let measure = Measure {
        first: 0.0,
        rest: 0.0,
        end: width,
        tabs: Vec::new(),
        default_tab: 72.0,
        hang: true,
    };
    wrap(text, &mut shaped, &measure, 1000)
        .iter()
        .map(|line| {
            shaped.clusters[line.first..line.last]
                .iter()
                .map(|c| &text[c.start as usize..c.end as usize])
                .collect()
        })
        .collect()
}

#[test]
fn lines_break_after_spaces_and_hyphens_only() {
    assert_eq!(broken("one two", 60.0), ["one ", "two"]);
    assert_eq!(broken("one two", 70.0), ["one two"]);
    assert_eq!(broken("one   two", 30.0), ["one   ", "two"]);
    assert_eq!(broken("low-cost", 60.0), ["low-", "cost"]);
    assert_eq!(broken("a -low", 30.0), ["a ", "-lo", "w"]);
    assert_eq!(broken("ab and/or", 80.0), ["ab ", "and/or"]);
    assert_eq!(broken("ab c.de:f(g", 80.0), ["ab ", "c.de:f(g"]);
    assert_eq!(broken("a \u{2028}b", 80.0), ["a \u{2028}", "b"]);
    assert_eq!(broken("a\u{A0}b c", 30.0), ["a\u{A0}b ", "c"]);
}

#[test]
fn words_longer_than_a_line_are_cut() {
    assert_eq!(broken("ab abcdefgh", 50.0), ["ab ", "abcde", "fgh"]);
    assert_eq!(broken("abc", 5.0), ["a", "b", "c"]);
    assert_eq!(broken("abc", 0.0), ["a", "b", "c"]);
}

#[test]
fn east_asian_text_breaks_by_its_prohibitions() {
    assert_eq!(broken("漢字かな", 30.0), ["漢字か", "な"]);
    assert_eq!(broken("漢字か」な", 30.0), ["漢字", "か」な"]);
    assert_eq!(broken("漢字「か", 30.0), ["漢字", "「か"]);
    assert_eq!(broken("漢字キャ", 30.0), ["漢字", "キャ"]);
    assert_eq!(broken("漢字abc", 30.0), ["漢字", "abc"]);
    // 、 and 。 hang over the edge.
    assert_eq!(broken("漢字か。なに", 30.0), ["漢字か。", "なに"]);
}

#[test]
fn tabs_go_to_their_stops() {
    let stop = |position, align| TabStop { position, align };
    let tabbed = |text: &str, tabs: Vec<TabStop>| {
        let mut paragraph = plain(text, 10.0, "Arial");
        paragraph.properties.tabs = Some(tabs);
        let block = lay(&body(vec![paragraph]));
        runs(&block)
            .iter()
            .map(|(run, _)| run.glyphs[0].x - LEFT)
            .collect::<Vec<_>>()
    };
    close(tabbed("a\tb", vec![])[1], 72.0);
    close(tabbed("aaaaaaaaaaaaaaa\tb", vec![])[1], 144.0);
    close(
        tabbed("a\tb", vec![stop(1_270_000, TabAlign::Left)])[1],
        100.0,
    );
    // "bb" is 11 points wide.
    close(
        tabbed("a\tbb", vec![stop(1_270_000, TabAlign::Right)])[1],
        89.0,
    );
    close(
        tabbed("a\tbb", vec![stop(1_270_000, TabAlign::Center)])[1],
        94.5,
    );
    close(
        tabbed("a\t12.5", vec![stop(1_270_000, TabAlign::Decimal)])[1],
        89.0,
    );
    let both = tabbed(
        "a\tbb\tcc",
        vec![
            stop(1_270_000, TabAlign::Right),
            stop(2_540_000, TabAlign::Left),
        ],
    );
    close(both[1], 89.0);
    close(both[2], 200.0);
}

fn bulleted(mut paragraph: Paragraph, margin: i64, indent: i64, kind: BulletKind) -> Paragraph {
    paragraph.properties.margin_left = Some(margin);
    paragraph.properties.indent = Some(indent);
    paragraph.properties.bullet.kind = Some(kind);
    paragraph
}

#[test]
fn bullets_hang_before_the_margin() {
    let dot = || BulletKind::Char("•".into());
    let block = lay(&body(vec![bulleted(
        plain("text", 20.0, "Calibri"),
        342_900,
        -342_900,
        dot(),
    )]));
    let drawn = runs(&block);
    assert_eq!(texts(&block), ["•", "text"]);
    close(drawn[0].0.glyphs[0].x, LEFT);
    close(drawn[1].0.glyphs[0].x, LEFT + 27.0);
    // Without any indent the text follows right after.
    let block = lay(&body(vec![bulleted(
        plain("text", 20.0, "Calibri"),
        0,
        0,
        dot(),
    )]));
    let drawn = runs(&block);
    close(drawn[1].0.glyphs[0].x, LEFT + drawn[0].0.glyphs[0].advance);
    assert!(
        block
            .ops
            .iter()
            .any(|op| matches!(op, Op::Tag(Tag::ListItem { .. })))
    );
    // Empty paragraphs have no bullet.
    assert!(
        runs(&lay(&body(vec![bulleted(
            paragraph(vec![]),
            342_900,
            -342_900,
            dot()
        )])))
        .is_empty()
    );
}

#[test]
fn lines_without_bullet_start_by_margin_and_indent() {
    let mut text = plain("aaaa bbbb", 100.0, "Arial");
    text.properties.margin_left = Some(457_200);
    text.properties.indent = Some(-228_600);
    let block = lay(&body(vec![text]));
    let drawn = runs(&block);
    close(drawn[0].0.glyphs[0].x, LEFT + 18.0);
    close(drawn[1].0.glyphs[0].x, LEFT + 36.0);
}

#[test]
fn bullets_take_size_colour_and_face_by_their_own_rules() {
    let link = Hyperlink {
        action: LinkAction::Uri("https://example.org".into()),
        tooltip: None,
        keep_text_color: false,
    };
    let linked = RunProperties {
        fill: Some(Fill::Solid(Color::rgb(9, 8, 7))),
        link: Some(link),
        bold: Some(true),
        ..look(20.0, "Calibri")
    };
    let paint_of = |bullet: Bullet, number: usize| {
        let mut text = paragraph(vec![run("text", linked.clone())]);
        text.properties.bullet = bullet;
        let (run, paint) = runs(&lay(&body(vec![text])))[number].clone();
        let Paint::Solid(color) = paint else {
            panic!("not a plain colour")
        };
        (run, color)
    };
    let kind = Some(BulletKind::Char("•".into()));
    let (mark, color) = paint_of(
        Bullet {
            kind: kind.clone(),
            ..Bullet::default()
        },
        0,
    );
    assert_eq!(
        (mark.size, color),
        (20.0, Rgba::rgb(9, 8, 7)),
        "the bullet ignores the link's colour"
    );
    assert_ne!(
        paint_of(
            Bullet {
                kind: kind.clone(),
                ..Bullet::default()
            },
            1
        )
        .1,
        color
    );
    let styled = Bullet {
        kind,
        color: Some(BulletColor::Color(Color::rgb(1, 2, 3))),
        size: Some(BulletSize::Points(28.0)),
        font: Some(slides_ooxml::model::BulletFont::Font(
            face("Arial").unwrap(),
        )),
    };
    let (mark, color) = paint_of(styled, 0);
    assert_eq!(
        (mark.size, color, mark.face.family(), mark.face.is_bold()),
        (28.0, Rgba::rgb(1, 2, 3), "Liberation Sans", false)
    );
}

#[test]
fn numbers_count_by_level_and_start_again() {
    let number = |level: u32, start: u32| {
        let mut text = bulleted(
            plain("x", 10.0, "Arial"),
            342_900,
            -342_900,
            BulletKind::AutoNumber {
                scheme: "arabicPeriod".into(),
                start,
            },
        );
        text.properties.level = Some(level);
        text
    };
    let text = body(vec![
        number(0, 1),
        number(0, 1),
        number(1, 1),
        number(1, 1),
        number(0, 1),
        number(1, 1),
        plain("break", 10.0, "Arial"),
        number(0, 1),
        number(0, 7),
        number(0, 7),
    ]);
    let numbers: Vec<_> = texts(&lay(&text))
        .into_iter()
        .filter(|text| text.ends_with('.'))
        .collect();
    assert_eq!(
        numbers,
        ["1.", "2.", "1.", "2.", "3.", "1.", "1.", "7.", "8."]
    );
}

#[test]
fn superscript_is_two_thirds_and_raised_by_its_share() {
    let raised = RunProperties {
        baseline: Some(0.3),
        ..look(18.0, "Calibri")
    };
    let block = lay(&body(vec![paragraph(vec![
        run("a", look(18.0, "Calibri")),
        run("2", raised),
    ])]));
    let drawn = runs(&block);
    close(drawn[1].0.size, 12.0);
    close(drawn[0].0.glyphs[0].y - drawn[1].0.glyphs[0].y, 5.4);
    close(block.height, 21.6);
}

#[test]
fn anchors_place_the_block() {
    let at = |anchor| {
        let mut text = body(vec![plain("a", 20.0, "Calibri")]);
        text.properties.anchor = Some(anchor);
        baselines(&lay(&text))[0]
    };
    close(at(Anchor::Center), 150.0 - 12.0 + 18.72);
    close(at(Anchor::Bottom), 250.0 - 3.6 - 24.0 + 18.72);
    let mut tall = body((0..20).map(|_| plain("a", 20.0, "Calibri")).collect());
    tall.properties.anchor = Some(Anchor::Center);
    close(baselines(&lay(&tall))[0], 150.0 - 240.0 + 18.72);
}

#[test]
fn alignment_leaves_trailing_spaces_out() {
    let at = |align, text: &str, wrap: bool| {
        let mut paragraph = plain(text, 10.0, "Arial");
        paragraph.properties.align = Some(align);
        let mut text = body(vec![paragraph]);
        text.properties.wrap = Some(wrap);
        runs(&lay(&text))[0].0.glyphs[0].x
    };
    close(at(TextAlign::Right, "aaaa  ", true), RIGHT - 22.0);
    close(at(TextAlign::Center, "aaaa  ", true), 300.0 - 11.0);
    // Without wrapping they count: a space is 2.75 wide.
    close(at(TextAlign::Center, "aaaa  ", false), 300.0 - 11.0 - 2.75);
}

#[test]
fn justified_lines_fill_the_width_except_the_last() {
    let mut text = plain("aaaa aaaa aaaa aaaa aaaa aaaa aaaa aaaa", 40.0, "Arial");
    text.properties.align = Some(TextAlign::Justified);
    let block = lay(&body(vec![text]));
    let drawn = runs(&block);
    let first = &drawn[0].0;
    let end = first
        .glyphs
        .iter()
        .rev()
        .find(|glyph| &first.text[glyph.start as usize..glyph.end as usize] != " ")
        .unwrap();
    close(end.x + end.advance, RIGHT);
    let last = &drawn[drawn.len() - 1].0;
    close(last.glyphs[4].x - last.glyphs[3].x, last.glyphs[3].advance);
}

#[test]
fn right_to_left_text_ends_at_the_right_edge() {
    let mut text = plain("שלום abc עולם", 20.0, "Arial");
    text.properties.rtl = Some(true);
    text.properties.align = Some(TextAlign::Right);
    let block = lay(&body(vec![text]));
    let drawn = runs(&block);
    let glyphs: Vec<_> = drawn
        .iter()
        .flat_map(|(run, _)| {
            run.glyphs.iter().map(|glyph| {
                (
                    glyph.x,
                    run.text[glyph.start as usize..glyph.end as usize].to_owned(),
                )
            })
        })
        .collect();
    assert!(
        glyphs.windows(2).all(|pair| pair[0].0 <= pair[1].0),
        "glyphs run from left to right"
    );
    assert_eq!(
        glyphs
            .iter()
            .map(|glyph| glyph.1.as_str())
            .collect::<String>(),
        "םלוע abc םולש"
    );
    let last = drawn.last().unwrap().0.glyphs.last().unwrap();
    close(last.x + last.advance, RIGHT);
    assert_eq!(block.plain, "שלום abc עולם");
}

#[test]
fn right_to_left_bullets_stand_right_of_the_text() {
    let mut text = bulleted(
        plain("שלום", 20.0, "Arial"),
        342_900,
        -342_900,
        BulletKind::Char("•".into()),
    );
    text.properties.rtl = Some(true);
    text.properties.align = Some(TextAlign::Right);
    let drawn = runs(&lay(&body(vec![text])));
    let mark = &drawn[0].0.glyphs[0];
    close(mark.x + mark.advance, RIGHT);
    let last = drawn[1].0.glyphs.last().unwrap();
    close(last.x + last.advance, RIGHT - 27.0);
}

#[test]
fn the_face_of_letters_does_not_hang_on_what_begins_the_run() {
    // Hebrew letters of this face are drawn with another one; a space belongs to no script.
    let asked = RunProperties {
        complex_script: face("Liberation Sans"),
        ..look(20.0, "Liberation Sans")
    };
    let faces = |second: RunProperties| {
        let mut text = paragraph(vec![run("שלום", asked.clone()), run(" – עולם", second)]);
        text.properties.rtl = Some(true);
        let drawn = runs(&lay(&body(vec![text])));
        let glyphs = drawn.iter().flat_map(|(run, _)| {
            let face = run.face.family().to_owned();
            run.glyphs
                .iter()
                .map(move |glyph| (face.clone(), glyph.id, glyph.x))
        });
        glyphs.collect::<Vec<_>>()
    };
    let other = RunProperties {
        highlight: Some(Color::scheme(SchemeColor::Hyperlink)),
        ..asked.clone()
    };
    assert_eq!(faces(other), faces(asked.clone()));
}

#[test]
fn arabic_letters_join() {
    let mut text = plain("سلام", 20.0, "Arial");
    text.properties.rtl = Some(true);
    let drawn = runs(&lay(&body(vec![text])));
    let ids = |text: &str| {
        let mut text = plain(text, 20.0, "Arial");
        text.properties.rtl = Some(true);
        runs(&lay(&body(vec![text])))[0]
            .0
            .glyphs
            .iter()
            .map(|glyph| glyph.id)
            .collect::<Vec<_>>()
    };
    let alone: Vec<_> = "سلام"
        .chars()
        .rev()
        .flat_map(|ch| ids(&ch.to_string()))
        .collect();
    let joined: Vec<_> = drawn[0].0.glyphs.iter().map(|glyph| glyph.id).collect();
    assert_ne!(
        joined, alone,
        "letters take the forms of their place in the word"
    );
    // The last letter follows an alef, which does not join forward: it stands alone.
    assert_eq!(joined.first(), alone.first());
}

#[test]
fn links_are_underlined_coloured_and_clickable() {
    let link = |action, keep_text_color| {
        Some(Hyperlink {
            action,
            tooltip: None,
            keep_text_color,
        })
    };
    let properties = |link| RunProperties {
        fill: Some(Fill::Solid(Color::rgb(9, 8, 7))),
        link,
        ..look(20.0, "Arial")
    };
    let text = body(vec![paragraph(vec![
        run(
            "own",
            properties(link(LinkAction::Uri("https://example.org/".into()), true)),
        ),
        run(" and ", properties(None)),
        run(
            "slide",
            properties(link(
                LinkAction::SlidePart("/ppt/slides/slide2.xml".into()),
                false,
            )),
        ),
    ])]);
    let block = lay(&text);
    let colors: Vec<_> = runs(&block)
        .iter()
        .map(|(_, paint)| matches!(paint, Paint::Solid(color) if *color == Rgba::rgb(9, 8, 7)))
        .collect();
    assert_eq!(colors, [true, true, false]);
    assert_eq!(block.links.len(), 2);
    assert_eq!(block.links[1].target, LinkTarget::Slide(2));
    close(block.links[0].rect.x0, LEFT);
    close(block.links[0].rect.height(), 24.0);
    let bars: Vec<_> = block
        .ops
        .iter()
        .filter_map(|op| {
            if let Op::Fill(path, ..) = op {
                Some(path.bounding_box())
            } else {
                None
            }
        })
        .collect();
    assert_eq!(bars.len(), 2);
    // Arial: 0.106 em below the baseline, 0.073 em thick.
    close(bars[0].y0, TOP + 0.9724 * 20.0 + 0.106 * 20.0);
    assert!((bars[0].height() - 0.073 * 20.0).abs() < 0.02);
}

#[test]
fn decorations_are_drawn() {
    let shapes = |properties: RunProperties| {
        let block = lay(&body(vec![paragraph(vec![run("a word", properties)])]));
        let fills = block
            .ops
            .iter()
            .filter(|op| matches!(op, Op::Fill(..)))
            .count();
        let strokes = block
            .ops
            .iter()
            .filter(|op| matches!(op, Op::Stroke(..)))
            .count();
        (fills, strokes)
    };
    let base = || look(20.0, "Arial");
    assert_eq!(
        shapes(RunProperties {
            strike: Some(Strike::Single),
            ..base()
        }),
        (1, 0)
    );
    assert_eq!(
        shapes(RunProperties {
            strike: Some(Strike::Double),
            ..base()
        }),
        (2, 0)
    );
    assert_eq!(
        shapes(RunProperties {
            underline: Some(Underline::Words),
            ..base()
        }),
        (2, 0)
    );
    assert_eq!(
        shapes(RunProperties {
            underline: Some(Underline::Double),
            ..base()
        }),
        (2, 0)
    );
    assert_eq!(
        shapes(RunProperties {
            underline: Some(Underline::Wavy),
            ..base()
        }),
        (0, 1)
    );
    assert_eq!(
        shapes(RunProperties {
            underline: Some(Underline::DotDash),
            ..base()
        }),
        (0, 1)
    );
    assert_eq!(
        shapes(RunProperties {
            highlight: Some(Color::rgb(255, 255, 0)),
            ..base()
        }),
        (1, 0)
    );
}

#[test]
fn capitals_fields_and_equations_have_their_texts() {
    let caps = |caps| RunProperties {
        caps: Some(caps),
        ..look(20.0, "Arial")
    };
    let block = lay(&body(vec![
        paragraph(vec![run("Straße", caps(Caps::All))]),
        paragraph(vec![run("Ab", caps(Caps::Small))]),
    ]));
    assert_eq!(texts(&block), ["STRASSE", "A", "B"]);
    let sizes: Vec<_> = runs(&block).iter().map(|(run, _)| run.size).collect();
    assert_eq!(sizes, [20.0, 20.0, 16.0]);
    let field = |kind: &str, text: &str| Run {
        kind: RunKind::Field {
            kind: kind.into(),
            text: text.into(),
        },
        properties: look(20.0, "Arial"),
    };
    assert_eq!(
        texts(&lay(&body(vec![paragraph(vec![field("slidenum", "‹#›")])]))),
        ["7"]
    );
    assert_eq!(
        texts(&lay(&body(vec![paragraph(vec![field(
            "datetime1",
            "1/2/2024"
        )])]))),
        ["1/2/2024"]
    );
}

#[test]
fn glyphs_refer_to_their_text_with_spaces() {
    let block = lay(&body(vec![plain(
        "some words that wrap onto the next line",
        40.0,
        "Arial",
    )]));
    let drawn = runs(&block);
    assert!(drawn.len() > 1);
    let copied: String = drawn
        .iter()
        .flat_map(|(run, _)| {
            run.glyphs
                .iter()
                .map(|glyph| run.text[glyph.start as usize..glyph.end as usize].to_owned())
        })
        .collect();
    assert_eq!(copied, "some words that wrap onto the next line");
}

#[test]
fn runs_that_look_alike_are_drawn_as_one() {
    let english = RunProperties {
        language: Some("en-US".into()),
        ..look(20.0, "Arial")
    };
    let german = RunProperties {
        language: Some("de-DE".into()),
        ..look(20.0, "Arial")
    };
    assert_eq!(
        texts(&lay(&body(vec![paragraph(vec![
            run("one ", english),
            run("two", german)
        ])]))),
        ["one two"]
    );
}

#[test]
fn characters_without_a_glyph_fall_back() {
    let drawn = runs(&lay(&body(vec![plain("a\u{0E01}b", 20.0, "Arial")])));
    let families: Vec<_> = drawn
        .iter()
        .map(|(run, _)| run.face.family().to_owned())
        .collect();
    assert_eq!(
        families,
        ["Liberation Sans", "Noto Sans Thai", "Liberation Sans"]
    );
    let symbols = runs(&lay(&body(vec![plain("\u{F0A7}", 20.0, "Wingdings")])));
    assert_ne!(symbols[0].0.glyphs[0].id, 0);
}

#[test]
fn styles_inherit_nearest_first() {
    let list = |size: f64, family: &str| {
        let run = RunProperties {
            size: Some(size),
            latin: face(family),
            ..RunProperties::default()
        };
        let level = ParagraphProperties {
            default_run: Some(Box::new(run)),
            ..ParagraphProperties::default()
        };
        slides_ooxml::model::ListStyle {
            levels: [
                Some(Box::new(level)),
                None,
                None,
                None,
                None,
                None,
                None,
                None,
                None,
            ],
            ..Default::default()
        }
    };
    let (own, master) = (list(30.0, "Calibri"), list(40.0, "Times New Roman"));
    let style_run = RunProperties {
        size: Some(35.0),
        fill: Some(Fill::Solid(Color::scheme(SchemeColor::Light1))),
        ..RunProperties::default()
    };
    let size = |list_styles: Vec<&_>, own_styles, paragraph: Paragraph| {
        with_context(|cx| {
            let cascade = TextCascade {
                list_styles,
                own_styles,
                style_run: Some(style_run.clone()),
                ..TextCascade::default()
            };
            let drawn = runs(&layout_text(cx, &body(vec![paragraph]), &cascade, &frame()));
            (drawn[0].0.size, drawn[0].0.face.family().to_owned())
        })
    };
    let bare = || paragraph(vec![run("x", RunProperties::default())]);
    assert_eq!(
        size(vec![&own, &master], 1, bare()),
        (30.0, "Carlito".to_owned())
    );
    assert_eq!(
        size(vec![&master], 0, bare()),
        (35.0, "Liberation Serif".to_owned())
    );
    let mut with_default = bare();
    with_default.properties.default_run = Some(Box::new(look(15.0, "Arial")));
    assert_eq!(
        size(vec![&own, &master], 1, with_default),
        (15.0, "Liberation Sans".to_owned())
    );
}

#[test]
fn columns_fill_one_after_the_other() {
    let mut text = body((0..10).map(|_| plain("a", 20.0, "Calibri")).collect());
    text.properties.columns = Some(2);
    text.properties.column_spacing = Some(254_000);
    let block = lay(&text);
    let xs: Vec<_> = runs(&block)
        .iter()
        .map(|(run, _)| run.glyphs[0].x)
        .collect();
    // Eight lines of 24 points fit into 192.8.
    close(xs[7], LEFT);
    close(xs[8], LEFT + (RIGHT - LEFT - 20.0) / 2.0 + 20.0);
    close(runs(&block)[8].0.glyphs[0].y, TOP + 18.72);
}

#[test]
fn columns_share_what_they_do_not_hold() {
    // Two columns hold eight lines each; twenty make both two lines longer.
    let mut text = body((0..20).map(|_| plain("a", 20.0, "Calibri")).collect());
    text.properties.columns = Some(2);
    let block = lay(&text);
    let ys: Vec<_> = runs(&block)
        .iter()
        .map(|(run, _)| run.glyphs[0].y)
        .collect();
    close(ys[9], ys[0] + 9.0 * 24.0);
    close(ys[10], ys[0]);
}

#[test]
fn turned_text_is_turned_as_a_block() {
    let first_point = |vertical| {
        let mut text = body(vec![plain("a", 20.0, "Calibri")]);
        text.properties.vertical = Some(vertical);
        let block = lay(&text);
        let Some(Op::Push(turn)) = block.ops.first() else {
            panic!("no turn")
        };
        let glyph = runs(&block)[0].0.glyphs[0];
        *turn * kurbo::Point::new(glyph.x, glyph.y)
    };
    let down = first_point(VerticalText::Vertical);
    close(down.x, 500.0 - 3.6 - 18.72);
    close(down.y, 50.0 + 7.2);
    let up = first_point(VerticalText::Vertical270);
    close(up.x, 100.0 + 3.6 + 18.72);
    close(up.y, 250.0 - 7.2);
    let mut text = body(vec![plain("a", 20.0, "Calibri")]);
    text.properties.upright = Some(true);
    let upright = with_context(|cx| {
        layout_text(
            cx,
            &text,
            &TextCascade::default(),
            &TextFrame {
                rotation: 90.0,
                ..frame()
            },
        )
    });
    let Some(Op::Push(turn)) = upright.ops.first() else {
        panic!("no turn")
    };
    let coefficients = turn.as_coeffs();
    close(coefficients[1], -1.0);
}

#[test]
fn measuring_agrees_with_layout() {
    let mut text = body(vec![
        bulleted(
            plain(
                "Some words that are long enough to take more than one line, low-cost and/or otherwise",
                18.0,
                "Calibri",
            ),
            342_900,
            -342_900,
            BulletKind::Char("•".into()),
        ),
        spaced(
            plain(
                "more of them in another face with exact spacing of lines in points",
                14.0,
                "Arial",
            ),
            Spacing::Points(20.0),
        ),
    ]);
    text.paragraphs[1].properties.space_before = Some(Spacing::Points(6.0));
    with_context(|cx| {
        for width in [40.0, 123.4, 300.0] {
            let narrow = TextFrame {
                rect: kurbo::Rect::new(0.0, 0.0, width + 14.4, 50.0),
                ..TextFrame::default()
            };
            let block = layout_text(cx, &text, &TextCascade::default(), &narrow);
            assert_eq!(
                measure_text(cx, &text, &TextCascade::default(), width),
                block.height
            );
        }
    });
}

#[test]
fn hostile_texts_end() {
    let narrow = TextFrame {
        rect: kurbo::Rect::new(0.0, 0.0, 10.0, 0.0),
        ..TextFrame::default()
    };
    let mut long = plain(&"word ".repeat(200_000), 12.0, "Arial");
    long.properties.align = Some(TextAlign::Justified);
    let word = plain(&"x".repeat(200_000), 12.0, "Arial");
    let kerned = paragraph(vec![run(
        &"Te".repeat(100_000),
        RunProperties {
            kerning: Some(1.0),
            ..look(12.0, "Arial")
        },
    )]);
    let mixed = plain(&"a\u{5D0}1 ".repeat(20_000), 12.0, "Arial");
    let marks = plain(&"e\u{301}\u{302}".repeat(20_000), 12.0, "Arial");
    let sizes = [0.0, -5.0, 1e9, f64::NAN].map(|size| plain("sizes", size, "Arial"));
    with_context(|cx| {
        for text in [long, word, kerned, mixed, marks].into_iter().chain(sizes) {
            let text = body(vec![text]);
            let block = layout_text(cx, &text, &TextCascade::default(), &narrow);
            assert!(block.height.is_finite() && block.height > 0.0);
            let wide = layout_text(cx, &text, &TextCascade::default(), &frame());
            assert!(wide.ops.iter().all(|op| !matches!(op, Op::Text(run, _) if run.glyphs.iter().any(|glyph| !glyph.x.is_finite()))));
        }
    });
}
