//! Composed text to drawing operations.

use std::sync::Arc;

use kurbo::{Affine, BezPath, PathEl, Point, Rect, Shape as _};
use slides_fonts::Face;
use slides_ooxml::model::{
    BulletColor, BulletKind, Color, Fill, FontAlign, SchemeColor, Strike, TextAlign, Underline,
};
use slides_scene::{FillRule, Glyph, GlyphRun, ImageOp, Link, Op, Paint, Rgba, StrokeStyle, Tag};
use unicode_bidi::{BidiInfo, Level};

use super::block::{Block, Bullet, Composed, Mark, PlacedLine};
use super::effects;
use super::fonts::Font;
use super::shape::{Cluster, ClusterKind, Item, ShapedGlyph, is_east_asian};
use super::style::RunStyle;
use crate::context::SlideContext;

/// Text further than this from its frame's corner (points) is on no page and not drawn.
const FAR: f64 = 30_000.0;
/// Slant of a made italic.
const SLANT: f64 = 0.2;
/// Stroke of a made bold, in em.
const BOLDEN: f64 = 0.03;

/// How letters stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// With the line.
    Along,
    /// East Asian letters upright in a line that runs down.
    UprightEastAsian,
    /// All letters upright, one below the other.
    Stacked,
}

/// Where the block goes.
pub(super) struct Place {
    /// Left edge of each column.
    pub columns: Vec<f64>,
    /// Top of the text.
    pub top: f64,
    /// Width of a column.
    pub width: f64,
    /// Without wrapping, trailing spaces count for alignment.
    pub wrap: bool,
    pub standing: Standing,
    /// From the coordinates of the lines to the shape's, when they differ.
    pub turn: Affine,
    pub title: bool,
}

pub(super) struct Emitter<'s, 'a> {
    pub cx: &'s SlideContext<'a>,
    pub place: &'s Place,
    pub ops: Vec<Op>,
    pub links: Vec<Link>,
}

/// What is common to the glyphs of a run.
struct Open {
    look: usize,
    font: u32,
    level: u8,
    upright: bool,
    clusters: Vec<(usize, f64)>,
    from: f64,
    to: f64,
    /// End of what is underlined: trailing spaces are not.
    inked: f64,
}

/// A line of a paragraph with all that drawing it needs.
#[derive(Clone, Copy)]
struct LineOf<'p> {
    text: &'p str,
    items: &'p [Item],
    clusters: &'p [Cluster],
    glyphs: &'p [ShapedGlyph],
    top: f64,
    bottom: f64,
    baseline: f64,
    /// Height above and depth below the baseline of the line's largest letters.
    reach: (f64, f64),
    align: FontAlign,
}

impl LineOf<'_> {
    /// How far a run's baseline lies below the line's: `fontAlgn` lines letters of unlike size up at their tops,
    /// middles or bottoms.
    fn drop(&self, style: &RunStyle<'_>, font: &Font) -> f64 {
        let natural = 1.2 * style.size;
        let above = self.reach.0 - font.ascent * natural;
        let below = self.reach.1 - (1.0 - font.ascent) * natural;
        match self.align {
            FontAlign::Top => -above,
            FontAlign::Center => (below - above) / 2.0,
            FontAlign::Bottom => below,
            _ => 0.0,
        }
    }
}

impl Emitter<'_, '_> {
    pub(super) fn block(&mut self, block: &Block<'_>) {
        for paragraph in &block.paragraphs {
            self.paragraph(paragraph);
        }
    }

    fn paragraph(&mut self, paragraph: &Composed<'_>) {
        if paragraph.text.is_empty() {
            return;
        }
        let tag = match (self.place.title, &paragraph.bullet) {
            (true, _) => Tag::Title,
            (_, Some(_)) => Tag::ListItem {
                level: paragraph.style.level.min(8) as u8,
                numbered: matches!(paragraph.style.bullet, Some(BulletKind::AutoNumber { .. })),
            },
            _ => Tag::Paragraph,
        };
        self.ops.push(Op::Tag(tag));
        let looks = looks(&paragraph.styles);
        let levels = paragraph.style.rtl
            || paragraph
                .shaped
                .clusters
                .iter()
                .any(|cluster| cluster.level > 0);
        for (index, line) in paragraph.lines.iter().enumerate() {
            if (self.place.top + line.top).abs() > FAR {
                continue;
            }
            self.line(paragraph, line, &looks, levels, index == 0);
        }
        self.ops.push(Op::EndTag);
    }

