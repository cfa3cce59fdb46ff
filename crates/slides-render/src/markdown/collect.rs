//! Gathers the blocks of a page from its tags.
use kurbo::{Affine, BezPath, Point, Rect};
use slides_scene::{
    BlendMode, EffectKind, EffectOp, FillRule, GlyphRun, ImageOp, LinkTarget, Page, Paint,
    StrokeStyle, Tag,
};

use super::MarkdownOptions;
use super::blocks::{Block, Cell, Span};
use crate::error::Warnings;
use crate::files::{PngCompression, encode_png};
use crate::geometry::clean_rect;
use crate::picture::{self, Allowance, Shown};
use crate::plain::clean_uri;
use crate::raster::Pixmap;
use crate::svg::SideFile;
use crate::walk::{Budget, Canvas, walk};

/// Part of the font's size beyond which a gap between runs is a blank.
const GAP: f64 = 0.25;

/// The paragraph that is being read.
struct Open {
    kind: Tag,
    spans: Vec<Span>,
    label: String,
    /// Where the last run ended, in page points, and its size.
    last: Option<(Point, f64)>,
}

pub(super) struct Collector<'a> {
    options: &'a MarkdownOptions,
    warnings: &'a mut Warnings,
    page: &'a Page,
    /// Areas of links that lead out, in page points.
    links: Vec<(Rect, String)>,
    transforms: Vec<Affine>,
    tags: Vec<Tag>,
    open: Option<Open>,
    table: Option<Vec<Vec<Cell>>>,
    blocks: Vec<Block>,
    files: Vec<SideFile>,
    allowance: Allowance,
    bytes: usize,
}

impl<'a> Collector<'a> {
    pub(super) fn new(
        options: &'a MarkdownOptions,
        warnings: &'a mut Warnings,
        page: &'a Page,
    ) -> Self {
        let links = page.links.iter().filter_map(|link| match &link.target {
            LinkTarget::Uri(uri) => Some((clean_rect(link.rect)?, clean_uri(uri)?)),
            LinkTarget::Slide(_) => None,
        });
        Self {
            options,
            warnings,
            page,
            links: links.collect(),
            transforms: vec![Affine::IDENTITY],
            tags: Vec::new(),
            open: None,
            table: None,
            blocks: Vec::new(),
            files: Vec::new(),
            allowance: Allowance::default(),
            bytes: 0,
        }
    }

    pub(super) fn finish(mut self) -> (Vec<Block>, Vec<SideFile>) {
        self.close();
        (self.blocks, self.files)
    }

    fn is_artifact(&self) -> bool {
        self.tags.contains(&Tag::Artifact)
    }

    /// Ends the open paragraph.
    fn close(&mut self) {
        let Some(open) = self.open.take() else {
            return;
        };
        if let Some(row) = self.table.as_mut().and_then(|rows| rows.last_mut())
            && let Some(cell) = row.last_mut()
        {
            cell.lines.push(open.spans);
            return;
        }
        let block = match open.kind {
            Tag::Title => match self.blocks.last_mut() {
                // Paragraphs of one title.
                Some(Block::Title(spans)) => {
                    spans.push(Span::plain(" "));
                    spans.extend(open.spans);
                    return;
                }
                _ => Block::Title(open.spans),
            },
            Tag::ListItem { level, numbered } => {
                let digits: String = open
                    .label
                    .chars()
                    .filter(char::is_ascii_digit)
                    .take(6)
                    .collect();
                let number = digits.parse().unwrap_or(1);
                Block::Item {
                    level,
                    number: numbered.then_some(number),
                    spans: open.spans,
                }
            }
            _ => Block::Paragraph(open.spans),
        };
        self.blocks.push(block);
    }

    fn picture(&mut self, op: &ImageOp) {
        let Some(folder) = &self.options.picture_folder else {
            return;
        };
        let Some(Shown { part, .. }) = Shown::of(op) else {
            return;
        };
        let limits = &self.options.limits;
        if self.bytes as u64 > limits.max_document_bytes
            || !self.allowance.decode(&op.image, limits, self.warnings)
        {
            return;
        }
        let key = &op.image.key;
        let pixels = match picture::prepare(&op.image, &op.effects, None, limits) {
            Ok((pixels, lost)) => {
                if let Some(lost) = lost {
                    self.warnings
                        .add("picture", format!("picture `{key}` {lost}"));
                }
                pixels
            }
            Err(reason) => {
                let text = format!("picture `{key}` {reason}; it was left out");
                self.warnings.add("picture", text);
                return;
            }
        };
        let (pixels, _) = picture::cut(&pixels, part);
        let Ok(bytes) = encode_png(&Pixmap::new(pixels), PngCompression::Balanced, None) else {
            return;
        };
        let name = format!(
            "{folder}/slide{}-{}.png",
            self.page.number,
            self.files.len() + 1
        );
        let alt = self.tags.iter().rev().find_map(|tag| match tag {
            Tag::Figure(Some(alt)) => Some(alt.clone()),
            _ => None,
        });
        self.blocks.push(Block::Picture(
            alt.or_else(|| op.alt.clone()).unwrap_or_default(),
            name.clone(),
        ));
        self.bytes += bytes.len();
        self.files.push(SideFile {
            name,
            extension: "png",
            media_type: "image/png",
            bytes,
        });
    }
}

