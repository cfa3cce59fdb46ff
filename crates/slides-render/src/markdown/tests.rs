use std::sync::Arc;

use slides_fonts::{Face, FontBook, Style};
use slides_scene::{Link, LinkTarget, Op, Paint, Rgba, Tag};

use super::*;
use crate::picture::samples;

fn face(bold: bool) -> Face {
    let style = Style {
        bold,
        italic: false,
    };
    FontBook::bundled().select("Arial", style).face
}

fn text(text: &str, x: f64, y: f64, bold: bool) -> Op {
    let run = crate::testing::run(&face(bold), text, x, y, 10.0, false);
    Op::Text(Arc::new(run), Paint::Solid(Rgba::BLACK))
}

fn tagged(tag: Tag, ops: Vec<Op>) -> Vec<Op> {
    let mut all = vec![Op::Tag(tag)];
    all.extend(ops);
    all.push(Op::EndTag);
    all
}

fn item(level: u8, label: &str, words: &str) -> Vec<Op> {
    let mut ops = tagged(Tag::Label, vec![text(label, 0.0, 0.0, false)]);
    ops.push(text(words, 20.0, 0.0, false));
    let numbered = label.starts_with(|ch: char| ch.is_ascii_digit());
    tagged(Tag::ListItem { level, numbered }, ops)
}

fn page(ops: Vec<Op>) -> Page {
    Page {
        size: kurbo::Size::new(720.0, 405.0),
        number: 3,
        ops,
        ..Page::default()
    }
}

fn written(page: &Page, options: MarkdownOptions) -> (String, Vec<SideFile>) {
    let remarks = Remarks {
        notes: vec!["Say *hello*.".into()],
        comments: vec![(Some("Ann".into()), "Why?".into())],
    };
    MarkdownWriter::new(options).page(page, &remarks)
}

#[test]
fn titles_paragraphs_and_lists_keep_their_structure() {
    let mut ops = tagged(Tag::Title, vec![text("Plan # 1", 0.0, 10.0, true)]);
    ops.extend(tagged(
        Tag::Paragraph,
        vec![
            text("one", 0.0, 50.0, false),
            text(" two", 20.0, 50.0, true),
            text("three", 0.0, 62.0, false),
        ],
    ));
    ops.extend(item(0, "•", "first"));
    ops.extend(item(1, "2.", "- inner"));
    ops.extend(tagged(Tag::Artifact, vec![text("page 3", 0.0, 0.0, false)]));
    let (found, files) = written(&page(ops), MarkdownOptions::default());
    assert_eq!(
        found,
        "# Plan # 1\n\none **two** three\n\n- first\n    2. \\- inner\n\n> **Notes:**\n>\n> Say \\*hello\\*.\n\n> **Comment by Ann:**\n>\n> Why?\n"
    );
    assert!(files.is_empty());
}

fn table() -> Vec<Op> {
    let cell = |words: &str, columns| {
        tagged(
            Tag::TableCell {
                header: None,
                columns,
                rows: 1,
            },
            tagged(Tag::Paragraph, vec![text(words, 0.0, 0.0, false)]),
        )
    };
    let row = |cells: Vec<Vec<Op>>| tagged(Tag::TableRow, cells.concat());
    tagged(
        Tag::Table,
        [
            row(vec![cell("a|b", 1), cell("<c>", 1)]),
            row(vec![cell("wide", 2)]),
        ]
        .concat(),
    )
}

#[test]
fn tables_follow_the_flavour() {
    let rows = [
        (
            MarkdownTables::Pipes,
            "| a\\|b | &lt;c&gt; |\n| --- | --- |\n| wide |  |\n",
        ),
        (
            MarkdownTables::Html,
            "<table>\n<tr><td>a|b</td><td>&lt;c&gt;</td></tr>\n<tr><td colspan=\"2\">wide</td></tr>\n</table>\n",
        ),
        (
            MarkdownTables::Lines,
            "- a\\|b \\| &lt;c&gt;\n- wide \\| \n",
        ),
    ];
    for (tables, wanted) in rows {
        let options = MarkdownOptions {
            tables,
            ..MarkdownOptions::default()
        };
        let mut writer = MarkdownWriter::new(options);
        let (found, _) = writer.page(&page(table()), &Remarks::default());
        assert_eq!(found, wanted);
    }
}

#[test]
fn numbers_lines_and_blanks_follow_the_options() {
    let ops = tagged(Tag::Paragraph, vec![text("a   b", 0.0, 0.0, false)]);
    let options = MarkdownOptions {
        number_format: Some("# Slide {0}".into()),
        lines: MarkdownLines::Windows,
        compact: true,
        spaces: MarkdownSpaces::Alternating,
        ..MarkdownOptions::default()
    };
    let mut writer = MarkdownWriter::new(options);
    let (found, _) = writer.page(&page(ops), &Remarks::default());
    assert_eq!(found, "# Slide 3\r\na &nbsp; b\r\n");
    assert_eq!(writer.separator(), "---\r\n");
}

#[test]
fn pictures_lie_in_their_folder_and_links_lead_out() {
    let image = samples::image("a", samples::quarters(8));
    let picture = Op::Image(Box::new(slides_scene::ImageOp {
        image,
        dst: kurbo::Rect::new(0.0, 0.0, 10.0, 10.0),
        crop: kurbo::Rect::new(0.0, 0.0, 0.5, 1.0),
        alpha: 1.0,
        effects: Vec::new(),
        alt: None,
    }));
    let mut ops = tagged(Tag::Figure(Some("four [fields]".into())), vec![picture]);
    ops.extend(tagged(
        Tag::Paragraph,
        vec![text("here", 100.0, 100.0, false)],
    ));
    let mut page = page(ops);
    page.links = vec![Link {
        rect: kurbo::Rect::new(90.0, 80.0, 200.0, 110.0),
        target: LinkTarget::Uri("https://example.org/a_(b)".into()),
    }];
    let options = MarkdownOptions {
        picture_folder: Some("My images".into()),
        ..MarkdownOptions::default()
    };
    let mut writer = MarkdownWriter::new(options);
    let (found, files) = writer.page(&page, &Remarks::default());
    assert_eq!(
        found,
        "![four \\[fields\\]](My%20images/slide3-1.png)\n\n[here](https://example.org/a_%28b%29)\n"
    );
    assert_eq!(files.len(), 1);
    assert_eq!(files[0].name, "My images/slide3-1.png");
    // The left half.
    let side = |at: usize| u32::from_be_bytes(files[0].bytes[at..at + 4].try_into().unwrap());
    assert_eq!((side(16), side(20)), (4, 8));
    let (found, files) =
        MarkdownWriter::new(MarkdownOptions::default()).page(&page, &Remarks::default());
    assert!(files.is_empty() && !found.contains("!["), "{found}");
}