    fn line(
        &mut self,
        paragraph: &Composed<'_>,
        placed: &PlacedLine,
        looks: &[usize],
        bidi: bool,
        first: bool,
    ) {
        let line = &placed.line;
        let style = &paragraph.style;
        let left = self
            .place
            .columns
            .get(placed.column)
            .copied()
            .unwrap_or_default();
        let (from, to) = if style.rtl {
            (
                left + style.margin_end,
                left + self.place.width - line.start,
            )
        } else {
            (
                left + line.start,
                left + self.place.width - style.margin_end,
            )
        };
        let width = if self.place.wrap {
            line.width
        } else {
            line.full
        };
        let free = to - from - width;
        let spread = match style.align {
            TextAlign::Justified | TextAlign::JustifiedLow => !line.hard,
            TextAlign::Distributed | TextAlign::ThaiDistributed => true,
            _ => false,
        } && self.place.wrap
            && free > 0.0;
        let shift = match style.align {
            _ if spread => 0.0,
            TextAlign::Center | TextAlign::Distributed | TextAlign::ThaiDistributed => free / 2.0,
            TextAlign::Right => free,
            TextAlign::Left => 0.0,
            // A last line that is not spread starts where reading starts.
            TextAlign::Justified | TextAlign::JustifiedLow => {
                if style.rtl {
                    free
                } else {
                    0.0
                }
            }
        };
        // An equation too wide for its line begins where the line does.
        let shift = if paragraph.objects.is_empty() {
            shift
        } else {
            shift.max(0.0)
        };
        let x = from + shift;
        let text_width = if spread { to - from } else { width };
        let view = LineOf {
            text: &paragraph.text,
            items: &paragraph.shaped.items,
            clusters: &paragraph.shaped.clusters,
            glyphs: &paragraph.shaped.glyphs,
            top: self.place.top + placed.top,
            bottom: self.place.top + placed.top + placed.advance,
            baseline: self.place.top + placed.baseline,
            reach: reach(paragraph, line.first, line.last),
            align: style.font_align,
        };
        if first && let Some(bullet) = &paragraph.bullet {
            let at = if style.rtl {
                x + text_width + line.start - bullet.at - bullet.width
            } else {
                x - line.start + bullet.at
            };
            let is_item = !self.place.title;
            if is_item {
                self.ops.push(Op::Tag(Tag::Label));
            }
            self.bullet(bullet, paragraph, at, &view);
            if is_item {
                self.ops.push(Op::EndTag);
            }
        }
        let gaps = if spread {
            Gaps::of(&view, line.first, line.visible, style.align)
        } else {
            Gaps::default()
        };
        let extra = if gaps.count > 0 {
            free / gaps.count as f64
        } else {
            0.0
        };

        let order = if bidi {
            visual_order(
                &view,
                line.first,
                line.last,
                line.visible,
                u8::from(style.rtl),
            )
        } else {
            (line.first..line.last).collect()
        };
        // Trailing spaces of a right-to-left line lie left of its text.
        let hanging: f64 = order
            .iter()
            .take_while(|&&index| index >= line.visible)
            .filter_map(|&index| view.clusters.get(index))
            .map(|cluster| cluster.width)
            .sum();
        let mut pen = if bidi && self.place.wrap {
            x - hanging
        } else {
            x
        };
        let mut runs: Vec<Open> = Vec::new();
        let mut fresh = true;
        for index in order {
            let Some(cluster) = view.clusters.get(index) else {
                continue;
            };
            let Some(item) = view.items.get(cluster.item as usize) else {
                continue;
            };
            let look = looks.get(item.style as usize).copied().unwrap_or_default();
            let gap = if gaps.after(view.text, cluster, index) {
                extra
            } else {
                0.0
            };
            let width = cluster.width + gap;
            if cluster.kind == ClusterKind::Break {
                continue;
            }
            if self.equation(paragraph, cluster, pen, view.baseline) {
                fresh = true;
                pen += width;
                continue;
            }
            let upright = match self.place.standing {
                Standing::Along => false,
                Standing::Stacked => true,
                Standing::UprightEastAsian => view
                    .text
                    .get(cluster.start as usize..)
                    .and_then(|rest| rest.chars().next())
                    .is_some_and(stands_upright),
            };
            let tab = cluster.kind == ClusterKind::Tab;
            let joins = !fresh
                && runs.last().is_some_and(|run| {
                    run.look == look
                        && run.font == item.font.id
                        && run.level == cluster.level
                        && run.upright == upright
                });
            if !joins {
                runs.push(Open {
                    look,
                    font: item.font.id,
                    level: cluster.level,
                    upright,
                    clusters: Vec::new(),
                    from: pen,
                    to: pen,
                    inked: pen,
                });
            }
            if let Some(run) = runs.last_mut() {
                run.clusters.push((index, pen));
                run.to = pen + width;
                if index < line.visible {
                    run.inked = pen + width;
                }
            }
            fresh = tab;
            pen += width;
        }
        for run in &runs {
            self.highlight(paragraph, run, &view);
        }
        for run in &runs {
            self.run(paragraph, run, &view);
        }
    }

