//! A body composed: paragraphs shaped and wrapped, lines stacked.

use std::rc::Rc;

use slides_ooxml::model::{
    BulletFont, BulletKind, BulletSize, Caps, FontAlign, MathRun, Paragraph, PictureRef, Run,
    RunKind, RunProperties, Spacing, TextBody,
};

use super::TextCascade;
use super::equation::{self, MathObject};
use super::fonts::{Font, TextCache};
use super::math::{self, Look, Looks};
use super::number;
use super::shape::{ClusterKind, LINE_BREAK, Shaped, Span, StyleFonts, is_east_asian, shape};
use super::style::{BodyStyle, ParagraphStyle, RunSource, RunStyle};
use super::wrap::{Line, MAX_LINES, Measure, mark_breaks, wrap};
use crate::context::SlideContext;
use crate::points;

/// How much a line may stick out of a column, points.
const COLUMN_SLACK: f64 = 0.01;
/// Halvings in the search for the height of columns that hold all of a text.
const COLUMN_STEPS: usize = 24;
/// Share of a run's size that small capitals have.
const SMALL_CAPS: f64 = 0.8;

impl Block<'_> {
    /// Lets the lines follow each other the other way round, as columns from left to right do in a turned frame.
    pub(super) fn reverse_lines(&mut self) {
        let height = self.height;
        for line in self.paragraphs.iter_mut().flat_map(|p| &mut p.lines) {
            let seat = line.baseline - line.top;
            line.top = height - line.top - line.advance;
            line.baseline = line.top + seat;
        }
    }
}

/// A composed body; positions from the top of the text.
pub(super) struct Block<'a> {
    pub paragraphs: Vec<Composed<'a>>,
    /// Height of the text, or of its tallest column.
    pub height: f64,
    /// From the leading edge to the end of the widest line.
    pub width: f64,
}

/// A paragraph ready to draw.
pub(super) struct Composed<'a> {
    pub style: ParagraphStyle<'a>,
    pub text: String,
    pub styles: Vec<RunStyle<'a>>,
    pub shaped: Shaped,
    pub lines: Vec<PlacedLine>,
    pub bullet: Option<Bullet<'a>>,
    /// Parts of equations, in the order of the text.
    pub objects: Vec<MathObject>,
}

/// A line with its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct PlacedLine {
    pub line: Line,
    pub column: usize,
    pub top: f64,
    pub advance: f64,
    pub baseline: f64,
}

/// A paragraph's mark.
pub(super) struct Bullet<'a> {
    /// From the leading edge.
    pub at: f64,
    pub width: f64,
    pub mark: Mark<'a>,
}

pub(super) enum Mark<'a> {
    Text {
        text: String,
        style: Box<RunStyle<'a>>,
        shaped: Shaped,
    },
    Picture {
        picture: &'a PictureRef,
        size: f64,
    },
}

/// How many numbers a list has counted, by level.
#[derive(Default)]
struct Counters<'a>([Option<(&'a str, u32, u32)>; 9]);

impl<'a> Counters<'a> {
    /// The number of the next paragraph.
    fn next(&mut self, level: usize, scheme: &'a str, start: u32) -> u32 {
        let Some(slot) = self.0.get_mut(level) else {
            return start;
        };
        let number = match *slot {
            Some((known, from, last)) if known == scheme && from == start => last.saturating_add(1),
            _ => start,
        };
        *slot = Some((scheme, start, number));
        self.interrupt(level + 1);
        number
    }

    /// A paragraph at `level` that is not numbered ends the lists at its level and below.
    fn interrupt(&mut self, level: usize) {
        for slot in self.0.iter_mut().skip(level) {
            *slot = None;
        }
    }
}

/// The line as the height rules see it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct LineBox {
    pub advance: f64,
    /// From the line's top to its baseline.
    pub seat: f64,
    /// Room below the baseline where no other line follows and the paragraph's mark has no properties.
    pub below: f64,
}