/// Scripts that are written without blanks between words.
fn is_dense(ch: char) -> bool {
    matches!(u32::from(ch), 0x2E80..=0x9FFF | 0xF900..=0xFAFF | 0xFF00..=0xFFEF | 0x20000..=0x3FFFF)
}

impl Canvas for Collector<'_> {
    fn warnings(&mut self) -> &mut Warnings {
        self.warnings
    }

    fn push_transform(&mut self, affine: Affine) {
        let current = self.transforms.last().copied().unwrap_or(Affine::IDENTITY);
        self.transforms.push(current * affine);
    }

    fn pop_transform(&mut self) {
        if self.transforms.len() > 1 {
            self.transforms.pop();
        }
    }

    fn push_clip(&mut self, _: &BezPath, _: FillRule) {}

    fn pop_clip(&mut self) {}

    fn push_layer(&mut self, _: f32, _: BlendMode) {}

    fn pop_layer(&mut self) {}

    fn fill(&mut self, _: &BezPath, _: FillRule, _: &Paint) {}

    fn stroke(&mut self, _: &BezPath, _: &StrokeStyle, _: &Paint) {}

    fn text(&mut self, run: &GlyphRun, _: &Paint) {
        if self.is_artifact() || run.glyphs.is_empty() {
            return;
        }
        let start = run.glyphs.iter().map(|glyph| glyph.start).min();
        let end = run.glyphs.iter().map(|glyph| glyph.end).max();
        let (Some(start), Some(end)) = (start, end) else {
            return;
        };
        let text = run
            .text
            .get(start as usize..end as usize)
            .unwrap_or_default();
        let in_label = self.tags.contains(&Tag::Label);
        let transform = self.transforms.last().copied().unwrap_or(Affine::IDENTITY);
        let left = run
            .glyphs
            .iter()
            .map(|glyph| glyph.x)
            .fold(f64::MAX, f64::min);
        let right = run
            .glyphs
            .iter()
            .map(|glyph| glyph.x + glyph.advance)
            .fold(f64::MIN, f64::max);
        let baseline = run.glyphs.first().map_or(0.0, |glyph| glyph.y);
        let place = Rect::new(left, baseline - 0.7 * run.size, right, baseline);
        let center = transform * place.center();
        let link = self
            .links
            .iter()
            .find(|(area, _)| area.contains(center))
            .map(|(_, address)| address.clone());
        let Some(open) = &mut self.open else {
            // Text of charts and the like is part of a drawing.
            return;
        };
        if in_label {
            open.label.push_str(text);
            return;
        }
        self.bytes += text.len();
        if self.bytes as u64 > self.options.limits.max_document_bytes {
            return;
        }
        let from = Point::new(left, baseline);
        if let (Some((end, size)), Some(last)) = (open.last, open.spans.last_mut()) {
            let line_apart = (end.y - from.y).abs() > 0.5 * size.max(run.size);
            let gap = from.x - end.x > GAP * run.size;
            let ends = last.text.chars().next_back().unwrap_or(' ');
            let begins = text.chars().next().unwrap_or(' ');
            let has_blank = ends.is_whitespace() || begins.is_whitespace();
            // Lines also end within words: behind a hyphen, and anywhere in some scripts.
            let within = matches!(ends, '-' | '\u{2010}' | '\u{AD}' | '/')
                || (is_dense(ends) && is_dense(begins));
            if !has_blank && ((line_apart && !within) || (gap && !line_apart)) {
                last.text.push(' ');
            }
        }
        open.last = Some((Point::new(right, baseline), run.size));
        open.spans.push(Span {
            text: text.to_owned(),
            bold: run.face.is_bold() || run.embolden > 0.0,
            italic: run.face.is_italic() || run.skew != 0.0,
            link,
        });
    }

    fn image(&mut self, image: &ImageOp) {
        if !self.is_artifact() && self.table.is_none() {
            self.picture(image);
        }
    }

    fn effect(&mut self, effect: &EffectOp, budget: &mut Budget) {
        // The object itself, and not only what it casts.
        if matches!(
            effect.kind,
            EffectKind::SoftEdge { .. } | EffectKind::Blur { .. }
        ) {
            let limits = &self.options.limits;
            walk(&effect.source, self, limits, budget);
        }
    }

    fn tag(&mut self, tag: &Tag) {
        match tag {
            Tag::Title | Tag::Paragraph | Tag::ListItem { .. } if !self.is_artifact() => {
                self.close();
                self.open = Some(Open {
                    kind: tag.clone(),
                    spans: Vec::new(),
                    label: String::new(),
                    last: None,
                });
            }
            Tag::Table if self.table.is_none() => {
                self.close();
                self.table = Some(Vec::new());
            }
            Tag::TableRow => {
                if let Some(rows) = &mut self.table {
                    rows.push(Vec::new());
                }
            }
            Tag::TableCell { columns, .. } => {
                if let Some(row) = self.table.as_mut().and_then(|rows| rows.last_mut()) {
                    row.push(Cell {
                        lines: Vec::new(),
                        columns: *columns,
                    });
                }
            }
            _ => {}
        }
        self.tags.push(tag.clone());
    }

    fn end_tag(&mut self) {
        match self.tags.pop() {
            Some(Tag::Title | Tag::Paragraph | Tag::ListItem { .. }) => self.close(),
            Some(Tag::Table) if !self.tags.contains(&Tag::Table) => {
                self.close();
                if let Some(rows) = self.table.take() {
                    self.blocks.push(Block::Table(rows));
                }
            }
            _ => {}
        }
    }
}