    /// Draws the part of an equation that a cluster stands for.
    fn equation(
        &mut self,
        paragraph: &Composed<'_>,
        cluster: &Cluster,
        x: f64,
        baseline: f64,
    ) -> bool {
        if paragraph.objects.is_empty() {
            return false;
        }
        let mut paint = |look: usize, bounds: Rect| {
            let style = paragraph.styles.get(look)?;
            self.paint(style, bounds)
        };
        match super::equation::draw(&paragraph.objects, cluster, x, baseline, &mut paint) {
            Some(ops) => {
                self.ops.extend(ops);
                true
            }
            None => false,
        }
    }

    fn highlight(&mut self, paragraph: &Composed<'_>, run: &Open, line: &LineOf<'_>) {
        let Some(style) = paragraph.styles.get(run.look) else {
            return;
        };
        let Some(color) = style.source.highlight else {
            return;
        };
        let (Some(font), true) = (font_of(run, line), run.inked > run.from) else {
            return;
        };
        let natural = 1.2 * style.size;
        let rect = Rect::new(
            run.from,
            line.baseline - font.ascent * natural,
            run.inked,
            line.baseline + (1.0 - font.ascent) * natural,
        );
        self.fill(rect.to_path(0.1), Paint::Solid(self.cx.color(color, None)));
    }

    fn fill(&mut self, path: BezPath, paint: Paint) {
        self.ops
            .push(Op::Fill(Arc::new(path), FillRule::NonZero, paint));
    }

    /// The paint of a run's letters.
    fn paint(&self, style: &RunStyle<'_>, bounds: Rect) -> Option<Paint> {
        let link = style.source.link.filter(|link| !link.keep_text_color);
        if link.is_some() {
            return Some(Paint::Solid(
                self.cx.color(&Color::scheme(SchemeColor::Hyperlink), None),
            ));
        }
        match style.fill() {
            None => Some(Paint::Solid(
                self.cx.color(&Color::scheme(SchemeColor::Text1), None),
            )),
            Some(Fill::Solid(color)) => Some(Paint::Solid(self.cx.color(color, None))),
            Some(fill) => self.cx.paint(fill, bounds, None),
        }
    }