/// Line advance and seat: `natural` is the height at 100 %, 1.2 times the largest size on the line whatever the
/// face; `ascent` is the share above the baseline.
pub(super) fn line_box(natural: f64, ascent: f64, spacing: Spacing, reduction: f64) -> LineBox {
    let descent = 1.0 - ascent;
    let squeezed = |height: f64| (height - descent * natural).max(ascent.min(0.75) * height);
    match spacing {
        Spacing::Percent(percent) => {
            // Whole percents; the stored reduction is subtracted in percent points.
            let percent = ((percent * 100.0 + 0.5).floor() - (reduction * 100.0 + 0.5).floor())
                .clamp(1.0, 10_000.0)
                / 100.0;
            let advance = natural * percent;
            let seat = if percent > 1.0 {
                0.75 * advance
            } else {
                squeezed(advance)
            };
            LineBox {
                advance,
                seat,
                below: advance - seat,
            }
        }
        Spacing::Points(height) => {
            let height = if height.is_finite() {
                height.clamp(0.0, 10_000.0)
            } else {
                natural
            };
            let seat = if height > natural {
                ascent.min(0.75) * height
            } else {
                squeezed(height)
            };
            // Exact lines higher than their letters need end a text at the letters' own descent.
            LineBox {
                advance: height,
                seat,
                below: (height - seat).min(descent * natural),
            }
        }
    }
}

/// Space before or after a paragraph, against the natural height of its line.
pub(super) fn space(spacing: Spacing, natural: f64) -> f64 {
    let space = match spacing {
        // Whole points, halves up.
        Spacing::Points(space) => (space + 0.5).floor(),
        Spacing::Percent(percent) => percent * natural,
    };
    if space.is_finite() {
        space.clamp(0.0, 10_000.0)
    } else {
        0.0
    }
}

/// The share above the baseline of lines with these faces: the largest ascent and the largest descent, set to one.
pub(super) fn joint_ascent(shares: impl Iterator<Item = f64>) -> Option<f64> {
    let (mut above, mut below) = (0.0_f64, 0.0_f64);
    let mut any = false;
    for share in shares {
        any = true;
        above = above.max(share);
        below = below.max(1.0 - share);
    }
    (any && above + below > 0.0).then(|| above / (above + below))
}

/// What the block is composed in.
pub(super) struct Room {
    /// Width of a column.
    pub width: f64,
    /// Height of a column, where there are several.
    pub height: f64,
    pub columns: usize,
    pub wrap: bool,
    /// Letters stand one above the other (WordArt): each takes a line's height.
    pub stacked: bool,
    /// East Asian letters stand upright in lines that run down: each takes its own height.
    pub upright: bool,
}

pub(super) fn compose<'a>(
    cx: &'a SlideContext<'_>,
    cache: &TextCache,
    body: &'a TextBody,
    cascade: &'a TextCascade<'a>,
    style: &BodyStyle,
    room: &Room,
) -> Block<'a> {
    let mut counters = Counters::default();
    let mut budget = MAX_LINES;
    let mut paragraphs = Vec::with_capacity(body.paragraphs.len());
    let mut boxes = Vec::with_capacity(body.paragraphs.len());
    for paragraph in &body.paragraphs {
        if budget == 0 {
            cx.warn(
                "limit",
                format!("a text has more than {MAX_LINES} lines: the rest is left out"),
            );
            break;
        }
        let mut composer = Composer {
            cx,
            cache,
            fit: style.fit,
            natural_lines: style.natural_lines,
            styles: Vec::new(),
            fonts: Vec::new(),
            objects: Vec::new(),
        };
        let (composed, of_lines) = composer.paragraph(
            paragraph,
            {
                let mut style = ParagraphStyle::new(&paragraph.properties, cascade);
                if let Some(align) = equation::display_align(paragraph) {
                    style.align = align;
                }
                style
            },
            room,
            &mut counters,
            budget,
        );
        budget -= composed.lines.len().min(budget);
        paragraphs.push(composed);
        boxes.push(of_lines);
    }
    let height = stack(&mut paragraphs, &boxes, style, room);
    let width = paragraphs
        .iter()
        .flat_map(|paragraph| &paragraph.lines)
        .map(|placed| placed.line.start + placed.line.width)
        .fold(0.0, f64::max);
    Block {
        paragraphs,
        height,
        width,
    }
}