    fn run(&mut self, paragraph: &Composed<'_>, run: &Open, line: &LineOf<'_>) {
        let (Some(style), Some(font)) = (paragraph.styles.get(run.look), font_of(run, line)) else {
            return;
        };
        let natural = 1.2 * style.size;
        let bounds = Rect::new(
            run.from,
            line.baseline - font.ascent * natural,
            run.to.max(run.from + 0.01),
            line.baseline + (1.0 - font.ascent) * natural,
        );
        let paint = self.paint(style, bounds);
        let baseline = line.baseline - style.raise + line.drop(style, font);
        // Levels split runs, so their text is one piece.
        let start = run
            .clusters
            .iter()
            .filter_map(|(index, _)| line.clusters.get(*index))
            .map(|cluster| cluster.start)
            .min()
            .unwrap_or(0);
        let end = run
            .clusters
            .iter()
            .filter_map(|(index, _)| line.clusters.get(*index))
            .map(|cluster| cluster.end)
            .max()
            .unwrap_or(start);
        let Some(text) = line.text.get(start as usize..end as usize) else {
            return;
        };
        let mut glyphs = Vec::with_capacity(run.clusters.len());
        for (index, pen) in &run.clusters {
            let Some(cluster) = line.clusters.get(*index) else {
                continue;
            };
            let from = cluster.glyphs as usize;
            let count = cluster.glyph_count as usize;
            let drawn = line.glyphs.get(from..from + count).unwrap_or_default();
            let (mut x0, mut y0) = (*pen, baseline);
            if run.upright {
                let ch = line
                    .text
                    .get(cluster.start as usize..)
                    .and_then(|rest| rest.chars().next())
                    .unwrap_or(' ');
                let advance: f64 = drawn.iter().map(|glyph| glyph.advance).sum();
                (x0, y0) = self.upright_origin(
                    *pen + cluster.width / 2.0,
                    baseline,
                    advance,
                    style.drawn,
                    ch,
                );
            }
            for glyph in drawn {
                glyphs.push(Glyph {
                    id: glyph.id,
                    x: x0 + glyph.x,
                    y: y0 + glyph.y,
                    advance: glyph.advance,
                    start: cluster.start - start,
                    end: cluster.end - start,
                });
            }
        }
        if !glyphs.is_empty() {
            let letters = Arc::new(letters(font, style.drawn, glyphs, text));
            let upright = run.upright && self.place.turn != Affine::IDENTITY;
            if upright {
                self.ops.push(Op::Push(self.place.turn.inverse()));
            }
            self.letters(&letters, style, paint.as_ref(), bounds);
            if upright {
                self.ops.push(Op::Pop);
            }
        }
        if let Some(color) = plain_color(paint.as_ref()) {
            self.decorate(style, font, run, line, baseline, color);
        }
        if let Some(link) = style.source.link
            && run.inked > run.from
            && let Some(target) = self.cx.link_target(link)
        {
            let rect = Rect::new(run.from, line.top, run.inked, line.bottom);
            self.links.push(Link {
                rect: self.place.turn.transform_rect_bbox(rect),
                target,
            });
        }
    }

    /// Origin of an upright letter in the shape's frame; the column runs through its middle.
    fn upright_origin(
        &self,
        middle: f64,
        baseline: f64,
        advance: f64,
        size: f64,
        ch: char,
    ) -> (f64, f64) {
        // Ideographs reach from 0.12 em below to 0.88 em above the baseline.
        let center = self.place.turn * Point::new(middle, baseline - 0.38 * size);
        // Stops move to the upper right corner of their square, small kana towards it.
        let (dx, dy) = match ch {
            '、' | '。' | '，' | '．' => (0.55, -0.55),
            'ぁ' | 'ぃ' | 'ぅ' | 'ぇ' | 'ぉ' | 'っ' | 'ゃ' | 'ゅ' | 'ょ' | 'ゎ' | 'ァ' | 'ィ'
            | 'ゥ' | 'ェ' | 'ォ' | 'ッ' | 'ャ' | 'ュ' | 'ョ' | 'ヮ' | 'ヵ' | 'ヶ' => {
                (0.1, -0.1)
            }
            _ => (0.0, 0.0),
        };
        (
            center.x - advance / 2.0 + dx * size,
            center.y + (0.38 + dy) * size,
        )
    }

    fn letters(
        &mut self,
        run: &Arc<GlyphRun>,
        style: &RunStyle<'_>,
        paint: Option<&Paint>,
        bounds: Rect,
    ) {
        match (style.source.effects, paint) {
            (Some(effects), Some(paint)) => {
                effects::letters(self.cx, &mut self.ops, run, paint, effects, bounds);
            }
            (None, Some(paint)) => self.ops.push(Op::Text(run.clone(), paint.clone())),
            (_, None) => {}
        }
        if let Some(line) = style.source.line
            && let Some((stroke, paint)) = self.cx.stroke(line, bounds, None)
            && let Some(outline) = outline(run)
        {
            self.ops.push(Op::Stroke(Arc::new(outline), stroke, paint));
        }
    }

    fn decorate(
        &mut self,
        style: &RunStyle<'_>,
        font: &Font,
        run: &Open,
        line: &LineOf<'_>,
        baseline: f64,
        color: Rgba,
    ) {
        if run.inked <= run.from {
            return;
        }
        let paint = Paint::Solid(color);
        let linked = style.source.link.is_some();
        let kind = match style.source.underline {
            Some(Underline::None) | None if linked => Underline::Single,
            kind => kind.unwrap_or_default(),
        };
        if kind != Underline::None {
            let under = style.source.underline_fill.and_then(|fill| {
                self.cx.paint(
                    fill,
                    Rect::new(run.from, line.top, run.inked, line.bottom),
                    None,
                )
            });
            let metrics = font.selection.line;
            let top = baseline + metrics.underline_position.abs() * style.drawn;
            let thick = (metrics.underline_thickness.abs() * style.drawn).max(0.05);
            let paint = under.unwrap_or_else(|| paint.clone());
            if kind == Underline::Words {
                for (from, to) in words(run, line) {
                    self.underline(Underline::Single, from, to, top, thick, &paint);
                }
            } else {
                self.underline(kind, run.from, run.inked, top, thick, &paint);
            }
        }
        let strike = style.source.strike.unwrap_or_default();
        if strike != Strike::None {
            let (center, thick) = font.data.strikeout();
            let (center, thick) = (baseline - center * style.drawn, thick * style.drawn);
            let mut bar = |middle: f64, thick: f64| {
                self.fill(
                    Rect::new(
                        run.from,
                        middle - thick / 2.0,
                        run.inked,
                        middle + thick / 2.0,
                    )
                    .to_path(0.1),
                    paint.clone(),
                );
            };
            if strike == Strike::Double {
                bar(center - thick, thick * 0.8);
                bar(center + thick, thick * 0.8);
            } else {
                bar(center, thick);
            }
        }
    }

    fn underline(
        &mut self,
        kind: Underline,
        from: f64,
        to: f64,
        top: f64,
        thick: f64,
        paint: &Paint,
    ) {
        use Underline::{
            Dash, DashHeavy, DashLong, DashLongHeavy, DotDash, DotDashHeavy, DotDotDash,
            DotDotDashHeavy, Dotted, DottedHeavy, Double, Heavy, Wavy, WavyDouble, WavyHeavy,
        };
        let heavy = matches!(
            kind,
            Heavy
                | DottedHeavy
                | DashHeavy
                | DashLongHeavy
                | DotDashHeavy
                | DotDotDashHeavy
                | WavyHeavy
        );
        let thick = if heavy { thick * 2.0 } else { thick };
        let dashes: &[f64] = match kind {
            Dotted | DottedHeavy => &[1.0, 1.0],
            Dash | DashHeavy => &[4.0, 3.0],
            DashLong | DashLongHeavy => &[8.0, 3.0],
            DotDash | DotDashHeavy => &[4.0, 3.0, 1.0, 3.0],
            DotDotDash | DotDotDashHeavy => &[4.0, 3.0, 1.0, 3.0, 1.0, 3.0],
            _ => &[],
        };
        let bar = |top: f64| Rect::new(from, top, to, top + thick).to_path(0.1);
        match kind {
            Double => {
                self.fill(bar(top), paint.clone());
                self.fill(bar(top + 2.0 * thick), paint.clone());
            }
            Wavy | WavyHeavy | WavyDouble => {
                let wave = wave(from, to, top + thick, thick);
                self.ops.push(Op::Stroke(
                    Arc::new(wave.clone()),
                    StrokeStyle::new(thick),
                    paint.clone(),
                ));
                if kind == WavyDouble {
                    let below = Affine::translate((0.0, 3.0 * thick)) * wave;
                    self.ops.push(Op::Stroke(
                        Arc::new(below),
                        StrokeStyle::new(thick),
                        paint.clone(),
                    ));
                }
            }
            _ if !dashes.is_empty() => {
                let mut path = BezPath::new();
                path.move_to((from, top + thick / 2.0));
                path.line_to((to, top + thick / 2.0));
                let stroke = StrokeStyle {
                    dashes: dashes.iter().map(|part| part * thick).collect(),
                    ..StrokeStyle::new(thick)
                };
                self.ops
                    .push(Op::Stroke(Arc::new(path), stroke, paint.clone()));
            }
            _ => self.fill(bar(top), paint.clone()),
        }
    }