/// Stacks the lines in their columns; returns the height of the tallest.
fn stack(
    paragraphs: &mut [Composed<'_>],
    boxes: &[Vec<(LineBox, f64)>],
    style: &BodyStyle,
    room: &Room,
) -> f64 {
    let (mut tallest, last) = fill(paragraphs, boxes, style, room.columns, room.height);
    if room.columns < 2 || last <= room.height + COLUMN_SLACK {
        return tallest;
    }
    // What the columns do not hold makes all of them longer, not the last one alone.
    let (mut low, mut high) = (room.height, last.max(room.height));
    for _ in 0..COLUMN_STEPS {
        let middle = f64::midpoint(low, high);
        let (_, last) = fill(paragraphs, boxes, style, room.columns, middle);
        if last <= middle + COLUMN_SLACK {
            high = middle;
        } else {
            low = middle;
        }
    }
    (tallest, _) = fill(paragraphs, boxes, style, room.columns, high);
    tallest
}

/// Fills columns of this height one after the other; returns the heights of the tallest and of the last.
fn fill(
    paragraphs: &mut [Composed<'_>],
    boxes: &[Vec<(LineBox, f64)>],
    style: &BodyStyle,
    columns: usize,
    height: f64,
) -> (f64, f64) {
    let (mut y, mut column, mut tallest, mut gap) = (0.0_f64, 0, 0.0_f64, 0.0);
    for (index, (paragraph, boxes)) in paragraphs.iter_mut().zip(boxes).enumerate() {
        let (first, last) = (
            boxes.first().map_or(0.0, |line| line.1),
            boxes.last().map_or(0.0, |line| line.1),
        );
        // Space before counts nothing at the top of a frame, unless the body says so.
        if y > 0.0 || style.first_last_spacing && index == 0 {
            y += gap + space(paragraph.style.before, first);
        }
        for (line, (geometry, _)) in paragraph.lines.iter_mut().zip(boxes) {
            if column + 1 < columns && y > 0.0 && y + geometry.advance > height + COLUMN_SLACK {
                column += 1;
                y = 0.0;
            }
            line.column = column;
            line.top = y;
            line.advance = geometry.advance;
            line.baseline = y + geometry.seat;
            tallest = tallest.max(line.baseline + geometry.below);
            y += geometry.advance;
        }
        gap = space(paragraph.style.after, last);
    }
    if style.first_last_spacing {
        tallest = tallest.max(y + gap);
    }
    (tallest, y)
}

struct Composer<'s, 'a, 'c> {
    cx: &'a SlideContext<'c>,
    cache: &'s TextCache,
    fit: super::style::Fit,
    natural_lines: bool,
    styles: Vec<RunStyle<'a>>,
    fonts: Vec<StyleFonts<'s>>,
    objects: Vec<MathObject>,
}

/// Looks of an equation's runs, kept as styles of the paragraph.
struct RunLooks<'r, 's, 'a, 'c> {
    composer: &'r mut Composer<'s, 'a, 'c>,
    base: RunSource<'a>,
}

impl<'a> Looks<'a> for RunLooks<'_, '_, 'a, '_> {
    fn look(&mut self, run: &'a MathRun) -> Look {
        let source = RunSource::of_run(&run.properties, &self.base);
        let style = RunStyle::new(self.composer.cx, source, self.composer.fit);
        let (size, family) = (style.size, style.latin);
        let face = slides_fonts::Style {
            bold: style.bold,
            italic: style.italic,
        };
        Look {
            index: self.composer.style(style),
            size,
            font: self.composer.cache.select(self.composer.cx, family, face),
        }
    }

    fn fallback(&mut self, ch: char, look: usize) -> Option<Rc<Font>> {
        let Composer {
            cx, cache, styles, ..
        } = &self.composer;
        let style = styles.get(look)?;
        let asked = cache.select(cx, style.latin, slides_fonts::Style::default());
        if asked.covers(ch) {
            return Some(asked);
        }
        cache.fallback(cx.fonts, ch, style.hint, &asked)
    }
}

impl<'a> Composer<'_, 'a, '_> {
    fn style(&mut self, style: RunStyle<'a>) -> usize {
        // Runs are often split without any difference in looks; a few styles back is enough to find the twin.
        let from = self.styles.len().saturating_sub(8);
        if let Some(at) = self
            .styles
            .iter()
            .skip(from)
            .position(|known| *known == style)
        {
            return from + at;
        }
        self.styles.push(style);
        self.fonts.push(StyleFonts::new(self.cache));
        self.styles.len() - 1
    }

    fn paragraph(
        &mut self,
        paragraph: &'a Paragraph,
        style: ParagraphStyle<'a>,
        room: &Room,
        counters: &mut Counters<'a>,
        most: usize,
    ) -> (Composed<'a>, Vec<(LineBox, f64)>) {
        let mut text = String::new();
        let mut spans: Vec<Span> = Vec::new();
        let mut first_text: Option<&'a RunProperties> = None;
        for run in &paragraph.runs {
            if !matches!(run.kind, RunKind::Break)
                && first_text.is_none()
                && !self.run_text(run).is_empty()
            {
                first_text = Some(&run.properties);
            }
            self.run(run, &style.run, &mut text, &mut spans);
        }
        // The mark: its own properties where written, else those of the last run.
        let mark = paragraph
            .end
            .as_ref()
            .or_else(|| paragraph.runs.last().map(|run| &run.properties));
        let mark = mark.map_or(style.run, |own| RunSource::of_run(own, &style.run));
        let mark = self.style(RunStyle::new(self.cx, mark, self.fit));

        let mut shaped = shape(
            self.cx,
            self.cache,
            &text,
            &spans,
            &self.styles,
            &self.fonts,
            style.rtl,
        );
        equation::gather(&mut shaped, &self.objects);
        if room.stacked {
            for cluster in &mut shaped.clusters {
                let size = shaped
                    .items
                    .get(cluster.item as usize)
                    .and_then(|item| self.styles.get(item.style as usize))
                    .map_or(18.0, |s| s.size);
                cluster.width = 1.2 * size;
            }
        }
        if room.upright {
            self.stand_up(&text, &mut shaped);
        }
        mark_breaks(&text, &mut shaped.clusters);
        equation::mark_breaks(&mut shaped.clusters, &self.objects);
        let bullet = if text.is_empty() {
            None
        } else {
            self.bullet(&style, first_text, mark, counters)
        };
        let measure = Self::measure(&style, bullet.as_ref(), room);
        let lines = wrap(&text, &mut shaped, &measure, most);
        let mut boxes = self.boxes(&lines, &shaped, mark, &style);
        // A mark with properties of its own fills its line; so do East Asian letters.
        let end = lines
            .last()
            .and_then(|line| shaped.clusters.get(line.first..line.last))
            .and_then(|clusters| Some((clusters.first()?.start, clusters.last()?.end)))
            .and_then(|(start, end)| text.get(start as usize..end as usize));
        if let (true, Some((last, _))) = (
            paragraph.end.is_some() || end.is_some_and(|end| end.chars().any(is_east_asian)),
            boxes.last_mut(),
        ) {
            last.below = last.below.max(last.advance - last.seat);
        }
        let lines = lines
            .into_iter()
            .map(|line| PlacedLine {
                line,
                column: 0,
                top: 0.0,
                advance: 0.0,
                baseline: 0.0,
            })
            .collect();
        (
            Composed {
                style,
                text,
                styles: std::mem::take(&mut self.styles),
                shaped,
                lines,
                bullet,
                objects: std::mem::take(&mut self.objects),
            },
            boxes,
        )
    }

    /// East Asian letters take a square each in lines that run down, whatever their width across a line.
    fn stand_up(&self, text: &str, shaped: &mut Shaped) {
        for cluster in &mut shaped.clusters {
            let square = text
                .get(cluster.start as usize..)
                .and_then(|rest| rest.chars().next())
                .is_some_and(|ch| {
                    is_east_asian(ch) && !matches!(ch, '\u{FF61}'..='\u{FFDC}' | '\u{3000}')
                });
            let style = shaped
                .items
                .get(cluster.item as usize)
                .and_then(|item| self.styles.get(item.style as usize));
            let (true, Some(style)) = (square && cluster.glyph_count == 1, style) else {
                continue;
            };
            if let Some(glyph) = shaped.glyphs.get_mut(cluster.glyphs as usize) {
                (glyph.x, glyph.advance) = (0.0, style.drawn);
            }
            cluster.width = (style.drawn + style.spacing).max(0.0);
        }
    }

    fn run_text(&self, run: &'a Run) -> std::borrow::Cow<'a, str> {
        match &run.kind {
            RunKind::Text(text) | RunKind::Math { text, .. } => text.as_str().into(),
            RunKind::Break => "\u{2028}".into(),
            RunKind::Field { kind, text } => {
                if kind == "slidenum" {
                    self.cx.slide_number.to_string().into()
                } else if let Some(date) =
                    self.cx.date_text.filter(|_| kind.starts_with("datetime"))
                {
                    date.to_owned().into()
                } else {
                    text.as_str().into()
                }
            }
        }
    }

    fn run(
        &mut self,
        run: &'a Run,
        base: &RunSource<'a>,
        text: &mut String,
        spans: &mut Vec<Span>,
    ) {
        let source = RunSource::of_run(&run.properties, base);
        let mut style = RunStyle::new(self.cx, source, self.fit);
        if let RunKind::Math { equation, .. } = &run.kind {
            style.math = true;
            let size = style.size;
            let font = self
                .cache
                .select(self.cx, equation::FAMILY, slides_fonts::Style::default());
            let look = self.style(style.clone());
            let mut looks = RunLooks {
                composer: &mut *self,
                base: source,
            };
            let segments = math::layout(equation, &font, (size, look), &mut looks);
            if !segments.is_empty() {
                equation::insert(segments, look, text, spans, &mut self.objects);
                return;
            }
        }
        let content = self.run_text(run);
        let caps = source.caps.unwrap_or_default();
        let full = self.style(style.clone());
        let small = if caps == Caps::Small {
            let drawn = style.drawn * SMALL_CAPS;
            self.style(RunStyle { drawn, ..style })
        } else {
            full
        };
        for ch in content.chars() {
            let ch = match ch {
                // Line ends inside a text are breaks, other controls are nothing.
                '\u{B}' | '\n' | '\r' | LINE_BREAK => LINE_BREAK,
                '\t' => '\t',
                '\u{2029}' => ' ',
                control if control.is_control() => continue,
                other => other,
            };
            let index = if small != full && ch.is_lowercase() {
                small
            } else {
                full
            };
            let start = text.len();
            if caps == Caps::None {
                text.push(ch);
            } else {
                text.extend(ch.to_uppercase());
            }
            match spans.last_mut() {
                Some(last) if last.style == index && last.end == start => last.end = text.len(),
                _ => spans.push(Span {
                    start,
                    end: text.len(),
                    style: index,
                }),
            }
        }
    }

    fn measure(style: &ParagraphStyle<'a>, bullet: Option<&Bullet<'a>>, room: &Room) -> Measure {
        let first = (style.margin + style.indent).max(0.0);
        let first = match bullet {
            // Text follows its bullet at the margin, or right after it when it does not fit before.
            Some(bullet) => style.margin.max(bullet.at + bullet.width),
            None => first,
        };
        let mut tabs: Vec<_> = style
            .tabs
            .iter()
            .take(256)
            .map(|tab| (points(tab.position), tab.align))
            .collect();
        tabs.sort_by(|a, b| a.0.total_cmp(&b.0));
        Measure {
            first,
            rest: style.margin,
            end: if room.wrap {
                (room.width - style.margin_end).max(0.0)
            } else {
                f64::INFINITY
            },
            tabs,
            default_tab: style.default_tab,
            hang: style.hanging_punctuation,
        }
    }

    /// Advance and seat of each line, and its height at 100 %.
    fn boxes(
        &self,
        lines: &[Line],
        shaped: &Shaped,
        mark: usize,
        style: &ParagraphStyle<'a>,
    ) -> Vec<(LineBox, f64)> {
        let Some((mark_style, mark_fonts)) = self.styles.get(mark).zip(self.fonts.get(mark)) else {
            return Vec::new();
        };
        let mark_font = mark_fonts.latin(self.cx, mark_style);
        let height = |size: f64, font: &Font| {
            if self.natural_lines {
                font.line_height * size
            } else {
                1.2 * size
            }
        };
        let count = lines.len();
        lines
            .iter()
            .enumerate()
            .map(|(index, line)| {
                let clusters = shaped
                    .clusters
                    .get(line.first..line.last)
                    .unwrap_or_default();
                let has_text = clusters
                    .iter()
                    .any(|cluster| cluster.kind != ClusterKind::Break);
                let counted = clusters
                    .iter()
                    .filter(|cluster| !has_text || cluster.kind != ClusterKind::Break);
                let (mut natural, mut ascent) = (0.0_f64, 0.0_f64);
                let mut shares: Vec<f64> = Vec::new();
                let mut seen = u32::MAX;
                for cluster in counted {
                    if cluster.item == seen {
                        continue;
                    }
                    seen = cluster.item;
                    let Some(item) = shaped.items.get(cluster.item as usize) else {
                        continue;
                    };
                    let size = self
                        .styles
                        .get(item.style as usize)
                        .map_or(0.0, |style| style.size);
                    natural = natural.max(height(size, &item.font));
                    ascent = ascent.max(item.font.selection.line.ascent * size);
                    if !shares.contains(&item.font.ascent) {
                        shares.push(item.font.ascent);
                    }
                }
                if natural <= 0.0 {
                    natural = height(mark_style.size, mark_font);
                }
                // The mark stands on the last line only, and its size does not count beside text.
                if index + 1 == count || shares.is_empty() {
                    shares.push(mark_font.ascent);
                }
                let share = joint_ascent(shares.into_iter()).unwrap_or(0.8);
                let mut place = line_box(natural, share, style.line_spacing, self.fit.reduction);
                // A line makes room for what stands higher or hangs lower than its letters.
                let (above, below) = equation::reach(&self.objects, clusters);
                let rise = (above - place.seat).max(0.0);
                place.seat += rise;
                place.advance += rise;
                place.advance += (below - (place.advance - place.seat)).max(0.0);
                place.below = place.below.max(below);
                // Letters aligned at the top have only their own ascent above them.
                if style.font_align == FontAlign::Top && ascent > 0.0 {
                    let lift = (place.seat - ascent).max(0.0);
                    place.seat -= lift;
                    place.below += lift;
                }
                (place, natural)
            })
            .collect()
    }

    fn bullet(
        &mut self,
        style: &ParagraphStyle<'a>,
        first_text: Option<&'a RunProperties>,
        mark: usize,
        counters: &mut Counters<'a>,
    ) -> Option<Bullet<'a>> {
        let kind = style.bullet.unwrap_or(&BulletKind::None);
        let numbered = if let BulletKind::AutoNumber { scheme, start } = kind {
            Some((scheme, counters.next(style.level, scheme, *start)))
        } else {
            counters.interrupt(style.level);
            None
        };
        let source = match first_text {
            Some(own) => RunSource::of_run(own, &style.run),
            None => self.styles.get(mark)?.source,
        };
        let mut run = RunStyle::new(self.cx, source, self.fit);
        let size = match style.bullet_size {
            Some(BulletSize::Points(size)) => self.fit.size(size),
            Some(BulletSize::Percent(percent)) => run.size * percent.clamp(0.25, 4.0),
            _ => run.size,
        };
        let at = (style.margin + style.indent).max(0.0);
        let text = match (kind, numbered) {
            (BulletKind::Picture(picture), _) => {
                return Some(Bullet {
                    at,
                    width: size,
                    mark: Mark::Picture { picture, size },
                });
            }
            (_, Some((scheme, number))) => number::format(scheme, number),
            (BulletKind::Char(text), _) => text.chars().take(1).collect(),
            _ => return None,
        };
        if text.is_empty() {
            return None;
        }
        run.size = size;
        run.drawn = size;
        run.raise = 0.0;
        run.spacing = 0.0;
        run.kern = false;
        run.source.underline = None;
        run.source.strike = None;
        run.source.highlight = None;
        run.source.link = None;
        if let Some(BulletFont::Font(font)) = style.bullet_font {
            // Numbers with a theme face come in the text's face; a mark with a face of its own stays regular.
            if numbered.is_none() || !font.typeface.starts_with('+') {
                run.latin = self.cx.typeface(font);
                run.east_asian = run.latin;
                run.complex_script = run.latin;
                run.symbol = run.latin;
            }
            if numbered.is_none() {
                run.bold = false;
                run.italic = false;
            }
        }
        let fonts = [StyleFonts::new(self.cache)];
        let span = [Span {
            start: 0,
            end: text.len(),
            style: 0,
        }];
        let styles = [run];
        let shaped = shape(
            self.cx, self.cache, &text, &span, &styles, &fonts, style.rtl,
        );
        let width = shaped.clusters.iter().map(|cluster| cluster.width).sum();
        let [run] = styles;
        Some(Bullet {
            at,
            width,
            mark: Mark::Text {
                text,
                style: Box::new(run),
                shaped,
            },
        })
    }
}