    fn bullet(
        &mut self,
        bullet: &Bullet<'_>,
        paragraph: &Composed<'_>,
        at: f64,
        line: &LineOf<'_>,
    ) {
        match &bullet.mark {
            Mark::Picture { picture, size } => {
                let Some(image) = self.cx.image(picture) else {
                    return;
                };
                let (wide, high) = (
                    f64::from(image.width.max(1)),
                    f64::from(image.height.max(1)),
                );
                let height = size * 0.9;
                let dst = Rect::new(
                    at,
                    line.baseline - height * 0.9,
                    at + height * (wide / high).clamp(0.1, 10.0),
                    line.baseline + height * 0.1,
                );
                let op = ImageOp {
                    image,
                    dst,
                    crop: Rect::new(0.0, 0.0, 1.0, 1.0),
                    alpha: 1.0,
                    effects: Vec::new(),
                    alt: None,
                };
                self.ops.push(Op::Image(Box::new(op)));
            }
            Mark::Text {
                text,
                style,
                shaped,
            } => {
                let natural = 1.2 * style.size;
                let bounds = Rect::new(
                    at,
                    line.baseline - natural,
                    at + bullet.width.max(0.01),
                    line.baseline + natural / 4.0,
                );
                // The bullet keeps the run's own colour where a link changes the text's.
                let paint = match paragraph.style.bullet_color {
                    Some(BulletColor::Color(color)) => {
                        Some(Paint::Solid(self.cx.color(color, None)))
                    }
                    _ => self.paint(style, bounds),
                };
                let Some(paint) = paint else { return };
                let order: Vec<usize> = if paragraph.style.rtl {
                    let view = LineOf {
                        text,
                        items: &shaped.items,
                        clusters: &shaped.clusters,
                        glyphs: &shaped.glyphs,
                        ..*line
                    };
                    visual_order(&view, 0, shaped.clusters.len(), shaped.clusters.len(), 1)
                } else {
                    (0..shaped.clusters.len()).collect()
                };
                let mut pen = at;
                let mut run: Option<(u32, Vec<Glyph>, u32, u32, &Font)> = None;
                let mut done = Vec::new();
                for index in order {
                    let Some(cluster) = shaped.clusters.get(index) else {
                        continue;
                    };
                    let Some(item) = shaped.items.get(cluster.item as usize) else {
                        continue;
                    };
                    if run.as_ref().is_some_and(|open| open.0 != item.font.id) {
                        done.extend(run.take());
                    }
                    let open = run.get_or_insert((
                        item.font.id,
                        Vec::new(),
                        cluster.start,
                        cluster.end,
                        &item.font,
                    ));
                    open.2 = open.2.min(cluster.start);
                    open.3 = open.3.max(cluster.end);
                    let from = cluster.glyphs as usize;
                    for glyph in shaped
                        .glyphs
                        .get(from..from + cluster.glyph_count as usize)
                        .unwrap_or_default()
                    {
                        open.1.push(Glyph {
                            id: glyph.id,
                            x: pen + glyph.x,
                            y: line.baseline + glyph.y,
                            advance: glyph.advance,
                            start: cluster.start,
                            end: cluster.end,
                        });
                    }
                    pen += cluster.width;
                }
                done.extend(run);
                for (_, mut glyphs, start, end, font) in done {
                    let Some(text) = text.get(start as usize..end as usize) else {
                        continue;
                    };
                    for glyph in &mut glyphs {
                        glyph.start -= start;
                        glyph.end -= start;
                    }
                    if glyphs.is_empty() {
                        continue;
                    }
                    let letters = letters(font, style.drawn, glyphs, text);
                    self.ops.push(Op::Text(Arc::new(letters), paint.clone()));
                }
            }
        }
    }
}

/// A plain colour for the decorations of letters with any paint.
fn plain_color(paint: Option<&Paint>) -> Option<Rgba> {
    match paint? {
        Paint::Solid(color) => Some(*color),
        Paint::Linear { stops, .. } | Paint::Path { stops, .. } => {
            stops.first().map(|stop| stop.color)
        }
        Paint::Pattern { foreground, .. } => Some(*foreground),
        Paint::Image { .. } => Some(Rgba::BLACK),
    }
}

/// The largest height and depth of the letters between two clusters.
fn reach(paragraph: &Composed<'_>, first: usize, last: usize) -> (f64, f64) {
    let clusters = paragraph.shaped.clusters.get(first..last);
    let mut seen = u32::MAX;
    let mut reach = (0.0_f64, 0.0_f64);
    for cluster in clusters.unwrap_or_default() {
        if cluster.item == seen {
            continue;
        }
        seen = cluster.item;
        if let Some(item) = paragraph.shaped.items.get(cluster.item as usize)
            && let Some(style) = paragraph.styles.get(item.style as usize)
        {
            let natural = 1.2 * style.size;
            reach.0 = reach.0.max(item.font.ascent * natural);
            reach.1 = reach.1.max((1.0 - item.font.ascent) * natural);
        }
    }
    reach
}

fn font_of<'p>(run: &Open, line: &LineOf<'p>) -> Option<&'p Font> {
    let cluster = run
        .clusters
        .first()
        .and_then(|(index, _)| line.clusters.get(*index))?;
    line.items
        .get(cluster.item as usize)
        .map(|item| &*item.font)
}

/// For each style the first one that looks the same, so that runs split by language alone are drawn as one.
fn looks(styles: &[RunStyle<'_>]) -> Vec<usize> {
    let same = |a: &RunStyle<'_>, b: &RunStyle<'_>| {
        a.size == b.size
            && a.drawn == b.drawn
            && a.raise == b.raise
            && a.source.fill == b.source.fill
            && a.source.line == b.source.line
            && a.source.effects == b.source.effects
            && a.source.highlight == b.source.highlight
            && a.source.link == b.source.link
            && a.source.underline == b.source.underline
            && a.source.underline_fill == b.source.underline_fill
            && a.source.strike == b.source.strike
    };
    let mut looks: Vec<usize> = Vec::with_capacity(styles.len());
    for (index, style) in styles.iter().enumerate() {
        // A look is close by; searching all of a hostile paragraph's styles would take the square of their number.
        let from = index.saturating_sub(16);
        let twin =
            (from..index).find(|&other| styles.get(other).is_some_and(|other| same(other, style)));
        looks.push(
            twin.and_then(|twin| looks.get(twin).copied())
                .unwrap_or(index),
        );
    }
    looks
}

/// Where a line that is spread takes its extra room.
#[derive(Debug, Clone, Copy, Default)]
struct Gaps {
    count: usize,
    all: bool,
    east_asian: bool,
    first: usize,
    last: usize,
}

impl Gaps {
    fn of(line: &LineOf<'_>, first: usize, visible: usize, align: TextAlign) -> Self {
        // Text before a tab keeps its place.
        let clusters = line.clusters.get(first..visible).unwrap_or_default();
        let first = clusters
            .iter()
            .rposition(|cluster| cluster.kind == ClusterKind::Tab)
            .map_or(first, |tab| first + tab + 1);
        let mut gaps = Self {
            count: 0,
            all: matches!(align, TextAlign::Distributed | TextAlign::ThaiDistributed),
            east_asian: false,
            first,
            last: visible.saturating_sub(1),
        };
        let count = |gaps: &Self| {
            line.clusters
                .get(first..visible)
                .unwrap_or_default()
                .iter()
                .enumerate()
                .filter(|(at, cluster)| gaps.after(line.text, cluster, first + at))
                .count()
        };
        gaps.count = count(&gaps);
        if !gaps.all {
            let with = Self {
                east_asian: true,
                ..gaps
            };
            let wider = count(&with);
            if wider > gaps.count {
                gaps = Self {
                    count: wider,
                    ..with
                };
            }
        }
        gaps
    }

    fn after(&self, text: &str, cluster: &Cluster, index: usize) -> bool {
        if index < self.first || index >= self.last {
            return false;
        }
        if self.all || cluster.kind == ClusterKind::Space {
            return true;
        }
        self.east_asian
            && text
                .get(cluster.start as usize..cluster.end as usize)
                .and_then(|part| part.chars().next())
                .is_some_and(is_east_asian)
    }
}

/// Clusters of a line from left to right.
fn visual_order(
    line: &LineOf<'_>,
    first: usize,
    last: usize,
    visible: usize,
    base: u8,
) -> Vec<usize> {
    let level = |number: u8| Level::new(number).unwrap_or(Level::ltr());
    let levels: Vec<Level> = line
        .clusters
        .get(first..last)
        .unwrap_or_default()
        .iter()
        .enumerate()
        // Trailing spaces take the paragraph's direction.
        .map(|(at, cluster)| {
            level(if first + at >= visible {
                base
            } else {
                cluster.level
            })
        })
        .collect();
    BidiInfo::reorder_visual(&levels)
        .into_iter()
        .map(|at| first + at)
        .collect()
}

fn stands_upright(ch: char) -> bool {
    let sideways = matches!(
        ch,
        'ー' | '〜'
            | '～'
            | '「'
            | '」'
            | '『'
            | '』'
            | '（'
            | '）'
            | '【'
            | '】'
            | '〈'
            | '〉'
            | '《'
            | '》'
            | '〔'
            | '〕'
            | '［'
            | '］'
            | '｛'
            | '｝'
            | '…'
            | '―'
            | '：'
            | '＝'
            | '－'
    );
    is_east_asian(ch) && !sideways
}

/// Stretches of a run between spaces.
fn words(run: &Open, line: &LineOf<'_>) -> Vec<(f64, f64)> {
    let mut words: Vec<(f64, f64)> = Vec::new();
    let mut inside = false;
    for (index, pen) in &run.clusters {
        let Some(cluster) = line.clusters.get(*index) else {
            continue;
        };
        let text = cluster.kind == ClusterKind::Text;
        match words.last_mut() {
            Some(word) if text && inside => word.1 = pen + cluster.width,
            _ if text => words.push((*pen, pen + cluster.width)),
            _ => {}
        }
        inside = text;
    }
    words
}

fn wave(from: f64, to: f64, middle: f64, thick: f64) -> BezPath {
    let step = (2.0 * thick).max((to - from) / 2000.0).max(0.05);
    let mut path = BezPath::new();
    path.move_to((from, middle));
    let (mut x, mut up) = (from, true);
    while x < to {
        let next = (x + step).min(to);
        let peak = if up {
            middle - 1.5 * thick
        } else {
            middle + 1.5 * thick
        };
        path.quad_to((f64::midpoint(x, next), peak), (next, middle));
        (x, up) = (next, !up);
    }
    path
}

/// Outlines of all glyphs of a run.
/// Glyphs of one font, slanted and emboldened where its face lacks the style.
pub(super) fn letters(font: &Font, size: f64, glyphs: Vec<Glyph>, text: &str) -> GlyphRun {
    let selection = &font.selection;
    GlyphRun {
        face: selection.face.clone(),
        size,
        scale_x: selection.scale_x,
        skew: if selection.synthetic_italic {
            SLANT
        } else {
            0.0
        },
        embolden: if selection.synthetic_bold {
            size * BOLDEN
        } else {
            0.0
        },
        glyphs,
        text: Arc::from(text),
    }
}

/// The outlines of a run's letters.
pub(crate) fn outline(run: &GlyphRun) -> Option<BezPath> {
    use skrifa::MetadataProvider;
    use skrifa::instance::{LocationRef, Size};
    use skrifa::outline::DrawSettings;

    struct Pen(BezPath);
    impl skrifa::outline::OutlinePen for Pen {
        fn move_to(&mut self, x: f32, y: f32) {
            self.0
                .push(PathEl::MoveTo(Point::new(f64::from(x), -f64::from(y))));
        }
        fn line_to(&mut self, x: f32, y: f32) {
            self.0
                .push(PathEl::LineTo(Point::new(f64::from(x), -f64::from(y))));
        }
        fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
            self.0.push(PathEl::QuadTo(
                Point::new(f64::from(cx), -f64::from(cy)),
                Point::new(f64::from(x), -f64::from(y)),
            ));
        }
        fn curve_to(&mut self, ax: f32, ay: f32, bx: f32, by: f32, x: f32, y: f32) {
            let point = |x: f32, y: f32| Point::new(f64::from(x), -f64::from(y));
            self.0
                .push(PathEl::CurveTo(point(ax, ay), point(bx, by), point(x, y)));
        }
        fn close(&mut self) {
            self.0.push(PathEl::ClosePath);
        }
    }

    let face: &Face = &run.face;
    let font = face.font_ref()?;
    let outlines = font.outline_glyphs();
    let mut path = BezPath::new();
    for glyph in &run.glyphs {
        let Some(letter) = outlines.get(skrifa::GlyphId::new(glyph.id)) else {
            continue;
        };
        let mut pen = Pen(BezPath::new());
        if letter
            .draw(
                DrawSettings::unhinted(Size::new(run.size as f32), LocationRef::default()),
                &mut pen,
            )
            .is_err()
        {
            continue;
        }
        // Slanted outlines lean to the right above the baseline, that is at negative y.
        let place = Affine::new([run.scale_x, 0.0, -run.skew, 1.0, glyph.x, glyph.y]);
        path.extend((place * pen.0).iter());
    }
    (!path.is_empty()).then_some(path)
}
